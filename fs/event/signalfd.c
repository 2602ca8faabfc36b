// SPDX-License-Identifier: GPL-2.0-only
/*
 * signalfd(2): the reader's pending signals, read as records.
 *
 * What is read belongs to whoever reads, not to who made the descriptor. A poll
 * waits on the queue of the caller's signal actions; the file keeps each set
 * of actions that somebody polled with alive, as the wait may outlast them.
 */
#include <tern/fs/event.h>

#include <asm/uaccess.h>
#include <tern/kernel/process.h>
#include <tern/kernel/signal.h>
#include <tern/kernel/syscalls.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/mm/uio.h>
#include <uapi/eventfd.h>
#include <uapi/fcntl.h>

struct kept_actions { struct kept_actions *next; struct sigactions *actions; };

struct sigwatch {
	ksigset mask;
	struct spin lock;		/* protects kept */
	struct kept_actions *kept;
};

static const struct ofile_ops signalfd_fops;

static void record_fill(struct signalfd_siginfo *r, const siginfo_t_ *si)
{
	memset(r, 0, sizeof(*r));
	r->ssi_signo = si->si_signo;
	r->ssi_errno = si->si_errno;
	r->ssi_code = si->si_code;
	switch (si->si_code) {
	case SI_USER:
	case SI_TKILL:
	case SI_KERNEL:
		r->ssi_pid = si->kill.pid;
		r->ssi_uid = si->kill.uid;
		return;
	case SI_TIMER:
		r->ssi_tid = si->timer.tid;
		r->ssi_overrun = si->timer.overrun;
		r->ssi_ptr = (u64)si->timer.value.sival_ptr;
		r->ssi_int = si->timer.value.sival_int;
		return;
	case SI_QUEUE:
	case SI_MESGQ:
	case SI_ASYNCIO:
		r->ssi_pid = si->rt.pid;
		r->ssi_uid = si->rt.uid;
		r->ssi_ptr = (u64)si->rt.value.sival_ptr;
		r->ssi_int = si->rt.value.sival_int;
		return;
	}
	switch (si->si_signo) {
	case SIGCHLD:
		r->ssi_pid = si->chld.pid;
		r->ssi_uid = si->chld.uid;
		r->ssi_status = si->chld.status;
		r->ssi_utime = si->chld.utime;
		r->ssi_stime = si->chld.stime;
		return;
	case SIGILL:
	case SIGFPE:
	case SIGSEGV:
	case SIGBUS:
	case SIGTRAP:
		r->ssi_addr = (u64)si->fault.addr;
		r->ssi_addr_lsb = si->fault.addr_lsb;
		return;
	case SIGSYS:
		r->ssi_call_addr = (u64)si->sys.call_addr;
		r->ssi_syscall = si->sys.syscall;
		r->ssi_arch = si->sys.arch;
		return;
	default:	/* SIGIO and what fcntl(F_SETSIG) chose */
		r->ssi_band = (u32)si->poll.band;
		r->ssi_fd = si->poll.fd;
	}
}

/* Next signal in the mask: 0 none. */
static int take_signal(struct sigwatch *s, struct ksiginfo *info, bool may_block)
{
	struct process *p = process_self();
	int sig, err;

	for (;;) {
		sig = signal_dequeue(READ_ONCE(s->mask), info);
		if (sig)
			return sig;
		if (!may_block)
			return -EAGAIN;
		err = waitq_wait_intr(&p->p_actions->signalfd_wait, signal_any_pending(READ_ONCE(s->mask)));
		if (err)
			return err;
	}
}

static ssize_t signalfd_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct sigwatch *s = f->of_priv;
	struct signalfd_siginfo r;
	struct ksiginfo info;
	ssize_t done = 0;

	if (u->resid < sizeof(r))
		return -EINVAL;
	while (u->resid >= sizeof(r)) {
		int sig = take_signal(s, &info, !done && !(f->of_flags & O_NONBLOCK));

		if (sig < 0)
			return done ? done : sig;
		record_fill(&r, &info.user);
		if (uio_put(u, &r, sizeof(r)) != sizeof(r))
			return done ? done : -EFAULT;
		done += sizeof(r);
	}
	return done;
}

