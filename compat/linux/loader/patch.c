// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes to a module's code: at load time in its writable view, later by text_poke().
 *
 *	.return_sites		a jump to the return thunk becomes a return
 *	__mcount_loc		a call to the tracer becomes a no-operation
 *	.altinstructions	code for what this CPU has
 *	__jump_table		jump or no-operation, as the static key says
 *
 * text_poke() may change code that other CPUs run: a breakpoint goes over the first byte, then the
 * rest is written, then the first byte, and all CPUs serialise in between. A CPU that hits the
 * breakpoint goes on as if the new code were there (text_poke_trap()). The pages are not writable
 * where they run: the direct map is.
 *
 * Tables come from the file: every site is checked to lie in code, and to hold what it must.
 */
#include "loader_impl.h"

#include <asm/cpu.h>
#include <asm/cpufeature.h>
#include <asm/frame.h>
#include <asm/pgtable.h>
#include <tern/base/err.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>

#define OP_INT3		0xcc
#define OP_CALL		0xe8
#define OP_JMP		0xe9
#define OP_JMP_SHORT	0xeb
#define OP_RET		0xc3
#define NOP_LEN_MAX	8
#define KEY_MASK	3UL
#define ALT_NOT		0x8000u

static const u8 nops[NOP_LEN_MAX + 1][NOP_LEN_MAX] = {
	{ 0 }, { 0x90 }, { 0x66, 0x90 }, { 0x0f, 0x1f, 0x00 }, { 0x0f, 0x1f, 0x40, 0x00 },
	{ 0x0f, 0x1f, 0x44, 0x00, 0x00 }, { 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 },
	{ 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00 },
	{ 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
};

/* What load.c gave: the module's sections. */
struct code {
	const struct ko_image *ko;
	u8 *const *view;
};

/* Does [at, at + n) lie in one section with all the flags of @flags? */
static bool lies_in(const struct code *c, const u8 *at, u64 n, u64 flags)
{
	for (u32 i = 1; i < c->ko->nsec; i++) {
		const struct elf_section *s = &c->ko->sec[i];

		if (c->view[i] && (s->flags & flags) == flags && at >= c->view[i] &&
		    (u64)(at - c->view[i]) <= s->size && n <= s->size - (u64)(at - c->view[i]))
			return true;
	}
	return false;
}

static u8 *table(const struct code *c, const char *name, u32 entry, u64 *count)
{
	u32 i = ko_find_section(c->ko, name);

	*count = i && c->view[i] ? c->ko->sec[i].size / entry : 0;
	return i ? c->view[i] : NULL;
}

static void fill_nops(u8 *at, u32 n)
{
	for (u32 part; n; at += part, n -= part) {
		part = n > NOP_LEN_MAX ? NOP_LEN_MAX : n;
		memcpy(at, nops[part], part);
	}
}

static int patch_returns(const struct code *c)
{
	static const u8 ret[5] = { OP_RET, OP_INT3, OP_INT3, OP_INT3, OP_INT3 };
	u64 n;
	s32 *site = (s32 *)table(c, ".return_sites", sizeof(s32), &n);

	for (u64 i = 0; i < n; i++) {
		u8 *at = (u8 *)&site[i] + site[i];

		if (!lies_in(c, at, sizeof(ret), KO_SHF_EXEC))
			return -ENOEXEC;
		if (*at == OP_JMP)
			memcpy(at, ret, sizeof(ret));
	}
	return 0;
}

static int patch_tracing(const struct code *c)
{
	u64 n;
	u64 *site = (u64 *)table(c, "__mcount_loc", sizeof(u64), &n);

	for (u64 i = 0; i < n; i++) {
		u8 *at = (u8 *)site[i];

		if (!lies_in(c, at, 5, KO_SHF_EXEC) || *at != OP_CALL)
			return -ENOEXEC;
		fill_nops(at, 5);
	}
	return 0;
}

static int patch_one_alternative(const struct code *c, struct ko_alt *a)
{
	u8 *at = (u8 *)&a->insn + a->insn, *with = (u8 *)&a->replacement + a->replacement;
	u32 feature = a->feature & ~ALT_NOT;
	s32 rel;

	if (a->replacement_len > a->len || !lies_in(c, at, a->len, KO_SHF_EXEC) ||
	    (a->replacement_len && !lies_in(c, with, a->replacement_len, KO_SHF_ALLOC)))
		return -ENOEXEC;
	if (feature >= CPU_FEATURE_WORDS * 32 || cpu_has(feature) == !!(a->feature & ALT_NOT))
		return 0;
	memcpy(at, with, a->replacement_len);
	fill_nops(at + a->replacement_len, a->len - a->replacement_len);
	if (a->replacement_len == 5 && (*at == OP_CALL || *at == OP_JMP)) {
		memcpy(&rel, at + 1, sizeof(rel));
		rel += (s32)(with - at);
		memcpy(at + 1, &rel, sizeof(rel));
	}
	return 0;
}

static int patch_alternatives(const struct code *c)
{
	u64 n;
	struct ko_alt *a = (struct ko_alt *)table(c, ".altinstructions", sizeof(*a), &n);
	int err = 0;

	for (u64 i = 0; i < n && !err; i++)
		err = patch_one_alternative(c, &a[i]);
	return err;
}

int patch_code(const struct ko_image *ko, u8 *const *view)
{
	struct code c = { ko, view };
	int err = patch_returns(&c);

	if (!err)
		err = patch_tracing(&c);
	if (!err)
		err = patch_alternatives(&c);
	if (err)
		kerr("%s: a table of its code is malformed", ko->name);
	return err;
}

/* ---- static keys ---- */

static struct lx_static_key *jump_key(const struct ko_jump *j)
{
	return (struct lx_static_key *)((u64)&j->key + ((u64)j->key & ~KEY_MASK));
}

static bool jump_is_taken(const struct ko_jump *j)
{
	return (READ_ONCE(jump_key(j)->enabled.counter) > 0) != (j->key & 1);
}

/* Code for a site: length as it is there now. 0: it holds neither jump nor no-operation. */
static u32 jump_code(const struct ko_jump *j, u8 out[5])
{
	const u8 *at = (const u8 *)&j->code + j->code;
	s64 rel = (s64)((u64)&j->target + (u64)(s64)j->target - (u64)at);
	u32 n = *at == OP_JMP || *at == 0x0f ? 5 : *at == OP_JMP_SHORT || *at == 0x66 ? 2 : 0;
	s32 near = (s32)(rel - 5);

	if (!jump_is_taken(j)) {
		memcpy(out, nops[n], n);
	} else if (n == 5) {
		out[0] = OP_JMP;
		memcpy(out + 1, &near, sizeof(near));
	} else if (n == 2 && rel - 2 == (s8)(rel - 2)) {
		out[0] = OP_JMP_SHORT;
		out[1] = (u8)(rel - 2);
	} else {
		return 0;
	}
	return n;
}

int patch_jumps(struct ko_module *m)
{
	u8 code[5];

	for (u32 i = 0; i < m->njumps; i++) {
		struct ko_jump *j = &m->jumps[i];
		u8 *at = (u8 *)&j->code + j->code;
		u32 n = module_owns(m, (uptr)at) && module_owns(m, (uptr)at + 4) ? jump_code(j, code) : 0;

		if (!n)
			return -ENOEXEC;
		memcpy(at, code, n);
	}
	return 0;
}

/* ---- code that may run ---- */

static struct kmutex poke_lock = KMUTEX_INIT(poke_lock, LOCKRANK_VFS_MISC);
static uptr poke_at;		/* address of the breakpoint, 0: none */
static u64 poke_to;		/* where to go on */

static u8 *writable(uptr at)
{
	paddr_t pa = pt_kernel_lookup(at);

	return pa == -1UL ? NULL : phys_to_virt(pa);
}

static void serialise(void *unused)
{
	u32 a, b, c, d;

	cpuid(0, &a, &b, &c, &d);
}

/* What the new code does, for a CPU that meets the breakpoint. */
static uptr effect_of(uptr at, const u8 *bytes, u32 n)
{
	s32 rel;

	if (bytes[0] == OP_JMP) {
		memcpy(&rel, bytes + 1, sizeof(rel));
		return at + 5 + (uptr)(s64)rel;
	}
	return bytes[0] == OP_JMP_SHORT ? at + 2 + (uptr)(s64)(s8)bytes[1] : at + n;
}

int text_poke(uptr at, const u8 *bytes, u32 n)
{
	u8 *first, *byte;

	kmutex_lock(&poke_lock);
	first = writable(at);
	if (!first || !writable(at + n - 1)) {
		kmutex_unlock(&poke_lock);
		return -EFAULT;
	}
	poke_to = effect_of(at, bytes, n);
	store_release(&poke_at, at);
	WRITE_ONCE(*first, OP_INT3);
	smp_call(SMP_CALL_ALL, serialise, NULL);
	for (u32 i = 1; i < n; i++) {
		byte = writable(at + i);
		WRITE_ONCE(*byte, bytes[i]);
	}
	smp_call(SMP_CALL_ALL, serialise, NULL);
	WRITE_ONCE(*first, bytes[0]);
	smp_call(SMP_CALL_ALL, serialise, NULL);
	store_release(&poke_at, 0UL);
	kmutex_unlock(&poke_lock);
	return 0;
}

bool text_poke_trap(struct frame *f)
{
	uptr at = f->rip - 1;

	if (load_acquire(&poke_at) != at) {
		/* The other CPU was faster: look again if the breakpoint is gone. */
		if (*(const volatile u8 *)at == OP_INT3)
			return false;
		f->rip = at;
		return true;
	}
	f->rip = poke_to;
	return true;
}

static void poke_module(struct ko_module *m, const struct lx_static_key *key)
{
	u8 code[5];

	for (u32 i = 0; i < m->njumps; i++) {
		struct ko_jump *j = &m->jumps[i];
		uptr at = (uptr)&j->code + (uptr)(s64)j->code;
		u32 n;

		if (jump_key(j) != key || !module_owns(m, at))
			continue;
		n = jump_code(j, code);
		if (n && memcmp((void *)at, code, n))
			(void)text_poke(at, code, n);
	}
}

static void key_changed(const struct lx_static_key *key)
{
	struct ko_module *m;

	list_foreach(m, &modules, link)
		poke_module(m, key);
}

static void key_add(struct lx_static_key *key, int n)
{
	bool before, after;

	kmutex_lock(&module_lock);
	before = key->enabled.counter > 0;
	WRITE_ONCE(key->enabled.counter, key->enabled.counter + n);
	after = key->enabled.counter > 0;
	if (before != after)
		key_changed(key);
	kmutex_unlock(&module_lock);
}

static void key_set(struct lx_static_key *key, int value)
{
	kmutex_lock(&module_lock);
	if ((key->enabled.counter > 0) != value) {
		WRITE_ONCE(key->enabled.counter, value);
		key_changed(key);
	}
	kmutex_unlock(&module_lock);
}

bool lx_static_key_slow_inc(struct lx_static_key *key)
{
	key_add(key, 1);
	return true;
}
LX_EXPORT(static_key_slow_inc);
void lx_static_key_slow_dec(struct lx_static_key *key) { key_add(key, -1); }
LX_EXPORT(static_key_slow_dec);
void lx_static_key_enable(struct lx_static_key *key) { key_set(key, 1); }
LX_EXPORT(static_key_enable);
void lx_static_key_disable(struct lx_static_key *key) { key_set(key, 0); }
LX_EXPORT(static_key_disable);
int lx_static_key_count(struct lx_static_key *key) { return READ_ONCE(key->enabled.counter); }
LX_EXPORT(static_key_count);

void lx___static_call_update(struct lx_static_call_key *key, void *tramp, void *func)
{
	u8 code[5] = { OP_JMP };
	s32 rel = (s32)((uptr)func - (uptr)tramp - 5);

	memcpy(code + 1, &rel, sizeof(rel));
	WRITE_ONCE(key->func, func);
	if (func && tramp)
		(void)text_poke((uptr)tramp, code, sizeof(code));
}
LX_EXPORT(__static_call_update);
