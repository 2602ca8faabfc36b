# SPDX-License-Identifier: GPL-2.0-only
# timeout: 2700
# long
# 30 minutes of all stressors that work, eight at a time from all over the list. No
# check of theirs may fail, the kernel may not complain, and its memory must come back.
free_now() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 5
	awk '/^MemFree:/ { print $2 }' /proc/meminfo
}

# A stressor of its own that ends the others or the machine's memory is none for a mix.
mapfile -t all < <(sed -n 's/^# parts: //p' /cases/one.sh | tr ' ' '\n' | grep -vE '^(reboot|zlib|smi|oom-pipe|brk|bigheap|stack|bad-altstack|physpage|forkheavy|vforkmany|watchdog)$')
batches=$(((${#all[@]} + 7) / 8))
each=$((${SECONDS_IN_ALL:-1800} / batches))
stress-ng --fork 1 --vm 1 --vm-bytes 16m --timeout 2 --temp-path . >log 2>&1	# what is made once and kept
before=$(free_now)
dmesg -C
for ((b = 0; b < batches; b++)); do
	mix=()
	for ((i = b; i < ${#all[@]}; i += batches)); do mix+=("--${all[i]}" 1); done
	timeout -k 10 $((each + 60)) stress-ng "${mix[@]}" --timeout "$each" --verify --temp-path . >log 2>&1 </dev/null
	status=$?
	[ $status -lt 124 ] || echo "hung: ${mix[*]}"
	grep -E ' fail: ' log | sed -E 's/\[[0-9]+\] //; s/0x[0-9a-f]+/N/g; s/[0-9]+/N/g' | sort -u
	rm -rf ./tmp-* ./stress-*
done
after=$(free_now)
[ $((before - after)) -lt $((before / 50)) ] || echo "memory: $before kB free before, $after after"
dmesg | grep -iE 'oops|BUG|WARNING|panic|stall|hung|lockdep|leak'
echo "$batches mixes"
