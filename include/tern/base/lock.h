/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sleeping locks: mutex, reader-writer semaphore, latch; and seqlocks.
 * Owner kernel/sync/{mutex,rwsem,latch}.c. Never in interrupt context.
 */
#pragma once

#include <tern/base/waitq.h>

/* Mutex: one owner, spins while the owner runs, then sleeps in arrival order. */
struct kmutex {
	u64 owner;		/* struct thread * | bit 0 waiters */
	struct spin lock;	/* protects waiters; rank LOCKRANK_WAITQ */
	struct list waiters;
	u16 rank;
};

#define KMUTEX_INIT(name, r) { .lock = SPIN_INIT(LOCKRANK_WAITQ), \
	.waiters = LIST_INIT(name.waiters), .rank = (r) }
void kmutex_init(struct kmutex *m, enum lockrank rank);
/** kmutex_lock() - Context: sleeps. */
void kmutex_lock(struct kmutex *m) __acquires(m);
/** kmutex_lock_nested() - a second mutex of the same rank, by that rank's rule. */
void kmutex_lock_nested(struct kmutex *m) __acquires(m);
/** kmutex_lock_killable() - 0 or -ERESTARTSYS on a fatal signal. */
int kmutex_lock_killable(struct kmutex *m) __must_check;
/** kmutex_lock_intr() - 0 or -ERESTARTSYS on any signal. */
int kmutex_lock_intr(struct kmutex *m) __must_check;
bool kmutex_trylock(struct kmutex *m);
void kmutex_unlock(struct kmutex *m) __releases(m);
bool kmutex_is_locked(const struct kmutex *m);
/** kmutex_is_mine() - held by thread_self. */
bool kmutex_is_mine(const struct kmutex *m);

/* Reader-writer semaphore; fair: a waiting writer stops new readers. */
struct rwsem {
	s64 count;		/* readers, or writer bit, plus waiter bit */
	struct thread *writer;
	struct spin lock;	/* protects waiters */
	struct list waiters;
	u16 rank;
};

#define RWSEM_INIT(name, r) { .lock = SPIN_INIT(LOCKRANK_WAITQ), \
	.waiters = LIST_INIT(name.waiters), .rank = (r) }
void rwsem_init(struct rwsem *s, enum lockrank rank);
void rwsem_read_lock(struct rwsem *s);
bool rwsem_read_trylock(struct rwsem *s);
int rwsem_read_lock_killable(struct rwsem *s) __must_check;
void rwsem_read_unlock(struct rwsem *s);
void rwsem_write_lock(struct rwsem *s);
void rwsem_write_lock_nested(struct rwsem *s);
int rwsem_write_lock_killable(struct rwsem *s) __must_check;
bool rwsem_write_trylock(struct rwsem *s);
void rwsem_write_unlock(struct rwsem *s);
void rwsem_downgrade(struct rwsem *s);
bool rwsem_is_locked_any(const struct rwsem *s);
bool rwsem_is_write_mine(const struct rwsem *s);

/* Latch: waiters pass once it was opened (a counting completion). */
struct latch {
	u32 done;		/* openings left; LATCH_ALL: open for good */
	struct waitq waitq;
};
#define LATCH_ALL	U32_MAX
#define LATCH_INIT(name) { 0, WAITQ_INIT(name.waitq) }
void latch_init(struct latch *l);
void latch_open_one(struct latch *l);
void latch_open_all(struct latch *l);
void latch_wait(struct latch *l);
int latch_wait_killable(struct latch *l) __must_check;
int latch_wait_intr(struct latch *l) __must_check;
/** latch_wait_until() - uninterruptible; 0 or -ETIMEDOUT. */
int latch_wait_until(struct latch *l, nsec_t deadline) __must_check;

/* Sequence counter: readers retry if a write went on. The writer holds a lock of its own. */
struct seqctr { u32 seq; };

static inline u32 seq_read_begin(const struct seqctr *s)
{
	u32 v;

	while ((v = load_acquire(&s->seq)) & 1)
		cpu_relax();
	return v;
}
/* Like seq_read_begin but does not wait: an odd value makes seq_read_retry fail. */
static inline u32 seq_read_peek(const struct seqctr *s) { return load_acquire(&s->seq) & ~1u; }
static inline bool seq_read_retry(const struct seqctr *s, u32 v)
{
	smp_rmb();
	return unlikely(READ_ONCE(s->seq) != v);
}
static inline void seq_write_begin(struct seqctr *s)
{
	WRITE_ONCE(s->seq, s->seq + 1);
	smp_wmb();
}
static inline void seq_write_end(struct seqctr *s)
{
	smp_wmb();
	WRITE_ONCE(s->seq, s->seq + 1);
}
