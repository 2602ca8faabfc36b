// SPDX-License-Identifier: GPL-2.0-only
/* Symbolic links of the object namespace: those that programs make, and drive letters. */
#include "../nt.h"

#include "../name.h"
#include "../path.h"

static void symlink_cleanup(struct nt_object *o)
{
	kmem_free(container_of(o, struct nt_symlink, ob)->target.text);
}

const struct nt_type nt_symlink_type = {
	.ops = NT_TYPE_OPS("symbolic link", nt_never_signaled, object_ignore_wait),
	.name = "SymbolicLink", .all_access = 0xf0001, .read_access = 0x20001, .write_access = 0x20000,
	.exec_access = 0x20001, .cleanup = symlink_cleanup,
};

/* Consumes the text of @target. */
static struct nt_symlink *make_link(const struct nt_string *target)
{
	struct nt_symlink *l = target->text ? nt_object_alloc(&nt_symlink_type, sizeof(*l)) : NULL;

	if (l)
		l->target = *target;
	else
		kmem_free(target->text);
	return l;
}

/* A drive letter leads to the device of the drive. */
static ntstatus open_drive(u16 digit, u32 access, u32 flags, u64 __user *out)
{
	struct nt_string target;
	struct nt_symlink *l;

	target.text = nt_utf16(NT_VOLUME_PREFIX "?", sizeof(NT_VOLUME_PREFIX), &target.len);
	if (target.text)
		target.text[target.len - 1] = digit;
	l = make_link(&target);
	return l ? nt_handle_give(&l->ob, access, flags, out) : STATUS_NO_MEMORY;
}

ntstatus nt_open_symbolic_link_object(u64 __user *out, u32 access,
				      const struct nt_object_attributes __user *attr)
{
	struct nt_string full = { NULL, 0 };
	struct nt_attributes a;
	u16 digit = 0;
	ntstatus s;

	NT_CHECK(nt_attributes_get(attr, &a));
	s = nt_name_full(&a, &full);
	if (!s && nt_equal_ascii(full.text, full.len, "\\??\\C:"))
		digit = NT_VOLUME_C;
	else if (!s && nt_equal_ascii(full.text, full.len, "\\??\\Z:"))
		digit = NT_VOLUME_Z;
	kmem_free(full.text);
	if (digit)
		s = open_drive(digit, access, a.flags, out);
	nt_attributes_put(&a);
	return s || digit ? s : nt_open_named(&nt_symlink_type, access, attr, out);
}

ntstatus nt_create_symbolic_link_object(u64 __user *out, u32 access, const struct nt_object_attributes __user *attr,
					const struct nt_unicode_string __user *to)
{
	struct nt_string target;
	struct nt_symlink *l;

	NT_CHECK(nt_string_get(to, &target));
	if (!target.len) {
		kmem_free(target.text);
		return STATUS_INVALID_PARAMETER;
	}
	l = make_link(&target);
	return l ? nt_create_named(&l->ob, access, attr, out) : STATUS_NO_MEMORY;
}

ntstatus nt_query_symbolic_link_object(u64 handle, struct nt_unicode_string __user *out, u32 __user *used)
{
	struct nt_unicode_string u;
	const struct nt_string *t;
	struct nt_object *o;
	ntstatus s;
	u32 n;

	NT_CHECK(nt_handle_get(handle, &nt_symlink_type, 1, &o));
	t = &container_of(o, struct nt_symlink, ob)->target;
	n = (t->len + 1) * 2;
	s = nt_copyin(&u, out, sizeof(u));
	if (!s && used && user_put(n, used))
		s = STATUS_ACCESS_VIOLATION;
	if (!s && u.maximum < n)
		s = STATUS_BUFFER_TOO_SMALL;
	if (!s) {
		u.length = (u16)(n - 2);
		s = nt_copyout((void __user *)u.buffer, t->text, n);
	}
	if (!s)
		s = nt_copyout(out, &u, sizeof(u));
	nt_object_put(o);
	return s;
}
