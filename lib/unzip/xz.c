/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The .xz file format (version 1.1.0): a stream of blocks, an index, a footer.
 *
 * A block has a header (filters, optional sizes), LZMA2 data, padding and a
 * check of the uncompressed bytes. The index repeats the sizes of all blocks;
 * it is compared by sums and a CRC over all pairs, so memory does not grow.
 * LZMA2 data is a row of chunks, each with its sizes in front.
 *
 * Units: headers, the index's numbers one by one, one chunk's compressed bytes.
 * A chunk is decoded in slices to keep the window small.
 *
 * Limits: filters LZMA2 and x86 only; checks CRC-32, CRC-64 and SHA-256.
 */
#include <tern/lib/crc.h>
#include <tern/lib/sha256.h>

#include "lzma_impl.h"
#include "xz_impl.h"

#define SLICE	65536U

enum state {
	XZ_START, XZ_BLOCK, XZ_CHUNK_HEADER, XZ_STORED, XZ_CHUNK, XZ_CHECK, XZ_INDEX_COUNT,
	XZ_INDEX_RECORD, XZ_INDEX_END, XZ_FOOTER,
};

enum check { CHECK_NONE = 0, CHECK_CRC32 = 1, CHECK_CRC64 = 4, CHECK_SHA256 = 10 };

/* Sizes of blocks, summed up: once from the blocks, once from the index. */
struct tally {
	u64 count, unpadded, uncompressed;
	u32 crc;
};

struct xz {
	enum state state;
	enum check check;
	u8 flags[2];
	u32 crc32;
	u64 crc64;
	struct sha256 sha;
	struct tally blocks, index;
	u64 records_left;
	u64 index_size;
	u32 index_crc;
	/* current block */
	u64 header_size, packed, unpacked;
	u64 want_packed, want_unpacked;	/* U64_MAX: not stated */
	bool need_dict_reset, need_props, need_state;
	u32 chunk_in, chunk_out;	/* left of the current chunk */
	struct xz_x86 x86;
	struct lzma lzma;
};

static unsigned check_size(enum check c)
{
	return c == CHECK_NONE ? 0 : c == CHECK_CRC32 ? 4 : c == CHECK_CRC64 ? 8 : 32;
}

static void xz_sum(struct unzip_core *core, const u8 *p, size_t len)
{
	struct xz *s = core->state;

	s->unpacked += len;
	if (s->check == CHECK_CRC32)
		s->crc32 = crc32_update(s->crc32, p, len);
	else if (s->check == CHECK_CRC64)
		s->crc64 = crc64_update(s->crc64, p, len);
	else if (s->check == CHECK_SHA256)
		sha256_add(&s->sha, p, len);
}

static int xz_filter(struct unzip_core *core, const u8 *p, size_t len)
{
	struct xz *s = core->state;

	return xz_x86_filter(core, &s->x86, p, len);
}

static int xz_init(struct unzip_core *core)
{
	core->sum = xz_sum;
	return 0;
}

/* A number in groups of seven bits. Returns its length, 0 if it goes on, or -EBADMSG. */
static int read_vli(const u8 *p, size_t len, u64 *out)
{
	u64 v = 0;

	for (unsigned i = 0; i < 9 && i < len; i++) {
		v |= (u64)(p[i] & 0x7f) << (7 * i);
		if (p[i] & 0x80)
			continue;
		if (i && !p[i])
			return -EBADMSG;
		*out = v;
		return (int)i + 1;
	}
	return len >= 9 ? -EBADMSG : 0;
}

static int read_start(struct unzip_core *core, struct unzip_span *in)
{
	struct xz *s = core->state;
	const u8 *p = in->p;

	if (span_len(in) < 12)
		return step_more(core, 12);
	if (memcmp(p, "\xfd" "7zXZ", 6))
		return -EPROTONOSUPPORT;
	if (get_le32(p + 8) != crc32_update(0, p + 6, 2))
		return -EBADMSG;
	if (p[6] || p[7] & 0xf0)
		return -EOPNOTSUPP;
	s->check = p[7];
	if (s->check != CHECK_NONE && s->check != CHECK_CRC32 && s->check != CHECK_CRC64 &&
	    s->check != CHECK_SHA256)
		return -EOPNOTSUPP;
	memcpy(s->flags, p + 6, 2);
	s->state = XZ_BLOCK;
	in->p += 12;
	return STEP_AGAIN;
}

static int set_lzma2(struct unzip_core *core, const u8 *props, u64 len)
{
	if (len != 1 || props[0] > 40)
		return -EOPNOTSUPP;
	if (props[0] == 40)
		return unzip_window_set(core, U32_MAX);
	return unzip_window_set(core, (2UL | (props[0] & 1)) << (props[0] / 2 + 11));
}

