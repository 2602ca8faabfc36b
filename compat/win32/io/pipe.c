// SPDX-License-Identifier: GPL-2.0-only
/*
 * Named pipes: instances of a name, each with a server's and a client's end and a queue of
 * messages in each direction. A byte pipe reads across messages, a message pipe one at a time.
 *
 * CreatePipe's pipes (\??\pipe\Win32.Pipes.*) are Linux pipes: one direction, bytes, and they
 * can be handed to Linux programs.
 *
 * A read that finds nothing waits in the call (synchronous handles) or is put down with its
 * end and completed by the writer, who copies into the reader's memory. Writers wait
 * only on synchronous handles, while more than the quota is queued.
 *
 * Pending requests hold no reference on their file object: its last reference cancels them.
 *
 * Locks: names_lock (instances and their states) > nt_pipe.lock (queues, pending).
 */
#include "../pipe.h"

#include <generated/svc_vfs.h>
#include <tern/mm/aspace.h>

#include "../ps.h"

#define TYPE_MESSAGE	1u
#define CONFIG_INBOUND	0u
#define CONFIG_OUTBOUND	1u
#define SHARE_READ	1u
#define SHARE_WRITE	2u
#define FILE_CREATE_	2u
#define INFO_OPENED	1u
#define INFO_CREATED	2u
#define QUOTA_MIN	65536u
#define QUEUE_MAX	(16u << 20)
#define MESSAGE_MAX	(1u << 20)
#define ANONYMOUS	"Win32.Pipes."
#define MODE_NONBLOCKING 1u

enum { SERVER, CLIENT };

struct message { struct list link; u32 len, at; u8 data[]; };

/* A request that waits. */
struct pending {
	struct list link;
	struct nt_request r;
	void __user *buf;
	u32 len;
	bool is_listen;
};

struct pipe_end {
	struct list queue;		/* lock: messages for this end to read */
	u32 queued;			/* lock: bytes in it */
	struct list pending;		/* lock: its reads and listens, oldest first */
	struct nt_file *file;		/* lock: borrowed; NULL: not open */
	u32 read_mode, nonblocking;	/* racy: message reads, no waiting */
};

struct nt_pipe {
	refcount refs;			/* one per open end */
	struct list link;		/* names_lock: in its name's instances */
	struct pipe_name *name;		/* I while the server's end is open */
	struct kmutex lock;
	struct waitq wq;		/* readers, writers and listeners that wait in a call */
	u32 state;			/* lock STATE_* */
	struct pipe_end end[2];
};

struct pipe_name {
	struct list link;
	struct list instances;
	u32 type, config, max_instances, in_quota, out_quota, ninstances;
	struct ofile *other;		/* CreatePipe: the client's end, until it is opened */
	u32 len;
	u16 text[];
};

static LIST_HEAD(names);
static struct kmutex names_lock = KMUTEX_INIT(names_lock, LOCKRANK_VFS_MISC);

struct end_ref { struct nt_pipe *p; u32 side; };

static struct end_ref *ref_of(struct nt_file *f)
{
	return f->priv;
}

static void queue_drop(struct pipe_end *e)
{
	while (!list_is_empty(&e->queue)) {
		struct message *m = list_first_entry(&e->queue, struct message, link);

		list_del(&m->link);
		kmem_free(m);
	}
	e->queued = 0;
}

static void pipe_put(struct nt_pipe *p)
{
	if (!ref_put(&p->refs))
		return;
	queue_drop(&p->end[SERVER]);
	queue_drop(&p->end[CLIENT]);
	kmem_free(p);
}

/* ---- pending requests; lock held ---- */

static void finish(struct pending *w, ntstatus s, u64 information)
{
	struct nt_thread *t = w->r.thread;

	list_del(&w->link);
	nt_request_end_later(&w->r, s, information);
	nt_object_put(&t->ob);
	kmem_free(w);
}

