/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a driver of disks offers and gets. Owner drivers/storage/core.
 *
 * Life: blkdisk_create() with limits and operations; blkdisk_add() makes it visible, reads the
 * partition table, makes /dev nodes; blkdisk_remove() fails what is in
 * flight, takes nodes away; the last user's close frees it through ops->release.
 *
 * Commands: the core gives ops->start() commands, at most `depth` at a time for each hardware
 * queue, from any context. The driver says blkcmd_done() once for each that it took.
 */
#pragma once

#include <tern/drivers/blkdev.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/timeout.h>

struct blkhwq;
struct devnode;
struct seqbuf;
struct sysnode;

/* One command for the device: neighbours that were merged, or a part of a large ioreq. */
struct blkcmd {
	struct blkhwq *hwq;		/* I */
	u32 tag;			/* I index in hwq */
	enum ioreq_op op;
	u32 flags;			/* IOREQ_FUA only if the disk has it */
	u64 sector;			/* on the disk, of 512 bytes */
	u64 nsectors;
	u32 nsegs;			/* pieces for the device, at most limits.max_segs */
	struct ioreq *first;		/* core's: those it carries, chained by merged */
	u32 nreqs;			/* core's: how many */
	u32 seg_at, seg_off;		/* core's: where in first->segs it begins */
	nsec_t deadline;		/* core's */
	u32 retries;			/* core's: how often it was tried before; drivers read it */
	u32 state;			/* core's: A */
	int error;			/* core's */
	struct list link;		/* core's */
	void *pdu;			/* I limits.pdu_bytes of the driver's, for this tag */
};

/* Walk over a command's memory: physically contiguous runs. */
struct blkcmd_iter {
	struct ioreq *r;
	u64 left;			/* bytes */
	u32 at, off;
	u32 max_bytes;
};
struct blkseg { paddr_t addr; u32 len; };
void blkcmd_iter_init(struct blkcmd_iter *it, const struct blkcmd *c);
/** blkcmd_next_seg() - next run of at most limits.max_seg_bytes; false at the end. */
bool blkcmd_next_seg(struct blkcmd_iter *it, struct blkseg *out);

struct blkdisk_ops {
	/*
	 * Start @c, without telling the device yet. 0 taken; -EBUSY no room now: the core asks again
	 * after the next completion or blkhwq_run(); other -errno: it failed.
	 * Called with the hardware queue's lock held and interrupts off.
	 */
	int (*start)(struct blkhwq *q, struct blkcmd *c);
	/* Some were started: ring the doorbell. Same context. */
	void (*kick)(struct blkhwq *q);
	/* Look for completions whose interrupt got lost: a command is overdue. Any context; what
	 * is overdue still leads to a reset. */
	void (*poll)(struct blkhwq *q);
	/*
	 * For disks without hardware queues (nr_hwq 0): do it now; 0 or -errno. @r->abs_sector counts on
	 * the disk. Any context: must not sleep.
	 */
	int (*direct)(struct blkdisk *d, struct ioreq *r);
	/* Stop the device: when this returns none of its commands is touched or completed any more,
	 * and new ones can be started. 0, or -errno: the disk is given up. Sleeps. */
	int (*reset)(struct blkdisk *d);
	/* First open and last close, with the disk locked (blkdisk_lock()); 0 or -errno. Sleeps. */
	int (*open)(struct blkdisk *d, u32 mode);
	void (*close)(struct blkdisk *d);
	/* Ioctl that the core does not know; -ENOTTY. Sleeps. */
	long (*ioctl)(struct blkdisk *d, struct blkdev *b, u32 mode, u32 cmd, uptr arg);
	/* Text of the serial number for sysfs; empty if it has none. */
	void (*serial)(struct blkdisk *d, char *buf, size_t n);
	/* Nobody refers to @d any more: free it (blkdisk_free()) and what holds it. Sleeps. */
	void (*release)(struct blkdisk *d);
};

