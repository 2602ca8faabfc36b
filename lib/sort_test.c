/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/sort.h>

#include "test_impl.h"

struct elem {
	u32 key, order;
	u8 odd[5];
};

struct item {
	u32 key, order;
	struct list link;
};

static int by_key(const void *a, const void *b, void *ctx)
{
	u32 x = ((const struct elem *)a)->key, y = ((const struct elem *)b)->key;

	++*(u64 *)ctx;
	return x < y ? -1 : x > y;
}

static int items_by_key(const struct list *a, const struct list *b, void *ctx)
{
	u32 x = list_entry(a, struct item, link)->key, y = list_entry(b, struct item, link)->key;

	return x < y ? -1 : x > y;
}

TEST(lib_sort, arrays_of_all_sizes)
{
	static struct elem e[600];
	u64 rng = 12, calls = 0;

	for (size_t n = 0; n < ARRAY_SIZE(e); n += n < 20 ? 1 : 97) {
		u64 sum = 0;

		for (size_t i = 0; i < n; i++) {
			e[i].key = test_random(&rng) % (n + 1);
			e[i].odd[4] = (u8)e[i].key;
			sum += e[i].key;
		}
		sort_array(e, n, sizeof(*e), by_key, &calls);
		for (size_t i = 0; i < n; i++) {
			sum -= e[i].key;
			EXPECT(!i || e[i - 1].key <= e[i].key);
			EXPECT_EQ(e[i].odd[4], (u8)e[i].key);
		}
		EXPECT_EQ(sum, 0);
		for (u32 k = 0; k <= n; k++) {
			struct elem key = { .key = k }, *f;
			bool there = false;

			for (size_t i = 0; i < n; i++)
				there |= e[i].key == k;
			f = sort_find(&key, e, n, sizeof(*e), by_key, &calls);
			EXPECT_EQ(f != NULL, there);
			EXPECT(!f || f->key == k);
		}
	}
}

TEST(lib_sort, lists_stably)
{
	static struct item items[500];
	u64 rng = 13;

	for (size_t n = 0; n < ARRAY_SIZE(items); n += n < 20 ? 1 : 53) {
		LIST_HEAD(head);
		struct item *it, *last = NULL;
		size_t count = 0;

		for (size_t i = 0; i < n; i++) {
			items[i].key = test_random(&rng) % (n / 3 + 1);
			items[i].order = (u32)i;
			list_add_tail(&items[i].link, &head);
		}
		sort_list(&head, items_by_key, NULL);
		list_foreach(it, &head, link) {
			EXPECT(!last || last->key < it->key ||
			       (last->key == it->key && last->order < it->order));
			EXPECT(it->link.prev == (last ? &last->link : &head));
			last = it;
			count++;
		}
		EXPECT_EQ(count, n);
		EXPECT(head.prev == (last ? &last->link : &head));
	}
}
