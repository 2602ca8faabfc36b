// SPDX-License-Identifier: GPL-2.0-only
/*
 * squashfs structures. An image is the super block, data blocks, and tables of metadata:
 * streams of bytes cut into blocks of 8 KiB that are packed one by one, each behind two bytes
 * that say how long it is. A place in a stream is the block's place and an offset into it.
 *
 * Tables of fixed-size things (owners, fragments, inodes by number, attributes) have a list of
 * their blocks' places, unpacked, at the place that the super block names.
 *
 * Bounds: every read goes by sqfs_meta_read() or the caller's read(), which check; loops end by
 * counts that the image says and that reading uses up.
 */
#include "parse.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/lib/unzip.h>

static enum unzip_format format_of(u32 packing)
{
	switch (packing) {
	case SQFS_ZLIB:
		return UNZIP_ZLIB;
	case SQFS_XZ:
		return UNZIP_XZ;
	case SQFS_ZSTD:
		return UNZIP_ZSTD;
	default:
		return UNZIP_UNKNOWN;
	}
}

static bool is_table(u64 at, u64 bytes)
{
	return at >= sizeof(struct sqfs_disk_super) && at < bytes;
}

int sqfs_super_parse(const void *raw, u64 bytes, struct sqfs_super *out)
{
	struct sqfs_disk_super d;

	memcpy(&d, raw, sizeof(d));
	if (d.magic != SQFS_MAGIC || d.major != 4 || d.minor)
		return -EINVAL;
	if (d.packing != SQFS_LZ4 && format_of(d.packing) == UNZIP_UNKNOWN)
		return d.packing >= SQFS_ZLIB && d.packing <= SQFS_ZSTD ? -EOPNOTSUPP : -EINVAL;
	if (d.block_bits < 12 || d.block_bits > SQFS_BLOCK_MAX_BITS || d.block_size != 1u << d.block_bits)
		return -EINVAL;
	if (d.bytes < sizeof(d) || d.bytes > bytes || !d.inodes || !d.ids)
		return -EINVAL;
	if (!is_table(d.inode_table, d.bytes) || !is_table(d.dir_table, d.bytes) || !is_table(d.id_table, d.bytes) ||
	    d.inode_table >= d.dir_table || (d.root >> 16) >= d.dir_table - d.inode_table)
		return -EINVAL;
	if (d.fragments && !is_table(d.frag_table, d.bytes))
		return -EINVAL;
	*out = (struct sqfs_super){
		.inodes = d.inodes, .block_size = d.block_size, .block_bits = d.block_bits,
		.fragments = d.fragments, .ids = d.ids, .packing = d.packing, .root = d.root, .bytes = d.bytes,
		.id_table = d.id_table, .inode_table = d.inode_table, .dir_table = d.dir_table,
		.frag_table = d.frag_table,
		.xattr_table = is_table(d.xattr_table, d.bytes) ? d.xattr_table : SQFS_NO_TABLE,
		.export_table = is_table(d.export_table, d.bytes) ? d.export_table : SQFS_NO_TABLE,
	};
	return 0;
}

int sqfs_meta_header(u16 raw, bool *is_packed)
{
	u32 n = raw & ~SQFS_META_PLAIN;

	*is_packed = !(raw & SQFS_META_PLAIN);
	return n && n <= SQFS_META_SIZE ? (int)n : -EIO;
}

ssize_t sqfs_unpack(const struct sqfs_super *s, void *dst, u32 room, const void *src, u32 len,
		    const struct lib_alloc *alloc)
{
	ssize_t n = s->packing == SQFS_LZ4 ? unzip_lz4_block(dst, room, src, len) :
		    unzip_buffer(format_of(s->packing), dst, room, src, len, alloc);

	return n >= 0 || n == -ENOMEM ? n : -EIO;
}

