/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Block devices as their users see them: file systems, swap, loop, /dev nodes.
 * Owner drivers/storage/core. What drivers of disks need is in blkdisk.h.
 *
 * A blkdev is a whole disk or one partition of it. A user opens it by number or by
 * name, perhaps exclusively (a claim), and sends ioreqs: a range of sectors, a list of
 * page pieces, a function that is told when it is done. Sectors are of 512
 * bytes, counted from the start of the blkdev; a range must be a multiple of
 * blkdev_block_size() in position and length.
 *
 * Order: ioreqs may be done in any order. One that must come after another is
 * submitted when the other is done. Data is on stable storage only after a flush that
 * began when the write was done, or after a write with IOREQ_FUA.
 *
 * Submitting allocates nothing and never sleeps: the ioreq and its pieces are the caller's
 * memory until done() is called.
 */
#pragma once

#include <tern/base/lock.h>
#include <tern/kernel/sched.h>
#include <tern/mm/pagecache.h>
#include <tern/mm/uio.h>

struct blkdev;
struct blkdisk;
struct ofile;
struct seqbuf;
struct vnode;

#define SECTOR_SHIFT	9
#define SECTOR_SIZE	512u

enum ioreq_op {
	IOREQ_READ,
	IOREQ_WRITE,
	IOREQ_FLUSH,		/* all writes that are done become stable; no range, no pieces */
	IOREQ_DISCARD,		/* contents are not needed any more; range, no pieces */
	IOREQ_WRITE_ZEROES,	/* range reads as zeroes afterwards; no pieces */
};

/* Flags. */
#define IOREQ_FUA	0x1u	/* write: stable when done */
#define IOREQ_PREFLUSH	0x2u	/* write: a flush goes before it */
#define IOREQ_SYNC	0x4u	/* somebody waits */
#define IOREQ_META	0x8u	/* metadata of a file system */
#define IOREQ_AHEAD	0x10u	/* read-ahead: may fail without a retry */
#define IOREQ_NOUNMAP	0x20u	/* write zeroes: blocks stay allocated */

/*
 * Legend: C the submitter's, set before ioreq_submit() and unchanged until done;
 * B the block layer's own.
 */
struct ioreq {
	struct blkdev *dev;		/* C */
	enum ioreq_op op;		/* C */
	u32 flags;			/* C IOREQ_* */
	u64 sector;			/* C first sector */
	u64 nsectors;			/* C; for reads and writes the sum of the pieces */
	const struct uio_pageseg *segs;	/* C nsegs pieces; offset and length multiples of 512 */
	u32 nsegs;			/* C */
	int error;			/* B 0 or -errno when done: EIO, ENODEV, ETIMEDOUT, ENOSPC,
					 * EOPNOTSUPP, EROFS, EINVAL */
	void (*done)(struct ioreq *r);	/* C any context, hard interrupts too; may free or reuse @r */
	void *priv;			/* C */

	u32 group;			/* B of the statistics */
	struct list link;		/* B plug, software queue or flush list */
	struct ioreq *merged;		/* B next of those that one command carries on with */
	u64 abs_sector;			/* B on the disk */
	u64 start_ns;			/* B */
	u64 issued;			/* B sectors given to commands */
	u32 seg_at, seg_off;		/* B cursor behind them */
	u32 stage;			/* B of flush, data, flush */
	atomic32 pending;		/* B commands in flight, one more while some are to come */
};

/**
 * ioreq_init() - fill the caller's part for a read or write
 * @segs: @n pieces, valid until done
 * @done: called once
 */
static inline void ioreq_init(struct ioreq *r, struct blkdev *dev, enum ioreq_op op, u64 sector,
			      const struct uio_pageseg *segs, u32 n, void (*done)(struct ioreq *r))
{
	u64 bytes = 0;

	for (u32 i = 0; i < n; i++)
		bytes += segs[i].len;
	*r = (struct ioreq){ .dev = dev, .op = op, .sector = sector, .nsectors = bytes >> SECTOR_SHIFT,
			     .segs = segs, .nsegs = n, .done = done };
}

/**
 * ioreq_submit() - start it; done() is called exactly once, perhaps before this returns
 * Context: any but NMI. With a plug (blkplug) in thread context it may wait there.
 */
void ioreq_submit(struct ioreq *r);
/**
 * ioreq_submit_wait() - the same and wait; @r->done and @r->priv are used
 * Return: 0 or the error. Sleeps, not to be interrupted; bounded by the device's time-outs.
 */
int ioreq_submit_wait(struct ioreq *r);

/*
 * A plug gathers what thread_self submits, so that neighbours become one command. It ends by
 * blkplug_end(); what it holds is sent when the thread sleeps. Plugs do not nest: an inner one does nothing.
 */
struct blkplug {
	struct sleephook hook;		/* is thread_self's while active */
	struct list reqs;
	u32 count;
	bool is_active;			/* false: an outer one gathers */
};
#ifdef CONFIG_BLOCK
void blkplug_begin(struct blkplug *p);
void blkplug_end(struct blkplug *p);
#else
static inline void blkplug_begin(struct blkplug *p) { }
static inline void blkplug_end(struct blkplug *p) { }
#endif
/** blkplug_read_ahead() - ready-made read_ahead slot of files on disks: their pages up to the end, in one plug. */
void blkplug_read_ahead(struct pagecache *pc, u64 index, u32 n);
/** blk_majors_print() - numbers and names for /proc/devices. */
#ifdef CONFIG_BLOCK
void blk_majors_print(struct seqbuf *sb);
#else
static inline void blk_majors_print(struct seqbuf *sb) { }
#endif
/** blk_is_disk() - @number is a whole disk's. Sleeps. */
/** blk_iostat_print() - a line for each disk as a control group's io.stat has them. Sleeps. */
#ifdef CONFIG_BLOCK
bool blk_is_disk(u64 number);
void blk_iostat_print(struct seqbuf *sb);
#else
static inline bool blk_is_disk(u64 number) { return false; }
static inline void blk_iostat_print(struct seqbuf *sb) { }
#endif

