/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text form of a registry: lines of ASCII, one key or value each.
 *
 *	[Machine\Software\Name]		the key that the values below belong to
 *	"name"=1:"text"			type and text, a NUL unit behind it
 *	"name"=3:#00ff10		type and bytes
 *
 * Units of UTF-16 that are not plain in it stand as %XXXX. Lines that begin with ; are for readers.
 */
#pragma once

#include <tern/base/types.h>

enum regtext_kind { REGTEXT_END, REGTEXT_KEY, REGTEXT_VALUE };

struct regtext {
	const char *at, *end;
	u32 line;		/* of the last one that was read, from 1 */
};

/* What a line says; pointers lead into the caller's room. */
struct regtext_line {
	enum regtext_kind kind;
	const u16 *name;
	u32 name_len;		/* units */
	u32 type;
	const u8 *data;
	u32 size;
};

/**
 * regtext_next() - read up to the next key or value
 * @room: at least twice as many bytes as the whole text, aligned for u16
 * Return: 0, or -EINVAL for a line that is none (the next call goes on behind it)
 */
int regtext_next(struct regtext *r, void *room, struct regtext_line *out);

/**
 * regtext_key() / regtext_value() - write a line with its newline
 * @out: ROOM bytes, or NULL with 0 to measure
 * Return: bytes that the line needs; more than @room: what @out holds is cut.
 */
size_t regtext_key(char *out, size_t room, const u16 *name, u32 len);
size_t regtext_value(char *out, size_t room, const u16 *name, u32 len, u32 type, const u8 *data, u32 size);
