// SPDX-License-Identifier: GPL-2.0-only
/*
 * UDP-Lite, RFC 3828: UDP whose checksum covers the first part of a datagram only. In
 * the header the length is the number of bytes covered, 0 for all; a checksum there
 * always is. The rest is UDP's (udp.c).
 */
#include "ip6_impl.h"

#include <tern/lib/string.h>
#include <tern/net/inetsum.h>

bool udplite_is_right(const struct pktbuf *pb, const struct udp_head *h, u32 *cover)
{
	*cover = h->len ? FROM_BE16(h->len) : pb->len;
	if (*cover < sizeof(*h) || *cover > pb->len || !h->check)
		return false;
	if (inetsum_fold(pktbuf_sum(pb, 0, *cover, pkt_pseudo(pb, IPPROTO_UDPLITE, pb->len))) == 0xffff)
		return true;
	ipstat_inc(pb->nif->ns, pkt_is_v6(pb) ? UDPLITE6STAT_IN_CSUM_ERRORS : UDPLITESTAT_IN_CSUM_ERRORS);
	return false;
}

bool udplite_is_wanted(const struct isock *sk, u32 len, u32 cover)
{
	u32 least = READ_ONCE(sk->lite_receive);

	return cover == len || !sk->lite_checks || (least && cover >= least);
}

void udplite_put_sum(const struct isock *sk, struct pktbuf *pb, u64 pseudo)
{
	struct udp_head *h = (void *)pb->data;
	u32 least = READ_ONCE(sk->lite_send), cover = least && least < pb->len ? least : pb->len;
	u16 sum;

	h->len = TO_BE16(sk->lite_sends && !least ? 0 : cover);
	h->check = 0;
	sum = (u16)~inetsum_fold(pktbuf_sum(pb, 0, cover, pseudo));
	h->check = sum ? sum : 0xffff;
}

int udplite_setopt(struct isock *sk, int name, s32 v)
{
	u16 least = v ? (u16)clamp_t(s32, v, sizeof(struct udp_head), 0xffff) : 0;

	if (sk->ns.protocol != IPPROTO_UDPLITE)
		return -ENOPROTOOPT;
	if (name == UDPLITE_SEND_CSCOV) {
		WRITE_ONCE(sk->lite_send, least);
		sk->lite_sends = true;
	} else {
		WRITE_ONCE(sk->lite_receive, least);
		sk->lite_checks = true;
	}
	return 0;
}
