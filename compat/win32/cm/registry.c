// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry: one tree of keys with values in memory, without regard to case.
 * It begins with the few values that programs need to know the system by (registry.tbl);
 * what programs write lives until the machine stops.
 *
 * A key object is an open handle's; it refers to its node, which stays until the last such
 * reference even if it was deleted. Changes need root's rights below \Registry\Machine.
 *
 * Locks: registry_lock (rwsem) around the whole tree.
 */
#include "../nt.h"

#include <tern/base/initcall.h>
#include <tern/kernel/cred.h>

#define KEY_QUERY	0x1u
#define KEY_SET		0x2u
#define KEY_CREATE	0x4u
#define KEY_ENUMERATE	0x8u
#define USER_SID	"S-1-5-21-0-0-0-1000"
#define NAME_MAX_UNITS	255u
#define VALUE_MAX	(1u << 20)
#define REG_SZ		1u
#define REG_DWORD	4u
#define OPTION_VOLATILE	1u

enum { KEY_BASIC, KEY_NODE, KEY_FULL, KEY_NAME, KEY_CACHED };
enum { VALUE_BASIC, VALUE_FULL, VALUE_PARTIAL, VALUE_FULL_ALIGNED, VALUE_PARTIAL_ALIGNED };

struct reg_value {
	struct list link;
	u32 type, size;
	u32 name_len;
	u16 *name;		/* kmem */
	u8 *data;		/* kmem large */
};

struct reg_key {
	struct list link;	/* in parent->children, by name */
	struct reg_key *parent;	/* with a reference; NULL: root or deleted */
	struct list children, values;
	u32 refs;		/* handles and children */
	u32 nchildren, nvalues;
	s64 written;
	bool is_deleted;
	bool is_volatile;	/* and so is all below it */
	u32 name_len;
	u16 name[];
};

struct nt_key {
	struct nt_object ob;
	struct reg_key *key;	/* with a reference */
};

static struct rwsem registry_lock = RWSEM_INIT(registry_lock, LOCKRANK_VFS_MISC);
static struct reg_key *root;

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

static struct reg_value *value_find(struct reg_key *k, const u16 *name, u32 len)
{
	struct reg_value *v;

	list_foreach(v, &k->values, link)
		if (!nt_compare(name, len, v->name, v->name_len))
			return v;
	return NULL;
}

/* Takes @data over. */
static ntstatus value_set(struct reg_key *k, const u16 *name, u32 len, u32 type, u8 *data, u32 size)
{
	struct reg_value *v = value_find(k, name, len);

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
	v->type = type;
	v->data = data;
	v->size = size;
	k->written = nt_time();
	return STATUS_SUCCESS;
}

/* ---- key objects ---- */

static void key_cleanup(struct nt_object *o)
{
	rwsem_write_lock(&registry_lock);
	key_put_locked(container_of(o, struct nt_key, ob)->key);
	rwsem_write_unlock(&registry_lock);
}

static const struct nt_type key_type = {
	.ops = NT_TYPE_OPS("key", nt_never_signaled, object_ignore_wait),
	.name = "Key", .all_access = 0xf003f, .read_access = 0x20019, .write_access = 0x20006,
	.exec_access = 0x20019, .cleanup = key_cleanup,
};

