// SPDX-License-Identifier: GPL-2.0-only
/*
 * Namespaces of a process: a counted set of what exists so far, host names
 * (uts) and mounts. Kinds that do not exist answer EINVAL, as a Linux built
 * without them does. Sets are immutable: a change makes a new set.
 */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <generated/version.h>
#include <tern/kernel/ns.h>
#include <tern/kernel/syscalls.h>
#include <tern/kernel/sysvipc.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/clone.h>

#define NS_UNKNOWN (CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
		    CLONE_NEWNET | CLONE_NEWTIME)

static struct utsns uts_initial = {
	.refs = { ATOMIC_INIT(1) },
	.lock = SPIN_INIT(LOCKRANK_KLIST),
	.name = {
		.sysname = "Linux",
		.nodename = "(none)",
		.release = TERN_RELEASE,
		.version = "#1 SMP PREEMPT Tern " TERN_VERSION " (" TERN_DATE ")",
		.machine = "x86_64",
		.domainname = "(none)",
	},
};

struct namespaces nsset_init_set = { .refs = { ATOMIC_INIT(1) }, .uts = &uts_initial };

struct mountns *nsset_mounts(struct namespaces *s)
{
	return s && s->mounts ? s->mounts->ns : mountns_initial;
}

struct namespaces *nsset_get(struct namespaces *s)
{
	ref_get(&s->refs);
	return s;
}

static void utsns_put(struct utsns *u)
{
	if (ref_put(&u->refs))
		kmem_free(u);
}

void nsset_put(struct namespaces *s)
{
	if (!s || !ref_put(&s->refs))
		return;
	utsns_put(s->uts);
	if (s->mounts && ref_put(&s->mounts->refs)) {
		mountns_put(s->mounts->ns);
		kmem_free(s->mounts);
	}
	kmem_free(s);
}

static struct utsns *utsns_copy(struct utsns *from)
{
	struct utsns *u = kmem_alloc(sizeof(*u), ALLOC_KERNEL);

	if (!u)
		return NULL;
	ref_init(&u->refs, 1);
	spin_init(&u->lock, LOCKRANK_KLIST);
	spin_lock(&from->lock);
	u->name = from->name;
	spin_unlock(&from->lock);
	return u;
}

struct namespaces *nsset_clone(struct namespaces *old, u64 flags)
{
	struct namespaces *s;

	if (flags & NS_UNKNOWN)
		return ERR_PTR(-EINVAL);
	if (!cap_has(CAP_SYS_ADMIN))
		return ERR_PTR(-EPERM);
	s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);
	if (!s)
		return ERR_PTR(-ENOMEM);
	ref_init(&s->refs, 1);
	if (flags & CLONE_NEWUTS) {
		s->uts = utsns_copy(old->uts);
	} else {
		ref_get(&old->uts->refs);
		s->uts = old->uts;
	}
	if (!s->uts) {
		kmem_free(s);
		return ERR_PTR(-ENOMEM);
	}
	if (!(flags & CLONE_NEWNS) && old->mounts) {
		ref_get(&old->mounts->refs);
		s->mounts = old->mounts;
	}
	return s;
}

int nsset_adopt_mounts(struct namespaces *s, struct fsctx *fs)
{
	struct nsmounts *box = kmem_alloc(sizeof(*box), ALLOC_KERNEL);
	struct mountns *m;

	if (!box)
		return -ENOMEM;
	m = mountns_copy(nsset_mounts(process_self()->p_namespaces), fs);
	if (IS_ERR_OR_NULL(m)) {
		kmem_free(box);
		return m ? PTR_ERR(m) : -ENOMEM;
	}
	ref_init(&box->refs, 1);
	box->ns = m;
	s->mounts = box;
	return 0;
}

static struct utsns *utsns_self(void)
{
	struct namespaces *s = process_self()->p_namespaces;

	return s ? s->uts : &uts_initial;
}

struct namespaces *process_nsset(struct process *p)
{
	u64 flags = spin_lock_irqsave(&p->p_lock);
	struct namespaces *s = p->p_namespaces;

	if (s)
		nsset_get(s);
	spin_unlock_irqrestore(&p->p_lock, flags);
	return s;
}

