# SPDX-License-Identifier: GPL-2.0-only
# timeout: 90
# nft: a rule set with sets, maps and chains, what it shows and what it does.
ip link set lo up
cat > rules <<'X'
table inet filter {
	set hosts {
		type ipv4_addr
		elements = { 10.0.0.1, 10.0.0.2 }
	}
	set nets {
		type ipv4_addr
		flags interval
		elements = { 192.168.0.0/16, 172.16.0.0/12 }
	}
	map ports {
		type inet_service : verdict
		elements = { 81 : accept, 82 : drop }
	}
	chain known {
		ip saddr @hosts counter accept
		ip saddr @nets counter drop comment "no private ones"
	}
	chain input {
		type filter hook input priority 0; policy accept;
		iifname "lo" tcp dport 8081 counter reject with tcp reset
		udp dport { 5000-5010, 6000 } counter drop
		tcp dport vmap @ports
		icmp type echo-request limit rate 5/second burst 3 packets counter
		udp dport 7777 counter reject
		ip6 daddr ::1 udp dport 9 counter drop
		jump known
		meta mark 0x5 counter
	}
	chain output {
		type filter hook output priority filter; policy accept;
		ip daddr 127.0.0.3 counter drop
	}
}
X
nft -f rules; nft list ruleset
nft add rule inet filter output tcp dport 99 counter drop
nft add element inet filter hosts '{ 10.0.0.9 }'; nft list set inet filter hosts
nft get element inet filter hosts '{ 10.0.0.9 }'
nft delete rule inet filter output handle 9999 2>&1 | head -n 1
ping -c 1 -W 1 127.0.0.3 2>/dev/null | grep -o '0 received'; ping -c 1 -W 1 127.0.0.2 2>/dev/null | grep -o '1 received'
echo hi > /dev/tcp/127.0.0.1/8081
echo hi > /dev/udp/127.0.0.1/5005
exec 3<>/dev/udp/127.0.0.1/7777; echo hi >&3; sleep 0.2; echo again >&3; exec 3>&-
nft list ruleset; nft list tables; nft list chains
nft flush ruleset; nft list ruleset; ping -c 1 -W 1 127.0.0.3 2>/dev/null | grep -o '1 received'
