// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the tests in the link table "ktest" and logs TAP, one record a line.
 * A test may use threads that it joins: counters are atomic.
 */
#include <tern/kernel/ktest.h>

#include <asm/atomic.h>
#include <tern/kernel/klog.h>
#include <tern/lib/ktest.h>
#include <tern/lib/string.h>

static atomic32 checks, failures;
static const char *skipped;

bool ktest_check(bool ok, const char *file, int line, const char *text)
{
	atomic_add(&checks, 1);
	if (!ok) {
		atomic_add(&failures, 1);
		knotice("# %s:%d: does not hold: %s", file, line, text);
	}
	return ok;
}

bool ktest_check_eq(u64 a, u64 b, const char *file, int line, const char *text)
{
	if (!ktest_check(a == b, file, line, text))
		knotice("#   found %#lx (%ld), want %#lx (%ld)", a, (s64)a, b, (s64)b);
	return a == b;
}

bool ktest_check_bytes(const void *a, const void *b, size_t len, const char *file, int line,
		       const char *text)
{
	const u8 *x = a, *y = b;
	size_t i = 0;

	while (i < len && x[i] == y[i])
		i++;
	if (!ktest_check(i == len, file, line, text))
		knotice("#   byte %zu of %zu: found %#x, want %#x", i, len, x[i], y[i]);
	return i == len;
}

bool ktest_check_str(const char *a, const char *b, const char *file, int line, const char *text)
{
	bool same = a && b ? !strcmp(a, b) : a == b;

	if (!ktest_check(same, file, line, text))
		knotice("#   found \"%s\", want \"%s\"", a ? a : "(null)", b ? b : "(null)");
	return same;
}

void ktest_skip(const char *why)
{
	skipped = why;
}

/* @filter is "", a suite, or suite.case. */
static bool is_chosen(const struct ktest *t, const char *filter)
{
	size_t len = strlen(t->suite);

	if (!*filter)
		return true;
	if (strncmp(filter, t->suite, len))
		return false;
	return !filter[len] || (filter[len] == '.' && !strcmp(filter + len + 1, t->name));
}

static bool run_one(const struct ktest *t, u32 number)
{
	bool is_empty, has_failed;

	atomic_set(&checks, 0);
	atomic_set(&failures, 0);
	skipped = NULL;
	t->run();
	is_empty = !skipped && !atomic_read(&checks);
	has_failed = is_empty || atomic_read(&failures);
	if (is_empty)
		knotice("# %s.%s makes no check", t->suite, t->name);
	knotice("%s %u - %s.%s%s%s", has_failed ? "not ok" : "ok", number, t->suite, t->name,
		skipped ? " # SKIP " : "", skipped ? skipped : "");
	return !has_failed;
}

u32 ktest_run(const char *filter)
{
	u32 number = 0, failed = 0;

	TABLE_FOREACH(ktest, struct ktest, t) {
		if (!is_chosen(t, filter))
			continue;
		if (!run_one(t, ++number))
			failed++;
	}
	knotice("1..%u", number);
	knotice("ktest: %u passed, %u failed", number - failed, failed);
	return number ? failed : 1;
}
