// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a packet holds, for drivers that ask: where its headers end, which protocol is inside. IPv4, IPv6
 * with extension headers, VLAN tags, TCP, UDP. Parsing stops at what it does not know.
 *
 * Rules of flows for the hardware (tc, ntuple) are not offered to drivers.
 */
#include "net_impl.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>

#define ETH_P_8021AD	0x88a8
#define IP_TCP		6
#define IP_UDP		17
#define TCP_LEAST	20u
#define UDP_HEAD	8u
#define IP4_LEAST	20u
#define IP6_HEAD	40u
#define EXTENSIONS_MAX	8u
#define FRAG_OFFSET	0x1fff

/* What parse() finds. */
struct headers {
	be16 type;		/* behind tags */
	u8 protocol;		/* above IP; 0: not known */
	bool is_fragment;	/* and not the first */
	u32 net, transport, end;	/* offsets */
};

/* Bytes to read: all of them, or as many of a packet as are asked for. */
struct source {
	const u8 *data;
	const struct lx_sk_buff *skb;	/* NULL: data is all */
	u32 len;
};

static bool read(const struct source *s, u32 off, void *to, u32 n)
{
	if (off + n > s->len)
		return false;
	if (s->skb)
		return !lx_skb_copy_bits(s->skb, (int)off, to, (int)n);
	memcpy(to, s->data + off, n);
	return true;
}

static bool parse_ip4(const struct source *s, struct headers *h)
{
	u8 ip[IP4_LEAST];
	u32 len;

	if (!read(s, h->net, ip, sizeof(ip)))
		return false;
	len = (ip[0] & 15) * 4u;
	if (len < IP4_LEAST || h->net + len > s->len)
		return false;
	h->transport = h->end = h->net + len;
	h->protocol = ip[9];
	h->is_fragment = (ip[6] << 8 | ip[7]) & FRAG_OFFSET;
	return true;
}

static bool is_extension(u8 protocol)
{
	return protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60;
}

static bool parse_ip6(const struct source *s, struct headers *h)
{
	u8 ip[IP6_HEAD], ext[8];

	if (!read(s, h->net, ip, sizeof(ip)))
		return false;
	h->protocol = ip[6];
	h->transport = h->end = h->net + IP6_HEAD;
	for (u32 i = 0; i < EXTENSIONS_MAX && is_extension(h->protocol); i++) {
		if (!read(s, h->end, ext, sizeof(ext)))
			return false;
		if (h->protocol == 44)
			h->is_fragment = (ext[2] << 8 | ext[3]) & 0xfff8;
		h->end += h->protocol == 44 ? 8u : (ext[1] + 1u) * 8;
		h->protocol = ext[0];
		h->transport = h->end;
	}
	return h->end <= s->len;
}

static void parse_transport(const struct source *s, struct headers *h)
{
	u8 tcp[TCP_LEAST];

	if (h->is_fragment)
		return;
	if (h->protocol == IP_UDP && h->end + UDP_HEAD <= s->len)
		h->end += UDP_HEAD;
	if (h->protocol == IP_TCP && read(s, h->end, tcp, sizeof(tcp)))
		h->end = min(s->len, h->end + max((tcp[12] >> 4) * 4u, TCP_LEAST));
}

/* @off: behind the link header, which says that @type follows. False: no IP, or cut. */
static bool parse(const struct source *s, be16 type, u32 off, struct headers *h)
{
	u8 tag[4];

	*h = (struct headers){ .type = type, .net = off, .transport = off, .end = off };
	while (h->type == TO_BE16(ETH_P_8021Q) || h->type == TO_BE16(ETH_P_8021AD)) {
		if (!read(s, h->net, tag, sizeof(tag)))
			return false;
		memcpy(&h->type, tag + 2, 2);
		h->net += sizeof(tag);
		h->end = h->transport = h->net;
	}
	if (h->type == TO_BE16(ETH_P_IP) ? !parse_ip4(s, h) :
	    h->type == TO_BE16(ETH_P_IPV6) ? !parse_ip6(s, h) : true)
		return false;
	parse_transport(s, h);
	return true;
}

