// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of pipes and their instances. A server makes an instance of a name, a client's open
 * takes one that listens; the name goes with its last instance.
 *
 * CreatePipe's pipes (\??\pipe\Win32.Pipes.*) are Linux pipes: one direction, bytes, and they
 * can be handed to Linux programs. Their name holds the client's end until it is opened.
 *
 * Locks: nt_pipe_names_lock (names, instances and their states) > nt_pipe.lock.
 */
#include "pipe_impl.h"

#include <generated/svc_vfs.h>

#define CONFIG_INBOUND	0u
#define CONFIG_OUTBOUND	1u
#define SHARE_READ	1u
#define SHARE_WRITE	2u
#define FILE_CREATE_	2u
#define INFO_OPENED	1u
#define INFO_CREATED	2u
#define ANONYMOUS	"Win32.Pipes."

static LIST_HEAD(names);
struct kmutex nt_pipe_names_lock = KMUTEX_INIT(nt_pipe_names_lock, LOCKRANK_VFS_MISC);

/* ---- names; nt_pipe_names_lock held ---- */

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
		kmutex_lock(&nt_pipe_names_lock);
		s = server_locked(&k, t.rest, t.rest_len, &is_first, &f);
		kmutex_unlock(&nt_pipe_names_lock);
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
		nt_pipe_finish_all(&p->end[SERVER], STATUS_SUCCESS);
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

	kmutex_lock(&nt_pipe_names_lock);
	n = name_find(text, len);
	if (n && n->other) {
		*out = nt_file_alloc(NT_FILE_PIPE, n->other, access, options | FILE_SYNCHRONOUS_NONALERT);
		s = *out ? STATUS_SUCCESS : STATUS_NO_MEMORY;
		if (*out)
			name_drop(n);
	} else if (n) {
		s = connect_locked(n, access, options, out);
	}
	kmutex_unlock(&nt_pipe_names_lock);
	return s;
}

void nt_pipe_close(struct nt_file *f)
{
	struct end_ref *er = ref_of(f);
	struct nt_pipe *p = er->p;
	struct pipe_name *n = p->name;

	kmutex_lock(&nt_pipe_names_lock);
	kmutex_lock(&p->lock);
	p->end[er->side].file = NULL;
	nt_pipe_finish_all(&p->end[er->side], STATUS_CANCELLED);
	if (p->state == STATE_CONNECTED)
		p->state = STATE_CLOSING;
	/* The other end may still read what is queued for it. */
	if (list_is_empty(&p->end[!er->side].queue))
		nt_pipe_finish_all(&p->end[!er->side], STATUS_PIPE_BROKEN);
	waitq_wake_all(&p->wq);
	kmutex_unlock(&p->lock);
	if (er->side == SERVER) {
		list_del(&p->link);
		p->name = NULL;
		if (--n->ninstances == 0)
			name_drop(n);
	}
	kmutex_unlock(&nt_pipe_names_lock);
	nt_pipe_put(p);
	kmem_free(er);
}

/* {timeout, name length, has timeout, name}: until an instance listens. */
ntstatus nt_pipe_wait_name(const u8 __user *in, u32 len)
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
	kmutex_lock(&nt_pipe_names_lock);
	n = name_find(text, h.len / 2);
	if (n) {
		s = STATUS_IO_TIMEOUT;
		list_foreach(p, &n->instances, link)
			if (READ_ONCE(p->state) == STATE_LISTENING)
				s = STATUS_SUCCESS;
	}
	kmutex_unlock(&nt_pipe_names_lock);
	kmem_free(text);
	return s;
}
