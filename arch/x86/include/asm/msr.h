/* SPDX-License-Identifier: GPL-2.0-only */
/* Model-specific and control registers, by name. Intel SDM vol. 3 and 4, AMD APM vol. 2. */
#pragma once

#include <tern/base/types.h>

#define MSR_TSC			0x10
#define MSR_APIC_BASE		0x1b
#define MSR_TSC_ADJUST		0x3b
#define MSR_UCODE_REV		0x8b
#define MSR_MISC_ENABLE		0x1a0
#define MSR_DEBUGCTL		0x1d9
#define  DEBUGCTL_BTF		0x2UL
#define MSR_PAT			0x277
#define MSR_TSC_DEADLINE	0x6e0
#define MSR_X2APIC		0x800	/* + register offset >> 4 */
#define MSR_XSS			0xda0
#define MSR_EFER		0xc0000080
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083
#define MSR_SFMASK		0xc0000084
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102
#define MSR_TSC_AUX		0xc0000103

#define EFER_SCE		0x1UL
#define EFER_LME		0x100UL
#define EFER_NX			0x800UL

#define CR0_PE			0x1UL
#define CR0_MP			0x2UL
#define CR0_EM			0x4UL
#define CR0_TS			0x8UL
#define CR0_ET			0x10UL
#define CR0_NE			0x20UL
#define CR0_WP			0x10000UL
#define CR0_AM			0x40000UL
#define CR0_PG			0x80000000UL

#define CR4_TSD			0x4UL
#define CR4_DE			0x8UL
#define CR4_PSE			0x10UL
#define CR4_PAE			0x20UL
#define CR4_MCE			0x40UL
#define CR4_PGE			0x80UL
#define CR4_OSFXSR		0x200UL
#define CR4_OSXMMEXCPT		0x400UL
#define CR4_UMIP		0x800UL
#define CR4_FSGSBASE		0x10000UL
#define CR4_PCIDE		0x20000UL
#define CR4_OSXSAVE		0x40000UL
#define CR4_SMEP		0x100000UL
#define CR4_SMAP		0x200000UL

#define RFLAGS_CF		0x1UL
#define RFLAGS_TF		0x100UL
#define RFLAGS_DF		0x400UL
#define RFLAGS_IOPL		0x3000UL
#define RFLAGS_NT		0x4000UL
#define RFLAGS_RF		0x10000UL
#define RFLAGS_VM		0x20000UL
#define RFLAGS_AC		0x40000UL
#define RFLAGS_ID		0x200000UL
/* What user space may set in its own flags: CF PF AF ZF SF TF DF OF NT AC ID... */
#define RFLAGS_USER		0x254dd5UL

static inline u64 msr_read(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a" (lo), "=d" (hi) : "c" (msr));
	return (u64)hi << 32 | lo;
}
static inline void msr_write(u32 msr, u64 v)
{
	__asm__ volatile("wrmsr" : : "c" (msr), "a" ((u32)v), "d" ((u32)(v >> 32)) : "memory");
}
/** msr_read_safe() / msr_write_safe() - 0, or -EIO if the CPU has no such register. */
int msr_read_safe(u32 msr, u64 *v);
int msr_write_safe(u32 msr, u64 v);

#define __CR(n)									\
static inline u64 cr##n##_read(void)						\
{										\
	u64 v;									\
	__asm__ volatile("mov %%cr" #n ", %0" : "=r" (v) : : "memory");		\
	return v;								\
}										\
static inline void cr##n##_write(u64 v)						\
{										\
	__asm__ volatile("mov %0, %%cr" #n : : "r" (v) : "memory");		\
}
__CR(0)
__CR(2)
__CR(3)
__CR(4)
#undef __CR

static inline u64 fsbase_read_insn(void)
{
	u64 v;
	__asm__ volatile("rdfsbase %0" : "=r" (v));
	return v;
}
static inline void fsbase_write_insn(u64 v) { __asm__ volatile("wrfsbase %0" : : "r" (v)); }
