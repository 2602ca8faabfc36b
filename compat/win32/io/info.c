// SPDX-License-Identifier: GPL-2.0-only
/* What is told of files and volumes, and what of them can be changed. */
#include "../file.h"

#include <generated/svc_vfs.h>
#include <tern/fs/filesys.h>
#include <tern/kernel/vfsface.h>
#include <uapi/fcntl.h>

#include "../pipe.h"

#define AT_FDCWD	(-100)

enum {
	FI_BASIC = 4, FI_STANDARD = 5, FI_INTERNAL = 6, FI_EA = 7, FI_ACCESS = 8, FI_NAME = 9,
	FI_RENAME = 10, FI_LINK = 11, FI_DISPOSITION = 13, FI_POSITION = 14, FI_MODE = 16, FI_ALIGNMENT = 17,
	FI_ALL = 18, FI_ALLOCATION = 19, FI_END_OF_FILE = 20, FI_PIPE = 23, FI_PIPE_LOCAL = 24,
	FI_COMPLETION = 30, FI_NETWORK_OPEN = 34, FI_ATTRIBUTE_TAG = 35, FI_COMPLETION_FLAGS = 41,
	FI_STAT = 68, FI_ID = 59, FI_RENAME_EX = 65,
};

#define ATTR_READONLY	0x1u
#define ATTR_HIDDEN	0x2u
#define ATTR_DIRECTORY	0x10u
#define ATTR_ARCHIVE	0x20u
#define ATTR_DEVICE	0x40u
#define ATTR_NORMAL	0x80u
#define MODE_WRITERS	0222u
/* How svc_vfs_utimes() is to treat a time. */
#define UTIME_HOW_SET	0
#define UTIME_HOW_OMIT	2

struct basic_info { s64 create, access, write, change; u32 attributes, pad; };
struct standard_info { s64 allocation, size; u32 links; u8 delete_pending, is_dir; u16 pad; };
struct network_info { s64 create, access, write, change, allocation, size; u32 attributes, pad; };
struct all_info {
	struct basic_info basic;
	struct standard_info standard;
	u64 index;
	u32 ea, access;
	s64 pos;
	u32 mode, alignment, name_len;
	u16 name[];
};

u32 nt_attributes_of(mode_t mode)
{
	if (S_ISDIR(mode))
		return ATTR_DIRECTORY;
	if (S_ISCHR(mode) || S_ISBLK(mode))
		return ATTR_DEVICE;
	return ATTR_ARCHIVE | (mode & MODE_WRITERS ? 0 : ATTR_READONLY);
}

static s64 birth(const struct vattr *va)
{
	return va->btime ? va->btime : va->mtime;
}

static void fill_basic(struct basic_info *b, const struct vattr *va)
{
	b->create = nt_time_of(birth(va));
	b->access = nt_time_of(va->atime);
	b->write = nt_time_of(va->mtime);
	b->change = nt_time_of(va->ctime);
	b->attributes = nt_attributes_of(va->mode);
	b->pad = 0;
}

static void fill_standard(struct standard_info *i, const struct nt_file *f, const struct vattr *va)
{
	memset(i, 0, sizeof(*i));
	i->is_dir = S_ISDIR(va->mode);
	i->size = i->is_dir ? 0 : (s64)va->size;
	i->allocation = i->is_dir ? 0 : (s64)va->blocks * 512;
	i->links = va->nlink;
	i->delete_pending = f->delete_on_close;
}

static ntstatus stat_path(const struct fspath *p, struct vattr *va)
{
	memset(va, 0, sizeof(*va));
	return nt_status_of(svc_vfs_stat(p, ~0u, va));
}

/* Without the drive: "\a\b". */
u16 *nt_file_name(struct nt_file *f, u32 *len)
{
	u16 *path;

	*len = 0;
	if (!f->of || f->kind == NT_FILE_CONSOLE)
		return kmem_zalloc(2, ALLOC_KERNEL);
	path = nt_path_of_file(f->of, len);
	return path;
}

