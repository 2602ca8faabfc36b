// SPDX-License-Identifier: GPL-2.0-only
/* ioctl(2) on IPv4 addresses, routes and neighbours, and /proc/net/route. */
#include "ip_impl.h"

#include <asm/uaccess.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/cred.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/lib/bits.h>
#include <uapi/netlink.h>

#include "neigh.h"

/* -1: not contiguous. */
static int plen_of(be32 mask)
{
	u32 m = FROM_BE32(mask);

	if (m & (~m >> 1))
		return -1;
	return m ? 32 - __builtin_ctz(m) : 0;
}

/* Address classes of RFC 791, for those who give no mask. */
static u8 class_plen(be32 a)
{
	u32 v = FROM_BE32(a);

	if (!(v & 0x80000000))
		return 8;
	if (!(v & 0x40000000))
		return 16;
	return v & 0x20000000 ? 32 : 24;
}

static struct ifaddr4 *first_addr(struct netif *nif, const char *label)
{
	struct ifaddr4 *a;

	list_foreach(a, &nif->addrs4, link)
		if (!strcmp(a->label, label))
			return a;
	return NULL;
}

static void put_addr(struct ifreq *r, be32 a)
{
	r->addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = a };
}

static be32 broadcast_of(const struct netif *nif, be32 addr, u8 plen)
{
	return (nif->flags & IFF_BROADCAST) && plen < 31 ? addr | ~ip4_mask(plen) : 0;
}

static u8 ip4_default_scope(be32 local)
{
	return ip4_is_loopback(local) ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
}

/* What a changes to, or a new one: in place of @a, which may be NULL. */
static int put_in_place(struct netif *nif, struct ifaddr4 *a, const struct ifaddr4 *model)
{
	struct ifaddr4 copy = *model;		/* it may be @a's */

	if (a)
		ip4_addr_del(nif, a);
	return copy.local ? ip4_addr_add(nif, &copy) : 0;
}

static int set_addr(struct netif *nif, const struct ifreq *r)
{
	struct ifaddr4 *a = first_addr(nif, r->ifr_name), new = { 0 };
	be32 local = r->addr.sin_addr;

	if (r->addr.sin_family != AF_INET)
		return -EINVAL;
	if (FROM_BE32(local) >> 28 >= 14)
		return -EINVAL;
	if (a && a->local == local)
		return 0;
	new.local = new.peer = local;
	new.plen = nif->flags & IFF_POINTOPOINT ? 32 : class_plen(local);
	new.broadcast = broadcast_of(nif, local, new.plen);
	new.scope = ip4_default_scope(local);
	strlcpy(new.label, r->ifr_name, sizeof(new.label));
	return put_in_place(nif, a, &new);
}

static int set_mask(struct netif *nif, struct ifaddr4 *a, be32 mask)
{
	struct ifaddr4 new = *a;
	int plen = plen_of(mask);

	if (plen < 0)
		return -EINVAL;
	if (plen == a->plen)
		return 0;
	new.plen = (u8)plen;
	new.broadcast = broadcast_of(nif, a->local, new.plen);
	return put_in_place(nif, a, &new);
}

static int set_broadcast(struct netif *nif, struct ifaddr4 *a, be32 broadcast)
{
	struct ifaddr4 new = *a;

	if (a->broadcast == broadcast)
		return 0;
	new.broadcast = broadcast;
	return put_in_place(nif, a, &new);
}

static int set_peer(struct netif *nif, struct ifaddr4 *a, be32 peer)
{
	struct ifaddr4 new = *a;

	if (a->peer == peer)
		return 0;
	new.peer = peer;
	return put_in_place(nif, a, &new);
}

static int addr_request(struct netif *nif, u32 cmd, struct ifreq *r)
{
	struct ifaddr4 *a = first_addr(nif, r->ifr_name);

	if (cmd == SIOCSIFADDR)
		return set_addr(nif, r);
	if (!a)
		return -EADDRNOTAVAIL;
	switch (cmd) {
	case SIOCSIFNETMASK:
		return set_mask(nif, a, r->addr.sin_addr);
	case SIOCSIFBRDADDR:
		return set_broadcast(nif, a, r->addr.sin_addr);
	case SIOCSIFDSTADDR:
		return set_peer(nif, a, r->addr.sin_addr);
	case SIOCGIFADDR:
		put_addr(r, a->local);
		break;
	case SIOCGIFDSTADDR:
		put_addr(r, a->peer);
		break;
	case SIOCGIFBRDADDR:
		put_addr(r, a->broadcast);
		break;
	default:
		put_addr(r, ip4_mask(a->plen));
	}
	return 0;
}

