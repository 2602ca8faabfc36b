# SPDX-License-Identifier: GPL-2.0-only
# long
# timeout: 60
# ss, ip, tcpdump and ping on loopback.
ip link set lo up
ip -br addr show lo
ip -o -4 route get 127.0.0.1 | sed 's/ uid.*//'
ping -c 2 -i 0.2 127.0.0.1 2>/dev/null | grep 'packets transmitted' | sed 's/, time.*//'
ping -c 2 -i 0.2 ::1 | grep 'packets transmitted' | sed 's/, time.*//'
socat TCP4-LISTEN:7200,reuseaddr,fork EXEC:cat &
sleep 0.5
ss -Hltn '( sport = 7200 )' | awk '{print $1, $4}'
exec 3<>/dev/tcp/127.0.0.1/7200
ss -Htn state established '( dport = 7200 )' | awk '{print $1, $2, $4}'
timeout 5 tcpdump -i lo -n -c 3 -w cap tcp port 7200 2>/dev/null &
sleep 1
echo hello >&3; read -r answer <&3; echo "$answer"
exec 3>&-
wait $!
tcpdump -n -t -r cap 2>/dev/null | sed -E 's/127.0.0.1.[0-9]{5}/client/; s/(seq|ack|ecr|val) [0-9:]+/\1/g; s/win [0-9]+/win/' | sed 's/options.*length/length/' | head -n 3
kill %1
