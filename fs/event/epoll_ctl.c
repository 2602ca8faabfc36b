// SPDX-License-Identifier: GPL-2.0-only
/* epoll_create(2), epoll_ctl(2) and the check that sets do not watch each other in a ring. */
#include "epoll_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/vfsface.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/syscalls.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>

static u64 loop_serial;	/* epoll_loop_lock */

static long epoll_create(u32 flags)
{
	struct epset *s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);
	struct ofile *f;
	int fd;

	if (!s)
		return -ENOMEM;
	ref_init(&s->refs, 1);
	kmutex_init(&s->lock, LOCKRANK_EPOLL);
	waitq_init(&s->wait);
	waitq_init(&s->poll_wait);
	list_init(&s->ready);
	rbtree_init(&s->items);
	s->cred = cred_get(cred_self());
	s->user = s->cred->user;
	f = ofile_create_anon(&epoll_fops, s, O_RDWR | (flags & O_CLOEXEC), "[eventpoll]");
	if (IS_ERR(f)) {
		epset_put(s);
		return PTR_ERR(f);
	}
	s->file = f;
	fd = fd_add(f, flags & EPOLL_CLOEXEC);
	if (fd < 0)
		ofile_put(f);
	return fd;
}

long sys_epoll_create(int size)
{
	return size <= 0 ? -EINVAL : epoll_create(0);
}

long sys_epoll_create1(int flags)
{
	return (u32)flags & ~EPOLL_CLOEXEC ? -EINVAL : epoll_create(flags);
}

/* ---- rings ---- */

/*
 * Depth first through the sets below @s, each visited once a check. Edges only
 * appear under epoll_loop_lock, and depth is bounded, so recursion is.
 */
static int loop_visit(struct epset *s, struct epset *forbidden, u32 depth)
{
	struct rbnode *n;
	int err = 0;

	if (s == forbidden || depth > EPOLL_NEST_MAX)
		return -ELOOP;
	if (s->loop_mark == loop_serial)
		return 0;
	kmutex_lock_nested(&s->lock);
	for (n = rbtree_first(&s->items); n && !err; n = rbtree_next(n)) {
		struct epoll_item *i = container_of(n, struct epoll_item, node);

		if (ofile_is_epoll(i->file))
			err = loop_visit(i->file->of_priv, forbidden, depth + 1);
	}
	kmutex_unlock(&s->lock);
	s->loop_mark = loop_serial;
	return err;
}

/* How many sets watch @s in a row, counted to the longest. Locks: epoll_up_lock. */
static u32 height_above(struct epset *s, u32 depth)
{
	struct epoll_item *i;
	u32 best = 0;

	if (depth > EPOLL_NEST_MAX)
		return depth;
	list_foreach(i, &s->file->of_epoll, file_link) {
		u32 h = 1 + height_above(i->set, depth + 1);

		best = max(best, h);
	}
	return best;
}

int epoll_loop_check(struct epset *s, struct ofile *target)
{
	u32 above;

	loop_serial++;
	spin_lock(&epoll_up_lock);
	above = height_above(s, 0);
	spin_unlock(&epoll_up_lock);
	return loop_visit(target->of_priv, s, 1 + above);
}

/* ---- epoll_ctl ---- */

static int check_events(int op, const struct epoll_event *ev, struct ofile *target,
			const struct epoll_item *old)
{
	if (op == EPOLL_CTL_MOD && ((ev->events | old->events) & EPOLLEXCLUSIVE))
		return -EINVAL;
	if (op != EPOLL_CTL_ADD || !(ev->events & EPOLLEXCLUSIVE))
		return 0;
	if (ofile_is_epoll(target) ||
	    ev->events & ~(POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE))
		return -EINVAL;
	return 0;
}

static int ctl_locked(struct epset *s, int op, struct ofile *target, int fd, struct epoll_event *ev)
{
	struct epoll_item *item = epset_find(s, target, fd);
	int err;

	if (op == EPOLL_CTL_ADD && item)
		return -EEXIST;
	if (op != EPOLL_CTL_ADD && !item)
		return -ENOENT;
	err = check_events(op, ev, target, item);
	if (err)
		return err;
	ev->events |= POLLERR | POLLHUP;
	if (op == EPOLL_CTL_ADD)
		return epset_insert(s, target, fd, ev);
	if (op == EPOLL_CTL_MOD)
		epset_modify(item, ev);
	else
		epset_remove(item);
	return 0;
}

static int ctl(struct ofile *f, int op, struct ofile *target, int fd, struct epoll_event *ev)
{
	struct epset *s = f->of_priv;
	bool may_loop;
	int err = 0;

	if (target->of_ops->poll == fop_default_poll)
		return -EPERM;		/* always ready: nothing to wait for */
	if (f == target || !ofile_is_epoll(f))
		return -EINVAL;
	s = f->of_priv;
	/* A new edge between sets, or above this one: the graph must stand still. */
	may_loop = op == EPOLL_CTL_ADD && (ofile_is_epoll(target) || !list_is_empty(&f->of_epoll));
	if (may_loop)
		kmutex_lock(&epoll_loop_lock);
	if (may_loop && ofile_is_epoll(target))
		err = epoll_loop_check(s, target);
	if (!err) {
		kmutex_lock(&s->lock);
		err = ctl_locked(s, op, target, fd, ev);
		kmutex_unlock(&s->lock);
	}
	if (may_loop)
		kmutex_unlock(&epoll_loop_lock);
	return err;
}

long sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event __user *uev)
{
	struct epoll_event ev = { 0 };
	struct ofile *f, *target;
	long err;

	if (op != EPOLL_CTL_ADD && op != EPOLL_CTL_DEL && op != EPOLL_CTL_MOD)
		return -EINVAL;
	if (op != EPOLL_CTL_DEL && user_copyin(&ev, uev, sizeof(ev)))
		return -EFAULT;
	if (ev.events & EPOLLWAKEUP && !cap_has(CAP_BLOCK_SUSPEND))
		ev.events &= ~EPOLLWAKEUP;
	f = fd_get(epfd);
	if (IS_ERR(f))
		return PTR_ERR(f);
	target = fd_get(fd);
	if (IS_ERR(target)) {
		ofile_put(f);
		return PTR_ERR(target);
	}
	err = ctl(f, op, target, fd, &ev);
	ofile_put(target);
	ofile_put(f);
	return err;
}

struct ofile *epoll_watched(struct ofile *ep, int fd, u32 nth)
{
	struct ofile *found = ERR_PTR(-ENOENT);
	struct epset *s = ep->of_priv;

	if (!ofile_is_epoll(ep))
		return ERR_PTR(-EINVAL);
	kmutex_lock(&s->lock);
	for (struct rbnode *n = rbtree_first(&s->items); n; n = rbtree_next(n)) {
		struct epoll_item *i = container_of(n, struct epoll_item, node);

		if (i->fd == fd && !nth--) {
			found = i->file;
			break;
		}
	}
	kmutex_unlock(&s->lock);
	return found;
}
