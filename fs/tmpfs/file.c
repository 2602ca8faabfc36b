// SPDX-License-Identifier: GPL-2.0-only
/*
 * tmpfs file data. Reading, writing and mapping are the page cache's; what is
 * ours is space: how many pages all files together may have.
 *
 * A page is reserved before it enters the cache. Pages come (writes, faults)
 * and go (truncation, holes) by many ways, so afterwards tmpfs_recount() sets
 * the file's charge to the number of pages that are really there. Between the
 * two, used_blocks may be off by the pages that other threads are about to
 * insert into this file; the limit can be passed by no more than those.
 *
 * Seals (memfd.c) are checked here, where the file would change.
 */
#include "tmpfs_impl.h"

#include <tern/fs/acl.h>

#include <tern/mm/aspace.h>

void tmpfs_recount(struct tmpfs_vnode *t)
{
	struct tmpfs_super *s = super_of(&t->vn);
	u64 now;
	s64 delta;

	spin_lock(&t->vn.vn_spin);
	now = pagecache_total(&t->vn.vn_pages);
	delta = (s64)(now - t->file.charged);
	t->file.charged = now;
	WRITE_ONCE(t->vn.vn_blocks, now * (PAGE_SIZE / 512));
	spin_unlock(&t->vn.vn_spin);
	if (delta)
		atomic_add(&s->used_blocks, delta);
}

static bool reserve(struct tmpfs_vnode *t, u64 npages)
{
	struct tmpfs_super *s = super_of(&t->vn);
	u64 max = READ_ONCE(s->max_blocks);

	if ((u64)atomic_add_return(&s->used_blocks, (s64)npages) > max && max) {
		atomic_sub(&s->used_blocks, (s64)npages);
		return false;
	}
	spin_lock(&t->vn.vn_spin);
	t->file.charged += npages;
	spin_unlock(&t->vn.vn_spin);
	return true;
}

/* A hole is touched through a mapping: it becomes a page of zeroes. */
static int read_page(struct pagecache *pc, struct page *page)
{
	struct tmpfs_vnode *t = tmpfs_of(pc->vnode);

	if (!reserve(t, 1)) {
		pagecache_remove(page);
		page_unlock(page);
		return -ENOSPC;
	}
	tmpfs_recount(t);
	return pagecache_memory_read_page(pc, page);
}

static int write_begin(struct pagecache *pc, loff_t pos, size_t len, struct page **page, void **priv)
{
	struct tmpfs_vnode *t = tmpfs_of(pc->vnode);
	u64 index = (u64)pos >> PAGE_SHIFT;
	struct page *p = pagecache_find(pc, index);
	int err;

	*priv = NULL;
	if (p) {
		page_put(p);
	} else if (pagecache_is_hole(pc, index)) {
		if (!reserve(t, 1))
			return -ENOSPC;
		*priv = t;
	}
	err = pagecache_memory_write_begin(pc, pos, len, page, priv);
	if (err && *priv)
		tmpfs_recount(t);
	return err;
}

static ssize_t write_end(struct pagecache *pc, loff_t pos, size_t len, size_t copied, struct page *page,
			 void *priv)
{
	ssize_t n = pagecache_memory_write_end(pc, pos, len, copied, page, NULL);

	if (priv)
		tmpfs_recount(priv);
	return n;
}

const struct pagecache_ops tmpfs_pagecache_ops = {
	.read_page = read_page,
	.read_ahead = pagecache_no_read_ahead,
	.write_page = pagecache_memory_write_page,
	.write_begin = write_begin,
	.write_end = write_end,
	.make_writable = pagecache_memory_make_writable,
	.release_page = pagecache_memory_release_page,
};

int tmpfs_setattr(struct vnode *vn, const struct vattr *va)
{
	struct tmpfs_vnode *t = tmpfs_of(vn);
	u64 old = (u64)vnode_size(vn);
	int err;

	if ((va->mask & VATTR_SIZE) && S_ISREG(vn->vn_mode)) {
		if ((va->size < old && (t->file.seals & F_SEAL_SHRINK)) ||
		    (va->size > old && (t->file.seals & F_SEAL_GROW)))
			return -EPERM;
	}
	err = va->mask & VATTR_MODE ? vnode_acl_chmod(vn, va->mode) : 0;
	if (!err)
		err = vnop_default_setattr(vn, va);
	if (!err && (va->mask & VATTR_SIZE) && va->size < old)
		tmpfs_recount(t);
	return err;
}

