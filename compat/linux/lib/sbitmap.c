// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scalable bit maps: words of few bits, each on a cache line of its own.
 *
 * Modules give a bit back inline, by a mark in `cleared`; who finds a word full takes the marks over.
 */
#include "../lx.h"

#include <tern/base/err.h>
#include <tern/lib/bits.h>
#include <tern/mm/page.h>

#define WORD_SHIFT	6
#define WORDS_LEAST	4u	/* spread over at least so many words, if there are bits enough */

static u32 shift_for(u32 depth)
{
	u32 shift = WORD_SHIFT;

	while (depth >= WORDS_LEAST && shift && (WORDS_LEAST << shift) > depth)
		shift--;
	return shift;
}

static u32 words(const struct lx_sbitmap *sb, u32 depth) { return (depth + (1u << sb->shift) - 1) >> sb->shift; }

int lx_sbitmap_init_node(struct lx_sbitmap *sb, unsigned int depth, int shift, unsigned int gfp, int node,
			 bool round_robin, bool hint)
{
	if (shift > WORD_SHIFT)
		return -EINVAL;
	sb->shift = shift < 0 ? shift_for(depth) : (u32)shift;
	sb->depth = depth;
	sb->map_nr = words(sb, depth);
	sb->round_robin = round_robin;
	sb->alloc_hint = NULL;		/* every search begins at the first word */
	sb->map = NULL;
	if (!depth)
		return 0;
	sb->map = lx_kvmalloc_node(sb->map_nr * sizeof(*sb->map), gfp | ALLOC_ZERO, node);
	return sb->map ? 0 : -ENOMEM;
}
LX_EXPORT(sbitmap_init_node);

static bool take_over_cleared(struct lx_sbitmap_word *w)
{
	unsigned long mask = READ_ONCE(w->cleared);

	if (!mask)
		return false;
	mask = __atomic_exchange_n(&w->cleared, 0, __ATOMIC_SEQ_CST);
	(void)__atomic_fetch_and(&w->word, ~mask, __ATOMIC_SEQ_CST);
	return mask != 0;
}

/* A bit below @n of the word; -1: all are taken. */
static int take(struct lx_sbitmap_word *w, u32 n)
{
	unsigned long all = n < 64 ? BIT(n) - 1 : ~0UL;

	do {
		unsigned long old = READ_ONCE(w->word);

		while (~old & all) {
			u32 bit = bit_lowest(~old & all);

			old = __atomic_fetch_or(&w->word, BIT(bit), __ATOMIC_SEQ_CST);
			if (!(old & BIT(bit)))
				return (int)bit;
		}
	} while (take_over_cleared(w));
	return -1;
}

int lx_sbitmap_get(struct lx_sbitmap *sb)
{
	for (u32 i = 0; i < sb->map_nr; i++) {
		u32 first = i << sb->shift;
		int bit = take(&sb->map[i], min(1u << sb->shift, sb->depth - first));

		if (bit >= 0)
			return (int)first + bit;
	}
	return -1;
}
LX_EXPORT(sbitmap_get);

void lx_sbitmap_resize(struct lx_sbitmap *sb, unsigned int depth)
{
	for (u32 i = 0; i < sb->map_nr; i++)
		(void)take_over_cleared(&sb->map[i]);
	sb->depth = depth;
	sb->map_nr = words(sb, depth);
}
LX_EXPORT(sbitmap_resize);

unsigned int lx_sbitmap_weight(const struct lx_sbitmap *sb)
{
	u32 n = 0;

	for (u32 i = 0; i < sb->map_nr; i++)
		n += hweight64(READ_ONCE(sb->map[i].word) & ~READ_ONCE(sb->map[i].cleared));
	return n;
}
LX_EXPORT(sbitmap_weight);
