/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Red-black trees.
 *
 * The rules: the root is black; a red node has black children; every path from
 * a node down to a missing child passes the same number of black nodes. So no
 * path is more than twice as long as another.
 *
 * Insertion hangs a red node in and moves a red-red conflict upwards, ending
 * with at most two rotations. Removal of a node with two children first puts
 * its successor in its place; a missing black node is then moved upwards,
 * ending with at most three rotations. The core is written once, with the
 * augmentation function as a constant argument, and inlined twice.
 *
 * Balancing as in Cormen, Leiserson, Rivest, Stein: Introduction to Algorithms,
 * chapter 13, with NULL for the sentinel and the parent carried along.
 */
#include <tern/lib/rbtree.h>

#define BLACK	1UL

static __always_inline bool is_red(const struct rbnode *n)
{
	return n && !(n->parent_color & BLACK);
}

static __always_inline void set_parent(struct rbnode *n, struct rbnode *parent)
{
	n->parent_color = (uptr)parent | (n->parent_color & BLACK);
}

static __always_inline void set_black(struct rbnode *n)
{
	n->parent_color |= BLACK;
}

static __always_inline void set_red(struct rbnode *n)
{
	n->parent_color &= ~BLACK;
}

static __always_inline void copy_color(struct rbnode *to, const struct rbnode *from)
{
	to->parent_color = (to->parent_color & ~BLACK) | (from->parent_color & BLACK);
}

/* Make parent (or the root) point at item where it pointed at old. */
static __always_inline void change_child(struct rbtree *t, struct rbnode *old,
					 struct rbnode *item, struct rbnode *parent)
{
	struct rbnode **link = !parent ? &t->root :
			       parent->left == old ? &parent->left : &parent->right;

	WRITE_ONCE(*link, item);
}

/* The right child rises; returns it. */
static __always_inline struct rbnode *rotate_left(struct rbtree *t, struct rbnode *n,
						  rbtree_update_t *update)
{
	struct rbnode *up = n->right, *parent = rbnode_parent(n);

	n->right = up->left;
	if (n->right)
		set_parent(n->right, n);
	up->left = n;
	set_parent(up, parent);
	change_child(t, n, up, parent);
	set_parent(n, up);
	if (update) {
		update(n);
		update(up);
	}
	return up;
}

/* The left child rises; returns it. */
static __always_inline struct rbnode *rotate_right(struct rbtree *t, struct rbnode *n,
						   rbtree_update_t *update)
{
	struct rbnode *up = n->left, *parent = rbnode_parent(n);

	n->left = up->right;
	if (n->left)
		set_parent(n->left, n);
	up->right = n;
	set_parent(up, parent);
	change_child(t, n, up, parent);
	set_parent(n, up);
	if (update) {
		update(n);
		update(up);
	}
	return up;
}

static __always_inline void insert(struct rbtree *t, struct rbnode *n, rbtree_update_t *update)
{
	struct rbnode *parent = rbnode_parent(n), *grand, *uncle;

	if (!parent || (parent == t->leftmost && parent->left == n))
		t->leftmost = n;
	while (is_red(parent)) {
		bool is_left;

		grand = rbnode_parent(parent);
		is_left = grand->left == parent;
		uncle = is_left ? grand->right : grand->left;
		if (is_red(uncle)) {
			set_black(parent);
			set_black(uncle);
			set_red(grand);
			n = grand;
			parent = rbnode_parent(n);
			continue;
		}
		if (is_left) {
			if (parent->right == n)
				parent = rotate_left(t, parent, update);
			rotate_right(t, grand, update);
		} else {
			if (parent->left == n)
				parent = rotate_right(t, parent, update);
			rotate_left(t, grand, update);
		}
		set_black(parent);
		set_red(grand);
		break;
	}
	set_black(t->root);
}

/* All paths through n (may be NULL), a child of parent, lack a black node. */
static __always_inline void erase_fixup(struct rbtree *t, struct rbnode *n,
					struct rbnode *parent, rbtree_update_t *update)
{
	while (parent && !is_red(n)) {
		bool is_left = parent->left == n;
		struct rbnode *sib = is_left ? parent->right : parent->left;
		struct rbnode *near, *far;

		if (is_red(sib)) {
			set_black(sib);
			set_red(parent);
			if (is_left)
				rotate_left(t, parent, update);
			else
				rotate_right(t, parent, update);
			sib = is_left ? parent->right : parent->left;
		}
		near = is_left ? sib->left : sib->right;
		far = is_left ? sib->right : sib->left;
		if (!is_red(near) && !is_red(far)) {
			set_red(sib);
			n = parent;
			parent = rbnode_parent(n);
			continue;
		}
		if (!is_red(far)) {
			set_black(near);
			set_red(sib);
			far = sib;
			sib = is_left ? rotate_right(t, sib, update) : rotate_left(t, sib, update);
		}
		copy_color(sib, parent);
		set_black(parent);
		set_black(far);
		if (is_left)
			rotate_left(t, parent, update);
		else
			rotate_right(t, parent, update);
		return;
	}
	if (n)
		set_black(n);
}

