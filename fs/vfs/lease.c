// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leases, fcntl(F_SETLEASE): who holds one on a file is told by a signal before
 * somebody else opens or truncates it, and has lease-break-time seconds to give
 * it back or (a write lease, for a reader) to make it a read lease; then it is
 * taken.
 *
 * A vnode that ever had a lease has a leaseset. A lease belongs to an open file
 * and goes with it. Openers count themselves (vn_writers, vn_readers) before
 * they look for leases, and who sets one counts openers after it stands in the
 * set: one of the two sees the other.
 *
 * Lock order: vn_spin > the file's lock (who gets the signal).
 */
#include "vfs_impl.h"

#include <tern/fs/event.h>
#include <tern/fs/procfs.h>
#include <uapi/signal.h>

#define LEASE_BAND	(POLLIN | POLLRDNORM | POLLMSG)
#define NOT_BREAKING	0

struct lease {
	struct list link;	/* vn_spin */
	struct ofile *file;	/* I borrowed: its release removes the lease */
	s32 fd;			/* I what the signal says */
	s32 pid;		/* I for /proc/locks */
	u16 type;		/* vn_spin: F_RDLCK, F_WRLCK */
	bool must_go;		/* vn_spin: being broken altogether */
	nsec_t unlock_at, downgrade_at;	/* vn_spin: when it is taken; NOT_BREAKING */
};

struct leaseset {
	struct list leases;	/* vn_spin */
	struct waitq changed;	/* a lease went or became a read lease */
};

static u64 break_time_s = 45, is_enabled = 1;
static struct procint break_time_int = { .path = "sys/fs/lease-break-time", .value = &break_time_s,
					 .min = 0, .max = S32_MAX, .width = 8 };
PROCINT(break_time_int);
static struct procint enable_int = { .path = "sys/fs/leases-enable", .value = &is_enabled,
				     .min = 0, .max = S32_MAX, .width = 8 };
PROCINT(enable_int);

static struct leaseset *leaseset_of(struct vnode *vn)
{
	struct leaseset *s = load_acquire(&vn->vn_leases), *fresh;

	if (s)
		return s;
	fresh = kmem_zalloc(sizeof(*fresh), ALLOC_KERNEL);
	if (!fresh)
		return NULL;
	list_init(&fresh->leases);
	waitq_init(&fresh->changed);
	if (cas(&vn->vn_leases, NULL, fresh))
		return fresh;
	kmem_free(fresh);
	return vn->vn_leases;
}

void leases_free(struct vnode *vn)
{
	ASSERT(!vn->vn_leases || list_is_empty(&vn->vn_leases->leases));
	kmem_free(vn->vn_leases);
	vn->vn_leases = NULL;
}

/* ---- changes; vn_spin held ---- */

static void lease_remove(struct leaseset *s, struct lease *l)
{
	list_del(&l->link);
	kmem_free(l);
	waitq_wake_all(&s->changed);
}

static void lease_change(struct leaseset *s, struct lease *l, u16 type)
{
	l->type = type;
	l->downgrade_at = NOT_BREAKING;
	waitq_wake_all(&s->changed);
}

static bool is_breaking(const struct lease *l)
{
	return l->must_go || l->downgrade_at;
}

/* What it will be once its holder has done as told. */
static u16 future_type(const struct lease *l)
{
	return l->must_go ? F_UNLCK : l->downgrade_at ? F_RDLCK : l->type;
}

static struct lease *find(struct leaseset *s, const struct ofile *f)
{
	struct lease *l;

	list_foreach(l, &s->leases, link)
		if (l->file == f)
			return l;
	return NULL;
}

/* ---- breaking ---- */

static bool conflicts(const struct lease *l, bool for_write)
{
	return for_write || l->type == F_WRLCK;
}

static void take_overdue(struct leaseset *s, nsec_t now)
{
	struct lease *l, *next;

	list_foreach_safe(l, next, &s->leases, link) {
		if (l->must_go && now >= l->unlock_at)
			lease_remove(s, l);
		else if (l->downgrade_at && now >= l->downgrade_at)
			lease_change(s, l, F_RDLCK);
	}
}

/* Tell holders that stand in the way; when the first of them is overdue, 0 if none does. */
static nsec_t tell_holders(struct leaseset *s, bool for_write, nsec_t now)
{
	nsec_t limit = now + max_t(u64, break_time_s, 1) * NSEC_PER_SEC, first = 0;
	struct lease *l;

	list_foreach(l, &s->leases, link) {
		bool is_news = for_write ? !l->must_go : !is_breaking(l);
		nsec_t at;

		if (!conflicts(l, for_write))
			continue;
		if (is_news && for_write) {
			l->must_go = true;
			l->unlock_at = limit;
		} else if (is_news) {
			l->downgrade_at = limit;
		}
		if (is_news)
			fowner_signal(l->file, l->fd, POLL_MSG, LEASE_BAND);
		at = l->must_go ? l->unlock_at : l->downgrade_at;
		first = first ? min(first, at) : at;
	}
	return first;
}

static bool has_conflict(struct vnode *vn, struct leaseset *s, bool for_write)
{
	struct lease *l;
	bool has = false;

	spin_lock(&vn->vn_spin);
	list_foreach(l, &s->leases, link)
		has |= conflicts(l, for_write);
	spin_unlock(&vn->vn_spin);
	return has;
}

