// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program may do, decided before it runs.
 *
 * Jumps go forward, so one pass over the instructions sees each after all that lead to it. The pass carries a
 * state: what each register and each word of the stack holds. Where paths meet, the states merge: what they do
 * not agree on is not usable behind. An instruction that is a jump's target has the merged state of its jumps in
 * a table of its own; others have the state before them.
 *
 * A value is a number with bounds, or a pointer to the context or the stack with a constant offset. Pointers may be
 * copied, moved by constants and stored whole on the stack, and nothing else: no address gets out.
 */
#include <tern/lib/ebpf.h>

#include <tern/base/compiler.h>
#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

#define WORDS	(EBPF_STACK / 8)

enum valtype { VAL_NONE, VAL_NUMBER, VAL_CTX, VAL_STACK };

struct val {
	u8 type;		/* enum valtype */
	s32 off;		/* of pointers */
	u64 min, max;		/* of numbers */
};

/* A pointer that was stored is there until a byte of it is overwritten: then it is bytes of nothing. */
struct word {
	u8 written;		/* a bit for each byte that holds a number */
	u8 type;		/* VAL_CTX, VAL_STACK: all of it is that pointer */
	s32 off;
};

struct state {
	bool is_reached;
	struct val r[EBPF_NREGS];
	struct word stack[WORDS];
};

struct check {
	const struct ebpf_insn *prog;
	u32 n;
	const struct ebpf_kind *kind;
	struct ebpf_fault *fault;
	struct state now;
	u32 *target;		/* n entries: 1 + index in states of a jump's target; 0: none */
	struct state *states;
	u32 nstates;
};

static int refuse(struct check *c, u32 at, int err, const char *why)
{
	*c->fault = (struct ebpf_fault){ at, why };
	return err;
}

static struct val number(u64 min, u64 max) { return (struct val){ VAL_NUMBER, 0, min, max }; }
static bool is_pointer(const struct val *v) { return v->type == VAL_CTX || v->type == VAL_STACK; }

/* ---- shape: each instruction by itself, and where jumps go ---- */

static u32 size_of(u8 code)
{
	static const u8 sizes[] = { 4, 2, 1, 8 };

	return sizes[EBPF_SIZE(code) >> 3];
}

static bool alu_is_valid(const struct ebpf_insn *i)
{
	bool is_64 = EBPF_CLASS(i->code) == EBPF_ALU64, is_x = i->code & EBPF_X;
	u8 op = EBPF_OP(i->code);

	if (i->off || op > EBPF_END)
		return false;
	if (op == EBPF_END)
		return !is_64 && !i->src && (i->imm == 16 || i->imm == 32 || i->imm == 64);
	if (op == EBPF_NEG)
		return !is_x && !i->src && !i->imm;
	if (is_x)
		return !i->imm && i->src < EBPF_NREGS;
	if (i->src || ((op == EBPF_DIV || op == EBPF_MOD) && !i->imm))
		return false;
	return (op != EBPF_LSH && op != EBPF_RSH && op != EBPF_ARSH) || (u32)i->imm < (is_64 ? 64u : 32u);
}

static bool jump_is_valid(const struct ebpf_insn *i)
{
	bool is_32 = EBPF_CLASS(i->code) == EBPF_JMP32;
	u8 op = EBPF_OP(i->code);

	if (op == EBPF_JA || op == EBPF_EXIT)
		return !is_32 && !(i->code & EBPF_X) && !i->src && !i->dst && !i->imm && (op == EBPF_JA || !i->off);
	if (op == EBPF_CALL || op > EBPF_JSLE)
		return false;
	return i->code & EBPF_X ? !i->imm && i->src < EBPF_NREGS : !i->src;
}

static bool insn_is_valid(const struct ebpf_insn *i, u32 left)
{
	if (i->dst >= EBPF_NREGS)
		return false;
	switch (EBPF_CLASS(i->code)) {
	case EBPF_LD:
		return i->code == EBPF_LD_IMM64 && left > 1 && !i->src && !i->off && !i[1].code && !i[1].dst &&
		       !i[1].src && !i[1].off;
	case EBPF_LDX:
		return EBPF_MODE(i->code) == EBPF_MEM && !i->imm && i->src < EBPF_NREGS;
	case EBPF_ST:
		return EBPF_MODE(i->code) == EBPF_MEM && !i->src;
	case EBPF_STX:
		return EBPF_MODE(i->code) == EBPF_MEM && !i->imm && i->src < EBPF_NREGS;
	case EBPF_ALU:
	case EBPF_ALU64:
		return alu_is_valid(i);
	default:
		return jump_is_valid(i);
	}
}

