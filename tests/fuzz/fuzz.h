/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fuzz target is a file <name>_fuzz.c that defines the function below, in the
 * form that libFuzzer knows. driver.c runs it too, where there is no libFuzzer.
 */
#pragma once

#include <tern/base/types.h>
#include <tern/lib/alloc.h>

#include <stdlib.h>

/* Must not crash, leak or run for long, whatever the bytes are. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Memory with a limit, so that a header can't ask for all of it. */
#define FUZZ_HEAP_MAX	(64UL << 20)

static inline void *fuzz_heap_get(void *ctx, size_t size)
{
	size_t *used = ctx;
	void *p = NULL;

	if (size <= FUZZ_HEAP_MAX - *used && !posix_memalign(&p, 16, size))
		*used += size;
	return p;
}

static inline void fuzz_heap_put(void *ctx, void *p, size_t size)
{
	*(size_t *)ctx -= size;
	free(p);
}

/* What must hold of a result; a failure is a finding. */
#define FUZZ_CHECK(e)	do { if (!(e)) abort(); } while (0)
