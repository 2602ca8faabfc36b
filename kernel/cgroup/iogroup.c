// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O of control groups. An iogroup has an iodev for each disk that it or a group below used or
 * has limits on: counters, and for each limit the time at which what was let through so
 * far is paid for. A request pays when it is submitted, at every level above, and
 * starts at the latest of these times; so requests of a group keep their order, and a
 * group that was idle saves nothing up.
 *
 * Who pays for writing a page of a file is the group that the page is charged to: memgroups name
 * their iogroup.
 *
 * An iodev is found without locks and is freed a grace period after its group or disk went.
 *
 * Lock order: groups_lock > iogroup.lock; both are irqsave.
 */
#include "cgroup_impl.h"

#include <tern/base/err.h>
#include <tern/base/rcu.h>
#include <tern/base/spin.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/iogroup.h>
#include <tern/kernel/process.h>
#include <tern/lib/seqbuf.h>
#include <tern/mm/slab.h>
#include <uapi/stat.h>

#define NO_LIMIT	U64_MAX

/* Legend: I immutable, L the group's lock, A atomic, R RCU. */
struct iodev {
	struct list link;		/* R L */
	u64 number;			/* I device number of the disk */
	atomic64 bytes[IOKINDS], ios[IOKINDS];	/* A */
	struct iolimits limits;		/* A each */
	u64 bytes_paid[2], ios_paid[2];	/* L times */
	struct rcu_job rcu;
};

struct iogroup {
	refcount refs;			/* its cgroup, memgroup, children, requests that wait */
	struct iogroup *parent;		/* I with a reference */
	struct spin lock;		/* protects the list and times; LOCKRANK_IOGROUP */
	struct list devs;		/* R L */
	struct list link;		/* groups_lock */
	struct rcu_job rcu;
};

static LIST_HEAD(groups);
static struct spin groups_lock = SPIN_INIT(LOCKRANK_IOGROUPS);	/* protects the list of groups */

struct iogroup *iogroup_create(struct iogroup *parent)
{
	struct iogroup *g = kmem_zalloc(sizeof(*g), ALLOC_KERNEL);
	u64 flags;

	if (!g)
		return NULL;
	ref_init(&g->refs, 1);
	spin_init(&g->lock, LOCKRANK_IOGROUP);
	list_init(&g->devs);
	g->parent = parent;
	if (parent)
		ref_get(&parent->refs);
	flags = spin_lock_irqsave(&groups_lock);
	list_add_tail(&g->link, &groups);
	spin_unlock_irqrestore(&groups_lock, flags);
	return g;
}

void iogroup_get(struct iogroup *g)
{
	ref_get(&g->refs);
}

static void iogroup_free_rcu(struct rcu_job *job)
{
	struct iogroup *g = container_of(job, struct iogroup, rcu);
	struct iodev *d, *next;
	u64 flags = spin_lock_irqsave(&groups_lock);

	list_del(&g->link);
	spin_unlock_irqrestore(&groups_lock, flags);
	list_foreach_safe(d, next, &g->devs, link)
		kmem_free(d);
	kmem_free(g);
}

void iogroup_put(struct iogroup *g)
{
	struct iogroup *parent;

	while (g && ref_put(&g->refs)) {
		parent = g->parent;
		rcu_defer(&g->rcu, iogroup_free_rcu);
		g = parent;
	}
}

/* ---- a group's disks ---- */

static struct iodev *find_dev(struct iogroup *g, u64 number)
{
	struct iodev *d;

	list_foreach(d, &g->devs, link)
		if (d->number == number)
			return d;
	return NULL;
}

/* The disk's entry, made if need be. NULL: no memory. In an RCU read section. */
static struct iodev *get_dev(struct iogroup *g, u64 number, alloc_flags how)
{
	struct iodev *d = find_dev(g, number), *other;
	u64 flags;

	if (likely(d))
		return d;
	d = kmem_zalloc(sizeof(*d), how);
	if (!d)
		return NULL;
	d->number = number;
	for (u32 i = 0; i < 2; i++)
		d->limits.bps[i] = d->limits.iops[i] = NO_LIMIT;
	flags = spin_lock_irqsave(&g->lock);
	other = find_dev(g, number);
	if (!other)
		list_add_tail_rcu(&d->link, &g->devs);
	spin_unlock_irqrestore(&g->lock, flags);
	if (other)
		kmem_free(d);
	return other ? other : d;
}

static void iodev_free_rcu(struct rcu_job *job)
{
	kmem_free(container_of(job, struct iodev, rcu));
}

void iogroup_forget_disk(u64 number)
{
	struct iogroup *g;
	u64 flags = spin_lock_irqsave(&groups_lock);

	list_foreach(g, &groups, link) {
		struct iodev *d;

		spin_lock(&g->lock);
		d = find_dev(g, number);
		if (d)
			list_del_rcu(&d->link);
		spin_unlock(&g->lock);
		if (d)
			rcu_defer(&d->rcu, iodev_free_rcu);
	}
	spin_unlock_irqrestore(&groups_lock, flags);
}

/* ---- paying ---- */

/* From *paid on, or from now: @n more at @rate a second. When that begins. */
static u64 pay(u64 *paid, u64 now, u64 n, u64 rate)
{
	u64 start = max(*paid, now);

	if (rate == NO_LIMIT)
		return 0;
	/* At less than a second's worth at a time the product fits. */
	*paid = start + n / rate * NSEC_PER_SEC + n % rate * NSEC_PER_SEC / rate;
	return start;
}

