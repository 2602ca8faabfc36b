// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks and partitions in /sys: directories below their device (or devices/virtual/block), linked from
 * block, class/block and dev/block.
 */
#include "blk_impl.h"

#include <tern/drivers/devnode.h>
#include <tern/fs/sysfs.h>
#include <tern/kernel/clock.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <uapi/stat.h>

#define SHOW(id, ...)								\
	static int show_##id(struct seqbuf *sb, void *arg)			\
	{									\
		struct blkdev *b = arg;						\
		const struct blkdisk_limits *l = &b->disk->limits;		\
										\
		(void)l;							\
		__VA_ARGS__;							\
		return 0;							\
	}
#define NUMBER(id, value)	SHOW(id, seqbuf_printf(sb, "%lu\n", (u64)(value)))

NUMBER(size, b->nsectors)
NUMBER(ro, b->is_readonly)
NUMBER(start, b->start)
NUMBER(partition, b->partno)
NUMBER(removable, l->is_removable)
NUMBER(logical, l->block_size)
NUMBER(physical, l->physical_size)
NUMBER(min_io, max(l->min_io, l->physical_size))
NUMBER(opt_io, l->opt_io)
NUMBER(rotational, l->is_rotational)
NUMBER(max_kb, l->nr_hwq ? l->max_sectors / 2 : 0)
NUMBER(max_segs, l->max_segs)
NUMBER(max_seg_bytes, l->max_seg_bytes)
NUMBER(discard_grain, l->max_discard ? l->discard_grain : 0)
NUMBER(discard_max, l->max_discard << SECTOR_SHIFT)
NUMBER(zeroes_max, l->max_zeroes << SECTOR_SHIFT)
NUMBER(fua, l->has_cache && l->has_fua)
NUMBER(nr_requests, l->depth)
NUMBER(ahead_kb, b->ahead_sectors / 2)
NUMBER(alignment, (b->start << SECTOR_SHIFT) % l->physical_size)
SHOW(stat, blkstat_print(sb, b))
SHOW(dev, seqbuf_printf(sb, "%u:%u\n", DEV_MAJOR(b->number), DEV_MINOR(b->number)))
SHOW(inflight, seqbuf_printf(sb, "%8u %8u\n", (u32)atomic_read(&b->inflight[0]),
			     (u32)atomic_read(&b->inflight[1])))
SHOW(cache, seqbuf_puts(sb, l->has_cache ? "write back\n" : "write through\n"))
SHOW(uevent, {
	seqbuf_printf(sb, "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\nDEVTYPE=%s\n", DEV_MAJOR(b->number),
		      DEV_MINOR(b->number), b->name, b->partno ? "partition" : "disk");
	if (b->partno)
		seqbuf_printf(sb, "PARTN=%u\n", b->partno);
	if (b->label[0])
		seqbuf_printf(sb, "PARTNAME=%s\n", b->label);
})

NUMBER(io_timeout, l->timeout_ns / NSEC_PER_MSEC)

/* Milliseconds; drivers without time-outs stay without. */
static ssize_t store_io_timeout(const char *text, size_t n, void *arg)
{
	struct blkdev *b = arg;
	u64 ms;

	if (parse_u64(str_trim((char *)text), 10, &ms, NULL) || !ms || ms > U32_MAX)
		return -EINVAL;
	if (!b->disk->limits.timeout_ns)
		return -EOPNOTSUPP;
	blkqueue_set_timeout(b->disk, ms * NSEC_PER_MSEC);
	return (ssize_t)n;
}

static int show_serial(struct seqbuf *sb, void *arg)
{
	struct blkdev *b = arg;
	char text[64];

	b->disk->ops->serial(b->disk, text, sizeof(text));
	seqbuf_puts(sb, text);
	return 0;
}

