/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ids for pointers, in a 64-way tree.
 *
 * Each node has a bitmap: in a leaf (shift 0) of ids in use, above of children
 * that have no free id left. So the lowest free id is found by one walk down,
 * plus one more for each level where the search begins inside a full part.
 *
 * Life-cycle: the tree grows at the top until an id fits; nodes without ids
 * are freed at once through the caller's allocator. It does not lose height
 * until it is empty. Slots are published with release stores; readers load
 * them with acquire and never look at the bitmaps.
 *
 * Lock order: none here; the caller serialises all but find and next.
 */
#include <tern/lib/idmap.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

#define BITS		6
#define SLOT_MASK	63U
#define MAX_LEVELS	6
#define ALL_FULL	(~0UL)

/* Nodes from the root down to the leaf. */
struct idmap_path {
	struct idmap_node *nodes[MAX_LEVELS];
	unsigned depth;
};

static __always_inline void *load(void *const *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

/* Largest id below a node that covers id. */
static __always_inline u64 node_last(const struct idmap_node *n, u64 id)
{
	return id | ((1UL << (n->shift + BITS)) - 1);
}

static __always_inline unsigned slot_of(const struct idmap_node *n, u64 id)
{
	return (id >> n->shift) & SLOT_MASK;
}

void *idmap_find(const struct idmap *m, u32 id)
{
	struct idmap_node *n = __atomic_load_n(&m->root, __ATOMIC_ACQUIRE);

	if (!n || id > node_last(n, 0))
		return NULL;
	while (n && n->shift)
		n = load(&n->slots[slot_of(n, id)]);
	return n ? load(&n->slots[id & SLOT_MASK]) : NULL;
}

void *idmap_next(const struct idmap *m, u32 *id)
{
	struct idmap_node *root = __atomic_load_n(&m->root, __ATOMIC_ACQUIRE);
	u64 at = *id;

	while (root && at <= node_last(root, 0)) {
		struct idmap_node *n = root;
		void *p;

		for (;;) {
			p = load(&n->slots[slot_of(n, at)]);
			if (!p || !n->shift)
				break;
			n = p;
		}
		/* through this node's empty slots without a new walk */
		while (!p) {
			at = (at | ((1UL << n->shift) - 1)) + 1;
			if (!slot_of(n, at))
				break;
			p = load(&n->slots[slot_of(n, at)]);
		}
		if (p && !n->shift) {
			*id = (u32)at;
			return p;
		}
	}
	return NULL;
}

static struct idmap_node *node_alloc(const struct lib_alloc *alloc, unsigned shift)
{
	struct idmap_node *n = lib_alloc_get(alloc, sizeof(*n));

	if (n) {
		memset(n, 0, sizeof(*n));
		n->shift = (u8)shift;
	}
	return n;
}

/* Put nodes on top until the id fits. */
static int grow(struct idmap *m, u64 id, const struct lib_alloc *alloc)
{
	while (!m->root || id > node_last(m->root, 0)) {
		struct idmap_node *old = m->root, *n;

		n = node_alloc(alloc, old ? old->shift + BITS : 0);
		if (!n)
			return -ENOMEM;
		if (old && old->count) {
			n->slots[0] = old;
			n->count = 1;
			n->full = old->full == ALL_FULL;
		}
		__atomic_store_n(&m->root, n, __ATOMIC_RELEASE);
		if (old && !old->count)
			lib_alloc_put(alloc, old, sizeof(*old));
	}
	return 0;
}

/* Nodes with nothing in them go, from the leaf up. */
static void prune(struct idmap *m, struct idmap_path *path, u64 id, const struct lib_alloc *alloc)
{
	while (path->depth) {
		struct idmap_node *n = path->nodes[--path->depth];

		if (n->count)
			return;
		if (path->depth) {
			struct idmap_node *up = path->nodes[path->depth - 1];

			__atomic_store_n(&up->slots[slot_of(up, id)], NULL, __ATOMIC_RELEASE);
			up->count--;
		} else {
			__atomic_store_n(&m->root, NULL, __ATOMIC_RELEASE);
		}
		lib_alloc_put(alloc, n, sizeof(*n));
	}
}

/* The way down to the leaf of id, made where it is missing. */
static int make_path(struct idmap *m, u64 id, struct idmap_path *path, const struct lib_alloc *alloc)
{
	struct idmap_node *n, *child;
	int err = grow(m, id, alloc);

	path->depth = 0;
	if (err) {
		if (m->root) {
			path->nodes[path->depth++] = m->root;
			prune(m, path, id, alloc);
		}
		return err;
	}
	for (n = m->root;; n = child) {
		path->nodes[path->depth++] = n;
		if (!n->shift)
			return 0;
		child = n->slots[slot_of(n, id)];
		if (child)
			continue;
		child = node_alloc(alloc, n->shift - BITS);
		if (!child) {
			prune(m, path, id, alloc);
			return -ENOMEM;
		}
		__atomic_store_n(&n->slots[slot_of(n, id)], child, __ATOMIC_RELEASE);
		n->count++;
	}
}

/* The way down to the leaf of id if it is in use. */
static bool find_path(struct idmap *m, u64 id, struct idmap_path *path)
{
	struct idmap_node *n = m->root;

	path->depth = 0;
	if (!n || id > node_last(n, 0))
		return false;
	for (; n; n = n->slots[slot_of(n, id)]) {
		path->nodes[path->depth++] = n;
		if (!n->shift)
			return n->full >> (id & SLOT_MASK) & 1;
	}
	return false;
}

/* Lowest free id at or after id; may lie beyond any limit. */
static u64 find_free(const struct idmap *m, u64 id)
{
	const struct idmap_node *n = m->root;

	while (n && id <= node_last(m->root, 0)) {
		unsigned i = slot_of(n, id);
		u64 avail = ~n->full & (~0UL << i);
		unsigned found;

		if (!avail) {
			id = node_last(n, id) + 1;
			n = m->root;
			continue;
		}
		found = bit_lowest(avail);
		if (found != i)
			id = (id & ~node_last(n, 0)) | (u64)found << n->shift;
		if (!n->shift)
			return id;
		n = n->slots[found];
		if (!n)
			return id;
	}
	return id;
}

static int take(struct idmap *m, u64 id, void *ptr, const struct lib_alloc *alloc)
{
	struct idmap_path path;
	struct idmap_node *n;
	int err = make_path(m, id, &path, alloc);

	if (err)
		return err;
	n = path.nodes[--path.depth];
	__atomic_store_n(&n->slots[id & SLOT_MASK], ptr, __ATOMIC_RELEASE);
	n->count++;
	n->full |= 1UL << (id & SLOT_MASK);
	while (n->full == ALL_FULL && path.depth) {
		n = path.nodes[--path.depth];
		n->full |= 1UL << slot_of(n, id);
	}
	m->count++;
	return 0;
}

int idmap_alloc(struct idmap *m, void *ptr, u32 min, u32 max, const struct lib_alloc *alloc)
{
	u64 id;
	int err;

	if (min > max || max > IDMAP_MAX)
		return -EINVAL;
	id = find_free(m, min);
	if (id > max)
		return -ENOSPC;
	err = take(m, id, ptr, alloc);
	return err ? err : (int)id;
}

int idmap_alloc_cyclic(struct idmap *m, void *ptr, u32 min, u32 max, u32 *next,
		       const struct lib_alloc *alloc)
{
	u32 from = *next < min || *next > max ? min : *next;
	int id = idmap_alloc(m, ptr, from, max, alloc);

	if (id == -ENOSPC && from > min)
		id = idmap_alloc(m, ptr, min, from - 1, alloc);
	if (id >= 0)
		*next = (u32)id + 1;
	return id;
}

int idmap_insert(struct idmap *m, u32 id, void *ptr, const struct lib_alloc *alloc)
{
	struct idmap_path path;

	if (id > IDMAP_MAX)
		return -EINVAL;
	return find_path(m, id, &path) ? -EEXIST : take(m, id, ptr, alloc);
}

int idmap_replace(struct idmap *m, u32 id, void *ptr)
{
	struct idmap_path path;

	if (!find_path(m, id, &path))
		return -ENOENT;
	__atomic_store_n(&path.nodes[path.depth - 1]->slots[id & SLOT_MASK], ptr,
			 __ATOMIC_RELEASE);
	return 0;
}

void *idmap_remove(struct idmap *m, u32 id, const struct lib_alloc *alloc)
{
	struct idmap_path path;
	struct idmap_node *n;
	void *old;

	if (!find_path(m, id, &path))
		return NULL;
	for (unsigned i = 0; i < path.depth; i++) {
		n = path.nodes[i];
		n->full &= ~(1UL << slot_of(n, id));
	}
	n = path.nodes[path.depth - 1];
	old = n->slots[id & SLOT_MASK];
	__atomic_store_n(&n->slots[id & SLOT_MASK], NULL, __ATOMIC_RELEASE);
	n->count--;
	m->count--;
	prune(m, &path, id, alloc);
	return old;
}

void idmap_destroy(struct idmap *m, const struct lib_alloc *alloc)
{
	struct idmap_node *path[MAX_LEVELS], *n = m->root;
	unsigned depth = 0;

	__atomic_store_n(&m->root, NULL, __ATOMIC_RELEASE);
	m->count = 0;
	while (n) {
		if (n->shift && n->count) {
			struct idmap_node *child;
			unsigned i = 0;

			while (!n->slots[i])
				i++;
			child = n->slots[i];
			n->slots[i] = NULL;
			n->count--;
			path[depth++] = n;
			n = child;
			continue;
		}
		lib_alloc_put(alloc, n, sizeof(*n));
		n = depth ? path[--depth] : NULL;
	}
}
