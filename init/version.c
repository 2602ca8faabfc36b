// SPDX-License-Identifier: GPL-2.0-only
/* Who we are: uname's strings. */
#include <generated/version.h>
#include <tern/kernel/version.h>

const char version_release[] = TERN_RELEASE;
const char version_text[] = "#1 SMP PREEMPT Tern " TERN_VERSION " (" TERN_DATE ")";
const char version_banner[] = "Tern " TERN_VERSION ", Linux ABI " TERN_RELEASE;
