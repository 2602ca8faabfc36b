// SPDX-License-Identifier: GPL-2.0-only
/* What the packet filter needs to know and to do about packets of IP. */
#include <tern/net/filter.h>

#include <tern/kernel/klog.h>

#include "ip6_impl.h"
#include "tcp_impl.h"


static bool find6(const struct pktbuf *pb, u8 *protocol, u32 *off)
{
	u8 next = pkt_ip6(pb)->next, head[8];
	u32 at = sizeof(struct ip6_head);
	bool is_first = true;

	for (u32 i = 0; i < IP6_EXT_MAX; i++) {
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS &&
		    next != IPPROTO_FRAGMENT)
			break;
		if (at + sizeof(head) > pb->len)
			return false;
		pktbuf_read(pb, at, head, sizeof(head));
		if (next == IPPROTO_FRAGMENT && ((head[2] << 8 | head[3]) & ~7))
			is_first = false;
		at += next == IPPROTO_FRAGMENT ? 8 : (head[1] + 1u) * 8;
		next = head[0];
	}
	*protocol = next;
	*off = at;
	return is_first;
}

bool filter_find_transport(const struct pktbuf *pb, u8 *protocol, u32 *off)
{
	const struct ip4_head *h = pkt_ip4(pb);

	if (pkt_is_v6(pb))
		return find6(pb, protocol, off);
	*protocol = h->protocol;
	*off = ip4_hlen(h);
	return !(h->frag_off & TO_BE16(IP4_OFFMASK));
}

void filter_refuse(struct netns *ns, u8 hook, struct pktbuf *pb, bool is_common, u8 code)
{
	static const u8 code4[] = { ICMP_NET_UNREACH, ICMP_PORT_UNREACH, ICMP_HOST_UNREACH, ICMP_PKT_FILTERED };
	static const u8 code6[] = { ICMP6_NO_ROUTE, ICMP6_PORT_UNREACH, ICMP6_ADDR_UNREACH, ICMP6_ADMIN_PROHIBITED };
	u8 type = pb->type;

	if (hook == NF_LOCAL_OUT || hook == NF_POST_ROUTING)
		pb->type = PKT_HOST;	/* it is for our own socket */
	if (pkt_is_v6(pb))
		icmp6_error(ns, pb, ICMP6_DEST_UNREACH, is_common ? code6[code] : code, 0);
	else
		icmp4_error(ns, pb, ICMP_DEST_UNREACH, is_common ? code4[code] : code, 0);
	pb->type = type;
}

void filter_reset(struct netns *ns, struct pktbuf *pb, u32 off)
{
	const struct tcp_head *h;
	const u8 *p;
	u32 hlen;
	u8 flags;

	if (off + sizeof(*h) > pb->len || !pktbuf_make_linear(pb, off + (u32)sizeof(*h)))
		return;
	p = pb->data + off;
	h = (const void *)p;
	hlen = (u32)(p[12] >> 4) * 4;
	if ((p[13] & TCPF_RST) || off + hlen > pb->len)
		return;
	flags = pb->flags;
	pb->flags = RTN_LOCAL;		/* answered for whomever it was meant */
	tcp_reply_reset(ns, pb, h, pb->len - off - hlen + !!(p[13] & TCPF_SYN) + !!(p[13] & TCPF_FIN));
	pb->flags = flags;
}

void filter_log(const char *prefix, const struct netif *in, const struct netif *out, const struct pktbuf *pb)
{
	const char *iname = in ? in->name : "", *oname = out ? out->name : "";

	if (pkt_is_v6(pb)) {
		const struct ip6_head *h = pkt_ip6(pb);

		kinfo("%sIN=%s OUT=%s SRC=%016lx%016lx DST=%016lx%016lx LEN=%u PROTO=%u", prefix, iname, oname,
		      __builtin_bswap64(h->saddr.q[0]), __builtin_bswap64(h->saddr.q[1]),
		      __builtin_bswap64(h->daddr.q[0]), __builtin_bswap64(h->daddr.q[1]), pb->len, h->next);
	} else {
		const struct ip4_head *h = pkt_ip4(pb);
		const u8 *s = (const u8 *)&h->saddr, *d = (const u8 *)&h->daddr;

		kinfo("%sIN=%s OUT=%s SRC=%u.%u.%u.%u DST=%u.%u.%u.%u LEN=%u PROTO=%u", prefix, iname, oname,
		      s[0], s[1], s[2], s[3], d[0], d[1], d[2], d[3], pb->len, h->protocol);
	}
}
