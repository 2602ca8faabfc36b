/* SPDX-License-Identifier: GPL-2.0-only */
/* The wrappings of deflate: gzip (RFC 1952), zlib (RFC 1950), none. One member each. */
#include <tern/lib/crc.h>

#include "inflate_impl.h"

/* Take n header bytes into the header's check sum. */
static const u8 *header_take(struct inflate *s, struct unzip_span *in, size_t n)
{
	const u8 *p = in->p;

	s->header_crc = crc32_update(s->header_crc, p, n);
	in->p += n;
	return p;
}

#define GZIP_HCRC	2
#define GZIP_EXTRA	4
#define GZIP_NAME	8
#define GZIP_COMMENT	16

static int gzip_start(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	const u8 *p = in->p;

	if (span_len(in) < 10)
		return step_more(core, 10);
	if (p[0] != 0x1f || p[1] != 0x8b)
		return -EPROTONOSUPPORT;
	if (p[2] != 8 || p[3] & 0xe0)
		return -EOPNOTSUPP;
	s->gzip_flags = p[3];
	header_take(s, in, 10);
	s->state = ST_EXTRA;
	return STEP_AGAIN;
}

static int gzip_extra(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	size_t len = 2;

	if (s->gzip_flags & GZIP_EXTRA) {
		if (span_len(in) >= 2)
			len += get_le16(in->p);
		if (span_len(in) < len)
			return step_more(core, len);
		header_take(s, in, len);
	}
	s->state = ST_TEXT;
	return STEP_AGAIN;
}

/* File name, then comment: up to a NUL each, of any length. */
static int gzip_text(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	unsigned flag = s->gzip_flags & GZIP_NAME ? GZIP_NAME : GZIP_COMMENT;
	const u8 *nul;

	if (!(s->gzip_flags & flag)) {
		s->state = ST_HEADER_CRC;
		return STEP_AGAIN;
	}
	nul = memchr(in->p, 0, span_len(in));
	header_take(s, in, nul ? (size_t)(nul + 1 - in->p) : span_len(in));
	if (!nul)
		return step_more(core, 1);
	s->gzip_flags &= ~flag;
	return STEP_AGAIN;
}

static int gzip_header_crc(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;

	if (s->gzip_flags & GZIP_HCRC) {
		if (span_len(in) < 2)
			return step_more(core, 2);
		if (get_le16(in->p) != (u16)s->header_crc)
			return -EBADMSG;
		in->p += 2;
	}
	s->state = ST_BLOCK;
	return STEP_AGAIN;
}

static int gzip_step(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	int r;

	switch (s->state) {
	case ST_START:
		return gzip_start(core, in);
	case ST_EXTRA:
		return gzip_extra(core, in);
	case ST_TEXT:
		return gzip_text(core, in);
	case ST_HEADER_CRC:
		return gzip_header_crc(core, in);
	default:
		r = inflate_step(core, in);
	}
	if (r != STEP_DONE)
		return r;
	if (span_len(in) < 8)
		return step_more(core, 8);
	if (get_le32(in->p) != s->sum || get_le32(in->p + 4) != s->total)
		return -EBADMSG;
	in->p += 8;
	return STEP_DONE;
}

static int zlib_step(struct unzip_core *core, struct unzip_span *in)
{
	struct inflate *s = core->state;
	int r;

	if (s->state == ST_START) {
		if (span_len(in) < 2)
			return step_more(core, 2);
		if (get_be16(in->p) % 31 || (in->p[0] & 15) != 8 || in->p[0] >> 4 > 7)
			return -EPROTONOSUPPORT;
		if (in->p[1] & 0x20)
			return -EOPNOTSUPP;
		in->p += 2;
		s->state = ST_BLOCK;
	}
	r = inflate_step(core, in);
	if (r != STEP_DONE)
		return r;
	if (span_len(in) < 4)
		return step_more(core, 4);
	if (get_be32(in->p) != s->sum)
		return -EBADMSG;
	in->p += 4;
	return STEP_DONE;
}

static void gzip_sum(struct unzip_core *core, const u8 *p, size_t len)
{
	struct inflate *s = core->state;

	s->sum = crc32_update(s->sum, p, len);
	s->total += (u32)len;
}

static void adler_sum(struct unzip_core *core, const u8 *p, size_t len)
{
	struct inflate *s = core->state;
	u32 a = s->sum & 0xffff, b = s->sum >> 16;

	while (len) {
		size_t n = min(len, 5552UL);	/* no overflow before that many */

		len -= n;
		while (n--) {
			a += *p++;
			b += a;
		}
		a %= 65521;
		b %= 65521;
	}
	s->sum = b << 16 | a;
}

static int gzip_init(struct unzip_core *core)
{
	core->sum = gzip_sum;
	return unzip_window_set(core, WINDOW);
}

static int zlib_init(struct unzip_core *core)
{
	struct inflate *s = core->state;

	s->sum = 1;
	core->sum = adler_sum;
	return unzip_window_set(core, WINDOW);
}

static int deflate_init(struct unzip_core *core)
{
	struct inflate *s = core->state;

	s->state = ST_BLOCK;
	return unzip_window_set(core, WINDOW);
}

static int inflate_finish(struct unzip_core *core, struct unzip_span *in)
{
	return STEP_MORE;
}

static void inflate_fini(struct unzip_core *core)
{
}

const struct unzip_codec unzip_codec_gzip = {
	.name = "gzip",
	.state_size = sizeof(struct inflate),
	.init = gzip_init,
	.step = gzip_step,
	.finish = inflate_finish,
	.fini = inflate_fini,
};

const struct unzip_codec unzip_codec_zlib = {
	.name = "zlib",
	.state_size = sizeof(struct inflate),
	.init = zlib_init,
	.step = zlib_step,
	.finish = inflate_finish,
	.fini = inflate_fini,
};

const struct unzip_codec unzip_codec_deflate = {
	.name = "deflate",
	.state_size = sizeof(struct inflate),
	.init = deflate_init,
	.step = inflate_step,
	.finish = inflate_finish,
	.fini = inflate_fini,
};
