// SPDX-License-Identifier: GPL-2.0-only
/* Names of the routines in thunks.S and of what the compiler calls. */
#include "../lx.h"

#include <asm/percpu.h>
#include <tern/base/preempt.h>

void __stack_chk_fail(void);

LX_EXPORT_ASM(__fentry__);
LX_EXPORT_ASM(__x86_return_thunk);
LX_EXPORT_ASM(__x86_indirect_thunk_rax);
LX_EXPORT_ASM(__x86_indirect_thunk_rbx);
LX_EXPORT_ASM(__x86_indirect_thunk_rcx);
LX_EXPORT_ASM(__x86_indirect_thunk_rdx);
LX_EXPORT_ASM(__x86_indirect_thunk_rsi);
LX_EXPORT_ASM(__x86_indirect_thunk_rdi);
LX_EXPORT_ASM(__x86_indirect_thunk_rbp);
LX_EXPORT_ASM(__x86_indirect_thunk_r8);
LX_EXPORT_ASM(__x86_indirect_thunk_r9);
LX_EXPORT_ASM(__x86_indirect_thunk_r10);
LX_EXPORT_ASM(__x86_indirect_thunk_r11);
LX_EXPORT_ASM(__x86_indirect_thunk_r12);
LX_EXPORT_ASM(__x86_indirect_thunk_r13);
LX_EXPORT_ASM(__x86_indirect_thunk_r14);
LX_EXPORT_ASM(__x86_indirect_thunk_r15);
LX_EXPORT_ASM(__sw_hweight32);
LX_EXPORT_ASM(__sw_hweight64);
LX_EXPORT_ALIAS(__stack_chk_fail, __stack_chk_fail);
extern char lx_preempt_schedule[], lx_clear_page[];
LX_EXPORT_ALIAS(__SCT__preempt_schedule, *lx_preempt_schedule);
LX_EXPORT_ALIAS(__SCT__preempt_schedule_notrace, *lx_preempt_schedule);
LX_EXPORT_ALIAS(clear_page_orig, *lx_clear_page);
LX_EXPORT_ALIAS(clear_page_rep, *lx_clear_page);
LX_EXPORT_ALIAS(clear_page_erms, *lx_clear_page);
