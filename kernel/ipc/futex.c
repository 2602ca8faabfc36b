// SPDX-License-Identifier: GPL-2.0-only
/*
 * Futexes: sleeping on a word of user memory.
 *
 * Waiters queue in a hash bucket chosen by the word's key. A waiter raises
 * the bucket's count, locks it, looks at the word and queues itself only if
 * the word still has the expected value. A waker changes the word first (user
 * space did), then looks at the count: no wake-up is lost, and waking a word
 * that nobody waits for takes no lock.
 *
 * A key of private memory is (address space, address); of shared memory
 * (object, byte in it), found under the address space lock. Keys hold no
 * reference: at worst an address reused meanwhile makes a spurious wake-up.
 *
 * A struct futexq lives on its waiter's stack. Whoever takes it off a bucket
 * sets q->bucket to NULL as the last access; the thread it names stays valid
 * under RCU, which the bucket's lock implies.
 *
 * Lock order: bucket (two: lower address first) > t_pi_lock, run queues.
 */
#include "futex_impl.h"

#include <tern/base/bug.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/futex.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/timens.h>
#include <uapi/time.h>
#include <tern/lib/bits.h>
#include <tern/lib/hash.h>
#include <tern/mm/aspace.h>
#include <tern/mm/slab.h>

#define BUCKETS_PER_CPU 256

static struct futex_bucket *buckets;
static unsigned bucket_bits;

void futex_init(void)
{
	u64 n = roundup_pow2(BUCKETS_PER_CPU * cpu_count_possible), i;

	bucket_bits = ilog2(n);
	buckets = kmem_alloc_large(n * sizeof(*buckets), ALLOC_KERNEL);
	VERIFY(buckets);
	for (i = 0; i < n; i++) {
		spin_init(&buckets[i].lock, LOCKRANK_FUTEX);
		buckets[i].nr_waiters = 0;
		list_init(&buckets[i].waiters);
	}
}

int futex_key_get(u32 __user *uaddr, bool is_shared, bool is_write, struct futexkey *key)
{
	struct shared_key sk;
	int err;

	if ((uptr)uaddr & 3)
		return -EINVAL;
	if (!user_range_ok(uaddr, sizeof(*uaddr)))
		return -EFAULT;
	key->object = (u64)thread_self()->t_as;
	key->place = (u64)uaddr;
	if (!is_shared)
		return 0;
	err = aspace_shared_key((uptr)uaddr, is_write, &sk);
	if (!err && !sk.is_private) {
		key->object = (u64)sk.object;
		key->place = (sk.index << PAGE_SHIFT) + sk.offset;
	}
	return err;
}

struct futex_bucket *futex_bucket_of(const struct futexkey *key)
{
	return &buckets[hash_u64(key->place ^ (key->object << 7) ^ (key->object >> 5), bucket_bits)];
}

void futex_count(struct futex_bucket *b, int by)
{
	__atomic_fetch_add(&b->nr_waiters, by, __ATOMIC_SEQ_CST);
}

u64 futex_lock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	u64 flags = spin_lock_irqsave(a < b ? &a->lock : &b->lock);

	if (a != b)
		spin_lock_nested(a < b ? &b->lock : &a->lock);
	return flags;
}

void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b, u64 flags)
{
	if (a != b)
		spin_unlock(a < b ? &b->lock : &a->lock);
	spin_unlock_irqrestore(a < b ? &a->lock : &b->lock, flags);
}

void futex_enqueue_locked(struct futex_bucket *b, struct futexq *q)
{
	q->bucket = b;
	list_add_tail(&q->link, &b->waiters);
}

void futex_wake_locked(struct futexq *q)
{
	struct thread *t = q->thread;

	list_del(&q->link);
	futex_count(q->bucket, -1);
	store_release(&q->bucket, NULL);
	thread_wake_state(t, THREAD_SLEEPING);
}

void futex_move_locked(struct futexq *q, struct futex_bucket *to, const struct futexkey *key)
{
	if (to != q->bucket) {
		list_del(&q->link);
		futex_count(q->bucket, -1);
		futex_count(to, 1);
		list_add_tail(&q->link, &to->waiters);
		store_release(&q->bucket, to);
	}
	q->key = *key;
}

