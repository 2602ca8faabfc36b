// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks of modules, inside the vendor's structures. Spin locks are the native 4-byte word. Sleeping
 * locks are our own algorithm in the vendor's bytes, since modules initialise them inline (all
 * zero, lists empty):
 *
 *	mutex		owner: native thread, bit 0: somebody waits; list of struct sleeper
 *	rw_semaphore	count: readers, or -1 for a writer
 *	semaphore	count
 *
 * A sleeper is on the list while it waits and takes the lock itself when it is woken, so a running
 * thread may be faster: waiters can be overtaken, but none is forgotten.
 */
#include "../lx.h"

#include "../runtime.h"

#include "../wait.h"

#include <asm/cpu.h>
#include <tern/base/preempt.h>
#include <tern/base/rcu.h>
#include <tern/base/spin.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/thread.h>

DEFINE_PERCPU(u32, lx_irqs_stay_off);

/* What _irq unlocks do, unless the bridge was entered with interrupts off (lx_irqs_hold()). */
static inline void irqs_on(void)
{
	if (likely(!this_cpu_read(lx_irqs_stay_off)))
		irq_enable();
}

static inline spinword *word(struct lx_raw_spinlock *l) { return (spinword *)l; }

/* ---- spin locks ---- */

void lx__raw_spin_lock(struct lx_raw_spinlock *l)
{
	preempt_disable();
	spinword_lock(word(l));
}
LX_EXPORT(_raw_spin_lock);

void lx__raw_spin_unlock(struct lx_raw_spinlock *l)
{
	spinword_unlock(word(l));
	preempt_enable();
}
LX_EXPORT(_raw_spin_unlock);

void lx__raw_spin_lock_irq(struct lx_raw_spinlock *l)
{
	irq_disable();
	lx__raw_spin_lock(l);
}
LX_EXPORT(_raw_spin_lock_irq);

void lx__raw_spin_unlock_irq(struct lx_raw_spinlock *l)
{
	spinword_unlock(word(l));
	irqs_on();
	preempt_enable();
}
LX_EXPORT(_raw_spin_unlock_irq);

unsigned long lx__raw_spin_lock_irqsave(struct lx_raw_spinlock *l)
{
	unsigned long flags = irq_save();

	lx__raw_spin_lock(l);
	return flags;
}
LX_EXPORT(_raw_spin_lock_irqsave);

void lx__raw_spin_unlock_irqrestore(struct lx_raw_spinlock *l, unsigned long flags)
{
	spinword_unlock(word(l));
	irq_restore(flags);
	preempt_enable();
}
LX_EXPORT(_raw_spin_unlock_irqrestore);

void lx__raw_spin_lock_bh(struct lx_raw_spinlock *l)
{
	bh_disable();
	spinword_lock(word(l));
}
LX_EXPORT(_raw_spin_lock_bh);

void lx__raw_spin_unlock_bh(struct lx_raw_spinlock *l)
{
	spinword_unlock(word(l));
	bh_enable();
}
LX_EXPORT(_raw_spin_unlock_bh);

int lx__raw_spin_trylock(struct lx_raw_spinlock *l)
{
	preempt_disable();
	if (spinword_trylock(word(l)))
		return 1;
	preempt_enable();
	return 0;
}
LX_EXPORT(_raw_spin_trylock);

int lx__raw_spin_trylock_bh(struct lx_raw_spinlock *l)
{
	bh_disable();
	if (spinword_trylock(word(l)))
		return 1;
	bh_enable();
	return 0;
}
LX_EXPORT(_raw_spin_trylock_bh);

void lx___local_bh_enable_ip(unsigned long ip, unsigned int count)
{
	bh_enable();
}
LX_EXPORT(__local_bh_enable_ip);

/* ---- reader-writer spin locks: the low word counts readers, the top bit is a writer ---- */

#define RW_WRITER	0x80000000u

static inline u32 *rw_word(struct lx_rwlock_t *l) { return (u32 *)l; }

static void read_acquire(struct lx_rwlock_t *l)
{
	u32 *w = rw_word(l), old;

	for (;;) {
		old = READ_ONCE(*w);
		if (!(old & RW_WRITER) && cas(w, old, old + 1))
			return;
		cpu_relax();
	}
}

static void write_acquire(struct lx_rwlock_t *l)
{
	u32 *w = rw_word(l);

	while (READ_ONCE(*w) || !cas(w, 0u, RW_WRITER))
		cpu_relax();
}

