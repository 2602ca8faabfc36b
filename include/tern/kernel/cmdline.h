/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel command line, Linux's syntax. Owner init/cmdline.c. */
#pragma once
#include <tern/base/types.h>
/** cmdline_get() - value of the last "key=value" or "" for a bare "key"; NULL if absent. */
const char *cmdline_get(const char *key);
bool cmdline_has(const char *key);
/** cmdline_get_u64() - @def if absent or malformed; accepts K/M/G suffixes. */
u64 cmdline_get_u64(const char *key, u64 def);
/** cmdline_foreach() - every value of @key in order (console=). */
void cmdline_foreach(const char *key, void (*fn)(const char *value, void *arg), void *arg);
const char *cmdline_text(void);
