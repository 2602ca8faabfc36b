/* SPDX-License-Identifier: GPL-2.0-only */
/* Input records of the console, made from the bytes that a terminal sends. Owner io/conrec.c. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define CON_RECORD_KEY	1u
#define CON_RECORD_SIZE	4u

struct con_record {
	u16 type, pad;
	union {
		struct { s32 is_down; u16 repeat, key, scan, character; u32 state; } k;
		struct { u16 columns, lines; } size;
	};
};
static_assert(sizeof(struct con_record) == 20, "ABI");

struct con_decoder {
	u8 seq[16];		/* a sequence or character that is not complete */
	u8 len;
	bool is_vt;		/* sequences are passed on as they are */
};

/** con_decode() - one more byte; @emit is called for each record that is complete. */
void con_decode(struct con_decoder *d, u8 byte, void (*emit)(void *arg, const struct con_record *r), void *arg);
/** con_decode_end() - nothing more came at once: a lone escape is the key. */
void con_decode_end(struct con_decoder *d, void (*emit)(void *arg, const struct con_record *r), void *arg);
