// SPDX-License-Identifier: GPL-2.0-only
/* Red-black trees: the vendor's node is parent and colour in one word, then right and left. */
#include "../lx.h"

#define RED	0UL
#define BLACK	1UL

static struct lx_rb_node *parent_of(const struct lx_rb_node *n)
{
	return (struct lx_rb_node *)(n->__rb_parent_color & ~3UL);
}
static bool is_red(const struct lx_rb_node *n) { return n && !(n->__rb_parent_color & 1); }
static void set_parent(struct lx_rb_node *n, struct lx_rb_node *p)
{
	n->__rb_parent_color = (n->__rb_parent_color & 1) | (u64)p;
}
static void set_colour(struct lx_rb_node *n, u64 c)
{
	n->__rb_parent_color = (n->__rb_parent_color & ~1UL) | c;
}

/* @to takes the place of @from below its parent. */
static void replace_child(struct lx_rb_root *root, struct lx_rb_node *p, struct lx_rb_node *from,
			  struct lx_rb_node *to)
{
	if (!p)
		WRITE_ONCE(root->rb_node, to);
	else if (p->rb_left == from)
		WRITE_ONCE(p->rb_left, to);
	else
		WRITE_ONCE(p->rb_right, to);
}

static void rotate(struct lx_rb_root *root, struct lx_rb_node *n, bool left)
{
	struct lx_rb_node *up = left ? n->rb_right : n->rb_left, *inner = left ? up->rb_left : up->rb_right;
	struct lx_rb_node *p = parent_of(n);

	if (left) {
		n->rb_right = inner;
		up->rb_left = n;
	} else {
		n->rb_left = inner;
		up->rb_right = n;
	}
	if (inner)
		set_parent(inner, n);
	set_parent(up, p);
	replace_child(root, p, n, up);
	set_parent(n, up);
}

void lx_rb_insert_color(struct lx_rb_node *n, struct lx_rb_root *root)
{
	struct lx_rb_node *p, *g, *uncle;

	set_colour(n, RED);
	while ((p = parent_of(n)) && is_red(p)) {
		bool left;

		g = parent_of(p);
		left = p == g->rb_left;
		uncle = left ? g->rb_right : g->rb_left;
		if (is_red(uncle)) {
			set_colour(p, BLACK);
			set_colour(uncle, BLACK);
			set_colour(g, RED);
			n = g;
			continue;
		}
		if (n == (left ? p->rb_right : p->rb_left)) {
			rotate(root, p, left);
			n = p;
			p = parent_of(n);
		}
		set_colour(p, BLACK);
		set_colour(g, RED);
		rotate(root, g, !left);
	}
	set_colour(root->rb_node, BLACK);
}
LX_EXPORT(rb_insert_color);

/* The paths through @n, a child of @p, lack a black node. */
static void erase_fix(struct lx_rb_root *root, struct lx_rb_node *n, struct lx_rb_node *p)
{
	while (n != root->rb_node && !is_red(n)) {
		bool left = n == p->rb_left;
		struct lx_rb_node *s = left ? p->rb_right : p->rb_left;

		if (is_red(s)) {
			set_colour(s, BLACK);
			set_colour(p, RED);
			rotate(root, p, left);
			s = left ? p->rb_right : p->rb_left;
		}
		if (!is_red(s->rb_left) && !is_red(s->rb_right)) {
			set_colour(s, RED);
			n = p;
			p = parent_of(n);
			continue;
		}
		if (!is_red(left ? s->rb_right : s->rb_left)) {
			set_colour(left ? s->rb_left : s->rb_right, BLACK);
			set_colour(s, RED);
			rotate(root, s, !left);
			s = left ? p->rb_right : p->rb_left;
		}
		set_colour(s, p->__rb_parent_color & 1);
		set_colour(p, BLACK);
		set_colour(left ? s->rb_right : s->rb_left, BLACK);
		rotate(root, p, left);
		n = root->rb_node;
		break;
	}
	if (n)
		set_colour(n, BLACK);
}

void lx_rb_erase(struct lx_rb_node *n, struct lx_rb_root *root)
{
	struct lx_rb_node *child, *p = parent_of(n), *out = n;
	bool was_black;

	if (n->rb_left && n->rb_right) {	/* its successor takes its place */
		for (out = n->rb_right; out->rb_left; out = out->rb_left)
			;
		child = out->rb_right;
		was_black = !is_red(out);
		p = parent_of(out);
		if (p == n)
			p = out;
		else {
			p->rb_left = child;
			out->rb_right = n->rb_right;
			set_parent(n->rb_right, out);
		}
		if (child)
			set_parent(child, p);
		replace_child(root, parent_of(n), n, out);
		out->__rb_parent_color = n->__rb_parent_color;
		out->rb_left = n->rb_left;
		set_parent(n->rb_left, out);
	} else {
		child = n->rb_left ? n->rb_left : n->rb_right;
		was_black = !is_red(n);
		replace_child(root, p, n, child);
		if (child)
			set_parent(child, p);
	}
	if (was_black && root->rb_node)
		erase_fix(root, child, p);
}
LX_EXPORT(rb_erase);

void lx_rb_replace_node(struct lx_rb_node *old, struct lx_rb_node *n, struct lx_rb_root *root)
{
	*n = *old;
	if (old->rb_left)
		set_parent(old->rb_left, n);
	if (old->rb_right)
		set_parent(old->rb_right, n);
	replace_child(root, parent_of(old), old, n);
}
LX_EXPORT(rb_replace_node);

static struct lx_rb_node *end_of(const struct lx_rb_root *root, bool left)
{
	struct lx_rb_node *n = root->rb_node;

	while (n && (left ? n->rb_left : n->rb_right))
		n = left ? n->rb_left : n->rb_right;
	return n;
}

static struct lx_rb_node *step(const struct lx_rb_node *n, bool forward)
{
	struct lx_rb_node *c = forward ? n->rb_right : n->rb_left, *p;

	if (n->__rb_parent_color == (u64)n)
		return NULL;
	if (c) {
		while (forward ? c->rb_left : c->rb_right)
			c = forward ? c->rb_left : c->rb_right;
		return c;
	}
	while ((p = parent_of(n)) && n == (forward ? p->rb_right : p->rb_left))
		n = p;
	return p;
}

struct lx_rb_node *lx_rb_first(const struct lx_rb_root *root) { return end_of(root, true); }
LX_EXPORT(rb_first);
struct lx_rb_node *lx_rb_last(const struct lx_rb_root *root) { return end_of(root, false); }
LX_EXPORT(rb_last);
struct lx_rb_node *lx_rb_next(const struct lx_rb_node *n) { return step(n, true); }
LX_EXPORT(rb_next);
struct lx_rb_node *lx_rb_prev(const struct lx_rb_node *n) { return step(n, false); }
LX_EXPORT(rb_prev);

static struct lx_rb_node *deepest(const struct lx_rb_node *n)
{
	for (;;) {
		if (n->rb_left)
			n = n->rb_left;
		else if (n->rb_right)
			n = n->rb_right;
		else
			return (struct lx_rb_node *)n;
	}
}

struct lx_rb_node *lx_rb_first_postorder(const struct lx_rb_root *root)
{
	return root->rb_node ? deepest(root->rb_node) : NULL;
}
LX_EXPORT(rb_first_postorder);

struct lx_rb_node *lx_rb_next_postorder(const struct lx_rb_node *n)
{
	struct lx_rb_node *p = n ? parent_of(n) : NULL;

	return p && n == p->rb_left && p->rb_right ? deepest(p->rb_right) : p;
}
LX_EXPORT(rb_next_postorder);