static bool is_jump(const struct ebpf_insn *i)
{
	u8 class = EBPF_CLASS(i->code);

	return (class == EBPF_JMP || class == EBPF_JMP32) && i->code != (EBPF_JMP | EBPF_EXIT);
}

/* The second half of a long instruction is none to come to: target holds this for it. */
#define NOT_AN_INSN	U32_MAX

static int check_shape(struct check *c)
{
	for (u32 at = 0; at < c->n; at++) {
		const struct ebpf_insn *i = &c->prog[at];

		if (!insn_is_valid(i, c->n - at))
			return refuse(c, at, -EINVAL, "unknown instruction or operands");
		if (EBPF_CLASS(i->code) == EBPF_LD)
			c->target[++at] = NOT_AN_INSN;
	}
	for (u32 at = 0; at < c->n; at++) {
		const struct ebpf_insn *i = &c->prog[at];
		s64 to = (s64)at + 1 + i->off;

		if (c->target[at] == NOT_AN_INSN || !is_jump(i))
			continue;
		if (to <= (s64)at)
			return refuse(c, at, -EINVAL, "back-edge");
		if (to >= c->n || c->target[to] == NOT_AN_INSN)
			return refuse(c, at, -EINVAL, "jump out of range");
		if (!c->target[to])
			c->target[to] = ++c->nstates;
	}
	return 0;
}

/* ---- states ---- */

static void merge_val(struct val *a, const struct val *b)
{
	if (a->type != b->type || (is_pointer(a) && a->off != b->off)) {
		*a = (struct val){ VAL_NONE };
	} else if (a->type == VAL_NUMBER) {
		a->min = min(a->min, b->min);
		a->max = max(a->max, b->max);
	}
}

static void merge(struct state *a, const struct state *b)
{
	if (!a->is_reached) {
		*a = *b;
		return;
	}
	for (u32 i = 0; i < EBPF_NREGS; i++)
		merge_val(&a->r[i], &b->r[i]);
	for (u32 i = 0; i < WORDS; i++) {
		struct word *w = &a->stack[i];

		w->written &= b->stack[i].written;
		if (w->type != b->stack[i].type || w->off != b->stack[i].off)
			w->type = VAL_NONE;
	}
}

/* ---- memory ---- */

/* @at: of an access to the stack, from its lowest byte. -EACCES: not within it. */
static int stack_place(struct check *c, u32 at, const struct val *p, s32 off, u32 size, u32 *out)
{
	s64 place = (s64)EBPF_STACK + p->off + off;

	if (place < 0 || place + size > EBPF_STACK)
		return refuse(c, at, -EACCES, "invalid stack access");
	if (place % size)
		return refuse(c, at, -EACCES, "misaligned stack access");
	*out = (u32)place;
	return 0;
}

static int load_stack(struct check *c, u32 at, const struct val *p, s32 off, u32 size, struct val *v)
{
	const struct word *w;
	u32 place, bits;
	int err = stack_place(c, at, p, off, size, &place);

	if (err)
		return err;
	w = &c->now.stack[place / 8];
	if (w->type && size == 8) {
		*v = (struct val){ w->type, w->off, 0, 0 };
		return 0;
	}
	bits = ((1u << size) - 1) << place % 8;
	if ((w->written & bits) != bits)
		return refuse(c, at, -EACCES, "invalid read from stack");
	*v = number(0, size == 8 ? U64_MAX : (1UL << size * 8) - 1);
	return 0;
}

static int load(struct check *c, u32 at, const struct ebpf_insn *i)
{
	const struct val *p = &c->now.r[i->src];
	u32 size = size_of(i->code);
	s64 off = (s64)p->off + i->off;
	struct val v;
	int err;

	if (p->type == VAL_STACK) {
		err = load_stack(c, at, p, i->off, size, &v);
		if (err)
			return err;
		c->now.r[i->dst] = v;
		return 0;
	}
	if (p->type != VAL_CTX)
		return refuse(c, at, -EACCES, "memory access by what is no pointer");
	if (off < 0 || off > S32_MAX || off % size || !c->kind->may_load((u32)off, size))
		return refuse(c, at, -EACCES, "invalid context access");
	c->now.r[i->dst] = number(0, size == 8 ? U64_MAX : (1UL << size * 8) - 1);
	return 0;
}

