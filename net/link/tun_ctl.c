// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/net/tun: opening, and ioctl(2). Theory in tun.c.
 *
 * All that attaches, detaches or changes an interface runs under netif_links_lock.
 */
#include "tun_impl.h"

#include <asm/uaccess.h>
#include <tern/base/initcall.h>
#include <tern/fs/chardev.h>
#include <tern/fs/devtmpfs.h>
#include <tern/fs/filesys.h>
#include <tern/kernel/cred.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>

#define TUN_MAJOR	10
#define TUN_MINOR	200
#define FEATURES	(IFF_NO_PI | IFF_ONE_QUEUE | IFF_VNET_HDR | IFF_MULTI_QUEUE)

/* ---- attaching; links lock held ---- */

static void detach(struct tunq *q)
{
	struct tun *t = q->tun;
	LIST_HEAD(lost);

	list_del_init(&q->link);
	if (q->is_enabled)
		tun_disable(t, q);
	else
		t->ndisabled--;
	spin_lock_bh(&q->lock);
	q->tun = NULL;
	list_splice_init(&q->rxq, &lost);
	q->nrxq = 0;
	spin_unlock_bh(&q->lock);
	rcu_wait();	/* senders that still have it */
	spin_lock_bh(&q->lock);
	list_splice_init(&q->rxq, &lost);
	q->nrxq = 0;
	spin_unlock_bh(&q->lock);
	pktbuf_purge(&lost);
	waitq_wake(&q->wait, 0, POLLIN | POLLERR);
	netif_put(&t->nif);
}

static int attach(struct tun *t, struct tunq *q)
{
	if (!(t->flags & IFF_MULTI_QUEUE) && t->nqueues + t->ndisabled)
		return -EBUSY;
	if (t->nqueues + t->ndisabled == TUN_QUEUES_MAX)
		return -E2BIG;
	netif_get(&t->nif);
	list_add_tail(&q->link, &t->all);
	spin_lock_bh(&q->lock);
	q->tun = t;
	spin_unlock_bh(&q->lock);
	tun_enable(t, q);
	netif_set_carrier(&t->nif, true);
	return 0;
}

static bool may_use(const struct tun *t)
{
	const struct credset *c = cred_self();

	if (netns_cap(CAP_NET_ADMIN))
		return true;
	return (t->owner == (uid_t)-1 || c->euid == t->owner) &&
	       (t->group == (gid_t)-1 || cred_in_group(c, t->group));
}

static int attach_existing(struct netif *nif, struct tunq *q, u32 flags)
{
	struct tun *t = tun_of(nif);

	if (flags & IFF_TUN_EXCL)
		return -EBUSY;
	if (!netif_is_tun(nif) || !!(flags & IFF_TAP) != !!(t->flags & IFF_TAP) ||
	    !!(flags & IFF_MULTI_QUEUE) != !!(t->flags & IFF_MULTI_QUEUE))
		return -EINVAL;
	if (!may_use(t))
		return -EPERM;
	if (!t->nqueues)
		t->flags = (t->flags & ~FEATURES) | (flags & FEATURES);
	return attach(t, q);
}

static int attach_new(struct tunq *q, u32 flags, const char *name)
{
	struct tun *t;
	int err;

	if (!netns_cap(CAP_NET_ADMIN))
		return -EPERM;
	if (name[0] && !netif_name_is_valid_pattern(name))
		return -EINVAL;
	t = tun_create(flags & (IFF_TUN | IFF_TAP | FEATURES), name[0] ? name : flags & IFF_TAP ? "tap%d" : "tun%d");
	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	t->nif.index = q->want_ifindex;
	err = attach(t, q);
	if (!err) {
		err = netif_add(&t->nif, q->ns);
		if (err) {
			detach(q);
			netif_put(&t->nif);
		}
	}
	return err;
}

static long set_iff(struct tunq *q, uptr arg)
{
	struct ifreq r;
	struct netif *nif;
	u32 flags;
	int err;

	if (user_copyin(&r, (void __user *)arg, sizeof(r)))
		return -EFAULT;
	r.ifr_name[IFNAMSIZ - 1] = '\0';
	flags = (u16)r.flags;
	if (q->tun)
		return -EEXIST;
	nif = netif_find_name(q->ns, r.ifr_name);
	if (nif)
		err = attach_existing(nif, q, flags);
	else if (!(flags & IFF_TUN) == !(flags & IFF_TAP))
		err = -EINVAL;
	else
		err = attach_new(q, flags, r.ifr_name);
	if (err)
		return err;
	memcpy(r.ifr_name, q->tun->nif.name, IFNAMSIZ);
	return user_copyout((void __user *)arg, &r, sizeof(r));
}

