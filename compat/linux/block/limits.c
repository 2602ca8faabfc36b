// SPDX-License-Identifier: GPL-2.0-only
/* What a driver says about its device before the disk is added. */
#include "block_impl.h"

void lx_blk_queue_logical_block_size(struct lx_request_queue *q, unsigned int n)
{
	q->limits.logical_block_size = n;
	q->limits.physical_block_size = max(q->limits.physical_block_size, n);
	q->limits.io_min = max(q->limits.io_min, q->limits.physical_block_size);
}
LX_EXPORT(blk_queue_logical_block_size);

void lx_blk_queue_physical_block_size(struct lx_request_queue *q, unsigned int n)
{
	q->limits.physical_block_size = max(n, q->limits.logical_block_size);
	q->limits.io_min = max(q->limits.io_min, q->limits.physical_block_size);
}
LX_EXPORT(blk_queue_physical_block_size);

void lx_blk_queue_max_hw_sectors(struct lx_request_queue *q, unsigned int n)
{
	q->limits.max_hw_sectors = q->limits.max_sectors = max(n, 8u);
}
LX_EXPORT(blk_queue_max_hw_sectors);

void lx_blk_queue_max_discard_sectors(struct lx_request_queue *q, unsigned int n)
{
	q->limits.max_hw_discard_sectors = q->limits.max_discard_sectors = n;
}
LX_EXPORT(blk_queue_max_discard_sectors);

void lx_blk_queue_max_segments(struct lx_request_queue *q, unsigned short n) { q->limits.max_segments = n; }
LX_EXPORT(blk_queue_max_segments);
void lx_blk_queue_max_discard_segments(struct lx_request_queue *q, unsigned short n)
{
	q->limits.max_discard_segments = n;
}
LX_EXPORT(blk_queue_max_discard_segments);
void lx_blk_queue_max_segment_size(struct lx_request_queue *q, unsigned int n)
{
	q->limits.max_segment_size = n;
}
LX_EXPORT(blk_queue_max_segment_size);
void lx_blk_queue_max_secure_erase_sectors(struct lx_request_queue *q, unsigned int n)
{
	q->limits.max_secure_erase_sectors = n;
}
LX_EXPORT(blk_queue_max_secure_erase_sectors);
void lx_blk_queue_max_write_zeroes_sectors(struct lx_request_queue *q, unsigned int n)
{
	q->limits.max_write_zeroes_sectors = n;
}
LX_EXPORT(blk_queue_max_write_zeroes_sectors);
void lx_blk_queue_io_min(struct lx_request_queue *q, unsigned int n) { q->limits.io_min = n; }
LX_EXPORT(blk_queue_io_min);
void lx_blk_queue_io_opt(struct lx_request_queue *q, unsigned int n) { q->limits.io_opt = n; }
LX_EXPORT(blk_queue_io_opt);
void lx_blk_queue_alignment_offset(struct lx_request_queue *q, unsigned int n)
{
	q->limits.alignment_offset = n;
}
LX_EXPORT(blk_queue_alignment_offset);
void lx_blk_queue_virt_boundary(struct lx_request_queue *q, unsigned long mask)
{
	q->limits.virt_boundary_mask = mask;
}
LX_EXPORT(blk_queue_virt_boundary);
void lx_blk_queue_segment_boundary(struct lx_request_queue *q, unsigned long mask)
{
	q->limits.seg_boundary_mask = mask;
}
LX_EXPORT(blk_queue_segment_boundary);
void lx_blk_queue_dma_alignment(struct lx_request_queue *q, int mask)
{
	q->limits.dma_alignment = (unsigned int)mask;
}
LX_EXPORT(blk_queue_dma_alignment);
void lx_blk_queue_rq_timeout(struct lx_request_queue *q, unsigned int ticks) { q->rq_timeout = ticks; }
LX_EXPORT(blk_queue_rq_timeout);

void lx_blk_queue_flag_set(unsigned int flag, struct lx_request_queue *q)
{
	bit_set_atomic(flag, &q->queue_flags);
}
LX_EXPORT(blk_queue_flag_set);

void lx_blk_queue_flag_clear(unsigned int flag, struct lx_request_queue *q)
{
	bit_clear_atomic(flag, &q->queue_flags);
}
LX_EXPORT(blk_queue_flag_clear);

void lx_blk_queue_write_cache(struct lx_request_queue *q, bool has_cache, bool has_fua)
{
	if (has_cache)
		bit_set_atomic(QUEUE_FLAG_WC, &q->queue_flags);
	else
		bit_clear_atomic(QUEUE_FLAG_WC, &q->queue_flags);
	if (has_fua)
		bit_set_atomic(QUEUE_FLAG_FUA, &q->queue_flags);
	else
		bit_clear_atomic(QUEUE_FLAG_FUA, &q->queue_flags);
}
LX_EXPORT(blk_queue_write_cache);

