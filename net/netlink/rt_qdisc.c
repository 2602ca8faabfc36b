// SPDX-License-Identifier: GPL-2.0-only
/*
 * How packets wait for an interface (RTM_GETQDISC), as `tc qdisc show` lists it: in order of
 * arrival (pfifo) for devices that can be full, not at all (noqueue) for the rest. No other
 * discipline can be put in place.
 */
#include "rt_impl.h"

#include <tern/net/netif.h>

#define TC_ROOT	0xffffffffu

/* Packets may wait: before the driver, or in a hardware driver's own queues. */
static bool has_queue(const struct netif *nif)
{
	return !nif->is_lockless || nif->driver_name;
}

const char *qdisc_name(const struct netif *nif)
{
	return !nif->was_up ? "noop" : has_queue(nif) ? "pfifo" : "noqueue";
}

static bool put_qdisc(struct nldump *d, struct nlpkt *p, const struct netif *nif)
{
	struct tcmsg *m = nlpkt_begin(p, RTM_NEWQDISC, NLM_F_MULTI, d->portid, d->seq, sizeof(*m));
	u32 limit = READ_ONCE(nif->txq_len);

	if (!m)
		return false;
	m->ifindex = (s32)nif->index;
	m->parent = TC_ROOT;
	m->info = 2;
	nlpkt_put_str(p, TCA_KIND, qdisc_name(nif));
	if (has_queue(nif))
		nlpkt_put(p, TCA_OPTIONS, &limit, sizeof(limit));
	return nlpkt_end(p);
}

static int dump_qdiscs(struct nldump *d, struct nlpkt *p)
{
	const struct tcmsg *asked = (const void *)d->req;
	struct netif *nif;
	u64 at = 0;

	netif_foreach(nif, d->ns) {
		if (d->req_len >= sizeof(*asked) && asked->ifindex && asked->ifindex != (s32)nif->index)
			continue;
		if (!netif_is_up(nif) || !nldump_due(d, &at))
			continue;
		if (!put_qdisc(d, p, nif))
			return 1;
		d->arg[0] = at;
	}
	return 0;
}

static const struct rtobject qdisc_object = { .base = RTM_NEWQDISC, .dump = dump_qdiscs };
RTOBJECT(qdisc_object);
