/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zstandard frames (RFC 8878 section 3.1.1). Units: a frame header, a block.
 * Skippable frames before the frame are skipped. Dictionaries are not
 * supported.
 */
#include "zstd_impl.h"

#define MAGIC		0xfd2fb528U
#define MAGIC_SKIP	0x184d2a50U

static void zstd_sum(struct unzip_core *core, const u8 *p, size_t len)
{
	struct zstd *s = core->state;

	if (s->has_sum)
		xxh64_add(&s->sum, p, len);
	s->total += len;
}

static int zstd_init(struct unzip_core *core)
{
	core->sum = zstd_sum;
	return 0;
}

static u64 read_le(const u8 *p, unsigned n)
{
	u64 v = 0;

	for (unsigned i = 0; i < n; i++)
		v |= (u64)p[i] << (8 * i);
	return v;
}

static int begin_frame(struct unzip_core *core, const u8 *p, size_t *used)
{
	static const u8 dict_len[4] = { 0, 1, 2, 4 }, size_len[4] = { 0, 2, 4, 8 };
	struct zstd *s = core->state;
	unsigned flags = p[4], n = size_len[flags >> 6];
	bool is_single = flags & 0x20;
	u64 window = 0;

	if (flags & 8)
		return -EOPNOTSUPP;
	p += 5;
	if (is_single && !n)
		n = 1;
	if (!is_single) {
		unsigned log = 10 + (*p >> 3);

		window = (1UL << log) + (1UL << log) / 8 * (*p & 7);
		p++;
	}
	if (read_le(p, dict_len[flags & 3]))
		return -EOPNOTSUPP;
	p += dict_len[flags & 3];
	s->has_size = n;
	s->content_size = read_le(p, n) + (n == 2 ? 256 : 0);
	if (is_single)
		window = s->content_size;
	s->has_sum = flags & 4;
	s->block_max = min(window, (u64)ZSTD_BLOCK_MAX);
	s->has_frame = true;
	*used = 5 + !is_single + dict_len[flags & 3] + n;
	xxh64_begin(&s->sum, 0);
	zstd_block_begin_frame(s);
	/* a window larger than the contents is never needed */
	return unzip_window_set(core, s->has_size ? min(window, s->content_size) : window);
}

static int read_header(struct unzip_core *core, struct unzip_span *in)
{
	struct zstd *s = core->state;
	unsigned flags;
	size_t len;
	int err;

	if (span_len(in) < 5)
		return step_more(core, 5);
	if ((get_le32(in->p) & ~15U) == MAGIC_SKIP) {
		if (span_len(in) < 8)
			return step_more(core, 8);
		s->skip = get_le32(in->p + 4);
		in->p += 8;
		return STEP_AGAIN;
	}
	if (get_le32(in->p) != MAGIC)
		return -EPROTONOSUPPORT;
	flags = in->p[4];
	len = 5 + !(flags & 0x20) + (0x4210U >> 4 * (flags & 3) & 15) +
	      (0x8420U >> 4 * (flags >> 6) & 15) + ((flags & 0xe0) == 0x20);
	if (span_len(in) < len)
		return step_more(core, len);
	err = begin_frame(core, in->p, &len);
	in->p += len;
	return err;
}

static int end_frame(struct unzip_core *core, struct unzip_span *in)
{
	struct zstd *s = core->state;
	int err;

	if (s->has_sum && span_len(in) < 4)
		return step_more(core, 4);
	err = unzip_window_flush(core);
	if (err)
		return err;
	if (s->has_size && s->total != s->content_size)
		return -EBADMSG;
	if (s->has_sum) {
		if (get_le32(in->p) != (u32)xxh64_end(&s->sum))
			return -EBADMSG;
		in->p += 4;
	}
	return STEP_DONE;
}

static int read_block(struct unzip_core *core, struct unzip_span *in)
{
	struct zstd *s = core->state;
	const u8 *p = in->p;
	unsigned head, type;
	size_t size, len;
	int err;

	if (span_len(in) < 3)
		return step_more(core, 3);
	head = get_le16(p) | (unsigned)p[2] << 16;
	type = head >> 1 & 3;
	size = head >> 3;
	len = type == 1 ? 1 : size;
	if (type == 3 || size > s->block_max)
		return -EBADMSG;
	if (span_len(in) < 3 + len)
		return step_more(core, 3 + len);
	err = unzip_reserve(core, s->block_max + 1);
	if (err)
		return err;
	p += 3;
	if (type == 2) {
		err = zstd_block(core, p, len);
		if (err)
			return err;
	} else {
		u8 *op = core->out.buf + core->out.pos;

		if (type == 1)
			memset(op, p[0], size);
		else
			memcpy(op, p, size);
		core->out.pos += size;
	}
	s->is_last = head & 1;
	in->p = p + len;
	return STEP_AGAIN;
}

static int zstd_step(struct unzip_core *core, struct unzip_span *in)
{
	struct zstd *s = core->state;

	if (s->skip) {
		size_t n = min((size_t)s->skip, span_len(in));

		in->p += n;
		s->skip -= n;
		return s->skip ? step_more(core, 1) : STEP_AGAIN;
	}
	if (!s->has_frame)
		return read_header(core, in);
	return s->is_last ? end_frame(core, in) : read_block(core, in);
}

static int zstd_finish(struct unzip_core *core, struct unzip_span *in)
{
	return STEP_MORE;
}

static void zstd_fini(struct unzip_core *core)
{
}

const struct unzip_codec unzip_codec_zstd = {
	.name = "zstd",
	.state_size = sizeof(struct zstd),
	.init = zstd_init,
	.step = zstd_step,
	.finish = zstd_finish,
	.fini = zstd_fini,
};
