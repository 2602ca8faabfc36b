// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats of programs: a list that execve asks in order. What root registered
 * (misc.c) comes first, then native formats, then others. Also the layout of a new address space,
 * which all formats share.
 */
#include "loader_impl.h"

#include <tern/kernel/cmdline.h>
#include <tern/kernel/random.h>

#define PERSONA_NO_RANDOMIZE	0x0040000u
#define LOAD_DEPTH_MAX	5
#define STACK_RND_PAGES	0x3fffffUL	/* 16 GiB */
#define MMAP_RND_BITS	28
#define GAP_MIN		(128UL << 20)
#define GAP_MAX		(USER_END / 6 * 5)

static LIST_HEAD(formats);
static struct rwsem formats_lock = RWSEM_INIT(formats_lock, LOCKRANK_BINFMT);
u64 exec_randomize = 2;

void binfmt_register(struct binfmt *f)
{
	rwsem_write_lock(&formats_lock);
	list_add_tail(&f->link, &formats);
	rwsem_write_unlock(&formats_lock);
}

void binfmt_unregister(struct binfmt *f)
{
	rwsem_write_lock(&formats_lock);
	list_del(&f->link);
	rwsem_write_unlock(&formats_lock);
}

void binfmt_init(void);
void binfmt_init(void)
{
	if (cmdline_has("norandmaps"))
		exec_randomize = 0;
	if (IS_ENABLED(CONFIG_BINFMT_MISC))
		list_add_tail(&binfmt_misc.link, &formats);
	list_add_tail(&binfmt_elf.link, &formats);
	list_add_tail(&binfmt_script.link, &formats);
}

int binfmt_no_core(int sig, struct frame *f)
{
	return -ENOSYS;
}

static int ask_formats(struct binprm *b)
{
	struct binfmt *f;
	int err = -ENOEXEC;

	rwsem_read_lock(&formats_lock);
	list_foreach(f, &formats, link) {
		err = f->load(b);
		if (err != -ENOEXEC || b->is_point_of_no_return)
			break;
	}
	rwsem_read_unlock(&formats_lock);
	return err;
}

int binfmt_load(struct binprm *b)
{
	int err;

	do {
		if (b->depth > LOAD_DEPTH_MAX)
			return -ELOOP;
		err = binprm_read_head(b);
		if (!err)
			err = ask_formats(b);
	} while (err == BINFMT_AGAIN);
	return err;
}

/* Random pages between stack and mmap area; see also elf.c for programs and heap. */
void binprm_layout(struct binprm *b)
{
	u64 limit = rlimit_get(RLIMIT_STACK), gap = limit, rnd = 0, pad;

	b->is_randomized = exec_randomize &&
			   !(process_self()->p_personality & PERSONA_NO_RANDOMIZE);
	b->stack_top = USER_END;
	pad = PAGE_SIZE * 256;			/* guard below the stack */
	if (b->is_randomized) {
		b->stack_top -= random_below(STACK_RND_PAGES + 1) << PAGE_SHIFT;
		rnd = (random_u64() & (BIT(MMAP_RND_BITS) - 1)) << PAGE_SHIFT;
		pad += (STACK_RND_PAGES + 1) << PAGE_SHIFT;
	}
	if (gap + pad > gap)
		gap += pad;
	gap = clamp_t(u64, gap, GAP_MIN, GAP_MAX);
	b->as->mmap_base = (USER_END - gap - rnd) & PAGE_MASK;
	b->as->limit_stack = max_t(u64, limit, 8UL << 20);	/* for the strings; exec sets the real one */
}

__weak long arch_vdso_map(struct aspace *as, bool is_randomized)
{
	return 0;
}

__weak void arch_vdso_hide_clock(struct aspace *as, bool is_hidden)
{
	as->is_clock_hidden = is_hidden;
}

/* Without CONFIG_COREDUMP nothing asks. */
__weak bool coredump_write(int sig, const struct ksiginfo *info, struct frame *f)
{
	return false;
}
