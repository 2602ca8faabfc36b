// SPDX-License-Identifier: GPL-2.0-only
/* The list of sockets for sock_diag (ss --vsock). */
#include "vsock_impl.h"

#include <tern/net/netlink.h>

struct walk { struct nldump *d; struct nlpkt *p; const struct vsockdiag_req *q; u64 at; bool is_full; };

static bool one(struct vsock *v, void *arg)
{
	struct walk *w = arg;
	struct vsockdiag_msg *m;

	if (!(w->q->states & (1u << v->state)) || !nldump_due(w->d, &w->at))
		return true;
	m = nlpkt_begin(w->p, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, w->d->portid, w->d->seq, sizeof(*m));
	if (m)
		*m = (struct vsockdiag_msg){
			.family = AF_VSOCK, .type = (u8)v->ns.type, .state = v->state, .shutdown = v->shutdown,
			.src_cid = v->local.cid, .src_port = v->local.port,
			.dst_cid = v->remote.cid, .dst_port = v->remote.port, .ino = (u32)v->ns.ino,
			.cookie = { (u32)v->ns.ino, (u32)(v->ns.ino >> 32) },
		};
	if (!m || !nlpkt_end(w->p)) {
		w->is_full = true;
		return false;
	}
	w->d->arg[0] = w->at;
	return true;
}

static int diag_dump(struct nldump *d, struct nlpkt *p)
{
	struct walk w = { .d = d, .p = p, .q = (const void *)d->req };

	vsock_table_foreach(one, &w);
	return w.is_full;
}

static bool diag_check(const void *req, u32 len)
{
	return len >= sizeof(struct vsockdiag_req);
}

static const struct sockdiag vsock_diag = { .family = AF_VSOCK, .check = diag_check, .dump = diag_dump };
SOCKDIAG(vsock_diag);
