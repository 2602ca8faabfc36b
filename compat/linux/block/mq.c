// SPDX-License-Identifier: GPL-2.0-only
/* Tag sets, hardware queues, and stopping them. Native hardware queues carry the same numbers. */
#include "block_impl.h"

#include "../runtime.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/mm/slab.h>

#define FLAG_BLOCKING	BIT(5)		/* BLK_MQ_F_BLOCKING: queue_rq() sleeps */
#define MAPS_MAX	3u

void lx_blk_mq_map_queues(struct lx_blk_mq_queue_map *map)
{
	for_each_possible_cpu(cpu)
		map->mq_map[cpu] = map->queue_offset + (map->nr_queues ? cpu % map->nr_queues : 0);
}
LX_EXPORT(blk_mq_map_queues);

void lx_blk_mq_virtio_map_queues(struct lx_blk_mq_queue_map *map, struct lx_virtio_device *dev, int first)
{
	lx_blk_mq_map_queues(map);
}
LX_EXPORT(blk_mq_virtio_map_queues);

void lx_blk_mq_pci_map_queues(struct lx_blk_mq_queue_map *map, struct lx_pci_dev *dev, int first)
{
	lx_blk_mq_map_queues(map);
}
LX_EXPORT(blk_mq_pci_map_queues);

static void maps_free(struct lx_blk_mq_tag_set *set)
{
	for (u32 i = 0; i < MAPS_MAX; i++) {
		kmem_free(set->map[i].mq_map);
		set->map[i].mq_map = NULL;
	}
}

int lx_blk_mq_alloc_tag_set(struct lx_blk_mq_tag_set *set)
{
	if (!set->nr_hw_queues || !set->queue_depth || !set->ops->queue_rq)
		return -EINVAL;
	if (set->flags & FLAG_BLOCKING)
		return -EOPNOTSUPP;
	if (!set->nr_maps)
		set->nr_maps = 1;
	for (u32 i = 0; i < set->nr_maps && i < MAPS_MAX; i++) {
		set->map[i].mq_map = kmem_calloc(cpu_count_possible, sizeof(unsigned int), ALLOC_KERNEL);
		if (!set->map[i].mq_map) {
			maps_free(set);
			return -ENOMEM;
		}
	}
	lx___mutex_init(&set->tag_list_lock, "tag_list", NULL);
	set->tag_list.next = set->tag_list.prev = &set->tag_list;
	set->map[0].nr_queues = set->nr_hw_queues;
	if (set->ops->map_queues)
		set->ops->map_queues(set);
	else
		lx_blk_mq_map_queues(&set->map[0]);
	return 0;
}
LX_EXPORT(blk_mq_alloc_tag_set);

void lx_blk_mq_free_tag_set(struct lx_blk_mq_tag_set *set)
{
	maps_free(set);
}
LX_EXPORT(blk_mq_free_tag_set);

/* ---- stopping: no new commands; those in flight are waited for ---- */

static void stop(struct lx_request_queue *q)
{
	if (disk_of_queue(q)->native)
		blkdisk_stop(disk_of_queue(q)->native);
}

static void go(struct lx_request_queue *q)
{
	if (disk_of_queue(q)->native)
		blkdisk_go(disk_of_queue(q)->native);
}

void lx_blk_mq_freeze_queue(struct lx_request_queue *q)
{
	if (q->mq_freeze_depth++ == 0)
		stop(q);
}
LX_EXPORT(blk_mq_freeze_queue);

void lx_blk_mq_unfreeze_queue(struct lx_request_queue *q)
{
	if (--q->mq_freeze_depth == 0)
		go(q);
}
LX_EXPORT(blk_mq_unfreeze_queue);

void lx_blk_mq_quiesce_queue(struct lx_request_queue *q)
{
	if (q->quiesce_depth++ == 0)
		stop(q);
}
LX_EXPORT(blk_mq_quiesce_queue);

void lx_blk_mq_quiesce_queue_nowait(struct lx_request_queue *q) { lx_blk_mq_quiesce_queue(q); }
LX_EXPORT(blk_mq_quiesce_queue_nowait);

void lx_blk_mq_unquiesce_queue(struct lx_request_queue *q)
{
	if (--q->quiesce_depth == 0)
		go(q);
}
LX_EXPORT(blk_mq_unquiesce_queue);

/* A driver stops a queue when its ring is full; the core asks again after the next completion. */
void lx_blk_mq_stop_hw_queue(struct lx_blk_mq_hw_ctx *h)
{
	bit_set_atomic(0, &h->state);
}
LX_EXPORT(blk_mq_stop_hw_queue);

void lx_blk_mq_start_stopped_hw_queues(struct lx_request_queue *q, bool async)
{
	struct lx_disk *d = disk_of_queue(q);
	bool was_stopped = false;

	for (u32 i = 0; i < q->nr_hw_queues; i++)
		was_stopped |= bit_test_and_clear(0, &d->hctx[i].state);
	if (was_stopped)
		lx_disk_restart(d);
}
LX_EXPORT(blk_mq_start_stopped_hw_queues);

void lx_blk_mq_start_hw_queues(struct lx_request_queue *q) { lx_blk_mq_start_stopped_hw_queues(q, false); }
LX_EXPORT(blk_mq_start_hw_queues);