int lease_break_slow(struct vnode *vn, u32 flags)
{
	bool for_write = (flags & O_ACCMODE) != O_RDONLY;
	struct leaseset *s = load_acquire(&vn->vn_leases);
	nsec_t until;
	int err;

	for (;;) {
		spin_lock(&vn->vn_spin);
		take_overdue(s, clock_ns());
		until = tell_holders(s, for_write, clock_ns());
		spin_unlock(&vn->vn_spin);
		if (!until)
			return 0;
		if (flags & O_NONBLOCK)
			return -EAGAIN;
		err = waitq_wait_intr_until(&s->changed, !has_conflict(vn, s, for_write), until);
		if (err && err != -ETIMEDOUT)
			return err;
	}
}

/* ---- fcntl ---- */

/* Others that have the file open stand in the way of a lease. */
static bool is_open_elsewhere(const struct ofile *f, u16 type)
{
	const struct vnode *vn = f->of_vnode;
	bool writes = f->of_mode & OFILE_WRITE;

	if (type == F_RDLCK)
		return atomic_read(&vn->vn_writers) > 0;
	return atomic_read(&vn->vn_writers) != writes || atomic_read(&vn->vn_readers) != !writes;
}

static int add_locked(struct leaseset *s, struct lease *fresh, u16 type)
{
	struct lease *l, *own = find(s, fresh->file);

	list_foreach(l, &s->leases, link)
		if (l != own && (type == F_WRLCK || l->must_go))
			return -EAGAIN;
	if (is_open_elsewhere(fresh->file, type))
		return -EAGAIN;
	if (own) {
		lease_change(s, own, type);
		return 0;
	}
	list_add_tail(&fresh->link, &s->leases);
	smp_mb();
	if (!is_open_elsewhere(fresh->file, type))
		return 1;
	list_del(&fresh->link);
	return -EAGAIN;
}

static int lease_add(struct ofile *f, int fd, u16 type)
{
	struct leaseset *s = leaseset_of(f->of_vnode);
	struct lease *l = s ? kmem_zalloc(sizeof(*l), ALLOC_KERNEL) : NULL;
	int ret;

	if (!l)
		return -ENOMEM;
	*l = (struct lease){ .file = f, .fd = fd, .type = type,
			     .pid = pidref_nr(process_self()->p_pid) };
	ret = fowner_default(f);
	if (!ret) {
		spin_lock(&f->of_vnode->vn_spin);
		take_overdue(s, clock_ns());
		ret = add_locked(s, l, type);
		spin_unlock(&f->of_vnode->vn_spin);
	}
	if (ret == 1)
		return 0;
	kmem_free(l);
	return ret;
}

static int lease_end(struct ofile *f)
{
	struct vnode *vn = f->of_vnode;
	struct leaseset *s = load_acquire(&vn->vn_leases);
	struct lease *l;

	if (!s)
		return -EAGAIN;
	spin_lock(&vn->vn_spin);
	l = find(s, f);
	if (l)
		lease_remove(s, l);
	spin_unlock(&vn->vn_spin);
	return l ? 0 : -EAGAIN;
}

void leases_release(struct ofile *f)
{
	(void)lease_end(f);
}

static long lease_get(struct ofile *f)
{
	struct vnode *vn = f->of_vnode;
	struct leaseset *s = load_acquire(&vn->vn_leases);
	struct lease *l;
	long type = F_UNLCK;

	if (!s)
		return F_UNLCK;
	spin_lock(&vn->vn_spin);
	take_overdue(s, clock_ns());
	l = find(s, f);
	if (l)
		type = future_type(l);
	spin_unlock(&vn->vn_spin);
	return type;
}

long lease_fcntl(struct ofile *f, int fd, int cmd, long arg)
{
	const struct vnode *vn = f->of_vnode;

	if (cmd == F_GETLEASE)
		return lease_get(f);
	if (arg != F_RDLCK && arg != F_WRLCK && arg != F_UNLCK)
		return -EINVAL;
	if (cred_self()->fsuid != vn->vn_uid && !cap_has(CAP_LEASE))
		return -EACCES;
	if (!S_ISREG(vn->vn_mode))
		return -EINVAL;
	if (arg == F_UNLCK)
		return lease_end(f);
	return is_enabled ? lease_add(f, fd, (u16)arg) : -EINVAL;
}

/* ---- /proc/locks ---- */

/* Under the lock of the file system's list, which is inside vn_spin: a file just in use is left out. */
void leases_print(struct seqbuf *sb, struct vnode *vn, u32 *n)
{
	static const char *const names[] = { [F_RDLCK] = "READ", [F_WRLCK] = "WRITE", [F_UNLCK] = "UNLCK" };
	struct leaseset *s = load_acquire(&vn->vn_leases);
	struct lease *l;

	if (!s || !spin_trylock(&vn->vn_spin))
		return;
	list_foreach(l, &s->leases, link)
		seqbuf_printf(sb, "%u: LEASE  %s %s %d %02x:%02x:%lu 0 EOF\n", ++*n,
			      is_breaking(l) ? "BREAKING " : "ACTIVE   ", names[future_type(l)], l->pid,
			      DEV_MAJOR(vn->vn_fs->dev), DEV_MINOR(vn->vn_fs->dev), vn->vn_ino);
	spin_unlock(&vn->vn_spin);
}
