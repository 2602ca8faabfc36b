// SPDX-License-Identifier: GPL-2.0-only
/* Running programs that ebpf_check() accepted: nothing is checked here again. RFC 9669 4 and 5. */
#include <tern/lib/ebpf.h>

#include <tern/base/compiler.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>

static u64 div64(u64 a, u64 b) { return b ? a / b : 0; }
static u64 mod64(u64 a, u64 b) { return b ? a % b : a; }

static u64 alu64(u8 op, u64 a, u64 b)
{
	switch (op) {
	case EBPF_ADD: return a + b;
	case EBPF_SUB: return a - b;
	case EBPF_MUL: return a * b;
	case EBPF_DIV: return div64(a, b);
	case EBPF_OR: return a | b;
	case EBPF_AND: return a & b;
	case EBPF_LSH: return a << (b & 63);
	case EBPF_RSH: return a >> (b & 63);
	case EBPF_NEG: return -a;
	case EBPF_MOD: return mod64(a, b);
	case EBPF_XOR: return a ^ b;
	case EBPF_MOV: return b;
	default: return (u64)((s64)a >> (b & 63));	/* ARSH */
	}
}

static u32 alu32(u8 op, u32 a, u32 b)
{
	if (op == EBPF_LSH)
		return a << (b & 31);
	if (op == EBPF_RSH)
		return a >> (b & 31);
	if (op == EBPF_ARSH)
		return (u32)((s32)a >> (b & 31));
	return (u32)alu64(op, a, b);
}

/* To little endian this machine's numbers need no more than cutting. */
static u64 end(u8 code, u64 v, s32 bits)
{
	bool swaps = code & EBPF_X;

	if (bits == 16)
		return swaps ? __builtin_bswap16((u16)v) : (u16)v;
	if (bits == 32)
		return swaps ? __builtin_bswap32((u32)v) : (u32)v;
	return swaps ? __builtin_bswap64(v) : v;
}

static bool is_taken(u8 op, u64 a, u64 b, s64 sa, s64 sb)
{
	switch (op) {
	case EBPF_JEQ: return a == b;
	case EBPF_JGT: return a > b;
	case EBPF_JGE: return a >= b;
	case EBPF_JSET: return a & b;
	case EBPF_JNE: return a != b;
	case EBPF_JSGT: return sa > sb;
	case EBPF_JSGE: return sa >= sb;
	case EBPF_JLT: return a < b;
	case EBPF_JLE: return a <= b;
	case EBPF_JSLT: return sa < sb;
	default: return sa <= sb;			/* JSLE */
	}
}

static bool jumps(const struct ebpf_insn *i, const u64 *r)
{
	u64 a = r[i->dst], b = i->code & EBPF_X ? r[i->src] : (u64)(s64)i->imm;

	if (EBPF_CLASS(i->code) == EBPF_JMP32)
		return is_taken(EBPF_OP(i->code), (u32)a, (u32)b, (s32)a, (s32)b);
	return is_taken(EBPF_OP(i->code), a, b, (s64)a, (s64)b);
}

static u64 load(uptr at, u8 size)
{
	switch (size) {
	case EBPF_B: return *(const u8 *)at;
	case EBPF_H: return *(const u16 *)at;
	case EBPF_W: return *(const u32 *)at;
	default: return *(const u64 *)at;
	}
}

static void store(uptr at, u8 size, u64 v)
{
	switch (size) {
	case EBPF_B: *(u8 *)at = (u8)v; break;
	case EBPF_H: *(u16 *)at = (u16)v; break;
	case EBPF_W: *(u32 *)at = (u32)v; break;
	default: *(u64 *)at = v; break;
	}
}

static void calculate(const struct ebpf_insn *i, u64 *r)
{
	u8 op = EBPF_OP(i->code);
	u64 b = i->code & EBPF_X ? r[i->src] : (u64)(s64)i->imm;

	if (op == EBPF_END)
		r[i->dst] = end(i->code, r[i->dst], i->imm);
	else if (EBPF_CLASS(i->code) == EBPF_ALU64)
		r[i->dst] = alu64(op, r[i->dst], b);
	else
		r[i->dst] = alu32(op, (u32)r[i->dst], (u32)b);
}

u64 ebpf_run(const struct ebpf_insn *prog, const void *ctx)
{
	u8 stack[EBPF_STACK] __aligned(8);
	u64 r[EBPF_NREGS] = { [1] = (uptr)ctx, [EBPF_FP] = (uptr)stack + EBPF_STACK };

	for (const struct ebpf_insn *i = prog;; i++) {
		switch (EBPF_CLASS(i->code)) {
		case EBPF_LD:
			r[i->dst] = (u32)i->imm | (u64)(u32)i[1].imm << 32;
			i++;
			break;
		case EBPF_LDX:
			r[i->dst] = load(r[i->src] + (u64)(s64)i->off, EBPF_SIZE(i->code));
			break;
		case EBPF_ST:
			store(r[i->dst] + (u64)(s64)i->off, EBPF_SIZE(i->code), (u64)(s64)i->imm);
			break;
		case EBPF_STX:
			store(r[i->dst] + (u64)(s64)i->off, EBPF_SIZE(i->code), r[i->src]);
			break;
		case EBPF_ALU:
		case EBPF_ALU64:
			calculate(i, r);
			break;
		default:
			if (i->code == (EBPF_JMP | EBPF_EXIT))
				return r[0];
			if (i->code == (EBPF_JMP | EBPF_JA) || jumps(i, r))
				i += i->off;
		}
	}
}
