// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX access control lists: the attribute's format, who gets in, what new files
 * inherit, and how list and mode keep in step.
 *
 * The mode's owner and other bits are those of the entries for them; its group bits
 * are the mask's, or the group's where there is no mask. So a list that says no more
 * than a mode is not kept.
 *
 * Lock order: lists change under vn_lock; readers hold RCU.
 */
#include "vfs_impl.h"

#include <tern/fs/acl.h>

#define ACL_VERSION	2
#define ACL_ENTRIES_MAX	((XATTR_SIZE_MAX - sizeof(u32)) / sizeof(struct acl_entry))

enum { TAG_USER_OBJ = 1, TAG_USER = 2, TAG_GROUP_OBJ = 4, TAG_GROUP = 8, TAG_MASK = 16, TAG_OTHER = 32 };

struct acl_entry { u16 tag, perm; u32 id; };	/* as in the attribute, behind a u32 version */
static_assert(sizeof(struct acl_entry) == 8, "user ABI");

struct posixacl {
	struct rcu_job rcu;
	u32 n;
	struct acl_entry e[];
};

bool acl_is_name(const char *name)
{
	return !strcmp(name, ACL_XATTR_ACCESS) || !strcmp(name, ACL_XATTR_DEFAULT);
}

static struct posixacl **slot_of(struct vnode *vn, const char *name)
{
	return !strcmp(name, ACL_XATTR_ACCESS) ? &vn->vn_acl : &vn->vn_acl_default;
}

static void acl_free_rcu(struct rcu_job *job)
{
	kmem_free_large(container_of(job, struct posixacl, rcu));
}

static void acl_replace(struct posixacl **slot, struct posixacl *acl)
{
	struct posixacl *old = *slot;

	rcu_publish(*slot, acl);
	if (old)
		rcu_defer(&old->rcu, acl_free_rcu);
}

void vnode_acls_free(struct vnode *vn)
{
	/* Lock-free walks may still look at the vnode. */
	acl_replace(&vn->vn_acl, NULL);
	acl_replace(&vn->vn_acl_default, NULL);
}

static struct posixacl *acl_alloc(u32 n)
{
	struct posixacl *a = kmem_alloc_large(sizeof(*a) + n * sizeof(a->e[0]), ALLOC_USER);

	if (a)
		a->n = n;
	return a;
}

static struct posixacl *acl_copy(const struct posixacl *from)
{
	struct posixacl *a = acl_alloc(from->n);

	if (a)
		memcpy(a->e, from->e, from->n * sizeof(a->e[0]));
	return a;
}

/* ---- the attribute ---- */

/* Entries come by kind, in order; named ones need a mask. */
static bool acl_is_valid(const struct posixacl *a)
{
	u16 next = TAG_USER_OBJ;	/* lowest tag that may come */
	bool is_named = false;

	for (u32 i = 0; i < a->n; i++) {
		const struct acl_entry *e = &a->e[i];

		if (e->perm & ~7 || e->tag < next)
			return false;
		switch (e->tag) {
		case TAG_USER_OBJ: next = TAG_USER; break;
		case TAG_USER: is_named = true; next = TAG_USER; break;
		case TAG_GROUP_OBJ: next = TAG_GROUP; break;
		case TAG_GROUP: is_named = true; next = TAG_GROUP; break;
		case TAG_MASK: is_named = false; next = TAG_OTHER; break;
		case TAG_OTHER: return !is_named && i + 1 == a->n && i >= 2;
		default: return false;
		}
	}
	return false;
}

/* The three kinds that every list has were met: owner first, group before mask and other. */
static bool has_basic_entries(const struct posixacl *a)
{
	u32 found = 0;

	for (u32 i = 0; i < a->n; i++)
		found |= a->e[i].tag;
	return (found & (TAG_USER_OBJ | TAG_GROUP_OBJ | TAG_OTHER)) ==
	       (TAG_USER_OBJ | TAG_GROUP_OBJ | TAG_OTHER);
}

/* NULL: an empty list. */
static struct posixacl *acl_parse(const u8 *val, size_t size)
{
	struct posixacl *a;
	u32 version, n;

	if (size < sizeof(version))
		return ERR_PTR(-EINVAL);
	memcpy(&version, val, sizeof(version));
	if (version != ACL_VERSION)
		return ERR_PTR(-EOPNOTSUPP);
	if ((size - sizeof(version)) % sizeof(struct acl_entry))
		return ERR_PTR(-EINVAL);
	n = (u32)((size - sizeof(version)) / sizeof(struct acl_entry));
	if (!n)
		return NULL;
	a = acl_alloc(n);
	if (!a)
		return ERR_PTR(-ENOMEM);
	memcpy(a->e, val + sizeof(version), n * sizeof(a->e[0]));
	if (acl_is_valid(a) && has_basic_entries(a))
		return a;
	kmem_free_large(a);
	return ERR_PTR(-EINVAL);
}

