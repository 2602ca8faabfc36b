// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a terminal's bytes to key records: UTF-8 characters, control characters, and the
 * sequences of cursor and function keys (ECMA-48 and what terminals commonly send).
 */
#include "../conrec.h"

#include <tern/lib/string.h>
#include <tern/lib/utf16.h>

#define ESC		0x1b
#define VK_BACK		8
#define VK_TAB		9
#define VK_RETURN	13
#define VK_ESCAPE	27
#define VK_SPACE	32
#define STATE_ALT	0x2u
#define STATE_CTRL	0x8u
#define STATE_SHIFT	0x10u
#define STATE_ENHANCED	0x100u

static const struct { char seq[6]; u8 key; } keys[] = {
	{ "[A", 0x26 }, { "[B", 0x28 }, { "[C", 0x27 }, { "[D", 0x25 }, { "[H", 0x24 }, { "[F", 0x23 },
	{ "OA", 0x26 }, { "OB", 0x28 }, { "OC", 0x27 }, { "OD", 0x25 }, { "OH", 0x24 }, { "OF", 0x23 },
	{ "[1~", 0x24 }, { "[2~", 0x2d }, { "[3~", 0x2e }, { "[4~", 0x23 }, { "[5~", 0x21 }, { "[6~", 0x22 },
	{ "[7~", 0x24 }, { "[8~", 0x23 }, { "OP", 0x70 }, { "OQ", 0x71 }, { "OR", 0x72 }, { "OS", 0x73 },
	{ "[11~", 0x70 }, { "[12~", 0x71 }, { "[13~", 0x72 }, { "[14~", 0x73 }, { "[15~", 0x74 },
	{ "[17~", 0x75 }, { "[18~", 0x76 }, { "[19~", 0x77 }, { "[20~", 0x78 }, { "[21~", 0x79 },
	{ "[23~", 0x7a }, { "[24~", 0x7b },
};

/* Down and up. */
static void key(u16 vk, u16 character, u32 state, void (*emit)(void *arg, const struct con_record *r),
		void *arg)
{
	struct con_record r = { .type = CON_RECORD_KEY };

	r.k.is_down = 1;
	r.k.repeat = 1;
	r.k.key = vk;
	r.k.character = character;
	r.k.state = state;
	emit(arg, &r);
	r.k.is_down = 0;
	emit(arg, &r);
}

static void plain(u32 cp, u32 state, void (*emit)(void *arg, const struct con_record *r), void *arg)
{
	u16 vk = 0;

	if (cp == 0x7f)
		cp = 8;
	switch (cp) {
	case 8:
		vk = VK_BACK;
		break;
	case 9:
		vk = VK_TAB;
		break;
	case 10:
	case 13:
		vk = VK_RETURN;
		cp = 13;
		break;
	case ESC:
		vk = VK_ESCAPE;
		break;
	default:
		if (cp < 0x20) {
			vk = (u16)(cp + 0x40);
			state |= STATE_CTRL;
		} else if (cp >= 'a' && cp <= 'z') {
			vk = (u16)(cp - 32);
		} else if (cp >= 'A' && cp <= 'Z') {
			vk = (u16)cp;
			state |= STATE_SHIFT;
		} else if ((cp >= '0' && cp <= '9') || cp == VK_SPACE) {
			vk = (u16)cp;
		}
	}
	if (cp < 0x10000) {
		key(vk, (u16)cp, state, emit, arg);
		return;
	}
	key(0, (u16)(0xd800 + ((cp - 0x10000) >> 10)), state, emit, arg);
	key(0, (u16)(0xdc00 + ((cp - 0x10000) & 0x3ff)), state, emit, arg);
}

/* A sequence behind ESC: 1 a key, 0 may become one, -1 none. */
static int match(const struct con_decoder *d, u16 *vk)
{
	bool may = false;

	for (u32 i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t n = strlen(keys[i].seq);

		if (n < d->len - 1U || memcmp(keys[i].seq, d->seq + 1, d->len - 1U))
			continue;
		if (n == d->len - 1U) {
			*vk = keys[i].key;
			return 1;
		}
		may = true;
	}
	return may ? 0 : -1;
}

static void flush(struct con_decoder *d, void (*emit)(void *arg, const struct con_record *r), void *arg)
{
	for (u32 i = 0; i < d->len; i++)
		plain(d->seq[i], 0, emit, arg);
	d->len = 0;
}

static void escape(struct con_decoder *d, void (*emit)(void *arg, const struct con_record *r), void *arg)
{
	u16 vk = 0;
	int m = match(d, &vk);

	if (m > 0) {
		key(vk, 0, STATE_ENHANCED, emit, arg);
		d->len = 0;
	} else if (m < 0 && d->len == 2 && d->seq[1] >= 0x20 && d->seq[1] < 0x7f) {
		plain(d->seq[1], STATE_ALT, emit, arg);
		d->len = 0;
	} else if (m < 0 || d->len == sizeof(d->seq)) {
		flush(d, emit, arg);
	}
}

static u32 utf8_need(u8 c)
{
	return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

void con_decode(struct con_decoder *d, u8 byte, void (*emit)(void *arg, const struct con_record *r), void *arg)
{
	const u8 *p = d->seq;
	int cp;

	if (!d->len && byte < 0x80 && (byte != ESC || d->is_vt)) {
		plain(byte, 0, emit, arg);
		return;
	}
	d->seq[d->len++] = byte;
	if (d->seq[0] == ESC) {
		if (d->len > 1)
			escape(d, emit, arg);
		return;
	}
	if (d->len < utf8_need(d->seq[0]))
		return;
	cp = utf8_next(&p, d->seq + d->len);
	plain(cp < 0 ? UTF_REPLACEMENT : (u32)cp, 0, emit, arg);
	d->len = 0;
}

void con_decode_end(struct con_decoder *d, void (*emit)(void *arg, const struct con_record *r), void *arg)
{
	if (d->len && d->seq[0] == ESC)
		flush(d, emit, arg);
}
