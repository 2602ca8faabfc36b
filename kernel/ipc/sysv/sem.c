// SPDX-License-Identifier: GPL-2.0-only
/*
 * Semaphore sets: semget(2), semop(2), semtimedop(2).
 *
 * A request is tried under the set's lock: all operations are applied, or what
 * was applied is taken back and the request queues itself, on its sleeper's
 * stack. Whoever changes values goes through the queue, oldest first, carries
 * out what can go on now and wakes its thread; so nobody wakes in vain, and a
 * request that was carried out stays so whatever signal comes.
 *
 * Lock order: table lock > set lock > undo list lock. The waker holds the set
 * lock, and a sleeper takes it before its request goes out of scope.
 */
#include "sem_impl.h"

#define OPS_ON_STACK	16
#define WAIT_PENDING	1

struct semwait {
	struct list link;	/* set lock */
	struct semreq req;
	int status;		/* WAIT_PENDING, then the result; set lock to change */
	struct waitq waitq;
};

void sem_free(struct ipcobj *o)
{
	atomic_add(&o->ns->sem_count, -(s64)sem_of(o)->nsems);
	rcu_defer_free(&o->rcu, sem_of(o));
}


/* ---- semget ---- */
struct semget_arg { s32 key; int nsems, flags; };

static struct ipcobj *sem_make(void *arg)
{
	const struct semget_arg *g = arg;
	struct semset *s;

	if (!g->nsems)
		return ERR_PTR(-EINVAL);
	s = kmem_zalloc(sizeof(*s) + (u32)g->nsems * sizeof(s->sems[0]), ALLOC_KERNEL);
	if (!s)
		return ERR_PTR(-ENOMEM);
	if (atomic_add_return(&sysv_self()->sem_count, g->nsems) > (s64)READ_ONCE(sysv_limits.semmns)) {
		atomic_add(&sysv_self()->sem_count, -(s64)g->nsems);
		kmem_free(s);
		return ERR_PTR(-ENOSPC);
	}
	ipcobj_init(&s->o, g->key, g->flags);
	s->nsems = (u32)g->nsems;
	s->ctime = ipc_now();
	list_init(&s->pending);
	list_init(&s->undos);
	return &s->o;
}

static int sem_fits(const struct ipcobj *o, void *arg)
{
	const struct semget_arg *g = arg;

	return (u32)g->nsems > container_of(o, struct semset, o)->nsems ? -EINVAL : 0;
}

long sys_semget(int key, int nsems, int flags)
{
	struct semget_arg g = { key, nsems, flags };
	struct ipcget get = { sem_make, sem_fits, &g };

	if (nsems < 0 || (u32)nsems > READ_ONCE(sysv_limits.semmsl))
		return -EINVAL;
	return ipc_getid(&sem_table, key, flags, READ_ONCE(sysv_limits.semmni), &get);
}

/* ---- requests ---- */

/* One operation: 0 done, WAIT_PENDING, -ERANGE. */
static int apply(struct semset *s, struct semreq *r, const struct sembuf_ *op)
{
	struct semval *sem = &s->sems[op->num];
	s32 val = sem->val + op->op;

	if ((!op->op && sem->val) || val < 0)
		return WAIT_PENDING;
	if (val > SEMVMX)
		return -ERANGE;
	if (op->flg & SEM_UNDO) {
		s32 adj = r->undo->adj[op->num] - op->op;

		if (adj < -SEMAEM - 1 || adj > SEMAEM)
			return -ERANGE;
		r->undo->adj[op->num] = (s16)adj;
	}
	sem->val = val;
	return 0;
}

static void take_back(struct semset *s, struct semreq *r, const struct sembuf_ *op)
{
	s->sems[op->num].val -= op->op;
	if (op->flg & SEM_UNDO)
		r->undo->adj[op->num] = (s16)(r->undo->adj[op->num] + op->op);
}

/* All or none; 0, WAIT_PENDING, -EAGAIN, -ERANGE. Set locked. */
static int try_request(struct semset *s, struct semreq *r)
{
	int err = 0;
	u32 i;

	for (i = 0; i < r->nops && !err; i++)
		err = apply(s, r, &r->ops[i]);
	if (!err) {
		for (i = 0; i < r->nops; i++)
			s->sems[r->ops[i].num].pid = r->pid;
		s->otime = ipc_now();
		return 0;
	}
	r->blocker = &r->ops[--i];
	if (err == WAIT_PENDING && (r->blocker->flg & IPC_NOWAIT))
		err = -EAGAIN;
	while (i--)
		take_back(s, r, &r->ops[i]);
	return err;
}

static void wait_end(struct semwait *w, int status)
{
	list_del_init(&w->link);
	WRITE_ONCE(w->status, status);
	waitq_wake_all(&w->waitq);
}

