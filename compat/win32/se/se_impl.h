/* SPDX-License-Identifier: GPL-2.0-only */
/* Security descriptors as the kernel keeps them. Owner se/descriptor.c. */
#pragma once

#include "../nt.h"

/* An entry of a list: type, flags, length, mask, whom it is about. */
#define ACE_HEAD	8u
#define ACE_ALLOW	0
#define ACE_DENY	1
#define ACE_INHERIT_ONLY 8

/* Owner, group and list one behind the other; a length of 0: none. The list is well-formed. */
struct nt_descriptor {
	refcount refs;
	bool has_dacl;		/* with a length of 0: one that lets everybody do everything */
	u32 owner, group, dacl;	/* lengths */
	u8 data[];
};

/** nt_descriptor_get() - that of @o with a reference; NULL: nobody has set one. */
struct nt_descriptor *nt_descriptor_get(struct nt_object *o);
/** nt_descriptor_put() - NULL is ignored. */
void nt_descriptor_put(struct nt_descriptor *d);
