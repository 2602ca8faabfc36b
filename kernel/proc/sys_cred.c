// SPDX-License-Identifier: GPL-2.0-only
/*
 * User and group identities: set*id, groups. Each call prepares a copy of the
 * credentials, checks, and commits; capabilities follow the uids as Linux has
 * it (dropped when the last root uid goes, regained never).
 */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/userns.h>
#include <tern/mm/slab.h>

#define NGROUPS_MAX	65536
#define KEEP		((u32)-1)
#define SECBIT_NO_SETUID_FIXUP	0x4u
#define SECBIT_KEEP_CAPS	0x10u
#define CAP_FS_SET (BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | \
		    BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_LINUX_IMMUTABLE) | \
		    BIT(CAP_MKNOD) | BIT(CAP_MAC_OVERRIDE))

/* Capabilities after the uids of @c changed from those of @old. */
static void caps_follow_uids(const struct credset *old, struct credset *c)
{
	uid_t root = userns_root_uid(c->ns);
	bool was_root = old->uid == root || old->euid == root || old->suid == root;
	bool is_root = c->uid == root || c->euid == root || c->suid == root;

	if (c->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (was_root && !is_root) {
		if (!(c->securebits & SECBIT_KEEP_CAPS)) {
			c->cap_permitted = 0;
			c->cap_effective = 0;
		}
		c->cap_ambient = 0;
	}
	if (old->euid == root && c->euid != root)
		c->cap_effective = 0;
	if (old->euid != root && c->euid == root)
		c->cap_effective = c->cap_permitted;
}

/* Changes of the file system uid alone move only the file capabilities. */
static void caps_follow_fsuid(const struct credset *old, struct credset *c)
{
	uid_t root = userns_root_uid(c->ns);

	if (c->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (old->fsuid == root && c->fsuid != root)
		c->cap_effective &= ~CAP_FS_SET;
	if (old->fsuid != root && c->fsuid == root)
		c->cap_effective |= c->cap_permitted & CAP_FS_SET;
}

/* Real uid changed: another user's totals count this process. */
static int cred_switch_user(struct credset *c)
{
	struct usercount *u;

	if (c->user->uid == c->uid)
		return 0;
	u = usercount_get(c->uid);
	if (!u)
		return -EAGAIN;
	usercount_put(c->user);
	c->user = u;
	return 0;
}

long sys_getuid(void)
{
	return uid_show(cred_self()->uid);
}

long sys_geteuid(void)
{
	return uid_show(cred_self()->euid);
}

long sys_getgid(void)
{
	return gid_show(cred_self()->gid);
}

long sys_getegid(void)
{
	return gid_show(cred_self()->egid);
}

/* Ids as the caller writes them; KEEP stays. False: no such id in his user namespace. */
static bool take_uid(u32 *id)
{
	if (*id == KEEP)
		return true;
	*id = uid_in(*id);
	return *id != KEEP;
}

static bool take_gid(u32 *id)
{
	if (*id == KEEP)
		return true;
	*id = gid_in(*id);
	return *id != KEEP;
}

/* The ids that processes change by one rule, be they of users or of groups. */
struct ids { u32 real, eff, saved; };

static bool is_one_of(u32 id, const struct ids *old)
{
	return id == KEEP || id == old->real || id == old->eff || id == old->saved;
}

static int plan_set(struct ids *n, u32 id, bool is_priv)
{
	if (!is_priv && id != n->real && id != n->saved)
		return -EPERM;
	if (is_priv)
		n->real = n->saved = id;
	n->eff = id;
	return 0;
}

static int plan_setre(struct ids *n, u32 real, u32 eff, bool is_priv)
{
	const struct ids old = *n;

	if (!is_priv && ((real != KEEP && real != old.real && real != old.eff) || !is_one_of(eff, &old)))
		return -EPERM;
	if (real != KEEP)
		n->real = real;
	if (eff != KEEP)
		n->eff = eff;
	if (real != KEEP || (eff != KEEP && eff != old.real))
		n->saved = n->eff;
	return 0;
}

static int plan_setres(struct ids *n, u32 real, u32 eff, u32 saved, bool is_priv)
{
	const struct ids old = *n;

	if (!is_priv && !(is_one_of(real, &old) && is_one_of(eff, &old) && is_one_of(saved, &old)))
		return -EPERM;
	if (real != KEEP)
		n->real = real;
	if (eff != KEEP)
		n->eff = eff;
	if (saved != KEEP)
		n->saved = saved;
	return 0;
}

static struct ids uids_of(const struct credset *c)
{
	return (struct ids){ c->uid, c->euid, c->suid };
}

static struct ids gids_of(const struct credset *c)
{
	return (struct ids){ c->gid, c->egid, c->sgid };
}

/* @err: what the plan said. */
static long commit_uids(int err, const struct ids *n)
{
	struct credset *c;

	if (err)
		return err;
	c = cred_prepare();
	if (!c)
		return -ENOMEM;
	c->uid = n->real;
	c->euid = c->fsuid = n->eff;
	c->suid = n->saved;
	err = cred_switch_user(c);
	if (err) {
		cred_put(c);
		return err;
	}
	caps_follow_uids(cred_self(), c);
	cred_commit(c);
	return 0;
}

static long commit_gids(int err, const struct ids *n)
{
	struct credset *c;

	if (err)
		return err;
	c = cred_prepare();
	if (!c)
		return -ENOMEM;
	c->gid = n->real;
	c->egid = c->fsgid = n->eff;
	c->sgid = n->saved;
	cred_commit(c);
	return 0;
}

long sys_setuid(u32 uid)
{
	struct ids n = uids_of(cred_self());

	if (uid == KEEP || !take_uid(&uid))
		return -EINVAL;
	return commit_uids(plan_set(&n, uid, cap_has_self(CAP_SETUID)), &n);
}

long sys_setreuid(u32 ruid, u32 euid)
{
	struct ids n = uids_of(cred_self());

	if (!take_uid(&ruid) || !take_uid(&euid))
		return -EINVAL;
	return commit_uids(plan_setre(&n, ruid, euid, cap_has_self(CAP_SETUID)), &n);
}

long sys_setresuid(u32 ruid, u32 euid, u32 suid)
{
	struct ids n = uids_of(cred_self());

	if (!take_uid(&ruid) || !take_uid(&euid) || !take_uid(&suid))
		return -EINVAL;
	return commit_uids(plan_setres(&n, ruid, euid, suid, cap_has_self(CAP_SETUID)), &n);
}

long sys_setgid(u32 gid)
{
	struct ids n = gids_of(cred_self());

	if (gid == KEEP || !take_gid(&gid))
		return -EINVAL;
	return commit_gids(plan_set(&n, gid, cap_has_self(CAP_SETGID)), &n);
}

long sys_setregid(u32 rgid, u32 egid)
{
	struct ids n = gids_of(cred_self());

	if (!take_gid(&rgid) || !take_gid(&egid))
		return -EINVAL;
	return commit_gids(plan_setre(&n, rgid, egid, cap_has_self(CAP_SETGID)), &n);
}

long sys_setresgid(u32 rgid, u32 egid, u32 sgid)
{
	struct ids n = gids_of(cred_self());

	if (!take_gid(&rgid) || !take_gid(&egid) || !take_gid(&sgid))
		return -EINVAL;
	return commit_gids(plan_setres(&n, rgid, egid, sgid, cap_has_self(CAP_SETGID)), &n);
}

static long put3(u32 __user *pa, u32 a, u32 __user *pb, u32 b, u32 __user *pc, u32 c)
{
	return user_put(a, pa) || user_put(b, pb) || user_put(c, pc) ? -EFAULT : 0;
}

long sys_getresuid(u32 *ruid, u32 *euid, u32 *suid)
{
	const struct credset *c = cred_self();

	return put3(ruid, uid_show(c->uid), euid, uid_show(c->euid), suid, uid_show(c->suid));
}

long sys_getresgid(u32 *rgid, u32 *egid, u32 *sgid)
{
	const struct credset *c = cred_self();

	return put3(rgid, gid_show(c->gid), egid, gid_show(c->egid), sgid, gid_show(c->sgid));
}

/* Both answer the old value, also when nothing changed: that is how one asks. */
long sys_setfsuid(u32 uid)
{
	const struct credset *o = cred_self();
	u32 old = uid_show(o->fsuid);
	struct credset *c;

	if (uid == KEEP || !take_uid(&uid) || uid == o->fsuid)
		return old;
	if (uid != o->uid && uid != o->euid && uid != o->suid && !cap_has_self(CAP_SETUID))
		return old;
	c = cred_prepare();
	if (!c)
		return old;
	c->fsuid = uid;
	caps_follow_fsuid(o, c);
	cred_commit(c);
	return old;
}

long sys_setfsgid(u32 gid)
{
	const struct credset *o = cred_self();
	u32 old = gid_show(o->fsgid);
	struct credset *c;

	if (gid == KEEP || !take_gid(&gid) || gid == o->fsgid)
		return old;
	if (gid != o->gid && gid != o->egid && gid != o->sgid && !cap_has_self(CAP_SETGID))
		return old;
	c = cred_prepare();
	if (!c)
		return old;
	c->fsgid = gid;
	cred_commit(c);
	return old;
}

long sys_getgroups(int size, u32 *list)
{
	const struct grouplist *g = cred_self()->groups;

	if (size < 0)
		return -EINVAL;
	if (size == 0)
		return g->n;
	if ((u32)size < g->n)
		return -EINVAL;
	if (userns_self() == &userns_initial)
		return user_copyout(list, g->gid, g->n * sizeof(gid_t)) ? -EFAULT : (long)g->n;
	for (u32 i = 0; i < g->n; i++)
		if (user_put(gid_show(g->gid[i]), list + i))
			return -EFAULT;
	return g->n;
}

static void sift(gid_t *v, u32 at, u32 n)
{
	for (u32 child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && v[child + 1] > v[child])
			child++;
		if (v[at] >= v[child])
			return;
		swap(v[at], v[child]);
	}
}

static void sort_gids(gid_t *v, u32 n)
{
	u32 i;

	for (i = n / 2; i-- > 0;)
		sift(v, i, n);
	for (i = n; i-- > 1;) {
		swap(v[0], v[i]);
		sift(v, 0, i);
	}
}

long sys_setgroups(int size, u32 *list)
{
	struct grouplist *g;
	struct credset *c;

	if (!cap_has_self(CAP_SETGID) || !userns_may_setgroups(userns_self()))
		return -EPERM;
	if ((u32)size > NGROUPS_MAX)
		return -EINVAL;
	g = kmem_alloc(sizeof(*g) + size * sizeof(gid_t), ALLOC_KERNEL);
	if (!g)
		return -ENOMEM;
	ref_init(&g->refs, 1);
	g->n = size;
	if (user_copyin(g->gid, list, size * sizeof(gid_t))) {
		kmem_free(g);
		return -EFAULT;
	}
	for (u32 i = 0; i < g->n; i++) {
		g->gid[i] = gid_in(g->gid[i]);
		if (g->gid[i] == KEEP) {
			kmem_free(g);
			return -EINVAL;
		}
	}
	sort_gids(g->gid, g->n);
	c = cred_prepare();
	if (!c) {
		kmem_free(g);
		return -ENOMEM;
	}
	grouplist_put(c->groups);
	c->groups = g;
	cred_commit(c);
	return 0;
}
