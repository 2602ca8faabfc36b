// SPDX-License-Identifier: GPL-2.0-only
/*
 * Robust lists: a thread tells the kernel where it keeps the list of the locks
 * it holds; when it dies each of them is marked OWNER_DIED and one waiter is
 * woken. The list is user memory: it is walked with a limit and every word is
 * believed only as far as its thread number goes.
 */
#include "futex_impl.h"

#include <tern/kernel/futex.h>
#include <tern/kernel/syscalls.h>
#include <tern/mm/aspace.h>

#define ROBUST_LIMIT	2048

struct robust_head { u64 next; s64 offset; u64 pending; };

long sys_set_robust_list(void *head, size_t len)
{
	struct thread *t = thread_self();

	if (len != sizeof(struct robust_head))
		return -EINVAL;
	t->t_robust_list = head;
	t->t_robust_len = len;
	return 0;
}

long sys_get_robust_list(int tid, u64 *uhead, size_t *ulen)
{
	struct thread *t;
	u64 head = 0;
	int err = -ESRCH;

	rcu_read_lock();
	t = tid ? pidref_thread(pidref_find(tid)) : thread_self();
	if (t && ref_get_unless_zero(&t->t_refs))
		err = 0;
	rcu_read_unlock();
	if (err)
		return err;
	if (!process_may_access(t->t_proc, false))
		err = -EPERM;
	head = (u64)t->t_robust_list;
	thread_put(t);
	if (err)
		return err;
	return user_put(sizeof(struct robust_head), ulen) || user_put(head, uhead) ? -EFAULT : 0;
}

/* One lock of a dead thread; false if memory went away. */
static bool mark_dead(u32 __user *word, bool is_pi, bool is_pending)
{
	u32 tid = pidref_nr(thread_self()->t_pid), v, new;
	int err;

	if ((uptr)word & 3)
		return false;
	if (user_get(v, word))
		return false;
	do {
		/* Died between unlocking and waking: the wake-up is ours to make. */
		if (is_pending && !is_pi && !(v & FUTEX_TID_MASK) && v) {
			futex_wake(word, true, 1, FUTEX_BITSET_ANY);
			return true;
		}
		if (is_pending && !is_pi && !v) {
			futex_wake(word, true, 1, FUTEX_BITSET_ANY);
			return true;
		}
		if ((v & FUTEX_TID_MASK) != tid)
			return true;
		new = (v & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		err = user_cas32(word, &v, new);
		if (err == -EFAULT)
			return false;
	} while (err == -EAGAIN);
	if (!is_pi && (v & FUTEX_WAITERS))
		futex_wake(word, true, 1, FUTEX_BITSET_ANY);
	return true;
}

static void robust_exit(struct thread *t)
{
	struct robust_head __user *uhead = t->t_robust_list;
	struct robust_head h;
	u64 entry, next, limit = ROBUST_LIMIT;

	t->t_robust_list = NULL;
	if (!uhead || !t->t_as || user_copyin(&h, uhead, sizeof(h)))
		return;
	/* Bit 0 of a pointer says: priority inheritance. */
	for (entry = h.next; (entry & ~1UL) != (u64)uhead && limit; entry = next, limit--) {
		if (user_get(next, (u64 __user *)(entry & ~1UL)))
			return;
		if ((entry & ~1UL) != (h.pending & ~1UL) &&
		    !mark_dead((u32 __user *)((entry & ~1UL) + h.offset), entry & 1, false))
			return;
		sched_check();
	}
	if (h.pending & ~1UL)
		mark_dead((u32 __user *)((h.pending & ~1UL) + h.offset), h.pending & 1, true);
}

void futex_thread_exit(struct thread *t)
{
	robust_exit(t);
	futex_pi_exit(t);
}

void futex_exec(struct thread *t)
{
	u32 __user *p = t->t_clear_tid;

	futex_thread_exit(t);
	t->t_clear_tid = NULL;
	t->t_rseq = NULL;
	if (p && t->t_as && ref_read(&t->t_as->as_users) > 1 && !user_put(0u, p))
		futex_wake_user(p);
}
