/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/rbtree.h>

#include "test_impl.h"

#define COUNT	700

struct thing {
	struct rbnode node;
	u64 key;
	u64 size;	/* augmentation: largest below */
	u64 largest;
	bool is_in;
};

static struct thing things[COUNT];

static struct thing *thing_of(const struct rbnode *n)
{
	return container_of(n, struct thing, node);
}

static bool less(const struct rbnode *a, const struct rbnode *b)
{
	return thing_of(a)->key < thing_of(b)->key;
}

static bool update(struct rbnode *n)
{
	struct thing *t = thing_of(n);
	u64 v = t->size;

	if (n->left)
		v = max(v, thing_of(n->left)->largest);
	if (n->right)
		v = max(v, thing_of(n->right)->largest);
	if (v == t->largest)
		return false;
	t->largest = v;
	return true;
}

/* Black height, or -1 if a rule is broken below n. */
static int check(const struct rbnode *n, const struct rbnode *parent, bool is_augmented)
{
	int l, r;
	bool is_black;

	if (!n)
		return 0;
	is_black = n->parent_color & 1;
	if (rbnode_parent(n) != parent)
		return -1;
	if (!is_black && (!parent || !(parent->parent_color & 1)))
		return -1;
	if (n->left && thing_of(n->left)->key > thing_of(n)->key)
		return -1;
	if (n->right && thing_of(n->right)->key < thing_of(n)->key)
		return -1;
	if (is_augmented && update((struct rbnode *)n))
		return -1;
	l = check(n->left, n, is_augmented);
	r = check(n->right, n, is_augmented);
	return l < 0 || l != r ? -1 : l + is_black;
}

static bool is_sound(struct rbtree *t, unsigned want, bool is_augmented)
{
	struct thing *it;
	u64 last = 0;
	unsigned n = 0, back = 0;

	if (check(t->root, NULL, is_augmented) < 0)
		return false;
	rbtree_foreach(it, t, node) {
		if (it->key < last || !it->is_in)
			return false;
		last = it->key;
		n++;
	}
	for (struct rbnode *p = rbtree_last(t); p; p = rbtree_prev(p))
		back++;
	return n == want && back == want;
}

TEST(lib_rbtree, random_inserts_and_erases_keep_the_rules)
{
	struct rbtree t = RBTREE_INIT;
	u64 rng = 42;
	unsigned in = 0;

	memset(things, 0, sizeof(things));
	for (int round = 0; round < 6000; round++) {
		struct thing *th = &things[test_random(&rng) % COUNT];

		if (th->is_in) {
			rbtree_erase(&t, &th->node);
			in--;
		} else {
			th->key = test_random(&rng) % 1000;
			rbtree_add(&t, &th->node, less);
			in++;
		}
		th->is_in = !th->is_in;
		if (round % 50 == 0)
			REQUIRE(is_sound(&t, in, false));
	}
	for (int i = 0; i < COUNT; i++) {
		if (things[i].is_in)
			rbtree_erase(&t, &things[i].node);
	}
	EXPECT(rbtree_is_empty(&t));
	EXPECT(!rbtree_first(&t) && !rbtree_last(&t));
}

TEST(lib_rbtree, augmented_value_is_always_right)
{
	struct rbtree t = RBTREE_INIT;
	u64 rng = 7;
	unsigned in = 0;

	memset(things, 0, sizeof(things));
	for (int round = 0; round < 6000; round++) {
		struct thing *th = &things[test_random(&rng) % COUNT];
		struct rbnode **link = &t.root, *parent = NULL;

		if (th->is_in && test_random(&rng) % 4 == 0) {
			th->size = test_random(&rng);
			rbtree_propagate(&th->node, update);
		} else if (th->is_in) {
			rbtree_erase_augmented(&t, &th->node, update);
			th->is_in = false;
			in--;
		} else {
			th->key = test_random(&rng) % 1000;
			th->size = test_random(&rng);
			while (*link) {
				parent = *link;
				link = less(&th->node, parent) ? &parent->left : &parent->right;
			}
			rbtree_link(&th->node, parent, link);
			rbtree_insert_augmented(&t, &th->node, update);
			th->is_in = true;
			in++;
		}
		if (round % 20 == 0)
			REQUIRE(is_sound(&t, in, true));
	}
	EXPECT(in > 0);
}

TEST(lib_rbtree, replace_and_postorder)
{
	struct rbtree t = RBTREE_INIT;
	struct thing *it;
	struct rbnode *tmp;
	unsigned n = 0;

	memset(things, 0, sizeof(things));
	for (int i = 0; i < 100; i++) {
		things[i].key = 2 * i;
		things[i].is_in = true;
		rbtree_add(&t, &things[i].node, less);
	}
	for (int i = 0; i < 100; i += 3) {
		struct thing *other = &things[200 + i];

		*other = things[i];
		rbtree_replace(&t, &things[i].node, &other->node);
	}
	EXPECT(is_sound(&t, 100, false));
	EXPECT(rbtree_first(&t) == &things[200].node);
	rbtree_foreach_postorder(it, tmp, &t, node) {
		/* children are gone before their parent */
		EXPECT(!it->node.left || !thing_of(it->node.left)->is_in);
		EXPECT(!it->node.right || !thing_of(it->node.right)->is_in);
		it->is_in = false;
		n++;
	}
	EXPECT_EQ(n, 100);
	rbnode_init(&things[0].node);
	EXPECT(rbnode_is_detached(&things[0].node));
}
