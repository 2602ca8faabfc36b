# SPDX-License-Identifier: GPL-2.0-only
cp -r /v/inputs /tmp/w && cd /tmp/w && seq 1 20000 >in/n.txt
R() { echo "--- $*"; "$@"; echo "status $?"; }

# It links itself into the temporary folder, which must be on the same file system.
export TEMP='Z:\v' TMP='Z:\v'
R /v/bun.exe -e "console.log(6*7)"
R /v/bun.exe run js/main.ts
