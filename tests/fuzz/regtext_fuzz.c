/* SPDX-License-Identifier: GPL-2.0-only */
/* The registry's text: what a line says is written so that it is read as the same. */
#include "fuzz.h"

#include <tern/lib/regtext.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

static size_t write_line(char *out, size_t room, const struct regtext_line *l)
{
	return l->kind == REGTEXT_KEY ? regtext_key(out, room, l->name, l->name_len) :
	       regtext_value(out, room, l->name, l->name_len, l->type, l->data, l->size);
}

static void there_and_back(const struct regtext_line *l)
{
	size_t n = write_line(NULL, 0, l);
	char *text = malloc(n);
	void *room = malloc(n * 2);
	struct regtext r = { text, text + n, 0 };
	struct regtext_line again;

	FUZZ_CHECK(write_line(text, n, l) == n && text[n - 1] == '\n');
	FUZZ_CHECK(!regtext_next(&r, room, &again) && again.kind == l->kind && again.name_len == l->name_len);
	FUZZ_CHECK(!memcmp(again.name, l->name, l->name_len * 2UL));
	if (l->kind == REGTEXT_VALUE) {
		FUZZ_CHECK(again.type == l->type && again.size == l->size);
		FUZZ_CHECK(!memcmp(again.data, l->data, l->size));
	}
	FUZZ_CHECK(!regtext_next(&r, room, &again) && again.kind == REGTEXT_END);
	free(room);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct regtext r = { text, text + size, 0 };
	void *room = malloc(size * 2 + 1);
	struct regtext_line l = { REGTEXT_KEY };
	u32 lines = 0;

	while (l.kind != REGTEXT_END && lines++ <= size) {
		int err = regtext_next(&r, room, &l);

		FUZZ_CHECK(!err || err == -EINVAL);
		if (err)
			l.kind = REGTEXT_KEY;
		else if (l.kind != REGTEXT_END)
			there_and_back(&l);
	}
	FUZZ_CHECK(lines <= size + 1);
	free(room);
	return 0;
}
