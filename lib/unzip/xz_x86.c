/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The x86 filter: packers turn the relative operand of CALL (E8) and JMP (E9)
 * into an absolute address, which repeats more often; here it is turned back.
 *
 * Only operands whose top byte is 00 or FF count. Opcode bytes among the four
 * bytes before, which were themselves not converted, make an opcode doubtful:
 * the history register remembers the last three positions. With one such byte
 * the operand byte that it would own decides; with more the opcode is skipped.
 */
#include "xz_impl.h"

void xz_x86_begin(struct xz_x86 *x)
{
	x->pos = 0;
	x->history = 0;
	x->len = 0;
}

static bool is_sign(u8 b)
{
	return b == 0 || b == 0xff;
}

/* The relative operand for an absolute one; next is the following address. */
static u32 to_relative(u32 operand, u32 next, unsigned doubt)
{
	u32 rel = operand - next;

	/* a packer's output ends this after a round or two; other input must end too */
	for (int i = 0; i < 32 && doubt && is_sign((u8)(rel >> (24 - 8 * doubt))); i++)
		rel = (rel ^ ((1U << (32 - 8 * doubt)) - 1)) - next;
	/* bit 24 is the sign */
	return rel & 1U << 24 ? rel | 0xff000000 : rel & 0x01ffffff;
}

/* Filter what is certain: all but the last four bytes. Returns how many bytes. */
static size_t convert(struct xz_x86 *x)
{
	unsigned history = x->history;
	size_t i = 0;

	while (i + 4 < x->len) {
		u8 *p = x->buf + i;
		unsigned doubt;

		if ((p[0] & 0xfe) != 0xe8) {
			history = history << 1 & 7;
			i++;
			continue;
		}
		doubt = fls32(history);
		if (!is_sign(p[4]) ||
		    (doubt && (!is_pow2(history) || is_sign(p[4 - doubt])))) {
			history = (history << 1 | 1) & 7;
			i++;
			continue;
		}
		put_le32(p + 1, to_relative(get_le32(p + 1), x->pos + (u32)i + 5, doubt));
		history = 0;
		i += 5;
	}
	x->history = history;
	return i;
}

int xz_x86_filter(struct unzip_core *core, struct xz_x86 *x, const u8 *p, size_t len)
{
	while (len) {
		size_t n = min(len, XZ_X86_ROOM - x->len), done;
		int err;

		memcpy(x->buf + x->len, p, n);
		x->len += n;
		p += n;
		len -= n;
		done = convert(x);
		err = done ? unzip_emit(core, x->buf, done) : 0;
		if (err)
			return err;
		x->len -= done;
		x->pos += (u32)done;
		memmove(x->buf, x->buf + done, x->len);
	}
	return 0;
}

int xz_x86_end(struct unzip_core *core, struct xz_x86 *x)
{
	size_t n = x->len;

	x->len = 0;
	return n ? unzip_emit(core, x->buf, n) : 0;
}
