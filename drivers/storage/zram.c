// SPDX-License-Identifier: GPL-2.0-only
/*
 * zram: disks whose pages are kept compressed in memory. /dev/zram0 and on.
 *
 * A page is in a slot: nothing (reads as zeroes), a word that fills it, LZ4 data, or, if that
 * would not save an eighth, the page as it is. Slots are protected by a lock chosen by their number;
 * compression uses the CPU's own buffer with interrupts off.
 *
 * Life: sysfs "disksize" gives a disk its size once; "reset" takes contents and size away again.
 *
 * Lock order: the disk's lock (size, table) > slot locks (leaves).
 */
#include <generated/svc_storage.h>
#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/base/percpu_alloc.h>
#include <tern/drivers/blkdisk.h>
#include <tern/drivers/devnode.h>
#include <tern/fs/sysfs.h>
#include <tern/kernel/cmdline.h>
#include <tern/lib/fmt.h>
#include <tern/lib/lz4.h>
#include <tern/lib/string.h>
#include <tern/lib/unzip.h>
#include <tern/mm/slab.h>

#define ZRAM_LOCKS	64u
#define COUNT_MAX	64UL
#define PACKED_MAX	(PAGE_SIZE / 8 * 7)

/* data: NULL with len 0: empty, with len WORD: filled with `word`. */
struct zslot { union { void *data; u64 word; }; u32 len; };
#define LEN_WORD	U32_MAX

struct zram {
	struct blkdisk *disk;		/* I */
	u32 number;			/* I */
	struct zslot *slots;		/* disk's lock; changed only while nobody has it open */
	u64 nslots;
	struct spin locks[ZRAM_LOCKS];	/* protect slots; LOCKRANK_DRIVER, irqsave */
	atomic64 orig, packed, used, used_max, same, huge;	/* pages, bytes, bytes, bytes, pages, pages */
};

struct zbuf { struct lz4_work work; u8 out[PACKED_MAX]; };
static struct zbuf **zbufs;		/* one a CPU */
static int zram_major;

static struct spin *lock_of(struct zram *z, u64 index)
{
	return &z->locks[index % ZRAM_LOCKS];
}

/* ---- slots ---- */

static void count_used(struct zram *z, s64 delta)
{
	s64 now = atomic_add_return(&z->used, delta), top = atomic_read(&z->used_max);

	while (now > top && !__atomic_compare_exchange_n(&z->used_max.v, &top, now, false, __ATOMIC_RELAXED,
							  __ATOMIC_RELAXED))
		;
}

/* What was there goes; slot lock held, or nobody else can look. */
static void slot_clear(struct zram *z, struct zslot *s)
{
	if (s->len == LEN_WORD) {
		atomic_dec(&z->same);
	} else if (s->len) {
		count_used(z, -(s64)kmem_size(s->data));
		atomic_sub(&z->packed, s->len);
		if (s->len == PAGE_SIZE)
			atomic_dec(&z->huge);
		kmem_free(s->data);
	}
	if (s->len)
		atomic_dec(&z->orig);
	*s = (struct zslot){ .len = 0 };
}

static bool is_one_word(const void *mem)
{
	const u64 *w = mem;

	for (u32 i = 1; i < PAGE_SIZE / sizeof(*w); i++)
		if (w[i] != w[0])
			return false;
	return true;
}

/* Memory for @n bytes: under a lock or in an interrupt nothing may sleep for it. */
static void *get_memory(size_t n)
{
	return kmem_alloc_sized(n, ALLOC_NOWARN | (preempt_count() || !irq_is_enabled() ? ALLOC_ATOMIC : ALLOC_NOFS));
}

/* A copy of the page, packed if that is worth it; NULL: no memory. */
static void *pack(const void *mem, u32 *len)
{
	u64 flags = irq_save();
	struct zbuf *b = zbufs[cpu_self()];
	ssize_t n = lz4_compress_block(&b->work, b->out, sizeof(b->out), mem, PAGE_SIZE);
	void *data = n > 0 ? kmem_alloc_sized((size_t)n, ALLOC_ATOMIC | ALLOC_NOWARN) : NULL;

	if (data)
		memcpy(data, b->out, (size_t)n);
	irq_restore(flags);
	*len = n > 0 ? (u32)n : PAGE_SIZE;
	if (!data && n > 0) {
		/* Memory that may be waited for; the buffer may be another's meanwhile. */
		data = get_memory(PAGE_SIZE);
		*len = PAGE_SIZE;
	} else if (!data) {
		data = get_memory(PAGE_SIZE);
	}
	if (data && *len == PAGE_SIZE)
		memcpy(data, mem, PAGE_SIZE);
	return data;
}

