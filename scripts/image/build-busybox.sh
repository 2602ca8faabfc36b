#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# build-busybox.sh - build BusyBox statically against musl from Debian's source
#
# usage: build-busybox.sh FOLDER MUSL-GCC
#
# FOLDER gets
#   src/           the unpacked source package (with testsuite/)
#   busybox        the program
#   busybox.links  the paths of its applets, one a line
#   origin         where it came from
# If the source cannot be had or built, Debian's busybox-static is used and a
# message says so.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/source-package.sh"
mkdir -p "$1"
out=$(cd "$1" && pwd)
cc=$(realpath "$2")
log=$out/build.log

say() { echo "busybox: $*" >&2; }

bb_make() {
	make -C "$out/src" CC="$cc" HOSTCC=gcc "$@"
}

configure() {
	bb_make -s defconfig
	awk -v fragment="$here/busybox.config" '
	BEGIN {
		while ((getline line <fragment) > 0)
			if (match(line, /CONFIG_[A-Z0-9_]+/)) set[substr(line, RSTART, RLENGTH)] = line
	}
	{
		if (match($0, /CONFIG_[A-Z0-9_]+/) && (substr($0, RSTART, RLENGTH) in set)) next
		print
	}
	END { for (name in set) print set[name] }' "$out/src/.config" >"$out/config.new"
	mv "$out/config.new" "$out/src/.config"
	yes '' | bb_make -s oldconfig
}

build() {
	source_package busybox "$out" "$log" || return 1
	{
		configure && bb_make -j"${JOBS:-$(nproc)}" busybox busybox.links
	} >>"$log" 2>&1 || return 1
	cp "$out/src/busybox" "$out/src/busybox.links" "$out/"
}

packaged() {
	rm -rf "$out/download"
	mkdir "$out/download"
	(cd "$out/download" && apt-get -qq -o APT::Sandbox::User=root download busybox-static &&
		dpkg-deb -x ./*.deb .) >>"$log" 2>&1 || return 1
	cp "$out/download/bin/busybox" "$out/busybox"
	"$out/busybox" --list-full | sed 's|^|/|' >"$out/busybox.links"
	echo "busybox-static (binary package)" >"$out/origin"
	rm -r "$out/download"
}

build && exit 0
say "building from Debian's source failed; the end of $log:"
tail -n 5 "$log" >&2 || :
say "falling back to the packaged busybox-static"
packaged || { say "busybox-static cannot be had either (see $log)"; exit 1; }
