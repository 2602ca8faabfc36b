// SPDX-License-Identifier: GPL-2.0-only
/* Writing into a seq_file's buffer; text that does not fit fills it, and the owner grows it. */
#include "../lx.h"

#include "../format.h"

#include <tern/lib/string.h>

void lx_seq_vprintf(struct lx_seq_file *m, const char *fmt, va_list ap)
{
	int n = m->count < m->size ? lx_vformat(m->buf + m->count, m->size - m->count, fmt, ap) : 0;

	m->count = m->count + (size_t)n < m->size ? m->count + (size_t)n : m->size;
}
LX_EXPORT(seq_vprintf);

void lx_seq_printf(struct lx_seq_file *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lx_seq_vprintf(m, fmt, ap);
	va_end(ap);
}
LX_EXPORT(seq_printf);

int lx_seq_write(struct lx_seq_file *m, const void *p, size_t n)
{
	if (m->count + n >= m->size) {
		m->count = m->size;
		return -1;
	}
	memcpy(m->buf + m->count, p, n);
	m->count += n;
	return 0;
}
LX_EXPORT(seq_write);

void lx_seq_putc(struct lx_seq_file *m, char c) { (void)lx_seq_write(m, &c, 1); }
LX_EXPORT(seq_putc);
void lx_seq_puts(struct lx_seq_file *m, const char *s) { (void)lx_seq_write(m, s, strlen(s)); }
LX_EXPORT(seq_puts);