static ntstatus name_info(struct nt_file *f, u8 __user *buf, u32 room, u64 *used)
{
	u32 len, skip = 6, bytes;
	u16 *name;
	ntstatus s;

	if (f->kind != NT_FILE_DISK && f->kind != NT_FILE_DIR)
		return STATUS_OBJECT_TYPE_MISMATCH;
	name = nt_file_name(f, &len);
	if (!name)
		return STATUS_NO_MEMORY;
	bytes = len > skip ? (len - skip) * 2 : 0;
	s = room < 4 ? STATUS_INFO_LENGTH_MISMATCH : nt_put(bytes, (u32 __user *)buf);
	if (!s && room - 4 < bytes) {
		bytes = room - 4;
		s = STATUS_BUFFER_OVERFLOW;
	}
	if ((!s || s == STATUS_BUFFER_OVERFLOW) && user_copyout(buf + 4, name + skip, bytes))
		s = STATUS_ACCESS_VIOLATION;
	*used = 4 + bytes;
	kmem_free(name);
	return s;
}

static ntstatus all_info(struct nt_file *f, const struct vattr *va, u8 __user *buf, u32 room, u64 *used)
{
	u32 head = offsetof(struct all_info, name_len);
	struct all_info i = { 0 };
	ntstatus s;

	if (room < head + 4)
		return STATUS_INFO_LENGTH_MISMATCH;
	fill_basic(&i.basic, va);
	fill_standard(&i.standard, f, va);
	i.index = va->ino;
	i.access = f->access;
	i.pos = f->pos;
	i.mode = f->options & 0x30;
	NT_CHECK(nt_copyout(buf, &i, head));
	s = name_info(f, buf + head, room - head, used);
	*used += head;
	return s;
}

/* State of a pipe; Linux's are byte pipes that are connected. */
static ntstatus pipe_info(struct nt_file *f, u32 class, struct nt_pipe_state *st)
{
	if (f->kind == NT_FILE_NAMED_PIPE)
		return nt_pipe_query(f, st);
	if (f->kind != NT_FILE_PIPE)
		return STATUS_INVALID_PARAMETER;
	memset(st, 0, sizeof(*st));
	st->instances = st->max_instances = 1;
	st->in_quota = st->out_quota = 65536;
	st->state = 3;
	return STATUS_SUCCESS;
}

static ntstatus query_pipe(struct nt_file *f, u32 class, void __user *buf, u32 room, u64 *used)
{
	struct nt_pipe_state st;
	u32 mode[2], local[10];

	NT_CHECK(pipe_info(f, class, &st));
	mode[0] = st.read_mode;
	mode[1] = st.nonblocking;
	memset(local, 0, sizeof(local));
	local[0] = st.type;
	local[1] = st.config;
	local[2] = st.max_instances;
	local[3] = st.instances;
	local[4] = st.in_quota;
	local[5] = st.available;
	local[6] = st.out_quota;
	local[7] = st.out_quota;
	local[8] = st.state;
	local[9] = st.end;
	*used = class == FI_PIPE ? sizeof(mode) : sizeof(local);
	if (room < *used)
		return STATUS_INFO_LENGTH_MISMATCH;
	return class == FI_PIPE ? nt_copyout(buf, mode, sizeof(mode)) : nt_copyout(buf, local, sizeof(local));
}

static ntstatus answer(void __user *buf, u32 room, u64 *used, const void *data, u32 n)
{
	*used = n;
	return room < n ? STATUS_INFO_LENGTH_MISMATCH : nt_copyout(buf, data, n);
}

