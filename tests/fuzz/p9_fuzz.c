/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of a 9P reply: the entries of a directory, as file.c takes them. */
#include "fuzz.h"
#include "../../fs/p9/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct p9_msg m = { .p = (u8 *)data, .size = (u32)size };
	u32 n = 0;

	(void)p9_take(&m, 4);
	while (!m.is_bad && m.at < m.size) {
		struct p9_qid q = p9_take_qid(&m);
		u32 len;
		const char *name;

		(void)p9_take(&m, 8);
		(void)p9_take(&m, 1);
		name = p9_take_text(&m, &len);
		FUZZ_CHECK(!name || (name >= (const char *)data && name + len <= (const char *)data + size));
		FUZZ_CHECK(m.at <= m.size && ++n <= size && q.type <= 0xff);
	}
	return 0;
}
