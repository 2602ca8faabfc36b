// SPDX-License-Identifier: GPL-2.0-only
/*
 * Futexes with priority inheritance. The word holds the owner's thread number;
 * while threads wait, a struct pi_state ties word and owner together, so that
 * the owner runs with the highest real-time priority among its waiters. Unlock
 * hands the lock to the most urgent waiter: there is no window in which
 * somebody else could take it.
 *
 * A state lives from its first waiter to its last. It is found through any
 * waiter queued with the word's key, and is on its owner's t_pi_owned.
 *
 * Lock order: bucket (guards states of its keys) > t_pi_lock of an owner > run
 * queues. Known limit: priority is lent to the owner only, not further on if
 * that owner waits for another lock itself.
 */
#include "futex_impl.h"

#include <tern/base/bug.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/futex.h>
#include <tern/mm/slab.h>

struct pi_state {
	struct list owner_link;	/* owner's t_pi_lock */
	struct thread *owner;	/* bucket lock, with a reference; NULL: not attached */
	struct futexkey key;	/* I */
	u32 nwaiters;		/* bucket lock */
	s32 top_prio;		/* bucket lock: most urgent waiter, 0 none is real-time */
};

static s32 waiter_prio(const struct thread *t)
{
	return max_t(s32, READ_ONCE(t->t_sched.se_rt_prio), READ_ONCE(t->t_sched.se_pi_prio));
}

/* ---- states and owners; bucket lock held ---- */

/* Lend @t what the waiters of all its locks need. */
static void owner_update(struct thread *t)
{
	struct pi_state *s;
	s32 prio = 0;

	spin_lock(&t->t_pi_lock);
	list_foreach(s, &t->t_pi_owned, owner_link)
		prio = max(prio, s->top_prio);
	spin_unlock(&t->t_pi_lock);
	sched_set_pi(t, prio > 0 ? prio : -1);
}

/* False: it is dying and will not look at its list again. */
static bool owner_attach(struct pi_state *s, struct thread *t)
{
	bool ok;

	spin_lock(&t->t_pi_lock);
	ok = !(READ_ONCE(t->t_job) & JOB_DYING);
	if (ok)
		list_add_tail(&s->owner_link, &t->t_pi_owned);
	spin_unlock(&t->t_pi_lock);
	if (!ok)
		return false;
	thread_get(t);
	s->owner = t;
	return true;
}

static void owner_detach(struct pi_state *s)
{
	struct thread *t = s->owner;

	if (!t)
		return;
	spin_lock(&t->t_pi_lock);
	list_del_init(&s->owner_link);
	spin_unlock(&t->t_pi_lock);
	s->owner = NULL;
	owner_update(t);
	thread_put(t);
}

static struct futexq *top_waiter(struct futex_bucket *b, const struct futexkey *key)
{
	struct futexq *q, *top = NULL;

	list_foreach(q, &b->waiters, link)
		if (q->pi && futex_key_equal(&q->key, key) &&
		    (!top || waiter_prio(q->thread) > waiter_prio(top->thread)))
			top = q;
	return top;
}

static void state_update(struct futex_bucket *b, struct pi_state *s)
{
	struct futexq *top = top_waiter(b, &s->key);

	s->top_prio = top ? max(waiter_prio(top->thread), 0) : 0;
	if (s->owner)
		owner_update(s->owner);
}

/* A waiter has left; the last one takes the state with it. */
static void state_leave(struct futex_bucket *b, struct pi_state *s)
{
	if (--s->nwaiters) {
		state_update(b, s);
		return;
	}
	owner_detach(s);
	kmem_free(s);
}

/* The state of @key, or *fresh attached to the owner that @word names. */
static struct pi_state *state_get(struct futex_bucket *b, const struct futexkey *key, u32 word,
				  struct pi_state **fresh)
{
	struct futexq *q = top_waiter(b, key);
	struct pi_state *s = *fresh;
	struct thread *t;

	if (q)
		return q->pi;
	rcu_read_lock();
	t = pidref_thread(pidref_find(word & FUTEX_TID_MASK));
	if (!t || (t->t_flags & TF_KTHREAD)) {
		rcu_read_unlock();
		return ERR_PTR(t ? -EPERM : -ESRCH);
	}
	*s = (struct pi_state){ .key = *key };
	list_init(&s->owner_link);
	if (!owner_attach(s, t)) {
		rcu_read_unlock();
		return ERR_PTR(-EAGAIN);
	}
	rcu_read_unlock();
	*fresh = NULL;
	return s;
}

