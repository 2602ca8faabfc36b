// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joining what arrives (GRO): segments of a TCP stream that follow each other become one large packet, so that
 * the layers above, and the acknowledgement, are paid for once. The opposite of gso.c, which can undo it: a packet
 * that was joined is like one of a virtual link that its sender did not cut, and may be forwarded.
 *
 * Nouns: held packet, one that may grow, by its flow's hash in one of this CPU's slots; a part, whose headers
 * say what the held one's say and whose data follows.
 *
 * Life-cycle: while a poll of drivers runs on this CPU, a segment with data is held, grows and is delivered when it
 * is full, when its last part is shorter or pushed, before another packet of its flow that is no such part, when
 * another flow needs the slot, and at the end of the poll at the latest: nothing waits for packets to come.
 * The sum of each part is checked before it is joined, here or by the device.
 *
 * Lock order: none; slots are their CPU's, in the soft interrupt.
 *
 * Limits: 64 KiB and PKT_FRAGS pieces a packet, SLOTS flows at a time.
 */
#include <tern/net/netif.h>

#include <tern/lib/string.h>
#include <tern/net/inetsum.h>

#include "core_impl.h"
#include "groseg.h"

#define SLOTS		8u
#define ETH_HEAD	14u
#define PACKET_MAX	65535u
#define IP4_HEAD	20u
#define IP4_PROTOCOL	9u
#define IP4_ADDRS	12u
#define IP6_HEAD	40u
#define IP6_NEXT	6u
#define IP6_ADDRS	8u
#define PROTOCOL_TCP	6u
#define TCP_HEAD	20u
#define TCP_OFF		12u
#define TCP_FLAGS	13u
#define TCP_SUM		16u

/* In cb of a held packet. */
struct held {
	struct groseg first;
	u32 next;		/* sequence number that follows */
	u32 nparts;
};
static_assert(sizeof(struct held) <= sizeof(((struct pktbuf *)0)->cb), "in cb");

struct grocpu {
	struct pktbuf *slot[SLOTS];
	u32 nheld;
	bool is_polling;
};
static DEFINE_PERCPU(struct grocpu, grocpus);

static struct held *held_of(struct pktbuf *pb) { return (struct held *)pb->cb; }

/* ---- one packet ---- */

/* TCP's, with its headers in the linear part. */
static bool parse(struct pktbuf *pb, struct groseg *s)
{
	bool is_v4 = pb->protocol == TO_BE16(ETH_P_IP);
	u32 tcp = is_v4 ? IP4_HEAD : IP6_HEAD;

	if (pb->type != PKT_HOST || (!is_v4 && pb->protocol != TO_BE16(ETH_P_IPV6)))
		return false;
	if (!pktbuf_make_linear(pb, tcp + TCP_HEAD) || pb->data[is_v4 ? IP4_PROTOCOL : IP6_NEXT] != PROTOCOL_TCP)
		return false;
	return pktbuf_make_linear(pb, tcp + (pb->data[tcp + TCP_OFF] >> 4) * 4u) &&
	       groseg_parse(pb->data, pb->linear, pb->len, s);
}

static bool has_right_sum(struct pktbuf *pb, const struct groseg *s)
{
	u32 len = s->head - s->tcp + s->len;
	bool is_v4 = s->tcp == IP4_HEAD;
	u64 sum;

	if (pktsum_is_trusted(pb))
		return true;
	/* Both addresses, beside protocol and length. */
	sum = inetsum_add(TO_BE16(PROTOCOL_TCP) + (u64)TO_BE16(len), pb->data + (is_v4 ? IP4_ADDRS : IP6_ADDRS),
			  is_v4 ? 8 : 32);
	if (inetsum_fold(pktbuf_sum(pb, s->tcp, len, sum)) != 0xffff)
		return false;
	pb->sum_state = PKTSUM_GOOD;
	return true;
}

/* It can begin a larger packet or become part of one. */
static bool may_join(struct pktbuf *pb, const struct groseg *s)
{
	return s->has_plain_head && s->len && !pb->gso_size && pb->sum_state != PKTSUM_PARTIAL && has_right_sum(pb, s);
}