/* The pipe's end is not freed under us: who closes it needs the lock. */
static ntstatus pend(struct pipe_end *e, struct nt_request *r, void __user *buf, u32 len, bool is_listen)
{
	struct pending *w = kmem_zalloc(sizeof(*w), ALLOC_KERNEL);

	if (!w)
		return STATUS_NO_MEMORY;
	w->r = *r;
	w->buf = buf;
	w->len = len;
	w->is_listen = is_listen;
	nt_object_get(&r->thread->ob);
	list_add_tail(&w->link, &e->pending);
	return STATUS_PENDING;
}

static void finish_all(struct pipe_end *e, ntstatus s)
{
	while (!list_is_empty(&e->pending))
		finish(list_first_entry(&e->pending, struct pending, link), s, 0);
}

/* ---- taking from a queue; lock held ---- */

/* Copy what is there to @k (kernel memory); a message that does not fit stays with its rest. */
static u32 take(struct pipe_end *e, u8 *k, u32 room, bool peek, bool *more)
{
	struct message *m;
	u32 n = 0;

	*more = false;
	while (!list_is_empty(&e->queue)) {
		u32 part;

		m = list_first_entry(&e->queue, struct message, link);
		part = min(room - n, m->len - m->at);
		memcpy(k + n, m->data + m->at, part);
		n += part;
		if (peek) {
			*more = m->len - m->at > part;
			break;
		}
		m->at += part;
		e->queued -= part;
		*more = m->at < m->len;
		if (*more)
			break;
		list_del(&m->link);
		kmem_free(m);
		if (e->read_mode == TYPE_MESSAGE || n == room)
			break;
	}
	return n;
}

/* The oldest waiting read gets what has come. */
static void feed(struct pipe_end *e)
{
	while (!list_is_empty(&e->queue) && !list_is_empty(&e->pending)) {
		struct pending *w = list_first_entry(&e->pending, struct pending, link);
		struct aspace *as = process_aspace(w->r.thread->proc->proc);
		u8 *k = kmem_alloc_large(w->len + 1, ALLOC_KERNEL);
		bool more = false;
		u32 n = 0;
		ntstatus s = as && k ? STATUS_SUCCESS : STATUS_NO_MEMORY;

		if (!s) {
			n = take(e, k, w->len, false, &more);
			if (aspace_access(as, (uptr)w->buf, k, n, true, false) != n)
				s = STATUS_ACCESS_VIOLATION;
			else if (more && e->read_mode == TYPE_MESSAGE)
				s = STATUS_BUFFER_OVERFLOW;
		}
		kmem_free_large(k);
		if (as)
			aspace_put(as);
		finish(w, s, n);
	}
}

/* What stops an end from reading or writing now; STATUS_SUCCESS: nothing. */
static ntstatus broken(const struct nt_pipe *p, u32 side)
{
	switch (p->state) {
	case STATE_CONNECTED:
		return STATUS_SUCCESS;
	case STATE_LISTENING:
		return STATUS_PIPE_LISTENING;
	case STATE_DISCONNECTED:
		return side == SERVER ? STATUS_PIPE_DISCONNECTED : STATUS_PIPE_BROKEN;
	}
	return STATUS_PIPE_BROKEN;
}

/* ---- reading and writing ---- */

static ntstatus read_now(struct nt_pipe *p, u32 side, void __user *buf, u32 len, u64 *done)
{
	struct pipe_end *e = &p->end[side];
	ntstatus s = STATUS_PENDING;
	bool more;
	u8 *k;

	kmutex_lock(&p->lock);
	if (!list_is_empty(&e->queue)) {
		k = kmem_alloc_large(min(len, max(e->queued, 1u)) + 1, ALLOC_KERNEL);
		if (k) {
			*done = take(e, k, min(len, e->queued), false, &more);
			s = nt_copyout(buf, k, *done);
			if (!s && more && e->read_mode == TYPE_MESSAGE)
				s = STATUS_BUFFER_OVERFLOW;
		} else {
			s = STATUS_NO_MEMORY;
		}
		kmem_free_large(k);
		waitq_wake_all(&p->wq);
	} else if (broken(p, side)) {
		s = broken(p, side);
	}
	kmutex_unlock(&p->lock);
	return s;
}

