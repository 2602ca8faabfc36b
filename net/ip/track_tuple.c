// SPDX-License-Identifier: GPL-2.0-only
/* Which connection a packet speaks of: its ends out of the headers, and how an answer looks. */
#include "track_impl.h"

#include <tern/lib/string.h>

bool cttuple_same(const struct cttuple *a, const struct cttuple *b)
{
	return a->sport == b->sport && a->dport == b->dport && a->proto == b->proto && a->is_v6 == b->is_v6 &&
	       in6_same(&a->src, &b->src) && in6_same(&a->dst, &b->dst);
}

/* The type that answers an ICMP request or is answered by it; -1: none. */
static int icmp_partner(u8 type)
{
	switch (type) {
	case ICMP_ECHO:
		return ICMP_ECHOREPLY;
	case ICMP_ECHOREPLY:
		return ICMP_ECHO;
	case ICMP_TIMESTAMP:
	case 15:	/* information, address mask: RFC 792, 950 */
	case 17:
		return type + 1;
	case ICMP_TIMESTAMP + 1:
	case 16:
	case 18:
		return type - 1;
	}
	return -1;
}

static int icmp6_partner(u8 type)
{
	switch (type) {
	case ICMP6_ECHO_REQUEST:
		return ICMP6_ECHO_REPLY;
	case ICMP6_ECHO_REPLY:
		return ICMP6_ECHO_REQUEST;
	case 139:	/* node information: RFC 4620 */
		return 140;
	case 140:
		return 139;
	}
	return -1;
}

static u8 icmp_type(const struct cttuple *t) { return (u8)(FROM_BE16(t->dport) >> 8); }

bool cttuple_invert(const struct cttuple *t, struct cttuple *out)
{
	int partner;

	*out = *t;
	out->src = t->dst;
	out->dst = t->src;
	if (t->proto == IPPROTO_ICMP || t->proto == IPPROTO_ICMPV6) {
		partner = t->is_v6 ? icmp6_partner(icmp_type(t)) : icmp_partner(icmp_type(t));
		out->dport = TO_BE16((partner << 8) | (FROM_BE16(t->dport) & 0xff));
		return partner >= 0;
	}
	out->sport = t->dport;
	out->dport = t->sport;
	return true;
}

bool cttuple_can_begin(const struct cttuple *t)
{
	u8 type = icmp_type(t);

	if (t->proto == IPPROTO_ICMP)
		return type == ICMP_ECHO || type == ICMP_TIMESTAMP || type == 15 || type == 17;
	return t->proto != IPPROTO_ICMPV6 || type == ICMP6_ECHO_REQUEST || type == 139;
}

static bool is_error4(u8 type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
	       type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

/* Packets between a host and its routers and neighbours belong to no connection: RFC 4861, 2710, 3810. */
static bool is_of_link6(u8 type) { return (type >= 130 && type <= 137) || type == 143; }

static bool read_at(const struct pktbuf *pb, u32 off, void *out, u32 n)
{
	if (off + n > pb->len)
		return false;
	pktbuf_read(pb, off, out, n);
	return true;
}

static enum ctparse read_icmp(const struct pktbuf *pb, u32 at, struct cttuple *t)
{
	u8 head[8];

	if (!read_at(pb, at, head, sizeof(head)))
		return CTPARSE_INVALID;
	if (t->is_v6 ? head[0] < 128 : is_error4(head[0]))
		return CTPARSE_ERROR;
	if (t->is_v6 && is_of_link6(head[0]))
		return CTPARSE_UNTRACKED;
	memcpy(&t->sport, head + 4, 2);
	memcpy(&t->dport, head, 2);
	return CTPARSE_OK;
}

static enum ctparse read_head4(const struct pktbuf *pb, u32 off, struct cttuple *t, u32 *l4)
{
	struct ip4_head h;

	if (!read_at(pb, off, &h, sizeof(h)) || ip4_hlen(&h) < sizeof(h) || h.version_ihl >> 4 != 4)
		return CTPARSE_INVALID;
	if (h.frag_off & TO_BE16(IP4_OFFMASK))
		return CTPARSE_INVALID;
	t->src.w[0] = h.saddr;
	t->dst.w[0] = h.daddr;
	t->proto = h.protocol;
	*l4 = off + ip4_hlen(&h);
	return CTPARSE_OK;
}

static enum ctparse read_head6(const struct pktbuf *pb, u32 off, struct cttuple *t, u32 *l4)
{
	struct ip6_head h;
	u8 next, ext[2];

	if (!read_at(pb, off, &h, sizeof(h)))
		return CTPARSE_INVALID;
	t->src = h.saddr;
	t->dst = h.daddr;
	next = h.next;
	*l4 = off + (u32)sizeof(h);
	for (u32 i = 0; i < IP6_EXT_MAX; i++) {
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS)
			break;
		if (!read_at(pb, *l4, ext, sizeof(ext)))
			return CTPARSE_INVALID;
		next = ext[0];
		*l4 += (ext[1] + 1u) * 8;
	}
	t->proto = next;
	return next == IPPROTO_FRAGMENT ? CTPARSE_UNTRACKED : CTPARSE_OK;
}

enum ctparse cttuple_read(const struct pktbuf *pb, u32 off, bool is_v6, struct cttuple *t, u32 *l4)
{
	enum ctparse got;

	memset(t, 0, sizeof(*t));
	t->is_v6 = is_v6;
	got = is_v6 ? read_head6(pb, off, t, l4) : read_head4(pb, off, t, l4);
	if (got != CTPARSE_OK)
		return got;
	if (t->proto == (is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return read_icmp(pb, *l4, t);
	if (ctproto_has_ports(t->proto) && (!read_at(pb, *l4, &t->sport, 2) || !read_at(pb, *l4 + 2, &t->dport, 2)))
		return CTPARSE_INVALID;
	return CTPARSE_OK;
}
