// SPDX-License-Identifier: GPL-2.0-only
/*
 * File data between the page cache and the disk.
 *
 * A page that becomes dirty without blocks below it is promised space (PG_PRIVATE,
 * page->private says how many blocks); blocks are found when it is written out,
 * for as many neighbours at once as are dirty. Only when the data is on the disk
 * does a transaction map the blocks, turn unwritten ones into written, and move
 * the size: metadata never leads to blocks whose contents are still on their way,
 * so commits wait for no data.
 *
 * PG_MAPPEDTODISK: all blocks of the page are known to be mapped.
 *
 * Order: page lock > map_lock (read). Pages are unlocked and under writeback
 * while a finishing worker has a transaction open.
 */
#include "ext4_impl.h"

#define CLUSTER		64u	/* pages written together at most */
#define RUNS		12u	/* places on the disk that they may have */

struct run { u32 lblk, len; u64 pblk; enum ext4_mapkind kind; struct ioreq req; };

/* Pages on their way to the disk. */
struct write_job {
	struct workitem work;
	struct vnode *vn;		/* no reference: eviction waits for the pages */
	struct ext4_mount *m;
	atomic32 left;
	int error;
	u32 npages, nruns, nsegs;
	u64 end;			/* file size that this makes true */
	u64 promised;			/* blocks taken over from the pages */
	u64 owed;			/* ... as the owner's quotas count them, until the map has them */
	u64 wants;			/* bit n: page n was promised space for its holes */
	struct page *pages[CLUSTER];
	struct uio_pageseg segs[CLUSTER * 4];
	struct run runs[RUNS];
};
static_assert(sizeof(struct write_job) <= 8192, "one small object");

static u32 blocks_per_page(const struct ext4_vol *v) { return (u32)(PAGE_SIZE >> v->geo.block_bits); }

/* ---- promises ---- */

/* Space for what of the locked page has no blocks. */
static int promise(struct vnode *vn, struct page *p)
{
	struct ext4_vol *v = ext4_vol_of(vn);
	struct ext4_node *n = ext4_node_of(vn);
	u32 per = blocks_per_page(v), lblk = (u32)(p->index * per), holes = 0;
	int err;

	if (page_flag_test(p, PG_PRIVATE) || page_flag_test(p, PG_MAPPEDTODISK) || ext4_is_inline(n))
		return 0;
	if (p->index > ext4_max_lblk(n) / per)
		return -EFBIG;
	for (u32 i = 0; i < per;) {
		struct ext4_map m;

		err = ext4_map_get(n, lblk + i, &m);
		if (err)
			return err;
		m.len = min(m.len, per - i);
		holes += m.kind == EXT4_HOLE ? m.len : 0;
		i += m.len;
	}
	if (!holes) {
		page_flag_set(p, PG_MAPPEDTODISK);
		return 0;
	}
	err = ext4_quota_promise(n, holes, cap_has(CAP_SYS_RESOURCE));
	if (err)
		return err;
	err = ext4_space_take(v, holes, cap_has(CAP_SYS_RESOURCE) ? 1 : 0);
	if (err) {
		ext4_quota_release(n, holes);
		return err;
	}
	p->private = holes;
	page_flag_set(p, PG_PRIVATE);
	return 0;
}

static u64 promise_take_over(struct page *p)
{
	u64 n = 0;

	if (page_flag_test(p, PG_PRIVATE)) {
		n = p->private;
		p->private = 0;
		page_flag_clear(p, PG_PRIVATE);
	}
	return n;
}

static bool release_page(struct pagecache *pc, struct page *p)
{
	u64 n = promise_take_over(p);

	ext4_space_give(ext4_vol_of(pc->vnode), n);
	ext4_quota_release(ext4_node_of(pc->vnode), n);
	return true;
}

void ext4_page_forget_map(struct vnode *vn, u64 pos)
{
	struct page *p;

	if (!(pos & ~PAGE_MASK) || blocks_per_page(ext4_vol_of(vn)) == 1)
		return;
	p = pagecache_find(vn->vn_pc, pos >> PAGE_SHIFT);
	if (!p)
		return;
	page_lock(p);
	if (p->mapping == vn->vn_pc)
		page_flag_clear(p, PG_MAPPEDTODISK);
	page_unlock(p);
	page_put(p);
}

