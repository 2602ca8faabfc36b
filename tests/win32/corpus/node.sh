# SPDX-License-Identifier: GPL-2.0-only
cp -r /v/inputs /tmp/w && cd /tmp/w && seq 1 20000 >in/n.txt
R() { echo "--- $*"; "$@"; echo "status $?"; }

R /v/node.exe --version
R /v/node.exe -e "console.log(1)"
R /v/node.exe loop.js
cat in/n.txt | R /v/node.exe stdin.js
ip link set lo up
R /v/node.exe http.js
