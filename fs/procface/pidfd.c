// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pidfds: open files that stand for a process. Readable (poll) once it has
 * ended; everything else is done by calls that take the descriptor.
 */
#include <tern/fs/ofile.h>
#include <tern/kernel/pidns.h>
#include <tern/kernel/process.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/seqbuf.h>
#include <uapi/fcntl.h>

static void pidfd_release(struct ofile *f)
{
	pidref_put(f->of_priv);
}

static u32 pidfd_poll(struct ofile *f, struct poll_table *pt)
{
	struct pidref *pid = f->of_priv;
	struct process *p;
	u32 events = 0;

	poll_wait(f, &pid->exit_wait, pt);
	rcu_read_lock();
	p = pidref_process(pid);
	if (!p || READ_ONCE(p->p_exit_state) != PROCEXIT_ALIVE)
		events = POLLIN | POLLRDNORM;
	rcu_read_unlock();
	return events;
}

/* The process's number here and in each namespace below that sees it; -1 when it is gone. */
static void pidfd_show_fdinfo(struct ofile *f, struct seqbuf *sb)
{
	struct pidref *pid = f->of_priv;
	s32 nr;

	rcu_read_lock();
	nr = pidref_process(pid) ? pidref_nr(pid) : -1;
	rcu_read_unlock();
	seqbuf_printf(sb, "Pid:\t%d\nNSpid:\t%d", nr, nr);
	for (u32 i = pidns_self()->level + 1; nr > 0 && i <= pid->level; i++)
		seqbuf_printf(sb, "\t%d", pid->at[i].nr);
	seqbuf_putc(sb, '\n');
}

static const struct ofile_ops pidfd_fops = {
	.open = fop_default_open,
	.flush = fop_default_flush,
	.release = pidfd_release,
	.read = fop_no_read,
	.write = fop_no_write,
	.seek = fop_no_seek,
	.poll = pidfd_poll,
	.ioctl = fop_no_ioctl,
	.splice_read = fop_default_splice_read,
	.splice_write = fop_default_splice_write,
	.set_flags = fop_default_set_flags,
	.show_fdinfo = pidfd_show_fdinfo,
	FOPS_NO_STORAGE,
};

struct ofile *pidfd_create(struct pidref *pid, u32 flags)
{
	struct ofile *f = ofile_create_anon(&pidfd_fops, pid, O_RDWR | (flags & O_NONBLOCK), "[pidfd]");

	if (!IS_ERR(f))
		pidref_get(pid);
	return f;
}

struct pidref *pidfd_pid_of(struct ofile *f)
{
	return f->of_ops == &pidfd_fops ? f->of_priv : NULL;
}

bool pidfd_is_nonblock(struct ofile *f)
{
	return f->of_flags & O_NONBLOCK;
}
