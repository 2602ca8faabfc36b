// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets of namespaces. A thread has one (t_ns, protected by t_lock against
 * readers of other threads); threads and processes that were made without
 * CLONE_NEW* share it. Sets are immutable: a change makes a new set.
 */
#include "ns_impl.h"

#include <tern/kernel/sysvipc.h>
#include <tern/kernel/timens.h>
#include <tern/mm/slab.h>
#include <uapi/clone.h>

struct ipcns ipcns_initial = { .base = NSBASE_INIT(NSKIND_IPC, NSINUM_IPC) };
void (*mqns_end_hook)(void *mqueues);
static struct nsbase net_first = NSBASE_INIT(NSKIND_NET, NSINUM_NET);
static struct nsbase cgroup_first = NSBASE_INIT(NSKIND_CGROUP, NSINUM_CGROUP);
struct nsbase *nsbase_net_initial = &net_first, *nsbase_cgroup_initial = &cgroup_first;

struct namespaces nsset_init_set = {
	.refs = { ATOMIC_INIT(1) },
	.uts = &utsns_initial,
	.ipc = &ipcns_initial,
	.pid_children = &pidns_initial,
	.net = &net_first,
	.cgroup = &cgroup_first,
	.time = &timens_initial,
	.time_children = &timens_initial,
};

/* Owners of these kinds replace the functions when they are linked in. */
__weak struct nsbase *netns_create(struct userns *owner)
{
	return ERR_PTR(-EINVAL);
}

__weak struct nsbase *cgroupns_create(struct userns *owner)
{
	return ERR_PTR(-EINVAL);
}

struct namespaces *nsset_self(void)
{
	struct namespaces *s = thread_self()->t_ns;

	return s ? s : &nsset_init_set;
}

struct namespaces *nsset_of(struct thread *t)
{
	u64 flags = spin_lock_irqsave(&t->t_lock);
	struct namespaces *s = t->t_ns;

	if (!s && (t->t_flags & TF_KTHREAD))
		s = &nsset_init_set;
	if (s)
		nsset_get(s);
	spin_unlock_irqrestore(&t->t_lock, flags);
	return s;
}

static void nsset_free(struct namespaces *s)
{
	nsbase_put(s->uts ? &s->uts->base : NULL);
	nsbase_put(s->ipc ? &s->ipc->base : NULL);
	nsbase_put(s->mnt);
	nsbase_put(s->pid_children ? &s->pid_children->base : NULL);
	nsbase_put(s->net);
	nsbase_put(s->cgroup);
	nsbase_put(&s->time->base);
	nsbase_put(&s->time_children->base);
	kmem_free(s);
}

void nsset_put(struct namespaces *s)
{
	if (s && ref_put(&s->refs))
		nsset_free(s);
}

struct namespaces *nsset_dup(struct namespaces *old)
{
	struct namespaces *s = kmem_alloc(sizeof(*s), ALLOC_KERNEL);

	if (!s)
		return NULL;
	*s = *old;
	ref_init(&s->refs, 1);
	nsbase_get(&s->uts->base);
	nsbase_get(&s->ipc->base);
	if (s->mnt)
		nsbase_get(s->mnt);
	pidns_get(s->pid_children);
	nsbase_get(s->net);
	nsbase_get(s->cgroup);
	nsbase_get(&s->time->base);
	nsbase_get(&s->time_children->base);
	return s;
}

/* Put @fresh in the place of *@slot; its error, or 0. */
static int replace(struct nsbase **slot, struct nsbase *fresh)
{
	if (IS_ERR_OR_NULL(fresh))
		return fresh ? PTR_ERR(fresh) : -ENOMEM;
	nsbase_put(*slot);
	*slot = fresh;
	return 0;
}

static void ipcns_destroy(struct nsbase *b)
{
	struct ipcns *n = container_of(b, struct ipcns, base);

	sysvns_end(n->sysv);
	if (n->mqueues)
		mqns_end_hook(n->mqueues);
	kmem_free(n);
}

