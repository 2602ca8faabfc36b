# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the build-*.sh scripts.

# A package is built by its own rules: options of the make that called us (no built-in rules) are not for it.
unset MAKEFLAGS MFLAGS MAKELEVEL

# source_package NAME FOLDER LOG: unpack a Debian source package to FOLDER/src, write
# FOLDER/origin; sets SOURCE_DATE_EPOCH to the package's date, so equal sources
# build equal files.
source_package() {
	rm -rf "$2/src" "$2/download"
	mkdir -p "$2/download"
	(cd "$2/download" && apt-get -qq -o APT::Sandbox::User=root source --download-only "$1" &&
		dpkg-source --no-check -x ./*.dsc src && mv src "$2/src") >"$3" 2>&1 || return 1
	sed -n "s/^Version: /$1 /p" "$2/download/"*.dsc | head -n 1 >"$2/origin"
	rm -r "$2/download"
	SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l "$2/src/debian/changelog" -S Timestamp)
	export SOURCE_DATE_EPOCH
}
