// SPDX-License-Identifier: GPL-2.0-only
/* Keys: kinds, numbers, permissions, payloads, quotas. */
#include "keys_impl.h"

#include <tern/kernel/random.h>

#define QUOTA_KEYS		200
#define QUOTA_BYTES		20000
#define QUOTA_ROOT_KEYS		1000000
#define QUOTA_ROOT_BYTES	25000000

static struct rbtree key_table = RBTREE_INIT;
static struct spin table_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects key_table */

/* "service:name" */
static bool logon_desc_ok(const char *desc)
{
	const char *colon = strchr(desc, ':');

	return colon && colon != desc;
}

const struct keykind keykind_keyring = { .name = "keyring", .is_readable = true };
const struct keykind keykind_user = { .name = "user", .min_len = 1, .max_len = 32767,
	.is_readable = true, .is_updatable = true };
const struct keykind keykind_logon = { .name = "logon", .min_len = 1, .max_len = 32767,
	.is_updatable = true, .desc_ok = logon_desc_ok };

const struct keykind *keykind_find(const char *name)
{
	static const struct keykind *const kinds[] = { &keykind_keyring, &keykind_user, &keykind_logon };

	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

u32 keyobj_default_perm(const struct keykind *kind)
{
	u32 pos = KEY_MAY_VIEW | KEY_MAY_SEARCH | KEY_MAY_LINK | KEY_MAY_SETATTR;

	if (kind->is_readable)
		pos |= KEY_MAY_READ;
	if (kind == &keykind_keyring || kind->is_updatable)
		pos |= KEY_MAY_WRITE;
	return pos << 24 | KEY_MAY_VIEW << 16;
}

/* ---- payloads and quotas ---- */

void keydata_put(struct keydata *d)
{
	if (d && ref_put(&d->refs))
		kmem_free_large(d);
}

struct keydata *keydata_get_of(struct keyobj *k)
{
	struct keydata *d;

	spin_lock(&k->lock);
	d = k->data;
	if (d)
		ref_get(&d->refs);
	spin_unlock(&k->lock);
	return d;
}

static int charge(struct usercount *u, s64 keys, s64 bytes)
{
	s64 most_keys = u->uid ? QUOTA_KEYS : QUOTA_ROOT_KEYS;
	s64 most_bytes = u->uid ? QUOTA_BYTES : QUOTA_ROOT_BYTES;
	s64 k = atomic_add_return(&u->nkeys, keys), b = atomic_add_return(&u->key_bytes, bytes);

	if ((keys <= 0 || k <= most_keys) && (bytes <= 0 || b <= most_bytes))
		return 0;
	atomic_add(&u->nkeys, -keys);
	atomic_add(&u->key_bytes, -bytes);
	return -EDQUOT;
}

int keyobj_update(struct keyobj *k, struct keydata *data)
{
	struct keydata *old;
	s64 more;
	int err;

	spin_lock(&k->lock);
	old = k->data;
	more = (s64)data->len - (old ? old->len : 0);
	err = charge(k->payer->user, 0, more);
	if (!err) {
		k->charged = (u32)(k->charged + more);
		k->data = data;
		k->expires_ns = 0;
	}
	spin_unlock(&k->lock);
	if (!err)
		keydata_put(old);
	return err;
}

/* ---- the table ---- */

static struct keyobj *key_of(struct rbnode *n)
{
	return container_of(n, struct keyobj, node);
}

static struct keyobj *find_locked(s32 serial)
{
	struct rbnode *n = key_table.root;

	while (n && key_of(n)->serial != serial)
		n = serial < key_of(n)->serial ? n->left : n->right;
	return n ? key_of(n) : NULL;
}

static void enter_table(struct keyobj *k)
{
	struct rbnode **link = &key_table.root, *parent = NULL;
	u32 nr;

	spin_lock(&table_lock);
	do {
		random_bytes(&nr, sizeof(nr));
		k->serial = (s32)(nr >> 2);
	} while (k->serial < 3 || find_locked(k->serial));
	while (*link) {
		parent = *link;
		link = k->serial < key_of(parent)->serial ? &parent->left : &parent->right;
	}
	rbtree_link(&k->node, parent, link);
	rbtree_insert_fixup(&key_table, &k->node);
	spin_unlock(&table_lock);
}

struct keyobj *keyobj_find(s32 serial)
{
	struct keyobj *k;

	spin_lock(&table_lock);
	k = find_locked(serial);
	if (k && !ref_get_unless_zero(&k->refs))
		k = NULL;
	spin_unlock(&table_lock);
	return k;
}

static void key_release(struct keyobj *k)
{
	(void)charge(k->payer->user, -1, -(s64)k->charged);
	cred_put(k->payer);
	keydata_put(k->data);
	kmem_free(k->desc);
	kmem_free(k);
}

/* Keyrings in keyrings: their links are dropped one after the other, without recursion. */
void keyobj_put(struct keyobj *k)
{
	LIST_HEAD(drop);

	while (k) {
		struct keylink *l;

		if (ref_put(&k->refs)) {
			spin_lock(&table_lock);
			rbtree_erase(&key_table, &k->node);
			spin_unlock(&table_lock);
			list_splice_init(&k->links, &drop);
			key_release(k);
		}
		l = list_first_entry_or_null(&drop, struct keylink, link);
		k = l ? l->key : NULL;
		if (l) {
			list_del(&l->link);
			kmem_free(l);
		}
	}
}

struct keyobj *keyobj_make(const struct keykind *kind, const char *desc, u32 perm, struct keydata *data)
{
	const struct credset *c = cred_self();
	struct keyobj *k = kmem_zalloc(sizeof(*k), ALLOC_KERNEL);

	if (!k)
		return ERR_PTR(-ENOMEM);
	k->desc = kmem_strdup(desc, ALLOC_KERNEL);
	k->charged = (u32)strlen(desc) + 1 + (data ? data->len : 0);
	if (!k->desc || charge(c->user, 1, k->charged)) {
		int err = k->desc ? -EDQUOT : -ENOMEM;

		kmem_free(k->desc);
		kmem_free(k);
		return ERR_PTR(err);
	}
	ref_init(&k->refs, 1);
	spin_init(&k->lock, LOCKRANK_KLIST);
	list_init(&k->links);
	k->kind = kind;
	k->uid = c->fsuid;
	k->gid = c->fsgid;
	k->perm = perm;
	k->payer = cred_get(c);
	k->data = data;
	enter_table(k);
	return k;
}

/* ---- may one ---- */

int keyobj_state(struct keyobj *k)
{
	int err = 0;

	spin_lock(&k->lock);
	if (k->is_invalid)
		err = -ENOKEY;
	else if (k->is_revoked)
		err = -EKEYREVOKED;
	else if (k->expires_ns && clock_realtime_ns() >= k->expires_ns)
		err = -EKEYEXPIRED;
	spin_unlock(&k->lock);
	return err;
}

bool keyobj_permits(struct keyref r, u32 need)
{
	const struct credset *c = cred_self();
	struct keyobj *k = r.key;
	u32 perm, mine;

	spin_lock(&k->lock);
	perm = k->perm;
	if (k->uid == c->fsuid)
		mine = perm >> 16;
	else if (k->gid != (gid_t)-1 && (perm >> 8 & KEY_MAY_ALL) &&
		 (k->gid == c->fsgid || cred_in_group(c, k->gid)))
		mine = perm >> 8;
	else
		mine = perm;
	spin_unlock(&k->lock);
	if (r.is_possessed)
		mine |= perm >> 24;
	return (mine & need & KEY_MAY_ALL) == need;
}
