/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes and threads: start, end, persona hooks. */
#pragma once

#include "nt.h"

#include "vm.h"

#define NT_KUSER	0x7ffe0000UL	/* shared data page; the page behind it is code */
#define NT_UNIX_STUB	0x7ffe1100UL
#define NT_SIGNAL_HANDLER 2UL	/* in the table of actions: this personality takes it */

int nt_thread_fork(struct thread *child, struct thread *parent);
void nt_thread_exec(struct thread *t);
void nt_thread_exit(struct thread *t);
bool nt_fault(struct frame *f, int sig, int si_code, uptr addr);
bool nt_signal_taken(struct frame *f, int sig, const struct ksiginfo *info);
/** nt_ctrl_deliver() - thread_self starts threads for the console events that are pending. */
void nt_ctrl_deliver(struct nt_thread *self);

/** nt_process_alloc() - without a Linux process yet; NULL. */
struct nt_process *nt_process_alloc(void);
/** nt_process_adopt() - it is thread_self's process now, with @first as its thread. */
void nt_process_adopt(struct nt_process *p, struct nt_thread *first);
/** nt_process_end() - thread_self's process ends with this status. */
void nt_process_end(ntstatus status) __noreturn;
/** nt_thread_end() - thread_self ends; the last one ends the process. */
void nt_thread_end(ntstatus status) __noreturn;
/** nt_process_find() - by what programs call its id, referenced; NULL. */
struct nt_process *nt_process_find(u64 id);
struct nt_thread *nt_thread_find(u64 id);
/** nt_process_next() - the one after @p (NULL: the first), referenced; @p is put. */
struct nt_process *nt_process_next(struct nt_process *p);
/** nt_io_thread_exit() - operations that @self has under way are cancelled. */
void nt_io_thread_exit(struct nt_thread *self);
/** nt_job_inherit() - a child is in its parent's job, unless that lets children go. */
void nt_job_inherit(struct nt_process *parent, struct nt_process *child);
/** nt_job_leave() - @p has ended. */
void nt_job_leave(struct nt_process *p);
/** nt_token_impersonate() - @t acts as the token of a handle, as its process for 0. */
ntstatus nt_token_impersonate(struct nt_thread *t, u64 handle);
/** nt_vm_drop() - pages become zero again. */
void nt_vm_drop(struct nt_process *p, uptr at, size_t n);

/** nt_thread_alloc() - object for a thread of @p; NULL. */
struct nt_thread *nt_thread_alloc(struct nt_process *p);
/**
 * nt_thread_memory() - TEB and stack of @t in thread_self's address space
 * @reserve: bytes of stack
 * @entry, @arg: what it starts with
 * @regs: out, registers for its first instruction in ntdll
 */
ntstatus nt_thread_memory(struct nt_thread *t, u64 reserve, u64 entry, u64 arg, struct frame *regs);
/** nt_thread_ids() - write process and thread number into the TEB. */
ntstatus nt_thread_ids(struct nt_thread *t);
/** nt_apc_queue() - @t runs @fn when it waits alertably. */
ntstatus nt_apc_queue(struct nt_thread *t, u64 fn, u64 a1, u64 a2, u64 a3);
/** nt_thread_start() - one more thread of thread_self's process; the reference is the caller's. */
ntstatus nt_thread_start(u64 entry, u64 arg, u64 reserve, bool is_suspended, struct nt_thread **out);

/* What a new process is given by NtCreateUserProcess. */
struct nt_spawn {
	struct list link;
	struct thread *thread;		/* that will exec */
	struct nt_process *parent;	/* with a reference */
	struct nt_process *child;	/* out: with a reference */
	struct nt_thread *child_thread;	/* out: with a reference */
	bool inherits, is_suspended;
	struct nt_process_params *params;	/* kmem, whole block, offsets in the place of pointers */
	u32 params_size;
	void *environment;		/* kmem */
	u64 environment_size;
	struct handle_table *handles;	/* to be taken over */
	char *path;			/* kmem, Linux's */
	bool is_linux;			/* no Windows program */
	struct ofile *std[3];		/* then: its descriptors, with references */
	struct process *linux_process;	/* the child, with a reference */
	int result;			/* 0 or -errno */
	bool is_done;
	struct waitq wq;
};
/** nt_spawn_mine() - what thread_self is to become, or NULL. */
struct nt_spawn *nt_spawn_mine(void);
/** nt_spawn_done() - tell who waits. */
void nt_spawn_done(struct nt_spawn *s, int result);

/** nt_linux_child() - objects for a Linux program that was started. */
ntstatus nt_linux_child(struct nt_spawn *s);
/** nt_params_build() - fill in PEB parameters of a program that Linux started. */
ntstatus nt_params_build(struct nt_process *p, struct ofile *exe, uptr strings, u64 argc, u64 envc,
			 uptr *out);
/** nt_params_take() - the same from NtCreateUserProcess. */
ntstatus nt_params_take(struct nt_process *p, struct nt_spawn *s, uptr *out);

/** nt_kuser_map() - shared data page and stub; STATUS_SUCCESS. */
ntstatus nt_kuser_map(struct nt_vm *vm);
/** nt_kuser_use() / nt_kuser_unuse() - a process needs the times in it. */
void nt_kuser_use(void);
void nt_kuser_unuse(void);
/** nt_affinity() - mask of the CPUs there are. */
u64 nt_affinity(void);
/** nt_reply_name() - a counted text with its characters behind it. */
ntstatus nt_reply_name(u8 __user *buf, u32 room, u32 __user *used, const u16 *text, u32 len);
