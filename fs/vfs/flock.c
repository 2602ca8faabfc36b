// SPDX-License-Identifier: GPL-2.0-only
/*
 * Advisory locks: byte ranges (POSIX, owned by a process's descriptor table, and
 * open-file-description locks, owned by the open file) and whole files (flock(2)).
 *
 * Each vnode that has ever been locked has a struct flocks with two lists; the
 * range list is sorted by start, and an owner's ranges never overlap each
 * other. Who must wait sleeps on the one queue of the file and tries again
 * whenever a lock on it goes.
 *
 * A POSIX request that waits is in the global list of waiting ones with the
 * owner that blocks it. Before it sleeps, the chain "who waits for whom" is
 * followed; if it comes back to the requester, the request ends in EDEADLK.
 *
 * Lock order: fl->lock > waiting_lock; both leaves otherwise.
 */
#include "vfs_impl.h"

#include <tern/fs/procfs.h>
#include <tern/kernel/syscalls.h>

struct filelock {
	struct list link;
	const void *owner;	/* fdtab: POSIX; ofile: OFD and flock */
	s32 pid;		/* for F_GETLK; -1 for OFD locks */
	u16 type;		/* F_RDLCK, F_WRLCK */
	u64 start, end;		/* bytes, inclusive */
};

struct flocks {
	struct spin lock;	/* LOCKRANK_FS_SPIN; protects both lists */
	struct list ranges;
	struct list whole;
	struct waitq waitq;	/* who was blocked by a lock that went */
};

/* A POSIX request that sleeps. */
struct waiting {
	struct list link;
	const void *owner;
	const void *blocked_by;
};

static struct spin waiting_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects waiting_list */
static LIST_HEAD(waiting_list);

#define CHAIN_MAX 64

static struct flocks *flocks_of(struct vnode *vn)
{
	struct flocks *fl = __atomic_load_n(&vn->vn_flocks, __ATOMIC_ACQUIRE), *fresh;

	if (fl)
		return fl;
	fresh = kmem_zalloc(sizeof(*fresh), ALLOC_KERNEL);
	if (!fresh)
		return NULL;
	spin_init(&fresh->lock, LOCKRANK_FS_SPIN);
	list_init(&fresh->ranges);
	list_init(&fresh->whole);
	waitq_init(&fresh->waitq);
	spin_lock(&vn->vn_spin);
	fl = vn->vn_flocks;
	if (!fl) {
		fl = fresh;
		__atomic_store_n(&vn->vn_flocks, fresh, __ATOMIC_RELEASE);
		fresh = NULL;
	}
	spin_unlock(&vn->vn_spin);
	kmem_free(fresh);
	return fl;
}

void flocks_free(struct vnode *vn)
{
	struct flocks *fl = vn->vn_flocks;

	if (!fl)
		return;
	ASSERT(list_is_empty(&fl->ranges) && list_is_empty(&fl->whole));
	vn->vn_flocks = NULL;
	kmem_free(fl);
}

static void free_list(struct list *l)
{
	while (!list_is_empty(l)) {
		struct filelock *k = list_first_entry(l, struct filelock, link);

		list_del(&k->link);
		kmem_free(k);
	}
}

/* ---- conflicts ---- */

static bool conflicts(const struct filelock *held, const struct filelock *want)
{
	return held->owner != want->owner && held->start <= want->end && want->start <= held->end &&
	       (held->type == F_WRLCK || want->type == F_WRLCK);
}

static struct filelock *find_conflict(struct list *l, const struct filelock *want)
{
	struct filelock *k;

	list_foreach(k, l, link) {
		if (conflicts(k, want))
			return k;
	}
	return NULL;
}

/* ---- ranges ---- */

static void insert_sorted(struct list *l, struct filelock *n)
{
	struct filelock *k;

	list_foreach(k, l, link) {
		if (k->start > n->start)
			break;
	}
	list_add_tail(&n->link, &k->link);
}

static bool touches(const struct filelock *k, const struct filelock *n)
{
	/* Overlapping, or of one type and adjacent. */
	if (k->start <= n->end && n->start <= k->end)
		return true;
	return k->type == n->type && (k->end + 1 == n->start || n->end + 1 == k->start);
}

/*
 * Make [n->start, n->end] what @n says for its owner (F_UNLCK: nothing). @n
 * goes into the list unless it unlocks; @spare is used if a lock is cut in two.
 * What is not needed any more goes to @gone. Locked.
 */
