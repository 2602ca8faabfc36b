// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets: AFD's requests on the kernel's own sockets.
 *
 * A handle to \Device\Afd becomes a socket by its first request. Operations are tried at once without
 * waiting. What would wait is put down (struct op) and tried again by a work item when the
 * socket is ready; data goes through kernel memory into the program's address space. Programs
 * that want to block wait for the operation's event themselves.
 *
 * Locks: afd.lock around the operations and the watch. Close cancels what is pending.
 */
#include "../afd.h"

#include <generated/svc_net.h>
#include <tern/fs/pollwatch.h>
#include <tern/kernel/irq.h>
#include <tern/net/netsock.h>
#include <uapi/fcntl.h>

#include "../afdsock.h"
#include "../ps.h"

#define BUFFERS_MAX	64u
#define TRANSFER_MAX	(1u << 20)
#define WIN_AF_INET6	23
#define LINUX_AF_INET6	10
#define WIN_MSG_OOB	1u
#define WIN_MSG_PEEK	2u

enum op_kind { OP_RECV, OP_SEND, OP_ACCEPT, OP_CONNECT };

/* {length, pad, pointer}: a program's buffer. */
struct wsabuf { u32 len, pad; u64 ptr; };

struct op {
	struct list link;
	struct nt_request r;
	enum op_kind kind;
	u8 *data;		/* kmem large: to be sent, or room for what comes */
	u32 len, flags;
	struct wsabuf buf[BUFFERS_MAX];
	u32 nbufs;
	u64 addr, addr_len, ws_flags;	/* of the program, 0: not wanted */
	struct sockaddr_any name;
	u32 name_len;
	u64 out;		/* accept: where the handle goes */
	struct nt_file *into;	/* accept: the socket that becomes the connection, referenced; or NULL */
};

static void op_free(struct op *op)
{
	if (op->into)
		nt_file_put(op->into);
	kmem_free_large(op->data);
	kmem_free(op);
}

void afd_addr_in(struct sockaddr_any *a)
{
	u16 *family = (u16 *)a;

	if (*family == WIN_AF_INET6)
		*family = LINUX_AF_INET6;
}

void afd_addr_out(struct sockaddr_any *a)
{
	u16 *family = (u16 *)a;

	if (*family == LINUX_AF_INET6)
		*family = WIN_AF_INET6;
}

struct netsock *afd_sock(struct nt_file *f)
{
	return f->of ? netsock_of(f->of) : NULL;
}

/* ---- one try; in any process's context ---- */

static ssize_t try_recv(struct netsock *s, struct op *op, u32 *out_flags)
{
	struct uio u;
	struct sockmsg m = { .uio = &u, .flags = op->flags | MSG_DONTWAIT, .name = &op->name };
	ssize_t n;

	uio_init_kernel(&u, op->data, op->len);
	n = svc_net_recv(s, &m);
	op->name_len = m.name_len;
	*out_flags = m.out_flags;
	return n;
}

static ssize_t try_send(struct netsock *s, struct op *op)
{
	struct uio u;
	struct sockmsg m = { .uio = &u, .flags = op->flags | MSG_DONTWAIT | MSG_NOSIGNAL,
			     .name = op->name_len ? &op->name : NULL, .name_len = op->name_len };

	uio_init_kernel(&u, op->data, op->len);
	return svc_net_send(s, &m);
}

/* Bytes for the program @as. */
static bool give(struct aspace *as, u64 to, const void *data, size_t n)
{
	return aspace_access(as, to, (void *)data, n, true, false) == n;
}