static void read_release(struct lx_rwlock_t *l) { __atomic_fetch_sub(rw_word(l), 1, __ATOMIC_RELEASE); }
static void write_release(struct lx_rwlock_t *l) { store_release(rw_word(l), 0u); }

void lx__raw_read_lock(struct lx_rwlock_t *l) { preempt_disable(); read_acquire(l); }
LX_EXPORT(_raw_read_lock);
void lx__raw_read_unlock(struct lx_rwlock_t *l) { read_release(l); preempt_enable(); }
LX_EXPORT(_raw_read_unlock);
void lx__raw_write_lock(struct lx_rwlock_t *l) { preempt_disable(); write_acquire(l); }
LX_EXPORT(_raw_write_lock);
void lx__raw_write_unlock(struct lx_rwlock_t *l) { write_release(l); preempt_enable(); }
LX_EXPORT(_raw_write_unlock);
void lx__raw_read_lock_bh(struct lx_rwlock_t *l) { bh_disable(); read_acquire(l); }
LX_EXPORT(_raw_read_lock_bh);
void lx__raw_read_unlock_bh(struct lx_rwlock_t *l) { read_release(l); bh_enable(); }
LX_EXPORT(_raw_read_unlock_bh);
void lx__raw_write_lock_bh(struct lx_rwlock_t *l) { bh_disable(); write_acquire(l); }
LX_EXPORT(_raw_write_lock_bh);
void lx__raw_write_unlock_bh(struct lx_rwlock_t *l) { write_release(l); bh_enable(); }
LX_EXPORT(_raw_write_unlock_bh);
void lx__raw_read_lock_irq(struct lx_rwlock_t *l) { irq_disable(); lx__raw_read_lock(l); }
LX_EXPORT(_raw_read_lock_irq);
void lx__raw_read_unlock_irq(struct lx_rwlock_t *l) { read_release(l); irqs_on(); preempt_enable(); }
LX_EXPORT(_raw_read_unlock_irq);
void lx__raw_write_lock_irq(struct lx_rwlock_t *l) { irq_disable(); lx__raw_write_lock(l); }
LX_EXPORT(_raw_write_lock_irq);
void lx__raw_write_unlock_irq(struct lx_rwlock_t *l) { write_release(l); irqs_on(); preempt_enable(); }
LX_EXPORT(_raw_write_unlock_irq);

unsigned long lx__raw_read_lock_irqsave(struct lx_rwlock_t *l)
{
	unsigned long flags = irq_save();

	lx__raw_read_lock(l);
	return flags;
}
LX_EXPORT(_raw_read_lock_irqsave);

void lx__raw_read_unlock_irqrestore(struct lx_rwlock_t *l, unsigned long flags)
{
	read_release(l);
	irq_restore(flags);
	preempt_enable();
}
LX_EXPORT(_raw_read_unlock_irqrestore);

unsigned long lx__raw_write_lock_irqsave(struct lx_rwlock_t *l)
{
	unsigned long flags = irq_save();

	lx__raw_write_lock(l);
	return flags;
}
LX_EXPORT(_raw_write_lock_irqsave);

void lx__raw_write_unlock_irqrestore(struct lx_rwlock_t *l, unsigned long flags)
{
	write_release(l);
	irq_restore(flags);
	preempt_enable();
}
LX_EXPORT(_raw_write_unlock_irqrestore);

/* ---- mutex ---- */

#define MUTEX_WAITERS	1UL

static inline u64 *owner_of(struct lx_mutex *m) { return (u64 *)&m->owner; }

void lx___mutex_init(struct lx_mutex *m, const char *name, struct lx_lock_class_key *key)
{
	m->owner.counter = 0;
	m->wait_lock = (__typeof__(m->wait_lock)){ 0 };
	m->wait_list.next = m->wait_list.prev = &m->wait_list;
}
LX_EXPORT(__mutex_init);

int lx_mutex_trylock(struct lx_mutex *m)
{
	u64 old = READ_ONCE(*owner_of(m));

	return !(old & ~MUTEX_WAITERS) && cas(owner_of(m), old, old | (u64)thread_self());
}
LX_EXPORT(mutex_trylock);

static bool mutex_get(void *m) { return lx_mutex_trylock(m); }