/* ---- operations of open files ---- */

static ssize_t tmpfs_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct vnode *vn = f->of_vnode;
	u32 seals = READ_ONCE(tmpfs_of(vn)->file.seals);

	if (unlikely(seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_GROW))) {
		loff_t at = f->of_flags & O_APPEND ? vnode_size(vn) : *pos;

		if ((seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) ||
		    ((seals & F_SEAL_GROW) && at + (loff_t)u->resid > vnode_size(vn)))
			return -EPERM;
	}
	return fop_pagecache_write(f, u, pos);
}

static int tmpfs_mmap(struct ofile *f, struct map_request *req)
{
	u32 seals = READ_ONCE(tmpfs_of(f->of_vnode)->file.seals);

	if ((req->rflags & REGION_SHARED) && (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))) {
		if (req->rflags & REGION_WRITE)
			return -EPERM;
		req->rflags &= ~REGION_MAYWRITE;
	}
	return fop_default_mmap(f, req);
}

static int fill_range(struct tmpfs_vnode *t, u64 first, u64 last)
{
	struct pagecache *pc = &t->vn.vn_pages;

	for (u64 i = first; i <= last; i++) {
		struct page *p = pagecache_get_locked(pc, i, ALLOC_USER);

		if (IS_ERR(p))
			return (int)PTR_ERR(p);
		if (!page_flag_test(p, PG_UPTODATE)) {
			page_zero(page_to_virt(p));
			page_flag_set(p, PG_UPTODATE);
			page_mark_dirty(p);
		}
		page_unlock(p);
		page_put(p);
		if (signal_is_pending())
			return -EINTR;
	}
	return 0;
}

static int punch(struct tmpfs_vnode *t, loff_t off, loff_t len)
{
	int err;

	if (t->file.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	err = pagecache_punch(&t->vn.vn_pages, off, off + len);
	tmpfs_recount(t);
	vnode_touch(&t->vn, VATTR_MTIME | VATTR_CTIME);
	return err;
}

static int allocate(struct tmpfs_vnode *t, int mode, loff_t off, loff_t len)
{
	struct tmpfs_super *s = super_of(&t->vn);
	u64 first = (u64)off >> PAGE_SHIFT, last = (u64)(off + len - 1) >> PAGE_SHIFT;
	bool grows = !(mode & FALLOC_FL_KEEP_SIZE) && off + len > vnode_size(&t->vn);
	u64 need;
	int err;

	if ((t->file.seals & F_SEAL_GROW) && off + len > vnode_size(&t->vn))
		return -EPERM;
	if (s->max_blocks && last - first + 1 > s->max_blocks)
		return -ENOSPC;
	need = last - first + 1 - pagecache_count(&t->vn.vn_pages, first, last);
	if (need > page_count_total())
		return -ENOMEM;		/* without a limit (memfd): it can never be had */
	if (!reserve(t, need))
		return -ENOSPC;
	err = fill_range(t, first, last);
	if (err)	/* what lies past the file's end would be seen by nobody */
		(void)pagecache_punch(&t->vn.vn_pages, max_t(loff_t, off, ALIGN_UP(vnode_size(&t->vn), PAGE_SIZE)),
				      ALIGN_UP(off + len, PAGE_SIZE));
	else if (grows)
		vnode_size_set(&t->vn, (u64)(off + len));
	tmpfs_recount(t);
	vnode_touch(&t->vn, VATTR_CTIME | (grows ? VATTR_MTIME : 0));
	return err;
}

static int tmpfs_fallocate(struct ofile *f, int mode, loff_t off, loff_t len)
{
	struct vnode *vn = f->of_vnode;
	int err;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	rwsem_write_lock(&vn->vn_lock);
	if (mode & FALLOC_FL_PUNCH_HOLE)
		err = punch(tmpfs_of(vn), off, len);
	else
		err = allocate(tmpfs_of(vn), mode, off, len);
	rwsem_write_unlock(&vn->vn_lock);
	return err;
}

const struct ofile_ops tmpfs_file_fops = {
	.open = fop_default_open,
	.release = fop_default_release,
	.read = fop_pagecache_read,
	.write = tmpfs_write,
	.seek = fop_default_seek,
	.readdir = fop_no_readdir,
	.poll = fop_default_poll,
	.ioctl = fop_no_ioctl,
	.mmap = tmpfs_mmap,
	.fsync = fop_default_fsync,
	.fallocate = tmpfs_fallocate,
	FOPS_PLAIN,
};
