// SPDX-License-Identifier: GPL-2.0-only
/* Registers and symbolised backtraces in the log. */
#include <asm/backtrace.h>
#include <asm/frame.h>
#include <tern/base/kallsyms.h>
#include <tern/kernel/klog.h>

struct log_arg {
	enum klog_level level;
};

static bool log_address(void *arg, uptr ip)
{
	enum klog_level level = ((struct log_arg *)arg)->level;
	struct ksym sym;

	if (ksym_lookup(ip, &sym))
		klog(level, "  [<%016lx>] %s+%#lx", ip, sym.name, ip - sym.addr);
	else
		klog(level, "  [<%016lx>]", ip);
	return true;
}

void klog_backtrace(enum klog_level level)
{
	struct log_arg arg = { level };

	klog(level, "Call trace:");
	arch_backtrace(NULL, log_address, &arg);
}

void klog_backtrace_thread(enum klog_level level, const struct thread *t)
{
	struct log_arg arg = { level };

	arch_backtrace_thread(t, log_address, &arg);
}

void klog_frame(enum klog_level level, const struct frame *f)
{
	struct log_arg arg = { level };

	klog(level, "rip %016lx cs %02lx rflags %08lx rsp %016lx ss %02lx code %lx", f->rip, f->cs,
	     f->rflags, f->rsp, f->ss, f->orig_rax);
	klog(level, "rax %016lx rbx %016lx rcx %016lx rdx %016lx", f->rax, f->rbx, f->rcx, f->rdx);
	klog(level, "rsi %016lx rdi %016lx rbp %016lx r8  %016lx", f->rsi, f->rdi, f->rbp, f->r8);
	klog(level, "r9  %016lx r10 %016lx r11 %016lx r12 %016lx", f->r9, f->r10, f->r11, f->r12);
	klog(level, "r13 %016lx r14 %016lx r15 %016lx", f->r13, f->r14, f->r15);
	if (frame_is_user(f))
		return;
	klog(level, "Call trace:");
	arch_backtrace(f, log_address, &arg);
}
