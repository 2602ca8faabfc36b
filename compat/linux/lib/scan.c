// SPDX-License-Identifier: GPL-2.0-only
/* sscanf: d i u x X o c s n %, widths, h hh l ll, and * to skip. */
#include "../lx.h"

#include <tern/lib/string.h>

struct conv { bool skip; int width, longs; };

static const char *read_conv(const char *f, struct conv *c)
{
	*c = (struct conv){ .width = -1 };
	if (*f == '*') {
		c->skip = true;
		f++;
	}
	if (char_is_digit(*f))
		for (c->width = 0; char_is_digit(*f); f++)
			c->width = c->width * 10 + (*f - '0');
	for (; *f == 'l' || *f == 'L' || *f == 'z'; f++)
		c->longs = 1;
	for (; *f == 'h'; f++)
		c->longs--;
	return f;
}

static void store(void *where, int longs, u64 v)
{
	if (longs > 0)
		*(u64 *)where = v;
	else if (longs == 0)
		*(u32 *)where = (u32)v;
	else if (longs == -1)
		*(u16 *)where = (u16)v;
	else
		*(u8 *)where = (u8)v;
}

static u32 base_of(char conv)
{
	return conv == 'x' || conv == 'X' ? 16 : conv == 'o' ? 8 : conv == 'i' ? 0 : 10;
}

/* A number at @s; NULL: there is none. */
static const char *read_number(const char *s, char conv, int width, u64 *out)
{
	char text[32];
	char *end;
	size_t n = strnlen(s, width < 0 || width > 31 ? 31 : (size_t)width);
	bool minus = *s == '-';
	const char *digits = text + (minus && (conv == 'd' || conv == 'i'));

	memcpy(text, s, n);
	text[n] = 0;
	*out = lx_simple_strtoull(digits, &end, base_of(conv));
	if (end == digits)
		return NULL;
	if (digits > text)
		*out = -*out;
	return s + (end - text);
}

static const char *read_text(const char *s, char conv, int width, char *out)
{
	int n = 0, max = width < 0 ? (conv == 'c' ? 1 : S32_MAX) : width;

	for (; *s && n < max && (conv == 'c' || !char_is_space(*s)); n++, s++)
		if (out)
			out[n] = *s;
	if (out && conv == 's')
		out[n] = 0;
	return n ? s : NULL;
}

int lx_vsscanf(const char *s, const char *f, va_list ap)
{
	const char *start = s;
	struct conv c;
	int found = 0;
	u64 v = 0;

	for (; *f; f++) {
		if (char_is_space(*f)) {
			s = lx_skip_spaces(s);
			continue;
		}
		if (*f != '%' || f[1] == '%') {
			f += *f == '%';
			if (*s++ != *f)
				return found;
			continue;
		}
		f = read_conv(f + 1, &c);
		if (*f == 'n') {
			store(va_arg(ap, void *), c.longs, (u64)(s - start));
			continue;
		}
		if (*f != 'c')
			s = lx_skip_spaces(s);
		if (*f == 's' || *f == 'c')
			s = read_text(s, *f, c.width, c.skip ? NULL : va_arg(ap, char *));
		else if (*f && strchr("diuxXo", *f))
			s = read_number(s, *f, c.width, &v);
		else
			return found;
		if (!s)
			return found;
		if (*f != 's' && *f != 'c' && !c.skip)
			store(va_arg(ap, void *), c.longs, v);
		found += !c.skip;
	}
	return found;
}
LX_EXPORT(vsscanf);

int lx_sscanf(const char *s, const char *f, ...)
{
	va_list ap;
	int n;

	va_start(ap, f);
	n = lx_vsscanf(s, f, ap);
	va_end(ap);
	return n;
}
LX_EXPORT(sscanf);
