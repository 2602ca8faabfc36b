// SPDX-License-Identifier: GPL-2.0-only
/* printk: a level may stand in front as the byte 1 and a digit; 'c' continues the last line. */
#include "../lx.h"

#include <tern/kernel/klog.h>
#include <tern/lib/string.h>

#include "../format.h"

#define LINE_MAX	1024
#define SOH		'\1'

static int print(enum klog_level level, const char *fmt, va_list ap)
{
	char line[LINE_MAX];
	const char *text = line;
	int n = lx_vformat(line, sizeof(line), fmt, ap);

	while (text[0] == SOH && text[1]) {
		if (char_is_digit(text[1]))
			level = (enum klog_level)(text[1] - '0');
		text += 2;
	}
	for (size_t len = strlen(text); len && text[len - 1] == '\n'; len--)
		line[text - line + (ssize_t)len - 1] = 0;
	if (*text)
		klog(level, "%s", text);
	return n;
}

int lx_vprintk(const char *fmt, va_list ap)
{
	return print(KLOG_WARNING, fmt, ap);
}
LX_EXPORT(vprintk);

int lx__printk(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = print(KLOG_WARNING, fmt, ap);
	va_end(ap);
	return n;
}
LX_EXPORT(_printk);

void lx___warn_printk(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(KLOG_WARNING, fmt, ap);
	va_end(ap);
}
LX_EXPORT(__warn_printk);

void lx_panic(const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	lx_vformat(line, sizeof(line), fmt, ap);
	va_end(ap);
	kpanic("%s", line);
}
LX_EXPORT(panic);

void lx_dump_stack(void) { klog_backtrace(KLOG_WARNING); }
LX_EXPORT(dump_stack);
