// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keyrings: what links what. Links form a graph without cycles, at most
 * KEYRING_DEPTH_MAX deep, so a search may recurse.
 */
#include "keys_impl.h"

struct rwsem keyring_lock = RWSEM_INIT(keyring_lock, LOCKRANK_KEYRING);

static bool is_equal(const struct keyobj *k, const struct keykind *kind, const char *desc)
{
	return k->kind == kind && !strcmp(k->desc, desc);
}

static struct keylink *find_link(struct keyobj *ring, const struct keykind *kind, const char *desc)
{
	struct keylink *l;

	list_foreach(l, &ring->links, link)
		if (is_equal(l->key, kind, desc))
			return l;
	return NULL;
}

/* Lock held: levels of keyrings below @ring; -EDEADLK if @who is among them. */
static int depth_below(struct keyobj *ring, const struct keyobj *who, int level)
{
	struct keylink *l;
	int deepest = 0;

	if (ring == who)
		return -EDEADLK;
	if (level > KEYRING_DEPTH_MAX)
		return -ELOOP;
	list_foreach(l, &ring->links, link) {
		int d = l->key->kind == &keykind_keyring ? depth_below(l->key, who, level + 1) : 0;

		if (d < 0)
			return d;
		deepest = max(deepest, d);
	}
	return deepest + 1;
}

int keyring_link(struct keyobj *ring, struct keyobj *key)
{
	struct keylink *l, *fresh = kmem_zalloc(sizeof(*fresh), ALLOC_KERNEL);
	struct keyobj *old = NULL;
	int err = 0;

	if (!fresh)
		return -ENOMEM;
	keyobj_get(key);
	fresh->key = key;
	rwsem_write_lock(&keyring_lock);
	if (key->kind == &keykind_keyring)
		err = min(depth_below(key, ring, 1), 0);
	l = err ? NULL : find_link(ring, key->kind, key->desc);
	if (l) {
		old = l->key;
		l->key = key;
	} else if (!err) {
		list_add_tail(&fresh->link, &ring->links);
		ring->nlinks++;
		fresh = NULL;
	}
	rwsem_write_unlock(&keyring_lock);
	if (fresh && err)
		keyobj_put(key);
	kmem_free(fresh);
	if (old)
		keyobj_put(old);
	return err;
}

int keyring_unlink(struct keyobj *ring, struct keyobj *key)
{
	struct keylink *l, *found = NULL;

	rwsem_write_lock(&keyring_lock);
	list_foreach(l, &ring->links, link)
		if (l->key == key) {
			found = l;
			list_del(&l->link);
			ring->nlinks--;
			break;
		}
	rwsem_write_unlock(&keyring_lock);
	if (!found)
		return -ENOENT;
	keyobj_put(found->key);
	kmem_free(found);
	return 0;
}

void keylinks_clear(struct keyobj *ring)
{
	struct keylink *l, *next;
	LIST_HEAD(gone);

	rwsem_write_lock(&keyring_lock);
	list_splice_init(&ring->links, &gone);
	ring->nlinks = 0;
	rwsem_write_unlock(&keyring_lock);
	list_foreach_safe(l, next, &gone, link) {
		keyobj_put(l->key);
		kmem_free(l);
	}
}

struct keyobj *keyring_find(struct keyobj *ring, const struct keykind *kind, const char *desc)
{
	struct keyobj *k = NULL;
	struct keylink *l;

	rwsem_read_lock(&keyring_lock);
	l = find_link(ring, kind, desc);
	if (l && !keyobj_state(l->key)) {
		k = l->key;
		keyobj_get(k);
	}
	rwsem_read_unlock(&keyring_lock);
	return k;
}

/* One search; lock held for reading. */
struct search {
	const struct keykind *kind;
	const char *desc;
	const struct keyobj *wanted;	/* this very key instead */
	bool is_possessed;
	int err;			/* why what was found does not count */
};

static struct keyobj *search_in(struct keyobj *ring, struct search *s, int level)
{
	struct keylink *l;

	list_foreach(l, &ring->links, link) {
		struct keyobj *k = l->key;
		int err;

		if (s->wanted ? k != s->wanted : !is_equal(k, s->kind, s->desc))
			continue;
		if (s->wanted)
			return k;
		err = keyobj_state(k);
		if (!err && !keyobj_permits((struct keyref){ k, s->is_possessed }, KEY_MAY_SEARCH))
			err = -EACCES;
		if (!err)
			return k;
		s->err = err;
	}
	if (level > KEYRING_DEPTH_MAX)
		return NULL;
	list_foreach(l, &ring->links, link) {
		struct keyobj *k = l->key;

		if (k->kind != &keykind_keyring || keyobj_state(k) ||
		    !keyobj_permits((struct keyref){ k, s->is_possessed }, KEY_MAY_SEARCH))
			continue;
		k = search_in(k, s, level + 1);
		if (k)
			return k;
	}
	return NULL;
}

struct keyobj *keylinks_search(struct keyref ring, const struct keykind *kind, const char *desc)
{
	struct search s = { kind, desc, NULL, ring.is_possessed, -ENOKEY };
	struct keyobj *k;
	int err = keyobj_state(ring.key);

	if (!err && !keyobj_permits(ring, KEY_MAY_SEARCH))
		err = -EACCES;
	if (err)
		return ERR_PTR(err);
	rwsem_read_lock(&keyring_lock);
	k = search_in(ring.key, &s, 1);
	if (k)
		keyobj_get(k);
	rwsem_read_unlock(&keyring_lock);
	return k ? k : ERR_PTR(s.err);
}

bool keyring_holds(struct keyref ring, const struct keyobj *key)
{
	struct search s = { .wanted = key, .is_possessed = ring.is_possessed };
	bool is_found;

	if (ring.key == key)
		return true;
	if (keyobj_state(ring.key) || !keyobj_permits(ring, KEY_MAY_SEARCH))
		return false;
	rwsem_read_lock(&keyring_lock);
	is_found = search_in(ring.key, &s, 1);
	rwsem_read_unlock(&keyring_lock);
	return is_found;
}

u32 keyring_serials(struct keyobj *ring, s32 *out, u32 n)
{
	struct keylink *l;
	u32 i = 0;

	rwsem_read_lock(&keyring_lock);
	list_foreach(l, &ring->links, link) {
		if (i < n)
			out[i] = l->key->serial;
		i++;
	}
	rwsem_read_unlock(&keyring_lock);
	return i;
}
