// SPDX-License-Identifier: GPL-2.0-only
/*
 * Express data path: no program can be attached (ndo_bpf is never called), so that drivers only register
 * their queues. What runs only with a program refuses. Time stamps on packets: nobody asks for them.
 */
#include "net_impl.h"

#include <tern/base/err.h>
#include <tern/kernel/klog.h>

#define REG_STATE_REGISTERED	1u
#define REG_STATE_UNREGISTERED	2u
#define XDP_ABORTED		0u

static DEFINE_PERCPU(struct lx_bpf_redirect_info, lx_bpf_redirect_info);
LX_EXPORT_DATA(bpf_redirect_info);
static DEFINE_PERCPU(struct lx_softnet_data, lx_softnet_data);
LX_EXPORT_DATA(softnet_data);
static struct lx_static_key lx_bpf_master_redirect_enabled_key, lx_bpf_stats_enabled_key;
LX_EXPORT_DATA(bpf_master_redirect_enabled_key);
LX_EXPORT_DATA(bpf_stats_enabled_key);
static struct lx_tracepoint lx___tracepoint_xdp_exception = { .name = "xdp_exception" };
LX_EXPORT_DATA(__tracepoint_xdp_exception);

/* The trace point is off for good: its call is never made. */
static void trace_nothing(void) { }
static struct lx_static_call_key lx___SCK__tp_func_xdp_exception = { .func = trace_nothing };
LX_EXPORT_DATA(__SCK__tp_func_xdp_exception);
LX_EXPORT_ALIAS(__SCT__tp_func_xdp_exception, trace_nothing);

int lx___xdp_rxq_info_reg(struct lx_xdp_rxq_info *q, struct lx_net_device *dev, unsigned int index,
			  unsigned int napi, unsigned int frag_size)
{
	if (!dev)
		return -ENODEV;
	*q = (struct lx_xdp_rxq_info){ .dev = dev, .queue_index = index, .napi_id = napi, .frag_size = frag_size,
				       .reg_state = REG_STATE_REGISTERED };
	return 0;
}
LX_EXPORT(__xdp_rxq_info_reg);

int lx_xdp_rxq_info_reg_mem_model(struct lx_xdp_rxq_info *q, unsigned int type, void *allocator)
{
	if (q->reg_state != REG_STATE_REGISTERED)
		return -EFAULT;
	q->mem.type = type;
	return 0;
}
LX_EXPORT(xdp_rxq_info_reg_mem_model);

void lx_xdp_rxq_info_unreg_mem_model(struct lx_xdp_rxq_info *q)
{
	q->mem.type = 0;
	q->mem.id = 0;
}
LX_EXPORT(xdp_rxq_info_unreg_mem_model);

void lx_xdp_rxq_info_unreg(struct lx_xdp_rxq_info *q)
{
	if (q->reg_state != REG_STATE_REGISTERED)
		return;
	lx_xdp_rxq_info_unreg_mem_model(q);
	q->reg_state = REG_STATE_UNREGISTERED;
	q->dev = NULL;
}
LX_EXPORT(xdp_rxq_info_unreg);

void lx_xdp_rxq_info_unused(struct lx_xdp_rxq_info *q) { q->reg_state = 3; }
LX_EXPORT(xdp_rxq_info_unused);
bool lx_xdp_rxq_info_is_reg(struct lx_xdp_rxq_info *q) { return q->reg_state == REG_STATE_REGISTERED; }
LX_EXPORT(xdp_rxq_info_is_reg);

void lx_xdp_warn(const char *text, const char *function, const int line)
{
	kwarn("XDP: %s(%d): %s", function, line, text);
}
LX_EXPORT(xdp_warn);

/* ---- with a program only ---- */

unsigned int lx_bpf_dispatcher_xdp_func(const void *ctx, const struct lx_bpf_insn *insn,
					unsigned int (*fn)(const void *, const struct lx_bpf_insn *))
{
	return fn(ctx, insn);
}
LX_EXPORT(bpf_dispatcher_xdp_func);
void lx_bpf_prog_add(struct lx_bpf_prog *p, int n) { }
LX_EXPORT(bpf_prog_add);
void lx_bpf_prog_sub(struct lx_bpf_prog *p, int n) { }
LX_EXPORT(bpf_prog_sub);
void lx_bpf_prog_put(struct lx_bpf_prog *p) { }
LX_EXPORT(bpf_prog_put);
void lx_bpf_warn_invalid_xdp_action(struct lx_net_device *dev, struct lx_bpf_prog *p, unsigned int act)
{
	kwarn("XDP: %s: no such action: %u", dev->name, act);
}
LX_EXPORT(bpf_warn_invalid_xdp_action);
int lx_xdp_do_redirect(struct lx_net_device *dev, struct lx_xdp_buff *x, struct lx_bpf_prog *p) { return -EOPNOTSUPP; }
LX_EXPORT(xdp_do_redirect);
void lx_xdp_do_flush(void) { }
LX_EXPORT(xdp_do_flush);
unsigned int lx_xdp_master_redirect(struct lx_xdp_buff *x) { return XDP_ABORTED; }
LX_EXPORT(xdp_master_redirect);
struct lx_xdp_frame *lx_xdp_convert_zc_to_xdp_frame(struct lx_xdp_buff *x) { return NULL; }
LX_EXPORT(xdp_convert_zc_to_xdp_frame);
void lx_xdp_return_frame(struct lx_xdp_frame *f) { }
LX_EXPORT(xdp_return_frame);
void lx_xdp_return_frame_rx_napi(struct lx_xdp_frame *f) { }
LX_EXPORT(xdp_return_frame_rx_napi);

/* ---- time stamps ---- */

void lx_skb_tstamp_tx(struct lx_sk_buff *skb, struct lx_skb_shared_hwtstamps *t) { }
LX_EXPORT(skb_tstamp_tx);
void lx_skb_clone_tx_timestamp(struct lx_sk_buff *skb) { }
LX_EXPORT(skb_clone_tx_timestamp);
bool lx_skb_defer_rx_timestamp(struct lx_sk_buff *skb) { return false; }
LX_EXPORT(skb_defer_rx_timestamp);
