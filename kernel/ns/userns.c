// SPDX-License-Identifier: GPL-2.0-only
/*
 * User namespaces: making and entering them, and who has which capability.
 *
 * Capabilities count in the namespace of the credentials and in all below it;
 * besides, who made a namespace (same effective user, in its parent) has all
 * capabilities in it. A namespace holds its parent.
 */
#include "ns_impl.h"

#include <tern/mm/slab.h>

#define CAP_FULL	((1UL << (CAP_LAST + 1)) - 1)

static struct idspan whole = { 0, 0, U32_MAX };
static struct idtrans identity = { 1, &whole, &whole };
struct userns userns_initial = {
	.base = { .refs = { ATOMIC_INIT(1) }, .inum = NSINUM_USER, .kind = NSKIND_USER },
	.maker_uid = 0,
	.trans = { &identity, &identity, &identity },
};

static void userns_destroy(struct nsbase *b)
{
	struct userns *u = userns_of(b);

	for (int i = 0; i < IDKIND_COUNT; i++) {
		if (u->trans[i]) {
			kmem_free(u->trans[i]->up);
			kmem_free(u->trans[i]);
		}
	}
	kmem_free(u);
}

bool userns_is_within(const struct userns *u, const struct userns *top)
{
	while (u && u->level > top->level)
		u = u->base.owner;
	return u == top;
}

static void cred_fill(struct credset *c)
{
	c->securebits = 0;
	c->cap_inheritable = 0;
	c->cap_permitted = CAP_FULL;
	c->cap_effective = CAP_FULL;
	c->cap_bounding = CAP_FULL;
	c->cap_ambient = 0;
}

void userns_enter(struct credset *c, struct userns *u)
{
	struct userns *old = c->ns;

	cred_fill(c);
	c->ns = userns_get(u);
	userns_put(old);
}

int userns_enter_new(struct credset *c)
{
	struct userns *parent = c->ns, *u;

	if (parent->level > USERNS_DEPTH_MAX)
		return -ENOSPC;
	/* A changed root could be left by a program that is root inside. */
	if (face_fsctx_is_chrooted())
		return -EPERM;
	if (!ids_are_known(parent, c->euid, c->egid))
		return -EPERM;
	u = kmem_zalloc(sizeof(*u), ALLOC_KERNEL);
	if (!u)
		return -ENOMEM;
	nsbase_init(&u->base, NSKIND_USER, parent, userns_destroy);
	u->level = parent->level + 1;
	u->maker_uid = c->euid;
	u->maker_gid = c->egid;
	u->denies_setgroups = READ_ONCE(parent->denies_setgroups);
	u->parent_could_setfcap = c->cap_effective >> CAP_SETFCAP & 1;
	cred_fill(c);
	c->ns = u;
	userns_put(parent);
	return 0;
}

bool cap_has_cred(const struct credset *c, struct userns *ns, int cap)
{
	if (likely(c->ns == ns))
		return c->cap_effective >> cap & 1;
	while (ns->level > c->ns->level) {
		if (ns->base.owner == c->ns && ns->maker_uid == c->euid)
			return true;
		ns = ns->base.owner;
		if (ns == c->ns)
			return c->cap_effective >> cap & 1;
	}
	return false;
}

bool cap_has_in(struct userns *ns, int cap)
{
	if (!cap_has_cred(cred_self(), ns, cap))
		return false;
	thread_self()->t_flags |= TF_SU_PRIV;
	return true;
}

bool cap_has(int cap)
{
	return cap_has_in(&userns_initial, cap);
}

bool cap_has_self(int cap)
{
	return cap_has_in(userns_self(), cap);
}

bool cap_has_over(int cap, uid_t uid, gid_t gid)
{
	struct userns *ns = userns_self();

	return ids_are_known(ns, uid, gid) && cap_has_in(ns, cap);
}

bool userns_may_setgroups(struct userns *u)
{
	return READ_ONCE(u->trans[IDKIND_GROUP]) && !READ_ONCE(u->denies_setgroups);
}
