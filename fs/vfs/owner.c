// SPDX-License-Identifier: GPL-2.0-only
/* Who gets SIGIO for a file: F_SETOWN, F_SETSIG, O_ASYNC. The owner is kept as
 * a pid that outlives its process.
 */
#include "vfs_impl.h"
#include <tern/kernel/userns.h>

struct fowner {
	struct pidref *pid;		/* with a reference; NULL: nobody */
	s32 type;			/* F_OWNER_* */
	s32 sig;			/* 0: SIGIO */
	uid_t uid, euid;		/* of who set it */
};

void fowner_free(struct ofile *f)
{
	if (!f->of_owner)
		return;
	pidref_put(f->of_owner->pid);
	kmem_free(f->of_owner);
	f->of_owner = NULL;
}

/* The file's record, made on first use. */
static struct fowner *owner_of(struct ofile *f)
{
	struct fowner *o = READ_ONCE(f->of_owner), *fresh;

	if (o)
		return o;
	fresh = kmem_zalloc(sizeof(*fresh), ALLOC_KERNEL);
	spin_lock(&f->of_lock);
	if (!f->of_owner) {
		f->of_owner = fresh;
		fresh = NULL;
	}
	o = f->of_owner;
	spin_unlock(&f->of_lock);
	kmem_free(fresh);
	return o;
}

static int set_owner(struct ofile *f, s32 type, s32 nr)
{
	struct fowner *o = owner_of(f);
	struct pidref *pid = NULL, *old;

	if (!o)
		return -ENOMEM;
	if (nr) {
		pid = pidref_lookup(nr);
		if (!pid)
			return -ESRCH;
	}
	spin_lock(&f->of_lock);
	old = o->pid;
	o->pid = pid;
	o->type = type;
	o->uid = cred_self()->uid;
	o->euid = cred_self()->euid;
	spin_unlock(&f->of_lock);
	pidref_put(old);
	return 0;
}

static s32 get_owner(struct ofile *f, s32 *type)
{
	struct fowner *o = READ_ONCE(f->of_owner);
	s32 nr = 0;

	*type = F_OWNER_PID;
	if (!o)
		return 0;
	spin_lock(&f->of_lock);
	*type = o->type;
	if (o->pid)
		nr = pidref_nr(o->pid);
	spin_unlock(&f->of_lock);
	return nr;
}

static long set_ex(struct ofile *f, const void __user *arg)
{
	struct f_owner_ex ex;

	if (user_copyin(&ex, arg, sizeof(ex)))
		return -EFAULT;
	if (ex.type < F_OWNER_TID || ex.type > F_OWNER_PGRP)
		return -EINVAL;
	return set_owner(f, ex.type, ex.pid);
}

static long get_ex(struct ofile *f, void __user *arg)
{
	struct f_owner_ex ex;

	ex.pid = get_owner(f, &ex.type);
	return user_copyout(arg, &ex, sizeof(ex));
}

static long get_uids(struct ofile *f, u32 __user *arg)
{
	struct fowner *o = READ_ONCE(f->of_owner);
	u32 ids[2] = { uid_show(o ? o->uid : 0), uid_show(o ? o->euid : 0) };

	return user_copyout(arg, ids, sizeof(ids));
}

static long set_signal(struct ofile *f, uptr sig)
{
	struct fowner *o;

	if (sig > NSIG)
		return -EINVAL;
	o = owner_of(f);
	if (!o)
		return -ENOMEM;
	WRITE_ONCE(o->sig, (s32)sig);
	return 0;
}

long fowner_fcntl(struct ofile *f, u32 cmd, uptr arg)
{
	s32 type, nr;

	switch (cmd) {
	case F_SETOWN:
		nr = (s32)arg;
		if (nr == (s32)0x80000000)
			return -EINVAL;
		return set_owner(f, nr < 0 ? F_OWNER_PGRP : F_OWNER_PID, nr < 0 ? -nr : nr);
	case F_GETOWN:
		nr = get_owner(f, &type);
		return type == F_OWNER_PGRP ? -nr : nr;
	case F_SETOWN_EX: return set_ex(f, (void __user *)arg);
	case F_GETOWN_EX: return get_ex(f, (void __user *)arg);
	case F_GETOWNER_UIDS: return get_uids(f, (u32 __user *)arg);
	case F_SETSIG: return set_signal(f, arg);
	case F_GETSIG: return f->of_owner ? f->of_owner->sig : 0;
	default: return -EINVAL;
	}
}

static s32 code_of_band(u32 band)
{
	if (band & (POLLIN | POLLRDNORM))
		return POLL_IN;
	if (band & (POLLOUT | POLLWRNORM))
		return POLL_OUT;
	if (band & POLLPRI)
		return POLL_PRI;
	return band & POLLHUP ? POLL_HUP : POLL_ERR;
}

static void send_to(struct pidref *pid, s32 type, s32 sig, const struct ksiginfo *info)
{
	struct process *p;
	struct thread *t;

	if (type == F_OWNER_PGRP) {
		(void)signal_send_pgrp(pid, sig, info);
		return;
	}
	rcu_read_lock();
	t = type == F_OWNER_TID ? pidref_thread(pid) : NULL;
	p = type == F_OWNER_PID ? pidref_process(pid) : NULL;
	if (t)
		(void)signal_send_thread(t, sig, info);
	else if (p)
		(void)signal_send_process(p, sig, info);
	rcu_read_unlock();
}

int fowner_default(struct ofile *f)
{
	struct fowner *o = owner_of(f);

	if (!o)
		return -ENOMEM;
	return READ_ONCE(o->pid) ? 0 : set_owner(f, F_OWNER_PID, pidref_nr(process_self()->p_pid));
}

void ofile_sigio(struct ofile *f, u32 band)
{
	if (unlikely(READ_ONCE(f->of_flags) & O_ASYNC))
		fowner_signal(f, 0, code_of_band(band), band);
}

void fowner_signal(struct ofile *f, int fd, s32 code, u32 band)
{
	struct fowner *o = READ_ONCE(f->of_owner);
	struct ksiginfo info;
	struct pidref *pid;
	s32 type, sig;

	if (!o)
		return;
	spin_lock(&f->of_lock);
	pid = pidref_get(o->pid);
	type = o->type;
	sig = o->sig;
	spin_unlock(&f->of_lock);
	if (!pid)
		return;
	memset(&info, 0, sizeof(info));
	info.user.si_signo = sig ? sig : SIGIO;
	info.user.si_code = code;
	info.user.poll.band = band;
	info.user.poll.fd = fd;
	send_to(pid, type, info.user.si_signo, sig ? &info : NULL);
	pidref_put(pid);
}
