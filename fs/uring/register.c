// SPDX-License-Identifier: GPL-2.0-only
/* io_uring_register(2): files, buffers, eventfd, probing. */
#include "uring_impl.h"

#include <uapi/resource.h>

#define FILES_MAX	(1u << 15)
#define BUFS_MAX	(1u << 14)
#define BUF_LEN_MAX	(1ul << 30)

/* ---- files ---- */

struct ofile *uring_file(struct uring *u, u32 index)
{
	struct ofile *f = NULL;

	spin_lock(&u->lock);
	if (index < u->nfiles)
		f = u->files[index];
	if (f)
		ofile_get(f);
	spin_unlock(&u->lock);
	return f ? f : ERR_PTR(-EBADF);
}

/* File of a number for the table: NULL for -1. An instance of io_uring would never go again. */
static struct ofile *table_entry(s32 fd)
{
	struct ofile *f;

	if (fd == -1)
		return NULL;
	f = fd_get(fd);
	if (!IS_ERR(f) && uring_of(f)) {
		ofile_put(f);
		return ERR_PTR(-EBADF);
	}
	return f;
}

static void files_free(struct ofile **files, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (files[i])
			ofile_put(files[i]);
	kmem_free_large(files);
}

static long files_register(struct uring *u, const s32 __user *fds, u32 n)
{
	struct ofile **files;
	int err = 0;
	u32 i;

	if (!n || n > FILES_MAX)
		return n ? -EMFILE : -EINVAL;
	if (u->files)
		return -EBUSY;
	files = kmem_alloc_large(n * sizeof(*files), ALLOC_KERNEL);
	if (!files)
		return -ENOMEM;
	for (i = 0; i < n && !err; i++) {
		s32 fd = -1;

		files[i] = NULL;
		if (fds && user_get(fd, &fds[i]))
			err = -EFAULT;
		else
			files[i] = table_entry(fd);
		if (IS_ERR(files[i])) {
			err = (int)PTR_ERR(files[i]);
			files[i] = NULL;
		}
	}
	if (err) {
		files_free(files, i);
		return err;
	}
	spin_lock(&u->lock);
	u->files = files;
	u->nfiles = n;
	spin_unlock(&u->lock);
	return 0;
}

static long files_unregister(struct uring *u)
{
	struct ofile **files;
	u32 n;

	spin_lock(&u->lock);
	files = u->files;
	n = u->nfiles;
	u->files = NULL;
	u->nfiles = 0;
	spin_unlock(&u->lock);
	if (!files)
		return -ENXIO;
	files_free(files, n);
	return 0;
}

static int file_replace(struct uring *u, u32 index, s32 fd)
{
	struct ofile *f = fd == -2 ? NULL : table_entry(fd), *old = NULL;
	bool is_there;

	if (fd == -2)
		return 0;
	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	spin_lock(&u->lock);
	is_there = index < u->nfiles;
	if (is_there) {
		old = u->files[index];
		u->files[index] = f;
	}
	spin_unlock(&u->lock);
	if (!is_there)
		old = f;
	if (old)
		ofile_put(old);
	return is_there ? 0 : -ENXIO;
}

long uring_files_update(struct uring *u, u32 offset, const s32 __user *fds, u32 n)
{
	u32 i = 0, end;
	int err = 0;

	if (!READ_ONCE(u->files))
		return -ENXIO;
	if (!n || check_add(offset, n, &end) || end > READ_ONCE(u->nfiles))
		return -EINVAL;
	for (; i < n && !err; i += !err) {
		s32 fd;

		err = user_get(fd, &fds[i]) ? -EFAULT : file_replace(u, offset + i, fd);
	}
	return i ? (long)i : err;
}

static long files_update(struct uring *u, void __user *arg, u32 n)
{
	struct uring_files_update up;

	if (user_copyin(&up, arg, sizeof(up)))
		return -EFAULT;
	return up.resv ? -EINVAL : uring_files_update(u, up.offset, (const s32 __user *)up.fds, n);
}

