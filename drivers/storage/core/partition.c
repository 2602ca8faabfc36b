// SPDX-License-Identifier: GPL-2.0-only
/*
 * From partition tables to block devices.
 *
 * The table is read through the page cache of the whole disk. GPT counts if a protective MBR is
 * there and either header, with its table, has right check sums: the first one, else the backup in the
 * last block. Without GPT the MBR counts, with its extended partitions. Partitions that do not
 * fit the disk are left out.
 *
 * All of it runs under disk->lock; the disk is open (for its page cache) meanwhile.
 */
#include "blk_impl.h"

#include <asm/page.h>
#include <asm/uaccess.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/klog.h>
#include <tern/lib/fmt.h>
#include <tern/lib/parttable.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/blk.h>

#define MBR_MAX_LOGICAL	256u

struct scan {
	struct blkdisk *d;
	u32 block;		/* bytes of a logical block */
	u64 nblocks;
	u8 *buf;		/* one block */
};

/* @len bytes at byte @pos by way of the page cache. */
static int read_bytes(struct blkdisk *d, u64 pos, void *out, size_t len)
{
	struct pagecache *pc = blkdev_cache(d->whole);
	u8 *to = out;

	while (len) {
		u32 off = pos & ~PAGE_MASK;
		size_t n = min_t(size_t, len, PAGE_SIZE - off);
		struct page *p = pagecache_read_in(pc, pos >> PAGE_SHIFT);

		if (IS_ERR(p))
			return (int)PTR_ERR(p);
		memcpy(to, (u8 *)page_to_virt(p) + off, n);
		page_put(p);
		to += n;
		pos += n;
		len -= n;
	}
	return 0;
}

static int read_block(struct scan *s, u64 lba)
{
	return lba < s->nblocks ? read_bytes(s->d, lba * s->block, s->buf, s->block) : -EIO;
}

/* Make a partition of sectors; @b out. */
static int add_part(struct blkdisk *d, u32 partno, u64 start, u64 n, const char *uuid, const char *label,
		    u8 type)
{
	struct blkdev *b;
	int err;

	if (!n || start >= d->whole->nsectors || n > d->whole->nsectors - start)
		return -EINVAL;
	b = blkdev_make(d, partno, start, n);
	if (!b)
		return -ENOMEM;
	b->is_readonly = d->whole->is_readonly;
	b->mbr_type = type;
	strlcpy(b->uuid, uuid, sizeof(b->uuid));
	strlcpy(b->label, label, sizeof(b->label));
	err = blkdev_list(b);
	if (err) {
		blkdev_drop(b);
		return err;
	}
	list_add_tail(&b->part_link, &d->parts);
	return 0;
}

/* ---- GPT ---- */

/* A header with a table whose sums are right; *table to be freed. */
static int load_gpt(struct scan *s, u64 lba, struct gpt_header *h, u8 **table)
{
	int err = read_block(s, lba);

	if (!err)
		err = gpt_parse_header(s->buf, s->block, lba, s->nblocks - 1, h);
	if (err)
		return err;
	*table = kmem_alloc_large(gpt_table_bytes(h), ALLOC_KERNEL);
	if (!*table)
		return -ENOMEM;
	err = read_bytes(s->d, h->entries_lba * s->block, *table, gpt_table_bytes(h));
	if (!err)
		err = gpt_check_table(h, *table);
	if (err)
		kmem_free_large(*table);
	return err;
}

static int scan_gpt(struct scan *s)
{
	u32 per = s->block >> SECTOR_SHIFT;
	struct gpt_header h;
	u8 *table;
	int err = load_gpt(s, 1, &h, &table);

	if (err) {
		err = load_gpt(s, s->nblocks - 1, &h, &table);
		if (err)
			return err;
		kwarn("%s: first GPT header is damaged, using the backup", s->d->name);
	}
	for (u32 i = 0; i < h.nentries; i++) {
		char uuid[GUID_TEXT];
		struct gpt_entry e;

		if (gpt_parse_entry(&h, table, i, &e))
			continue;
		guid_print(e.guid, uuid);
		(void)add_part(s->d, i + 1, e.first * per, (e.last - e.first + 1) * per, uuid, e.name, 0);
	}
	kmem_free_large(table);
	return 0;
}

/* ---- MBR ---- */

static void add_mbr(struct scan *s, u32 partno, u64 start, u64 count, u8 type, u32 id)
{
	u32 per = s->block >> SECTOR_SHIFT;
	char uuid[16];

	fmt_print(uuid, sizeof(uuid), "%08x-%02x", id, partno);
	/* Of an extended partition only the first sectors: boot loaders look for their code there. */
	if (mbr_is_extended(type))
		count = min_t(u64, count, max(2u / per, 1u));
	(void)add_part(s->d, partno, start * per, count * per, uuid, "", type);
}

static void scan_extended(struct scan *s, u64 start, u64 count, u32 id, u32 *partno)
{
	u64 at = start, next, part_start = 0;
	struct mbr_entry e;

	for (u32 links = 0; at && links < MBR_MAX_LOGICAL; links++) {
		if (read_block(s, at) || mbr_chain_step(s->buf, at, start, count, &e, &part_start, &next))
			return;
		if (e.count)
			add_mbr(s, (*partno)++, part_start, e.count, e.type, id);
		at = next;
	}
}

