#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# build-musl.sh - build musl from Debian's source package, with kernel headers
#
# usage: build-musl.sh FOLDER
#
# FOLDER gets
#   musl-gcc   compiler driver that links with this musl and sees linux/ and asm/
#   lib/       libc.a, libc.so (also the dynamic loader) and start files
#   origin     where it came from
# If the source cannot be had or built, Debian's musl-tools is used and a
# message says so.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/source-package.sh"
mkdir -p "$1"
out=$(cd "$1" && pwd)
log=$out/build.log

say() { echo "musl: $*" >&2; }

# musl brings no kernel headers: offer those of linux-libc-dev, nothing else.
kernel_headers() {
	mkdir -p "$out/kernel-headers"
	for d in linux asm-generic mtd; do
		ln -sfn "/usr/include/$d" "$out/kernel-headers/$d"
	done
	ln -sfn "/usr/include/$(gcc -print-multiarch)/asm" "$out/kernel-headers/asm"
}

build() {
	source_package musl "$out" "$log" || return 1
	(cd "$out/src" &&
		./configure --prefix="$out" --syslibdir="$out/lib" --enable-wrapper=gcc CFLAGS=-O2 &&
		make -j"${JOBS:-$(nproc)}" && make install) >>"$log" 2>&1
}

# Replaces the file: one written in place would change under a tree that shares it by a hard link.
driver() {
	rm -f "$out/musl-gcc"
	printf '#!/bin/sh\nexec %s "$@" -isystem %s\n' "$1" "$out/kernel-headers" >"$out/musl-gcc"
	chmod 755 "$out/musl-gcc"
}

kernel_headers
if build; then
	driver "$out/bin/musl-gcc"
	exit 0
fi
say "building from Debian's source failed; the end of $log:"
tail -n 5 "$log" >&2 || :
say "falling back to the packaged musl-tools"
wrapper=$(command -v musl-gcc) || { say "and there is no musl-gcc"; exit 1; }
mkdir -p "$out/lib"
cp /lib/ld-musl-x86_64.so.1 "$out/lib/libc.so"
echo "musl-tools (binary package)" >"$out/origin"
driver "$wrapper"
