// SPDX-License-Identifier: GPL-2.0-only
/* maps, smaps, smaps_rollup: the regions of an address space, printed under its lock. */
#include "task_impl.h"

#include <tern/mm/aspace.h>

#define NAME_COLUMN	73
#define PATH_SIZE	4096

static void pad_to(struct seqbuf *sb, size_t start, size_t column)
{
	do
		seqbuf_putc(sb, ' ');
	while (!sb->is_full && sb->len - start < column);
}

static void print_name(struct seqbuf *sb, struct region *rg, size_t start, char *buf)
{
	const char *name = rg->file ? NULL : region_name(rg);

	if (rg->ops->name && rg->ops->name(rg))
		name = rg->ops->name(rg);
	else if (rg->file)
		name = path_print_self(&rg->file->of_path, buf, PATH_SIZE);
	if (!name || IS_ERR(name)) {
		seqbuf_puts(sb, " \n");
		return;
	}
	pad_to(sb, start, NAME_COLUMN);
	for (; *name; name++) {
		if (*name == '\n')
			seqbuf_puts(sb, "\\012");
		else
			seqbuf_putc(sb, *name);
	}
	seqbuf_putc(sb, '\n');
}

static void print_region(struct seqbuf *sb, struct region *rg, char *buf)
{
	struct vnode *vn = rg->file ? rg->file->of_vnode : NULL;
	u64 dev = vn ? vn->vn_fs->dev : 0;
	size_t start = sb->len;

	seqbuf_printf(sb, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu", rg->start, rg->end,
		      rg->flags & REGION_READ ? 'r' : '-', rg->flags & REGION_WRITE ? 'w' : '-',
		      rg->flags & REGION_EXEC ? 'x' : '-', rg->flags & REGION_SHARED ? 's' : 'p',
		      vn ? rg->pgoff * PAGE_SIZE : 0, DEV_MAJOR(dev), DEV_MINOR(dev),
		      vn ? vn->vn_ino : 0);
	print_name(sb, rg, start, buf);
}

typedef void (*region_printer)(struct seqbuf *sb, struct region *rg, char *buf);

static int print_regions(struct seqbuf *sb, struct task_ref *task, region_printer fn)
{
	struct aspace *as = task_aspace(task);
	struct region *rg;
	char *buf;
	int err;

	if (!as)
		return 0;	/* kernel thread or zombie: empty */
	buf = kmem_alloc(PATH_SIZE, ALLOC_KERNEL);
	err = buf ? rwsem_read_lock_killable(&as->as_lock) : -ENOMEM;
	if (!err) {
		for (rg = region_find(as, task->from); rg; rg = region_next(rg)) {
			size_t mark = sb->len;

			fn(sb, rg, buf);
			if (!sb->is_full)
				continue;
			/* It begins the next part; if it is alone, it needs more room. */
			sb->len = mark;
			sb->is_full = !mark;
			break;
		}
		task->next = rg ? rg->start : TASK_TEXT_END;
		rwsem_read_unlock(&as->as_lock);
	}
	kmem_free(buf);
	aspace_put(as);
	return err;
}

int task_print_maps(struct seqbuf *sb, struct task_ref *task)
{
	return print_regions(sb, task, print_region);
}

static void line_kb(struct seqbuf *sb, const char *name, u64 bytes)
{
	seqbuf_printf(sb, "%-16s%8lu kB\n", name, bytes / 1024);
}

static void print_usage(struct seqbuf *sb, const struct region_usage *u, bool is_sum)
{
	line_kb(sb, "Rss:", u->rss);
	line_kb(sb, "Pss:", u->pss);
	line_kb(sb, "Pss_Dirty:", u->pss_dirty);
	if (is_sum) {
		line_kb(sb, "Pss_Anon:", u->pss_anon);
		line_kb(sb, "Pss_File:", u->pss_file);
		line_kb(sb, "Pss_Shmem:", u->pss_shmem);
	}
	line_kb(sb, "Shared_Clean:", u->shared_clean);
	line_kb(sb, "Shared_Dirty:", u->shared_dirty);
	line_kb(sb, "Private_Clean:", u->private_clean);
	line_kb(sb, "Private_Dirty:", u->private_dirty);
	line_kb(sb, "Referenced:", u->referenced);
	line_kb(sb, "Anonymous:", u->anonymous);
	line_kb(sb, "LazyFree:", u->lazyfree);
	line_kb(sb, "AnonHugePages:", u->anon_huge);
	line_kb(sb, "ShmemPmdMapped:", 0);	/* huge pages of files there are not */
	line_kb(sb, "FilePmdMapped:", 0);
	line_kb(sb, "Shared_Hugetlb:", 0);
	line_kb(sb, "Private_Hugetlb:", 0);
	line_kb(sb, "Swap:", u->swap);
	line_kb(sb, "SwapPss:", u->swap_pss);
	line_kb(sb, "Locked:", u->locked);
}

