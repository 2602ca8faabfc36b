// SPDX-License-Identifier: GPL-2.0-only
/* Sockets: making, naming, options, events, and polling several at once. */
#include "../afdsock.h"

#include <generated/svc_net.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/timeout.h>
#include <uapi/fcntl.h>

#include "../ps.h"

#define EV_READ		0x1u
#define EV_OOB		0x2u
#define EV_WRITE	0x4u
#define EV_HUP		0x8u
#define EV_RESET	0x10u
#define EV_CLOSE	0x20u
#define EV_CONNECT	0x40u
#define EV_ACCEPT	0x80u
#define EV_CONNECT_ERR	0x100u
#define WIN_AF_INET6	23
#define FIONREAD_	0x541b
#define POLL_MAX	64u

/* ---- life ---- */

struct nt_file *afd_file_make(struct ofile *of, u32 access, u32 options)
{
	struct nt_file *f = nt_file_alloc(NT_FILE_SOCKET, of, access, options);
	struct afd *a = f ? kmem_zalloc(sizeof(*a), ALLOC_KERNEL) : NULL;

	if (!a) {
		if (f) {
			f->kind = NT_FILE_NULL;	/* nothing of a socket's to close */
			nt_file_put(f);
		}
		return NULL;
	}
	a->file = f;
	kmutex_init(&a->lock, LOCKRANK_PERSONA);
	list_init(&a->ops);
	a->watch = (struct pollwatch)POLLWATCH_IDLE;
	workitem_init(&a->work, afd_work);
	f->priv = a;
	return f;
}