int ext4_page_bring_in(struct vnode *vn, u64 pos)
{
	struct page *p;

	if (!(pos & ~PAGE_MASK) || pos >= (u64)vnode_size(vn))
		return 0;
	p = pagecache_read_in(vn->vn_pc, pos >> PAGE_SHIFT);
	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	page_put(p);
	return 0;
}

/* ---- reading ---- */

struct read_job {
	struct page *page;
	atomic32 left;
	int error;
	u32 n;
	struct uio_pageseg segs[4];
	struct ioreq reqs[4];
};

static void read_finish(struct read_job *j)
{
	if (j->error)
		page_flag_set(j->page, PG_ERROR);
	else
		page_flag_set(j->page, PG_UPTODATE);
	page_unlock(j->page);
	kmem_free(j);
}

static void read_done(struct ioreq *r)
{
	struct read_job *j = r->priv;

	if (r->error)
		WRITE_ONCE(j->error, r->error);
	if (atomic_dec_and_test(&j->left))
		read_finish(j);
}

/* What lies below the page: holes are zeroed, the rest becomes pieces. */
static int map_page(struct vnode *vn, struct read_job *j, u64 *sectors)
{
	struct ext4_vol *v = ext4_vol_of(vn);
	u32 bits = v->geo.block_bits, per = blocks_per_page(v);
	u64 lblk = j->page->index * per;

	for (u32 i = 0; i < per;) {
		struct ext4_map m = { .len = per - i, .kind = EXT4_HOLE };
		int err = 0;

		if (lblk + i <= ext4_max_lblk(ext4_node_of(vn)))
			err = ext4_map_get(ext4_node_of(vn), (u32)(lblk + i), &m);
		if (err)
			return err;
		m.len = min(m.len, per - i);
		if (m.kind == EXT4_MAPPED) {
			sectors[j->n] = m.pblk << (bits - SECTOR_SHIFT);
			j->segs[j->n++] = (struct uio_pageseg){ j->page, i << bits, m.len << bits };
		} else {
			memset((u8 *)page_to_virt(j->page) + (i << bits), 0, (size_t)m.len << bits);
		}
		i += m.len;
	}
	return 0;
}

static int read_page(struct pagecache *pc, struct page *page)
{
	struct vnode *vn = pc->vnode;
	struct blkdev *bdev = ext4_mount_of(vn->vn_fs)->bdev;
	struct read_job *j = kmem_zalloc(sizeof(*j), ALLOC_NOFS);
	u64 sectors[4];
	u32 n;
	int err = j ? 0 : -ENOMEM;

	page_flag_clear(page, PG_ERROR);
	if (ext4_is_inline(ext4_node_of(vn))) {
		kmem_free(j);
		return ext4_inline_page_read(vn, page);
	}
	if (j) {
		j->page = page;
		err = map_page(vn, j, sectors);
	}
	if (err) {
		kmem_free(j);
		page_unlock(page);
		return err;
	}
	n = j->n;
	if (!n) {
		read_finish(j);
		return 0;
	}
	atomic_set(&j->left, (s32)n);
	for (u32 i = 0; i < n; i++) {
		ioreq_init(&j->reqs[i], bdev, IOREQ_READ, sectors[i], &j->segs[i], 1, read_done);
		j->reqs[i].priv = j;
	}
	for (u32 i = 0; i < n; i++)
		ioreq_submit(&j->reqs[i]);
	return 0;
}

/* ---- writing into the cache ---- */

/* The locked page, with what the file has there if it is changed in part. */
static struct page *page_for_write(struct pagecache *pc, loff_t pos, size_t len)
{
	u64 index = (u64)pos >> PAGE_SHIFT;

	for (;;) {
		struct page *p = pagecache_get_locked(pc, index, ALLOC_USER);

		if (IS_ERR(p) || page_flag_test(p, PG_UPTODATE) || len == PAGE_SIZE)
			return p;
		if ((u64)vnode_size(pc->vnode) <= index << PAGE_SHIFT) {
			page_zero(page_to_virt(p));
			page_flag_set(p, PG_UPTODATE);
			return p;
		}
		page_unlock(p);
		page_put(p);
		p = pagecache_read_in(pc, index);
		if (IS_ERR(p))
			return p;
		page_lock(p);
		if (p->mapping == pc && page_flag_test(p, PG_UPTODATE))
			return p;
		page_unlock(p);
		page_put(p);
	}
}

