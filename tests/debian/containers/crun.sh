# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# long
# Containers by crun: namespaces, control groups, devices, capabilities, signals, exec in a running one.
set -u
mount | grep -q cgroup2 || mount -t cgroup2 none /sys/fs/cgroup
mkdir -p b/rootfs/{bin,proc,sys,dev,tmp,etc}; cp /bin/busybox b/rootfs/bin/; for i in sh ls cat id hostname mount ps sleep touch mknod dd kill; do ln -s busybox b/rootfs/bin/$i; done
cd b; crun spec
change() { jq "$@" config.json >new.json && mv new.json config.json; }
change '.process.terminal = false | .root.readonly = false | .hostname = "inside" | .linux.resources += {pids: {limit: 30}, memory: {limit: 67108864}}
	| .process.capabilities = ([["bounding", "effective", "permitted"][] | {(.): ["CAP_KILL", "CAP_MKNOD", "CAP_CHOWN"]}] | add)'
with() { change --arg c "$1" '.process.args = ["sh", "-c", $c]'; }
box() { with "$1"; crun run --no-pivot "box$((++boxes))"; echo "status $?"; }
boxes=0
box 'hostname; id; echo $$; ls /; ls /dev'
box 'grep -E "CapEff|NoNewPrivs|Seccomp:" /proc/self/status; cat /proc/self/uid_map; ps -o pid,comm'
box 'cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/memory.max; touch /sys/x; touch /proc/sys/kernel/hostname; echo a >/proc/sys/kernel/hostname'
box 'mknod /tmp/null c 1 3 && echo x >/tmp/null && echo written; mknod /tmp/mem c 1 1 && cat /tmp/mem; mknod /tmp/disk b 7 0 && cat /tmp/disk; cat /dev/zero | dd bs=10 count=1 2>/dev/null | wc -c; mount -t tmpfs none /tmp'
box 'i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i+1)); done 2>/dev/null; echo no end'
box 'kill -9 $$; exit 7'; box 'exit 9'; box 'sh -c "kill -TERM \$\$"'
with 'trap "echo told; exit 4" TERM; echo up; while :; do sleep 0.1; done'; crun run --no-pivot --detach long >out 2>&1; echo "status $?"
for i in $(seq 300); do grep -q up out && break; sleep 0.05; done; crun list | awk 'NR > 1 { print $1, $3 }'; crun state long | grep status
crun exec long sh -c 'id -u; ps -o pid,comm | head -n 2'; crun exec long false; echo "status $?"
crun pause long; crun state long | grep status; crun resume long; crun update --pids-limit 12 long; cat "/sys/fs/cgroup/$(cut -d: -f3 "/proc/$(crun state long | jq .pid)/cgroup")/pids.max"
crun kill long TERM; for i in $(seq 300); do crun state long | grep -q stopped && break; sleep 0.1; done; cat out; crun delete long; crun list | wc -l; find /sys/fs/cgroup -name 'long*' -o -name 'box*' | wc -l
exit 0
