// SPDX-License-Identifier: GPL-2.0-only
/* Host names. */
#include "ns_impl.h"

#include <asm/uaccess.h>
#include <generated/version.h>
#include <tern/kernel/syscalls.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

struct utsns utsns_initial = {
	.base = NSBASE_INIT(NSKIND_UTS, NSINUM_UTS),
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

static void utsns_destroy(struct nsbase *b)
{
	kmem_free(container_of(b, struct utsns, base));
}

struct utsns *utsns_copy(struct utsns *from, struct userns *owner)
{
	struct utsns *u = kmem_alloc(sizeof(*u), ALLOC_KERNEL);

	if (!u)
		return NULL;
	nsbase_init(&u->base, NSKIND_UTS, owner, utsns_destroy);
	spin_init(&u->lock, LOCKRANK_KLIST);
	spin_lock(&from->lock);
	u->name = from->name;
	spin_unlock(&from->lock);
	return u;
}

void utsns_read(struct utsname_ *out)
{
	struct utsns *u = nsset_self()->uts;

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
	struct utsns *u = nsset_self()->uts;
	char *field = is_domain ? u->name.domainname : u->name.nodename;

	if (!cap_has_in(u->base.owner, CAP_SYS_ADMIN))
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

	if (!cap_has_in(nsset_self()->uts->base.owner, CAP_SYS_ADMIN))
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