static int fresh_ipc(struct namespaces *s, struct userns *user)
{
	struct ipcns *n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);

	if (!n)
		return -ENOMEM;
	n->sysv = sysvns_create();
	if (!n->sysv) {
		kmem_free(n);
		return -ENOMEM;
	}
	nsbase_init(&n->base, NSKIND_IPC, user, ipcns_destroy);
	nsbase_put(&s->ipc->base);
	s->ipc = n;
	return 0;
}

static int fresh_uts(struct namespaces *s, struct userns *user)
{
	struct utsns *n = utsns_copy(s->uts, user);

	if (!n)
		return -ENOMEM;
	nsbase_put(&s->uts->base);
	s->uts = n;
	return 0;
}

static int fresh_pid(struct namespaces *s, struct userns *user)
{
	struct pidns *n;

	/* Children are made below where one is, not below where they would be. */
	if (s->pid_children != pidns_self())
		return -EINVAL;
	n = pidns_create(s->pid_children, user);
	if (IS_ERR(n))
		return PTR_ERR(n);
	pidns_put(s->pid_children);
	s->pid_children = n;
	return 0;
}

/* For children only: who unshares stays where he is. */
static int fresh_time(struct namespaces *s, struct userns *user)
{
	struct timens *n = timens_create(s->time_children, user);

	if (!n)
		return -ENOMEM;
	nsbase_put(&s->time_children->base);
	s->time_children = n;
	return 0;
}

struct namespaces *nsset_clone(struct namespaces *old, u64 flags, struct userns *user,
			       struct fsctx *fs)
{
	struct namespaces *s;
	int err = 0;

	if (!cap_has_in(user, CAP_SYS_ADMIN))
		return ERR_PTR(-EPERM);
	s = nsset_dup(old);
	if (!s)
		return ERR_PTR(-ENOMEM);
	if (flags & CLONE_NEWNS)
		err = replace(&s->mnt, mountns_clone(old->mnt, user, fs));
	if (!err && (flags & CLONE_NEWUTS))
		err = fresh_uts(s, user);
	if (!err && (flags & CLONE_NEWIPC))
		err = fresh_ipc(s, user);
	if (!err && (flags & CLONE_NEWPID))
		err = fresh_pid(s, user);
	if (!err && (flags & CLONE_NEWCGROUP))
		err = replace(&s->cgroup, cgroupns_create(user));
	if (!err && (flags & CLONE_NEWNET))
		err = replace(&s->net, netns_create(user));
	if (!err && (flags & CLONE_NEWTIME))
		err = fresh_time(s, user);
	if (err) {
		nsset_free(s);
		return ERR_PTR(err);
	}
	return s;
}

void nsset_switch(struct namespaces *s)
{
	struct thread *t = thread_self();
	u64 flags = spin_lock_irqsave(&t->t_lock);
	struct namespaces *old = t->t_ns;

	t->t_ns = s;
	spin_unlock_irqrestore(&t->t_lock, flags);
	nsset_put(old);
}

static struct nsbase *user_or_pid(struct thread *t, enum ns_kind kind)
{
	struct nsbase *b;

	rcu_read_lock();
	if (kind == NSKIND_USER)
		b = &rcu_load(t->t_real_cred)->ns->base;
	else
		b = &pidref_ns(rcu_load(t->t_pid))->base;
	nsbase_get(b);
	rcu_read_unlock();
	return b;
}

struct nsbase *thread_nsbase(struct thread *t, enum ns_kind kind, bool for_children)
{
	struct namespaces *s = nsset_of(t);
	struct nsbase *b = NULL;

	if (!s)
		return NULL;
	switch (kind) {
	case NSKIND_MNT:
		b = s->mnt ? s->mnt : (struct nsbase *)mountns_initial;
		break;
	case NSKIND_UTS:
		b = &s->uts->base;
		break;
	case NSKIND_IPC:
		b = &s->ipc->base;
		break;
	case NSKIND_NET:
		b = s->net;
		break;
	case NSKIND_CGROUP:
		b = s->cgroup;
		break;
	case NSKIND_TIME:
		b = for_children ? &s->time_children->base : &s->time->base;
		break;
	case NSKIND_PID:
		b = for_children ? &s->pid_children->base : NULL;
		break;
	default:
		break;
	}
	b = b ? nsbase_get(b) : user_or_pid(t, kind);
	nsset_put(s);
	return b;
}
