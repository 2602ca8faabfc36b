// SPDX-License-Identifier: GPL-2.0-only
/* keyctl(2): one function for a command. */
#include "keys_impl.h"

static long get_id(s32 id, bool create)
{
	struct keyref r;
	long ret = key_lookup(id, create, KEY_MAY_SEARCH, &r);

	if (ret)
		return ret;
	ret = r.key->serial;
	keyobj_put(r.key);
	return ret;
}

static long join(const char __user *uname)
{
	char *name = NULL;
	long ret;

	if (uname) {
		ret = keyctl_get_string(&name, uname, 4096);
		if (ret < 0)
			return ret;
		if (*name == '.') {
			kmem_free(name);
			return -EPERM;
		}
	}
	ret = key_join_session(name);
	kmem_free(name);
	return ret;
}

static long update(s32 id, const void __user *payload, size_t len)
{
	struct keydata *data;
	struct keyref r;
	long ret;

	if (len > PAGE_SIZE)
		return -EINVAL;
	data = kmem_alloc_large(sizeof(*data) + len, ALLOC_KERNEL);
	if (!data)
		return -ENOMEM;
	ref_init(&data->refs, 1);
	data->len = (u32)len;
	ret = user_copyin(data->bytes, payload, len);
	if (!ret)
		ret = key_lookup(id, false, KEY_MAY_WRITE, &r);
	if (ret) {
		keydata_put(data);
		return ret;
	}
	if (!r.key->kind->is_updatable)
		ret = -EOPNOTSUPP;
	else if (len < r.key->kind->min_len || len > r.key->kind->max_len)
		ret = -EINVAL;
	else
		ret = keyobj_update(r.key, data);
	if (ret)
		keydata_put(data);
	keyobj_put(r.key);
	return ret;
}

static long revoke(s32 id)
{
	struct keyref r;
	long ret = key_lookup(id, false, KEY_MAY_WRITE, &r);

	if (ret == -EACCES)
		ret = key_lookup(id, false, KEY_MAY_SETATTR, &r);
	if (ret)
		return ret;
	spin_lock(&r.key->lock);
	r.key->is_revoked = true;
	spin_unlock(&r.key->lock);
	if (r.key->kind == &keykind_keyring)
		keylinks_clear(r.key);
	keyobj_put(r.key);
	return 0;
}

static long invalidate(s32 id)
{
	struct keyref r;
	long ret = key_lookup(id, false, KEY_MAY_SEARCH, &r);

	if (ret)
		return ret;
	spin_lock(&r.key->lock);
	r.key->is_invalid = true;
	spin_unlock(&r.key->lock);
	keyobj_put(r.key);
	return 0;
}

static long change_owner(s32 id, u32 uid, u32 gid)
{
	const struct credset *c = cred_self();
	struct keyref r;
	long ret;

	if (uid == ~0u && gid == ~0u)
		return 0;
	ret = key_lookup_any(id, KEY_MAY_SETATTR, &r);
	if (ret)
		return ret;
	if (!cap_has(CAP_SYS_ADMIN) && ((uid != ~0u && uid != r.key->uid) ||
					(gid != ~0u && gid != r.key->gid && gid != c->fsgid &&
					 !cred_in_group(c, gid))))
		ret = -EACCES;
	spin_lock(&r.key->lock);
	if (!ret && uid != ~0u)
		r.key->uid = uid;
	if (!ret && gid != ~0u)
		r.key->gid = gid;
	spin_unlock(&r.key->lock);
	keyobj_put(r.key);
	return ret;
}

static long set_perm(s32 id, u32 perm)
{
	struct keyref r;
	long ret;

	if (perm & ~KEY_PERM_ALL)
		return -EINVAL;
	ret = key_lookup_any(id, KEY_MAY_SETATTR, &r);
	if (ret)
		return ret;
	if (r.key->uid != cred_self()->fsuid && !cap_has(CAP_SYS_ADMIN))
		ret = -EACCES;
	spin_lock(&r.key->lock);
	if (!ret)
		r.key->perm = perm;
	spin_unlock(&r.key->lock);
	keyobj_put(r.key);
	return ret;
}

static long set_timeout(s32 id, u32 seconds)
{
	struct keyref r;
	long ret = key_lookup_any(id, KEY_MAY_SETATTR, &r);

	if (ret)
		return ret;
	spin_lock(&r.key->lock);
	r.key->expires_ns = seconds ? clock_realtime_ns() + (s64)seconds * (s64)NSEC_PER_SEC : 0;
	spin_unlock(&r.key->lock);
	keyobj_put(r.key);
	return 0;
}

static long describe(s32 id, char __user *buf, size_t size)
{
	struct keyref r;
	size_t room;
	char *text;
	long ret = key_lookup_any(id, KEY_MAY_VIEW, &r);

	if (ret)
		return ret;
	room = strlen(r.key->desc) + 64;
	text = kmem_alloc(room, ALLOC_KERNEL);
	ret = -ENOMEM;
	if (text) {
		ret = fmt_print(text, room, "%s;%d;%d;%08x;%s", r.key->kind->name, r.key->uid, r.key->gid,
				r.key->perm, r.key->desc) + 1;
		if (buf && size >= (size_t)ret && user_copyout(buf, text, (size_t)ret))
			ret = -EFAULT;
		kmem_free(text);
	}
	keyobj_put(r.key);
	return ret;
}

