# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by the image's /init when scripts/guest added it as /.guest/run.
# Runs /.guest/command, sends its output through the second serial port between
# two marked lines, waits until the host has it, powers off.
#
# /.guest/config sets:
#   TOKEN    marks our own lines; random, so no output can imitate them. Empty: this is a system
#            on a disk, which asks the host for token and command
#   MODULES  kernel modules to load, in order
#   DHCP     interface to configure, or empty
#   SHARE    mount the 9p tag `share` at /share if 1
#   ROOT     block device to run the command in (chroot), or empty
#   INTERACTIVE  1: prepare the above only, leave the console to init

. /.guest/config
port=/dev/ttyS1
command=/.guest/command
system_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# What is there already, loaded or the kernel's own, is as good.
for module in $MODULES; do
	why=$(insmod "$module" 2>&1) && continue
	case $why in
	*"File exists"*) ;;
	*) echo "$why"; echo "guest: cannot load $module" ;;
	esac
done
if [ -n "$DHCP" ]; then
	udhcpc -q -n -t 10 -T 1 -i "$DHCP" -s /etc/udhcpc.script >/dev/console 2>&1 ||
		echo "guest: no address for $DHCP"
fi
if [ "$SHARE" = 1 ]; then
	mkdir -p /share
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=131072 share /share
fi
enter=
if [ -n "$ROOT" ]; then
	tries=0
	while [ ! -b "$ROOT" ] && [ $tries -lt 50 ]; do
		usleep 100000
		tries=$((tries + 1))
	done
	mount "$ROOT" /mnt
	for m in proc sys dev; do
		mkdir -p /mnt/$m
		mount -o rbind /$m /mnt/$m
	done
	enter="chroot /mnt"
fi

if [ -z "$TOKEN" ]; then
	command=/run/guest-command
	INTERACTIVE=1
	if stty -F $port raw -echo 115200 2>/dev/null; then
		exec 3<>$port
		printf '\036ASK\n' >&3
		read -r TOKEN <&3
		while IFS= read -r line <&3 && [ "$line" != "$(printf '\036')" ]; do
			printf '%s\n' "$line"
		done >$command
		[ -z "$TOKEN" ] || INTERACTIVE=
	fi
fi

if [ "$INTERACTIVE" != 1 ]; then
	stty -F $port raw -echo 115200
	command=$(cat $command)
	cd /root
	{
		printf '\036%s BEGIN\n' "$TOKEN"
		([ -z "$GUEST_PATH" ] || PATH=$system_path
			unset TOKEN MODULES DHCP SHARE ROOT INTERACTIVE GUEST_PATH
			exec $enter sh -c "$command") </dev/null 2>&1
		status=$?
		sync
		printf '\036%s END %d\n' "$TOKEN" $status
		read -r -t 20 answer <$port
		poweroff -f
	} | cat >$port
	# Only reached when the machine could not be powered off.
	exec poweroff -f
fi