static const struct sysattr common_attrs[] = {
	{ .name = "size", .show = show_size }, { .name = "ro", .show = show_ro },
	{ .name = "dev", .show = show_dev }, { .name = "stat", .show = show_stat },
	{ .name = "inflight", .show = show_inflight }, { .name = "uevent", .show = show_uevent },
	{ .name = "alignment_offset", .show = show_alignment },
};
static const struct sysattr part_attrs[] = {
	{ .name = "start", .show = show_start }, { .name = "partition", .show = show_partition },
};
static const struct sysattr disk_attrs[] = {
	{ .name = "removable", .show = show_removable }, { .name = "serial", .show = show_serial },
};
static const struct sysattr queue_attrs[] = {
	{ .name = "logical_block_size", .show = show_logical },
	{ .name = "hw_sector_size", .show = show_logical },
	{ .name = "physical_block_size", .show = show_physical },
	{ .name = "minimum_io_size", .show = show_min_io },
	{ .name = "optimal_io_size", .show = show_opt_io },
	{ .name = "rotational", .show = show_rotational },
	{ .name = "max_sectors_kb", .show = show_max_kb },
	{ .name = "max_hw_sectors_kb", .show = show_max_kb },
	{ .name = "max_segments", .show = show_max_segs },
	{ .name = "max_segment_size", .show = show_max_seg_bytes },
	{ .name = "discard_granularity", .show = show_discard_grain },
	{ .name = "discard_max_bytes", .show = show_discard_max },
	{ .name = "discard_max_hw_bytes", .show = show_discard_max },
	{ .name = "write_zeroes_max_bytes", .show = show_zeroes_max },
	{ .name = "write_cache", .show = show_cache }, { .name = "fua", .show = show_fua },
	{ .name = "nr_requests", .show = show_nr_requests },
	{ .name = "read_ahead_kb", .show = show_ahead_kb },
	{ .name = "io_timeout", .show = show_io_timeout, .store = store_io_timeout },
};

static struct sysnode *subdir(struct sysnode *parent, const char *name)
{
	struct sysnode *n;

	if (IS_ERR(parent))
		return parent;
	n = sysfs_dir_find(parent, name);
	return n ? n : sysfs_dir_create(parent, name);
}

static int files(struct sysnode *dir, const struct sysattr *a, size_t n, struct blkdev *b)
{
	return IS_ERR(dir) ? (int)PTR_ERR(dir) : sysfs_files_create(dir, a, (u32)n, b);
}

/* The directory in which a disk's directory lies. */
static struct sysnode *disk_parent(const struct blkdisk *d)
{
	struct sysnode *dir;

	if (!d->parent)
		return subdir(subdir(sysfs_devices, "virtual"), "block");
	dir = subdir(sysfs_devices, d->parent->bus->name);
	return subdir(subdir(dir, d->parent->name), "block");
}

static int fill(struct blkdev *b)
{
	int err = files(b->sys, common_attrs, ARRAY_SIZE(common_attrs), b);

	if (!err && b->partno)
		return files(b->sys, part_attrs, ARRAY_SIZE(part_attrs), b);
	if (!err)
		err = files(b->sys, disk_attrs, ARRAY_SIZE(disk_attrs), b);
	return err ? err : files(subdir(b->sys, "queue"), queue_attrs, ARRAY_SIZE(queue_attrs), b);
}

static int links(struct blkdev *b)
{
	struct sysnode *class = subdir(sysfs_class, "block");
	char number[24];
	int err = IS_ERR(class) ? (int)PTR_ERR(class) : sysfs_link_create(class, b->name, b->sys);

	fmt_print(number, sizeof(number), "%u:%u", DEV_MAJOR(b->number), DEV_MINOR(b->number));
	if (!err)
		err = sysfs_link_create(b->sys, "subsystem", class);
	if (!err)
		err = sysfs_link_create(sysfs_dev_block, number, b->sys);
	if (!err && !b->partno)
		err = sysfs_link_create(sysfs_block, b->name, b->sys);
	return err;
}

int blksysfs_add(struct blkdev *b)
{
	struct sysnode *parent = b->partno ? b->disk->whole->sys : disk_parent(b->disk), *dir;
	int err;

	dir = IS_ERR(parent) ? parent : sysfs_dir_create(parent, b->name);
	if (IS_ERR(dir))
		return (int)PTR_ERR(dir);
	b->sys = dir;
	err = fill(b);
	if (!err)
		err = links(b);
	if (err)
		blksysfs_remove(b);
	return err;
}

void blksysfs_remove(struct blkdev *b)
{
	struct sysnode *class = sysfs_dir_find(sysfs_class, "block");
	char number[24];

	fmt_print(number, sizeof(number), "%u:%u", DEV_MAJOR(b->number), DEV_MINOR(b->number));
	if (class)
		(void)sysfs_remove_name(class, b->name);
	(void)sysfs_remove_name(sysfs_dev_block, number);
	if (!b->partno)
		(void)sysfs_remove_name(sysfs_block, b->name);
	if (b->sys)
		sysfs_remove(b->sys);
	b->sys = NULL;
}