void lx_blk_queue_chunk_sectors(struct lx_request_queue *q, unsigned int n) { q->limits.chunk_sectors = n; }
LX_EXPORT(blk_queue_chunk_sectors);
void lx_blk_queue_max_zone_append_sectors(struct lx_request_queue *q, unsigned int n)
{
	q->limits.max_zone_append_sectors = min(n, q->limits.max_hw_sectors);
}
LX_EXPORT(blk_queue_max_zone_append_sectors);
void lx_blk_queue_update_dma_alignment(struct lx_request_queue *q, int mask)
{
	q->limits.dma_alignment = max(q->limits.dma_alignment, (unsigned int)mask);
}
LX_EXPORT(blk_queue_update_dma_alignment);
void lx_blk_queue_update_dma_pad(struct lx_request_queue *q, unsigned int mask)
{
	q->dma_pad_mask = max(q->dma_pad_mask, mask);
}
LX_EXPORT(blk_queue_update_dma_pad);
void lx_blk_queue_bounce_limit(struct lx_request_queue *q, unsigned int limit) { q->limits.bounce = limit; }
LX_EXPORT(blk_queue_bounce_limit);

/* Limits of a disk on top of others: none yet, blk_stack_limits() narrows them. */
void lx_blk_set_stacking_limits(struct lx_queue_limits *l)
{
	*l = (struct lx_queue_limits){
		.logical_block_size = SECTOR_SIZE, .physical_block_size = SECTOR_SIZE, .io_min = SECTOR_SIZE,
		.max_segments = 65535, .max_discard_segments = 1, .max_hw_sectors = U32_MAX,
		.max_segment_size = U32_MAX, .max_sectors = U32_MAX, .max_dev_sectors = U32_MAX,
		.max_write_zeroes_sectors = U32_MAX, .max_zone_append_sectors = U32_MAX,
		.seg_boundary_mask = ~0UL, .dma_alignment = SECTOR_SIZE - 1,
	};
}
LX_EXPORT(blk_set_stacking_limits);

int lx_blk_stack_limits(struct lx_queue_limits *t, struct lx_queue_limits *b, unsigned long long start)
{
	t->max_sectors = min(t->max_sectors, b->max_sectors);
	t->max_hw_sectors = min(t->max_hw_sectors, b->max_hw_sectors);
	t->max_write_zeroes_sectors = min(t->max_write_zeroes_sectors, b->max_write_zeroes_sectors);
	t->max_segments = min(t->max_segments, b->max_segments);
	t->max_segment_size = min(t->max_segment_size, b->max_segment_size);
	t->seg_boundary_mask = min(t->seg_boundary_mask, b->seg_boundary_mask);
	t->virt_boundary_mask |= b->virt_boundary_mask;
	t->logical_block_size = max(t->logical_block_size, b->logical_block_size);
	t->physical_block_size = max(t->physical_block_size, b->physical_block_size);
	t->io_min = max(t->io_min, b->io_min);
	t->io_opt = max(t->io_opt, b->io_opt);
	t->dma_alignment = max(t->dma_alignment, b->dma_alignment);
	t->max_discard_sectors = t->max_discard_sectors ? min(t->max_discard_sectors, b->max_discard_sectors) :
		b->max_discard_sectors;
	t->discard_granularity = max(t->discard_granularity, b->discard_granularity);
	return 0;
}
LX_EXPORT(blk_stack_limits);

void lx_blk_set_queue_depth(struct lx_request_queue *q, unsigned int depth) { q->queue_depth = depth; }
LX_EXPORT(blk_set_queue_depth);
void lx_blk_queue_required_elevator_features(struct lx_request_queue *q, unsigned int features)
{
	q->required_elevator_features = features;
}
LX_EXPORT(blk_queue_required_elevator_features);
void lx_blk_queue_zone_write_granularity(struct lx_request_queue *q, unsigned int n)
{
	q->limits.zone_write_granularity = max(n, q->limits.logical_block_size);
}
LX_EXPORT(blk_queue_zone_write_granularity);
/* Actuators of one disk that work at the same time: requests are not sorted by them. */
struct lx_blk_independent_access_ranges *lx_disk_alloc_independent_access_ranges(struct lx_gendisk *g, int n)
{
	return NULL;
}
LX_EXPORT(disk_alloc_independent_access_ranges);
void lx_disk_set_independent_access_ranges(struct lx_gendisk *g, struct lx_blk_independent_access_ranges *r) { }
LX_EXPORT(disk_set_independent_access_ranges);