static int slot_write(struct zram *z, u64 index, const void *mem)
{
	struct zslot new = { .len = LEN_WORD }, *s = &z->slots[index];
	u64 flags;

	if (is_one_word(mem)) {
		new.word = *(const u64 *)mem;
		atomic_inc(&z->same);
	} else {
		new.data = pack(mem, &new.len);
		if (!new.data)
			return -ENOMEM;
		count_used(z, (s64)kmem_size(new.data));
		atomic_add(&z->packed, new.len);
		if (new.len == PAGE_SIZE)
			atomic_inc(&z->huge);
	}
	atomic_inc(&z->orig);
	flags = spin_lock_irqsave(lock_of(z, index));
	slot_clear(z, s);
	*s = new;
	spin_unlock_irqrestore(lock_of(z, index), flags);
	return 0;
}

static int slot_read(struct zram *z, u64 index, void *mem)
{
	struct zslot *s = &z->slots[index];
	u64 flags = spin_lock_irqsave(lock_of(z, index));
	int err = 0;

	if (s->len == LEN_WORD || !s->len) {
		for (u32 i = 0; i < PAGE_SIZE / sizeof(u64); i++)
			((u64 *)mem)[i] = s->len ? s->word : 0;
	} else if (s->len == PAGE_SIZE) {
		memcpy(mem, s->data, PAGE_SIZE);
	} else if (unzip_lz4_block(mem, PAGE_SIZE, s->data, s->len) != (ssize_t)PAGE_SIZE) {
		err = -EIO;
	}
	spin_unlock_irqrestore(lock_of(z, index), flags);
	return err;
}

static void drop_range(struct zram *z, u64 first, u64 n)
{
	for (; n--; first++) {
		u64 flags = spin_lock_irqsave(lock_of(z, first));

		slot_clear(z, &z->slots[first]);
		spin_unlock_irqrestore(lock_of(z, first), flags);
	}
}

/* Pieces may be parts of a page of the disk: then it goes by way of one that is put together. */
static int zram_direct(struct blkdisk *d, struct ioreq *r)
{
	struct zram *z = blkdisk_priv(d);
	u64 index = r->abs_sector >> (PAGE_SHIFT - SECTOR_SHIFT);
	u8 *whole = NULL;
	u32 have = 0;
	int err = 0;

	if (r->op == IOREQ_DISCARD || r->op == IOREQ_WRITE_ZEROES) {
		drop_range(z, index, r->nsectors >> (PAGE_SHIFT - SECTOR_SHIFT));
		return 0;
	}
	for (u32 i = 0; i < r->nsegs && !err; i++) {
		u8 *mem = (u8 *)page_to_virt(r->segs[i].page) + r->segs[i].off;

		for (u32 left = r->segs[i].len, n; left && !err; left -= n, mem += n) {
			bool direct = !have && left >= PAGE_SIZE;

			n = min_t(u32, left, PAGE_SIZE - have);
			if (!direct && !whole)
				whole = get_memory(PAGE_SIZE);
			if (!direct && !whole)
				return -ENOMEM;
			if (r->op == IOREQ_READ && !have)
				err = slot_read(z, index, direct ? mem : whole);
			if (!direct && r->op == IOREQ_READ)
				memcpy(mem, whole + have, n);
			else if (!direct)
				memcpy(whole + have, mem, n);
			have = (have + n) % PAGE_SIZE;
			if (!have && r->op == IOREQ_WRITE)
				err = slot_write(z, index, direct ? mem : whole);
			index += !have;
		}
	}
	kmem_free(whole);
	return err;
}

static void free_table(struct zram *z)
{
	for (u64 i = 0; i < z->nslots; i++)
		slot_clear(z, &z->slots[i]);
	kmem_free_large(z->slots);
	z->slots = NULL;
	z->nslots = 0;
}

static void zram_release(struct blkdisk *d)
{
	struct zram *z = blkdisk_priv(d);

	free_table(z);
	blkdisk_free(d);
	kmem_free(z);
}

static const struct blkdisk_ops zram_ops = {
	.start = blkop_no_start, .kick = blkop_default_kick, .poll = blkop_default_poll,
	.direct = zram_direct, .reset = blkop_no_reset, .open = blkop_default_open,
	.close = blkop_default_close, .ioctl = blkop_no_ioctl, .serial = blkop_no_serial,
	.release = zram_release,
};

/* ---- sysfs ---- */

static int show_disksize(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%lu\n", ((struct zram *)arg)->nslots << PAGE_SHIFT);
	return 0;
}

static ssize_t store_disksize(const char *text, size_t n, void *arg)
{
	struct zram *z = arg;
	u64 size;
	int err = 0;

	if (parse_size(str_trim((char *)text), &size, NULL) || !size || size > 1UL << 44)
		return -EINVAL;
	blkdisk_lock(z->disk);
	if (z->slots) {
		err = -EBUSY;
	} else {
		u64 count = DIV_ROUND_UP(size, PAGE_SIZE);

		z->slots = kmem_alloc_large(count * sizeof(*z->slots), ALLOC_KERNEL | ALLOC_ZERO | ALLOC_NOWARN);
		err = z->slots ? 0 : -ENOMEM;
		z->nslots = z->slots ? count : 0;
		blkdisk_set_size_locked(z->disk, z->nslots << (PAGE_SHIFT - SECTOR_SHIFT));
	}
	blkdisk_unlock(z->disk);
	return err ? err : (ssize_t)n;
}

