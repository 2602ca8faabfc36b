/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code tables of deflate.
 *
 * Codes are canonical: by length, then by symbol. They arrive lowest bit first,
 * so a table is indexed by the reversed code, once for each value of the bits
 * that follow it. Codes longer than the index share a second table for each of
 * their beginnings.
 */
#include "inflate_impl.h"

/* Base values and extra bits of length and distance symbols. */
static const u16 len_base[29] = {
	3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115,
	131, 163, 195, 227, 258,
};

static const u8 len_extra[29] = {
	0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
};

static const u16 dist_base[30] = {
	1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
	2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
};

static u32 lit_entry(unsigned sym, unsigned bits)
{
	if (sym < 256)
		return ENTRY_LITERAL | sym << 12 | bits << 8 | bits;
	if (sym == 256)
		return ENTRY_END | bits << 8 | bits;
	if (sym > 285)
		return ENTRY_BAD;
	return (u32)len_base[sym - 257] << 12 | bits << 8 | (bits + len_extra[sym - 257]);
}

static u32 dist_entry(unsigned sym, unsigned bits)
{
	unsigned extra = sym < 4 ? 0 : sym / 2 - 1;

	if (sym > 29)
		return ENTRY_BAD;
	return (u32)dist_base[sym] << 12 | bits << 8 | (bits + extra);
}

static unsigned reverse(unsigned code, unsigned bits)
{
	unsigned r = 0;

	while (bits--) {
		r = r << 1 | (code & 1);
		code >>= 1;
	}
	return r;
}

/*
 * Count lengths and find the first code of each. Over-full sets are refused;
 * incomplete ones too, unless they have a single code or none and may_be_short.
 */
static int first_codes(const u8 *lens, unsigned n, bool may_be_short, u16 first[16])
{
	u16 count[16] = { 0 };
	unsigned code = 0, used = 0;
	int left = 1;

	for (unsigned i = 0; i < n; i++)
		count[lens[i]]++;
	count[0] = 0;
	for (unsigned b = 1; b <= CODE_MAX; b++) {
		code = (code + count[b - 1]) << 1;
		first[b] = (u16)code;
		left = (left << 1) - count[b];
		used += count[b];
		if (left < 0)
			return -EBADMSG;
	}
	return left && !(may_be_short && used <= 1) ? -EBADMSG : 0;
}

static int build(u32 *table, unsigned index_bits, const u8 *lens, unsigned n, bool may_be_short,
		 u32 (*entry)(unsigned sym, unsigned bits))
{
	unsigned sub_bits = CODE_MAX - index_bits, next = 1U << index_bits;
	u16 code[16];
	int err = first_codes(lens, n, may_be_short, code);

	if (err)
		return err;
	for (unsigned i = 0; i < next; i++)
		table[i] = ENTRY_BAD;
	for (unsigned sym = 0; sym < n; sym++) {
		unsigned bits = lens[sym], rev, size, step, at;
		u32 *t = table, e;

		if (!bits)
			continue;
		rev = reverse(code[bits]++, bits);
		at = rev;
		size = 1U << index_bits;
		if (bits > index_bits) {
			u32 *up = &table[rev & (size - 1)];

			size = 1U << sub_bits;
			if (*up == ENTRY_BAD) {
				*up = ENTRY_SUB | next << 12 | sub_bits << 8 | index_bits;
				for (unsigned i = 0; i < size; i++)
					table[next + i] = ENTRY_BAD;
				next += size;
			}
			t = table + ENTRY_VALUE(*up);
			at = rev >> index_bits;
			bits -= index_bits;
		}
		e = entry(sym, bits);
		for (step = 1U << bits; at < size; at += step)
			t[at] = e;
	}
	return 0;
}

/* The table of the code length code: symbol << 8 | bits. */
int inflate_build_pre(struct inflate *s, const u8 lens[19])
{
	u16 code[16];
	int err = first_codes(lens, 19, false, code);

	if (err)
		return err;
	for (unsigned sym = 0; sym < 19; sym++) {
		unsigned bits = lens[sym];

		if (!bits)
			continue;
		for (unsigned at = reverse(code[bits]++, bits); at < 1U << PRE_BITS; at += 1U << bits)
			s->pre[at] = (u16)(sym << 8 | bits);
	}
	return 0;
}

int inflate_build_lit(struct inflate *s, const u8 *lens, unsigned n)
{
	return build(s->lit, LIT_BITS, lens, n, true, lit_entry);
}

int inflate_build_dist(struct inflate *s, const u8 *lens, unsigned n)
{
	return build(s->dist, DIST_BITS, lens, n, true, dist_entry);
}
