#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in the guest for scripts/run-guest-tests: each program named in
# /tests/.list gets a folder and a session of its own and a time limit.
# usage: guest-tests.sh TOKEN LIMIT

token=$1
limit=$2

now() {
	read -r up rest </proc/uptime && echo "$up"
}

export PATH=/sbin:/bin:/usr/sbin:/usr/bin HOME=/root TESTS=/tests
while read -r name file; do
	dir=$(mktemp -d /tmp/test.XXXXXX)
	printf '\n%s START %s\n' "$token" "$name"
	start=$(now)
	case $file in
	*.sh) set -- sh "/tests/$file" ;;
	*) set -- "/tests/$file" ;;
	esac
	(cd "$dir" && exec setsid timeout -k 3 "$limit" "$@") </dev/null 2>&1
	status=$?
	printf '\n%s END %s %d %s %s\n' "$token" "$name" $status "$start" "$(now)"
	# What a failed test left running must not disturb the next one.
	[ $status = 0 ] || killall5 -9
	cd /
	rm -rf "$dir" 2>/dev/null
done </tests/.list
