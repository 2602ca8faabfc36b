// SPDX-License-Identifier: GPL-2.0-only
/*
 * Core dumps: an ELF file of type CORE with one note segment (coredump_notes.c)
 * and one load segment a region. The other threads are sent to their end and
 * park on the way (exit.c), so memory and registers stand still.
 *
 * The file is made as core_pattern says: a plain file name with %-fields.
 * A pattern that begins with "|" (a program) is not carried out: no dump.
 */
#include "coredump_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define ET_CORE		4
#define ELF_MAGIC	0x464c457fu
#define EM_X86_64	62
#define PT_LOAD		1
#define PT_NOTE		4
#define CORE_NAME_MAX	128

char core_pattern[CORE_NAME_MAX] = "core";
bool core_uses_pid;

struct elf_ehdr_ {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_phdr_ {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};


/* ---- output ---- */

static void put(struct core *c, const void *data, size_t n)
{
	ssize_t done;

	if (c->err)
		return;
	if (n > c->limit) {
		c->err = -EFBIG;
		return;
	}
	done = ofile_write_kernel(c->file, data, n, &c->pos);
	if (done != (ssize_t)n)
		c->err = done < 0 ? done : -ENOSPC;
	c->limit -= n;
}

/* Leave a hole: zero pages cost nothing. */
static void put_hole(struct core *c, size_t n)
{
	if (n > c->limit)
		c->err = c->err ? c->err : -EFBIG;
	else
		c->limit -= n;
	c->pos += n;
}

/* ---- memory ---- */

static bool is_elf_head(const struct region *rg)
{
	u32 magic;

	return !rg->pgoff && (rg->flags & REGION_READ) &&
	       !user_copyin(&magic, (void __user *)rg->start, sizeof(magic)) && magic == ELF_MAGIC;
}

static u64 dumped_size(const struct region *rg)
{
	/* Debuggers want the names in the vdso and build numbers in ELF headers. */
	if (rg->start == rg->as->vdso_addr)
		return rg->end - rg->start;
	if (rg->flags & (REGION_DONTDUMP | REGION_PFNMAP))
		return 0;
	/* Files can be read again: only what the process may have changed. */
	if (rg->file && !rg->anon && !(rg->flags & REGION_WRITE))
		return is_elf_head(rg) ? PAGE_SIZE : 0;
	if (!(rg->flags & REGION_READ) && !rg->anon)
		return 0;
	return rg->end - rg->start;
}

static void put_headers(struct core *c, u64 data)
{
	struct elf_ehdr_ eh = {
		.ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
		.type = ET_CORE, .machine = EM_X86_64, .version = 1,
		.phoff = sizeof(eh), .ehsize = sizeof(eh), .phentsize = sizeof(struct elf_phdr_),
		.phnum = c->nregions + 1,
	};
	struct elf_phdr_ ph = { .type = PT_NOTE, .filesz = c->notes_len, .align = 4 };
	struct region *rg;

	ph.offset = sizeof(eh) + (c->nregions + 1) * sizeof(ph);
	put(c, &eh, sizeof(eh));
	put(c, &ph, sizeof(ph));
	for (rg = region_first(thread_self()->t_as); rg; rg = region_next(rg)) {
		ph = (struct elf_phdr_){
			.type = PT_LOAD, .offset = data, .vaddr = rg->start,
			.filesz = dumped_size(rg), .memsz = rg->end - rg->start,
			.align = PAGE_SIZE,
			.flags = (rg->flags & REGION_READ ? 4 : 0) |
				 (rg->flags & REGION_WRITE ? 2 : 0) | (rg->flags & REGION_EXEC ? 1 : 0),
		};
		put(c, &ph, sizeof(ph));
		data += ph.filesz;
	}
	put(c, c->notes, c->notes_len);
}

static void put_page(struct core *c, uptr va, void *buf)
{
	if (aspace_access(thread_self()->t_as, va, buf, PAGE_SIZE, false, true) != PAGE_SIZE ||
	    mem_is_zero(buf, PAGE_SIZE))
		put_hole(c, PAGE_SIZE);
	else
		put(c, buf, PAGE_SIZE);
}

/* The process is alone: nobody changes the regions between two looks at them. */
static void put_memory(struct core *c, void *buf)
{
	struct region *rg;
	uptr va;

	for (rg = region_first(thread_self()->t_as); rg && !c->err; rg = region_next(rg)) {
		uptr end = rg->start + dumped_size(rg);

		for (va = rg->start; va < end && !c->err; va += PAGE_SIZE) {
			put_page(c, va, buf);
			sched_check();
		}
	}
}

static int dump(struct core *c)
{
	struct aspace *as = thread_self()->t_as;
	void *buf = page_alloc_kva(0, ALLOC_KERNEL);
	struct region *rg;
	u64 data;

	if (!buf)
		return -ENOMEM;
	for (rg = region_first(as); rg; rg = region_next(rg))
		c->nregions++;
	if (c->nregions >= 0xfffe) {
		page_free_kva(buf, 0);
		return -EFBIG;
	}
	core_notes_make(c);
	data = sizeof(struct elf_ehdr_) + (c->nregions + 1) * sizeof(struct elf_phdr_) +
	       c->notes_len;
	data = ALIGN_UP(data, PAGE_SIZE);
	put_headers(c, data);
	c->pos = data;
	put_memory(c, buf);
	page_free_kva(buf, 0);
	return c->err;
}

/* ---- name ---- */

static int name_field(char *out, size_t size, char field, int sig)
{
	struct thread *t = thread_self();
	char comm[16];

	switch (field) {
	case '%':
		return fmt_put(out, size, "%%");
	case 'p': case 'P':
		return fmt_put(out, size, "%d", pidref_nr(t->t_proc->p_pid));
	case 'i': case 'I':
		return fmt_put(out, size, "%d", pidref_nr(t->t_pid));
	case 'u':
		return fmt_put(out, size, "%u", cred_self()->uid);
	case 'g':
		return fmt_put(out, size, "%u", cred_self()->gid);
	case 's':
		return fmt_put(out, size, "%d", sig);
	case 't':
		return fmt_put(out, size, "%ld", clock_realtime_ns() / (s64)NSEC_PER_SEC);
	case 'c':
		return fmt_put(out, size, "%lu", rlimit_get(RLIMIT_CORE));
	case 'e':
		thread_get_comm(t, comm);
		return fmt_put(out, size, "%s", comm);
	}
	return 0;
}

static void make_name(char *out, size_t size, int sig)
{
	bool has_pid = false;
	const char *p;
	size_t n = 0;

	for (p = core_pattern; *p && n + 1 < size; p++) {
		if (*p != '%') {
			out[n++] = *p;
			continue;
		}
		if (!*++p)
			break;
		has_pid |= *p == 'p';
		n += name_field(out + n, size - n, *p, sig);
	}
	if (core_uses_pid && !has_pid)
		n += fmt_put(out + n, size - n, ".%d", pidref_nr(process_self()->p_pid));
	out[n] = 0;
}

static int dump_to_file(struct core *c)
{
	char name[CORE_NAME_MAX * 2];
	int err;

	c->notes = kmem_alloc_large(c->notes_size, ALLOC_KERNEL | ALLOC_ZERO);
	if (!c->notes)
		return -ENOMEM;
	make_name(name, sizeof(name), c->sig);
	c->file = corefile_open(name);
	if (IS_ERR(c->file)) {
		err = PTR_ERR(c->file);
	} else {
		err = dump(c);
		ofile_put(c->file);
	}
	kmem_free_large(c->notes);
	return err;
}

bool coredump_write(int sig, const struct ksiginfo *info, struct frame *f)
{
	struct core c = { .sig = sig, .info = info, .frame = f, .limit = rlimit_get(RLIMIT_CORE) };
	struct thread *t = thread_self();
	int err;

	if (!t->t_as || !t->t_as->is_dumpable || c.limit < PAGE_SIZE || core_pattern[0] == '|' ||
	    !core_pattern[0] || !process_begin_coredump(sig))
		return false;
	t->t_flags |= TF_DUMPCORE;
	c.notes_size = core_notes_room(t->t_proc);
	err = dump_to_file(&c);
	process_end_coredump(!err);
	if (err)
		kdebug("core of %s: error %d", t->t_comm, err);
	return !err;
}
