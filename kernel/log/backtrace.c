// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backtraces by frame pointers. A chain is followed only while it stays inside one
 * kernel stack and goes up, so that a damaged one ends instead of faulting.
 */
#include <asm/frame.h>
#include <asm/page.h>
#include <tern/base/kallsyms.h>
#include <tern/kernel/klog.h>

#define DEPTH_MAX	48
#define KERNEL_HALF	0xffff800000000000UL

static void log_address(enum klog_level level, uptr ip, const char *mark)
{
	struct ksym sym;

	if (ksym_lookup(ip, &sym))
		klog(level, "  %s[<%016lx>] %s+%#lx", mark, ip, sym.name, ip - sym.addr);
	else
		klog(level, "  %s[<%016lx>]", mark, ip);
}

static bool is_frame_ok(uptr fp, uptr low)
{
	return fp >= low && fp - low < KSTACK_SIZE && IS_ALIGNED(fp, 8) && fp >= KERNEL_HALF &&
	       fp < (uptr)-PAGE_SIZE;
}

void klog_backtrace_from(enum klog_level level, uptr ip, uptr fp)
{
	uptr low = fp;

	if (ip)
		log_address(level, ip, "");
	if (!IS_ENABLED(CONFIG_FRAME_POINTER))
		return;
	for (int i = 0; i < DEPTH_MAX && is_frame_ok(fp, low); i++) {
		uptr next = READ_ONCE(*(uptr *)fp), ret = READ_ONCE(*(uptr *)(fp + 8));

		if (ret < KERNEL_HALF)
			break;
		log_address(level, ret, "");
		if (next <= fp)
			break;
		low = fp;
		fp = next;
	}
}

void klog_backtrace(enum klog_level level)
{
	klog(level, "Call trace:");
	klog_backtrace_from(level, 0, (uptr)__builtin_frame_address(0));
}

void klog_frame(enum klog_level level, const struct frame *f)
{
	klog(level, "rip %016lx cs %02lx rflags %08lx rsp %016lx ss %02lx code %lx", f->rip, f->cs,
	     f->rflags, f->rsp, f->ss, f->orig_rax);
	klog(level, "rax %016lx rbx %016lx rcx %016lx rdx %016lx", f->rax, f->rbx, f->rcx, f->rdx);
	klog(level, "rsi %016lx rdi %016lx rbp %016lx r8  %016lx", f->rsi, f->rdi, f->rbp, f->r8);
	klog(level, "r9  %016lx r10 %016lx r11 %016lx r12 %016lx", f->r9, f->r10, f->r11, f->r12);
	klog(level, "r13 %016lx r14 %016lx r15 %016lx", f->r13, f->r14, f->r15);
	if (frame_is_user(f))
		return;
	klog(level, "Call trace:");
	klog_backtrace_from(level, f->rip, f->rbp);
}
