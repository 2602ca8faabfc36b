// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that say which devices a control group may use.
 *
 * A group has a list of them. Those of the group itself judge, or if it has none, those of the nearest group above
 * that has; those of groups above that were attached with BPF_F_ALLOW_MULTI judge as well. One that answers 0
 * forbids. All of a group's have one set of flags; without any a group forbids those below to have their own.
 *
 * The list changes under cgroup_lock; who judges reads it under RCU.
 */
#include "cgroup_impl.h"

#include <tern/base/err.h>
#include <tern/kernel/bpf.h>
#include <tern/kernel/cgdevice.h>
#include <tern/kernel/process.h>
#include <tern/mm/slab.h>
#include <uapi/stat.h>

#define INHERIT	(BPF_F_ALLOW_OVERRIDE | BPF_F_ALLOW_MULTI)

struct devprog {
	struct rcu_job rcu;		/* first */
	struct list link;		/* R C */
	struct bpfprog *prog;		/* R C with a reference */
};

u32 cgdevice_nprogs;			/* C, A to see that there is none */

/* ---- judging ---- */

/* @found: how many judged. */
static bool allows(const struct cgnode *c, const struct bpf_device_ctx *ctx, u32 *found)
{
	struct devprog *d;

	list_foreach_rcu(d, &c->devprogs, link) {
		if (!ebpf_run(rcu_load(d->prog)->insns, ctx))
			return false;
		++*found;
	}
	return true;
}

int cgdevice_judge(bool is_block, u64 number, u32 access)
{
	struct bpf_device_ctx ctx = { (is_block ? BPF_DEV_BLOCK : BPF_DEV_CHAR) | access << 16, DEV_MAJOR(number),
				      DEV_MINOR(number) };
	const struct cgnode *c;
	bool may = true;
	u32 found = 0;

	rcu_read_lock();
	c = rcu_load(process_self()->p_cgroup);
	for (c = c ? c : &cgroup_root; c && may; c = c->parent)
		if (!found || (READ_ONCE(c->devflags) & BPF_F_ALLOW_MULTI))
			may = allows(c, &ctx, &found);
	rcu_read_unlock();
	return may ? 0 : -EPERM;
}

/* ---- changing; C ---- */

static u32 count(const struct cgnode *c)
{
	struct devprog *d;
	u32 n = 0;

	list_foreach(d, &c->devprogs, link)
		n++;
	return n;
}

/* The nearest group above that has programs decides. */
static bool parents_let(const struct cgnode *c)
{
	for (c = c->parent; c; c = c->parent) {
		if (c->devflags & BPF_F_ALLOW_MULTI)
			return true;
		if (!list_is_empty(&c->devprogs))
			return c->devflags & BPF_F_ALLOW_OVERRIDE;
	}
	return true;
}

static struct devprog *find(struct cgnode *c, const struct bpfprog *prog)
{
	struct devprog *d;

	list_foreach(d, &c->devprogs, link)
		if (d->prog == prog)
			return d;
	return NULL;
}

/* Whose place the new one takes; NULL: none's. ERR_PTR. */
static struct devprog *place_for(struct cgnode *c, struct bpfprog *prog, struct bpfprog *replace, u32 flags)
{
	struct devprog *d;

	if (!(flags & BPF_F_ALLOW_MULTI))
		return list_first_entry_or_null(&c->devprogs, struct devprog, link);
	if (prog != replace && find(c, prog))
		return ERR_PTR(-EINVAL);
	if (!replace)
		return NULL;
	d = find(c, replace);
	return d ? d : ERR_PTR(-ENOENT);
}

static void set_prog(struct devprog *d, struct bpfprog *prog)
{
	struct bpfprog *old = d->prog;

	rcu_publish(d->prog, bpfprog_get(prog));
	bpfprog_put(old);
}

static int attach_locked(struct cgnode *c, struct bpfprog *prog, struct bpfprog *replace, u32 flags)
{
	struct devprog *d;

	if (c->is_dead)
		return -ENOENT;
	if (!parents_let(c) || (!list_is_empty(&c->devprogs) && c->devflags != (flags & INHERIT)))
		return -EPERM;
	if (count(c) >= CGDEVICE_PROGS_MAX)
		return -E2BIG;
	d = place_for(c, prog, replace, flags);
	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	if (d) {
		set_prog(d, prog);
		return 0;
	}
	d = kmem_zalloc(sizeof(*d), ALLOC_KERNEL);
	if (!d)
		return -ENOMEM;
	d->prog = bpfprog_get(prog);
	WRITE_ONCE(c->devflags, flags & INHERIT);
	list_add_tail_rcu(&d->link, &c->devprogs);
	WRITE_ONCE(cgdevice_nprogs, cgdevice_nprogs + 1);
	return 0;
}

int cgdevice_attach(struct cgnode *c, struct bpfprog *prog, struct bpfprog *replace, u32 flags)
{
	int err;

	if ((flags & INHERIT) == INHERIT || ((flags & BPF_F_REPLACE) && !(flags & BPF_F_ALLOW_MULTI)))
		return -EINVAL;
	kmutex_lock(&cgroup_lock);
	err = attach_locked(c, prog, replace, flags);
	kmutex_unlock(&cgroup_lock);
	return err;
}

static void remove(struct cgnode *c, struct devprog *d)
{
	list_del_rcu(&d->link);
	if (list_is_empty(&c->devprogs))
		WRITE_ONCE(c->devflags, 0);
	WRITE_ONCE(cgdevice_nprogs, cgdevice_nprogs - 1);
	bpfprog_put(d->prog);
	rcu_defer_free(&d->rcu, d);
}

int cgdevice_detach(struct cgnode *c, const struct bpfprog *prog)
{
	struct devprog *d;
	int err = 0;

	kmutex_lock(&cgroup_lock);
	if (!(c->devflags & BPF_F_ALLOW_MULTI))
		d = list_first_entry_or_null(&c->devprogs, struct devprog, link);
	else
		d = prog ? find(c, prog) : ERR_PTR(-EINVAL);
	if (IS_ERR_OR_NULL(d))
		err = d ? (int)PTR_ERR(d) : -ENOENT;
	else
		remove(c, d);
	kmutex_unlock(&cgroup_lock);
	return err;
}

void cgdevice_drop(struct cgnode *c)
{
	while (!list_is_empty(&c->devprogs))
		remove(c, list_first_entry(&c->devprogs, struct devprog, link));
}

u32 cgdevice_list(struct cgnode *c, bool is_effective, u32 *ids, u32 max, u32 *flags)
{
	struct devprog *d;
	u32 n = 0;

	kmutex_lock(&cgroup_lock);
	*flags = is_effective ? 0 : c->devflags;
	for (; c; c = is_effective ? c->parent : NULL) {
		if (n && !(c->devflags & BPF_F_ALLOW_MULTI))
			continue;
		list_foreach(d, &c->devprogs, link) {
			if (n < max)
				ids[n] = d->prog->id;
			n++;
		}
	}
	kmutex_unlock(&cgroup_lock);
	return n;
}
