# SPDX-License-Identifier: GPL-2.0-only
. /v/common.sh

row W24
# It links itself into the temporary folder, which must be on the same file system.
export TEMP='Z:\v' TMP='Z:\v'
R /v/bun.exe -e "console.log(6*7)"
R /v/bun.exe run js/main.ts
