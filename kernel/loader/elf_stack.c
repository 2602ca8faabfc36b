// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first stack of a program, from the top down: strings (already there),
 * platform name, 16 random bytes, auxiliary vector, environment and argument
 * pointers, argc. System V ABI for AMD64, 3.4.1.
 */
#include "loader_impl.h"

#include <asm/cpufeature.h>
#include <asm/uaccess.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/userns.h>
#include <tern/kernel/random.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define AT_NULL 0
#define AT_EXECFD 2
#define AT_PHDR 3
#define AT_PHENT 4
#define AT_PHNUM 5
#define AT_PAGESZ 6
#define AT_BASE 7
#define AT_FLAGS 8
#define AT_ENTRY 9
#define AT_UID 11
#define AT_EUID 12
#define AT_GID 13
#define AT_EGID 14
#define AT_PLATFORM 15
#define AT_HWCAP 16
#define AT_CLKTCK 17
#define AT_SECURE 23
#define AT_RANDOM 25
#define AT_HWCAP2 26
#define AT_EXECFN 31
#define AT_SYSINFO_EHDR 33
#define AT_MINSIGSTKSZ 51

#define HWCAP2_FSGSBASE	2
#define FLAGS_KEPT_ARGV0	1
#define SP_RND_BYTES	8192
#define ARG_STRING_MAX	(32 * PAGE_SIZE)

struct auxv { u64 v[48]; u32 n; };

static void aux(struct auxv *a, u64 key, u64 value)
{
	a->v[a->n++] = key;
	a->v[a->n++] = value;
}

/* CPUID 1 EDX, as far as the kernel lets programs use it. */
static u64 hwcap(void)
{
	u64 v = 0;

	for (u32 bit = 0; bit < 32; bit++)
		if (cpu_has(X86F(0, bit)))
			v |= BIT(bit);
	return v;
}

static void fill_auxv(struct auxv *a, struct binprm *b, const struct elf_image *exe,
		      const struct elf_image *interp, uptr vdso)
{
	const struct credset *c = cred_self();

	if (vdso)
		aux(a, AT_SYSINFO_EHDR, vdso);
	aux(a, AT_MINSIGSTKSZ, signal_frame_max());
	aux(a, AT_HWCAP, hwcap());
	aux(a, AT_PAGESZ, PAGE_SIZE);
	aux(a, AT_CLKTCK, USER_HZ);
	aux(a, AT_PHDR, exe->plan.phdr_vaddr ? exe->bias + exe->plan.phdr_vaddr : 0);
	aux(a, AT_PHENT, ELF_PHDR_SIZE);
	aux(a, AT_PHNUM, exe->info.phnum);
	aux(a, AT_BASE, interp ? interp->bias : 0);
	aux(a, AT_FLAGS, b->flags & BINPRM_KEPT_ARGV0 ? FLAGS_KEPT_ARGV0 : 0);
	aux(a, AT_ENTRY, exe->bias + exe->info.entry);
	aux(a, AT_UID, uid_show_in(c->ns, c->uid));
	aux(a, AT_EUID, uid_show_in(c->ns, c->euid));
	aux(a, AT_GID, gid_show_in(c->ns, c->gid));
	aux(a, AT_EGID, gid_show_in(c->ns, c->egid));
	aux(a, AT_SECURE, b->secure_exec);
}

/* Below @p: platform and random bytes; addresses go into the vector. */
static long put_extras(struct auxv *a, struct binprm *b, uptr p)
{
	static const char platform[] = "x86_64";
	uptr random_at;
	u8 rnd[16];

	if (b->is_randomized)
		p -= random_below(SP_RND_BYTES);
	p = ALIGN_DOWN(p, 16) - sizeof(platform);
	if (user_copyout((void __user *)p, platform, sizeof(platform)))
		return -EFAULT;
	random_bytes(rnd, sizeof(rnd));
	random_at = p - sizeof(rnd);
	if (user_copyout((void __user *)random_at, rnd, sizeof(rnd)))
		return -EFAULT;
	aux(a, AT_RANDOM, random_at);
	aux(a, AT_HWCAP2, cpu_has(FEAT_FSGSBASE) ? HWCAP2_FSGSBASE : 0);
	aux(a, AT_EXECFN, b->exec_name);
	aux(a, AT_PLATFORM, p);
	if (b->flags & BINPRM_EXECFD)
		aux(a, AT_EXECFD, b->execfd);
	aux(a, AT_NULL, 0);
	return random_at;
}

/* Addresses of @n strings that lie one behind the other from *p on. */
static int list_strings(u64 *out, u64 n, uptr *p)
{
	while (n--) {
		size_t len = user_strnlen((const char __user *)*p, ARG_STRING_MAX);

		if (!len || len > ARG_STRING_MAX)
			return -EFAULT;
		*out++ = *p;
		*p += len;
	}
	*out = 0;
	return 0;
}

long elf_stack_fill(struct binprm *b, const struct elf_image *exe, const struct elf_image *interp,
		    uptr vdso)
{
	struct aspace *as = thread_self()->t_as;
	u64 items = 1 + b->argc + 1 + b->envc + 1, *table;
	struct auxv a = { .n = 0 };
	uptr p = b->sp, sp;
	long at;

	fill_auxv(&a, b, exe, interp, vdso);
	at = put_extras(&a, b, b->sp);
	if (at < 0)
		return at;
	sp = ALIGN_DOWN((uptr)at - (items + a.n) * sizeof(u64), 16);
	table = kmem_alloc_large((items + a.n) * sizeof(u64), ALLOC_KERNEL);
	if (!table)
		return -ENOMEM;
	table[0] = b->argc;
	as->arg_start = p;
	at = list_strings(table + 1, b->argc, &p);
	as->arg_end = as->env_start = p;
	if (!at)
		at = list_strings(table + 1 + b->argc + 1, b->envc, &p);
	as->env_end = p;
	memcpy(table + items, a.v, a.n * sizeof(u64));
	memcpy(as->auxv, a.v, sizeof(as->auxv));
	if (!at && user_copyout((void __user *)sp, table, (items + a.n) * sizeof(u64)))
		at = -EFAULT;
	kmem_free_large(table);
	as->start_stack = sp;
	return at ? at : (long)sp;
}