/* Ready-made slots. */
int blkop_no_start(struct blkhwq *q, struct blkcmd *c);			/* -EIO */
void blkop_default_kick(struct blkhwq *q);
void blkop_default_poll(struct blkhwq *q);
int blkop_no_direct(struct blkdisk *d, struct ioreq *r);		/* -EIO */
int blkop_no_reset(struct blkdisk *d);						/* -EOPNOTSUPP */
int blkop_default_open(struct blkdisk *d, u32 mode);
void blkop_default_close(struct blkdisk *d);
long blkop_no_ioctl(struct blkdisk *d, struct blkdev *b, u32 mode, u32 cmd, uptr arg);
void blkop_no_serial(struct blkdisk *d, char *buf, size_t n);

struct blkdisk_limits {
	u32 block_size;		/* logical, 512 .. PAGE_SIZE */
	u32 physical_size;	/* 0: the same */
	u32 min_io, opt_io;	/* bytes; 0: unknown */
	u32 max_sectors;	/* of one read or write command */
	u32 max_segs;		/* pieces of one command */
	u32 max_seg_bytes;
	bool no_gaps;		/* pieces but the first and last are whole pages (NVMe) */
	u64 max_discard, max_zeroes;	/* sectors a command; 0: cannot */
	u32 discard_grain;	/* bytes */
	bool has_cache;		/* volatile write cache: flush works */
	bool has_fua;
	bool is_rotational;
	bool is_removable;
	bool zeroes_may_unmap;
	u32 nr_hwq;		/* hardware queues; 0: ops->direct does everything at once */
	u32 depth;		/* commands in flight for each */
	u32 pdu_bytes;		/* driver's memory for each command */
	nsec_t timeout_ns;	/* 0: never */
};

/**
 * blkdisk_create() - a disk that nobody sees yet
 * @name: "vda"; @minors: how many numbers from (@major, @first_minor) on are its own, partitions past
 *	them get numbers of the extended major 259
 * Return: disk, ERR_PTR(-ENOMEM, -EINVAL limits). Sleeps.
 */
struct blkdisk *blkdisk_create(const char *name, u32 major, u32 first_minor, u32 minors,
			       const struct blkdisk_limits *l, const struct blkdisk_ops *ops, void *priv);
/** blkdisk_free() - from ops->release, or for one never added. Sleeps. */
void blkdisk_free(struct blkdisk *d);
/** blkdisk_add() - visible from now; @parent: device in sysfs, may be NULL. 0, -EEXIST, -ENOMEM. Sleeps. */
int blkdisk_add(struct blkdisk *d, u64 sectors, bool is_readonly, struct devnode *parent);
/**
 * blkdisk_vanish() - first half of blkdisk_remove(): no command is started any more and all end with
 * -ENODEV, so that the driver can free what start() uses. Sleeps.
 */
void blkdisk_vanish(struct blkdisk *d);
/**
 * blkdisk_remove() - the device is gone or the driver leaves: new ioreqs fail with -ENODEV. The driver
 * has stopped the device: commands in flight end here. Sleeps.
 */
void blkdisk_remove(struct blkdisk *d);
/** blkdisk_set_size() - capacity changed; pages past the end are dropped. Sleeps. */
void blkdisk_set_size(struct blkdisk *d, u64 sectors);
/**
 * blkdisk_lock() - against opens, closes and changes of size and partitions. Sleeps.
 * blkdisk_clear_locked() - no partitions and size 0; nobody but the caller has it open.
 */