/* Put a new set in force for the whole process. */
static void nsset_switch(struct process *p, struct namespaces *s)
{
	u64 flags = spin_lock_irqsave(&p->p_lock);
	struct namespaces *old = p->p_namespaces;

	p->p_namespaces = s;
	spin_unlock_irqrestore(&p->p_lock, flags);
	nsset_put(old);
}

/* ---- host names ---- */

void utsns_read(struct utsname_ *out)
{
	struct utsns *u = utsns_self();

	spin_lock(&u->lock);
	*out = u->name;
	spin_unlock(&u->lock);
}

long sys_uname(void *buf)
{
	struct utsname_ n;

	utsns_read(&n);
	return user_copyout(buf, &n, sizeof(n));
}

int utsns_set(bool is_domain, const char *name, size_t len)
{
	struct utsns *u = utsns_self();
	char *field = is_domain ? u->name.domainname : u->name.nodename;

	if (!cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	if (len >= UTS_LEN)
		return -EINVAL;
	spin_lock(&u->lock);
	memset(field, 0, UTS_LEN);
	memcpy(field, name, len);
	spin_unlock(&u->lock);
	return 0;
}

static long set_name(bool is_domain, const char __user *name, int len)
{
	char buf[UTS_LEN];

	if (!cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len >= UTS_LEN)
		return -EINVAL;
	if (user_copyin(buf, name, len))
		return -EFAULT;
	return utsns_set(is_domain, buf, len);
}

long sys_sethostname(const char *name, int len)
{
	return set_name(false, name, len);
}

long sys_setdomainname(const char *name, int len)
{
	return set_name(true, name, len);
}

/* ---- unshare, setns ---- */

#define UNSHARE_KNOWN (CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | \
		       CLONE_SYSVSEM | CLONE_NEWANY)

static int unshare_fs(void)
{
	struct thread *t = thread_self();
	struct fsctx *n, *old = t->t_fs;
	u64 flags;

	if (!old || !face_fsctx_is_shared(old))
		return 0;
	n = fsctx_copy(old);
	if (!n)
		return -ENOMEM;
	flags = spin_lock_irqsave(&t->t_lock);
	t->t_fs = n;
	spin_unlock_irqrestore(&t->t_lock, flags);
	fsctx_put(old);
	return 0;
}

static int unshare_ns(u64 flags)
{
	struct process *p = process_self();
	struct namespaces *s = nsset_clone(p->p_namespaces, flags);
	int err = 0;

	if (IS_ERR(s))
		return PTR_ERR(s);
	if (flags & CLONE_NEWNS)
		err = nsset_adopt_mounts(s, thread_self()->t_fs);
	if (err) {
		nsset_put(s);
		return err;
	}
	nsset_switch(p, s);
	return 0;
}

static int unshare_check(u64 flags)
{
	struct process *p = process_self();
	struct aspace *as = thread_self()->t_as;

	if (flags & ~UNSHARE_KNOWN)
		return -EINVAL;
	/* Namespaces belong to the process here: threads cannot differ in them. */
	if ((flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWANY)) && p->p_nlive > 1)
		return -EINVAL;
	if ((flags & (CLONE_SIGHAND | CLONE_VM)) && ref_read(&p->p_actions->refs) > 1)
		return -EINVAL;
	if ((flags & CLONE_VM) && ref_read(&as->as_users) > 1)
		return -EINVAL;
	return 0;
}

long sys_unshare(u64 flags)
{
	int err;

	if (flags & CLONE_NEWNS)
		flags |= CLONE_FS;
	err = unshare_check(flags);
	if (err)
		return err;
	if (flags & NS_UNKNOWN)
		return -EINVAL;
	if ((flags & CLONE_NEWANY) && !cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	if (flags & (CLONE_SYSVSEM | CLONE_NEWIPC))
		sysvsem_thread_exit(thread_self());
	if (flags & CLONE_FS)
		err = unshare_fs();
	if (!err && (flags & CLONE_FILES) && fdtab_is_shared(thread_self()->t_files))
		err = fdtab_unshare();
	if (!err && (flags & CLONE_NEWANY))
		err = unshare_ns(flags);
	return err;
}
