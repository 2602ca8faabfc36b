#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# build-sfdisk.sh - build sfdisk statically against musl from Debian's source of util-linux
#
# usage: build-sfdisk.sh FOLDER MUSL-GCC
# FOLDER gets sfdisk.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/source-package.sh"
mkdir -p "$1"
out=$(cd "$1" && pwd)
cc=$(realpath "$2")
log=$out/build.log

# Debian's patches make files look older than what is generated from them.
build() {
	source_package util-linux "$out" "$log" || return 1
	mkdir "$out/src/build"
	(cd "$out/src/build" &&
		../configure CC="$cc" CFLAGS=-O2 --disable-shared --enable-static --disable-nls --disable-all-programs \
			--enable-libuuid --enable-libblkid --enable-libsmartcols --enable-libfdisk --enable-fdisks=check \
			--disable-asciidoc --disable-bash-completion --without-ncurses --without-ncursesw --without-tinfo \
			--without-readline --without-python --without-systemd --without-udev --without-cap-ng --without-selinux &&
		make -j"${JOBS:-$(nproc)}" sfdisk LDFLAGS=-all-static ACLOCAL=: AUTOCONF=: AUTOHEADER=: AUTOMAKE=:) \
		>>"$log" 2>&1 || return 1
	strip -o "$out/sfdisk" "$out/src/build/sfdisk"
	rm -r "$out/src"
}

build || {
	echo "sfdisk: building from Debian's source failed; the end of $log:" >&2
	tail -n 5 "$log" >&2
	exit 1
}
