/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules of binfmt_misc: which interpreter runs a file, by the bytes at its
 * start or by its name's extension. Pure; owner lib/binrule.c.
 */
#pragma once

#include <tern/base/types.h>

#define BINRULE_HEAD	256u	/* bytes of a file that magic may look at */
#define BINRULE_TEXT_MIN 11u
#define BINRULE_TEXT_MAX 1920u

/* All pointers lead into the text that was parsed. */
struct binrule {
	const char *name, *interp;
	const char *ext;		/* or NULL: by magic */
	const u8 *magic, *mask;		/* of size bytes; mask NULL: all bits count */
	u32 offset, size;
	u32 flags;			/* BINRULE_* */
};
#define BINRULE_KEEP_ARGV0	0x1u	/* P */
#define BINRULE_OPEN		0x2u	/* O: the interpreter gets a descriptor of the file */
#define BINRULE_CREDS		0x4u	/* C: the file's set-id bits count; implies OPEN */
#define BINRULE_FIXED		0x8u	/* F: the interpreter is opened once, at registration */

/**
 * binrule_parse() - take a line ":name:type:offset:magic:mask:interpreter:flags" apart
 * @text: @n bytes, changed; must live as long as the rule
 * Return: 0, or -EINVAL.
 */
int binrule_parse(char *text, size_t n, struct binrule *r);
/**
 * binrule_matches() - does a file fall under the rule
 * @head: its first BINRULE_HEAD bytes, padded with zeros
 * @name: the name it is run by
 */
bool binrule_matches(const struct binrule *r, const u8 *head, const char *name);