/* ---- held ones ---- */

static void deliver(struct pktbuf *pb)
{
	struct held *h = held_of(pb);

	if (h->nparts > 1) {
		u8 *ip = pb->data, *tcp = ip + h->first.tcp;
		u16 sum = pktgso_fix_ip(ip, pb->len, h->first.tcp, 0);

		memcpy(tcp + TCP_SUM, &sum, sizeof(sum));
		pb->tp = (u16)(pktbuf_headroom(pb) + h->first.tcp);
		pb->sum_state = PKTSUM_PARTIAL;
		pb->sum_start = pb->tp;
		pb->sum_off = TCP_SUM;
		pb->gso_size = (u16)h->first.len;
		pb->gso_segs = (u16)h->nparts;
		pb->gso_type = h->first.tcp == IP6_HEAD ? PKTGSO_TCP6 : PKTGSO_TCP4;
	}
	net_deliver(pb);
}

static void let_go(struct grocpu *g, struct pktbuf **slot)
{
	struct pktbuf *pb = *slot;

	*slot = NULL;
	g->nheld--;
	deliver(pb);
}

void netgro_flush(void)
{
	struct grocpu *g = this_cpu_ptr(grocpus);

	for (u32 i = 0; i < SLOTS && g->nheld; i++)
		if (g->slot[i])
			let_go(g, &g->slot[i]);
}

void netgro_begin(void)
{
	this_cpu_ptr(grocpus)->is_polling = true;
}

void netgro_end(void)
{
	netgro_flush();
	this_cpu_ptr(grocpus)->is_polling = false;
}

static bool is_next(struct pktbuf *to, const struct pktbuf *pb, const struct groseg *s)
{
	struct held *h = held_of(to);

	return s->seq == h->next && s->head == h->first.head && s->len <= h->first.len &&
	       pb->linear == s->head && to->nfrags + pb->nfrags <= PKT_FRAGS && to->len + s->len <= PACKET_MAX &&
	       groseg_is_alike(to->data, pb->data, s, h->nparts) &&
	       !memcmp(to->buf + to->mac, pb->buf + pb->mac, ETH_HEAD);
}

/* Its pieces change hands; consumes @pb. */
static void join(struct pktbuf *to, struct pktbuf *pb, const struct groseg *s)
{
	struct held *h = held_of(to);

	memcpy(to->frag + to->nfrags, pb->frag, pb->nfrags * sizeof(pb->frag[0]));
	to->nfrags += pb->nfrags;
	to->len += s->len;
	to->truesize += pb->truesize;	/* as if it were apart: its pieces keep whole pages */
	to->data[s->tcp + TCP_FLAGS] |= pb->data[s->tcp + TCP_FLAGS];
	h->next += s->len;
	h->nparts++;
	pb->nfrags = 0;
	pktbuf_free(pb);
}

static void hold(struct grocpu *g, struct pktbuf **slot, struct pktbuf *pb, const struct groseg *s)
{
	if (*slot)	/* another flow's */
		let_go(g, slot);
	*held_of(pb) = (struct held){ *s, s->seq + s->len, 1 };
	*slot = pb;
	g->nheld++;
}

void net_receive_gro(struct pktbuf *pb)
{
	struct grocpu *g = this_cpu_ptr(grocpus);
	struct pktbuf **slot;
	bool may_be_part;
	struct groseg s;

	net_count_arrival(pb);
	if (!g->is_polling || !parse(pb, &s)) {
		net_deliver(pb);
		return;
	}
	may_be_part = may_join(pb, &s);
	slot = &g->slot[groseg_hash(pb->data, &s) % SLOTS];
	if (*slot && (*slot)->nif == pb->nif &&
	    groseg_is_same_flow((*slot)->data, &held_of(*slot)->first, pb->data, &s)) {
		if (may_be_part && is_next(*slot, pb, &s)) {
			join(*slot, pb, &s);
			if (s.is_pushed || s.len < held_of(*slot)->first.len)
				let_go(g, slot);
			return;
		}
		let_go(g, slot);
	}
	if (may_be_part && !s.is_pushed)
		hold(g, slot, pb, &s);
	else
		net_deliver(pb);
}
