// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vendor's printf. A conversion is decoded, its argument fetched by its size, and the native
 * formatter prints it; only %p is different: letters behind it say what it points to.
 *
 *	%pM %pMR %pm	MAC address		%pI4 %pi4	IPv4 address
 *	%pI6 %pI6c %pi6	IPv6 address		%pU{b,B,l,L}	UUID
 *	%ph %*ph[CDN]	bytes in hexadecimal	%pV		struct va_format
 *	%ps %pS %pB	symbol			%pa[pd]		physical address, by pointer
 *	%pR %pr		struct resource		%pe		error pointer
 *	%pb %pbl	bitmap			%px		plain address
 * Any other pointer is printed as a number that tells equal pointers apart but not where they
 * lead, as the vendor's kernel does.
 */
#include "../format.h"

#include "../lx.h"

#include <tern/base/err.h>
#include <tern/base/kallsyms.h>
#include <tern/base/rcu.h>
#include <tern/kernel/random.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

struct out {
	char *buf;
	size_t size, len;
};

struct conv {
	bool is_left, has_width;
	char flags[8];
	int width, precision;	/* precision -1: none */
	int longs;		/* -2 char, -1 short, 0 int, 1 long */
};

/* Print with the native formatter behind what is there. */
static void emit(struct out *o, const char *fmt, ...)
{
	size_t room = o->len < o->size ? o->size - o->len : 0;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = fmt_vprint(room ? o->buf + o->len : NULL, room, fmt, ap);
	va_end(ap);
	o->len += n > 0 ? (size_t)n : 0;
}

static void emit_bytes(struct out *o, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++, o->len++)
		if (o->len + 1 < o->size)
			o->buf[o->len] = s[i];
}

static void emit_text(struct out *o, const struct conv *c, const char *s)
{
	size_t n = c->precision >= 0 ? strnlen(s, (size_t)c->precision) : strlen(s);
	int pad = c->width > (int)n ? c->width - (int)n : 0;

	for (int i = 0; i < pad && !c->is_left; i++)
		emit_bytes(o, " ", 1);
	emit_bytes(o, s, n);
	for (int i = 0; i < pad && c->is_left; i++)
		emit_bytes(o, " ", 1);
}

/* ---- pointers ---- */

static u64 hash_key;

static void put_hashed(struct out *o, const struct conv *c, const void *p)
{
	u64 v = (u64)p;
	char text[24];

	if (!hash_key)
		random_bytes(&hash_key, sizeof(hash_key));
	if (v) {
		v ^= hash_key;
		v *= 0x9e3779b97f4a7c15UL;
		v = (v ^ v >> 32) & U32_MAX;
	}
	fmt_put(text, sizeof(text), "%016lx", v);
	emit_text(o, c, text);
}

static void put_hex_bytes(struct out *o, const u8 *p, int n, const char *between, bool backwards)
{
	for (int i = 0; i < n; i++)
		emit(o, "%s%02x", i ? between : "", p[backwards ? n - 1 - i : i]);
}

static void put_ip6_short(struct out *o, const u8 *p)
{
	int best = -1, best_len = 1;

	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && !p[2 * (i + n)] && !p[2 * (i + n) + 1])
			n++;
		if (n > best_len) {
			best = i;
			best_len = n;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == best) {
			emit(o, i ? ":" : "::");
			i += best_len - 1;
			continue;
		}
		emit(o, i == 7 ? "%x" : "%x:", p[2 * i] << 8 | p[2 * i + 1]);
	}
}

static void put_ip(struct out *o, const char *kind, const u8 *p)
{
	if (kind[1] == '4')
		emit(o, kind[0] == 'I' ? "%u.%u.%u.%u" : "%03u.%03u.%03u.%03u", p[0], p[1], p[2], p[3]);
	else if (kind[1] == '6' && kind[2] == 'c')
		put_ip6_short(o, p);
	else
		for (int i = 0; i < 8; i++)
			emit(o, "%s%02x%02x", i && kind[0] == 'I' ? ":" : "", p[2 * i], p[2 * i + 1]);
}

