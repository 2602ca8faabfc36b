# SPDX-License-Identifier: GPL-2.0-only
set -eu
flock lock -c 'flock -n lock true || echo locked'; (flock -x 9; echo got) 9>lock
mkdir m; mount -t tmpfs -o size=8m,mode=700 none m; findmnt -n -o TARGET,FSTYPE --target m; mountpoint m; dd if=/dev/zero of=m/f bs=1M count=20 2>/dev/null || echo "full $(stat -c %s m/f)"
mount --bind m/ /mnt; ls /mnt; umount /mnt; mount -o remount,ro m; touch m/x 2>/dev/null || echo ro; umount m; mountpoint m || echo not
setsid -w sh -c 'echo sid ok'; taskset -c 0 nproc; chrt -f 10 chrt -p 0 | sed 's/pid .*s c/c/'; ionice -c 3 ionice; prlimit --nofile=100 sh -c 'ulimit -n'
getopt -o ab: -- -a -b x y; rev <<<hello; hexdump -C <<<hex; logger --no-act -s x 2>&1 | sed 's/.*: //'; mcookie | wc -c; namei -m /bin/sh | tail -n 1 | awk '{print $1}'
unshare -u sh -c 'hostname inner; hostname'; hostname; setpriv --reuid 1000 --clear-groups id -u; setarch -R uname -m;
fallocate -l 1M fa; stat -c '%s %b' fa; fallocate -p -o 0 -l 512K fa; stat -c '%s %b' fa; script -qec 'tty >/dev/null; stty size; echo in script' /dev/null </dev/null | tr -d '\r'; whereis -b ls; renice -n 3 $$ >/dev/null; nice; ipcs | grep -c -- ---; dmesg | grep -c 'initial console' || echo console; rename s a fa 2>/dev/null || true; cal 1 2000 2>/dev/null || true; blkid || true; swapon --show; kill -L | head -n 1