static long clear(s32 id)
{
	struct keyref r;
	long ret = key_lookup(id, true, KEY_MAY_WRITE, &r);

	if (ret)
		return ret;
	if (r.key->kind != &keykind_keyring)
		ret = -ENOTDIR;
	else
		keylinks_clear(r.key);
	keyobj_put(r.key);
	return ret;
}

static long link_key(s32 id, s32 ring_id, bool do_link)
{
	struct keyref ring, r;
	long ret = key_lookup(ring_id, do_link, KEY_MAY_WRITE, &ring);

	if (ret)
		return ret;
	ret = do_link ? key_lookup(id, true, KEY_MAY_LINK, &r) : key_lookup_any(id, 0, &r);
	if (!ret) {
		if (ring.key->kind != &keykind_keyring)
			ret = -ENOTDIR;
		else
			ret = do_link ? keyring_link(ring.key, r.key) : keyring_unlink(ring.key, r.key);
		keyobj_put(r.key);
	}
	keyobj_put(ring.key);
	return ret;
}

static long search_in(const struct keyref *ring, const struct keykind *kind, const char *desc, s32 dest)
{
	struct keyref d;
	struct keyobj *k;
	long ret = 0;

	if (ring->key->kind != &keykind_keyring)
		return -ENOTDIR;
	k = keylinks_search(*ring, kind, desc);
	if (IS_ERR(k))
		return PTR_ERR(k);
	if (dest) {
		ret = key_lookup(dest, true, KEY_MAY_WRITE, &d);
		if (!ret) {
			ret = d.key->kind != &keykind_keyring ? -ENOTDIR :
			      !keyobj_permits((struct keyref){ k, ring->is_possessed }, KEY_MAY_LINK) ?
			      -EACCES : keyring_link(d.key, k);
			keyobj_put(d.key);
		}
	}
	if (!ret)
		ret = k->serial;
	keyobj_put(k);
	return ret;
}

static long search_ring(s32 ring_id, const char __user *utype, const char __user *udesc, s32 dest)
{
	const struct keykind *kind;
	struct keyref ring;
	char name[32], *desc;
	long ret = user_strncpy(name, utype, sizeof(name));

	if (ret < 0 || ret >= (long)sizeof(name))
		return ret < 0 ? ret : -EINVAL;
	ret = keyctl_get_string(&desc, udesc, 4096);
	if (ret < 0)
		return ret;
	kind = keykind_find(name);
	ret = kind ? key_lookup(ring_id, false, KEY_MAY_SEARCH, &ring) : -ENOKEY;
	if (!ret) {
		ret = search_in(&ring, kind, desc, dest);
		keyobj_put(ring.key);
	}
	kmem_free(desc);
	return ret;
}

static long read_ring(struct keyobj *k, void __user *buf, size_t size)
{
	u32 n = keyring_serials(k, NULL, 0), got;
	s32 *list = kmem_calloc(n, sizeof(*list), ALLOC_KERNEL);
	long ret;

	if (!list)
		return -ENOMEM;
	got = min(keyring_serials(k, list, n), n);
	ret = (long)(got * sizeof(*list));
	if (buf && user_copyout(buf, list, min_t(size_t, size & ~3ul, (size_t)ret)))
		ret = -EFAULT;
	kmem_free(list);
	return ret;
}

static long read_data(struct keyobj *k, void __user *buf, size_t size)
{
	struct keydata *d;
	long ret;

	if (!k->kind->is_readable)
		return -EOPNOTSUPP;
	d = keydata_get_of(k);
	ret = d->len;
	if (buf && user_copyout(buf, d->bytes, min_t(size_t, size, d->len)))
		ret = -EFAULT;
	keydata_put(d);
	return ret;
}

static long read_key(s32 id, void __user *buf, size_t size)
{
	struct keyref r;
	long ret = key_lookup(id, false, 0, &r);

	if (ret)
		return ret;
	if (!keyobj_permits(r, KEY_MAY_READ) && !(r.is_possessed && keyobj_permits(r, KEY_MAY_SEARCH)))
		ret = -EACCES;
	else
		ret = r.key->kind == &keykind_keyring ? read_ring(r.key, buf, size)
						     : read_data(r.key, buf, size);
	keyobj_put(r.key);
	return ret;
}

long sys_keyctl(int cmd, u64 a, u64 b, u64 c, u64 d)
{
	s32 id = (s32)a;

	switch (cmd) {
	case KEYCTL_GET_KEYRING_ID:
		return get_id(id, (int)b);
	case KEYCTL_JOIN_SESSION:
		return join((const char __user *)a);
	case KEYCTL_UPDATE:
		return update(id, (const void __user *)b, c);
	case KEYCTL_REVOKE:
		return revoke(id);
	case KEYCTL_CHOWN:
		return change_owner(id, (u32)b, (u32)c);
	case KEYCTL_SETPERM:
		return set_perm(id, (u32)b);
	case KEYCTL_DESCRIBE:
		return describe(id, (char __user *)b, c);
	case KEYCTL_CLEAR:
		return clear(id);
	case KEYCTL_LINK:
	case KEYCTL_UNLINK:
		return link_key(id, (s32)b, cmd == KEYCTL_LINK);
	case KEYCTL_SEARCH:
		return search_ring(id, (const char __user *)b, (const char __user *)c, (s32)d);
	case KEYCTL_READ:
		return read_key(id, (void __user *)b, c);
	case KEYCTL_SET_TIMEOUT:
		return set_timeout(id, (u32)b);
	case KEYCTL_INVALIDATE:
		return invalidate(id);
	default:
		return -EOPNOTSUPP;
	}
}
