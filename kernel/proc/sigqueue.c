// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pending sets: a bit for each signal and a queue of those with information.
 * Plain signals are queued once; real-time ones each time, up to the sender's
 * RLIMIT_SIGPENDING. Everything here runs under S (sigactions.lock).
 */
#include "proc_impl.h"

#include <tern/mm/slab.h>

static struct objcache *sigqueued_cache;
static struct objcache *sigactions_cache;

void signal_cache_init(void)
{
	sigqueued_cache = objcache_create("sigqueued", sizeof(struct sigqueued), 0, 0, NULL);
	sigactions_cache = objcache_create("sigactions", sizeof(struct sigactions), 64, 0, NULL);
	VERIFY(sigqueued_cache && sigactions_cache);
}

struct sigactions *sigactions_alloc(void)
{
	struct sigactions *a = objcache_alloc(sigactions_cache, ALLOC_KERNEL);

	if (!a)
		return NULL;
	ref_init(&a->refs, 1);
	spin_init(&a->lock, LOCKRANK_SIGNAL);
	waitq_init(&a->signalfd_wait);
	return a;
}

static void sigactions_free_rcu(struct rcu_job *job)
{
	objcache_free(sigactions_cache, container_of(job, struct sigactions, rcu));
}

void sigactions_put(struct sigactions *a)
{
	if (ref_put(&a->refs))
		rcu_defer(&a->rcu, sigactions_free_rcu);
}

void sigpending_init(struct sigpendset *sp)
{
	list_init(&sp->queue);
	sp->set = 0;
}

struct sigqueued *sigqueued_alloc(const struct credset *c, u64 limit, bool must)
{
	struct usercount *u = c->user;
	struct sigqueued *q;

	if (atomic_add_return(&u->sigpending, 1) > (s64)min_t(u64, limit, S64_MAX) && !must)
		goto err_count;
	q = objcache_alloc(sigqueued_cache, ALLOC_ATOMIC);
	if (!q)
		goto err_count;
	ref_get(&u->refs);
	q->owner_uid = u;
	q->timer = NULL;
	return q;
err_count:
	atomic_dec(&u->sigpending);
	return NULL;
}

void sigqueued_free(struct sigqueued *q)
{
	struct usercount *u = q->owner_uid;

	if (q->timer)
		return;		/* belongs to its timer */
	atomic_dec(&u->sigpending);
	usercount_put(u);
	objcache_free(sigqueued_cache, q);
}

static void sigqueued_drop(struct sigqueued *q)
{
	list_del_init(&q->link);
	sigqueued_free(q);
}

void sigpending_flush(struct sigpendset *sp)
{
	while (!list_is_empty(&sp->queue))
		sigqueued_drop(list_first_entry(&sp->queue, struct sigqueued, link));
	sp->set = 0;
}

u32 sigqueue_drop_mask(struct sigpendset *sp, ksigset mask)
{
	struct sigqueued *q, *tmp;
	u32 n = 0;

	if (!(sp->set & mask))
		return 0;
	sp->set &= ~mask;
	list_foreach_safe(q, tmp, &sp->queue, link) {
		if (!(SIGBIT(q->info.user.si_signo) & mask))
			continue;
		sigqueued_drop(q);
		n++;
	}
	return n;
}

/* The lowest number first, but faults of the thread itself before all others. */
static int sig_choose(ksigset set)
{
	if (set & SIGSET_SYNC)
		set &= SIGSET_SYNC;
	return __builtin_ctzl(set) + 1;
}

/* Take the information of @sig off the queue; keeps the bit if another one waits. */
static void sig_collect(struct sigpendset *sp, int sig, struct ksiginfo *info)
{
	struct sigqueued *q, *first = NULL;
	bool is_last = true;

	list_foreach(q, &sp->queue, link) {
		if (q->info.user.si_signo != sig)
			continue;
		if (first) {
			is_last = false;
			break;
		}
		first = q;
	}
	if (is_last)
		sp->set &= ~SIGBIT(sig);
	if (first) {
		*info = first->info;
		sigqueued_drop(first);
		return;
	}
	memset(info, 0, sizeof(*info));
	info->user.si_signo = sig;
	info->user.si_code = SI_USER;
}

static int sigpending_take(struct sigpendset *sp, ksigset mask, struct ksiginfo *info)
{
	ksigset set = sp->set & mask;
	int sig;

	if (!set)
		return 0;
	sig = sig_choose(set);
	sig_collect(sp, sig, info);
	return sig;
}

int signal_dequeue_locked(struct thread *t, ksigset mask, struct ksiginfo *info)
{
	int sig = sigpending_take(&t->t_sig.pending, mask, info);

	if (!sig)
		sig = sigpending_take(&t->t_proc->p_pending, mask, info);
	if (sig)
		signal_recalc_locked();
	return sig;
}
