# SPDX-License-Identifier: GPL-2.0-only
# run.sh SECONDS SEED: random system calls, then what they left behind in the kernel.
slabs() { sync; echo 3 >/proc/sys/vm/drop_caches; sleep 1; awk 'NR > 2 { print $1, $2 }' /proc/slabinfo; }
memory() { awk '/^MemFree/ { print $2 }' /proc/meminfo; }
clean() { rm -rf /tmp/fuzz; sleep 1; }

ip link set lo up
/f/ntfuzz.exe 4 "$2" </dev/null >/dev/null 2>&1; clean
slabs >/tmp/before; free=$(memory); files=$(cut -f1 /proc/sys/fs/file-nr)
/f/ntfuzz.exe "$1" $(($2 + 1)) </dev/null >/tmp/said 2>/dev/null || echo "ended with $?"
tr -d '\r' </tmp/said; clean
slabs >/tmp/after; lost=$((free - $(memory))); files=$(($(cut -f1 /proc/sys/fs/file-nr) - files))
echo "# $lost KiB, $files files"
awk 'NR == FNR { was[$1] = $2; next } $2 - was[$1] > 60 { print "grew:", $1, was[$1], $2 }' /tmp/before /tmp/after
left=$(ps | grep -c '[n]tfuzz'); [ "$left" = 0 ] || echo "processes left: $left"
dmesg | grep -E 'BUG|WARN|ASSERT|leak|lockcheck|use after|oops' && echo "the kernel complains"
echo "end"
