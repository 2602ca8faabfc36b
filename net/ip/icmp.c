// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP, RFC 792 and 1122 3.2.2: answers echo requests, tells senders of errors, and
 * hands errors about our packets to the protocol that sent them.
 *
 * Errors are never about errors, broadcasts, or fragments but the first, and are
 * limited to ERRORS_PER_SECOND by a token bucket.
 */
#include "ip_impl.h"

#include <tern/kernel/clock.h>
#include <tern/lib/string.h>
#include <tern/net/inetsum.h>

#define ERRORS_PER_SECOND	1000u
#define BURST			50u
#define QUOTE_MAX		548u	/* bytes of the packet that an error quotes */

static struct spin bucket_lock = SPIN_INIT(LOCKRANK_NET_TABLE);	/* protects the token bucket */
static u64 tokens = BURST;
static nsec_t filled_at;

static bool take_token(void)
{
	nsec_t now = clock_ns();
	bool ok;

	spin_lock_bh(&bucket_lock);
	if (now - filled_at >= NSEC_PER_SEC / ERRORS_PER_SECOND) {
		u64 more = (now - filled_at) / (NSEC_PER_SEC / ERRORS_PER_SECOND);

		tokens = min_t(u64, tokens + more, BURST);
		filled_at = now;
	}
	ok = tokens != 0;
	tokens -= ok;
	spin_unlock_bh(&bucket_lock);
	return ok;
}

static void finish(struct pktbuf *pb)
{
	struct icmp_head *h = (void *)pb->data;

	h->check = 0;
	h->check = (u16)~inetsum_fold(pktbuf_sum(pb, 0, pb->len, 0));
	pb->sum_state = PKTSUM_NONE;
}

