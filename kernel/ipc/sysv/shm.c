// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared memory segments: shmget(2), shmat(2), shmdt(2), shmctl(2).
 *
 * A segment is a memory object (mm/shmem.c) with a number. Each region that
 * maps it counts in nattch and holds a reference; IPC_RMID hides the key and
 * marks SHM_DEST, and the detach that finds nattch 0 takes the number out of
 * the table. Who still holds the number in between may attach: then the
 * segment lives on, without a number, until that region goes too.
 *
 * Lock order: as_lock > table lock > segment lock. Region ops run under as_lock.
 *
 * Limits: no huge pages (SHM_HUGETLB answers ENOMEM, as with an empty pool).
 * Memory is never paged out, so SHM_LOCK only counts against the limit.
 */
#include "sysv_impl.h"

#include <tern/lib/fmt.h>
#include <tern/mm/shmem.h>
#include <uapi/mman.h>
#include <uapi/resource.h>

/* Legend: I immutable, L o.lock. */
struct shmseg {
	struct ipcobj o;	/* first: freed by its address */
	struct shmem *mem;	/* I */
	u64 segsz;		/* I bytes */
	u64 nattch;		/* L */
	s64 atime, dtime, ctime;	/* L seconds */
	s32 cpid, lpid;		/* L */
	const struct credset *locker;	/* L with a reference; whose limit SHM_LOCK counts against */
	char name[24];		/* I for /proc/PID/maps */
};

struct sysvlimits sysv_limits = {
	.shmmax = U64_MAX - (1UL << 24), .shmall = U64_MAX - (1UL << 24), .shmmni = 4096,
	.msgmax = 8192, .msgmnb = 16384, .msgmni = 32000,
	.semmsl = 32000, .semmns = 1024000000, .semopm = 500, .semmni = 32000,
};

static inline struct shmseg *shm_of(struct ipcobj *o) { return container_of(o, struct shmseg, o); }
static inline u64 pages_of(const struct shmseg *s) { return DIV_ROUND_UP(s->segsz, PAGE_SIZE); }

static void locker_drop(const struct credset *c, u64 npages)
{
	if (!c)
		return;
	atomic_add(&c->user->locked_pages, -(s64)npages);
	cred_put(c);
}

void shm_free(struct ipcobj *o)
{
	struct shmseg *s = shm_of(o);

	locker_drop(s->locker, pages_of(s));
	shmem_put(s->mem);
	atomic_add(&o->ns->shm_pages, -(s64)pages_of(s));
	rcu_defer_free(&o->rcu, s);
}

/* ---- shmget ---- */
struct shmget_arg { s32 key; u64 size; int flags; };

/* Fill in a segment whose pages are counted already. */
static struct shmseg *seg_build(const struct shmget_arg *g)
{
	struct shmseg *s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);

	if (!s)
		return NULL;
	s->mem = shmem_create(g->size, !(g->flags & SHM_NORESERVE));
	if (!s->mem) {
		kmem_free(s);
		return NULL;
	}
	ipcobj_init(&s->o, g->key, g->flags);
	s->segsz = g->size;
	s->ctime = ipc_now();
	s->cpid = ipc_self_pid();
	fmt_print(s->name, sizeof(s->name), "/SYSV%08x (deleted)", (u32)g->key);
	return s;
}

static struct ipcobj *shm_make(void *arg)
{
	const struct shmget_arg *g = arg;
	u64 npages = DIV_ROUND_UP(g->size, PAGE_SIZE);
	struct shmseg *s;

	if (!g->size || g->size > READ_ONCE(sysv_limits.shmmax))
		return ERR_PTR(-EINVAL);
	if (g->size > S64_MAX - PAGE_SIZE)
		return ERR_PTR(-ENOSPC);
	if (g->flags & SHM_HUGETLB)
		return ERR_PTR(-ENOMEM);
	if ((u64)atomic_add_return(&sysv_self()->shm_pages, npages) > READ_ONCE(sysv_limits.shmall)) {
		atomic_add(&sysv_self()->shm_pages, -(s64)npages);
		return ERR_PTR(-ENOSPC);
	}
	s = seg_build(g);
	if (!s) {
		atomic_add(&sysv_self()->shm_pages, -(s64)npages);
		return ERR_PTR(-ENOMEM);
	}
	return &s->o;
}

