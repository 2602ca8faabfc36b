# SPDX-License-Identifier: GPL-2.0-only
# long
# timeout: 120
# nginx on loopback: files, ranges, HTTP over IPv6, sendfile; wrk loads it.
ip link set lo up
mkdir -p /var/log/nginx /var/lib/nginx
echo '<html>hello</html>' >/var/www/html/index.html
head -c 5000000 /dev/urandom >/var/www/html/big
nginx; echo "nginx $?"
curl -s http://127.0.0.1/
curl -s -o got http://127.0.0.1/big; cmp got /var/www/html/big && echo same
curl -s -g -o got 'http://[::1]/big'; cmp got /var/www/html/big && echo same
curl -s -r 1000-1999 http://127.0.0.1/big | cmp - <(tail -c +1001 /var/www/html/big | head -c 1000) && echo range
curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1/none
curl -sI http://127.0.0.1/ | grep -i '^server'
wrk -t1 -c20 -d2s http://127.0.0.1/ >out; echo "wrk $?"
grep -c 'Requests/sec' out
grep -E 'Socket errors|Non-2xx' out
nginx -s quit 2>/dev/null
