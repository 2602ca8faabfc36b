# SPDX-License-Identifier: GPL-2.0-only
# long
# timeout: 120
# python3's http.server with curl and wget: GET, HEAD, POST refused, resumed and parallel downloads.
ip link set lo up
mkdir site; head -c 3000000 /dev/urandom >site/data; echo text >site/text
python3 -m http.server -b 127.0.0.1 8000 -d site >/dev/null 2>&1 &
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do curl -s http://127.0.0.1:8000/ >/dev/null && break; sleep 0.5; done
curl -s http://127.0.0.1:8000/text
curl -sI http://127.0.0.1:8000/data | grep -i length
curl -s -X POST -o /dev/null -w '%{http_code}\n' -d x=y http://127.0.0.1:8000/
curl -s -Z --no-progress-meter --parallel-max 4 $(for i in 1 2 3 4 5 6; do echo "-o p$i http://127.0.0.1:8000/data"; done)
for i in 1 2 3 4 5 6; do cmp p$i site/data && echo "same $i"; done
wget -q -O w http://127.0.0.1:8000/data; cmp w site/data && echo same
curl -s http://127.0.0.1:1/; echo "refused $?"
curl -s --connect-timeout 1 http://192.0.2.1/; echo "unreachable $?"
kill %1
