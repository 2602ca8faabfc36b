/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 9P2000.L messages: size[4] type[1] tag[2], then fields, little-endian; strings are
 * length[2] and bytes. Pure: writing and reading fields within bounds.
 */
#pragma once

#include <tern/lib/bits.h>
#include <tern/lib/string.h>

enum p9_type {
	P9_RLERROR = 7, P9_TSTATFS = 8, P9_TLOPEN = 12, P9_TLCREATE = 14, P9_TSYMLINK = 16, P9_TMKNOD = 18,
	P9_TREADLINK = 22, P9_TGETATTR = 24, P9_TSETATTR = 26, P9_TXATTRWALK = 30, P9_TXATTRCREATE = 32,
	P9_TREADDIR = 40, P9_TFSYNC = 50, P9_TLINK = 70, P9_TMKDIR = 72, P9_TRENAMEAT = 74, P9_TUNLINKAT = 76,
	P9_TVERSION = 100, P9_TATTACH = 104, P9_TWALK = 110, P9_TREAD = 116, P9_TWRITE = 118, P9_TCLUNK = 120,
};

#define P9_HEAD		7u
#define P9_NOTAG	0xffffu
#define P9_NOFID	0xffffffffu
#define P9_QID		13u
#define P9_QT_DIR	0x80u

/* Fields are put behind each other, or taken; one that does not fit spoils the message. */
struct p9_msg { u8 *p; u32 at, size; bool is_bad; };

static inline u8 *p9_room(struct p9_msg *m, u32 n)
{
	u8 *p = m->p + m->at;

	if (m->is_bad || n > m->size - m->at) {
		m->is_bad = true;
		return NULL;
	}
	m->at += n;
	return p;
}

static inline void p9_put(struct p9_msg *m, u64 v, u32 bytes)
{
	u8 *p = p9_room(m, bytes);

	for (u32 i = 0; p && i < bytes; i++, v >>= 8)
		p[i] = (u8)v;
}

static inline void p9_put_text(struct p9_msg *m, const char *s, u32 len)
{
	u8 *p;

	p9_put(m, len, 2);
	p = len <= 0xffff ? p9_room(m, len) : NULL;
	if (p)
		memcpy(p, s, len);
	else
		m->is_bad = true;
}

static inline u64 p9_take(struct p9_msg *m, u32 bytes)
{
	const u8 *p = p9_room(m, bytes);
	u64 v = 0;

	for (u32 i = bytes; p && i-- > 0; )
		v = v << 8 | p[i];
	return v;
}

/* In place, not terminated. */
static inline const char *p9_take_text(struct p9_msg *m, u32 *len)
{
	*len = (u32)p9_take(m, 2);
	return (const char *)p9_room(m, *len);
}

struct p9_qid { u8 type; u32 version; u64 path; };

static inline struct p9_qid p9_take_qid(struct p9_msg *m)
{
	struct p9_qid q;

	q.type = (u8)p9_take(m, 1);
	q.version = (u32)p9_take(m, 4);
	q.path = p9_take(m, 8);
	return q;
}