void blkdisk_lock(struct blkdisk *d);
void blkdisk_unlock(struct blkdisk *d);
void blkdisk_clear_locked(struct blkdisk *d);
/** blkdisk_set_size_locked() - blkdisk_set_size() by a caller with the lock. */
void blkdisk_set_size_locked(struct blkdisk *d, u64 sectors);
/** blkdisk_set_readonly() - writes fail from now; with partitions. _locked: the caller has the lock. */
void blkdisk_set_readonly(struct blkdisk *d, bool on);
void blkdisk_set_readonly_locked(struct blkdisk *d, bool on);
/** blkdisk_set_partitions() - does the disk have partitions (default) or are tables on it ignored. */
void blkdisk_set_partitions(struct blkdisk *d, bool on);
void blkdisk_set_partitions_locked(struct blkdisk *d, bool on);
/** blkdev_cache_drop_locked() - blkdev_cache_drop() if it is open at all; the lock held. 0 or -errno. */
int blkdev_cache_drop_locked(struct blkdev *b);
/** blkdev_cache_forget() - drop pages that are clean and not in use. No lock is needed. Sleeps. */
void blkdev_cache_forget(struct blkdev *b);
/** blkdisk_rescan() - read the partition table again; 0, -EBUSY (a partition is open), -EIO. Sleeps. */
int blkdisk_rescan(struct blkdisk *d);
/** blkdisk_stop() / blkdisk_go() - no new commands are started; stop waits for those in flight. Sleeps. */
void blkdisk_stop(struct blkdisk *d);
void blkdisk_go(struct blkdisk *d);
/**
 * blkdisk_hold() / blkdisk_forgotten() - around the reset of a controller that this disk shares: no new
 * commands are started; then those that were in flight are started again, or (@error) fail.
 */
void blkdisk_hold(struct blkdisk *d);
void blkdisk_forgotten(struct blkdisk *d, int error);
/** blkdisk_limits_of() - to change while stopped (loop). */
struct blkdisk_limits *blkdisk_limits_of(struct blkdisk *d);
/** blkdisk_sysdir() - directory in sysfs, for attributes of the driver's own; gone with the disk. */
struct sysnode *blkdisk_sysdir(struct blkdisk *d);
void *blkdisk_priv(const struct blkdisk *d);
/** blkdisk_is_driven_by() - whose disk is it, by the operations it was made with. */
bool blkdisk_is_driven_by(const struct blkdisk *d, const struct blkdisk_ops *ops);
/** blkdisk_dev() - the whole disk's blkdev. */
struct blkdev *blkdisk_dev(struct blkdisk *d);
/** blkdisk_openers() - opens of the disk and its partitions now. */
u32 blkdisk_openers(const struct blkdisk *d);
struct blkdisk *blkdev_disk(const struct blkdev *b);

/** blkhwq_disk() / blkhwq_index() / blkhwq_of() - hardware queues are numbered from 0. */
struct blkdisk *blkhwq_disk(const struct blkhwq *q);
u32 blkhwq_index(const struct blkhwq *q);
struct blkhwq *blkhwq_of(struct blkdisk *d, u32 index);
/** blkhwq_cmd() - command of a tag; NULL if @tag is out of range or not in flight (device's data). */
struct blkcmd *blkhwq_cmd(struct blkhwq *q, u32 tag);
/**
 * blkcmd_done() - the device is finished with it: 0, -EAGAIN (try again, not for ever) or another
 * -errno. Context: any; must not hold the
 * driver's locks that start() takes.
 */
void blkcmd_done(struct blkcmd *c, int error);
/** blkhwq_run() - room came free after -EBUSY for another reason than a completion. Context: any. */
void blkhwq_run(struct blkhwq *q);

/**
 * blk_major_register() - for /proc/devices; @major 0: a free one from 254 down. @name stays the
 * caller's. Return: the major, -EBUSY, -ENOMEM.
 */
int blk_major_register(u32 major, const char *name);
/** blk_major_is() - is @major registered by that name. */
bool blk_major_is(u32 major, const char *name);
/** blk_print_letters() - "vda" ... "vdz", "vdaa" ... to @out, 12 bytes. */
void blk_print_letters(char *out, const char *prefix, u32 index);
/** blk_sd_index() - the next number of an "sd" disk, whatever bus it is on. */
u32 blk_sd_index(void);
/** blk_probe_begin() / blk_probe_end() - a driver looks for disks in the background. Context: any. */
void blk_probe_begin(void);
void blk_probe_end(void);
#define BLK_MAJOR_SD	8u
#define BLK_SD_MINORS	16u
#define BLK_MAJOR_EXTENDED	259u
