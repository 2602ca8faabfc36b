# SPDX-License-Identifier: GPL-2.0-only
cp -r /v/inputs /tmp/w && cd /tmp/w && seq 1 20000 >in/n.txt
R() { echo "--- $*"; "$@"; echo "status $?"; }

R /v/deno.exe eval "console.log(6*7)"
R /v/deno.exe run -A js/m.js
