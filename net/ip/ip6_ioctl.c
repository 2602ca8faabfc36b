// SPDX-License-Identifier: GPL-2.0-only
/* ioctl(2) on an AF_INET6 socket: addresses and routes, which name interfaces by number. */
#include "ip6_impl.h"

#include <asm/uaccess.h>
#include <uapi/netlink.h>

/* Linux's in6_ifreq. */
struct ifreq6 { struct in6ip addr; u32 plen; s32 ifindex; };
static_assert(sizeof(struct ifreq6) == 24, "user ABI");

/* Linux's in6_rtmsg. */
struct rtmsg6 {
	struct in6ip dst, src, gateway;
	u32 type;
	u16 dst_len, src_len;
	u32 metric;
	u64 expires;			/* with RTF_EXPIRES */
	u32 flags;			/* RTF_* */
	s32 ifindex;			/* 0: any */
};
static_assert(sizeof(struct rtmsg6) == 80, "user ABI");

static long addr_request(struct netns *ns, u32 cmd, const struct ifreq6 *r)
{
	struct netif *nif = netif_find_index(ns, (u32)r->ifindex);

	if (r->plen > 128)
		return -EINVAL;
	if (!nif)
		return -ENODEV;
	if (cmd == SIOCSIFADDR)
		return ip6_addr_add(nif, &(struct ifaddr6){ .addr = r->addr, .plen = (u8)r->plen });
	return ip6_addr_del(nif, &r->addr, (u8)r->plen);
}

static long route_request(struct netns *ns, u32 cmd, const struct rtmsg6 *r)
{
	struct netif *nif = r->ifindex ? netif_find_index(ns, (u32)r->ifindex) : NULL;
	struct fibroute model = { .nif = nif, .metric = r->metric, .protocol = RTPROT_BOOT,
				  .type = r->flags & RTF_REJECT ? RTN_UNREACHABLE : RTN_UNICAST };

	if (r->dst_len > 128 || r->src_len || (r->flags & RTF_EXPIRES))
		return -EINVAL;
	if (r->ifindex && !nif)
		return -ENODEV;
	if (r->flags & RTF_GATEWAY)
		model.gateway6 = r->gateway;
	if (cmd == SIOCADDRT)
		return ip6_route_add(ns, RT_TABLE_MAIN, &r->dst, (u8)r->dst_len, &model);
	return fibset_del(&ns->ip6->set, RT_TABLE_MAIN, fib6_key(&r->dst), (u8)r->dst_len,
			  &(struct fibmatch){ .gateway6 = model.gateway6, .nif = nif, .metric = r->metric });
}

long ip6_ioctl(struct netns *ns, u32 cmd, uptr arg)
{
	bool is_route = cmd == SIOCADDRT || cmd == SIOCDELRT;
	union { struct ifreq6 addr; struct rtmsg6 route; } r;
	long err;

	if (!is_route && cmd != SIOCSIFADDR && cmd != SIOCDIFADDR)
		return -ENOTTY;
	if (!netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	if (user_copyin(&r, (void __user *)arg, is_route ? sizeof(r.route) : sizeof(r.addr)))
		return -EFAULT;
	kmutex_lock(&ns->config_lock);
	err = is_route ? route_request(ns, cmd, &r.route) : addr_request(ns, cmd, &r.addr);
	kmutex_unlock(&ns->config_lock);
	return err;
}
