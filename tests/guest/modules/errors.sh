#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Files that are no modules, and modules that cannot be loaded or removed: an error and no trace.
#
# guest-vendor: crc16 libdes
# guest-ko: empty
n=0
ko=/lib/modules/$(uname -r)/kernel/lib/crc16.ko

check() { # NAME COMMAND...
	name=$1
	shift
	n=$((n + 1))
	if "$@"; then echo "ok $n - $name"; else echo "not ok $n - $name"; fi
}

fails() { # FILE: insmod says no, and no module came
	! insmod "$1" 2>/dev/null && ! grep -q '^crc16 ' /proc/modules && [ ! -e /sys/module/crc16 ]
}

cd /tmp || exit 1
: >nothing
check empty_file fails nothing
head -c 4096 /dev/urandom >noise
check noise fails noise
size=$(wc -c <"$ko")
for part in 1 2 3 4 5 6 7; do
	head -c $((size * part / 8)) "$ko" >cut
	check "cut_at_${part}_of_8" fails cut
done
sed 's/vermagic=6/vermagic=5/' "$ko" >magic
check other_vermagic fails magic
cp "$ko" same
insmod same
check twice sh -c '! insmod same 2>/dev/null'
check is_live grep -q live /sys/module/crc16/initstate
check unloads rmmod crc16
check not_there sh -c '! rmmod crc16 2>/dev/null'
i=0
while [ $i -lt 50 ]; do
	insmod /tests/ko/empty.ko && rmmod empty || break
	i=$((i + 1))
done
check fifty_times [ $i = 50 ]
echo "1..$n"
