/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * printf into a buffer.
 *
 * A sink counts every byte and keeps those that fit, so the would-be length
 * is right even when the buffer is short or absent. A spec is one decoded
 * conversion. Each conversion becomes a prefix (sign, 0x), zeros, and a body.
 *
 * Limits: no floating point, no wide characters, no positional arguments.
 */
#include <tern/lib/fmt.h>

#include <tern/lib/string.h>

enum {
	FLAG_LEFT = 1,
	FLAG_PLUS = 2,
	FLAG_SPACE = 4,
	FLAG_ALT = 8,
	FLAG_ZERO = 16,
};

struct sink {
	char *buf;
	size_t size;	/* room for text, NUL not counted */
	size_t len;	/* bytes so far, kept or not */
};

struct spec {
	unsigned flags;
	int width;
	int precision;	/* -1: none given */
	int length;	/* -2 hh, -1 h, 0 int, 1 long and longer */
	char conv;
};

static const char pairs[] =
	"00010203040506070809101112131415161718192021222324"
	"25262728293031323334353637383940414243444546474849"
	"50515253545556575859606162636465666768697071727374"
	"75767778798081828384858687888990919293949596979899";

static void sink_bytes(struct sink *o, const char *s, size_t n)
{
	if (o->len < o->size)
		memcpy(o->buf + o->len, s, min(n, o->size - o->len));
	o->len += n;
}

static void sink_fill(struct sink *o, char c, int n)
{
	if (n <= 0)
		return;
	if (o->len < o->size)
		memset(o->buf + o->len, c, min((size_t)n, o->size - o->len));
	o->len += (size_t)n;
}

/* Writes backwards from end; returns the first digit. */
static char *digits_decimal(char *end, u64 v)
{
	while (v >= 100) {
		unsigned r = v % 100;

		v /= 100;
		*--end = pairs[2 * r + 1];
		*--end = pairs[2 * r];
	}
	if (v >= 10)
		*--end = pairs[2 * v + 1];
	*--end = v >= 10 ? pairs[2 * v] : (char)('0' + v);
	return end;
}

static char *digits_shift(char *end, u64 v, unsigned shift, const char *set)
{
	do {
		*--end = set[v & ((1U << shift) - 1)];
		v >>= shift;
	} while (v);
	return end;
}

unsigned fmt_u64(char *buf, u64 v)
{
	char tmp[20], *p = digits_decimal(tmp + sizeof(tmp), v);
	unsigned n = (unsigned)(tmp + sizeof(tmp) - p);

	memcpy(buf, p, n);
	return n;
}

/* prefix, then zeros up to the precision, then body, padded to the width. */
static void put_number(struct sink *o, const struct spec *sp, const char *prefix,
		       const char *body, int body_len)
{
	int prefix_len = (int)strlen(prefix);
	int zeros = max(0, sp->precision - body_len);
	int pad = sp->width - prefix_len - zeros - body_len;

	if ((sp->flags & FLAG_ZERO) && !(sp->flags & FLAG_LEFT) && sp->precision < 0 && pad > 0) {
		zeros += pad;
		pad = 0;
	}
	if (!(sp->flags & FLAG_LEFT))
		sink_fill(o, ' ', pad);
	sink_bytes(o, prefix, (size_t)prefix_len);
	sink_fill(o, '0', zeros);
	sink_bytes(o, body, (size_t)body_len);
	if (sp->flags & FLAG_LEFT)
		sink_fill(o, ' ', pad);
}

static void put_signed(struct sink *o, const struct spec *sp, s64 v)
{
	char buf[20], *end = buf + sizeof(buf), *p;
	const char *prefix = v < 0 ? "-" : sp->flags & FLAG_PLUS ? "+" :
			     sp->flags & FLAG_SPACE ? " " : "";

	p = !v && !sp->precision ? end : digits_decimal(end, v < 0 ? -(u64)v : (u64)v);
	put_number(o, sp, prefix, p, (int)(end - p));
}

static void put_unsigned(struct sink *o, const struct spec *sp, u64 v)
{
	char buf[24], *end = buf + sizeof(buf), *p = end;
	const char *prefix = "";

	if (v || sp->precision) {
		switch (sp->conv) {
		case 'x':
			p = digits_shift(end, v, 4, "0123456789abcdef");
			break;
		case 'X':
			p = digits_shift(end, v, 4, "0123456789ABCDEF");
			break;
		case 'o':
			p = digits_shift(end, v, 3, "01234567");
			break;
		default:
			p = digits_decimal(end, v);
		}
	}
	if ((sp->flags & FLAG_ALT) && sp->conv == 'o' && (p == end || *p != '0') &&
	    end - p >= sp->precision)
		*--p = '0';
	else if ((sp->flags & FLAG_ALT) && v && (sp->conv | 32) == 'x')
		prefix = sp->conv == 'x' ? "0x" : "0X";
	put_number(o, sp, prefix, p, (int)(end - p));
}

