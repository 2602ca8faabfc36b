/* SPDX-License-Identifier: GPL-2.0-only */
/* Two packets one after the other, as a card gives them. fuzz-sources: net/core/groseg.c net/core/inetsum.c */
#include "fuzz.h"
#include "../../net/core/groseg.h"

#include <tern/lib/string.h>
#include <tern/net/inetsum.h>

#define SHORT	160u

/* What may be read of each is in memory of its own, so that a byte too many is seen. */
static uint8_t *part(const uint8_t *data, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);

	memcpy(p, data, n);
	if (n >= 20 && p[0] == 0x45) {	/* else few get past the sum */
		u16 sum;

		memset(p + 10, 0, 2);
		sum = (u16)~inetsum_fold(inetsum_add(0, p, 20));
		memcpy(p + 10, &sum, 2);
	}
	return p;
}

static int try(const uint8_t *p, u32 n, u32 len, struct groseg *s)
{
	memset(s, 0x5a, sizeof(*s));
	if (!n || !groseg_parse(p, n, len, s))
		return 0;
	FUZZ_CHECK(s->head <= n && s->head + s->len <= len);
	FUZZ_CHECK(!s->has_plain_head || s->head + s->len == len);
	FUZZ_CHECK((s->tcp == 20 || s->tcp == 40) && s->head >= s->tcp + 20 && s->head <= s->tcp + 60);
	FUZZ_CHECK(groseg_head_len(p, n) == s->head);
	(void)groseg_hash(p, s);
	FUZZ_CHECK(groseg_is_same_flow(p, s, p, s));
	FUZZ_CHECK(groseg_is_alike(p, p, s, 0));
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u32 first = size ? min_t(u32, data[0], (u32)size - 1) : 0, second, len_a, len_b;
	struct groseg a, b;
	uint8_t *pa, *pb;
	int ok_a, ok_b;

	if (size < 2)
		return 0;
	first = min(first, SHORT);
	second = min_t(u32, (u32)size - 1 - first, SHORT);
	pa = part(data + 1, first);
	pb = part(data + 1 + first, second);
	/* The length that the header says, if it may be: else hardly any would pass. */
	len_a = first >= 6 ? pa[0] >> 4 == 6 ? (pa[4] << 8 | pa[5]) + 40u : (u32)(pa[2] << 8 | pa[3]) : first;
	len_b = second >= 6 ? pb[0] >> 4 == 6 ? (pb[4] << 8 | pb[5]) + 40u : (u32)(pb[2] << 8 | pb[3]) : second;
	ok_a = try(pa, first, max(len_a, first), &a);
	ok_b = try(pb, second, max(len_b, second), &b);
	if (ok_a && ok_b && groseg_is_same_flow(pa, &a, pb, &b) && a.head == b.head)
		(void)groseg_is_alike(pa, pb, &b, 1);
	free(pa);
	free(pb);
	return 0;
}
