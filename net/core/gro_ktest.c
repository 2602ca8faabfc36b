// SPDX-License-Identifier: GPL-2.0-only
/* Self tests of joining: a long packet is cut (gso.c), its parts arrive, and what they were is there again. */
#include <tern/net/netif.h>

#include <tern/base/percpu_alloc.h>
#include <tern/kernel/irq.h>
#include <tern/lib/ktest.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/net/inetsum.h>

#include "core_impl.h"

#define ETH_HEAD	14u
#define IP4_HEAD	20u
#define IP6_HEAD	40u
#define TCP_HEAD	32u	/* with time stamps */
#define MSS		1400u
#define PSH		0x08u
#define ACK		0x10u

/* An interface that nobody else knows; what comes up from it is kept. */
struct scene { struct netif nif; struct list got; u32 ngot; bool is_v6; };

static bool keep(struct netif *nif, struct pktbuf *pb)
{
	struct scene *s = container_of(nif, struct scene, nif);

	list_add_tail(&pb->link, &s->got);
	s->ngot++;
	return true;
}

static struct scene *begin(bool is_v6)
{
	struct scene *s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);

	EXPECT(s);
	if (!s)
		return NULL;
	s->nif.stats = percpu_alloc(sizeof(struct netif_stats), 64);
	s->nif.ns = &netns_initial;
	s->nif.rx_hook = keep;
	s->is_v6 = is_v6;
	list_init(&s->got);
	EXPECT(s->nif.stats);
	if (s->nif.stats)
		return s;
	kmem_free(s);
	return NULL;
}

static void end(struct scene *s)
{
	pktbuf_purge(&s->got);
	percpu_free(s->nif.stats);
	kmem_free(s);
}

static u32 ip_head(const struct scene *s) { return s->is_v6 ? IP6_HEAD : IP4_HEAD; }

static u8 byte_at(u32 seq) { return (u8)(seq * 7 + (seq >> 8)); }

