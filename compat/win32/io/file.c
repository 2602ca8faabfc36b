// SPDX-License-Identifier: GPL-2.0-only
/*
 * File objects: opening, reading, writing, and how operations complete.
 *
 * Disk files, terminals and Linux's pipes are struct ofile behind it all; their
 * operations complete at once, in the caller's context. An operation's result goes to
 * its status block, then its event, its APC or the file's completion port are told.
 *
 * Locks: nt_file.lock around the position and the listing state.
 */
#include "../file.h"

#include <generated/svc_vfs.h>
#include <tern/kernel/vfsface.h>
#include <tern/mm/uio.h>
#include <uapi/fcntl.h>

#include "../afd.h"
#include "../console.h"
#include "../pipe.h"
#include "../ps.h"

#define AT_FDCWD	(-100)
#define POS_CURRENT	(-2L)
#define POS_END		(-1L)
#define FILE_MODE	0666
#define DIR_MODE	0777

enum { FILE_SUPERSEDE, FILE_OPEN, FILE_CREATE, FILE_OPEN_IF, FILE_OVERWRITE, FILE_OVERWRITE_IF };
enum { INFO_SUPERSEDED, INFO_OPENED, INFO_CREATED, INFO_OVERWRITTEN };

/* ---- objects ---- */

static bool file_signaled(struct object *o, struct thread *t)
{
	struct nt_file *f = container_of(nt_object_of(o), struct nt_file, ob);

	return f->is_signaled;
}

static void file_prepare(struct nt_object *o)
{
	struct nt_file *f = container_of(o, struct nt_file, ob);

	if (f->kind == NT_FILE_CONSOLE && f->role == NT_CONSOLE_INPUT)
		nt_console_watch(f);
}

static void delete_name(struct nt_file *f)
{
	char *buf = path_name_buf(), *name;

	if (!buf)
		return;
	name = face_ofile_name(f->of, buf, PATH_MAX);
	if (!IS_ERR(name)) {
		if (f->kind == NT_FILE_DIR)
			(void)svc_vfs_rmdir(AT_FDCWD, name);
		else
			(void)svc_vfs_unlink(AT_FDCWD, name);
	}
	path_name_put(buf);
}

static void file_cleanup(struct nt_object *o)
{
	struct nt_file *f = container_of(o, struct nt_file, ob);

	if (f->delete_on_close && f->of)
		delete_name(f);
	nt_share_leave(f);
	nt_locks_free(f);
	if (f->kind == NT_FILE_NAMED_PIPE)
		nt_pipe_close(f);
	if (f->kind == NT_FILE_SOCKET)
		nt_afd_close(f);
	if (f->kind == NT_FILE_CONSOLE)
		nt_console_close(f);
	if (f->of)
		ofile_put(f->of);
	if (f->port)
		nt_object_put(nt_port_object(f->port));
	kmem_free(f->pattern.text);
}

const struct nt_type nt_file_type = {
	.ops = NT_TYPE_OPS("nt file", file_signaled, object_ignore_wait),
	.name = "File", .all_access = 0x1f01ff, .read_access = 0x120089, .write_access = 0x120116,
	.exec_access = 0x1200a0, .can_wait = true, .prepare = file_prepare, .cleanup = file_cleanup,
};

struct nt_file *nt_file_alloc(enum nt_file_kind kind, struct ofile *of, u32 access, u32 options)
{
	struct nt_file *f = nt_object_alloc(&nt_file_type, sizeof(*f));

	if (!f)
		return NULL;
	kmutex_init(&f->lock, LOCKRANK_PERSONA);
	f->kind = kind;
	f->access = access;
	f->options = options;
	f->is_synchronous = options & (FILE_SYNCHRONOUS_ALERT | FILE_SYNCHRONOUS_NONALERT);
	f->is_signaled = true;
	/* What stands behind a device is no file of the program's. */
	f->delete_on_close = (options & FILE_DELETE_ON_CLOSE) && nt_file_has_name(kind);
	list_init(&f->locks);
	if (of)
		ofile_get(of);
	f->of = of;
	return f;
}

