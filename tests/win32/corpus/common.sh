# SPDX-License-Identifier: GPL-2.0-only
# Sourced by each group's script in the guest: where it works and what it calls.
cp -r /v/inputs /tmp/w && cd /tmp/w && seq 1 20000 >in/n.txt
ip link set lo up

# A row of the corpus begins.
row() { echo "== $1"; }
# Run a command, tell its status.
R() { echo "--- $*"; "$@"; echo "status $?"; }
