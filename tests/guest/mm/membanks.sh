#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Banks of memory in /sys/devices/system/memory: what is free goes out of use and comes back.
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
total() { sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo; }
use_memory() { dd if=/dev/zero of=/tmp/used bs=1M count=80 2>&1 | sed -n 2p; rm /tmp/used; }
put() { (echo "$1" >"$2") 2>/dev/null && echo done || echo refused; }

cd /sys/devices/system/memory || exit 1
size=$(($(printf '%d' 0x"$(cat block_size_bytes)") / 1024))
check block_size $size 131072
check node_link "$(cd -P ../node/node0/memory1 && pwd)" /sys/devices/system/memory/memory1
check back_link "$(cd -P memory1/node0 && pwd)" /sys/devices/system/node/node0
check index "$(cat memory1/phys_index)" 00000001
check removable "$(cat memory1/removable)" 1
check bad_word "$(put away memory1/state)" refused
check bad_number "$(put 7 memory1/online)" refused
check state_it_is_in "$(put online memory1/state)" refused
check same_number "$(put 1 memory1/online)" done
check with_the_kernel "$(put offline memory0/state)" refused
check kernel_stays "$(cat memory0/state)" online

# The first that nobody uses.
echo 3 >/proc/sys/vm/drop_caches
all=$(total)
gone=
for bank in memory[1-9]*; do
	[ "$(put offline "$bank"/state)" = done ] && gone=$bank && break
done
[ -n "$gone" ] || { echo "# no free bank"; echo "1..$n"; exit $bad; }
check offline "$(cat "$gone"/state) $(cat "$gone"/online)" "offline 0"
check total_less $((all - $(total))) $size
check offline_again "$(put offline "$gone"/state)" refused
check zero_again "$(put 0 "$gone"/online)" done
check work_goes_on "$(use_memory)" "80+0 records out"
check back "$(put 1 "$gone"/online)" done
check online "$(cat "$gone"/state) $(cat "$gone"/online)" "online 1"
check total_same "$(total)" "$all"
check used_again "$(use_memory)" "80+0 records out"
echo "1..$n"
exit $bad
