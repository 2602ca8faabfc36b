# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# long
# A source package of 37,000 lines: configure, make, its own tests; what it makes is what the system's library makes.
set -u
cp -a /usr/src/zlib . && cd zlib || exit 1
find . -name '*.[ch]' -exec cat {} + | wc -l
./configure --prefix="$PWD/installed" >../configure.out 2>&1 || { tail -n 20 ../configure.out; exit 1; }
cat ../configure.out
make -j2 >../make.out 2>&1 || { tail -n 20 ../make.out; exit 1; }
make check 2>&1 | grep -vE '^(make|gcc|ar|ranlib|ld|rm|ln|mkdir|cd)\b'
make install >/dev/null 2>&1; find installed -type f -printf '%P\n' | sort
seq 200000 >numbers; ./minigzip <numbers >a.gz; ./minigzipsh <numbers | cmp - a.gz && zcat a.gz | cmp - numbers && echo same
gcc -O2 -Icontrib/minizip -I. -o minizip contrib/minizip/{minizip,zip,ioapi}.c libz.a && ./minizip -9 n.zip numbers zlib.h | sed -n '$p'
python3 -c 'import zipfile; z = zipfile.ZipFile("n.zip"); print(z.testzip(), [(i.filename, i.file_size) for i in z.infolist()])'
exit 0
