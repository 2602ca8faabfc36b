/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/ring.h>

#include "test_impl.h"

TEST(lib_ring, bytes_come_out_in_order)
{
	u8 buf[16], out[40], in = 0, want = 0;
	struct ring r;
	u64 rng = 9;

	ring_init(&r, buf, sizeof(buf));
	r.head = r.tail = U32_MAX - 20;	/* counters wrap on the way */
	for (int round = 0; round < 1000; round++) {
		u8 data[20];
		u32 n = test_random(&rng) % 20, room = ring_room(&r), got, len;

		for (u32 i = 0; i < n; i++)
			data[i] = (u8)(in + i);
		got = ring_write(&r, data, n);
		EXPECT_EQ(got, min(n, room));
		in = (u8)(in + got);
		len = ring_len(&r);
		n = test_random(&rng) % 20;
		if (len > 2)
			EXPECT_EQ(ring_at(&r, 2), (u8)(want + 2));
		EXPECT_EQ(ring_peek(&r, 1, out, n), len ? min(n, len - 1) : 0);
		got = ring_read(&r, out, n);
		EXPECT_EQ(got, min(n, len));
		for (u32 i = 0; i < got; i++)
			REQUIRE_EQ(out[i], want++);
	}
}

TEST(lib_ring, single_bytes_and_spans)
{
	u8 buf[8], *p;
	struct ring r;

	ring_init(&r, buf, 8);
	EXPECT_EQ(ring_get(&r), -1);
	for (u8 i = 0; i < 8; i++)
		EXPECT(ring_put(&r, i));
	EXPECT(!ring_put(&r, 9) && ring_is_full(&r));
	EXPECT_EQ(ring_unput(&r), 7);
	EXPECT_EQ(ring_get(&r), 0);
	ring_skip(&r, 2);
	EXPECT_EQ(ring_read_span(&r, &p), 4);
	EXPECT(p == buf + 3);
	EXPECT_EQ(ring_write_span(&r, &p), 1);
	*p = 77;
	ring_commit(&r, 1);
	EXPECT_EQ(ring_write_span(&r, &p), 3);
	EXPECT_EQ(ring_at(&r, 4), 77);
	ring_clear(&r);
	EXPECT(ring_is_empty(&r) && ring_unput(&r) == -1);
}
