# SPDX-License-Identifier: GPL-2.0-only
# Windows programs among others in the shell: pipelines, redirections, background jobs, signals.
. /v/common.sh

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
