// SPDX-License-Identifier: GPL-2.0-only
/*
 * Security descriptors. An object keeps what programs set for it and tells it again; its list is
 * asked when the object is opened (access.c). A file's descriptor is its mode and owner in other
 * words: one is made when it is asked for, and setting a list of rights changes the mode. Lists for
 * auditing are not kept.
 *
 * A struct nt_descriptor does not change: setting a part makes another. Programs give one
 * with pointers or in one piece (self-relative); they get it in one piece.
 *
 * Locks: the pointer in an object is its wait queue's lock's.
 */
#include "../nt.h"

#include <generated/svc_vfs.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/cred.h>

#include "../file.h"
#include "../sid.h"
#include "se_impl.h"

#define INFO_OWNER	1u
#define INFO_GROUP	2u
#define INFO_DACL	4u
#define INFO_SACL	8u
#define CONTROL_DACL	0x4u
#define CONTROL_SELF_RELATIVE 0x8000u
#define SID_MAX		68u
#define ACL_MAX		65532u
#define HEAD		20u	/* of a descriptor in one piece */
#define RIGHTS_ALL	0x1f01ffu
#define RIGHTS_READ	0x1200a9u	/* and execute */
#define RIGHTS_WRITE	0x130156u
#define RIGHTS_OWNER	0xc0000u	/* the list and the owner may be changed */

/* Parts while they are put together; the list is kmem. */
struct parts {
	u8 owner[SID_MAX], group[SID_MAX];
	u32 owner_len, group_len, dacl_len;
	bool has_dacl;
	u8 *dacl;
};

void nt_descriptor_put(struct nt_descriptor *d)
{
	if (d && ref_put(&d->refs))
		kmem_free(d);
}

void nt_security_end(struct nt_object *o)
{
	nt_descriptor_put(o->security);
}

struct nt_descriptor *nt_descriptor_get(struct nt_object *o)
{
	u64 flags = spin_lock_irqsave(&o->wq.lock);
	struct nt_descriptor *d = o->security;

	if (d)
		ref_get(&d->refs);
	spin_unlock_irqrestore(&o->wq.lock, flags);
	return d;
}

/* ---- from the program ---- */

static ntstatus take_sid(u64 from, u8 out[SID_MAX], u32 *len)
{
	*len = 0;
	if (!from)
		return STATUS_SUCCESS;
	NT_CHECK(nt_copyin(out, (void __user *)from, 8));
	if (out[0] != 1 || out[1] > 15)
		return STATUS_INVALID_SID;
	*len = 8 + out[1] * 4u;
	return nt_copyin(out + 8, (void __user *)(from + 8), *len - 8);
}

static bool is_list(const u8 *acl, u32 size)
{
	u32 at = ACE_HEAD, n = get_le16(acl + 4);

	for (; n; n--) {
		u32 len;

		if (size - at < ACE_HEAD)
			return false;
		len = get_le16(acl + at + 2);
		if (len < ACE_HEAD || len % 4 || len > size - at)
			return false;
		at += len;
	}
	return true;
}

static ntstatus take_list(u64 from, struct parts *p)
{
	u8 head[8];
	u32 size;

	if (!from)
		return STATUS_SUCCESS;
	NT_CHECK(nt_copyin(head, (void __user *)from, sizeof(head)));
	size = get_le16(head + 2);
	if (size < sizeof(head) || size > ACL_MAX)
		return STATUS_INVALID_ACL;
	p->dacl = kmem_alloc(size, ALLOC_KERNEL);
	if (!p->dacl)
		return STATUS_NO_MEMORY;
	p->dacl_len = size;
	NT_CHECK(nt_copyin(p->dacl, (void __user *)from, size));
	memcpy(p->dacl, head, sizeof(head));	/* the program may have changed it meanwhile */
	return is_list(p->dacl, size) ? STATUS_SUCCESS : STATUS_INVALID_ACL;
}

