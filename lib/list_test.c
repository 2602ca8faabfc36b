/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/list.h>

#include <tern/lib/hlist.h>
#include <tern/lib/ktest.h>

struct item {
	int v;
	struct list link;
	struct hnode hlink;
};

static struct item items[8];

static void fill(struct list *head, int n)
{
	list_init(head);
	for (int i = 0; i < n; i++) {
		items[i].v = i;
		list_add_tail(&items[i].link, head);
	}
}

/* Digits of the values in order. */
static long digits(struct list *head)
{
	struct item *it;
	long v = 0, back = 0, place = 1;

	list_foreach(it, head, link)
		v = v * 10 + it->v + 1;
	list_foreach_reverse(it, head, link) {
		back += (it->v + 1) * place;
		place *= 10;
	}
	return v == back ? v : -1;
}

TEST(lib_list, order_of_adds)
{
	LIST_HEAD(head);

	EXPECT(list_is_empty(&head));
	fill(&head, 3);
	EXPECT_EQ(digits(&head), 123);
	list_add(&items[5].link, &head);
	items[5].v = 5;
	EXPECT_EQ(digits(&head), 6123);
	EXPECT_EQ(list_count(&head), 4);
	EXPECT(list_first_entry(&head, struct item, link) == &items[5]);
	EXPECT(list_last_entry(&head, struct item, link) == &items[2]);
	EXPECT(list_next_entry(&items[0], link) == &items[1]);
	EXPECT(list_prev_entry(&items[0], link) == &items[5]);
	EXPECT(list_is_first(&items[5].link, &head) && list_is_last(&items[2].link, &head));
}

TEST(lib_list, removal)
{
	struct list head;
	struct item *it, *tmp;

	fill(&head, 4);
	list_del(&items[1].link);
	EXPECT_EQ(digits(&head), 134);
	list_del_init(&items[0].link);
	EXPECT(list_is_empty(&items[0].link));
	list_foreach_safe(it, tmp, &head, link)
		list_del(&it->link);
	EXPECT(list_is_empty(&head));
	EXPECT(!list_first_entry_or_null(&head, struct item, link));
	fill(&head, 1);
	EXPECT(list_is_singular(&head));
}

TEST(lib_list, splice_cut_move_replace)
{
	struct list a, b, c;

	fill(&a, 5);
	list_cut(&b, &a, &items[1].link);
	EXPECT_EQ(digits(&a), 345);
	EXPECT_EQ(digits(&b), 12);
	list_splice_tail_init(&b, &a);
	EXPECT_EQ(digits(&a), 34512);
	EXPECT(list_is_empty(&b));
	list_splice_init(&b, &a);
	EXPECT_EQ(digits(&a), 34512);
	list_move(&items[0].link, &a);
	EXPECT_EQ(digits(&a), 13452);
	list_move_tail(&items[3].link, &a);
	EXPECT_EQ(digits(&a), 13524);
	items[6].v = 6;
	list_replace(&items[4].link, &items[6].link);
	EXPECT_EQ(digits(&a), 13724);
	list_cut(&c, &a, &a);
	EXPECT(list_is_empty(&c));
	list_splice(&a, &c);
	EXPECT_EQ(digits(&c), 13724);
}

TEST(lib_list, rcu_reader_survives_removal)
{
	struct list head;
	struct item *it;
	long v = 0;

	list_init(&head);
	for (int i = 0; i < 4; i++) {
		items[i].v = i;
		list_add_tail_rcu(&items[i].link, &head);
	}
	list_foreach_rcu(it, &head, link) {
		v = v * 10 + it->v + 1;
		if (it == &items[1])
			list_del_rcu(&it->link);
	}
	EXPECT_EQ(v, 1234);
	EXPECT_EQ(digits(&head), 134);
	items[7].v = 7;
	list_replace_rcu(&items[2].link, &items[7].link);
	EXPECT_EQ(digits(&head), 184);
}

TEST(lib_hlist, chain)
{
	struct hlist h = HLIST_INIT;
	struct hnode *tmp;
	struct item *it;
	long v = 0;

	for (int i = 0; i < 4; i++) {
		items[i].v = i;
		hnode_init(&items[i].hlink);
		EXPECT(hlist_unhashed(&items[i].hlink));
	}
	hlist_add_head(&items[0].hlink, &h);
	hlist_add_head_rcu(&items[1].hlink, &h);
	hlist_add_behind(&items[2].hlink, &items[0].hlink);
	hlist_add_behind(&items[3].hlink, &items[1].hlink);
	hlist_foreach(it, &h, hlink)
		v = v * 10 + it->v + 1;
	EXPECT_EQ(v, 2413);
	hlist_del_rcu(&items[3].hlink);
	EXPECT(hlist_unhashed(&items[3].hlink));
	v = 0;
	hlist_foreach_rcu(it, &h, hlink)
		v = v * 10 + it->v + 1;
	EXPECT_EQ(v, 213);
	hlist_foreach_safe(it, tmp, &h, hlink)
		hlist_del_init(&it->hlink);
	EXPECT(hlist_is_empty(&h));
	hlist_del_init(&items[0].hlink);
}