int sqfs_meta_read(const struct sqfs_image *img, struct sqfs_at *at, void *buf, u64 len)
{
	while (len) {
		struct sqfs_meta m;
		int err = img->meta_get(img->ctx, at->pos, &m);
		u32 n;

		if (err)
			return err;
		if (at->off > m.len || !m.len) {
			img->meta_put(img->ctx, &m);
			return -EIO;
		}
		n = (u32)min_t(u64, len, m.len - at->off);
		if (buf) {
			memcpy(buf, m.data + at->off, n);
			buf = (u8 *)buf + n;
		}
		at->off += n;
		len -= n;
		if (at->off == m.len)
			*at = (struct sqfs_at){ m.next, 0 };
		img->meta_put(img->ctx, &m);
	}
	return 0;
}

/* Entry @n of a table: @size bytes each, a whole number of them in a block. */
static int table_read(const struct sqfs_image *img, u64 table, u64 n, u32 size, void *buf)
{
	u32 per = SQFS_META_SIZE / size;
	struct sqfs_at at;
	int err = img->read(img->ctx, table + n / per * 8, &at.pos, 8);

	if (err)
		return err;
	at.off = (u32)(n % per) * size;
	return sqfs_meta_read(img, &at, buf, size);
}

static int id_read(const struct sqfs_image *img, u16 n, u32 *id)
{
	return n < img->s.ids ? table_read(img, img->s.id_table, n, sizeof(*id), id) : -EIO;
}

int sqfs_export(const struct sqfs_image *img, u32 ino, u64 *ref)
{
	if (img->s.export_table == SQFS_NO_TABLE || !ino || ino > img->s.inodes)
		return -ESTALE;
	return table_read(img, img->s.export_table, ino - 1, sizeof(*ref), ref);
}

int sqfs_block_check(const struct sqfs_super *s, u64 pos, u32 size)
{
	u32 n = size & ~SQFS_BLOCK_PLAIN;

	return n > s->block_size || pos >= s->bytes || n > s->bytes - pos ? -EIO : 0;
}

int sqfs_fragment(const struct sqfs_image *img, u32 n, u64 *pos, u32 *size)
{
	struct sqfs_disk_frag f;
	int err = n < img->s.fragments ? table_read(img, img->s.frag_table, n, sizeof(f), &f) : -EIO;

	if (err)
		return err;
	*pos = f.start;
	*size = f.size;
	return (f.size & ~SQFS_BLOCK_PLAIN) ? sqfs_block_check(&img->s, f.start, f.size) : -EIO;
}

/* ---- inodes ---- */

static int read_dir(const struct sqfs_image *img, bool is_long, struct sqfs_at *at, struct sqfs_inode *i)
{
	struct sqfs_disk_xdir x = { .xattr = SQFS_NONE };
	struct sqfs_disk_dir d;
	int err;

	if (is_long) {
		err = sqfs_meta_read(img, at, &x, sizeof(x));
	} else {
		err = sqfs_meta_read(img, at, &d, sizeof(d));
		if (!err)
			x = (struct sqfs_disk_xdir){ d.nlink, d.size, d.start, d.parent, 0, d.off, SQFS_NONE };
	}
	i->nlink = x.nlink;
	i->size = x.size;
	i->parent = x.parent;
	i->xattr = x.xattr;
	i->nindex = x.nindex;
	i->list = (struct sqfs_at){ img->s.dir_table + x.start, x.off };
	return err;
}

static int read_reg(const struct sqfs_image *img, bool is_long, struct sqfs_at *at, struct sqfs_inode *i)
{
	struct sqfs_disk_xreg x = { 0 };
	struct sqfs_disk_reg r;
	int err;

	if (is_long) {
		err = sqfs_meta_read(img, at, &x, sizeof(x));
	} else {
		err = sqfs_meta_read(img, at, &r, sizeof(r));
		if (!err)
			x = (struct sqfs_disk_xreg){ r.start, r.size, 0, 1, r.frag, r.frag_off, SQFS_NONE };
	}
	if (err)
		return err;
	if (x.size > (u64)S64_MAX || (x.frag != SQFS_NONE && x.frag_off >= img->s.block_size))
		return -EIO;
	i->nlink = x.nlink;
	i->size = x.size;
	i->start = x.start;
	i->frag = x.frag;
	i->frag_off = x.frag_off;
	i->xattr = x.xattr;
	i->nblocks = x.size >> img->s.block_bits;
	if (x.frag == SQFS_NONE && (x.size & (img->s.block_size - 1)))
		i->nblocks++;
	return 0;
}

