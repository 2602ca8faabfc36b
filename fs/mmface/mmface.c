// SPDX-License-Identifier: GPL-2.0-only
/*
 * What memory management asks of files (tern/mm/face.h): references, the rules
 * of mapping an open file, its size, writing it back. mm/ itself includes
 * nothing of fs/.
 */
#include <tern/fs/ofile.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/process.h>
#include <tern/mm/face.h>
#include <uapi/mman.h>

void mmface_ofile_get(struct ofile *f)
{
	ofile_get(f);
}

loff_t mmface_size(const struct pagecache *pc)
{
	return vnode_size(pc->vnode);
}

void mmface_size_grow(struct pagecache *pc, loff_t size)
{
	vnode_size_set(pc->vnode, (u64)size);
}

bool mmface_hold(struct pagecache *pc)
{
	return atomic_inc_not_zero(&pc->vnode->vn_refs);
}

void mmface_release(struct pagecache *pc)
{
	vnode_put(pc->vnode);
}

/* The open mode limits what the mapping may do, now and after mprotect. */
static int check_mode(struct ofile *f, struct map_request *req)
{
	bool shared = req->rflags & REGION_SHARED;

	if (!(f->of_mode & OFILE_READ))
		return -EACCES;
	if (shared && !(f->of_mode & OFILE_WRITE)) {
		if (req->rflags & REGION_WRITE)
			return -EACCES;
		req->rflags &= ~REGION_MAYWRITE;
	}
	if (f->of_path.mnt && (f->of_path.mnt->mp_flags & MOUNT_NOEXEC)) {
		if (req->rflags & REGION_EXEC)
			return -EPERM;
		req->rflags &= ~REGION_MAYEXEC;
	}
	return 0;
}

int mmface_map(struct ofile *f, struct map_request *req)
{
	u64 npages = (req->len + PAGE_SIZE - 1) >> PAGE_SHIFT;
	int err = check_mode(f, req);

	if (err)
		return err;
	if (req->pgoff + npages < req->pgoff || req->pgoff + npages > (u64)S64_MAX >> PAGE_SHIFT)
		return -EOVERFLOW;
	return f->of_ops->mmap(f, req);
}

int mmface_sync(struct ofile *f, loff_t start, loff_t end)
{
	int err = f->of_ops->fsync(f, start, end, false);

	/* A file that cannot be synchronised has nothing that msync could write. */
	return err == -EINVAL ? 0 : err;
}

#define PUNCH_MODE	0x3	/* FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE */

int mmface_punch(struct ofile *f, loff_t start, loff_t end)
{
	return f->of_ops->fallocate(f, PUNCH_MODE, start, end - start);
}

bool mmface_may_mincore(struct ofile *f)
{
	const struct credset *c = cred_self();

	return (f->of_mode & OFILE_WRITE) || c->fsuid == f->of_vnode->vn_uid ||
	       cap_has_over(CAP_FOWNER, f->of_vnode->vn_uid, f->of_vnode->vn_gid) ||
	       !vnode_permission(f->of_vnode, MAY_WRITE);
}

u32 mmface_tid(void)
{
	return (u32)pidref_nr(thread_self()->t_pid);
}

void mmface_fault_count(bool is_major)
{
	struct thread *t = thread_self();

	if (unlikely(is_major))
		t->t_majflt++;
	else
		t->t_minflt++;
}
