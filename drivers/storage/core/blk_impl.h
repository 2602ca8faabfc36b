/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to drivers/storage/core: disks, devices, queues. */
#pragma once

#include <tern/base/err.h>
#include <tern/base/percpu_alloc.h>
#include <tern/drivers/blkdisk.h>
#include <tern/lib/list.h>

struct filesys;
struct sysnode;
struct seqbuf;

/* ---- statistics ---- */
enum blkgroup { BLK_READ, BLK_WRITE, BLK_DISCARD, BLK_FLUSH, BLK_GROUPS };

struct blkstats {
	u64 ios[BLK_GROUPS], merges[BLK_GROUPS], sectors[BLK_GROUPS], ns[BLK_GROUPS];
};
/** blkstat_begin() / blkstat_end() - around an ioreq; also counts for the whole disk. Context: any. */
void blkstat_begin(struct ioreq *r);
void blkstat_end(struct ioreq *r);
void blkstat_merge(struct ioreq *r);
/** blkstat_sum() - all CPUs. */
void blkstat_sum(const struct blkdev *b, struct blkstats *out);
/** blkstat_print() - the numbers of /proc/diskstats and of "stat" in sysfs. */
void blkstat_print(struct seqbuf *sb, struct blkdev *b);

/* ---- devices ---- */

/*
 * A whole disk (partno 0) or a partition. Legend: I immutable, D disk->lock, A atomic.
 */
struct blkdev {
	char name[32];			/* I */
	u64 number;			/* I device number */
	struct blkdisk *disk;		/* I with a reference */
	u32 partno;			/* I */
	u64 start;			/* I sector on the disk */
	u64 nsectors;			/* D to change, read without */
	bool is_readonly;		/* D to change, read without */
	bool is_gone;			/* D to change, read without */
	bool is_listed;			/* registry lock */
	refcount refs;			/* A */
	u32 openers, writers;		/* D */
	const void *holder;		/* D */
	u32 claims;			/* D of itself */
	struct vnode *vnode;		/* I with its page cache; NULL until somebody opens it */
	void *stats;			/* I struct blkstats, per CPU */
	atomic32 inflight[2];		/* A reads, writes */
	u64 busy_stamp, busy_ns;	/* A, approximate */
	char uuid[40];			/* I text of PARTUUID, empty if there is none */
	char label[112];		/* I PARTLABEL in UTF-8 */
	u8 mbr_type;			/* I */
	u32 ahead_sectors;		/* BLKRASET; read-ahead in sectors */
	u32 soft_block;			/* BLKBSZSET; 0: never set */
	struct list link;		/* registry lock: all devices, by number */
	struct list part_link;		/* D disk->parts */
	struct sysnode *sys;		/* D directory */
};

#define BLKDISK_NAME	24

struct blkswq {				/* one a CPU and disk */
	struct spin lock;		/* protects reqs; LOCKRANK_BLKSWQ */
	struct list reqs;
};

/*
 * Hardware queue: commands and what is in flight. Legend: I immutable, H lock.
 */
struct blkhwq {
	struct blkdisk *disk;		/* I */
	u32 index;			/* I */
	struct spin lock;		/* LOCKRANK_BLKHWQ, irqsave */
	struct blkcmd *cmds;		/* I depth of them */
	u32 *free_tags;			/* H stack */
	u32 nfree;			/* H */
	struct list again;		/* H commands to be started (again) */
	u64 *pending;			/* A bit a CPU: its software queue holds something */
	u32 next_cpu;			/* H where the next look begins */
	bool is_busy;			/* H start() answered -EBUSY */
	struct timeout timer;		/* overdue commands */
};

struct blkdisk {
	char name[BLKDISK_NAME];	/* I */
	u32 major, first_minor, minors;	/* I */
	struct blkdisk_limits limits;	/* I while commands run */
	const struct blkdisk_ops *ops;	/* I */
	void *priv;			/* I */
	refcount refs;			/* A blkdevs and drivers */
	struct blkdev *whole;		/* I */
	struct kmutex lock;		/* protects parts, size, openers; LOCKRANK_BLKDISK */
	struct list parts;		/* L */
	u32 openers;			/* L of all its devices */
	bool is_gone;			/* set once */
	bool no_partitions;		/* L loop without partscan, ramdisks that hold none */
	bool is_dead;			/* a reset failed: errors only */
	atomic32 stopped;		/* A nobody starts commands */
	atomic32 inflight;		/* A commands the driver has */
	struct waitq idle;		/* inflight may be 0 now */
	struct workitem reset_work;
	struct blkswq **swqs;		/* I by CPU */
	struct blkhwq *hwqs;		/* I limits.nr_hwq of them */
	struct spin flush_lock;		/* LOCKRANK_BLKFLUSH, irqsave */
	struct list flush_waiting, flush_running;	/* flush_lock */
	struct ioreq flush_req;		/* in use while flush_running is not empty */
	struct devnode *parent;		/* I, may be NULL */
};

