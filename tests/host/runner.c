// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the tests that register themselves (tern/lib/ktest.h) on the build
 * machine and prints TAP. usage: hosttest [SUITE[.CASE] ...]
 */
#include <tern/lib/ktest.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ktest *first, **last = &first;
static unsigned checks, failures;
static const char *skipped;

void ktest_register(struct ktest *test)
{
	*last = test;
	last = &test->next;
}

bool ktest_check(bool ok, const char *file, int line, const char *text)
{
	checks++;
	if (!ok) {
		failures++;
		printf("# %s:%d: does not hold: %s\n", file, line, text);
	}
	return ok;
}

bool ktest_check_eq(u64 a, u64 b, const char *file, int line, const char *text)
{
	if (!ktest_check(a == b, file, line, text))
		printf("#\tfound %#lx (%ld), want %#lx (%ld)\n", a, (long)a, b, (long)b);
	return a == b;
}

bool ktest_check_bytes(const void *a, const void *b, size_t len, const char *file, int line,
		       const char *text)
{
	const unsigned char *x = a, *y = b;
	size_t i = 0;

	while (i < len && x[i] == y[i])
		i++;
	if (!ktest_check(i == len, file, line, text))
		printf("#\tbyte %zu of %zu: found %#x, want %#x\n", i, len, x[i], y[i]);
	return i == len;
}

bool ktest_check_str(const char *a, const char *b, const char *file, int line, const char *text)
{
	bool same = a && b ? !strcmp(a, b) : a == b;

	if (!ktest_check(same, file, line, text))
		printf("#\tfound \"%s\", want \"%s\"\n", a ? a : "(null)", b ? b : "(null)");
	return same;
}

void ktest_skip(const char *why)
{
	skipped = why;
}

static bool is_chosen(const struct ktest *t, int argc, char **argv)
{
	char full[256];
	int i;

	snprintf(full, sizeof(full), "%s.%s", t->suite, t->name);
	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], t->suite) || !strcmp(argv[i], full))
			return true;
	return argc < 2;
}

int main(int argc, char **argv)
{
	unsigned number = 0, passed = 0, failed = 0;
	struct ktest *t;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (t = first; t; t = t->next) {
		if (!is_chosen(t, argc, argv))
			continue;
		checks = failures = 0;
		skipped = NULL;
		t->run();
		if (!skipped && !checks)
			printf("# %s.%s makes no check\n", t->suite, t->name);
		if (failures || (!skipped && !checks)) {
			failed++;
			printf("not ok %u - %s.%s\n", ++number, t->suite, t->name);
		} else {
			passed++;
			printf("ok %u - %s.%s%s%s\n", ++number, t->suite, t->name,
			       skipped ? " # SKIP " : "", skipped ? skipped : "");
		}
	}
	printf("1..%u\n%u passed, %u failed\n", number, passed, failed);
	return failed || !number;
}