ntstatus nt_afd_open(u32 access, u32 options, struct nt_file **out)
{
	*out = afd_file_make(NULL, access | 0x3, options);
	return *out ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

bool afd_become(struct nt_file *f, struct ofile *of)
{
	struct afd *a = f->priv;

	if (!f->of || !cas(&a->retired, NULL, f->of))
		return false;
	WRITE_ONCE(f->of, of);
	return true;
}

void afd_unwatch(struct afd *a)
{
	if (a->is_armed && !pollwatch_cancel(&a->watch))
		pollwatch_disarm(&a->watch);
	a->is_armed = false;
}

void afd_fired(struct pollwatch *w)
{
	struct afd *a = container_of(w, struct afd, watch);

	workpool_queue(workpool_system, &a->work);
}

void nt_afd_close(struct nt_file *f)
{
	struct afd *a = f->priv;

	kmutex_lock(&a->lock);
	a->is_closing = true;
	afd_unwatch(a);
	kmutex_unlock(&a->lock);
	workitem_cancel_sync(&a->work);
	(void)nt_afd_cancel(f, NULL);
	if (a->event)
		nt_object_put(&a->event->ob);
	if (a->retired)
		ofile_put(a->retired);
	kmem_free(a);
}

/* ---- events ---- */

static u32 ready_events(struct nt_file *f)
{
	u32 p = f->of ? f->of->of_ops->poll(f->of, NULL) : POLLHUP;
	u32 ev = 0;

	if (p & (POLLIN | POLLRDNORM))
		ev |= EV_READ | EV_ACCEPT;
	if (p & POLLPRI)
		ev |= EV_OOB;
	if (p & (POLLOUT | POLLWRNORM))
		ev |= EV_WRITE | EV_CONNECT;
	if (p & POLLRDHUP)
		ev |= EV_HUP;
	if (p & POLLHUP)
		ev |= EV_HUP | EV_CLOSE;
	if (p & POLLERR)
		ev |= EV_RESET | EV_CONNECT_ERR;
	return ev;
}

static u32 poll_bits(u32 ev)
{
	return (ev & (EV_READ | EV_ACCEPT | EV_HUP) ? POLLIN | POLLRDHUP : 0) |
	       (ev & (EV_WRITE | EV_CONNECT | EV_CONNECT_ERR) ? POLLOUT : 0) | (ev & EV_OOB ? POLLPRI : 0);
}

/* A socket that listens only accepts; another never does. */
static u32 possible(struct nt_file *f, u32 ev)
{
	struct netsock *s = afd_sock(f);
	s32 listens = 0;
	u32 len = sizeof(listens);

	if (s && sockopt_get(s, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len))
		listens = 0;
	return ev & (listens ? EV_ACCEPT | EV_CLOSE : ~EV_ACCEPT);
}

u32 afd_select_check(struct afd *a)
{
	u32 now;

	if (!a->event || !a->mask || !a->file->of)
		return 0;
	now = possible(a->file, ready_events(a->file)) & a->mask;
	if (now & ~a->told) {
		a->told |= now;
		nt_event_set(a->event);
	}
	return poll_bits(possible(a->file, a->mask) & ~a->told);
}

static ntstatus event_select(struct nt_file *f, const void __user *in, u32 len)
{
	struct { u64 event; u32 mask, pad; } h;
	struct nt_object *o = NULL;
	struct afd *a = f->priv;

	if (len < 12)
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(nt_copyin(&h, in, 12));
	if (h.event)
		NT_CHECK(nt_handle_get(h.event, &nt_event_type, 0x2, &o));
	kmutex_lock(&a->lock);
	if (a->event)
		nt_object_put(&a->event->ob);
	a->event = o ? container_of(o, struct nt_event, ob) : NULL;
	a->mask = o ? h.mask : 0;
	a->told = 0;
	a->nonblocking = true;
	kmutex_unlock(&a->lock);
	afd_rearm(a);
	return STATUS_SUCCESS;
}

static ntstatus get_events(struct nt_file *f, const void __user *in, void __user *out, u32 len, u64 *used)
{
	struct { u32 flags; u32 status[13]; } e = { 0 };
	struct afd *a = f->priv;

	if (len < sizeof(e))
		return STATUS_BUFFER_TOO_SMALL;
	kmutex_lock(&a->lock);
	e.flags = a->told & possible(f, ready_events(f));
	a->told = 0;
	/* The event comes in by handle where one is given; ours is the one that was selected. */
	if (a->event)
		nt_event_reset(a->event);
	kmutex_unlock(&a->lock);
	*used = sizeof(e);
	NT_CHECK(nt_copyout(out, &e, sizeof(e)));
	return STATUS_SUCCESS;
}

/* ---- requests that complete at once ---- */

static ntstatus create(struct nt_file *f, const void __user *in, u32 len)
{
	struct afd *a = f->priv;
	struct netsock *s;
	struct ofile *of;
	s32 h[4];

	if (len < sizeof(h) || f->of)
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(nt_copyin(h, in, sizeof(h)));
	s = svc_net_create(h[0] == WIN_AF_INET6 ? 10 : h[0], h[1], h[2]);
	if (IS_ERR(s))
		return nt_status_of(PTR_ERR(s));
	of = netsock_file(s, O_NONBLOCK);
	if (IS_ERR(of))
		return nt_status_of(PTR_ERR(of));
	a->family = h[0];
	a->type = h[1];
	a->protocol = h[2];
	f->of = of;
	return STATUS_SUCCESS;
}

static ntstatus put_addr(struct sockaddr_any *a, u32 n, void __user *out, u32 room, u64 *used)
{
	afd_addr_out(a);
	if (room < n)
		return STATUS_BUFFER_TOO_SMALL;
	*used = n;
	return nt_copyout(out, a, n);
}

static ntstatus get_name(struct netsock *s, bool is_peer, void __user *out, u32 room, u64 *used)
{
	struct sockaddr_any a = { 0 };
	u32 n = sizeof(a);
	int err = s->ops->getname(s, &a, &n, is_peer);

	return err ? nt_status_of(err) : put_addr(&a, n, out, room, used);
}

static ntstatus bind_to(struct netsock *s, const u8 __user *in, u32 len, void __user *out, u32 room, u64 *used)
{
	struct sockaddr_any a = { 0 };
	int err;

	if (len < 6 || len - 4 > sizeof(a))
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(nt_copyin(&a, in + 4, len - 4));
	afd_addr_in(&a);
	err = svc_net_bind(s, &a, len - 4);
	return err ? nt_status_of(err) : get_name(s, false, out, room, used);
}

static const struct { u16 function; u8 is_set; s32 level, name; } options[] = {
	{ 222, 0, SOL_SOCKET, SO_ERROR }, { 223, 0, SOL_SOCKET, SO_KEEPALIVE }, { 224, 1, SOL_SOCKET, SO_KEEPALIVE },
	{ 229, 0, SOL_SOCKET, SO_RCVBUF }, { 230, 1, SOL_SOCKET, SO_RCVBUF },
	{ 233, 0, SOL_SOCKET, SO_REUSEADDR }, { 234, 1, SOL_SOCKET, SO_REUSEADDR },
	{ 235, 0, SOL_SOCKET, SO_SNDBUF }, { 236, 1, SOL_SOCKET, SO_SNDBUF },
	{ 260, 0, 0, 2 }, { 261, 1, 0, 2 }, { 279, 0, 41, 26 }, { 280, 1, 41, 26 },
	{ 284, 0, 6, 1 }, { 285, 1, 6, 1 },
};

static ntstatus option(struct netsock *s, u32 function, const void __user *in, u32 in_len, void __user *out,
		       u32 out_len, u64 *used)
{
	s32 value = 0;
	u32 n = sizeof(value);
	int err;

	for (u32 i = 0; i < ARRAY_SIZE(options); i++) {
		if (options[i].function != function)
			continue;
		if (options[i].is_set) {
			NT_CHECK(nt_copyin(&value, in, min(in_len, n)));
			return nt_status_of(sockopt_set(s, options[i].level, options[i].name, &value, n));
		}
		err = sockopt_get(s, options[i].level, options[i].name, &value, &n);
		if (err)
			return nt_status_of(err);
		*used = min(out_len, n);
		return nt_copyout(out, &value, *used);
	}
	return STATUS_NOT_SUPPORTED;
}

enum {
	AFD_BIND = 0x12003, AFD_LISTEN = 0x1200b, AFD_GETSOCKNAME = 0x1202f, AFD_EVENT_SELECT = 0x12087,
	AFD_GET_EVENTS = 0x1208b, AFD_CREATE = 0x120320, AFD_SHUTDOWN = 0x120330, AFD_FIONBIO = 0x120344,
	AFD_COMPLETE = 0x120348, AFD_FIONREAD = 0x12034c, AFD_GETPEERNAME = 0x120360, AFD_GET_INFO = 0x120368,
};

static ntstatus plain_control(struct nt_file *f, struct netsock *s, u32 code, const void __user *in, u32 in_len,
			      void __user *out, u32 out_len, u64 *used)
{
	struct afd *a = f->priv;
	s32 h[3] = { 0 };
	long err;

	switch (code) {
	case AFD_BIND:
		return bind_to(s, in, in_len, out, out_len, used);
	case AFD_LISTEN:
		NT_CHECK(nt_copyin(h, in, min(in_len, (u32)sizeof(h))));
		return nt_status_of(svc_net_listen(s, h[1]));
	case AFD_GETSOCKNAME:
	case AFD_GETPEERNAME:
		return get_name(s, code == AFD_GETPEERNAME, out, out_len, used);
	case AFD_SHUTDOWN:
		NT_CHECK(nt_copyin(h, in, min(in_len, 4u)));
		return nt_status_of(svc_net_shutdown(s, h[0]));
	case AFD_FIONREAD:
		err = f->of->of_ops->ioctl(f->of, FIONREAD_, (uptr)out);
		*used = sizeof(s32);
		return nt_status_of(err);
	case AFD_GET_INFO:
		h[0] = a->family;
		h[1] = a->type;
		h[2] = a->protocol;
		*used = min(out_len, (u32)sizeof(h));
		return nt_copyout(out, h, *used);
	}
	if (code >= 0x12036c && code <= 0x1204a8)
		return option(s, (code - 0x120000) / 4, in, in_len, out, out_len, used);
	return STATUS_NOT_SUPPORTED;
}

ntstatus afd_control(struct nt_file *f, u32 code, const void __user *in, u32 in_len, void __user *out,
		     u32 out_len, u64 *used)
{
	struct afd *a = f->priv;
	struct netsock *s;
	u32 word;

	switch (code) {
	case AFD_CREATE:
		return create(f, in, in_len);
	case AFD_COMPLETE:
		return in_len < 4 || user_get(word, (u32 __user *)in) ? STATUS_INVALID_PARAMETER : word;
	case AFD_FIONBIO:
		if (in_len < 4 || user_get(word, (u32 __user *)in))
			return STATUS_INVALID_PARAMETER;
		a->nonblocking = word;
		return STATUS_SUCCESS;
	case AFD_EVENT_SELECT:
		return event_select(f, in, in_len);
	case AFD_GET_EVENTS:
		return get_events(f, in, out, out_len, used);
	}
	s = afd_sock(f);
	return s ? plain_control(f, s, code, in, in_len, out, out_len, used) : STATUS_INVALID_PARAMETER;
}

/* ---- polling several ---- */

struct poll_entry { u64 socket; u32 flags, status; };
struct poll_head { s64 timeout; u32 count; u8 exclusive, pad[3]; };

/* Negative: from now on. */
static nsec_t afd_deadline(s64 t)
{
	s64 real;

	if (t < 0)
		return clock_ns() + (t < -(S64_MAX / 200) ? S64_MAX / 2 : (u64)-t * 100);
	real = nt_time_to_unix(t);
	return real <= clock_realtime_ns() ? 0 : clock_real_to_mono(real);
}

struct poll_wait;
struct poll_slot {
	struct pollwatch watch;
	struct poll_wait *w;
	struct nt_file *file;		/* with a reference */
	struct poll_entry entry;
	bool is_armed;
};

struct poll_wait {
	struct list link;		/* polls_lock */
	struct nt_request r;
	struct poll_head head;
	u64 out;
	u32 n;
	bool is_done, is_late, is_cancelled;
	struct timeout timeout;
	struct workitem work;
	struct poll_entry result[POLL_MAX];
	struct poll_slot slot[POLL_MAX];
};

static LIST_HEAD(polls);
static struct kmutex polls_lock = KMUTEX_INIT(polls_lock, LOCKRANK_VFS_MISC);

/* What is ready, in w->result; how many. */
static u32 poll_ready(struct poll_wait *w)
{
	u32 n = 0;

	for (u32 i = 0; i < w->n; i++) {
		struct poll_slot *s = &w->slot[i];
		u32 now = possible(s->file, ready_events(s->file)) & (s->entry.flags | EV_CLOSE);

		if (now)
			w->result[n++] = (struct poll_entry){ s->entry.socket, now, 0 };
	}
	return n;
}

static void poll_fired(struct pollwatch *pw)
{
	workpool_queue(workpool_system, &container_of(pw, struct poll_slot, watch)->w->work);
}

static void poll_late(struct timeout *t)
{
	struct poll_wait *w = container_of(t, struct poll_wait, timeout);

	WRITE_ONCE(w->is_late, true);
	workpool_queue(workpool_system, &w->work);
}

static void poll_unwatch(struct poll_wait *w)
{
	for (u32 i = 0; i < w->n; i++) {
		if (w->slot[i].is_armed && !pollwatch_cancel(&w->slot[i].watch))
			pollwatch_disarm(&w->slot[i].watch);
		w->slot[i].is_armed = false;
	}
}

static void poll_watch(struct poll_wait *w)
{
	for (u32 i = 0; i < w->n; i++) {
		struct poll_slot *s = &w->slot[i];

		s->is_armed = true;
		if (pollwatch_arm(&s->watch, s->file->of, poll_bits(s->entry.flags), poll_fired))
			workpool_queue(workpool_system, &w->work);
	}
}

static void poll_free(struct poll_wait *w)
{
	for (u32 i = 0; i < w->n; i++)
		nt_file_put(w->slot[i].file);
	kmem_free_large(w);
}

/* Head and entries of what is ready, to the program. */
static ntstatus poll_answer(struct poll_wait *w, struct aspace *as, u32 n, u64 *used)
{
	struct poll_head h = w->head;

	h.count = n;
	*used = sizeof(h) + n * sizeof(w->result[0]);
	if (aspace_access(as, w->out, &h, sizeof(h), true, false) != sizeof(h) ||
	    aspace_access(as, w->out + sizeof(h), w->result, n * sizeof(w->result[0]), true, false) !=
	    n * sizeof(w->result[0]))
		return STATUS_ACCESS_VIOLATION;
	return n ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

static void poll_finish(struct poll_wait *w, u32 n)
{
	struct nt_thread *t = w->r.thread;
	struct nt_file *f = w->r.file;
	struct aspace *as = process_aspace(t->proc->proc);
	u64 used = 0;
	ntstatus s = as ? poll_answer(w, as, n, &used) : STATUS_CANCELLED;

	kmutex_lock(&polls_lock);
	list_del(&w->link);
	kmutex_unlock(&polls_lock);
	if (as)
		aspace_put(as);
	nt_request_end_later(&w->r, s, used);
	nt_object_put(&t->ob);
	nt_file_put(f);
	w->is_done = true;
}

/* After the end it runs once more, alone, to free what nobody can queue any longer. */
static void poll_work(struct workitem *work)
{
	struct poll_wait *w = container_of(work, struct poll_wait, work);
	u32 n;

	if (w->is_done) {
		poll_free(w);
		return;
	}
	poll_unwatch(w);
	n = poll_ready(w);
	if (!n && !READ_ONCE(w->is_late) && !READ_ONCE(w->is_cancelled)) {
		poll_watch(w);
		return;
	}
	timeout_cancel_sync(&w->timeout);
	poll_finish(w, n);
	workpool_queue(workpool_system, &w->work);
}

static ntstatus poll_take(struct poll_wait *w, const u8 __user *in, u32 len)
{
	if (len < sizeof(w->head) || user_copyin(&w->head, in, sizeof(w->head)) || !w->head.count ||
	    w->head.count > POLL_MAX || len < sizeof(w->head) + w->head.count * sizeof(struct poll_entry))
		return STATUS_INVALID_PARAMETER;
	for (u32 i = 0; i < w->head.count; i++) {
		struct poll_slot *s = &w->slot[i];

		NT_CHECK(nt_copyin(&s->entry, in + sizeof(w->head) + i * sizeof(s->entry), sizeof(s->entry)));
		NT_CHECK(nt_file_get(s->entry.socket, 0, &s->file));
		s->w = w;
		w->n++;
		if (s->file->kind != NT_FILE_SOCKET || !s->file->of)
			return STATUS_INVALID_HANDLE;
	}
	return STATUS_SUCCESS;
}

ntstatus afd_poll(struct nt_request *r, const void __user *in, u32 in_len, void __user *out, u32 out_len)
{
	struct poll_wait *w = kmem_alloc_large(sizeof(*w), ALLOC_KERNEL | ALLOC_ZERO);
	u64 used = 0;
	ntstatus s = w ? poll_take(w, in, in_len) : STATUS_NO_MEMORY;
	u32 n = 0;

	if (!s && out_len < sizeof(w->head))
		s = STATUS_INVALID_PARAMETER;
	if (!s) {
		w->out = (u64)out;
		n = poll_ready(w);
	}
	if (s || n || !w->head.timeout) {
		if (!s)
			s = poll_answer(w, thread_self()->t_as, n, &used);
		if (w)
			poll_free(w);
		return nt_request_end(r, s, used);
	}
	w->r = *r;
	nt_object_get(&r->thread->ob);
	nt_object_get(&r->file->ob);
	timeout_init(&w->timeout, poll_late, 0);
	workitem_init(&w->work, poll_work);
	kmutex_lock(&polls_lock);
	list_add_tail(&w->link, &polls);
	kmutex_unlock(&polls_lock);
	if (w->head.timeout != S64_MAX)
		timeout_arm(&w->timeout, afd_deadline(w->head.timeout));
	workpool_queue(workpool_system, &w->work);
	return STATUS_PENDING;
}

/* A thread that ends waits for nothing any more. */
void nt_io_thread_exit(struct nt_thread *self)
{
	struct poll_wait *w;

	kmutex_lock(&polls_lock);
	list_foreach(w, &polls, link)
		if (w->r.thread == self) {
			WRITE_ONCE(w->is_cancelled, true);
			workpool_queue(workpool_system, &w->work);
		}
	kmutex_unlock(&polls_lock);
}
