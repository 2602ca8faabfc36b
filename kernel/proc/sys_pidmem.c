// SPDX-License-Identifier: GPL-2.0-only
/* process_madvise(2), process_mrelease(2): the memory of another process. */
#include "proc_impl.h"

#include <tern/base/err.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/vfsface.h>
#include <tern/mm/aspace.h>
#include <tern/mm/slab.h>
#include <tern/mm/uio.h>
#include <uapi/mman.h>

static struct aspace *aspace_of_ref(struct pidref *ref)
{
	struct aspace *as = NULL;
	struct process *p;

	rcu_read_lock();
	p = pidref_process(ref);
	if (p && !process_may_access(p, false))
		as = ERR_PTR(-EPERM);
	else if (p)
		as = process_aspace(p);
	rcu_read_unlock();
	return as ? as : ERR_PTR(-ESRCH);
}

/* With a user reference. */
static struct aspace *aspace_of_pidfd(int pidfd)
{
	struct ofile *f = fd_get(pidfd);
	struct pidref *ref;
	struct aspace *as;

	if (IS_ERR(f))
		return ERR_CAST(f);
	ref = pidfd_pid_of(f);
	as = ref ? aspace_of_ref(ref) : ERR_PTR(-EBADF);
	ofile_put(f);
	return as;
}

/* Bytes advised; an error only if none were. */
static long advise_all(struct aspace *as, const struct iovec *iov, u64 n, int advice)
{
	long done = 0;

	for (u64 i = 0; i < n; i++) {
		int err = aspace_advise(as, (uptr)iov[i].iov_base, iov[i].iov_len, advice);

		if (err)
			return done ? done : err;
		done += iov[i].iov_len;
	}
	return done;
}

long sys_process_madvise(int pidfd, const struct iovec __user *vec, u64 n, int advice, u32 flags)
{
	struct iovec store[UIO_FAST], *heap = NULL, *iov = store;
	struct aspace *as;
	struct uio check;
	long ret;

	if (flags)
		return -EINVAL;
	ret = uio_import(&check, vec, n, store, &heap);
	if (ret)
		return ret;
	if (heap)
		iov = heap;
	as = aspace_of_pidfd(pidfd);
	ret = PTR_ERR(as);
	if (IS_ERR(as))
		goto out;
	ret = -EINVAL;
	if (advice != MADV_COLD && advice != MADV_PAGEOUT && advice != MADV_WILLNEED)
		goto out_put;
	ret = cap_has(CAP_SYS_NICE) ? advise_all(as, iov, n, advice) : -EPERM;
out_put:
	aspace_put(as);
out:
	kmem_free(heap);
	return ret;
}

/* Will all that runs in @as end by itself? */
static bool is_dying(struct process *p, struct aspace *as)
{
	struct sigactions *a;
	u64 flags;
	bool dying;

	a = signal_lock(p, &flags);
	dying = (p->p_flags & PROC_GROUP_EXIT) && !(p->p_flags & PROC_COREDUMP) &&
		ref_read(&as->as_users) <= p->p_nthreads + 1;	/* ours is one more */
	signal_unlock(a, flags);
	return dying;
}

static long release_memory(struct process *p)
{
	struct aspace *as = process_aspace(p);
	long err;

	if (!as)
		return -ESRCH;
	err = is_dying(p, as) ? aspace_reap(as) : -EINVAL;
	aspace_put(as);
	return err;
}

long sys_process_mrelease(int pidfd, u32 flags)
{
	struct ofile *f;
	struct pidref *ref;
	struct process *p = NULL;
	long err;

	if (flags)
		return -EINVAL;
	f = fd_get(pidfd);
	if (IS_ERR(f))
		return PTR_ERR(f);
	ref = pidfd_pid_of(f);
	if (ref) {
		rcu_read_lock();
		p = pidref_process(ref);
		if (p && !ref_get_unless_zero(&p->p_refs))
			p = NULL;
		rcu_read_unlock();
	}
	err = !ref ? -EBADF : p ? release_memory(p) : -ESRCH;
	if (p)
		process_put(p);
	ofile_put(f);
	return err;
}
