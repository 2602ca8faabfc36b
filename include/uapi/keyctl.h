/* SPDX-License-Identifier: GPL-2.0-only */
/* keyctl(2): special keyrings, permissions, commands. */
#pragma once

#define KEY_SPEC_THREAD		(-1)
#define KEY_SPEC_PROCESS	(-2)
#define KEY_SPEC_SESSION	(-3)
#define KEY_SPEC_USER		(-4)
#define KEY_SPEC_USER_SESSION	(-5)

/* For others; << 8 the group, << 16 the owner, << 24 who possesses it. */
#define KEY_MAY_VIEW	0x01u
#define KEY_MAY_READ	0x02u
#define KEY_MAY_WRITE	0x04u
#define KEY_MAY_SEARCH	0x08u
#define KEY_MAY_LINK	0x10u
#define KEY_MAY_SETATTR	0x20u
#define KEY_MAY_ALL	0x3fu
#define KEY_PERM_ALL	0x3f3f3f3fu

#define KEYCTL_GET_KEYRING_ID	0
#define KEYCTL_JOIN_SESSION	1
#define KEYCTL_UPDATE		2
#define KEYCTL_REVOKE		3
#define KEYCTL_CHOWN		4
#define KEYCTL_SETPERM		5
#define KEYCTL_DESCRIBE		6
#define KEYCTL_CLEAR		7
#define KEYCTL_LINK		8
#define KEYCTL_UNLINK		9
#define KEYCTL_SEARCH		10
#define KEYCTL_READ		11
#define KEYCTL_SET_TIMEOUT	15
#define KEYCTL_INVALIDATE	21
