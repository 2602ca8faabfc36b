// SPDX-License-Identifier: GPL-2.0-only
/* Addresses of the internet as text. */
#include <tern/lib/ipaddr.h>

#include <tern/lib/string.h>

#define GROUPS	8

bool ip4_from_text(const char *s, u8 out[4])
{
	const char *p = s;
	u64 v;

	for (u32 i = 0; i < 4; i++) {
		if (parse_u64(p, 10, &v, &p) || v > 255 || *p != (i < 3 ? '.' : 0))
			return false;
		out[i] = (u8)v;
		p += i < 3;
	}
	return true;
}

/* One to four hexadecimal digits; NULL if there are none or more. */
static const char *get_group(const char *p, u16 *out)
{
	u32 n = 0;

	for (*out = 0; n < 5; n++, p++) {
		char c = *p | 0x20;
		int d = *p >= '0' && *p <= '9' ? *p - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (d < 0)
			break;
		*out = (u16)(*out << 4 | d);
	}
	return n && n < 5 ? p : NULL;
}

static void put_groups(u8 *out, const u16 *group, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		out[i * 2] = (u8)(group[i] >> 8);
		out[i * 2 + 1] = (u8)group[i];
	}
}

bool ip6_from_text(const char *s, u8 out[16])
{
	u16 group[GROUPS];
	u32 n = 0, gap = GROUPS + 1;
	const char *p = s;
	u8 four[4];

	if (*p == ':' && *++p != ':')
		return false;
	while (*p) {
		if (*p == ':') {	/* the second of two */
			if (gap <= GROUPS)
				return false;
			gap = n;
			p++;
			continue;
		}
		if (n + 2 <= GROUPS && ip4_from_text(p, four)) {
			group[n++] = (u16)(four[0] << 8 | four[1]);
			group[n++] = (u16)(four[2] << 8 | four[3]);
			break;
		}
		p = n < GROUPS ? get_group(p, &group[n]) : NULL;
		if (!p)
			return false;
		n++;
		if (*p == ':' && !*++p)
			return false;
		else if (*p && p[-1] != ':')
			return false;
	}
	if (gap > GROUPS ? n != GROUPS : n >= GROUPS)
		return false;
	gap = min(gap, n);
	memset(out, 0, 16);
	put_groups(out, group, gap);
	put_groups(out + 16 - (n - gap) * 2, group + gap, n - gap);
	return true;
}