static int store(struct check *c, u32 at, const struct ebpf_insn *i)
{
	bool is_x = EBPF_CLASS(i->code) == EBPF_STX;
	const struct val *p = &c->now.r[i->dst], *v = is_x ? &c->now.r[i->src] : NULL;
	u32 size = size_of(i->code), place;
	struct word *w;
	int err;

	if (p->type != VAL_STACK)
		return refuse(c, at, -EACCES, "store to what is not the stack");
	if (v && v->type == VAL_NONE)
		return refuse(c, at, -EACCES, "register is not readable");
	if (v && is_pointer(v) && size != 8)
		return refuse(c, at, -EACCES, "partial store of a pointer");
	err = stack_place(c, at, p, i->off, size, &place);
	if (err)
		return err;
	w = &c->now.stack[place / 8];
	if (v && is_pointer(v)) {
		*w = (struct word){ 0, v->type, v->off };
		return 0;
	}
	w->type = VAL_NONE;
	w->off = 0;
	w->written |= ((1u << size) - 1) << place % 8;
	return 0;
}

/* ---- numbers ---- */

/* What bounds say after an operation with a constant; most make it any number. */
static struct val alu_result(const struct ebpf_insn *i, const struct val *a)
{
	bool is_64 = EBPF_CLASS(i->code) == EBPF_ALU64;
	u64 top = is_64 ? U64_MAX : U32_MAX, k = (u64)(s64)i->imm & top;
	u8 op = EBPF_OP(i->code);

	if (op == EBPF_END)
		return number(0, i->imm == 64 ? U64_MAX : (1UL << i->imm) - 1);
	if (i->code & EBPF_X)
		return number(0, top);
	if (op == EBPF_MOV)
		return number(k, k);
	if (op == EBPF_AND)
		return number(0, min(k, a->max));
	if (op == EBPF_RSH && a->max <= top)
		return number(a->min >> k, a->max >> k);
	return number(0, top);
}

static int move_pointer(struct check *c, u32 at, const struct ebpf_insn *i)
{
	struct val *d = &c->now.r[i->dst];
	s64 off = EBPF_OP(i->code) == EBPF_ADD ? (s64)d->off + i->imm : (s64)d->off - i->imm;

	if ((EBPF_OP(i->code) != EBPF_ADD && EBPF_OP(i->code) != EBPF_SUB) || (i->code & EBPF_X) ||
	    EBPF_CLASS(i->code) != EBPF_ALU64)
		return refuse(c, at, -EACCES, "arithmetic with a pointer");
	if (off < -(1 << 29) || off > 1 << 29)
		return refuse(c, at, -EACCES, "pointer out of range");
	d->off = (s32)off;
	return 0;
}

static int calculate(struct check *c, u32 at, const struct ebpf_insn *i)
{
	struct val *d = &c->now.r[i->dst];
	const struct val *s = i->code & EBPF_X && EBPF_OP(i->code) != EBPF_END ? &c->now.r[i->src] : NULL;
	bool is_mov = EBPF_OP(i->code) == EBPF_MOV;

	if (i->dst == EBPF_FP)
		return refuse(c, at, -EACCES, "frame pointer is read only");
	if ((s && s->type == VAL_NONE) || (!is_mov && d->type == VAL_NONE))
		return refuse(c, at, -EACCES, "register is not readable");
	if (is_mov && s && EBPF_CLASS(i->code) == EBPF_ALU64) {
		*d = *s;
		return 0;
	}
	if (s && is_pointer(s))
		return refuse(c, at, -EACCES, "arithmetic with a pointer");
	if (!is_mov && is_pointer(d))
		return move_pointer(c, at, i);
	*d = is_mov && s ? number(0, s->max <= U32_MAX ? s->max : U32_MAX) : alu_result(i, d);
	return 0;
}

/* ---- the pass ---- */

/* What comes next in the order of instructions is not come to from here. */
static void leave(struct check *c)
{
	c->now.is_reached = false;
}

