// SPDX-License-Identifier: GPL-2.0-only
/*
 * Message queues: msgget(2), msgsnd(2), msgrcv(2).
 *
 * A sender gives its message to the first waiting receiver that wants it, else
 * puts it in the queue, else waits on the list of senders. A receiver takes a
 * message, then puts in those of waiting senders that now fit. So a sleeper is
 * woken only when its work is done, and it notices by its status, which is
 * changed under the queue's lock. Messages are counted: MSG_COPY reads one that
 * stays.
 *
 * Lock order: table lock > queue lock. Texts are copied from and to the user
 * with no lock held.
 */
#include "msg_impl.h"

#define WAIT_PENDING	1
#define WAIT_AGAIN	2	/* rights changed: begin anew */

struct message {
	struct list link;	/* queue lock */
	refcount refs;
	s64 type;		/* I */
	u64 size;		/* I */
	u8 text[];		/* I */
};

enum msg_match { MATCH_ANY, MATCH_EQUAL, MATCH_OTHER, MATCH_UPTO, MATCH_INDEX };

/* A sleeper; on its own stack. */
struct msgwait {
	struct list link;	/* queue lock */
	int status;		/* queue lock to change */
	s32 pid;
	struct message *m;	/* sender: to be put in; receiver: what it got */
	enum msg_match match;	/* receiver */
	s64 type;
	u64 max_size;		/* U64_MAX with MSG_NOERROR */
	struct waitq waitq;
};

static void message_put(struct message *m)
{
	if (m && ref_put(&m->refs))
		kmem_free_large(m);
}

void msg_free(struct ipcobj *o)
{
	struct msgqueue *q = msgq_of(o);
	struct message *m, *next;

	list_foreach_safe(m, next, &q->messages, link) {
		atomic_add(&o->ns->msg_bytes, -(s64)m->size);
		atomic_add(&o->ns->msg_count, -1);
		message_put(m);
	}
	rcu_defer_free(&o->rcu, q);
}

/* ---- msgget ---- */
struct msgget_arg { s32 key; int flags; };

static struct ipcobj *msg_make(void *arg)
{
	const struct msgget_arg *g = arg;
	struct msgqueue *q = kmem_zalloc(sizeof(*q), ALLOC_KERNEL);

	if (!q)
		return ERR_PTR(-ENOMEM);
	ipcobj_init(&q->o, g->key, g->flags);
	list_init(&q->messages);
	list_init(&q->receivers);
	list_init(&q->senders);
	q->limit = READ_ONCE(sysv_limits.msgmnb);
	q->ctime = ipc_now();
	return &q->o;
}

static int msg_fits(const struct ipcobj *o, void *arg)
{
	return 0;
}

long sys_msgget(int key, int flags)
{
	struct msgget_arg g = { key, flags };
	struct ipcget get = { msg_make, msg_fits, &g };

	return ipc_getid(&msg_table, key, flags, READ_ONCE(sysv_limits.msgmni), &get);
}

/* ---- the queue; all with its lock held ---- */

static bool matches(const struct message *m, enum msg_match match, s64 type)
{
	switch (match) {
	case MATCH_EQUAL:
		return m->type == type;
	case MATCH_OTHER:
		return m->type != type;
	case MATCH_UPTO:
		return m->type <= type;
	default:
		return true;
	}
}

static bool has_room(const struct msgqueue *q, const struct message *m)
{
	return m->size + q->nbytes <= q->limit && q->count + 1 <= q->limit;
}

static void wait_end(struct msgwait *w, int status)
{
	list_del_init(&w->link);
	WRITE_ONCE(w->status, status);
	waitq_wake_all(&w->waitq);
}

static void enqueue(struct msgqueue *q, struct message *m)
{
	list_add_tail(&m->link, &q->messages);
	q->nbytes += m->size;
	q->count++;
	atomic_add(&q->o.ns->msg_bytes, m->size);
	atomic_add(&q->o.ns->msg_count, 1);
}

