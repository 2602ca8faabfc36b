#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: squashfs-images.sh FOLDER - images of one tree, packed in several ways, for squashfs.c
set -eu
out=$1
tree=$(mktemp -d -p "${out%/*}")	# a file system with extended attributes
trap 'rm -rf "$tree"' EXIT

mkdir -p "$tree/dir/deep" "$tree/many" "$tree/empty"
printf 'a small file\n' >"$tree/small"
: >"$tree/none"
# Numbered lines: what stands where is known. 3 blocks of 128 KiB and a tail.
awk 'BEGIN { for (i = 0; i < 50000; i++) printf "%08d\n", i }' >"$tree/lines"
# Not to be packed, and with a hole.
awk 'BEGIN { srand(1); for (i = 0; i < 40000; i++) printf "%c%c%c", 33 + rand() * 90, 33 + rand() * 90, 33 + rand() * 90 }' |
	dd of="$tree/sparse" bs=4k seek=100 conv=notrunc status=none
ln "$tree/small" "$tree/dir/hard"
ln -s ../lines "$tree/dir/link"
mkfifo "$tree/fifo"
i=0
while [ $i -lt 1500 ]; do
	echo $i >"$tree/many/a-file-with-a-rather-long-name-number-$i"
	i=$((i + 1))
done
touch -d @1000000000 "$tree/small"
chmod 0751 "$tree/dir"
chmod 04755 "$tree/none"

pack() {
	name=$1
	shift
	mksquashfs "$tree" "$out/$name" -noappend -no-progress -quiet -force-uid 7 -force-gid 8 \
		-p 'null c 0666 0 0 1 3' "$@" >/dev/null
}
pack zlib.sqfs
pack xz.sqfs -comp xz -Xbcj x86
pack zstd.sqfs -comp zstd -b 1M
pack lz4.sqfs -comp lz4 -b 4096
pack plain.sqfs -noI -noD -noF -noX
pack nofrag.sqfs -no-fragments -no-exports

mkdir "$tree/x"
echo a >"$tree/x/a"
echo b >"$tree/x/b"
python3 -c 'import os, sys
os.setxattr(sys.argv[1] + "/a", "user.one", b"value")
os.setxattr(sys.argv[1] + "/b", "user.long", b"v" * 500)' "$tree/x"
mksquashfs "$tree/x" "$out/xattr.sqfs" -noappend -no-progress -quiet >/dev/null
