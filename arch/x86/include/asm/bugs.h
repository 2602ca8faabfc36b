/* SPDX-License-Identifier: GPL-2.0-only */
/* Leaks of speculative execution that this processor has or not. Owner arch/x86/cpu/bugs.c. */
#pragma once

#include <tern/base/types.h>

#define CPUBUG_COUNT	16u
struct cpubug {
	const char *name;		/* of its file in /sys/devices/system/cpu/vulnerabilities */
	const char *(*state)(void);	/* "Not affected", "Vulnerable", ... */
};
extern const struct cpubug cpubugs[CPUBUG_COUNT];
/** cpubug_store_bypass() - loads may be speculated past older stores, and nothing prevents it. */
bool cpubug_store_bypass(void);