static int write_begin(struct pagecache *pc, loff_t pos, size_t len, struct page **page, void **priv)
{
	int err = ext4_inline_page_begin(pc->vnode, (u64)pos + len);
	struct page *p;

	if (err)
		return err;
	p = page_for_write(pc, pos, len);
	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	err = ext4_vol_rdonly(ext4_vol_of(pc->vnode)) ? -EROFS : promise(pc->vnode, p);
	if (err) {
		page_unlock(p);
		page_put(p);
		return err;
	}
	*page = p;
	return 0;
}

static ssize_t write_end(struct pagecache *pc, loff_t pos, size_t len, size_t copied, struct page *page, void *priv)
{
	struct vnode *vn = pc->vnode;

	/* A page that nobody has read cannot be changed in part. */
	if (copied < len && !page_flag_test(page, PG_UPTODATE))
		copied = 0;
	if (copied && ext4_is_inline(ext4_node_of(vn))) {
		copied = ext4_inline_page_end(vn, page, (u64)pos + copied) ? 0 : copied;
	} else if (copied) {
		page_flag_set(page, PG_UPTODATE);
		page_mark_dirty(page);
		if (pos + (loff_t)copied > vnode_size(vn))
			vnode_size_set(vn, (u64)pos + copied);
	}
	page_unlock(page);
	page_put(page);
	return (ssize_t)copied;
}

static int make_writable(struct pagecache *pc, struct page *page)
{
	int err = ext4_vol_rdonly(ext4_vol_of(pc->vnode)) ? -EROFS : ext4_inline_page_spill(pc->vnode, page);

	return err ? err : promise(pc->vnode, page);
}

/* ---- writing out ---- */

static void job_free(struct write_job *j)
{
	for (u32 i = 0; i < j->npages; i++)
		page_put(j->pages[i]);
	kmem_free(j);
}

static void job_end_pages(struct write_job *j)
{
	ext4_quota_release(ext4_node_of(j->vn), j->owed);
	if (j->error)
		pagecache_set_error(j->vn->vn_pc, j->error);
	for (u32 i = 0; i < j->npages; i++) {
		if (j->error)
			page_flag_set(j->pages[i], PG_ERROR);
		page_end_writeback(j->pages[i]);
	}
}

/* One place on the disk has its contents: let the file know it. */
static int map_run(struct write_job *j, struct run *r)
{
	struct ext4_node *n = ext4_node_of(j->vn);
	struct ext4_tx tx;
	int err = ext4_tx_begin(&j->m->vol, 40, &tx);

	if (err)
		return err;
	rwsem_write_lock(&n->map_lock);
	if (r->kind == EXT4_HOLE) {
		err = ext4_buse(&tx, r->pblk, r->len);
		if (!err)
			err = ext4_map_add(&tx, n, r->lblk, r->len, r->pblk, false);
	} else if (r->kind == EXT4_UNWRITTEN) {
		err = ext4_map_written(&tx, n, r->lblk, r->len);
	}
	if (!err && r == &j->runs[j->nruns - 1])
		n->size = max(n->size, min(j->end, (u64)vnode_size(j->vn)));
	if (!err)
		err = ext4_store(&tx, j->vn);
	rwsem_write_unlock(&n->map_lock);
	ext4_tx_end(&tx);
	return err;
}

static void job_finish(struct workitem *w)
{
	struct write_job *j = container_of(w, struct write_job, work);
	struct ext4_vol *v = &j->m->vol;

	for (u32 i = 0; i < j->nruns; i++) {
		struct run *r = &j->runs[i];
		int err = j->error ? j->error : map_run(j, r);

		if (err) {
			j->error = err;
			if (r->kind == EXT4_HOLE) {
				ext4_bunhold(v, r->pblk, r->len);
				ext4_space_give(v, r->len);
			}
		}
	}
	job_end_pages(j);
	job_free(j);
}

static void write_done(struct ioreq *r)
{
	struct write_job *j = r->priv;

	if (r->error)
		WRITE_ONCE(j->error, r->error);
	if (atomic_dec_and_test(&j->left))
		workpool_queue(j->m->done, &j->work);
}

