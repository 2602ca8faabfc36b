/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers and switches out of strings. */
#include <tern/lib/string.h>
#include <uapi/errno.h>

static const char *skip_base(const char *s, unsigned *base)
{
	bool is_hex = s[0] == '0' && (s[1] | 32) == 'x' && char_digit((u8)s[2]) >= 0 &&
		      char_digit((u8)s[2]) < 16;

	if (!*base)
		*base = is_hex ? 16 : s[0] == '0' ? 8 : 10;
	return is_hex && *base == 16 ? s + 2 : s;
}

/* With no end pointer wanted, the text must end here, give or take a newline. */
static int finish(const char *s, const char **end)
{
	if (end) {
		*end = s;
		return 0;
	}
	if (*s == '\n')
		s++;
	return *s ? -EINVAL : 0;
}

static int scan_u64(const char **sp, unsigned base, u64 *out)
{
	const char *s = skip_base(*sp, &base), *first = s;
	u64 v = 0;
	bool over = false;

	for (;; s++) {
		int d = char_digit((u8)*s);

		if (d < 0 || (unsigned)d >= base)
			break;
		over |= check_mul(v, (u64)base, &v) || check_add(v, (u64)d, &v);
	}
	if (s == first)
		return -EINVAL;
	if (over)
		return -ERANGE;
	*sp = s;
	*out = v;
	return 0;
}

int parse_u64(const char *s, unsigned base, u64 *out, const char **end)
{
	u64 v;
	int err = scan_u64(&s, base, &v);

	if (!err)
		err = finish(s, end);
	if (!err)
		*out = v;
	return err;
}

int parse_s64(const char *s, unsigned base, s64 *out, const char **end)
{
	bool is_negative = *s == '-';
	u64 v;
	int err;

	if (*s == '-' || *s == '+')
		s++;
	err = scan_u64(&s, base, &v);
	if (!err)
		err = finish(s, end);
	if (err)
		return err;
	if (v > (u64)S64_MAX + is_negative)
		return -ERANGE;
	*out = (s64)(is_negative ? -v : v);
	return 0;
}

int parse_u32(const char *s, unsigned base, u32 *out, const char **end)
{
	u64 v;
	int err = parse_u64(s, base, &v, end);

	if (err)
		return err;
	if (v > U32_MAX)
		return -ERANGE;
	*out = (u32)v;
	return 0;
}

int parse_s32(const char *s, unsigned base, s32 *out, const char **end)
{
	s64 v;
	int err = parse_s64(s, base, &v, end);

	if (err)
		return err;
	if (v != (s32)v)
		return -ERANGE;
	*out = (s32)v;
	return 0;
}

int parse_bool(const char *s, bool *out)
{
	static const char *const words[2][5] = {
		{ "0", "n", "no", "off", "false" },
		{ "1", "y", "yes", "on", "true" },
	};
	size_t n = strcspn(s, "\n");

	for (int v = 0; v < 2; v++) {
		for (int i = 0; i < 5; i++) {
			if (strlen(words[v][i]) == n && !strncasecmp(s, words[v][i], n)) {
				*out = v;
				return 0;
			}
		}
	}
	return -EINVAL;
}

int parse_size(const char *s, u64 *out, const char **end)
{
	static const char units[] = "kmgtpe";
	const char *unit;
	u64 v;
	int err = scan_u64(&s, 0, &v);

	if (err)
		return err;
	unit = *s ? strchr(units, *s | 32) : NULL;
	if (unit) {
		unsigned shift = 10 * (unsigned)(unit - units + 1);

		if (v > U64_MAX >> shift)
			return -ERANGE;
		v <<= shift;
		s++;
	}
	err = finish(s, end);
	if (!err)
		*out = v;
	return err;
}