/* The mode that says the same; true if it says all. */
static bool acl_to_mode(const struct posixacl *a, mode_t *perm)
{
	bool is_all = true;
	mode_t m = 0;

	for (u32 i = 0; i < a->n; i++) {
		const struct acl_entry *e = &a->e[i];

		switch (e->tag) {
		case TAG_USER_OBJ: m |= (mode_t)e->perm << 6; break;
		case TAG_GROUP_OBJ: m |= (mode_t)e->perm << 3; break;
		case TAG_OTHER: m |= e->perm; break;
		case TAG_MASK: m = (m & ~070u) | (mode_t)e->perm << 3; is_all = false; break;
		default: is_all = false;
		}
	}
	*perm = m;
	return is_all;
}

ssize_t vnode_acl_get(struct vnode *vn, const char *name, void *buf, size_t size)
{
	const u32 version = ACL_VERSION;
	const struct posixacl *a;
	ssize_t n = -ENODATA;

	if (S_ISLNK(vn->vn_mode))
		return -EOPNOTSUPP;
	rcu_read_lock();
	a = rcu_load(*slot_of(vn, name));
	if (a) {
		n = (ssize_t)(sizeof(version) + a->n * sizeof(a->e[0]));
		if (size && size < (size_t)n) {
			n = -ERANGE;
		} else if (size) {
			memcpy(buf, &version, sizeof(version));
			memcpy((u8 *)buf + sizeof(version), a->e, a->n * sizeof(a->e[0]));
		}
	}
	rcu_read_unlock();
	return n;
}

/* An access list is set: the mode follows; one that is no more than a mode is dropped. */
static int set_access(struct vnode *vn, struct posixacl *a)
{
	struct vattr va = { .mask = VATTR_MODE };
	mode_t perm;
	int err;

	if (a) {
		bool is_all = acl_to_mode(a, &perm);

		if (is_all) {
			kmem_free_large(a);
			a = NULL;
		}
		va.mode = (vn->vn_mode & ~0777u & 07777) | perm;
		if (cred_self()->fsgid != vn->vn_gid && !cred_in_group(cred_self(), vn->vn_gid) &&
		    !cap_has(CAP_FSETID))
			va.mode &= ~(mode_t)S_ISGID;
		err = vn->vn_ops->setattr(vn, &va);
		if (err) {
			kmem_free_large(a);
			return err;
		}
	}
	acl_replace(&vn->vn_acl, a);
	vnode_touch(vn, VATTR_CTIME);
	return 0;
}

int vnode_acl_set(struct vnode *vn, const char *name, const void *val, size_t size)
{
	bool is_access = !strcmp(name, ACL_XATTR_ACCESS);
	struct posixacl *a = NULL;
	int err = 0;

	if (S_ISLNK(vn->vn_mode))
		return -EOPNOTSUPP;
	if (val) {
		a = acl_parse(val, size);
		if (IS_ERR(a))
			return (int)PTR_ERR(a);
	}
	if (!is_access && !vnode_is_dir(vn))
		err = a ? -EACCES : 0;
	else if (!vnode_is_owner(vn))
		err = -EPERM;
	else if (is_access)
		return set_access(vn, a);
	if (err || !vnode_is_dir(vn)) {
		kmem_free_large(a);
		return err;
	}
	acl_replace(&vn->vn_acl_default, a);
	vnode_touch(vn, VATTR_CTIME);
	return 0;
}

int vnode_acl_load(struct vnode *vn, const char *name, const void *val, size_t size)
{
	struct posixacl *a = acl_parse(val, size);

	if (IS_ERR(a))
		return (int)PTR_ERR(a);
	acl_replace(slot_of(vn, name), a);
	return 0;
}

ssize_t vnode_acl_list(struct vnode *vn, char *buf, size_t size)
{
	static const char *const names[] = { ACL_XATTR_ACCESS, ACL_XATTR_DEFAULT };
	size_t used = 0;

	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		size_t len = strlen(names[i]) + 1;

		if (!READ_ONCE(*slot_of(vn, names[i])))
			continue;
		if (size && used + len > size)
			return -ERANGE;
		if (size)
			memcpy(buf + used, names[i], len);
		used += len;
	}
	return (ssize_t)used;
}

/* ---- who gets in ---- */

