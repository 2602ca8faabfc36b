#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# build-e2fsprogs.sh - build e2fsprogs statically against musl from Debian's source
#
# usage: build-e2fsprogs.sh FOLDER MUSL-GCC
# FOLDER/root gets the programs that work on ext2/3/4 file systems.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/source-package.sh"
mkdir -p "$1"
out=$(cd "$1" && pwd)
cc=$(realpath "$2")
log=$out/build.log

build() {
	source_package e2fsprogs "$out" "$log" || return 1
	mkdir -p "$out/src/build" "$out/root/sbin" "$out/root/etc"
	(cd "$out/src/build" &&
		../configure CC="$cc" BUILD_CC=gcc CFLAGS=-O2 LDFLAGS=-static --disable-nls --disable-rpath \
			--disable-fuse2fs --disable-uuidd --disable-defrag --disable-tdb \
			--disable-debugfs --enable-libuuid --enable-libblkid &&
		make -j"${JOBS:-$(nproc)}" libs &&
		make -j"${JOBS:-$(nproc)}" -C e2fsck all && make -j"${JOBS:-$(nproc)}" -C misc all &&
		make -C resize all) >>"$log" 2>&1 || return 1
	for p in e2fsck/e2fsck misc/mke2fs misc/tune2fs misc/dumpe2fs resize/resize2fs; do
		strip -o "$out/root/sbin/${p##*/}" "$out/src/build/$p"
	done
	for fs in ext2 ext3 ext4; do
		ln -sf mke2fs "$out/root/sbin/mkfs.$fs"
		ln -sf e2fsck "$out/root/sbin/fsck.$fs"
	done
	cp "$out/src/build/misc/mke2fs.conf" "$out/root/etc/"
}

build || {
	echo "e2fsprogs: building from Debian's source failed; the end of $log:" >&2
	tail -n 5 "$log" >&2
	exit 1
}
