// SPDX-License-Identifier: GPL-2.0-only
/* Text built step by step into a bounded buffer. */
#include <tern/lib/seqbuf.h>

#include <tern/lib/fmt.h>
#include <tern/lib/string.h>

void seqbuf_vprintf(struct seqbuf *s, const char *fmt, va_list ap)
{
	size_t room = s->size - s->len;
	int n = fmt_vprint(room ? s->buf + s->len : NULL, room, fmt, ap);

	/* The last byte of the room holds fmt's NUL, so n == room did not fit. */
	if (n < 0 || (size_t)n >= room)
		s->is_full = true;
	else
		s->len += (size_t)n;
}

void seqbuf_printf(struct seqbuf *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	seqbuf_vprintf(s, fmt, ap);
	va_end(ap);
}

void seqbuf_write(struct seqbuf *s, const void *data, size_t n)
{
	if (n > s->size - s->len) {
		s->is_full = true;
		return;
	}
	memcpy(s->buf + s->len, data, n);
	s->len += n;
}

void seqbuf_putc(struct seqbuf *s, char c)
{
	seqbuf_write(s, &c, 1);
}

void seqbuf_puts(struct seqbuf *s, const char *text)
{
	seqbuf_write(s, text, strlen(text));
}

void seqbuf_puts_escaped(struct seqbuf *s, const char *text, const char *also)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == ' ' || c == '\t' || c == '\n' || c == '\\' || strchr(also, c))
			seqbuf_printf(s, "\\%03o", c);
		else
			seqbuf_putc(s, (char)c);
	}
}

void seqbuf_ranges(struct seqbuf *s, u32 n, seq_chooser is_in, const void *arg)
{
	const char *sep = "";

	for (u32 i = 0; i < n; i++) {
		u32 end = i;

		if (!is_in(i, arg))
			continue;
		while (end + 1 < n && is_in(end + 1, arg))
			end++;
		seqbuf_printf(s, "%s%u", sep, i);
		if (end > i)
			seqbuf_printf(s, "-%u", end);
		sep = ",";
		i = end;
	}
	seqbuf_putc(s, '\n');
}

void seqbuf_bitmap(struct seqbuf *s, u32 n, seq_chooser is_in, const void *arg)
{
	for (s32 word = (s32)(n - 1) / 32; word >= 0; word--) {
		u32 bits = 0, width = min(n - (u32)word * 32, 32U);

		for (u32 b = 0; b < width; b++)
			bits |= (u32)is_in((u32)word * 32 + b, arg) << b;
		seqbuf_printf(s, "%0*x%c", (int)(width + 3) / 4, bits, word ? ',' : '\n');
	}
}
