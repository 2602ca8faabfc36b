// SPDX-License-Identifier: GPL-2.0-only
/* ioperm(2) and iopl(2): who may give itself ports. What it has is arch/x86/cpu/ioport.c's. */
#include "proc_impl.h"

#include <asm/ioport.h>
#include <tern/kernel/syscalls.h>

long sys_ioperm(u64 from, u64 num, int on)
{
	if (from + num <= from || from + num > IOPORTS)
		return -EINVAL;
	if (on && !cap_has(CAP_SYS_RAWIO))
		return -EPERM;
	return arch_ioports_set((u32)from, (u32)num, on);
}

long sys_iopl(u32 level)
{
	if (level > 3)
		return -EINVAL;
	if (level > arch_iopl_get() && !cap_has(CAP_SYS_RAWIO))
		return -EPERM;
	arch_iopl_set((u8)level);
	return 0;
}
