/* SPDX-License-Identifier: GPL-2.0-only */
/* Running the self tests of tern/lib/ktest.h in the kernel. Owner tests/ktest/ktest.c. */
#pragma once

#include <tern/base/types.h>

/**
 * ktest_run() - run self tests and log a TAP report at notice level
 * @filter: "" for all, else a suite or suite.case
 * Context: sleeps; one caller, once init's prerequisites are up.
 * Return: number of failed tests; 1 if nothing matched.
 */
#ifdef CONFIG_KTEST
u32 ktest_run(const char *filter);
#else
static inline u32 ktest_run(const char *filter) { (void)filter; return 0; }
#endif
