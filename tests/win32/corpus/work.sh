# SPDX-License-Identifier: GPL-2.0-only
# Windows programs at work: servers and clients, pipes, a bundler and a compiler, 500 runs without a leak.
. /v/common.sh

# Wait until a file is there and holds something.
until_there() { while [ ! -s "$1" ]; do usleep 50000; done; }

row server
/v/node.exe serve.js & server=$!
until_there port
url=http://127.0.0.1:$(cat port)
wget -qO- $url/page
for i in $(seq 20); do wget -qO- "$url/number/$i"; done | tail -n 1
wget -qO- --post-data "$(seq 1 100)" $url/form
wget -qO got $url/in/n.txt && cmp got in/n.txt && echo same
for i in 1 2 3 4; do wget -qO got$i $url/in/n.txt & all="$all $!"; done
for p in $all; do wait $p || echo failed; done
for i in 1 2 3 4; do cmp got$i in/n.txt || echo different; done
wget -qO- $url/stop
wait $server; echo "status $?"

row client
httpd -f -p 127.0.0.1:8080 -h in & server=$!
usleep 200000
md5sum in/n.txt | cut -d' ' -f1
R /v/node.exe fetch.js http://127.0.0.1:8080/n.txt 50
kill $server

row pipe
/v/pipetalk.exe server 4 >talk.server & server=$!
all=
for tag in a b c d; do /v/pipetalk.exe client $tag >talk.$tag & all="$all $!"; done
for p in $all; do wait $p || echo failed; done
wait $server; echo "status $?"
cat talk.*
/v/node.exe pipe.js server >closed & server=$!
until_there ready
for i in 1 2 3; do /v/node.exe pipe.js client$i; done
wait $server; echo "status $?"; cat closed

row bundle
awk 'BEGIN {
	n = 500
	system("mkdir -p big")
	for (i = 1; i <= n; i++) {
		f = "big/m" i ".ts"
		if (i < n)
			printf "import { depth as below } from \"./m%d\";\n", i + 1 > f
		printf "interface Item%d { name: string; value: number }\n", i > f
		printf "const items%d: Item%d[] = [{ name: \"a%d\", value: 1 }];\n", i, i, i > f
		printf "export function depth(): number { return items%d.length%s; }\n", i, i < n ? " + below()" : "" > f
		close(f)
	}
	print "import { depth } from \"./m1\";\nconsole.log(depth());" > "big/main.ts"
	print "{ \"compilerOptions\": { \"outDir\": \"out\", \"target\": \"es2020\", \"module\": \"commonjs\", \"types\": [], \"lib\": [\"es2020\", \"dom\"], \"skipLibCheck\": true }, \"files\": [\"main.ts\"] }" > "big/tsconfig.json"
}'
ls big/*.ts | wc -l
R /v/esbuild.exe big/main.ts --bundle --platform=node --outfile=bundle.js --log-level=error
grep -c '^// big/' bundle.js
R /v/node.exe bundle.js
R /v/esbuild.exe big/main.ts --bundle --minify --platform=node --outfile=small.js --log-level=error
R /v/node.exe small.js

row compile
R /v/tsgo/tsgo.exe -p big
ls big/out | wc -l
R /v/node.exe big/out/main.js
echo 'const wrong: number = "text";' >>big/main.ts
R /v/tsgo/tsgo.exe -p big

row loop
# What may be left behind by a run: objects, open files, processes, memory.
slabs() { awk 'NR > 2 { print $1, $2 }' /proc/slabinfo; }
memory() { awk '/^MemFree/ { print $2 }' /proc/meminfo; }
one() { /v/7za.exe a -tzip loop.zip in/a.txt </dev/null >/dev/null || echo failed; rm loop.zip; }
for i in $(seq 30); do one; done
slabs >before; free=$(memory); files=$(cut -f1 /proc/sys/fs/file-nr)
for i in $(seq 500); do one; done
slabs >after; lost=$((free - $(memory))); files=$(($(cut -f1 /proc/sys/fs/file-nr) - files))
# One object or half a page a run would show.
awk 'NR == FNR { was[$1] = $2; next } $2 - was[$1] > 250 { print "grew:", $1, was[$1], $2 }' before after
echo "# $lost KiB, $files files"
[ $lost -lt 1000 ] && [ $files -lt 50 ] && echo "nothing is left"
