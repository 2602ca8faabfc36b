// SPDX-License-Identifier: GPL-2.0-only
/* Life of NT objects, and handles to them. */
#include "../nt.h"

#define INDEX_BITS	22		/* of a handle; two low bits are free for programs */
#define INDEX_MAX	((1U << INDEX_BITS) - 2)
#define GENERATIONS	0x7fU
#define GENERATION_SHIFT (INDEX_BITS + 2)

void *nt_object_alloc(const struct nt_type *type, size_t size)
{
	struct nt_object *o = kmem_zalloc(size, ALLOC_KERNEL);

	if (!o)
		return NULL;
	waitq_init(&o->wq);
	object_init(&o->obj, &type->ops, &o->wq);
	return o;
}

/* Lookups of handles are lock-free: the memory goes after a grace period. */
void nt_object_destroy(struct object *obj)
{
	struct nt_object *o = nt_object_of(obj);
	const struct nt_type *type = nt_type_of(o);

	if (o->name)
		nt_name_remove(o);
	if (type->cleanup)
		type->cleanup(o);
	nt_security_end(o);
	rcu_defer_free(&o->rcu, o);
}

bool nt_never_signaled(struct object *o, struct thread *t)
{
	return false;
}

struct handle_table *nt_handle_table_create(void)
{
	return handle_table_create_with(NT_HANDLE_RIGHTS | NT_HANDLE_INHERIT | NT_HANDLE_PROTECT,
					GENERATIONS);
}

/* 4, 8, 12 for the first: index + 1 above the two free bits, the generation on top. */
u64 nt_handle_to_user(s64 value)
{
	u32 index = (u32)value, generation = (u32)((u64)value >> 32);

	return ((u64)generation << GENERATION_SHIFT) | ((u64)(index + 1) << 2);
}

s64 nt_handle_from_user(u64 handle)
{
	u32 index = (u32)handle >> 2 & ((1U << INDEX_BITS) - 1);

	if (handle >> 31 || !index)
		return -EBADF;
	return (s64)((handle >> GENERATION_SHIFT) << 32 | (index - 1));
}

u32 nt_access_of(const struct nt_type *type, u32 wanted)
{
	if (wanted & (NT_GENERIC_ALL | NT_MAXIMUM_ALLOWED))
		wanted |= type->all_access;
	if (wanted & NT_GENERIC_READ)
		wanted |= type->read_access;
	if (wanted & NT_GENERIC_WRITE)
		wanted |= type->write_access;
	if (wanted & NT_GENERIC_EXECUTE)
		wanted |= type->exec_access;
	return wanted & NT_HANDLE_RIGHTS & ~NT_MAXIMUM_ALLOWED;
}

ntstatus nt_handle_add(struct nt_object *o, u32 access, u32 attributes, u64 *handle)
{
	u32 rights = nt_access_of(nt_type_of(o), access);
	s64 value;

	*handle = 0;
	if (attributes & OBJ_INHERIT)
		rights |= NT_HANDLE_INHERIT;
	value = handle_add(nt_process_self()->handles, &o->obj, rights, 0, INDEX_MAX);
	if (value < 0)
		return value == -EMFILE ? STATUS_TOO_MANY_OPENED_FILES : nt_status_of(value);
	*handle = nt_handle_to_user(value);
	return STATUS_SUCCESS;
}

ntstatus nt_handle_give_status(struct nt_object *o, u32 access, u32 attributes, u64 __user *out,
			       ntstatus status)
{
	u64 handle;
	ntstatus s = nt_handle_add(o, access, attributes, &handle);

	if (!s && user_put(handle, out)) {
		nt_handle_close(handle);
		s = STATUS_ACCESS_VIOLATION;
	}
	nt_object_put(o);
	return s ? s : status;
}

ntstatus nt_handle_give(struct nt_object *o, u32 access, u32 attributes, u64 __user *out)
{
	return nt_handle_give_status(o, access, attributes, out, STATUS_SUCCESS);
}

ntstatus nt_handle_give_checked(struct nt_object *o, u32 access, u32 attributes, u64 __user *out,
				ntstatus status)
{
	ntstatus s = nt_security_check(o, &access);

	if (!s)
		return nt_handle_give_status(o, access, attributes, out, status);
	nt_object_put(o);
	return s;
}

static struct nt_object *pseudo(u64 handle)
{
	/* Programs pass them as 32 bits, too. */
	switch ((s32)handle) {
	case -1:
		return &nt_process_self()->ob;
	case -2:
		return &nt_self()->ob;
	}
	return NULL;
}

ntstatus nt_handle_get(u64 handle, const struct nt_type *type, u32 access, struct nt_object **out)
{
	struct nt_object *o = pseudo(handle);
	struct object *obj;
	s64 value, rights = NT_HANDLE_RIGHTS;

	if (o) {
		nt_object_get(o);
	} else {
		value = nt_handle_from_user(handle);
		if (value < 0)
			return STATUS_INVALID_HANDLE;
		rights = access ? handle_rights(nt_process_self()->handles, (u64)value) : 0;
		obj = handle_lookup(nt_process_self()->handles, (u64)value, 0);
		if (IS_ERR(obj))
			return STATUS_INVALID_HANDLE;
		o = nt_object_of(obj);
	}
	if (type && !nt_object_is(o, type)) {
		nt_object_put(o);
		return STATUS_OBJECT_TYPE_MISMATCH;
	}
	if (rights < 0 || (access & ~(u32)rights)) {
		nt_object_put(o);
		return STATUS_ACCESS_DENIED;
	}
	*out = o;
	return STATUS_SUCCESS;
}

ntstatus nt_handle_close(u64 handle)
{
	struct handle_table *t = nt_process_self()->handles;
	s64 value, rights;

	if (pseudo(handle))
		return STATUS_SUCCESS;
	value = nt_handle_from_user(handle);
	rights = value < 0 ? value : handle_rights(t, (u64)value);
	if (rights < 0)
		return STATUS_INVALID_HANDLE;
	if (rights & NT_HANDLE_PROTECT)
		return STATUS_INVALID_HANDLE;
	return handle_close(t, (u64)value) ? STATUS_INVALID_HANDLE : STATUS_SUCCESS;
}

int nt_handle_inherit(struct handle_table *from, struct handle_table *to)
{
	struct object *o;
	u32 index = 0, rights;
	int err = 0;
	s64 value;

	while (!err && (value = handle_next(from, &index, &o, &rights)) >= 0) {
		if (rights & NT_HANDLE_INHERIT)
			err = handle_add_as(to, (u64)value, o, rights);
		object_put(o);
	}
	return err;
}
