// SPDX-License-Identifier: GPL-2.0-only
/* Symbolic links of the object namespace: drive letters, to the device of the drive. */
#include "../nt.h"

#include "../name.h"
#include "../path.h"

struct nt_symlink { struct nt_object ob; u16 digit; };

static const struct nt_type symlink_type = {
	.ops = NT_TYPE_OPS("symbolic link", nt_never_signaled, object_ignore_wait),
	.name = "SymbolicLink", .all_access = 0xf0001, .read_access = 0x20001, .write_access = 0x20000,
	.exec_access = 0x20001,
};

ntstatus nt_open_symbolic_link_object(u64 __user *out, u32 access,
				      const struct nt_object_attributes __user *attr)
{
	struct nt_string full = { NULL, 0 };
	struct nt_symlink *l;
	struct nt_attributes a;
	ntstatus s = nt_attributes_get(attr, &a);
	u16 digit = 0;

	if (!s)
		s = nt_name_full(&a, &full);
	if (!s && nt_equal_ascii(full.text, full.len, "\\??\\C:"))
		digit = NT_VOLUME_C;
	else if (!s && nt_equal_ascii(full.text, full.len, "\\??\\Z:"))
		digit = NT_VOLUME_Z;
	kmem_free(full.text);
	if (!s && !digit)
		s = STATUS_OBJECT_NAME_NOT_FOUND;
	l = s ? NULL : nt_object_alloc(&symlink_type, sizeof(*l));
	if (l) {
		l->digit = digit;
		s = nt_handle_give(&l->ob, access, a.flags, out);
	} else if (!s) {
		s = STATUS_NO_MEMORY;
	}
	nt_attributes_put(&a);
	return s;
}

ntstatus nt_query_symbolic_link_object(u64 handle, struct nt_unicode_string __user *out, u32 __user *used)
{
	static const char prefix[] = NT_VOLUME_PREFIX;
	struct nt_unicode_string u;
	u16 text[sizeof(prefix) + 1];
	struct nt_object *o;
	u32 n = sizeof(prefix) - 1;

	NT_CHECK(nt_handle_get(handle, &symlink_type, 1, &o));
	for (u32 i = 0; i < n; i++)
		text[i] = (u8)prefix[i];
	text[n++] = container_of(o, struct nt_symlink, ob)->digit;
	text[n++] = 0;
	nt_object_put(o);
	NT_CHECK(nt_copyin(&u, out, sizeof(u)));
	if (used && user_put(n * 2, used))
		return STATUS_ACCESS_VIOLATION;
	if (u.maximum < n * 2)
		return STATUS_BUFFER_TOO_SMALL;
	u.length = (u16)((n - 1) * 2);
	NT_CHECK(nt_copyout((void __user *)u.buffer, text, n * 2UL));
	return nt_copyout(out, &u, sizeof(u));
}
