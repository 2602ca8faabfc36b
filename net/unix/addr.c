// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses of AF_UNIX: names in the file system (the vnode knows its socket),
 * abstract names (bytes, in a hash table, by socket type), made-up ones.
 */
#include "unix_impl.h"

#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/kernel/ns.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/random.h>
#include <tern/lib/fmt.h>
#include <tern/lib/hash.h>
#include <uapi/fcntl.h>
#include <uapi/stat.h>

#define LOCK_BITS	6
#define AUTOBIND_SPAN	0x100000u	/* five hexadecimal digits */

static struct growtab names;	/* abstract names; also of all network namespaces */

void usaddr_put(struct usaddr *a)
{
	if (ref_put(&a->refs))
		kmem_free(a);
}

/* A copy of @un, which has @len bytes. */
static struct usaddr *usaddr_make(const struct sockaddr_un *un, u32 len, u16 type)
{
	struct usaddr *a = kmem_zalloc(sizeof(*a), ALLOC_KERNEL);

	if (!a)
		return NULL;
	ref_init(&a->refs, 1);
	a->len = len;
	memcpy(&a->name, un, len);
	a->hash = (u32)hash_mix(hash_name(a->name.sun_path, len - USADDR_MIN, type));
	return a;
}

/* Locks: the name's in the table. */
static struct usock *find_abstract(const struct usaddr *a, u16 type, const struct nsbase *net)
{
	struct usock *u;

	growtab_foreach_rcu(u, &names, a->hash, hash_link)
		if (u->net == net && u->ns.type == type && u->addr->len == a->len &&
		    !memcmp(&u->addr->name, &a->name, a->len))
			return u;
	return NULL;
}

/* Enter an abstract name; 0 or -EADDRINUSE. Consumes @a on success. */
static int bind_abstract(struct usock *u, struct usaddr *a)
{
	struct spin *lock = growtab_lock(&names, a->hash);
	int err = -EADDRINUSE;

	spin_lock(lock);
	if (!find_abstract(a, u->ns.type, u->net)) {
		store_release(&u->addr, a);
		growtab_add(&names, &u->hash_link, a->hash);
		err = 0;
	}
	spin_unlock(lock);
	return err;
}

int usock_autobind(struct usock *u)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	u32 first = (u32)random_below(AUTOBIND_SPAN);
	struct usaddr *a;

	if (u->addr)
		return 0;
	for (u32 i = 0; i < AUTOBIND_SPAN; i++) {
		char digits[6];

		fmt_print(digits, sizeof(digits), "%05x", (first + i) % AUTOBIND_SPAN);
		memcpy(un.sun_path + 1, digits, 5);
		a = usaddr_make(&un, USADDR_MIN + 6, u->ns.type);
		if (!a)
			return -ENOMEM;
		if (!bind_abstract(u, a))
			return 0;
		usaddr_put(a);
		if (signal_is_fatal_pending())
			return -EINTR;
	}
	return -ENOSPC;
}

/* Make the node in the file system and tell it whose it is. */
static int bind_path(struct usock *u, const char *name, struct usaddr *a)
{
	struct vnode *vn;
	struct fspath p;
	int err;

	err = name_mknod(AT_FDCWD, name, S_IFSOCK | 0777, 0, false);
	if (err)
		return err == -EEXIST ? -EADDRINUSE : err;
	err = path_lookup(name, 0, &p);
	if (err)
		return err;
	vn = path_vnode(&p);
	spin_lock(&vn->vn_spin);
	if (!S_ISSOCK(vn->vn_mode) || vn->vn_special)
		err = -EADDRINUSE;	/* somebody replaced it meanwhile */
	else
		vn->vn_special = u;
	spin_unlock(&vn->vn_spin);
	if (err) {
		fspath_put(&p);
		return err;
	}
	u->path = p;
	store_release(&u->addr, a);
	return 0;
}

/* Length without what follows the NUL of a path; -EINVAL. */
static int check_addr(struct sockaddr_un *un, const struct sockaddr_any *a, u32 len)
{
	if (len <= USADDR_MIN || len > USADDR_MAX || a->family != AF_UNIX)
		return -EINVAL;
	memset(un, 0, sizeof(*un));
	memcpy(un, a, len);
	if (!un->sun_path[0])
		return len;
	return USADDR_MIN + strnlen(un->sun_path, sizeof(un->sun_path)) + 1;
}

