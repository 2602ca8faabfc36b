# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# long
# Services of our own: limits, sandboxes, restarts, timers, socket activation, the journal.
systemctl is-system-running --wait
run() { systemd-run --quiet --wait --pipe "$@" 2>&1; echo "ended $?"; }
run echo hello; run false; run sh -c 'kill -SEGV $$$$'
run -p MemoryMax=64M -p TasksMax=20 -p CPUQuota=50% sh -c 'g=/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup); cat $g/memory.max $g/pids.max $g/cpu.max'
run -p RuntimeMaxSec=1 sleep 30
run -p PrivateTmp=yes sh -c 'touch /tmp/mine; ls /tmp'; ls /tmp/mine 2>&1
run -p ProtectSystem=strict -p ProtectHome=yes sh -c 'touch /etc/x; ls -A /root | wc -l'
run -p PrivateDevices=yes sh -c 'ls /dev | grep -c tty; echo >/dev/null && echo null'
run -p DynamicUser=yes -p NoNewPrivileges=yes sh -c 'test $(id -u) -gt 60000 && echo dynamic; grep NoNewPrivs /proc/self/status'
run -p SystemCallFilter='~@mount' -p SystemCallErrorNumber=EPERM sh -c 'mount -t tmpfs none /mnt || echo refused'
run -p PrivateNetwork=yes sh -c 'ls /sys/class/net'; run -p User=nobody id -un; run -p LimitNOFILE=77 sh -c 'ulimit -n'
run -p CapabilityBoundingSet=CAP_CHOWN sh -c 'grep CapBnd /proc/self/status'; run -p Nice=5 nice
cat >/etc/systemd/system/again.service <<'U'
[Service]
ExecStart=/bin/sh -c 'n=$(cat /run/again 2>/dev/null || echo 0); n=$((n + 1)); echo $n >/run/again; test $n -ge 3 && exec sleep infinity; exit 1'
Restart=on-failure
RestartSec=100ms
U
cat >/etc/systemd/system/answer.socket <<'U'
[Socket]
ListenStream=/run/answer
Accept=yes
U
cat >'/etc/systemd/system/answer@.service' <<'U'
[Service]
ExecStart=/bin/sh -c 'read line; echo "you said $line"'
StandardInput=socket
U
systemctl daemon-reload; systemctl start again answer.socket
for i in $(seq 50); do [ "$(cat /run/again 2>/dev/null)" = 3 ] && break; sleep 0.2; done
systemctl show again -p NRestarts -p ActiveState -p SubState; systemctl kill -s TERM again; systemctl stop again; systemctl is-active again
perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, sockaddr_un("/run/answer")); syswrite(S, "hi\n"); print <S>'
systemd-run --quiet --on-active=1 --timer-property=AccuracySec=100ms touch /run/timed
for i in $(seq 50); do [ -e /run/timed ] && break; sleep 0.2; done; ls /run/timed
echo "a line for the journal" | systemd-cat -t marked; journalctl --sync; journalctl -t marked -o cat --no-pager
mkdir -p /mnt/m; systemd-mount --quiet -t tmpfs none /mnt/m && findmnt -n -o FSTYPE /mnt/m; systemctl is-active mnt-m.mount; systemd-umount /mnt/m 2>/dev/null; systemctl is-active mnt-m.mount
systemctl list-units --failed --no-legend --plain | grep -v run-u
exit 0
