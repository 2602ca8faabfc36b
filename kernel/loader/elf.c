// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF programs: fixed (ET_EXEC), position-independent (ET_DYN), with or
 * without an interpreter. Decoding and checking is lib/elf.c; here the
 * segments are mapped and the first stack is made.
 *
 * Where things go: ET_EXEC at its addresses. ET_DYN with an interpreter at two
 * thirds of user space plus a random offset; ET_DYN without one (the dynamic
 * linker itself, static PIE) in the mmap area. The heap starts behind the
 * program, or at the two-thirds point for programs in the mmap area.
 */
#include "loader_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/random.h>
#include <tern/kernel/vfsface.h>
#include <tern/kernel/timens.h>
#include <tern/lib/string.h>
#include <tern/mm/face.h>
#include <tern/mm/slab.h>
#include <uapi/mman.h>

#define AT_FDCWD	(-100)
#define DYN_BASE	((USER_END / 3 * 2) & PAGE_MASK)
#define DYN_RND_BITS	28
#define BRK_RND_PAGES	0x2000UL	/* 32 MiB */

/* ---- reading ---- */

static int read_exact(struct ofile *f, void *buf, size_t n, loff_t pos)
{
	ssize_t got = ofile_read_kernel(f, buf, n, &pos);

	if (got < 0)
		return got;
	return (size_t)got == n ? 0 : -ENOEXEC;
}

static int image_read(struct elf_image *img, struct ofile *f, const void *head, size_t len)
{
	int err = elf_parse_header(head, len, &img->info);

	if (err)
		return err;
	if (img->info.type != ELF_TYPE_EXEC && img->info.type != ELF_TYPE_DYN)
		return -ENOEXEC;
	if (!img->info.phnum)
		return -ENOEXEC;
	img->file = f;
	img->phdrs = kmem_alloc(elf_phdrs_size(&img->info), ALLOC_KERNEL);
	if (!img->phdrs)
		return -ENOMEM;
	if (img->info.phoff + elf_phdrs_size(&img->info) <= len)
		memcpy(img->phdrs, (const u8 *)head + img->info.phoff, elf_phdrs_size(&img->info));
	else
		err = read_exact(f, img->phdrs, elf_phdrs_size(&img->info), img->info.phoff);
	if (!err)
		err = elf_parse_segments(&img->info, img->phdrs, USER_END, &img->plan);
	return err;
}

static void image_free(struct elf_image *img)
{
	kmem_free(img->phdrs);
}

static int interp_read(struct elf_image *img, const struct elf_image *exe)
{
	u8 head[BINPRM_BUF];
	struct ofile *f;
	loff_t pos = 0;
	ssize_t n;
	char *path;
	int err;

	path = kmem_alloc(exe->plan.interp_size, ALLOC_KERNEL);
	if (!path)
		return -ENOMEM;
	err = read_exact(exe->file, path, exe->plan.interp_size, exe->plan.interp_offset);
	if (!err)
		err = elf_check_interp(path, exe->plan.interp_size);
	f = err ? ERR_PTR(err) : execfile_open(AT_FDCWD, path, 0);
	kmem_free(path);
	if (IS_ERR(f))
		return PTR_ERR(f);
	img->file = f;
	n = ofile_read_kernel(f, head, sizeof(head), &pos);
	if (n < 0)
		return n;
	err = image_read(img, f, head, n);
	return err == -ENOEXEC ? -ELIBBAD : err;
}

/* ---- mapping ---- */

static u32 segment_prot(const struct elf_segment *s)
{
	return (s->flags & ELF_SEG_R ? REGION_READ : 0) | (s->flags & ELF_SEG_W ? REGION_WRITE : 0) |
	       (s->flags & ELF_SEG_X ? REGION_EXEC : 0);
}

static long map_file_part(struct aspace *as, const struct elf_image *img,
			  const struct elf_segment *s, uptr addr, size_t len, u32 map_flags)
{
	struct map_request req = {
		.addr = addr,
		.len = len,
		.rflags = segment_prot(s) | REGION_MAYALL,
		.map_flags = MAP_PRIVATE | map_flags,
		.file = img->file,
		.pgoff = (s->offset - (s->vaddr & ~PAGE_MASK)) >> PAGE_SHIFT,
	};
	int err = mmface_map(img->file, &req);

	return err ? err : aspace_map(as, &req);
}

static int map_zero(struct aspace *as, uptr start, uptr end, u32 prot, u32 map_flags)
{
	struct map_request req = {
		.addr = start,
		.len = end - start,
		.rflags = prot | REGION_MAYALL,
		.map_flags = MAP_PRIVATE | MAP_ANONYMOUS | map_flags,
	};
	long at = start < end ? aspace_map(as, &req) : 0;

	return at < 0 ? at : 0;
}

/* Memory behind the file data: the rest of the last page, then whole pages. */
static int map_bss(struct aspace *as, const struct elf_segment *s, uptr bias)
{
	uptr file_end = bias + s->vaddr + s->filesz, mem_end = bias + s->vaddr + s->memsz;
	uptr page_end = ALIGN_UP(file_end, PAGE_SIZE);

	if (s->memsz <= s->filesz)
		return 0;
	if (page_end > file_end && s->filesz && (s->flags & ELF_SEG_W) &&
	    user_zero((void __user *)file_end, page_end - file_end))
		return -EFAULT;
	if (!s->filesz)
		page_end = ALIGN_DOWN(file_end, PAGE_SIZE);
	return map_zero(as, page_end, ALIGN_UP(mem_end, PAGE_SIZE), segment_prot(s),
			MAP_FIXED);
}

