# SPDX-License-Identifier: GPL-2.0-only
set -eu
sleep 100 & p=$!
ps -o pid=,comm=,stat= -p $p | sed "s/$p/PID/"; ps -eo comm | grep -c sleep; pgrep -x sleep | wc -l; ps -p 1 -o pid,ppid,user --no-headers
ps aux | awk 'NR==1'; ps -ef --forest >/dev/null; ps -eLf | awk 'NR==1'; top -b -n 1 | awk 'NR==7'; free | awk '{print $1}'; free -m | awk 'NR==2 && $2>100 {print "memory"}'
vmstat 1 2 | head -n 2; uptime | grep -o 'load average'; pidof sleep | wc -w; pmap $p | tail -n 1 | awk '{print $1}'; pmap -x $p | grep -c sleep; pwdx $p | sed 's/^[0-9]*: //'
kill -STOP $p; ps -o stat= -p $p; kill -CONT $p; ps -o stat= -p $p | cut -c1; pkill -TERM -x sleep; wait $p || echo "ended $?"
sysctl kernel.ostype kernel.pid_max fs.file-max >/dev/null; sysctl -n kernel.ostype; sysctl -q -w kernel.hostname=debian; slabtop -o >/dev/null 2>&1 || true; w -h | wc -l; tload -V >/dev/null; killall -V 2>/dev/null; pstree 1 >/dev/null && echo pstree; fuser /bin/sleep >/dev/null 2>&1 || echo nobody; lsof -p $$ -Fn | grep -c /cases; exec 7<lock 2>/dev/null || exec 7<>lock; lsof -a -p $$ -d 7 -Fn | tail -n 1