static bool is_group_of(const struct credset *c, gid_t gid)
{
	return c->fsgid == gid || cred_in_group(c, gid);
}

/* Bits for thread_self by @a: of a named user, of groups, or of all others. */
static u32 acl_bits(const struct posixacl *a, const struct vnode *vn, u32 want)
{
	const struct credset *c = cred_self();
	u32 mask = 7, group = 0, other = 0;
	bool in_group = false, is_granted = false;
	s32 user = -1;

	for (u32 i = 0; i < a->n; i++) {
		const struct acl_entry *e = &a->e[i];

		if (e->tag == TAG_USER && e->id == c->fsuid && user < 0)
			user = e->perm;
		else if (e->tag == TAG_MASK)
			mask = e->perm;
		else if (e->tag == TAG_OTHER)
			other = e->perm;
		else if ((e->tag == TAG_GROUP_OBJ && is_group_of(c, vn->vn_gid)) ||
			 (e->tag == TAG_GROUP && is_group_of(c, e->id))) {
			/* One group that grants all that is wanted is enough; two halves are not. */
			if (!is_granted)
				group = e->perm;
			in_group = true;
			is_granted |= !(want & ~(u32)e->perm);
		}
	}
	if (user >= 0)
		return (u32)user & mask;
	return in_group ? group & mask : other;
}

bool acl_permission(struct vnode *vn, u32 want, u32 *bits)
{
	const struct posixacl *a;

	if (likely(!READ_ONCE(vn->vn_acl)))
		return false;
	rcu_read_lock();
	a = rcu_load(vn->vn_acl);
	if (a)
		*bits = acl_bits(a, vn, want);
	rcu_read_unlock();
	return a;
}

/* ---- what new files inherit ---- */

mode_t acl_create_mode(struct vnode *dir, mode_t mode)
{
	return READ_ONCE(dir->vn_acl_default) ? mode : mode & ~umask_self();
}

/* Entries that stand for the mode's bits, and the mode: each only what the other grants too. */
static void acl_meet_mode(struct posixacl *a, mode_t *mode)
{
	struct acl_entry *group = NULL, *mask = NULL;
	mode_t m = *mode;

	for (u32 i = 0; i < a->n; i++) {
		struct acl_entry *e = &a->e[i];

		if (e->tag == TAG_USER_OBJ) {
			e->perm &= m >> 6 & 7;
			m = (m & ~0700u) | (mode_t)e->perm << 6;
		} else if (e->tag == TAG_GROUP_OBJ) {
			group = e;
		} else if (e->tag == TAG_MASK) {
			mask = e;
		} else if (e->tag == TAG_OTHER) {
			e->perm &= m & 7;
			m = (m & ~07u) | e->perm;
		}
	}
	if (!mask)
		mask = group;
	mask->perm &= m >> 3 & 7;
	*mode = (m & ~070u) | (mode_t)mask->perm << 3;
}

int vnode_acl_inherit(struct vnode *dir, struct vnode *vn)
{
	struct posixacl *a, *dflt = dir->vn_acl_default;
	mode_t mode = vn->vn_mode, unused;

	if (likely(!dflt) || S_ISLNK(vn->vn_mode))
		return 0;
	a = acl_copy(dflt);
	if (!a)
		return -ENOMEM;
	if (vnode_is_dir(vn)) {
		vn->vn_acl_default = acl_copy(dflt);
		if (!vn->vn_acl_default) {
			kmem_free_large(a);
			return -ENOMEM;
		}
	}
	acl_meet_mode(a, &mode);
	vn->vn_mode = mode;
	if (acl_to_mode(a, &unused))
		kmem_free_large(a);
	else
		vn->vn_acl = a;
	return 0;
}

int vnode_acl_chmod(struct vnode *vn, mode_t mode)
{
	struct acl_entry *group = NULL, *mask = NULL;
	struct posixacl *a;

	if (likely(!vn->vn_acl))
		return 0;
	a = acl_copy(vn->vn_acl);
	if (!a)
		return -ENOMEM;
	for (u32 i = 0; i < a->n; i++) {
		struct acl_entry *e = &a->e[i];

		if (e->tag == TAG_USER_OBJ)
			e->perm = mode >> 6 & 7;
		else if (e->tag == TAG_OTHER)
			e->perm = mode & 7;
		else if (e->tag == TAG_GROUP_OBJ)
			group = e;
		else if (e->tag == TAG_MASK)
			mask = e;
	}
	(mask ? mask : group)->perm = mode >> 3 & 7;
	acl_replace(&vn->vn_acl, a);
	return 0;
}