/* Stages of an ioreq. */
enum { STAGE_PRE, STAGE_DATA, STAGE_POST };

/* cmd.state */
enum { CMD_FREE, CMD_WAITING, CMD_STARTED };

/** ioreq_begin() - a request is checked and takes its stages. Context: any but NMI. */
void ioreq_begin(struct ioreq *r);
/** blkthrottle_hold() - count it for its control group; true: it waits for the group's limit. */
bool blkthrottle_hold(struct ioreq *r);
/** ioreq_finish() - done, with accounting; @r is the submitter's again. */
void ioreq_finish(struct ioreq *r, int error);
/** ioreq_part_done() - one command of the data stage ended. Context: any. */
void ioreq_part_done(struct ioreq *r, int error);
/** ioreq_flush_done() - the flush that @r waited for ended. */
void ioreq_flush_done(struct ioreq *r, int error);
/** ioreq_enqueue() - to this CPU's software queue, then dispatch. */
void ioreq_enqueue(struct ioreq *r);
/** ioreq_enqueue_list() - several, in order, from a plug; all of any disks. */
void ioreq_enqueue_list(struct list *reqs);
/** blkflush_join() - @r needs the device flushed: begin, or share the next one. */
void blkflush_join(struct ioreq *r);
void blkflush_init(struct blkdisk *d);

/** blkcmd_build() - next command from @r and those behind it in the list; false: @r cannot be sent. */
bool blkcmd_build(struct blkcmd *c, struct ioreq *r, const struct list *end);

int blkqueue_create(struct blkdisk *d);
void blkqueue_destroy(struct blkdisk *d);
/** blkqueue_fail_all() - the disk is gone: everything queued or in flight ends with an error. */
void blkqueue_fail_all(struct blkdisk *d);
/** blkqueue_set_timeout() - for commands from now on. */
void blkqueue_set_timeout(struct blkdisk *d, nsec_t ns);
void blkhwq_timer(struct timeout *t);
void blkdisk_reset_work(struct workitem *w);

/** blkplug_add() - true: thread_self's plug took it. */
bool blkplug_add(struct ioreq *r);

/* ---- registry ---- */
extern struct spin blk_registry_lock;	/* protects the list of devices */
struct blkdev *blkdev_make(struct blkdisk *d, u32 partno, u64 start, u64 n);
void blkdev_get(struct blkdev *b);
void blkdev_drop(struct blkdev *b);
void blkdisk_get(struct blkdisk *d);
void blkdisk_put(struct blkdisk *d);
/**
 * blkdev_list() / blkdev_unlist() - enter into the registry, /dev, sysfs; leave, with the list's
 * reference. disk->lock held.
 */
int blkdev_list(struct blkdev *b);
void blkdev_unlist(struct blkdev *b);
/** blkdev_next() - walk all, in order of numbers: with a reference; drops @b. Sleeps. */
struct blkdev *blkdev_next(struct blkdev *b);
/** blkdev_get_number() - with a reference, or NULL. */
struct blkdev *blkdev_get_number(u64 number);
/** blkdev_open_locked() / blkdev_close_locked() - without claims; disk->lock held. 0 or -errno. */
int blkdev_open_locked(struct blkdev *b, u32 mode);
void blkdev_close_locked(struct blkdev *b, u32 mode);
/** blkdev_partition_name() - "vda1", "nvme0n1p1". */
void blkdev_partition_name(const struct blkdisk *d, u32 partno, char *out, size_t n);

/* ---- bdevfs.c: vnode and page cache ---- */
int bdev_vnode_attach(struct blkdev *b);
void bdev_vnode_detach(struct blkdev *b);
/** bdev_vnode_resize() - the device has another size. */
void bdev_vnode_resize(struct blkdev *b);

/* ---- partition.c ---- */
/** blkdisk_scan_locked() - drop old partitions, read the table, make new ones. disk->lock held. */
int blkdisk_scan_locked(struct blkdisk *d);
void blkdisk_drop_parts_locked(struct blkdisk *d);
/** blkpg_ioctl() - add, remove or resize a partition by hand (partx, kpartx). */
long blkpg_ioctl(struct blkdev *b, uptr arg);

/* ---- blksysfs.c ---- */
int blksysfs_add(struct blkdev *b);
void blksysfs_remove(struct blkdev *b);

/* ---- fsid.c ---- */
struct fsid { char uuid[37], label[17]; };
/** fsid_read() - name of the file system on an open device; 0, -ENOENT none known, -EIO. Sleeps. */
int fsid_read(struct blkdev *b, struct fsid *out);
