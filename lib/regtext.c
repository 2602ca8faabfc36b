// SPDX-License-Identifier: GPL-2.0-only
/* The text form of a registry. */
#include <tern/lib/regtext.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

#define HEX_UNIT	4

/* ---- reading ---- */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* @n hexadecimal digits; -1 if they are not. */
static s32 hex(const char *p, const char *end, u32 n)
{
	s32 v = 0;

	if ((size_t)(end - p) < n)
		return -1;
	for (u32 i = 0; i < n; i++) {
		int d = digit(p[i]);

		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

/* Units up to @close; the position is moved behind it. Units written, or -1. */
static s64 get_units(const char **at, const char *end, char close, u16 *out)
{
	const char *p = *at;
	s64 n = 0;

	while (p < end && *p != close) {
		s32 c = (u8)*p++;

		if (c == '%') {
			c = hex(p, end, HEX_UNIT);
			if (c < 0)
				return -1;
			p += HEX_UNIT;
		}
		out[n++] = (u16)c;
	}
	if (p == end)
		return -1;
	*at = p + 1;
	return n;
}

static int get_bytes(const char *p, const char *end, u8 *out, u32 *size)
{
	if ((end - p) % 2)
		return -EINVAL;
	for (*size = 0; p < end; p += 2) {
		s32 v = hex(p, end, 2);

		if (v < 0)
			return -EINVAL;
		out[(*size)++] = (u8)v;
	}
	return 0;
}

/* What stands behind the name: =TYPE:"TEXT" or =TYPE:#BYTES. */
static int get_data(const char *p, const char *end, u16 *room, struct regtext_line *out)
{
	u64 type = 0;
	s64 n;

	if (p == end || *p++ != '=')
		return -EINVAL;
	if (p == end || *p < '0' || *p > '9')
		return -EINVAL;
	while (p < end && *p >= '0' && *p <= '9' && type <= U32_MAX)
		type = type * 10 + (u32)(*p++ - '0');
	if (type > U32_MAX || end - p < 2 || *p++ != ':')
		return -EINVAL;
	out->type = (u32)type;
	out->data = (const u8 *)room;
	if (*p == '#')
		return get_bytes(p + 1, end, (u8 *)room, &out->size);
	if (*p++ != '"')
		return -EINVAL;
	n = get_units(&p, end, '"', room);
	if (n < 0 || p != end)
		return -EINVAL;
	room[n] = 0;
	out->size = (u32)(n + 1) * 2;
	return 0;
}

static int get_line(const char *p, const char *end, u16 *room, struct regtext_line *out)
{
	bool is_key = *p == '[';
	s64 n;

	if (!is_key && *p != '"')
		return -EINVAL;
	p++;
	n = get_units(&p, end, is_key ? ']' : '"', room);
	if (n < 0)
		return -EINVAL;
	*out = (struct regtext_line){ .kind = is_key ? REGTEXT_KEY : REGTEXT_VALUE, .name = room, .name_len = (u32)n };
	if (is_key)
		return p == end ? 0 : -EINVAL;
	return get_data(p, end, room + n, out);
}

int regtext_next(struct regtext *r, void *room, struct regtext_line *out)
{
	while (r->at < r->end) {
		const char *start = r->at, *end = memchr(start, '\n', r->end - start);

		r->line++;
		if (!end)
			end = r->end;
		r->at = end < r->end ? end + 1 : end;
		if (end > start && end[-1] == '\r')
			end--;
		if (end > start && *start != ';')
			return get_line(start, end, room, out);
	}
	*out = (struct regtext_line){ .kind = REGTEXT_END };
	return 0;
}

/* ---- writing ---- */

struct text_sink { char *out; size_t room, n; };

static void put(struct text_sink *w, char c)
{
	if (w->n < w->room)
		w->out[w->n] = c;
	w->n++;
}

static void put_hex(struct text_sink *w, u32 v, u32 n)
{
	while (n--)
		put(w, "0123456789abcdef"[v >> n * 4 & 15]);
}

static void put_units(struct text_sink *w, const u8 *units, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		u16 c = get_le16(units + i * 2UL);

		if (c >= ' ' && c <= '~' && c != '%' && c != '"' && c != ']') {
			put(w, (char)c);
		} else {
			put(w, '%');
			put_hex(w, c, HEX_UNIT);
		}
	}
}

size_t regtext_key(char *out, size_t room, const u16 *name, u32 len)
{
	struct text_sink w = { out, room, 0 };

	put(&w, '[');
	put_units(&w, (const u8 *)name, len);
	put(&w, ']');
	put(&w, '\n');
	return w.n;
}

size_t regtext_value(char *out, size_t room, const u16 *name, u32 len, u32 type, const u8 *data, u32 size)
{
	struct text_sink w = { out, room, 0 };
	bool is_text = (type == 1 || type == 2) && size >= 2 && size % 2 == 0 && !get_le16(data + size - 2);
	char digits[10];
	u32 n = 0;

	put(&w, '"');
	put_units(&w, (const u8 *)name, len);
	put(&w, '"');
	put(&w, '=');
	do {
		digits[n++] = (char)('0' + type % 10);
		type /= 10;
	} while (type);
	while (n)
		put(&w, digits[--n]);
	put(&w, ':');
	put(&w, is_text ? '"' : '#');
	if (is_text)
		put_units(&w, data, size / 2 - 1);
	for (u32 i = 0; !is_text && i < size; i++)
		put_hex(&w, data[i], 2);
	if (is_text)
		put(&w, '"');
	put(&w, '\n');
	return w.n;
}