static bool may_go_on(struct nt_pipe *p, u32 side, bool is_write)
{
	if (READ_ONCE(p->state) != STATE_CONNECTED)
		return true;
	if (is_write)
		return READ_ONCE(p->end[!side].queued) < QUOTA_MIN;
	return !list_is_empty(&p->end[side].queue);
}

static ntstatus pipe_read(struct nt_request *r, struct end_ref *er, void __user *buf, u32 len)
{
	struct pipe_end *e = &er->p->end[er->side];
	u64 done = 0;
	ntstatus s;

	for (;;) {
		s = read_now(er->p, er->side, buf, len, &done);
		if (s != STATUS_PENDING)
			return nt_request_end(r, s, done);
		if (e->nonblocking)
			return nt_request_end(r, STATUS_PIPE_EMPTY, 0);
		if (!r->file->is_synchronous)
			break;
		if (waitq_wait_intr(&er->p->wq, may_go_on(er->p, er->side, false))) {
			nt_request_drop(r);
			return STATUS_RESTART_CALL_;
		}
	}
	kmutex_lock(&er->p->lock);
	s = pend(e, r, buf, len, false);
	feed(e);
	kmutex_unlock(&er->p->lock);
	if (s != STATUS_PENDING)
		nt_request_drop(r);
	return s;
}

/* Queue a message for the other end; the request stays the caller's. */
static ntstatus send(struct nt_request *r, struct end_ref *er, const void __user *buf, u32 len)
{
	struct pipe_end *to = &er->p->end[!er->side];
	struct message *m;
	ntstatus s;

	if (r->file->is_synchronous && waitq_wait_intr(&er->p->wq, may_go_on(er->p, er->side, true)))
		return STATUS_RESTART_CALL_;
	m = kmem_alloc(sizeof(*m) + len, ALLOC_KERNEL);
	if (!m)
		return STATUS_NO_MEMORY;
	if (user_copyin(m->data, buf, len)) {
		kmem_free(m);
		return STATUS_ACCESS_VIOLATION;
	}
	m->len = len;
	m->at = 0;
	kmutex_lock(&er->p->lock);
	s = broken(er->p, er->side);
	if (s == STATUS_PIPE_BROKEN)
		s = STATUS_PIPE_CLOSING;
	if (!s && to->queued > QUEUE_MAX)
		s = STATUS_INSUFFICIENT_RESOURCES;
	if (!s && (len || to->read_mode == TYPE_MESSAGE)) {
		list_add_tail(&m->link, &to->queue);
		to->queued += len;
		m = NULL;
		feed(to);
		waitq_wake_all(&er->p->wq);
	}
	kmutex_unlock(&er->p->lock);
	kmem_free(m);
	return s;
}

static ntstatus pipe_write(struct nt_request *r, struct end_ref *er, const void __user *buf, u32 len)
{
	ntstatus s;

	len = min(len, MESSAGE_MAX);
	s = send(r, er, buf, len);
	if (s != STATUS_RESTART_CALL_)
		return nt_request_end(r, s, s ? 0 : len);
	nt_request_drop(r);
	return s;
}

/* A message out, its answer in. What is sent is not sent again: an interrupted wait ends the call. */
static ntstatus transceive(struct nt_request *r, struct end_ref *er, const void __user *in, u32 in_len,
			   void __user *out, u32 out_len)
{
	ntstatus s = er->p->end[er->side].read_mode == TYPE_MESSAGE ? STATUS_SUCCESS : STATUS_INVALID_PIPE_STATE;

	if (!s)
		s = send(r, er, in, min(in_len, MESSAGE_MAX));
	if (s == STATUS_RESTART_CALL_)
		nt_request_drop(r);
	else if (s)
		return nt_request_end(r, s, 0);
	if (s)
		return s;
	s = pipe_read(r, er, out, out_len);
	return s == STATUS_RESTART_CALL_ ? STATUS_ALERTED : s;
}

