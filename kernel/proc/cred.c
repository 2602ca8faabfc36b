// SPDX-License-Identifier: GPL-2.0-only
/*
 * Credentials: immutable sets with a reference count. A change is: prepare a
 * private copy, change it, commit. Readers of other threads' credentials use
 * RCU; a thread reads its own (t_cred) without anything.
 *
 * t_real_cred owns the reference; t_cred equals it except between
 * cred_override() and cred_revert(), where the overrider owns the other set.
 */
#include "proc_impl.h"

#include <tern/kernel/procnews.h>
#include <tern/kernel/userns.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/hlist.h>
#include <tern/mm/aspace.h>
#include <tern/mm/slab.h>

#define CAP_FULL	((1UL << (CAP_LAST + 1)) - 1)

static struct grouplist no_groups = { { ATOMIC_INIT(1) }, 0 };
static struct usercount root_user = { .refs = { ATOMIC_INIT(2) } };

struct credset cred_init_set = {
	.refs = { ATOMIC_INIT(1) },
	.cap_permitted = CAP_FULL,
	.cap_effective = CAP_FULL,
	.cap_bounding = CAP_FULL,
	.groups = &no_groups,
	.user = &root_user,
	.ns = &userns_initial,
};

static struct objcache *cred_cache;

/* ---- per-user totals: a hash of struct usercount ---- */

#define USER_HASH_BITS 8
struct usernode { struct usercount count; struct hnode link; };
static struct hlist user_hash[1 << USER_HASH_BITS];
static struct spin user_lock = SPIN_INIT(LOCKRANK_PIDMAP);

static struct hlist *user_chain(uid_t uid)
{
	return &user_hash[(uid ^ uid >> 8 ^ uid >> 16) & ((1 << USER_HASH_BITS) - 1)];
}

static struct usernode *user_find_locked(uid_t uid)
{
	struct usernode *n;

	hlist_foreach(n, user_chain(uid), link)
		if (n->count.uid == uid)
			return n;
	return NULL;
}

struct usercount *usercount_get(uid_t uid)
{
	struct usernode *n, *fresh;
	u64 flags;

	if (uid == 0) {
		ref_get(&root_user.refs);
		return &root_user;
	}
	fresh = kmem_zalloc(sizeof(*fresh), ALLOC_KERNEL);
	flags = spin_lock_irqsave(&user_lock);
	n = user_find_locked(uid);
	if (n) {
		ref_get(&n->count.refs);
	} else if (fresh) {
		n = fresh;
		fresh = NULL;
		ref_init(&n->count.refs, 1);
		n->count.uid = uid;
		hlist_add_head(&n->link, user_chain(uid));
	}
	spin_unlock_irqrestore(&user_lock, flags);
	kmem_free(fresh);
	return n ? &n->count : NULL;
}

void usercount_put(struct usercount *u)
{
	struct usernode *n = container_of(u, struct usernode, count);
	u64 flags;

	if (u == &root_user) {
		ref_put(&u->refs);
		return;
	}
	/* Fast path: not the last one. */
	for (s32 v = ref_read(&u->refs); v > 1; v = ref_read(&u->refs))
		if (atomic_cas(&u->refs.n, v, v - 1))
			return;
	flags = spin_lock_irqsave(&user_lock);
	if (!ref_put(&u->refs)) {
		spin_unlock_irqrestore(&user_lock, flags);
		return;
	}
	hlist_del(&n->link);
	spin_unlock_irqrestore(&user_lock, flags);
	kmem_free(n);
}

/* ---- sets ---- */

void cred_init(void)
{
	cred_cache = objcache_create("credset", sizeof(struct credset), 0, 0, NULL);
	VERIFY(cred_cache);
}

const struct credset *cred_self(void)
{
	return thread_self()->t_cred;
}

struct credset *cred_get(const struct credset *c)
{
	struct credset *m = (struct credset *)c;

	ref_get(&m->refs);
	return m;
}

void grouplist_put(struct grouplist *g)
{
	if (ref_put(&g->refs))
		kmem_free(g);
}

static void cred_free_rcu(struct rcu_job *job)
{
	struct credset *m = container_of(job, struct credset, rcu);

	grouplist_put(m->groups);
	landlayer_put(m->landlock);
	usercount_put(m->user);
	userns_put(m->ns);
	objcache_free(cred_cache, m);
}

void cred_put(const struct credset *c)
{
	struct credset *m = (struct credset *)c;

	if (ref_put(&m->refs))
		rcu_defer(&m->rcu, cred_free_rcu);
}

struct credset *cred_copy(const struct credset *old)
{
	struct credset *c = objcache_alloc(cred_cache, ALLOC_KERNEL);

	if (!c)
		return NULL;
	*c = *old;
	ref_init(&c->refs, 1);
	ref_get(&c->groups->refs);
	landlayer_get(c->landlock);
	ref_get(&c->user->refs);
	userns_get(c->ns);
	return c;
}

struct credset *cred_prepare(void)
{
	return cred_copy(thread_self()->t_real_cred);
}

/* Has @b nothing that @a has not? Who makes a user namespace has all of it anyway. */
static bool caps_within(const struct credset *a, const struct credset *b)
{
	struct userns *u;

	if (a->ns == b->ns)
		return !(b->cap_permitted & ~a->cap_permitted);
	for (u = b->ns; u->base.owner; u = u->base.owner)
		if (u->base.owner == a->ns && u->maker_uid == a->euid)
			return true;
	return false;
}

static bool cred_ids_differ(const struct credset *a, const struct credset *b)
{
	return a->euid != b->euid || a->egid != b->egid || a->fsuid != b->fsuid ||
	       a->fsgid != b->fsgid || !caps_within(a, b);
}

static void user_move_process(const struct credset *old, const struct credset *c)
{
	if (old->user == c->user)
		return;
	atomic_inc(&c->user->nprocs);
	atomic_dec(&old->user->nprocs);
}

void cred_publish_self(struct credset *c)
{
	struct thread *t = thread_self();
	const struct credset *old = t->t_real_cred;

	ASSERT(t->t_cred == t->t_real_cred);
	user_move_process(old, c);
	rcu_publish(t->t_real_cred, c);
	rcu_publish(t->t_cred, c);
	procnews_ids(old, c);
	cred_put(old);
}

void cred_commit(struct credset *c)
{
	struct thread *t = thread_self();

	/* New rights must not be borrowed through memory or a parent's death wish. */
	if (cred_ids_differ(t->t_real_cred, c)) {
		if (t->t_as)
			t->t_as->is_dumpable = false;
		t->t_pdeath_signal = 0;
	}
	cred_publish_self(c);
}

const struct credset *cred_override(const struct credset *c)
{
	struct thread *t = thread_self();
	const struct credset *old = t->t_cred;

	rcu_publish(t->t_cred, c);
	return old;
}

void cred_revert(const struct credset *old)
{
	rcu_publish(thread_self()->t_cred, old);
}

bool cred_in_group(const struct credset *c, gid_t gid)
{
	const struct grouplist *g = c->groups;
	u32 lo = 0, hi = g->n;

	if (c->fsgid == gid)
		return true;
	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (g->gid[mid] == gid)
			return true;
		if (g->gid[mid] < gid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}
