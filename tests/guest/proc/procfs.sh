#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# /proc says what is true, in Linux's formats.

n=0 bad=0
check() { # description, command...
	n=$((n + 1))
	what=$1
	shift
	if "$@" >/tmp/procfs.out 2>&1; then
		echo "ok $n - $what"
	else
		bad=1
		sed 's/^/# /' /tmp/procfs.out
		echo "not ok $n - $what"
	fi
}
matches() { grep -Eq -- "$2" "$1" || { cat "$1"; return 1; }; }
equal() { [ "$1" = "$2" ] || { echo "$1 is not $2"; return 1; }; }
field() { awk -v f="$2" '{ print $f }' "$1"; }

sleep 100 &
pid=$!
check meminfo_total matches /proc/meminfo '^MemTotal: +[0-9]+ kB$'
check meminfo_available matches /proc/meminfo '^MemAvailable: +[0-9]+ kB$'
check meminfo_adds_up awk '/^MemTotal/ { t = $2 } /^MemFree/ { f = $2 } END { exit !(f > 0 && f < t) }' /proc/meminfo
check uptime_has_two_numbers matches /proc/uptime '^[0-9]+\.[0-9][0-9] [0-9]+\.[0-9][0-9]$'
check loadavg matches /proc/loadavg '^[0-9.]+ [0-9.]+ [0-9.]+ [0-9]+/[0-9]+ [0-9]+$'
check stat_cpu matches /proc/stat '^cpu  [0-9]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+ '
check stat_cpus equal "$(grep -c '^cpu[0-9]' /proc/stat)" "$(nproc)"
check stat_boot_time matches /proc/stat '^btime [0-9]+$'
check stat_processes matches /proc/stat '^processes [0-9]+$'
check cpuinfo_processors equal "$(grep -c '^processor' /proc/cpuinfo)" "$(nproc)"
check cpuinfo_flags matches /proc/cpuinfo '^flags.* sse2 '
check version matches /proc/version '^Linux version '
check cmdline matches /proc/cmdline 'console='
check filesystems_tmpfs matches /proc/filesystems '^nodev	tmpfs$'
check filesystems_proc matches /proc/filesystems '^nodev	proc$'
check mounts_proc matches /proc/mounts '^[^ ]+ /proc proc rw'
check mountinfo matches /proc/self/mountinfo '^[0-9]+ [0-9]+ [0-9]+:[0-9]+ / /proc '
check interrupts_header matches /proc/interrupts '^ +CPU0'
check devices matches /proc/devices '^ +1 mem$'
check self_is_a_process equal "$(sh -c 'echo $$; exec readlink /proc/self' | uniq | wc -l)" 1
check status_name matches /proc/$pid/status '^Name:	sleep$'
check status_state matches /proc/$pid/status '^State:	S \(sleeping\)$'
check status_parent matches /proc/$pid/status "^PPid:	$$\$"
check status_uids matches /proc/$pid/status '^Uid:	0	0	0	0$'
check status_threads matches /proc/$pid/status '^Threads:	1$'
check status_rss matches /proc/$pid/status '^VmRSS:	 *[0-9]+ kB$'
check stat_pid equal "$(field /proc/$pid/stat 1)" $pid
check stat_comm equal "$(field /proc/$pid/stat 2)" "(sleep)"
check stat_state equal "$(field /proc/$pid/stat 3)" S
check stat_ppid equal "$(field /proc/$pid/stat 4)" $$
check stat_has_52_fields equal "$(awk '{ print NF }' /proc/$pid/stat)" 52
check statm_has_7_fields equal "$(awk '{ print NF }' /proc/$pid/statm)" 7
check cmdline_of_process equal "$(tr '\0' ' ' </proc/$pid/cmdline)" "sleep 100 "
check comm equal "$(cat /proc/$pid/comm)" sleep
check exe equal "$(readlink /proc/$pid/exe)" "$(readlink -f /bin/sleep)"
check cwd equal "$(readlink /proc/$pid/cwd)" "$(pwd)"
check root equal "$(readlink /proc/$pid/root)" /
check maps_stack matches /proc/$pid/maps '\[stack\]$'
check maps_exe matches /proc/$pid/maps 'r-xp .* /bin/busybox$'
check maps_vdso matches /proc/$pid/maps '\[vdso\]$'
check smaps_rss matches /proc/$pid/smaps '^Rss: +[0-9]+ kB$'
check limits matches /proc/$pid/limits '^Max open files +[0-9]+ +[0-9]+ +files'
check auxv_size test "$(wc -c </proc/$pid/auxv)" -gt 200
check environ test -r /proc/$pid/environ
check fd_listed test -L /proc/$pid/fd/0
check fdinfo matches /proc/$pid/fdinfo/0 '^pos:	[0-9]+$'
check task_listed test -d /proc/$pid/task/$pid
check oom_score_adj equal "$(cat /proc/$pid/oom_score_adj)" 0
check io matches /proc/$pid/io '^rchar: [0-9]+$'
check sys_hostname equal "$(cat /proc/sys/kernel/hostname)" "$(hostname)"
check sys_osrelease equal "$(cat /proc/sys/kernel/osrelease)" "$(uname -r)"
check sys_pid_max test "$(cat /proc/sys/kernel/pid_max)" -ge 32768
check random_uuid matches /proc/sys/kernel/random/uuid '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]'
check uuids_differ test "$(cat /proc/sys/kernel/random/uuid)" != "$(cat /proc/sys/kernel/random/uuid)"
check boot_id_stays equal "$(cat /proc/sys/kernel/random/boot_id)" "$(cat /proc/sys/kernel/random/boot_id)"
check numbers_in_namespaces matches /proc/self/status '^NSsid:	[0-9]+$'
# Parsers of this file take a tab after each colon for granted.
check every_status_line_has_a_tab test -z "$(grep -v '^[A-Za-z_]*:	' /proc/self/status)"
check absent_process test ! -e /proc/999999
check write_comm sh -c 'echo new >/proc/self/comm && [ "$(cat /proc/$$/comm)" != "" ]'
kill $pid
wait $pid 2>/dev/null
check gone_after_exit test ! -e /proc/$pid
echo "1..$n"
exit $bad
