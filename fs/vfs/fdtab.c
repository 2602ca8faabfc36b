// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptor tables: number -> open file, per process, shared by CLONE_FILES.
 *
 * A table points to an array of slots that is replaced by a larger one as
 * numbers grow; old arrays are freed after a grace period, so lookups take no
 * lock: under RCU they load the slot, take a reference and look whether the
 * slot still says the same (memory of files is type-stable). Three bitmaps
 * go with the slots: numbers in use, close-on-exec, and one bit for each full
 * word of the first, so that the lowest free number is found fast. A number in
 * use whose slot is NULL is reserved for a file that is being opened.
 *
 * A table with one user can only be changed by that user: fd_borrow() then
 * reads the slot without any reference or barrier.
 *
 * Lock order: fdtab lock (LOCKRANK_FDTAB) is a leaf; files are put outside.
 */
#include "vfs_impl.h"

#include <tern/fs/event.h>
#include <tern/lib/bitmap.h>
#include <uapi/resource.h>

#define FDS_INLINE 64

struct fdarray {
	u32 n;				/* I slots, a multiple of 64 */
	struct ofile **files;		/* R, L to change */
	u64 *used, *cloexec, *full;	/* L */
	struct rcu_job rcu;
};

struct fdtab {
	refcount refs;
	struct spin lock;		/* protects the array pointer, bitmaps and slots */
	struct fdarray *arr;		/* R, L to change */
	u32 next;			/* L no free number below */
	struct fdarray first;
	struct ofile *files0[FDS_INLINE];
	u64 used0, cloexec0, full0;
	struct rcu_job rcu;
};

u64 sysctl_nr_open = 1048576;

static struct fdtab *table_self(void)
{
	return thread_self()->t_files;
}

/* ---- arrays ---- */

static struct fdarray *array_alloc(u32 n)
{
	size_t words = n / 64, full = DIV_ROUND_UP(words, 64);
	size_t bytes = sizeof(struct fdarray) + n * sizeof(struct ofile *) + (2 * words + full) * 8;
	struct fdarray *a = kmem_alloc_large(bytes, ALLOC_KERNEL | ALLOC_ZERO);

	if (!a)
		return NULL;
	a->n = n;
	a->files = (struct ofile **)(a + 1);
	a->used = (u64 *)(a->files + n);
	a->cloexec = a->used + words;
	a->full = a->cloexec + words;
	return a;
}

static void array_free_rcu(struct rcu_job *job)
{
	kmem_free_large(container_of(job, struct fdarray, rcu));
}

static void array_copy(struct fdarray *to, const struct fdarray *from, u32 n)
{
	memcpy(to->files, from->files, n * sizeof(struct ofile *));
	memcpy(to->used, from->used, n / 8);
	memcpy(to->cloexec, from->cloexec, n / 8);
	for (u32 w = 0; w < n / 64; w++)
		bitmap_assign_bit(to->full, w, to->used[w] == ~0UL);
}

/* Make room for number @fd. Lock held on entry and return, dropped in between.
 * 0, -EMFILE, -ENOMEM.
 */
static int grow_locked(struct fdtab *t, u32 fd)
{
	struct fdarray *old, *a;
	u64 n = roundup_pow2((u64)fd + 1);

	if (fd >= sysctl_nr_open)
		return -EMFILE;
	n = max_t(u64, n, 256);
	spin_unlock(&t->lock);
	a = array_alloc((u32)n);
	spin_lock(&t->lock);
	if (!a)
		return -ENOMEM;
	old = t->arr;
	if (old->n >= a->n) {		/* another thread was faster */
		kmem_free_large(a);
		return 0;
	}
	array_copy(a, old, old->n);
	rcu_publish(t->arr, a);
	if (old != &t->first)
		rcu_defer(&old->rcu, array_free_rcu);
	return 0;
}

/* ---- numbers ---- */

static u32 find_free(const struct fdarray *a, u32 min)
{
	size_t words = a->n / 64, w = min / 64;
	u64 word;

	if (min >= a->n)
		return a->n;
	word = ~a->used[w] & (~0UL << (min % 64));
	if (word)
		return (u32)(w * 64 + bit_lowest(word));
	w = bitmap_find_next_zero(a->full, words, w + 1);
	return w < words ? (u32)(w * 64 + bit_lowest(~a->used[w])) : a->n;
}

