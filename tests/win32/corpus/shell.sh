# SPDX-License-Identifier: GPL-2.0-only
# Windows programs among others in the shell: pipelines, redirections, background jobs, signals.
. /v/common.sh

row registry
# The file is read when the first program asks, what programs write is in it.
hive=/mnt/c/windows/system32/config/registry
mkdir -p ${hive%/*}
cat >$hive <<'EOF'
; two keys, a line that is none
[User\S-1-5-21-0-0-0-1000\Software\Keep\Deep]
"before"=1:"from the file %0025"
nothing
"bytes"=3:#00ff
[Machine\Software\Other]
EOF
/v/regkeep.exe get before
/v/regkeep.exe set after 'words "and" ]more'
/v/regkeep.exe get after
grep -A 3 Keep $hive; grep Other $hive; grep -c CurrentBuild $hive
/v/regkeep.exe drop; sleep 2
grep -c Deep $hive
row names
# Numbers, the file of hosts, a name server of Linux's; a name that is searched for, and one that is not there
# (11002: BusyBox's server knows no IPv6).
echo '127.0.0.1 localhost here' >/etc/hosts; echo '10.9.8.7 there.test' >>/etc/hosts
echo 'fd00::5 there.test' >>/etc/hosts
printf 'nameserver 127.0.0.1\nsearch none.test tern.test\noptions timeout:2 attempts:1\n' >/etc/resolv.conf
printf 'www.tern.test 10.1.2.3\nftp.tern.test 10.1.2.4\n' >/tmp/dnsd.conf
dnsd -c /tmp/dnsd.conf -i 127.0.0.1 >/dev/null 2>&1 & server=$!
usleep 300000
/v/lookup.exe 10.0.0.1 ::1 localhost here THERE.test www.tern.test ftp missing.tern.test
kill $server
row pipelines
cat in/n.txt | /v/rg.exe -c 77 | sort
cat in/n.txt | /v/rg.exe 999 | tail -n 2
seq 1 5 | /v/rg.exe '[24]' | tr '\n' ' '; echo
/v/7za.exe a -so -txz -an -si <in/n.txt 2>/dev/null | xz -dc | cmp - in/n.txt && echo same
/v/7za.exe a -so -tgzip -an -si <in/n.txt 2>/dev/null | gzip -dc | md5sum | cut -c1-8
yes | head -n 100000 | /v/rg.exe -c y
/v/rg.exe . in/n.txt | head -n 1
row status
/v/rg.exe nothing-like-this in/a.txt; echo $?
/v/hello.exe a >/dev/null; echo $?
/v/rg.exe hello in/a.txt >/dev/null && echo found
/v/seh.exe >/dev/null; echo $?
! /v/rg.exe nothing-like-this in/a.txt && echo not
row redirections
/v/hello.exe one two >out.txt; cat out.txt
/v/hello.exe three >>out.txt; cat out.txt | tr -d '\r' | wc -l
/v/rg.exe '[' in/a.txt 2>err.txt; echo $?; [ -s err.txt ] && echo told
/v/rg.exe hello - <in/a.txt
/v/rg.exe . in/n.txt >/dev/full; echo $?
/v/hello.exe >&-; echo $?
row background
# The shell says that a job was killed only if it died while wait waited: what it says is left out.
/v/children.exe sleep & p=$!; usleep 500000; kill -0 $p && echo alive; kill -9 $p; { wait $p; } 2>/dev/null; echo $?
/v/children.exe sleep & p=$!; usleep 500000; kill -STOP $p; usleep 200000; grep State /proc/$p/status | cut -f2 | cut -c1; kill -CONT $p; usleep 200000
grep State /proc/$p/status | cut -f2 | cut -c1; kill -TERM $p; { wait $p; } 2>/dev/null; echo $?
/v/children.exe sleep & p=$!; usleep 500000; kill -TERM $p; { wait $p; } 2>/dev/null; echo $?
/v/hello.exe a & wait $!; echo $?
row full
/v/hello.exe >/dev/full; echo $?
/v/hello.exe | (exec <&-; sleep 1); echo $?
row jobs
/v/onterminal /v/jobs.tty sh -m jobs.sh
