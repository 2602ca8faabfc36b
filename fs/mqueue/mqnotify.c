// SPDX-License-Identifier: GPL-2.0-only
/* mq_notify(3): one process is told, once, that a message came to an empty queue. */
#include "mqueue_impl.h"

#include <tern/kernel/signal.h>

struct mqnotice mqnotice_take(struct mqueue *q)
{
	struct mqnotice n = q->notice;

	q->notice.owner = NULL;
	return n;
}

void mqnotice_send(struct mqnotice *n)
{
	struct ksiginfo info = { 0 };
	struct process *p;

	if (!n->owner)
		return;
	if (n->kind == SIGEV_SIGNAL) {
		info.user.si_signo = n->signo;
		info.user.si_code = SI_MESGQ;
		info.user.rt.pid = pidref_nr(process_self()->p_pid);
		info.user.rt.uid = cred_self()->uid;
		info.user.rt.value.sival_ptr = (void *)n->value;
		rcu_read_lock();
		p = pidref_process(n->owner);
		if (p)
			(void)signal_send_process(p, n->signo, &info);
		rcu_read_unlock();
	}
	pidref_put(n->owner);
}

int mqnotice_set(struct mqueue *q, const struct sigevent_ *ev)
{
	struct pidref *self = process_self()->p_pid, *drop = NULL;
	int err = 0;

	spin_lock(&q->lock);
	if (!ev) {
		if (q->notice.owner == self) {
			drop = self;
			q->notice.owner = NULL;
		}
	} else if (q->notice.owner) {
		err = -EBUSY;
	} else {
		q->notice = (struct mqnotice){ pidref_get(self), ev->notify, ev->signo, ev->value };
	}
	spin_unlock(&q->lock);
	if (drop)
		pidref_put(drop);
	return err;
}
