/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A 64-way radix tree with tags.
 *
 * Nouns: an *entry* is the caller's pointer; a *node* holds 64 slots, entries
 * if its shift is 0, else nodes one level lower (shift less by six); the
 * *root* word holds nothing, the entry of index 0, or a node (marked by bit
 * 1). Inner slots hold plain node pointers.
 *
 * Life-cycle: a tree grows at the top, by a node whose slot 0 is the old root,
 * until the index fits; it shrinks when the root node has slot 0 alone. A node
 * without slots is taken out and freed. A slot, and the root, are always
 * published with a release store, so a reader sees initialised nodes.
 *
 * Readers go on through a node that has been taken out: its slots keep their
 * contents, so they find what was true when they began.
 *
 * A tag bit of an inner node says that some entry below has the tag; tree->tags
 * says so for the whole tree.
 *
 * Lock order: none here; the caller serialises writers.
 */
#include <tern/lib/radix.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

#define SLOT_MASK	(RADIX_SLOTS - 1)
#define MAX_LEVELS	DIV_ROUND_UP(64, RADIX_BITS)

static __always_inline void *load(void *const *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static __always_inline void publish(void **p, void *v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static __always_inline bool is_node(const void *p)
{
	return (uptr)p & RADIX_NODE_MARK;
}

static __always_inline struct radix_node *to_node(const void *p)
{
	return (struct radix_node *)((uptr)p - RADIX_NODE_MARK);
}

static __always_inline void *mark_node(struct radix_node *n)
{
	return (void *)((uptr)n + RADIX_NODE_MARK);
}

/* Does the index lie below a node of this shift when it is the root? */
static __always_inline bool covers(unsigned shift, u64 index)
{
	return shift + RADIX_BITS >= 64 || !(index >> (shift + RADIX_BITS));
}

static __always_inline unsigned slot_of(const struct radix_node *n, u64 index)
{
	return (index >> n->shift) & SLOT_MASK;
}

void *radix_lookup(const struct radix *t, u64 index)
{
	void *p = load(&t->root);
	struct radix_node *n;

	if (!is_node(p))
		return index ? NULL : p;
	n = to_node(p);
	if (!covers(n->shift, index))
		return NULL;
	for (;;) {
		p = load(&n->slots[slot_of(n, index)]);
		if (!n->shift || !p)
			return p;
		n = p;
	}
}

/* The leaf that holds the index, or NULL. For writers. */
static struct radix_node *find_leaf(const struct radix *t, u64 index)
{
	struct radix_node *n;

	if (!is_node(t->root))
		return NULL;
	n = to_node(t->root);
	if (!covers(n->shift, index))
		return NULL;
	while (n && n->shift)
		n = n->slots[slot_of(n, index)];
	return n;
}

static struct radix_node *node_alloc(const struct lib_alloc *alloc, unsigned shift,
				     struct radix_node *parent, unsigned offset)
{
	struct radix_node *n = lib_alloc_get(alloc, sizeof(*n));

	if (!n)
		return NULL;
	memset(n, 0, sizeof(*n));
	n->shift = (u8)shift;
	n->offset = (u8)offset;
	n->parent = parent;
	return n;
}

/* A node without slots goes, and so may its ancestors. */
static void prune(struct radix *t, struct radix_node *n, const struct lib_alloc *alloc)
{
	while (n && !n->count) {
		struct radix_node *parent = n->parent;

		if (parent) {
			publish(&parent->slots[n->offset], NULL);
			parent->count--;
		} else {
			publish(&t->root, NULL);
		}
		lib_alloc_put(alloc, n, sizeof(*n));
		n = parent;
	}
}

/* Drop root nodes that have nothing but slot 0. */
static void shrink(struct radix *t, const struct lib_alloc *alloc)
{
	while (is_node(t->root)) {
		struct radix_node *n = to_node(t->root);
		void *only = n->slots[0];

		if (n->count != 1 || !only)
			return;
		if (n->shift) {
			((struct radix_node *)only)->parent = NULL;
			only = mark_node(only);
		}
		publish(&t->root, only);
		lib_alloc_put(alloc, n, sizeof(*n));
	}
}

/* Put nodes on top until the index fits. */
static int grow(struct radix *t, u64 index, const struct lib_alloc *alloc)
{
	unsigned shift = is_node(t->root) ? to_node(t->root)->shift + RADIX_BITS : 0;
	struct radix_node *n;

	if (!t->root) {
		/* empty: one node of the right height will do */
		while (!covers(shift, index))
			shift += RADIX_BITS;
		n = node_alloc(alloc, shift, NULL, 0);
		if (!n)
			return -ENOMEM;
		publish(&t->root, mark_node(n));
		return 0;
	}
	for (; !is_node(t->root) || !covers(shift - RADIX_BITS, index); shift += RADIX_BITS) {
		void *old = t->root;

		n = node_alloc(alloc, shift, NULL, 0);
		if (!n)
			return -ENOMEM;
		if (is_node(old)) {
			to_node(old)->parent = n;
			old = to_node(old);
		}
		n->slots[0] = old;
		n->count = 1;
		for (unsigned tag = 0; tag < RADIX_TAGS; tag++)
			n->tags[tag] = t->tags >> tag & 1;
		publish(&t->root, mark_node(n));
	}
	return 0;
}

/* The leaf for the index, made if needed. */
static struct radix_node *make_leaf(struct radix *t, u64 index, const struct lib_alloc *alloc)
{
	struct radix_node *n, *child;

	if (grow(t, index, alloc)) {
		shrink(t, alloc);
		return NULL;
	}
	for (n = to_node(t->root); n->shift; n = child) {
		unsigned i = slot_of(n, index);

		child = n->slots[i];
		if (child)
			continue;
		child = node_alloc(alloc, n->shift - RADIX_BITS, n, i);
		if (!child) {
			prune(t, n, alloc);
			shrink(t, alloc);
			return NULL;
		}
		n->count++;
		publish(&n->slots[i], child);
	}
	return n;
}

/* Clear a tag in the leaf and wherever above nothing else has it. */
static void untag(struct radix *t, struct radix_node *n, unsigned i, unsigned tag)
{
	for (;;) {
		u64 left = n->tags[tag] & ~(1UL << i);

		if (left == n->tags[tag])
			return;
		WRITE_ONCE(n->tags[tag], left);
		if (left)
			return;
		if (!n->parent)
			break;
		i = n->offset;
		n = n->parent;
	}
	WRITE_ONCE(t->tags, t->tags & ~(1U << tag));
}

void *radix_erase(struct radix *t, u64 index, const struct lib_alloc *alloc)
{
	struct radix_node *n = find_leaf(t, index);
	unsigned i = index & SLOT_MASK;
	void *old;

	if (!n) {
		old = index || is_node(t->root) ? NULL : t->root;
		if (old) {
			publish(&t->root, NULL);
			WRITE_ONCE(t->tags, 0);
		}
		return old;
	}
	old = n->slots[i];
	if (!old)
		return NULL;
	for (unsigned tag = 0; tag < RADIX_TAGS; tag++) {
		if (t->tags >> tag & 1)
			untag(t, n, i, tag);
	}
	publish(&n->slots[i], NULL);
	n->count--;
	if (!n->count)
		prune(t, n, alloc);
	if (is_node(t->root) && to_node(t->root)->count == 1)
		shrink(t, alloc);
	return old;
}

/* Store a non-NULL entry; with is_new, only where there is none. */
static int store(struct radix *t, u64 index, void *entry, bool is_new, void **old,
		 const struct lib_alloc *alloc)
{
	struct radix_node *n;
	void **slot;

	if (is_node(entry))
		return -EINVAL;
	if (!index && !is_node(t->root)) {
		slot = &t->root;
		n = NULL;
	} else {
		n = find_leaf(t, index);
		if (!n)
			n = make_leaf(t, index, alloc);
		if (!n)
			return -ENOMEM;
		slot = &n->slots[index & SLOT_MASK];
	}
	if (*slot && is_new)
		return -EEXIST;
	if (old)
		*old = *slot;
	if (n && !*slot)
		n->count++;
	publish(slot, entry);
	return 0;
}

int radix_store(struct radix *t, u64 index, void *entry, void **old, const struct lib_alloc *alloc)
{
	void *was;

	if (entry)
		return store(t, index, entry, false, old, alloc);
	was = radix_erase(t, index, alloc);
	if (old)
		*old = was;
	return 0;
}

int radix_insert(struct radix *t, u64 index, void *entry, const struct lib_alloc *alloc)
{
	return entry ? store(t, index, entry, true, NULL, alloc) : -EINVAL;
}

void radix_destroy(struct radix *t, const struct lib_alloc *alloc)
{
	struct radix_node *n = is_node(t->root) ? to_node(t->root) : NULL;

	publish(&t->root, NULL);
	t->tags = 0;
	while (n) {
		struct radix_node *parent = n->parent;
		unsigned i = 0;

		/* count goes down to the last child, which comes back here */
		if (n->shift && n->count) {
			while (!n->slots[i])
				i++;
			parent = n;
			n = n->slots[i];
			parent->slots[i] = NULL;
			parent->count--;
			continue;
		}
		lib_alloc_put(alloc, n, sizeof(*n));
		n = parent;
	}
}

static int preload_get_failed(struct radix_preload *p)
{
	radix_preload_drop(p);
	return -ENOMEM;
}

static void *preload_alloc(void *ctx, size_t size)
{
	struct radix_preload *p = ctx;
	struct radix_node *n = p->nodes;

	if (!n)
		return NULL;
	p->nodes = n->parent;
	return n;
}

static void preload_free(void *ctx, void *ptr, size_t size)
{
	struct radix_preload *p = ctx;

	lib_alloc_put(p->backing, ptr, size);
}

int radix_preload(struct radix_preload *p, u64 max_index, const struct lib_alloc *backing)
{
	/*
	 * Growing and going down again share the top node: at most all levels
	 * above the old root, plus all below the new one.
	 */
	unsigned levels = 1, wanted;

	while (levels < MAX_LEVELS && max_index >> (levels * RADIX_BITS))
		levels++;
	wanted = 2 * levels - 1;
	p->alloc = (struct lib_alloc){ preload_alloc, preload_free, p };
	p->backing = backing;
	p->nodes = NULL;
	while (wanted--) {
		struct radix_node *n = lib_alloc_get(backing, sizeof(*n));

		if (!n)
			return preload_get_failed(p);
		n->parent = p->nodes;
		p->nodes = n;
	}
	return 0;
}

void radix_preload_drop(struct radix_preload *p)
{
	while (p->nodes) {
		struct radix_node *n = p->nodes;

		p->nodes = n->parent;
		lib_alloc_put(p->backing, n, sizeof(*n));
	}
}
