#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Modules that the kernel asks for: who is run, as whom, with what name; and one that comes that way.
#
# guest-vendor: libcrc32c crc32c_generic
n=0
log=/tmp/autoload.log
helper=/tmp/autoload-helper

check() { # NAME COMMAND...
	name=$1
	shift
	n=$((n + 1))
	if "$@"; then echo "ok $n - $name"; else echo "not ok $n - $name"; cat $log; fi
}

own=$(cat /proc/sys/kernel/modprobe)
check default_path [ "$own" = /sbin/modprobe ]
cat >$helper <<END
#!/bin/sh
{
	echo "args \$*"
	echo "uid \$(id -u) home \$HOME path \$PATH ids \$(cut -d' ' -f5,6 /proc/self/stat)"
	grep -E "^(CapEff|SigBlk|SigIgn)" /proc/self/status
} >>$log 2>&1
END
chmod +x $helper
: >$log
echo $helper >/proc/sys/kernel/modprobe
check path_is_shown [ "$(cat /proc/sys/kernel/modprobe)" = $helper ]

mkdir -p /tmp/autoload
check mount_fails sh -c '! mount -t nosuchfs none /tmp/autoload 2>/dev/null'
check file_system_is_asked_for grep -q '^args -q -- fs-nosuchfs$' $log
check it_is_root grep -q '^uid 0 home / path /sbin:/usr/sbin:/bin:/usr/bin ids 0 0$' $log
check it_has_all_rights grep -qE '^CapEff:.*000001ffffffffff$' $log
check it_blocks_nothing grep -qE '^SigBlk:.*0000000000000000$' $log
check it_ignores_nothing grep -qE '^SigIgn:.*0000000000000000$' $log

mknod /dev/autoload c 231 77
check open_fails sh -c '! cat /dev/autoload 2>/dev/null'
check device_is_asked_for grep -q '^args -q -- char-major-231-77$' $log

echo >/proc/sys/kernel/modprobe
: >$log
check mount_fails_quietly sh -c '! mount -t nosuchfs none /tmp/autoload 2>/dev/null'
check nobody_is_asked [ ! -s $log ]
echo /nonexistent >/proc/sys/kernel/modprobe
check missing_helper_does_no_harm sh -c '! mount -t nosuchfs none /tmp/autoload 2>/dev/null'

# BusyBox's modprobe knows no aliases.
cat >$helper <<END
#!/bin/sh
echo "args \$*" >>$log
[ "\$3" = crypto-crc32c ] && insmod /lib/modules/$(uname -r)/kernel/crypto/crc32c_generic.ko
END
echo $helper >/proc/sys/kernel/modprobe
for m in libcrc32c crc32c_generic; do rmmod $m 2>/dev/null; done
insmod /lib/modules/$(uname -r)/kernel/lib/libcrc32c.ko
check hash_is_found grep -q '^libcrc32c ' /proc/modules
check its_module_came grep -q '^crc32c_generic ' /proc/modules
check it_is_in_use sh -c '! rmmod crc32c_generic 2>/dev/null'
check user_leaves rmmod libcrc32c
check it_leaves rmmod crc32c_generic
echo "$own" >/proc/sys/kernel/modprobe
rm -rf $log $helper /tmp/autoload /dev/autoload
echo "1..$n"
