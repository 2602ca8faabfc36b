// SPDX-License-Identifier: GPL-2.0-only
/* Entry functions of the memory calls: decode, check flags, call the operation. */
#include <generated/svc_proc.h>
#include <tern/base/upcall.h>
#include <generated/syscalls.h>

#include "mm_impl.h"
#include "usage_impl.h"

#define MAP_KNOWN (MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT | MAP_GROWSDOWN | \
		   MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | \
		   MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_FIXED_NOREPLACE)

static bool may_lock(const struct aspace *as)
{
	return as->limit_memlock || cap_has(MM_CAP_IPC_LOCK);
}

/* The kind of sharing; unknown flags are only refused where Linux promises to look. */
static int map_type(struct map_request *req, bool has_file)
{
	switch (req->map_flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		if (has_file && (req->map_flags & ~MAP_KNOWN))
			return -EOPNOTSUPP;
		if (!has_file)
			return -EINVAL;
		fallthrough;
	case MAP_SHARED:
		if (!has_file && (req->map_flags & MAP_GROWSDOWN))
			return -EINVAL;
		req->rflags |= REGION_SHARED;
		return 0;
	case MAP_PRIVATE:
		return 0;
	default:
		return -EINVAL;
	}
}

static long map_file(struct aspace *as, struct map_request *req, int fd)
{
	struct ofile *f = fd_get(fd);
	long ret;

	if (IS_ERR(f))
		return PTR_ERR(f);
	req->file = f;
	ret = map_type(req, true);
	if (!ret && (req->map_flags & MAP_GROWSDOWN) && !(req->rflags & REGION_SHARED))
		req->rflags |= REGION_GROWSDOWN;
	if (!ret)
		ret = mmface_map(f, req);
	if (!ret)
		ret = svc_proc_map(as, req);
	if (req->owns_shmem)
		aspace_shmem_done(req);
	ofile_put(f);
	return ret;
}

static long map_anonymous(struct aspace *as, struct map_request *req)
{
	long ret = map_type(req, false);

	if (ret)
		return ret;
	if (!(req->rflags & REGION_SHARED)) {
		if (req->map_flags & MAP_GROWSDOWN)
			req->rflags |= REGION_GROWSDOWN;
		req->pgoff = 0;
		return svc_proc_map(as, req);
	}
	ret = aspace_shmem_map(req);
	if (ret)
		return ret;
	ret = svc_proc_map(as, req);
	aspace_shmem_done(req);
	return ret;
}

long sys_mmap(uptr addr, size_t len, u64 prot, u64 flags, u64 fd, u64 off)
{
	struct aspace *as = aspace_self();
	struct map_request req = {
		.addr = addr,
		.len = len,
		.rflags = (prot & REGION_PROT) | REGION_MAYALL,
		.map_flags = (u32)flags,
		.pgoff = off >> PAGE_SHIFT,
	};

	if (off & ~PAGE_MASK)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS) && !len) {
		struct ofile *f = fd_get((int)fd);

		if (IS_ERR(f))
			return PTR_ERR(f);
		ofile_put(f);
	}
	if (!len)
		return -EINVAL;
	if (len > USER_END)
		return -ENOMEM;
	/* There are no huge page pools to take from. */
	if (flags & MAP_HUGETLB)
		return flags & MAP_ANONYMOUS ? -ENOMEM : -EINVAL;
	if (flags & MAP_LOCKED) {
		if (!may_lock(as))
			return -EPERM;
		req.rflags |= REGION_LOCKED;
	}
	/* A hint below the limit is taken as "anywhere from there on". */
	if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) && req.addr && req.addr < vm_mmap_min_addr)
		req.addr = vm_mmap_min_addr;
	return flags & MAP_ANONYMOUS ? map_anonymous(as, &req) : map_file(as, &req, (int)fd);
}

/* What @rg maps, into @req with a reference: of its file, or of memory without one. False: nothing. */
static bool take_object(struct map_request *req, const struct region *rg)
{
	req->rflags = (rg->flags & (REGION_PROT | REGION_LOCKED)) | REGION_SHARED | REGION_MAYALL;
	if (rg->file) {
		req->file = rg->file;
		mmface_ofile_get(req->file);
		return true;
	}
	return aspace_shmem_again(req, rg);
}

/* What is mapped shared over all of the request's range, by one or more regions that agree. */
static bool shared_object_at(struct aspace *as, struct map_request *req, uptr end)
{
	struct region *first, *rg;
	bool found = false;

	rwsem_read_lock(&as->as_lock);
	first = region_at(as, req->addr);
	for (rg = first; rg && rg->end < end; rg = region_next(rg)) {
		const struct region *next = region_next(rg);

		if (!next || next->start != rg->end || next->pc != first->pc || next->file != first->file ||
		    next->flags != first->flags)
			break;
	}
	if (rg && rg->end >= end && !region_is_private(first))
		found = take_object(req, first);
	rwsem_read_unlock(&as->as_lock);
	return found;
}

