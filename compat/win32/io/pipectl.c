// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to named pipes other than reading and writing: listening, disconnecting, peeking,
 * a message with its answer, modes, cancelling. Locks: as in pipe.c.
 */
#include "pipe_impl.h"

static ntstatus listen(struct nt_request *r, struct end_ref *er)
{
	struct nt_pipe *p = er->p;
	ntstatus s = STATUS_INVALID_PIPE_STATE;

	if (er->side != SERVER)
		return nt_request_end(r, STATUS_INVALID_PIPE_STATE, 0);
	kmutex_lock(&p->lock);
	if (p->state == STATE_CONNECTED) {
		s = STATUS_PIPE_CONNECTED;
	} else if (p->state == STATE_CLOSING) {
		s = STATUS_PIPE_CLOSING;
	} else {
		p->state = STATE_LISTENING;
		s = p->end[SERVER].nonblocking ? STATUS_PIPE_LISTENING :
		    r->file->is_synchronous ? STATUS_PENDING : nt_pipe_pend(&p->end[SERVER], r, NULL, 0, true);
	}
	kmutex_unlock(&p->lock);
	if (s == STATUS_PENDING && r->file->is_synchronous) {
		if (waitq_wait_intr(&p->wq, READ_ONCE(p->state) != STATE_LISTENING)) {
			nt_request_drop(r);
			return STATUS_RESTART_CALL_;
		}
		s = STATUS_SUCCESS;
	}
	return s == STATUS_PENDING ? s : nt_request_end(r, s, 0);
}

static ntstatus disconnect(struct end_ref *er)
{
	struct nt_pipe *p = er->p;

	if (er->side != SERVER)
		return STATUS_INVALID_PIPE_STATE;
	kmutex_lock(&p->lock);
	p->state = STATE_DISCONNECTED;
	nt_pipe_queue_drop(&p->end[SERVER]);
	nt_pipe_queue_drop(&p->end[CLIENT]);
	nt_pipe_finish_all(&p->end[SERVER], STATUS_PIPE_DISCONNECTED);
	nt_pipe_finish_all(&p->end[CLIENT], STATUS_PIPE_DISCONNECTED);
	waitq_wake_all(&p->wq);
	kmutex_unlock(&p->lock);
	return STATUS_SUCCESS;
}

static ntstatus peek_named(struct end_ref *er, struct nt_pipe_peek __user *out, u32 room, u64 *used)
{
	struct pipe_end *e = &er->p->end[er->side];
	struct nt_pipe_peek k = { 0 };
	struct message *m;
	u8 *data = kmem_alloc_large(room, ALLOC_KERNEL);
	bool more = false;
	u32 n = 0;
	ntstatus s;

	if (!data)
		return STATUS_NO_MEMORY;
	kmutex_lock(&er->p->lock);
	s = list_is_empty(&e->queue) ? nt_pipe_broken(er->p, er->side) : STATUS_SUCCESS;
	k.state = er->p->state;
	k.available = e->queued;
	list_foreach(m, &e->queue, link)
		k.messages++;
	if (k.messages) {
		m = list_first_entry(&e->queue, struct message, link);
		k.message_len = m->len - m->at;
		n = nt_pipe_take(e, data, room - sizeof(k), true, &more);
	}
	kmutex_unlock(&er->p->lock);
	if (!s)
		s = nt_copyout(out, &k, sizeof(k));
	if (!s)
		s = nt_copyout(out + 1, data, n);
	if (!s && more && e->read_mode == TYPE_MESSAGE)
		s = STATUS_BUFFER_OVERFLOW;
	*used = sizeof(k) + n;
	kmem_free_large(data);
	return s;
}

ntstatus nt_pipe_control(struct nt_request *r, u32 code, const void __user *in, u32 in_len,
			 void __user *out, u32 out_len)
{
	struct nt_file *f = r->file;
	u64 used = 0;
	ntstatus s = STATUS_NOT_SUPPORTED;

	if (code == PIPE_WAIT)
		return nt_request_end(r, f->kind == NT_FILE_PIPE_ROOT ? nt_pipe_wait_name(in, in_len) :
					 STATUS_INVALID_PARAMETER, 0);
	if (code == PIPE_PEEK && out_len < sizeof(struct nt_pipe_peek))
		return nt_request_end(r, STATUS_INVALID_PARAMETER, 0);
	if (f->kind == NT_FILE_PIPE) {
		if (code == PIPE_PEEK)
			s = nt_pipe_peek_linux(f, out, min(out_len, MESSAGE_MAX), &used);
		return nt_request_end(r, s, used);
	}
	if (f->kind != NT_FILE_NAMED_PIPE)
		return nt_request_end(r, STATUS_INVALID_DEVICE_REQUEST, 0);
	switch (code) {
	case PIPE_LISTEN:
		return listen(r, ref_of(f));
	case PIPE_TRANSCEIVE:
		return nt_pipe_transceive(r, ref_of(f), in, in_len, out, out_len);
	case PIPE_DISCONNECT:
		s = disconnect(ref_of(f));
		break;
	case PIPE_PEEK:
		s = peek_named(ref_of(f), out, min(out_len, MESSAGE_MAX), &used);
		break;
	}
	return nt_request_end(r, s, used);
}

ntstatus nt_pipe_query(struct nt_file *f, struct nt_pipe_state *out)
{
	struct end_ref *er = ref_of(f);
	struct nt_pipe *p = er->p;

	memset(out, 0, sizeof(*out));
	kmutex_lock(&nt_pipe_names_lock);
	if (p->name) {
		out->type = p->name->type;
		out->config = p->name->config;
		out->instances = p->name->ninstances;
		out->max_instances = p->name->max_instances;
		out->in_quota = p->name->in_quota;
		out->out_quota = p->name->out_quota;
	}
	kmutex_lock(&p->lock);
	out->read_mode = p->end[er->side].read_mode;
	out->nonblocking = p->end[er->side].nonblocking;
	out->available = p->end[er->side].queued;
	out->state = p->state;
	out->end = er->side == SERVER;
	kmutex_unlock(&p->lock);
	kmutex_unlock(&nt_pipe_names_lock);
	return STATUS_SUCCESS;
}

ntstatus nt_pipe_set_mode(struct nt_file *f, u32 read_mode, u32 nonblocking)
{
	struct end_ref *er = ref_of(f);

	er->p->end[er->side].read_mode = read_mode & TYPE_MESSAGE;
	er->p->end[er->side].nonblocking = nonblocking & MODE_NONBLOCKING;
	return STATUS_SUCCESS;
}

u32 nt_pipe_cancel(struct nt_file *f, const struct nt_io_status __user *iosb)
{
	struct end_ref *er = ref_of(f);
	struct list *pending = &er->p->end[er->side].pending, *l, *next;
	u32 n = 0;

	kmutex_lock(&er->p->lock);
	for (l = pending->next; l != pending; l = next) {
		struct pending *w = container_of(l, struct pending, link);

		next = l->next;
		if (iosb && w->r.iosb != iosb)
			continue;
		nt_pipe_finish(w, STATUS_CANCELLED, 0);
		n++;
	}
	kmutex_unlock(&er->p->lock);
	return n;
}
