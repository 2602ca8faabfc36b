// SPDX-License-Identifier: GPL-2.0-only
/*
 * unshare(2) and setns(2). Both prepare everything that may fail - new
 * credentials, a new set of namespaces, a file context - and then put it in
 * force for the calling thread in steps that cannot fail.
 */
#include "ns_impl.h"

#include <tern/kernel/syscalls.h>
#include <tern/kernel/sysvipc.h>
#include <tern/kernel/timens.h>
#include <tern/mm/aspace.h>
#include <uapi/clone.h>

#define UNSHARE_KNOWN	(CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | \
			 CLONE_SYSVSEM | CLONE_NEWANY)

static void fs_switch(struct fsctx *n)
{
	struct thread *t = thread_self();
	u64 flags = spin_lock_irqsave(&t->t_lock);
	struct fsctx *old = t->t_fs;

	t->t_fs = n;
	spin_unlock_irqrestore(&t->t_lock, flags);
	fsctx_put(old);
}

static int unshare_check(u64 flags)
{
	struct process *p = process_self();
	struct aspace *as = thread_self()->t_as;

	if (flags & ~UNSHARE_KNOWN)
		return -EINVAL;
	if ((flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)) && READ_ONCE(p->p_nlive) > 1)
		return -EINVAL;
	if ((flags & (CLONE_SIGHAND | CLONE_VM)) && ref_read(&p->p_actions->refs) > 1)
		return -EINVAL;
	if ((flags & CLONE_VM) && ref_read(&as->as_users) > 1)
		return -EINVAL;
	return 0;
}

static u64 implied_flags(u64 flags)
{
	if (flags & CLONE_NEWUSER)
		flags |= CLONE_THREAD | CLONE_FS;
	if (flags & CLONE_VM)
		flags |= CLONE_SIGHAND;
	if (flags & CLONE_SIGHAND)
		flags |= CLONE_THREAD;
	if (flags & CLONE_NEWNS)
		flags |= CLONE_FS;
	return flags;
}

/* What will be in force; NULL members: as it is. */
struct change {
	struct credset *cred;
	struct fsctx *fs;
	struct namespaces *ns;
};

static void change_drop(struct change *c)
{
	if (c->cred)
		cred_put(c->cred);
	fsctx_put(c->fs);
	nsset_put(c->ns);
}

static void change_apply(struct change *c)
{
	if (c->fs)
		fs_switch(c->fs);
	if (c->ns) {
		struct timens *n = c->ns->time;

		if (n != nsset_self()->time)
			timens_enter(n, thread_self()->t_as);
		nsset_switch(c->ns);
	}
	if (c->cred)
		cred_commit(c->cred);
}

static int prepare_cred(struct change *c)
{
	c->cred = cred_prepare();
	return c->cred ? userns_enter_new(c->cred) : -ENOMEM;
}

static int prepare_set(struct change *c, u64 flags)
{
	struct userns *user = c->cred ? c->cred->ns : userns_self();
	struct namespaces *s;

	s = nsset_clone(nsset_self(), flags, user, c->fs ? c->fs : thread_self()->t_fs);
	if (IS_ERR(s))
		return PTR_ERR(s);
	c->ns = s;
	return 0;
}

long sys_unshare(u64 flags)
{
	struct thread *t = thread_self();
	struct change c = { 0 };
	int err;

	flags = implied_flags(flags);
	err = unshare_check(flags);
	if (err)
		return err;
	if ((flags & CLONE_FS) && t->t_fs && face_fsctx_is_shared(t->t_fs)) {
		c.fs = fsctx_copy(t->t_fs);
		err = c.fs ? 0 : -ENOMEM;
	}
	if (!err && (flags & CLONE_NEWUSER))
		err = prepare_cred(&c);
	if (!err && (flags & CLONE_NEWANY & ~CLONE_NEWUSER))
		err = prepare_set(&c, flags);
	if (!err && (flags & CLONE_FILES) && fdtab_is_shared(t->t_files))
		err = fdtab_unshare();
	if (err) {
		change_drop(&c);
		return err;
	}
	/* Its semaphore undo records are of the IPC namespace that it leaves. */
	if (flags & (CLONE_SYSVSEM | CLONE_NEWIPC))
		sysvsem_thread_exit(t);
	change_apply(&c);
	return 0;
}

/* ---- setns ---- */

static bool may_join(const struct change *c, struct nsbase *b)
{
	const struct credset *cred = c->cred ? c->cred : cred_self();

	return cap_has_cred(cred, b->owner, CAP_SYS_ADMIN) &&
	       cap_has_cred(cred, cred->ns, CAP_SYS_ADMIN);
}

static int join_user(struct change *c, struct nsbase *b)
{
	struct userns *u = userns_of(b);

	if (u == userns_self() || READ_ONCE(process_self()->p_nlive) > 1 ||
	    face_fsctx_is_shared(thread_self()->t_fs))
		return -EINVAL;
	if (!cap_has_in(u, CAP_SYS_ADMIN))
		return -EPERM;
	if (!c->cred)
		c->cred = cred_prepare();
	if (!c->cred)
		return -ENOMEM;
	userns_enter(c->cred, u);
	return 0;
}

