// SPDX-License-Identifier: GPL-2.0-only
/* Constants that assembly needs; compiled to text, from which the build makes
 * generated/asm-offsets.h.
 */
#include <asm/frame.h>
#include <asm/page.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/thread.h>

#define DEFINE(name, value)	__asm__ volatile("\n->" #name " %0" : : "i" (value))
#define FRAME(name, member)	DEFINE(FRAME_##name, offsetof(struct frame, member))

void asm_offsets(void);
void asm_offsets(void)
{
	FRAME(RAX, rax);
	FRAME(RCX, rcx);
	FRAME(RDX, rdx);
	FRAME(RSI, rsi);
	FRAME(RDI, rdi);
	FRAME(R8, r8);
	FRAME(R9, r9);
	FRAME(R10, r10);
	FRAME(R11, r11);
	FRAME(ORIG_RAX, orig_rax);
	FRAME(RIP, rip);
	FRAME(CS, cs);
	FRAME(RFLAGS, rflags);
	FRAME(RSP, rsp);
	DEFINE(FRAME_SIZE, sizeof(struct frame));
	DEFINE(THREAD_WORK, offsetof(struct thread, t_work));
	DEFINE(WORK_ENTRY, WORK_ENTRY_MASK);
	DEFINE(WORK_LEAVE, WORK_EXIT_MASK | WORK_SYSEXIT_MASK);
	DEFINE(NR_SYSCALLS, SYSCALL_COUNT);
	DEFINE(STACK_SIZE, KSTACK_SIZE);
}
