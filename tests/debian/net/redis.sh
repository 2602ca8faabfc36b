# SPDX-License-Identifier: GPL-2.0-only
# long
# timeout: 120
# redis over loopback and over a socket in the file system; redis-benchmark with 50 clients.
ip link set lo up
redis-server --daemonize yes --unixsocket /tmp/work/sock --save '' --logfile /tmp/work/log >/dev/null
for i in 1 2 3 4 5 6 7 8 9 10; do redis-cli ping 2>/dev/null | grep -q PONG && break; sleep 0.3; done
redis-cli set key value
redis-cli get key
redis-cli -s /tmp/work/sock incr counter
for i in $(seq 100); do echo "rpush list $i"; done | redis-cli >/dev/null
redis-cli llen list
redis-benchmark -q -n 3000 -c 50 -t set,get,lpush --csv | cut -d, -f1
redis-benchmark -q -n 2000 -P 16 -t get --csv | cut -d, -f1
redis-cli shutdown nosave; echo "status $?"
