// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process accounting, acct(2): a record of each process that ends is appended
 * to one file. The last thread writes it while it still has its memory.
 *
 * Lock order: acct_lock > locks of files.
 */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/ctty.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/pidns.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/string.h>
#include <tern/mm/aspace.h>
#include <uapi/acct.h>
#include <uapi/stat.h>

#define FRACTION_MAX	8191u
#define FLOAT_BIAS	190u	/* exponent of a 64-bit number whose highest bit is set */

static struct kmutex acct_lock = KMUTEX_INIT(acct_lock, LOCKRANK_OFILE_POS);	/* protects acct_file */
static struct ofile *acct_file;		/* with a reference; NULL: off */

static u16 compress(u64 v)
{
	u32 exponent = 0, rest = 0;

	while (v > FRACTION_MAX) {
		rest = v & 4;
		v >>= 3;
		exponent++;
	}
	if (rest && ++v > FRACTION_MAX) {
		v >>= 3;
		exponent++;
	}
	return exponent > 7 ? 0xffff : (u16)(exponent << 13 | v);
}

/* Bits of the float nearest below @v. */
static u32 float_bits(u64 v)
{
	u32 exponent = FLOAT_BIAS;

	if (!v)
		return 0;
	while (!(v >> 63)) {
		v <<= 1;
		exponent--;
	}
	return exponent << 23 | (u32)(v >> 40 & 0x7fffff);
}

static u8 flags_of(const struct process *p, const struct thread *t)
{
	u32 status = (u32)p->p_group_exit_code;

	return (p->p_flags & PROC_EXECED ? 0 : ACCT_FORKED) |
	       (t->t_flags & TF_SU_PRIV ? ACCT_PRIVILEGED : 0) | (status & 0x80 ? ACCT_CORE : 0) |
	       (status & 0x7f ? ACCT_SIGNALED : 0);
}

/* Controlling terminal as the 16 bits of a record, 0: none. */
static u16 tty_number(struct process *p)
{
	struct sigactions *a;
	struct tty *tty;
	u64 flags, dev;

	a = signal_lock(p, &flags);
	tty = p->p_tty;
	if (tty)
		ctty_ops->get(tty);
	signal_unlock(a, flags);
	if (!tty)
		return 0;
	dev = ctty_ops->dev(tty);
	ctty_ops->put(tty);
	return (u16)(DEV_MAJOR(dev) << 8 | (DEV_MINOR(dev) & 0xff));
}

static void fill(struct acct_record *r, struct process *p, struct thread *t)
{
	u64 elapsed = clock_boot_ns() - p->p_start_boot_ns, tick = NSEC_PER_SEC / ACCT_HZ;
	const struct credset *c = cred_self();
	struct process *parent;
	struct tms_sum sum;

	process_cpu_time(p, &sum);
	*r = (struct acct_record){
		.flag = flags_of(p, t), .version = ACCT_VERSION_3,
		.tty = tty_number(p), .exitcode = (u32)p->p_group_exit_code,
		.uid = c->uid, .gid = c->gid, .pid = (u32)pidref_nr_in(p->p_pid, &pidns_initial),
		.begin_s = (u32)((clock_realtime_ns() - (s64)elapsed) / (s64)NSEC_PER_SEC),
		.elapsed = float_bits(elapsed / tick),
		.utime = compress(sum.utime / tick), .stime = compress(sum.stime / tick),
		.mem_kib = compress(t->t_as ? t->t_as->total_vm << (PAGE_SHIFT - 10) : 0),
		.minflt = compress(p->p_minflt), .majflt = compress(p->p_majflt),
	};
	rcu_read_lock();
	parent = rcu_load(p->p_parent);
	r->ppid = parent ? (u32)pidref_nr_in(parent->p_pid, &pidns_initial) : 0;
	rcu_read_unlock();
	thread_get_comm(t, r->comm);
}

void acct_process_end(struct process *p, struct thread *t)
{
	struct acct_record r;
	loff_t pos = 0;		/* the file is open for appending */

	if (likely(!READ_ONCE(acct_file)))
		return;
	fill(&r, p, t);
	kmutex_lock(&acct_lock);
	if (acct_file && ofile_write_kernel(acct_file, &r, sizeof(r), &pos) != sizeof(r))
		kdebug("acct: record of %u lost", r.pid);
	kmutex_unlock(&acct_lock);
}

static struct ofile *replace(struct ofile *f)
{
	struct ofile *old;

	kmutex_lock(&acct_lock);
	old = acct_file;
	WRITE_ONCE(acct_file, f);
	kmutex_unlock(&acct_lock);
	return old;
}

long sys_acct(const char __user *uname)
{
	struct ofile *f = NULL, *old;
	char *name;

	/* One file for the whole machine: not a container's business. */
	if (!cap_has(CAP_SYS_PACCT) || pidns_self() != &pidns_initial)
		return -EPERM;
	if (uname) {
		name = path_name_get(uname, 0);
		if (IS_ERR(name))
			return PTR_ERR(name);
		f = acctfile_open(name);
		path_name_put(name);
		if (IS_ERR(f))
			return PTR_ERR(f);
	}
	old = replace(f);
	if (old)
		ofile_put(old);
	return 0;
}
