// SPDX-License-Identifier: GPL-2.0-only
/* Futex operations on two words, and waiting for several at once. */
#include "futex_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/syscalls.h>
#include <tern/mm/slab.h>

static int two_keys(u32 __user *u1, u32 __user *u2, bool shared, struct futexkey *k1,
		    struct futexkey *k2)
{
	int err = futex_key_get(u1, shared, false, k1);

	return err ? err : futex_key_get(u2, shared, true, k2);
}

/* First *nwake of @k1 are woken, further nmove go to @k2; returns both together. */
static long requeue_locked(struct futex_bucket *b1, struct futex_bucket *b2,
			   const struct futexkey *k1, const struct futexkey *k2, int nwake,
			   int nmove)
{
	struct futexq *q, *tmp;
	long n = 0;

	list_foreach_safe(q, tmp, &b1->waiters, link) {
		if (!futex_key_equal(&q->key, k1))
			continue;
		if (q->pi || q->requeue_pi_key)
			return -EINVAL;
		if (nwake > 0) {
			futex_wake_locked(q);
			nwake--;
			n++;
		} else if (nmove > 0) {
			futex_move_locked(q, b2, k2);
			nmove--;
			n++;
		} else {
			break;
		}
	}
	return n;
}

long futex_requeue(u32 __user *u1, u32 __user *u2, bool shared, int nwake, int nmove,
		   const u32 *expect)
{
	struct futex_bucket *b1, *b2;
	struct futexkey k1, k2;
	u64 flags;
	u32 now;
	long ret;
	int err;

	if (nwake < 0 || nmove < 0)
		return -EINVAL;
	err = two_keys(u1, u2, shared, &k1, &k2);
	if (err)
		return err;
	b1 = futex_bucket_of(&k1);
	b2 = futex_bucket_of(&k2);
	for (;;) {
		flags = futex_lock_two(b1, b2);
		if (!expect || !user_load32_nofault(&now, u1))
			break;
		futex_unlock_two(b1, b2, flags);
		if (futex_fault_in(u1, false))
			return -EFAULT;
	}
	if (expect && now != *expect)
		ret = -EAGAIN;
	else
		ret = requeue_locked(b1, b2, &k1, &k2, nwake, nmove);
	futex_unlock_two(b1, b2, flags);
	return ret;
}

/* ---- FUTEX_WAKE_OP ---- */

#define OP_SHIFT	8	/* the argument is a bit number */

static int sign12(u32 v)
{
	return (int)(v << 20) >> 20;
}

static int compare(u32 kind, int old, int arg)
{
	switch (kind) {
	case 0:
		return old == arg;
	case 1:
		return old != arg;
	case 2:
		return old < arg;
	case 3:
		return old <= arg;
	case 4:
		return old > arg;
	case 5:
		return old >= arg;
	}
	return -ENOSYS;
}

static int wake_some_locked(struct futex_bucket *b, const struct futexkey *key, int n)
{
	struct futexq *q, *tmp;
	int woken = 0;

	list_foreach_safe(q, tmp, &b->waiters, link) {
		if (!futex_key_equal(&q->key, key))
			continue;
		if (q->pi || q->requeue_pi_key)
			return -EINVAL;
		futex_wake_locked(q);
		if (++woken >= n)
			break;
	}
	return woken;
}

long futex_wake_op(u32 __user *u1, u32 __user *u2, bool shared, int n1, int n2, u32 enc)
{
	u32 op = enc >> 28 & 0xf, cmp = enc >> 24 & 0xf, old;
	int oparg = sign12(enc >> 12 & 0xfff), cmparg = sign12(enc & 0xfff), err, ret, more;
	struct futex_bucket *b1, *b2;
	struct futexkey k1, k2;
	u64 flags;

	err = two_keys(u1, u2, shared, &k1, &k2);
	if (err)
		return err;
	if (op & OP_SHIFT)
		oparg = 1 << (oparg & 31);
	b1 = futex_bucket_of(&k1);
	b2 = futex_bucket_of(&k2);
	for (;;) {
		flags = futex_lock_two(b1, b2);
		/* Preemption is off: a fault is an error here, not resolved. */
		err = user_xop32(op & 7, oparg, u2, &old);
		if (err != -EFAULT)
			break;
		futex_unlock_two(b1, b2, flags);
		if (futex_fault_in(u2, true))
			return -EFAULT;
	}
	ret = err ? err : compare(cmp, old, cmparg);
	if (ret >= 0) {
		more = ret ? n2 : 0;
		ret = wake_some_locked(b1, &k1, n1);
		if (ret >= 0 && more) {
			more = wake_some_locked(b2, &k2, more);
			ret = more < 0 ? more : ret + more;
		}
	}
	futex_unlock_two(b1, b2, flags);
	return ret;
}

/* ---- futex_waitv ---- */