bool futex_unqueue(struct futexq *q)
{
	struct futex_bucket *b;
	u64 flags;

	/* It may be moved to another bucket while we lock this one. */
	while ((b = load_acquire(&q->bucket))) {
		flags = spin_lock_irqsave(&b->lock);
		if (q->bucket == b) {
			list_del(&q->link);
			q->bucket = NULL;
			futex_count(b, -1);
			spin_unlock_irqrestore(&b->lock, flags);
			return true;
		}
		spin_unlock_irqrestore(&b->lock, flags);
	}
	return false;
}

int futex_fault_in(u32 __user *uaddr, bool is_write)
{
	u32 v;

	if (user_get(v, uaddr))
		return -EFAULT;
	if (!is_write)
		return 0;
	/* Write what is there: breaks copy-on-write without changing the word. */
	return user_cas32(uaddr, &v, v) == -EFAULT ? -EFAULT : 0;
}

/* ---- waiting ---- */

nsec_t futex_abs_deadline(u64 ns, bool is_realtime)
{
	s64 now;

	if (!is_realtime)
		return timens_to_machine(CLOCK_MONOTONIC_, ns);
	now = clock_realtime_ns();
	return (s64)ns <= now ? clock_ns() : deadline_after(ns - now);
}

int futex_sleep(struct futexq *q, nsec_t deadline)
{
	int err = 0;

	while (load_acquire(&q->bucket) && !err) {
		if (signal_is_pending()) {
			err = -ERESTARTSYS;
			break;
		}
		err = sched_block_until(deadline);
		if (!err && load_acquire(&q->bucket)) {
			WRITE_ONCE(thread_self()->t_state, THREAD_SLEEPING);
			smp_mb();
		}
	}
	WRITE_ONCE(thread_self()->t_state, THREAD_RUNNING);
	return err;
}

int futex_wait_setup(u32 __user *uaddr, u32 val, struct futexq *q)
{
	struct futex_bucket *b = futex_bucket_of(&q->key);
	u64 flags;
	u32 now;
	int err;

	for (;;) {
		futex_count(b, 1);
		flags = spin_lock_irqsave(&b->lock);
		err = user_load32_nofault(&now, uaddr);
		if (!err && now == val)
			break;
		spin_unlock_irqrestore(&b->lock, flags);
		futex_count(b, -1);
		if (!err)
			return -EWOULDBLOCK;
		if (futex_fault_in(uaddr, false))
			return -EFAULT;
	}
	futex_enqueue_locked(b, q);
	WRITE_ONCE(thread_self()->t_state, THREAD_SLEEPING);
	spin_unlock_irqrestore(&b->lock, flags);
	return 0;
}

static int wait_once(u32 __user *uaddr, bool shared, u32 val, nsec_t deadline, u32 bitset)
{
	struct futexq q = { .thread = thread_self(), .bitset = bitset };
	int err = futex_key_get(uaddr, shared, false, &q.key);

	if (!err)
		err = futex_wait_setup(uaddr, val, &q);
	if (err)
		return err;
	err = futex_sleep(&q, deadline);
	/* Woken just in time counts as woken. */
	return futex_unqueue(&q) ? err : 0;
}

static long wait_restart(struct restart_info *r);

static long futex_wait(u32 __user *uaddr, bool shared, u32 val, nsec_t deadline, u32 bitset)
{
	struct restart_info *r = &thread_self()->t_restart;
	int err = wait_once(uaddr, shared, val, deadline, bitset);

	if (err != -ERESTARTSYS || deadline == WAIT_FOREVER)
		return err;
	r->fn = wait_restart;
	r->a[0] = (u64)uaddr;
	r->a[1] = shared;
	r->a[2] = val;
	r->a[3] = deadline;
	r->a[4] = bitset;
	return -ERESTART_BLOCK;
}

static long wait_restart(struct restart_info *r)
{
	return futex_wait((u32 __user *)r->a[0], r->a[1], r->a[2], r->a[3], r->a[4]);
}

/* ---- waking ---- */