static bool has_limits(const struct iodev *d)
{
	return READ_ONCE(d->limits.bps[0]) != NO_LIMIT || READ_ONCE(d->limits.bps[1]) != NO_LIMIT ||
	       READ_ONCE(d->limits.iops[0]) != NO_LIMIT || READ_ONCE(d->limits.iops[1]) != NO_LIMIT;
}

u64 iogroup_charge(struct iogroup *g, u64 number, enum iokind kind, u64 nbytes)
{
	u32 way = kind != IOKIND_READ;
	u64 flags, when = 0, now = 0;

	for (; g; g = g->parent) {
		struct iodev *d = get_dev(g, number, ALLOC_ATOMIC | ALLOC_NOWARN);

		if (unlikely(!d))
			continue;
		atomic_add(&d->bytes[kind], (s64)nbytes);
		atomic_inc(&d->ios[kind]);
		if (likely(!has_limits(d)))
			continue;
		now = now ? now : clock_ns();
		flags = spin_lock_irqsave(&g->lock);
		when = max(when, pay(&d->bytes_paid[way], now, nbytes, READ_ONCE(d->limits.bps[way])));
		when = max(when, pay(&d->ios_paid[way], now, 1, READ_ONCE(d->limits.iops[way])));
		spin_unlock_irqrestore(&g->lock, flags);
	}
	return when > now ? when : 0;
}

/* ---- settings ---- */

void iogroup_limits(struct iogroup *g, u64 number, struct iolimits *out)
{
	struct iodev *d;

	*out = (struct iolimits){ { NO_LIMIT, NO_LIMIT }, { NO_LIMIT, NO_LIMIT } };
	rcu_read_lock();
	d = find_dev(g, number);
	if (d)
		*out = d->limits;
	rcu_read_unlock();
}

/* What waits for an old limit is not asked to wait longer for it by what comes next. */
static void set_limits(struct iogroup *g, struct iodev *d, const struct iolimits *l)
{
	u64 flags = spin_lock_irqsave(&g->lock);

	for (u32 i = 0; i < 2; i++) {
		WRITE_ONCE(d->limits.bps[i], l->bps[i]);
		WRITE_ONCE(d->limits.iops[i], l->iops[i]);
		d->bytes_paid[i] = d->ios_paid[i] = 0;
	}
	spin_unlock_irqrestore(&g->lock, flags);
}

int iogroup_set_limits(struct iogroup *g, u64 number, const struct iolimits *l)
{
	struct iodev *d;

	rcu_read_lock();
	d = get_dev(g, number, ALLOC_ATOMIC);
	if (d)
		set_limits(g, d, l);
	rcu_read_unlock();
	return d ? 0 : -ENOMEM;
}

void iogroup_reset(struct iogroup *g)
{
	static const struct iolimits none = { { NO_LIMIT, NO_LIMIT }, { NO_LIMIT, NO_LIMIT } };
	struct iodev *d;

	rcu_read_lock();
	list_foreach(d, &g->devs, link)
		set_limits(g, d, &none);
	rcu_read_unlock();
}

void iogroup_print_stat(struct seqbuf *sb, struct iogroup *g)
{
	struct iodev *d;

	rcu_read_lock();
	list_foreach(d, &g->devs, link) {
		const atomic64 *b = d->bytes, *n = d->ios;

		if (!atomic_read(&n[IOKIND_READ]) && !atomic_read(&n[IOKIND_WRITE]) &&
		    !atomic_read(&n[IOKIND_DISCARD]))
			continue;
		seqbuf_printf(sb, "%u:%u rbytes=%lu wbytes=%lu rios=%lu wios=%lu dbytes=%lu dios=%lu\n",
			      DEV_MAJOR(d->number), DEV_MINOR(d->number),
			      (u64)atomic_read(&b[IOKIND_READ]), (u64)atomic_read(&b[IOKIND_WRITE]),
			      (u64)atomic_read(&n[IOKIND_READ]), (u64)atomic_read(&n[IOKIND_WRITE]),
			      (u64)atomic_read(&b[IOKIND_DISCARD]), (u64)atomic_read(&n[IOKIND_DISCARD]));
	}
	rcu_read_unlock();
}

static void print_limit(struct seqbuf *sb, const char *name, u64 v)
{
	if (v == NO_LIMIT)
		seqbuf_printf(sb, " %s=max", name);
	else
		seqbuf_printf(sb, " %s=%lu", name, v);
}

void iogroup_print_max(struct seqbuf *sb, struct iogroup *g)
{
	struct iodev *d;

	rcu_read_lock();
	list_foreach(d, &g->devs, link) {
		if (!has_limits(d))
			continue;
		seqbuf_printf(sb, "%u:%u", DEV_MAJOR(d->number), DEV_MINOR(d->number));
		print_limit(sb, "rbps", d->limits.bps[0]);
		print_limit(sb, "wbps", d->limits.bps[1]);
		print_limit(sb, "riops", d->limits.iops[0]);
		print_limit(sb, "wiops", d->limits.iops[1]);
		seqbuf_putc(sb, '\n');
	}
	rcu_read_unlock();
}

struct iogroup *iogroup_self(void)
{
	struct cgnode *c = rcu_load(process_self()->p_cgroup);

	return c ? c->io : NULL;
}
