// SPDX-License-Identifier: GPL-2.0-only
/*
 * squashfs file contents. A block is read from the device past its page cache and unpacked
 * straight to the pages of the file that it fills: the page that is wanted, and those of the
 * same block that are not there yet. The end of a file may lie in a fragment, a block that
 * several files share; it is unpacked once and kept for a while (cache.c).
 *
 * Where the blocks are is read from the inode when the file is read first.
 */
#include "sqfs_impl.h"

#include <tern/lib/unzip.h>

/* ---- where blocks are ---- */

void sqfs_map_free(struct sqfs_map *map)
{
	if (!map)
		return;
	kmem_free_large(map->sizes);
	kmem_free_large(map->places);
	kmem_free(map);
}

static struct sqfs_map *map_make(struct sqfs_mount *m, const struct sqfs_inode *i)
{
	struct sqfs_map *map = kmem_zalloc(sizeof(*map), ALLOC_NOFS);
	struct sqfs_at at = i->rest;
	u64 pos = i->start;
	int err = 0;

	if (!map)
		return ERR_PTR(-ENOMEM);
	map->n = i->nblocks;
	/* Each size takes four bytes of metadata, which may be packed well but not without end. */
	if (map->n > m->img.s.bytes * 1024) {
		kmem_free(map);
		return ERR_PTR(-EIO);
	}
	map->sizes = kmem_alloc_large(map->n * sizeof(u32) + 1, ALLOC_NOFS);
	map->places = kmem_alloc_large((map->n / SQFS_STRIDE + 1) * sizeof(u64), ALLOC_NOFS);
	if (!map->sizes || !map->places)
		err = -ENOMEM;
	else
		err = sqfs_meta_read(&m->img, &at, map->sizes, map->n * sizeof(u32));
	for (u64 n = 0; !err && n < map->n; n++) {
		if (n % SQFS_STRIDE == 0)
			map->places[n / SQFS_STRIDE] = pos;
		if (map->sizes[n])
			err = sqfs_block_check(&m->img.s, pos, map->sizes[n]);
		pos += map->sizes[n] & ~SQFS_BLOCK_PLAIN;
	}
	if (!err)
		return map;
	sqfs_map_free(map);
	return ERR_PTR(err);
}

static struct sqfs_map *map_get(struct sqfs_mount *m, struct sqfs_vnode *v)
{
	struct sqfs_map *map = load_acquire(&v->map), *none = NULL;

	if (map)
		return map;
	map = map_make(m, &v->i);
	if (IS_ERR(map) || __atomic_compare_exchange_n(&v->map, &none, map, false, __ATOMIC_ACQ_REL,
						       __ATOMIC_ACQUIRE))
		return map;
	sqfs_map_free(map);
	return none;
}

static u64 place_of(const struct sqfs_map *map, u64 n)
{
	u64 pos = map->places[n / SQFS_STRIDE];

	for (u64 k = n & ~(u64)(SQFS_STRIDE - 1); k < n; k++)
		pos += map->sizes[k] & ~SQFS_BLOCK_PLAIN;
	return pos;
}

/* ---- from the disk ---- */

/* Bytes of the disk in pages: the first at @skip of the first page. */
struct raw { struct uio_pageseg *segs; u32 n, skip, len; };

static void raw_free(struct raw *r)
{
	for (u32 i = 0; i < r->n; i++)
		page_put(r->segs[i].page);
	kmem_free(r->segs);
}

static int raw_read(struct sqfs_mount *m, u64 pos, u32 len, struct raw *r)
{
	u32 grain = blkdev_block_size(m->bdev), n;
	u64 from = pos & ~(u64)(grain - 1), end = ALIGN_UP(pos + len, (u64)grain);
	struct ioreq req;
	int err;

	*r = (struct raw){ .skip = (u32)(pos - from), .len = len };
	n = (u32)DIV_ROUND_UP(end - from, PAGE_SIZE);
	r->segs = kmem_alloc(n * sizeof(*r->segs), ALLOC_NOFS);
	if (!r->segs)
		return -ENOMEM;
	for (; r->n < n; r->n++) {
		struct page *p = page_alloc(0, ALLOC_NOFS);

		if (!p) {
			raw_free(r);
			return -ENOMEM;
		}
		r->segs[r->n] = (struct uio_pageseg){ p, 0, (u32)min_t(u64, PAGE_SIZE, end - from - r->n * PAGE_SIZE) };
	}
	ioreq_init(&req, m->bdev, IOREQ_READ, from >> SECTOR_SHIFT, r->segs, r->n, NULL);
	err = ioreq_submit_wait(&req);
	if (err)
		raw_free(r);
	return err;
}

