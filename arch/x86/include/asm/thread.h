/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processor's part of a thread. Owner arch/x86/entry and arch/x86/cpu/fpu.c.
 *
 * struct arch_thread is embedded in struct thread. Extended state (x87 .. AVX-512)
 * lives in a separately allocated XSAVE area: a kernel thread has none.
 */
#pragma once

#include <asm/frame.h>
#include <tern/base/annotate.h>
#include <tern/base/types.h>

struct ioports;

struct arch_thread {
	u64 sp;			/* kernel stack pointer while switched out */
	u64 fs_base, gs_base;	/* user's; live in the registers while running */
	void *xstate;		/* XSAVE area, NULL for kernel threads */
	u64 fault_addr;		/* last user fault: for signals and ptrace */
	u64 fault_code;
	u32 trap_no;
	bool xstate_is_live;	/* registers hold newer state than the area */
	u32 xstate_cpu;		/* CPU whose registers last held it, ~0 if the area changed since */
	u64 debug_reg[8];	/* hardware breakpoints for ptrace; dr7 == 0: none */
	u8 has_debug_reg;
	u8 tsc_is_off;		/* PR_SET_TSC */
	u8 has_ports;		/* ports, or iopl is 3 */
	u8 iopl;		/* iopl(2) */
	struct ioports *ports;	/* ioperm(2), with a reference; NULL */
	bool step_is_forced;	/* the trap flag is a debugger's, not the program's own */
	bool step_by_branch;	/* ... and the processor shall trap only after branches (BTF) */
	bool is_stepping;	/* a debugger lets it run one instruction at a time */
};

struct thread;

/**
 * arch_thread_switch() - change stacks and per-thread CPU state
 * @prev: running thread
 * @next: thread to run
 * Return: (in @next's context) the thread that ran before it.
 * Context: run queue lock held, interrupts off. Does not touch the address space.
 */
struct thread *arch_thread_switch(struct thread *prev, struct thread *next);

/**
 * arch_thread_init_kernel() - prepare a stack so that the first switch runs @fn(@arg)
 * The start goes through thread_start_hook() (upcall.h), which releases the run queue.
 */
void arch_thread_init_kernel(struct thread *t, int (*fn)(void *arg), void *arg);

/**
 * arch_thread_init_user() - child of a fork: returns to user space with a copy of @regs
 * @sp: new user stack pointer, or 0 to keep
 * @tls: new fs base if @set_tls
 * rax becomes 0. Copies the parent's (thread_self's) extended state.
 * Return: 0 or -ENOMEM.
 */
int arch_thread_init_user(struct thread *t, const struct frame *regs, u64 sp, u64 tls, bool set_tls);

/** arch_thread_exec() - reset user registers, FPU and debug state for a new program. */
int arch_thread_exec(struct thread *t, uptr entry, uptr sp);

/** arch_thread_fini() - free what arch_thread holds. */
void arch_thread_fini(struct thread *t);

/** arch_user_start() - thread_fn that enters user space from a kernel-made first thread. */
int arch_user_start(void *unused);

/* ---- signals: frames on the user stack, Linux rt_sigframe layout ---- */
struct ksiginfo;
struct ksigaction;

/**
 * sigframe_push() - make the user registers enter a handler
 * @set: mask to restore when the handler returns (one u64)
 * Return: 0, -EFAULT if the user stack cannot take the frame.
 */
int sigframe_push(struct thread *t, int sig, const struct ksiginfo *info,
		  const struct ksigaction *act, u64 set);

/**
 * sigframe_pop() - rt_sigreturn: restore registers from the frame at rsp
 * @set: out, mask to restore
 * Return: 0, -EFAULT; every register value is validated.
 */
int sigframe_pop(struct thread *t, u64 *set);

/* ---- extended state for ptrace and core dumps ---- */
size_t xstate_size(void);
/** xstate_features() - state components in the area (XCR0). */
u64 xstate_features(void);
/** xstate_sync() - make the area of @t current (saves live registers of thread_self). */
void xstate_sync(struct thread *t);
/** xstate_load_user() - replace state from an untrusted buffer; -EINVAL if malformed. */
int xstate_load_user(struct thread *t, const void *buf, size_t size);

/** xstate_legacy_get() - the 512 bytes that FXSAVE stores, of thread_self or one that does not run. */
void xstate_legacy_get(struct thread *t, void *out);
/** xstate_legacy_set() - replace them, made loadable; wider vector registers stay. */
void xstate_legacy_set(struct thread *t, const void *in);

/** xstate_ymm_get() - the 256 bytes of upper halves of ymm0 to 15, as above; false: the CPU has none. */
bool xstate_ymm_get(struct thread *t, void *out);
void xstate_ymm_set(struct thread *t, const void *in);

/* Use of vector registers in the kernel: preemption off in between. */
void kfpu_begin(void);
/** kfpu_is_usable() - may kfpu_begin() be called here. */
bool kfpu_is_usable(void);
void kfpu_end(void);

/** arch_prctl_op() - arch_prctl(2) on thread_self(). */
long arch_prctl_op(int code, uptr arg);
