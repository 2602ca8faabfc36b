/* SPDX-License-Identifier: GPL-2.0-only */
/* Text built step by step into a bounded buffer (proc files, logs). Pure; owner lib/seqbuf.c. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

struct seqbuf {
	char *buf;
	size_t size, len;	/* len <= size; text is not NUL-terminated */
	bool is_full;		/* something did not fit: the owner grows and prints again */
};
static inline void seqbuf_init(struct seqbuf *s, char *buf, size_t size)
{
	*s = (struct seqbuf){ .buf = buf, .size = size };
}
void seqbuf_printf(struct seqbuf *s, const char *fmt, ...) __printf(2, 3);
void seqbuf_vprintf(struct seqbuf *s, const char *fmt, va_list ap);
void seqbuf_putc(struct seqbuf *s, char c);
void seqbuf_puts(struct seqbuf *s, const char *text);
void seqbuf_write(struct seqbuf *s, const void *data, size_t n);
/* Escapes space, tab, newline and backslash (and chars in @also) as \ooo. */
void seqbuf_puts_escaped(struct seqbuf *s, const char *text, const char *also);

/** seq_chooser - is number @i one of those that @arg means? */
typedef bool (*seq_chooser)(u32 i, const void *arg);
/** seqbuf_ranges() - the numbers below @n for which @is_in holds: "0-2,5" and a newline. */
void seqbuf_ranges(struct seqbuf *s, u32 n, seq_chooser is_in, const void *arg);
/** seqbuf_bitmap() - the same as bits, 32 to a word, "f" or "1,ffffffff", and a newline. */
void seqbuf_bitmap(struct seqbuf *s, u32 n, seq_chooser is_in, const void *arg);
