// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routers, as hosts see them: RFC 4861 6.3, RFC 4862 5.5.
 *
 * When an interface has its link-local address, routers are asked to tell of themselves, again and again with longer
 * pauses (RFC 7559) until one does. What they say comes in a soft interrupt and is kept for the interface's work item
 * (addr6.c), which has the configuration's lock: default routes, networks on the link, addresses made from them, the
 * link's MTU, and how far packets may go.
 *
 * Limits: at most ADVERTS_MAX wait for the work item, addresses are at most max_addresses; preferences of routers and
 * routes to networks behind them (RFC 4191) are not heeded.
 * Lock order: config_lock > adverts_lock.
 */
#include "ip6_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/random.h>
#include <tern/lib/string.h>
#include <uapi/netlink.h>

#define ADVERTS_MAX	8u

struct advert { u8 type, code; be16 check; u8 hops, flags; be16 lifetime; be32 reachable, retrans; };
struct prefix_opt { u8 type, len, plen, flags; be32 valid, preferred, pad_; struct in6ip prefix; };
static_assert(sizeof(struct prefix_opt) == 32, "wire");
#define PREFIX_ON_LINK	0x80
#define PREFIX_AUTO	0x40
#define INFINITE	0xffffffffu
#define SHORT_S		7200u	/* two hours */
#define OPT_PREFIX	3
#define OPT_MTU		5

void ip6_take_advert(struct netif *nif, struct pktbuf *pb)
{
	struct if6 *i = nif->if6;
	bool ok = false;

	if (i) {
		spin_lock_bh(&i->adverts_lock);
		ok = i->nadverts < ADVERTS_MAX;
		if (ok) {
			i->nadverts++;
			list_add_tail(&pb->link, &i->adverts);
		}
		spin_unlock_bh(&i->adverts_lock);
	}
	if (ok)
		ip6_wake(i, 0);
	else
		pktbuf_free(pb);
}

/* When @s seconds are over; 0: never. */
static nsec_t end_of(u32 s)
{
	return s == INFINITE ? 0 : clock_ns() + s * NSEC_PER_SEC;
}

static u32 count_addrs(const struct netif *nif)
{
	const struct ifaddr6 *a;
	u32 n = 0;

	list_foreach(a, &nif->addrs6, link)
		n++;
	return n;
}

/* RFC 4862 5.5.3: an address of ours in a network that hosts may make them in. */
static void make_addr(struct netif *nif, const struct in6ip *prefix, u32 valid, u32 preferred)
{
	struct ifaddr6 model = { .addr = ip6_interface_id(nif, prefix), .plen = 64, .valid = end_of(valid),
				 .preferred = preferred ? end_of(preferred) : clock_ns() };
	struct ifaddr6 *a = netif_addr6(nif, &model.addr);
	s32 most = if6_own(nif, IF6_MAX_ADDRESSES);

	if (a && !a->valid)
		return;		/* somebody gave it */
	if (a && valid <= SHORT_S) {	/* who is not authenticated does not end it at once: 5.5.3 e */
		u64 left = a->valid > clock_ns() ? (a->valid - clock_ns()) / NSEC_PER_SEC : 0;

		if (valid <= left)
			model.valid = left <= SHORT_S ? a->valid : end_of(SHORT_S);
	}
	if (a)
		ip6_addr_change(nif, a, &model);
	else if (valid && (most <= 0 || count_addrs(nif) < (u32)most))
		ip6_addr_add(nif, &model);
}

static void take_prefix(struct netif *nif, const struct prefix_opt *o)
{
	u32 valid = FROM_BE32(o->valid), preferred = FROM_BE32(o->preferred);
	struct fibroute r = { .nif = nif, .type = RTN_UNICAST, .protocol = RTPROT_KERNEL, .metric = 256 };

	if (preferred > valid || in6_is_link(&o->prefix) || in6_is_group(&o->prefix) || o->plen > 128)
		return;
	if ((o->flags & PREFIX_ON_LINK) && valid) {
		r.expires = end_of(valid);
		ip6_route_add(nif->ns, RT_TABLE_MAIN, &o->prefix, o->plen, &r);
	}
	if ((o->flags & PREFIX_AUTO) && o->plen == 64 && if6_own(nif, IF6_AUTOCONF) && nif->type == ARPHRD_ETHER)
		make_addr(nif, &o->prefix, valid, preferred);
}

