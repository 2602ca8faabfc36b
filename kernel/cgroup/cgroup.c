// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of control groups and who is in them.
 *
 * A group has a reference for being in the tree, one for each process in it
 * (kept until the process is freed, as a zombie still counts for pids), each
 * child and each open file. Removing it takes it out of the tree; no process
 * can enter it then.
 *
 * Membership changes under process_tree_lock, so that forking and ending
 * processes see one state: a thread is charged in the moment in which it
 * becomes visible. Readers of p_cgroup hold that lock, RCU, or are the process.
 *
 * Lock order: cgroup_lock (shape, settings, moves) > process_tree_lock.
 */
#include "cgroup_impl.h"

#include <tern/kernel/psi.h>

#include <tern/base/upcall.h>
#include <tern/kernel/cgdevice.h>
#include <tern/kernel/cgroupns.h>
#include <tern/kernel/cpuset.h>
#include <tern/kernel/iogroup.h>
#include <tern/kernel/userns.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/memgroup.h>
#include <tern/mm/slab.h>

#define ROOT_ID	1
#define POLL_EVENTS	0xau		/* POLLERR, POLLPRI */

struct cgnode cgroup_root = {
	.refs = { ATOMIC_INIT(1) },
	.name = "",
	.id = ROOT_ID,
	.children = LIST_INIT(cgroup_root.children),
	.sibling = LIST_INIT(cgroup_root.sibling),
	.max_depth = U32_MAX,
	.max_descendants = U32_MAX,
	.poll_wait = WAITQ_INIT(cgroup_root.poll_wait),
	.watchable = LIST_INIT(cgroup_root.watchable),
	.devprogs = LIST_INIT(cgroup_root.devprogs),
	.pids_max = CG_NOLIMIT,
	.attr = { [0] = { .mode = 0755 } },
};
struct kmutex cgroup_lock = KMUTEX_INIT(cgroup_lock, LOCKRANK_CGROUP);
static u64 next_id = ROOT_ID + 1;	/* C */

/* ---- the tree ---- */

static void cgnode_free_rcu(struct rcu_job *job)
{
	struct cgnode *c = container_of(job, struct cgnode, rcu);

	cpugroup_free(c->cpu);
	memgroup_put(c->mem);
	iogroup_put(c->io);
	kmem_free(c->cpus_wanted);
	kmem_free(c->name);
	kmem_free(c);
}

void cgnode_put(struct cgnode *c)
{
	struct cgnode *parent;

	while (c && ref_put(&c->refs)) {
		parent = c->parent;
		rcu_defer(&c->rcu, cgnode_free_rcu);
		c = parent;
	}
}

struct cgnode *cgnode_child(struct cgnode *dir, const char *name, u32 len)
{
	struct cgnode *c;

	list_foreach(c, &dir->children, sibling)
		if (!strncmp(c->name, name, len) && !c->name[len])
			return c;
	return NULL;
}

/* Every group above may limit how deep and how many. */
static int limits_check(struct cgnode *parent)
{
	u32 depth = 1;

	for (struct cgnode *c = parent; c; c = c->parent, depth++)
		if (c->ndescendants >= c->max_descendants || depth > c->max_depth)
			return -EAGAIN;
	return 0;
}

static void tell_run(struct workitem *w)
{
	struct cgnode *c = container_of(w, struct cgnode, tell_work);

	cgfile_tell(c, __atomic_exchange_n(&c->untold, 0, __ATOMIC_SEQ_CST));
	cgnode_put(c);
}

void cgnode_event(struct cgnode *c, enum cgevent ev)
{
	__atomic_fetch_add(&c->events[ev], 1, __ATOMIC_SEQ_CST);
	waitq_wake(&c->poll_wait, 0, POLL_EVENTS);
	if (list_is_empty(&c->watchable))
		return;
	__atomic_fetch_or(&c->untold, 1u << ev, __ATOMIC_SEQ_CST);
	cgnode_get(c);
	if (!workpool_queue(workpool_system, &c->tell_work))
		cgnode_put(c);
}

