# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# long
# systemd is process 1 and brings the machine up: no unit fails. (Of Linux: its audit socket.)
cat /proc/1/comm
systemctl is-system-running --wait
systemctl list-units --failed --no-legend --plain
systemctl list-units --type=service,socket,target,timer,slice,path --state=active --no-legend --plain --no-pager |
	awk '{ print $1, $4 }' | grep -vE '^(run-u|user@|modprobe@|systemd-journald-audit)' | LC_ALL=C sort
loginctl list-sessions --no-legend | wc -l
busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager Architecture
systemd-detect-virt
journalctl -b -p crit --no-pager -q
