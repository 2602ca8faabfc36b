# SPDX-License-Identifier: GPL-2.0-only
set -eu
mkdir a; cd a
seq 1 50000 >n; wc n; md5sum n; sha512sum n | cut -c1-40; cksum n; b2sum n | cut -c1-20
sort -R n | sort -n | cmp - n && echo sorted; sort -n -S 1M --parallel=4 n -r | head -n 2
split -l 10000 n part.; ls part.*; cat part.* | cmp - n; shuf -i 1-100 | sort -n | md5sum
ln n hard; ln -s n soft; stat -c '%n %h %s %F %a' n hard soft; readlink -f soft; realpath --relative-to=/tmp n
cp -a --sparse=always n copy; cp --reflink=auto n c2; mv c2 c3; install -m 640 n inst; stat -c %a inst
truncate -s 100M sparse; stat -c '%s %b' sparse; du --apparent-size -k sparse; dd if=/dev/zero of=sparse bs=1k count=4 seek=1000 conv=notrunc status=none; du -k sparse
touch -d '2001-02-03 04:05:06.123456789 UTC' t; stat -c '%y %Y' t; TZ=UTC ls -l --full-time t | cut -d' ' -f6-7
chmod u=rwx,g=rx,o= t; chown 1000:1001 t; stat -c '%a %u %g' t; mkfifo p; mknod nul c 1 3; ls -l p nul | cut -c1-10
(echo via fifo >p & cat p; wait)
rm -rf /tmp/work/a/../b; mkdir -p b/{1..30}/{1..10}; find b | wc -l; rm -r b; rmdir --ignore-fail-on-non-empty ../a; ls | tr '\n' ' '; echo
date -u -d @1000000000 '+%F %T'; factor 1234567890123456789; expr 7 \* 6; nproc --all >/dev/null; test -t 0 || echo notty
base64 n | base64 -d | cmp - n; od -An -tx1 -N8 n; tac n | head -n 1; comm -12 <(seq 3) <(seq 2 4); join <(seq 3) <(seq 2 4); paste -sd+ <(seq 4)
df -T / /dev/shm /proc | awk '{print $1,$2,$NF}'; sync; sync -f n; id -u; who; tty || true; stdbuf -oL echo line; nice -n 5 nice; nohup echo hup 2>/dev/null; env -i A=1 env; printenv HOME; pathchk /x; mktemp -d /tmp/work/XXXX >/dev/null; timeout -s KILL 0.5 sleep 9 || echo $?
ls /proc/self/fd | wc -l; stat -f -c '%T' / /proc /sys /dev/pts; uname -sm; chroot / /bin/true; tee x y </dev/null; yes | head -c 100000 | md5sum; numfmt --to=iec 123456789; tail -n +49999 n; (tail -f n & p=$!; sleep 0.3; echo more >>n; sleep 1.5; kill $p) | tail -n 1
