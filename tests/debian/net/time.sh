# SPDX-License-Identifier: GPL-2.0-only
# long
# timeout: 60
# chronyd as server and chronyc; a DNS server with a client.
ip link set lo up
mkdir -p /run/chrony
printf 'local stratum 5\nallow 127.0.0.1\nport 1123\ncmdport 3230\nbindcmdaddress 127.0.0.1\ndriftfile /tmp/work/drift\n' >conf
chronyd -x -f conf -u root; echo "chronyd $?"
sleep 2
chronyc -h 127.0.0.1 -p 3230 tracking | grep -E 'Stratum|Leap'
chronyc -h 127.0.0.1 -p 3230 serverstats | grep 'NTP packets received' | tr -s ' '
kill "$(cat /run/chrony/chronyd.pid 2>/dev/null || pgrep chronyd)"
dnsmasq --no-resolv --no-hosts --address=/tern.test/192.0.2.7 --port=5353 --listen-address=127.0.0.1 --bind-interfaces \
	--pid-file=/tmp/work/pid --user=root; echo "dnsmasq $?"
python3 - <<'END'
import socket, struct
q = struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + b"\4tern\4test\0" + struct.pack(">HH", 1, 1)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.sendto(q, ("127.0.0.1", 5353))
a = s.recv(512)
print(struct.unpack(">H", a[:2])[0], socket.inet_ntoa(a[-4:]))
t = socket.create_connection(("127.0.0.1", 5353))
t.sendall(struct.pack(">H", len(q)) + q)
a = t.recv(512)
print(socket.inet_ntoa(a[-4:]))
END
kill "$(cat pid)"
