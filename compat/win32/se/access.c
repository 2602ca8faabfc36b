// SPDX-License-Identifier: GPL-2.0-only
/* What the descriptor of an object grants to who opens it. */
#include "../nt.h"

#include "../sid.h"
#include "se_impl.h"

#define OWNER_RIGHTS	NT_STANDARD_ALL	/* as Wine has it: whoever owns an object is not locked out */

/* Entries speak in their order: what one has decided, those behind it do not change. */
static u32 granted_by(const u8 *acl, const struct nt_type *type, u32 granted, u32 *denied)
{
	u32 at = ACE_HEAD;

	for (u32 n = get_le16(acl + 4); n; n--) {
		const u8 *ace = acl + at;
		u32 len = get_le16(ace + 2), mask;

		at += len;
		if (ace[0] > ACE_DENY || (ace[1] & ACE_INHERIT_ONLY) ||
		    !nt_token_has_sid(ace + ACE_HEAD, len - ACE_HEAD))
			continue;
		mask = nt_access_of(type, get_le32(ace + 4));
		if (ace[0] == ACE_DENY)
			*denied |= mask;
		else
			granted |= mask & ~*denied;
	}
	return granted;
}

/* A list of no length lets everybody do everything; without a list that is all but what needs a privilege. */
static u32 grants(const struct nt_descriptor *d, const struct nt_type *type, u32 *denied)
{
	u32 granted = nt_token_has_sid(d->data, d->owner) ? OWNER_RIGHTS : 0;

	*denied = 0;
	if (d->dacl)
		return granted_by(d->data + d->owner + d->group, type, granted, denied);
	return d->has_dacl ? NT_HANDLE_RIGHTS : NT_HANDLE_RIGHTS & ~NT_SYSTEM_SECURITY;
}

ntstatus nt_security_check(struct nt_object *o, u32 *access)
{
	const struct nt_type *type = nt_type_of(o);
	u32 wanted = nt_access_of(type, *access & ~NT_MAXIMUM_ALLOWED), granted, denied;
	struct nt_descriptor *d = nt_descriptor_get(o);
	ntstatus s = STATUS_SUCCESS;

	if (!d)
		return STATUS_SUCCESS;
	granted = grants(d, type, &denied);
	nt_descriptor_put(d);
	/* All that there is: without what is denied anywhere. */
	if (*access & NT_MAXIMUM_ALLOWED) {
		granted &= ~denied & type->all_access;
		*access = granted;
		s = granted ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
	}
	return wanted & ~granted ? STATUS_ACCESS_DENIED : s;
}
