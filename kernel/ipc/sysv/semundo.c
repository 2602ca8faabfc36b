// SPDX-License-Identifier: GPL-2.0-only
/*
 * What semaphore operations with SEM_UNDO leave to be done when a process
 * ends. Threads made with CLONE_SYSVSEM share one list; its last user carries
 * it out.
 *
 * An entry stands on its set's and its owner's list. It goes when its set is
 * removed or its owner ends, whoever comes first: both unlink it with the set
 * locked. An entry on a list keeps its set from being freed.
 */
#include "sem_impl.h"

struct semundos {
	refcount refs;
	struct spin lock;	/* protects entries; LOCKRANK_IPC_UNDO */
	struct list entries;
};

static struct semundos *undos_self(void)
{
	struct thread *t = thread_self();
	struct semundos *us = t->t_semundos;

	if (us)
		return us;
	us = kmem_zalloc(sizeof(*us), ALLOC_KERNEL);
	if (!us)
		return NULL;
	ref_init(&us->refs, 1);
	spin_init(&us->lock, LOCKRANK_IPC_UNDO);
	list_init(&us->entries);
	t->t_semundos = us;
	return us;
}

int sysvsem_thread_share(struct thread *t, struct thread *self)
{
	struct semundos *us = undos_self();

	if (!us)
		return -ENOMEM;
	ref_get(&us->refs);
	t->t_semundos = us;
	return 0;
}

/* Set locked. */
static struct semundo *find(struct semundos *us, struct semset *s)
{
	struct semundo *u, *found = NULL;

	spin_lock(&us->lock);
	list_foreach(u, &us->entries, by_owner)
		if (u->set == s) {
			found = u;
			break;
		}
	spin_unlock(&us->lock);
	return found;
}

static struct semundo *make(struct semundos *us, struct semset *s)
{
	struct semundo *u = kmem_zalloc(sizeof(*u) + s->nsems * sizeof(u->adj[0]), ALLOC_KERNEL);

	if (!u)
		return NULL;
	u->owner = us;
	u->set = s;
	return u;
}

/* Set locked: onto both lists. */
static void enter(struct semundo *u)
{
	ref_get(&u->set->o.refs);
	list_add_tail(&u->by_set, &u->set->undos);
	spin_lock(&u->owner->lock);
	list_add_tail(&u->by_owner, &u->owner->entries);
	spin_unlock(&u->owner->lock);
}

static void leave(struct semundo *u)
{
	list_del(&u->by_set);
	spin_lock(&u->owner->lock);
	list_del(&u->by_owner);
	spin_unlock(&u->owner->lock);
}

struct semundo *semundo_lock(struct semset *s)
{
	struct semundos *us = undos_self();
	struct semundo *u, *fresh;
	int err;

	if (!us)
		return ERR_PTR(-ENOMEM);
	err = ipc_lock(&s->o);
	if (err)
		return ERR_PTR(err);
	u = find(us, s);
	if (u)
		return u;
	ipc_unlock(&s->o);
	fresh = make(us, s);
	if (!fresh)
		return ERR_PTR(-ENOMEM);
	err = ipc_lock(&s->o);
	if (err) {
		kmem_free(fresh);
		return ERR_PTR(err);
	}
	/* Another thread of the owner may have been faster. */
	u = find(us, s);
	if (!u) {
		enter(fresh);
		return fresh;
	}
	kmem_free(fresh);
	return u;
}

void semundo_take_all(struct semset *s, struct list *out)
{
	struct semundo *u, *next;

	list_foreach_safe(u, next, &s->undos, by_set) {
		leave(u);
		list_add_tail(&u->by_set, out);
	}
}

void semundo_free_all(struct list *entries)
{
	struct semundo *u, *next;

	list_foreach_safe(u, next, entries, by_set) {
		ipc_put(&sem_table, &u->set->o);
		kmem_free(u);
	}
}

/* Set locked. */
static void carry_out(struct semset *s, const struct semundo *u)
{
	s32 pid = ipc_self_pid();

	for (u32 i = 0; i < s->nsems; i++) {
		if (!u->adj[i])
			continue;
		s->sems[i].val = max(0, min(s->sems[i].val + u->adj[i], SEMVMX));
		s->sems[i].pid = pid;
	}
	s->otime = ipc_now();
	semset_scan(s);
}

/* The set of the first entry with a reference, or NULL. */
static struct semset *first_set(struct semundos *us)
{
	struct semset *s = NULL;

	spin_lock(&us->lock);
	if (!list_is_empty(&us->entries)) {
		s = list_first_entry(&us->entries, struct semundo, by_owner)->set;
		ref_get(&s->o.refs);
	}
	spin_unlock(&us->lock);
	return s;
}

void sysvsem_thread_exit(struct thread *t)
{
	struct semundos *us = t->t_semundos;
	struct semundo *u;
	struct semset *s;

	t->t_semundos = NULL;
	if (!us || !ref_put(&us->refs))
		return;
	while ((s = first_set(us))) {
		spin_lock(&s->o.lock);
		u = find(us, s);	/* gone if the set was removed just now */
		if (u) {
			leave(u);
			if (!s->o.is_removed)
				carry_out(s, u);
		}
		spin_unlock(&s->o.lock);
		if (u) {
			kmem_free(u);
			ipc_put(&sem_table, &s->o);
		}
		ipc_put(&sem_table, &s->o);
	}
	kmem_free(us);
}
