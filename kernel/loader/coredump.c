// SPDX-License-Identifier: GPL-2.0-only
/*
 * Core dumps: an ELF file of type CORE with one note segment (NT_PRSTATUS and
 * NT_FPREGSET of each thread, NT_PRPSINFO, NT_SIGINFO, NT_AUXV, NT_FILE) and one
 * load segment a region. The other threads are first killed and waited for, so
 * memory stands still; their registers are those of their last entry.
 *
 * The file is made as core_pattern says: a plain file name with %-fields.
 * A pattern that begins with "|" (a program) is not carried out: no dump.
 *
 * Known limit: registers of other threads are those at the moment they stop.
 */
#include "loader_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define NT_PRSTATUS	1
#define NT_FPREGSET	2
#define NT_PRPSINFO	3
#define NT_AUXV		6
#define NT_SIGINFO	0x53494749
#define NT_X86_XSTATE	0x202
#define ET_CORE		4
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

struct prstatus_ {
	s32 si_signo, si_code, si_errno;
	s16 cursig;
	u16 pad;
	u64 sigpend, sighold;
	s32 pid, ppid, pgrp, sid;
	s64 utime[2], stime[2], cutime[2], cstime[2];
	u64 reg[27];	/* user_regs_struct: struct frame and fs_base gs_base ds es fs gs */
	s32 fpvalid, pad2;
};
static_assert(sizeof(struct prstatus_) == 336, "ABI of debuggers");

struct prpsinfo_ {
	char state, sname, zomb, nice;
	u32 pad;
	u64 flag;
	u32 uid, gid;
	s32 pid, ppid, pgrp, sid;
	char fname[16], psargs[80];
};
static_assert(sizeof(struct prpsinfo_) == 136, "ABI of debuggers");

/* A dump under way. */
struct core {
	struct ofile *file;
	loff_t pos;
	u64 limit;		/* RLIMIT_CORE: bytes that may still be written */
	int err;
	int sig;
	const struct ksiginfo *info;
	struct frame *frame;
	u8 *notes;		/* one buffer, filled first */
	size_t notes_len, notes_size;
	u32 nregions;
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

static void note(struct core *c, u32 type, const char *owner, const void *data, size_t n)
{
	u32 head[3] = { strlen(owner) + 1, n, type };
	size_t name = ALIGN_UP(head[0], 4), body = ALIGN_UP(n, 4);
	u8 *p = c->notes + c->notes_len;

	if (c->notes_len + sizeof(head) + name + body > c->notes_size) {
		c->err = c->err ? c->err : -ENOMEM;
		return;
	}
	memcpy(p, head, sizeof(head));
	memcpy(p + sizeof(head), owner, head[0]);
	memcpy(p + sizeof(head) + name, data, n);
	c->notes_len += sizeof(head) + name + body;
}

/* ---- notes ---- */

static void fill_regs(u64 reg[27], struct thread *t, const struct frame *f)
{
	memcpy(reg, f, sizeof(*f));
	reg[21] = t->t_arch.fs_base;
	reg[22] = t->t_arch.gs_base;
}

static void put_time(s64 out[2], u64 ns)
{
	out[0] = ns / NSEC_PER_SEC;
	out[1] = ns % NSEC_PER_SEC / NSEC_PER_USEC;
}

static void thread_notes(struct core *c, struct thread *t, const struct frame *f)
{
	struct process *p = t->t_proc;
	struct prstatus_ s;
	u64 ut, st;

	memset(&s, 0, sizeof(s));
	s.si_signo = s.cursig = c->sig;
	s.sigpend = t->t_sig.pending.set;
	s.sighold = t->t_sig.blocked;
	s.pid = pidref_nr(t->t_pid);
	s.ppid = pidref_nr(p->p_parent->p_pid);
	s.pgrp = pidref_nr(p->p_pgrp);
	s.sid = pidref_nr(p->p_session);
	thread_cpu_time(t, &ut, &st);
	put_time(s.utime, ut);
	put_time(s.stime, st);
	fill_regs(s.reg, t, f);
	s.fpvalid = t->t_arch.xstate != NULL;
	note(c, NT_PRSTATUS, "CORE", &s, sizeof(s));
	if (!t->t_arch.xstate)
		return;
	xstate_sync(t);
	note(c, NT_FPREGSET, "CORE", t->t_arch.xstate, 512);
	note(c, NT_X86_XSTATE, "LINUX", t->t_arch.xstate, xstate_size());
}

static void process_notes(struct core *c)
{
	struct thread *t = thread_self();
	struct process *p = t->t_proc;
	struct aspace *as = t->t_as;
	struct prpsinfo_ i;
	size_t n;

	memset(&i, 0, sizeof(i));
	i.sname = 'R';
	i.uid = cred_self()->uid;
	i.gid = cred_self()->gid;
	i.pid = pidref_nr(p->p_pid);
	i.ppid = pidref_nr(p->p_parent->p_pid);
	i.pgrp = pidref_nr(p->p_pgrp);
	i.sid = pidref_nr(p->p_session);
	thread_get_comm(t, i.fname);
	n = min_t(size_t, as->arg_end - as->arg_start, sizeof(i.psargs) - 1);
	if (user_copyin(i.psargs, (void __user *)as->arg_start, n))
		memset(i.psargs, 0, sizeof(i.psargs));
	while (n-- > 0)
		if (!i.psargs[n])
			i.psargs[n] = ' ';
	note(c, NT_PRPSINFO, "CORE", &i, sizeof(i));
	note(c, NT_SIGINFO, "CORE", c->info, sizeof(*c->info));
	for (n = 0; n < ARRAY_SIZE(as->auxv) && as->auxv[n]; n += 2)
		;
	note(c, NT_AUXV, "CORE", as->auxv, min_t(size_t, n + 2, ARRAY_SIZE(as->auxv)) * 8);
}

/* ---- memory ---- */

static u64 dumped_size(const struct region *rg)
{
	if (rg->flags & (REGION_DONTDUMP | REGION_PFNMAP))
		return 0;
	/* Files can be read again: only what the process may have changed. */
	if (rg->file && !rg->anon && !(rg->flags & REGION_WRITE))
		return 0;
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
	thread_notes(c, thread_self(), c->frame);
	process_notes(c);
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

bool coredump_write(int sig, const struct ksiginfo *info, struct frame *f)
{
	struct core c = { .sig = sig, .info = info, .frame = f, .limit = rlimit_get(RLIMIT_CORE) };
	struct thread *t = thread_self();
	char name[CORE_NAME_MAX * 2];

	if (!t->t_as || !t->t_as->is_dumpable || c.limit < PAGE_SIZE || core_pattern[0] == '|' ||
	    !core_pattern[0] || !process_begin_coredump(sig))
		return false;
	t->t_flags |= TF_DUMPCORE;
	c.notes_size = 4 * PAGE_SIZE + xstate_size();
	c.notes = kmem_zalloc(c.notes_size, ALLOC_KERNEL);
	if (!c.notes)
		return false;
	make_name(name, sizeof(name), sig);
	c.file = corefile_open(name);
	if (IS_ERR(c.file)) {
		c.err = PTR_ERR(c.file);
	} else {
		c.err = dump(&c);
		ofile_put(c.file);
	}
	kmem_free(c.notes);
	if (!c.err)
		t->t_proc->p_group_exit_code |= 0x80;	/* only this thread is left */
	else
		kdebug("core of %s: error %d", t->t_comm, c.err);
	return !c.err;
}