static void mark_used(struct fdarray *a, u32 fd, bool cloexec)
{
	bitmap_set_bit(a->used, fd);
	bitmap_assign_bit(a->cloexec, fd, cloexec);
	if (a->used[fd / 64] == ~0UL)
		bitmap_set_bit(a->full, fd / 64);
}

static void mark_free(struct fdtab *t, u32 fd)
{
	struct fdarray *a = t->arr;

	bitmap_clear_bit(a->used, fd);
	bitmap_clear_bit(a->full, fd / 64);
	if (fd < t->next)
		t->next = fd;
}

int fd_reserve(int min, bool cloexec)
{
	struct fdtab *t = table_self();
	u64 limit = rlimit_get(RLIMIT_NOFILE);
	u32 fd;
	int err;

	spin_lock(&t->lock);
	for (;;) {
		fd = find_free(t->arr, max_t(u32, (u32)min, t->next));
		if (fd >= limit) {
			err = -EMFILE;
			goto fail;
		}
		if (likely(fd < t->arr->n))
			break;
		err = grow_locked(t, fd);
		if (err)
			goto fail;
	}
	mark_used(t->arr, fd, cloexec);
	if ((u32)min <= t->next)
		t->next = fd + 1;
	spin_unlock(&t->lock);
	return (int)fd;
fail:
	spin_unlock(&t->lock);
	return err;
}

void fd_publish(int fd, struct ofile *f)
{
	struct fdtab *t = table_self();

	spin_lock(&t->lock);
	ASSERT(bitmap_test(t->arr->used, (u32)fd) && !t->arr->files[fd]);
	rcu_publish(t->arr->files[fd], f);
	spin_unlock(&t->lock);
}

void fd_cancel(int fd)
{
	struct fdtab *t = table_self();

	spin_lock(&t->lock);
	mark_free(t, (u32)fd);
	spin_unlock(&t->lock);
}

int fd_add(struct ofile *f, bool cloexec)
{
	int fd = fd_reserve(0, cloexec);

	if (fd >= 0)
		fd_publish(fd, f);
	return fd;
}

/* ---- looking up ---- */

static struct ofile *slot_peek(struct fdtab *t, u32 fd)
{
	struct fdarray *a = rcu_load(t->arr);

	return likely(fd < a->n) ? rcu_load(a->files[fd]) : NULL;
}

/* A reference to what slot @fd holds, for tables that others may change. */
static struct ofile *slot_get(struct fdtab *t, u32 fd)
{
	struct ofile *f;

	rcu_read_lock();
	for (;;) {
		f = slot_peek(t, fd);
		if (!f)
			break;
		if (!ref_get_unless_zero(&f->of_obj.refs))
			continue;	/* just closed: the slot changes at once */
		if (likely(slot_peek(t, fd) == f))
			break;
		rcu_read_unlock();
		ofile_put(f);
		rcu_read_lock();
	}
	rcu_read_unlock();
	return f;
}

struct fdref fd_borrow_path(int fd)
{
	struct fdtab *t = table_self();

	if (unlikely(!t))
		return (struct fdref){ NULL, false };
	if (likely(ref_read(&t->refs) == 1))
		return (struct fdref){ slot_peek(t, (u32)fd), false };
	struct ofile *f = slot_get(t, (u32)fd);

	return (struct fdref){ f, f != NULL };
}

struct fdref fd_borrow(int fd)
{
	struct fdref r = fd_borrow_path(fd);

	if (unlikely(r.file && (r.file->of_mode & OFILE_PATH))) {
		fd_return(r);
		r = (struct fdref){ NULL, false };
	}
	return r;
}

struct ofile *fd_get_path(int fd)
{
	struct fdtab *t = table_self();
	struct ofile *f = t ? slot_get(t, (u32)fd) : NULL;

	return f ? f : ERR_PTR(-EBADF);
}

struct ofile *fd_get(int fd)
{
	struct ofile *f = fd_get_path(fd);

	if (!IS_ERR(f) && (f->of_mode & OFILE_PATH)) {
		ofile_put(f);
		return ERR_PTR(-EBADF);
	}
	return f;
}

/* ---- closing ---- */

/* A slot lost @f: what each close(2) does. */
static int close_file(struct ofile *f, struct fdtab *t)
{
	int err = 0;

	if (!(f->of_mode & OFILE_PATH)) {
		if (f->of_ops->flush != fop_default_flush)
			err = f->of_ops->flush(f);
		flocks_close(f, t);
		if (unlikely(f->of_vnode && READ_ONCE(f->of_vnode->vn_watches)))
			dnotify_close(f, t);
	}
	ofile_put(f);
	return err;
}

