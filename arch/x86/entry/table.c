// SPDX-License-Identifier: GPL-2.0-only
/* The system call table; its rows are in syscalls.tbl. */
#include <asm/frame.h>
#include <tern/base/upcall.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/thread.h>

static long absent(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	return trap_syscall_missing(thread_frame(thread_self())->orig_rax);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
extern const syscall_fn syscall_table[SYSCALL_COUNT];
const syscall_fn syscall_table[SYSCALL_COUNT] = {
	[0 ... SYSCALL_COUNT - 1] = absent,
#include <generated/syscall_table.inc>
};
#pragma GCC diagnostic pop