static void print_flags(struct seqbuf *sb, u32 flags)
{
	static const struct { u32 flag; char name[4]; } names[] = {
		{ REGION_READ, "rd " }, { REGION_WRITE, "wr " }, { REGION_EXEC, "ex " },
		{ REGION_SHARED, "sh " }, { REGION_MAYREAD, "mr " }, { REGION_MAYWRITE, "mw " },
		{ REGION_MAYEXEC, "me " }, { REGION_GROWSDOWN, "gd " }, { REGION_PFNMAP, "pf " },
		{ REGION_LOCKED, "lo " }, { REGION_SEQ_READ, "sr " }, { REGION_RAND_READ, "rr " },
		{ REGION_DONTFORK, "dc " }, { REGION_SPECIAL, "de " }, { REGION_ACCOUNT, "ac " },
		{ REGION_NORESERVE, "nr " }, { REGION_WIPEONFORK, "wf " }, { REGION_DONTDUMP, "dd " },
		{ REGION_UFFD_MISSING, "um " }, { REGION_UFFD_WP, "uw " },
		{ REGION_UFFD_MINOR, "ui " },
		{ REGION_HUGE, "hg " }, { REGION_NOHUGE, "nh " },
	};

	seqbuf_puts(sb, "VmFlags: ");
	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].flag)
			seqbuf_puts(sb, names[i].name);
	seqbuf_putc(sb, '\n');
}

static void print_smap(struct seqbuf *sb, struct region *rg, char *buf)
{
	struct region_usage u = { 0 };

	print_region(sb, rg, buf);
	region_usage_get(rg, &u);
	line_kb(sb, "Size:", rg->end - rg->start);
	line_kb(sb, "KernelPageSize:", PAGE_SIZE);
	line_kb(sb, "MMUPageSize:", PAGE_SIZE);
	print_usage(sb, &u, false);
	seqbuf_printf(sb, "THPeligible:    %d\n", 0);
	print_flags(sb, rg->flags);
}

int task_print_smaps(struct seqbuf *sb, struct task_ref *task)
{
	return print_regions(sb, task, print_smap);
}

static void usage_add(struct region_usage *sum, const struct region_usage *u)
{
	sum->rss += u->rss;
	sum->pss += u->pss;
	sum->pss_dirty += u->pss_dirty;
	sum->pss_anon += u->pss_anon;
	sum->pss_file += u->pss_file;
	sum->pss_shmem += u->pss_shmem;
	sum->shared_clean += u->shared_clean;
	sum->shared_dirty += u->shared_dirty;
	sum->private_clean += u->private_clean;
	sum->private_dirty += u->private_dirty;
	sum->referenced += u->referenced;
	sum->anonymous += u->anonymous;
	sum->swap += u->swap;
	sum->swap_pss += u->swap_pss;
	sum->locked += u->locked;
	sum->lazyfree += u->lazyfree;
	sum->anon_huge += u->anon_huge;
}

int task_print_smaps_rollup(struct seqbuf *sb, struct task_ref *task)
{
	struct aspace *as = task_aspace(task);
	struct region_usage sum = { 0 }, u;
	uptr first = 0, last = 0;
	struct region *rg;
	size_t start = sb->len;
	int err;

	if (!as)
		return -ESRCH;
	err = rwsem_read_lock_killable(&as->as_lock);
	if (!err) {
		for (rg = region_first(as); rg; rg = region_next(rg)) {
			first = first ? first : rg->start;
			last = rg->end;
			u = (struct region_usage){ 0 };
			region_usage_get(rg, &u);
			usage_add(&sum, &u);
		}
		rwsem_read_unlock(&as->as_lock);
	}
	aspace_put(as);
	if (err)
		return err;
	seqbuf_printf(sb, "%08lx-%08lx ---p 00000000 00:00 0", first, last);
	pad_to(sb, start, NAME_COLUMN);
	seqbuf_puts(sb, "[rollup]\n");
	print_usage(sb, &sum, true);
	return 0;
}