static int join_mnt(struct change *c, struct nsbase *b)
{
	const struct credset *cred = c->cred ? c->cred : cred_self();

	if (!may_join(c, b) || !cap_has_cred(cred, cred->ns, CAP_SYS_CHROOT))
		return -EPERM;
	if (face_fsctx_is_shared(thread_self()->t_fs))
		return -EINVAL;
	if (!c->fs)
		c->fs = fsctx_copy(thread_self()->t_fs);
	if (!c->fs)
		return -ENOMEM;
	mountns_enter(b, c->fs);
	nsbase_put(c->ns->mnt);
	c->ns->mnt = nsbase_get(b);
	return 0;
}

static int join_pid(struct change *c, struct nsbase *b)
{
	struct pidns *n = pidns_of(b);

	if (!may_join(c, b))
		return -EPERM;
	/* Only downwards: nobody gets a number above where he is. */
	if (!pidns_is_within(n, pidns_self()))
		return -EINVAL;
	pidns_get(n);
	pidns_put(c->ns->pid_children);
	c->ns->pid_children = n;
	return 0;
}

static struct timens *timens_of(struct nsbase *b)
{
	return container_of(b, struct timens, base);
}

/* Threads of a process share its clock page. */
static int join_time(struct change *c, struct nsbase *b)
{
	struct namespaces *s = c->ns;

	if (READ_ONCE(process_self()->p_nlive) > 1 || ref_read(&thread_self()->t_as->as_users) > 1)
		return -EUSERS;
	if (!may_join(c, b))
		return -EPERM;
	nsbase_put(&s->time->base);
	nsbase_put(&s->time_children->base);
	s->time = s->time_children = timens_of(nsbase_get(nsbase_get(b)));
	return 0;
}

static int join(struct change *c, struct nsbase *b)
{
	struct namespaces *s = c->ns;

	switch (b->kind) {
	case NSKIND_USER:
		return join_user(c, b);
	case NSKIND_MNT:
		return join_mnt(c, b);
	case NSKIND_PID:
		return join_pid(c, b);
	case NSKIND_TIME:
		return join_time(c, b);
	default:
		break;
	}
	if (!may_join(c, b))
		return -EPERM;
	nsbase_get(b);
	switch (b->kind) {
	case NSKIND_UTS:
		swap(s->uts, *(struct utsns **)&b);
		break;
	case NSKIND_IPC:
		sysvsem_thread_exit(thread_self());
		swap(s->ipc, *(struct ipcns **)&b);
		break;
	case NSKIND_NET:
		swap(s->net, b);
		break;
	default:
		swap(s->cgroup, b);
	}
	nsbase_put(b);
	return 0;
}

/* All namespaces of @flags that the process behind a pidfd is in. */
static int join_process(struct change *c, struct pidref *pid, u64 flags)
{
	static const enum ns_kind order[] = { NSKIND_USER, NSKIND_MNT, NSKIND_UTS, NSKIND_IPC,
					      NSKIND_PID, NSKIND_CGROUP, NSKIND_NET,
					      NSKIND_TIME };
	struct thread *t = NULL;
	struct process *p;
	struct nsbase *b;
	int err = 0;

	if (!flags || (flags & ~CLONE_NEWANY))
		return -EINVAL;
	rcu_read_lock();
	p = pidref_process(pid);
	t = p ? rcu_load(p->p_leader) : NULL;
	if (t && !ref_get_unless_zero(&t->t_refs))
		t = NULL;
	rcu_read_unlock();
	if (!t)
		return -ESRCH;
	if (!process_may_access(t->t_proc, false))
		err = -EPERM;
	for (u32 i = 0; i < ARRAY_SIZE(order) && !err; i++) {
		if (!(flags & nskind_flag(order[i])))
			continue;
		b = thread_nsbase(t, order[i], false);
		err = b ? join(c, b) : -ESRCH;
		nsbase_put(b);
	}
	thread_put(t);
	return err;
}

long sys_setns(int fd, int nstype)
{
	struct change c = { 0 };
	struct pidref *pid;
	struct nsbase *b;
	struct ofile *f = fd_get(fd);
	int err;

	if (IS_ERR(f))
		return -EBADF;
	pid = pidfd_pid_of(f);
	b = nsfile_base(f);
	if (!pid && (!b || (nstype && (u32)nstype != nskind_flag(b->kind)))) {
		ofile_put(f);
		return -EINVAL;
	}
	c.ns = nsset_dup(nsset_self());
	if (!c.ns)
		err = -ENOMEM;
	else
		err = pid ? join_process(&c, pid, (u32)nstype) : join(&c, b);
	ofile_put(f);
	if (err)
		change_drop(&c);
	else
		change_apply(&c);
	return err;
}