static void take_router(struct netif *nif, const struct pktbuf *pb, const struct advert *ra)
{
	const struct in6ip any = { 0 }, *from = &pkt_ip6(pb)->saddr;
	u32 lifetime = FROM_BE16(ra->lifetime);
	struct fibroute r = { .nif = nif, .type = RTN_UNICAST, .protocol = RTPROT_RA, .metric = 1024,
			      .gateway6 = *from };
	struct fibmatch old = { .nif = nif, .metric = 1024, .gateway6 = *from, .protocol = RTPROT_RA };

	fibset_del(&nif->ns->ip6->set, RT_TABLE_MAIN, 0, 0, &old);
	if (!lifetime)
		return;
	r.expires = clock_ns() + lifetime * NSEC_PER_SEC;
	ip6_route_add(nif->ns, RT_TABLE_MAIN, &any, 0, &r);
}

static void take_mtu(struct netif *nif, u32 mtu)
{
	if (mtu < IP6_MTU_MIN || mtu > nif->mtu)
		return;
	WRITE_ONCE(nif->conf6->v[IF6_MTU], (s32)mtu);
	netns_routes_changed(nif->ns);
}

/* One option of @n bytes. */
static void take_option(struct netif *nif, const u8 *o, u32 n)
{
	be32 mtu;

	if (o[0] == OPT_PREFIX && n == sizeof(struct prefix_opt) && if6_own(nif, IF6_ACCEPT_RA_PINFO))
		take_prefix(nif, (const void *)o);
	if (o[0] == OPT_MTU && n == 8 && if6_own(nif, IF6_ACCEPT_RA_MTU)) {
		memcpy(&mtu, o + 4, 4);
		take_mtu(nif, FROM_BE32(mtu));
	}
}

static void run_advert(struct netif *nif, struct pktbuf *pb)
{
	const struct advert *ra;
	u32 off = sizeof(*ra);

	if (!pktbuf_make_linear(pb, pb->len))
		return;
	ra = (void *)pb->data;
	nif->if6->solicit_at = 0;
	if (if6_own(nif, IF6_ACCEPT_RA_DEFRTR))
		take_router(nif, pb, ra);
	if (ra->hops)
		WRITE_ONCE(nif->conf6->v[IF6_HOP_LIMIT], ra->hops);
	while (off + 8 <= pb->len) {
		const u8 *o = pb->data + off;
		u32 n = o[1] * 8u;

		if (!n || off + n > pb->len)
			return;
		take_option(nif, o, n);
		off += n;
	}
}

void ip6_run_adverts(struct netif *nif)
{
	struct if6 *i = nif->if6;
	struct pktbuf *pb, *tmp;
	LIST_HEAD(adverts);

	spin_lock_bh(&i->adverts_lock);
	list_splice_init(&i->adverts, &adverts);
	i->nadverts = 0;
	spin_unlock_bh(&i->adverts_lock);
	if (netif_is_up(nif) && !if6_is_disabled(nif) && if6_takes_adverts(nif))
		list_foreach_safe(pb, tmp, &adverts, link)
			run_advert(nif, pb);
	pktbuf_purge(&adverts);
}

/* ---- asking ---- */

/* @t, a tenth more or less. */
static nsec_t about(nsec_t t)
{
	return t - t / 10 + random_below(t / 5 + 1);
}

void ip6_begin_solicit(struct netif *nif)
{
	struct if6 *i = nif->if6;

	i->solicits_left = if6_own(nif, IF6_SOLICITATIONS);
	if (!i->solicits_left || !if6_takes_adverts(nif))
		return;
	i->solicit_at = clock_ns();
	i->solicit_gap = about((u32)if6_own(nif, IF6_SOLICIT_INTERVAL) * NSEC_PER_SEC);
	ip6_wake(i, 0);
}

nsec_t ip6_solicit(struct netif *nif, nsec_t now)
{
	nsec_t most = (u32)if6_own(nif, IF6_SOLICIT_MAX) * NSEC_PER_SEC;
	struct if6 *i = nif->if6;

	if (i->solicit_at && i->solicit_at <= now) {
		bh_disable();
		nd_router_solicit(nif);
		bh_enable();
		if (i->solicits_left > 0)
			i->solicits_left--;
		i->solicit_at = i->solicits_left ? now + max(i->solicit_gap, NSEC_PER_SEC / 10) : 0;
		i->solicit_gap = i->solicit_gap > most / 2 ? about(most) : about(2 * i->solicit_gap);
	}
	return i->solicit_at ? i->solicit_at : U64_MAX;
}

void ip6_forget_routers(struct netif *nif)
{
	struct fibmatch told = { .nif = nif, .protocol = RTPROT_RA };

	while (!fibset_del(&nif->ns->ip6->set, RT_TABLE_MAIN, 0, 0, &told))
		;
}
