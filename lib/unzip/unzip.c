/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decompression: formats, input kept between calls, the output window.
 *
 * Nouns: a *codec* knows one format; a *unit* is the smallest piece of input
 * that it takes at once (a symbol, a block); the *carry* holds the beginning of
 * a unit whose rest has not come yet; the *window* holds output that later
 * input may refer to.
 *
 * Life-cycle: open allocates state; feed runs steps over the caller's bytes
 * directly, and over the carry only across call borders; after the end or an
 * error nothing more is taken; close frees all. The window starts small and
 * doubles on demand, so a large window in a header costs nothing by itself.
 *
 * Limits: window to 256 MiB. No dictionaries set from outside.
 */
#include "unzip_impl.h"

#define WINDOW_START	(64UL << 10)
#define CARRY_MAX	(64UL << 20)

static const struct unzip_codec *const codecs[] = {
	[UNZIP_GZIP] = &unzip_codec_gzip,
	[UNZIP_ZLIB] = &unzip_codec_zlib,
	[UNZIP_DEFLATE] = &unzip_codec_deflate,
	[UNZIP_BZIP2] = &unzip_codec_bzip2,
	[UNZIP_LZMA] = &unzip_codec_lzma,
	[UNZIP_XZ] = &unzip_codec_xz,
	[UNZIP_LZ4] = &unzip_codec_lz4,
	[UNZIP_LZ4_LEGACY] = &unzip_codec_lz4_legacy,
	[UNZIP_ZSTD] = &unzip_codec_zstd,
};

/* The .lzma header has no magic: properties, dictionary size, length must be sane. */
static bool looks_like_lzma(const u8 *p, size_t len)
{
	u32 dict;

	if (len < 13 || p[0] >= 225)
		return false;
	dict = get_le32(p + 1);
	if (dict != U32_MAX && (dict < 4096 || dict & (dict - 1)) &&
	    (dict % 3 || !is_pow2(dict / 3)))
		return false;
	return get_le64(p + 5) == U64_MAX || get_le64(p + 5) < 1UL << 38;
}

enum unzip_format unzip_detect(const void *data, size_t len)
{
	static const struct {
		u8 len;
		char magic[7];
		enum unzip_format format;
	} magics[] = {
		{ 2, "\x1f\x8b", UNZIP_GZIP },
		{ 3, "BZh", UNZIP_BZIP2 },
		{ 6, "\xfd" "7zXZ", UNZIP_XZ },
		{ 4, "\x04\x22\x4d\x18", UNZIP_LZ4 },
		{ 4, "\x02\x21\x4c\x18", UNZIP_LZ4_LEGACY },
		{ 4, "\x28\xb5\x2f\xfd", UNZIP_ZSTD },
	};

	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		if (len >= magics[i].len && !memcmp(data, magics[i].magic, magics[i].len))
			return magics[i].format;
	}
	/* a skippable frame may come before a zstd frame */
	if (len >= 4 && (get_le32(data) & ~15U) == 0x184d2a50)
		return UNZIP_ZSTD;
	return looks_like_lzma(data, len) ? UNZIP_LZMA : UNZIP_UNKNOWN;
}

const char *unzip_format_name(enum unzip_format format)
{
	return format > UNZIP_UNKNOWN && format <= UNZIP_ZSTD ? codecs[format]->name : "unknown";
}

const char *unzip_error_text(int err)
{
	switch (err) {
	case 0:
		return "no error";
	case -EBADMSG:
		return "corrupt data";
	case -ENODATA:
		return "truncated data";
	case -EPROTONOSUPPORT:
		return "unknown format";
	case -EOPNOTSUPP:
		return "unsupported feature of the format";
	case -ENOMEM:
		return "out of memory";
	case -ENOSPC:
		return "output too large";
	default:
		return "output failed";
	}
}

int unzip_open(struct unzip *u, enum unzip_format format, const struct lib_alloc *alloc,
	       unzip_output_t *output, void *ctx)
{
	struct unzip_core *c;
	int err;

	u->core = NULL;
	if (format <= UNZIP_UNKNOWN || format > UNZIP_ZSTD)
		return -EPROTONOSUPPORT;
	c = lib_alloc_get(alloc, sizeof(*c));
	if (!c)
		return -ENOMEM;
	memset(c, 0, sizeof(*c));
	c->alloc = *alloc;
	c->output = output;
	c->ctx = ctx;
	c->codec = codecs[format];
	u->core = c;
	c->state = lib_alloc_get(alloc, c->codec->state_size);
	err = c->state ? 0 : -ENOMEM;
	if (!err) {
		memset(c->state, 0, c->codec->state_size);
		err = c->codec->init(c);
	}
	if (err)
		unzip_close(u);
	return err;
}

