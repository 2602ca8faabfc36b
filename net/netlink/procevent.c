// SPDX-License-Identifier: GPL-2.0-only
/*
 * NETLINK_CONNECTOR: news of processes (kernel/procnews.h) to the sockets that joined group
 * CN_IDX_PROC. A program asks for them, and says that it has had enough, by a message that
 * is answered by an event of its own; the kernel counts both, whoever they come from.
 */
#include <tern/net/netlink.h>

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/process.h>
#include <tern/kernel/procnews.h>
#include <tern/kernel/userns.h>
#include <tern/lib/string.h>

static atomic32 last_seq;	/* messages are numbered, answers too */

static void publish(const struct proc_event_record *ev, u32 ack)
{
	u32 seq = (u32)atomic_fetch_add(&last_seq, 1);
	struct nlpkt *p;
	struct cn_head *h;

	if (!netlink_is_heard(&netns_initial, NETLINK_CONNECTOR, CN_IDX_PROC))
		return;
	p = nlpkt_alloc(128, ALLOC_KERNEL);
	if (!p)
		return;
	h = nlpkt_begin(p, NLMSG_DONE, 0, 0, seq, sizeof(*h) + sizeof(*ev));
	*h = (struct cn_head){ .idx = CN_IDX_PROC, .val = CN_VAL_PROC, .seq = seq, .ack = ack, .len = sizeof(*ev) };
	memcpy(h + 1, ev, sizeof(*ev));
	nlpkt_end(p);
	netlink_publish(&netns_initial, NETLINK_CONNECTOR, CN_IDX_PROC, p);
}

static void pass_on(const struct proc_event_record *ev)
{
	publish(ev, 0);
}

static int count_listener(u32 op)
{
	if (!cap_has(CAP_NET_ADMIN))
		return EPERM;
	if (op != PROC_CN_MCAST_LISTEN && op != PROC_CN_MCAST_IGNORE)
		return EINVAL;
	atomic_add(&procnews_listeners, op == PROC_CN_MCAST_LISTEN ? 1 : -1);
	return 0;
}

/* Errors are told in the event that answers, not by netlink. */
static void message(struct nlreq *r)
{
	struct proc_event_record ev;
	const struct cn_head *h = r->data;
	u32 op;

	if (r->len < sizeof(*h) || r->len > CN_MESSAGE_MAX || r->ns != &netns_initial ||
	    h->idx != CN_IDX_PROC || h->val != CN_VAL_PROC || h->len != sizeof(op) ||
	    r->len < sizeof(*h) + sizeof(op))
		return;
	if (cred_self()->ns != &userns_initial || process_self()->p_pid->level)
		return;
	memcpy(&op, h + 1, sizeof(op));
	memset(&ev, 0, sizeof(ev));
	ev.what = PROC_EVENT_NONE;
	ev.cpu = cpu_self();
	ev.time_ns = clock_ns();
	ev.err = (u32)count_listener(op);
	publish(&ev, h->ack + 1);
}

static const struct nlfamily connector = { .protocol = NETLINK_CONNECTOR, .ngroups = CN_GROUPS,
					   .is_private = true, .message = message };
NLFAMILY(connector);

static int __init procevent_start(void)
{
	procnews_hook = pass_on;
	return 0;
}
INITCALL(FS, procevent_start);
