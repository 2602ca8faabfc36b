# SPDX-License-Identifier: GPL-2.0-only
. /v/common.sh

row W22
R /v/biome.exe --version
echo "let x   = 1" | R /v/biome.exe format --stdin-file-path=a.js
