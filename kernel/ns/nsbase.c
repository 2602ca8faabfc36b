// SPDX-License-Identifier: GPL-2.0-only
/* What namespaces of all kinds share: identity, owner, references, names. */
#include <tern/base/bug.h>
#include <tern/kernel/ns.h>
#include <tern/kernel/userns.h>
#include <uapi/clone.h>

static u32 next_inum = NSINUM_DYNAMIC;

static const struct { const char *name; u64 flag; } kinds[NSKIND_COUNT] = {
	[NSKIND_MNT] = { "mnt", CLONE_NEWNS },
	[NSKIND_UTS] = { "uts", CLONE_NEWUTS },
	[NSKIND_IPC] = { "ipc", CLONE_NEWIPC },
	[NSKIND_PID] = { "pid", CLONE_NEWPID },
	[NSKIND_NET] = { "net", CLONE_NEWNET },
	[NSKIND_USER] = { "user", CLONE_NEWUSER },
	[NSKIND_CGROUP] = { "cgroup", CLONE_NEWCGROUP },
	[NSKIND_TIME] = { "time", CLONE_NEWTIME },
};

const char *nskind_name(enum ns_kind kind)
{
	return kinds[kind].name;
}

u64 nskind_flag(enum ns_kind kind)
{
	return kinds[kind].flag;
}

void nsbase_init(struct nsbase *b, enum ns_kind kind, struct userns *owner,
		 void (*destroy)(struct nsbase *b))
{
	u32 nr = __atomic_fetch_add(&next_inum, 1, __ATOMIC_RELAXED);

	/* After 2^28 of them numbers come round; the first ones' are never given again. */
	ref_init(&b->refs, 1);
	b->inum = NSINUM_DYNAMIC + (nr - NSINUM_DYNAMIC) % (U32_MAX - NSINUM_DYNAMIC);
	b->kind = kind;
	b->owner = owner ? userns_get(owner) : NULL;
	b->destroy = destroy;
}

void nsbase_put(struct nsbase *b)
{
	struct userns *owner;

	/* A chain of user namespaces may end with one reference: no recursion. */
	while (b && ref_put(&b->refs)) {
		ASSERT(b->destroy);
		owner = b->owner;
		b->destroy(b);
		b = owner ? &owner->base : NULL;
	}
}
