/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk of a module: the vendor's queue and gendisk, and the native disk that it appears as.
 *
 * Life: __blk_mq_alloc_disk() makes it with the module's reference; device_add_disk() makes the native
 * disk, which holds a second one until nobody has it open any more; the last free_disk()s.
 */
#pragma once

#include "../lx.h"

#include <tern/drivers/blkdisk.h>

struct lx_disk {
	struct lx_request_queue queue;	/* first: modules hold pointers to the three */
	struct lx_gendisk disk;
	struct lx_block_device part0;
	struct lx_blk_mq_hw_ctx *hctx;	/* I nr_hw_queues */
	struct blkdisk *native;		/* NULL before device_add_disk() and after del_gendisk() */
	refcount refs;
	bool is_readonly;
	bool must_restart;		/* A on a CPU's list of those whose stopped queues run again */
	struct lx_disk *next_restart;
};

/* What the native block layer keeps for each command: the request, behind it the driver's part. */
struct lx_cmd {
	struct blkcmd *native;
	bool is_ready;			/* the driver's init_request() has run */
	struct lx_bio bio;		/* of requests without data: the range */
	struct lx_request rq __aligned(16);
};
static_assert(sizeof(struct lx_request) == 272, "the driver's part begins behind it");

static inline struct lx_disk *disk_of_queue(struct lx_request_queue *q)
{
	return container_of(q, struct lx_disk, queue);
}
static inline struct lx_disk *disk_of(struct lx_gendisk *g) { return container_of(g, struct lx_disk, disk); }
static inline struct lx_cmd *cmd_of(struct lx_request *rq) { return container_of(rq, struct lx_cmd, rq); }

/* Bits of queue_flags: macros of the vendor, so not in its type information. */
#define QUEUE_FLAG_NONROT	6
#define QUEUE_FLAG_WC		17
#define QUEUE_FLAG_FUA		18

extern const struct blkdisk_ops lx_disk_ops;
/** lx_disk_restart() - queues that the driver had stopped run again soon. Context: any but NMI. */
void lx_disk_restart(struct lx_disk *d);
/** lx_disk_put() - drop a reference; the last frees. Context: sleeps. */
void lx_disk_put(struct lx_disk *d);