void unzip_close(struct unzip *u)
{
	struct unzip_core *c = u->core;
	struct lib_alloc alloc;

	if (!c)
		return;
	if (c->state) {
		c->codec->fini(c);
		lib_alloc_put(&c->alloc, c->state, c->codec->state_size);
	}
	lib_alloc_put(&c->alloc, c->carry, c->carry_size);
	if (c->out.buf)
		lib_alloc_put(&c->alloc, c->out.buf, c->out.size + UNZIP_SLOP);
	alloc = c->alloc;
	lib_alloc_put(&alloc, c, sizeof(*c));
	u->core = NULL;
}

u64 unzip_total_out(const struct unzip *u)
{
	return u->core->total_out;
}

int unzip_window_set(struct unzip_core *c, size_t window)
{
	if (window > UNZIP_WINDOW_MAX)
		return -EOPNOTSUPP;
	c->out.window = max(c->out.window, window);
	return 0;
}

int unzip_emit(struct unzip_core *c, const u8 *p, size_t len)
{
	if (c->sum)
		c->sum(c, p, len);
	c->total_out += len;
	return c->output(c->ctx, p, len);
}

int unzip_window_flush(struct unzip_core *c)
{
	struct unzip_window *w = &c->out;
	const u8 *p = w->buf + w->flushed;
	size_t n = w->pos - w->flushed;

	w->flushed = w->pos;
	if (!n)
		return 0;
	return c->filter ? c->filter(c, p, n) : unzip_emit(c, p, n);
}

/* A larger buffer with the same contents. */
static int window_grow(struct unzip_core *c, size_t size)
{
	struct unzip_window *w = &c->out;
	u8 *buf = lib_alloc_get(&c->alloc, size + UNZIP_SLOP);

	if (!buf)
		return -ENOMEM;
	if (w->buf) {
		memcpy(buf, w->buf, w->pos);
		lib_alloc_put(&c->alloc, w->buf, w->size + UNZIP_SLOP);
	}
	w->buf = buf;
	w->size = size;
	return 0;
}

int unzip_window_make(struct unzip_core *c, size_t n)
{
	struct unzip_window *w = &c->out;
	size_t most = w->window + max(w->window / 2, 2 * WINDOW_START) + n;
	size_t keep, drop;
	int err = unzip_window_flush(c);

	if (err)
		return err;
	if (w->pos + n <= most && w->size < most) {
		size_t size = max(2 * w->size, WINDOW_START);

		while (size < w->pos + n)
			size *= 2;
		return window_grow(c, min(size, most));
	}
	keep = min(w->window, w->pos - w->base);
	drop = w->pos - keep;
	memmove(w->buf, w->buf + drop, keep);
	w->pos = keep;
	w->flushed = keep;
	w->base = w->base > drop ? w->base - drop : 0;
	return keep + n > w->size ? window_grow(c, keep + n) : 0;
}

int unzip_write(struct unzip_core *c, const void *data, size_t len)
{
	const u8 *p = data;

	while (len) {
		size_t n = min(len, WINDOW_START);
		int err = unzip_reserve(c, n);

		if (err)
			return err;
		memcpy(c->out.buf + c->out.pos, p, n);
		c->out.pos += n;
		p += n;
		len -= n;
	}
	return 0;
}

/* Run steps until the codec wants more; nothing is taken after the end. */
static int run(struct unzip_core *c, struct unzip_span *in)
{
	int r;

	do {
		r = c->codec->step(c, in);
	} while (r == STEP_AGAIN);
	return r;
}

static int carry_room(struct unzip_core *c, size_t size)
{
	size_t n = max(c->carry_size, 256UL);
	u8 *buf;

	if (size <= c->carry_size)
		return 0;
	if (size > CARRY_MAX)
		return -EBADMSG;
	while (n < size)
		n *= 2;
	buf = lib_alloc_get(&c->alloc, n);
	if (!buf)
		return -ENOMEM;
	if (c->carry_len)
		memcpy(buf, c->carry, c->carry_len);
	lib_alloc_put(&c->alloc, c->carry, c->carry_size);
	c->carry = buf;
	c->carry_size = n;
	return 0;
}

