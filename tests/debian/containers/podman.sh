# SPDX-License-Identifier: GPL-2.0-only
# timeout: 400
# long
# podman over crun: an image from a folder, containers that run, are entered, stopped, committed and removed; pods' names.
set -u
mount | grep -q cgroup2 || mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /etc/containers root/{bin,tmp,etc,proc,sys,dev}; cp /bin/busybox root/bin/; for i in sh ls cat id hostname ps sleep echo touch env wc seq; do ln -s busybox root/bin/$i; done
printf '[engine]\nno_pivot_root=true\ncgroup_manager="cgroupfs"\nevents_logger="file"\nruntime="crun"\n[containers]\nlog_driver="k8s-file"\n' >/etc/containers/containers.conf
printf '[storage]\ndriver="vfs"\nrunroot="/tmp/work/run"\ngraphroot="/tmp/work/graph"\n' >/etc/containers/storage.conf
tar -C root -c . | podman import -q - demo:1 | sed 's/[0-9a-f]\{64\}/ID/'; podman images --format '{{.Repository}}:{{.Tag}}'
run() { podman run --rm --network none "$@"; echo "status $?"; }
run demo:1 sh -c 'echo in; id -u; hostname | wc -c; ls /'
run -e A=b --hostname h -w /tmp demo:1 sh -c 'env | grep ^A=; hostname; cat /proc/self/cwd/../etc/hostname; ls -d .'
run --user 1000:1000 --cap-drop all --read-only demo:1 sh -c 'id -u; touch /x; grep CapEff /proc/self/status'
mkdir data; echo given >data/f; run -v "$PWD/data:/data" demo:1 sh -c 'cat /data/f; echo back >/data/g'; cat data/g; run -v "$PWD/data:/data:ro" demo:1 touch /data/h
run --memory 64m --pids-limit 20 demo:1 sh -c 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max'; run demo:1 sh -c 'exit 5'; run demo:1 none
seq 1000 | podman run --rm -i --network none demo:1 wc -l
podman run -d --name s --network none demo:1 sh -c 'trap "exit 3" TERM; echo begun; while :; do sleep 0.1; done' | wc -c
for i in $(seq 300); do podman logs s | grep begun && break; sleep 0.1; done; podman ps --format '{{.Names}} {{.Image}}'; podman exec s sh -c 'echo entered; ls /proc/1/exe'; podman exec s sh -c 'echo kept >/kept'
podman pause s; podman inspect -f '{{.State.Status}}' s; podman unpause s; podman top s comm | tail -n 1; podman cp data/f s:/copied; podman exec s cat /copied; podman diff s | sort
podman stop -t 20 s; podman inspect -f '{{.State.Status}} {{.State.ExitCode}}' s; podman commit -q s demo:2 | wc -c; podman rm s; run demo:2 cat /kept /copied; podman ps -aq | wc -l; podman rmi -f demo:2 demo:1 2>&1 | grep -c Untagged; podman images -q | wc -l
exit 0
