# SPDX-License-Identifier: GPL-2.0-only
# timeout: 90
# ip netns: namespaces by name, joined by veth, a bridge and VLANs.
ip netns add one && ip netns add two && ip netns list | sort
ip link add v1 type veth peer name v2
ip -o link show v1 | sed -E 's/^[0-9]+: //; s/link.*//'
ip link set v1 netns one; ip link set v2 netns two
ip -n one addr add 10.1.1.1/24 dev v1; ip -n one link set v1 up
ip -n two addr add 10.1.1.2/24 dev v2; ip -n two link set v2 up
ip netns exec one ping -c 1 -W 2 10.1.1.2 2>/dev/null | grep -o '1 received'
ip -n one neigh show | sed -E 's/lladdr [0-9a-f:]+ //' | awk '{print $1, $3}'
ip -n one -br addr show v1 | awk '{print $2, $3}'
ip -n one link add link v1 name v1.7 type vlan id 7; ip -n two link add link v2 name v2.7 type vlan id 7
ip -n one addr add 10.1.7.1/24 dev v1.7; ip -n one link set v1.7 up
ip -n two addr add 10.1.7.2/24 dev v2.7; ip -n two link set v2.7 up
ip netns exec two ping -c 1 -W 2 10.1.7.1 2>/dev/null | grep -o '1 received'
ip -n one -d link show v1.7 | grep -o 'vlan protocol 802.1Q id 7'
ip -n two route add blackhole 10.9.0.0/16; ip -n two route add unreachable 10.8.0.0/16
ip -n two route show | sort
ip -n two route get 10.9.1.1; ip -n two route get 10.8.1.1
ip -n two rule add from 10.1.7.2 lookup 77 pref 100; ip -n two route add default via 10.1.7.1 table 77
ip -n two rule show; ip -n two route show table 77
ip -n two route get 8.8.8.8 from 10.1.7.2 | head -n 1 | sed 's/ uid.*//'
ip netns del one; ip netns del two; ip netns list
