// SPDX-License-Identifier: GPL-2.0-only
/* add_key(2) and request_key(2). */
#include "keys_impl.h"

#define KIND_MAX	32
#define DESC_MAX	4096
#define PAYLOAD_MAX	(1024 * 1024 - 1)

/* A kernel copy of a string of at most @max bytes with its end; kmem_free() it. */
long keyctl_get_string(char **out, const char __user *text, size_t max)
{
	char *s = kmem_alloc(max, ALLOC_KERNEL);
	ssize_t n;

	if (!s)
		return -ENOMEM;
	n = user_strncpy(s, text, max);
	if (n < 0 || n == (ssize_t)max) {
		kmem_free(s);
		return n < 0 ? n : -EINVAL;
	}
	*out = s;
	return n;
}

static int get_kind(const char __user *utype, const struct keykind **kind)
{
	char name[KIND_MAX];
	ssize_t n = user_strncpy(name, utype, sizeof(name));

	if (n < 0)
		return (int)n;
	if (n == 0 || n >= KIND_MAX)
		return -EINVAL;
	if (name[0] == '.')
		return -EPERM;
	*kind = keykind_find(name);
	return 0;
}

static int check_key(const struct keykind *kind, const char *desc, size_t len)
{
	if (!kind)
		return -ENODEV;
	if (!*desc || (kind->desc_ok && !kind->desc_ok(desc)))
		return -EINVAL;
	return len < kind->min_len || len > kind->max_len ? -EINVAL : 0;
}

static struct keydata *get_payload(const void __user *payload, size_t len)
{
	struct keydata *d;

	if (!len)
		return NULL;
	d = kmem_alloc_large(sizeof(*d) + len, ALLOC_KERNEL);
	if (!d)
		return ERR_PTR(-ENOMEM);
	ref_init(&d->refs, 1);
	d->len = (u32)len;
	if (user_copyin(d->bytes, payload, len)) {
		keydata_put(d);
		return ERR_PTR(-EFAULT);
	}
	return d;
}

/* A key into @ring, or another payload for the one that is there. */
static long add_to(struct keyobj *ring, const struct keykind *kind, const char *desc, struct keydata *data)
{
	struct keyobj *k = kind->is_updatable ? keyring_find(ring, kind, desc) : NULL;
	long ret;

	if (k) {
		ret = keyobj_permits((struct keyref){ k, true }, KEY_MAY_WRITE) ? keyobj_update(k, data)
									     : -EACCES;
	} else {
		k = keyobj_make(kind, desc, keyobj_default_perm(kind), data);
		if (IS_ERR(k)) {
			keydata_put(data);
			return PTR_ERR(k);
		}
		data = NULL;
		ret = keyring_link(ring, k);
	}
	if (ret)
		keydata_put(data);
	else
		ret = k->serial;
	keyobj_put(k);
	return ret;
}

static long add_checked(const struct keykind *kind, const char *desc, const void __user *payload, size_t len,
			s32 ring)
{
	struct keydata *data = get_payload(payload, len);
	struct keyref r;
	long ret;

	if (IS_ERR(data))
		return PTR_ERR(data);
	ret = key_lookup(ring, true, KEY_MAY_WRITE, &r);
	if (ret) {
		keydata_put(data);
		return ret;
	}
	if (r.key->kind != &keykind_keyring)
		ret = -ENOTDIR;
	else
		ret = check_key(kind, desc, len);
	if (ret)
		keydata_put(data);
	else
		ret = add_to(r.key, kind, desc, data);
	keyobj_put(r.key);
	return ret;
}

long sys_add_key(const char __user *utype, const char __user *udesc, const void __user *payload, size_t len,
		 s32 ring)
{
	const struct keykind *kind = NULL;
	char *desc;
	long ret;

	if (len > PAYLOAD_MAX)
		return -EINVAL;
	ret = get_kind(utype, &kind);
	if (ret)
		return ret;
	ret = keyctl_get_string(&desc, udesc, DESC_MAX);
	if (ret < 0)
		return ret;
	if (kind == &keykind_keyring && *desc == '.')
		ret = -EPERM;
	else
		ret = add_checked(kind, desc, payload, len, ring);
	kmem_free(desc);
	return ret;
}

/* Link a key that was found, if asked to. */
static long request_link(struct keyobj *k, s32 ring)
{
	struct keyref r;
	long err;

	if (!ring)
		return k->serial;
	err = key_lookup(ring, true, KEY_MAY_WRITE, &r);
	if (err)
		return err;
	err = r.key->kind == &keykind_keyring ? keyring_link(r.key, k) : -ENOTDIR;
	keyobj_put(r.key);
	return err ? err : k->serial;
}

long sys_request_key(const char __user *utype, const char __user *udesc, const char __user *ucallout, s32 ring)
{
	const struct keykind *kind = NULL;
	struct keyobj *k;
	char *desc;
	long ret;

	ret = get_kind(utype, &kind);
	if (ret)
		return ret;
	ret = keyctl_get_string(&desc, udesc, DESC_MAX);
	if (ret < 0)
		return ret;
	/* Nobody is asked to make a key that is not there, callout or not. */
	k = kind ? key_search_own(kind, desc) : ERR_PTR(-ENOKEY);
	kmem_free(desc);
	if (IS_ERR(k))
		return PTR_ERR(k);
	ret = request_link(k, ring);
	keyobj_put(k);
	return ret;
}