static struct cgnode *cgnode_alloc(struct cgnode *parent, const char *name, u32 len)
{
	struct cgnode *c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);

	if (!c)
		return NULL;
	ref_init(&c->refs, 1);
	c->name = kmem_alloc(len + 1, ALLOC_KERNEL);
	c->cpu = cpugroup_create(parent->cpu);
	c->io = iogroup_create(parent->io);
	if (c->io)
		c->mem = memgroup_create(parent->mem, c->io);
	if (c->mem)
		iogroup_get(c->io);
	if (!c->name || !c->cpu || !c->mem) {
		cgnode_free_rcu(&c->rcu);
		return NULL;
	}
	memcpy(c->name, name, len);
	c->name[len] = 0;
	list_init(&c->children);
	list_init(&c->sibling);
	waitq_init(&c->poll_wait);
	list_init(&c->watchable);
	list_init(&c->devprogs);
	workitem_init(&c->tell_work, tell_run);
	c->max_depth = U32_MAX;
	c->max_descendants = U32_MAX;
	c->pids_max = CG_NOLIMIT;
	c->level = parent->level + 1;
	return c;
}

struct cgnode *cgnode_create(struct cgnode *parent, const char *name, u32 len)
{
	const struct credset *cred = cred_self();
	struct cgnode *c;
	u64 flags;
	int err;

	if (parent->is_dead)
		return ERR_PTR(-ENOENT);
	if (cgnode_child(parent, name, len))
		return ERR_PTR(-EEXIST);
	err = limits_check(parent);
	if (err)
		return ERR_PTR(err);
	c = cgnode_alloc(parent, name, len);
	if (!c)
		return ERR_PTR(-ENOMEM);
	c->id = next_id++;
	c->parent = cgnode_get(parent);
	for (u32 i = 0; i < CGFILE_MAX; i++)
		c->attr[i] = (struct cgattr){ cred->fsuid, cred->fsgid, 0 };
	c->attr[0].mode = 0755;
	list_add_tail(&c->sibling, &parent->children);
	flags = spin_lock_irqsave(&process_tree_lock);
	c->is_freezing = parent->is_freezing;
	spin_unlock_irqrestore(&process_tree_lock, flags);
	for (; parent; parent = parent->parent)
		parent->ndescendants++;
	psigroup_start(cpugroup_psi(c->cpu));
	return c;
}

int cgnode_destroy(struct cgnode *c)
{
	u64 flags;
	bool busy;

	if (!c->parent || !list_is_empty(&c->children))
		return -EBUSY;
	flags = spin_lock_irqsave(&process_tree_lock);
	busy = c->nprocs;
	if (!busy)
		WRITE_ONCE(c->is_dead, true);
	spin_unlock_irqrestore(&process_tree_lock, flags);
	if (busy)
		return -EBUSY;
	list_del_init(&c->sibling);
	for (struct cgnode *up = c->parent; up; up = up->parent)
		up->ndescendants--;
	waitq_wake(&c->poll_wait, 0, POLL_EVENTS);
	cgdevice_drop(c);
	psigroup_stop(cpugroup_psi(c->cpu));
	cgnode_put(c);
	return 0;
}

bool cgnode_is_within(const struct cgnode *c, const struct cgnode *top)
{
	while (c && c->level > top->level)
		c = c->parent;
	return c == top;
}

struct cgnode *cgnode_common(struct cgnode *a, struct cgnode *b)
{
	while (a != b) {
		if (a->level >= b->level)
			a = a->parent;
		else
			b = b->parent;
	}
	return a;
}

static void print_below(struct seqbuf *sb, const struct cgnode *c, const struct cgnode *top)
{
	if (c == top)
		return;
	print_below(sb, c->parent, top);
	seqbuf_putc(sb, '/');
	seqbuf_puts(sb, c->name);
}

void cgnode_print_path(struct seqbuf *sb, const struct cgnode *c, const struct cgnode *root)
{
	const struct cgnode *top = cgnode_common((struct cgnode *)c, (struct cgnode *)root);

	for (const struct cgnode *r = root; r != top; r = r->parent)
		seqbuf_puts(sb, "/..");
	print_below(sb, c, top);
	if (c == root)
		seqbuf_putc(sb, '/');
}

/* ---- controllers ---- */