static int scan_tables(struct scan *s)
{
	struct mbr_entry e[4];
	u32 id = 0, logical = 5;
	int err = read_block(s, 0);

	if (err)
		return err;
	if (mbr_parse(s->buf, e, &id))
		return 0;
	for (u32 i = 0; i < 4; i++)
		if (e[i].type == MBR_TYPE_PROTECTIVE && !scan_gpt(s))
			return 0;
	for (u32 i = 0; i < 4; i++)
		if (e[i].type && e[i].count)
			add_mbr(s, i + 1, e[i].start, e[i].count, e[i].type, id);
	for (u32 i = 0; i < 4; i++)
		if (mbr_is_extended(e[i].type) && e[i].count)
			scan_extended(s, e[i].start, e[i].count, id, &logical);
	return 0;
}

/* ---- dropping and rereading ---- */

static bool part_in_use(const struct blkdisk *d)
{
	const struct blkdev *b;

	list_foreach(b, &d->parts, part_link)
		if (b->openers)
			return true;
	return false;
}

static void drop_part(struct blkdev *b)
{
	list_del_init(&b->part_link);
	WRITE_ONCE(b->is_gone, true);
	blkdev_unlist(b);
	blkdev_drop(b);
}

void blkdisk_drop_parts_locked(struct blkdisk *d)
{
	struct blkdev *b, *tmp;

	list_foreach_safe(b, tmp, &d->parts, part_link)
		drop_part(b);
}

int blkdisk_scan_locked(struct blkdisk *d)
{
	struct scan s = { .d = d, .block = d->limits.block_size };
	int err;

	if (part_in_use(d))
		return -EBUSY;
	blkdisk_drop_parts_locked(d);
	if (d->no_partitions || !d->whole->nsectors)
		return 0;
	s.nblocks = d->whole->nsectors / (s.block >> SECTOR_SHIFT);
	s.buf = kmem_alloc(s.block, ALLOC_KERNEL);
	if (!s.buf)
		return -ENOMEM;
	err = blkdev_open_locked(d->whole, BLKDEV_READ);
	if (!err) {
		err = scan_tables(&s);
		blkdev_close_locked(d->whole, BLKDEV_READ);
		blkdev_drop(d->whole);
		blkdisk_put(d);
	}
	kmem_free(s.buf);
	return err;
}

/* ---- by hand ---- */

static struct blkdev *find_part(struct blkdisk *d, u32 partno)
{
	struct blkdev *b;

	list_foreach(b, &d->parts, part_link)
		if (b->partno == partno)
			return b;
	return NULL;
}

static bool overlaps(const struct blkdisk *d, const struct blkdev *but, u64 start, u64 n)
{
	const struct blkdev *b;

	list_foreach(b, &d->parts, part_link)
		if (b != but && start < b->start + b->nsectors && b->start < start + n)
			return true;
	return false;
}

static int change_part(struct blkdisk *d, int op, u32 partno, u64 start, u64 n)
{
	struct blkdev *b = find_part(d, partno);

	switch (op) {
	case BLKPG_ADD_PARTITION:
		if (b)
			return -EBUSY;
		return overlaps(d, NULL, start, n) ? -EBUSY : add_part(d, partno, start, n, "", "", 0);
	case BLKPG_DEL_PARTITION:
		if (!b)
			return -ENXIO;
		if (b->openers)
			return -EBUSY;
		drop_part(b);
		return 0;
	default:
		if (!b)
			return -ENXIO;
		if (start != b->start || n > d->whole->nsectors - start)
			return -EINVAL;
		if (overlaps(d, b, start, n))
			return -EBUSY;
		WRITE_ONCE(b->nsectors, n);
		bdev_vnode_resize(b);
		return 0;
	}
}

long blkpg_ioctl(struct blkdev *b, uptr arg)
{
	u64 grain = blkdev_block_size(b);
	struct blkpg_arg a;
	struct blkpg_part p;
	int err;

	if (!cap_has(CAP_SYS_ADMIN))
		return -EACCES;
	if (user_copyin(&a, (void __user *)arg, sizeof(a)) ||
	    user_copyin(&p, (void __user *)a.data, sizeof(p)))
		return -EFAULT;
	if (b->partno || a.op < BLKPG_ADD_PARTITION || a.op > BLKPG_RESIZE_PARTITION)
		return -EINVAL;
	if (p.pno <= 0 || p.start < 0 || p.length < 0)
		return -EINVAL;
	if (a.op != BLKPG_DEL_PARTITION && (!p.length || ((u64)p.start | (u64)p.length) & (grain - 1)))
		return -EINVAL;
	kmutex_lock(&b->disk->lock);
	err = change_part(b->disk, a.op, (u32)p.pno, (u64)p.start >> SECTOR_SHIFT,
			  (u64)p.length >> SECTOR_SHIFT);
	kmutex_unlock(&b->disk->lock);
	return err;
}
