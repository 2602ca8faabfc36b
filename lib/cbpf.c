// SPDX-License-Identifier: GPL-2.0-only
/* The machine of cbpf.h. */
#include <tern/lib/cbpf.h>

#include <tern/base/compiler.h>
#include <tern/base/err.h>

#define SCRATCH_WORDS	16

/* ---- checking ---- */

static bool alu_is_valid(const struct cbpf_insn *i)
{
	u32 op = i->code & 0xf0;
	bool is_k = !(i->code & CBPF_X);

	if (i->code & ~0xffu)
		return false;
	if (op == CBPF_NEG)
		return is_k;
	if (op > CBPF_XOR)
		return false;
	if (is_k && (op == CBPF_DIV || op == CBPF_MOD))
		return i->k != 0;
	if (is_k && (op == CBPF_LSH || op == CBPF_RSH))
		return i->k < 32;
	return true;
}

static bool jump_is_valid(const struct cbpf_insn *i, u32 at, u32 n)
{
	if (i->code == (CBPF_JMP | CBPF_JA))
		return i->k < n - at - 1;
	if ((i->code & ~0xffu) || (i->code & 0xf0) > CBPF_JSET || !(i->code & 0xf0))
		return false;
	return at + i->jt + 1 < n && at + i->jf + 1 < n;
}

static bool load_is_valid(const struct cbpf_insn *i)
{
	switch (i->code) {
	case CBPF_LD | CBPF_W | CBPF_ABS:
	case CBPF_LD | CBPF_H | CBPF_ABS:
	case CBPF_LD | CBPF_B | CBPF_ABS:
	case CBPF_LD | CBPF_W | CBPF_IND:
	case CBPF_LD | CBPF_H | CBPF_IND:
	case CBPF_LD | CBPF_B | CBPF_IND:
	case CBPF_LD | CBPF_W | CBPF_LEN:
	case CBPF_LD | CBPF_IMM:
	case CBPF_LDX | CBPF_W | CBPF_LEN:
	case CBPF_LDX | CBPF_B | CBPF_MSH:
	case CBPF_LDX | CBPF_IMM:
		return true;
	case CBPF_LD | CBPF_MEM:
	case CBPF_LDX | CBPF_MEM:
		return i->k < SCRATCH_WORDS;
	}
	return false;
}

static bool insn_is_valid(const struct cbpf_insn *i, u32 at, u32 n)
{
	switch (CBPF_CLASS(i->code)) {
	case CBPF_LD:
	case CBPF_LDX:
		return load_is_valid(i);
	case CBPF_ST:
	case CBPF_STX:
		return (i->code == CBPF_ST || i->code == CBPF_STX) && i->k < SCRATCH_WORDS;
	case CBPF_ALU:
		return alu_is_valid(i);
	case CBPF_JMP:
		return jump_is_valid(i, at, n);
	case CBPF_RET:
		return i->code == (CBPF_RET | CBPF_K) || i->code == (CBPF_RET | CBPF_A);
	default:
		return i->code == (CBPF_MISC | CBPF_TAX) || i->code == (CBPF_MISC | CBPF_TXA);
	}
}

/*
 * Which words of scratch memory are written whatever path led here: jumps go
 * forward, so one pass does. Unreached instructions count as all written.
 */
static bool scratch_is_written_first(const struct cbpf_insn *prog, u32 n, u16 *written)
{
	u16 now = 0;

	for (u32 i = 0; i < n; i++)
		written[i] = 0xffff;
	for (u32 at = 0; at < n; at++) {
		const struct cbpf_insn *i = &prog[at];

		now &= written[at];
		switch (CBPF_CLASS(i->code)) {
		case CBPF_ST:
		case CBPF_STX:
			now |= 1u << i->k;
			break;
		case CBPF_JMP:
			if (i->code == (CBPF_JMP | CBPF_JA)) {
				written[at + 1 + i->k] &= now;
			} else {
				written[at + 1 + i->jt] &= now;
				written[at + 1 + i->jf] &= now;
			}
			now = 0xffff;
			break;
		case CBPF_LD:
		case CBPF_LDX:
			if ((i->code & 0xe0) == CBPF_MEM && !(now >> i->k & 1))
				return false;
		}
	}
	return true;
}

