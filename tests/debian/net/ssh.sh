# SPDX-License-Identifier: GPL-2.0-only
# long
# timeout: 900
# sshd and ssh on loopback: a command, a file of 100 MB both ways, a forwarded port.
ip link set lo up
mkdir -p /run/sshd ~/.ssh
ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519
cp ~/.ssh/id_ed25519.pub ~/.ssh/authorized_keys
/usr/sbin/sshd
options="-o StrictHostKeyChecking=no -o LogLevel=ERROR"
ssh $options localhost 'echo hello from $(whoami); exit 3'; echo "status $?"
head -c 104857600 /dev/urandom >big
scp -q $options big localhost:/tmp/work/there; echo "scp $?"
scp -q $options 'localhost:/tmp/work/there' back; echo "scp $?"
cmp big back && echo same
ssh $options localhost 'head -c 20000000 /dev/zero' | wc -c
socat -u TCP-LISTEN:7100,reuseaddr SYSTEM:'cat > forwarded' &
sleep 1
ssh $options -f -L 7101:localhost:7100 localhost sleep 3
echo through the tunnel | socat -u - TCP:localhost:7101
wait %1; cat forwarded
kill "$(cat /run/sshd.pid)"
