// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lookup in the symbol table that scripts/gen-kallsyms.py appends. Works at
 * any time and in any context: it only reads, and calls nothing.
 */
#include <tern/base/err.h>
#include <tern/base/foreign.h>
#include <tern/lib/fmt.h>

struct kallsyms_head {
	u32 count;
	u32 name_bytes;
	s32 offset[];	/* from _text, ascending; then u32 name[count], text */
};

/* Set by the linker script; equal in the first of the two links. */
extern const char __kallsyms_start[], __kallsyms_end[];
extern const char _text[], _end[];

static const struct kallsyms_head *table(void)
{
	return (const struct kallsyms_head *)__kallsyms_start;
}

u32 ksym_count(void)
{
	if (&__kallsyms_start[0] == &__kallsyms_end[0])
		return 0;
	return table()->count;
}

void ksym_at(u32 index, struct ksym *out)
{
	const struct kallsyms_head *t = table();
	const u32 *name = (const u32 *)&t->offset[t->count];
	const char *text = (const char *)&name[t->count] + name[index];

	out->addr = (uptr)_text + t->offset[index];
	out->type = text[0];
	out->name = text + 1;
}

static uptr no_fixup(uptr rip) { return 0; }
static bool no_trap(struct frame *f, u32 vector) { return false; }
static bool no_symbol(uptr addr, struct ksym *out) { return false; }
static void no_print(struct seqbuf *sb, bool may_see) { }
static void no_died(uptr rip) { }
static void no_view(void *view) { }
static int no_request(const char *name) { return -ENOENT; }

static const struct foreign_code_ops no_foreign_code = {
	.fixup = no_fixup, .trap = no_trap, .symbol = no_symbol, .print_symbols = no_print,
	.print_modules = no_print,
	.died = no_died, .free_view = no_view, .request = no_request,
};
const struct foreign_code_ops *foreign_code = &no_foreign_code;

int foreign_request(const char *fmt, ...)
{
	char name[64];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = fmt_vprint(name, sizeof(name), fmt, ap);
	va_end(ap);
	return n < 0 || n >= (int)sizeof(name) ? -ENAMETOOLONG : foreign_code->request(name);
}

bool ksym_lookup(uptr addr, struct ksym *out)
{
	const struct kallsyms_head *t = table();
	u32 low = 0, high = ksym_count();
	uptr base = (uptr)_text;

	if (!high || addr < base || addr >= (uptr)_end)
		return foreign_code->symbol(addr, out);
	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (base + t->offset[mid] <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return false;
	ksym_at(low - 1, out);
	return true;
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

uptr ksym_addr(const char *name)
{
	struct ksym sym;
	u32 i, n = ksym_count();

	for (i = 0; i < n; i++) {
		ksym_at(i, &sym);
		if (same(sym.name, name))
			return sym.addr;
	}
	return 0;
}
