// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry: one tree of keys with values in memory, without regard to case.
 * It begins with the few values that programs need to know the system by (registry.tbl)
 * and with what the file holds that programs wrote before (regfile.c).
 *
 * A key object is an open handle's; it refers to its node, which stays until the last such
 * reference even if it was deleted. Changes need root's rights below \Registry\Machine.
 *
 * Locks: nt_registry_lock (rwsem) around the whole tree.
 */
#include "cm_impl.h"

#include <tern/base/initcall.h>
#include <tern/kernel/cred.h>

#define NAME_MAX_UNITS	255u
#define OPTION_VOLATILE	1u

struct rwsem nt_registry_lock = RWSEM_INIT(nt_registry_lock, LOCKRANK_VFS_MISC);
static struct reg_key *root;

struct reg_key *nt_registry_root(void)
{
	return root;
}

/* ---- nodes; the lock is held for writing where they change ---- */

static struct reg_key *key_alloc(const u16 *name, u32 len)
{
	struct reg_key *k = kmem_zalloc(sizeof(*k) + len * 2UL + 2, ALLOC_KERNEL);

	if (!k)
		return NULL;
	list_init(&k->link);
	list_init(&k->children);
	list_init(&k->values);
	k->refs = 1;
	k->written = nt_time();
	k->name_len = len;
	memcpy(k->name, name, len * 2UL);
	return k;
}

static void value_free(struct reg_value *v)
{
	kmem_free(v->name);
	kmem_free_large(v->data);
	kmem_free(v);
}

static void key_put_locked(struct reg_key *k)
{
	while (k && --k->refs == 0) {
		struct reg_key *parent = k->parent;

		while (!list_is_empty(&k->values)) {
			struct reg_value *v = list_first_entry(&k->values, struct reg_value, link);

			list_del(&v->link);
			value_free(v);
		}
		kmem_free(k);
		k = parent;
	}
}

static struct reg_key *child_find(struct reg_key *k, const u16 *name, u32 len, struct list **before)
{
	struct reg_key *c;

	*before = &k->children;
	list_foreach(c, &k->children, link) {
		int order = nt_compare(name, len, c->name, c->name_len);

		if (!order)
			return c;
		if (order < 0) {
			*before = &c->link;
			break;
		}
	}
	return NULL;
}

static struct reg_key *child_add(struct reg_key *k, const u16 *name, u32 len, struct list *before)
{
	struct reg_key *c = key_alloc(name, len);

	if (!c)
		return NULL;
	c->parent = k;
	k->refs++;
	list_add_tail(&c->link, before);	/* in front of it */
	k->nchildren++;
	k->written = c->written;
	return c;
}

struct reg_value *nt_registry_value(struct reg_key *k, const u16 *name, u32 len)
{
	struct reg_value *v;

	list_foreach(v, &k->values, link)
		if (!nt_compare(name, len, v->name, v->name_len))
			return v;
	return NULL;
}

/* Takes @data over. */
ntstatus nt_registry_set(struct reg_key *k, const u16 *name, u32 len, u32 type, u8 *data, u32 size)
{
	struct reg_value *v = nt_registry_value(k, name, len);

	if (!v) {
		v = kmem_zalloc(sizeof(*v), ALLOC_KERNEL);
		if (v)
			v->name = kmem_alloc(len * 2UL + 2, ALLOC_KERNEL);
		if (!v || !v->name) {
			kmem_free(v);
			kmem_free_large(data);
			return STATUS_NO_MEMORY;
		}
		memcpy(v->name, name, len * 2UL);
		v->name_len = len;
		list_add_tail(&v->link, &k->values);
		k->nvalues++;
	}
	kmem_free_large(v->data);
	v->is_builtin = false;
	v->type = type;
	v->data = data;
	v->size = size;
	k->written = nt_time();
	return STATUS_SUCCESS;
}

/* ---- key objects ---- */

static void key_cleanup(struct nt_object *o)
{
	rwsem_write_lock(&nt_registry_lock);
	key_put_locked(container_of(o, struct nt_key, ob)->key);
	rwsem_write_unlock(&nt_registry_lock);
}

static const struct nt_type key_type = {
	.ops = NT_TYPE_OPS("key", nt_never_signaled, object_ignore_wait),
	.name = "Key", .all_access = 0xf003f, .read_access = 0x20019, .write_access = 0x20006,
	.exec_access = 0x20039, .cleanup = key_cleanup,
};

ntstatus nt_key_get(u64 handle, u32 access, struct nt_key **out)
{
	struct nt_object *o;

	NT_CHECK(nt_handle_get(handle, &key_type, access, &o));
	*out = container_of(o, struct nt_key, ob);
	return STATUS_SUCCESS;
}

