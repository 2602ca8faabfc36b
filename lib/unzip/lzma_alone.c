/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The .lzma file format: 13 bytes of header (properties, dictionary size,
 * length or all ones), then LZMA data. It has no check sum and, with all ones,
 * ends in a marker. A unit is one symbol; the last symbols are decoded when the
 * input has ended, since only then it is certain that no more bytes come.
 */
#include "lzma_impl.h"

#define HEADER	(13 + 5)
#define SLICE	65536UL

struct alone {
	bool has_header;
	bool has_size;
	u64 left;	/* bytes to come, if has_size */
	struct lzma lzma;
};

static int alone_init(struct unzip_core *core)
{
	return 0;
}

static int read_header(struct unzip_core *core, struct unzip_span *in)
{
	struct alone *s = core->state;
	const u8 *p = in->p;
	int err;

	if (span_len(in) < HEADER)
		return step_more(core, HEADER);
	if (p[0] >= 225)
		return -EPROTONOSUPPORT;
	err = lzma_set_props(&s->lzma, p[0]);
	if (!err)
		err = unzip_window_set(core, max(get_le32(p + 1), 4096U));
	if (!err)
		err = lzma_start(&s->lzma, p + 13);
	if (err)
		return err;
	lzma_reset(&s->lzma);
	s->left = get_le64(p + 5);
	s->has_size = s->left != U64_MAX;
	s->has_header = true;
	in->p += HEADER;
	return STEP_AGAIN;
}

/* Symbols with LZMA_SYMBOL_MAX readable bytes behind limit. */
static int run(struct unzip_core *core, const u8 **p, const u8 *limit)
{
	struct alone *s = core->state;
	struct unzip_window *w = &core->out;
	struct lzma_io io;
	size_t room = s->has_size ? min(s->left, SLICE) : SLICE;
	int r = unzip_reserve(core, SLICE + LZMA_MATCH_MAX);

	if (r)
		return r;
	io = (struct lzma_io){
		.p = *p, .p_limit = limit, .op = w->buf + w->pos, .base = w->buf + w->base,
		.op_soft = w->buf + w->pos + room,
		.op_hard = w->buf + w->pos + min(s->left, SLICE + LZMA_MATCH_MAX),
	};
	r = lzma_run(&s->lzma, &io);
	*p = io.p;
	if (r < 0)
		return r;
	s->left -= (u64)(io.op - (w->buf + w->pos));
	w->pos = (size_t)(io.op - w->buf);
	if (r)
		return s->has_size && s->left ? -EBADMSG : STEP_DONE;
	return s->has_size && !s->left ? STEP_DONE : STEP_AGAIN;
}

static int alone_step(struct unzip_core *core, struct unzip_span *in)
{
	struct alone *s = core->state;

	if (!s->has_header)
		return read_header(core, in);
	if (s->has_size && !s->left)
		return STEP_DONE;
	if (span_len(in) < LZMA_SYMBOL_MAX)
		return step_more(core, LZMA_SYMBOL_MAX);
	return run(core, &in->p, in->end - LZMA_SYMBOL_MAX);
}

/* The last symbols, from a copy with zeros behind it. */
static int alone_finish(struct unzip_core *core, struct unzip_span *in)
{
	struct alone *s = core->state;
	u8 tail[2 * LZMA_SYMBOL_MAX] = { 0 };
	const u8 *p = tail, *end = tail + span_len(in);
	int r = STEP_AGAIN;

	if (!s->has_header)
		return STEP_MORE;
	if (s->has_size && !s->left)
		return STEP_DONE;
	if (span_len(in))
		memcpy(tail, in->p, span_len(in));
	while (r == STEP_AGAIN && p <= end)
		r = run(core, &p, end);
	/* whatever came of bytes that were not there counts for nothing */
	return p > end ? STEP_MORE : r;
}

static void alone_fini(struct unzip_core *core)
{
}

const struct unzip_codec unzip_codec_lzma = {
	.name = "lzma",
	.state_size = sizeof(struct alone),
	.init = alone_init,
	.step = alone_step,
	.finish = alone_finish,
	.fini = alone_fini,
};
