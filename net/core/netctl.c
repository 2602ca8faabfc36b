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

/* A number from *@text on, which moves behind it and what blanks follow; false: there is none in range. */
static bool read_number(const char **text, const struct netctl *c, u64 *v)
{
	u32 digits = 0;

	while (**text == ' ' || **text == '\t')
		(*text)++;
	for (*v = 0; **text >= '0' && **text <= '9'; (*text)++) {
		if (++digits > 18)
			return false;
		*v = *v * 10 + (u64)(**text - '0');
	}
	while (**text == ' ' || **text == '\t' || **text == '\n')
		(*text)++;
	return digits && *v >= c->min && *v <= c->max;
}

ssize_t netctl_write(const char *text, size_t n, void *arg)
{
	const struct netctl *c = arg;
	u64 v;

	if (!netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	if (!read_number(&text, c, &v) || *text)
		return -EINVAL;
	WRITE_ONCE(*c->value(netns_self()), v);
	return (ssize_t)n;
}

void netrange_print(struct seqbuf *sb, void *arg)
{
	const struct netctl *c = arg;
	u64 v = READ_ONCE(*c->value(netns_self()));

	seqbuf_printf(sb, "%u\t%u\n", NETRANGE_LOW(v), NETRANGE_HIGH(v));
}

ssize_t netrange_write(const char *text, size_t n, void *arg)
{
	const struct netctl *c = arg;
	u64 low, high;

	if (!netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	if (!read_number(&text, c, &low) || !read_number(&text, c, &high) || *text || (c->is_ordered && high < low))
		return -EINVAL;
	WRITE_ONCE(*c->value(netns_self()), NETRANGE_OF(low, high));
	return (ssize_t)n;
}
