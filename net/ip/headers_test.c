/* SPDX-License-Identifier: GPL-2.0-only */
#include "headers.h"

#include <string.h>
#include <tern/lib/ktest.h>
#include <tern/net/inetsum.h>
#include <uapi/errno.h>

static void fill(struct ip4_head *h, u16 total)
{
	memset(h, 0, sizeof(*h));
	h->version_ihl = 0x45;
	h->total_len = TO_BE16(total);
	h->check = (u16)~inetsum_fold(inetsum_add(0, h, sizeof(*h)));
}

TEST(net_headers, ip_lengths_are_checked)
{
	struct ip4_head h;

	fill(&h, 40);
	EXPECT_EQ(ip4_parse(&h, 20, 60), 40);
	EXPECT_EQ(ip4_parse(&h, 20, 39), -EMSGSIZE);
	EXPECT_EQ(ip4_parse(&h, 19, 60), -EINVAL);
	h.ttl ^= 1;
	EXPECT_EQ(ip4_parse(&h, 20, 60), -EBADMSG);
	fill(&h, 19);
	EXPECT_EQ(ip4_parse(&h, 20, 60), -EINVAL);
	h.version_ihl = 0x4f;
	EXPECT_EQ(ip4_parse(&h, 20, 60), -EINVAL);
}

TEST(net_headers, tcp_options_of_a_syn)
{
	static const u8 syn[] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7 };
	struct tcp_opts o;

	tcp_read_options(syn, sizeof(syn), true, &o);
	EXPECT_EQ(o.mss, 1460);
	EXPECT(o.sack_ok);
	EXPECT(o.has_ts);
	EXPECT_EQ(o.tsval, 1);
	EXPECT_EQ(o.tsecr, 2);
	EXPECT_EQ(o.wscale, 7);
	tcp_read_options(syn, sizeof(syn), false, &o);
	EXPECT_EQ(o.mss, 0);
	EXPECT_EQ(o.wscale, -1);
}

TEST(net_headers, cookies_of_fast_open)
{
	static const u8 asks[] = { 34, 2, 1, 1 }, has[] = { 34, 6, 1, 2, 3, 4 }, odd[] = { 34, 7, 1, 2, 3, 4, 5 };
	static const u8 shorter[] = { 34, 4, 1, 2 };
	struct tcp_opts o;

	tcp_read_options(asks, sizeof(asks), true, &o);
	EXPECT_EQ(o.fast_len, 0);
	tcp_read_options(has, sizeof(has), true, &o);
	EXPECT_EQ(o.fast_len, 4);
	EXPECT_EQ(o.fast[3], 4);
	tcp_read_options(has, sizeof(has), false, &o);
	EXPECT_EQ(o.fast_len, -1);
	tcp_read_options(odd, sizeof(odd), true, &o);
	EXPECT_EQ(o.fast_len, -1);
	tcp_read_options(shorter, sizeof(shorter), true, &o);
	EXPECT_EQ(o.fast_len, -1);
}

TEST(net_headers, broken_tcp_options_end_the_list)
{
	static const u8 sack[] = { 1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 9 };
	u8 any[40];
	u64 rng = 1;
	struct tcp_opts o;

	tcp_read_options(sack, sizeof(sack), false, &o);
	EXPECT_EQ(o.nsack, 2);
	EXPECT_EQ(o.sack[1].end, 9);
	tcp_read_options(sack, sizeof(sack) - 1, false, &o);
	EXPECT_EQ(o.nsack, 0);
	for (u32 i = 0; i < 20000; i++) {
		u32 n = (u32)((rng >> 40) % sizeof(any));

		for (u32 k = 0; k < sizeof(any); k++) {
			rng = rng * 6364136223846793005UL + 1442695040888963407UL;
			any[k] = (u8)(rng >> 33) % (i & 2 ? 12 : 36);
		}
		tcp_read_options(any, n, i & 1, &o);
		EXPECT(o.nsack <= 4);
		EXPECT(o.fast_len <= 0 || (o.fast >= any && o.fast + o.fast_len <= any + n));
	}
}
