/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of Windows programs share: they print, and the output is compared. */
#pragma once

#include <stdio.h>
#include <string.h>
#include <windows.h>

/* An expression and its value. */
#define SHOW(e)	(printf("%s: %lld\n", #e, (long long)(e)), fflush(stdout))
/* A call that is to fail, and how. */
#define FAILS(e) do {								\
	SetLastError(0);							\
	if (e)									\
		printf("%s succeeded\n", #e);					\
	else									\
		printf("%s: error %lu\n", #e, GetLastError());			\
	fflush(stdout);								\
} while (0)