static void apply_range(struct list *l, struct filelock *n, struct filelock **spare, struct list *gone)
{
	struct filelock *k, *tmp;

	list_foreach_safe(k, tmp, l, link) {
		if (k->owner != n->owner || !touches(k, n))
			continue;
		if (k->type == n->type) {	/* one lock of both */
			n->start = min(n->start, k->start);
			n->end = max(n->end, k->end);
			list_move(&k->link, gone);
			continue;
		}
		if (k->start < n->start && k->end > n->end) {	/* a hole in the middle */
			struct filelock *right = *spare;

			*spare = NULL;
			*right = *k;
			right->start = n->end + 1;
			k->end = n->start - 1;
			list_add(&right->link, &k->link);
			break;
		}
		if (k->start < n->start) {
			k->end = n->start - 1;
		} else if (k->end > n->end) {
			k->start = n->end + 1;
			list_del(&k->link);
			insert_sorted(l, k);
		} else {
			list_move(&k->link, gone);
		}
	}
	if (n->type == F_UNLCK)
		list_add(&n->link, gone);
	else
		insert_sorted(l, n);
}

/* Would waiting for @blocker close a ring of waiting owners? */
static bool is_deadlock(const void *me, const void *blocker)
{
	bool found = false;

	spin_lock(&waiting_lock);
	for (int i = 0; i < CHAIN_MAX && blocker && !found; i++) {
		const void *next = NULL;
		struct waiting *w;

		found = blocker == me;
		list_foreach(w, &waiting_list, link) {
			if (w->owner == blocker)
				next = w->blocked_by;
		}
		blocker = next;
	}
	spin_unlock(&waiting_lock);
	return found;
}

static void waiting_enter(struct waiting *w, const void *owner, const void *by)
{
	w->owner = owner;
	w->blocked_by = by;
	spin_lock(&waiting_lock);
	list_add(&w->link, &waiting_list);
	spin_unlock(&waiting_lock);
}

static void waiting_leave(struct waiting *w)
{
	spin_lock(&waiting_lock);
	list_del(&w->link);
	spin_unlock(&waiting_lock);
}

static bool try_range(struct flocks *fl, struct filelock *n, struct filelock **spare, struct list *gone,
		      const void **blocker)
{
	struct filelock *k;

	spin_lock(&fl->lock);
	k = n->type == F_UNLCK ? NULL : find_conflict(&fl->ranges, n);
	*blocker = k ? k->owner : NULL;
	if (!k)
		apply_range(&fl->ranges, n, spare, gone);
	spin_unlock(&fl->lock);
	return !k;
}

/* Sleep until something about @fl changed or a lock could be had. */
static int wait_change(struct flocks *fl, const struct filelock *n, struct list *l)
{
	struct waiter w = { 0 };
	int err = 0;

	waitq_prepare(&fl->waitq, &w, THREAD_SLEEPING, false);
	spin_lock(&fl->lock);
	if (!find_conflict(l, n)) {
		spin_unlock(&fl->lock);
	} else {
		spin_unlock(&fl->lock);
		if (signal_is_pending())
			err = -ERESTARTSYS;
		else
			(void)sched_block_until(WAIT_FOREVER);
		if (signal_is_pending())
			err = -ERESTARTSYS;
	}
	waitq_finish(&fl->waitq, &w);
	return err;
}

/* Takes over @n and @spare. */
static int set_range(struct vnode *vn, struct filelock *n, struct filelock *spare, bool wait, bool is_posix)
{
	struct flocks *fl = flocks_of(vn);
	const void *blocker;
	LIST_HEAD(gone);
	int err = fl ? 0 : -ENOMEM;

	while (!err && !try_range(fl, n, &spare, &gone, &blocker)) {
		struct waiting w;

		if (!wait) {
			err = -EAGAIN;
			break;
		}
		if (is_posix && is_deadlock(n->owner, blocker)) {
			err = -EDEADLK;
			break;
		}
		if (is_posix)
			waiting_enter(&w, n->owner, blocker);
		err = wait_change(fl, n, &fl->ranges);
		if (is_posix)
			waiting_leave(&w);
	}
	if (err)
		kmem_free(n);
	else
		waitq_wake_if_any(&fl->waitq);
	kmem_free(spare);
	free_list(&gone);
	return err;
}

/* ---- fcntl ---- */