static ntstatus query_stat(struct nt_file *f, u32 class, void __user *buf, u32 room, u64 *used)
{
	struct { u64 serial, id[2]; } id = { 0 };
	struct network_info net = { 0 };
	struct standard_info st;
	struct basic_info b;
	struct vattr va;
	u32 tag[2];

	if (!f->of)
		return STATUS_OBJECT_TYPE_MISMATCH;
	NT_CHECK(stat_path(&f->of->of_path, &va));
	fill_basic(&b, &va);
	fill_standard(&st, f, &va);
	switch (class) {
	case FI_BASIC:
		return answer(buf, room, used, &b, sizeof(b));
	case FI_STANDARD:
		return answer(buf, room, used, &st, sizeof(st));
	case FI_INTERNAL:
		return answer(buf, room, used, &va.ino, 8);
	case FI_NETWORK_OPEN:
		memcpy(&net, &b, 32);
		net.allocation = st.allocation;
		net.size = st.size;
		net.attributes = b.attributes;
		return answer(buf, room, used, &net, sizeof(net));
	case FI_ATTRIBUTE_TAG:
		tag[0] = b.attributes;
		tag[1] = 0;
		return answer(buf, room, used, tag, sizeof(tag));
	case FI_ID:
		id.serial = va.dev;
		id.id[0] = va.ino;
		return answer(buf, room, used, &id, sizeof(id));
	}
	if (f->kind != NT_FILE_DISK && f->kind != NT_FILE_DIR)
		return STATUS_OBJECT_TYPE_MISMATCH;
	return all_info(f, &va, buf, room, used);
}

static ntstatus query(struct nt_file *f, u32 class, void __user *buf, u32 room, u64 *used)
{
	u32 word = 0;
	s64 pos;

	switch (class) {
	case FI_BASIC:
	case FI_STANDARD:
	case FI_INTERNAL:
	case FI_NETWORK_OPEN:
	case FI_ATTRIBUTE_TAG:
	case FI_ID:
	case FI_ALL:
		return query_stat(f, class, buf, room, used);
	case FI_NAME:
		return name_info(f, buf, room, used);
	case FI_EA:
	case FI_ALIGNMENT:
		return answer(buf, room, used, &word, 4);
	case FI_ACCESS:
		return answer(buf, room, used, &f->access, 4);
	case FI_MODE:
		word = f->options & 0x30;
		return answer(buf, room, used, &word, 4);
	case FI_POSITION:
		if (f->kind != NT_FILE_DISK)
			return STATUS_OBJECT_TYPE_MISMATCH;
		pos = f->is_shared_pos ? f->of->of_pos : f->pos;
		return answer(buf, room, used, &pos, 8);
	case FI_PIPE:
	case FI_PIPE_LOCAL:
		return query_pipe(f, class, buf, room, used);
	}
	return STATUS_INVALID_INFO_CLASS;
}

static ntstatus put_iosb(struct nt_io_status __user *iosb, ntstatus s, u64 information)
{
	struct nt_io_status r = { .status = s, .information = information };

	if (nt_is_error(s))
		return s;
	return user_copyout(iosb, &r, sizeof(r)) ? STATUS_ACCESS_VIOLATION : s;
}

ntstatus nt_query_information_file(u64 handle, struct nt_io_status __user *iosb, void __user *buf, u32 room,
				   u32 class)
{
	struct nt_file *f;
	u64 used = 0;
	ntstatus s;

	NT_CHECK(nt_file_get(handle, 0, &f));
	s = query(f, class, buf, room, &used);
	nt_file_put(f);
	return put_iosb(iosb, s, used);
}

/* ---- changes ---- */

static ntstatus set_basic(struct nt_file *f, const struct basic_info *b)
{
	s64 times[2];
	u8 how[2] = { UTIME_HOW_OMIT, UTIME_HOW_OMIT };
	mode_t mode = f->of->of_vnode->vn_mode;
	int err;

	if (b->access > 0) {
		times[0] = nt_time_to_unix(b->access);
		how[0] = UTIME_HOW_SET;
	}
	if (b->write > 0) {
		times[1] = nt_time_to_unix(b->write);
		how[1] = UTIME_HOW_SET;
	}
	if (how[0] != UTIME_HOW_OMIT || how[1] != UTIME_HOW_OMIT) {
		err = svc_vfs_utimes(&f->of->of_path, times, how);
		if (err)
			return nt_status_of(err);
	}
	if (!b->attributes || S_ISDIR(mode))
		return STATUS_SUCCESS;
	if (!(b->attributes & ATTR_READONLY) == !!(mode & MODE_WRITERS))
		return STATUS_SUCCESS;
	mode = b->attributes & ATTR_READONLY ? mode & ~MODE_WRITERS : mode | 0200;
	return nt_status_of(svc_vfs_chmod(&f->of->of_path, mode & 07777));
}