static int shm_fits(const struct ipcobj *o, void *arg)
{
	const struct shmget_arg *g = arg;

	return container_of(o, struct shmseg, o)->segsz < g->size ? -EINVAL : 0;
}

long sys_shmget(int key, size_t size, int flags)
{
	struct shmget_arg g = { key, size, flags };
	struct ipcget get = { shm_make, shm_fits, &g };

	return ipc_getid(&shm_table, key, flags, READ_ONCE(sysv_limits.shmmni), &get);
}

/* ---- attaching ---- */

static void attach_locked(struct shmseg *s)
{
	s->nattch++;
	ref_get(&s->o.refs);
}

/* One attachment less, with its reference. */
static void detach(struct shmseg *s, bool is_unmap)
{
	bool is_last;

	spin_lock(&s->o.lock);
	if (is_unmap) {
		s->dtime = ipc_now();
		s->lpid = ipc_self_pid();
	}
	is_last = !--s->nattch && (s->o.mode & SHM_DEST);
	spin_unlock(&s->o.lock);
	if (is_last)
		ipc_remove(&shm_table, &s->o);
	ipc_put(&shm_table, &s->o);
}

static void shm_region_open(struct region *rg)
{
	struct shmseg *s = rg->priv;

	spin_lock(&s->o.lock);
	attach_locked(s);
	s->atime = ipc_now();
	s->lpid = ipc_self_pid();
	spin_unlock(&s->o.lock);
}

static void shm_region_close(struct region *rg)
{
	detach(rg->priv, true);
}

static int shm_region_may_split(struct region *rg, uptr addr)
{
	return 0;
}

static const char *shm_region_name(struct region *rg)
{
	return ((struct shmseg *)rg->priv)->name;
}

static const struct region_ops region_ops_sysvshm = {
	.open = shm_region_open,
	.close = shm_region_close,
	.fault = pagecache_region_fault,
	.may_split = shm_region_may_split,
	.name = shm_region_name,
};

/* Where, and with what rights; 0 or -EINVAL. @want: mode bits asked of the segment. */
static int attach_request(struct map_request *req, uptr addr, int flags, u32 *want)
{
	req->rflags = REGION_SHARED | REGION_READ | REGION_MAYREAD | REGION_MAYEXEC;
	req->map_flags = MAP_SHARED;
	req->ops = &region_ops_sysvshm;
	*want = 0444;
	if (!(flags & SHM_RDONLY)) {
		req->rflags |= REGION_WRITE | REGION_MAYWRITE;
		*want |= 0222;
	}
	if (flags & SHM_EXEC) {
		req->rflags |= REGION_EXEC;
		*want |= 0111;
	}
	if (!addr)
		return flags & SHM_REMAP ? -EINVAL : 0;
	if (addr & ~PAGE_MASK) {
		if (!(flags & SHM_RND))
			return -EINVAL;
		addr &= PAGE_MASK;
		if (!addr && (flags & SHM_REMAP))
			return -EINVAL;
	}
	req->addr = addr;
	req->map_flags |= flags & SHM_REMAP ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	return 0;
}

/* The segment with one attachment counted, so that it stays while it is mapped. */
static struct shmseg *attach_begin(s32 id, u32 want)
{
	struct ipcobj *o = ipc_find(&shm_table, id);
	int err;

	if (IS_ERR(o))
		return ERR_CAST(o);
	err = ipc_lock(o);
	if (!err) {
		err = ipc_check(o, want);
		if (!err)
			attach_locked(shm_of(o));
		ipc_unlock(o);
	}
	ipc_put(&shm_table, o);
	return err ? ERR_PTR(err) : shm_of(o);
}