/* l_whence, l_start and l_len to [start, end]. */
static int decode_range(struct ofile *f, const struct flock *u, struct filelock *k)
{
	s64 base, start, end;

	switch (u->l_whence) {
	case SEEK_SET: base = 0; break;
	case SEEK_CUR: base = f->of_pos; break;
	case SEEK_END: base = vnode_size(f->of_vnode); break;
	default: return -EINVAL;
	}
	if (check_add(base, u->l_start, &start))
		return -EOVERFLOW;
	if (start < 0)
		return -EINVAL;
	if (u->l_len > 0) {
		if (check_add(start, u->l_len - 1, &end))
			return -EOVERFLOW;
	} else if (u->l_len < 0) {
		end = start - 1;
		start += u->l_len;
		if (start < 0)
			return -EINVAL;
	} else {
		end = S64_MAX;
	}
	k->start = (u64)start;
	k->end = (u64)end;
	return 0;
}

static int decode(struct ofile *f, const struct flock *u, bool is_ofd, struct filelock *k)
{
	if (u->l_type != F_RDLCK && u->l_type != F_WRLCK && u->l_type != F_UNLCK)
		return -EINVAL;
	if (is_ofd && u->l_pid)
		return -EINVAL;
	k->type = (u16)u->l_type;
	k->owner = is_ofd ? (const void *)f : (const void *)thread_self()->t_files;
	k->pid = is_ofd ? -1 : pidref_nr(process_self()->p_pid);
	return decode_range(f, u, k);
}

static long get_range(struct ofile *f, struct flock *u, bool is_ofd, void __user *arg)
{
	struct flocks *fl = f->of_vnode->vn_flocks;
	struct filelock want, *k = NULL;
	int err = u->l_type == F_UNLCK ? -EINVAL : decode(f, u, is_ofd, &want);

	if (err)
		return err;
	u->l_type = F_UNLCK;
	if (fl) {
		spin_lock(&fl->lock);
		k = find_conflict(&fl->ranges, &want);
		if (k) {
			u->l_type = (s16)k->type;
			u->l_whence = SEEK_SET;
			u->l_start = (s64)k->start;
			u->l_len = k->end == (u64)S64_MAX ? 0 : (s64)(k->end - k->start + 1);
			u->l_pid = k->pid;
		}
		spin_unlock(&fl->lock);
	}
	return user_copyout(arg, u, sizeof(*u));
}

int flock_range(struct ofile *f, u64 start, u64 len, int type, bool wait)
{
	struct filelock *n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);
	struct filelock *spare = kmem_zalloc(sizeof(*spare), ALLOC_KERNEL);

	if (!n || !spare || !len || start > (u64)S64_MAX) {
		kmem_free(n);
		kmem_free(spare);
		return n && spare ? -EINVAL : -ENOLCK;
	}
	n->type = (u16)type;
	n->owner = f;
	n->pid = -1;
	n->start = start;
	n->end = len - 1 > (u64)S64_MAX - start ? (u64)S64_MAX : start + len - 1;
	return set_range(f->of_vnode, n, spare, wait, false);
}

long flock_posix(struct ofile *f, int cmd, void __user *arg)
{
	bool is_ofd = cmd >= F_OFD_GETLK, wait = cmd == F_SETLKW || cmd == F_OFD_SETLKW;
	struct filelock *n, *spare;
	struct flock u;
	int err;

	if (user_copyin(&u, arg, sizeof(u)))
		return -EFAULT;
	if (cmd == F_GETLK || cmd == F_OFD_GETLK)
		return get_range(f, &u, is_ofd, arg);
	n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);
	spare = kmem_zalloc(sizeof(*spare), ALLOC_KERNEL);
	err = n && spare ? decode(f, &u, is_ofd, n) : -ENOLCK;
	if (!err && ((n->type == F_RDLCK && !(f->of_mode & OFILE_READ)) ||
		     (n->type == F_WRLCK && !(f->of_mode & OFILE_WRITE))))
		err = -EBADF;
	if (err) {
		kmem_free(n);
		kmem_free(spare);
		return err;
	}
	return set_range(f->of_vnode, n, spare, wait, !is_ofd);
}

/* ---- flock ---- */

/* Give @f the lock @n (NULL: none); true if that works now. What it had goes to @gone. */
static bool try_whole(struct flocks *fl, const struct ofile *f, struct filelock *n, struct list *gone)
{
	struct filelock *k, *tmp, *conflict;

	spin_lock(&fl->lock);
	/* A change of kind gives the old lock up first, as on Linux. */
	list_foreach_safe(k, tmp, &fl->whole, link) {
		if (k->owner == f) {
			if (n && k->type == n->type) {
				spin_unlock(&fl->lock);
				list_add(&n->link, gone);
				return true;
			}
			list_move(&k->link, gone);
		}
	}
	conflict = n ? find_conflict(&fl->whole, n) : NULL;
	if (n && !conflict)
		list_add_tail(&n->link, &fl->whole);
	spin_unlock(&fl->lock);
	return !conflict;
}