/* How many bytes of a frame are headers. */
unsigned int lx_eth_get_headlen(const struct lx_net_device *dev, const void *data, unsigned int len)
{
	struct source s = { .data = data, .len = len };
	struct headers h;
	be16 type;

	if (len < ETH_HEAD)
		return len;
	memcpy(&type, (const u8 *)data + 12, sizeof(type));
	(void)parse(&s, type, ETH_HEAD, &h);
	return min(h.end, len);
}
LX_EXPORT(eth_get_headlen);

static struct lx_flow_dissector lx_flow_keys_basic_dissector = {
	.used_keys = BIT(LX_FLOW_DISSECTOR_KEY_CONTROL) | BIT(LX_FLOW_DISSECTOR_KEY_BASIC),
	.offset = { [LX_FLOW_DISSECTOR_KEY_CONTROL] = offsetof(struct lx_flow_keys_basic, control),
		    [LX_FLOW_DISSECTOR_KEY_BASIC] = offsetof(struct lx_flow_keys_basic, basic) },
};
LX_EXPORT_DATA(flow_keys_basic_dissector);

/* Fills the keys "control" and "basic", if @d wants them. */
bool lx___skb_flow_dissect(const struct lx_net *net, const struct lx_sk_buff *skb, struct lx_flow_dissector *d,
			   void *to, const void *data, unsigned short proto, int nhoff, int hlen, unsigned int flags)
{
	struct source s = { .data = data, .skb = data ? NULL : skb, .len = data ? (u32)hlen : skb->len };
	u32 off = data ? (u32)nhoff : skb->network_header - skb_headroom(skb);
	struct headers h;
	bool ok = parse(&s, data ? proto : skb->protocol, off, &h);

	if (d->used_keys & BIT(LX_FLOW_DISSECTOR_KEY_CONTROL)) {
		struct lx_flow_dissector_key_control *c = to + d->offset[LX_FLOW_DISSECTOR_KEY_CONTROL];

		c->thoff = (u16)h.transport;
	}
	if (d->used_keys & BIT(LX_FLOW_DISSECTOR_KEY_BASIC)) {
		struct lx_flow_dissector_key_basic *b = to + d->offset[LX_FLOW_DISSECTOR_KEY_BASIC];

		b->n_proto = h.type;
		b->ip_proto = h.protocol;
	}
	return ok;
}
LX_EXPORT(__skb_flow_dissect);

/* ---- rules for the hardware ---- */

int lx_flow_block_cb_setup_simple(struct lx_flow_block_offload *f, struct lx_list_head *list,
				  int (*cb)(unsigned int, void *, void *), void *a, void *b, bool ingress_only)
{
	return -EOPNOTSUPP;
}
LX_EXPORT(flow_block_cb_setup_simple);

static void *key_of(const struct lx_flow_rule *r, void *base, u32 key)
{
	return (u8 *)base + r->match.dissector->offset[key];
}

#define MATCH(name, key_id)								\
	void lx_flow_rule_match_##name(const struct lx_flow_rule *r, struct lx_flow_match_##name *m)	\
	{										\
		m->key = key_of(r, r->match.key, key_id);				\
		m->mask = key_of(r, r->match.mask, key_id);				\
	}
MATCH(basic, LX_FLOW_DISSECTOR_KEY_BASIC)
LX_EXPORT(flow_rule_match_basic);
MATCH(eth_addrs, LX_FLOW_DISSECTOR_KEY_ETH_ADDRS)
LX_EXPORT(flow_rule_match_eth_addrs);
MATCH(vlan, LX_FLOW_DISSECTOR_KEY_VLAN)
LX_EXPORT(flow_rule_match_vlan);
