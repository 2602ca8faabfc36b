// SPDX-License-Identifier: GPL-2.0-only
/* Reading and writing the settings of the caller's network namespace. */
#include <tern/net/netctl.h>

#include <tern/base/err.h>
#include <tern/kernel/cred.h>
#include <tern/lib/string.h>

void netctl_print(struct seqbuf *sb, void *arg)
{
	const struct netctl *c = arg;

	seqbuf_printf(sb, "%lu\n", READ_ONCE(*c->value(netns_self())));
}

ssize_t netctl_write(const char *text, size_t n, void *arg)
{
	const struct netctl *c = arg;
	u64 v = 0;
	u32 digits = 0;

	if (!netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	while (*text == ' ' || *text == '\t')
		text++;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (++digits > 18)
			return -EINVAL;
		v = v * 10 + (u64)(*text - '0');
	}
	while (*text == ' ' || *text == '\t' || *text == '\n')
		text++;
	if (*text || !digits || v < c->min || v > c->max)
		return -EINVAL;
	WRITE_ONCE(*c->value(netns_self()), v);
	return (ssize_t)n;
}
