/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line, numbers and switches: the two ways to read must agree. */
#include "fuzz.h"

#include <tern/lib/cmdline.h>
#include <tern/lib/string.h>

static void check_cmdline(const char *text, size_t size)
{
	char *copy = malloc(size + 1), *p = copy, *before = copy, *name, *value;
	char *found = malloc(size + 1);

	memcpy(copy, text, size + 1);
	while (cmdline_next(&p, &name, &value)) {
		FUZZ_CHECK(name >= copy && name + strlen(name) <= copy + size);
		FUZZ_CHECK(!value || (value > name && value + strlen(value) <= copy + size));
		FUZZ_CHECK(p > before && p >= name && p <= copy + size);
		before = p;
		if (!strcmp(name, "--") && !value)
			break;
		if (*name)
			FUZZ_CHECK(cmdline_find(text, name, found, size + 1) >= 0);
	}
	free(found);
	free(copy);
}

static void check_numbers(const char *s)
{
	const char *end;
	u64 u, v;
	s64 i;
	bool b;

	for (unsigned base = 0; base <= 36; base += 2) {
		if (base == 0 || base > 1) {
			if (!parse_u64(s, base, &u, &end))
				FUZZ_CHECK(end > s);
			if (!parse_s64(s, base, &i, NULL) && i >= 0 && *s != '+' && *s != '-')
				FUZZ_CHECK(!parse_u64(s, base, &v, NULL) && v == (u64)i);
		}
	}
	if (!parse_size(s, &u, &end))
		FUZZ_CHECK(end > s);
	(void)!parse_bool(s, &b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = 0;
	size = strlen(text);
	check_cmdline(text, size);
	check_numbers(text);
	free(text);
	return 0;
}
