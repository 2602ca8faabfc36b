/* SPDX-License-Identifier: GPL-2.0-only */
/* UTF-8 and UTF-16: what converts must convert back to the same bytes. */
#include "fuzz.h"

#include <tern/lib/string.h>
#include <tern/lib/utf16.h>
#include <uapi/errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	ssize_t units = utf16_from_utf8(NULL, 0, text, size), bytes;
	u16 *wide;
	char *back;

	if (units >= 0) {
		FUZZ_CHECK((size_t)units <= size);
		wide = malloc((size_t)units * 2);
		back = malloc(size);
		FUZZ_CHECK(utf16_from_utf8(wide, (size_t)units, text, size) == units);
		bytes = utf8_from_utf16(back, size, wide, (size_t)units);
		FUZZ_CHECK((size_t)bytes == size && !memcmp(back, text, size));
		free(back);
		free(wide);
	}
	wide = malloc(size & ~1UL);
	memcpy(wide, data, size & ~1UL);
	bytes = utf8_from_utf16(NULL, 0, wide, size / 2);
	FUZZ_CHECK(bytes == -EILSEQ || (bytes >= 0 && (size_t)bytes <= size / 2 * 3));
	free(wide);
	return 0;
}
