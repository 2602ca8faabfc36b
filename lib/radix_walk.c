/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walking and tagging a radix tree (see radix.c).
 *
 * A walk never follows parent pointers, which a writer may change: it goes down
 * from the root, remembers the path in a small stack, and skips empty slots
 * level by level.
 */
#include <tern/lib/radix.h>

#include <tern/lib/bits.h>

#define SLOT_MASK	(RADIX_SLOTS - 1)
#define ANY_TAG		RADIX_TAGS

static __always_inline void *load(void *const *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static __always_inline bool is_node(const void *p)
{
	return (uptr)p & RADIX_NODE_MARK;
}

static __always_inline struct radix_node *to_node(const void *p)
{
	return (struct radix_node *)((uptr)p - RADIX_NODE_MARK);
}

/* Largest index below a node that covers index. */
static __always_inline u64 node_last(const struct radix_node *n, u64 index)
{
	unsigned bits = n->shift + RADIX_BITS;

	return bits >= 64 ? U64_MAX : index | ((1UL << bits) - 1);
}

/* First slot at or after i with something (of the tag) in it, or RADIX_SLOTS. */
static __always_inline unsigned next_slot(const struct radix_node *n, unsigned i, unsigned tag)
{
	if (tag != ANY_TAG) {
		u64 left = READ_ONCE(n->tags[tag]) & (~0UL << i);

		return left ? bit_lowest(left) : RADIX_SLOTS;
	}
	while (i < RADIX_SLOTS && !READ_ONCE(n->slots[i]))
		i++;
	return i;
}

/*
 * The leaf that holds the first matching entry at or after *index; *index is
 * moved there. The slot may have been emptied since: the caller looks.
 */
static __always_inline struct radix_node *seek(struct radix_node *root, u64 *index, unsigned tag)
{
	struct radix_node *stack[DIV_ROUND_UP(64, RADIX_BITS)], *n = root;
	unsigned depth = 0;
	u64 at = *index;

	if (at > node_last(root, 0))
		return NULL;
	for (;;) {
		unsigned i = (at >> n->shift) & SLOT_MASK, found = next_slot(n, i, tag);
		struct radix_node *child;

		if (found != i) {
			u64 base = at & ~node_last(n, 0);

			if (found == RADIX_SLOTS) {
				u64 end = node_last(n, at);

				if (!depth || end == U64_MAX)
					return NULL;
				n = stack[--depth];
				at = end + 1;
				/* the step may leave this node as well */
				while (depth && !((at >> n->shift) & SLOT_MASK))
					n = stack[--depth];
				if (!((at >> n->shift) & SLOT_MASK))
					return NULL;
				continue;
			}
			at = base | (u64)found << n->shift;
		}
		if (!n->shift) {
			*index = at;
			return n;
		}
		child = load(&n->slots[found]);
		if (!child) {
			/* went away under us: look for the next slot */
			u64 next = at + (1UL << n->shift);

			if (next > node_last(root, 0) || next < at)
				return NULL;
			at = next;
			n = root;
			depth = 0;
			continue;
		}
		stack[depth++] = n;
		n = child;
	}
}

static __always_inline void *next_entry(const struct radix *t, u64 *index, u64 last, unsigned tag)
{
	void *p = load(&t->root);
	u64 at = *index;
	struct radix_node *leaf;

	if (!is_node(p)) {
		if (at || !p || (tag != ANY_TAG && !radix_has_tag(t, tag)))
			return NULL;
		return p;
	}
	while (at <= last && (leaf = seek(to_node(p), &at, tag)) && at <= last) {
		void *entry = load(&leaf->slots[at & SLOT_MASK]);

		if (entry) {
			*index = at;
			return entry;
		}
		if (at++ == U64_MAX)
			break;
	}
	return NULL;
}

void *radix_next(const struct radix *t, u64 *index, u64 last)
{
	return next_entry(t, index, last, ANY_TAG);
}

void *radix_next_tagged(const struct radix *t, u64 *index, u64 last, unsigned tag)
{
	return next_entry(t, index, last, tag);
}

size_t radix_gang(const struct radix *t, u64 *index, u64 last, void **entries, u64 *indices,
		  size_t n)
{
	void *p = load(&t->root);
	u64 at = *index;
	size_t got = 0;
	struct radix_node *leaf;

	if (!is_node(p)) {
		if (at || !p || !n)
			return 0;
		entries[0] = p;
		if (indices)
			indices[0] = 0;
		*index = 1;
		return 1;
	}
	while (got < n && at <= last && (leaf = seek(to_node(p), &at, ANY_TAG)) && at <= last) {
		do {
			void *entry = load(&leaf->slots[at & SLOT_MASK]);

			if (entry) {
				entries[got] = entry;
				if (indices)
					indices[got] = at;
				*index = at + 1;
				got++;
			}
			if (at++ == U64_MAX)
				return got;
		} while (got < n && at <= last && (at & SLOT_MASK));
	}
	return got;
}

/* Last entry at or before at below n, which covers at; no lower than first. */
static void *prev_below(struct radix_node *root, u64 *index, u64 first)
{
	u64 at = min(*index, node_last(root, 0));

	while (at >= first) {
		struct radix_node *n = root;
		void *p = NULL;

		for (;;) {
			unsigned i = (at >> n->shift) & SLOT_MASK;

			p = load(&n->slots[i]);
			if (!p || !n->shift)
				break;
			n = p;
		}
		if (p) {
			*index = at;
			return p;
		}
		/* nothing in this slot: on to the end of the one before it */
		at &= ~0UL << n->shift;
		if (!at--)
			break;
	}
	return NULL;
}

void *radix_prev(const struct radix *t, u64 *index, u64 first)
{
	void *p = load(&t->root);

	if (is_node(p))
		return prev_below(to_node(p), index, first);
	if (!p || first)
		return NULL;
	*index = 0;
	return p;
}

u64 radix_next_hole(const struct radix *t, u64 index, u64 last)
{
	void *p = load(&t->root);
	struct radix_node *root, *n;

	if (!is_node(p))
		return index || !p ? index : 1;
	root = to_node(p);
	while (index <= last && index <= node_last(root, 0)) {
		for (n = root; n && n->shift; )
			n = load(&n->slots[(index >> n->shift) & SLOT_MASK]);
		if (!n)
			return index;
		do {
			if (!READ_ONCE(n->slots[index & SLOT_MASK]))
				return index;
		} while (index++ != last && (index & SLOT_MASK));
		if (!index)
			break;
	}
	return index;
}

/* The path from the root down to the leaf's slot; false if there is no entry. */
static bool has_entry(const struct radix *t, u64 index)
{
	return radix_lookup(t, index) != NULL;
}

void radix_tag_set(struct radix *t, u64 index, unsigned tag)
{
	struct radix_node *n;

	if (!has_entry(t, index))
		return;
	if (is_node(t->root)) {
		for (n = to_node(t->root);;) {
			unsigned i = (index >> n->shift) & SLOT_MASK;

			WRITE_ONCE(n->tags[tag], n->tags[tag] | 1UL << i);
			if (!n->shift)
				break;
			n = n->slots[i];
		}
	}
	WRITE_ONCE(t->tags, t->tags | 1U << tag);
}

void radix_tag_clear(struct radix *t, u64 index, unsigned tag)
{
	struct radix_node *n;
	unsigned i = index & SLOT_MASK;

	if (!radix_has_tag(t, tag) || !has_entry(t, index))
		return;
	if (is_node(t->root)) {
		for (n = to_node(t->root); n->shift; )
			n = n->slots[(index >> n->shift) & SLOT_MASK];
		for (;; i = n->offset, n = n->parent) {
			u64 left = n->tags[tag] & ~(1UL << i);

			WRITE_ONCE(n->tags[tag], left);
			if (left)
				return;
			if (!n->parent)
				break;
		}
	}
	WRITE_ONCE(t->tags, t->tags & ~(1U << tag));
}

bool radix_tag_get(const struct radix *t, u64 index, unsigned tag)
{
	void *p = load(&t->root);
	struct radix_node *n;

	if (!radix_has_tag(t, tag))
		return false;
	if (!is_node(p))
		return !index && p;
	n = to_node(p);
	if (index > node_last(n, 0))
		return false;
	while (n->shift) {
		n = load(&n->slots[(index >> n->shift) & SLOT_MASK]);
		if (!n)
			return false;
	}
	return READ_ONCE(n->tags[tag]) >> (index & SLOT_MASK) & 1;
}
