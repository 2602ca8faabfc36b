/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Classic BPF: the small machine whose programs user space gives to filter
 * system calls and packets. An accumulator A, an index X, 16 words of scratch
 * memory, loads from the data to judge, forward jumps only. A program that
 * cbpf_check() accepted always ends and touches nothing else.
 *
 * Model: McCanne, Jacobson: The BSD Packet Filter (USENIX 1993).
 */
#pragma once

#include <tern/base/types.h>

#define CBPF_MAX_INSNS	4096

/* One instruction, as user space writes it (struct sock_filter). */
struct cbpf_insn {
	u16 code;
	u8 jt, jf;
	u32 k;
};

/* Code: class, then size and mode of loads, or operation and source. */
#define CBPF_CLASS(c)	((c) & 0x07)
#define CBPF_LD		0x00
#define CBPF_LDX	0x01
#define CBPF_ST		0x02
#define CBPF_STX	0x03
#define CBPF_ALU	0x04
#define CBPF_JMP	0x05
#define CBPF_RET	0x06
#define CBPF_MISC	0x07
#define CBPF_W		0x00
#define CBPF_H		0x08
#define CBPF_B		0x10
#define CBPF_IMM	0x00
#define CBPF_ABS	0x20
#define CBPF_IND	0x40
#define CBPF_MEM	0x60
#define CBPF_LEN	0x80
#define CBPF_MSH	0xa0
#define CBPF_K		0x00
#define CBPF_X		0x08
#define CBPF_A		0x10
#define CBPF_ADD	0x00
#define CBPF_SUB	0x10
#define CBPF_MUL	0x20
#define CBPF_DIV	0x30
#define CBPF_OR		0x40
#define CBPF_AND	0x50
#define CBPF_LSH	0x60
#define CBPF_RSH	0x70
#define CBPF_NEG	0x80
#define CBPF_MOD	0x90
#define CBPF_XOR	0xa0
#define CBPF_JA		0x00
#define CBPF_JEQ	0x10
#define CBPF_JGT	0x20
#define CBPF_JGE	0x30
#define CBPF_JSET	0x40
#define CBPF_TAX	0x00
#define CBPF_TXA	0x80

/*
 * What a program judges. load() fetches @size (1, 2, 4) bytes at @off as a
 * number; false ends the program with result 0.
 */
struct cbpf_data {
	bool (*load)(struct cbpf_data *d, u32 off, u32 size, u32 *out);
	u32 len;
};

/**
 * cbpf_check() - is this a program that cbpf_run() may run?
 * @n: instructions
 * @scratch: n entries of room for the check
 * Return: 0; -EINVAL for a bad length or instruction, a jump outside, a
 * division by a constant 0, a shift by 32 or more, a read of scratch memory
 * that not every path has written, or a last instruction that is no return.
 */
int cbpf_check(const struct cbpf_insn *prog, u32 n, u16 *scratch);

/** cbpf_run() - run a checked program. Return: what it returns, 0 if a load or a division failed. */
u32 cbpf_run(const struct cbpf_insn *prog, struct cbpf_data *d);
