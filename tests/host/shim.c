// SPDX-License-Identifier: GPL-2.0-only
/* What pure code may call besides itself: the ways to say that it is broken. */
#include <tern/base/bug.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void kpanic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("# kpanic: ", stdout);
	vprintf(fmt, args);
	putchar('\n');
	va_end(args);
	abort();
}

void kbug(const char *expr, const char *file, int line)
{
	printf("# kbug: %s:%d: %s\n", file, line, expr);
	abort();
}

void kwarn_at(const char *expr, const char *file, int line)
{
	printf("# kwarn: %s:%d: %s\n", file, line, expr);
	abort();
}
