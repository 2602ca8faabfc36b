// SPDX-License-Identifier: GPL-2.0-only
/* The exception table: instructions that may fault, and where to go on. */
#include "../entry_impl.h"

#include <tern/base/foreign.h>

struct extable_entry {
	s32 insn, fixup;	/* relative to their own address */
};

extern const struct extable_entry __start_ex_table[], __stop_ex_table[];

/* A few dozen entries, looked at only after a failed fault: a plain search. */
static const struct extable_entry *find(uptr rip)
{
	for (const struct extable_entry *e = __start_ex_table; e < __stop_ex_table; e++)
		if ((uptr)&e->insn + (uptr)(s64)e->insn == rip)
			return e;
	return NULL;
}

bool extable_has(uptr rip)
{
	return find(rip) || foreign_code->fixup(rip);
}

bool extable_fixup(struct frame *f)
{
	const struct extable_entry *e = find(f->rip);
	uptr to = e ? (uptr)&e->fixup + (uptr)(s64)e->fixup : foreign_code->fixup(f->rip);

	if (!to)
		return false;
	f->rip = to;
	return true;
}