/* One filter of a block header; the last must be LZMA2. */
static int read_filter(struct unzip_core *core, const u8 **p, const u8 *end, bool is_last)
{
	struct xz *s = core->state;
	u64 id, len;
	int n = read_vli(*p, (size_t)(end - *p), &id);

	if (n <= 0)
		return -EBADMSG;
	*p += n;
	n = read_vli(*p, (size_t)(end - *p), &len);
	if (n <= 0 || len > (size_t)(end - *p - n))
		return -EBADMSG;
	*p += n + len;
	if (is_last)
		return id == 0x21 ? set_lzma2(core, *p - len, len) : -EOPNOTSUPP;
	if (id != 4 || core->filter || (len && len != 4))
		return -EOPNOTSUPP;
	s->x86.pos = len ? get_le32(*p - 4) : 0;
	core->filter = xz_filter;
	return 0;
}

static int parse_block_header(struct unzip_core *core, const u8 *p, const u8 *end)
{
	struct xz *s = core->state;
	unsigned flags = p[1], nfilters = (flags & 3) + 1;
	int n;

	if (flags & 0x3c)
		return -EOPNOTSUPP;
	s->want_packed = U64_MAX;
	s->want_unpacked = U64_MAX;
	p += 2;
	if (flags & 0x40) {
		n = read_vli(p, (size_t)(end - p), &s->want_packed);
		if (n <= 0 || !s->want_packed)
			return -EBADMSG;
		p += n;
	}
	if (flags & 0x80) {
		n = read_vli(p, (size_t)(end - p), &s->want_unpacked);
		if (n <= 0)
			return -EBADMSG;
		p += n;
	}
	core->filter = NULL;
	xz_x86_begin(&s->x86);
	for (unsigned i = 0; i < nfilters; i++) {
		n = read_filter(core, &p, end, i == nfilters - 1);
		if (n)
			return n;
	}
	return mem_is_zero(p, (size_t)(end - p)) ? 0 : -EOPNOTSUPP;
}

static int read_block(struct unzip_core *core, struct unzip_span *in)
{
	struct xz *s = core->state;
	const u8 *p = in->p;
	size_t size;
	int err;

	if (!span_len(in))
		return step_more(core, 1);
	if (!p[0]) {
		s->state = XZ_INDEX_COUNT;
		s->index_crc = crc32_update(0, p, 1);
		s->index_size = 1;
		in->p++;
		return STEP_AGAIN;
	}
	size = (p[0] + 1UL) * 4;
	if (span_len(in) < size)
		return step_more(core, size);
	if (get_le32(p + size - 4) != crc32_update(0, p, size - 4))
		return -EBADMSG;
	err = parse_block_header(core, p, p + size - 4);
	if (err)
		return err;
	s->header_size = size;
	s->packed = 0;
	s->unpacked = 0;
	s->need_dict_reset = true;
	s->need_props = true;
	s->need_state = true;
	s->crc32 = 0;
	s->crc64 = 0;
	sha256_begin(&s->sha);
	s->state = XZ_CHUNK_HEADER;
	in->p += size;
	return STEP_AGAIN;
}

static int end_of_data(struct unzip_core *core)
{
	struct xz *s = core->state;
	int err = unzip_window_flush(core);

	if (!err && core->filter)
		err = xz_x86_end(core, &s->x86);
	if (err)
		return err;
	if ((s->want_packed != U64_MAX && s->want_packed != s->packed) ||
	    (s->want_unpacked != U64_MAX && s->want_unpacked != s->unpacked))
		return -EBADMSG;
	s->state = XZ_CHECK;
	return STEP_AGAIN;
}

/* What the control byte of an LZMA chunk asks for. */
static int begin_lzma(struct xz *s, unsigned control, const u8 *p)
{
	unsigned reset = control >> 5 & 3;
	int err;

	if (reset >= 2) {
		err = lzma_set_props(&s->lzma, p[5]);
		if (err)
			return -EBADMSG;
		s->need_props = false;
	} else if (s->need_props) {
		return -EBADMSG;
	}
	if (reset) {
		lzma_reset(&s->lzma);
		s->need_state = false;
	} else if (s->need_state) {
		return -EBADMSG;
	}
	s->chunk_out = ((control & 31) << 16 | get_be16(p + 1)) + 1;
	s->chunk_in = get_be16(p + 3) + 1U;
	if (s->chunk_in < 5)
		return -EBADMSG;
	s->state = XZ_CHUNK;
	return 0;
}

