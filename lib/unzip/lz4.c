/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LZ4: blocks, the frame format (version 1), and the legacy frame.
 *
 * A block is a row of sequences: a token (literal count, match length, four
 * bits each, 15 meaning that bytes of 255 follow), literals, a two-byte
 * distance. The last sequence has literals only.
 *
 * Units: a frame header, or one whole block; blocks carry their length in
 * front. Legacy frames have no end mark: the frame ends with the input or where
 * the next length can be none (concatenated data, zero padding).
 *
 * Limits: no dictionary ids. Matches reach back 64 KiB at most.
 */
#include <tern/lib/xxhash.h>

#include "unzip_impl.h"

#define HISTORY		65536UL
#define LEGACY_BLOCK	(8UL << 20)
#define LEGACY_BOUND	(LEGACY_BLOCK + LEGACY_BLOCK / 255 + 16)
#define MAGIC		0x184d2204U
#define MAGIC_LEGACY	0x184c2102U
#define UNCOMPRESSED	0x80000000U

/* Adds the bytes that continue a length; false if it runs past the end. */
static __always_inline bool read_length(const u8 **p, const u8 *end, size_t *len)
{
	u8 b;

	do {
		if (unlikely(*p >= end))
			return false;
		b = *(*p)++;
		*len += b;
	} while (b == 255);
	return true;
}

/*
 * Decode one block into [op, limit); base is the first byte that matches may
 * reach. With has_slop the output may be overrun by UNZIP_SLOP bytes.
 */
static __always_inline ssize_t decode(u8 *op, u8 *limit, const u8 *base, const u8 *p,
				      const u8 *end, bool has_slop)
{
	u8 *start = op;

	for (;;) {
		unsigned token;
		size_t len, dist;

		if (unlikely(p >= end))
			return -EBADMSG;
		token = *p++;
		len = token >> 4;
		if (len == 15 && !read_length(&p, end, &len))
			return -EBADMSG;
		if (unlikely(len > (size_t)(end - p)))
			return -EBADMSG;
		if (unlikely(len > (size_t)(limit - op)))
			return -ENOSPC;
		if (has_slop && likely((size_t)(end - p) >= len + 16)) {
			if (len)
				unzip_copy_wild(op, p, len);
		} else {
			memcpy(op, p, len);
		}
		op += len;
		p += len;
		if (p == end)
			return op - start;
		if (unlikely(end - p < 2))
			return -EBADMSG;
		dist = get_le16(p);
		p += 2;
		len = token & 15;
		if (len == 15 && !read_length(&p, end, &len))
			return -EBADMSG;
		len += 4;
		if (unlikely(!dist || dist > (size_t)(op - base)))
			return -EBADMSG;
		if (unlikely(len > (size_t)(limit - op)))
			return -ENOSPC;
		if (has_slop) {
			unzip_copy_match(op, dist, len);
		} else {
			for (size_t i = 0; i < len; i++)
				op[i] = op[i - dist];
		}
		op += len;
	}
}

ssize_t unzip_lz4_block(void *dst, size_t dst_size, const void *src, size_t len)
{
	return decode(dst, (u8 *)dst + dst_size, dst, src, (const u8 *)src + len, false);
}

struct lz4 {
	bool has_header;
	bool is_independent;
	bool has_block_sum;
	bool has_content_sum;
	bool has_size;
	u64 content_size;
	u64 total;
	size_t block_max;
	struct xxh32_ctx sum;
};

static void lz4_sum(struct unzip_core *core, const u8 *p, size_t len)
{
	struct lz4 *s = core->state;

	if (s->has_content_sum)
		xxh32_add(&s->sum, p, len);
	s->total += len;
}

static int lz4_init(struct unzip_core *core)
{
	core->sum = lz4_sum;
	return unzip_window_set(core, HISTORY);
}

static void lz4_fini(struct unzip_core *core)
{
}

/*
 * One block into the window. Room is made for a likely size first; a block that
 * is larger is begun again with more, up to block_max.
 */
static int put_block(struct unzip_core *core, const u8 *p, size_t len, size_t block_max,
		     bool is_stored)
{
	struct unzip_window *w = &core->out;

	for (size_t room = min(block_max, max(4 * len, 65536UL));; room = min(block_max, 4 * room)) {
		ssize_t n = (ssize_t)len;
		int err = unzip_reserve(core, room);

		if (err)
			return err;
		if (is_stored)
			memcpy(w->buf + w->pos, p, len);
		else
			n = decode(w->buf + w->pos, w->buf + w->pos + room, w->buf + w->base, p,
				   p + len, true);
		if (n >= 0) {
			w->pos += (size_t)n;
			return 0;
		}
		if (n != -ENOSPC || room == block_max)
			return -EBADMSG;
	}
}

