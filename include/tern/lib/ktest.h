/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one test grammar. A file of tests beside its subject reads
 *
 *	TEST(lib_rbtree, erase_keeps_order)
 *	{
 *		EXPECT(rbtree_is_empty(&tree));
 *		EXPECT_EQ(count(&tree), 3);
 *	}
 *
 * and is run on the build machine under ASan and UBSan (make host-test: every
 * *_test.c) and, where the folder's Makefile lists it under CONFIG_KTEST, in
 * the kernel at boot ("ktest" on the command line). EXPECT records a failure
 * and goes on; REQUIRE also leaves the test. Arguments are evaluated once.
 * A test passes if nothing was recorded; it must make at least one check.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

/* One test; lives in the link table "ktest". */
struct ktest {
	const char *suite;	/* folder_noun */
	const char *name;	/* the behaviour shown */
	void (*run)(void);
	struct ktest *next;	/* host: registration order; kernel: unused */
};

/**
 * ktest_check() - count a check of the running test; record it if it failed
 * @ok: did it hold
 * @file: source file
 * @line: source line
 * @text: the condition as written
 * Context: the thread that runs the test, or threads that it joins.
 * Return: @ok.
 */
bool ktest_check(bool ok, const char *file, int line, const char *text);

/**
 * ktest_check_eq() - ktest_check() that two numbers agree; shows both if not
 * @a: value found
 * @b: value wanted
 * @file: source file
 * @line: source line
 * @text: the comparison as written
 * Context: like ktest_check().
 * Return: true if equal.
 */
bool ktest_check_eq(u64 a, u64 b, const char *file, int line, const char *text);

/**
 * ktest_check_bytes() - ktest_check() that two byte ranges agree
 * @a: range found
 * @b: range wanted
 * @len: bytes
 * @file: source file
 * @line: source line
 * @text: the comparison as written
 * Context: like ktest_check().
 * Return: true if equal.
 */
bool ktest_check_bytes(const void *a, const void *b, size_t len, const char *file, int line,
		       const char *text);

/**
 * ktest_check_str() - ktest_check() that two strings agree; shows both if not
 * @a: string found, or NULL
 * @b: string wanted, or NULL
 * @file: source file
 * @line: source line
 * @text: the comparison as written
 * Context: like ktest_check().
 * Return: true if equal.
 */
bool ktest_check_str(const char *a, const char *b, const char *file, int line, const char *text);

/**
 * ktest_skip() - say why the running test cannot run here
 * @why: reason, shown in the report
 * Context: like ktest_check(). The test then returns.
 */
void ktest_skip(const char *why);

#define EXPECT(e)	((void)ktest_check(!!(e), __FILE__, __LINE__, #e))
#define EXPECT_EQ(a, b)	((void)ktest_check_eq((u64)(a), (u64)(b), __FILE__, __LINE__, #a " == " #b))
#define EXPECT_STR(a, b) ((void)ktest_check_str((a), (b), __FILE__, __LINE__, #a " == " #b))
#define EXPECT_BYTES(a, b, n)						\
	((void)ktest_check_bytes((a), (b), (n), __FILE__, __LINE__, #a " == " #b))
#define REQUIRE(e)	do { if (!ktest_check(!!(e), __FILE__, __LINE__, #e)) return; } while (0)
#define REQUIRE_EQ(a, b)						\
	do {								\
		if (!ktest_check_eq((u64)(a), (u64)(b), __FILE__, __LINE__, #a " == " #b)) \
			return;						\
	} while (0)

#ifdef TERN_HOST
void ktest_register(struct ktest *test);
#define __ktest_enter(id)						\
	static struct ktest ktest_##id;					\
	static void __attribute__((constructor)) ktest_enter_##id(void)	\
	{								\
		ktest_register(&ktest_##id);				\
	}								\
	static struct ktest ktest_##id
#else
#define __ktest_enter(id)	TABLE_ENTRY(ktest, struct ktest, ktest_##id)
#endif

#define TEST(suite_name, case_name)					\
	static void suite_name##_##case_name(void);			\
	__ktest_enter(suite_name##_##case_name) = {			\
		.suite = #suite_name,					\
		.name = #case_name,					\
		.run = suite_name##_##case_name,			\
	};								\
	static void suite_name##_##case_name(void)
