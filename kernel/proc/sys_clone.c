// SPDX-License-Identifier: GPL-2.0-only
/* fork, vfork, clone, clone3, set_tid_address: decoding and checking of flags. */
#include "proc_impl.h"

#include <generated/svc_proc.h>
#include <asm/uaccess.h>
#include <tern/kernel/cgroup.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/string.h>
#include <uapi/clone.h>

#define CLONE_LEGACY	0xffffffffUL

static int flags_check(u64 f)
{
	if ((f & (CLONE_NEWNS | CLONE_FS)) == (CLONE_NEWNS | CLONE_FS) ||
	    (f & (CLONE_NEWUSER | CLONE_FS)) == (CLONE_NEWUSER | CLONE_FS))
		return -EINVAL;
	if ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND))
		return -EINVAL;
	/* Threads of a process are in one user and one pid namespace. */
	if ((f & CLONE_THREAD) && ((f & (CLONE_NEWUSER | CLONE_NEWPID)) ||
				   nsset_self()->pid_children != pidns_self()))
		return -EINVAL;
	if ((f & CLONE_SIGHAND) && !(f & CLONE_VM))
		return -EINVAL;
	if ((f & CLONE_PARENT) && (process_self()->p_flags & PROC_INIT))
		return -EINVAL;
	if ((f & CLONE_PIDFD) && (f & (CLONE_DETACHED | CLONE_THREAD)))
		return -EINVAL;
	if ((f & (CLONE_NEWIPC | CLONE_SYSVSEM)) == (CLONE_NEWIPC | CLONE_SYSVSEM))
		return -EINVAL;
	return 0;
}

static long clone_checked(struct clone_args_k *a)
{
	int err = flags_check(a->flags);

	if (err)
		return err;
	if (a->flags & CLONE_THREAD)
		a->exit_signal = -1;
	return svc_proc_clone(a);
}

long sys_fork(void)
{
	struct clone_args_k a = { .exit_signal = SIGCHLD };

	return svc_proc_clone(&a);
}

long sys_vfork(void)
{
	struct clone_args_k a = { .flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD };

	return svc_proc_clone(&a);
}

long sys_clone(u64 flags, u64 stack, u32 *parent_tid, u32 *child_tid, u64 tls)
{
	struct clone_args_k a = {
		.flags = (u32)flags & ~CSIGNAL,
		.pidfd = (int __user *)parent_tid,
		.child_tid = child_tid,
		.parent_tid = parent_tid,
		.exit_signal = flags & CSIGNAL,
		.stack = stack,
		.tls = tls,
	};

	if ((a.flags & (CLONE_PIDFD | CLONE_PARENT_SETTID)) == (CLONE_PIDFD | CLONE_PARENT_SETTID))
		return -EINVAL;
	return clone_checked(&a);
}

static int args_copyin(struct clone_args_ *in, const void __user *uargs, size_t size)
{
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	return user_copyin_struct(in, sizeof(*in), uargs, size);
}

static int stack_decode(const struct clone_args_ *in, struct clone_args_k *a)
{
	if (!in->stack != !in->stack_size)
		return -EINVAL;
	if (!in->stack)
		return 0;
	if (!user_range_ok((void __user *)in->stack, in->stack_size))
		return -EINVAL;
	a->stack = in->stack + in->stack_size;
	return 0;
}

static int set_tid_decode(const struct clone_args_ *in, struct clone_args_k *a)
{
	if (in->set_tid_size > PIDNS_DEPTH_MAX || !in->set_tid != !in->set_tid_size)
		return -EINVAL;
	if (user_copyin(a->want_pid, (const s32 __user *)in->set_tid,
			in->set_tid_size * sizeof(s32)))
		return -EFAULT;
	a->nwant = in->set_tid_size;
	return 0;
}

/* The child starts in the group whose directory @fd is. */
static long clone_into_cgroup(struct clone_args_k *a, u64 fd)
{
	struct cgnode *src;
	struct ofile *f;
	long ret;

	if (fd > S32_MAX || (a->flags & CLONE_THREAD))
		return -EINVAL;
	f = fd_get_path((int)fd);
	if (IS_ERR(f))
		return PTR_ERR(f);
	a->cgroup = cgfile_node(f);
	ret = a->cgroup ? 0 : -EBADF;
	if (!ret) {
		src = cgroup_of(process_self());
		ret = cgroup_may_attach(src, a->cgroup);
		cgnode_put(src);
	}
	if (!ret && !cgroup_holds_processes(a->cgroup))
		ret = -EBUSY;
	if (!ret)
		ret = clone_checked(a);
	ofile_put(f);
	return ret;
}

long sys_clone3(const struct clone_args_ *uargs, size_t size)
{
	struct clone_args_k a = { 0 };
	struct clone_args_ in;
	int err;

	err = args_copyin(&in, uargs, size);
	if (err)
		return err;
	if (in.flags & ~(CLONE_LEGACY | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP))
		return -EINVAL;
	if (in.flags & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME)))
		return -EINVAL;
	if ((in.flags & (CLONE_SIGHAND | CLONE_CLEAR_SIGHAND)) ==
	    (CLONE_SIGHAND | CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if (in.exit_signal > NSIG || ((in.flags & (CLONE_THREAD | CLONE_PARENT)) && in.exit_signal))
		return -EINVAL;
	a.flags = in.flags;
	a.pidfd = (int __user *)in.pidfd;
	a.child_tid = (u32 __user *)in.child_tid;
	a.parent_tid = (u32 __user *)in.parent_tid;
	a.exit_signal = in.exit_signal;
	a.tls = in.tls;
	err = stack_decode(&in, &a);
	if (!err)
		err = set_tid_decode(&in, &a);
	if (err)
		return err;
	if (!(in.flags & CLONE_INTO_CGROUP))
		return clone_checked(&a);
	return clone_into_cgroup(&a, in.cgroup);
}

long sys_set_tid_address(u32 *tidptr)
{
	struct thread *t = thread_self();

	t->t_clear_tid = tidptr;
	return pidref_nr(t->t_pid);
}
