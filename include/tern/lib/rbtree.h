/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Red-black trees with a cached first node. The caller walks down and chooses
 * the place, which keeps comparisons inline:
 *
 *	struct rbnode **link = &tree->root, *parent = NULL;
 *
 *	while (*link) {
 *		parent = *link;
 *		link = key < thing_of(parent)->key ? &parent->left : &parent->right;
 *	}
 *	rbtree_link(&thing->node, parent, link);
 *	rbtree_insert_fixup(tree, &thing->node);
 *
 * An augmented tree keeps in each node a value computed from the node and its
 * two children (largest gap, largest end): use the _augmented pair for every
 * insertion and removal and give it the function that recomputes one node.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

struct rbnode {
	uptr parent_color;	/* parent | 1 if black; itself if on no tree */
	struct rbnode *left;
	struct rbnode *right;
} __aligned(8);

struct rbtree {
	struct rbnode *root;
	struct rbnode *leftmost;
};

#define RBTREE_INIT	{ NULL, NULL }

/**
 * typedef rbtree_update_t - recompute the value kept in @node
 *
 * Reads the node's own data and the values of node->left and node->right
 * (either may be NULL).
 * Return: whether the value changed.
 */
typedef bool rbtree_update_t(struct rbnode *node);

static inline void rbtree_init(struct rbtree *t)
{
	t->root = NULL;
	t->leftmost = NULL;
}

static inline bool rbtree_is_empty(const struct rbtree *t)
{
	return !READ_ONCE(t->root);
}

static inline struct rbnode *rbnode_parent(const struct rbnode *n)
{
	return (struct rbnode *)(n->parent_color & ~1UL);
}

/* Mark as on no tree. */
static inline void rbnode_init(struct rbnode *n)
{
	n->parent_color = (uptr)n;
}

/* True after rbnode_init() until the node is linked. */
static inline bool rbnode_is_detached(const struct rbnode *n)
{
	return n->parent_color == (uptr)n;
}

/* Hang node in, red, where the walk ended. */
static inline void rbtree_link(struct rbnode *node, struct rbnode *parent, struct rbnode **link)
{
	node->parent_color = (uptr)parent;
	node->left = NULL;
	node->right = NULL;
	*link = node;
}

/**
 * rbtree_insert_fixup() - balance after rbtree_link()
 */
void rbtree_insert_fixup(struct rbtree *t, struct rbnode *node);

/**
 * rbtree_erase() - remove @node; its links are stale afterwards
 */
void rbtree_erase(struct rbtree *t, struct rbnode *node);

/**
 * rbtree_insert_augmented() - balance after rbtree_link(), values up to date
 */
void rbtree_insert_augmented(struct rbtree *t, struct rbnode *node, rbtree_update_t *update);

/**
 * rbtree_erase_augmented() - remove @node, values up to date
 */
void rbtree_erase_augmented(struct rbtree *t, struct rbnode *node, rbtree_update_t *update);

/**
 * rbtree_propagate() - recompute @node and its ancestors after its data changed
 */
void rbtree_propagate(struct rbnode *node, rbtree_update_t *update);

/**
 * rbtree_replace() - put @item in the place of @old, same key
 */
void rbtree_replace(struct rbtree *t, struct rbnode *old, struct rbnode *item);

/**
 * rbtree_last() - the node with the largest key, or NULL
 */
struct rbnode *rbtree_last(const struct rbtree *t);

/**
 * rbtree_next() - in-order successor, or NULL
 */
struct rbnode *rbtree_next(const struct rbnode *n);

/**
 * rbtree_prev() - in-order predecessor, or NULL
 */
struct rbnode *rbtree_prev(const struct rbnode *n);

/**
 * rbtree_first_postorder() - first node of a children-before-parents walk
 */
struct rbnode *rbtree_first_postorder(const struct rbtree *t);

/**
 * rbtree_next_postorder() - next of that walk; @n may be freed afterwards
 */
struct rbnode *rbtree_next_postorder(const struct rbnode *n);

static inline struct rbnode *rbtree_first(const struct rbtree *t)
{
	return t->leftmost;
}

#define rbtree_entry(ptr, type, member)	container_of(ptr, type, member)
#define rbtree_entry_or_null(ptr, type, member)					\
	({ __typeof__(ptr) _p = (ptr); _p ? container_of(_p, type, member) : NULL; })

#define rbtree_foreach(pos, tree, member)						\
	for (pos = rbtree_entry_or_null(rbtree_first(tree), __typeof__(*pos), member);	\
	     pos;									\
	     pos = rbtree_entry_or_null(rbtree_next(&pos->member), __typeof__(*pos), member))

/* Children first; pos may be freed, the tree must be thrown away afterwards. */
#define rbtree_foreach_postorder(pos, tmp, tree, member)				\
	for (pos = rbtree_entry_or_null(rbtree_first_postorder(tree), __typeof__(*pos), member); \
	     pos && ((tmp = rbtree_next_postorder(&pos->member)), true);		\
	     pos = rbtree_entry_or_null(tmp, __typeof__(*pos), member))

/**
 * rbtree_add() - insert by comparison; equal keys go behind the older ones
 * @less: does @a come before @b?
 */
static __always_inline void rbtree_add(struct rbtree *t, struct rbnode *node,
				       bool (*less)(const struct rbnode *a, const struct rbnode *b))
{
	struct rbnode **link = &t->root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = less(node, parent) ? &parent->left : &parent->right;
	}
	rbtree_link(node, parent, link);
	rbtree_insert_fixup(t, node);
}