static int jump(struct check *c, u32 at, const struct ebpf_insn *i)
{
	const struct val *d = &c->now.r[i->dst], *s = i->code & EBPF_X ? &c->now.r[i->src] : NULL;
	bool always = i->code == (EBPF_JMP | EBPF_JA);

	if (!always && (d->type == VAL_NONE || (s && s->type == VAL_NONE)))
		return refuse(c, at, -EACCES, "register is not readable");
	if (!always && (is_pointer(d) || (s && is_pointer(s))))
		return refuse(c, at, -EACCES, "comparison of a pointer");
	merge(&c->states[c->target[at + 1 + (u32)i->off] - 1], &c->now);
	if (always)
		leave(c);
	return 0;
}

static int leave_program(struct check *c, u32 at)
{
	const struct val *r0 = &c->now.r[0];

	if (r0->type != VAL_NUMBER)
		return refuse(c, at, is_pointer(r0) ? -EINVAL : -EACCES, "R0 is no number");
	if (r0->max > c->kind->ret_max)
		return refuse(c, at, -EINVAL, "R0 may be more than programs of this type return");
	leave(c);
	return 0;
}

static int step(struct check *c, u32 at, const struct ebpf_insn *i)
{
	u64 imm;

	switch (EBPF_CLASS(i->code)) {
	case EBPF_LD:
		if (i->dst == EBPF_FP)
			return refuse(c, at, -EACCES, "frame pointer is read only");
		imm = (u32)i->imm | (u64)(u32)i[1].imm << 32;
		c->now.r[i->dst] = number(imm, imm);
		return 0;
	case EBPF_LDX:
		return i->dst == EBPF_FP ? refuse(c, at, -EACCES, "frame pointer is read only") : load(c, at, i);
	case EBPF_ST:
	case EBPF_STX:
		return store(c, at, i);
	case EBPF_ALU:
	case EBPF_ALU64:
		return calculate(c, at, i);
	default:
		return i->code == (EBPF_JMP | EBPF_EXIT) ? leave_program(c, at) : jump(c, at, i);
	}
}

static int check_flow(struct check *c)
{
	int err = 0;

	c->now.is_reached = true;
	c->now.r[1] = (struct val){ VAL_CTX };
	c->now.r[EBPF_FP] = (struct val){ VAL_STACK };
	for (u32 at = 0; at < c->n && !err; at++) {
		if (c->target[at] == NOT_AN_INSN)
			continue;
		if (c->target[at]) {
			struct state *s = &c->states[c->target[at] - 1];

			if (c->now.is_reached)
				merge(s, &c->now);
			c->now = *s;
		}
		if (!c->now.is_reached)
			return refuse(c, at, -EINVAL, "unreachable instruction");
		err = step(c, at, &c->prog[at]);
	}
	if (!err && c->now.is_reached)
		return refuse(c, c->n - 1, -EINVAL, "last instruction is not an exit or jump");
	return err;
}

static int check_with(struct check *c, const struct lib_alloc *alloc)
{
	int err = check_shape(c);
	size_t size;

	if (err)
		return err;
	size = max(c->nstates, 1u) * sizeof(*c->states);
	c->states = lib_alloc_get(alloc, size);
	if (!c->states)
		return -ENOMEM;
	for (u32 i = 0; i < c->nstates; i++)
		c->states[i].is_reached = false;
	err = check_flow(c);
	lib_alloc_put(alloc, c->states, size);
	return err;
}

int ebpf_check(const struct ebpf_insn *prog, u32 n, const struct ebpf_kind *kind, const struct lib_alloc *alloc,
	       struct ebpf_fault *fault)
{
	struct check *c;
	int err = -ENOMEM;

	*fault = (struct ebpf_fault){ 0, "" };
	if (!n || n > EBPF_MAX_INSNS)
		return -E2BIG;
	c = lib_alloc_get(alloc, sizeof(*c));
	if (!c)
		return -ENOMEM;
	memset(c, 0, sizeof(*c));
	c->prog = prog;
	c->n = n;
	c->kind = kind;
	c->fault = fault;
	c->target = lib_alloc_get(alloc, n * sizeof(*c->target));
	if (c->target) {
		memset(c->target, 0, n * sizeof(*c->target));
		err = check_with(c, alloc);
	}
	lib_alloc_put(alloc, c->target, n * sizeof(*c->target));
	lib_alloc_put(alloc, c, sizeof(*c));
	return err;
}