long sys_shmat(int id, uptr addr, int flags)
{
	struct map_request req = { 0 };
	struct shmseg *s;
	uptr end;
	long at;
	u32 want;

	if (id < 0)
		return -EINVAL;
	at = attach_request(&req, addr, flags, &want);
	if (at)
		return at;
	s = attach_begin(id, want);
	if (IS_ERR(s))
		return PTR_ERR(s);
	req.len = s->segsz;
	req.pc = shmem_cache(s->mem);
	req.priv = s;
	at = req.addr && check_add(req.addr, s->segsz, &end) ? -EINVAL
							     : aspace_map(aspace_self(), &req);
	detach(s, false);
	return at == -EEXIST ? -EINVAL : at;
}

long sys_shmdt(uptr addr)
{
	if (addr & ~PAGE_MASK)
		return -EINVAL;
	return aspace_unmap_object(aspace_self(), addr, &region_ops_sysvshm);
}

/* ---- shmctl ---- */

static long shm_limits(void __user *buf)
{
	struct shminfo64_ i = {
		.shmmax = sysv_limits.shmmax, .shmmin = 1, .shmmni = sysv_limits.shmmni,
		.shmseg = sysv_limits.shmmni, .shmall = sysv_limits.shmall,
	};

	return user_copyout(buf, &i, sizeof(i)) ? -EFAULT : ipc_max_index(&shm_table);
}

static u64 resident_pages(void)
{
	struct ipcobj *o;
	u64 n = 0;

	for (u32 i = 0; (o = ipc_find_index(&shm_table, &i)); i++) {
		n += READ_ONCE(shmem_cache(shm_of(o)->mem)->npages);
		ipc_put(&shm_table, o);
	}
	return n;
}

static long shm_totals(void __user *buf)
{
	struct shm_info_ i = {
		.used_ids = (s32)READ_ONCE(shm_table.count),
		.tot = atomic_read(&sysv_self()->shm_pages), .rss = resident_pages(),
	};

	return user_copyout(buf, &i, sizeof(i)) ? -EFAULT : ipc_max_index(&shm_table);
}

static void fill_stat(struct shmseg *s, struct shmid64_ds_ *d)
{
	*d = (struct shmid64_ds_){ .segsz = s->segsz, .atime = s->atime, .dtime = s->dtime,
		.ctime = s->ctime, .cpid = s->cpid, .lpid = s->lpid, .nattch = s->nattch };
	ipc_perm_out(&s->o, &d->perm);
}

static long shm_stat(int id, int cmd, void __user *buf)
{
	struct ipcobj *o = ipc_stat_target(&shm_table, id, cmd != IPC_STAT, cmd != SHM_STAT_ANY);
	struct shmid64_ds_ d;
	long ret;

	if (IS_ERR(o))
		return PTR_ERR(o);
	fill_stat(shm_of(o), &d);
	ret = cmd == IPC_STAT ? 0 : o->id;
	ipc_unlock(o);
	ipc_put(&shm_table, o);
	return user_copyout(buf, &d, sizeof(d)) ? -EFAULT : ret;
}

static long shm_change(int id, int cmd, const void __user *buf)
{
	struct shmid64_ds_ d = { 0 };
	bool is_unused = false;
	struct ipcobj *o;
	int err = 0;

	if (cmd == IPC_SET && user_copyin(&d, buf, sizeof(d)))
		return -EFAULT;
	o = ipc_change_target(&shm_table, id);
	if (IS_ERR(o))
		return PTR_ERR(o);
	if (cmd == IPC_SET) {
		err = ipc_perm_in(o, &d.perm);
		if (!err)
			shm_of(o)->ctime = ipc_now();
	} else {
		o->mode |= SHM_DEST;
		is_unused = !shm_of(o)->nattch;
	}
	ipc_unlock(o);
	if (is_unused)
		ipc_remove(&shm_table, o);
	else if (cmd == IPC_RMID)
		ipc_hide(&shm_table, o);
	ipc_put(&shm_table, o);
	return err;
}

