# SPDX-License-Identifier: GPL-2.0-only
# long
# timeout: 90
# iperf3 over loopback: both ways, both at once, parallel, UDP, IPv6, zero copy, other congestion control.
ip link set lo up
# A server for each test: one that stays closes its listener between two, and resets who came meanwhile.
try() {
	iperf3 -s -1 >/dev/null 2>&1 &
	until ss -ltnH 'sport = :5201' | grep -q LISTEN; do sleep 0.05; done
	iperf3 -t 1 "$@" >out 2>&1; status=$?
	wait $!
	[ $status = 0 ] || cat out
	echo "$* status $status, $(grep -c -E 'sender|receiver' out) totals"
}
try -c 127.0.0.1
try -c 127.0.0.1 -R
try -c 127.0.0.1 --bidir
try -c 127.0.0.1 -P 4
try -c ::1
try -c 127.0.0.1 -u -b 10M
try -c ::1 -u -b 10M -R
try -c 127.0.0.1 -Z
try -c 127.0.0.1 -M 500
try -c 127.0.0.1 -w 64K
try -c 127.0.0.1 -C cubic
try -c 127.0.0.1 -C reno
