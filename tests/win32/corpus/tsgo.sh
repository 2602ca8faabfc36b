# SPDX-License-Identifier: GPL-2.0-only
cp -r /v/inputs /tmp/w && cd /tmp/w && seq 1 20000 >in/n.txt
R() { echo "--- $*"; "$@"; echo "status $?"; }

R /v/tsgo/tsgo.exe --version
R /v/tsgo/tsgo.exe -p ts
cat ts/out/a.js