/* ---- buffers ---- */

void uringbuf_put(struct uringbuf *b)
{
	if (!b || !ref_put(&b->refs))
		return;
	for (u32 i = 0; i < b->npages; i++) {
		page_mark_dirty(b->pages[i]);
		page_put(b->pages[i]);
	}
	atomic_add(&b->payer->user->locked_pages, -(s64)b->npages);
	cred_put(b->payer);
	kmem_free_large(b);
}

struct uringbuf *uring_buf(struct uring *u, u32 index, u64 addr, u64 len)
{
	struct uringbuf *b = NULL;

	spin_lock(&u->lock);
	if (index < u->nbufs)
		b = u->bufs[index];
	if (b && (addr < b->base || addr - b->base > b->len || len > b->len - (addr - b->base)))
		b = NULL;
	if (b)
		ref_get(&b->refs);
	spin_unlock(&u->lock);
	return b ? b : ERR_PTR(-EFAULT);
}

/* Count the pages against the limit for locked memory. */
static int charge(struct uringbuf *b, u32 npages)
{
	u64 limit = rlimit_get(RLIMIT_MEMLOCK);
	const struct credset *c = cred_get(cred_self());

	if ((u64)atomic_add_return(&c->user->locked_pages, npages) > limit >> PAGE_SHIFT &&
	    limit != RLIM_INFINITY_ && !cap_has(CAP_IPC_LOCK)) {
		atomic_add(&c->user->locked_pages, -(s64)npages);
		cred_put(c);
		return -ENOMEM;
	}
	b->payer = c;
	return 0;
}

struct uringbuf *uringbuf_make(const struct iovec *v)
{
	u64 base = (u64)v->iov_base;
	struct uringbuf *b;
	u32 npages;
	long got;

	if (!base || !v->iov_len || v->iov_len > BUF_LEN_MAX)
		return ERR_PTR(-EFAULT);
	if (!user_range_ok(v->iov_base, v->iov_len))
		return ERR_PTR(-EFAULT);
	npages = (u32)(DIV_ROUND_UP(base + v->iov_len, PAGE_SIZE) - (base >> PAGE_SHIFT));
	b = kmem_alloc_large(sizeof(*b) + npages * sizeof(b->pages[0]), ALLOC_KERNEL);
	if (!b)
		return ERR_PTR(-ENOMEM);
	*b = (struct uringbuf){ .base = base, .len = v->iov_len };
	ref_init(&b->refs, 1);
	if (charge(b, npages)) {
		kmem_free_large(b);
		return ERR_PTR(-ENOMEM);
	}
	got = aspace_pin(aspace_self(), base, npages, true, b->pages);
	if (got == (long)npages) {
		b->npages = npages;
		return b;
	}
	b->npages = got > 0 ? (u32)got : 0;
	atomic_add(&b->payer->user->locked_pages, -(s64)(npages - b->npages));
	uringbuf_put(b);
	return ERR_PTR(-EFAULT);
}

static void bufs_free(struct uringbuf **bufs, u32 n)
{
	for (u32 i = 0; i < n; i++)
		uringbuf_put(bufs[i]);
	kmem_free_large(bufs);
}

static long bufs_register(struct uring *u, const struct iovec __user *iov, u32 n)
{
	struct uringbuf **bufs;
	u32 i;

	if (u->bufs)
		return -EBUSY;
	if (!n || n > BUFS_MAX)
		return -EINVAL;
	bufs = kmem_alloc_large(n * sizeof(*bufs), ALLOC_KERNEL);
	if (!bufs)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		struct iovec v;

		bufs[i] = user_copyin(&v, &iov[i], sizeof(v)) ? ERR_PTR(-EFAULT) : uringbuf_make(&v);
		if (IS_ERR(bufs[i])) {
			long err = PTR_ERR(bufs[i]);

			bufs_free(bufs, i);
			return err;
		}
	}
	spin_lock(&u->lock);
	u->bufs = bufs;
	u->nbufs = n;
	spin_unlock(&u->lock);
	return 0;
}