static void state_enter(struct futex_bucket *b, struct pi_state *s, struct futexq *q)
{
	q->pi = s;
	s->nwaiters++;
	state_update(b, s);
}

static u32 thread_nr(const struct thread *t)
{
	return pidref_nr(t->t_pid);
}

/* Give the lock to @q: word written already. */
static void hand_over(struct futex_bucket *b, struct pi_state *s, struct futexq *q)
{
	struct thread *t = q->thread;

	owner_detach(s);
	q->pi = NULL;
	q->has_lock = true;
	if (--s->nwaiters == 0) {
		kmem_free(s);
	} else {
		owner_attach(s, t);
		state_update(b, s);
	}
	futex_wake_locked(q);
}

/* ---- locking ---- */

/* 0: it is ours; 1: held, WAITERS is set; -EFAULT, -EAGAIN: look again; other errors are final. */
static int take_or_mark(u32 __user *uaddr, u32 tid, bool has_waiters, bool is_try, u32 *word)
{
	u32 v, new;
	int err = user_load32_nofault(&v, uaddr);

	if (err)
		return err;
	if ((v & FUTEX_TID_MASK) == tid)
		return -EDEADLK;
	if (!(v & FUTEX_TID_MASK) && !has_waiters) {
		new = tid | (v & FUTEX_OWNER_DIED);
		return user_cas32(uaddr, &v, new);
	}
	if (is_try)
		return -EBUSY;
	new = v | FUTEX_WAITERS;
	err = new == v ? 0 : user_cas32(uaddr, &v, new);
	*word = new;
	return err ? err : 1;
}

static int pi_wait(struct futexq *q, nsec_t deadline)
{
	struct futex_bucket *b;
	u64 flags;
	int err = futex_sleep(q, deadline);

	while ((b = load_acquire(&q->bucket))) {
		flags = spin_lock_irqsave(&b->lock);
		if (q->bucket == b) {
			list_del(&q->link);
			q->bucket = NULL;
			futex_count(b, -1);
			if (q->pi)
				state_leave(b, q->pi);
			spin_unlock_irqrestore(&b->lock, flags);
			return err;
		}
		spin_unlock_irqrestore(&b->lock, flags);
	}
	return 0;
}

/* One attempt: 0 locked, 1 queued (sleep), else as take_or_mark() or state_get(). */
static int lock_once(u32 __user *uaddr, struct futexq *q, bool is_try, struct pi_state **fresh)
{
	struct futex_bucket *b = futex_bucket_of(&q->key);
	struct pi_state *s;
	u64 flags;
	u32 word = 0;
	int r;

	futex_count(b, 1);
	flags = spin_lock_irqsave(&b->lock);
	r = take_or_mark(uaddr, thread_nr(q->thread), top_waiter(b, &q->key), is_try, &word);
	if (r == 1) {
		s = state_get(b, &q->key, word, fresh);
		if (IS_ERR(s)) {
			r = PTR_ERR(s);
		} else {
			futex_enqueue_locked(b, q);
			state_enter(b, s, q);
			WRITE_ONCE(thread_self()->t_state, THREAD_SLEEPING);
		}
	}
	spin_unlock_irqrestore(&b->lock, flags);
	if (r != 1)
		futex_count(b, -1);
	return r;
}

