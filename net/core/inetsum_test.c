/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/net/inetsum.h>

#include <tern/lib/ktest.h>

static u64 next_random(u64 *state)
{
	*state = *state * 6364136223846793005UL + 1442695040888963407UL;
	return *state >> 33;
}

static u16 slow(const u8 *p, size_t n)
{
	u32 sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? (u32)p[i] << 8 : p[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)sum;
}

TEST(net_inetsum, equals_the_definition)
{
	u8 buf[300];
	u64 rng = 5;

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (u8)next_random(&rng);
	for (size_t off = 0; off < 8; off++)
		for (size_t n = 0; n + off < sizeof(buf); n++)
			REQUIRE_EQ(inetsum_fold(inetsum_add(0, buf + off, n)), slow(buf + off, n));
}

TEST(net_inetsum, pieces_add_up)
{
	u8 buf[256];
	u64 rng = 7, sum;

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (u8)(next_random(&rng) | 0xc0);
	for (size_t cut = 0; cut <= sizeof(buf); cut += 2) {
		sum = inetsum_add(0, buf, cut);
		sum = inetsum_add(sum, buf + cut, sizeof(buf) - cut);
		EXPECT_EQ(inetsum_fold(sum), slow(buf, sizeof(buf)));
	}
	sum = inetsum_add(U64_MAX, "\1", 1);
	EXPECT_EQ(inetsum_fold(sum), 1);
}
