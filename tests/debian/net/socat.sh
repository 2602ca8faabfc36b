# SPDX-License-Identifier: GPL-2.0-only
# long
# timeout: 60
# socat between all kinds of sockets, one byte stream through each.
ip link set lo up
head -c 300000 /dev/urandom >data
try() {
	rm -f out
	timeout 20 socat -u "$1" OPEN:out,creat &
	sleep 0.4
	timeout 20 socat -u OPEN:data "$2"
	wait $!
	cmp data out && echo "$2"
}
try TCP4-LISTEN:7001,reuseaddr TCP4:127.0.0.1:7001
try TCP6-LISTEN:7002,reuseaddr TCP6:[::1]:7002
try TCP6-LISTEN:7003,reuseaddr,ipv6only=0 TCP4:127.0.0.1:7003
try TCP4-LISTEN:7004,reuseaddr,nodelay,keepalive TCP4:localhost:7004,bind=127.0.0.2,sndbuf=4096
try UNIX-LISTEN:sock UNIX-CONNECT:sock
try ABSTRACT-LISTEN:name ABSTRACT-CONNECT:name
echo datagram >data
timeout 3 socat -u UDP4-RECV:7005 OPEN:out,creat,trunc & sleep 0.4; socat -u OPEN:data UDP4-SENDTO:127.0.0.1:7005; sleep 0.3; kill $! 2>/dev/null; cat out
timeout 3 socat -u UDP6-RECV:7006 OPEN:out,creat,trunc & sleep 0.4; socat -u OPEN:data UDP6-SENDTO:[::1]:7006; sleep 0.3; kill $! 2>/dev/null; cat out
socat - TCP:127.0.0.1:1 2>&1 | sed 's/.*] E //'
