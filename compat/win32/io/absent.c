// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is not there yet: sockets, named pipes, process creation. Their names are not
 * found and their requests not supported.
 */
#include "../afd.h"
#include "../pipe.h"
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

ntstatus nt_pipe_open(const u16 *name, u32 len, u32 access, u32 options, struct nt_file **out)
{
	return STATUS_OBJECT_NAME_NOT_FOUND;
}

void nt_pipe_close(struct nt_file *f)
{
}

ntstatus nt_pipe_rw(struct nt_request *r, void __user *buf, u32 len, bool is_write)
{
	nt_request_drop(r);
	return STATUS_NOT_SUPPORTED;
}

ntstatus nt_pipe_query(struct nt_file *f, struct nt_pipe_state *out)
{
	return STATUS_NOT_SUPPORTED;
}

ntstatus nt_pipe_set_mode(struct nt_file *f, u32 a, u32 b)
{
	return STATUS_NOT_SUPPORTED;
}

void nt_job_leave(struct nt_process *p)
{
}

void nt_io_thread_exit(struct nt_thread *self)
{
}

struct nt_spawn *nt_spawn_mine(void)
{
	return NULL;
}

void nt_spawn_done(struct nt_spawn *s, int result)
{
}

ntstatus nt_params_take(struct nt_process *p, struct nt_spawn *s, uptr *out)
{
	return STATUS_NOT_SUPPORTED;
}

ntstatus nt_afd_ioctl(struct nt_request *r, u32 code, const void __user *in, u32 in_len,
		void __user *out, u32 out_len)
{
	nt_request_drop(r);
	return STATUS_NOT_SUPPORTED;
}

ntstatus nt_pipe_control(struct nt_request *r, u32 code, const void __user *in, u32 in_len,
		void __user *out, u32 out_len)
{
	nt_request_drop(r);
	return STATUS_NOT_SUPPORTED;
}

u32 nt_afd_cancel(struct nt_file *f, const struct nt_io_status __user *iosb)
{
	return 0;
}

u32 nt_pipe_cancel(struct nt_file *f, const struct nt_io_status __user *iosb)
{
	return 0;
}
