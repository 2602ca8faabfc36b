/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of Windows programs share: they print, and the output is compared case by case. */
#pragma once

#include <stdio.h>
#include <string.h>
#include <windows.h>

/* An expression and its value. */
#define SHOW(e)	(printf("%s: %lld\n", #e, (long long)(e)), fflush(stdout))
/* The same in hexadecimal: status codes, masks. */
#define HEX(e)	(printf("%s: %lx\n", #e, (unsigned long)(e)), fflush(stdout))
/* A call that is to fail, and how. */
#define FAILS(e) do {								\
	SetLastError(0);							\
	if (e)									\
		printf("%s succeeded\n", #e);					\
	else									\
		printf("%s: error %lu\n", #e, GetLastError());			\
	fflush(stdout);								\
} while (0)

struct test_case {
	const char *name;
	void (*run)(void);
};
#define CASE(f)	{ #f, f }
/* main() of a table of cases. With an argument it is the child that some case starts. */
#define TEST_TABLE(...)								\
int main(void)									\
{										\
	static const struct test_case cases[] = { __VA_ARGS__ };		\
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {		\
		printf("-- %s\n", cases[i].name);				\
		fflush(stdout);							\
		cases[i].run();							\
	}									\
	return 0;								\
}