int cbpf_check(const struct cbpf_insn *prog, u32 n, u16 *scratch)
{
	if (!n || n > CBPF_MAX_INSNS)
		return -EINVAL;
	for (u32 i = 0; i < n; i++)
		if (!insn_is_valid(&prog[i], i, n))
			return -EINVAL;
	if (CBPF_CLASS(prog[n - 1].code) != CBPF_RET)
		return -EINVAL;
	return scratch_is_written_first(prog, n, scratch) ? 0 : -EINVAL;
}

/* ---- running ---- */

static bool alu(u16 code, u32 *a, u32 v)
{
	switch (code & 0xf0) {
	case CBPF_ADD: *a += v; break;
	case CBPF_SUB: *a -= v; break;
	case CBPF_MUL: *a *= v; break;
	case CBPF_OR: *a |= v; break;
	case CBPF_AND: *a &= v; break;
	case CBPF_XOR: *a ^= v; break;
	case CBPF_LSH: *a = v < 32 ? *a << v : 0; break;
	case CBPF_RSH: *a = v < 32 ? *a >> v : 0; break;
	case CBPF_NEG: *a = -*a; break;
	case CBPF_DIV:
	case CBPF_MOD:
		if (!v)
			return false;
		*a = (code & 0xf0) == CBPF_DIV ? *a / v : *a % v;
	}
	return true;
}

static bool jump_is_taken(u16 code, u32 a, u32 v)
{
	switch (code & 0xf0) {
	case CBPF_JEQ:
		return a == v;
	case CBPF_JGT:
		return a > v;
	case CBPF_JGE:
		return a >= v;
	default:
		return a & v;
	}
}

static u32 load_size(u16 code)
{
	return (code & 0x18) == CBPF_W ? 4 : (code & 0x18) == CBPF_H ? 2 : 1;
}

static bool load(const struct cbpf_insn *i, struct cbpf_data *d, const u32 *mem, u32 x, u32 *out)
{
	switch (i->code & 0xe0) {
	case CBPF_IMM:
		*out = i->k;
		return true;
	case CBPF_MEM:
		*out = mem[i->k];
		return true;
	case CBPF_LEN:
		*out = d->len;
		return true;
	case CBPF_MSH:
		if (!d->load(d, i->k, 1, out))
			return false;
		*out = (*out & 0xf) << 2;	/* an IPv4 header's length */
		return true;
	case CBPF_IND:
		return i->k + x >= i->k && d->load(d, i->k + x, load_size(i->code), out);
	default:
		return d->load(d, i->k, load_size(i->code), out);
	}
}

u32 cbpf_run(const struct cbpf_insn *i, struct cbpf_data *d)
{
	u32 a = 0, x = 0, mem[SCRATCH_WORDS];

	for (;; i++) {
		switch (CBPF_CLASS(i->code)) {
		case CBPF_LD:
			if (!load(i, d, mem, x, &a))
				return 0;
			break;
		case CBPF_LDX:
			if (!load(i, d, mem, x, &x))
				return 0;
			break;
		case CBPF_ST:
			mem[i->k] = a;
			break;
		case CBPF_STX:
			mem[i->k] = x;
			break;
		case CBPF_ALU:
			if (!alu(i->code, &a, i->code & CBPF_X ? x : i->k))
				return 0;
			break;
		case CBPF_JMP:
			if (i->code == (CBPF_JMP | CBPF_JA))
				i += i->k;
			else
				i += jump_is_taken(i->code, a, i->code & CBPF_X ? x : i->k) ?
				     i->jt : i->jf;
			break;
		case CBPF_RET:
			return i->code & CBPF_A ? a : i->k;
		default:
			if (i->code & CBPF_TXA)
				a = x;
			else
				x = a;
		}
	}
}
