// SPDX-License-Identifier: GPL-2.0-only
/* Options of AF_PACKET sockets, and what they ask of interfaces. */
#include "packet_impl.h"

#include <tern/lib/string.h>
#include <tern/mm/slab.h>

/* @delta 1 or -1; config_lock held. */
static void ask(struct netif *nif, u16 type, s32 delta)
{
	if (type == PACKET_MR_PROMISC)
		netif_add_promisc(nif, delta, 0);
	else	/* single groups are not filtered by devices here */
		netif_add_promisc(nif, 0, delta);
}

static struct packmember *find_member(struct packsock *ps, const struct packet_mreq *m)
{
	struct packmember *p;

	list_foreach(p, &ps->members, link)
		if (p->ifindex == (u32)m->ifindex && p->type == m->type)
			return p;
	return NULL;
}

static int join(struct packsock *ps, const struct packet_mreq *m)
{
	struct netif *nif = netif_find_index(ps->net, (u32)m->ifindex);
	struct packmember *p = find_member(ps, m);

	if (!nif)
		return -ENODEV;
	if (m->type > PACKET_MR_UNICAST)
		return -EINVAL;
	if (m->type == PACKET_MR_UNICAST)
		return -EOPNOTSUPP;
	if (p) {
		p->count++;
		return 0;
	}
	p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);
	if (!p)
		return -ENOBUFS;
	*p = (struct packmember){ .ifindex = nif->index, .type = m->type, .count = 1 };
	list_add_tail(&p->link, &ps->members);
	ask(nif, m->type, 1);
	return 0;
}

static void leave(struct packsock *ps, struct packmember *p)
{
	struct netif *nif = netif_find_index(ps->net, p->ifindex);

	if (nif)
		ask(nif, p->type, -1);
	list_unlink(&p->link);
	kmem_free(p);
}

void packsock_leave_all(struct packsock *ps)
{
	struct packmember *p, *next;

	list_foreach_safe(p, next, &ps->members, link)
		leave(ps, p);
}

static int set_member(struct packsock *ps, int name, const void *val, u32 len)
{
	struct packmember *p;
	struct packet_mreq m;
	int err = 0;

	if (len < sizeof(m))
		return -EINVAL;
	memcpy(&m, val, sizeof(m));
	kmutex_lock(&ps->net->config_lock);
	if (name == PACKET_ADD_MEMBERSHIP) {
		err = join(ps, &m);
	} else {
		p = find_member(ps, &m);
		if (!p)
			err = -EADDRNOTAVAIL;
		else if (!--p->count)
			leave(ps, p);
	}
	kmutex_unlock(&ps->net->config_lock);
	return err;
}

/* What a ring looks like: before there is one. */
static int set_shape(struct packsock *ps, int name, u32 v)
{
	int err = 0;

	if (name == PACKET_VERSION ? v > TPACKET_V2 : v > S32_MAX / 2)
		return -EINVAL;
	spin_lock_bh(&ps->lock);
	if (ps->ring)
		err = -EBUSY;
	else if (name == PACKET_VERSION)
		ps->version = (u8)v;
	else
		ps->reserve = v;
	spin_unlock_bh(&ps->lock);
	return err;
}

int packsock_setopt(struct netsock *s, int level, int name, const void *val, u32 len)
{
	struct packsock *ps = packsock_of(s);
	s32 v;

	if (level != SOL_PACKET)
		return -ENOPROTOOPT;
	if (name == PACKET_ADD_MEMBERSHIP || name == PACKET_DROP_MEMBERSHIP)
		return set_member(ps, name, val, len);
	if (name == PACKET_RX_RING) {
		struct tpacket_req q;

		if (len < sizeof(q))
			return -EINVAL;
		memcpy(&q, val, sizeof(q));
		return packring_set(ps, &q);
	}
	if (len < sizeof(v))
		return -EINVAL;
	memcpy(&v, val, sizeof(v));
	switch (name) {
	case PACKET_VERSION:
	case PACKET_RESERVE:
		return set_shape(ps, name, (u32)v);
	case PACKET_AUXDATA:
		ps->want_auxdata = v;
		return 0;
	case PACKET_ORIGDEV:
		ps->want_origdev = v;
		return 0;
	case PACKET_IGNORE_OUTGOING:
		if (v < 0 || v > 1)
			return -EINVAL;
		ps->ignores_out = v;
		return 0;
	}
	return -ENOPROTOOPT;
}

int packsock_getopt(struct netsock *s, int level, int name, void *val, u32 *len)
{
	struct packsock *ps = packsock_of(s);
	struct tpacket_stats st;
	s32 v;

	if (level != SOL_PACKET)
		return -ENOPROTOOPT;
	switch (name) {
	case PACKET_STATISTICS:
		spin_lock_bh(&ps->lock);
		st = ps->stats;
		ps->stats = (struct tpacket_stats){ 0 };
		spin_unlock_bh(&ps->lock);
		st.packets += st.drops;
		*len = min_t(u32, *len, sizeof(st));
		memcpy(val, &st, *len);
		return 0;
	case PACKET_VERSION:
		v = ps->version;
		break;
	case PACKET_RESERVE:
		v = (s32)ps->reserve;
		break;
	case PACKET_HDRLEN:
		if (*len < sizeof(v))
			return -EINVAL;
		memcpy(&v, val, sizeof(v));
		if (v != TPACKET_V1 && v != TPACKET_V2)
			return -EINVAL;
		v = (s32)(v == TPACKET_V1 ? sizeof(struct tpacket1_head) : sizeof(struct tpacket2_head));
		break;
	case PACKET_AUXDATA:
		v = ps->want_auxdata;
		break;
	case PACKET_ORIGDEV:
		v = ps->want_origdev;
		break;
	case PACKET_IGNORE_OUTGOING:
		v = ps->ignores_out;
		break;
	default:
		return -ENOPROTOOPT;
	}
	*len = min_t(u32, *len, sizeof(v));
	memcpy(val, &v, *len);
	return 0;
}
