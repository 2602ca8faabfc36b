// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading ISO 9660. A directory is a run of blocks; its records do not cross them. Rock
 * Ridge puts fields behind a record's name: two letters, length, version, contents; what does not
 * fit goes on in a continuation area elsewhere (CE), of which a chain is followed for a
 * bounded number of steps.
 *
 * Numbers stand in both byte orders; the little-endian copy is used.
 */
#include "record.h"

#include <tern/base/err.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <uapi/stat.h>

#define DESC_FIRST	16u
#define DESC_MAX	32u
#define CE_MAX		8u

/* Days since 1970 of a civil date. */
static s64 days_of(s64 y, u32 m, u32 d)
{
	y -= m <= 2;
	s64 era = (y >= 0 ? y : y - 399) / 400;
	s64 yoe = y - era * 400, doy = (153 * ((s64)m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static s64 time_of(s64 year, const u8 *p, s8 quarters)
{
	s64 s;

	if (p[0] < 1 || p[0] > 12 || p[1] < 1 || p[1] > 31)
		return 0;
	s = days_of(year, p[0], p[1]) * 86400 + p[2] * 3600L + p[3] * 60L + p[4] - quarters * 900L;
	return s * 1000000000;
}

/* The short form: years since 1900, month, day, hour, minute, second, zone. */
static s64 short_time(const u8 *p) { return time_of(1900 + p[0], p + 1, (s8)p[6]); }

static u32 digits(const u8 *p, u32 n)
{
	u32 v = 0;

	while (n--)
		v = v * 10 + (u32)(*p++ - '0') % 10;
	return v;
}

/* The long form: digits. */
static s64 long_time(const u8 *p)
{
	u8 f[5] = { (u8)digits(p + 4, 2), (u8)digits(p + 6, 2), (u8)digits(p + 8, 2), (u8)digits(p + 10, 2),
		    (u8)digits(p + 12, 2) };

	return time_of(digits(p, 4), f, (s8)p[16]);
}

/* ---- Rock Ridge fields ---- */

static void append(char *to, u32 *len, u32 max, const void *text, u32 n)
{
	n = min(n, max - *len);
	memcpy(to + *len, text, n);
	*len += n;
}

static void field_name(struct iso_entry *e, const u8 *p, u32 n, bool *begun)
{
	if (!*begun)
		e->name_len = 0;
	*begun = true;
	if (p[4] & 2)
		append(e->name, &e->name_len, ISO_NAME_MAX, ".", 1);
	else if (p[4] & 4)
		append(e->name, &e->name_len, ISO_NAME_MAX, "..", 2);
	else
		append(e->name, &e->name_len, ISO_NAME_MAX, p + 5, n - 5);
}

static void field_link(struct iso_entry *e, const u8 *p, u32 n)
{
	for (u32 at = 5; at + 2 <= n;) {
		u32 flags = p[at], len = p[at + 1];

		if (at + 2 + len > n)
			return;
		/* A component that goes on was not ended by a slash. */
		if (e->link_len && e->link[e->link_len - 1] != '/' && !e->more)
			append(e->link, &e->link_len, ISO_LINK_MAX - 1, "/", 1);
		e->more = flags & 1;
		if (flags & 2)
			append(e->link, &e->link_len, ISO_LINK_MAX - 1, ".", 1);
		else if (flags & 4)
			append(e->link, &e->link_len, ISO_LINK_MAX - 1, "..", 2);
		else if (flags & 8)
			append(e->link, &e->link_len, ISO_LINK_MAX - 1, "/", 1);
		else
			append(e->link, &e->link_len, ISO_LINK_MAX - 1, p + at + 2, len);
		at += 2 + len;
	}
}

static void field_times(struct iso_entry *e, const u8 *p, u32 n)
{
	u32 flags = p[4], at = 5, size = flags & 0x80 ? 17 : 7;

	for (u32 bit = 0; bit < 7; bit++) {
		s64 t;

		if (!(flags >> bit & 1))
			continue;
		if (at + size > n)
			return;
		t = size == 17 ? long_time(p + at) : short_time(p + at);
		if (bit == 1)
			e->mtime = t;
		else if (bit == 2)
			e->atime = t;
		else if (bit == 3)
			e->ctime = t;
		at += size;
	}
}

static void field_posix(struct iso_entry *e, const u8 *p, u32 n)
{
	if (n < 36)
		return;
	e->mode = get_le32(p + 4);
	e->nlink = get_le32(p + 12);
	e->uid = get_le32(p + 20);
	e->gid = get_le32(p + 28);
}

struct area { const u8 *p; u32 n; u64 next_pos; u32 next_len; bool name_begun; };

#define FIELD(p, a, b) ((p)[0] == (a) && (p)[1] == (b))

static void one_field(struct iso_entry *e, const u8 *p, u32 n, struct area *a)
{
	if (FIELD(p, 'N', 'M') && n >= 5)
		field_name(e, p, n, &a->name_begun);
	else if (FIELD(p, 'P', 'X'))
		field_posix(e, p, n);
	else if (FIELD(p, 'S', 'L') && n >= 5)
		field_link(e, p, n);
	else if (FIELD(p, 'T', 'F') && n >= 5)
		field_times(e, p, n);
	else if (FIELD(p, 'P', 'N') && n >= 20)
		e->rdev = get_le32(p + 4) ? DEV_MAKE(get_le32(p + 4), get_le32(p + 12))
					  : DEV_MAKE(get_le32(p + 12) >> 8, get_le32(p + 12) & 0xff);
	else if (FIELD(p, 'C', 'L') && n >= 12)
		e->moved_block = get_le32(p + 4);
	else if (FIELD(p, 'R', 'E'))
		e->is_hidden = true;
	else if (FIELD(p, 'C', 'E') && n >= 28) {
		a->next_pos = (u64)get_le32(p + 4) * ISO_BLOCK + get_le32(p + 12);
		a->next_len = get_le32(p + 20);
	}
}

static void walk_fields(struct iso_entry *e, struct area *a)
{
	u32 at = 0;

	a->next_len = 0;
	while (at + 4 <= a->n && a->p[at + 2] >= 4 && at + a->p[at + 2] <= a->n) {
		if (FIELD(a->p + at, 'S', 'T'))
			break;
		one_field(e, a->p + at, a->p[at + 2], a);
		at += a->p[at + 2];
	}
}

static int rock_fields(const struct iso_source *src, struct iso_entry *e, const u8 *p, u32 n)
{
	struct area a = { .p = p, .n = n };
	u8 buf[ISO_BLOCK];
	bool more = e->more;

	e->more = false;	/* field_link() keeps its own here */
	walk_fields(e, &a);
	for (u32 i = 0; i < CE_MAX && a.next_len; i++) {
		u32 len = min(a.next_len, ISO_BLOCK);
		int err;

		if (a.next_pos > src->bytes || len > src->bytes - a.next_pos)
			return -EUCLEAN;
		err = src->read(src->ctx, a.next_pos, buf, len);
		if (err)
			return err;
		a.p = buf;
		a.n = len;
		walk_fields(e, &a);
	}
	e->more = more;
	return 0;
}

/* ---- names without Rock Ridge ---- */

static void utf8_put(struct iso_entry *e, u32 c)
{
	u8 b[3];
	u32 n = c < 0x80 ? 1 : c < 0x800 ? 2 : 3;

	if (n == 1) {
		b[0] = (u8)c;
	} else if (n == 2) {
		b[0] = (u8)(0xc0 | c >> 6);
		b[1] = (u8)(0x80 | (c & 0x3f));
	} else {
		b[0] = (u8)(0xe0 | c >> 12);
		b[1] = (u8)(0x80 | (c >> 6 & 0x3f));
		b[2] = (u8)(0x80 | (c & 0x3f));
	}
	if (e->name_len + n <= ISO_NAME_MAX)
		append(e->name, &e->name_len, ISO_NAME_MAX, b, n);
}

static void plain_name(const struct iso_geo *g, struct iso_entry *e, const u8 *p, u32 n)
{
	if (g->joliet) {
		for (u32 i = 0; i + 2 <= n; i += 2)
			utf8_put(e, get_be16(p + i) == '/' ? '_' : get_be16(p + i));
	} else {
		for (u32 i = 0; i < n; i++) {
			u8 c = p[i] >= 'A' && p[i] <= 'Z' ? (u8)(p[i] + 32) : p[i];

			utf8_put(e, c == '/' ? '_' : c);
		}
	}
	/* Version numbers and the dot of an empty extension say nothing. */
	if (e->name_len > 2 && !memcmp(e->name + e->name_len - 2, ";1", 2))
		e->name_len -= 2;
	if (!g->joliet && e->name_len > 1 && e->name[e->name_len - 1] == '.')
		e->name_len--;
}

int iso_record_parse(const struct iso_source *src, const struct iso_geo *g, const u8 *sector, u32 off,
		     struct iso_entry *e)
{
	const u8 *r = sector + off;
	u32 name_len, sys;
	int err;

	if (off + 34 > ISO_BLOCK || !r[0])
		return 0;
	name_len = r[32];
	if (r[0] < 34 || off + r[0] > ISO_BLOCK || 33 + name_len > r[0] || !name_len)
		return -EUCLEAN;
	memset(e, 0, offsetof(struct iso_entry, name));
	e->len = r[0];
	e->block = get_le32(r + 2) + r[1];
	e->size = get_le32(r + 10);
	e->is_dir = r[25] & 2;
	e->more = r[25] & 0x80;
	e->atime = e->mtime = e->ctime = short_time(r + 18);
	e->is_dot = name_len == 1 && r[33] == 0;
	e->is_dotdot = name_len == 1 && r[33] == 1;
	if (!e->is_dot && !e->is_dotdot)
		plain_name(g, e, r + 33, name_len);
	sys = 33 + name_len + !(name_len & 1) + g->skip;
	if (g->rock && sys < r[0]) {
		err = rock_fields(src, e, r + sys, r[0] - sys);
		if (err)
			return err;
	}
	if (e->is_dot || e->is_dotdot) {
		e->name_len = e->is_dot ? 1 : 2;
		memcpy(e->name, "..", 2);
	}
	e->name[e->name_len] = 0;
	for (u32 i = 0; i < e->name_len; i++) {
		if (e->name[i] == '/' || !e->name[i])
			return -EUCLEAN;
	}
	return e->name_len ? 1 : -EUCLEAN;
}

/* ---- volume descriptors ---- */

/* The root's own record says whether there is Rock Ridge. */
static int probe_rock(const struct iso_source *src, struct iso_geo *g, u8 *buf)
{
	u32 sys = 34, n;
	int err = src->read(src->ctx, (u64)g->root_block * ISO_BLOCK, buf, ISO_BLOCK);

	if (err)
		return err;
	n = buf[0];
	if (n < sys + 7 || !FIELD(buf + sys, 'S', 'P') || buf[sys + 4] != 0xbe || buf[sys + 5] != 0xef)
		return 0;
	g->skip = buf[sys + 6];
	g->rock = true;
	return 0;
}

static void take_root(struct iso_geo *g, const u8 *desc)
{
	g->root_block = get_le32(desc + 156 + 2);
	g->root_size = get_le32(desc + 156 + 10);
	g->blocks = get_le32(desc + 80);
}

static bool is_joliet(const u8 *d)
{
	return d[88] == '%' && d[89] == '/' && (d[90] == '@' || d[90] == 'C' || d[90] == 'E');
}

static bool root_ok(const struct iso_source *src, const struct iso_geo *g)
{
	return g->root_size && g->root_block && ((u64)g->root_block * ISO_BLOCK) + g->root_size <= src->bytes;
}

int iso_geo_parse(const struct iso_source *src, struct iso_geo *g)
{
	struct iso_geo joliet = { .joliet = true };
	u8 buf[ISO_BLOCK];
	bool primary = false;
	int err;

	memset(g, 0, sizeof(*g));
	for (u32 i = DESC_FIRST; i < DESC_FIRST + DESC_MAX; i++) {
		if ((u64)(i + 1) * ISO_BLOCK > src->bytes)
			break;
		err = src->read(src->ctx, (u64)i * ISO_BLOCK, buf, ISO_BLOCK);
		if (err)
			return err;
		if (memcmp(buf + 1, "CD001", 5) || buf[0] == 255)
			break;
		if (buf[0] == 1 && !primary) {
			if (get_le16(buf + 128) != ISO_BLOCK)
				return -EINVAL;
			take_root(g, buf);
			primary = true;
		} else if (buf[0] == 2 && is_joliet(buf)) {
			take_root(&joliet, buf);
		}
	}
	if (!primary || !root_ok(src, g))
		return -EINVAL;
	err = probe_rock(src, g, buf);
	if (!err && !g->rock && root_ok(src, &joliet))
		*g = joliet;
	return err;
}
