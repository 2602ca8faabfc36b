/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of futexes. */
#pragma once

#include <asm/uaccess.h>
#include <tern/kernel/process.h>

#define FUTEX_WAIT		0
#define FUTEX_WAKE		1
#define FUTEX_FD		2
#define FUTEX_REQUEUE		3
#define FUTEX_CMP_REQUEUE	4
#define FUTEX_WAKE_OP		5
#define FUTEX_LOCK_PI		6
#define FUTEX_UNLOCK_PI		7
#define FUTEX_TRYLOCK_PI	8
#define FUTEX_WAIT_BITSET	9
#define FUTEX_WAKE_BITSET	10
#define FUTEX_WAIT_REQUEUE_PI	11
#define FUTEX_CMP_REQUEUE_PI	12
#define FUTEX_LOCK_PI2		13
#define FUTEX_PRIVATE_FLAG	128
#define FUTEX_CLOCK_REALTIME	256
#define FUTEX_BITSET_ANY	0xffffffffu

#define FUTEX_WAITERS		0x80000000u
#define FUTEX_OWNER_DIED	0x40000000u
#define FUTEX_TID_MASK		0x3fffffffu

/* Equal keys: the same word. Private: address space and address; shared: object and place in it. */
struct futexkey {
	u64 object, place;
};

struct futex_bucket {
	struct spin lock;	/* protects waiters; LOCKRANK_FUTEX, irqsave; two: by address */
	u32 nr_waiters;		/* A counted before the word is looked at */
	struct list waiters;	/* of struct futexq, in order of arrival */
} __aligned(64);

struct pi_state;

/* A thread (or one of a futex_waitv's) waiting for a word; on the waiter's stack. */
struct futexq {
	struct list link;		/* bucket lock */
	struct futex_bucket *bucket;	/* where it is queued; NULL: woken. Written under its lock */
	struct thread *thread;
	struct futexkey key;
	u32 bitset;
	struct pi_state *pi;		/* waits for a PI lock */
	const struct futexkey *requeue_pi_key;	/* may be moved to this PI lock */
	bool has_lock;			/* PI: ownership was handed over */
	bool owner_died;		/* ... by a dying thread: the word still names that one */
};

int futex_key_get(u32 __user *uaddr, bool is_shared, bool is_write, struct futexkey *key);
struct futex_bucket *futex_bucket_of(const struct futexkey *key);
static inline bool futex_key_equal(const struct futexkey *a, const struct futexkey *b)
{
	return a->object == b->object && a->place == b->place;
}
u64 futex_lock_two(struct futex_bucket *a, struct futex_bucket *b);
void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b, u64 flags);
/** futex_enqueue_locked() - add @q; the count was raised before. */
void futex_enqueue_locked(struct futex_bucket *b, struct futexq *q);
/** futex_wake_locked() - take @q off and wake its thread; @q is gone afterwards. */
void futex_wake_locked(struct futexq *q);
/** futex_move_locked() - from its bucket to another, both locked. */
void futex_move_locked(struct futexq *q, struct futex_bucket *to, const struct futexkey *key);
/** futex_unqueue() - true if it was still waiting. */
bool futex_unqueue(struct futexq *q);
/** futex_fault_in() - a word could not be reached without a fault; 0 or -EFAULT. */
int futex_fault_in(u32 __user *uaddr, bool is_write);
void futex_count(struct futex_bucket *b, int by);
/**
 * futex_wait_setup() - queue @q if the word is @val: 0, -EWOULDBLOCK, -EFAULT.
 * Sets the sleeping state.
 */
int futex_wait_setup(u32 __user *uaddr, u32 val, struct futexq *q);
/** futex_sleep() - until @q is woken, a signal or the deadline. The state was set. */
int futex_sleep(struct futexq *q, nsec_t deadline);

long futex_wake(u32 __user *uaddr, bool shared, u32 n, u32 bitset);
long futex_requeue(u32 __user *u1, u32 __user *u2, bool shared, int nwake, int nmove,
		   const u32 *expect);
long futex_wake_op(u32 __user *u1, u32 __user *u2, bool shared, int n1, int n2, u32 op);

long futex_lock_pi(u32 __user *uaddr, bool shared, nsec_t deadline, bool is_try);
long futex_unlock_pi(u32 __user *uaddr, bool shared);
long futex_wait_requeue_pi(u32 __user *u1, bool shared, u32 val, u32 bitset, nsec_t deadline,
			   u32 __user *u2);
long futex_cmp_requeue_pi(u32 __user *u1, u32 __user *u2, bool shared, int nwake, int nmove,
			  u32 expect);
void futex_pi_exit(struct thread *t);
/** futex_abs_deadline() - clock_ns() time of an absolute time-out. */
nsec_t futex_abs_deadline(u64 ns, bool is_realtime);
