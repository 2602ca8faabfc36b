#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The vendor's leaf libraries: they load, and what they compute is right (tests/ko/vectors.c).
#
# guest-vendor: crc16 crc_itu_t crc7 crc8 crc64 crct10dif_common libarc4 libdes cordic
# guest-vendor: scsi_common twofish_common lz4_compress lz4hc_compress libpoly1305
# guest-vendor: libcurve25519_generic
# guest-ko: vectors
leaves="crc16 crc_itu_t crc7 crc8 crc64 crct10dif_common libarc4 libdes cordic scsi_common
twofish_common lz4_compress lz4hc_compress libpoly1305 libcurve25519_generic"
n=0

check() { # NAME COMMAND...
	name=$1
	shift
	n=$((n + 1))
	if "$@"; then echo "ok $n - $name"; else echo "not ok $n - $name"; fi
}

for leaf in $leaves; do
	check "${leaf}_loads" modprobe "$leaf"
done
dmesg -c >/dev/null
check vectors_load insmod /tests/ko/vectors.ko
for leaf in $leaves; do
	check "${leaf}_computes" sh -c "dmesg | grep -q 'vectors: ok $leaf$'"
done
check used_leaf_stays sh -c '! rmmod crc16 2>/dev/null'
check user_is_named grep -q '^crc16 [0-9]* [0-9]* vectors, Live ' /proc/modules
check holder_is_linked test -L /sys/module/crc16/holders/vectors
check vectors_unload rmmod vectors
for leaf in $leaves; do
	check "${leaf}_unloads" rmmod "$leaf"
done
check none_is_left sh -c '! grep -qE "^(crc7|libdes|cordic) " /proc/modules && [ ! -e /sys/module/crc16 ]'
echo "1..$n"