static ntstatus take_parts(u64 from, struct parts *p)
{
	struct { u8 revision, pad; u16 control; u32 pad2; u64 owner, group, sacl, dacl; } d;
	struct { u8 revision, pad; u16 control; u32 owner, group, sacl, dacl; } r;

	memset(p, 0, sizeof(*p));
	NT_CHECK(nt_copyin(&r, (void __user *)from, sizeof(r)));
	if (r.revision != 1)
		return STATUS_INVALID_SECURITY_DESCR;
	if (r.control & CONTROL_SELF_RELATIVE) {
		d.owner = r.owner ? from + r.owner : 0;
		d.group = r.group ? from + r.group : 0;
		d.dacl = r.dacl ? from + r.dacl : 0;
	} else {
		NT_CHECK(nt_copyin(&d, (void __user *)from, sizeof(d)));
	}
	NT_CHECK(take_sid(d.owner, p->owner, &p->owner_len));
	NT_CHECK(take_sid(d.group, p->group, &p->group_len));
	p->has_dacl = r.control & CONTROL_DACL;
	return p->has_dacl ? take_list(d.dacl, p) : STATUS_SUCCESS;
}

/* ---- putting together ---- */

static struct nt_descriptor *make(const struct parts *p)
{
	struct nt_descriptor *d = kmem_alloc(sizeof(*d) + p->owner_len + p->group_len + p->dacl_len, ALLOC_KERNEL);

	if (!d)
		return NULL;
	ref_init(&d->refs, 1);
	d->has_dacl = p->has_dacl;
	d->owner = p->owner_len;
	d->group = p->group_len;
	d->dacl = p->dacl_len;
	memcpy(d->data, p->owner, d->owner);
	memcpy(d->data + d->owner, p->group, d->group);
	memcpy(d->data + d->owner + d->group, p->dacl, d->dacl);
	return d;
}

static void default_sid(u8 out[SID_MAX], u32 *len)
{
	memcpy(out, nt_sid_group, sizeof(nt_sid_group));
	*len = sizeof(nt_sid_group);
}