/* Wait until @m is ours. The bit for waiters is set before the last try to get it. */
static int mutex_wait(struct lx_mutex *m, u32 state)
{
	return lx_sleep_for((spinword *)&m->wait_lock, &m->wait_list, state, mutex_get, m,
			    owner_of(m), MUTEX_WAITERS);
}

void lx_mutex_lock(struct lx_mutex *m)
{
	might_sleep();
	if (!cas(owner_of(m), 0UL, (u64)thread_self()))
		(void)mutex_wait(m, THREAD_UNINTERRUPTIBLE);
}
LX_EXPORT(mutex_lock);

int lx_mutex_lock_interruptible(struct lx_mutex *m)
{
	return cas(owner_of(m), 0UL, (u64)thread_self()) ? 0 : mutex_wait(m, THREAD_SLEEPING);
}
LX_EXPORT(mutex_lock_interruptible);

int lx_mutex_lock_killable(struct lx_mutex *m)
{
	return cas(owner_of(m), 0UL, (u64)thread_self()) ? 0 : mutex_wait(m, THREAD_KILLABLE);
}
LX_EXPORT(mutex_lock_killable);

void lx_mutex_lock_io(struct lx_mutex *m)
{
	lx_mutex_lock(m);
}
LX_EXPORT(mutex_lock_io);

void lx_mutex_unlock(struct lx_mutex *m)
{
	if (cas(owner_of(m), (u64)thread_self(), 0UL))
		return;
	__atomic_fetch_and(owner_of(m), MUTEX_WAITERS, __ATOMIC_RELEASE);
	lx_wake_sleeper((spinword *)&m->wait_lock, &m->wait_list, 1);
}
LX_EXPORT(mutex_unlock);

bool lx_mutex_is_locked(struct lx_mutex *m)
{
	return READ_ONCE(*owner_of(m)) & ~MUTEX_WAITERS;
}
LX_EXPORT(mutex_is_locked);

/* ---- reader-writer semaphore ---- */

#define RWSEM_WRITER	(-1L)

void lx___init_rwsem(struct lx_rw_semaphore *s, const char *name, struct lx_lock_class_key *key)
{
	s->count.counter = 0;
	s->wait_lock = (__typeof__(s->wait_lock)){ 0 };
	s->wait_list.next = s->wait_list.prev = &s->wait_list;
}
LX_EXPORT(__init_rwsem);

int lx_down_read_trylock(struct lx_rw_semaphore *s)
{
	s64 old = READ_ONCE(s->count.counter);

	return old >= 0 && cas((s64 *)&s->count.counter, old, old + 1);
}
LX_EXPORT(down_read_trylock);

int lx_down_write_trylock(struct lx_rw_semaphore *s)
{
	return cas((s64 *)&s->count.counter, 0L, RWSEM_WRITER);
}
LX_EXPORT(down_write_trylock);

static bool rwsem_get_read(void *s)
{
	struct lx_rw_semaphore *sem = s;

	while (READ_ONCE(sem->count.counter) >= 0)
		if (lx_down_read_trylock(sem))
			return true;
	return false;
}
static bool rwsem_get_write(void *s) { return lx_down_write_trylock(s); }

static int rwsem_wait(struct lx_rw_semaphore *s, u32 state, bool (*get)(void *))
{
	might_sleep();
	return get(s) ? 0 : lx_sleep_for((spinword *)&s->wait_lock, &s->wait_list, state, get, s, NULL, 0);
}

static void rwsem_wake(struct lx_rw_semaphore *s)
{
	smp_mb();
	if (READ_ONCE(s->wait_list.next) != &s->wait_list)
		lx_wake_sleeper((spinword *)&s->wait_lock, &s->wait_list, 0);
}

void lx_down_read(struct lx_rw_semaphore *s) { (void)rwsem_wait(s, THREAD_UNINTERRUPTIBLE, rwsem_get_read); }
LX_EXPORT(down_read);
int lx_down_read_killable(struct lx_rw_semaphore *s)
{
	return rwsem_wait(s, THREAD_KILLABLE, rwsem_get_read);
}
LX_EXPORT(down_read_killable);
int lx_down_read_interruptible(struct lx_rw_semaphore *s)
{
	return rwsem_wait(s, THREAD_SLEEPING, rwsem_get_read);
}
LX_EXPORT(down_read_interruptible);
void lx_down_write(struct lx_rw_semaphore *s)
{
	(void)rwsem_wait(s, THREAD_UNINTERRUPTIBLE, rwsem_get_write);
}
LX_EXPORT(down_write);
int lx_down_write_killable(struct lx_rw_semaphore *s)
{
	return rwsem_wait(s, THREAD_KILLABLE, rwsem_get_write);
}
LX_EXPORT(down_write_killable);