/* Each piece of @r in turn to @take, until it says something. */
static int raw_each(const struct raw *r, int (*take)(void *ctx, const void *p, size_t n), void *ctx)
{
	u32 left = r->len, off = r->skip;
	int err = 0;

	for (u32 i = 0; i < r->n && left && !err; i++) {
		u32 n = min(left, r->segs[i].len - off);

		err = take(ctx, (u8 *)page_to_virt(r->segs[i].page) + off, n);
		left -= n;
		off = 0;
	}
	return err;
}

/* ---- unpacking ---- */

struct unpack { struct unzip z; bool is_done; };

static int feed(void *ctx, const void *p, size_t n)
{
	struct unpack *u = ctx;
	size_t used;
	int err;

	if (u->is_done)
		return 0;
	err = unzip_feed(&u->z, p, n, &used);
	u->is_done = err == 1;
	return min(err, 0);
}

struct flat { u8 *p; };

static int flatten(void *ctx, const void *p, size_t n)
{
	struct flat *f = ctx;

	memcpy(f->p, p, n);
	f->p += n;
	return 0;
}

/* LZ4 blocks are bare: all at once. */
static int unpack_flat(struct sqfs_mount *m, const struct raw *r, unzip_output_t *out, void *ctx)
{
	u32 room = m->img.s.block_size;
	u8 *buf = kmem_alloc_large(room + r->len, ALLOC_NOFS);
	struct flat f = { buf + room };
	ssize_t n;
	int err;

	if (!buf)
		return -ENOMEM;
	(void)raw_each(r, flatten, &f);
	n = sqfs_unpack(&m->img.s, buf, room, buf + room, r->len, &sqfs_memory);
	err = n < 0 ? (int)n : out(ctx, buf, (size_t)n);
	kmem_free_large(buf);
	return err;
}

static int unpack(struct sqfs_mount *m, const struct raw *r, unzip_output_t *out, void *ctx)
{
	static const enum unzip_format formats[] = { [SQFS_ZLIB] = UNZIP_ZLIB, [SQFS_XZ] = UNZIP_XZ,
						     [SQFS_ZSTD] = UNZIP_ZSTD };
	struct unpack u = { .is_done = false };
	int err;

	if (m->img.s.packing == SQFS_LZ4)
		return unpack_flat(m, r, out, ctx);
	err = unzip_open(&u.z, formats[m->img.s.packing], &sqfs_memory, out, ctx);
	if (!err)
		err = raw_each(r, feed, &u);
	if (!err)
		err = unzip_finish(&u.z);
	unzip_close(&u.z);
	return err && err != -ENOMEM ? -EIO : err;
}

/* The block at @pos with size word @size, unpacked or not, to @out. */
static int block_read(struct sqfs_mount *m, u64 pos, u32 size, unzip_output_t *out, void *ctx)
{
	struct raw r;
	int err = raw_read(m, pos, size & ~SQFS_BLOCK_PLAIN, &r);

	if (err)
		return err;
	err = size & SQFS_BLOCK_PLAIN ? raw_each(&r, out, ctx) : unpack(m, &r, out, ctx);
	raw_free(&r);
	return err;
}

/* ---- fragments ---- */

struct fragment { struct sqfs_block *b; u32 room; };

static int to_fragment(void *ctx, const void *p, size_t n)
{
	struct fragment *f = ctx;

	if (n > f->room - f->b->len)
		return -EIO;
	memcpy(f->b->data + f->b->len, p, n);
	f->b->len += (u32)n;
	return 0;
}

static int fill_fragment(struct sqfs_mount *m, struct sqfs_block *b, u32 size)
{
	struct fragment f = { b, m->img.s.block_size };

	b->len = 0;
	return block_read(m, b->pos, size, to_fragment, &f);
}

/* The part of the file's end that belongs to @page. */
static int read_fragment(struct sqfs_mount *m, struct sqfs_vnode *v, struct page *page, u32 n)
{
	u32 off = v->i.frag_off + (u32)((page->index << PAGE_SHIFT) & (m->img.s.block_size - 1)), size;
	struct sqfs_block *b;
	u64 pos;
	int err = sqfs_fragment(&m->img, v->i.frag, &pos, &size);

	if (err)
		return err;
	b = sqfs_block_get(&m->frags, pos, fill_fragment, size);
	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	if (off <= b->len && n <= b->len - off)
		memcpy(page_to_virt(page), b->data + off, n);
	else
		err = -EIO;
	sqfs_block_put(&m->frags, b);
	return err;
}

/* ---- pages ---- */