/* Lock held. */
static struct ofile *slot_take(struct fdtab *t, u32 fd)
{
	struct ofile *f;

	if (fd >= t->arr->n)
		return NULL;
	f = t->arr->files[fd];
	if (f) {
		WRITE_ONCE(t->arr->files[fd], NULL);
		mark_free(t, fd);
	}
	return f;
}

int fd_close(int fd)
{
	struct fdtab *t = table_self();
	struct ofile *f;

	spin_lock(&t->lock);
	f = slot_take(t, (u32)fd);
	spin_unlock(&t->lock);
	return f ? close_file(f, t) : -EBADF;
}

int fd_dup_to(struct ofile *f, int fd, bool cloexec)
{
	struct fdtab *t = table_self();
	struct ofile *old;
	int err;

	if ((u64)(u32)fd >= rlimit_get(RLIMIT_NOFILE))
		return -EBADF;
	spin_lock(&t->lock);
	while ((u32)fd >= t->arr->n) {
		err = grow_locked(t, (u32)fd);
		if (err) {
			spin_unlock(&t->lock);
			return err == -EMFILE ? -EBADF : err;
		}
	}
	old = t->arr->files[fd];
	if (!old && bitmap_test(t->arr->used, (u32)fd)) {
		spin_unlock(&t->lock);
		return -EBUSY;		/* another thread is opening it */
	}
	mark_used(t->arr, (u32)fd, cloexec);
	rcu_publish(t->arr->files[fd], f);
	spin_unlock(&t->lock);
	if (old)
		(void)close_file(old, t);
	return fd;
}

int fd_set_cloexec(int fd, bool on)
{
	struct fdtab *t = table_self();
	int err = -EBADF;

	spin_lock(&t->lock);
	if ((u32)fd < t->arr->n && t->arr->files[fd]) {
		bitmap_assign_bit(t->arr->cloexec, (u32)fd, on);
		err = 0;
	}
	spin_unlock(&t->lock);
	return err;
}

int fd_is_cloexec(int fd)
{
	struct fdtab *t = table_self();
	int r = -EBADF;

	spin_lock(&t->lock);
	if ((u32)fd < t->arr->n && t->arr->files[fd])
		r = bitmap_test(t->arr->cloexec, (u32)fd);
	spin_unlock(&t->lock);
	return r;
}

/* ---- tables ---- */

static void table_init(struct fdtab *t)
{
	ref_init(&t->refs, 1);
	spin_init(&t->lock, LOCKRANK_FDTAB);
	t->first = (struct fdarray){ .n = FDS_INLINE, .files = t->files0, .used = &t->used0,
				     .cloexec = &t->cloexec0, .full = &t->full0 };
	t->arr = &t->first;
}

struct fdtab *fdtab_create(void)
{
	struct fdtab *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);

	if (t)
		table_init(t);
	return t;
}

static u32 span_used(const struct fdarray *a)
{
	size_t last = bitmap_find_last(a->used, a->n);

	return last < a->n ? (u32)last + 1 : 0;
}

/* Take over the slots of @from, whose lock is held; reserved numbers are not inherited. */
static void inherit(struct fdtab *t, struct fdtab *from, u32 span)
{
	struct fdarray *a = t->arr, *b = from->arr;
	size_t i;

	bitmap_foreach(i, b->used, span) {
		struct ofile *f = b->files[i];

		if (!f)
			continue;
		ofile_get(f);
		a->files[i] = f;
		mark_used(a, (u32)i, bitmap_test(b->cloexec, i));
	}
	t->next = find_free(a, 0);
}

struct fdtab *fdtab_copy(struct fdtab *from)
{
	struct fdtab *t = fdtab_create();
	u32 span;

	if (!t || !from)
		return t;
	spin_lock(&from->lock);
	while ((span = span_used(from->arr)) > t->arr->n) {
		u32 n = (u32)roundup_pow2(max_t(u32, span, 256));
		struct fdarray *a;

		spin_unlock(&from->lock);
		a = array_alloc(n);
		if (t->arr != &t->first)
			kmem_free_large(t->arr);
		if (!a) {
			kmem_free(t);
			return NULL;
		}
		t->arr = a;
		spin_lock(&from->lock);
	}
	inherit(t, from, span);
	spin_unlock(&from->lock);
	return t;
}

