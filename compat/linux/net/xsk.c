// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets that own a card's buffers (AF_XDP): there are none, so no queue has a pool of theirs. A driver asks once
 * a queue and goes its usual way; the rest is reached with a pool only.
 */
#include "../lx.h"

#include <tern/base/err.h>

struct lx_xsk_buff_pool *lx_xsk_get_pool_from_qid(struct lx_net_device *dev, unsigned short queue) { return NULL; }
LX_EXPORT(xsk_get_pool_from_qid);
int lx_xp_dma_map(struct lx_xsk_buff_pool *p, struct lx_device *dev, unsigned long attrs, struct lx_page **pages,
		  unsigned int n)
{
	return -EOPNOTSUPP;
}
LX_EXPORT(xp_dma_map);
void lx_xp_dma_unmap(struct lx_xsk_buff_pool *p, unsigned long attrs) { }
LX_EXPORT(xp_dma_unmap);
struct lx_xdp_buff *lx_xp_alloc(struct lx_xsk_buff_pool *p) { return NULL; }
LX_EXPORT(xp_alloc);
void lx_xp_free(struct lx_xdp_buff_xsk *b) { }
LX_EXPORT(xp_free);
unsigned long long lx_xp_raw_get_dma(struct lx_xsk_buff_pool *p, unsigned long long at) { return U64_MAX; }
LX_EXPORT(xp_raw_get_dma);
void lx_xp_set_rxq_info(struct lx_xsk_buff_pool *p, struct lx_xdp_rxq_info *info) { }
LX_EXPORT(xp_set_rxq_info);
void lx_xp_dma_sync_for_cpu_slow(struct lx_xdp_buff_xsk *b) { }
LX_EXPORT(xp_dma_sync_for_cpu_slow);
void lx_xp_dma_sync_for_device_slow(struct lx_xsk_buff_pool *p, unsigned long long at, size_t n) { }
LX_EXPORT(xp_dma_sync_for_device_slow);
void lx_xsk_set_rx_need_wakeup(struct lx_xsk_buff_pool *p) { }
LX_EXPORT(xsk_set_rx_need_wakeup);
void lx_xsk_clear_rx_need_wakeup(struct lx_xsk_buff_pool *p) { }
LX_EXPORT(xsk_clear_rx_need_wakeup);
void lx_xsk_set_tx_need_wakeup(struct lx_xsk_buff_pool *p) { }
LX_EXPORT(xsk_set_tx_need_wakeup);
bool lx_xsk_uses_need_wakeup(struct lx_xsk_buff_pool *p) { return false; }
LX_EXPORT(xsk_uses_need_wakeup);
bool lx_xsk_tx_peek_desc(struct lx_xsk_buff_pool *p, struct lx_xdp_desc *out) { return false; }
LX_EXPORT(xsk_tx_peek_desc);
void lx_xsk_tx_release(struct lx_xsk_buff_pool *p) { }
LX_EXPORT(xsk_tx_release);
void lx_xsk_tx_completed(struct lx_xsk_buff_pool *p, unsigned int n) { }
LX_EXPORT(xsk_tx_completed);