/* {replace, pad, root, name length, name}: rename and link. */
static ntstatus set_name(struct nt_file *f, const u8 __user *buf, u32 len, bool is_link)
{
	struct { u32 replace, pad; u64 root; u32 name_len; } head;
	struct nt_attributes a = { 0 };
	struct nt_target t = { 0 };
	char *old = path_name_buf(), *name;
	ntstatus s = STATUS_NO_MEMORY;
	int err;

	if (!old)
		return s;
	if (len < 20 || user_copyin(&head, buf, 20) || head.name_len > len - 20 || head.name_len > 65534) {
		path_name_put(old);
		return STATUS_INVALID_PARAMETER;
	}
	a.root = head.root;
	a.name.len = head.name_len / 2;
	a.name.text = kmem_zalloc(head.name_len + 2UL, ALLOC_KERNEL);
	if (a.name.text)
		s = nt_copyin(a.name.text, buf + 20, head.name_len);
	if (!s)
		s = nt_target_find(&a, &t);
	if (!s && t.kind != NT_TARGET_FILE)
		s = STATUS_OBJECT_NAME_INVALID;
	name = s ? NULL : face_ofile_name(f->of, old, PATH_MAX);
	if (!s && IS_ERR(name))
		s = nt_status_of(PTR_ERR(name));
	if (!s && t.exists && !(head.replace & 1) && strcasecmp(name, t.path))
		s = STATUS_OBJECT_NAME_COLLISION;
	if (!s) {
		if (is_link && t.exists)
			(void)svc_vfs_unlink(AT_FDCWD, t.path);
		err = is_link ? svc_vfs_link(AT_FDCWD, name, AT_FDCWD, t.path, 0) :
				svc_vfs_rename(AT_FDCWD, name, AT_FDCWD, t.path, 0);
		s = nt_status_of(err);
	}
	kmem_free(t.path);
	kmem_free(a.name.text);
	path_name_put(old);
	return s;
}

static ntstatus set_position(struct nt_file *f, s64 pos)
{
	loff_t at;

	if (f->kind != NT_FILE_DISK)
		return STATUS_OBJECT_TYPE_MISMATCH;
	if (pos < 0)
		return STATUS_INVALID_PARAMETER;
	if (!f->is_shared_pos) {
		kmutex_lock(&f->lock);
		f->pos = pos;
		kmutex_unlock(&f->lock);
		return STATUS_SUCCESS;
	}
	kmutex_lock(&f->of->of_pos_lock);
	at = f->of->of_ops->seek(f->of, pos, 0);
	kmutex_unlock(&f->of->of_pos_lock);
	return nt_status_of(at < 0 ? at : 0);
}

static ntstatus set_port(struct nt_file *f, u64 handle, u64 key)
{
	struct nt_object *o;
	ntstatus s = STATUS_SUCCESS;

	NT_CHECK(nt_handle_get(handle, &nt_port_type, 0, &o));
	kmutex_lock(&f->lock);
	if (f->port || f->is_synchronous) {
		s = STATUS_INVALID_PARAMETER;
	} else {
		f->port_key = key;
		f->port = nt_port_of(o);
	}
	kmutex_unlock(&f->lock);
	if (s)
		nt_object_put(o);
	return s;
}

static ntstatus set_delete(struct nt_file *f, bool on)
{
	bool has_entries = false;

	if (!nt_file_has_name(f->kind))
		return STATUS_OBJECT_TYPE_MISMATCH;
	if (on && f->kind == NT_FILE_DIR)
		has_entries = !nt_dir_is_empty(f->of);
	if (has_entries)
		return STATUS_DIRECTORY_NOT_EMPTY;
	if (on && f->kind == NT_FILE_DISK && !(f->of->of_vnode->vn_mode & MODE_WRITERS))
		return STATUS_CANNOT_DELETE;
	if (!(f->access & NT_FILE_DELETE))
		return STATUS_ACCESS_DENIED;
	f->delete_on_close = on;
	return STATUS_SUCCESS;
}