/* A node with at most one child: the child takes its place. */
static __always_inline void erase_simple(struct rbtree *t, struct rbnode *n,
					 rbtree_update_t *update)
{
	struct rbnode *child = n->left ? n->left : n->right, *parent = rbnode_parent(n);

	change_child(t, n, child, parent);
	if (child)
		set_parent(child, parent);
	if (update)
		rbtree_propagate(parent, update);
	if (!is_red(n))
		erase_fixup(t, child, parent, update);
}

static __always_inline void erase(struct rbtree *t, struct rbnode *n, rbtree_update_t *update)
{
	struct rbnode *next, *child, *parent;
	bool was_red;

	if (t->leftmost == n)
		t->leftmost = rbtree_next(n);
	if (!n->left || !n->right) {
		erase_simple(t, n, update);
		return;
	}
	for (next = n->right; next->left; next = next->left)
		;
	was_red = is_red(next);
	child = next->right;
	parent = rbnode_parent(next);
	if (parent == n) {
		parent = next;
	} else {
		parent->left = child;
		if (child)
			set_parent(child, parent);
		next->right = n->right;
		set_parent(next->right, next);
	}
	next->left = n->left;
	set_parent(next->left, next);
	next->parent_color = n->parent_color;
	change_child(t, n, next, rbnode_parent(n));
	if (update) {
		/* next's old value tells nothing here, so no early end */
		for (struct rbnode *p = parent; p; p = rbnode_parent(p))
			update(p);
	}
	if (!was_red)
		erase_fixup(t, child, parent, update);
}

void rbtree_insert_fixup(struct rbtree *t, struct rbnode *node)
{
	insert(t, node, NULL);
}

void rbtree_erase(struct rbtree *t, struct rbnode *node)
{
	erase(t, node, NULL);
}

void rbtree_insert_augmented(struct rbtree *t, struct rbnode *node, rbtree_update_t *update)
{
	update(node);
	rbtree_propagate(rbnode_parent(node), update);
	insert(t, node, update);
}

void rbtree_erase_augmented(struct rbtree *t, struct rbnode *node, rbtree_update_t *update)
{
	erase(t, node, update);
}

void rbtree_propagate(struct rbnode *node, rbtree_update_t *update)
{
	while (node && update(node))
		node = rbnode_parent(node);
}

void rbtree_replace(struct rbtree *t, struct rbnode *old, struct rbnode *item)
{
	*item = *old;
	if (item->left)
		set_parent(item->left, item);
	if (item->right)
		set_parent(item->right, item);
	change_child(t, old, item, rbnode_parent(old));
	if (t->leftmost == old)
		t->leftmost = item;
}

struct rbnode *rbtree_last(const struct rbtree *t)
{
	struct rbnode *n = t->root;

	while (n && n->right)
		n = n->right;
	return n;
}

struct rbnode *rbtree_next(const struct rbnode *n)
{
	struct rbnode *parent;

	if (n->right) {
		for (n = n->right; n->left; n = n->left)
			;
		return (struct rbnode *)n;
	}
	while ((parent = rbnode_parent(n)) && parent->right == n)
		n = parent;
	return parent;
}

struct rbnode *rbtree_prev(const struct rbnode *n)
{
	struct rbnode *parent;

	if (n->left) {
		for (n = n->left; n->right; n = n->right)
			;
		return (struct rbnode *)n;
	}
	while ((parent = rbnode_parent(n)) && parent->left == n)
		n = parent;
	return parent;
}

static struct rbnode *deepest(const struct rbnode *n)
{
	while (n->left || n->right)
		n = n->left ? n->left : n->right;
	return (struct rbnode *)n;
}

struct rbnode *rbtree_first_postorder(const struct rbtree *t)
{
	return t->root ? deepest(t->root) : NULL;
}

struct rbnode *rbtree_next_postorder(const struct rbnode *n)
{
	struct rbnode *parent = rbnode_parent(n);

	if (parent && parent->left == n && parent->right)
		return deepest(parent->right);
	return parent;
}
