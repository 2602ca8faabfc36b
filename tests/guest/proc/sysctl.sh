#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# /proc/sys settings and /proc files about zones and frames.
n=0
bad=0
check() {
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		echo "# $1: \"$2\", want \"$3\""
		echo "not ok $n - $1"
		bad=1
	fi
}
yes() {
	desc=$1
	shift
	if "$@"; then check "$desc" yes yes; else check "$desc" no yes; fi
}
no() {
	desc=$1
	shift
	if "$@" 2>/dev/null; then check "$desc" yes no; else check "$desc" no no; fi
}
put() { echo "$1" >"$2"; }

cd /proc/sys || exit 1
for f in kernel/dmesg_restrict kernel/kptr_restrict kernel/panic_on_warn kernel/panic_on_oops \
	kernel/ctrl-alt-del vm/panic_on_oom vm/oom_kill_allocating_task; do
	old=$(cat $f)
	yes "$f takes 1" put 1 $f
	check "$f keeps it" "$(cat $f)" 1
	no "$f refuses a word" put one $f
	echo "$old" >$f
done
no 'dmesg_restrict has a limit' put 2 kernel/dmesg_restrict
no 'kptr_restrict has a limit' put 3 kernel/kptr_restrict

old=$(cat kernel/sched_rr_timeslice_ms)
check 'default slice' "$old" 100
yes 'a shorter slice' put 40 kernel/sched_rr_timeslice_ms
check 'is kept' "$(cat kernel/sched_rr_timeslice_ms)" 40
put 0 kernel/sched_rr_timeslice_ms
check 'zero is the default' "$(cat kernel/sched_rr_timeslice_ms)" "$old"

check 'share of real-time threads' "$(cat kernel/sched_rt_runtime_us kernel/sched_rt_period_us | tr '\n' ' ')" '950000 1000000 '
no 'more than the period' put 1000001 kernel/sched_rt_runtime_us
no 'less than no limit' put -2 kernel/sched_rt_runtime_us
no 'a period below the share' put 900000 kernel/sched_rt_period_us
yes 'no limit' put -1 kernel/sched_rt_runtime_us
check 'is kept' "$(cat kernel/sched_rt_runtime_us)" -1
yes 'the old share' put 950000 kernel/sched_rt_runtime_us

old=$(cat vm/min_free_kbytes)
min_sum() { awk '$1 == "min" { n += $2 } END { print n * 4 }' /proc/zoneinfo; }
yes 'some memory is kept' test "$old" -gt 100
put 4096 vm/min_free_kbytes
check 'more' "$(cat vm/min_free_kbytes)" 4096
m=$(min_sum)
yes 'shown by zoneinfo' test "$m" -gt 4000 -a "$m" -le 4096
put "$old" vm/min_free_kbytes
no 'not what is no number' put all vm/min_free_kbytes

old=$(cat vm/vfs_cache_pressure)
check pressure "$old" 100
put 50 vm/vfs_cache_pressure
check 'less of it' "$(cat vm/vfs_cache_pressure)" 50
put "$old" vm/vfs_cache_pressure

check machine "$(cat kernel/arch)" x86_64
yes 'names in the cache' awk '{ exit !(NF == 6 && $1 >= $2 && $1 > 0 && $3 == 45) }' fs/dentry-state

put 2 kernel/kptr_restrict
check 'addresses hidden from all' "$(head -1 /proc/kallsyms | cut -d' ' -f1)" 0000000000000000
put 0 kernel/kptr_restrict

yes 'eleven orders' awk '/^Node 0, zone/ { if (NF != 15) bad = 1; n++ } END { exit bad || !n }' /proc/buddyinfo
free=$(awk '/^Node/ { for (i = 5; i <= NF; i++) n += $i * 2 ^ (i - 5) } END { print n * 4 }' /proc/buddyinfo)
all=$(awk '/^MemFree/ { print $2 }' /proc/meminfo)
yes 'buddyinfo adds up to most of what is free' test "$free" -gt $((all * 9 / 10)) -a "$free" -lt $((all + 8192))
managed=$(awk '$1 == "managed" { n += $2 } END { print n * 4 }' /proc/zoneinfo)
check 'zones hold all memory' "$managed" "$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)"

# The frame of a page of this shell: mapped, not free, not in a slab.
word() { dd if="$1" bs=8 count=1 skip="$2" 2>/dev/null | od -An -tx8 | tr -d ' \n'; }
start=$(awk '/r-xp/ { split($1, a, "-"); print a[1]; exit }' /proc/$$/maps)
pm=$(word /proc/$$/pagemap $((0x$start / 4096)))
frame=$((0x$pm & ((1 << 55) - 1)))
yes 'a frame' test "$frame" -gt 0
yes 'is mapped' test $((0x$(word /proc/kpagecount $frame))) -gt 0
flags=$((0x$(word /proc/kpageflags $frame)))
check 'it says so' $((flags >> 11 & 1)) 1
check 'it is not free' $((flags >> 10 & 1)) 0
check 'it is in no slab' $((flags >> 7 & 1)) 0
echo "1..$n"
exit $bad