ntstatus nt_file_get(u64 handle, u32 access, struct nt_file **out)
{
	struct nt_object *o;

	NT_CHECK(nt_handle_get(handle, &nt_file_type, access, &o));
	*out = container_of(o, struct nt_file, ob);
	return STATUS_SUCCESS;
}

enum nt_file_kind nt_file_kind_of(struct ofile *of)
{
	mode_t mode = of->of_vnode->vn_mode;

	if (S_ISDIR(mode))
		return NT_FILE_DIR;
	if (S_ISFIFO(mode))
		return NT_FILE_PIPE;
	if (S_ISSOCK(mode))
		return NT_FILE_PIPE;
	if (S_ISCHR(mode))
		return of->of_vnode->vn_rdev == NT_NULL_DEVICE ? NT_FILE_NULL : NT_FILE_CHAR;
	return NT_FILE_DISK;
}

ntstatus nt_file_from_fd(struct nt_process *p, struct ofile *of, bool is_output, u64 *handle)
{
	enum nt_file_kind kind = nt_file_kind_of(of);
	u32 access = 0x120080 | (of->of_mode & OFILE_READ ? 1 : 0) | (of->of_mode & OFILE_WRITE ? 0x106 : 0);
	struct nt_file *f;
	ntstatus s;

	if (kind == NT_FILE_CHAR && nt_console_is(p, of)) {
		s = nt_console_open(is_output ? NT_CONSOLE_OUTPUT : NT_CONSOLE_INPUT, 0x12019f,
				    FILE_SYNCHRONOUS_NONALERT, &f);
		if (s)
			return s;
		access = 0x12019f;
	} else {
		f = nt_file_alloc(kind, of, access, FILE_SYNCHRONOUS_NONALERT);
		if (!f)
			return STATUS_NO_MEMORY;
		f->is_shared_pos = true;
	}
	s = nt_handle_add(&f->ob, access, OBJ_INHERIT, handle);
	nt_file_put(f);
	return s;
}