/* Pages of one block: NULL where one was there already. */
struct fill { struct page **pages; u32 n; u64 at, len; };

static int to_pages(void *ctx, const void *data, size_t n)
{
	struct fill *f = ctx;
	const u8 *p = data;

	if (n > f->len - f->at)
		return -EIO;
	while (n) {
		u32 off = f->at & ~PAGE_MASK, part = (u32)min_t(size_t, n, PAGE_SIZE - off);
		struct page *page = f->pages[f->at >> PAGE_SHIFT];

		if (page)
			memcpy((u8 *)page_to_virt(page) + off, p, part);
		f->at += part;
		p += part;
		n -= part;
	}
	return 0;
}

/* All pages of the block that can be had beside @page. */
static void gather(struct pagecache *pc, struct fill *f, u64 first, struct page *page)
{
	for (u32 i = 0; i < f->n; i++) {
		bool is_new = false;

		if (first + i == page->index) {
			f->pages[i] = page;
			continue;
		}
		f->pages[i] = pagecache_get(pc, first + i, ALLOC_USER | ALLOC_NORETRY | ALLOC_NOWARN, &is_new);
		if (!IS_ERR(f->pages[i]) && is_new)
			continue;
		if (!IS_ERR(f->pages[i]))
			page_put(f->pages[i]);
		f->pages[i] = NULL;
	}
}

static void release(struct fill *f, const struct page *wanted, int err)
{
	for (u32 i = 0; i < f->n; i++) {
		struct page *p = f->pages[i];

		if (!p || p == wanted)
			continue;
		if (err)
			pagecache_remove(p);
		else
			page_flag_set(p, PG_UPTODATE);
		page_unlock(p);
		page_put(p);
	}
}

static int read_block(struct pagecache *pc, struct sqfs_vnode *v, struct page *page, u64 n, u64 len)
{
	struct sqfs_mount *m = sqfs_mount_of(&v->vn);
	struct sqfs_map *map = map_get(m, v);
	struct fill f = { .n = (u32)DIV_ROUND_UP(len, PAGE_SIZE), .len = len };
	u32 size;
	int err = 0;

	if (IS_ERR(map))
		return (int)PTR_ERR(map);
	size = map->sizes[n];
	f.pages = kmem_alloc(f.n * sizeof(*f.pages), ALLOC_NOFS);
	if (!f.pages)
		return -ENOMEM;
	gather(pc, &f, n << (m->img.s.block_bits - PAGE_SHIFT), page);
	if (!size) {
		for (u32 i = 0; i < f.n; i++)
			if (f.pages[i])
				page_zero(page_to_virt(f.pages[i]));
	} else {
		err = block_read(m, place_of(map, n), size, to_pages, &f);
		if (!err && f.at != len)
			err = -EIO;
	}
	if (!err && (len & ~PAGE_MASK) && f.pages[f.n - 1])
		memset((u8 *)page_to_virt(f.pages[f.n - 1]) + (len & ~PAGE_MASK), 0, PAGE_SIZE - (len & ~PAGE_MASK));
	release(&f, page, err);
	kmem_free(f.pages);
	return err;
}

static int read_page(struct pagecache *pc, struct page *page)
{
	struct sqfs_vnode *v = sqfs_of(pc->vnode);
	u32 bits = sqfs_mount_of(pc->vnode)->img.s.block_bits;
	u64 pos = page->index << PAGE_SHIFT, n = pos >> bits;
	int err = 0;

	if (pos >= v->i.size) {
		page_zero(page_to_virt(page));
	} else if (n < v->i.nblocks) {
		err = read_block(pc, v, page, n, min_t(u64, v->i.size - (n << bits), 1UL << bits));
	} else {
		u32 len = (u32)min_t(u64, v->i.size - pos, PAGE_SIZE);

		memset((u8 *)page_to_virt(page) + len, 0, PAGE_SIZE - len);
		err = read_fragment(sqfs_mount_of(pc->vnode), v, page, len);
	}
	if (!err)
		page_flag_set(page, PG_UPTODATE);
	page_unlock(page);
	return err;
}

static void read_ahead(struct pagecache *pc, u64 index, u32 n)
{
	u64 end = ((u64)vnode_size(pc->vnode) + PAGE_SIZE - 1) >> PAGE_SHIFT;

	if (index < end)
		pagecache_read_ahead_pages(pc, index, (u32)min_t(u64, n, end - index));
}

const struct pagecache_ops sqfs_pagecache_ops = {
	.read_page = read_page,
	.read_ahead = read_ahead,
	PAGECACHE_OPS_READONLY,
};