static void dequeue(struct msgqueue *q, struct message *m)
{
	list_del(&m->link);
	q->nbytes -= m->size;
	q->count--;
	atomic_add(&q->o.ns->msg_bytes, -(s64)m->size);
	atomic_add(&q->o.ns->msg_count, -1);
}

/* To the first receiver that wants it; those who want it but have no space are sent away. */
static bool hand_over(struct msgqueue *q, struct message *m)
{
	struct msgwait *w, *next;

	list_foreach_safe(w, next, &q->receivers, link) {
		if (!matches(m, w->match, w->type))
			continue;
		if (m->size > w->max_size) {
			wait_end(w, -E2BIG);
			continue;
		}
		w->m = m;
		q->lrpid = w->pid;
		q->rtime = ipc_now();
		wait_end(w, 0);
		return true;
	}
	return false;
}

/* Deliver @m; the queue owns it now. */
static void deliver(struct msgqueue *q, struct message *m, s32 pid)
{
	q->lspid = pid;
	q->stime = ipc_now();
	if (!hand_over(q, m))
		enqueue(q, m);
}

void msgq_admit(struct msgqueue *q)
{
	struct msgwait *w, *next;

	list_foreach_safe(w, next, &q->senders, link) {
		if (!has_room(q, w->m))
			continue;
		deliver(q, w->m, w->pid);
		w->m = NULL;
		wait_end(w, 0);
	}
}

static void fail_waiters(struct list *waiters, int status)
{
	struct msgwait *w, *next;

	list_foreach_safe(w, next, waiters, link)
		wait_end(w, status);
}

void msgq_recheck(struct msgqueue *q)
{
	fail_waiters(&q->receivers, WAIT_AGAIN);
	fail_waiters(&q->senders, WAIT_AGAIN);
}

void msgq_remove(struct msgqueue *q)
{
	ipc_remove(&msg_table, &q->o);
	spin_lock(&q->o.lock);
	fail_waiters(&q->receivers, -EIDRM);
	fail_waiters(&q->senders, -EIDRM);
	spin_unlock(&q->o.lock);
}

/* What a receiver would get; NULL if it must wait. */
static struct message *find_message(struct msgqueue *q, const struct msgwait *w)
{
	struct message *m, *best = NULL;
	s64 i = 0;

	list_foreach(m, &q->messages, link) {
		if (w->match == MATCH_INDEX ? i++ != w->type : !matches(m, w->match, w->type))
			continue;
		if (w->match != MATCH_UPTO)
			return m;
		if (!best || m->type < best->type)
			best = m;
	}
	return best;
}

/* Queue locked on entry, not on return; the final status. */
static int wait_on(struct msgqueue *q, struct list *waiters, struct msgwait *w)
{
	w->status = WAIT_PENDING;
	w->pid = ipc_self_pid();
	waitq_init(&w->waitq);
	list_add_tail(&w->link, waiters);
	ipc_unlock(&q->o);
	(void)waitq_wait_intr(&w->waitq, READ_ONCE(w->status) != WAIT_PENDING);
	spin_lock(&q->o.lock);
	if (w->status == WAIT_PENDING) {
		list_del_init(&w->link);
		w->status = -ERESTARTNOHAND;
	}
	spin_unlock(&q->o.lock);
	return w->status;
}

/* ---- msgsnd ---- */

/* One attempt; 0 (message used up), -errno, WAIT_AGAIN. */
static int send_once(struct msgqueue *q, struct message *m, int flags)
{
	struct msgwait w = { .m = m };
	int err = ipc_check(&q->o, 0222);

	if (!err)
		err = ipc_lock(&q->o);
	if (err)
		return err;
	if (has_room(q, m)) {
		deliver(q, m, ipc_self_pid());
		ipc_unlock(&q->o);
		return 0;
	}
	if (flags & IPC_NOWAIT) {
		ipc_unlock(&q->o);
		return -EAGAIN;
	}
	return wait_on(q, &q->senders, &w);
}