static bool keep_actions(struct sigwatch *s, struct sigactions *a)
{
	struct kept_actions *k, *mine = kmem_zalloc(sizeof(*mine), ALLOC_KERNEL);

	if (!mine)
		return false;
	spin_lock(&s->lock);
	for (k = s->kept; k && k->actions != a; k = k->next)
		;
	if (!k) {
		ref_get(&a->refs);
		mine->actions = a;
		mine->next = s->kept;
		s->kept = mine;
		mine = NULL;
	}
	spin_unlock(&s->lock);
	kmem_free(mine);
	return true;
}

static u32 signalfd_poll(struct ofile *f, struct poll_table *pt)
{
	struct sigwatch *s = f->of_priv;
	struct sigactions *a = process_self()->p_actions;

	if (pt && !keep_actions(s, a))
		return POLLERR;
	poll_wait(f, &a->signalfd_wait, pt);
	return signal_any_pending(READ_ONCE(s->mask)) ? POLLIN | POLLRDNORM : 0;
}

static void signalfd_release(struct ofile *f)
{
	struct sigwatch *s = f->of_priv;
	struct kept_actions *k;

	while ((k = s->kept)) {
		s->kept = k->next;
		sigactions_put(k->actions);
		kmem_free(k);
	}
	kmem_free(s);
}

static void signalfd_show_fdinfo(struct ofile *f, struct seqbuf *sb)
{
	struct sigwatch *s = f->of_priv;

	seqbuf_printf(sb, "sigmask:\t%016lx\n", s->mask);
}

static const struct ofile_ops signalfd_fops = {
	.open = fop_default_open,
	.flush = fop_default_flush,
	.release = signalfd_release,
	.read = signalfd_read,
	.write = fop_no_write,
	.seek = event_seek,
	.poll = signalfd_poll,
	.ioctl = fop_no_ioctl,
	.splice_read = fop_default_splice_read,
	.splice_write = fop_default_splice_write,
	.set_flags = fop_default_set_flags,
	.show_fdinfo = signalfd_show_fdinfo,
	FOPS_NO_STORAGE,
};

static long signalfd_create(ksigset mask, u32 flags)
{
	struct sigwatch *s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);
	struct ofile *f;
	int fd;

	if (!s)
		return -ENOMEM;
	s->mask = mask;
	spin_init(&s->lock, LOCKRANK_FS_SPIN);
	f = ofile_create_anon(&signalfd_fops, s, O_RDWR | (flags & SFD_NONBLOCK), "[signalfd]");
	if (IS_ERR(f)) {
		kmem_free(s);
		return PTR_ERR(f);
	}
	fd = fd_add(f, flags & SFD_CLOEXEC);
	if (fd < 0)
		ofile_put(f);
	return fd;
}

static long signalfd_change(int fd, ksigset mask)
{
	struct ofile *f = fd_get(fd);
	struct sigwatch *s;

	if (IS_ERR(f))
		return PTR_ERR(f);
	if (f->of_ops != &signalfd_fops) {
		ofile_put(f);
		return -EINVAL;
	}
	s = f->of_priv;
	WRITE_ONCE(s->mask, mask);
	waitq_wake_all(&process_self()->p_actions->signalfd_wait);
	ofile_put(f);
	return fd;
}

static long do_signalfd(int fd, const u64 __user *umask, size_t size, u32 flags)
{
	ksigset mask;

	if (size != sizeof(mask) || flags & ~(SFD_NONBLOCK | SFD_CLOEXEC))
		return -EINVAL;
	if (user_copyin(&mask, umask, sizeof(mask)))
		return -EFAULT;
	mask &= ~(SIGBIT(SIGKILL) | SIGBIT(SIGSTOP));
	return fd == -1 ? signalfd_create(mask, flags) : signalfd_change(fd, mask);
}

long sys_signalfd(int fd, const u64 __user *mask, size_t size)
{
	return do_signalfd(fd, mask, size, 0);
}

long sys_signalfd4(int fd, const u64 __user *mask, size_t size, int flags)
{
	return do_signalfd(fd, mask, size, flags);
}
