// SPDX-License-Identifier: GPL-2.0-only
/*
 * FAT names. An entry has a short name, 8 + 3 bytes in upper case in code page 437. Before it may
 * stand the parts of a long name in UTF-16, the last part first, each with the check sum of the
 * short name; parts that do not fit together are as if they were not there.
 *
 * Names are compared without case (of ASCII letters), and dots at the end do not count.
 */
#include "parse.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/lib/utf16.h>

/* Code page 437, from 0x80. */
static const u16 cp437[128] = {
	0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee, 0x00ec,
	0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6, 0x00dc, 0x00a2,
	0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310,
	0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556,
	0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c,
	0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
	0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x03b1, 0x00df,
	0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229,
	0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248, 0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2,
	0x25a0, 0x00a0,
};

u8 fat_short_sum(const u8 *name)
{
	u8 sum = 0;

	for (u32 i = 0; i < 11; i++)
		sum = (u8)((sum << 7 | sum >> 1) + name[i]);
	return sum;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

bool fat_same_name(const char *a, u32 alen, const char *b, u32 blen)
{
	if (alen != blen)
		return false;
	for (u32 i = 0; i < alen; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

u32 fat_trim(const char *name, u32 len)
{
	while (len && name[len - 1] == '.')
		len--;
	return len;
}

/* ---- reading ---- */

void fat_long_reset(struct fat_long *l)
{
	l->parts = l->next = 0;
}

void fat_long_add(struct fat_long *l, const struct fat_part *p)
{
	u32 order = p->order & ~FAT_LONG_LAST;
	u16 *to;

	if (p->order & FAT_LONG_LAST) {
		l->parts = l->next = order <= FAT_PARTS_MAX ? order : 0;
		l->sum = p->sum;
	}
	if (!order || order != l->next || p->sum != l->sum) {
		fat_long_reset(l);
		return;
	}
	to = l->units + (order - 1) * FAT_LONG_UNITS;
	memcpy(to, p->a, sizeof(p->a));
	memcpy(to + 5, p->b, sizeof(p->b));
	memcpy(to + 11, p->c, sizeof(p->c));
	l->next--;
}

static u32 put_short(const u8 *from, u32 n, bool is_lower, char *out)
{
	u32 len = 0;

	while (n && from[n - 1] == ' ')
		n--;
	for (u32 i = 0; i < n; i++) {
		if (from[i] >= 0x80)
			len += utf8_put((u8 *)out + len, cp437[from[i] - 0x80]);
		else
			out[len++] = is_lower ? lower((char)from[i]) : (char)from[i];
	}
	return len;
}

u32 fat_short_name(const struct fat_dirent *d, char *out)
{
	u8 base[8];
	u32 len, ext;

	memcpy(base, d->name, sizeof(base));
	if (base[0] == FAT_KANJI)
		base[0] = FAT_FREE;
	len = put_short(base, 8, d->lcase & FAT_CASE_BASE, out);
	if (!len)
		return 0;
	ext = put_short(d->name + 8, 3, d->lcase & FAT_CASE_EXT, out + len + 1);
	if (ext) {
		out[len] = '.';
		len += ext + 1;
	}
	out[len] = '\0';
	return len;
}

static bool is_usable(const char *name, u32 len)
{
	return len && !memchr(name, '/', len) && !memchr(name, '\0', len) &&
	       !(name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')));
}

u32 fat_name(const struct fat_long *l, const struct fat_dirent *d, char *out)
{
	u32 n = 0;

	if (l->parts && !l->next && l->sum == fat_short_sum(d->name)) {
		ssize_t len;

		while (n < l->parts * FAT_LONG_UNITS && l->units[n])
			n++;
		len = n <= FAT_LONG_MAX ? utf8_from_utf16(out, FAT_NAME_ROOM - 1, l->units, n) : -1;
		if (len > 0 && len < (ssize_t)FAT_NAME_ROOM && is_usable(out, (u32)len)) {
			out[len] = '\0';
			return (u32)len;
		}
	}
	n = fat_short_name(d, out);
	return is_usable(out, n) ? n : 0;
}

/* ---- making ---- */

/* What a short name may have; '+' and so on may only be in long ones. */
static bool is_short_char(u16 c)
{
	return c > 0x20 && c < 0x7f && !memchr("\"*+,./:;<=>?[\\]|", c, 16);
}

static u8 upper(u16 c) { return (u8)(c >= 'a' && c <= 'z' ? c - 32 : c); }

/* @n units to a field of a short name; what does not fit is left out or becomes '_'. */
static u32 shorten(const u16 *units, u32 n, u8 *to, u32 room, bool *exact, bool *is_upper)
{
	u32 len = 0;

	for (u32 i = 0; i < n; i++) {
		if (units[i] == ' ' || units[i] == '.') {
			*exact = false;
			continue;
		}
		if (len == room) {
			*exact = false;
			break;
		}
		if (units[i] >= 'a' && units[i] <= 'z')
			*is_upper = false;
		if (is_short_char(units[i])) {
			to[len++] = upper(units[i]);
		} else {
			to[len++] = '_';
			*exact = false;
		}
	}
	return len;
}

static void make_short(struct fat_newname *w)
{
	u32 dot = w->n, first = 0;
	bool exact = true, is_upper = true;

	for (u32 i = w->n; i-- > 1; ) {
		if (w->units[i] == '.') {
			dot = i;
			break;
		}
	}
	while (first < w->n && w->units[first] == '.')
		first++;
	if (first >= dot)
		dot = w->n;
	exact = !first;
	memset(w->base, ' ', sizeof(w->base));
	w->base_len = shorten(w->units + first, dot - first, w->base, 8, &exact, &is_upper);
	if (!w->base_len) {
		w->base[w->base_len++] = '_';
		exact = false;
	}
	if (dot < w->n)
		(void)shorten(w->units + dot + 1, w->n - dot - 1, w->base + 8, 3, &exact, &is_upper);
	w->fits = exact;
	w->is_short = exact && is_upper;
}

int fat_newname_make(const char *name, u32 len, struct fat_newname *out)
{
	ssize_t n;

	len = fat_trim(name, len);
	if (!len)
		return -EINVAL;
	n = utf16_from_utf8(out->units, FAT_LONG_MAX, name, len);
	if (n < 0)
		return -EINVAL;
	if (n > FAT_LONG_MAX)
		return -ENAMETOOLONG;
	out->n = (u32)n;
	for (u32 i = 0; i < out->n; i++)
		if (out->units[i] < 0x20 || (out->units[i] < 0x7f && memchr("\"*/:<>?\\|", out->units[i], 9)))
			return -EINVAL;
	if (out->units[out->n - 1] == ' ' && out->n == 1)
		return -EINVAL;
	make_short(out);
	return 0;
}

void fat_newname_number(const struct fat_newname *w, u32 n, u8 *out)
{
	u8 digits[8];
	u32 nd = 0, keep;

	do
		digits[nd++] = (u8)('0' + n % 10);
	while ((n /= 10));
	memcpy(out, w->base, 11);
	keep = min(w->base_len, 7 - nd);
	memset(out + keep, ' ', 8 - keep);
	out[keep++] = '~';
	while (nd)
		out[keep++] = digits[--nd];
}

void fat_part_make(const struct fat_newname *w, u32 order, u8 sum, struct fat_part *out)
{
	u32 at = (order - 1) * FAT_LONG_UNITS, last = DIV_ROUND_UP(w->n, FAT_LONG_UNITS);
	u16 units[FAT_LONG_UNITS];

	for (u32 i = 0; i < FAT_LONG_UNITS; i++)
		units[i] = at + i < w->n ? w->units[at + i] : at + i == w->n ? 0 : 0xffff;
	*out = (struct fat_part){ .order = (u8)(order | (order == last ? FAT_LONG_LAST : 0)), .attr = FAT_ATTR_LONG,
				  .sum = sum };
	memcpy(out->a, units, sizeof(out->a));
	memcpy(out->b, units + 5, sizeof(out->b));
	memcpy(out->c, units + 11, sizeof(out->c));
}
