// SPDX-License-Identifier: GPL-2.0-only
/* Parsers of packet headers: pure, bounded by what they are given. */
#include "headers.h"

#include <tern/lib/string.h>
#include <tern/net/inetsum.h>
#include <uapi/errno.h>

int ip4_parse(const struct ip4_head *h, u32 linear, u32 len)
{
	u32 hlen, total;

	if (linear < sizeof(*h) || h->version_ihl >> 4 != 4)
		return -EINVAL;
	hlen = ip4_hlen(h);
	if (hlen < sizeof(*h) || hlen > linear)
		return -EINVAL;
	if (inetsum_fold(inetsum_add(0, h, hlen)) != 0xffff)
		return -EBADMSG;
	total = FROM_BE16(h->total_len);
	if (total > len)
		return -EMSGSIZE;
	return total < hlen ? -EINVAL : (int)total;
}

bool arp_parse(const struct arp_head *h, u32 n)
{
	return n >= sizeof(*h) && h->htype == TO_BE16(1) && h->ptype == TO_BE16(0x0800) && h->hlen == 6 &&
	       h->plen == 4;
}

static u32 get32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

/* @p: kind, length, value; @len bytes, at least 2. */
static void take_option(const u8 *p, u32 len, bool is_syn, struct tcp_opts *o)
{
	switch (p[0]) {
	case 2:
		if (len == 4 && is_syn)
			o->mss = (u16)(p[2] << 8 | p[3]);
		break;
	case 3:
		if (len == 3 && is_syn)
			o->wscale = p[2] > 14 ? 14 : (s8)p[2];
		break;
	case 4:
		if (len == 2 && is_syn)
			o->sack_ok = true;
		break;
	case 5:
		for (u32 i = 0; (len - 2) % 8 == 0 && i < (len - 2) / 8 && o->nsack < 4; i++) {
			o->sack[o->nsack].start = get32(p + 2 + i * 8);
			o->sack[o->nsack++].end = get32(p + 6 + i * 8);
		}
		break;
	case 34:	/* RFC 7413 4.1.1: an even number of bytes, 4 to 16 */
		if (is_syn && (len == 2 || (len >= 6 && len <= 18 && !(len & 1)))) {
			o->fast_len = (s8)(len - 2);
			o->fast = p + 2;
		}
		break;
	case 8:
		if (len == 10) {
			o->has_ts = true;
			o->tsval = get32(p + 2);
			o->tsecr = get32(p + 6);
		}
		break;
	}
}

void tcp_read_options(const u8 *p, u32 n, bool is_syn, struct tcp_opts *o)
{
	memset(o, 0, sizeof(*o));
	o->wscale = o->fast_len = -1;
	while (n) {
		u32 len;

		if (*p == 0)
			return;
		if (*p == 1) {
			p++;
			n--;
			continue;
		}
		if (n < 2 || p[1] < 2 || p[1] > n)
			return;
		len = p[1];
		take_option(p, len, is_syn, o);
		p += len;
		n -= len;
	}
}
