// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notes of a core file, as debuggers know them from Linux: registers and
 * extended state of each thread (the one that failed first), what the process
 * was, the signal, the auxiliary vector, and which files were mapped where.
 */
#include "coredump_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>

#define NT_PRSTATUS	1
#define NT_FPREGSET	2
#define NT_PRPSINFO	3
#define NT_AUXV		6
#define NT_FILE		0x46494c45
#define NT_SIGINFO	0x53494749
#define NT_X86_XSTATE	0x202

#define XSTATE_SW_OFFSET 464
#define FILE_NOTE_MAX	(256UL << 10)
#define NOTE_HEAD	20	/* sizes, type, "CORE" or "LINUX" padded */

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

/* The body is in the buffer already, right behind the head. */
static void note_in_place(struct core *c, u32 type, size_t n)
{
	u32 head[3] = { 5, n, type };
	u8 *p = c->notes + c->notes_len;

	memcpy(p, head, sizeof(head));
	memcpy(p + sizeof(head), "CORE\0\0\0", 8);
	memset(p + NOTE_HEAD + n, 0, ALIGN_UP(n, 4) - n);
	c->notes_len += NOTE_HEAD + ALIGN_UP(n, 4);
}

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
	/* Which components the area has: debuggers look for it in the software bytes. */
	if (!c->err)
		put_le64(c->notes + c->notes_len - ALIGN_UP(xstate_size(), 4) + XSTATE_SW_OFFSET,
			 xstate_features());
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

/* NT_FILE: count, page size; start, end, page offset of each; then the names. */
static void file_note(struct core *c)
{
	u8 *base = c->notes + c->notes_len + NOTE_HEAD, *end;
	struct aspace *as = thread_self()->t_as;
	u64 *slot = (u64 *)base, n = 0;
	struct region *rg;
	char *name, *out;

	if (c->notes_len + NOTE_HEAD + FILE_NOTE_MAX > c->notes_size)
		return;
	end = base + FILE_NOTE_MAX;
	for (rg = region_first(as); rg; rg = region_next(rg))
		n += rg->file != NULL;
	if ((n * 3 + 2) * sizeof(u64) > FILE_NOTE_MAX / 2)
		return;
	out = (char *)(slot + 2 + n * 3);
	slot[0] = n;
	slot[1] = PAGE_SIZE;
	for (slot += 2, rg = region_first(as); rg; rg = region_next(rg)) {
		if (!rg->file)
			continue;
		/* The end of what is left serves as scratch space. */
		name = face_ofile_name(rg->file, out, (char *)end - out);
		if (IS_ERR(name))
			return;
		memmove(out, name, strlen(name) + 1);
		out += strlen(out) + 1;
		*slot++ = rg->start;
		*slot++ = rg->end;
		*slot++ = rg->pgoff;
	}
	note_in_place(c, NT_FILE, (u8 *)out - base);
}

size_t core_notes_room(struct process *p)
{
	return (size_t)READ_ONCE(p->p_nlive) * (sizeof(struct prstatus_) + 512 + xstate_size() +
						4 * NOTE_HEAD) + FILE_NOTE_MAX + PAGE_SIZE;
}

void core_notes_make(struct core *c)
{
	struct thread *self = thread_self(), *t;

	thread_notes(c, self, c->frame);
	process_notes(c);
	file_note(c);
	rcu_read_lock();
	process_thread_foreach_rcu(self->t_proc, t)
		if (t != self && !(READ_ONCE(t->t_job) & JOB_DYING))
			thread_notes(c, t, thread_frame(t));
	rcu_read_unlock();
}
