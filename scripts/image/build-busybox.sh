#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# build-busybox.sh - build BusyBox statically against musl from Debian's source
#
# usage: build-busybox.sh FOLDER
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
mkdir -p "$1"
out=$(cd "$1" && pwd)
log=$out/build.log
jobs=${JOBS:-$(nproc)}

say() { echo "busybox: $*" >&2; }

# musl-gcc sees no kernel headers: offer those of linux-libc-dev, nothing else.
kernel_headers() {
	mkdir -p "$out/kernel-headers"
	for d in linux asm-generic mtd; do
		ln -sfn "/usr/include/$d" "$out/kernel-headers/$d"
	done
	ln -sfn "/usr/include/$(gcc -print-multiarch)/asm" "$out/kernel-headers/asm"
}

get_source() {
	rm -rf "$out/src" "$out/download"
	mkdir "$out/download"
	(cd "$out/download" && apt-get -qq -o APT::Sandbox::User=root source --download-only busybox &&
		dpkg-source --no-check -x ./*.dsc src && mv src "$out/src") >"$log" 2>&1 || return 1
	sed -n 's/^Version: /busybox /p' "$out/download/"*.dsc | head -n 1 >"$out/origin"
	rm -r "$out/download"
}

configure() {
	make -s -C "$out/src" CC=musl-gcc HOSTCC=gcc defconfig
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
	sed -i 's|^CONFIG_EXTRA_CFLAGS=.*|CONFIG_EXTRA_CFLAGS="-isystem ../kernel-headers"|' "$out/config.new"
	mv "$out/config.new" "$out/src/.config"
	yes '' | make -s -C "$out/src" CC=musl-gcc HOSTCC=gcc oldconfig
}

build() {
	command -v musl-gcc >/dev/null || { echo "no musl-gcc" >"$log"; return 1; }
	kernel_headers
	get_source || return 1
	# The date that BusyBox prints is the package's, so equal sources build equal files.
	SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l "$out/src/debian/changelog" -S Timestamp)
	export SOURCE_DATE_EPOCH
	{
		configure &&
		make -C "$out/src" -j"$jobs" \
			CC=musl-gcc HOSTCC=gcc busybox busybox.links
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