#define WAITV_MAX	128
#define FUTEX_SIZE_U32	2
#define CLOCK_REALTIME_ID 0
#define CLOCK_MONOTONIC_ID 1

struct futex_waitv_ { u64 val, uaddr; u32 flags, reserved; };

/* Queue on all words; if that fails *queued are on their buckets, the next one is to blame. */
static int waitv_setup(struct futexq *qs, const struct futex_waitv_ *w, u32 n, u32 *queued)
{
	struct futex_bucket *b;
	u64 flags;
	u32 now;
	int err = 0;

	WRITE_ONCE(thread_self()->t_state, THREAD_SLEEPING);
	smp_mb();
	for (*queued = 0; *queued < n; ++*queued) {
		struct futexq *q = &qs[*queued];

		b = futex_bucket_of(&q->key);
		futex_count(b, 1);
		flags = spin_lock_irqsave(&b->lock);
		err = user_load32_nofault(&now, (u32 __user *)w[*queued].uaddr);
		if (!err && now == (u32)w[*queued].val) {
			futex_enqueue_locked(b, q);
			spin_unlock_irqrestore(&b->lock, flags);
			continue;
		}
		spin_unlock_irqrestore(&b->lock, flags);
		futex_count(b, -1);
		WRITE_ONCE(thread_self()->t_state, THREAD_RUNNING);
		return err ? err : -EWOULDBLOCK;
	}
	return 0;
}

/* Take back @n queued waits; index of one that was woken, or -1. */
static int waitv_undo(struct futexq *qs, u32 n)
{
	int woken = -1;

	while (n-- > 0)
		if (!futex_unqueue(&qs[n]))
			woken = n;
	return woken;
}

static bool waitv_any_woken(const struct futexq *qs, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (!load_acquire(&qs[i].bucket))
			return true;
	return false;
}

static int waitv_sleep(struct futexq *qs, u32 n, nsec_t deadline)
{
	int err = 0;

	while (!waitv_any_woken(qs, n) && !err) {
		if (signal_is_pending()) {
			err = -ERESTARTSYS;
			break;
		}
		err = sched_block_until(deadline);
		if (!err && !waitv_any_woken(qs, n)) {
			WRITE_ONCE(thread_self()->t_state, THREAD_SLEEPING);
			smp_mb();
		}
	}
	WRITE_ONCE(thread_self()->t_state, THREAD_RUNNING);
	return err;
}

static int waitv_run(struct futexq *qs, const struct futex_waitv_ *w, u32 n, nsec_t deadline)
{
	u32 queued;
	int err, woken;

	while ((err = waitv_setup(qs, w, n, &queued))) {
		woken = waitv_undo(qs, queued);
		if (woken >= 0)
			return woken;
		if (err != -EFAULT || futex_fault_in((u32 __user *)w[queued].uaddr, false))
			return err;
	}
	err = waitv_sleep(qs, n, deadline);
	woken = waitv_undo(qs, n);
	return woken >= 0 ? woken : err;
}

static int waitv_decode(struct futexq *qs, const struct futex_waitv_ *w, u32 n)
{
	int err = 0;
	u32 i;

	for (i = 0; i < n && !err; i++) {
		if ((w[i].flags & ~(FUTEX_SIZE_U32 | FUTEX_PRIVATE_FLAG)) || w[i].reserved ||
		    !(w[i].flags & FUTEX_SIZE_U32) || w[i].val >> 32)
			return -EINVAL;
		qs[i].thread = thread_self();
		qs[i].bitset = FUTEX_BITSET_ANY;
		err = futex_key_get((u32 __user *)w[i].uaddr,
				    !(w[i].flags & FUTEX_PRIVATE_FLAG), false, &qs[i].key);
	}
	return err;
}

long sys_futex_waitv(const void *uw, u32 n, u32 flags, const void *utime, int clockid)
{
	struct futex_waitv_ *w;
	struct futexq *qs;
	nsec_t deadline = WAIT_FOREVER;
	long ret = -ENOMEM;
	u64 ns;

	if (flags || !n || n > WAITV_MAX || !uw)
		return -EINVAL;
	if (utime) {
		if (clockid != CLOCK_REALTIME_ID && clockid != CLOCK_MONOTONIC_ID)
			return -EINVAL;
		ret = user_get_timespec(&ns, utime);
		if (ret)
			return ret;
		deadline = futex_abs_deadline(ns, clockid == CLOCK_REALTIME_ID);
		ret = -ENOMEM;
	}
	w = kmem_alloc(n * sizeof(*w), ALLOC_KERNEL);
	qs = kmem_zalloc(n * sizeof(*qs), ALLOC_KERNEL);
	if (w && qs)
		ret = user_copyin(w, uw, n * sizeof(*w));
	if (w && qs && !ret)
		ret = waitv_decode(qs, w, n);
	if (w && qs && !ret)
		ret = waitv_run(qs, w, n, deadline);
	kmem_free(w);
	kmem_free(qs);
	return ret;
}
