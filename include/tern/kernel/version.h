/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of this kernel, as uname(2) and /proc/version give them. Owner init/version.c. */
#pragma once

extern const char version_release[];	/* the vendor's: "6.1.0-NN-amd64" */
extern const char version_text[];	/* "#1 SMP PREEMPT Tern 0.1.0" */
extern const char version_banner[];	/* for the boot log */
