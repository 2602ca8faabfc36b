# SPDX-License-Identifier: GPL-2.0-only
# timeout: 1500
# long
# 30 minutes of all stressors that work, eight at a time from all over the list; a part is five minutes. No
# check of theirs may fail, the kernel may not complain, and its memory must come back. How long a mix takes
# to end once its time is over depends on what else the build machine does: a mix hangs if for a minute no
# processor works for it, or if it works on and on.
# parts: 1 2 3 4 5 6
parts=6
# A mix may use up the processes that there may be, and keep them until it ends: who waits for it starts none.
exec 3<> <(:)	# nothing comes from it

free_now() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 5
	awk '/^MemFree:/ { print $2 }' /proc/meminfo
}

# In $usage: microseconds that processors worked for the mix.
look() {
	local key value

	while read -r key value; do
		[ "$key" != usage_usec ] || usage=$value
	done <groups/mix/cpu.stat
}

# Wait for the process $1; whether it and its children still do something in each minute.
ends() {
	local seen quiet=0 seconds=0
	while kill -0 "$1" 2>/dev/null; do
		look
		seen=$usage
		read -r -t 1 -u 3
		look
		if [ $((usage - seen)) -lt 1000 ]; then quiet=$((quiet + 1)); else quiet=0; fi
		seconds=$((seconds + 1))
		[ $quiet -lt 60 ] && [ $seconds -lt $((each * 10)) ] || return 1
	done
}

# A stressor of its own that ends the others or the machine's memory is none for a mix.
mapfile -t all < <(sed -n 's/^# parts: //p' /cases/one.sh | tr ' ' '\n' | grep -vE '^(reboot|zlib|smi|oom-pipe|brk|bigheap|stack|bad-altstack|physpage|forkheavy|vforkmany|watchdog)$')
batches=$(((${#all[@]} + 7) / 8))
each=$((${SECONDS_IN_ALL:-1800} / batches))
mkdir -p groups
mount -t cgroup2 none groups
mkdir -p groups/mix
stress-ng --fork 1 --vm 1 --vm-bytes 16m --timeout 2 --temp-path . >log 2>&1	# what is made once and kept
before=$(free_now)
dmesg -C
for ((b = $1 - 1; b < batches; b += parts)); do
	mix=()
	for ((i = b; i < ${#all[@]}; i += batches)); do mix+=("--${all[i]}" 1); done
	begin=$SECONDS
	(echo 0 >groups/mix/cgroup.procs; exec stress-ng "${mix[@]}" --timeout "$each" --verify --temp-path .) >log 2>&1 </dev/null &
	if ! ends $!; then
		echo "hangs: ${mix[*]}"
		xargs -r kill -9 <groups/mix/cgroup.procs
	fi
	wait $!
	echo "note: $((SECONDS - begin)) s, of $each: ${mix[*]}"
	grep -E ' fail: ' log | sed -E 's/\[[0-9]+\] //; s/0x[0-9a-f]+/N/g; s/[0-9]+/N/g' | sort -u
	chattr -R -f -i -a ./tmp-* ./stress-* 2>/dev/null	# of a stressor that was killed
	rm -rf ./tmp-* ./stress-*
done
after=$(free_now)
echo "note: $before kB free before, $after after"
# Asked of Tern alone: what Debian's kernel keeps in caches differs from mix to mix, by more than this, and now and then
# it complains (a page fault of its own, seen once; stalls on a busy build machine).
dmesg | grep -v 'capability: warning' | grep -iE 'oops|BUG|WARNING|panic|stall|hung|lockdep|leak' >complaints
if grep -q Tern /proc/version; then
	[ $((before - after)) -lt $((before / 50)) ] || echo "memory does not come back"
	cat complaints
else
	sed 's/^/note: /' complaints
fi
umount groups
exit 0
