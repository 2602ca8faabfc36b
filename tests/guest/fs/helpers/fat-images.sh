#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: fat-images.sh FOLDER - images of FAT12, FAT16 and FAT32 with a few files, for vfat.c
set -eu
out=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

awk 'BEGIN { for (i = 0; i < 20000; i++) printf "%08d\n", i }' >"$tree/lines"
echo small >"$tree/small"
make_image() {
	truncate -s "$2" "$out/$1.img"
	mkfs.fat -F "${1#fat}" -i 12345678 -n TERN $3 "$out/$1.img" >/dev/null 2>&1
	mmd -i "$out/$1.img" ::/Folder "::/Folder/A deeper one"
	mcopy -i "$out/$1.img" "$tree/lines" "::/Folder/Lines with a long name.text"
	mcopy -i "$out/$1.img" "$tree/small" ::/SMALL.TXT
	mattrib -i "$out/$1.img" +r ::/SMALL.TXT
}
make_image fat16 20M "-s 8"
mv "$out/fat16.img" "$out/fat16-4k.img"	# clusters are whole pages
make_image fat12 2M "-s 1"
make_image fat16 16M "-s 4"
make_image fat32 34M "-s 1"