ntstatus nt_pipe_rw(struct nt_request *r, void __user *buf, u32 len, bool is_write)
{
	struct end_ref *er = ref_of(r->file);

	return is_write ? pipe_write(r, er, buf, len) : pipe_read(r, er, buf, len);
}

int nt_pipe_flush(struct nt_file *f)
{
	struct end_ref *er = ref_of(f);
	const struct nt_pipe *p = er->p;

	return waitq_wait_intr(&er->p->wq, !READ_ONCE(p->end[!er->side].queued) ||
					   READ_ONCE(p->state) != STATE_CONNECTED);
}

/* ---- names; names_lock held ---- */

static struct pipe_name *name_find(const u16 *text, u32 len)
{
	struct pipe_name *n;

	list_foreach(n, &names, link)
		if (!nt_compare(text, len, n->text, n->len))
			return n;
	return NULL;
}

static struct pipe_name *name_make(const u16 *text, u32 len)
{
	struct pipe_name *n = kmem_zalloc(sizeof(*n) + len * 2UL, ALLOC_KERNEL);

	if (!n)
		return NULL;
	list_init(&n->instances);
	n->len = len;
	memcpy(n->text, text, len * 2UL);
	list_add_tail(&n->link, &names);
	return n;
}

static void name_drop(struct pipe_name *n)
{
	list_del(&n->link);
	if (n->other)
		ofile_put(n->other);
	kmem_free(n);
}

static struct nt_file *end_file(struct nt_pipe *p, u32 side, u32 access, u32 options)
{
	struct end_ref *er = kmem_alloc(sizeof(*er), ALLOC_KERNEL);
	struct nt_file *f = er ? nt_file_alloc(NT_FILE_NAMED_PIPE, NULL, access, options) : NULL;

	if (!f) {
		kmem_free(er);
		return NULL;
	}
	er->p = p;
	er->side = side;
	f->priv = er;
	p->end[side].file = f;
	return f;
}

static ntstatus instance_make(struct pipe_name *n, u32 access, u32 options, u32 read_mode, u32 nonblocking,
			      struct nt_file **out)
{
	struct nt_pipe *p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);

	if (!p)
		return STATUS_NO_MEMORY;
	ref_init(&p->refs, 1);
	kmutex_init(&p->lock, LOCKRANK_PERSONA);
	waitq_init(&p->wq);
	for (u32 i = 0; i < 2; i++) {
		list_init(&p->end[i].queue);
		list_init(&p->end[i].pending);
	}
	p->state = STATE_LISTENING;
	p->name = n;
	p->end[SERVER].read_mode = read_mode;
	p->end[SERVER].nonblocking = nonblocking;
	*out = end_file(p, SERVER, access, options);
	if (!*out) {
		kmem_free(p);
		return STATUS_NO_MEMORY;
	}
	list_add_tail(&p->link, &n->instances);
	n->ninstances++;
	return STATUS_SUCCESS;
}