static int set_whole(struct ofile *f, struct filelock *n, bool wait)
{
	struct flocks *fl = flocks_of(f->of_vnode);
	LIST_HEAD(gone);
	int err = 0;

	if (!fl) {
		kmem_free(n);
		return -ENOLCK;
	}
	while (!try_whole(fl, f, n, &gone)) {
		if (!list_is_empty(&gone))
			waitq_wake_if_any(&fl->waitq);
		err = wait ? wait_change(fl, n, &fl->whole) : -EAGAIN;
		if (err) {
			kmem_free(n);
			break;
		}
	}
	if (!list_is_empty(&gone))
		waitq_wake_if_any(&fl->waitq);
	free_list(&gone);
	return err;
}

long sys_flock(int fd, u32 op)
{
	bool wait = !(op & LOCK_NB);
	struct filelock *n = NULL;
	struct fdref r;
	int err;

	op &= ~LOCK_NB;
	if (op != LOCK_SH && op != LOCK_EX && op != LOCK_UN)
		return -EINVAL;
	r = fd_borrow(fd);
	if (!r.file)
		return -EBADF;
	if (op != LOCK_UN) {
		n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);
		if (!n) {
			fd_return(r);
			return -ENOLCK;
		}
		*n = (struct filelock){ .owner = r.file, .type = op == LOCK_EX ? F_WRLCK : F_RDLCK,
					.end = U64_MAX, .pid = pidref_nr(process_self()->p_pid) };
	}
	err = set_whole(r.file, n, wait);
	fd_return(r);
	return err;
}

/* ---- closing ---- */

static void drop_owner(struct flocks *fl, struct list *l, const void *owner)
{
	struct filelock *k, *tmp;
	LIST_HEAD(gone);

	spin_lock(&fl->lock);
	list_foreach_safe(k, tmp, l, link) {
		if (k->owner == owner)
			list_move(&k->link, &gone);
	}
	spin_unlock(&fl->lock);
	if (list_is_empty(&gone))
		return;
	waitq_wake_if_any(&fl->waitq);
	free_list(&gone);
}

void flocks_close(struct ofile *f, struct fdtab *owner)
{
	struct flocks *fl = __atomic_load_n(&f->of_vnode->vn_flocks, __ATOMIC_ACQUIRE);

	if (unlikely(fl))
		drop_owner(fl, &fl->ranges, owner);
}

void flocks_release(struct ofile *f)
{
	struct flocks *fl = f->of_vnode->vn_flocks;

	drop_owner(fl, &fl->ranges, f);
	drop_owner(fl, &fl->whole, f);
}

/* ---- /proc/locks ---- */

struct lock_printer { struct seqbuf *sb; u32 n; };

static void print_list(struct lock_printer *p, const struct vnode *vn, struct list *l, const char *kind)
{
	struct filelock *k;

	list_foreach(k, l, link) {
		const char *name = k->pid == -1 ? "OFDLCK" : kind;

		seqbuf_printf(p->sb, "%u: %-6s ADVISORY  %s %d %02x:%02x:%lu ", ++p->n, name,
			      k->type == F_WRLCK ? "WRITE" : "READ ", k->pid, DEV_MAJOR(vn->vn_fs->dev),
			      DEV_MINOR(vn->vn_fs->dev), vn->vn_ino);
		if (k->end >= (u64)S64_MAX)
			seqbuf_printf(p->sb, "%lu EOF\n", k->start);
		else
			seqbuf_printf(p->sb, "%lu %lu\n", k->start, k->end);
	}
}

static void print_vnode_locks(struct vnode *vn, void *arg)
{
	struct flocks *fl = __atomic_load_n(&vn->vn_flocks, __ATOMIC_ACQUIRE);

	if (!fl)
		return;
	spin_lock_nested(&fl->lock);
	print_list(arg, vn, &fl->ranges, "POSIX");
	print_list(arg, vn, &fl->whole, "FLOCK");
	spin_unlock(&fl->lock);
}

static void print_vnode(struct vnode *vn, void *arg)
{
	struct lock_printer *p = arg;

	print_vnode_locks(vn, arg);
	leases_print(p->sb, vn, &p->n);
}

static void locks_print(struct seqbuf *sb, void *arg)
{
	struct lock_printer p = { .sb = sb };

	filesys_foreach_vnode(print_vnode, &p);
}

static struct procfile proc_locks = { .path = "locks", .print = locks_print };
PROCFILE(proc_locks);
