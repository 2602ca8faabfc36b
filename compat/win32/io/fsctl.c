// SPDX-License-Identifier: GPL-2.0-only
/* NtFsControlFile and NtDeviceIoControlFile: to whom a request goes; cancelling. */
#include "../file.h"

#include <generated/svc_vfs.h>

#include "../afd.h"
#include "../console.h"
#include "../image.h"
#include "../pipe.h"

#define FSCTL_GET_OBJECT_ID	0x0009009cu
#define FSCTL_CREATE_OBJECT_ID	0x000900c0u
#define FSCTL_GET_REPARSE	0x000900a8u
#define FSCTL_SET_SPARSE	0x000900c4u
#define FSCTL_PIPE_DEVICE	0x0011u
#define OBJECT_ID_SIZE		64u

/* What tells one file from another: device and inode. */
static ntstatus object_id(struct nt_file *f, void __user *out, u32 room, u64 *used)
{
	u8 id[OBJECT_ID_SIZE] = { 0 };
	struct vattr va = { 0 };

	if (!f->of || room < sizeof(id))
		return STATUS_BUFFER_TOO_SMALL;
	NT_CHECK(nt_status_of(svc_vfs_stat(&f->of->of_path, ~0u, &va)));
	put_le64(id, va.ino);
	put_le64(id + 8, va.dev);
	*used = sizeof(id);
	return nt_copyout(out, id, sizeof(id));
}

static ntstatus disk_control(struct nt_file *f, u32 code, void __user *out, u32 room, u64 *used)
{
	switch (code) {
	case FSCTL_GET_OBJECT_ID:
	case FSCTL_CREATE_OBJECT_ID:
		return object_id(f, out, room, used);
	case FSCTL_GET_REPARSE:
		return STATUS_NOT_A_REPARSE_POINT;
	case FSCTL_SET_SPARSE:
		return STATUS_SUCCESS;		/* files here are sparse where they can be */
	}
	return STATUS_INVALID_DEVICE_REQUEST;
}

ntstatus nt_fs_control_file(u64 handle, u64 event, u64 apc, u64 apc_context,
			    struct nt_io_status __user *iosb, u32 code, const void __user *in, u32 in_len,
			    void __user *out, u32 out_len)
{
	struct nt_request r;
	struct nt_file *f;
	u64 used = 0;
	ntstatus s;

	NT_CHECK(nt_file_get(handle, 0, &f));
	s = nt_request_begin(&r, f, event, apc, apc_context, iosb);
	if (s) {
		nt_file_put(f);
		return s;
	}
	if (code >> 16 == FSCTL_PIPE_DEVICE) {
		s = nt_pipe_control(&r, code, in, in_len, out, out_len);
	} else {
		s = f->kind == NT_FILE_DISK || f->kind == NT_FILE_DIR ?
		    disk_control(f, code, out, out_len, &used) : STATUS_INVALID_DEVICE_REQUEST;
		s = nt_request_end(&r, s, used);
	}
	nt_file_put(f);
	return s;
}

ntstatus nt_device_io_control_file(u64 handle, u64 event, u64 apc, u64 apc_context,
				   struct nt_io_status __user *iosb, u32 code, const void __user *in,
				   u32 in_len, void __user *out, u32 out_len)
{
	struct nt_request r;
	struct nt_file *f;
	u64 used = 0;
	ntstatus s;

	NT_CHECK(nt_file_get(handle, 0, &f));
	s = nt_request_begin(&r, f, event, apc, apc_context, iosb);
	if (s) {
		nt_file_put(f);
		return s;
	}
	if (f->kind == NT_FILE_SOCKET) {
		s = nt_afd_ioctl(&r, code, in, in_len, out, out_len);
	} else {
		s = f->kind == NT_FILE_CONSOLE ?
		    nt_console_ioctl(f, code, in, in_len, out, out_len, &used) : STATUS_NOT_SUPPORTED;
		if (s == STATUS_RESTART_CALL_)
			nt_request_drop(&r);
		else
			s = nt_request_end(&r, s, used);
	}
	nt_file_put(f);
	return s;
}

ntstatus nt_cancel_io_file_ex(u64 handle, const struct nt_io_status __user *of,
			      struct nt_io_status __user *iosb)
{
	struct nt_io_status result = { 0 };
	struct nt_file *f;
	u32 n = 0;

	NT_CHECK(nt_file_get(handle, 0, &f));
	if (f->kind == NT_FILE_SOCKET)
		n = nt_afd_cancel(f, of);
	else if (f->kind == NT_FILE_NAMED_PIPE)
		n = nt_pipe_cancel(f, of);
	nt_file_put(f);
	result.status = n ? STATUS_SUCCESS : STATUS_NOT_FOUND;
	if (user_copyout(iosb, &result, sizeof(result)))
		return STATUS_ACCESS_VIOLATION;
	return result.status;
}