static void write_ip(u8 *ip, bool is_v6)
{
	memset(ip, 0, is_v6 ? IP6_HEAD : IP4_HEAD);
	if (is_v6) {
		ip[0] = 0x60;
		ip[6] = 6;
		ip[7] = 64;
		ip[23] = 1;
		ip[39] = 2;
		return;
	}
	ip[0] = 0x45;
	ip[5] = 9;	/* identity, no DF: parts count on */
	ip[8] = 64;
	ip[9] = 6;
	memcpy(ip + 12, "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8);
}

/* A stream's bytes [seq, seq + n) as a virtual link's sender gives them, not cut. */
static struct pktbuf *stream(struct scene *s, u32 seq, u32 n, u8 flags, u16 port)
{
	struct pktbuf *pb = pktbuf_alloc(PKT_HEADROOM - IP6_HEAD - TCP_HEAD, ip_head(s) + TCP_HEAD, ALLOC_KERNEL);
	u8 *ip = pktbuf_put(pb, ip_head(s) + TCP_HEAD), *tcp = ip + ip_head(s), bytes[256];
	u16 sum;

	write_ip(ip, s->is_v6);
	memset(tcp, 0, TCP_HEAD);
	tcp[0] = (u8)(port >> 8);
	tcp[1] = (u8)port;
	for (u32 i = 0; i < 4; i++)
		tcp[4 + i] = (u8)(seq >> (24 - 8 * i));
	tcp[12] = TCP_HEAD / 4 << 4;
	tcp[13] = flags;
	memcpy(tcp + 20, "\1\1\x08\x0a\0\0\0\1\0\0\0\2", 12);
	pb->net = (u16)pktbuf_headroom(pb);
	pb->tp = (u16)(pb->net + ip_head(s));
	for (u32 i = 0; i < n; i += sizeof(bytes)) {
		u32 part = min_t(u32, n - i, sizeof(bytes)), off, got;
		struct page *p;

		for (u32 k = 0; k < part; k++)
			bytes[k] = byte_at(seq + i + k);
		p = pktpage_get(part, part, &off, &got, ALLOC_KERNEL);
		if (!p)
			break;
		memcpy(pktpage_at(p, off), bytes, part);
		EXPECT(pktbuf_add_frag(pb, p, off, part));
		page_put(p);
	}
	sum = pktgso_fix_ip(ip, pb->len, ip_head(s), 0);
	memcpy(tcp + 16, &sum, 2);
	pb->sum_state = PKTSUM_PARTIAL;
	pb->sum_start = pb->tp;
	pb->sum_off = 16;
	pb->gso_size = MSS;
	pb->gso_type = s->is_v6 ? PKTGSO_TCP6 : PKTGSO_TCP4;
	return pb;
}

/* As a card gives it: whole sums, link header taken off. */
static void arrive(struct scene *s, struct pktbuf *pb)
{
	pktbuf_finish_sum(pb);
	pb->mac = (u16)(pktbuf_headroom(pb) - ETH_HEAD);
	memset(pb->buf + pb->mac, 0, ETH_HEAD);
	pb->nif = &s->nif;
	pb->type = PKT_HOST;
	pb->protocol = s->is_v6 ? TO_BE16(ETH_P_IPV6) : TO_BE16(ETH_P_IP);
	net_receive_gro(pb);
}

static void arrive_cut(struct scene *s, struct pktbuf *whole)
{
	struct pktbuf *pb, *next;
	LIST_HEAD(parts);

	pktgso_cut(whole, &parts);
	list_foreach_safe(pb, next, &parts, link) {
		list_unlink(&pb->link);
		arrive(s, pb);
	}
}

static struct pktbuf *take(struct scene *s)
{
	struct pktbuf *pb = list_first_entry_or_null(&s->got, struct pktbuf, link);

	if (pb)
		list_unlink(&pb->link);
	return pb;
}

/* Consumes: it holds the stream's bytes [seq, seq + n) in @nparts, with sums that are right. */
static void expect_bytes(struct scene *s, u32 seq, u32 n, u32 nparts)
{
	struct pktbuf *pb = take(s);
	u32 head = ip_head(s) + TCP_HEAD, wrong = 0;

	EXPECT(pb);
	if (!pb)
		return;
	EXPECT_EQ(pb->len, head + n);
	EXPECT_EQ(max(pb->gso_segs, (u16)1), nparts);
	EXPECT(pb->truesize >= nparts * sizeof(*pb) + n);	/* charged as if apart */
	EXPECT_EQ(pb->sum_state, nparts > 1 ? PKTSUM_PARTIAL : PKTSUM_GOOD);
	for (u32 i = 0; i < n && pb->len == head + n; i++) {
		u8 b;

		pktbuf_read(pb, head + i, &b, 1);
		wrong += b != byte_at(seq + i);
	}
	EXPECT_EQ(wrong, 0);
	EXPECT(s->is_v6 || inetsum_fold(inetsum_add(0, pb->data, IP4_HEAD)) == 0xffff);
	pktbuf_free(pb);
}

static void parts_become_one(bool is_v6)
{
	struct scene *s = begin(is_v6);

	if (!s)
		return;
	bh_disable();
	netgro_begin();
	arrive_cut(s, stream(s, 1, 2 * MSS + 100, ACK, 80));	/* ends with a shorter one */
	EXPECT_EQ(s->ngot, 1);
	expect_bytes(s, 1, 2 * MSS + 100, 3);
	arrive_cut(s, stream(s, 5000, 2 * MSS, ACK | PSH, 80));
	EXPECT_EQ(s->ngot, 2);
	expect_bytes(s, 5000, 2 * MSS, 2);
	arrive_cut(s, stream(s, 9000, 2 * MSS, ACK, 80));	/* may go on */
	EXPECT_EQ(s->ngot, 2);
	netgro_end();
	EXPECT_EQ(s->ngot, 3);
	expect_bytes(s, 9000, 2 * MSS, 2);
	arrive_cut(s, stream(s, 1, 2 * MSS, ACK, 80));		/* no poll: nothing waits */
	EXPECT_EQ(s->ngot, 5);
	bh_enable();
	end(s);
}

TEST(net_gro, parts_of_ipv4_become_one)
{
	parts_become_one(false);
}

TEST(net_gro, parts_of_ipv6_become_one)
{
	parts_become_one(true);
}

TEST(net_gro, order_stays_and_what_differs_is_apart)
{
	struct scene *s = begin(false);
	struct pktbuf *pb;

	if (!s)
		return;
	bh_disable();
	netgro_begin();
	arrive_cut(s, stream(s, 0, MSS, ACK, 80));
	arrive_cut(s, stream(s, 2 * MSS, MSS, ACK, 80));	/* a hole */
	EXPECT_EQ(s->ngot, 1);
	arrive_cut(s, stream(s, 9 * MSS, MSS, ACK, 81));	/* other flows do not end it, unless by its slot */
	pb = stream(s, 3 * MSS, 0, ACK | 1, 80);		/* FIN */
	pb->gso_size = 0;
	pktbuf_finish_sum(pb);
	memset(pktbuf_put(pb, 8), 0, 8);			/* a short frame is filled up */
	arrive(s, pb);
	EXPECT(s->ngot == 3 || s->ngot == 4);
	expect_bytes(s, 0, MSS, 1);
	expect_bytes(s, 2 * MSS, MSS, 1);
	netgro_end();
	EXPECT_EQ(s->ngot, 4);
	bh_enable();
	end(s);
}

TEST(net_gro, a_wrong_sum_is_not_hidden)
{
	struct scene *s = begin(false);
	struct pktbuf *pb;
	u8 *at;

	if (!s)
		return;
	bh_disable();
	netgro_begin();
	arrive_cut(s, stream(s, 0, MSS, ACK, 80));
	pb = stream(s, MSS, MSS, ACK, 80);
	pktbuf_finish_sum(pb);
	pb->gso_size = 0;
	at = pktpage_at(pb->frag[0].page, pb->frag[0].off);
	at[5] ^= 0x10;
	arrive(s, pb);
	netgro_end();
	EXPECT_EQ(s->ngot, 2);
	expect_bytes(s, 0, MSS, 1);
	pb = take(s);
	EXPECT(pb);
	if (pb) {
		EXPECT_EQ(pb->sum_state, PKTSUM_NONE);	/* TCP will look itself */
		pktbuf_free(pb);
	}
	bh_enable();
	end(s);
}

TEST(net_gro, what_was_joined_is_cut_as_it_came)
{
	struct scene *s = begin(false);
	struct pktbuf *pb;
	LIST_HEAD(parts);
	u32 n = 0;

	if (!s)
		return;
	bh_disable();
	netgro_begin();
	arrive_cut(s, stream(s, 0, 3 * MSS, ACK, 80));
	netgro_end();
	pb = take(s);
	EXPECT(pb);
	if (pb)
		pktgso_cut(pb, &parts);
	list_foreach(pb, &parts, link) {
		pktbuf_finish_sum(pb);
		EXPECT_EQ(pb->data[5], 9 + n);	/* identity */
		EXPECT_EQ(pb->len, IP4_HEAD + TCP_HEAD + MSS);
		EXPECT_EQ(inetsum_fold(pktbuf_sum(pb, IP4_HEAD, pb->len - IP4_HEAD,
						  inetsum_add(TO_BE16(6) + (u64)TO_BE16(TCP_HEAD + MSS),
							      pb->data + 12, 8))), 0xffff);
		n++;
	}
	EXPECT_EQ(n, 3);
	pktbuf_purge(&parts);
	bh_enable();
	end(s);
}
