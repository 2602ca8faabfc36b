// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAM disks: /dev/ram0 and on. Pages are made by the first write to them and stay for good.
 *
 * brd.rd_nr= says how many there are (default 16), brd.rd_size= (or ramdisk_size=) their size in KiB.
 * The table of pages is made at the first open; entries go from NULL to a page once, so that
 * nothing needs a lock.
 */
#include <generated/svc_storage.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/drivers/blkdisk.h>
#include <tern/kernel/cmdline.h>
#include <tern/lib/bits.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define RAM_MAJOR	1
#define RAM_MINORS	16		/* numbers a disk: its partitions */
#define SIZE_KIB	16384UL
#define COUNT_MAX	256UL

struct ramdisk {
	u64 npages;
	struct page **pages;	/* set once, before the first I/O */
};

static struct page *page_for(struct ramdisk *rd, u64 index, bool make)
{
	struct page *p = load_acquire(&rd->pages[index]), *new;

	if (p || !make)
		return p;
	/* Under a lock or in an interrupt nothing may sleep for memory. */
	new = page_alloc(0, ALLOC_ZERO | ALLOC_NOWARN |
			    (preempt_count() || !irq_is_enabled() ? ALLOC_ATOMIC : ALLOC_NOFS));
	if (!new)
		return NULL;
	if (cas(&rd->pages[index], NULL, new))
		return new;
	page_put(new);
	return load_acquire(&rd->pages[index]);
}

/* Bytes of one piece, inside one page of the disk. */
static int copy_part(struct ramdisk *rd, u64 pos, u8 *mem, u32 n, bool is_write)
{
	struct page *p = page_for(rd, pos >> PAGE_SHIFT, is_write);
	u8 *at = p ? (u8 *)page_to_virt(p) + (pos & ~PAGE_MASK) : NULL;

	if (is_write && !p)
		return -ENOSPC;
	if (is_write)
		memcpy(at, mem, n);
	else if (p)
		memcpy(mem, at, n);
	else
		memset(mem, 0, n);
	return 0;
}

static int ram_direct(struct blkdisk *d, struct ioreq *r)
{
	struct ramdisk *rd = blkdisk_priv(d);
	u64 pos = r->abs_sector << SECTOR_SHIFT;

	for (u32 i = 0; i < r->nsegs; i++) {
		u8 *mem = (u8 *)page_to_virt(r->segs[i].page) + r->segs[i].off;

		for (u32 left = r->segs[i].len, n; left; left -= n, mem += n, pos += n) {
			int err;

			n = min_t(u32, left, PAGE_SIZE - (pos & ~PAGE_MASK));
			err = copy_part(rd, pos, mem, n, r->op == IOREQ_WRITE);
			if (err)
				return err;
		}
	}
	return 0;
}

static int ram_open(struct blkdisk *d, u32 mode)
{
	struct ramdisk *rd = blkdisk_priv(d);

	if (rd->pages)
		return 0;
	rd->pages = kmem_alloc_large(rd->npages * sizeof(*rd->pages), ALLOC_KERNEL | ALLOC_ZERO);
	return rd->pages ? 0 : -ENOMEM;
}

static void ram_release(struct blkdisk *d)
{
	blkdisk_free(d);
}

static const struct blkdisk_ops ram_ops = {
	.start = blkop_no_start, .kick = blkop_default_kick, .poll = blkop_default_poll,
	.direct = ram_direct, .reset = blkop_no_reset, .open = ram_open, .close = blkop_default_close,
	.ioctl = blkop_no_ioctl, .serial = blkop_no_serial, .release = ram_release,
};

static int ram_make(u32 i, u64 kib)
{
	static const struct blkdisk_limits limits = { .block_size = 512, .physical_size = PAGE_SIZE };
	struct ramdisk *rd = kmem_zalloc(sizeof(*rd), ALLOC_KERNEL);
	struct blkdisk *d;
	char name[16];
	int err;

	if (!rd)
		return -ENOMEM;
	rd->npages = DIV_ROUND_UP(kib, PAGE_SIZE / 1024);
	fmt_print(name, sizeof(name), "ram%u", i);
	d = blkdisk_create(name, RAM_MAJOR, i * RAM_MINORS, RAM_MINORS, &limits, &ram_ops, rd);
	if (IS_ERR(d)) {
		kmem_free(rd);
		return (int)PTR_ERR(d);
	}
	/* Nothing is on it yet: no table to look for. */
	blkdisk_set_partitions(d, false);
	err = svc_storage_add(d, kib * 2, false, NULL);
	blkdisk_set_partitions(d, true);
	if (err) {
		blkdisk_free(d);
		kmem_free(rd);
	}
	return err;
}

static int ram_init(void)
{
	u64 n = min(cmdline_get_u64("brd.rd_nr", 16), COUNT_MAX);
	u64 kib = min(cmdline_get_u64("brd.rd_size", cmdline_get_u64("ramdisk_size", SIZE_KIB)), 1UL << 30);
	int err = blk_major_register(RAM_MAJOR, "ramdisk");

	err = err < 0 ? err : 0;
	for (u32 i = 0; i < n && kib && !err; i++)
		err = ram_make(i, kib);
	return err;
}
INITCALL(DEVICE, ram_init);