ntstatus nt_file_unix_path(u64 handle, char **out)
{
	char *buf, *name;
	struct nt_file *f;

	NT_CHECK(nt_file_get(handle, 0, &f));
	if (!f->of || f->kind == NT_FILE_CONSOLE) {
		nt_file_put(f);
		return STATUS_OBJECT_TYPE_MISMATCH;
	}
	buf = path_name_buf();
	name = buf ? face_ofile_name(f->of, buf, PATH_MAX) : ERR_PTR(-ENOMEM);
	*out = IS_ERR(name) ? NULL : kmem_strdup(name, ALLOC_KERNEL);
	if (buf)
		path_name_put(buf);
	nt_file_put(f);
	return *out ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

/* ---- opening ---- */

struct opening {
	u32 access, disposition, options, share;
	struct nt_target target;
	u32 information;
};

static u32 open_mode(const struct opening *o)
{
	bool rd = o->access & (NT_FILE_READ_DATA | NT_FILE_EXECUTE);
	bool wr = o->access & (NT_FILE_WRITE_DATA | NT_FILE_APPEND_DATA);

	if (wr)
		return rd ? O_RDWR : O_WRONLY;
	return O_RDONLY;
}

/* Flags for what exists or is to be made; a status if the disposition forbids it. */
static ntstatus open_flags(struct opening *o, u32 *flags)
{
	bool exists = o->target.exists;

	*flags = open_mode(o);
	o->information = exists ? INFO_OPENED : INFO_CREATED;
	switch (o->disposition) {
	case FILE_CREATE:
		if (exists)
			return STATUS_OBJECT_NAME_COLLISION;
		*flags |= O_CREAT | O_EXCL;
		break;
	case FILE_OPEN:
	case FILE_OVERWRITE:
		if (!exists)
			return o->target.parent_exists ? STATUS_OBJECT_NAME_NOT_FOUND :
							 STATUS_OBJECT_PATH_NOT_FOUND;
		break;
	case FILE_SUPERSEDE:
	case FILE_OPEN_IF:
	case FILE_OVERWRITE_IF:
		if (!exists)
			*flags |= O_CREAT;
		break;
	default:
		return STATUS_INVALID_PARAMETER;
	}
	if (!exists && !o->target.parent_exists)
		return STATUS_OBJECT_PATH_NOT_FOUND;
	if (exists && o->disposition != FILE_OPEN && o->disposition != FILE_OPEN_IF) {
		o->information = o->disposition == FILE_SUPERSEDE ? INFO_SUPERSEDED : INFO_OVERWRITTEN;
		*flags |= O_TRUNC;
	}
	return STATUS_SUCCESS;
}

static struct ofile *make_dir(const char *path)
{
	int err = svc_vfs_mkdir(AT_FDCWD, path, DIR_MODE);

	return err ? ERR_PTR(err) : ofile_open_kernel(path, O_RDONLY | O_DIRECTORY, 0);
}

/* A directory or a file that may only be asked about is opened for reading, or by path alone. */
static struct ofile *open_existing(const struct opening *o, u32 flags)
{
	const char *path = o->target.path;
	struct ofile *of = ofile_open_kernel(path, flags, FILE_MODE);
	bool only_attributes = !(o->access & (NT_FILE_READ_DATA | NT_FILE_WRITE_DATA |
					      NT_FILE_APPEND_DATA | NT_FILE_EXECUTE));

	if (PTR_ERR(of) == -EISDIR)
		return ofile_open_kernel(path, O_RDONLY | O_DIRECTORY, 0);
	if (PTR_ERR(of) == -EACCES && only_attributes)
		return ofile_open_kernel(path, O_PATH, 0);
	return of;
}

static ntstatus open_disk(struct opening *o, struct nt_file **out)
{
	enum nt_file_kind kind;
	struct ofile *of;
	bool truncates;
	ntstatus s;
	u32 flags;

	NT_CHECK(open_flags(o, &flags));
	/* What others do not share is not cut off either. */
	truncates = flags & O_TRUNC;
	flags &= ~(u32)O_TRUNC;
	if ((flags & O_CREAT) && (o->options & FILE_DIRECTORY_FILE))
		of = make_dir(o->target.path);
	else
		of = open_existing(o, flags);
	if (IS_ERR(of))
		return PTR_ERR(of) == -ENOENT ? STATUS_OBJECT_NAME_NOT_FOUND : nt_status_of(PTR_ERR(of));
	kind = nt_file_kind_of(of);
	s = STATUS_SUCCESS;
	if (kind == NT_FILE_DIR && (o->options & FILE_NON_DIRECTORY_FILE))
		s = STATUS_FILE_IS_A_DIRECTORY;
	else if (kind != NT_FILE_DIR && ((o->options & FILE_DIRECTORY_FILE) || o->target.wants_dir))
		s = STATUS_NOT_A_DIRECTORY;
	else if (kind == NT_FILE_DISK && (o->options & FILE_DELETE_ON_CLOSE) && !(of->of_vnode->vn_mode & 0222))
		s = STATUS_CANNOT_DELETE;
	*out = s ? NULL : nt_file_alloc(kind, of, o->access, o->options);
	if (!s && !*out)
		s = STATUS_NO_MEMORY;
	if (!s)
		s = nt_share_enter(*out, o->share);
	if (!s && truncates && kind == NT_FILE_DISK)
		s = nt_status_of(svc_vfs_truncate(&of->of_path, 0, true));
	if (s && *out) {
		(*out)->delete_on_close = false;	/* it was not opened */
		nt_file_put(*out);
		*out = NULL;
	}
	ofile_put(of);
	return s;
}

static ntstatus open_null(const struct opening *o, struct nt_file **out)
{
	struct ofile *of = ofile_open_kernel("/dev/null", O_RDWR, 0);

	if (IS_ERR(of))
		return nt_status_of(PTR_ERR(of));
	*out = nt_file_alloc(NT_FILE_NULL, of, o->access, o->options);
	ofile_put(of);
	return *out ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static ntstatus open_target(struct opening *o, struct nt_file **out)
{
	switch (o->target.kind) {
	case NT_TARGET_FILE:
		return open_disk(o, out);
	case NT_TARGET_NULL:
		return open_null(o, out);
	case NT_TARGET_CONSOLE:
		return nt_console_open(o->target.role, o->access, o->options, out);
	case NT_TARGET_AFD:
		return nt_afd_open(o->access, o->options, out);
	case NT_TARGET_PIPE:
		return nt_pipe_open(o->target.rest, o->target.rest_len, o->access, o->options, out);
	case NT_TARGET_PIPE_ROOT:
		*out = nt_file_alloc(NT_FILE_PIPE_ROOT, NULL, o->access, o->options);
		return *out ? STATUS_SUCCESS : STATUS_NO_MEMORY;
	}
	return STATUS_OBJECT_NAME_NOT_FOUND;
}

static ntstatus open_common(struct opening *o, const struct nt_object_attributes __user *attr,
			    struct nt_io_status __user *iosb, u64 __user *handle)
{
	struct nt_io_status result = { 0 };
	struct nt_attributes a;
	struct nt_file *f = NULL;
	ntstatus s = nt_attributes_get(attr, &a);

	o->access = nt_access_of(&nt_file_type, o->access);
	if (!s)
		s = nt_target_find(&a, &o->target);
	if (!s) {
		o->information = INFO_OPENED;
		s = open_target(o, &f);
		kmem_free(o->target.path);
	}
	if (!s)
		s = nt_handle_give(&f->ob, o->access, a.flags, handle);
	nt_attributes_put(&a);
	result.status = s;
	result.information = s ? 0 : o->information;
	if (!nt_is_error(s) && iosb)
		(void)!user_copyout(iosb, &result, sizeof(result));
	return s;
}

ntstatus nt_create_file(u64 __user *handle, u32 access, const struct nt_object_attributes __user *attr,
			struct nt_io_status __user *iosb, const s64 __user *size, u32 attributes,
			u32 share, u32 disposition, u32 options, const void __user *ea, u32 ea_size)
{
	struct opening o = { .access = access, .share = share, .disposition = disposition,
			     .options = options };

	return open_common(&o, attr, iosb, handle);
}

ntstatus nt_open_file(u64 __user *handle, u32 access, const struct nt_object_attributes __user *attr,
		      struct nt_io_status __user *iosb, u32 share, u32 options)
{
	struct opening o = { .access = access, .share = share, .disposition = FILE_OPEN, .options = options };

	return open_common(&o, attr, iosb, handle);
}

ntstatus nt_delete_file(const struct nt_object_attributes __user *attr)
{
	struct nt_attributes a;
	struct nt_target t = { 0 };
	ntstatus s = nt_attributes_get(attr, &a);
	int err;

	if (!s)
		s = nt_target_find(&a, &t);
	if (!s && t.kind != NT_TARGET_FILE)
		s = STATUS_OBJECT_NAME_INVALID;
	if (!s) {
		err = svc_vfs_unlink(AT_FDCWD, t.path);
		if (err == -EISDIR)
			err = svc_vfs_rmdir(AT_FDCWD, t.path);
		s = nt_status_of(err);
	}
	kmem_free(t.path);
	nt_attributes_put(&a);
	return s;
}

ntstatus nt_close(u64 handle)
{
	return nt_handle_close(handle);
}

/* ---- reading and writing ---- */

ssize_t nt_file_rw(struct nt_file *f, struct uio *u, loff_t pos, bool is_write)
{
	return ofile_transfer(f->of, u, pos, is_write, 0);
}

/* Byte offset of an operation; -1: the descriptor's own position. */
static ntstatus choose_pos(struct nt_file *f, const s64 __user *offset, bool is_write, loff_t *pos)
{
	s64 o = POS_CURRENT;

	if (offset && user_get(o, offset))
		return STATUS_ACCESS_VIOLATION;
	if (f->kind != NT_FILE_DISK) {
		*pos = -1;
		return STATUS_SUCCESS;
	}
	if (is_write && (o == POS_END || (f->access & (NT_FILE_WRITE_DATA | NT_FILE_APPEND_DATA)) ==
					 NT_FILE_APPEND_DATA))
		*pos = vnode_size(f->of->of_vnode);
	else if (o >= 0)
		*pos = o;
	else if (!f->is_synchronous || o == POS_END)
		return STATUS_INVALID_PARAMETER;
	else
		*pos = f->is_shared_pos ? -1 : f->pos;
	return STATUS_SUCCESS;
}

static ntstatus disk_rw(struct nt_file *f, void __user *buf, u32 len, const s64 __user *offset,
			bool is_write, u64 *done)
{
	struct uio u;
	loff_t pos;
	ssize_t n;
	ntstatus s;

	if (uio_init_user(&u, buf, len))
		return STATUS_ACCESS_VIOLATION;
	if (f->is_synchronous)
		kmutex_lock(&f->lock);
	s = choose_pos(f, offset, is_write, &pos);
	n = s ? 0 : nt_file_rw(f, &u, pos, is_write);
	if (n > 0 && f->is_synchronous && pos >= 0)
		f->pos = pos + n;
	if (f->is_synchronous)
		kmutex_unlock(&f->lock);
	if (s)
		return s;
	if (n < 0)
		return nt_status_of(n);
	*done = n;
	return !n && len && !is_write ? STATUS_END_OF_FILE : STATUS_SUCCESS;
}

/* Linux's pipes and devices wait in the call; nobody else may hold the object's lock meanwhile. */
static ntstatus stream_rw(struct nt_file *f, void __user *buf, u32 len, bool is_write, u64 *done)
{
	struct uio u;
	ssize_t n;

	if (uio_init_user(&u, buf, len))
		return STATUS_ACCESS_VIOLATION;
	if (f->kind == NT_FILE_CONSOLE)
		n = is_write ? nt_console_write(f, &u) : nt_console_read(f, &u);
	else
		n = nt_file_rw(f, &u, -1, is_write);
	if (n < 0)
		return n == -EPIPE ? STATUS_PIPE_CLOSING : nt_status_of(n);
	*done = n;
	if (n || !len || is_write)
		return STATUS_SUCCESS;
	return f->kind == NT_FILE_PIPE ? STATUS_PIPE_BROKEN :
	       f->kind == NT_FILE_CONSOLE ? STATUS_SUCCESS : STATUS_END_OF_FILE;
}

static ntstatus rw(u64 handle, u64 event, u64 apc, u64 apc_context, struct nt_io_status __user *iosb,
		   void __user *buf, u32 len, const s64 __user *offset, bool is_write)
{
	u32 need = is_write ? NT_FILE_WRITE_DATA | NT_FILE_APPEND_DATA : NT_FILE_READ_DATA;
	struct nt_request r;
	struct nt_file *f;
	u64 done = 0;
	ntstatus s;

	NT_CHECK(nt_file_get(handle, 0, &f));
	if (!(f->access & need)) {
		nt_file_put(f);
		return STATUS_ACCESS_DENIED;
	}
	s = nt_request_begin(&r, f, event, apc, apc_context, iosb);
	if (s) {
		nt_file_put(f);
		return s;
	}
	if (f->kind == NT_FILE_NAMED_PIPE || f->kind == NT_FILE_SOCKET) {
		s = f->kind == NT_FILE_SOCKET ? nt_afd_rw(&r, buf, len, is_write) :
						nt_pipe_rw(&r, buf, len, is_write);
		nt_file_put(f);
		return s;
	}
	if (f->kind == NT_FILE_DIR || f->kind == NT_FILE_PIPE_ROOT)
		s = STATUS_INVALID_DEVICE_REQUEST;
	else if (f->kind == NT_FILE_DISK)
		s = disk_rw(f, buf, len, offset, is_write, &done);
	else
		s = stream_rw(f, buf, len, is_write, &done);
	if (s == STATUS_RESTART_CALL_)
		nt_request_drop(&r);
	else
		s = nt_request_end(&r, s, done);
	nt_file_put(f);
	return s;
}

ntstatus nt_read_file(u64 handle, u64 event, u64 apc, u64 apc_context,
		      struct nt_io_status __user *iosb, void __user *buf, u32 len,
		      const s64 __user *offset, const u32 __user *key)
{
	return rw(handle, event, apc, apc_context, iosb, buf, len, offset, false);
}

ntstatus nt_write_file(u64 handle, u64 event, u64 apc, u64 apc_context,
		       struct nt_io_status __user *iosb, void __user *buf, u32 len,
		       const s64 __user *offset, const u32 __user *key)
{
	return rw(handle, event, apc, apc_context, iosb, buf, len, offset, true);
}

ntstatus nt_flush_buffers_file(u64 handle, struct nt_io_status __user *iosb)
{
	struct nt_io_status result = { 0 };
	struct nt_file *f;
	ntstatus s = STATUS_SUCCESS;

	NT_CHECK(nt_file_get(handle, 0, &f));
	if (f->kind == NT_FILE_DISK)
		s = nt_status_of(f->of->of_ops->fsync(f->of, 0, S64_MAX, false));
	else if (f->kind == NT_FILE_NAMED_PIPE)
		s = nt_status_of(nt_pipe_flush(f));
	nt_file_put(f);
	result.status = s;
	return s ? s : nt_copyout(iosb, &result, sizeof(result));
}

/* ---- completion ---- */

#define SKIP_PORT_ON_SUCCESS	1u
#define SKIP_EVENT		2u

static void file_set_signal(struct nt_file *f, bool on)
{
	u64 flags = spin_lock_irqsave(&f->ob.wq.lock);

	f->is_signaled = on;
	if (on)
		waitq_wake_locked(&f->ob.wq, 0, 0);
	spin_unlock_irqrestore(&f->ob.wq.lock, flags);
}

ntstatus nt_request_begin(struct nt_request *r, struct nt_file *f, u64 event, u64 apc, u64 apc_context,
			  struct nt_io_status __user *iosb)
{
	struct nt_object *o;

	*r = (struct nt_request){ .file = f, .apc = apc, .apc_context = apc_context, .iosb = iosb,
				  .thread = nt_self() };
	if (event) {
		NT_CHECK(nt_handle_get(event, &nt_event_type, 0x2, &o));
		r->event = container_of(o, struct nt_event, ob);
		nt_event_reset(r->event);
	} else if (!f->is_synchronous) {
		file_set_signal(f, false);
	}
	return STATUS_SUCCESS;
}

void nt_request_drop(struct nt_request *r)
{
	if (r->event)
		nt_object_put(&r->event->ob);
	r->event = NULL;
}

static void tell(struct nt_request *r, ntstatus s, u64 information, bool was_pending)
{
	struct nt_file *f = r->file;
	bool skips = (f->completion_flags & SKIP_PORT_ON_SUCCESS) && !was_pending && !nt_is_error(s);

	if (r->event)
		nt_event_set(r->event);
	else if (!(f->completion_flags & SKIP_EVENT))
		file_set_signal(f, true);
	if (r->apc)
		(void)nt_apc_queue(r->thread, r->apc, r->apc_context, (u64)r->iosb, 0);
	else if (f->port && r->apc_context && !skips)
		(void)nt_port_post(f->port, f->port_key, r->apc_context, s, information);
	nt_request_drop(r);
}

ntstatus nt_request_end(struct nt_request *r, ntstatus s, u64 information)
{
	struct nt_io_status result = { .status = s, .information = information };

	/* An error at once is only the call's result. */
	if (nt_is_error(s) && s != STATUS_END_OF_FILE) {
		nt_request_drop(r);
		return s;
	}
	if (r->iosb && user_copyout(r->iosb, &result, sizeof(result))) {
		nt_request_drop(r);
		return STATUS_ACCESS_VIOLATION;
	}
	if (nt_is_error(s))
		nt_request_drop(r);
	else
		tell(r, s, information, false);
	return s;
}

void nt_request_end_later(struct nt_request *r, ntstatus s, u64 information)
{
	struct nt_io_status result = { .status = s, .information = information };
	struct aspace *as = process_aspace(r->thread->proc->proc);

	if (as) {
		(void)aspace_access(as, (uptr)r->iosb, &result, sizeof(result), true, false);
		aspace_put(as);
	}
	tell(r, s, information, true);
}

ntstatus nt_cancel_io_file(u64 handle, struct nt_io_status __user *iosb)
{
	return nt_cancel_io_file_ex(handle, NULL, iosb);
}
