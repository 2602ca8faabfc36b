/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended BPF: the machine of RFC 9669 whose programs user space loads by bpf(2). Ten registers of 64 bits and
 * a frame pointer, 512 bytes of stack, a context to judge. What is here is the part without maps, helpers, calls
 * and loops; a program that ebpf_check() accepted always ends, reads nothing but its context, registers and stack
 * that it has written, and returns what its kind may return.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/lib/alloc.h>

#define EBPF_MAX_INSNS	65536u
#define EBPF_STACK	512
#define EBPF_NREGS	11u	/* the last is the frame pointer */
#define EBPF_FP		10u

/* One instruction, as user space writes it (struct bpf_insn). */
struct ebpf_insn {
	u8 code;
	u8 dst : 4, src : 4;
	s16 off;
	s32 imm;
};
static_assert(sizeof(struct ebpf_insn) == 8, "wire");

/* Code: class, then source and operation, or size and mode. RFC 9669 3 and 5. */
#define EBPF_CLASS(c)	((c) & 0x07)
#define EBPF_LD		0x00
#define EBPF_LDX	0x01
#define EBPF_ST		0x02
#define EBPF_STX	0x03
#define EBPF_ALU	0x04
#define EBPF_JMP	0x05
#define EBPF_JMP32	0x06
#define EBPF_ALU64	0x07
#define EBPF_SIZE(c)	((c) & 0x18)
#define EBPF_W		0x00
#define EBPF_H		0x08
#define EBPF_B		0x10
#define EBPF_DW		0x18
#define EBPF_MODE(c)	((c) & 0xe0)
#define EBPF_IMM	0x00
#define EBPF_MEM	0x60
#define EBPF_X		0x08
#define EBPF_K		0x00
#define EBPF_OP(c)	((c) & 0xf0)
#define EBPF_ADD	0x00
#define EBPF_SUB	0x10
#define EBPF_MUL	0x20
#define EBPF_DIV	0x30
#define EBPF_OR		0x40
#define EBPF_AND	0x50
#define EBPF_LSH	0x60
#define EBPF_RSH	0x70
#define EBPF_NEG	0x80
#define EBPF_MOD	0x90
#define EBPF_XOR	0xa0
#define EBPF_MOV	0xb0
#define EBPF_ARSH	0xc0
#define EBPF_END	0xd0
#define EBPF_JA		0x00
#define EBPF_JEQ	0x10
#define EBPF_JGT	0x20
#define EBPF_JGE	0x30
#define EBPF_JSET	0x40
#define EBPF_JNE	0x50
#define EBPF_JSGT	0x60
#define EBPF_JSGE	0x70
#define EBPF_CALL	0x80
#define EBPF_EXIT	0x90
#define EBPF_JLT	0xa0
#define EBPF_JLE	0xb0
#define EBPF_JSLT	0xc0
#define EBPF_JSLE	0xd0
#define EBPF_LD_IMM64	(EBPF_LD | EBPF_IMM | EBPF_DW)	/* two instructions long */

/* What programs are for: the context they get, and what they may answer. */
struct ebpf_kind {
	/* May @size bytes at @off of the context be read. @off is a multiple of @size. */
	bool (*may_load)(u32 off, u32 size);
	u64 ret_max;		/* of what is returned */
};

/* Why a program was refused. */
struct ebpf_fault {
	u32 at;			/* instruction */
	const char *why;
};

/**
 * ebpf_check() - is this a program that ebpf_run() may run for @kind?
 * @n: instructions
 * @alloc: for the check alone
 * @fault: filled if not
 * Return: 0; -EINVAL: no such instruction, operands, jump out or back, instructions that nothing leads to, an answer
 *	that @kind does not have; -EACCES: reads what it may not or did not write; -E2BIG: too long; -ENOMEM.
 */
int ebpf_check(const struct ebpf_insn *prog, u32 n, const struct ebpf_kind *kind, const struct lib_alloc *alloc,
	       struct ebpf_fault *fault);

/**
 * ebpf_run() - run a checked program on @ctx, which has the bytes that its kind may load
 * Context: any; a kibibyte of stack.
 * Return: its answer.
 */
u64 ebpf_run(const struct ebpf_insn *prog, const void *ctx);
