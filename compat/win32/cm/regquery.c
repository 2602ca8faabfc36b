// SPDX-License-Identifier: GPL-2.0-only
/*
 * Questions to the registry: keys and values in the classes that programs ask for. All answers have
 * a head of fixed size and a tail; who has too little room for the tail learns its size.
 */
#include "cm_impl.h"

enum { KEY_BASIC, KEY_NODE, KEY_FULL, KEY_NAME, KEY_CACHED };
enum { VALUE_BASIC, VALUE_FULL, VALUE_PARTIAL, VALUE_FULL_ALIGNED, VALUE_PARTIAL_ALIGNED };

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

	for (; k != nt_registry_root() && k; k = k->parent)
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
	for (; k != nt_registry_root() && k; k = k->parent) {
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

	NT_CHECK(nt_key_get(handle, 0, &k));
	rwsem_read_lock(&nt_registry_lock);
	s = k->key->is_deleted ? STATUS_KEY_DELETED : query_key(k->key, class, buf, room, used);
	rwsem_read_unlock(&nt_registry_lock);
	nt_object_put(&k->ob);
	return s;
}

ntstatus nt_enumerate_key(u64 handle, u32 index, u32 class, u8 __user *buf, u32 room, u32 __user *used)
{
	ntstatus s = STATUS_NO_MORE_ENTRIES;
	struct reg_key *c;
	struct nt_key *k;

	NT_CHECK(nt_key_get(handle, KEY_ENUMERATE, &k));
	rwsem_read_lock(&nt_registry_lock);
	list_foreach(c, &k->key->children, link)
		if (!index--) {
			s = query_key(c, class, buf, room, used);
			break;
		}
	rwsem_read_unlock(&nt_registry_lock);
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
	s = nt_key_get(handle, KEY_QUERY, &k);
	if (!s) {
		rwsem_read_lock(&nt_registry_lock);
		v = nt_registry_value(k->key, name.text, name.len);
		s = v ? query_value(v, class, buf, room, used) : STATUS_OBJECT_NAME_NOT_FOUND;
		rwsem_read_unlock(&nt_registry_lock);
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

	NT_CHECK(nt_key_get(handle, KEY_QUERY, &k));
	rwsem_read_lock(&nt_registry_lock);
	list_foreach(v, &k->key->values, link)
		if (!index--) {
			s = query_value(v, class, buf, room, used);
			break;
		}
	rwsem_read_unlock(&nt_registry_lock);
	nt_object_put(&k->ob);
	return s;
}
