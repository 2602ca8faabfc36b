/* SPDX-License-Identifier: GPL-2.0-only */
/* cpio archives, in pieces; calls must come in order and sizes must agree. */
#include "fuzz.h"

#include <tern/lib/cpio.h>
#include <tern/lib/string.h>

struct reader {
	bool is_open;
	u64 left;
};

static int on_begin(void *ctx, const struct cpio_entry *e)
{
	struct reader *r = ctx;

	FUZZ_CHECK(!r->is_open);
	FUZZ_CHECK(strlen(e->name) < CPIO_NAME_MAX);
	FUZZ_CHECK(!e->link_to || strlen(e->link_to) < CPIO_NAME_MAX);
	r->is_open = true;
	r->left = e->size;
	return 0;
}

static int on_data(void *ctx, const void *data, size_t len)
{
	struct reader *r = ctx;

	FUZZ_CHECK(r->is_open && len && len <= r->left);
	r->left -= len;
	return 0;
}

static int on_end(void *ctx)
{
	struct reader *r = ctx;

	FUZZ_CHECK(r->is_open && !r->left);
	r->is_open = false;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cpio_ops ops = { on_begin, on_data, on_end };
	struct reader reader = { false, 0 };
	size_t heap = 0, at = 0, used, piece = size % 3 ? size : 1 + size % 97;
	struct lib_alloc alloc = { fuzz_heap_get, fuzz_heap_put, &heap };
	struct cpio c;
	int err = cpio_init(&c, &ops, &reader, &alloc);

	while (!err && at < size) {
		size_t n = min(piece, size - at);

		err = cpio_feed(&c, data + at, n, &used);
		FUZZ_CHECK(used <= n);
		at += used;
		if (used < n)
			break;
	}
	if (!err)
		FUZZ_CHECK(cpio_finish(&c) || !reader.is_open);
	cpio_fini(&c);
	FUZZ_CHECK(!heap);
	return 0;
}
