# SPDX-License-Identifier: GPL-2.0-only
# timeout: 90
# A bridge with three hosts: learning, and what ip and bridge show.
ip link add br0 type bridge ageing_time 20000; ip addr add 10.2.2.100/24 dev br0; ip link set br0 up
for i in 1 2 3; do
	ip netns add h$i
	ip link add p$i type veth peer name eth0 netns h$i address 02:00:00:00:00:0$i
	ip link set p$i master br0 up
	ip -n h$i addr add 10.2.2.$i/24 dev eth0; ip -n h$i link set eth0 up
done
ip netns exec h1 ping -c 1 -W 3 10.2.2.2 2>/dev/null | grep -o '1 received'
ip netns exec h3 ping -c 1 -W 3 10.2.2.1 2>/dev/null | grep -o '1 received'
ip netns exec h2 ping -c 1 -W 3 10.2.2.100 2>/dev/null | grep -o '1 received'
bridge fdb show br br0 | grep '^02:00' | grep -v permanent | awk '{print $1, $2, $3, $4, $5}' | sort
bridge link show | sed -E 's/^[0-9]+: //; s/@[^:]*//' | awk '{print $1, $4, $5, $6, $7, $8, $9, $10}' | sort
bridge link set dev p2 learning off; bridge -d link show dev p2 | grep -o 'learning off'
ip link show master br0 | grep -o 'p[123]@' | sort
ip -d link show br0 | grep -o -E 'bridge forward_delay|ageing_time [0-9]+|stp_state 0' | sort
ls /sys/class/net/br0/brif | sort; cat /sys/class/net/br0/bridge/ageing_time /sys/class/net/p1/brport/state
ip link set p3 nomaster; ip netns exec h3 ping -c 1 -W 1 10.2.2.1 2>/dev/null | grep -o '0 received'
ip link del br0; for i in 1 2 3; do ip netns del h$i; done
