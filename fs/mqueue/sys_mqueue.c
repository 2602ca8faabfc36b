// SPDX-License-Identifier: GPL-2.0-only
/* Entry functions of POSIX message queues: decode and copy. */
#include "mqueue_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/syscalls.h>

#define MQ_FLAGS (O_ACCMODE | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC)

long sys_mq_open(const char __user *uname, int flags, mode_t mode, const void __user *uattr)
{
	struct mq_attr_ attr;
	struct ofile *f;
	char *name;
	int fd;

	if (uattr && user_copyin(&attr, uattr, sizeof(attr)))
		return -EFAULT;
	name = path_name_get(uname, 0);
	if (IS_ERR(name))
		return PTR_ERR(name);
	f = mqfs_open(name, (u32)flags & MQ_FLAGS, mode, uattr ? &attr : NULL);
	path_name_put(name);
	if (IS_ERR(f))
		return PTR_ERR(f);
	/* Close-on-exec whether asked for or not, as POSIX has it. */
	fd = fd_add(f, true);
	if (fd < 0)
		ofile_put(f);
	return fd;
}

long sys_mq_unlink(const char __user *uname)
{
	char *name = path_name_get(uname, 0);
	long err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	err = mqfs_unlink(name);
	path_name_put(name);
	return err;
}

/* The queue behind a descriptor that was opened with the right @mode (0: any); keep the file. */
static struct mqueue *mq_get(int fd, u32 mode, struct ofile **out)
{
	struct ofile *f = fd_get(fd);

	if (IS_ERR(f))
		return ERR_CAST(f);
	if (f->of_ops != &mqueue_fops || (f->of_mode & mode) != mode) {
		ofile_put(f);
		return ERR_PTR(-EBADF);
	}
	*out = f;
	return mqueue_of(f->of_vnode);
}

/* Absolute wall time, NULL: for ever. */
static int deadline_get(const void __user *uts, u64 *out)
{
	u64 ns;
	int err;

	*out = WAIT_FOREVER;
	if (!uts)
		return 0;
	err = user_get_timespec(&ns, uts);
	if (!err)
		*out = ns;
	return err;
}

static struct mqmessage *message_get(const char __user *text, size_t size, u32 prio)
{
	struct mqmessage *m = kmem_alloc_large(sizeof(*m) + size, ALLOC_KERNEL);

	if (!m)
		return ERR_PTR(-ENOMEM);
	m->prio = prio;
	m->size = size;
	if (user_copyin(m->text, text, size)) {
		kmem_free_large(m);
		return ERR_PTR(-EFAULT);
	}
	return m;
}

static int send_to(struct mqueue *q, struct ofile *f, const char __user *text, size_t size, u32 prio,
		   u64 deadline)
{
	struct mqmessage *m;
	int err;

	if (size > q->msgsize)
		return -EMSGSIZE;
	m = message_get(text, size, prio);
	if (IS_ERR(m))
		return (int)PTR_ERR(m);
	err = mqueue_send(q, m, !(f->of_flags & O_NONBLOCK), deadline);
	if (err)
		kmem_free_large(m);
	else
		vnode_touch(&q->vn, VATTR_ATIME | VATTR_MTIME | VATTR_CTIME);
	return err;
}

long sys_mq_timedsend(int fd, const char __user *text, size_t size, u32 prio, const void __user *timeout)
{
	struct mqueue *q;
	struct ofile *f;
	u64 deadline;
	int err = deadline_get(timeout, &deadline);

	if (err)
		return err;
	if (prio >= MQ_PRIO_MAX_)
		return -EINVAL;
	q = mq_get(fd, OFILE_WRITE, &f);
	if (IS_ERR(q))
		return PTR_ERR(q);
	err = send_to(q, f, text, size, prio, deadline);
	ofile_put(f);
	return err;
}

static long receive_from(struct mqueue *q, struct ofile *f, char __user *buf, size_t size,
			 u32 __user *uprio, u64 deadline)
{
	struct mqmessage *m;
	long ret;

	if (size < q->msgsize)
		return -EMSGSIZE;
	m = mqueue_receive(q, !(f->of_flags & O_NONBLOCK), deadline);
	if (IS_ERR(m))
		return PTR_ERR(m);
	vnode_touch(&q->vn, VATTR_ATIME | VATTR_MTIME | VATTR_CTIME);
	ret = (long)m->size;
	if ((uprio && user_put(m->prio, uprio)) || user_copyout(buf, m->text, m->size))
		ret = -EFAULT;
	kmem_free_large(m);
	return ret;
}

long sys_mq_timedreceive(int fd, char __user *buf, size_t size, u32 __user *prio, const void __user *timeout)
{
	struct mqueue *q;
	struct ofile *f;
	u64 deadline;
	long ret = deadline_get(timeout, &deadline);

	if (ret)
		return ret;
	q = mq_get(fd, OFILE_READ, &f);
	if (IS_ERR(q))
		return PTR_ERR(q);
	ret = receive_from(q, f, buf, size, prio, deadline);
	ofile_put(f);
	return ret;
}

/* SIGEV_THREAD names a netlink socket that the library made; there are none. */
static int check_event(const struct sigevent_ *ev)
{
	struct ofile *f;

	switch (ev->notify) {
	case SIGEV_NONE:
		return 0;
	case SIGEV_SIGNAL:
		return ev->signo >= 0 && ev->signo <= NSIG ? 0 : -EINVAL;
	case SIGEV_THREAD:
		f = fd_get(ev->signo);
		if (IS_ERR(f))
			return (int)PTR_ERR(f);
		ofile_put(f);
		return -EINVAL;
	default:
		return -EINVAL;
	}
}

long sys_mq_notify(int fd, const void __user *uev)
{
	struct sigevent_ ev;
	struct mqueue *q;
	struct ofile *f;
	int err;

	if (uev) {
		if (user_copyin(&ev, uev, sizeof(ev)))
			return -EFAULT;
		err = check_event(&ev);
		if (err)
			return err;
	}
	q = mq_get(fd, 0, &f);
	if (IS_ERR(q))
		return PTR_ERR(q);
	err = mqnotice_set(q, uev ? &ev : NULL);
	ofile_put(f);
	return err;
}

static void attr_swap(struct mqueue *q, struct ofile *f, const struct mq_attr_ *new, struct mq_attr_ *old)
{
	*old = (struct mq_attr_){ .maxmsg = (s64)q->maxmsg, .msgsize = (s64)q->msgsize };
	spin_lock(&q->lock);
	old->curmsgs = (s64)q->count;
	spin_unlock(&q->lock);
	spin_lock(&f->of_lock);
	old->flags = f->of_flags & O_NONBLOCK;
	if (new)
		f->of_flags = (f->of_flags & ~(u32)O_NONBLOCK) | (u32)new->flags;
	spin_unlock(&f->of_lock);
}

long sys_mq_getsetattr(int fd, const void __user *unew, void __user *uold)
{
	struct mq_attr_ new, old;
	struct mqueue *q;
	struct ofile *f;

	if (unew && user_copyin(&new, unew, sizeof(new)))
		return -EFAULT;
	if (unew && (new.flags & ~(s64)O_NONBLOCK))
		return -EINVAL;
	q = mq_get(fd, 0, &f);
	if (IS_ERR(q))
		return PTR_ERR(q);
	attr_swap(q, f, unew ? &new : NULL, &old);
	ofile_put(f);
	return uold && user_copyout(uold, &old, sizeof(old)) ? -EFAULT : 0;
}
