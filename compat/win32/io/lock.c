// SPDX-License-Identifier: GPL-2.0-only
/* Byte range locks: those of the open file, as fcntl(F_OFD_SETLK) has them. */
#include "../file.h"

#include <uapi/fcntl.h>

ntstatus nt_lock_file(u64 handle, u64 event, u64 apc, u64 apc_context, struct nt_io_status __user *iosb,
		      const s64 __user *ustart, const s64 __user *ulen, const u32 __user *key,
		      u8 at_once, u8 is_exclusive)
{
	struct nt_request r;
	struct nt_file *f;
	s64 start, len;
	ntstatus s;
	int err;

	if (user_get(start, ustart) || user_get(len, ulen))
		return STATUS_ACCESS_VIOLATION;
	NT_CHECK(nt_file_get(handle, 0, &f));
	if (f->kind != NT_FILE_DISK) {
		nt_file_put(f);
		return STATUS_INVALID_DEVICE_REQUEST;
	}
	s = nt_request_begin(&r, f, event, apc, apc_context, iosb);
	if (!s) {
		err = flock_range(f->of, (u64)start, (u64)len, is_exclusive ? F_WRLCK : F_RDLCK, !at_once);
		s = err == -EAGAIN ? STATUS_LOCK_NOT_GRANTED : nt_status_of(err);
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
	    nt_status_of(flock_range(f->of, (u64)start, (u64)len, F_UNLCK, false));
	nt_file_put(f);
	return s ? s : nt_copyout(iosb, &result, sizeof(result));
}
