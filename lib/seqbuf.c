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
