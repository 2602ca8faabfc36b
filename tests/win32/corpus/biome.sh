# SPDX-License-Identifier: GPL-2.0-only
cp -r /v/inputs /tmp/w && cd /tmp/w && seq 1 20000 >in/n.txt
R() { echo "--- $*"; "$@"; echo "status $?"; }

R /v/biome.exe --version
echo "let x   = 1" | R /v/biome.exe format --stdin-file-path=a.js