static int map_segment(struct aspace *as, const struct elf_image *img,
		       const struct elf_segment *s)
{
	uptr addr = ALIGN_DOWN(img->bias + s->vaddr, PAGE_SIZE);
	long at;

	if (s->filesz) {
		at = map_file_part(as, img, s, addr, s->filesz + (s->vaddr & ~PAGE_MASK),
				   MAP_FIXED);
		if (at < 0)
			return at;
	}
	return map_bss(as, s, img->bias);
}

/* Find room for the whole image in the mmap area: map all, keep the place. */
static int image_place(struct aspace *as, struct elf_image *img)
{
	struct map_request req = {
		.len = img->plan.high - img->plan.low,
		.map_flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
	};
	uptr align = img->plan.align, at;
	long addr;

	if (align > PAGE_SIZE)
		req.len += align;
	addr = aspace_map(as, &req);
	if (addr < 0)
		return addr;
	aspace_unmap(as, addr, req.len);
	at = ALIGN_UP((uptr)addr, align);
	img->bias = at - img->plan.low;
	return 0;
}

static int image_map(struct aspace *as, struct elf_image *img)
{
	struct elf_segment s;
	int err = 0;
	u32 i;

	for (i = 0; i < img->info.phnum && !err; i++) {
		elf_get_segment(img->phdrs, i, &s);
		if (s.type == ELF_SEG_LOAD && s.memsz)
			err = map_segment(as, img, &s);
	}
	return err;
}

static int exe_place(struct binprm *b, struct elf_image *exe)
{
	u64 rnd = 0;

	if (exe->info.type == ELF_TYPE_EXEC)
		return exe->plan.high > b->sp_min ? -ENOMEM : 0;	/* not into the stack */
	if (!exe->plan.has_interp)
		return image_place(thread_self()->t_as, exe);
	if (b->is_randomized)
		rnd = (random_u64() & (BIT(DYN_RND_BITS) - 1)) << PAGE_SHIFT;
	exe->bias = ALIGN_DOWN(DYN_BASE + rnd, exe->plan.align) - exe->plan.low;
	return 0;
}

static void set_heap(struct binprm *b, struct aspace *as, const struct elf_image *exe)
{
	uptr brk = ALIGN_UP(exe->bias + exe->plan.brk, PAGE_SIZE);

	if (b->is_randomized && exec_randomize > 1) {
		/* Away from the mmap area, which grows towards it. */
		if (exe->info.type == ELF_TYPE_DYN && !exe->plan.has_interp)
			brk = DYN_BASE;
		brk += random_below(BRK_RND_PAGES) << PAGE_SHIFT;
	}
	as->start_brk = as->brk = brk;
}

static void set_ranges(struct aspace *as, const struct elf_image *exe)
{
	as->start_code = exe->bias + exe->plan.code_start;
	as->end_code = exe->bias + exe->plan.code_end;
	as->start_data = exe->bias + exe->plan.data_start;
	as->end_data = exe->bias + exe->plan.data_end;
}

/* Past the point of no return: memory is thread_self's. */
static int build_memory(struct binprm *b, struct elf_image *exe, struct elf_image *interp)
{
	struct aspace *as = thread_self()->t_as;
	int err = 0;

	if (exe->plan.has_stack_flags && (exe->plan.stack_flags & ELF_SEG_X)) {
		struct region *rg = NULL;

		rwsem_read_lock(&as->as_lock);
		rg = region_at(as, b->stack_top - 1);
		err = rg ? 0 : -EFAULT;
		rwsem_read_unlock(&as->as_lock);
		if (!err)
			err = aspace_protect(as, rg->start, b->stack_top - rg->start,
					     REGION_READ | REGION_WRITE | REGION_EXEC);
	}
	if (!err)
		err = exe_place(b, exe);
	if (!err)
		err = image_map(as, exe);
	if (!err && exe->plan.has_interp) {
		if (interp->info.type == ELF_TYPE_DYN)
			err = image_place(as, interp);
		if (!err)
			err = image_map(as, interp);
	}
	if (err)
		return err;
	set_ranges(as, exe);
	set_heap(b, as, exe);
	return 0;
}

static int enter(struct binprm *b, struct elf_image *exe, struct elf_image *interp)
{
	struct thread *t = thread_self();
	const struct elf_image *first = exe->plan.has_interp ? interp : exe;
	long vdso, sp;

	t->t_as->is_clock_hidden = timens_hides_clock();
	vdso = arch_vdso_map(t->t_as, b->is_randomized);
	if (vdso < 0)
		return vdso;
	t->t_as->vdso_addr = vdso;
	sp = elf_stack_fill(b, exe, exe->plan.has_interp ? interp : NULL, vdso);
	if (sp < 0)
		return sp;
	return arch_thread_exec(t, first->bias + first->info.entry, sp);
}

static int elf_load(struct binprm *b)
{
	struct elf_image exe = { 0 }, interp = { 0 };
	int err = image_read(&exe, b->file, b->buf, sizeof(b->buf));

	if (!err && exe.plan.has_interp)
		err = interp_read(&interp, &exe);
	if (!err)
		err = binprm_commit(b);
	if (!err)
		err = build_memory(b, &exe, &interp);
	if (!err)
		err = enter(b, &exe, &interp);
	if (interp.file)
		ofile_put(interp.file);
	image_free(&interp);
	image_free(&exe);
	return err;
}

struct binfmt binfmt_elf = { .name = "elf", .load = elf_load, .core_dump = binfmt_no_core };
