// SPDX-License-Identifier: GPL-2.0-only
/*
 * ARP, RFC 826: who has an IPv4 address on a link. Entries are neigh.c's; here is what is asked, what is answered,
 * and what is believed.
 *
 * Questions are answered for every address of ours, whichever interface it is on, unless arp_ignore or arp_filter
 * of the interface say otherwise, and for others' that we would forward to (proxy_arp). RFC 5227's probes have no
 * sender: they are answered, nothing is learnt.
 */
#include "ip_impl.h"

#include <tern/fs/procfs.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>

#include "neigh.h"

#define REQUEST	1
#define REPLY	2

static void send(struct netif *nif, u16 op, const u8 *dst, be32 tpa, be32 spa, const u8 *tha)
{
	struct pktbuf *pb = pktbuf_alloc(PKT_HEADROOM, sizeof(struct arp_head), ALLOC_ATOMIC);
	struct arp_head *h;

	if (!pb)
		return;
	h = pktbuf_put(pb, sizeof(*h));
	*h = (struct arp_head){ .htype = TO_BE16(1), .ptype = TO_BE16(ETH_P_IP), .hlen = 6, .plen = 4,
				.op = TO_BE16(op), .spa = spa, .tpa = tpa };
	memcpy(h->sha, nif->addr, 6);
	if (tha)
		memcpy(h->tha, tha, 6);
	pb->protocol = TO_BE16(ETH_P_ARP);
	pb->net = (u16)pktbuf_headroom(pb);
	nif->ops->header(nif, pb, dst);
	netif_send(nif, pb);
}

/* ---- questions ---- */

/* Is there a network of @nif's that both are in. */
static bool share_network(const struct netif *nif, be32 a, be32 b)
{
	const struct ifaddr4 *i;

	list_foreach_rcu(i, &nif->addrs4, link)
		if (ifaddr4_covers(i, a) && ifaddr4_covers(i, b))
			return true;
	return false;
}

/* May neighbours be told of our address @from, in a question about @ip. */
static bool may_announce(const struct netif *nif, be32 from, be32 ip)
{
	s32 level = if4_max(nif, IF4_ARP_ANNOUNCE);

	if (!from || level >= 2 || ip4_local_type(nif->ns, from) != RTN_LOCAL)
		return false;
	return level != 1 || share_network(nif, from, ip);
}

void arp_ask(struct netif *nif, be32 ip, const u8 *dst, be32 from)
{
	bh_disable();
	rcu_read_lock();
	send(nif, REQUEST, dst, ip, may_announce(nif, from, ip) ? from : ip4_addr_for(nif, ip), NULL);
	rcu_read_unlock();
	bh_enable();
}

/* ---- answers ---- */

/* arp_ignore: is there an address @tpa, of no wider than @scope, on @nif (NULL: any), near @spa (0: wherever). */
static bool has_addr(struct netns *ns, const struct netif *nif, be32 tpa, be32 spa, u8 scope)
{
	const struct ifaddr4 *a;
	struct netif *i;

	netif_foreach(i, ns) {
		if (nif && i != nif)
			continue;
		list_foreach_rcu(a, &i->addrs4, link)
			if (a->local == tpa && a->scope <= scope && (!spa || ifaddr4_covers(a, spa)))
				return true;
	}
	return false;
}

static bool is_ignored(struct netif *nif, be32 tpa, be32 spa)
{
	switch (if4_max(nif, IF4_ARP_IGNORE)) {
	case 1:
		return !has_addr(nif->ns, nif, tpa, 0, RT_SCOPE_HOST);
	case 2:
		return !has_addr(nif->ns, nif, tpa, spa, RT_SCOPE_HOST);
	case 3:
		return !has_addr(nif->ns, NULL, tpa, 0, RT_SCOPE_LINK);
	case 8:
		return true;
	default:
		return false;
	}
}

/* arp_filter: what we send to @spa goes out elsewhere; counted. */
static bool is_filtered(struct netif *nif, be32 tpa, be32 spa)
{
	struct iproute r;

	if (!if4_any(nif, IF4_ARP_FILTER) || (!ip4_route_out(nif->ns, spa, tpa, 0, &r) && r.nif == nif))
		return false;
	ipstat_inc(nif->ns, TCPSTAT_ARP_FILTERED);
	return true;
}

/* Somebody else's address, to whom we would forward. */
static bool is_proxied(struct netif *nif, be32 tpa, be32 spa)
{
	struct iproute r;

	return if4_any(nif, IF4_PROXY_ARP) && if4_own(nif, IF4_FORWARDING) &&
	       !ip4_route_flow(nif->ns, tpa, spa, 0, nif->index, 0, &r) && r.type == RTN_UNICAST && r.nif != nif;
}

