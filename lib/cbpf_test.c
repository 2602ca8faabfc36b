/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/cbpf.h>

#include "test_impl.h"

#define STMT(c, v) { .code = (c), .k = (v) }
#define JUMP(c, v, t, f) { .code = (c), .k = (v), .jt = (t), .jf = (f) }

struct bytes {
	struct cbpf_data d;
	const u8 *p;
};

static bool load(struct cbpf_data *d, u32 off, u32 size, u32 *out)
{
	struct bytes *b = (struct bytes *)d;

	if (off > d->len || size > d->len - off)
		return false;
	*out = 0;
	while (size--)
		*out = *out << 8 | b->p[off++];
	return true;
}

static u32 run(const struct cbpf_insn *prog, const u8 *data, u32 len)
{
	struct bytes b = { { load, len }, data };

	return cbpf_run(prog, &b.d);
}

static int check(const struct cbpf_insn *prog, u32 n)
{
	u16 scratch[CBPF_MAX_INSNS];

	return cbpf_check(prog, n, scratch);
}

TEST(lib_cbpf, counts_and_compares)
{
	static const struct cbpf_insn prog[] = {
		STMT(CBPF_LDX | CBPF_B | CBPF_MSH, 0),		/* 4 * 5 */
		STMT(CBPF_LD | CBPF_H | CBPF_IND, 1),
		STMT(CBPF_ST, 3),
		STMT(CBPF_LD | CBPF_W | CBPF_LEN, 0),
		STMT(CBPF_LDX | CBPF_MEM, 3),
		STMT(CBPF_ALU | CBPF_ADD | CBPF_X, 0),
		JUMP(CBPF_JMP | CBPF_JGT | CBPF_K, 1000, 0, 1),
		STMT(CBPF_RET | CBPF_A, 0),
		STMT(CBPF_RET | CBPF_K, 7),
	};
	u8 data[24] = { [0] = 0x45, [21] = 0x12, [22] = 0x34 };

	REQUIRE_EQ(check(prog, ARRAY_SIZE(prog)), 0);
	REQUIRE_EQ(run(prog, data, sizeof(data)), 0x1234 + 24);
	data[21] = 0;
	REQUIRE_EQ(run(prog, data, sizeof(data)), 7);
	REQUIRE_EQ(run(prog, data, 22), 0);	/* the load fails */
}

TEST(lib_cbpf, arithmetic)
{
	static const struct { u16 op; u32 a, v, want; } t[] = {
		{ CBPF_SUB, 5, 7, (u32)-2 }, { CBPF_MUL, 0x10000, 0x10000, 0 },
		{ CBPF_DIV, 100, 7, 14 }, { CBPF_MOD, 100, 7, 2 }, { CBPF_OR, 1, 6, 7 },
		{ CBPF_AND, 6, 3, 2 }, { CBPF_XOR, 6, 3, 5 }, { CBPF_LSH, 1, 31, 1u << 31 },
		{ CBPF_RSH, 1u << 31, 31, 1 }, { CBPF_NEG, 1, 0, (u32)-1 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(t); i++) {
		const struct cbpf_insn prog[] = {
			STMT(CBPF_LD | CBPF_IMM, t[i].a),
			STMT(CBPF_ALU | t[i].op | CBPF_K, t[i].v),
			STMT(CBPF_RET | CBPF_A, 0),
		};

		REQUIRE_EQ(check(prog, 3), 0);
		REQUIRE_EQ(run(prog, NULL, 0), t[i].want);
	}
}

TEST(lib_cbpf, division_by_x_zero_ends)
{
	static const struct cbpf_insn prog[] = {
		STMT(CBPF_LD | CBPF_IMM, 9),
		STMT(CBPF_ALU | CBPF_DIV | CBPF_X, 0),
		STMT(CBPF_RET | CBPF_K, 5),
	};

	REQUIRE_EQ(check(prog, 3), 0);
	REQUIRE_EQ(run(prog, NULL, 0), 0);
}

TEST(lib_cbpf, bad_programs_are_refused)
{
	static const struct cbpf_insn bad[][3] = {
		{ STMT(CBPF_RET, 0), STMT(CBPF_RET, 0), STMT(CBPF_LD, 0) },
		{ JUMP(CBPF_JMP | CBPF_JA, 2, 0, 0), STMT(CBPF_RET, 0), STMT(CBPF_RET, 0) },
		{ JUMP(CBPF_JMP | CBPF_JA, ~0u, 0, 0), STMT(CBPF_RET, 0), STMT(CBPF_RET, 0) },
		{ JUMP(CBPF_JMP | CBPF_JEQ, 0, 2, 0), STMT(CBPF_RET, 0), STMT(CBPF_RET, 0) },
		{ JUMP(CBPF_JMP | CBPF_JEQ, 0, 0, 2), STMT(CBPF_RET, 0), STMT(CBPF_RET, 0) },
		{ STMT(CBPF_ALU | CBPF_DIV, 0), STMT(CBPF_RET, 0), STMT(CBPF_RET, 0) },
		{ STMT(CBPF_ALU | CBPF_LSH, 32), STMT(CBPF_RET, 0), STMT(CBPF_RET, 0) },
		{ STMT(CBPF_ST, 16), STMT(CBPF_RET, 0), STMT(CBPF_RET, 0) },
		{ STMT(CBPF_LD | CBPF_MEM, 0), STMT(CBPF_RET, 0), STMT(CBPF_RET, 0) },
		{ STMT(0x77, 0), STMT(CBPF_RET, 0), STMT(CBPF_RET, 0) },
		{ STMT(0x100, 0), STMT(CBPF_RET, 0), STMT(CBPF_RET, 0) },
		{ STMT(CBPF_ALU | 0xb0, 1), STMT(CBPF_RET, 0), STMT(CBPF_RET, 0) },
	};
	/* One path does not write word 2. */
	static const struct cbpf_insn half[] = {
		JUMP(CBPF_JMP | CBPF_JEQ, 0, 0, 1),
		STMT(CBPF_ST, 2),
		STMT(CBPF_LD | CBPF_MEM, 2),
		STMT(CBPF_RET | CBPF_A, 0),
	};

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		REQUIRE_EQ(check(bad[i], 3), -EINVAL);
	REQUIRE_EQ(check(half, 4), -EINVAL);
	REQUIRE_EQ(check(half + 1, 3), 0);
	REQUIRE_EQ(check(half, 0), -EINVAL);
}

/* What is accepted ends, whatever it is. */
TEST(lib_cbpf, random_programs_end)
{
	struct cbpf_insn prog[24];
	u64 rng = 0x5eed;
	u8 data[64] = { 1, 2, 3 };
	u32 accepted = 0;

	for (u32 round = 0; round < 200000; round++) {
		u32 n = 1 + test_random(&rng) % ARRAY_SIZE(prog);

		for (u32 i = 0; i < n; i++) {
			u64 r = test_random(&rng);

			prog[i] = (struct cbpf_insn){ .code = r & 0xff, .jt = r >> 8 & 7,
						      .jf = r >> 16 & 7, .k = r >> 24 & 31 };
		}
		prog[n - 1].code = CBPF_RET;
		if (check(prog, n))
			continue;
		accepted++;
		run(prog, data, sizeof(data));
	}
	REQUIRE(accepted > 100);
}
