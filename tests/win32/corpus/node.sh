# SPDX-License-Identifier: GPL-2.0-only
. /v/common.sh

row W19
for node in node18 node; do
	R /v/$node.exe --version
	R /v/$node.exe -e "console.log(1)"
	R /v/$node.exe loop.js
	cat in/n.txt | R /v/$node.exe stdin.js
done
row W20
R /v/node.exe srv.js
R /v/node18.exe srv.js
R /v/node.exe http.js
row W21; R /v/onterminal /v/repl.tty /v/node.exe