static bool is_addr_set(u32 cmd)
{
	return cmd == SIOCSIFADDR || cmd == SIOCSIFNETMASK || cmd == SIOCSIFBRDADDR || cmd == SIOCSIFDSTADDR;
}

static long addr_ioctl(struct netns *ns, u32 cmd, uptr arg)
{
	struct netif *nif;
	char name[IFNAMSIZ], *colon;
	struct ifreq r;
	long err;

	if (user_copyin(&r, (void __user *)arg, sizeof(r)))
		return -EFAULT;
	if (is_addr_set(cmd) && !netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	r.ifr_name[IFNAMSIZ - 1] = '\0';
	strlcpy(name, r.ifr_name, sizeof(name));
	colon = strchr(name, ':');
	if (colon)
		*colon = '\0';
	kmutex_lock(&ns->config_lock);
	nif = netif_find_name(ns, name);
	err = nif ? addr_request(nif, cmd, &r) : -ENODEV;
	kmutex_unlock(&ns->config_lock);
	if (!err && !is_addr_set(cmd) && user_copyout((void __user *)arg, &r, sizeof(r)))
		err = -EFAULT;
	return err;
}

static long ifconf_ioctl(struct netns *ns, uptr arg)
{
	struct ifconf c;
	struct netif *nif;
	struct ifaddr4 *a;
	s32 used = 0;
	long err = 0;

	if (user_copyin(&c, (void __user *)arg, sizeof(c)))
		return -EFAULT;
	kmutex_lock(&ns->config_lock);
	netif_foreach(nif, ns) {
		list_foreach(a, &nif->addrs4, link) {
			struct ifreq r = { 0 };

			if (c.ifc_buf && c.ifc_len - used < (s32)sizeof(r))
				break;
			strlcpy(r.ifr_name, a->label, IFNAMSIZ);
			put_addr(&r, a->local);
			if (c.ifc_buf && user_copyout((void __user *)c.ifc_buf + used, &r, sizeof(r)))
				err = -EFAULT;
			used += (s32)sizeof(r);
		}
	}
	kmutex_unlock(&ns->config_lock);
	c.ifc_len = used;
	if (!err && user_copyout((void __user *)arg, &c, sizeof(c)))
		err = -EFAULT;
	return err;
}

static int route_request(struct netns *ns, u32 cmd, const struct rtentry *rt, const char *dev)
{
	be32 gw = rt->rt_flags & RTF_GATEWAY ? rt->rt_gateway.sin_addr : 0;
	u32 metric = rt->rt_metric > 0 ? (u32)rt->rt_metric - 1 : 0;
	struct netif *nif = dev[0] ? netif_find_name(ns, dev) : NULL;
	struct fibroute model;
	int plen = rt->rt_flags & RTF_HOST ? 32 : plen_of(rt->rt_genmask.sin_addr);

	if (dev[0] && !nif)
		return -ENODEV;
	if (rt->rt_dst.sin_family && rt->rt_dst.sin_family != AF_INET)
		return -EAFNOSUPPORT;
	if (plen < 0 || ((rt->rt_flags & RTF_GATEWAY) && !gw && cmd == SIOCADDRT))
		return -EINVAL;
	if (cmd == SIOCDELRT)
		return fibset_del(&ns->ip4->set, RT_TABLE_MAIN, fib4_key(FROM_BE32(rt->rt_dst.sin_addr)), (u8)plen,
				  &(struct fibmatch){ .gateway = gw, .nif = nif, .metric = metric });
	model = (struct fibroute){ .gateway = gw, .nif = nif, .metric = metric, .protocol = RTPROT_BOOT,
				   .type = rt->rt_flags & RTF_REJECT ? RTN_UNREACHABLE : RTN_UNICAST,
				   .scope = gw ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK };
	return ip4_route_add(ns, RT_TABLE_MAIN, rt->rt_dst.sin_addr, (u8)plen, &model);
}

static long route_ioctl(struct netns *ns, u32 cmd, uptr arg)
{
	char dev[IFNAMSIZ] = "";
	struct rtentry rt;
	long err;

	if (!netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	if (user_copyin(&rt, (void __user *)arg, sizeof(rt)))
		return -EFAULT;
	if (rt.rt_dev && user_strncpy(dev, (char __user *)rt.rt_dev, sizeof(dev)) < 0)
		return -EFAULT;
	dev[IFNAMSIZ - 1] = '\0';
	kmutex_lock(&ns->config_lock);
	err = route_request(ns, cmd, &rt, dev);
	kmutex_unlock(&ns->config_lock);
	return err;
}

static struct netif *arp_device(struct netns *ns, const struct arpreq *q)
{
	struct iproute r;
	int err;

	if (q->arp_dev[0])
		return netif_find_name(ns, q->arp_dev);
	rcu_read_lock();
	err = ip4_route_out(ns, q->arp_pa.sin_addr, 0, 0, &r);
	rcu_read_unlock();
	return err ? NULL : r.nif;
}

static int arp_request(struct netns *ns, u32 cmd, struct arpreq *q)
{
	struct netif *nif = arp_device(ns, q);
	struct neigh n;
	int err;

	if (!nif)
		return -ENODEV;
	if (cmd == SIOCSARP)
		return neigh_put(nif->neigh4, NEIGH_KEY4(q->arp_pa.sin_addr), q->arp_ha.data, NEIGH_PERMANENT);
	if (cmd == SIOCDARP)
		return neigh_del(nif->neigh4, NEIGH_KEY4(q->arp_pa.sin_addr));
	err = neigh_get(nif->neigh4, NEIGH_KEY4(q->arp_pa.sin_addr), &n);
	if (err)
		return err;
	q->arp_ha.family = nif->type;
	memcpy(q->arp_ha.data, n.mac, 6);
	q->arp_flags = n.state >= NEIGH_REACHABLE ? (s32)ATF_COM : 0;
	if (n.state == NEIGH_PERMANENT)
		q->arp_flags |= (s32)ATF_PERM;
	strlcpy(q->arp_dev, nif->name, sizeof(q->arp_dev));
	return 0;
}

static long arp_ioctl(struct netns *ns, u32 cmd, uptr arg)
{
	struct arpreq q;
	long err;

	if (cmd != SIOCGARP && !netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	if (user_copyin(&q, (void __user *)arg, sizeof(q)))
		return -EFAULT;
	if (q.arp_pa.sin_family != AF_INET)
		return -EPFNOSUPPORT;
	q.arp_dev[15] = '\0';
	kmutex_lock(&ns->config_lock);
	err = arp_request(ns, cmd, &q);
	kmutex_unlock(&ns->config_lock);
	if (!err && cmd == SIOCGARP && user_copyout((void __user *)arg, &q, sizeof(q)))
		err = -EFAULT;
	return err;
}

long ip4_ioctl(struct netns *ns, u32 cmd, uptr arg)
{
	switch (cmd) {
	case SIOCGIFADDR:
	case SIOCSIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFBRDADDR:
	case SIOCSIFBRDADDR:
	case SIOCSIFDSTADDR:
	case SIOCGIFNETMASK:
	case SIOCSIFNETMASK:
		return addr_ioctl(ns, cmd, arg);
	case SIOCGIFCONF:
		return ifconf_ioctl(ns, arg);
	case SIOCADDRT:
	case SIOCDELRT:
		return route_ioctl(ns, cmd, arg);
	case SIOCGARP:
	case SIOCSARP:
	case SIOCDARP:
		return arp_ioctl(ns, cmd, arg);
	}
	return -ENOTTY;
}

/* ---- /proc/net/route ---- */

static bool print_one(fibkey key, u8 plen, const struct fibroute *r, void *arg)
{
	struct seqbuf *sb = arg;
	u32 flags = RTF_UP | (r->gateway ? RTF_GATEWAY : 0) | (plen == 32 ? RTF_HOST : 0) |
		    (r->type > RTN_MULTICAST ? RTF_REJECT : 0);
	char line[128];

	fmt_print(line, sizeof(line), "%s\t%08X\t%08X\t%04X\t%d\t%u\t%u\t%08X\t%d\t%u\t%u",
		  r->nif ? r->nif->name : "*", TO_BE32(fib4_addr(key)), r->gateway, flags, 0, 0, r->metric,
		  ip4_mask(plen), 0, 0, 0);
	seqbuf_printf(sb, "%-127s\n", line);
	return true;
}

static void print_routes(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%-127s\n", "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU"
		      "\tWindow\tIRTT");
	rcu_read_lock();
	fib_walk(&netns_self()->ip4->set.main, print_one, sb);
	rcu_read_unlock();
}
static struct procfile route_file = { .path = "net/route", .print = print_routes };
PROCFILE(route_file);
