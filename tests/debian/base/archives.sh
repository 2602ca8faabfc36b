# SPDX-License-Identifier: GPL-2.0-only
set -eu
mkdir src; cp -a /usr/share/perl/5.36.0/unicore src/u 2>/dev/null || cp -a /usr/lib/python3.11/email src/u
ln -s u src/link; ln "$(find src/u -type f | sort | head -n 1)" src/hard; mkfifo src/fifo; truncate -s 1M src/sparse; chmod 4755 src/hard
(cd src && find . -type f -print0 | sort -z | xargs -0 md5sum) >sums
for c in gzip bzip2 xz zstd; do
	tar -c --sort=name --$c -S -f a.tar.$c src; rm -rf out; mkdir out; tar -x -f a.tar.$c -C out
	(cd out/src && md5sum --quiet -c ../../sums) && echo "$c same"; (cd out; find . -printf '%y %m %s %l %n %p\n' | sort | md5sum)
done
tar -cf - src | tar -tf - | wc -l; tar -df a.tar.gzip && echo nodiff
(cd src; find . | sort | cpio --quiet -o -H newc) >a.cpio; rm -rf out; mkdir out; (cd out; cpio --quiet -idm <../a.cpio); diff -r --no-dereference src/u out/u && echo cpio same
tar -c -f x.tar --listed-incremental=snap src; touch -d 'now + 1 second' src/new; tar -c -f y.tar --listed-incremental=snap src; tar -tf y.tar | grep new
tar -C src -cf - . | xz -T2 -6 | xz -dc | tar -tf - | wc -l; zstd -q -T2 -19 sums -o s.zst; zstd -dc s.zst | cmp - sums && echo zstd same