/* Append up to n bytes of the span to the carry. */
static int carry_add(struct unzip_core *c, struct unzip_span *in, size_t n)
{
	int err;

	n = min(n, span_len(in));
	err = carry_room(c, c->carry_len + n);
	if (err || !n)
		return err;
	memcpy(c->carry + c->carry_len, in->p, n);
	c->carry_len += n;
	in->p += n;
	return 0;
}

/*
 * Complete the unit in the carry from new bytes, as few as the codec says. Once
 * all that is left over came from this call, go on in the caller's buffer.
 */
static int run_carry(struct unzip_core *c, struct unzip_span *in)
{
	const u8 *start = in->p;
	int r = STEP_MORE;

	while (c->carry_len && r == STEP_MORE && in->p < in->end) {
		size_t lack = c->want > c->carry_len ? c->want - c->carry_len : max(64UL, c->carry_len);
		struct unzip_span sub;
		size_t left, added;
		int err = carry_add(c, in, lack);

		if (err)
			return err;
		if (c->carry_len < c->want)
			return STEP_MORE;
		sub = (struct unzip_span){ c->carry, c->carry + c->carry_len };
		r = run(c, &sub);
		left = span_len(&sub);
		added = (size_t)(in->p - start);
		if (r == STEP_DONE) {
			in->p -= min(left, added);
			c->carry_len = 0;
		} else if (left <= added) {
			in->p -= left;
			c->carry_len = 0;
			c->want = 0;
		} else {
			memmove(c->carry, sub.p, left);
			c->carry_len = left;
		}
	}
	return r;
}

static int feed(struct unzip_core *c, struct unzip_span *in)
{
	int r = STEP_MORE;

	if (c->carry_len)
		r = run_carry(c, in);
	if (r == STEP_MORE && !c->carry_len && in->p < in->end) {
		r = run(c, in);
		if (r == STEP_MORE) {
			int err = carry_add(c, in, span_len(in));

			if (err)
				return err;
		}
	}
	return r;
}

int unzip_feed(struct unzip *u, const void *data, size_t len, size_t *used)
{
	struct unzip_core *c = u->core;
	struct unzip_span in = { data, (const u8 *)data + len };
	int r, err;

	*used = 0;
	if (c->error)
		return c->error;
	if (c->is_done)
		return 1;
	r = feed(c, &in);
	*used = (size_t)(in.p - (const u8 *)data);
	err = r < 0 ? 0 : unzip_window_flush(c);
	if (r < 0 || err) {
		c->error = r < 0 ? r : err;
		return c->error;
	}
	c->is_done = r == STEP_DONE;
	return c->is_done;
}

int unzip_finish(struct unzip *u)
{
	struct unzip_core *c = u->core;
	struct unzip_span in = { c->carry, c->carry + c->carry_len };
	int r;

	if (c->error)
		return c->error;
	if (c->is_done)
		return 0;
	r = c->codec->finish(c, &in);
	if (r >= 0) {
		int err = unzip_window_flush(c);

		r = err ? err : r == STEP_DONE ? 0 : -ENODATA;
	}
	c->error = r;
	c->is_done = !r;
	return r;
}

/* A fixed buffer as output. */
struct sink {
	u8 *dst;
	size_t size, len;
};

static int sink_output(void *ctx, const void *data, size_t len)
{
	struct sink *s = ctx;

	if (len > s->size - s->len)
		return -ENOSPC;
	memcpy(s->dst + s->len, data, len);
	s->len += len;
	return 0;
}

ssize_t unzip_buffer(enum unzip_format format, void *dst, size_t dst_size, const void *src,
		     size_t len, const struct lib_alloc *alloc)
{
	struct sink s = { dst, dst_size, 0 };
	struct unzip u;
	size_t used;
	int err = unzip_open(&u, format, alloc, sink_output, &s);

	if (!err)
		err = unzip_feed(&u, src, len, &used);
	if (!err)
		err = unzip_finish(&u);
	unzip_close(&u);
	return err < 0 ? err : (ssize_t)s.len;
}