static struct message *message_load(const void __user *text, u64 size, s64 type)
{
	struct message *m = kmem_alloc_large(sizeof(*m) + size, ALLOC_KERNEL);

	if (!m)
		return ERR_PTR(-ENOMEM);
	ref_init(&m->refs, 1);
	m->type = type;
	m->size = size;
	if (user_copyin(m->text, text, size)) {
		message_put(m);
		return ERR_PTR(-EFAULT);
	}
	return m;
}

long sys_msgsnd(int id, const void __user *buf, size_t size, int flags)
{
	struct message *m;
	struct ipcobj *o;
	int err;
	s64 type;

	if (user_get(type, (const s64 __user *)buf))
		return -EFAULT;
	if (size > READ_ONCE(sysv_limits.msgmax) || id < 0 || type < 1)
		return -EINVAL;
	m = message_load((const s64 __user *)buf + 1, size, type);
	if (IS_ERR(m))
		return PTR_ERR(m);
	o = ipc_find(&msg_table, id);
	if (IS_ERR(o)) {
		message_put(m);
		return PTR_ERR(o);
	}
	do {
		err = send_once(msgq_of(o), m, flags);
	} while (err == WAIT_AGAIN);
	if (err)
		message_put(m);
	ipc_put(&msg_table, o);
	return err;
}

/* ---- msgrcv ---- */

static int receive_mode(struct msgwait *w, u64 size, s64 type, int flags)
{
	w->max_size = flags & MSG_NOERROR ? U64_MAX : size;
	w->type = type;
	if (flags & MSG_COPY) {
		if ((flags & MSG_EXCEPT) || !(flags & IPC_NOWAIT))
			return -EINVAL;
		w->match = MATCH_INDEX;
	} else if (!type) {
		w->match = MATCH_ANY;
	} else if (type < 0) {
		w->match = MATCH_UPTO;
		w->type = type == S64_MIN ? S64_MAX : -type;
	} else {
		w->match = flags & MSG_EXCEPT ? MATCH_OTHER : MATCH_EQUAL;
	}
	return 0;
}

/* One attempt; 0 with w->m, -errno, WAIT_AGAIN. */
static int receive_once(struct msgqueue *q, struct msgwait *w, int flags)
{
	struct message *m;
	int err = ipc_check(&q->o, 0444);

	if (!err)
		err = ipc_lock(&q->o);
	if (err)
		return err;
	m = find_message(q, w);
	if (!m && !(flags & IPC_NOWAIT))
		return wait_on(q, &q->receivers, w);
	err = !m ? -ENOMSG : m->size > w->max_size ? -E2BIG : 0;
	if (!err && w->match == MATCH_INDEX) {
		ref_get(&m->refs);
	} else if (!err) {
		dequeue(q, m);
		q->rtime = ipc_now();
		q->lrpid = ipc_self_pid();
		msgq_admit(q);
	}
	ipc_unlock(&q->o);
	w->m = m;
	return err;
}

static long message_store(const struct message *m, s64 __user *buf, u64 size)
{
	u64 n = min(size, m->size);

	if (user_put(m->type, buf) || user_copyout(buf + 1, m->text, n))
		return -EFAULT;
	return (long)n;
}

long sys_msgrcv(int id, void __user *buf, size_t size, s64 type, int flags)
{
	struct msgwait w = { 0 };
	struct ipcobj *o;
	long ret;

	if (id < 0 || (ssize_t)size < 0)
		return -EINVAL;
	ret = receive_mode(&w, size, type, flags);
	if (ret)
		return ret;
	o = ipc_find(&msg_table, id);
	if (IS_ERR(o))
		return PTR_ERR(o);
	do {
		ret = receive_once(msgq_of(o), &w, flags);
	} while (ret == WAIT_AGAIN);
	if (!ret) {
		ret = message_store(w.m, buf, size);
		message_put(w.m);
	}
	ipc_put(&msg_table, o);
	return ret;
}
