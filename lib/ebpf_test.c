/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/ebpf.h>

#include "test_impl.h"

#define I(c, d, s, o, i) { .code = (c), .dst = (d), .src = (s), .off = (o), .imm = (i) }
#define MOV(d, k) I(EBPF_ALU64 | EBPF_MOV | EBPF_K, d, 0, 0, k)
#define MOVX(d, s) I(EBPF_ALU64 | EBPF_MOV | EBPF_X, d, s, 0, 0)
#define ADD(d, k) I(EBPF_ALU64 | EBPF_ADD | EBPF_K, d, 0, 0, k)
#define LDX(sz, d, s, o) I(EBPF_LDX | EBPF_MEM | (sz), d, s, o, 0)
#define STX(sz, d, s, o) I(EBPF_STX | EBPF_MEM | (sz), d, s, o, 0)
#define STI(sz, d, o, k) I(EBPF_ST | EBPF_MEM | (sz), d, 0, o, k)
#define JUMP(op, d, k, o) I(EBPF_JMP | (op) | EBPF_K, d, 0, o, k)
#define JA(o) I(EBPF_JMP | EBPF_JA, 0, 0, o, 0)
#define EXIT I(EBPF_JMP | EBPF_EXIT, 0, 0, 0, 0)

static bool words_only(u32 off, u32 size) { return size == 4 && off < 12; }
static const struct ebpf_kind any = { words_only, U64_MAX }, verdict = { words_only, 1 };
static struct ebpf_fault fault;

static int check_as(const struct ebpf_kind *kind, const struct ebpf_insn *p, u32 n)
{
	struct test_heap h;
	int err;

	test_heap_init(&h);
	err = ebpf_check(p, n, kind, &h.alloc, &fault);
	EXPECT_EQ(h.live, 0);
	return err;
}

#define CHECK_OF(kind, ...) ({							\
	static const struct ebpf_insn _p[] = { __VA_ARGS__ };			\
	check_as(&(kind), _p, ARRAY_SIZE(_p)); })
#define CHECKED(...) CHECK_OF(any, __VA_ARGS__)
#define RUN(ctx, ...) ({							\
	static const struct ebpf_insn _p[] = { __VA_ARGS__ };			\
	EXPECT_EQ(check_as(&any, _p, ARRAY_SIZE(_p)), 0);			\
	ebpf_run(_p, ctx); })

