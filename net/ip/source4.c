// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which addresses a packet of IPv4 may carry that comes from a link: RFC 1122 3.2.1.3, and RFC 3704's filter
 * (rp_filter). What nobody can be, and what must have come another way, is a "martian".
 */
#include "ip_impl.h"

#include <tern/kernel/klog.h>
#include <uapi/in.h>


bool ip4_addrs_are_sane(const struct pktbuf *pb, const struct ip4_head *h)
{
	be32 saddr = h->saddr, daddr = h->daddr;

	if (saddr == INADDR_BROADCAST || ip4_is_group(saddr))
		return false;
	if (pb->nif->flags & IFF_LOOPBACK)
		return true;
	if (unlikely(ip4_is_loopback(saddr) || ip4_is_loopback(daddr)) && !if4_any(pb->nif, IF4_ROUTE_LOCALNET))
		return false;
	if (likely(saddr))
		return daddr;
	/* who has no address yet talks to everybody, or to the link's groups */
	return !daddr || daddr == INADDR_BROADCAST || (daddr & TO_BE32(0xffffff00)) == TO_BE32(0xe0000000) ||
	       (ip4_is_group(daddr) && h->protocol == IPPROTO_IGMP);
}

/* Is @nif one of the ways of @r. */
static bool leads_to(const struct fibroute *r, const struct netif *nif)
{
	for (u32 i = 0; i < r->nhops; i++)
		if (r->hops[i].nif == nif)
			return true;
	return !r->nhops && r->nif == nif;
}

/* The route back to @saddr; RCU. 0 with the type, or what the lookup said. */
static int look_back(struct netns *ns, const struct pktbuf *pb, be32 saddr, be32 daddr, u32 oif,
		     const struct fibroute **r)
{
	struct fibflow flow = { fib4_key(FROM_BE32(daddr)), fib4_key(FROM_BE32(saddr)), oif, 0, 0, 0 };
	u32 table;

	*r = fib_lookup(&ns->ip4->set.local, flow.dst, NULL, NULL);
	return *r ? 0 : fibset_lookup(&ns->ip4->set, &flow, r, &table);
}

/* An address of an interface; not only of a network that is all ours, as 127.0.0.0/8 is. */
static bool is_our_address(struct netns *ns, be32 a)
{
	const struct fibroute *r = fib_lookup(&ns->ip4->set.local, fib4_key(FROM_BE32(a)), NULL, NULL);

	return r && r->type == RTN_LOCAL && r->plen == 32;
}

int ip4_check_source(struct netns *ns, const struct pktbuf *pb, be32 saddr, be32 daddr)
{
	struct netif *nif = pb->nif;
	s32 filter = if4_max(nif, IF4_RP_FILTER);
	const struct fibroute *r;

	if (likely(!filter))
		return !is_our_address(ns, saddr) || if4_any(nif, IF4_ACCEPT_LOCAL) ? 0 : -EINVAL;
	if (!saddr)
		return 0;
	if (look_back(ns, pb, saddr, daddr, 0, &r))
		return -EXDEV;
	if (r->type != RTN_UNICAST && (r->type != RTN_LOCAL || !if4_any(nif, IF4_ACCEPT_LOCAL)))
		return -EINVAL;
	if (leads_to(r, nif))
		return 0;
	return filter == 1 || list_is_empty(&nif->addrs4) ? -EXDEV : 0;
}

void ip4_log_martian(const struct pktbuf *pb, be32 saddr, be32 daddr)
{
	const u8 *s = (const u8 *)&saddr, *d = (const u8 *)&daddr;

	if (if4_any(pb->nif, IF4_LOG_MARTIANS))
		klog_ratelimited(KLOG_WARNING, "IPv4: martian source %u.%u.%u.%u from %u.%u.%u.%u, on dev %s", d[0],
				 d[1], d[2], d[3], s[0], s[1], s[2], s[3], pb->nif->name);
}
