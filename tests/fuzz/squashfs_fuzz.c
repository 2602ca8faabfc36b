/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A squashfs image: its tree down to a depth, all attributes, links, block lists and
 * fragments. fuzz-sources: fs/squashfs/parse.c
 */
#include "fuzz.h"
#include "../../fs/squashfs/parse.h"

#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

struct ctx { const u8 *data; size_t size; struct sqfs_image *img; size_t heap; u32 reads; };

#define READS_MAX 20000

static int img_read(void *ctx, u64 pos, void *buf, u32 len)
{
	struct ctx *c = ctx;

	if (pos > c->size || len > c->size - pos)
		return -EIO;
	memcpy(buf, c->data + pos, len);
	return 0;
}

static int meta_get(void *ctx, u64 pos, struct sqfs_meta *m)
{
	struct ctx *c = ctx;
	struct lib_alloc alloc = { fuzz_heap_get, fuzz_heap_put, &c->heap };
	bool packed;
	u16 head;
	int n;

	if (c->reads++ > READS_MAX || img_read(ctx, pos, &head, 2))
		return -EIO;
	n = sqfs_meta_header(head, &packed);
	if (n < 0 || pos + 2 + (u32)n > c->size)
		return -EIO;
	m->cookie = malloc(SQFS_META_SIZE);
	m->next = pos + 2 + (u32)n;
	if (packed)
		n = (int)sqfs_unpack(&c->img->s, m->cookie, SQFS_META_SIZE, c->data + pos + 2, (u32)n, &alloc);
	else
		memcpy(m->cookie, c->data + pos + 2, (size_t)n);
	if (n < 0) {
		free(m->cookie);
		return n;
	}
	m->data = m->cookie;
	m->len = (u32)n;
	return 0;
}

static void meta_put(void *ctx, struct sqfs_meta *m) { free(m->cookie); }

static void look_at(struct sqfs_image *img, const struct sqfs_inode *i)
{
	struct sqfs_at at = i->rest;
	struct sqfs_xattrs x;
	struct sqfs_xattr a;
	u64 pos, where = i->start;
	char text[4096];
	u32 size;

	if (i->kind == SQFS_LINK)
		(void)sqfs_meta_read(img, &at, text, i->size);
	for (u64 n = 0; n < i->nblocks && !sqfs_meta_read(img, &at, &size, 4); n++) {
		if (sqfs_block_check(&img->s, where, size))
			break;
		where += size & ~SQFS_BLOCK_PLAIN;
	}
	if (i->frag != SQFS_NONE && !sqfs_fragment(img, i->frag, &pos, &size))
		FUZZ_CHECK(pos + (size & ~SQFS_BLOCK_PLAIN) <= img->s.bytes);
	if (sqfs_xattr_begin(img, i->xattr, &x))
		return;
	while (sqfs_xattr_next(img, &x, &a) == 1) {
		FUZZ_CHECK(strlen(a.name) == a.len);
		(void)sqfs_meta_read(img, &a.value, text, min(a.size, (u32)sizeof(text)));
	}
}

static void walk(struct sqfs_image *img, u64 ref, u32 depth)
{
	struct sqfs_inode i;
	struct sqfs_dir d;
	struct sqfs_entry e;

	if (sqfs_inode_read(img, ref, &i))
		return;
	look_at(img, &i);
	if (i.kind != SQFS_DIR || !depth)
		return;
	(void)sqfs_dir_seek(img, &i, "m", 1, &d);
	sqfs_dir_begin(&i, &d);
	while (sqfs_dir_next(img, &d, &e) == 1) {
		FUZZ_CHECK(e.len && e.len <= SQFS_NAME_MAX && strlen(e.name) == e.len);
		walk(img, e.ref, depth - 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sqfs_image img = { .meta_get = meta_get, .meta_put = meta_put, .read = img_read };
	struct ctx c = { data, size, &img, 0, 0 };
	u64 ref;

	img.ctx = &c;
	if (size < sizeof(struct sqfs_disk_super) || sqfs_super_parse(data, size, &img.s))
		return 0;
	walk(&img, img.s.root, 4);
	(void)sqfs_export(&img, 1, &ref);
	FUZZ_CHECK(!c.heap);
	return 0;
}
