/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What carries 9P messages: a driver offers a link by name (the mount tag), the file system
 * (fs/p9) sends requests through it. Owner fs/p9/link.c.
 */
#pragma once

#include <tern/base/lock.h>
#include <tern/mm/uio.h>

#define P9_SEGS_MAX	34u	/* pieces of payload */

/* A request and its reply. Heads are direct-map memory; payload follows them. */
struct p9_xfer {
	const void *out;
	u32 out_len;
	void *in;
	u32 in_len;
	const struct uio_pageseg *segs;	/* payload, of the request or (@payload_in) the reply */
	u32 nsegs;
	bool payload_in;
	u32 got;			/* bytes of the reply */
	int error;
	struct latch done;
};

struct p9_link {
	const char *tag;		/* I */
	/* Starts it; @x->done is opened when the reply is there. May wait for room. 0 or -errno. */
	int (*send)(struct p9_link *l, struct p9_xfer *x);
	refcount refs;			/* users and the driver */
	bool is_gone;			/* A no more requests */
	struct list link;		/* owner's */
};

/** p9_link_register() - @l, filled, with refs 1, can be mounted; -EEXIST: its tag is taken. */
int p9_link_register(struct p9_link *l);
/** p9_link_unregister() - is_gone; memory stays the driver's until refs are 1 again. */
void p9_link_unregister(struct p9_link *l);
/** p9_link_get() - by tag with a reference, or NULL. */
struct p9_link *p9_link_get(const char *tag);
void p9_link_put(struct p9_link *l);
