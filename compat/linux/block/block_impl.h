/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues, tags and disks of modules.
 *
 * A tag set owns the requests: for each hardware queue a table of them, by tag, with the driver's part
 * behind each. A queue takes requests from its set: for native commands of its disk, or for commands of
 * the driver's own (admin queues, passthrough). A disk is a gendisk and the native disk that it appears as.
 *
 * Life of a disk: alloc_disk makes it with the module's reference, that of its embedded device;
 * device_add_disk() makes the native disk, which holds a second one until nobody has it open any more; the
 * last free_disk()s. It holds its queue.
 */
#pragma once

#include "../lx.h"

#include <tern/base/waitq.h>
#include <tern/kernel/clock.h>
#include <tern/drivers/blkdisk.h>

#define CMD_VECS	8u
#define VECS_MAX	1024u	/* pieces of one command, at most */

/* All zero: macros of the vendor, so not in its type information. */
#define QUEUE_FLAG_DYING	1
#define QUEUE_FLAG_NONROT	6
#define QUEUE_FLAG_WC		17
#define QUEUE_FLAG_FUA		18
#define STATE_IDLE		0
#define STATE_IN_FLIGHT		1
#define STATE_COMPLETE		2
#define STATUS_OK		0u
#define STATUS_RESOURCE		9u
#define STATUS_IOERR		10u
#define STATUS_DEV_RESOURCE	13u
#define TIMED_OUT	BIT(21)		/* rq_flags: the driver was told that its time is over */
#define SPECIAL_PAYLOAD		BIT(18)	/* rq_flags: data is rq->special_vec */

struct lx_disk;

struct lx_queue {
	struct lx_request_queue q;	/* first: modules hold pointers to it */
	struct lx_blk_mq_hw_ctx *hctx;	/* I nr_hctx of them */
	u32 nr_hctx;
	struct lx_disk *disk;		/* NULL: none */
	refcount refs;
	atomic32 inflight;		/* requests of this queue */
	struct lx_percpu_ref_data users; /* A those that modules count in q_usage_counter */
	atomic32 stops;			/* frozen or quiesced so many times */
	struct waitq idle;		/* inflight or users fell to 0 */
	bool is_starved;		/* A a native command waits for a tag */
};

/* Requests of one hardware queue of a set. */
struct lx_tags {
	struct lx_blk_mq_tags pub;	/* first: modules look up requests by tag in it */
	struct lx_set *set;		/* I */
	u32 next;			/* lock: where the search begins */
	struct spin lock;		/* protects used */
	u64 *used;			/* bit for each tag */
	struct waitq freed;
	struct lx_bio_vec *spare;	/* for one command that found no memory */
	bool spare_is_used;		/* A */
};

/* Behind a tag set's tags. */
struct lx_set {
	struct lx_blk_mq_tag_set *pub;	/* I */
	u32 ntags;			/* I tables in tags */
	struct lx_delayed_work timer;	/* looks for requests that are overdue */
	bool timer_runs;		/* A */
	struct lx_blk_mq_tags *tags[];	/* the set's pointer leads here */
};

struct lx_cmd {
	struct blkcmd *native;		/* what it carries; NULL: the driver's own */
	struct lx_tags *tags;		/* I */
	u32 tag;			/* I in tags */
	struct lx_bio bio;
	struct lx_bio_vec vecs[CMD_VECS];
	struct lx_bio_vec *more;	/* if those are not enough */
	int error;			/* first of a part of it */
	/* Data of a program: its copy in our memory. */
	void *copy;
	void __user *ucopy;
	size_t copy_bytes;
	struct lx_request rq __aligned(16);
};
static_assert(sizeof(struct lx_request) == 272, "the driver's part begins behind it");

struct lx_disk {
	struct lx_gendisk disk;
	struct lx_block_device part0;	/* its device's references are the disk's */
	struct lx_queue *queue;		/* I with a reference */
	bool owns_queue;		/* I made together: the queue ends with the disk */
	struct blkdisk *native;		/* NULL before device_add_disk(); then it stays as long as this */
	struct spin lock;		/* protects the queueing of settle against its end */
	bool is_listed;			/* native's lock and lock to change: from device_add_disk() to del_gendisk() */
	u32 due;			/* A what the native disk is to take over, see capacity.c */
	struct workitem settle;
	const struct lx_attribute_group **groups;
	bool is_readonly;
	struct thread *locker;		/* A opens or closes it now, with the native disk's lock; NULL: nobody */
	bool is_dead;			/* A every command fails */
	bool must_restart;		/* A on a CPU's list of those whose queues run again */
	struct lx_disk *next_restart;
};

static inline struct lx_queue *lx_queue_of(struct lx_request_queue *q) { return container_of(q, struct lx_queue, q); }
static inline struct lx_disk *disk_of(struct lx_gendisk *g) { return container_of(g, struct lx_disk, disk); }
static inline struct lx_cmd *cmd_of(struct lx_request *rq) { return container_of(rq, struct lx_cmd, rq); }
static inline struct lx_tags *tags_of(struct lx_blk_mq_tags *t) { return container_of(t, struct lx_tags, pub); }