long sys_remap_file_pages(uptr start, size_t len, u64 prot, u64 pgoff, u64 flags)
{
	struct aspace *as = aspace_self();
	struct map_request req = { .addr = start & PAGE_MASK, .len = len & PAGE_MASK, .pgoff = pgoff };
	uptr end;
	long ret = 0;

	if (prot || check_add(req.addr, req.len, &end) || end <= req.addr ||
	    pgoff + (req.len >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if (!shared_object_at(as, &req, end))
		return -EINVAL;
	req.map_flags = MAP_SHARED | MAP_FIXED | MAP_POPULATE | (flags & MAP_NONBLOCK);
	if (req.file)
		ret = mmface_map(req.file, &req);
	if (!ret)
		ret = svc_proc_map(as, &req);
	if (req.owns_shmem || !req.file)
		aspace_shmem_done(&req);
	if (req.file)
		ofile_put(req.file);
	return ret < 0 ? ret : 0;
}

long sys_munmap(uptr addr, size_t len)
{
	return svc_proc_unmap(aspace_self(), addr, len);
}

long sys_mprotect(uptr addr, size_t len, u64 prot)
{
	return prot >> 32 ? -EINVAL : svc_proc_protect(aspace_self(), addr, len, (u32)prot);
}

/* Protection keys: the processor feature is not enabled, so that none can be had. */
long sys_pkey_alloc(u64 flags, u64 rights)
{
	return flags || (rights & ~3UL) ? -EINVAL : -ENOSPC;
}

long sys_pkey_free(int key)
{
	return -EINVAL;
}

long sys_pkey_mprotect(uptr addr, size_t len, u64 prot, int key)
{
	return key == -1 ? sys_mprotect(addr, len, prot) : -EINVAL;
}

long sys_mremap(uptr addr, size_t old_len, size_t new_len, u64 flags, uptr new_addr)
{
	if (flags >> 32)
		return -EINVAL;
	return svc_proc_remap(aspace_self(), addr, old_len, new_len, (u32)flags, new_addr);
}

long sys_brk(uptr brk)
{
	return (long)aspace_brk(aspace_self(), brk);
}

long sys_madvise(uptr addr, size_t len, int advice)
{
	return aspace_advise(aspace_self(), addr, len, advice);
}

/* ---- locking ---- */

/* Pages of [start, end) that are locked already. */
static u64 locked_within(struct aspace *as, uptr start, uptr end)
{
	u64 n = 0;

	for (struct region *rg = region_find(as, start); rg && rg->start < end; rg = region_next(rg))
		if (rg->flags & REGION_LOCKED)
			n += (min(rg->end, end) - max(rg->start, start)) >> PAGE_SHIFT;
	return n;
}

static int lock_range(struct aspace *as, uptr start, uptr end, u32 set)
{
	u64 total = as->locked_vm + ((end - start) >> PAGE_SHIFT) - locked_within(as, start, end);
	bool hole = false;
	uptr at = start;
	int err = 0;

	if (total << PAGE_SHIFT > as->limit_memlock && !cap_has(MM_CAP_IPC_LOCK))
		return -ENOMEM;
	while (at < end && !err) {
		struct region *rg = region_find(as, at);

		if (!rg || rg->start > at) {
			hole = true;
			break;
		}
		at = min(rg->end, end);
		err = region_change_flags(as, max(rg->start, start), at, set, REGION_LOCKONFAULT);
	}
	return err ? err : hole ? -ENOMEM : 0;
}

static long do_mlock(uptr addr, size_t len, u32 set)
{
	struct aspace *as = aspace_self();
	uptr start = addr & PAGE_MASK, end;
	int err;

	if (!may_lock(as))
		return -EPERM;
	if (check_add(addr, len, &end))
		return -EINVAL;
	end = ALIGN_UP(end, PAGE_SIZE);
	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (end > USER_END)
		return -ENOMEM;
	rwsem_write_lock(&as->as_lock);
	err = lock_range(as, start, end, set);
	rwsem_write_unlock(&as->as_lock);
	if (err || (set & REGION_LOCKONFAULT))
		return err;
	err = aspace_populate(as, start, end - start);
	return !err || err == -EINTR ? err : err == -ENOMEM ? -EAGAIN : -ENOMEM;
}

long sys_mlock(uptr addr, size_t len)
{
	return do_mlock(addr, len, REGION_LOCKED);
}

long sys_mlock2(uptr addr, size_t len, int flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return do_mlock(addr, len, REGION_LOCKED | (flags & MLOCK_ONFAULT ? REGION_LOCKONFAULT : 0));
}

long sys_munlock(uptr addr, size_t len)
{
	struct aspace *as = aspace_self();
	uptr start = addr & PAGE_MASK, end;
	bool hole = false;
	int err = 0;

	if (check_add(addr, len, &end) || ALIGN_UP(end, PAGE_SIZE) < start)
		return -EINVAL;
	end = ALIGN_UP(end, PAGE_SIZE);
	if (end > USER_END)
		return -ENOMEM;
	rwsem_write_lock(&as->as_lock);
	for (uptr at = start; at < end && !err;) {
		struct region *rg = region_find(as, at);

		if (!rg || rg->start > at) {
			hole = true;
			break;
		}
		start = at;
		at = min(rg->end, end);
		err = region_change_flags(as, start, at, 0, REGION_LOCKED | REGION_LOCKONFAULT);
	}
	rwsem_write_unlock(&as->as_lock);
	return err ? err : hole ? -ENOMEM : 0;
}

/* Every region that there is; as_lock held for writing. */
static int change_all(struct aspace *as, u32 set, u32 clear)
{
	struct region *rg = region_first(as);
	int err = 0;

	while (rg && !err) {
		uptr end = rg->end;

		err = region_change_flags(as, rg->start, end, set, clear);
		rg = region_find(as, end);
	}
	return err;
}

long sys_mlockall(int flags)
{
	struct aspace *as = aspace_self();
	u32 set = REGION_LOCKED | (flags & MCL_ONFAULT ? REGION_LOCKONFAULT : 0);
	int err = 0;

	if (!flags || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) || flags == MCL_ONFAULT)
		return -EINVAL;
	if (!may_lock(as))
		return -EPERM;
	rwsem_write_lock(&as->as_lock);
	if ((flags & MCL_CURRENT) && as->total_vm << PAGE_SHIFT > as->limit_memlock &&
	    !cap_has(MM_CAP_IPC_LOCK))
		err = -ENOMEM;
	if (!err) {
		as->def_flags = flags & MCL_FUTURE ? set : 0;
		if (flags & MCL_CURRENT)
			err = change_all(as, set, REGION_LOCKONFAULT);
	}
	rwsem_write_unlock(&as->as_lock);
	if (!err && (flags & MCL_CURRENT) && !(flags & MCL_ONFAULT))
		aspace_populate_all(as);
	return err;
}

long sys_munlockall(void)
{
	struct aspace *as = aspace_self();
	int err;

	rwsem_write_lock(&as->as_lock);
	as->def_flags = 0;
	err = change_all(as, 0, REGION_LOCKED | REGION_LOCKONFAULT);
	rwsem_write_unlock(&as->as_lock);
	return err;
}

/* ---- msync, mincore ---- */

/* Write one region's part back; as_lock is dropped meanwhile. */
static int sync_part(struct aspace *as, struct region *rg, uptr start, uptr end)
{
	loff_t from = (loff_t)region_index(rg, start) << PAGE_SHIFT;
	struct ofile *f = rg->file;
	int err;

	mmface_ofile_get(f);
	rwsem_read_unlock(&as->as_lock);
	err = mmface_sync(f, from, from + (loff_t)(end - start));
	ofile_put(f);
	rwsem_read_lock(&as->as_lock);
	return err;
}

long sys_msync(uptr addr, size_t len, int flags)
{
	struct aspace *as = aspace_self();
	bool hole = false;
	int err = 0;
	uptr end;

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || (addr & ~PAGE_MASK) ||
	    ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	if (ALIGN_UP(len, PAGE_SIZE) < len || check_add(addr, ALIGN_UP(len, PAGE_SIZE), &end))
		return -ENOMEM;
	rwsem_read_lock(&as->as_lock);
	for (uptr at = addr; at < end && !err;) {
		struct region *rg = region_find(as, at);
		uptr from, to;

		if (!rg || rg->start >= end) {
			hole = true;
			break;
		}
		hole |= rg->start > at;
		from = max(at, rg->start);
		to = min(rg->end, end);
		if ((flags & MS_INVALIDATE) && (rg->flags & REGION_LOCKED))
			err = -EBUSY;
		else if ((flags & MS_SYNC) && rg->file && !region_is_private(rg))
			err = sync_part(as, rg, from, to);
		at = to;
	}
	rwsem_read_unlock(&as->as_lock);
	return err ? err : hole ? -ENOMEM : 0;
}

long sys_mincore(uptr addr, size_t len, u8 __user *vec)
{
	struct aspace *as = aspace_self();
	u64 npages = DIV_ROUND_UP(len, PAGE_SIZE), done = 0;
	u8 *buf;
	int err = 0;

	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (addr > USER_END || len > USER_END - addr)
		return -ENOMEM;
	if (!user_range_ok(vec, npages))
		return -EFAULT;
	buf = page_alloc_kva(0, ALLOC_USER);
	if (!buf)
		return -EAGAIN;
	while (done < npages && !err) {
		u64 n = min(npages - done, PAGE_SIZE);
		uptr at = addr + (done << PAGE_SHIFT);

		__builtin_memset(buf, 0, n);
		err = aspace_mincore(as, at, at + (n << PAGE_SHIFT), buf);
		if (!err)
			err = user_copyout(vec + done, buf, n);
		done += n;
	}
	page_free_kva(buf, 0);
	return err;
}
