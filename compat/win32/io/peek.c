// SPDX-License-Identifier: GPL-2.0-only
/* What is in a Linux pipe, for programs that look before they read. */
#include "../pipe.h"

#include <tern/fs/pipe.h>
#include <uapi/poll.h>

#define FIONREAD_	0x541b
ntstatus nt_pipe_peek_linux(struct nt_file *f, struct nt_pipe_peek __user *out, u32 room, u64 *used)
{
	struct nt_pipe_peek k = { .state = STATE_CONNECTED };
	ntstatus s;
	u8 *data;
	size_t n;
	long err;

	NT_CHECK(nt_copyout(out, &k, sizeof(k)));
	err = f->of->of_ops->ioctl(f->of, FIONREAD_, (uptr)&out->available);
	if (err)
		return nt_status_of(err);
	data = kmem_alloc_large(room, ALLOC_KERNEL);
	if (!data)
		return STATUS_NO_MEMORY;
	n = pipe_peek(f->of, data, room - sizeof(k));
	s = nt_copyout(out + 1, data, n);
	if (!s && user_get(k.available, &out->available))
		s = STATUS_ACCESS_VIOLATION;
	kmem_free_large(data);
	*used = sizeof(k) + n;
	if (!s && !k.available && (f->of->of_ops->poll(f->of, NULL) & POLLHUP))
		s = STATUS_PIPE_BROKEN;
	return s;
}
