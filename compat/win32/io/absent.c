// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is not there yet: sockets. Their device is not found.
 */
#include "../afd.h"
#include "../ps.h"
#include "../resolver.h"

ntstatus nt_getaddrinfo(u64 a)
{
	return 11001;
}

ntstatus nt_gethostname(u64 a)
{
	return 11001;
}

ntstatus nt_getnameinfo(u64 a)
{
	return 11001;
}

ntstatus nt_afd_open(u32 access, u32 options, struct nt_file **out)
{
	return STATUS_OBJECT_NAME_NOT_FOUND;
}

void nt_afd_close(struct nt_file *f)
{
}

ntstatus nt_afd_rw(struct nt_request *r, void __user *buf, u32 len, bool is_write)
{
	nt_request_drop(r);
	return STATUS_NOT_SUPPORTED;
}

void nt_io_thread_exit(struct nt_thread *self)
{
}

ntstatus nt_afd_ioctl(struct nt_request *r, u32 code, const void __user *in, u32 in_len,
		void __user *out, u32 out_len)
{
	nt_request_drop(r);
	return STATUS_NOT_SUPPORTED;
}

u32 nt_afd_cancel(struct nt_file *f, const struct nt_io_status __user *iosb)
{
	return 0;
}