/* Can this page come along? Then it is locked, referenced and clean. */
static bool take_along(struct pagecache *pc, struct write_job *j, u64 index, u64 size)
{
	struct page *p;

	if (index << PAGE_SHIFT >= size)
		return false;
	p = pagecache_find(pc, index);
	if (!p)
		return false;
	if (page_flag_test(p, PG_DIRTY) && !page_flag_test(p, PG_WRITEBACK) && page_trylock(p)) {
		if (p->mapping == pc && !page_flag_test(p, PG_WRITEBACK) && page_clear_dirty_for_io(p)) {
			j->pages[j->npages++] = p;
			return true;
		}
		page_unlock(p);
	}
	page_put(p);
	return false;
}

static int hold_blocks(struct write_job *j, u32 lblk, u32 want, u64 *pblk, u32 *got)
{
	struct ext4_vol *v = &j->m->vol;
	struct ext4_node *n = ext4_node_of(j->vn);
	u64 goal;
	int err;

	rwsem_read_lock(&n->map_lock);
	goal = ext4_map_goal(n, lblk);
	rwsem_read_unlock(&n->map_lock);
	if (j->nruns && j->runs[j->nruns - 1].lblk + j->runs[j->nruns - 1].len == lblk)
		goal = j->runs[j->nruns - 1].pblk + j->runs[j->nruns - 1].len;
	err = ext4_bhold(v, goal, want, pblk, got);
	if (err != -ENOSPC)
		return err;
	/* Blocks that were freed come back with the commit. */
	err = ext4_log_commit(v);
	return err ? err : ext4_bhold(v, goal, want, pblk, got);
}

/* Blocks from @lblk on, @len at most, in pages that want blocks (or do not). */
static u32 alike(const struct write_job *j, u32 first, u32 lblk, u32 len, bool *wants)
{
	u32 per = blocks_per_page(&j->m->vol), page = (lblk - first) / per, k = page;

	*wants = j->wants >> page & 1;
	while (k < j->npages && (j->wants >> k & 1) == *wants)
		k++;
	return min(len, first + k * per - lblk);
}

/* Held blocks for a hole. The map may have changed since the promise: then some more. */
static int fill_hole(struct write_job *j, u32 lblk, u64 *pblk, u32 *len)
{
	struct ext4_vol *v = &j->m->vol;
	u64 more = *len > j->promised ? *len - j->promised : 0;
	int err = more ? ext4_space_take(v, more, 2) : 0;

	if (err)
		return err;
	j->promised += more;
	err = hold_blocks(j, lblk, *len, pblk, len);
	if (!err)
		j->promised -= *len;
	return err;
}

/* Places for blocks [lblk, end) of the pages; how far it got is the return value. */
static u32 place_blocks(struct write_job *j, u32 lblk, u32 end)
{
	struct ext4_node *n = ext4_node_of(j->vn);
	u32 first = lblk;

	while (lblk < end && j->nruns < RUNS) {
		struct run *r = &j->runs[j->nruns];
		struct ext4_map m;
		int err = ext4_map_get(n, lblk, &m);
		u32 len = min(m.len, end - lblk);

		if (!err && m.kind == EXT4_HOLE) {
			bool wants;

			len = alike(j, first, lblk, len, &wants);
			/* A hole in a page that was promised nothing is only zeroes. */
			if (!wants) {
				lblk += len;
				continue;
			}
			err = fill_hole(j, lblk, &m.pblk, &len);
		}
		if (err) {
			j->error = err;
			break;
		}
		*r = (struct run){ .lblk = lblk, .len = len, .pblk = m.pblk, .kind = m.kind };
		j->nruns++;
		lblk += len;
	}
	return lblk;
}

/* Pieces and requests for the runs. */
static void build_reqs(struct write_job *j)
{
	u32 bits = j->m->vol.geo.block_bits, per = blocks_per_page(&j->m->vol);
	u32 first = (u32)(j->pages[0]->index * per);

	for (u32 i = 0; i < j->nruns; i++) {
		struct run *r = &j->runs[i];
		u32 from = j->nsegs;

		for (u32 k = 0; k < r->len;) {
			u32 at = r->lblk + k - first, in = at % per, n = min(per - in, r->len - k);

			j->segs[j->nsegs++] = (struct uio_pageseg){ j->pages[at / per], in << bits, n << bits };
			k += n;
		}
		ioreq_init(&r->req, j->m->bdev, IOREQ_WRITE, r->pblk << (bits - SECTOR_SHIFT), &j->segs[from],
			   j->nsegs - from, write_done);
		r->req.priv = j;
	}
}