/* Got the lock of a dead thread: the word says so until we put our number there. */
static int write_inherited(u32 __user *uaddr)
{
	u32 v, new;
	int err;

	if (user_get(v, uaddr))
		return -EFAULT;
	do {
		new = thread_nr(thread_self()) | (v & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		err = user_cas32(uaddr, &v, new);
	} while (err == -EAGAIN);
	return err;
}

long futex_lock_pi(u32 __user *uaddr, bool shared, nsec_t deadline, bool is_try)
{
	struct futexq q = { .thread = thread_self(), .bitset = FUTEX_BITSET_ANY };
	struct pi_state *fresh = NULL;
	int r = futex_key_get(uaddr, shared, true, &q.key);

	while (!r) {
		if (!fresh)
			fresh = kmem_alloc(sizeof(*fresh), ALLOC_KERNEL);
		if (!fresh)
			return -ENOMEM;
		r = lock_once(uaddr, &q, is_try, &fresh);
		if (r == -EFAULT) {
			r = futex_fault_in(uaddr, true);
		} else if (r == -EAGAIN) {
			r = signal_is_fatal_pending() ? -ERESTARTNOINTR : 0;
			sched_yield_cpu();	/* the owner is just dying, or the word changed */
		} else {
			break;
		}
	}
	kmem_free(fresh);
	if (r == -EBUSY)
		return -EWOULDBLOCK;
	if (r != 1)
		return r;
	r = pi_wait(&q, deadline);
	if (q.has_lock)
		return q.owner_died ? write_inherited(uaddr) : 0;
	return r == -ERESTARTSYS ? -ERESTARTNOINTR : r;
}

static int unlock_locked(u32 __user *uaddr, struct futex_bucket *b, const struct futexkey *key)
{
	struct thread *self = thread_self();
	struct futexq *top = top_waiter(b, key);
	u32 v, new = 0;
	int err = user_load32_nofault(&v, uaddr);

	if (err)
		return err;
	if ((v & FUTEX_TID_MASK) != thread_nr(self))
		return -EPERM;
	if (top && top->pi->owner != self)
		return -EINVAL;
	if (top)
		new = thread_nr(top->thread) | (top->pi->nwaiters > 1 ? FUTEX_WAITERS : 0);
	err = user_cas32(uaddr, &v, new);
	if (!err && top)
		hand_over(b, top->pi, top);
	return err;
}

long futex_unlock_pi(u32 __user *uaddr, bool shared)
{
	struct futex_bucket *b;
	struct futexkey key;
	u64 flags;
	int err = futex_key_get(uaddr, shared, true, &key);

	if (err)
		return err;
	b = futex_bucket_of(&key);
	for (;;) {
		flags = spin_lock_irqsave(&b->lock);
		err = unlock_locked(uaddr, b, &key);
		spin_unlock_irqrestore(&b->lock, flags);
		if (err == -EFAULT)
			err = futex_fault_in(uaddr, true);
		else if (err != -EAGAIN)
			return err;
		if (err && err != -EAGAIN)
			return err;
	}
}

/* ---- moving waiters from a plain word to a PI lock ---- */

long futex_wait_requeue_pi(u32 __user *u1, bool shared, u32 val, u32 bitset, nsec_t deadline,
			   u32 __user *u2)
{
	struct futexq q = { .thread = thread_self(), .bitset = bitset };
	struct futexkey key2;
	int err;

	if (u1 == u2)
		return -EINVAL;
	err = futex_key_get(u2, shared, true, &key2);
	if (!err)
		err = futex_key_get(u1, shared, false, &q.key);
	if (!err && futex_key_equal(&q.key, &key2))
		err = -EINVAL;
	if (err)
		return err;
	q.requeue_pi_key = &key2;
	err = futex_wait_setup(u1, val, &q);
	if (err)
		return err;
	err = pi_wait(&q, deadline);
	if (q.has_lock)
		return q.owner_died ? write_inherited(u2) : 0;
	if (err == -ERESTARTSYS)
		return q.requeue_pi_key ? -ERESTARTNOINTR : -EWOULDBLOCK;
	return err ? err : -EWOULDBLOCK;
}

static struct futexq *first_requeue(struct futex_bucket *b, const struct futexkey *k1)
{
	struct futexq *q;

	list_foreach(q, &b->waiters, link)
		if (futex_key_equal(&q->key, k1))
			return q;
	return NULL;
}

/* The most urgent waiter may get the lock at once; number of threads served or -errno. */
static int requeue_first(u32 __user *u2, struct futexq *q, bool has_more, bool lock_has_waiters)
{
	u32 v, new;
	int err = user_load32_nofault(&v, u2);

	if (err)
		return err;
	if ((v & FUTEX_TID_MASK) || lock_has_waiters)
		return 0;
	new = thread_nr(q->thread) | (v & FUTEX_OWNER_DIED) | (has_more ? FUTEX_WAITERS : 0);
	err = user_cas32(u2, &v, new);
	if (err)
		return err;
	q->has_lock = true;
	futex_wake_locked(q);
	return 1;
}

static int mark_waiters(u32 __user *u2, u32 *word)
{
	u32 v;
	int err = user_load32_nofault(&v, u2);

	if (err)
		return err;
	*word = v | FUTEX_WAITERS;
	return *word == v ? 0 : user_cas32(u2, &v, *word);
}

struct requeue_pi {
	struct futex_bucket *b1, *b2;
	struct futexkey k1, k2;
	u32 __user *u2;
	struct pi_state *fresh;
};

static long requeue_pi_locked(struct requeue_pi *r, int nmove)
{
	struct futexq *q = first_requeue(r->b1, &r->k1), *tmp;
	struct pi_state *s = NULL;
	u32 word = 0;
	long done, left;
	int err;

	if (!q)
		return 0;
	list_foreach(tmp, &r->b1->waiters, link)
		if (futex_key_equal(&tmp->key, &r->k1) &&
		    (!tmp->requeue_pi_key || !futex_key_equal(tmp->requeue_pi_key, &r->k2)))
			return -EINVAL;
	done = requeue_first(r->u2, q, nmove > 0, top_waiter(r->b2, &r->k2));
	if (done < 0)
		return done;
	left = (long)nmove + !done;	/* the one that was to have the lock has to wait for it */
	while (left-- > 0 && (q = first_requeue(r->b1, &r->k1))) {
		if (!s) {
			err = mark_waiters(r->u2, &word);
			s = err ? ERR_PTR(err) : state_get(r->b2, &r->k2, word, &r->fresh);
			if (IS_ERR(s))
				return done ? done : PTR_ERR(s);
		}
		q->requeue_pi_key = NULL;
		futex_move_locked(q, r->b2, &r->k2);
		state_enter(r->b2, s, q);
		done++;
	}
	return done;
}

long futex_cmp_requeue_pi(u32 __user *u1, u32 __user *u2, bool shared, int nwake, int nmove,
			  u32 expect)
{
	struct requeue_pi r = { .u2 = u2 };
	u64 flags;
	long ret;
	u32 now;
	int err;

	if (nwake != 1 || nmove < 0 || u1 == u2)
		return -EINVAL;
	err = futex_key_get(u1, shared, false, &r.k1);
	if (!err)
		err = futex_key_get(u2, shared, true, &r.k2);
	if (err)
		return err;
	r.b1 = futex_bucket_of(&r.k1);
	r.b2 = futex_bucket_of(&r.k2);
	do {
		if (!r.fresh)
			r.fresh = kmem_alloc(sizeof(*r.fresh), ALLOC_KERNEL);
		if (!r.fresh)
			return -ENOMEM;
		flags = futex_lock_two(r.b1, r.b2);
		ret = user_load32_nofault(&now, u1);
		if (!ret)
			ret = now == expect ? requeue_pi_locked(&r, nmove) : -EBUSY;
		futex_unlock_two(r.b1, r.b2, flags);
		if (ret == -EFAULT && !futex_fault_in(u1, false) && !futex_fault_in(u2, true))
			ret = -EAGAIN;
		else if (ret == -EAGAIN)
			sched_yield_cpu();
	} while (ret == -EAGAIN && !signal_is_fatal_pending());
	kmem_free(r.fresh);
	return ret == -EBUSY ? -EAGAIN : ret;
}

/* ---- an owner dies ---- */

/* The state's word may be anywhere: the waiter that gets the lock writes it itself. */
static void inherit_locked(struct futex_bucket *b, struct pi_state *s)
{
	struct futexq *top = top_waiter(b, &s->key);

	VERIFY(top);
	top->owner_died = true;
	hand_over(b, s, top);
}

void futex_pi_exit(struct thread *t)
{
	struct futex_bucket *b;
	struct futexkey key;
	struct futexq *q;
	struct pi_state *s;
	u64 flags;

	for (;;) {
		flags = spin_lock_irqsave(&t->t_pi_lock);
		s = list_first_entry_or_null(&t->t_pi_owned, struct pi_state, owner_link);
		if (s)
			key = s->key;
		spin_unlock_irqrestore(&t->t_pi_lock, flags);
		if (!s)
			return;
		/* It may be gone by the time its bucket is locked: look it up again. */
		b = futex_bucket_of(&key);
		flags = spin_lock_irqsave(&b->lock);
		q = top_waiter(b, &key);
		if (q && q->pi->owner == t)
			inherit_locked(b, q->pi);
		spin_unlock_irqrestore(&b->lock, flags);
	}
}