/* CreatePipe: the server's end now, the client's when it is opened by name. */
static ntstatus anonymous_make(struct pipe_name *n, u32 access, u32 options, struct nt_file **out)
{
	struct ofile *rd, *wr, *mine;
	int err = svc_vfs_pipe(&rd, &wr, 0);

	if (err)
		return nt_status_of(err);
	mine = n->config == CONFIG_OUTBOUND ? wr : rd;
	n->other = n->config == CONFIG_OUTBOUND ? rd : wr;
	*out = nt_file_alloc(NT_FILE_PIPE, mine, access, options | FILE_SYNCHRONOUS_NONALERT);
	ofile_put(mine);
	return *out ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static bool is_anonymous(const u16 *text, u32 len)
{
	u32 n = strlen(ANONYMOUS);

	return len > n && nt_equal_ascii(text, n, ANONYMOUS);
}

struct make { u32 access, options, disposition, type, read_mode, nonblocking, config, max, in_quota, out_quota; };

static ntstatus server_locked(const struct make *k, const u16 *text, u32 len, bool *is_first,
			      struct nt_file **out)
{
	struct pipe_name *n = name_find(text, len);
	ntstatus s;

	*is_first = !n;
	if (n && (k->disposition == FILE_CREATE_ || n->type != k->type || n->config != k->config))
		return STATUS_ACCESS_DENIED;
	if (n && n->ninstances >= n->max_instances)
		return STATUS_INSTANCE_NOT_AVAILABLE;
	if (!n) {
		n = name_make(text, len);
		if (!n)
			return STATUS_NO_MEMORY;
		n->type = k->type;
		n->config = k->config;
		n->max_instances = k->max;
		n->in_quota = k->in_quota;
		n->out_quota = k->out_quota;
	}
	s = is_anonymous(text, len) ? anonymous_make(n, k->access, k->options, out) :
	    instance_make(n, k->access, k->options, k->read_mode, k->nonblocking, out);
	if (s && *is_first)
		name_drop(n);
	return s;
}

ntstatus nt_create_named_pipe_file(u64 __user *handle, u32 access,
				   const struct nt_object_attributes __user *attr,
				   struct nt_io_status __user *iosb, u32 share, u32 disposition, u32 options,
				   u32 type, u32 read_mode, u32 completion, u32 max, u32 in_quota,
				   u32 out_quota, const s64 __user *timeout)
{
	struct make k = { .access = nt_access_of(&nt_file_type, access), .options = options,
			  .disposition = disposition, .type = type & TYPE_MESSAGE,
			  .read_mode = read_mode & TYPE_MESSAGE, .nonblocking = completion & MODE_NONBLOCKING,
			  .max = max, .in_quota = in_quota, .out_quota = out_quota };
	struct nt_io_status result = { 0 };
	struct nt_target t = { 0 };
	struct nt_attributes a;
	struct nt_file *f = NULL;
	bool is_first = false;
	ntstatus s;

	k.config = (share & 3) == (SHARE_READ | SHARE_WRITE) ? 2 : share & SHARE_READ ? CONFIG_OUTBOUND :
		   CONFIG_INBOUND;
	s = nt_attributes_get(attr, &a);
	if (!s)
		s = nt_target_find(&a, &t);
	if (!s && t.kind != NT_TARGET_PIPE)
		s = STATUS_OBJECT_NAME_INVALID;
	if (!s) {
		kmutex_lock(&names_lock);
		s = server_locked(&k, t.rest, t.rest_len, &is_first, &f);
		kmutex_unlock(&names_lock);
	}
	kmem_free(t.path);
	if (!s)
		s = nt_handle_give(&f->ob, k.access, a.flags, handle);
	nt_attributes_put(&a);
	result.status = s;
	result.information = is_first ? INFO_CREATED : INFO_OPENED;
	return s ? s : nt_copyout(iosb, &result, sizeof(result));
}

/* ---- connecting ---- */

/* The client's end of a listening instance. */
static ntstatus connect_locked(struct pipe_name *n, u32 access, u32 options, struct nt_file **out)
{
	struct nt_pipe *p;

	list_foreach(p, &n->instances, link) {
		if (READ_ONCE(p->state) != STATE_LISTENING)
			continue;
		*out = end_file(p, CLIENT, access, options);
		if (!*out)
			return STATUS_NO_MEMORY;
		ref_get(&p->refs);
		kmutex_lock(&p->lock);
		p->state = STATE_CONNECTED;
		p->end[CLIENT].read_mode = 0;
		finish_all(&p->end[SERVER], STATUS_SUCCESS);
		waitq_wake_all(&p->wq);
		kmutex_unlock(&p->lock);
		return STATUS_SUCCESS;
	}
	return STATUS_PIPE_NOT_AVAILABLE;
}

ntstatus nt_pipe_open(const u16 *text, u32 len, u32 access, u32 options, struct nt_file **out)
{
	ntstatus s = STATUS_OBJECT_NAME_NOT_FOUND;
	struct pipe_name *n;

	kmutex_lock(&names_lock);
	n = name_find(text, len);
	if (n && n->other) {
		*out = nt_file_alloc(NT_FILE_PIPE, n->other, access, options | FILE_SYNCHRONOUS_NONALERT);
		s = *out ? STATUS_SUCCESS : STATUS_NO_MEMORY;
		if (*out)
			name_drop(n);
	} else if (n) {
		s = connect_locked(n, access, options, out);
	}
	kmutex_unlock(&names_lock);
	return s;
}

void nt_pipe_close(struct nt_file *f)
{
	struct end_ref *er = ref_of(f);
	struct nt_pipe *p = er->p;
	struct pipe_name *n = p->name;

	kmutex_lock(&names_lock);
	kmutex_lock(&p->lock);
	p->end[er->side].file = NULL;
	finish_all(&p->end[er->side], STATUS_CANCELLED);
	if (p->state == STATE_CONNECTED)
		p->state = STATE_CLOSING;
	/* The other end may still read what is queued for it. */
	if (list_is_empty(&p->end[!er->side].queue))
		finish_all(&p->end[!er->side], STATUS_PIPE_BROKEN);
	waitq_wake_all(&p->wq);
	kmutex_unlock(&p->lock);
	if (er->side == SERVER) {
		list_del(&p->link);
		p->name = NULL;
		if (--n->ninstances == 0)
			name_drop(n);
	}
	kmutex_unlock(&names_lock);
	pipe_put(p);
	kmem_free(er);
}

/* ---- requests ---- */

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
		    r->file->is_synchronous ? STATUS_PENDING : pend(&p->end[SERVER], r, NULL, 0, true);
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
	queue_drop(&p->end[SERVER]);
	queue_drop(&p->end[CLIENT]);
	finish_all(&p->end[SERVER], STATUS_PIPE_DISCONNECTED);
	finish_all(&p->end[CLIENT], STATUS_PIPE_DISCONNECTED);
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
	s = list_is_empty(&e->queue) ? broken(er->p, er->side) : STATUS_SUCCESS;
	k.state = er->p->state;
	k.available = e->queued;
	list_foreach(m, &e->queue, link)
		k.messages++;
	if (k.messages) {
		m = list_first_entry(&e->queue, struct message, link);
		k.message_len = m->len - m->at;
		n = take(e, data, room - sizeof(k), true, &more);
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

/* {timeout, name length, has timeout, name}: until an instance listens. */
static ntstatus wait_for_name(const u8 __user *in, u32 len)
{
	struct { s64 timeout; u32 len; u8 has_timeout, pad; } h;
	struct pipe_name *n;
	ntstatus s = STATUS_OBJECT_NAME_NOT_FOUND;
	struct nt_pipe *p;
	u16 *text;

	if (len < 14 || user_copyin(&h, in, 14) || h.len > len - 14)
		return STATUS_INVALID_PARAMETER;
	text = kmem_alloc(h.len + 2UL, ALLOC_KERNEL);
	if (!text || user_copyin(text, in + 14, h.len)) {
		kmem_free(text);
		return STATUS_NO_MEMORY;
	}
	kmutex_lock(&names_lock);
	n = name_find(text, h.len / 2);
	if (n) {
		s = STATUS_IO_TIMEOUT;
		list_foreach(p, &n->instances, link)
			if (READ_ONCE(p->state) == STATE_LISTENING)
				s = STATUS_SUCCESS;
	}
	kmutex_unlock(&names_lock);
	kmem_free(text);
	return s;
}

ntstatus nt_pipe_control(struct nt_request *r, u32 code, const void __user *in, u32 in_len,
			 void __user *out, u32 out_len)
{
	struct nt_file *f = r->file;
	u64 used = 0;
	ntstatus s = STATUS_NOT_SUPPORTED;

	if (code == PIPE_WAIT)
		return nt_request_end(r, f->kind == NT_FILE_PIPE_ROOT ? wait_for_name(in, in_len) :
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
		return transceive(r, ref_of(f), in, in_len, out, out_len);
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
	kmutex_lock(&names_lock);
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
	kmutex_unlock(&names_lock);
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
		finish(w, STATUS_CANCELLED, 0);
		n++;
	}
	kmutex_unlock(&er->p->lock);
	return n;
}