/* Pages from @keep on cannot go now: dirty again, with a promise of their own. */
static void give_up_from(struct write_job *j, u32 keep)
{
	u32 per = blocks_per_page(&j->m->vol);

	for (u32 i = keep; i < j->npages; i++) {
		struct page *p = j->pages[i];
		if (j->wants >> i & 1) {
			p->private = min_t(u64, j->promised, per);
			page_flag_set(p, PG_PRIVATE);
			j->promised -= p->private;
			j->owed -= min(j->owed, p->private);
		}
		page_mark_dirty(p);
		page_unlock(p);
		page_put(p);
	}
	j->npages = min(j->npages, keep);
}

static void submit(struct write_job *j)
{
	u32 n = j->nruns;

	for (u32 i = 0; i < j->npages; i++) {
		page_start_writeback(j->pages[i]);
		page_unlock(j->pages[i]);
	}
	/* What was promised and not needed. */
	ext4_space_give(&j->m->vol, j->promised);
	j->promised = 0;
	atomic_set(&j->left, (s32)n);
	if (!n) {
		job_end_pages(j);
		job_free(j);
		return;
	}
	for (u32 i = 0; i < n; i++)
		ioreq_submit(&j->runs[i].req);
}

static int write_page(struct pagecache *pc, struct page *page)
{
	struct vnode *vn = pc->vnode;
	struct ext4_mount *m = ext4_mount_of(vn->vn_fs);
	u64 size = (u64)vnode_size(vn), last;
	u32 per = blocks_per_page(&m->vol), bits = m->vol.geo.block_bits, first, end, got;
	struct write_job *j;
	int err;

	if (page->index << PAGE_SHIFT >= size) {
		page_unlock(page);	/* cut off meanwhile */
		return 0;
	}
	j = kmem_alloc(sizeof(*j), ALLOC_NOFS);
	if (!j) {
		page_mark_dirty(page);
		page_unlock(page);
		return -ENOMEM;
	}
	memset(j, 0, offsetof(struct write_job, pages));
	workitem_init(&j->work, job_finish);
	j->vn = vn;
	j->m = m;
	page_get(page);
	j->pages[j->npages++] = page;
	while (j->npages < CLUSTER && take_along(pc, j, page->index + j->npages, size))
		;
	for (u32 i = 0; i < j->npages; i++) {
		j->wants |= (u64)page_flag_test(j->pages[i], PG_PRIVATE) << i;
		j->promised += promise_take_over(j->pages[i]);
	}
	j->owed = j->promised;
	last = (page->index + j->npages) << PAGE_SHIFT;
	if (last > size)
		memset((u8 *)page_to_virt(j->pages[j->npages - 1]) + (size & ~PAGE_MASK), 0, last - size);
	first = (u32)(page->index * per);
	end = (u32)min_t(u64, (u64)first + j->npages * per, (size + (1u << bits) - 1) >> bits);
	got = place_blocks(j, first, end);
	err = j->error;
	j->error = 0;
	if (got < end) {
		/* Whole pages go, the others later. Of a page cut in two all is written again. */
		give_up_from(j, (got - first) / per);
		while (j->nruns && j->runs[j->nruns - 1].lblk + j->runs[j->nruns - 1].len > first + j->npages * per) {
			struct run *r = &j->runs[j->nruns - 1];
			u32 keep = first + j->npages * per > r->lblk ? first + j->npages * per - r->lblk : 0;

			if (r->kind == EXT4_HOLE) {
				ext4_bunhold(&m->vol, r->pblk + keep, r->len - keep);
				ext4_space_give(&m->vol, r->len - keep);
			}
			r->len = keep;
			j->nruns -= !keep;
		}
	}
	if (!j->npages) {
		ext4_space_give(&m->vol, j->promised);
		ext4_quota_release(ext4_node_of(vn), j->owed);
		kmem_free(j);
		if (err)
			pagecache_set_error(pc, err);
		return err;
	}
	j->end = min(size, (page->index + j->npages) << PAGE_SHIFT);
	build_reqs(j);
	submit(j);
	return err;
}

const struct pagecache_ops ext4_pagecache_ops = {
	.read_page = read_page,
	.read_ahead = blkplug_read_ahead,
	.write_page = write_page,
	.write_begin = write_begin,
	.write_end = write_end,
	.make_writable = make_writable,
	.release_page = release_page,
};