static void put_uuid(struct out *o, char order, const u8 *p)
{
	static const u8 big[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	static const u8 little[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	const u8 *at = order == 'l' || order == 'L' ? little : big;
	bool upper = order == 'B' || order == 'L';

	for (int i = 0; i < 16; i++)
		emit(o, upper ? "%s%02X" : "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
		     p[at[i]]);
}

static void put_symbol(struct out *o, char kind, uptr addr)
{
	struct ksym sym;

	rcu_read_lock();
	if (!ksym_lookup(addr, &sym))
		emit(o, "0x%lx", addr);
	else if (kind == 's')
		emit(o, "%s", sym.name);
	else
		emit(o, "%s+0x%lx", sym.name, addr - sym.addr);
	rcu_read_unlock();
}

static void put_resource(struct out *o, const struct lx_resource *r)
{
	const char *kind = r->flags & 0x100 ? "io " : r->flags & 0x200 ? "mem " : r->flags & 0x400 ?
		"irq " : "??? ";

	emit(o, "[%s0x%04lx-0x%04lx]", kind, (u64)r->start, (u64)r->end);
}

static void put_bitmap(struct out *o, const u64 *map, int bits, bool as_list)
{
	bool first = true;

	for (int i = 0; as_list && i < bits; i++) {
		int end = i;

		if (!(map[i / 64] >> (i % 64) & 1))
			continue;
		while (end + 1 < bits && (map[(end + 1) / 64] >> ((end + 1) % 64) & 1))
			end++;
		emit(o, end > i ? "%s%d-%d" : "%s%d", first ? "" : ",", i, end);
		first = false;
		i = end;
	}
	for (int word = (bits + 31) / 32 - 1; !as_list && word >= 0; word--)
		emit(o, "%08x%s", (u32)(map[word / 2] >> (word % 2 * 32)), word ? "," : "");
}

static void put_nested(struct out *o, const struct lx_va_format *vf)
{
	size_t room = o->len < o->size ? o->size - o->len : 0;
	va_list ap;
	int n;

	va_copy(ap, *(va_list *)vf->va);
	n = lx_vformat(room ? o->buf + o->len : NULL, room, vf->fmt, ap);
	va_end(ap);
	o->len += n > 0 ? (size_t)n : 0;
}

static bool is_bad_pointer(const void *p)
{
	return (uptr)p < PAGE_SIZE || IS_ERR(p);
}

/* @kind: the text behind %p. Kinds that only look at the value come first. */
static void put_pointer(struct out *o, const struct conv *c, const char *kind, const void *p)
{
	static const char separators[] = "CDN";
	static const char *const between[] = { ":", "-", "" };
	const char *at;

	switch (*kind) {
	case 'x':
		emit(o, "%016lx", (u64)p);
		return;
	case 'e':
		if (IS_ERR(p)) {
			emit(o, "%ld", (long)PTR_ERR(p));
			return;
		}
		put_hashed(o, c, p);
		return;
	case 's': case 'S': case 'B': case 'f': case 'F':
		put_symbol(o, *kind, (uptr)p);
		return;
	}
	if (strchr("MmIiUhVaRrb", *kind) && *kind && is_bad_pointer(p)) {
		emit_text(o, c, p ? "(efault)" : "(null)");
		return;
	}
	switch (*kind) {
	case 'M':
		put_hex_bytes(o, p, 6, ":", kind[1] == 'R');
		break;
	case 'm':
		put_hex_bytes(o, p, 6, "", kind[1] == 'R');
		break;
	case 'I': case 'i':
		put_ip(o, kind, p);
		break;
	case 'U':
		put_uuid(o, kind[1], p);
		break;
	case 'h':
		at = kind[1] ? strchr(separators, kind[1]) : NULL;
		put_hex_bytes(o, p, c->has_width ? c->width : 1, at ? between[at - separators] : " ",
			      false);
		break;
	case 'V':
		put_nested(o, p);
		break;
	case 'a':
		emit(o, "0x%016lx", *(const u64 *)p);
		break;
	case 'R': case 'r':
		put_resource(o, p);
		break;
	case 'b':
		put_bitmap(o, p, c->width, kind[1] == 'l');
		break;
	default:
		put_hashed(o, c, p);
	}
}

/* ---- decoding ---- */

static const char *read_number(const char *f, int *out)
{
	for (*out = 0; char_is_digit(*f); f++)
		if (*out < 100000)
			*out = *out * 10 + (*f - '0');
	return f;
}

static const char *read_size(const char *f, struct conv *c)
{
	c->longs = 0;
	if (*f == 'h') {
		c->longs = f[1] == 'h' ? -2 : -1;
		return f + (f[1] == 'h' ? 2 : 1);
	}
	while (*f == 'l' || *f == 'L' || *f == 'q' || *f == 'z' || *f == 'Z' || *f == 't' || *f == 'j') {
		c->longs = 1;
		f++;
	}
	return f;
}

static u64 fit(u64 v, int longs, bool is_signed)
{
	if (longs > 0)
		return v;
	if (longs == 0)
		return is_signed ? (u64)(s64)(s32)v : (u32)v;
	if (longs == -1)
		return is_signed ? (u64)(s64)(s16)v : (u16)v;
	return is_signed ? (u64)(s64)(s8)v : (u8)v;
}

static void put_integer(struct out *o, const struct conv *c, char letter, u64 v)
{
	char fmt[32];

	v = fit(v, c->longs, letter == 'd' || letter == 'i');
	if (c->precision >= 0)
		fmt_put(fmt, sizeof(fmt), "%%%s%d.%dl%c", c->flags, c->width, c->precision, letter);
	else if (c->width)
		fmt_put(fmt, sizeof(fmt), "%%%s%dl%c", c->flags, c->width, letter);
	else
		fmt_put(fmt, sizeof(fmt), "%%%sl%c", c->flags, letter);
	emit(o, fmt, v);
}

/* How many letters behind %p belong to it. */
static size_t kind_length(const char *kind)
{
	size_t n = 0;

	while (char_is_alnum(kind[n]) && n < 4)
		n++;
	return n;
}

static const char *read_flags(const char *f, struct conv *c)
{
	u32 n = 0;

	c->is_left = false;
	for (; *f && strchr("-+ #0", *f); f++) {
		c->is_left |= *f == '-';
		if (n < sizeof(c->flags) - 1)
			c->flags[n++] = *f;
	}
	c->flags[n] = 0;
	return f;
}

int lx_vformat(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };
	struct conv c;
	const char *s;

	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			emit_bytes(&o, fmt, 1);
			continue;
		}
		fmt = read_flags(fmt + 1, &c);
		c.has_width = *fmt == '*' || char_is_digit(*fmt);
		if (*fmt == '*') {
			c.width = va_arg(ap, int);
			fmt++;
		} else {
			fmt = read_number(fmt, &c.width);
		}
		if (c.width < 0) {
			c.is_left = true;
			c.width = -c.width;
		}
		c.precision = -1;
		if (*fmt == '.') {
			fmt++;
			if (*fmt == '*') {
				c.precision = va_arg(ap, int);
				fmt++;
			} else {
				fmt = read_number(fmt, &c.precision);
			}
		}
		fmt = read_size(fmt, &c);
		switch (*fmt) {
		case 'd': case 'i': case 'u': case 'x': case 'X': case 'o':
			put_integer(&o, &c, *fmt, c.longs > 0 ? va_arg(ap, u64) : va_arg(ap, u32));
			break;
		case 'c': {
			char one[2] = { (char)va_arg(ap, int), 0 };

			emit_text(&o, &c, one);
			break;
		}
		case 's':
			s = va_arg(ap, const char *);
			emit_text(&o, &c, is_bad_pointer(s) ? s ? "(efault)" : "(null)" : s);
			break;
		case 'p':
			put_pointer(&o, &c, fmt + 1, va_arg(ap, const void *));
			fmt += kind_length(fmt + 1);
			break;
		case '%':
			emit_bytes(&o, "%", 1);
			break;
		case 0:
			fmt--;
			break;
		}
	}
	if (size)
		buf[o.len < size ? o.len : size - 1] = 0;
	return (int)o.len;
}

