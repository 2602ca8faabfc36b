/* SPDX-License-Identifier: GPL-2.0-only */
/* Families of generic netlink. Owner net/netlink/genl.c. */
#pragma once

#include <tern/net/netlink.h>
#include <uapi/genetlink.h>

struct genlop {
	u8 cmd;
	bool is_privileged;		/* CAP_NET_ADMIN */
	int (*request)(struct nlreq *r);	/* r->data is at the genl_head; 0 or -errno */
	int (*dump)(struct nldump *d, struct nlpkt *p);	/* NULL: no list */
};

struct genlfamily {
	const char *name;		/* up to 15 bytes */
	u16 id;				/* message type; from GENL_ID_CTRL on */
	u32 version, max_attr;
	const struct genlop *ops;
	u32 nops;
	u32 group;			/* where it publishes, with group_name */
	const char *group_name;		/* NULL: nowhere */
};
#define GENLFAMILY(f) TABLE_ENTRY(genlfamily, const struct genlfamily *, genlfamily_ptr_##f) = &(f)