static int read_other(const struct sqfs_image *img, bool is_long, struct sqfs_at *at, struct sqfs_inode *i)
{
	struct sqfs_disk_dev d = { 0 };
	struct sqfs_at behind;
	bool is_ipc = i->kind == SQFS_FIFO || i->kind == SQFS_SOCK;
	int err = sqfs_meta_read(img, at, &d, is_ipc ? sizeof(d.nlink) : sizeof(d));

	if (err)
		return err;
	i->nlink = d.nlink;
	behind = *at;
	if (i->kind == SQFS_LINK) {
		i->size = d.rdev;
		if (!i->size || i->size >= 4096)
			return -EIO;
		if (is_long)
			err = sqfs_meta_read(img, &behind, NULL, i->size);
	} else {
		i->rdev = d.rdev;
	}
	if (!err && is_long)
		err = sqfs_meta_read(img, &behind, &i->xattr, sizeof(i->xattr));
	return err;
}

int sqfs_inode_read(const struct sqfs_image *img, u64 ref, struct sqfs_inode *out)
{
	static const mode_t types[] = { 0, S_IFDIR, S_IFREG, S_IFLNK, S_IFBLK, S_IFCHR, S_IFIFO, S_IFSOCK };
	struct sqfs_at at = { img->s.inode_table + (ref >> 16), ref & 0xffff };
	struct sqfs_disk_head h;
	bool is_long;
	int err;

	if ((ref >> 16) >= img->s.dir_table - img->s.inode_table)
		return -EIO;
	err = sqfs_meta_read(img, &at, &h, sizeof(h));
	if (err)
		return err;
	if (!h.kind || h.kind > 2 * SQFS_EXTENDED || !h.ino || h.ino > img->s.inodes)
		return -EIO;
	is_long = h.kind > SQFS_EXTENDED;
	*out = (struct sqfs_inode){ .kind = h.kind - (is_long ? SQFS_EXTENDED : 0), .mtime = h.mtime, .ino = h.ino,
				    .frag = SQFS_NONE, .xattr = SQFS_NONE };
	out->mode = types[out->kind] | (h.mode & 07777);
	err = id_read(img, h.uid, &out->uid);
	if (!err)
		err = id_read(img, h.gid, &out->gid);
	if (err)
		return err;
	err = out->kind == SQFS_DIR ? read_dir(img, is_long, &at, out) :
	      out->kind == SQFS_REG ? read_reg(img, is_long, &at, out) : read_other(img, is_long, &at, out);
	out->rest = at;
	return err;
}

/* ---- directories ---- */

void sqfs_dir_begin(const struct sqfs_inode *i, struct sqfs_dir *d)
{
	/* Three bytes stand for "." and ".."; an empty directory has nothing else. */
	*d = (struct sqfs_dir){ .at = i->list, .left = i->size > 3 ? i->size - 3 : 0 };
}

static int compare(const char *a, u32 alen, const char *b, u32 blen)
{
	int c = memcmp(a, b, min(alen, blen));

	return c ? c : alen < blen ? -1 : alen > blen;
}

int sqfs_dir_seek(const struct sqfs_image *img, const struct sqfs_inode *i, const char *name, u32 len,
		  struct sqfs_dir *d)
{
	struct sqfs_at at = i->rest;
	char first[SQFS_NAME_MAX];

	sqfs_dir_begin(i, d);
	for (u32 n = 0; n < i->nindex && i->size > 3; n++) {
		struct sqfs_disk_index x;
		int err = sqfs_meta_read(img, &at, &x, sizeof(x));

		if (err)
			return err;
		if (x.name_len >= SQFS_NAME_MAX || x.off >= i->size - 3)
			return -EIO;
		err = sqfs_meta_read(img, &at, first, x.name_len + 1);
		if (err)
			return err;
		if (compare(first, x.name_len + 1, name, len) > 0)
			break;
		d->at = (struct sqfs_at){ img->s.dir_table + x.start, (x.off + i->list.off) % SQFS_META_SIZE };
		d->done = x.off;
		d->left = i->size - 3 - x.off;
	}
	return 0;
}