static ntstatus key_get(u64 handle, u32 access, struct nt_key **out)
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
		s = key_get(a.root, 0, &start);
	/* Absolute names begin with \Registry, which is the root itself. */
	if (!s && !a.root) {
		if (name.len < 9 || !nt_equal_ascii(name.text, 9, "\\Registry"))
			s = STATUS_OBJECT_PATH_SYNTAX_BAD;
		else {
			name.text += 9;
			name.len -= 9;
		}
	}
	k = s ? NULL : nt_object_alloc(&key_type, sizeof(*k));
	if (!s && !k)
		s = STATUS_NO_MEMORY;
	if (!s) {
		rwsem_write_lock(&registry_lock);
		s = walk_locked(start ? start->key : root, &name, create, options, created,
				&found);
		if (!s) {
			found->refs++;
			k->key = found;
		}
		rwsem_write_unlock(&registry_lock);
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

/* ---- questions ---- */

/* A head of @head bytes and a tail; programs ask with too little room to learn the size. */
static ntstatus reply_tail(u8 __user *buf, u32 room, u32 __user *used, const u8 *head, u32 head_size,
			   u32 fixed, const void *tail, u32 tail_size)
{
	u32 need = head_size + tail_size;

	if (user_put(need, used))
		return STATUS_ACCESS_VIOLATION;
	if (room < fixed)
		return STATUS_BUFFER_TOO_SMALL;
	NT_CHECK(nt_copyout(buf, head, min(room, head_size)));
	if (room > head_size)
		NT_CHECK(nt_copyout(buf + head_size, tail, min(room - head_size, tail_size)));
	return room < need ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static u32 key_path_len(const struct reg_key *k)
{
	u32 n = 0;

	for (; k != root && k; k = k->parent)
		n += k->name_len + 1;
	return n + 9;
}

static u16 *key_path(const struct reg_key *k, u32 *len)
{
	static const char prefix[] = "\\REGISTRY";
	u32 at = *len = key_path_len(k);
	u16 *p = kmem_alloc(*len * 2UL + 2, ALLOC_KERNEL);

	if (!p)
		return NULL;
	for (; k != root && k; k = k->parent) {
		at -= k->name_len;
		memcpy(p + at, k->name, k->name_len * 2UL);
		p[--at] = '\\';
	}
	for (u32 i = 0; i < 9; i++)
		p[i] = (u8)prefix[i];
	return p;
}

static void longest(const struct reg_key *k, u8 *head)
{
	const struct reg_value *v;
	const struct reg_key *c;
	u32 name = 0, vname = 0, data = 0;

	list_foreach(c, &k->children, link)
		name = max(name, c->name_len * 2);
	list_foreach(v, &k->values, link) {
		vname = max(vname, v->name_len * 2);
		data = max(data, v->size);
	}
	put_le32(head + 20, k->nchildren);
	put_le32(head + 24, name);
	put_le32(head + 32, k->nvalues);
	put_le32(head + 36, vname);
	put_le32(head + 40, data);
}

static ntstatus query_key(const struct reg_key *k, u32 class, u8 __user *buf, u32 room, u32 __user *used)
{
	u8 head[48] = { 0 };
	ntstatus s;
	u16 *path;
	u32 len;

	put_le64(head, (u64)k->written);
	switch (class) {
	case KEY_BASIC:
		put_le32(head + 12, k->name_len * 2);
		return reply_tail(buf, room, used, head, 16, 16, k->name, k->name_len * 2);
	case KEY_NODE:
		put_le32(head + 12, ~0u);
		put_le32(head + 20, k->name_len * 2);
		return reply_tail(buf, room, used, head, 24, 24, k->name, k->name_len * 2);
	case KEY_FULL:
		put_le32(head + 12, ~0u);
		longest(k, head);
		return reply_tail(buf, room, used, head, 44, 44, NULL, 0);
	case KEY_CACHED:
		put_le32(head + 12, k->nchildren);
		longest(k, head);
		put_le32(head + 12, k->nchildren);
		put_le32(head + 16, get_le32(head + 24));
		put_le32(head + 20, k->nvalues);
		put_le32(head + 24, get_le32(head + 36));
		put_le32(head + 28, get_le32(head + 40));
		put_le32(head + 32, k->name_len * 2);
		return reply_tail(buf, room, used, head, 36, 36, NULL, 0);
	case KEY_NAME:
		path = key_path(k, &len);
		if (!path)
			return STATUS_NO_MEMORY;
		put_le32(head, len * 2);
		s = reply_tail(buf, room, used, head, 4, 4, path, len * 2);
		kmem_free(path);
		return s;
	}
	return STATUS_INVALID_PARAMETER;
}

ntstatus nt_query_key(u64 handle, u32 class, u8 __user *buf, u32 room, u32 __user *used)
{
	struct nt_key *k;
	ntstatus s;

	NT_CHECK(key_get(handle, 0, &k));
	rwsem_read_lock(&registry_lock);
	s = k->key->is_deleted ? STATUS_KEY_DELETED : query_key(k->key, class, buf, room, used);
	rwsem_read_unlock(&registry_lock);
	nt_object_put(&k->ob);
	return s;
}

ntstatus nt_enumerate_key(u64 handle, u32 index, u32 class, u8 __user *buf, u32 room, u32 __user *used)
{
	ntstatus s = STATUS_NO_MORE_ENTRIES;
	struct reg_key *c;
	struct nt_key *k;

	NT_CHECK(key_get(handle, KEY_ENUMERATE, &k));
	rwsem_read_lock(&registry_lock);
	list_foreach(c, &k->key->children, link)
		if (!index--) {
			s = query_key(c, class, buf, room, used);
			break;
		}
	rwsem_read_unlock(&registry_lock);
	nt_object_put(&k->ob);
	return s;
}

static ntstatus query_value(const struct reg_value *v, u32 class, u8 __user *buf, u32 room, u32 __user *used)
{
	u8 head[20] = { 0 };
	u8 *full;
	u32 at;
	ntstatus s;

	put_le32(head + 4, v->type);
	switch (class) {
	case VALUE_BASIC:
		put_le32(head + 8, v->name_len * 2);
		return reply_tail(buf, room, used, head, 12, 12, v->name, v->name_len * 2);
	case VALUE_PARTIAL:
		put_le32(head + 8, v->size);
		return reply_tail(buf, room, used, head, 12, 12, v->data, v->size);
	case VALUE_PARTIAL_ALIGNED:
		put_le32(head, v->type);
		put_le32(head + 4, v->size);
		return reply_tail(buf, room, used, head, 8, 8, v->data, v->size);
	case VALUE_FULL:
		at = ALIGN_UP(20 + v->name_len * 2, 4);
		full = kmem_alloc_large(at - 20 + v->size + 1, ALLOC_KERNEL | ALLOC_ZERO);
		if (!full)
			return STATUS_NO_MEMORY;
		put_le32(head + 8, at);
		put_le32(head + 12, v->size);
		put_le32(head + 16, v->name_len * 2);
		memcpy(full, v->name, v->name_len * 2UL);
		memcpy(full + at - 20, v->data, v->size);
		s = reply_tail(buf, room, used, head, 20, 20, full, at - 20 + v->size);
		kmem_free_large(full);
		return s;
	}
	return STATUS_INVALID_PARAMETER;
}

ntstatus nt_query_value_key(u64 handle, const struct nt_unicode_string __user *uname, u32 class,
			    u8 __user *buf, u32 room, u32 __user *used)
{
	struct nt_string name;
	struct reg_value *v;
	struct nt_key *k;
	ntstatus s;

	NT_CHECK(nt_string_get(uname, &name));
	s = key_get(handle, KEY_QUERY, &k);
	if (!s) {
		rwsem_read_lock(&registry_lock);
		v = value_find(k->key, name.text, name.len);
		s = v ? query_value(v, class, buf, room, used) : STATUS_OBJECT_NAME_NOT_FOUND;
		rwsem_read_unlock(&registry_lock);
		nt_object_put(&k->ob);
	}
	kmem_free(name.text);
	return s;
}

ntstatus nt_enumerate_value_key(u64 handle, u32 index, u32 class, u8 __user *buf, u32 room, u32 __user *used)
{
	ntstatus s = STATUS_NO_MORE_ENTRIES;
	struct reg_value *v;
	struct nt_key *k;

	NT_CHECK(key_get(handle, KEY_QUERY, &k));
	rwsem_read_lock(&registry_lock);
	list_foreach(v, &k->key->values, link)
		if (!index--) {
			s = query_value(v, class, buf, room, used);
			break;
		}
	rwsem_read_unlock(&registry_lock);
	nt_object_put(&k->ob);
	return s;
}

/* ---- changes ---- */

ntstatus nt_set_value_key(u64 handle, const struct nt_unicode_string __user *uname, u32 title, u32 type,
			  const u8 __user *data, u32 size)
{
	struct nt_string name = { NULL, 0 };
	struct nt_key *k = NULL;
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
		s = key_get(handle, KEY_SET, &k);
	if (!s) {
		rwsem_write_lock(&registry_lock);
		if (k->key->is_deleted)
			s = STATUS_KEY_DELETED;
		else if (!may_change(k->key))
			s = STATUS_ACCESS_DENIED;
		else {
			s = value_set(k->key, name.text, name.len, type, copy, size);
			copy = NULL;
		}
		rwsem_write_unlock(&registry_lock);
		nt_object_put(&k->ob);
	}
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
	s = key_get(handle, KEY_SET, &k);
	if (!s) {
		rwsem_write_lock(&registry_lock);
		v = value_find(k->key, name.text, name.len);
		if (!v) {
			s = STATUS_OBJECT_NAME_NOT_FOUND;
		} else if (!may_change(k->key)) {
			s = STATUS_ACCESS_DENIED;
		} else {
			list_del(&v->link);
			k->key->nvalues--;
			k->key->written = nt_time();
			value_free(v);
		}
		rwsem_write_unlock(&registry_lock);
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

	NT_CHECK(key_get(handle, NT_DELETE, &o));
	rwsem_write_lock(&registry_lock);
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
	}
	rwsem_write_unlock(&registry_lock);
	nt_object_put(&o->ob);
	return s;
}

ntstatus nt_flush_key(u64 handle)
{
	struct nt_key *k;

	NT_CHECK(key_get(handle, 0, &k));
	nt_object_put(&k->ob);
	return STATUS_SUCCESS;	/* there is nothing behind the memory */
}

/* ---- what is there from the start ---- */

struct reg_row { const char *key, *name; u32 type; const char *text; u32 word; };
static const struct reg_row rows[] = {
#define REG_KEY(key)			{ key, NULL, 0, NULL, 0 },
#define REG_TEXT(key, name, text)	{ key, name, REG_SZ, text, 0 },
#define REG_WORD(key, name, word)	{ key, name, REG_DWORD, NULL, word },
#define REG_BYTES(key, name, word)	{ key, name, 3, NULL, word },
#include "../registry.tbl"
};

static int ascii_to_text(const char *s, struct nt_string *out)
{
	out->text = nt_utf16(s, strlen(s), &out->len);
	return out->text ? 0 : -ENOMEM;
}

static struct reg_key *make_path(const char *path)
{
	struct nt_string text;
	struct walk w;
	const u16 *part;
	u32 n;

	if (ascii_to_text(path, &text))
		return NULL;
	w = (struct walk){ root, text.text, text.text + text.len };
	while (w.key && (n = component(&w, &part)) != 0) {
		struct list *before;
		struct reg_key *c = child_find(w.key, part, n, &before);

		w.key = c ? c : child_add(w.key, part, n, before);
	}
	kmem_free(text.text);
	return w.key;
}

static int make_row(const struct reg_row *r)
{
	struct nt_string name, text = { NULL, 0 };
	struct reg_key *k = make_path(r->key);
	u32 size = 4;
	u8 *data;

	if (!k)
		return -ENOMEM;
	if (!r->name)
		return 0;
	if (ascii_to_text(r->name, &name) || (r->text && ascii_to_text(r->text, &text)))
		return -ENOMEM;
	if (r->text)
		size = text.len * 2 + 2;
	data = kmem_alloc_large(size, ALLOC_KERNEL);
	if (!data)
		return -ENOMEM;
	if (r->text)
		memcpy(data, text.text, size);
	else
		put_le32(data, r->word);
	kmem_free(text.text);
	value_set(k, name.text, name.len, r->type, data, size);
	kmem_free(name.text);
	return 0;
}

static int registry_init(void)
{
	int err = 0;

	root = key_alloc(NULL, 0);
	if (!root)
		return -ENOMEM;
	for (u32 i = 0; i < ARRAY_SIZE(rows) && !err; i++)
		err = make_row(&rows[i]);
	return err;
}
INITCALL(LATE, registry_init);