/* What @p does not bring or is not to set stays as it was. */
static ntstatus fill_rest(struct parts *p, u32 info, const struct nt_descriptor *old)
{
	if (!(info & INFO_OWNER) || !p->owner_len) {
		p->owner_len = old ? old->owner : 0;
		if (old)
			memcpy(p->owner, old->data, old->owner);
	}
	if (!(info & INFO_GROUP) || !p->group_len) {
		p->group_len = old ? old->group : 0;
		if (old)
			memcpy(p->group, old->data + old->owner, old->group);
	}
	if (!p->owner_len)
		default_sid(p->owner, &p->owner_len);
	if (!p->group_len)
		default_sid(p->group, &p->group_len);
	if ((info & INFO_DACL) && p->has_dacl)
		return STATUS_SUCCESS;
	kmem_free(p->dacl);
	p->dacl = old && old->dacl ? kmem_dup(old->data + old->owner + old->group, old->dacl, ALLOC_KERNEL) : NULL;
	p->dacl_len = old ? old->dacl : 0;
	p->has_dacl = old && old->has_dacl;
	return p->dacl || !p->dacl_len ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static ntstatus set_kept(struct nt_object *o, u32 info, struct parts *p)
{
	struct nt_descriptor *old = nt_descriptor_get(o), *new = NULL;
	ntstatus s = fill_rest(p, info, old);
	u64 flags;

	nt_descriptor_put(old);
	if (!s)
		new = make(p);
	if (!new)
		return s ? s : STATUS_NO_MEMORY;
	flags = spin_lock_irqsave(&o->wq.lock);
	old = o->security;
	o->security = new;
	spin_unlock_irqrestore(&o->wq.lock, flags);
	nt_descriptor_put(old);
	return STATUS_SUCCESS;
}

ntstatus nt_security_begin(struct nt_object *o, const struct nt_object_attributes __user *attr)
{
	struct nt_object_attributes a;
	struct parts p;
	ntstatus s;

	if (!attr)
		return STATUS_SUCCESS;
	NT_CHECK(nt_copyin(&a, attr, sizeof(a)));
	if (!a.security)
		return STATUS_SUCCESS;
	s = take_parts(a.security, &p);
	if (!s)
		s = set_kept(o, INFO_OWNER | INFO_GROUP | INFO_DACL, &p);
	kmem_free(p.dacl);
	return s;
}

/* ---- files ---- */

/* Another owner: Samba's names for Linux's users (S-1-22-1-uid) and groups (S-1-22-2-gid). */
static u32 unix_sid(u8 *out, u32 kind, u32 id)
{
	static const u8 head[8] = { 1, 2, 0, 0, 0, 0, 0, 22 };

	memcpy(out, head, sizeof(head));
	put_le32(out + 8, kind);
	put_le32(out + 12, id);
	return 16;
}

static void add_rights(struct parts *p, u32 mask, const u8 *sid, u32 len)
{
	u8 *ace = p->dacl + p->dacl_len;

	put_le32(ace, ACE_ALLOW);
	put_le16(ace + 2, (u16)(ACE_HEAD + len));
	put_le32(ace + 4, mask);
	memcpy(ace + ACE_HEAD, sid, len);
	p->dacl_len += ACE_HEAD + len;
	put_le16(p->dacl + 4, (u16)(get_le16(p->dacl + 4) + 1));
}

static u32 rights_of(u32 bits)
{
	return (bits & 4 ? RIGHTS_READ : 0) | (bits & 2 ? RIGHTS_WRITE : 0);
}

static struct nt_descriptor *of_file(struct nt_file *f)
{
	static const u8 system[12] = { 1, 1, 0, 0, 0, 0, 0, 5, 18 };
	const struct credset *c = cred_self();
	struct nt_descriptor *d = NULL;
	struct vattr va = { 0 };
	struct parts *p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);
	u8 *list = kmem_zalloc(256, ALLOC_KERNEL);

	if (p && list && !svc_vfs_stat(&f->of->of_path, 0, &va)) {
		p->owner_len = sizeof(nt_sid_user);
		memcpy(p->owner, nt_sid_user, sizeof(nt_sid_user));
		if (va.uid != c->uid)
			p->owner_len = unix_sid(p->owner, 1, va.uid);
		default_sid(p->group, &p->group_len);
		if (va.gid != c->gid)
			p->group_len = unix_sid(p->group, 2, va.gid);
		p->dacl = list;
		p->dacl_len = ACE_HEAD;
		p->has_dacl = true;
		list[0] = 2;
		add_rights(p, RIGHTS_ALL, system, sizeof(system));
		if (va.mode & 0600)
			add_rights(p, rights_of(va.mode >> 6) | RIGHTS_OWNER, p->owner, p->owner_len);
		if (va.mode & 0060 && (va.mode >> 3 & 6) != (va.mode & 6))
			add_rights(p, rights_of(va.mode >> 3), p->group, p->group_len);
		if (va.mode & 0006)
			add_rights(p, rights_of(va.mode), nt_sid_everyone, sizeof(nt_sid_everyone));
		put_le16(list + 2, (u16)p->dacl_len);
		d = make(p);
	}
	kmem_free(list);
	kmem_free(p);
	return d;
}

/* Bits of a mode that an entry of the list is about, for whom. */
static u32 who(const u8 *sid, u32 len)
{
	if (len == sizeof(nt_sid_user) && !memcmp(sid, nt_sid_user, len))
		return 0700;
	if (len == sizeof(nt_sid_group) && !memcmp(sid, nt_sid_group, len))
		return 0070;
	return len == sizeof(nt_sid_everyone) && !memcmp(sid, nt_sid_everyone, len) ? 0777 : 0;
}

static u32 what(u32 mask)
{
	if (mask & NT_GENERIC_ALL)
		return 0777;
	return (mask & (NT_FILE_READ_DATA | NT_GENERIC_READ) ? 0444 : 0) |
	       (mask & (NT_FILE_WRITE_DATA | NT_GENERIC_WRITE) ? 0222 : 0) |
	       (mask & (NT_FILE_EXECUTE | NT_GENERIC_EXECUTE) ? 0111 : 0);
}

/* The first entry that speaks of a bit decides it. */
static u32 mode_of(const u8 *acl)
{
	u32 mode = 0, decided = 0, at = ACE_HEAD;

	for (u32 n = get_le16(acl + 4); n; n--) {
		u32 len = get_le16(acl + at + 2), bits;

		bits = who(acl + at + ACE_HEAD, len - ACE_HEAD) & what(get_le32(acl + at + 4)) & ~decided;
		if (acl[at] <= ACE_DENY && !(acl[at + 1] & ACE_INHERIT_ONLY)) {
			decided |= bits;
			mode |= acl[at] == ACE_ALLOW ? bits : 0;
		}
		at += len;
	}
	return mode;
}