/* One pass; true if values changed and earlier ones may go on now. */
static bool scan_once(struct semset *s)
{
	struct semwait *w, *next;

	list_foreach_safe(w, next, &s->pending, link) {
		bool alters = w->req.alters;
		int err = try_request(s, &w->req);

		if (err == WAIT_PENDING)
			continue;
		wait_end(w, err);
		if (!err && alters)
			return true;
	}
	return false;
}

void semset_scan(struct semset *s)
{
	while (scan_once(s))
		;
}

void semset_fail_waiters(struct semset *s, int err)
{
	struct semwait *w, *next;

	list_foreach_safe(w, next, &s->pending, link)
		wait_end(w, err);
}

u32 semset_count_waiters(const struct semset *s, u16 num, bool for_zero)
{
	struct semwait *w;
	u32 n = 0;

	list_foreach(w, &s->pending, link)
		n += w->req.blocker->num == num && !w->req.blocker->op == for_zero;
	return n;
}

void semset_remove(struct semset *s)
{
	LIST_HEAD(undos);

	ipc_remove(&sem_table, &s->o);
	spin_lock(&s->o.lock);
	semset_fail_waiters(s, -EIDRM);
	semundo_take_all(s, &undos);
	spin_unlock(&s->o.lock);
	semundo_free_all(&undos);
}

/* Set locked on entry, not on return. */
static int wait_for(struct semset *s, struct semwait *w, nsec_t deadline)
{
	int err;

	w->status = WAIT_PENDING;
	waitq_init(&w->waitq);
	list_add_tail(&w->link, &s->pending);
	ipc_unlock(&s->o);
	err = waitq_wait_intr_until(&w->waitq, READ_ONCE(w->status) != WAIT_PENDING, deadline);
	spin_lock(&s->o.lock);
	if (w->status == WAIT_PENDING) {
		list_del_init(&w->link);
		w->status = err == -ETIMEDOUT ? -EAGAIN : -EINTR;
	}
	spin_unlock(&s->o.lock);
	return w->status;
}

/* The set locked, and with the undo entry the request needs. */
static int request_lock(struct semset *s, struct semreq *r, bool has_undo)
{
	int err;

	if (has_undo) {
		r->undo = semundo_lock(s);
		err = IS_ERR(r->undo) ? (int)PTR_ERR(r->undo) : 0;
	} else {
		err = ipc_lock(&s->o);
	}
	return err;
}

static int run_request(struct semset *s, struct sembuf_ *ops, u32 nops, nsec_t deadline)
{
	struct semwait w = { .req = { .ops = ops, .nops = nops, .pid = ipc_self_pid() } };
	bool has_undo = false;
	int err;

	for (u32 i = 0; i < nops; i++) {
		if (ops[i].num >= s->nsems)
			return -EFBIG;
		w.req.alters |= !!ops[i].op;
		has_undo |= !!(ops[i].flg & SEM_UNDO);
	}
	err = ipc_check(&s->o, w.req.alters ? 0222 : 0444);
	if (!err)
		err = request_lock(s, &w.req, has_undo);
	if (err)
		return err;
	err = try_request(s, &w.req);
	if (err == WAIT_PENDING)
		return wait_for(s, &w, deadline);
	if (!err && w.req.alters)
		semset_scan(s);
	ipc_unlock(&s->o);
	return err;
}

static long do_semop(int id, const void __user *uops, u64 nops, nsec_t deadline)
{
	struct sembuf_ few[OPS_ON_STACK], *ops = few;
	struct ipcobj *o;
	long err = -EFAULT;

	if (nops > OPS_ON_STACK) {
		ops = kmem_calloc(nops, sizeof(*ops), ALLOC_KERNEL);
		if (!ops)
			return -ENOMEM;
	}
	if (user_copyin(ops, uops, nops * sizeof(*ops)))
		goto out;
	o = ipc_find(&sem_table, id);
	err = IS_ERR(o) ? PTR_ERR(o) : 0;
	if (!err) {
		err = run_request(sem_of(o), ops, (u32)nops, deadline);
		ipc_put(&sem_table, o);
	}
out:
	if (ops != few)
		kmem_free(ops);
	return err;
}

static int check_count(int id, u64 nops)
{
	if (!nops || id < 0)
		return -EINVAL;
	return nops > READ_ONCE(sysv_limits.semopm) ? -E2BIG : 0;
}

long sys_semop(int id, void __user *ops, u32 nops)
{
	int err = check_count(id, nops);

	return err ? err : do_semop(id, ops, nops, WAIT_FOREVER);
}

long sys_semtimedop(int id, void __user *ops, u32 nops, const void __user *timeout)
{
	int err = 0;
	u64 ns;

	if (timeout)
		err = user_get_timespec(&ns, timeout);
	if (!err)
		err = check_count(id, nops);
	return err ? err : do_semop(id, ops, nops, timeout ? deadline_after(ns) : WAIT_FOREVER);
}
