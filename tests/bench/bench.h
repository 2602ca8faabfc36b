/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmark program: each case runs an operation n times; the frame finds n,
 * repeats and prints "name value unit" with the best of the repeats. The same
 * static binary runs on Tern and on Linux.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bench_case {
	const char *name;
	const char *unit;		/* "ns" per operation, or "MB/s" */
	/* Prepare; NULL: nothing to do. 0, or -1 with a message printed: the case is skipped. */
	int (*setup)(void);
	void (*run)(uint64_t n);	/* n operations */
	void (*teardown)(void);
	size_t bytes;			/* bytes an operation moves: unit is MB/s */
	uint64_t (*figure)(void);	/* in place of run: measures by itself */
};

/* Tables end with an entry without a name. */
extern const struct bench_case cases_file[], cases_proc[], cases_ipc[], cases_mem[], cases_net[];

/* Print a message with errno and end the program with status 1. */
void die(const char *what) __attribute__((noreturn));
uint64_t now_ns(void);