/* TUNSETQUEUE: a queue of several rests, or works again. */
static long set_queue(struct tunq *q, uptr arg)
{
	struct tun *t = q->tun;
	struct ifreq r;

	if (user_copyin(&r, (void __user *)arg, sizeof(r)))
		return -EFAULT;
	if (!t || !(t->flags & IFF_MULTI_QUEUE))
		return -EINVAL;
	if ((u16)r.flags & IFF_ATTACH_QUEUE) {
		if (q->is_enabled)
			return -EINVAL;
		if (!may_use(t))
			return -EPERM;
		t->ndisabled--;
		tun_enable(t, q);
		return 0;
	}
	if (!((u16)r.flags & IFF_DETACH_QUEUE) || !q->is_enabled)
		return -EINVAL;
	tun_disable(t, q);
	t->ndisabled++;
	return 0;
}

/* ---- settings ---- */

static long set_persist(struct tun *t, bool on)
{
	t->flags = on ? t->flags | IFF_PERSIST : t->flags & ~IFF_PERSIST;
	return 0;
}

static long set_offload(struct tun *t, uptr arg)
{
	u32 f = t->nif.features & ~(NETIF_F_SUM | NETIF_F_TSO4 | NETIF_F_TSO6);

	if (arg & ~(uptr)(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_UFO))
		return -EINVAL;
	if (arg & TUN_F_CSUM) {
		f |= NETIF_F_SUM;
		if (arg & TUN_F_TSO4)
			f |= NETIF_F_TSO4;
		if (arg & TUN_F_TSO6)
			f |= NETIF_F_TSO6;
	}
	WRITE_ONCE(t->nif.features, f);
	return 0;
}

static long get_iff(const struct tun *t, uptr arg)
{
	struct ifreq r = { 0 };

	memcpy(r.ifr_name, t->nif.name, IFNAMSIZ);
	r.flags = (s16)(t->flags & (IFF_TUN | IFF_TAP | IFF_PERSIST | FEATURES));
	return user_copyout((void __user *)arg, &r, sizeof(r));
}

static long hwaddr_ioctl(struct tun *t, u32 cmd, uptr arg)
{
	struct netns *ns = t->nif.ns;
	struct ifreq r;
	long err = 0;

	if (user_copyin(&r, (void __user *)arg, sizeof(r)))
		return -EFAULT;
	if (cmd == SIOCSIFHWADDR) {
		kmutex_lock(&ns->config_lock);
		err = r.hw.family == t->nif.type ? t->nif.ops->set_addr(&t->nif, r.hw.data) : -EINVAL;
		if (!err)
			netif_changed(&t->nif);
		kmutex_unlock(&ns->config_lock);
		return err;
	}
	memcpy(r.ifr_name, t->nif.name, IFNAMSIZ);
	memset(&r.hw, 0, sizeof(r.hw));
	r.hw.family = t->nif.type;
	memcpy(r.hw.data, t->nif.addr, t->nif.addr_len);
	return user_copyout((void __user *)arg, &r, sizeof(r));
}

static long set_vnet_size(struct tunq *q, s32 n)
{
	if (n < (s32)sizeof(struct vnethdr) || n > 256)
		return -EINVAL;
	WRITE_ONCE(q->vnet_size, (u32)n);
	return 0;
}

/* An integer from the program. */
static long int_ioctl(struct tunq *q, u32 cmd, uptr arg)
{
	struct tun *t = q->tun;
	s32 v;

	if (user_copyin(&v, (void __user *)arg, sizeof(v)))
		return -EFAULT;
	switch (cmd) {
	case TUNSETVNETHDRSZ:
		return set_vnet_size(q, v);
	case TUNSETCARRIER:
		netif_set_carrier(&t->nif, v);
		return 0;
	case TUNSETSNDBUF:
		if (v <= 0)
			return -EINVAL;
		WRITE_ONCE(q->sndbuf, (u32)v);
		return 0;
	}
	return -ENOTTY;
}

/* What needs an interface. */
static long attached_ioctl(struct tunq *q, u32 cmd, uptr arg)
{
	struct tun *t = q->tun;
	s32 v;

	switch (cmd) {
	case TUNGETIFF:
		return get_iff(t, arg);
	case TUNSETNOCSUM:
		return 0;	/* Linux dropped it; the features decide */
	case TUNSETPERSIST:
		return set_persist(t, arg);
	case TUNSETOWNER:
		t->owner = (uid_t)arg;
		return 0;
	case TUNSETGROUP:
		t->group = (gid_t)arg;
		return 0;
	case TUNSETLINK:
		if (netif_is_up(&t->nif))
			return -EBUSY;
		t->nif.type = (u16)arg;
		return 0;
	case TUNSETOFFLOAD:
		return set_offload(t, arg);
	case SIOCGIFHWADDR:
	case SIOCSIFHWADDR:
		return hwaddr_ioctl(t, cmd, arg);
	case TUNGETVNETHDRSZ:
	case TUNGETSNDBUF:
		v = (s32)READ_ONCE(*(cmd == TUNGETSNDBUF ? &q->sndbuf : &q->vnet_size));
		return user_copyout((void __user *)arg, &v, sizeof(v));
	case TUNSETVNETHDRSZ:
	case TUNSETCARRIER:
	case TUNSETSNDBUF:
		return int_ioctl(q, cmd, arg);
	}
	return -EINVAL;
}

