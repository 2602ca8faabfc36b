/* SPDX-License-Identifier: GPL-2.0-only */
/* What raw and ping sockets share. */
#pragma once

#include "ip6_impl.h"

#define RAW_BUCKETS 64u
struct rawbucket {
	struct spin lock;	/* protects socks; readers are RCU */
	struct hlist socks;
};
#define RAWBUCKET_INIT { .lock = SPIN_INIT(LOCKRANK_NET_TABLE) }

/** rawbucket_remove() - and put the list's reference, if @sk is there. */
void rawbucket_remove(struct rawbucket *b, struct isock *sk);
/** raw_copy_in() - what the user sends, with room for headers; NULL: *@err is -ENOBUFS or -EFAULT. Sleeps. */
struct pktbuf *raw_copy_in(struct sockmsg *m, int *err);
/** raw_push() - route and send; consumes. 0 or -errno. */
int raw_push(struct isock *sk, struct pktbuf *pb, const struct dgsend *d, u8 protocol);
