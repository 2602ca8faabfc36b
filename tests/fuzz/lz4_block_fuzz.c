/* SPDX-License-Identifier: GPL-2.0-only */
/* A bare LZ4 block into a buffer whose size the first two bytes choose. */
#include "fuzz.h"

#include <tern/lib/bits.h>
#include <tern/lib/unzip.h>
#include <uapi/errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t room;
	ssize_t n;
	void *out;

	if (size < 2)
		return 0;
	room = get_le16(data);
	out = malloc(room);
	n = unzip_lz4_block(out, room, data + 2, size - 2);
	FUZZ_CHECK(n == -EBADMSG || n == -ENOSPC || (n >= 0 && (size_t)n <= room));
	free(out);
	return 0;
}
