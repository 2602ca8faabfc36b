#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Signatures of modules: the vendor's own is good, a changed file is refused, one without is loaded and noted.
#
# guest-vendor: crc16
n=0
ko=/lib/modules/$(uname -r)/kernel/lib/crc16.ko

check() { # NAME COMMAND...
	name=$1
	shift
	n=$((n + 1))
	if "$@"; then echo "ok $n - $name"; else echo "not ok $n - $name"; fi
}

taint() { cat /sys/module/crc16/taint; }

check vendors_is_good insmod $ko
check it_taints_nothing [ -z "$(taint)" ]
rmmod crc16
size=$(wc -c <$ko)
# The signature and its trailer are the file's end: 721 bytes or so; the change is well before.
{ head -c $((size / 2)) $ko; printf '\377\376\375'; tail -c $((size - size / 2 - 3)) $ko; } >/tmp/changed.ko
check changed_is_refused sh -c '! insmod /tmp/changed.ko 2>/tmp/why'
check as_rejected grep -qi 'key was rejected' /tmp/why
{ head -c $((size - 300)) $ko; printf '\377\376\375'; tail -c 297 $ko; } >/tmp/changed.ko
check changed_signature_is_refused sh -c '! insmod /tmp/changed.ko 2>/tmp/why'
check as_rejected_too grep -qi 'key was rejected' /tmp/why
check not_there [ ! -e /sys/module/crc16 ]
head -c $((size - 28)) $ko >/tmp/unsigned.ko
check unsigned_loads insmod /tmp/unsigned.ko
check it_taints [ "$(taint)" = E ]
check list_says_so grep -q '^crc16 .*(E)$' /proc/modules
rmmod crc16
rm -f /tmp/changed.ko /tmp/unsigned.ko /tmp/why
echo "1..$n"
