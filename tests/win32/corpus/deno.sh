# SPDX-License-Identifier: GPL-2.0-only
. /v/common.sh

row W25
R /v/deno.exe eval "console.log(6*7)"
R /v/deno.exe run -A js/m.js