int cgnode_set_subtree(struct cgnode *c, u32 enable, u32 disable)
{
	struct cgnode *child;

	enable &= ~c->subtree;
	disable &= c->subtree;
	if (enable & ~cgnode_controllers(c))
		return -ENOENT;
	list_foreach(child, &c->children, sibling)
		if (child->subtree & disable)
			return -EBUSY;
	/* Children must not compete with processes of the group itself; threads may. */
	if (c->parent && enable && c->nprocs &&
	    ((enable | c->subtree) & CGCTL_DOMAIN))
		return -EBUSY;
	WRITE_ONCE(c->subtree, (c->subtree | enable) & ~disable);
	list_foreach(child, &c->children, sibling) {
		if (disable & CGCTL_PIDS)
			WRITE_ONCE(child->pids_max, CG_NOLIMIT);
		if (disable & CGCTL_CPU)
			cpugroup_reset(child->cpu);
		if (disable & CGCTL_MEMORY)
			memgroup_reset(child->mem);
		if (disable & CGCTL_IO)
			iogroup_reset(child->io);
	}
	return 0;
}

/* ---- events ---- */

static void populate_locked(struct cgnode *c, int by)
{
	for (; c; c = c->parent) {
		c->npopulated += by;
		if (c->npopulated != (by > 0 ? 1 : 0))
			break;
		cgnode_event(c, CGEVENT_STATE);
	}
}

bool cgroup_is_frozen(const struct cgnode *c)
{
	return READ_ONCE(c->is_freezing) && READ_ONCE(c->nfrozen) == READ_ONCE(c->nthreads);
}

/* P. The numbers of @c and those above change; who polls learns if that changes the state. */
void cgroup_count_threads_locked(struct cgnode *c, int threads, int frozen)
{
	for (; c; c = c->parent) {
		bool is_frozen;

		c->nthreads += threads;
		c->nfrozen += frozen;
		is_frozen = cgroup_is_frozen(c);
		if (is_frozen != c->was_frozen) {
			c->was_frozen = is_frozen;
			cgnode_event(c, CGEVENT_STATE);
		}
	}
}

/* ---- pids ---- */

static void pids_note_peak(struct cgnode *c, s64 n)
{
	s64 old = atomic_read(&c->npids_peak);

	while (n > old && !atomic_cas(&c->npids_peak, old, n))
		old = atomic_read(&c->npids_peak);
}

static void pids_charge(struct cgnode *c, s64 n)
{
	for (; c; c = c->parent)
		pids_note_peak(c, atomic_add_return(&c->npids, n));
}

static int pids_try_charge(struct cgnode *c)
{
	struct cgnode *up;

	for (up = c; up; up = up->parent) {
		s64 n = atomic_add_return(&up->npids, 1);

		if (n <= READ_ONCE(up->pids_max)) {
			pids_note_peak(up, n);
			continue;
		}
		for (struct cgnode *u = c; u != up->parent; u = u->parent)
			atomic_add(&u->npids, -1);
		atomic_inc(&c->pids_hits);
		cgnode_event(c, CGEVENT_PIDS);
		return -EAGAIN;
	}
	return 0;
}

/* ---- fork and exit ---- */

static struct cgnode *group_of(struct process *p)
{
	return p->p_cgroup ? p->p_cgroup : &cgroup_root;
}

struct cgnode *cgroup_of(struct process *p)
{
	struct cgnode *c;

	rcu_read_lock();
	do {
		c = rcu_load(p->p_cgroup);
	} while (c && !ref_get_unless_zero(&c->refs));
	rcu_read_unlock();
	return c ? c : cgnode_get(&cgroup_root);
}

int cgroup_fork_locked(struct thread *t, struct process *from, struct cgnode *into)
{
	struct process *p = t->t_proc;
	struct cgnode *c = into ? into : from->p_cgroup;
	int err;

	if (c == &cgroup_root)
		c = NULL;
	if (into && READ_ONCE(into->is_dead))
		return -ENODEV;
	if (c) {
		err = pids_try_charge(c);
		if (err)
			return err;
		cgroup_count_threads_locked(c, 1, 0);
	}
	if (p != from) {
		p->p_cgroup = c ? cgnode_get(c) : NULL;
		if (c && c->nprocs++ == 0)
			populate_locked(c, 1);
	}
	t->t_sched.se_group = c ? c->cpu : NULL;
	if (c && c->is_freezing) {
		t->t_job |= JOB_FREEZE;
		t->t_work |= WORK_SIGNAL;
	}
	return 0;
}

void cgroup_thread_end_locked(struct thread *t)
{
	if (t->t_proc->p_cgroup)
		cgroup_count_threads_locked(t->t_proc->p_cgroup, -1, 0);
}

void cgroup_thread_gone_locked(struct thread *t)
{
	if (t->t_proc->p_cgroup)
		pids_charge(t->t_proc->p_cgroup, -1);
}