static bool is_below_user(const struct reg_key *k)
{
	for (; k && k->parent; k = k->parent)
		if (k->parent->parent == root && nt_equal_ascii(k->parent->name, k->parent->name_len, "User"))
			return true;
	return false;
}

/* The machine's part is the administrator's; kernelbase writes a few values there at each start. */
static bool may_change(const struct reg_key *k)
{
	return is_below_user(k) || cred_self()->euid == 0;
}

/* ---- paths ---- */

struct walk { struct reg_key *key; const u16 *at, *end; };

/* Next component: its length, 0 at the end. */
static u32 component(struct walk *w, const u16 **name)
{
	while (w->at < w->end && *w->at == '\\')
		w->at++;
	*name = w->at;
	while (w->at < w->end && *w->at != '\\')
		w->at++;
	return w->at - *name;
}

static bool is_last(const struct walk *w)
{
	const u16 *p = w->at;

	while (p < w->end && *p == '\\')
		p++;
	return p == w->end;
}

/*
 * Walk to the key of @a; *created: make what is missing of the last component (and,
 * for the user's part, on the way).
 */
static ntstatus walk_locked(struct reg_key *from, const struct nt_string *name, bool create, u32 options,
			    bool *created, struct reg_key **out)
{
	struct walk w = { from, name->text, name->text + name->len };
	struct list *before;
	const u16 *part;
	u32 n;

	*created = false;
	while ((n = component(&w, &part)) != 0) {
		struct reg_key *c = child_find(w.key, part, n, &before);

		if (n > NAME_MAX_UNITS)
			return STATUS_OBJECT_NAME_INVALID;
		if (!c && !create)
			return STATUS_OBJECT_NAME_NOT_FOUND;
		if (!c && !is_last(&w))
			return STATUS_OBJECT_NAME_NOT_FOUND;
		if (!c) {
			if (!may_change(w.key))
				return STATUS_ACCESS_DENIED;
			if (w.key->is_deleted)
				return STATUS_KEY_DELETED;
			if (w.key->is_volatile && !(options & OPTION_VOLATILE))
				return STATUS_CHILD_MUST_BE_VOLATILE;
			c = child_add(w.key, part, n, before);
			if (!c)
				return STATUS_NO_MEMORY;
			c->is_volatile = options & OPTION_VOLATILE;
			*created = true;
		}
		w.key = c;
	}
	*out = w.key;
	return STATUS_SUCCESS;
}

static ntstatus open_key(const struct nt_object_attributes __user *attr, u32 access, bool create,
			 u32 options, bool *created, u64 __user *out)
{
	struct nt_key *start = NULL, *k;
	struct nt_attributes a;
	struct reg_key *found;
	struct nt_string name;
	ntstatus s = nt_attributes_get(attr, &a);

	name = a.name;
	if (!s && a.root)
		s = nt_key_get(a.root, 0, &start);
	/* Absolute names begin with \Registry, which is the root itself. */
	if (!s && !a.root) {
		if (name.len < 9 || !nt_equal_ascii(name.text, 9, "\\Registry"))
			s = STATUS_OBJECT_PATH_SYNTAX_BAD;
		else {
			name.text += 9;
			name.len -= 9;
		}
	}
	nt_registry_load();
	k = s ? NULL : nt_object_alloc(&key_type, sizeof(*k));
	if (!s && !k)
		s = STATUS_NO_MEMORY;
	if (!s) {
		rwsem_write_lock(&nt_registry_lock);
		s = walk_locked(start ? start->key : root, &name, create, options, created,
				&found);
		if (!s) {
			found->refs++;
			k->key = found;
		}
		rwsem_write_unlock(&nt_registry_lock);
	}
	if (start)
		nt_object_put(&start->ob);
	if (!s)
		s = nt_handle_give(&k->ob, access, a.flags, out);
	else if (k)
		nt_object_put(&k->ob);
	nt_attributes_put(&a);
	return s;
}

ntstatus nt_create_key(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr,
		       u32 title, const struct nt_unicode_string __user *class, u32 options,
		       u32 __user *disposition)
{
	bool created;

	NT_CHECK(open_key(attr, access, true, options, &created, out));
	if (created && !(options & OPTION_VOLATILE))
		nt_registry_changed();
	return disposition ? nt_put(created ? 1u : 2u, disposition) : STATUS_SUCCESS;
}

ntstatus nt_open_key_ex(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr,
			u32 options)
{
	bool created;

	return open_key(attr, access, false, options, &created, out);
}

