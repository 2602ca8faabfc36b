#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# build-win32.sh - the folder tree of drive C: for images with Windows programs
#
# usage: build-win32.sh OUTDIR
#
# Fetches Debian's packages libwine and libz-mingw-w64 (whatever version the archive offers),
# takes the files that windows-system-dlls names, strips them and builds our own. OUTDIR/root is
# then the tree to add: mnt/c/... The DLLs are data of the image, under their
# own licence (LGPL 2.1 or later), which lies beside them.
set -eu

out=$(realpath -m "$1")
here=$(dirname "$(realpath "$0")")
CC=x86_64-w64-mingw32-gcc
STRIP=x86_64-w64-mingw32-strip
sys32=$out/root/mnt/c/windows/system32

for tool in $CC $STRIP; do
	command -v $tool >/dev/null || { echo "build-win32: no $tool: scripts/bootstrap --win32" >&2; exit 1; }
done
mkdir -p "$out"
if [ ! -d "$out/package" ]; then
	rm -rf "$out/package.tmp" "$out"/*.deb
	(cd "$out" && apt-get -qq download libwine libz-mingw-w64 >&2)
	for deb in "$out"/*.deb; do
		dpkg-deb -x "$deb" "$out/package.tmp"
		dpkg-deb -f "$deb" Package Version
	done >"$out/versions"
	rm -f "$out"/*.deb
	mv "$out/package.tmp" "$out/package"
fi
dlls=$out/package/usr/lib/x86_64-linux-gnu/wine/x86_64-windows
nls=$out/package/usr/share/wine/nls

rm -rf "$out/root"
mkdir -p "$sys32" "$out/root/mnt/c/windows/temp" "$out/root/mnt/c/users" "$out/root/mnt/c/ProgramData"
for doc in libwine libz-mingw-w64; do
	install -D -m 644 "$out/package/usr/share/doc/$doc/copyright" "$out/root/usr/share/doc/$doc/copyright"
done
sed '/^#/d;/^$/d' "$here/windows-system-dlls" | while read -r name source _profiles; do
	case $source in
	libwine) $STRIP -o "$sys32/$name" "$dlls/$name" ;;
	zlib) $STRIP -o "$sys32/$name" "$out/package/usr/x86_64-w64-mingw32/lib/$name" ;;
	nls) cp "$nls/$name" "$sys32/$name" ;;
	shim:*) $CC -O2 -s -shared -nostartfiles -e 0 -Wl,--no-insert-timestamp -o "$sys32/$name" \
		"$here/win32/${source#shim:}" -ladvapi32 ;;
	*) echo "build-win32: $name: unknown source $source" >&2; exit 1 ;;
	esac
done