static int read_chunk_header(struct unzip_core *core, struct unzip_span *in)
{
	struct xz *s = core->state;
	const u8 *p = in->p;
	unsigned control;
	size_t len;
	int err = 0;

	if (!span_len(in))
		return step_more(core, 1);
	control = p[0];
	if (control > 2 && control < 0x80)
		return -EBADMSG;
	len = !control ? 1 : control < 0x80 ? 3 : control < 0xc0 ? 5 : 6;
	if (span_len(in) < len)
		return step_more(core, len);
	s->packed += len;
	in->p += len;
	if (!control)
		return end_of_data(core);
	if (control == 1 || control >= 0xe0) {
		unzip_window_restart(core);
		s->lzma.pos = 0;
		s->need_dict_reset = false;
		s->need_props = true;
		s->need_state = true;
	} else if (s->need_dict_reset) {
		return -EBADMSG;
	}
	if (control < 0x80) {
		s->chunk_out = get_be16(p + 1) + 1U;
		s->state = XZ_STORED;
	} else {
		err = begin_lzma(s, control, p);
	}
	return err;
}

static int copy_stored(struct unzip_core *core, struct unzip_span *in)
{
	struct xz *s = core->state;
	size_t n = min((size_t)s->chunk_out, span_len(in));
	int err = unzip_write(core, in->p, n);

	if (err)
		return err;
	in->p += n;
	s->packed += n;
	s->lzma.pos += n;
	s->chunk_out -= (u32)n;
	if (s->chunk_out)
		return step_more(core, 1);
	s->state = XZ_CHUNK_HEADER;
	return STEP_AGAIN;
}

/*
 * A slice of the chunk. Its last bytes are decoded from a copy with zeros behind
 * it, so that symbols need no look at the end of input.
 */
static int run_slice(struct xz *s, struct unzip_window *w, const u8 **p, const u8 *end)
{
	u8 tail[2 * LZMA_SYMBOL_MAX + 2];
	size_t slice = min(s->chunk_out, SLICE), left = (size_t)(end - *p);
	struct lzma_io io = {
		.p = *p, .p_limit = end - LZMA_SYMBOL_MAX, .op = w->buf + w->pos,
		.op_soft = w->buf + w->pos + slice,
		.op_hard = w->buf + w->pos + min(s->chunk_out, SLICE + LZMA_MATCH_MAX),
		.base = w->buf + w->base,
	};
	int r = 0;

	if (left >= LZMA_SYMBOL_MAX) {
		r = lzma_run(&s->lzma, &io);
		left = (size_t)(end - io.p);
	}
	if (!r && io.op < io.op_soft && left < LZMA_SYMBOL_MAX) {
		const u8 *from = io.p;

		memset(tail, 0, sizeof(tail));
		memcpy(tail, from, left);
		io.p = tail;
		io.p_limit = tail + left;
		r = lzma_run(&s->lzma, &io);
		if ((size_t)(io.p - tail) > left)
			return -EBADMSG;
		io.p = from + (io.p - tail);
	}
	if (r)
		return -EBADMSG;
	s->chunk_out -= (u32)(io.op - (w->buf + w->pos));
	w->pos = (size_t)(io.op - w->buf);
	*p = io.p;
	return 0;
}

static int read_chunk(struct unzip_core *core, struct unzip_span *in)
{
	struct xz *s = core->state;
	const u8 *p = in->p, *end;
	int err;

	if (span_len(in) < s->chunk_in)
		return step_more(core, s->chunk_in);
	end = p + s->chunk_in;
	err = unzip_reserve(core, SLICE + LZMA_MATCH_MAX);
	if (err)
		return err;
	if (!s->lzma.range) {
		err = lzma_start(&s->lzma, p);
		p += 5;
	}
	if (!err)
		err = run_slice(s, &core->out, &p, end);
	if (err)
		return err;
	if (!s->chunk_out) {
		if (p < end)
			lzma_normalize(&s->lzma, &p);
		if (p != end || s->lzma.code)
			return -EBADMSG;
		s->lzma.range = 0;
		s->state = XZ_CHUNK_HEADER;
	}
	s->packed += (u64)(p - in->p);
	s->chunk_in -= (u32)(p - in->p);
	in->p = p;
	return STEP_AGAIN;
}

static void tally_add(struct tally *t, u64 unpadded, u64 uncompressed)
{
	u64 pair[2] = { unpadded, uncompressed };

	t->count++;
	t->unpadded += unpadded;
	t->uncompressed += uncompressed;
	t->crc = crc32_update(t->crc, pair, sizeof(pair));
}