TEST(lib_ebpf, arithmetic)
{
	static const struct { u8 op; s64 a; s32 b; u64 want64; u32 want32; } t[] = {
		{ EBPF_ADD, -1, 2, 1, 1 }, { EBPF_SUB, 1, 2, (u64)-1, (u32)-1 },
		{ EBPF_MUL, 1L << 31, 4, 1UL << 33, 0 }, { EBPF_DIV, -1, 16, U64_MAX >> 4, U32_MAX >> 4 },
		{ EBPF_MOD, 100, 7, 2, 2 }, { EBPF_OR, 1, -2, U64_MAX, U32_MAX },
		{ EBPF_AND, -1, -16, (u64)-16, (u32)-16 },
		{ EBPF_XOR, 6, 3, 5, 5 }, { EBPF_LSH, 3, 31, 3UL << 31, 1u << 31 },
		{ EBPF_RSH, -1, 4, U64_MAX >> 4, U32_MAX >> 4 }, { EBPF_ARSH, -256, 4, (u64)-16, (u32)-16 },
		{ EBPF_NEG, 5, 0, (u64)-5, (u32)-5 }, { EBPF_MOV, 5, -7, (u64)-7, (u32)-7 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(t); i++) {
		struct ebpf_insn p[] = {
			I(EBPF_LD_IMM64, 0, 0, 0, (s32)t[i].a), I(0, 0, 0, 0, (s32)(t[i].a >> 32)),
			I(EBPF_ALU64 | t[i].op, 0, 0, 0, t[i].b), EXIT,
		};

		REQUIRE_EQ(check_as(&any, p, 4), 0);
		EXPECT_EQ(ebpf_run(p, NULL), t[i].want64);
		p[2].code = EBPF_ALU | t[i].op;
		REQUIRE_EQ(check_as(&any, p, 4), 0);
		EXPECT_EQ(ebpf_run(p, NULL), t[i].want32);
	}
	EXPECT_EQ(RUN(NULL, MOV(0, 7), MOV(2, 0), I(EBPF_ALU64 | EBPF_DIV | EBPF_X, 0, 2, 0, 0), EXIT), 0);
	EXPECT_EQ(RUN(NULL, MOV(0, 7), MOV(2, 0), I(EBPF_ALU64 | EBPF_MOD | EBPF_X, 0, 2, 0, 0), EXIT), 7);
	EXPECT_EQ(RUN(NULL, MOV(0, 0x1234), I(EBPF_ALU | EBPF_END | EBPF_X, 0, 0, 0, 16), EXIT), 0x3412);
	EXPECT_EQ(RUN(NULL, MOV(0, -1), I(EBPF_ALU | EBPF_END, 0, 0, 0, 32), EXIT), U32_MAX);
}

TEST(lib_ebpf, comparisons)
{
	static const struct { u8 op; s64 a; s32 b; bool is64, is32; } t[] = {
		{ EBPF_JEQ, 1L << 32, 0, false, true }, { EBPF_JNE, 1L << 32, 0, true, false },
		{ EBPF_JGT, -1, 1, true, true }, { EBPF_JSGT, -1, 1, false, false }, { EBPF_JGE, 1, 1, true, true },
		{ EBPF_JSGE, -1, 0, false, false }, { EBPF_JLT, 0, -1, true, true }, { EBPF_JSLT, 0, -1, false, false },
		{ EBPF_JLE, 2, 2, true, true }, { EBPF_JSLE, 1L << 31, 0, false, true },
		{ EBPF_JSET, 6, 2, true, true }, { EBPF_JSET, 1L << 40, -1, true, false },
	};

	for (u32 i = 0; i < ARRAY_SIZE(t); i++) {
		struct ebpf_insn p[] = {
			I(EBPF_LD_IMM64, 2, 0, 0, (s32)t[i].a), I(0, 0, 0, 0, (s32)(t[i].a >> 32)), MOV(0, 1),
			JUMP(t[i].op, 2, t[i].b, 1), MOV(0, 0), EXIT,
		};

		REQUIRE_EQ(check_as(&any, p, 6), 0);
		EXPECT_EQ(ebpf_run(p, NULL), t[i].is64);
		p[3].code = EBPF_JMP32 | t[i].op;
		REQUIRE_EQ(check_as(&any, p, 6), 0);
		EXPECT_EQ(ebpf_run(p, NULL), t[i].is32);
	}
}

TEST(lib_ebpf, context_and_stack)
{
	static const u32 ctx[3] = { 5, 6, 7 };

	EXPECT_EQ(RUN(ctx, LDX(EBPF_W, 0, 1, 8), EXIT), 7);
	EXPECT_EQ(RUN(ctx, ADD(1, 4), LDX(EBPF_W, 0, 1, 0), EXIT), 6);
	EXPECT_EQ(RUN(ctx, STX(EBPF_DW, 10, 1, -8), LDX(EBPF_DW, 3, 10, -8), LDX(EBPF_W, 0, 3, 0), EXIT), 5);
	EXPECT_EQ(RUN(ctx, STI(EBPF_W, 10, -8, 0x01020304), STI(EBPF_W, 10, -4, 1), LDX(EBPF_DW, 0, 10, -8), EXIT),
		  0x101020304UL);
	EXPECT_EQ(RUN(ctx, STI(EBPF_B, 10, -512, 9), LDX(EBPF_B, 0, 10, -512), EXIT), 9);
	EXPECT_EQ(CHECKED(LDX(EBPF_W, 0, 1, 12), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(LDX(EBPF_W, 0, 1, -4), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(LDX(EBPF_W, 0, 1, 2), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(LDX(EBPF_B, 0, 1, 0), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(STI(EBPF_W, 1, 0, 0), MOV(0, 0), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(LDX(EBPF_W, 0, 10, -4), EXIT), -EACCES);		/* never written */
	EXPECT_EQ(CHECKED(STI(EBPF_B, 10, -520, 0), MOV(0, 0), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(STI(EBPF_W, 10, 0, 0), MOV(0, 0), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(STI(EBPF_W, 10, -6, 0), MOV(0, 0), EXIT), -EACCES);	/* not aligned */
	EXPECT_EQ(CHECKED(STX(EBPF_W, 10, 1, -8), MOV(0, 0), EXIT), -EACCES);	/* half a pointer */
	EXPECT_EQ(CHECKED(STX(EBPF_DW, 10, 1, -8), LDX(EBPF_W, 0, 10, -8), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(STX(EBPF_DW, 10, 1, -8), STI(EBPF_B, 10, -8, 0), LDX(EBPF_DW, 0, 10, -8), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(STX(EBPF_DW, 10, 2, -8), MOV(0, 0), EXIT), -EACCES);
}

TEST(lib_ebpf, no_address_gets_out)
{
	EXPECT_EQ(CHECKED(MOVX(0, 1), EXIT), -EINVAL);
	EXPECT_EQ(CHECKED(MOVX(0, 10), I(EBPF_ALU | EBPF_ADD, 0, 0, 0, 1), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(MOVX(0, 1), I(EBPF_ALU64 | EBPF_SUB | EBPF_X, 0, 10, 0, 0), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(I(EBPF_ALU | EBPF_MOV | EBPF_X, 0, 1, 0, 0), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(MOV(0, 0), JUMP(EBPF_JEQ, 1, 0, 0), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(MOV(10, 0), MOV(0, 0), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(MOV(2, 4), LDX(EBPF_W, 0, 2, 0), EXIT), -EACCES);
}

TEST(lib_ebpf, where_paths_meet)
{
	/* One path does not set R3, one stores no byte: unusable behind. */
	EXPECT_EQ(CHECKED(LDX(EBPF_W, 2, 1, 0), JUMP(EBPF_JEQ, 2, 0, 1), MOV(3, 1), MOVX(0, 3), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(LDX(EBPF_W, 2, 1, 0), JUMP(EBPF_JEQ, 2, 0, 1), STI(EBPF_W, 10, -4, 1),
			  LDX(EBPF_W, 0, 10, -4), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(LDX(EBPF_W, 2, 1, 0), MOVX(3, 1), JUMP(EBPF_JEQ, 2, 0, 1), ADD(3, 4),
			  LDX(EBPF_W, 0, 3, 0), EXIT), -EACCES);
	EXPECT_EQ(CHECKED(LDX(EBPF_W, 2, 1, 0), MOV(3, 9), JUMP(EBPF_JEQ, 2, 0, 1), MOV(3, 1), MOVX(0, 3), EXIT), 0);
	/* What is behind a jump that is always taken is only reached by others. */
	EXPECT_EQ(CHECKED(MOV(0, 1), JA(1), MOV(0, 2), EXIT), -EINVAL);
	EXPECT_EQ(fault.at, 2);
}

TEST(lib_ebpf, answers_within_bounds)
{
	EXPECT_EQ(CHECK_OF(verdict, MOV(0, 1), EXIT), 0);
	EXPECT_EQ(CHECK_OF(verdict, MOV(0, 2), EXIT), -EINVAL);
	EXPECT_EQ(CHECK_OF(verdict, MOV(0, -1), EXIT), -EINVAL);
	EXPECT_EQ(CHECK_OF(verdict, LDX(EBPF_W, 0, 1, 0), EXIT), -EINVAL);
	EXPECT_EQ(CHECK_OF(verdict, LDX(EBPF_W, 0, 1, 0), I(EBPF_ALU64 | EBPF_AND, 0, 0, 0, 1), EXIT), 0);
	EXPECT_EQ(CHECK_OF(verdict, LDX(EBPF_W, 0, 1, 0), I(EBPF_ALU64 | EBPF_RSH, 0, 0, 0, 31), EXIT), 0);
	EXPECT_EQ(CHECK_OF(verdict, LDX(EBPF_W, 2, 1, 0), MOV(0, 1), JUMP(EBPF_JEQ, 2, 0, 1), MOV(0, 0), EXIT), 0);
	EXPECT_EQ(CHECK_OF(verdict, LDX(EBPF_W, 2, 1, 0), MOV(0, 1), JUMP(EBPF_JEQ, 2, 0, 1), MOV(0, 3), EXIT),
		  -EINVAL);
}

TEST(lib_ebpf, shape)
{
	static struct ebpf_insn many[EBPF_MAX_INSNS + 1];

	EXPECT_EQ(check_as(&any, many, 0), -E2BIG);
	EXPECT_EQ(check_as(&any, many, EBPF_MAX_INSNS + 1), -E2BIG);
	EXPECT_EQ(CHECKED(EXIT), -EACCES);
	EXPECT_EQ(CHECKED(MOV(0, 0)), -EINVAL);					/* no end */
	EXPECT_EQ(CHECKED(MOV(0, 0), JA(-2), EXIT), -EINVAL);
	EXPECT_EQ(CHECKED(MOV(0, 0), JA(1), EXIT), -EINVAL);
	EXPECT_EQ(CHECKED(MOV(0, 0), JA(32767), EXIT), -EINVAL);
	EXPECT_EQ(CHECKED(MOV(0, 0), JUMP(EBPF_JEQ, 0, 0, 1), I(EBPF_LD_IMM64, 0, 0, 0, 1), I(0, 0, 0, 0, 0), EXIT),
		  -EINVAL);							/* into the middle */
	EXPECT_EQ(CHECKED(I(EBPF_LD_IMM64, 0, 0, 0, 1)), -EINVAL);
	EXPECT_EQ(CHECKED(I(EBPF_LD_IMM64, 0, 1, 0, 3), I(0, 0, 0, 0, 0), EXIT), -EINVAL);	/* a map */
	EXPECT_EQ(CHECKED(MOV(11, 0), MOV(0, 0), EXIT), -EINVAL);
	EXPECT_EQ(CHECKED(I(EBPF_ALU64 | EBPF_MOV, 0, 0, 1, 0), EXIT), -EINVAL);
	EXPECT_EQ(CHECKED(MOV(0, 1), I(EBPF_ALU64 | EBPF_DIV, 0, 0, 0, 0), EXIT), -EINVAL);
	EXPECT_EQ(CHECKED(MOV(0, 1), I(EBPF_ALU | EBPF_LSH, 0, 0, 0, 32), EXIT), -EINVAL);
	EXPECT_EQ(CHECKED(MOV(0, 1), I(EBPF_ALU64 | EBPF_LSH, 0, 0, 0, -1), EXIT), -EINVAL);
	EXPECT_EQ(CHECKED(MOV(0, 1), I(EBPF_JMP | EBPF_CALL, 0, 0, 0, 7), EXIT), -EINVAL);
	EXPECT_EQ(CHECKED(MOV(0, 1), I(EBPF_STX | 0xc0, 10, 0, -8, 0), EXIT), -EINVAL);		/* atomic */
	EXPECT_EQ(CHECKED(MOV(0, 1), I(EBPF_ALU64 | EBPF_END, 0, 0, 0, 16), EXIT), -EINVAL);
	EXPECT_EQ(CHECKED(MOV(0, 1), I(EBPF_ALU | EBPF_END, 0, 0, 0, 8), EXIT), -EINVAL);
}

TEST(lib_ebpf, without_memory)
{
	static const struct ebpf_insn p[] = { MOV(0, 0), JUMP(EBPF_JEQ, 0, 0, 0), EXIT };
	struct test_heap h;

	for (long n = 0; n < 3; n++) {
		test_heap_init(&h);
		h.left = n;
		EXPECT_EQ(ebpf_check(p, ARRAY_SIZE(p), &any, &h.alloc, &fault), -ENOMEM);
		EXPECT_EQ(h.live, 0);
	}
}

/* Whatever is accepted ends and stays within its stack and context: the sanitizers watch. */
TEST(lib_ebpf, random_programs)
{
	static const u32 ctx[3] = { 1, 2, 3 };
	u64 rng = 77, accepted = 0;

	for (u32 round = 0; round < 300000; round++) {
		struct ebpf_insn p[12] = { MOV(0, 1), MOV(2, 3), STI(EBPF_DW, 10, -8, 4) };
		u32 n = 4 + (u32)(test_random(&rng) % 8);

		for (u32 i = 3; i < n; i++) {
			u64 v = test_random(&rng);
			static const u8 modes[] = { 0x61, 0x69, 0x71, 0x79, 0x62, 0x7a, 0x63, 0x7b };

			p[i] = (struct ebpf_insn){ (u8)v, (u8)(v >> 8) % 12, (u8)(v >> 16) % 4, 0,
						   (s32)(v >> 32) % 20 };
			if (v >> 60 < 6)
				p[i].code = modes[v >> 56 & 7];
			if (EBPF_CLASS(p[i].code) == EBPF_JMP || EBPF_CLASS(p[i].code) == EBPF_JMP32)
				p[i].off = (s16)(v >> 24 & 3);
			else if (EBPF_CLASS(p[i].code) <= EBPF_STX)
				p[i].off = (s16)((s16)(v >> 24 & 31) - 16);
			if (v >> 24 & 1)
				p[i].imm = 0;
			if (v >> 25 & 1)
				p[i].src = 0;
		}
		p[n - 1] = (struct ebpf_insn)EXIT;
		if (check_as(&any, p, n))
			continue;
		accepted++;
		ebpf_run(p, ctx);
	}
	EXPECT_EQ(accepted > 1000, 1);
}