extern const struct blkdisk_ops lx_disk_ops, lx_bio_disk_ops;

/** lx_disk_restart() - native commands that found no room are tried again soon. Context: any but NMI. */
void lx_disk_restart(struct lx_disk *d);
/** lx_disk_make() - for a queue whose reference is handed over; NULL: no memory. Sleeps. */
struct lx_disk *lx_disk_make(struct lx_queue *q);

/** lx_queue_make() - @set NULL: without hardware queues; @data: the driver's; ERR_PTR. Sleeps. */
struct lx_queue *lx_queue_make(struct lx_blk_mq_tag_set *set, void *data);
void lx_queue_put(struct lx_queue *q);
/** lx_queue_exit() - no request comes any more: it leaves its set, which may go. Sleeps. */
void lx_queue_exit(struct lx_queue *q);
/** lx_queue_enter() - one request more; false: it is stopped, and nothing was counted. Context: any. */
bool lx_queue_enter(struct lx_queue *q);
void lx_queue_leave(struct lx_queue *q);
/** lx_queue_park() - @rq is given to the driver later, by a worker. Context: any but NMI. */
void lx_queue_park(struct lx_request *rq, unsigned long ticks);
/** lx_queue_may_sleep() - does the driver's queue_rq() sleep. */
bool lx_queue_may_sleep(const struct lx_queue *q);

/** lx_tags_take() - a request that is in use from now; NULL: none is free. Context: any but NMI. */
struct lx_cmd *lx_tags_take(struct lx_blk_mq_tags *t, bool reserved);
/** lx_tags_put() - drop the last user's hold; those who wait for one go on. Context: any but NMI. */
void lx_tags_put(struct lx_cmd *c);
/** lx_set_join() / lx_set_leave() - a queue of a set comes and goes. */
void lx_set_join(struct lx_queue *q);
void lx_set_leave(struct lx_queue *q);
/** lx_set_queues() - hardware queues that take any command; drivers may have others for polling. */
u32 lx_set_queues(const struct lx_blk_mq_tag_set *set);
/** lx_set_watch() - a request was started: its time is looked after. Context: any but NMI. */
void lx_set_watch(struct lx_set *s);

/** lx_request_init() - @rq is fresh: of queue @q, @op. */
void lx_request_init(struct lx_request *rq, struct lx_queue *q, u32 hctx, u32 op);
/** lx_request_issue() - give it to the driver: BLK_STS_*. Context: as the driver's queue_rq() needs. */
u8 lx_request_issue(struct lx_request *rq, bool is_last);
/** lx_cmd_vecs() - room for @n pieces of memory; NULL: none now. Context: any. */
struct lx_bio_vec *lx_cmd_vecs(struct lx_cmd *c, u32 n, alloc_flags flags);
/** lx_cmd_clear() - give memory and tag back. */
void lx_cmd_clear(struct lx_cmd *c);
/** lx_bio_fill() - @bio describes the native command @c, its memory in @vecs; how many of them. */
u32 lx_bio_fill(struct lx_bio *bio, struct lx_bio_vec *vecs, struct lx_disk *d, const struct blkcmd *c);
/** lx_bio_advance_bytes() - the first @bytes of @bio are done. */
void lx_bio_advance_bytes(struct lx_bio *bio, u32 bytes);
/** lx_bvec_next() - the next piece of @bio, within one page, and @it behind it; false: there is none. */
bool lx_bvec_next(const struct lx_bio *bio, struct lx_bvec_iter *it, struct lx_bio_vec *out);
/** lx_bio_pdu_bytes() - memory of a command of a disk without requests. */
u32 lx_bio_pdu_bytes(void);

/**
 * lx_disk_lock() / lx_disk_unlock() - the native disk's lock, which this thread may have already
 * Return: false, without the lock, if the disk is not there (before device_add_disk(), after del_gendisk()). Sleeps.
 */
bool lx_disk_lock(struct lx_disk *d);
void lx_disk_unlock(struct lx_disk *d);
/** lx_disk_settle() - the native disk takes over what the driver has changed, and its limits. Sleeps. */
void lx_disk_settle(struct lx_disk *d);
void lx_disk_settle_work(struct workitem *w);
/** lx_disk_limits() - those of the driver, for the native disk. */
struct blkdisk_limits lx_disk_limits(const struct lx_disk *d);
bool lx_disk_may_have_parts(const struct lx_disk *d);
/** lx_disk_restarts_wait() - no lx_disk_restart() of it is under way; none comes any more. Sleeps. */
void lx_disk_restarts_wait(struct lx_disk *d);

/* Slots of native operations that both kinds of disks have. */
int lx_disk_open(struct blkdisk *native, u32 mode);
void lx_disk_close(struct blkdisk *native);
long lx_disk_ioctl(struct blkdisk *native, struct blkdev *b, u32 mode, u32 cmd, uptr arg);
void lx_disk_release(struct blkdisk *native);
