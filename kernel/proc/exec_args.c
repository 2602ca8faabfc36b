// SPDX-License-Identifier: GPL-2.0-only
/*
 * Argument strings on their way to the new stack. They are written from the
 * top down, last string first, straight into pinned pages of the new address
 * space. Limits are Linux's: 128 KiB a string, a quarter of the stack limit
 * (128 KiB at least, 6 MiB at most) for all strings and their pointers.
 */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <tern/lib/string.h>

#include "exec_impl.h"

#define ARG_STRING_MAX	(32 * PAGE_SIZE)
#define ARG_COUNT_MAX	0x7fffffffL
#define ARG_TOTAL_MIN	(128UL << 10)
#define ARG_TOTAL_MAX	(6UL << 20)

void binprm_flush_page(struct binprm *b)
{
	if (b->page)
		page_put(b->page);
	b->page = NULL;
}

/* Kernel address of a byte of the new stack; its page stays pinned until the next. */
static void *stack_byte(struct binprm *b, uptr addr)
{
	uptr page = addr & PAGE_MASK;

	if (!b->page || b->page_addr != page) {
		binprm_flush_page(b);
		if (aspace_pin(b->as, page, 1, true, &b->page) != 1) {
			b->page = NULL;
			return NULL;
		}
		b->page_addr = page;
	}
	return (u8 *)page_to_virt(b->page) + (addr - page);
}

/* Copy to [sp - n, sp), the last part first; one of @kdata and @udata is set. */
static int push_bytes(struct binprm *b, const u8 *kdata, const u8 __user *udata, size_t n)
{
	if (n > b->sp - b->sp_min)
		return -E2BIG;
	while (n) {
		size_t in_page = ((b->sp - 1) & (PAGE_SIZE - 1)) + 1, k = min(n, in_page);
		void *dst = stack_byte(b, b->sp - k);

		if (!dst)
			return -ENOMEM;
		n -= k;
		if (kdata)
			memcpy(dst, kdata + n, k);
		else if (user_copyin(dst, udata + n, k))
			return -EFAULT;
		b->sp -= k;
	}
	return 0;
}

int binprm_push(struct binprm *b, const void *data, size_t n)
{
	return push_bytes(b, data, NULL, n);
}

int binprm_push_user(struct binprm *b, const void __user *data, size_t n)
{
	return push_bytes(b, NULL, data, n);
}

int binprm_pop_arg(struct binprm *b)
{
	const char *c;

	if (!b->argc)
		return 0;
	do {
		c = stack_byte(b, b->sp);
		if (!c)
			return -EFAULT;
		b->sp++;
	} while (*c);
	b->argc--;
	return 0;
}

/* ---- the arrays ---- */

static int arg_get(const struct argsrc *s, u64 i, const char **p)
{
	if (s->kernel) {
		*p = s->kernel[i];
		return 0;
	}
	*p = NULL;
	return s->user ? user_get(*p, (const char *const __user *)s->user + i) : 0;
}

static s64 args_count(const struct argsrc *s)
{
	const char *p;
	s64 n;

	for (n = 0; n < ARG_COUNT_MAX; n++) {
		if (arg_get(s, n, &p))
			return -EFAULT;
		if (!p)
			return n;
		if (signal_is_fatal_pending())
			return -ERESTARTNOHAND;
	}
	return -E2BIG;
}

static int push_string(struct binprm *b, const struct argsrc *s, const char *p)
{
	size_t n;

	if (s->kernel)
		return binprm_push(b, p, strlen(p) + 1);
	n = user_strnlen(p, ARG_STRING_MAX);
	if (!n)
		return -EFAULT;
	if (n > ARG_STRING_MAX)
		return -E2BIG;
	return binprm_push_user(b, p, n);
}

static int push_array(struct binprm *b, const struct argsrc *s, u64 n)
{
	const char *p;
	int err;

	while (n-- > 0) {
		if (arg_get(s, n, &p) || !p)
			return -EFAULT;
		err = push_string(b, s, p);
		if (err)
			return err;
		if (signal_is_fatal_pending())
			return -ERESTARTNOHAND;
	}
	return 0;
}

static int set_limit(struct binprm *b)
{
	u64 limit = rlimit_get(RLIMIT_STACK) / 4, pointers;

	limit = max_t(u64, min_t(u64, limit, ARG_TOTAL_MAX), ARG_TOTAL_MIN);
	pointers = (max_t(u64, b->argc, 1) + b->envc) * sizeof(void *);
	if (limit <= pointers)
		return -E2BIG;
	b->sp_min = b->sp - (limit - pointers);
	return 0;
}

int exec_push_strings(struct binprm *b, const struct argsrc *argv, const struct argsrc *envp)
{
	s64 argc = args_count(argv), envc = args_count(envp);
	int err;

	if (argc < 0 || envc < 0)
		return argc < 0 ? argc : envc;
	b->argc = argc;
	b->envc = envc;
	b->sp = b->stack_top - sizeof(u64);
	err = set_limit(b);
	if (!err)
		err = binprm_push(b, b->filename, strlen(b->filename) + 1);
	b->exec_name = b->sp;
	if (!err)
		err = push_array(b, envp, envc);
	if (!err)
		err = push_array(b, argv, argc);
	if (!err && !argc) {
		err = binprm_push(b, "", 1);	/* programs rely on an argv[0] */
		b->argc = 1;
	}
	return err;
}