void lx_up_read(struct lx_rw_semaphore *s)
{
	if (__atomic_sub_fetch(&s->count.counter, 1, __ATOMIC_SEQ_CST) == 0)
		rwsem_wake(s);
}
LX_EXPORT(up_read);

void lx_up_write(struct lx_rw_semaphore *s)
{
	__atomic_store_n(&s->count.counter, 0, __ATOMIC_SEQ_CST);
	rwsem_wake(s);
}
LX_EXPORT(up_write);

void lx_downgrade_write(struct lx_rw_semaphore *s)
{
	__atomic_store_n(&s->count.counter, 1, __ATOMIC_SEQ_CST);
	rwsem_wake(s);
}
LX_EXPORT(downgrade_write);

/* ---- counting semaphore ---- */

static bool sem_get(void *p)
{
	struct lx_semaphore *s = p;
	u32 old = READ_ONCE(s->count);

	while (old)
		if (__atomic_compare_exchange_n(&s->count, &old, old - 1, true, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
	return false;
}

static int sem_wait_for(struct lx_semaphore *s, u32 state)
{
	return sem_get(s) ? 0 : lx_sleep_for((spinword *)&s->lock, &s->wait_list, state, sem_get, s, NULL, 0);
}

void lx_down(struct lx_semaphore *s) { (void)sem_wait_for(s, THREAD_UNINTERRUPTIBLE); }
LX_EXPORT(down);
int lx_down_interruptible(struct lx_semaphore *s) { return sem_wait_for(s, THREAD_SLEEPING); }
LX_EXPORT(down_interruptible);
int lx_down_killable(struct lx_semaphore *s) { return sem_wait_for(s, THREAD_KILLABLE); }
LX_EXPORT(down_killable);
int lx_down_trylock(struct lx_semaphore *s) { return !sem_get(s); }
LX_EXPORT(down_trylock);

void lx_up(struct lx_semaphore *s)
{
	__atomic_add_fetch(&s->count, 1, __ATOMIC_SEQ_CST);
	lx_wake_sleeper((spinword *)&s->lock, &s->wait_list, 1);
}
LX_EXPORT(up);

/* ---- RCU ---- */

void lx___rcu_read_lock(void) { rcu_read_lock(); }
LX_EXPORT(__rcu_read_lock);
void lx___rcu_read_unlock(void) { rcu_read_unlock(); }
LX_EXPORT(__rcu_read_unlock);
void lx_synchronize_rcu(void) { rcu_wait(); }
LX_EXPORT(synchronize_rcu);
void lx_synchronize_rcu_expedited(void) { rcu_wait(); }
LX_EXPORT(synchronize_rcu_expedited);
void lx_rcu_barrier(void) { rcu_flush(); }
LX_EXPORT(rcu_barrier);

/* A callback_head is two words, and so is a native job. */
void lx_call_rcu(struct lx_callback_head *head, void (*fn)(struct lx_callback_head *))
{
	static_assert(sizeof(struct lx_callback_head) == sizeof(struct rcu_job), "RCU head");
	rcu_defer((struct rcu_job *)head, (void (*)(struct rcu_job *))fn);
}
LX_EXPORT(call_rcu);

/*
 * kfree after a grace period. With a head, @func is its offset in the object (a small number);
 * without, @func is the object and the caller may sleep.
 */
void lx_kvfree_call_rcu(struct lx_callback_head *head, void (*func)(struct lx_callback_head *))
{
	if (!head) {
		rcu_wait();
		lx_kvfree((void *)func);
		return;
	}
	rcu_defer_free((struct rcu_job *)head, (u8 *)head - (uptr)func);
}
LX_EXPORT(kvfree_call_rcu);

/* ---- semaphores of readers counted per CPU: no module waits for the readers, so all go ahead ---- */

bool lx___percpu_down_read(struct lx_percpu_rw_semaphore *s, bool only_try)
{
	this_cpu_inc(*s->read_count);
	return true;
}
LX_EXPORT(__percpu_down_read);
int lx_rcuwait_wake_up(struct lx_rcuwait *w) { return 0; }
LX_EXPORT(rcuwait_wake_up);