static long set_ifindex(struct tunq *q, uptr arg)
{
	s32 v;

	if (user_copyin(&v, (void __user *)arg, sizeof(v)))
		return -EFAULT;
	if (q->tun)
		return -EPERM;
	if (v < 0)
		return -EINVAL;
	q->want_ifindex = (u32)v;
	return 0;
}

long tun_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	struct tunq *q = f->of_priv;
	u32 features = IFF_TUN | IFF_TAP | FEATURES;
	long ret;

	if (cmd == TUNGETFEATURES)
		return user_copyout((void __user *)arg, &features, sizeof(features));
	kmutex_lock(&netif_links_lock);
	if (cmd == TUNSETIFF)
		ret = set_iff(q, arg);
	else if (cmd == TUNSETQUEUE)
		ret = set_queue(q, arg);
	else if (cmd == TUNSETIFINDEX)
		ret = set_ifindex(q, arg);
	else
		ret = q->tun ? attached_ioctl(q, cmd, arg) : -EBADFD;
	kmutex_unlock(&netif_links_lock);
	return ret;
}

/* ---- the file ---- */

static int tun_open(struct ofile *f, struct vnode *vn)
{
	struct tunq *q = kmem_zalloc(sizeof(*q), ALLOC_KERNEL);

	if (!q)
		return -ENOMEM;
	q->ns = netns_get(netns_self());
	list_init(&q->link);
	q->vnet_size = sizeof(struct vnethdr);
	q->sndbuf = S32_MAX;
	spin_init(&q->lock, LOCKRANK_NET_XMIT);
	list_init(&q->rxq);
	waitq_init(&q->wait);
	f->of_priv = q;
	ofile_make_stream(f);
	return 0;
}

static void tun_close(struct ofile *f)
{
	struct tunq *q = f->of_priv;
	struct tun *t;

	kmutex_lock(&netif_links_lock);
	t = q->tun;
	if (t) {
		netif_get(&t->nif);
		detach(q);
		if (list_is_empty(&t->all) && (t->flags & IFF_PERSIST))
			netif_set_carrier(&t->nif, false);
		else if (list_is_empty(&t->all))
			netif_remove_locked(&t->nif);
		netif_put(&t->nif);
	}
	kmutex_unlock(&netif_links_lock);
	tun_release_queue(q);
}

static const struct ofile_ops tun_fops = {
	.open = tun_open, .release = tun_close, .read = tun_read, .write = tun_write,
	.seek = fop_no_seek, .poll = tun_poll, .ioctl = tun_ioctl, FOPS_PLAIN, FOPS_NO_STORAGE,
};

/* ---- netlink ---- */

static void tun_remove(struct netif *nif)
{
	struct tun *t = tun_of(nif);

	while (!list_is_empty(&t->all))
		detach(list_first_entry(&t->all, struct tunq, link));
	netif_remove_locked(nif);
}

static void tun_show(struct nlpkt *p, const struct netif *nif)
{
	const struct tun *t = container_of(nif, struct tun, nif);

	nlpkt_put_u8(p, IFLA_TUN_TYPE, (u8)(t->flags & (IFF_TUN | IFF_TAP)));
	if (t->owner != (uid_t)-1)
		nlpkt_put_u32(p, IFLA_TUN_OWNER, t->owner);
	if (t->group != (gid_t)-1)
		nlpkt_put_u32(p, IFLA_TUN_GROUP, t->group);
	nlpkt_put_u8(p, IFLA_TUN_PI, !(t->flags & IFF_NO_PI));
	nlpkt_put_u8(p, IFLA_TUN_VNET_HDR, !!(t->flags & IFF_VNET_HDR));
	nlpkt_put_u8(p, IFLA_TUN_PERSIST, !!(t->flags & IFF_PERSIST));
	nlpkt_put_u8(p, IFLA_TUN_MULTI_QUEUE, !!(t->flags & IFF_MULTI_QUEUE));
	if (t->flags & IFF_MULTI_QUEUE) {
		nlpkt_put_u32(p, IFLA_TUN_NUM_QUEUES, t->nqueues);
		nlpkt_put_u32(p, IFLA_TUN_NUM_DISABLED_QUEUES, t->ndisabled);
	}
}

const struct linkkind tun_kind = { .name = "tun", .remove = tun_remove, .show = tun_show };
LINKKIND(tun_kind);

static struct chardev tun_dev = { .name = "misc", .major = TUN_MAJOR, .minor = TUN_MINOR, .count = 1,
				  .ops = &tun_fops };

static int tun_start_up(void)
{
	int err = chardev_register(&tun_dev);

	return err ? err : devtmpfs_add("net/tun", S_IFCHR | 0600, 0, 0, DEV_MAKE(TUN_MAJOR, TUN_MINOR));
}
INITCALL(DEVICE, tun_start_up);
