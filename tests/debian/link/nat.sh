# SPDX-License-Identifier: GPL-2.0-only
# long
# timeout: 200
# nft: connection tracking and translation of addresses, on a router between two namespaces.
ip link set lo up
ip netns add in && ip netns add out
ip link add i0 type veth peer name i1 && ip link add o0 type veth peer name o1
ip link set i1 netns in; ip link set o1 netns out
ip addr add 10.1.1.1/24 dev i0; ip addr add fd01::1/64 dev i0 nodad; ip link set i0 up
ip addr add 203.0.113.1/24 dev o0; ip addr add fd02::1/64 dev o0 nodad; ip addr add 203.0.113.7/32 dev o0; ip link set o0 up
ip -n in link set lo up; ip -n in addr add 10.1.1.2/24 dev i1; ip -n in addr add fd01::2/64 dev i1 nodad
ip -n in link set i1 up; ip -n in route add default via 10.1.1.1; ip -n in -6 route add default via fd01::1
ip -n out link set lo up; ip -n out addr add 203.0.113.2/24 dev o1; ip -n out addr add fd02::2/64 dev o1 nodad
ip -n out link set o1 up
ip route add 198.51.100.0/24 via 203.0.113.2
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
cat > rules <<'X'
table inet stateful {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state invalid counter drop
		ct state established,related accept
		iifname "i0" ct state new ct mark set 0x2a accept
		ct status dnat accept
		counter
	}
	chain input {
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		ct state vmap { established : accept, related : accept, invalid : drop }
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
		icmp type echo-request accept
		tcp dport 22 ct original proto-dst 8022 accept
		tcp dport 8023 accept
	}
	chain raw {
		type filter hook prerouting priority raw; policy accept;
		udp dport 4000 notrack
	}
	chain marks {
		type filter hook postrouting priority mangle; policy accept;
		ct mark 0x2a ct direction original ct state new meta mark set ct mark
	}
}
table inet translate {
	chain pre {
		type nat hook prerouting priority dstnat; policy accept;
		iifname "o0" tcp dport 8080 dnat ip to 10.1.1.2:80
		iifname "o0" udp dport 8081 dnat ip to 10.1.1.2:81
		iifname "o0" tcp dport 8022 redirect to :22
		iifname "o0" ip6 daddr fd02::1 tcp dport 8080 dnat ip6 to [fd01::2]:80
	}
	chain post {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "o0" ip saddr 10.1.1.0/24 tcp dport 9001 snat ip to 203.0.113.7
		oifname "o0" ip saddr 10.1.1.0/24 tcp dport 9002 snat ip to 203.0.113.1:40000-40001
		oifname "o0" masquerade
	}
	chain mine {
		type nat hook output priority -100; policy accept;
		ip daddr 198.51.100.1 tcp dport 7 dnat ip to 127.0.0.1:8023
	}
}
X
nft -f rules; nft list ruleset
ask() { # namespace, address: what the server there says about its client
	timeout 30 ip netns exec "$1" socat -t 20 -T 20 - "$2" </dev/null 2>&1 | sed -E 's/.*E //'
}
who() { # namespace, listener: answers each client with its address
	ip netns exec "$1" socat -t 20 "$2,fork,reuseaddr" SYSTEM:'echo $SOCAT_PEERADDR at $SOCAT_SOCKADDR' 2>/dev/null &
}
for p in 9000 9001 9002; do who out TCP4-LISTEN:$p; done
who out TCP6-LISTEN:9000,ipv6only=1; who in TCP4-LISTEN:80; who in TCP6-LISTEN:80,ipv6only=1
socat -t 20 TCP4-LISTEN:22,fork,reuseaddr SYSTEM:'echo redirected from $SOCAT_PEERADDR' 2>/dev/null &
socat -t 20 TCP4-LISTEN:8023,fork,reuseaddr SYSTEM:'echo of our own' 2>/dev/null &
ip netns exec in socat -t 20 UDP4-LISTEN:81,fork,reuseaddr SYSTEM:'read x; echo $x back' 2>/dev/null &
sleep 1
ask in TCP4:203.0.113.2:9000; ask in TCP4:203.0.113.2:9001; ask in TCP6:[fd02::2]:9000
for i in 1 2; do ask in TCP4:203.0.113.2:9002; done
ask out TCP4:203.0.113.1:8080; ask out TCP6:[fd02::1]:8080; ask out TCP4:203.0.113.1:8022
echo hello | timeout 30 ip netns exec out socat -t 3 -T 20 - UDP4:203.0.113.1:8081 2>&1 | sed 's,.*] E ,,'
timeout 30 socat -t 20 -T 20 - TCP4:198.51.100.1:7 </dev/null 2>&1 | sed "s/.*] E //"
echo closed; ask out TCP4:203.0.113.1:23,connect-timeout=1 | sed "s,.*] E ,,"
ip netns exec in ping -c 2 -i 0.2 203.0.113.2 2>/dev/null | grep -o '[0-9] received'
ip netns exec in ping -c 1 fd02::2 2>/dev/null | grep -o '[0-9] received'
ip netns exec in ping -c 1 -s 4000 203.0.113.2 2>/dev/null | grep -o '[0-9] received'
echo related; echo x | timeout 30 ip netns exec in socat -t 3 -T 20 - UDP4-CONNECT:203.0.113.2:5 2>&1 | grep -o 'Connection refused'
conntrack -L -p tcp 2>/dev/null | grep 'dport=9001' | head -n 1 | sed -E 's/(sport|dport)=[0-9]{5}/\1=N/g; s/^(tcp +6) [0-9]+/\1 T/'
conntrack -L -p icmp 2>/dev/null | head -n 1 | sed -E 's/id=[0-9]+/id=N/g; s/^(icmp +1) [0-9]+/\1 T/'
conntrack -L -p tcp -f ipv6 2>/dev/null | wc -l
conntrack -D -p tcp >/dev/null 2>&1; conntrack -L -p tcp 2>/dev/null | wc -l
conntrack -F >/dev/null 2>&1; conntrack -C; cat /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established
nft add rule inet translate mine masquerade 2>&1 | head -n 1
nft add rule inet stateful forward snat ip to 10.0.0.1 2>&1 | head -n 1
nft 'add chain inet translate bad { type nat hook forward priority 0; }' 2>&1 | head -n 1
nft flush ruleset; ask in TCP4:203.0.113.2:9000,connect-timeout=1
kill $(jobs -p); wait 2>/dev/null; ip netns del in; ip netns del out