static void put_text(struct sink *o, const struct spec *sp, const char *s, size_t n)
{
	int pad = n < (size_t)max(sp->width, 0) ? sp->width - (int)n : 0;

	if (!(sp->flags & FLAG_LEFT))
		sink_fill(o, ' ', pad);
	sink_bytes(o, s, n);
	if (sp->flags & FLAG_LEFT)
		sink_fill(o, ' ', pad);
}

static void put_string(struct sink *o, const struct spec *sp, const char *s)
{
	if (!s)
		s = "(null)";
	put_text(o, sp, s, sp->precision < 0 ? strlen(s) : strnlen(s, (size_t)sp->precision));
}

static const char *read_flags(const char *f, struct spec *sp)
{
	static const char chars[] = "-+ #0";

	for (sp->flags = 0; *f; f++) {
		const char *at = strchr(chars, *f);

		if (!at)
			break;
		sp->flags |= 1U << (at - chars);
	}
	return f;
}

static const char *read_int(const char *f, int *out)
{
	int v = 0;

	for (; char_is_digit(*f); f++) {
		if (v < 100000)
			v = v * 10 + (*f - '0');
	}
	*out = v;
	return f;
}

static const char *read_length(const char *f, struct spec *sp)
{
	sp->length = 0;
	if (*f == 'h') {
		sp->length = f[1] == 'h' ? -2 : -1;
		return f - sp->length;
	}
	while (*f == 'l' || *f == 'z' || *f == 't' || *f == 'j') {
		sp->length = 1;
		f++;
	}
	return f;
}

/* One list for all helpers, passed by pointer so that each sees the rest. */
struct args {
	va_list ap;
};

static const char *read_spec(const char *f, struct spec *sp, struct args *a)
{
	f = read_flags(f, sp);
	if (*f == '*') {
		sp->width = va_arg(a->ap, int);
		f++;
		if (sp->width < 0) {
			sp->flags |= FLAG_LEFT;
			sp->width = sp->width == -S32_MAX - 1 ? S32_MAX : -sp->width;
		}
	} else {
		f = read_int(f, &sp->width);
	}
	sp->precision = -1;
	if (*f == '.') {
		f++;
		if (*f == '*') {
			sp->precision = max(-1, va_arg(a->ap, int));
			f++;
		} else {
			f = read_int(f, &sp->precision);
		}
	}
	f = read_length(f, sp);
	sp->conv = *f;
	return *f ? f + 1 : f;
}

static s64 arg_signed(const struct spec *sp, struct args *a)
{
	if (sp->length > 0)
		return va_arg(a->ap, s64);
	if (sp->length == -1)
		return (s16)va_arg(a->ap, int);
	return sp->length ? (s8)va_arg(a->ap, int) : va_arg(a->ap, int);
}

static u64 arg_unsigned(const struct spec *sp, struct args *a)
{
	if (sp->length > 0)
		return va_arg(a->ap, u64);
	if (sp->length == -1)
		return (u16)va_arg(a->ap, unsigned);
	return sp->length ? (u8)va_arg(a->ap, unsigned) : va_arg(a->ap, unsigned);
}

static void convert(struct sink *o, struct spec *sp, struct args *a)
{
	char c;

	switch (sp->conv) {
	case 'd':
	case 'i':
		put_signed(o, sp, arg_signed(sp, a));
		break;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_unsigned(o, sp, arg_unsigned(sp, a));
		break;
	case 'p':
		sp->flags |= FLAG_ALT;
		sp->conv = 'x';
		put_unsigned(o, sp, (u64)(uptr)va_arg(a->ap, void *));
		break;
	case 'c':
		c = (char)va_arg(a->ap, int);
		put_text(o, sp, &c, 1);
		break;
	case 's':
		put_string(o, sp, va_arg(a->ap, const char *));
		break;
	case 0:
		break;
	default:
		sink_bytes(o, "%", sp->conv != '%');
		sink_bytes(o, &sp->conv, 1);
	}
}

int fmt_vprint(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct sink o = { buf, size ? size - 1 : 0, 0 };
	struct spec sp;
	struct args a;

	va_copy(a.ap, ap);
	while (*fmt) {
		const char *pct = strchrnul(fmt, '%');

		sink_bytes(&o, fmt, (size_t)(pct - fmt));
		if (!*pct)
			break;
		fmt = read_spec(pct + 1, &sp, &a);
		convert(&o, &sp, &a);
	}
	va_end(a.ap);
	if (size)
		buf[min(o.len, o.size)] = 0;
	return o.len > S32_MAX ? S32_MAX : (int)o.len;
}

int fmt_print(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = fmt_vprint(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

int fmt_vput(char *buf, size_t size, const char *fmt, va_list ap)
{
	int n = fmt_vprint(buf, size, fmt, ap);

	if (!size)
		return 0;
	return (size_t)n < size ? n : (int)(size - 1);
}

int fmt_put(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = fmt_vput(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
