# SPDX-License-Identifier: GPL-2.0-only
. /v/common.sh

row W23; R /v/turbo.exe --version
