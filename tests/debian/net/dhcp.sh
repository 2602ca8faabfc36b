# SPDX-License-Identifier: GPL-2.0-only
# long
# timeout: 180
# dhclient in a network namespace gets its address, route and name server from dnsmasq over a pair of veth interfaces.
ip link set lo up
ip netns add client
ip link add v0 type veth peer name v1
ip link set v1 address 02:00:00:00:00:02 netns client
ip addr add 10.66.0.1/24 dev v0
ip link set v0 up
dnsmasq --port=0 --interface=v0 --bind-interfaces --dhcp-range=10.66.0.50,10.66.0.60,1h --dhcp-authoritative \
	--dhcp-host=02:00:00:00:00:02,10.66.0.55 --dhcp-option=option:dns-server,10.66.0.1 --no-ping \
	--dhcp-leasefile=/tmp/work/leases --pid-file=/tmp/work/dnsmasq.pid --user=root --log-facility=/tmp/work/log
echo "dnsmasq $?"
client() { ip netns exec client dhclient -4 -v -lf /tmp/work/client.leases -pf /tmp/work/client.pid "$@" v1 2>&1; }
client -1 >out; echo "dhclient $?"
grep -oE '^DHCP(OFFER|ACK) of [0-9.]+ from [0-9.]+' out | sort -u
ip -n client -o -4 addr show dev v1 | awk '{print $4, $6}'
ip -n client route show | sed 's/ *$//'
grep nameserver /etc/resolv.conf
ip netns exec client ping -c 2 -i 0.2 10.66.0.1 2>/dev/null | grep -o '2 packets transmitted, 2 received'
awk '{print $2, $3}' leases
client -r | grep -oE '^DHCPRELEASE of [0-9.]+'
ip -n client -o -4 addr show dev v1 | wc -l
for i in 1 2 3 4 5 6 7 8 9 10; do [ -s leases ] || break; sleep 0.2; done
wc -l <leases
kill "$(cat dnsmasq.pid)"
ip netns del client
for i in $(seq 50); do ip link show v0 >/dev/null 2>&1 || break; sleep 0.1; done
ip link show v0 2>&1
true