void cgroup_process_end_locked(struct process *p)
{
	struct cgnode *c = p->p_cgroup;

	if (c && --c->nprocs == 0)
		populate_locked(c, -1);
}

void cgroup_process_free(struct process *p)
{
	cgnode_put(p->p_cgroup);
}

/* ---- moving ---- */

bool cgroup_holds_processes(const struct cgnode *c)
{
	return !c->parent || !(c->subtree & CGCTL_DOMAIN);
}

/* P. The state of one thread follows its process. */
static void move_thread_locked(struct thread *t, struct cgnode *dst)
{
	sched_set_group(t, dst ? dst->cpu : NULL);
	if (dst && dst->is_freezing) {
		spin_lock(&t->t_proc->p_actions->lock);
		t->t_job |= JOB_FREEZE;
		signal_nudge_locked(t);
		spin_unlock(&t->t_proc->p_actions->lock);
	}
}

static int move_locked(struct process *p, struct cgnode *dst)
{
	struct cgnode *src = p->p_cgroup;
	int threads = 0, frozen = 0, pids = 0;
	struct thread *t;

	if (p->p_exit_state != PROCEXIT_ALIVE || !p->p_nthreads)
		return -ESRCH;
	if (dst == &cgroup_root)
		dst = NULL;
	if (src == dst)
		return 0;
	list_foreach(t, &p->p_threads, t_group_link) {
		pids++;
		frozen += t->t_is_frozen;
	}
	threads = p->p_nthreads;
	pids_charge(dst, pids);
	pids_charge(src, -pids);
	cgroup_count_threads_locked(src, -threads, -frozen);
	cgroup_count_threads_locked(dst, threads, frozen);
	if (dst && dst->nprocs++ == 0)
		populate_locked(dst, 1);
	if (src && --src->nprocs == 0)
		populate_locked(src, -1);
	rcu_publish(p->p_cgroup, dst ? cgnode_get(dst) : NULL);
	list_foreach(t, &p->p_threads, t_group_link)
		move_thread_locked(t, dst);
	return 0;
}

int cgroup_attach(struct process *p, struct cgnode *dst)
{
	struct cgnode *src;
	u64 flags;
	int err;

	if (dst->is_dead)
		return -ENODEV;
	if (!cgroup_holds_processes(dst))
		return -EBUSY;
	flags = spin_lock_irqsave(&process_tree_lock);
	src = p->p_cgroup;
	err = move_locked(p, dst);
	if (!err && src == p->p_cgroup)
		src = NULL;
	spin_unlock_irqrestore(&process_tree_lock, flags);
	if (err)
		return err;
	cgroup_thaw_check();
	cpuset_apply(p, dst);
	cgnode_put(src);
	return 0;
}

void cgroup_kill(struct cgnode *c)
{
	struct process *p;
	u64 flags = spin_lock_irqsave(&process_tree_lock);

	list_foreach(p, &process_all, p_all_link)
		if (cgnode_is_within(group_of(p), c))
			signal_send_process(p, SIGKILL, NULL);
	spin_unlock_irqrestore(&process_tree_lock, flags);
}

/* Memory of thread_self's group, with a reference. */
struct memgroup *memgroup_self(void)
{
	struct memgroup *g;
	struct cgnode *c;

	rcu_read_lock();
	c = rcu_load(process_self()->p_cgroup);
	g = c ? c->mem : NULL;
	if (g)
		ref_get(&g->refs);	/* its cgroup's is dropped after a grace period */
	rcu_read_unlock();
	return g;
}

/* ---- namespaces ---- */

struct cgroupns { struct nsbase base; struct cgnode *root; };

static void cgroupns_destroy(struct nsbase *b)
{
	struct cgroupns *n = container_of(b, struct cgroupns, base);

	cgnode_put(n->root);
	kmem_free(n);
}

struct nsbase *cgroupns_create(struct userns *owner)
{
	struct cgroupns *n = kmem_zalloc(sizeof(*n), ALLOC_KERNEL);

	if (!n)
		return NULL;
	nsbase_init(&n->base, NSKIND_CGROUP, owner, cgroupns_destroy);
	n->root = cgroup_of(process_self());
	return &n->base;
}

struct cgnode *cgroupns_root(struct nsbase *b)
{
	return b == nsbase_cgroup_initial ? &cgroup_root : container_of(b, struct cgroupns, base)->root;
}