ntstatus nt_open_key(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr)
{
	return nt_open_key_ex(out, access, attr, 0);
}

/* ---- changes ---- */

/* Programs write the same at each start. */
static bool has_already(struct reg_key *k, const struct nt_string *name, u32 type, const u8 *data, u32 size)
{
	const struct reg_value *v = nt_registry_value(k, name->text, name->len);

	return v && v->type == type && v->size == size && !memcmp(v->data, data, size);
}

ntstatus nt_set_value_key(u64 handle, const struct nt_unicode_string __user *uname, u32 title, u32 type,
			  const u8 __user *data, u32 size)
{
	struct nt_string name = { NULL, 0 };
	struct nt_key *k = NULL;
	bool changed = false;
	u8 *copy;
	ntstatus s;

	if (size > VALUE_MAX)
		return STATUS_INSUFFICIENT_RESOURCES;
	copy = kmem_alloc_large(size + 1, ALLOC_KERNEL);
	if (!copy)
		return STATUS_NO_MEMORY;
	s = nt_copyin(copy, data, size);
	if (!s)
		s = nt_string_get(uname, &name);
	if (!s)
		s = nt_key_get(handle, KEY_SET, &k);
	if (!s) {
		rwsem_write_lock(&nt_registry_lock);
		if (k->key->is_deleted)
			s = STATUS_KEY_DELETED;
		else if (!may_change(k->key))
			s = STATUS_ACCESS_DENIED;
		else {
			changed = !has_already(k->key, &name, type, copy, size);
			s = changed ? nt_registry_set(k->key, name.text, name.len, type, copy, size) : 0;
			copy = changed ? NULL : copy;
		}
		rwsem_write_unlock(&nt_registry_lock);
		nt_object_put(&k->ob);
	}
	if (changed)
		nt_registry_changed();
	kmem_free_large(copy);
	kmem_free(name.text);
	return s;
}

ntstatus nt_delete_value_key(u64 handle, const struct nt_unicode_string __user *uname)
{
	struct nt_string name;
	struct reg_value *v;
	struct nt_key *k;
	ntstatus s;

	NT_CHECK(nt_string_get(uname, &name));
	s = nt_key_get(handle, KEY_SET, &k);
	if (!s) {
		rwsem_write_lock(&nt_registry_lock);
		v = nt_registry_value(k->key, name.text, name.len);
		if (!v) {
			s = STATUS_OBJECT_NAME_NOT_FOUND;
		} else if (!may_change(k->key)) {
			s = STATUS_ACCESS_DENIED;
		} else {
			list_del(&v->link);
			k->key->nvalues--;
			k->key->written = nt_time();
			value_free(v);
			nt_registry_changed();
		}
		rwsem_write_unlock(&nt_registry_lock);
		nt_object_put(&k->ob);
	}
	kmem_free(name.text);
	return s;
}

ntstatus nt_delete_key(u64 handle)
{
	struct reg_key *k;
	struct nt_key *o;
	ntstatus s = STATUS_SUCCESS;

	NT_CHECK(nt_key_get(handle, NT_DELETE, &o));
	rwsem_write_lock(&nt_registry_lock);
	k = o->key;
	if (k->is_deleted)
		s = STATUS_KEY_DELETED;
	else if (!k->parent || k->nchildren)
		s = STATUS_CANNOT_DELETE;
	else if (!may_change(k))
		s = STATUS_ACCESS_DENIED;
	if (!s) {
		list_del(&k->link);
		k->parent->nchildren--;
		k->is_deleted = true;
		/* Existing counted one; the handle holds another. */
		key_put_locked(k);
		nt_registry_changed();
	}
	rwsem_write_unlock(&nt_registry_lock);
	nt_object_put(&o->ob);
	return s;
}

ntstatus nt_flush_key(u64 handle)
{
	struct nt_key *k;

	NT_CHECK(nt_key_get(handle, 0, &k));
	nt_object_put(&k->ob);
	return nt_status_of(nt_registry_write());
}

/* ---- for the file and the start ---- */

struct reg_key *nt_registry_path(const u16 *path, u32 len, bool is_builtin)
{
	struct walk w = { root, path, path + len };
	const u16 *part;
	u32 n;

	while (w.key && (n = component(&w, &part)) != 0) {
		struct list *before;
		struct reg_key *c = child_find(w.key, part, n, &before);

		if (!c)
			c = child_add(w.key, part, n, before);
		if (c)
			c->is_builtin |= is_builtin;
		w.key = c;
	}
	return w.key;
}

static int registry_init(void)
{
	root = key_alloc(NULL, 0);
	return root ? 0 : -ENOMEM;
}
INITCALL(FS, registry_init);