/* ---- exports ---- */

int lx_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	return lx_vformat(buf, size, fmt, ap);
}
LX_EXPORT(vsnprintf);

int lx_vscnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	int n = lx_vformat(buf, size, fmt, ap);

	return !size ? 0 : n < (int)size ? n : (int)size - 1;
}
LX_EXPORT(vscnprintf);

int lx_vsprintf(char *buf, const char *fmt, va_list ap)
{
	return lx_vformat(buf, S32_MAX, fmt, ap);
}
LX_EXPORT(vsprintf);

int lx_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = lx_vformat(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
LX_EXPORT(snprintf);

int lx_scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = lx_vscnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
LX_EXPORT(scnprintf);

int lx_sprintf(char *buf, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = lx_vformat(buf, S32_MAX, fmt, ap);
	va_end(ap);
	return n;
}
LX_EXPORT(sprintf);

char *lx_kvasprintf(unsigned int gfp, const char *fmt, va_list ap)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, ap);
	n = lx_vformat(NULL, 0, fmt, again);
	va_end(again);
	text = kmem_alloc((size_t)n + 1, gfp);
	if (text)
		lx_vformat(text, (size_t)n + 1, fmt, ap);
	return text;
}
LX_EXPORT(kvasprintf);

char *lx_kasprintf(unsigned int gfp, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = lx_kvasprintf(gfp, fmt, ap);
	va_end(ap);
	return text;
}
LX_EXPORT(kasprintf);