static int use(const struct sqfs_image *img, struct sqfs_dir *d, void *buf, u32 len)
{
	if (d->left < len)
		return -EIO;
	d->left -= len;
	d->done += len;
	return sqfs_meta_read(img, &d->at, buf, len);
}

int sqfs_dir_next(const struct sqfs_image *img, struct sqfs_dir *d, struct sqfs_entry *e)
{
	struct sqfs_disk_run run;
	struct sqfs_disk_entry x;
	int err;

	if (!d->left)
		return d->run_left ? -EIO : 0;
	if (!d->run_left) {
		err = use(img, d, &run, sizeof(run));
		if (err)
			return err;
		if (run.count >= SQFS_DIR_RUN_MAX)
			return -EIO;
		d->run_left = run.count + 1;
		d->run_start = run.start;
		d->run_ino = run.ino;
	}
	err = use(img, d, &x, sizeof(x));
	if (err)
		return err;
	if (x.name_len >= SQFS_NAME_MAX || !x.kind || x.kind > SQFS_SOCK)
		return -EIO;
	e->len = x.name_len + 1u;
	err = use(img, d, e->name, e->len);
	if (err)
		return err;
	e->name[e->len] = '\0';
	if (memchr(e->name, '/', e->len) || memchr(e->name, '\0', e->len))
		return -EIO;
	d->run_left--;
	e->ref = d->run_start << 16 | x.off;
	e->ino = d->run_ino + (u32)(s32)x.ino;
	e->kind = x.kind;
	e->next = d->done;
	return 1;
}

/* ---- extended attributes ---- */

int sqfs_xattr_begin(const struct sqfs_image *img, u32 n, struct sqfs_xattrs *x)
{
	struct sqfs_disk_xattrs head;
	struct sqfs_disk_xattr_id id;
	int err;

	*x = (struct sqfs_xattrs){ .left = 0 };
	if (n == SQFS_NONE || img->s.xattr_table == SQFS_NO_TABLE)
		return 0;
	err = img->read(img->ctx, img->s.xattr_table, &head, sizeof(head));
	if (!err && n >= head.count)
		err = -EIO;
	if (!err)
		err = table_read(img, img->s.xattr_table + sizeof(head), n, sizeof(id), &id);
	if (err)
		return err;
	x->at = (struct sqfs_at){ head.table + (id.ref >> 16), id.ref & 0xffff };
	x->left = id.count;
	return 0;
}

int sqfs_xattr_next(const struct sqfs_image *img, struct sqfs_xattrs *x, struct sqfs_xattr *out)
{
	static const char *const spaces[] = { "user.", "trusted.", "security." };
	struct sqfs_disk_xattrs head;
	struct sqfs_disk_xattr e;
	u32 kind, n;
	u64 ref;
	int err;

	if (!x->left)
		return 0;
	x->left--;
	err = sqfs_meta_read(img, &x->at, &e, sizeof(e));
	if (err)
		return err;
	kind = e.kind & SQFS_XATTR_KIND;
	if (kind >= ARRAY_SIZE(spaces) || !e.name_len || e.name_len > 255)
		return -EIO;
	n = (u32)strlen(spaces[kind]);
	memcpy(out->name, spaces[kind], n);
	err = sqfs_meta_read(img, &x->at, out->name + n, e.name_len);
	out->len = n + e.name_len;
	out->name[out->len] = '\0';
	if (!err && strlen(out->name) != out->len)
		err = -EIO;
	if (!err)
		err = sqfs_meta_read(img, &x->at, &out->size, sizeof(out->size));
	out->value = x->at;
	if (!err)
		err = sqfs_meta_read(img, &x->at, NULL, out->size);
	if (err || !(e.kind & SQFS_XATTR_ELSEWHERE))
		return err ? err : 1;
	if (out->size != sizeof(ref))
		return -EIO;
	err = sqfs_meta_read(img, &out->value, &ref, sizeof(ref));
	if (!err)
		err = img->read(img->ctx, img->s.xattr_table, &head, sizeof(head));
	out->value = (struct sqfs_at){ head.table + (ref >> 16), ref & 0xffff };
	if (!err)
		err = sqfs_meta_read(img, &out->value, &out->size, sizeof(out->size));
	return err ? err : 1;
}
