// SPDX-License-Identifier: GPL-2.0-only
/* Cutting a large TCP packet into what fits on the wire, for devices that do not. */
#include <tern/net/pktbuf.h>

#include <tern/lib/string.h>
#include <tern/net/inetsum.h>

#include "core_impl.h"

#define IP4_LEN_OFF	2
#define IP4_ID_OFF	4
#define IP4_SUM_OFF	10
#define IP6_LEN_OFF	4
#define TCP_SEQ_OFF	4
#define TCP_FLAGS_OFF	13
#define TCP_SUM_OFF	16
#define TCP_FIN_PSH	0x09

static void put16(u8 *p, u16 v)
{
	p[0] = (u8)(v >> 8);
	p[1] = (u8)v;
}

/* Length of an IPv6 part; its pseudo header's sum. */
static u64 fix_ip6(u8 *ip, u32 tcp_len)
{
	put16(ip + IP6_LEN_OFF, (u16)tcp_len);
	return inetsum_add(TO_BE32(tcp_len) + (u64)TO_BE32(ip[6]), ip + 8, 32);
}

/* Length, identity and sum of an IPv4 part; its pseudo header's sum. */
static u64 fix_ip4(u8 *ip, u32 hlen, u32 iplen, u32 index)
{
	be32 saddr, daddr;
	u16 sum;

	put16(ip + IP4_LEN_OFF, (u16)iplen);
	put16(ip + IP4_ID_OFF, (u16)((ip[IP4_ID_OFF] << 8 | ip[IP4_ID_OFF + 1]) + index));
	memset(ip + IP4_SUM_OFF, 0, 2);
	sum = (u16)~inetsum_fold(inetsum_add(0, ip, hlen));
	memcpy(ip + IP4_SUM_OFF, &sum, 2);
	memcpy(&saddr, ip + 12, 4);
	memcpy(&daddr, ip + 16, 4);
	return inetsum_pseudo4(saddr, daddr, ip[9], iplen - hlen);
}

u16 pktgso_fix_ip(u8 *ip, u32 iplen, u32 hlen, u32 index)
{
	return inetsum_fold(ip[0] >> 4 == 6 ? fix_ip6(ip, iplen - hlen) : fix_ip4(ip, hlen, iplen, index));
}

/* Headers of the part at @off: length, identity, sequence, flags, both sums. */
static void fix_headers(struct pktbuf *seg, u32 off, u32 index, bool is_last)
{
	u8 *ip = seg->buf + seg->net, *tcp = seg->buf + seg->tp;
	u32 iplen = seg->len - (u32)(ip - seg->data), hlen = (u32)(tcp - ip), seq;
	u16 sum;

	sum = pktgso_fix_ip(ip, iplen, hlen, index);
	memcpy(&seq, tcp + TCP_SEQ_OFF, 4);
	seq = TO_BE32(FROM_BE32(seq) + off);
	memcpy(tcp + TCP_SEQ_OFF, &seq, 4);
	if (!is_last)
		tcp[TCP_FLAGS_OFF] &= (u8)~TCP_FIN_PSH;
	memcpy(tcp + TCP_SUM_OFF, &sum, 2);
	seg->sum_state = PKTSUM_PARTIAL;
	seg->sum_start = seg->tp;
	seg->sum_off = TCP_SUM_OFF;
}

void pktgso_cut(struct pktbuf *pb, struct list *out)
{
	u32 tcp_len = (u32)(pb->buf[pb->tp + 12] >> 4) * 4;
	u32 hdr = (u32)(pb->tp - pktbuf_headroom(pb)) + tcp_len, room = pktbuf_headroom(pb);
	u32 index = 0;

	for (u32 off = 0; off < pb->len - hdr; index++) {
		u32 n = min((u32)pb->gso_size, pb->len - hdr - off);
		struct pktbuf *seg = pktbuf_slice(pb, 0, hdr, room, ALLOC_ATOMIC);

		if (!seg)
			break;
		seg->gso_size = seg->gso_type = 0;
		if (!pktbuf_share(seg, pb, hdr + off, n)) {
			pktbuf_free(seg);
			break;
		}
		fix_headers(seg, off, index, off + n == pb->len - hdr);
		list_add_tail(&seg->link, out);
		off += n;
	}
	pktbuf_free(pb);
}
