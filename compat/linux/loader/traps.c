// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions in module code, and its symbols: the answers of foreign_code.
 *
 * A warning of a module is a ud2 instruction that its __bug_table names: the warning is logged
 * and the code goes on behind it. A fault that nothing foresees ends the thread (arch); the
 * module then stays loaded for ever, since nobody knows what it holds.
 */
#include "loader_impl.h"

#include <asm/frame.h>
#include <asm/pgtable.h>
#include <tern/base/foreign.h>
#include <tern/base/initcall.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/thread.h>

#include "../task.h"

#define TRAP_BREAKPOINT	3u
#define TRAP_UD		6u
#define UD2_LEN		2
#define EX_TYPE_MASK	0xff
#define EX_FIXUP	1
#define EX_USER_ACCESS	3

static uptr module_fixup(uptr rip)
{
	struct ko_module *m;
	uptr found = 0;

	rcu_read_lock();
	m = module_at(rip);
	for (u32 i = 0; m && i < m->nextable && !found; i++) {
		const struct ko_extable *e = &m->extable[i];
		u32 type = (u32)e->data & EX_TYPE_MASK;

		if ((uptr)&e->insn + (uptr)(s64)e->insn == rip &&
		    (type == EX_FIXUP || type == EX_USER_ACCESS))
			found = (uptr)&e->fixup + (uptr)(s64)e->fixup;
	}
	rcu_read_unlock();
	return found;
}

static struct ko_bug *bug_at(struct ko_module *m, uptr rip)
{
	for (u32 i = 0; i < m->nbugs; i++)
		if ((uptr)&m->bugs[i].insn + (uptr)(s64)m->bugs[i].insn == rip)
			return &m->bugs[i];
	return NULL;
}

/* Log it; true if the code goes on behind it. */
static bool report_bug(struct ko_module *m, struct ko_bug *b, struct frame *f)
{
	const char *file = (const char *)&b->file + b->file;

	if (!(b->flags & KO_BUG_WARNING)) {
		kerr("kernel BUG at %s:%u! (module %s)", file, b->line, m->name);
		return false;
	}
	if ((b->flags & KO_BUG_ONCE) && (b->flags & KO_BUG_DONE))
		return true;
	b->flags |= KO_BUG_DONE;
	kwarn("WARNING: at %s:%u, module %s", file, b->line, m->name);
	klog_frame(KLOG_WARNING, f);
	klog_taint(TAINT_WARN);
	return true;
}

static bool module_trap(struct frame *f, u32 vector)
{
	struct ko_module *m;
	struct ko_bug *b;
	bool goes_on = false;

	if (vector == TRAP_BREAKPOINT)
		return text_poke_trap(f);
	if (vector != TRAP_UD)
		return false;
	rcu_read_lock();
	m = module_at(f->rip);
	b = m ? bug_at(m, f->rip) : NULL;
	if (b)
		goes_on = report_bug(m, b, f);
	rcu_read_unlock();
	if (goes_on)
		f->rip += UD2_LEN;
	return goes_on;
}

static bool module_symbol(uptr addr, struct ksym *out)
{
	const struct ko_module *m = module_at(addr);
	u32 low = 0, high = m ? m->nksyms : 0;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (m->ksyms[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return false;
	out->addr = m->ksyms[low - 1].addr;
	out->name = m->ksym_names + m->ksyms[low - 1].name;
	out->type = m->ksyms[low - 1].type;
	return true;
}

static void module_print_symbols(struct seqbuf *sb, bool may_see)
{
	struct ko_module *m;

	kmutex_lock(&module_lock);
	list_foreach(m, &modules, link)
		for (u32 i = 0; i < m->nksyms && !sb->is_full; i++)
			seqbuf_printf(sb, "%016lx %c %s\t[%s]\n", may_see ? m->ksyms[i].addr : 0,
				      m->ksyms[i].type, m->ksym_names + m->ksyms[i].name, m->name);
	kmutex_unlock(&module_lock);
}

static void module_died(uptr rip)
{
	struct ko_module *m = module_at(rip);

	if (!m)
		return;
	m->is_dead = true;
	kerr("module %s is dead: its code faulted; it stays loaded and gets no new users", m->name);
}

static const struct foreign_code_ops module_code = {
	.fixup = module_fixup, .trap = module_trap, .symbol = module_symbol,
	.print_symbols = module_print_symbols,
	.print_modules = module_print_list, .died = module_died, .free_view = lx_task_free,
	.request = module_request,
};

static int modules_init(void)
{
	int err = lx_task_init();

	if (!err)
		foreign_code = &module_code;
	return err;
}
INITCALL(CORE, modules_init);
