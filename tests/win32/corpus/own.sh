# SPDX-License-Identifier: GPL-2.0-only
. /v/common.sh
touch a.c

row W01; R /v/k32.exe
row W02; R /v/hello.exe a
row W03; R /v/thr.exe </dev/null
row W04; R /v/seh.exe </dev/null
row W05; R /v/cxx.exe </dev/null
row W06; R /v/fmap.exe </dev/null
row W07; R /v/reg.exe </dev/null
row W08; R /v/onterminal /v/con.tty /v/con.exe
row W16; R /v/sock.exe </dev/null
row W17; R /v/proc.exe </dev/null
row W18; R /v/onterminal /v/cmd.tty /mnt/c/windows/system32/cmd.exe
