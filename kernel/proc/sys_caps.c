// SPDX-License-Identifier: GPL-2.0-only
/* capget(2), capset(2): the three sets of a thread, in the interface's versions. */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/syscalls.h>
#include <tern/lib/string.h>

#define CAP_VERSION_1	0x19980330u
#define CAP_VERSION_2	0x20071026u
#define CAP_VERSION_3	0x20080522u
#define CAP_VALID	((1UL << (CAP_LAST + 1)) - 1)

struct cap_header { u32 version; s32 pid; };
struct cap_data { u32 effective, permitted, inheritable; };

/* Number of 32-bit words, or -EINVAL with the preferred version written back. */
static int header_read(struct cap_header *h, void __user *uh)
{
	if (user_copyin(h, uh, sizeof(*h)))
		return -EFAULT;
	switch (h->version) {
	case CAP_VERSION_1:
		return 1;
	case CAP_VERSION_2:
	case CAP_VERSION_3:
		return 2;
	}
	return user_put(CAP_VERSION_3, (u32 __user *)uh) ? -EFAULT : -EINVAL;
}

long sys_capget(void *uheader, void *udata)
{
	struct cap_header h;
	struct cap_data d[2];
	const struct credset *c;
	struct thread *t;
	int words = header_read(&h, uheader), i;

	if (words < 0)
		return !udata && words == -EINVAL ? 0 : words;
	if (h.pid < 0)
		return -EINVAL;
	if (!udata)
		return 0;
	rcu_read_lock();
	t = h.pid ? pidref_thread(pidref_find(h.pid)) : thread_self();
	if (!t) {
		rcu_read_unlock();
		return -ESRCH;
	}
	c = rcu_load(t->t_real_cred);
	for (i = 0; i < 2; i++) {
		d[i].effective = c->cap_effective >> 32 * i;
		d[i].permitted = c->cap_permitted >> 32 * i;
		d[i].inheritable = c->cap_inheritable >> 32 * i;
	}
	rcu_read_unlock();
	return user_copyout(udata, d, words * sizeof(d[0]));
}

static int caps_check(const struct credset *o, u64 e, u64 p, u64 i)
{
	if ((i & ~(o->cap_inheritable | o->cap_permitted)) && !cap_has_self(CAP_SETPCAP))
		return -EPERM;
	if (i & ~(o->cap_inheritable | o->cap_bounding))
		return -EPERM;
	if ((p & ~o->cap_permitted) || (e & ~p))
		return -EPERM;
	return 0;
}

long sys_capset(void *uheader, const void *udata)
{
	struct cap_data d[2];
	struct cap_header h;
	struct credset *c;
	u64 e, p, i;
	int words = header_read(&h, uheader), err;

	if (words < 0)
		return words;
	if (h.pid && h.pid != pidref_nr(thread_self()->t_pid))
		return -EPERM;
	memset(d, 0, sizeof(d));
	if (user_copyin(d, udata, words * sizeof(d[0])))
		return -EFAULT;
	e = (d[0].effective | (u64)d[1].effective << 32) & CAP_VALID;
	p = (d[0].permitted | (u64)d[1].permitted << 32) & CAP_VALID;
	i = (d[0].inheritable | (u64)d[1].inheritable << 32) & CAP_VALID;
	err = caps_check(cred_self(), e, p, i);
	if (err)
		return err;
	c = cred_prepare();
	if (!c)
		return -ENOMEM;
	c->cap_effective = e;
	c->cap_permitted = p;
	c->cap_inheritable = i;
	c->cap_ambient &= p & i;
	cred_commit(c);
	return 0;
}