static ntstatus set_file(struct nt_file *f, u32 info, const struct parts *p)
{
	if (info & (INFO_OWNER | INFO_GROUP))
		return STATUS_ACCESS_DENIED;
	if (!(info & INFO_DACL))
		return STATUS_SUCCESS;
	return nt_status_of(svc_vfs_chmod(&f->of->of_path, p->dacl ? (mode_t)mode_of(p->dacl) : 0777));
}

/* ---- calls ---- */

static struct nt_file *file_of(struct nt_object *o)
{
	struct nt_file *f = nt_object_is(o, &nt_file_type) ? container_of(o, struct nt_file, ob) : NULL;

	return f && nt_file_has_name(f->kind) ? f : NULL;
}

static ntstatus reply(const struct nt_descriptor *d, u32 info, u8 __user *buf, u32 room, u32 __user *used)
{
	u8 head[HEAD] = { 1 };
	u32 owner = info & INFO_OWNER ? d->owner : 0, group = info & INFO_GROUP ? d->group : 0;
	u32 dacl = info & INFO_DACL ? d->dacl : 0, need = HEAD + owner + group + dacl;

	put_le16(head + 2, CONTROL_SELF_RELATIVE | (d->has_dacl ? CONTROL_DACL : 0));
	put_le32(head + 4, owner ? HEAD : 0);
	put_le32(head + 8, group ? HEAD + owner : 0);
	put_le32(head + 16, dacl ? HEAD + owner + group : 0);
	if (user_put(need, used))
		return STATUS_ACCESS_VIOLATION;
	if (room < need)
		return STATUS_BUFFER_TOO_SMALL;
	NT_CHECK(nt_copyout(buf, head, HEAD));
	NT_CHECK(nt_copyout(buf + HEAD, d->data, owner));
	NT_CHECK(nt_copyout(buf + HEAD + owner, d->data + d->owner, group));
	return nt_copyout(buf + HEAD + owner + group, d->data + d->owner + d->group, dacl);
}

ntstatus nt_query_security_object(u64 handle, u32 info, u8 __user *buf, u32 room, u32 __user *used)
{
	static const struct nt_descriptor nothing;
	struct nt_descriptor *d;
	struct nt_object *o;
	ntstatus s;

	NT_CHECK(nt_handle_get(handle, NULL, NT_READ_CONTROL | (info & INFO_SACL ? NT_SYSTEM_SECURITY : 0), &o));
	d = file_of(o) ? of_file(file_of(o)) : nt_descriptor_get(o);
	s = !d && file_of(o) ? STATUS_NO_MEMORY : reply(d ? d : &nothing, info, buf, room, used);
	nt_descriptor_put(d);
	nt_object_put(o);
	return s;
}

ntstatus nt_set_security_object(u64 handle, u32 info, const void __user *from)
{
	u32 access = (info & (INFO_OWNER | INFO_GROUP) ? NT_WRITE_OWNER : 0) | (info & INFO_DACL ? NT_WRITE_DAC : 0) |
		     (info & INFO_SACL ? NT_SYSTEM_SECURITY : 0);
	struct nt_object *o;
	struct parts p;
	ntstatus s;

	if (!from)
		return STATUS_ACCESS_VIOLATION;
	s = take_parts((u64)from, &p);
	if (!s && (((info & INFO_OWNER) && !p.owner_len) || ((info & INFO_GROUP) && !p.group_len)))
		s = STATUS_INVALID_SECURITY_DESCR;
	if (!s)
		s = nt_handle_get(handle, NULL, access, &o);
	if (!s) {
		/* To set none is to set one that lets everybody do everything. */
		p.has_dacl |= (info & INFO_DACL) != 0;
		s = file_of(o) ? set_file(file_of(o), info, &p) : set_kept(o, info, &p);
		nt_object_put(o);
	}
	kmem_free(p.dacl);
	return s;
}
