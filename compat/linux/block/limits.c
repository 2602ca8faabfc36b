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
