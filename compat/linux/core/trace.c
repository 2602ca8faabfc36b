// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trace events of modules are never enabled: their tables are not read, so the code behind their static
 * keys does not run. What that code would call is here and says that there is no buffer to write to.
 */
#include "../lx.h"

#include <tern/base/err.h>

#define RETURN_UNHANDLED 2	/* TRACE_TYPE_UNHANDLED */

int lx_trace_event_raw_init(struct lx_trace_event_call *call) { return -ENODEV; }
LX_EXPORT(trace_event_raw_init);
int lx_trace_event_reg(struct lx_trace_event_call *call, unsigned int type, void *data) { return -EOPNOTSUPP; }
LX_EXPORT(trace_event_reg);
bool lx___trace_trigger_soft_disabled(struct lx_trace_event_file *file) { return true; }
LX_EXPORT(__trace_trigger_soft_disabled);
void *lx_trace_event_buffer_reserve(struct lx_trace_event_buffer *b, struct lx_trace_event_file *file, size_t n)
{
	return NULL;
}
LX_EXPORT(trace_event_buffer_reserve);
void lx_trace_event_buffer_commit(struct lx_trace_event_buffer *b) { }
LX_EXPORT(trace_event_buffer_commit);
void lx_trace_event_printf(struct lx_trace_iterator *iter, const char *fmt, ...) { }
LX_EXPORT(trace_event_printf);
int lx_trace_raw_output_prep(struct lx_trace_iterator *iter, struct lx_trace_event *event) { return RETURN_UNHANDLED; }
LX_EXPORT(trace_raw_output_prep);
unsigned int lx_trace_handle_return(struct lx_trace_seq *s) { return RETURN_UNHANDLED; }
LX_EXPORT(trace_handle_return);
const char *lx_trace_print_symbols_seq(struct lx_trace_seq *s, unsigned long v, const struct lx_trace_print_flags *p)
{
	return "";
}
LX_EXPORT(trace_print_symbols_seq);
const char *lx_trace_print_flags_seq(struct lx_trace_seq *s, const char *delim, unsigned long v,
				     const struct lx_trace_print_flags *p)
{
	return "";
}
LX_EXPORT(trace_print_flags_seq);
const char *lx_trace_print_hex_seq(struct lx_trace_seq *s, const unsigned char *buf, int n, bool joined) { return ""; }
LX_EXPORT(trace_print_hex_seq);
void lx_trace_seq_printf(struct lx_trace_seq *s, const char *fmt, ...) { }
LX_EXPORT(trace_seq_printf);
void lx_trace_seq_putc(struct lx_trace_seq *s, unsigned char c) { }
LX_EXPORT(trace_seq_putc);
void lx_trace_seq_puts(struct lx_trace_seq *s, const char *text) { }
LX_EXPORT(trace_seq_puts);

void *lx_perf_trace_buf_alloc(int n, struct lx_pt_regs **regs, int *ctx) { return NULL; }
LX_EXPORT(perf_trace_buf_alloc);
void lx_perf_trace_run_bpf_submit(void *raw, int n, int ctx, struct lx_trace_event_call *call, unsigned long long count,
				  struct lx_pt_regs *regs, struct lx_hlist_head *head, struct lx_task_struct *task)
{
}
LX_EXPORT(perf_trace_run_bpf_submit);

typedef unsigned long long word;
void lx_bpf_trace_run1(struct lx_bpf_prog *p, word a) { }
LX_EXPORT(bpf_trace_run1);
void lx_bpf_trace_run2(struct lx_bpf_prog *p, word a, word b) { }
LX_EXPORT(bpf_trace_run2);
void lx_bpf_trace_run3(struct lx_bpf_prog *p, word a, word b, word c) { }
LX_EXPORT(bpf_trace_run3);
void lx_bpf_trace_run4(struct lx_bpf_prog *p, word a, word b, word c, word d) { }
LX_EXPORT(bpf_trace_run4);
void lx_bpf_trace_run5(struct lx_bpf_prog *p, word a, word b, word c, word d, word e) { }
LX_EXPORT(bpf_trace_run5);
void lx_bpf_trace_run6(struct lx_bpf_prog *p, word a, word b, word c, word d, word e, word f) { }
LX_EXPORT(bpf_trace_run6);

/* Events of the block layer that drivers also raise: nobody listens. */
static struct lx_tracepoint lx___tracepoint_block_bio_complete = { .name = "block_bio_complete" };
static struct lx_tracepoint lx___tracepoint_block_bio_remap = { .name = "block_bio_remap" };
LX_EXPORT_DATA(__tracepoint_block_bio_complete);
LX_EXPORT_DATA(__tracepoint_block_bio_remap);

static void no_listener(void) { }
static struct lx_static_call_key lx___SCK__tp_func_block_bio_complete = { .func = no_listener };
static struct lx_static_call_key lx___SCK__tp_func_block_bio_remap = { .func = no_listener };
LX_EXPORT_DATA(__SCK__tp_func_block_bio_complete);
LX_EXPORT_DATA(__SCK__tp_func_block_bio_remap);
LX_EXPORT_ALIAS(__SCT__tp_func_block_bio_complete, *no_listener);
LX_EXPORT_ALIAS(__SCT__tp_func_block_bio_remap, *no_listener);
static struct lx_tracepoint lx___tracepoint_block_rq_remap = { .name = "block_rq_remap" };
LX_EXPORT_DATA(__tracepoint_block_rq_remap);
static struct lx_static_call_key lx___SCK__tp_func_block_rq_remap = { .func = no_listener };
LX_EXPORT_DATA(__SCK__tp_func_block_rq_remap);
LX_EXPORT_ALIAS(__SCT__tp_func_block_rq_remap, *no_listener);
static struct lx_tracepoint lx___tracepoint_block_split = { .name = "block_split" };
LX_EXPORT_DATA(__tracepoint_block_split);
static struct lx_static_call_key lx___SCK__tp_func_block_split = { .func = no_listener };
LX_EXPORT_DATA(__SCK__tp_func_block_split);
LX_EXPORT_ALIAS(__SCT__tp_func_block_split, *no_listener);