static int read_header(struct unzip_core *core, struct unzip_span *in)
{
	struct lz4 *s = core->state;
	const u8 *p = in->p;
	size_t len = 7;
	unsigned flags, bd;

	if (span_len(in) < len)
		return step_more(core, len);
	flags = p[4];
	bd = p[5];
	if (get_le32(p) != MAGIC)
		return -EPROTONOSUPPORT;
	if (flags >> 6 != 1 || flags & 2 || bd & 0x8f || bd >> 4 < 4)
		return -EOPNOTSUPP;
	if (flags & 1)
		return -EOPNOTSUPP;
	if (flags & 8)
		len += 8;
	if (span_len(in) < len)
		return step_more(core, len);
	if (p[len - 1] != (u8)(xxh32_hash(p + 4, len - 5, 0) >> 8))
		return -EBADMSG;
	s->is_independent = flags & 0x20;
	s->has_block_sum = flags & 0x10;
	s->has_content_sum = flags & 4;
	s->has_size = flags & 8;
	s->content_size = s->has_size ? get_le64(p + 6) : 0;
	s->block_max = 1UL << (8 + 2 * (bd >> 4));
	s->has_header = true;
	xxh32_begin(&s->sum, 0);
	in->p += len;
	return STEP_AGAIN;
}

static int read_end(struct unzip_core *core, struct unzip_span *in)
{
	struct lz4 *s = core->state;
	size_t len = s->has_content_sum ? 8 : 4;

	int err;

	if (span_len(in) < len)
		return step_more(core, len);
	err = unzip_window_flush(core);
	if (err)
		return err;
	if (s->has_content_sum && get_le32(in->p + 4) != xxh32_end(&s->sum))
		return -EBADMSG;
	if (s->has_size && s->total != s->content_size)
		return -EBADMSG;
	in->p += len;
	return STEP_DONE;
}

static int lz4_step(struct unzip_core *core, struct unzip_span *in)
{
	struct lz4 *s = core->state;
	const u8 *p = in->p;
	size_t len, whole;
	int err;

	if (!s->has_header)
		return read_header(core, in);
	if (span_len(in) < 4)
		return step_more(core, 4);
	len = get_le32(p) & ~UNCOMPRESSED;
	if (!get_le32(p))
		return read_end(core, in);
	if (len > s->block_max)
		return -EBADMSG;
	whole = 4 + len + (s->has_block_sum ? 4 : 0);
	if (span_len(in) < whole)
		return step_more(core, whole);
	if (s->has_block_sum && get_le32(p + 4 + len) != xxh32_hash(p + 4, len, 0))
		return -EBADMSG;
	if (s->is_independent)
		unzip_window_restart(core);
	err = put_block(core, p + 4, len, s->block_max, get_le32(p) & UNCOMPRESSED);
	in->p += err ? 0 : whole;
	return err;
}

static int lz4_finish(struct unzip_core *core, struct unzip_span *in)
{
	return STEP_MORE;
}

const struct unzip_codec unzip_codec_lz4 = {
	.name = "lz4",
	.state_size = sizeof(struct lz4),
	.init = lz4_init,
	.step = lz4_step,
	.finish = lz4_finish,
	.fini = lz4_fini,
};

static int legacy_step(struct unzip_core *core, struct unzip_span *in)
{
	struct lz4 *s = core->state;
	size_t len;
	int err;

	if (span_len(in) < 4)
		return step_more(core, 4);
	len = get_le32(in->p);
	if (!s->has_header && len != MAGIC_LEGACY)
		return -EPROTONOSUPPORT;
	if (len == MAGIC_LEGACY) {
		/* frames may follow one another */
		s->has_header = true;
		in->p += 4;
		return STEP_AGAIN;
	}
	if (!len || len > LEGACY_BOUND)
		return STEP_DONE;
	if (span_len(in) < 4 + len)
		return step_more(core, 4 + len);
	unzip_window_restart(core);
	err = put_block(core, in->p + 4, len, LEGACY_BLOCK, false);
	in->p += err ? 0 : 4 + len;
	return err;
}

static int legacy_finish(struct unzip_core *core, struct unzip_span *in)
{
	struct lz4 *s = core->state;

	/* less than a length is padding or other data, not a block */
	return s->has_header && (span_len(in) < 4) ? STEP_DONE : STEP_MORE;
}

const struct unzip_codec unzip_codec_lz4_legacy = {
	.name = "lz4 (legacy)",
	.state_size = sizeof(struct lz4),
	.init = lz4_init,
	.step = legacy_step,
	.finish = legacy_finish,
	.fini = lz4_fini,
};