int usock_bind(struct netsock *s, const struct sockaddr_any *any, u32 len)
{
	struct usock *u = usock_of(s);
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
	struct sockaddr_un un;
	struct usaddr *a;
	int err, n;

	if (len == USADDR_MIN && any->family == AF_UNIX) {
		kmutex_lock(&u->state_lock);
		err = u->addr ? -EINVAL : usock_autobind(u);
		kmutex_unlock(&u->state_lock);
		return err;
	}
	n = check_addr(&un, any, len);
	if (n < 0)
		return n;
	/* A path of 108 bytes has no NUL in the structure. */
	a = usaddr_make(&un, min_t(u32, n, USADDR_MAX), s->type);
	if (!a)
		return -ENOMEM;
	kmutex_lock(&u->state_lock);
	if (u->addr) {
		err = -EINVAL;
	} else if (un.sun_path[0]) {
		memcpy(path, un.sun_path, sizeof(un.sun_path));
		path[sizeof(path) - 1] = '\0';
		err = bind_path(u, path, a);
	} else {
		err = bind_abstract(u, a);
	}
	kmutex_unlock(&u->state_lock);
	if (err)
		usaddr_put(a);
	return err;
}

void usock_unbind(struct usock *u)
{
	struct vnode *vn;

	if (!u->addr)
		return;
	if (growlink_is_hashed(&u->hash_link)) {
		struct spin *lock = growtab_lock(&names, u->addr->hash);

		spin_lock(lock);
		growtab_del(&names, &u->hash_link);
		spin_unlock(lock);
	}
	if (!u->path.nc)
		return;
	vn = path_vnode(&u->path);
	spin_lock(&vn->vn_spin);
	if (vn->vn_special == u)
		vn->vn_special = NULL;
	spin_unlock(&vn->vn_spin);
	fspath_put(&u->path);
	u->path.nc = NULL;
}

static struct usock *find_path(const char *name, u16 type)
{
	struct usock *u = NULL;
	struct vnode *vn;
	struct fspath p;
	int err = path_lookup(name, LOOKUP_FOLLOW, &p);

	if (err)
		return ERR_PTR(err);
	vn = path_vnode(&p);
	err = vnode_permission(vn, MAY_WRITE);
	if (!err) {
		spin_lock(&vn->vn_spin);
		if (S_ISSOCK(vn->vn_mode))
			u = vn->vn_special;
		if (u && !ref_get_unless_zero(&u->refs))
			u = NULL;
		spin_unlock(&vn->vn_spin);
		err = u ? 0 : -ECONNREFUSED;
	}
	fspath_put(&p);
	if (!err && u->ns.type != type) {
		usock_put(u);
		err = -EPROTOTYPE;
	}
	return err ? ERR_PTR(err) : u;
}

struct usock *usock_find(const struct sockaddr_any *any, u32 len, u16 type)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
	struct sockaddr_un un;
	struct spin *lock;
	struct usaddr *a;
	struct usock *u;
	int n = check_addr(&un, any, len);

	if (n < 0)
		return ERR_PTR(n);
	if (un.sun_path[0]) {
		memcpy(path, un.sun_path, sizeof(un.sun_path));
		path[sizeof(path) - 1] = '\0';
		return find_path(path, type);
	}
	a = usaddr_make(&un, n, type);
	if (!a)
		return ERR_PTR(-ENOMEM);
	lock = growtab_lock(&names, a->hash);
	spin_lock(lock);
	u = find_abstract(a, type, nsset_self()->net);
	if (u && !ref_get_unless_zero(&u->refs))
		u = NULL;
	spin_unlock(lock);
	usaddr_put(a);
	return u ? u : ERR_PTR(-ECONNREFUSED);
}

int usock_getname(struct netsock *s, struct sockaddr_any *out, u32 *len, enum sockend end)
{
	struct usock *u = usock_of(s), *peer = NULL;
	struct usaddr *a;

	if (end != SOCKEND_OWN) {
		peer = usock_peer_get(u);
		if (!peer)
			return -ENOTCONN;
		u = peer;
	}
	a = load_acquire(&u->addr);
	if (a) {
		memcpy(out, &a->name, a->len);
		*len = a->len;
	} else {
		out->family = AF_UNIX;
		*len = USADDR_MIN;
	}
	if (peer)
		usock_put(peer);
	return 0;
}

static int names_init(void)
{
	VERIFY(!growtab_init(&names, LOCK_BITS, LOCKRANK_SOCK_SPIN));
	return 0;
}
INITCALL(CORE, names_init);
