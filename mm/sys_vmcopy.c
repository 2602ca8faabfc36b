// SPDX-License-Identifier: GPL-2.0-only
/*
 * process_vm_readv and process_vm_writev: from one program's memory to
 * another's, by way of one page of the kernel's.
 */
#include <tern/base/rcu.h>
#include <generated/syscalls.h>
#include <tern/mm/uio.h>

#include "mm_impl.h"
#include "usage_impl.h"

/* Address space of process @pid with a user reference, if we may look into it. */
static struct aspace *aspace_of_pid(s32 pid)
{
	struct pidref *ref = pidref_lookup(pid);
	struct aspace *as = ERR_PTR(-ESRCH);
	struct process *p;

	if (!ref)
		return as;
	rcu_read_lock();
	p = pidref_process(ref);
	if (p && !process_may_access(p, true))
		as = ERR_PTR(-EPERM);
	else if (p)
		as = process_aspace(p);
	rcu_read_unlock();
	pidref_put(ref);
	return as ? as : ERR_PTR(-ESRCH);
}

static size_t copy_piece(struct aspace *as, uptr remote, struct uio *local, u8 *buf, size_t n,
			 bool is_write)
{
	size_t got;

	if (is_write) {
		got = uio_get(local, buf, n);
		return aspace_access(as, remote, buf, got, true, false);
	}
	got = aspace_access(as, remote, buf, n, false, false);
	return uio_put(local, buf, got);
}

static ssize_t copy_all(struct aspace *as, const struct iovec *remote, u64 nremote,
			struct uio *local, bool is_write)
{
	u8 *buf = page_alloc_kva(0, ALLOC_USER);
	ssize_t total = 0;

	if (!buf)
		return -ENOMEM;
	for (u64 i = 0; i < nremote && local->resid; i++) {
		uptr at = (uptr)remote[i].iov_base, end = at + remote[i].iov_len;

		while (at < end && local->resid) {
			size_t n = min(min(end - at, PAGE_SIZE - (at & ~PAGE_MASK)), local->resid);
			size_t done = copy_piece(as, at, local, buf, n, is_write);

			total += (ssize_t)done;
			at += done;
			if (done < n)
				goto out;
		}
	}
out:
	page_free_kva(buf, 0);
	return total ? total : -EFAULT;
}

static long do_vm_rw(s32 pid, const struct iovec __user *lvec, u64 nlocal,
		     const struct iovec __user *rvec, u64 nremote, u64 flags, bool is_write)
{
	struct iovec lstore[UIO_FAST], *lfree = NULL, *rcopy = NULL;
	struct aspace *as;
	struct uio local;
	long ret;

	if (flags || nremote > UIO_MAXIOV)
		return -EINVAL;
	ret = uio_import(&local, lvec, nlocal, lstore, &lfree);
	if (ret)
		return ret;
	if (!local.resid || !nremote)
		goto out;
	rcopy = kmem_calloc(nremote, sizeof(*rcopy), ALLOC_KERNEL);
	ret = -ENOMEM;
	if (!rcopy)
		goto out;
	ret = user_copyin(rcopy, rvec, nremote * sizeof(*rcopy));
	if (ret)
		goto out;
	for (u64 i = 0; i < nremote && !ret; i++)
		if ((ssize_t)rcopy[i].iov_len < 0)
			ret = -EINVAL;
	if (ret)
		goto out;
	as = aspace_of_pid(pid);
	ret = PTR_ERR(as);
	if (IS_ERR(as))
		goto out;
	ret = copy_all(as, rcopy, nremote, &local, is_write);
	aspace_put(as);
out:
	kmem_free(rcopy);
	kmem_free(lfree);
	return ret;
}

long sys_process_vm_readv(s32 pid, const struct iovec __user *lvec, u64 nlocal,
			  const struct iovec __user *rvec, u64 nremote, u64 flags)
{
	return do_vm_rw(pid, lvec, nlocal, rvec, nremote, flags, false);
}

long sys_process_vm_writev(s32 pid, const struct iovec __user *lvec, u64 nlocal,
			   const struct iovec __user *rvec, u64 nremote, u64 flags)
{
	return do_vm_rw(pid, lvec, nlocal, rvec, nremote, flags, true);
}