static ntstatus set(struct nt_file *f, u32 class, const void __user *buf, u32 len)
{
	union { struct basic_info basic; s64 n; u8 flag; u32 word; u32 mode[2];
		struct { u64 port, key; } port; } u = { 0 };
	static const struct { u8 class, size; } sizes[] = {
		{ FI_BASIC, sizeof(struct basic_info) }, { FI_DISPOSITION, 1 }, { FI_POSITION, 8 },
		{ FI_ALLOCATION, 8 }, { FI_END_OF_FILE, 8 }, { FI_PIPE, 8 }, { FI_COMPLETION, 16 },
		{ FI_COMPLETION_FLAGS, 4 }, { FI_MODE, 4 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (sizes[i].class != class)
			continue;
		if (len < sizes[i].size)
			return STATUS_INFO_LENGTH_MISMATCH;
		NT_CHECK(nt_copyin(&u, buf, sizes[i].size));
	}
	switch (class) {
	case FI_BASIC:
		return nt_file_has_name(f->kind) ? set_basic(f, &u.basic) : STATUS_OBJECT_TYPE_MISMATCH;
	case FI_RENAME:
	case FI_LINK:
		return nt_file_has_name(f->kind) ?
		       set_name(f, buf, len, class == FI_LINK) : STATUS_OBJECT_TYPE_MISMATCH;
	case FI_DISPOSITION:
		return set_delete(f, u.flag);
	case FI_POSITION:
		return set_position(f, u.n);
	case FI_ALLOCATION:
		return f->kind == NT_FILE_DISK ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
	case FI_END_OF_FILE:
		if (f->kind != NT_FILE_DISK || !(f->of->of_mode & OFILE_WRITE))
			return STATUS_ACCESS_DENIED;
		return nt_status_of(svc_vfs_truncate(&f->of->of_path, u.n, true));
	case FI_PIPE:
		return f->kind == NT_FILE_NAMED_PIPE ? nt_pipe_set_mode(f, u.mode[0], u.mode[1]) :
		       f->kind == NT_FILE_PIPE ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
	case FI_COMPLETION:
		return set_port(f, u.port.port, u.port.key);
	case FI_COMPLETION_FLAGS:
		f->completion_flags = u.word;
		return STATUS_SUCCESS;
	case FI_MODE:
		return STATUS_SUCCESS;
	case 64:		/* disposition with flags: programs fall back to the plain one */
		return STATUS_NOT_IMPLEMENTED;
	}
	return STATUS_INVALID_INFO_CLASS;
}

ntstatus nt_set_information_file(u64 handle, struct nt_io_status __user *iosb, const void __user *buf,
				 u32 len, u32 class)
{
	struct nt_file *f;
	ntstatus s;

	NT_CHECK(nt_file_get(handle, 0, &f));
	s = set(f, class, buf, len);
	nt_file_put(f);
	return put_iosb(iosb, s, 0);
}

/* ---- by name ---- */

static ntstatus attributes_of(const struct nt_object_attributes __user *attr, struct vattr *va)
{
	struct nt_attributes a;
	struct nt_target t = { 0 };
	struct fspath p;
	ntstatus s = nt_attributes_get(attr, &a);

	if (!s)
		s = nt_target_find(&a, &t);
	if (!s && t.kind != NT_TARGET_FILE) {
		memset(va, 0, sizeof(*va));
		va->mode = S_IFCHR;
	} else if (!s && !t.exists) {
		s = t.parent_exists ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
	} else if (!s) {
		s = nt_status_of(path_lookup(t.path, LOOKUP_FOLLOW, &p));
		if (!s) {
			s = stat_path(&p, va);
			fspath_put(&p);
		}
	}
	kmem_free(t.path);
	nt_attributes_put(&a);
	return s;
}

ntstatus nt_query_attributes_file(const struct nt_object_attributes __user *attr, struct basic_info __user *out)
{
	struct basic_info b;
	struct vattr va;

	NT_CHECK(attributes_of(attr, &va));
	fill_basic(&b, &va);
	return nt_copyout(out, &b, sizeof(b));
}

ntstatus nt_query_full_attributes_file(const struct nt_object_attributes __user *attr,
				       struct network_info __user *out)
{
	struct network_info net = { 0 };
	struct basic_info b;
	struct vattr va;

	NT_CHECK(attributes_of(attr, &va));
	fill_basic(&b, &va);
	memcpy(&net, &b, 32);
	net.size = S_ISDIR(va.mode) ? 0 : (s64)va.size;
	net.allocation = S_ISDIR(va.mode) ? 0 : (s64)va.blocks * 512;
	net.attributes = b.attributes;
	return nt_copyout(out, &net, sizeof(net));
}

/* ---- volumes ---- */

enum { VOL_NAME = 1, VOL_SIZE = 3, VOL_DEVICE = 4, VOL_ATTRIBUTES = 5, VOL_FULL_SIZE = 7 };

static u32 device_type(const struct nt_file *f)
{
	switch (f->kind) {
	case NT_FILE_DISK:
	case NT_FILE_DIR:
		return 8;	/* a file system on a disk */
	case NT_FILE_NULL:
		return 0x15;
	case NT_FILE_CONSOLE:
	case NT_FILE_CHAR:
		return 0x50;
	default:
		return 0x11;
	}
}

static ntstatus volume_size(struct nt_file *f, u32 class, void __user *buf, u32 room, u64 *used)
{
	struct { u64 total, free, per_unit; } size;
	struct { u64 total, mine, free, per_unit; } full;
	struct filesys *fs = f->of->of_vnode->vn_fs;
	struct statfs_info st = { 0 };
	int err = fs->ops->statfs(fs, &st);

	if (err)
		return nt_status_of(err);
	size.total = full.total = st.blocks;
	size.free = full.mine = full.free = st.bavail;
	size.per_unit = full.per_unit = (u64)st.bsize << 32 | 1;
	if (st.bsize >= 512)
		size.per_unit = full.per_unit = 512UL << 32 | st.bsize / 512;
	return class == VOL_SIZE ? answer(buf, room, used, &size, sizeof(size)) :
				   answer(buf, room, used, &full, sizeof(full));
}

ntstatus nt_query_volume_information_file(u64 handle, struct nt_io_status __user *iosb, void __user *buf,
					  u32 room, u32 class)
{
	struct { s64 created; u32 serial, label_len; u8 objects, pad[7]; } name = { 0 };
	struct { u32 flags, max, len; u16 text[4]; } attr = { 0x6, 255, 8, { 'N', 'T', 'F', 'S' } };
	u32 device[2] = { 0 };
	struct nt_file *f;
	u64 used = 0;
	ntstatus s;

	NT_CHECK(nt_file_get(handle, 0, &f));
	device[0] = device_type(f);
	if (class == VOL_DEVICE) {
		s = answer(buf, room, &used, device, sizeof(device));
	} else if (f->kind != NT_FILE_DISK && f->kind != NT_FILE_DIR) {
		s = STATUS_INVALID_DEVICE_REQUEST;
	} else if (class == VOL_NAME) {
		name.serial = (u32)f->of->of_vnode->vn_fs->dev;
		s = answer(buf, room, &used, &name, 18);
	} else if (class == VOL_SIZE || class == VOL_FULL_SIZE) {
		s = volume_size(f, class, buf, room, &used);
	} else if (class == VOL_ATTRIBUTES) {
		s = room < 12 ? STATUS_INFO_LENGTH_MISMATCH : answer(buf, room, &used, &attr, sizeof(attr));
	} else {
		s = STATUS_INVALID_INFO_CLASS;
	}
	nt_file_put(f);
	return put_iosb(iosb, s, used);
}