static ntstatus deliver(struct aspace *as, struct op *op, u32 n, u32 out_flags)
{
	u32 at = 0, len, zero = 0;

	for (u32 i = 0; i < op->nbufs && at < n; i++) {
		u32 k = min(op->buf[i].len, n - at);

		if (!give(as, op->buf[i].ptr, op->data + at, k))
			return STATUS_ACCESS_VIOLATION;
		at += k;
	}
	if (op->addr && op->addr_len &&
	    aspace_access(as, op->addr_len, &len, sizeof(len), false, false) == sizeof(len)) {
		afd_addr_out(&op->name);
		if (op->name_len && !give(as, op->addr, &op->name, min(len, op->name_len)))
			return STATUS_ACCESS_VIOLATION;
		if (!give(as, op->addr_len, &op->name_len, sizeof(u32)))
			return STATUS_ACCESS_VIOLATION;
	}
	if (op->ws_flags && !give(as, op->ws_flags, &zero, sizeof(zero)))
		return STATUS_ACCESS_VIOLATION;
	return out_flags & MSG_TRUNC ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static ntstatus accept_now(struct netsock *s, struct op *op, struct aspace *as, u64 *n)
{
	struct netsock *c = svc_net_accept(s, false);
	struct handle_table *t = op->r.thread->proc->handles;
	struct nt_file *f;
	struct ofile *of;
	s64 value;
	u32 handle;

	if (IS_ERR(c))
		return PTR_ERR(c) == -EAGAIN ? STATUS_PENDING : nt_status_of(PTR_ERR(c));
	of = netsock_file(c, O_NONBLOCK);
	if (IS_ERR(of))
		return nt_status_of(PTR_ERR(of));
	if (op->into) {
		/* Data that is to come with the connection is read by the program afterwards. */
		if (!afd_become(op->into, of)) {
			ofile_put(of);
			return STATUS_INVALID_PARAMETER;
		}
		*n = 0;
		return STATUS_SUCCESS;
	}
	f = afd_file_make(of, op->r.file->access, op->r.file->options);
	ofile_put(of);
	if (!f)
		return STATUS_NO_MEMORY;
	value = handle_add(t, &f->ob.obj, 0x1f01ff, 0, 1u << 22);
	nt_file_put(f);
	if (value < 0)
		return nt_status_of(value);
	handle = (u32)nt_handle_to_user(value);
	if (!give(as, op->out, &handle, sizeof(handle)))
		return STATUS_ACCESS_VIOLATION;
	*n = sizeof(handle);
	return STATUS_SUCCESS;
}

static ntstatus connect_now(struct netsock *s, struct op *op)
{
	int err = svc_net_connect(s, &op->name, op->name_len, false);

	if (err == -EINPROGRESS || err == -EALREADY || err == -EAGAIN)
		return STATUS_PENDING;
	return err == -EISCONN && op->flags ? STATUS_SUCCESS : nt_status_of(err);
}

static ntstatus attempt(struct netsock *s, struct op *op, struct aspace *as, u64 *information)
{
	u32 out_flags = 0;
	ssize_t n = 0;
	ntstatus st;

	switch (op->kind) {
	case OP_RECV:
		n = try_recv(s, op, &out_flags);
		if (n < 0)
			break;
		*information = n;
		return deliver(as, op, (u32)n, out_flags);
	case OP_SEND:
		n = try_send(s, op);
		if (n >= 0)
			*information = n;
		break;
	case OP_ACCEPT:
		return accept_now(s, op, as, information);
	case OP_CONNECT:
		st = connect_now(s, op);
		op->flags = 1;		/* begun: "connected" is its success from now on */
		return st;
	}
	if (n == -EAGAIN)
		return STATUS_PENDING;
	return nt_status_of(n < 0 ? n : 0);
}

/* ---- pending ---- */

static u32 events_of(enum op_kind kind)
{
	return kind == OP_RECV || kind == OP_ACCEPT ? POLLIN : POLLOUT;
}

static void finish(struct op *op, ntstatus s, u64 information)
{
	struct nt_thread *t = op->r.thread;

	list_del(&op->link);
	nt_request_end_later(&op->r, s, information);
	nt_object_put(&t->ob);
	op_free(op);
}

/* Lock held. Tries all; what is left is watched for. */
static void run_ops(struct afd *a)
{
	struct netsock *s = afd_sock(a->file);
	struct list *l, *next;
	u32 events = 0;

	for (l = a->ops.next; s && l != &a->ops; l = next) {
		struct op *op = container_of(l, struct op, link);
		struct aspace *as = process_aspace(op->r.thread->proc->proc);
		u64 information = 0;
		ntstatus st;

		next = l->next;
		st = as ? attempt(s, op, as, &information) : STATUS_CANCELLED;
		if (as)
			aspace_put(as);
		if (st == STATUS_PENDING)
			events |= events_of(op->kind);
		else
			finish(op, st, information);
	}
	events |= afd_select_check(a);
	a->is_armed = false;
	if (events) {
		a->is_armed = true;
		if (pollwatch_arm(&a->watch, a->file->of, events, afd_fired))
			workpool_queue(workpool_system, &a->work);
	}
}

void afd_work(struct workitem *w)
{
	struct afd *a = container_of(w, struct afd, work);

	kmutex_lock(&a->lock);
	afd_unwatch(a);
	if (!a->is_closing)
		run_ops(a);
	kmutex_unlock(&a->lock);
}

void afd_rearm(struct afd *a)
{
	workpool_queue(workpool_system, &a->work);
}

/* Try it; put it down if it would wait and may. Consumes @op and the request. */
static ntstatus begin(struct nt_request *r, struct op *op, bool may_pend)
{
	struct afd *a = r->file->priv;
	struct netsock *s = afd_sock(r->file);
	u64 information = 0;
	ntstatus st;

	if (!s) {
		op_free(op);
		return nt_request_end(r, STATUS_INVALID_PARAMETER, 0);
	}
	op->r = *r;
	st = attempt(s, op, thread_self()->t_as, &information);
	if (st == STATUS_PENDING && !may_pend)
		st = STATUS_DEVICE_NOT_READY;
	if (st != STATUS_PENDING) {
		op_free(op);
		return nt_request_end(r, st, information);
	}
	nt_object_get(&r->thread->ob);
	kmutex_lock(&a->lock);
	list_add_tail(&op->link, &a->ops);
	kmutex_unlock(&a->lock);
	afd_rearm(a);
	return STATUS_PENDING;
}

/* ---- requests that transfer ---- */

static struct op *op_alloc(enum op_kind kind)
{
	struct op *op = kmem_zalloc(sizeof(*op), ALLOC_KERNEL);

	if (op)
		op->kind = kind;
	return op;
}

static ntstatus take_buffers(struct op *op, u64 bufs, u32 count)
{
	u64 total = 0;

	if (count > BUFFERS_MAX)
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(nt_copyin(op->buf, (void __user *)bufs, count * sizeof(op->buf[0])));
	op->nbufs = count;
	for (u32 i = 0; i < count; i++)
		total += op->buf[i].len;
	op->len = (u32)min(total, (u64)TRANSFER_MAX);
	op->data = kmem_alloc_large(op->len + 1, ALLOC_KERNEL);
	return op->data ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static ntstatus gather_data(struct op *op)
{
	u32 at = 0;

	for (u32 i = 0; i < op->nbufs && at < op->len; i++) {
		u32 k = min(op->buf[i].len, op->len - at);

		NT_CHECK(nt_copyin(op->data + at, (void __user *)op->buf[i].ptr, k));
		at += k;
	}
	return STATUS_SUCCESS;
}

static ntstatus transfer(struct nt_request *r, struct op *op, bool force)
{
	struct afd *a = r->file->priv;

	if (op->kind == OP_SEND) {
		ntstatus s = gather_data(op);

		if (s) {
			op_free(op);
			return nt_request_end(r, s, 0);
		}
	}
	return begin(r, op, force || !a->nonblocking);
}

static ntstatus fail(struct nt_request *r, struct op *op, ntstatus s)
{
	if (op)
		op_free(op);
	return nt_request_end(r, s, 0);
}

static ntstatus recv_message(struct nt_request *r, const void __user *in, u32 len)
{
	struct { u64 control, addr, addr_len, flags; s32 force; u32 count; u64 bufs; } h;
	struct op *op = op_alloc(OP_RECV);
	u32 flags = 0;
	ntstatus s;

	if (!op || len < sizeof(h))
		return fail(r, op, op ? STATUS_INVALID_PARAMETER : STATUS_NO_MEMORY);
	s = nt_copyin(&h, in, sizeof(h));
	if (!s && h.flags)
		s = nt_copyin(&flags, (void __user *)h.flags, sizeof(flags));
	if (!s)
		s = take_buffers(op, h.bufs, h.count);
	if (s)
		return fail(r, op, s);
	op->addr = h.addr;
	op->addr_len = h.addr_len;
	op->ws_flags = h.flags;
	op->flags = (flags & WIN_MSG_PEEK ? MSG_PEEK : 0) | (flags & WIN_MSG_OOB ? MSG_OOB : 0);
	return transfer(r, op, h.force);
}

static ntstatus send_message(struct nt_request *r, const void __user *in, u32 len)
{
	struct { u64 addr; u32 addr_len, flags; s32 force; u32 count; u64 bufs; } h;
	struct op *op = op_alloc(OP_SEND);
	ntstatus s;

	if (!op || len < sizeof(h))
		return fail(r, op, op ? STATUS_INVALID_PARAMETER : STATUS_NO_MEMORY);
	s = nt_copyin(&h, in, sizeof(h));
	if (!s)
		s = take_buffers(op, h.bufs, h.count);
	if (!s && h.addr && h.addr_len) {
		op->name_len = min(h.addr_len, (u32)sizeof(op->name));
		s = nt_copyin(&op->name, (void __user *)h.addr, op->name_len);
		afd_addr_in(&op->name);
	}
	if (s)
		return fail(r, op, s);
	op->flags = h.flags & WIN_MSG_OOB ? MSG_OOB : 0;
	return transfer(r, op, h.force);
}

static ntstatus begin_connect(struct nt_request *r, const u8 __user *in, u32 len)
{
	struct op *op = op_alloc(OP_CONNECT);
	s32 head[2];
	ntstatus s;

	if (!op || len < sizeof(head))
		return fail(r, op, op ? STATUS_INVALID_PARAMETER : STATUS_NO_MEMORY);
	s = nt_copyin(head, in, sizeof(head));
	if (!s && (head[0] < 2 || (u32)head[0] > sizeof(op->name) || (u32)head[0] > len - sizeof(head)))
		s = STATUS_INVALID_PARAMETER;
	if (!s)
		s = nt_copyin(&op->name, in + sizeof(head), (u32)head[0]);
	if (s)
		return fail(r, op, s);
	op->name_len = (u32)head[0];
	afd_addr_in(&op->name);
	return begin(r, op, true);
}

static ntstatus begin_accept(struct nt_request *r, void __user *out, u32 len)
{
	struct afd *a = r->file->priv;
	struct op *op = op_alloc(OP_ACCEPT);

	if (!op || len < sizeof(u32))
		return fail(r, op, op ? STATUS_INVALID_PARAMETER : STATUS_NO_MEMORY);
	op->out = (u64)out;
	return begin(r, op, !a->nonblocking);
}

/* {handle, bytes to receive, bytes for the local address}: AcceptEx. */
static ntstatus begin_accept_into(struct nt_request *r, const void __user *in, u32 len)
{
	struct op *op = op_alloc(OP_ACCEPT);
	u32 h[3];
	ntstatus s;

	if (!op || len < sizeof(h))
		return fail(r, op, op ? STATUS_INVALID_PARAMETER : STATUS_NO_MEMORY);
	s = nt_copyin(h, in, sizeof(h));
	if (!s && h[1])
		s = STATUS_NOT_SUPPORTED;
	if (!s)
		s = nt_file_get(h[0], 0, &op->into);
	if (!s && (op->into->kind != NT_FILE_SOCKET || op->into == r->file))
		s = STATUS_INVALID_HANDLE;
	return s ? fail(r, op, s) : begin(r, op, true);
}

ntstatus nt_afd_rw(struct nt_request *r, void __user *buf, u32 len, bool is_write)
{
	struct op *op = op_alloc(is_write ? OP_SEND : OP_RECV);

	if (!op)
		return nt_request_end(r, STATUS_NO_MEMORY, 0);
	op->buf[0] = (struct wsabuf){ len, 0, (u64)buf };
	op->nbufs = 1;
	op->len = min(len, TRANSFER_MAX);
	op->data = kmem_alloc_large(op->len + 1, ALLOC_KERNEL);
	if (!op->data)
		return fail(r, op, STATUS_NO_MEMORY);
	return transfer(r, op, true);
}

enum {
	AFD_ACCEPT_INTO = 0x120328, AFD_ACCEPT = 0x120324, AFD_CONNECT = 0x12032c, AFD_RECV = 0x120334,
	AFD_SEND = 0x120338,
};

ntstatus nt_afd_ioctl(struct nt_request *r, u32 code, const void __user *in, u32 in_len,
		      void __user *out, u32 out_len)
{
	u64 used = 0;
	ntstatus s;

	switch (code) {
	case AFD_ACCEPT:
		return begin_accept(r, out, out_len);
	case AFD_ACCEPT_INTO:
		return begin_accept_into(r, in, in_len);
	case AFD_CONNECT:
		return begin_connect(r, in, in_len);
	case AFD_RECV:
		return recv_message(r, in, in_len);
	case AFD_SEND:
		return send_message(r, in, in_len);
	case AFD_POLL:
		return afd_poll(r, in, in_len, out, out_len);
	}
	s = afd_control(r->file, code, in, in_len, out, out_len, &used);
	return nt_request_end(r, s, used);
}

u32 nt_afd_cancel(struct nt_file *f, const struct nt_io_status __user *iosb)
{
	struct afd *a = f->priv;
	struct list *l, *next;
	u32 n = 0;

	kmutex_lock(&a->lock);
	for (l = a->ops.next; l != &a->ops; l = next) {
		struct op *op = container_of(l, struct op, link);

		next = l->next;
		if (iosb && op->r.iosb != iosb)
			continue;
		finish(op, STATUS_CANCELLED, 0);
		n++;
	}
	kmutex_unlock(&a->lock);
	return n;
}
