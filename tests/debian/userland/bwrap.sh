# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# long
# Sandboxes: namespaces made by bubblewrap as root and as a user, what can be seen and written inside.
set -u
# The initramfs itself cannot be pivoted away from: a mount of it in its place can.
[ "${MOVED-}" ] || exec env MOVED=1 unshare -m bash -c 'mount --rbind / /mnt && cd /mnt && mount --move . / && exec chroot . bash /cases/bwrap.sh'
cd /tmp/work || exit 1
box() { bwrap --ro-bind / / --dev /dev --proc /proc "$@"; }
box true; echo "status $?"
box --unshare-pid sh -c 'echo $$; ps -e -o comm= | sort -u'
box --unshare-all --hostname inside sh -c 'hostname; ls /sys/class/net | sort'
box --tmpfs /tmp --dir /tmp/new sh -c 'ls /tmp; touch /tmp/x && ls /tmp'
box sh -c 'touch /etc/x' 2>&1; box sh -c 'ls /dev | tr "\n" " "; echo; test -w /dev/null && echo null'
echo data >file; bwrap --bind "$PWD" /work --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --dev /dev --chdir /work sh -c 'pwd; cat file; echo more >>file; ls /'; cat file
box --cap-drop ALL sh -c 'grep CapEff /proc/self/status; chown 1 /tmp/none 2>&1'
box --die-with-parent --new-session sh -c 'ps -o sid= -p $$ | grep -qw $$ && echo leader'
bwrap --unshare-user --uid 1234 --gid 2345 --ro-bind / / id
box --setenv A b --unsetenv HOME sh -c 'echo $A ${HOME-none}'; echo text >f3; box --file 9 /tmp/given cat /tmp/given 9<f3
useradd -m tester; cd /home/tester || exit 1
runuser -u tester -- bwrap --ro-bind / / --dev /dev --proc /proc --unshare-all sh -c 'id -un; cat /proc/self/uid_map | tr -s " "; grep CapEff /proc/self/status; touch /root/x' 2>&1
runuser -u tester -- bwrap --ro-bind / / --proc /proc --dev /dev --unshare-user --uid 0 --tmpfs /mnt sh -c 'id -u; touch /mnt/a && ls -n /mnt | tail -n 1 | cut -d" " -f3,4; mount -t tmpfs x /srv' 2>&1
runuser -u tester -- unshare -Urmpf --mount-proc sh -c 'id -u; mount -t tmpfs t /mnt && echo mounted; echo $$' 2>&1
exit 0