/* ---- ready-made, synchronous; all sleep; 0 or -errno ---- */

/** blkdev_rw_page() - one page, or the first @len bytes of it, at byte @pos of the device. */
int blkdev_rw_page(struct blkdev *b, enum ioreq_op op, u32 flags, u64 pos, struct page *page, u32 len);
/**
 * blkdev_rw_kva() - direct-map (slab, page) memory @buf; @pos, @len and the address are multiples
 * of 512. Not through the page cache.
 */
int blkdev_rw_kva(struct blkdev *b, enum ioreq_op op, u32 flags, u64 pos, void *buf, size_t len);
/** blkdev_read_bytes() - @len bytes at byte @pos through the device's page cache; -EIO past its end. */
int blkdev_read_bytes(struct blkdev *b, u64 pos, void *buf, u32 len);
/** blkdev_flush_cache() - the device's volatile cache becomes stable. */
int blkdev_flush_cache(struct blkdev *b);
/** blkdev_discard_range() - sectors; -EOPNOTSUPP if the device cannot. */
int blkdev_discard_range(struct blkdev *b, u64 sector, u64 n);
/** blkdev_zero_range() - sectors; by writing zeroes if the device has no operation for it. */
int blkdev_zero_range(struct blkdev *b, u64 sector, u64 n, u32 flags);

/* ---- opening ---- */
#define BLKDEV_READ	0x1u
#define BLKDEV_WRITE	0x2u
#define BLKDEV_EXCL	0x4u	/* claimed: with @holder, others that claim get -EBUSY */

/**
 * blkdev_open_number() - by device number
 * @holder: who claims (BLKDEV_EXCL), compared by address; the claim covers a disk against
 *	claims of its partitions and the other way round
 * Return: blkdev, ERR_PTR(-ENXIO no such device, -EBUSY claimed, -EACCES read-only, -ENOMEDIUM).
 * Context: sleeps.
 */
struct blkdev *blkdev_open_number(u64 dev, u32 mode, const void *holder);
/** blkdev_open_source() - by path of a block device node (mount's source); also -ENOENT, -ENOTBLK. */
struct blkdev *blkdev_open_source(const char *path, u32 mode, const void *holder);
/**
 * blkdev_open_spec() - for root=: "/dev/NAME", "NAME", "MAJ:MIN", "PARTUUID=...", "PARTLABEL=...",
 * "UUID=..." and "LABEL=..." of ext2, ext3, ext4.
 * Works without a mounted /dev. -ENXIO if there is none (yet).
 */
struct blkdev *blkdev_open_spec(const char *spec, u32 mode, const void *holder);
/** blk_probe_wait() - until drivers have looked at all disks that were there at boot. Sleeps, bounded. */
#ifdef CONFIG_BLOCK
void blk_probe_wait(void);
#else
static inline void blk_probe_wait(void) { }
#endif
/** blkdev_close() - same @mode and @holder; the last writer's close writes the page cache out. */
void blkdev_close(struct blkdev *b, u32 mode, const void *holder);
/** blkdev_is_claimed() - has another than @holder claimed @b, the whole disk or, if @b is that, a part? Sleeps. */
bool blkdev_is_claimed(struct blkdev *b, const void *holder);

/* ---- properties ---- */
u64 blkdev_number(const struct blkdev *b);
const char *blkdev_name(const struct blkdev *b);	/* "vda1" */
u64 blkdev_sectors(const struct blkdev *b);		/* of 512 bytes, now */
u32 blkdev_block_size(const struct blkdev *b);		/* logical: smallest transfer, bytes */
u32 blkdev_physical_size(const struct blkdev *b);
bool blkdev_is_readonly(const struct blkdev *b);
bool blkdev_has_cache(const struct blkdev *b);		/* volatile write cache: flushes matter */
bool blkdev_can_discard(const struct blkdev *b);
bool blkdev_is_memory(const struct blkdev *b);		/* requests are done when they are submitted */
u32 blkdev_discard_grain(const struct blkdev *b);	/* bytes, 0 if it cannot */
/** blkdev_is_gone() - the disk vanished: everything fails with -ENODEV. */
bool blkdev_is_gone(const struct blkdev *b);

/**
 * blkdev_cache() - the device's page cache (what read(2) of its node sees); page index is
 * byte position >> PAGE_SHIFT. A user that writes pages past the cache (ioreqs of its own) has
 * the device claimed and calls blkdev_cache_drop() first. Lives while the device is open.
 */
struct pagecache *blkdev_cache(struct blkdev *b);
/** blkdev_cache_drop() - write dirty pages out, wait, forget clean ones. 0 or -errno. Sleeps. */
int blkdev_cache_drop(struct blkdev *b);
/** blkdev_sync() - page cache written out and device flushed (fsync of its node). Sleeps. */
int blkdev_sync(struct blkdev *b);
/** blkdev_of_file() - device behind an open node, NULL if @f is none. Borrowed from the file. */
struct blkdev *blkdev_of_file(const struct ofile *f);
