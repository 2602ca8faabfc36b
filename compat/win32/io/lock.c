// SPDX-License-Identifier: GPL-2.0-only
/*
 * Byte range locks: those of the open file, as fcntl(F_OFD_SETLK) has them. Each handle's own
 * locks stand in a list besides: NT does not grant what overlaps them, and unlocks exactly what
 * was locked. nt_file.lock protects the list.
 */
#include "../file.h"

#include <uapi/fcntl.h>

struct nt_lock {
	struct list link;
	u64 start, len;
	bool is_exclusive;
};

/* f->lock held. */
static bool overlaps_own(struct nt_file *f, u64 start, u64 len, bool is_exclusive)
{
	struct nt_lock *l;

	list_foreach(l, &f->locks, link)
		if ((is_exclusive || l->is_exclusive) && start < l->start + l->len && l->start < start + len)
			return true;
	return false;
}

static ntstatus lock_range(struct nt_file *f, u64 start, u64 len, bool is_exclusive, bool at_once)
{
	struct nt_lock *l = kmem_zalloc(sizeof(*l), ALLOC_KERNEL);
	ntstatus s = STATUS_LOCK_NOT_GRANTED;
	bool is_mine;
	int err;

	if (!l)
		return STATUS_NO_MEMORY;
	l->start = start;
	l->len = len;
	l->is_exclusive = is_exclusive;
	kmutex_lock(&f->lock);
	is_mine = overlaps_own(f, start, len, is_exclusive);
	kmutex_unlock(&f->lock);
	if (!is_mine) {
		err = flock_range(f->of, start, len, is_exclusive ? F_WRLCK : F_RDLCK, !at_once);
		s = err == -EAGAIN ? STATUS_LOCK_NOT_GRANTED : nt_status_of(err);
	}
	if (s) {
		kmem_free(l);
		return s;
	}
	kmutex_lock(&f->lock);
	list_add_tail(&l->link, &f->locks);
	kmutex_unlock(&f->lock);
	return STATUS_SUCCESS;
}

static ntstatus unlock_range(struct nt_file *f, u64 start, u64 len)
{
	struct nt_lock *l, *found = NULL;

	kmutex_lock(&f->lock);
	list_foreach(l, &f->locks, link)
		if (!found && l->start == start && l->len == len)
			found = l;
	if (found)
		list_del(&found->link);
	kmutex_unlock(&f->lock);
	if (!found)
		return STATUS_RANGE_NOT_LOCKED;
	kmem_free(found);
	return nt_status_of(flock_range(f->of, start, len, F_UNLCK, false));
}

void nt_locks_free(struct nt_file *f)
{
	while (!list_is_empty(&f->locks)) {
		struct nt_lock *l = list_first_entry(&f->locks, struct nt_lock, link);

		list_del(&l->link);
		kmem_free(l);
	}
}

ntstatus nt_lock_file(u64 handle, u64 event, u64 apc, u64 apc_context, struct nt_io_status __user *iosb,
		      const s64 __user *ustart, const s64 __user *ulen, const u32 __user *key,
		      u8 at_once, u8 is_exclusive)
{
	struct nt_request r;
	struct nt_file *f;
	s64 start, len;
	ntstatus s;

	if (user_get(start, ustart) || user_get(len, ulen))
		return STATUS_ACCESS_VIOLATION;
	NT_CHECK(nt_file_get(handle, 0, &f));
	if (f->kind != NT_FILE_DISK) {
		nt_file_put(f);
		return STATUS_INVALID_DEVICE_REQUEST;
	}
	s = nt_request_begin(&r, f, event, apc, apc_context, iosb);
	if (!s) {
		s = lock_range(f, (u64)start, (u64)len, is_exclusive, at_once);
		if (s == STATUS_RESTART_CALL_)
			nt_request_drop(&r);
		else
			s = nt_request_end(&r, s, 0);
	}
	nt_file_put(f);
	return s;
}

ntstatus nt_unlock_file(u64 handle, struct nt_io_status __user *iosb, const s64 __user *ustart,
			const s64 __user *ulen, u32 key)
{
	struct nt_io_status result = { 0 };
	struct nt_file *f;
	s64 start, len;
	ntstatus s;

	if (user_get(start, ustart) || user_get(len, ulen))
		return STATUS_ACCESS_VIOLATION;
	NT_CHECK(nt_file_get(handle, 0, &f));
	s = f->kind != NT_FILE_DISK ? STATUS_INVALID_DEVICE_REQUEST :
	    unlock_range(f, (u64)start, (u64)len);
	nt_file_put(f);
	return s || !iosb ? s : nt_copyout(iosb, &result, sizeof(result));
}
