#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in the guest for scripts/run-guest-tests: each program named in
# /tests/.list gets a folder and a session of its own and a time limit.
# usage: guest-tests.sh TOKEN LIMIT [leaks]
#
# With leaks, each program that passed runs again, silently, LEAK_RUNS times; what
# the kernel has allocated is counted after each, and a count that grew every time
# is printed.

token=$1
limit=$2
leaks=$3
LEAK_RUNS=4

now() {
	read -r up rest </proc/uptime && echo "$up"
}

run() {
	dir=$(mktemp -d /tmp/test.XXXXXX)
	case $1 in
	*.sh) set -- sh "/tests/$1" ;;
	*) set -- "/tests/$1" ;;
	esac
	(cd "$dir" && exec setsid timeout -k 3 "$limit" "$@") </dev/null 2>&1
	status=$?
	# What a failed test left running must not disturb the next one.
	[ $status = 0 ] || killall5 -9
	cd /
	rm -rf "$dir" 2>/dev/null
	return $status
}

# Lines "NAME COUNT": objects of each cache, and KiB of pages that are nobody's.
count_memory() {
	sleep 1		# what ends after its process: grace periods, work, the last puts
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	awk 'FNR > 2 { print $1, $2 }' /proc/slabinfo
	awk '/^MemTotal:/ { n = $2 } /^(MemFree|Slab|KernelStack|PageTables|Cached|AnonPages):/ { n -= $2 }
	     END { print "pages", int(n / 256) }' /proc/meminfo
}

find_leaks() {
	i=0
	: >/tmp/.counts
	while [ $i -lt $LEAK_RUNS ]; do
		run "$2" >/dev/null
		count_memory >/tmp/.now
		cat /tmp/.now >>/tmp/.counts
		i=$((i + 1))
	done
	awk -v head="$token LEAK $1" -v runs=$LEAK_RUNS '
		seen[$1]++ && $2 > last[$1] { grew[$1]++ }
		{ last[$1] = $2; text[$1] = text[$1] " " $2 }
		END { for (c in grew) if (grew[c] == runs - 1) print head, c text[c] }' /tmp/.counts
	rm -f /tmp/.counts /tmp/.now
}

export PATH=/sbin:/bin:/usr/sbin:/usr/bin HOME=/root TESTS=/tests
while read -r name file; do
	printf '\n%s START %s\n' "$token" "$name"
	start=$(now)
	run "$file"
	status=$?
	end=$(now)
	[ -z "$leaks" ] || [ $status != 0 ] || find_leaks "$name" "$file"
	printf '\n%s END %s %d %s %s\n' "$token" "$name" $status "$start" "$end"
done </tests/.list
