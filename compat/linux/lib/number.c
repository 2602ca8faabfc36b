// SPDX-License-Identifier: GPL-2.0-only
/* Numbers out of text. */
#include "../lx.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/lib/string.h>

#define TEXT_MAX	64

/* A plus sign may stand before an unsigned number. */
static int read_u64(const char *s, unsigned int base, u64 *v)
{
	return parse_u64(*s == '+' ? s + 1 : s, base, v, NULL);
}

#define UNSIGNED(name, type)								\
	int lx_##name(const char *s, unsigned int base, type *out)			\
	{										\
		u64 v;									\
		int err = read_u64(s, base, &v);					\
											\
		if (!err && (type)v != v)						\
			err = -ERANGE;							\
		if (!err)								\
			*out = (type)v;							\
		return err;								\
	}
#define SIGNED(name, type)								\
	int lx_##name(const char *s, unsigned int base, type *out)			\
	{										\
		s64 v;									\
		int err = parse_s64(s, base, &v, NULL);					\
											\
		if (!err && (type)v != v)						\
			err = -ERANGE;							\
		if (!err)								\
			*out = (type)v;							\
		return err;								\
	}

UNSIGNED(kstrtoull, unsigned long long)
UNSIGNED(kstrtouint, unsigned int)
UNSIGNED(kstrtou16, unsigned short)
UNSIGNED(kstrtou8, unsigned char)
SIGNED(kstrtoll, long long)
SIGNED(kstrtoint, int)
SIGNED(kstrtos16, short)
SIGNED(kstrtos8, signed char)
LX_EXPORT(kstrtoull);
LX_EXPORT(kstrtouint);
LX_EXPORT(kstrtou16);
LX_EXPORT(kstrtou8);
LX_EXPORT(kstrtoll);
LX_EXPORT(kstrtoint);
LX_EXPORT(kstrtos16);
LX_EXPORT(kstrtos8);

int lx_kstrtobool(const char *s, bool *out)
{
	if (!s)
		return -EINVAL;
	switch (char_lower(*s)) {
	case 'y': case 't': case '1':
		*out = true;
		return 0;
	case 'n': case 'f': case '0':
		*out = false;
		return 0;
	case 'o':
		if (char_lower(s[1]) != 'n' && char_lower(s[1]) != 'f')
			return -EINVAL;
		*out = char_lower(s[1]) == 'n';
		return 0;
	}
	return -EINVAL;
}
LX_EXPORT(kstrtobool);

static const char *base_prefix(const char *s, unsigned int *base)
{
	bool hex = s[0] == '0' && char_lower(s[1]) == 'x' && char_digit(s[2]) >= 0 && char_digit(s[2]) < 16;

	if (!*base)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return *base == 16 && hex ? s + 2 : s;
}

unsigned long long lx_simple_strtoull(const char *s, char **end, unsigned int base)
{
	unsigned long long v = 0;
	int d;

	s = base_prefix(s, &base);
	for (; (d = char_digit(*s)) >= 0 && d < (int)base; s++)
		v = v * base + (unsigned int)d;
	if (end)
		*end = (char *)s;
	return v;
}
LX_EXPORT(simple_strtoull);

unsigned long lx_simple_strtoul(const char *s, char **end, unsigned int base)
{
	return lx_simple_strtoull(s, end, base);
}
LX_EXPORT(simple_strtoul);

long lx_simple_strtol(const char *s, char **end, unsigned int base)
{
	return *s == '-' ? -(long)lx_simple_strtoull(s + 1, end, base) : (long)lx_simple_strtoull(s, end, base);
}
LX_EXPORT(simple_strtol);

/* ---- out of user memory ---- */

static int copy_text(char *buf, const char *user, size_t n)
{
	n = min_t(size_t, n, TEXT_MAX - 1);
	buf[n] = 0;
	return user_copyin(buf, user, n);
}

int lx_kstrtouint_from_user(const char *s, size_t n, unsigned int base, unsigned int *out)
{
	char buf[TEXT_MAX];
	int err = copy_text(buf, s, n);

	return err ? err : lx_kstrtouint(buf, base, out);
}
LX_EXPORT(kstrtouint_from_user);

int lx_kstrtoint_from_user(const char *s, size_t n, unsigned int base, int *out)
{
	char buf[TEXT_MAX];
	int err = copy_text(buf, s, n);

	return err ? err : lx_kstrtoint(buf, base, out);
}
LX_EXPORT(kstrtoint_from_user);

int lx_kstrtobool_from_user(const char *s, size_t n, bool *out)
{
	char buf[TEXT_MAX];
	int err = copy_text(buf, s, n);

	return err ? err : lx_kstrtobool(buf, out);
}
LX_EXPORT(kstrtobool_from_user);

/* A number with a unit behind it: k, m, g, t, p, e. */
unsigned long long lx_memparse(const char *text, char **end)
{
	static const char units[] = "kmgtpe";
	char *at;
	unsigned long long v = lx_simple_strtoull(text, &at, 0);

	for (u32 i = 0; *at && units[i]; i++) {
		if ((*at | 0x20) != units[i])
			continue;
		v <<= 10 * (i + 1);
		at++;
		break;
	}
	if (end)
		*end = at;
	return v;
}
LX_EXPORT(memparse);
