// SPDX-License-Identifier: GPL-2.0-only
/* Settings of core dumps. */
#include "procfs_impl.h"

#include <tern/kernel/loader.h>

static void print_core_pattern(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%s\n", core_pattern);
}

static ssize_t core_pattern_write(const char *text, size_t n, void *arg)
{
	size_t len = strcspn(text, "\n");

	if (len >= sizeof(core_pattern))
		return -EINVAL;
	if (*text == '|')
		return -EINVAL;		/* no programs are started for core dumps */
	memcpy(core_pattern, text, len);
	core_pattern[len] = '\0';
	return n;
}
static struct procfile core_pattern_file = { .path = "sys/kernel/core_pattern",
	.print = print_core_pattern, .write = core_pattern_write };
PROCFILE(core_pattern_file);

static void print_core_uses_pid(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%d\n", core_uses_pid);
}

static ssize_t core_uses_pid_write(const char *text, size_t n, void *arg)
{
	u64 v;

	if (parse_u64(str_trim((char *)text), 0, &v, NULL))
		return -EINVAL;
	core_uses_pid = v != 0;
	return n;
}
static struct procfile core_uses_pid_file = { .path = "sys/kernel/core_uses_pid",
	.print = print_core_uses_pid, .write = core_uses_pid_write };
PROCFILE(core_uses_pid_file);