static bool is_error(u8 type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
	       type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

/* May an error be sent about this packet. */
static bool deserves_error(struct netns *ns, const struct pktbuf *pb)
{
	const struct ip4_head *h = pkt_ip4(pb);
	u8 type;

	if (pb->type != PKT_HOST || (h->frag_off & TO_BE16(IP4_OFFMASK)))
		return false;
	type = ip4_local_type(ns, h->daddr);
	if (type == RTN_BROADCAST || type == RTN_MULTICAST || ip4_local_type(ns, h->saddr) > RTN_LOCAL)
		return false;
	if (h->protocol == IPPROTO_ICMP) {
		u32 off = (u32)((const u8 *)h - pb->data) + ip4_hlen(h);
		u8 t;

		/* data may be past the network header: look relative to it */
		t = pb->buf[pb->net + ip4_hlen(h)];
		if ((s32)off <= (s32)pb->linear && is_error(t))
			return false;
	}
	return true;
}

void icmp4_error(struct netns *ns, const struct pktbuf *pb, u8 type, u8 code, u32 info)
{
	const struct ip4_head *h = pkt_ip4(pb);
	struct ip4send how = { .protocol = IPPROTO_ICMP, .daddr = h->saddr, .tos = 0xc0, .may_fragment = true };
	u32 behind = pktbuf_headroom(pb) - pb->net, rest;
	struct icmp_head *ih;
	struct iproute r;
	struct pktbuf *e;
	bool is_ours;

	if (!deserves_error(ns, pb))
		return;
	if (pb->nif != ns->loopback && !take_token()) {
		ipstat_inc(ns, ICMPSTAT_OUT_LIMITED);
		return;
	}
	is_ours = ip4_local_type(ns, h->daddr) == RTN_LOCAL;
	if (ip4_route_out(ns, h->saddr, is_ours ? h->daddr : 0, 0, &r))
		return;
	how.saddr = r.saddr;
	e = pktbuf_alloc(PKT_HEADROOM, sizeof(*ih) + QUOTE_MAX, ALLOC_ATOMIC);
	if (!e) {
		ipstat_inc(ns, ICMPSTAT_OUT_ERRORS);
		return;
	}
	ih = pktbuf_put(e, sizeof(*ih));
	ih->type = type;
	ih->code = code;
	ih->info = TO_BE32(info);
	behind = min(behind, QUOTE_MAX);
	memcpy(pktbuf_put(e, behind), h, behind);
	rest = min(QUOTE_MAX - behind, pb->len);
	pktbuf_read(pb, 0, pktbuf_put(e, rest), rest);
	finish(e);
	ip4_send(ns, &r, &how, e);
}

int icmp4_to_errno(u8 type, u8 code, bool *is_hard)
{
	static const struct { s16 err; bool hard; } unreach[] = {
		{ ENETUNREACH, false }, { EHOSTUNREACH, false }, { ENOPROTOOPT, true },
		{ ECONNREFUSED, true }, { EMSGSIZE, false }, { EOPNOTSUPP, false }, { ENETUNREACH, true },
		{ EHOSTDOWN, true }, { ENONET, true }, { ENETUNREACH, true }, { EHOSTUNREACH, true },
		{ ENETUNREACH, false }, { EHOSTUNREACH, false }, { EHOSTUNREACH, true },
		{ EHOSTUNREACH, true }, { EHOSTUNREACH, true },
	};

	*is_hard = false;
	if (type == ICMP_DEST_UNREACH && code < ARRAY_SIZE(unreach)) {
		*is_hard = unreach[code].hard;
		return -unreach[code].err;
	}
	if (type == ICMP_PARAMETERPROB) {
		*is_hard = true;
		return -EPROTO;
	}
	return -EHOSTUNREACH;
}

/* data at the ICMP header. */
static void take_error(struct netns *ns, struct pktbuf *pb, u8 type, u8 code, u32 info)
{
	const struct ip4_head *q;
	u32 hlen;

	if (!pktbuf_make_linear(pb, sizeof(struct icmp_head) + sizeof(*q)))
		return;
	q = (void *)(pb->data + sizeof(struct icmp_head));
	hlen = ip4_hlen(q);
	if (q->version_ihl >> 4 != 4 || hlen < sizeof(*q) ||
	    !pktbuf_make_linear(pb, sizeof(struct icmp_head) + hlen + 8))
		return;
	pktbuf_pull(pb, sizeof(struct icmp_head));
	q = (void *)pb->data;
	pktbuf_pull(pb, hlen);
	if (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED)
		info &= 0xffff;
	rawsock_error(ns, q, pb, type, code, info);
	TABLE_FOREACH(ipproto, __typeof__(const struct ipproto *), p)
		if ((*p)->protocol == q->protocol && (*p)->error)
			(*p)->error(ns, q, pb, type, code, info);
}

/* Turn a request into its answer and send it back. Consumes. */
static void answer_echo(struct netns *ns, struct pktbuf *pb)
{
	const struct ip4_head *h = pkt_ip4(pb);
	struct ip4send how = { .protocol = IPPROTO_ICMP, .daddr = h->saddr, .tos = h->tos, .may_fragment = true };
	const struct ipknobs *k = &ns->ip4->knobs;
	bool is_ours = ip4_local_type(ns, h->daddr) == RTN_LOCAL;
	struct iproute r;
	struct pktbuf *e;

	if (READ_ONCE(k->echo_ignores_all) || (!is_ours && READ_ONCE(k->echo_ignores_groups)) ||
	    ip4_route_out(ns, h->saddr, is_ours ? h->daddr : 0, 0, &r))
		goto out;
	how.saddr = r.saddr;
	e = pktbuf_slice(pb, 0, pb->len, PKT_HEADROOM, ALLOC_ATOMIC);
	if (!e) {
		ipstat_inc(ns, ICMPSTAT_OUT_ERRORS);
		goto out;
	}
	((struct icmp_head *)e->data)->type = ICMP_ECHOREPLY;
	finish(e);
	ip4_send(ns, &r, &how, e);
out:
	pktbuf_free(pb);
}

static void icmp4_receive(struct netns *ns, struct pktbuf *pb)
{
	const struct icmp_head *h;
	u8 type, code;

	ipstat_inc(ns, ICMPSTAT_IN_MSGS);
	if (!pktbuf_make_linear(pb, sizeof(*h)))
		goto bad;
	if (!pktsum_is_trusted(pb) && inetsum_fold(pktbuf_sum(pb, 0, pb->len, 0)) != 0xffff) {
		ipstat_inc(ns, ICMPSTAT_IN_CSUM_ERRORS);
		goto bad;
	}
	h = (void *)pb->data;
	type = h->type;
	code = h->code;
	icmp4_count_in(ns, type);
	if (type == ICMP_ECHO && !code) {
		answer_echo(ns, pb);
		return;
	}
	if (type == ICMP_ECHOREPLY) {
		ping_receive(ns, pb);
		return;
	}
	if (type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB)
		take_error(ns, pb, type, code, FROM_BE32(h->info));
	pktbuf_free(pb);
	return;
bad:
	ipstat_inc(ns, ICMPSTAT_IN_ERRORS);
	pktbuf_free(pb);
}

static const struct ipproto icmp_proto = { .protocol = IPPROTO_ICMP, .receive = icmp4_receive,
					   .error = ping_error };
IPPROTO_TABLE(icmp_proto);
