# SPDX-License-Identifier: GPL-2.0-only
. /v/common.sh

row W15
R /v/tsgo/tsgo.exe --version
R /v/tsgo/tsgo.exe -p ts
cat ts/out/a.js