static long wake_key(const struct futexkey *key, u32 n, u32 bitset)
{
	struct futex_bucket *b = futex_bucket_of(key);
	struct futexq *q, *tmp;
	u32 woken = 0;
	u64 flags;

	smp_mb();		/* the word was changed before */
	if (!READ_ONCE(b->nr_waiters))
		return 0;
	flags = spin_lock_irqsave(&b->lock);
	list_foreach_safe(q, tmp, &b->waiters, link) {
		if (!futex_key_equal(&q->key, key) || !(q->bitset & bitset))
			continue;
		if (q->pi || q->requeue_pi_key) {
			if (!woken)
				woken = (u32)-EINVAL;
			break;
		}
		futex_wake_locked(q);
		if (++woken >= n)
			break;
	}
	spin_unlock_irqrestore(&b->lock, flags);
	return (s32)woken;
}

long futex_wake(u32 __user *uaddr, bool shared, u32 n, u32 bitset)
{
	struct futexkey key;
	int err;

	if (!bitset)
		return -EINVAL;
	err = futex_key_get(uaddr, shared, false, &key);
	return err ? err : wake_key(&key, n, bitset);
}

void futex_wake_user(u32 __user *p)
{
	futex_wake(p, true, 1, FUTEX_BITSET_ANY);
}

/* ---- the call ---- */

static int decode_timeout(int cmd, bool is_realtime, const void __user *utime, nsec_t *deadline)
{
	u64 ns;
	int err;

	*deadline = WAIT_FOREVER;
	if (!utime)
		return 0;
	err = user_get_timespec(&ns, utime);
	if (err)
		return err;
	*deadline = cmd == FUTEX_WAIT ? deadline_after(ns) : futex_abs_deadline(ns, is_realtime);
	return 0;
}

static bool has_timeout(int cmd)
{
	return cmd == FUTEX_WAIT || cmd == FUTEX_LOCK_PI || cmd == FUTEX_LOCK_PI2 ||
	       cmd == FUTEX_WAIT_BITSET || cmd == FUTEX_WAIT_REQUEUE_PI;
}

/* long: flat switch, one line a command */
long sys_futex(u32 *uaddr, int op, u32 val, const void *utime, u32 *uaddr2, u32 val3)
{
	int cmd = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME), err;
	bool shared = !(op & FUTEX_PRIVATE_FLAG), rt = op & FUTEX_CLOCK_REALTIME;
	nsec_t deadline = WAIT_FOREVER;
	int val2 = (int)(uptr)utime;

	if (rt && cmd != FUTEX_WAIT_BITSET && cmd != FUTEX_WAIT_REQUEUE_PI &&
	    cmd != FUTEX_LOCK_PI2)
		return -ENOSYS;
	if (has_timeout(cmd)) {
		err = decode_timeout(cmd, rt || cmd == FUTEX_LOCK_PI, utime, &deadline);
		if (err)
			return err;
	}
	switch (cmd) {
	case FUTEX_WAIT:
		return futex_wait(uaddr, shared, val, deadline, FUTEX_BITSET_ANY);
	case FUTEX_WAIT_BITSET:
		return val3 ? futex_wait(uaddr, shared, val, deadline, val3) : -EINVAL;
	case FUTEX_WAKE:
		return futex_wake(uaddr, shared, val, FUTEX_BITSET_ANY);
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, shared, val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, uaddr2, shared, val, val2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(uaddr, uaddr2, shared, val, val2, &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, uaddr2, shared, val, val2, val3);
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		return futex_lock_pi(uaddr, shared, deadline, false);
	case FUTEX_TRYLOCK_PI:
		return futex_lock_pi(uaddr, shared, WAIT_FOREVER, true);
	case FUTEX_UNLOCK_PI:
		return futex_unlock_pi(uaddr, shared);
	case FUTEX_WAIT_REQUEUE_PI:
		return futex_wait_requeue_pi(uaddr, shared, val, FUTEX_BITSET_ANY, deadline, uaddr2);
	case FUTEX_CMP_REQUEUE_PI:
		return futex_cmp_requeue_pi(uaddr, uaddr2, shared, val, val2, val3);
	}
	return -ENOSYS;
}