/* Count @npages against thread_self's limit: a reference on who pays, or ERR_PTR. */
static const struct credset *locker_charge(u64 npages)
{
	u64 limit = rlimit_get(RLIMIT_MEMLOCK);
	const struct credset *c = cred_get(cred_self());
	bool is_free = limit == RLIM_INFINITY_ || cap_has(CAP_IPC_LOCK);

	if ((u64)atomic_add_return(&c->user->locked_pages, npages) > limit >> PAGE_SHIFT && !is_free) {
		locker_drop(c, npages);
		return ERR_PTR(-ENOMEM);
	}
	return c;
}

/* May thread_self lock this segment; 0 or -EPERM. */
static int may_lock(const struct ipcobj *o)
{
	uid_t euid = cred_self()->euid;

	if (cap_has(CAP_IPC_LOCK))
		return 0;
	if (euid != o->uid && euid != o->cuid)
		return -EPERM;
	return rlimit_get(RLIMIT_MEMLOCK) ? 0 : -EPERM;
}

/* Segment locked. @payer is used up, or set to who gets the charge back. */
static int lock_change(struct shmseg *s, bool do_lock, const struct credset **payer)
{
	int err = may_lock(&s->o);

	if (err || do_lock == !!s->locker)
		return err;
	if (do_lock) {
		s->locker = *payer;
		*payer = NULL;
		s->o.mode |= SHM_LOCKED;
	} else {
		*payer = s->locker;
		s->locker = NULL;
		s->o.mode &= ~(u32)SHM_LOCKED;
	}
	return 0;
}

static long shm_lock(int id, bool do_lock)
{
	struct ipcobj *o = ipc_find(&shm_table, id);
	const struct credset *payer = NULL;
	int err;

	if (IS_ERR(o))
		return PTR_ERR(o);
	err = may_lock(o);
	if (!err && do_lock) {
		payer = locker_charge(pages_of(shm_of(o)));
		err = IS_ERR(payer) ? (int)PTR_ERR(payer) : 0;
		if (err)
			payer = NULL;
	}
	if (!err)
		err = ipc_lock(o);
	if (!err) {
		err = lock_change(shm_of(o), do_lock, &payer);
		ipc_unlock(o);
	}
	locker_drop(payer, pages_of(shm_of(o)));
	ipc_put(&shm_table, o);
	return err;
}

long sys_shmctl(int id, int cmd, void __user *buf)
{
	if (cmd < 0 || id < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
		return shm_limits(buf);
	case SHM_INFO:
		return shm_totals(buf);
	case IPC_STAT:
	case SHM_STAT:
	case SHM_STAT_ANY:
		return shm_stat(id, cmd, buf);
	case IPC_SET:
	case IPC_RMID:
		return shm_change(id, cmd, buf);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return shm_lock(id, cmd == SHM_LOCK);
	default:
		return -EINVAL;
	}
}

/* ---- /proc/sysvipc/shm ---- */

void sysvshm_print(struct seqbuf *sb, void *arg)
{
	struct ipcobj *o;

	seqbuf_printf(sb, "%10s %10s %5s %21s %5s %5s %6s %5s %5s %5s %5s %10s %10s %10s %21s %21s\n",
		      "key", "shmid", "perms", "size", "cpid", "lpid", "nattch", "uid", "gid", "cuid",
		      "cgid", "atime", "dtime", "ctime", "rss", "swap");
	for (u32 i = 0; (o = ipc_find_index(&shm_table, &i)); i++) {
		struct shmseg *s = shm_of(o);
		struct shmid64_ds_ d;

		spin_lock(&o->lock);
		fill_stat(s, &d);
		spin_unlock(&o->lock);
		seqbuf_printf(sb, "%10d %10d  %4o %21lu %5u %5u  %5lu %5u %5u %5u %5u %10ld %10ld %10ld",
			      d.perm.key, o->id, d.perm.mode, d.segsz, d.cpid, d.lpid, d.nattch,
			      d.perm.uid, d.perm.gid, d.perm.cuid, d.perm.cgid, d.atime, d.dtime, d.ctime);
		seqbuf_printf(sb, " %21lu %21lu\n",
			      READ_ONCE(shmem_cache(s->mem)->npages) << PAGE_SHIFT, 0ul);
		ipc_put(&shm_table, o);
	}
}