static bool is_to_answer(struct pktbuf *pb, const struct arp_head *h)
{
	struct netif *nif = pb->nif;

	if (h->spa && ip4_check_source(nif->ns, pb, h->spa, h->tpa))
		return false;
	if (ip4_local_type(nif->ns, h->tpa) != RTN_LOCAL)
		return h->spa && is_proxied(nif, h->tpa, h->spa);
	return !is_ignored(nif, h->tpa, h->spa) && (!h->spa || !is_filtered(nif, h->tpa, h->spa));
}

/* ---- what is believed ---- */

/* Told to everybody, by who has it. */
static bool is_gratuitous(const struct arp_head *h)
{
	return h->spa == h->tpa && (h->op == TO_BE16(REQUEST) || !memcmp(h->sha, h->tha, 6));
}

/* May an entry be made of what nobody asked for. */
static bool is_welcome(const struct netif *nif, const struct arp_head *h)
{
	s32 level = if4_max(nif, IF4_ARP_ACCEPT);

	if (!level || (!is_gratuitous(h) && h->op != TO_BE16(REPLY)))
		return false;
	return level != 2 || share_network(nif, h->spa, h->spa);
}

static void take(struct pktbuf *pb, const struct arp_head *h)
{
	struct netif *nif = pb->nif;
	u32 how;

	if (h->op == TO_BE16(REQUEST) && is_to_answer(pb, h)) {
		send(nif, REPLY, h->sha, h->spa, h->tpa, h->sha);
		if (h->spa)
			neigh_learn(nif->neigh4, NEIGH_KEY4(h->spa), h->sha, NEIGH_MAKE);
		return;
	}
	if (!h->spa || ip4_local_type(nif->ns, h->spa) != RTN_UNICAST)
		return;
	how = h->op == TO_BE16(REPLY) && pb->type == PKT_HOST ? NEIGH_ANSWER : 0;
	neigh_learn(nif->neigh4, NEIGH_KEY4(h->spa), h->sha, how | (is_welcome(nif, h) ? NEIGH_MAKE : 0));
}

static void arp_receive(struct pktbuf *pb)
{
	struct netif *nif = pb->nif;
	const struct arp_head *h;

	if (!nif->neigh4 || pb->type == PKT_OTHERHOST || !pktbuf_make_linear(pb, sizeof(*h)))
		goto out;
	h = (void *)pb->data;
	if (!arp_parse(h, pb->linear) || (h->sha[0] & 1))
		goto out;
	if (ip4_is_group(h->tpa) || (ip4_is_loopback(h->tpa) && !if4_any(nif, IF4_ROUTE_LOCALNET)))
		goto out;
	if (is_gratuitous(h) && if4_any(nif, IF4_DROP_GRATUITOUS_ARP))
		goto out;
	take(pb, h);
out:
	pktbuf_free(pb);
}
static const struct linkproto arp_link = { .type = TO_BE16(ETH_P_ARP), .receive = arp_receive };
LINKPROTO(arp_link);

/* ---- arp_notify ---- */

static void tell_neighbours(struct netif *nif)
{
	const struct ifaddr4 *a;

	if (!if4_max(nif, IF4_ARP_NOTIFY))
		return;
	bh_disable();
	list_foreach(a, &nif->addrs4, link)
		send(nif, REQUEST, NULL, a->local, a->local, NULL);
	bh_enable();
}

/* config_lock held. */
static int arp_watch(struct netif *nif, enum netevent ev)
{
	bool is_new;

	if (!nif->neigh4 || (ev != NETEVENT_UP && ev != NETEVENT_CHANGE))
		return 0;
	is_new = memcmp(nif->neigh4->told, nif->addr, 6);
	memcpy(nif->neigh4->told, nif->addr, 6);
	if (ev == NETEVENT_UP || (is_new && netif_is_up(nif)))
		tell_neighbours(nif);
	return 0;
}
NETWATCH(arp_watch);

/* ---- /proc/net/arp ---- */

static bool print_one(const struct neigh *n, void *arg)
{
	const u8 *a = (const u8 *)&n->ip, *m = n->mac;
	struct seqbuf *sb = arg;
	char ip[16];

	fmt_print(ip, sizeof(ip), "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
	seqbuf_printf(sb, "%-16s 0x%-10x0x%-10x%02x:%02x:%02x:%02x:%02x:%02x     *        %s\n", ip, 1,
		      neigh_is_usable(n) ? n->state == NEIGH_PERMANENT ? 6 : 2 : 0, m[0], m[1], m[2], m[3], m[4], m[5],
		      n->table->nif->name);
	return true;
}

static void print_arp(struct seqbuf *sb, void *arg)
{
	struct netif *nif;

	seqbuf_puts(sb, "IP address       HW type     Flags       HW address            Mask     Device\n");
	rcu_read_lock();
	netif_foreach(nif, netns_self())
		if (nif->neigh4)
			neigh_walk(nif->neigh4, print_one, sb);
	rcu_read_unlock();
}
static struct procfile arp_file = { .path = "net/arp", .print = print_arp };
PROCFILE(arp_file);