static long bufs_unregister(struct uring *u)
{
	struct uringbuf **bufs;
	u32 n;

	spin_lock(&u->lock);
	bufs = u->bufs;
	n = u->nbufs;
	u->bufs = NULL;
	u->nbufs = 0;
	spin_unlock(&u->lock);
	if (!bufs)
		return -ENXIO;
	bufs_free(bufs, n);
	return 0;
}

/* ---- eventfd ---- */

static long event_register(struct uring *u, const s32 __user *ufd, bool async_only)
{
	struct eventcount *e;
	struct ofile *f;
	s32 fd;

	if (u->event)
		return -EBUSY;
	if (user_get(fd, ufd))
		return -EFAULT;
	f = fd_get(fd);
	if (IS_ERR(f))
		return PTR_ERR(f);
	e = eventcount_of(f);
	ofile_put(f);
	if (IS_ERR(e))
		return PTR_ERR(e);
	spin_lock(&u->lock);
	u->event = e;
	u->event_async_only = async_only;
	spin_unlock(&u->lock);
	return 0;
}

static long event_unregister(struct uring *u)
{
	struct eventcount *e;

	spin_lock(&u->lock);
	e = u->event;
	u->event = NULL;
	spin_unlock(&u->lock);
	if (!e)
		return -ENXIO;
	eventcount_put(e);
	return 0;
}

void uring_unregister_all(struct uring *u)
{
	(void)files_unregister(u);
	(void)bufs_unregister(u);
	(void)event_unregister(u);
	uring_bufgroups_free(u);
}

/* ---- probing ---- */

static long probe(void __user *arg, u32 n)
{
	struct uring_probe p = { .last_op = UOP_COUNT - 1, .ops_len = (u8)min(n, (u32)UOP_COUNT) };
	struct uring_probe old;

	if (n > 256)
		return -EINVAL;
	if (user_copyin(&old, arg, sizeof(old)))
		return -EFAULT;
	if (old.last_op || old.ops_len || old.resv)
		return -EINVAL;
	if (user_copyout(arg, &p, sizeof(p)))
		return -EFAULT;
	for (u32 i = 0; i < p.ops_len; i++) {
		struct uring_probe_op op = { .op = (u8)i, .flags = uring_ops[i].issue ? 1 : 0 };

		if (user_copyout((u8 __user *)arg + sizeof(p) + i * sizeof(op), &op, sizeof(op)))
			return -EFAULT;
	}
	return 0;
}

static long enable(struct uring *u)
{
	if (!u->is_disabled)
		return -EBADFD;
	u->is_disabled = false;
	return 0;
}

long uring_register(struct uring *u, u32 what, void __user *arg, u32 n)
{
	switch (what) {
	case REG_BUFFERS:
		return arg ? bufs_register(u, arg, n) : -EFAULT;
	case UNREG_BUFFERS:
		return arg || n ? -EINVAL : bufs_unregister(u);
	case REG_FILES:
		return arg ? files_register(u, arg, n) : -EFAULT;
	case UNREG_FILES:
		return arg || n ? -EINVAL : files_unregister(u);
	case REG_FILES_UPDATE:
		return files_update(u, arg, n);
	case REG_EVENTFD:
	case REG_EVENTFD_ASYNC:
		return n != 1 ? -EINVAL : event_register(u, arg, what == REG_EVENTFD_ASYNC);
	case UNREG_EVENTFD:
		return arg || n ? -EINVAL : event_unregister(u);
	case REG_PROBE:
		return probe(arg, n);
	case REG_ENABLE_RINGS:
		return arg || n ? -EINVAL : enable(u);
	case REG_BUFRING:
		return n == 1 && arg ? uring_bufring_register(u, arg) : -EINVAL;
	case UNREG_BUFRING:
		return n == 1 && arg ? uring_bufring_unregister(u, arg) : -EINVAL;
	default:
		return -EINVAL;
	}
}