static int read_check(struct unzip_core *core, struct unzip_span *in)
{
	struct xz *s = core->state;
	size_t pad = -s->packed & 3, size = check_size(s->check);
	const u8 *p = in->p;
	u8 digest[SHA256_SIZE];
	bool ok = true;

	if (span_len(in) < pad + size)
		return step_more(core, pad + size);
	if (!mem_is_zero(p, pad))
		return -EBADMSG;
	p += pad;
	if (s->check == CHECK_CRC32) {
		ok = get_le32(p) == s->crc32;
	} else if (s->check == CHECK_CRC64) {
		ok = get_le64(p) == s->crc64;
	} else if (s->check == CHECK_SHA256) {
		sha256_end(&s->sha, digest);
		ok = !memcmp(digest, p, sizeof(digest));
	}
	if (!ok)
		return -EBADMSG;
	tally_add(&s->blocks, s->header_size + s->packed + size, s->unpacked);
	s->state = XZ_BLOCK;
	in->p = p + size;
	return STEP_AGAIN;
}

static void index_take(struct xz *s, struct unzip_span *in, size_t n)
{
	s->index_crc = crc32_update(s->index_crc, in->p, n);
	s->index_size += n;
	in->p += n;
}

static int read_index_count(struct unzip_core *core, struct unzip_span *in)
{
	struct xz *s = core->state;
	int n = read_vli(in->p, span_len(in), &s->records_left);

	if (n < 0)
		return n;
	if (!n)
		return step_more(core, span_len(in) + 1);
	if (s->records_left != s->blocks.count)
		return -EBADMSG;
	index_take(s, in, (size_t)n);
	s->state = XZ_INDEX_RECORD;
	return STEP_AGAIN;
}

static int read_index_record(struct unzip_core *core, struct unzip_span *in)
{
	struct xz *s = core->state;
	u64 unpadded, uncompressed;
	int n, m;

	if (!s->records_left) {
		s->state = XZ_INDEX_END;
		return STEP_AGAIN;
	}
	n = read_vli(in->p, span_len(in), &unpadded);
	if (n < 0)
		return n;
	m = n ? read_vli(in->p + n, span_len(in) - (size_t)n, &uncompressed) : 0;
	if (m < 0)
		return m;
	if (!m)
		return step_more(core, span_len(in) + 1);
	tally_add(&s->index, unpadded, uncompressed);
	index_take(s, in, (size_t)(n + m));
	s->records_left--;
	return STEP_AGAIN;
}

static int read_index_end(struct unzip_core *core, struct unzip_span *in)
{
	struct xz *s = core->state;
	size_t pad = -s->index_size & 3;

	if (span_len(in) < pad + 4)
		return step_more(core, pad + 4);
	if (!mem_is_zero(in->p, pad))
		return -EBADMSG;
	index_take(s, in, pad);
	if (get_le32(in->p) != s->index_crc)
		return -EBADMSG;
	if (s->index.unpadded != s->blocks.unpadded ||
	    s->index.uncompressed != s->blocks.uncompressed || s->index.crc != s->blocks.crc)
		return -EBADMSG;
	in->p += 4;
	s->index_size += 4;
	s->state = XZ_FOOTER;
	return STEP_AGAIN;
}

static int read_footer(struct unzip_core *core, struct unzip_span *in)
{
	struct xz *s = core->state;
	const u8 *p = in->p;

	if (span_len(in) < 12)
		return step_more(core, 12);
	if (get_le32(p) != crc32_update(0, p + 4, 6) || memcmp(p + 8, s->flags, 2) ||
	    (get_le32(p + 4) + 1UL) * 4 != s->index_size || p[10] != 'Y' || p[11] != 'Z')
		return -EBADMSG;
	in->p += 12;
	return STEP_DONE;
}

static int xz_step(struct unzip_core *core, struct unzip_span *in)
{
	struct xz *s = core->state;

	switch (s->state) {
	case XZ_START:
		return read_start(core, in);
	case XZ_BLOCK:
		return read_block(core, in);
	case XZ_CHUNK_HEADER:
		return read_chunk_header(core, in);
	case XZ_STORED:
		return copy_stored(core, in);
	case XZ_CHUNK:
		return read_chunk(core, in);
	case XZ_CHECK:
		return read_check(core, in);
	case XZ_INDEX_COUNT:
		return read_index_count(core, in);
	case XZ_INDEX_RECORD:
		return read_index_record(core, in);
	case XZ_INDEX_END:
		return read_index_end(core, in);
	default:
		return read_footer(core, in);
	}
}

static int xz_finish(struct unzip_core *core, struct unzip_span *in)
{
	return STEP_MORE;
}

static void xz_fini(struct unzip_core *core)
{
}

const struct unzip_codec unzip_codec_xz = {
	.name = "xz",
	.state_size = sizeof(struct xz),
	.init = xz_init,
	.step = xz_step,
	.finish = xz_finish,
	.fini = xz_fini,
};
