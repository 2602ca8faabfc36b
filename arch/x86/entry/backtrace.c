// SPDX-License-Identifier: GPL-2.0-only
/* Kernel backtraces along the chain of saved frame pointers. */
#include <asm/backtrace.h>

#include <asm/page.h>
#include <tern/base/kallsyms.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/thread.h>

#define FRAMES_MAX	64	/* deeper than 16 KiB of stack can hold usefully */

int probe_read_raw(uptr addr, u64 *v);
extern char _text[], __bss_stop[];

static bool is_code(uptr a)
{
	return (a >= (uptr)_text && a < (uptr)__bss_stop) || (a >= MODULE_BASE && a < MODULE_END);
}

static void walk(u64 rbp, bool (*fn)(void *arg, uptr addr), void *arg)
{
	u64 next, ret;

	for (u32 i = 0; i < FRAMES_MAX; i++) {
		if ((rbp & 7) || rbp < 0xffff800000000000UL)
			return;
		if (probe_read_raw(rbp, &next) || probe_read_raw(rbp + 8, &ret))
			return;
		if (!is_code(ret) || !fn(arg, ret))
			return;
		if (next == rbp)
			return;
		rbp = next;
	}
}

void arch_backtrace(const struct frame *f, bool (*fn)(void *arg, uptr addr), void *arg)
{
	if (!f) {
		walk((u64)__builtin_frame_address(0), fn, arg);
		return;
	}
	if (frame_is_user(f) || (is_code(f->rip) && !fn(arg, f->rip)))
		return;
	walk(f->rbp, fn, arg);
}

void arch_backtrace_thread(const struct thread *t, bool (*fn)(void *arg, uptr addr), void *arg)
{
	const u64 *sp = (const u64 *)t->t_arch.sp;

	if (sp)
		walk(sp[5], fn, arg);	/* rbp as arch_switch_stack pushed it */
}

static bool log_one(void *arg, uptr addr)
{
	struct ksym sym;

	if (ksym_lookup(addr, &sym))
		kerr("  %016lx %s+0x%lx", addr, sym.name, addr - sym.addr);
	else
		kerr("  %016lx", addr);
	return true;
}

void arch_backtrace_log(const struct frame *f)
{
	kerr("backtrace:");
	arch_backtrace(f, log_one, NULL);
}