static ssize_t store_reset(const char *text, size_t n, void *arg)
{
	struct zram *z = arg;
	u64 v;
	int err = 0;

	if (parse_u64(str_trim((char *)text), 10, &v, NULL) || !v)
		return -EINVAL;
	blkdisk_lock(z->disk);
	if (blkdisk_openers(z->disk)) {
		err = -EBUSY;
	} else {
		blkdisk_clear_locked(z->disk);
		free_table(z);
		atomic_set(&z->used_max, 0);
	}
	blkdisk_unlock(z->disk);
	return err ? err : (ssize_t)n;
}

static int show_initstate(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%u\n", ((struct zram *)arg)->slots != NULL);
	return 0;
}

static int show_algorithm(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, "[lz4] \n");
	return 0;
}

static ssize_t store_algorithm(const char *text, size_t n, void *arg)
{
	if (((struct zram *)arg)->slots)
		return -EBUSY;
	return strcmp(str_trim((char *)text), "lz4") ? -EINVAL : (ssize_t)n;
}

/* orig_data_size compr_data_size mem_used_total mem_limit mem_used_max same_pages compacted huge huge_since */
static int show_mm_stat(struct seqbuf *sb, void *arg)
{
	struct zram *z = arg;
	u64 table = z->nslots * sizeof(struct zslot);

	seqbuf_printf(sb, "%8lu %8lu %8lu %8lu %8lu %8lu %8u %8lu %8lu\n", (u64)atomic_read(&z->orig) << PAGE_SHIFT,
		      (u64)atomic_read(&z->packed), (u64)atomic_read(&z->used) + table, 0UL,
		      (u64)atomic_read(&z->used_max) + table, (u64)atomic_read(&z->same), 0u,
		      (u64)atomic_read(&z->huge), (u64)atomic_read(&z->huge));
	return 0;
}

static int show_nothing(struct seqbuf *sb, void *arg)
{
	return 0;
}

static const struct sysattr attrs[] = {
	{ .name = "disksize", .show = show_disksize, .store = store_disksize },
	{ .name = "reset", .mode = 0200, .show = show_nothing, .store = store_reset },
	{ .name = "initstate", .show = show_initstate },
	{ .name = "comp_algorithm", .show = show_algorithm, .store = store_algorithm },
	{ .name = "mm_stat", .show = show_mm_stat },
};

/* ---- making ---- */

static int zram_make(u32 number)
{
	static const struct blkdisk_limits limits = {
		.block_size = PAGE_SIZE, .max_discard = 1u << 20, .max_zeroes = 1u << 20,
		.discard_grain = PAGE_SIZE, .zeroes_may_unmap = true,
	};
	struct zram *z = kmem_zalloc(sizeof(*z), ALLOC_KERNEL);
	char name[16];
	int err;

	if (!z)
		return -ENOMEM;
	z->number = number;
	for (u32 i = 0; i < ZRAM_LOCKS; i++)
		spin_init(&z->locks[i], LOCKRANK_DRIVER);
	fmt_print(name, sizeof(name), "zram%u", number);
	z->disk = blkdisk_create(name, (u32)zram_major, number, 1, &limits, &zram_ops, z);
	if (IS_ERR(z->disk)) {
		err = (int)PTR_ERR(z->disk);
		kmem_free(z);
		return err;
	}
	blkdisk_set_partitions(z->disk, false);
	err = svc_storage_add(z->disk, 0, false, NULL);
	if (err) {
		zram_release(z->disk);
		return err;
	}
	return sysfs_files_create(blkdisk_sysdir(z->disk), attrs, ARRAY_SIZE(attrs), z);
}

static int make_buffers(void)
{
	zbufs = kmem_calloc(cpu_count_possible, sizeof(*zbufs), ALLOC_KERNEL);
	for (u32 i = 0; zbufs && i < cpu_count_possible; i++) {
		zbufs[i] = kmem_alloc(sizeof(struct zbuf), ALLOC_KERNEL);
		if (!zbufs[i])
			return -ENOMEM;
	}
	return zbufs ? 0 : -ENOMEM;
}

static int zram_init(void)
{
	u64 n = min(cmdline_get_u64("zram.num_devices", 1), COUNT_MAX);
	int err;

	if (!n || driver_is_skipped("zram"))
		return 0;
	err = make_buffers();
	if (err)
		return err;
	zram_major = blk_major_register(0, "zram");
	err = zram_major < 0 ? zram_major : 0;
	for (u32 i = 0; i < n && !err; i++)
		err = zram_make(i);
	return err;
}
INITCALL(DEVICE, zram_init);