void fdtab_get(struct fdtab *t)
{
	ref_get(&t->refs);
}

static void table_free_rcu(struct rcu_job *job)
{
	struct fdtab *t = container_of(job, struct fdtab, rcu);

	if (t->arr != &t->first)
		kmem_free_large(t->arr);
	kmem_free(t);
}

void fdtab_put(struct fdtab *t)
{
	size_t i;

	if (!t || !ref_put(&t->refs))
		return;
	bitmap_foreach(i, t->arr->used, t->arr->n) {
		struct ofile *f = t->arr->files[i];

		if (f) {
			WRITE_ONCE(t->arr->files[i], NULL);
			(void)close_file(f, t);
		}
	}
	rcu_defer(&t->rcu, table_free_rcu);
}

bool fdtab_is_shared(const struct fdtab *t)
{
	return ref_read(&t->refs) > 1;
}

int fdtab_unshare(void)
{
	struct thread *self = thread_self();
	struct fdtab *old = self->t_files, *t;
	u64 flags;

	if (!fdtab_is_shared(old))
		return 0;
	t = fdtab_copy(old);
	if (!t)
		return -ENOMEM;
	flags = spin_lock_irqsave(&self->t_lock);
	self->t_files = t;
	spin_unlock_irqrestore(&self->t_lock, flags);
	fdtab_put(old);
	return 0;
}

void fdtab_close_exec(void)
{
	struct fdtab *t = table_self();
	size_t i;

	spin_lock(&t->lock);
	for (i = bitmap_find_first(t->arr->cloexec, t->arr->n); i < t->arr->n;
	     i = bitmap_find_next(t->arr->cloexec, t->arr->n, i + 1)) {
		struct ofile *f = bitmap_test(t->arr->used, i) ? slot_take(t, (u32)i) : NULL;

		bitmap_clear_bit(t->arr->cloexec, i);
		if (!f)
			continue;
		spin_unlock(&t->lock);
		(void)close_file(f, t);
		spin_lock(&t->lock);
	}
	spin_unlock(&t->lock);
}

int fdtab_close_range(u32 first, u32 last, bool mark_only)
{
	struct fdtab *t = table_self();
	size_t i;

	spin_lock(&t->lock);
	for (i = first; i <= last; i++) {
		struct ofile *f;

		i = bitmap_find_next(t->arr->used, t->arr->n, i);
		if (i >= t->arr->n || i > last)
			break;
		if (mark_only) {
			bitmap_set_bit(t->arr->cloexec, i);
			continue;
		}
		f = slot_take(t, (u32)i);
		if (!f)
			continue;
		spin_unlock(&t->lock);
		(void)close_file(f, t);
		spin_lock(&t->lock);
	}
	spin_unlock(&t->lock);
	return 0;
}

/* ---- other threads' tables ---- */

static struct fdtab *table_of(struct thread *th)
{
	u64 flags = spin_lock_irqsave(&th->t_lock);
	struct fdtab *t = th->t_files;

	if (t && !ref_get_unless_zero(&t->refs))
		t = NULL;
	spin_unlock_irqrestore(&th->t_lock, flags);
	return t;
}

struct ofile *fdtab_file_of(struct thread *th, int fd)
{
	struct fdtab *t = table_of(th);
	struct ofile *f;

	if (!t)
		return NULL;
	f = slot_get(t, (u32)fd);
	fdtab_put(t);
	return f;
}

u32 fdtab_room(struct thread *th)
{
	struct fdtab *t = table_of(th);
	u32 n;

	if (!t)
		return 0;
	spin_lock(&t->lock);
	n = t->arr->n;
	spin_unlock(&t->lock);
	fdtab_put(t);
	return n;
}

int fdtab_next(struct thread *th, int fd)
{
	struct fdtab *t = table_of(th);
	int found = -1;
	size_t i;

	if (!t)
		return -1;
	spin_lock(&t->lock);
	for (i = bitmap_find_next(t->arr->used, t->arr->n, (u32)fd); i < t->arr->n;
	     i = bitmap_find_next(t->arr->used, t->arr->n, i + 1)) {
		if (t->arr->files[i]) {
			found = (int)i;
			break;
		}
	}
	spin_unlock(&t->lock);
	fdtab_put(t);
	return found;
}
