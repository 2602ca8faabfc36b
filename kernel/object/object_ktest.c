// SPDX-License-Identifier: GPL-2.0-only
/* Self tests of events and handle tables. */
#include <tern/kernel/event.h>

#include <tern/kernel/clock.h>
#include <tern/kernel/thread.h>
#include <tern/lib/ktest.h>

TEST(object_event, manual_reset_stays_set)
{
	struct event *e = event_create(false, false);

	REQUIRE(!IS_ERR(e));
	EXPECT_EQ(event_wait(e, clock_ns() + NSEC_PER_MSEC), (u64)-ETIMEDOUT);
	EXPECT(!event_set(e));
	EXPECT(event_set(e));
	EXPECT_EQ(event_wait(e, WAIT_FOREVER), 0);
	EXPECT_EQ(event_wait(e, WAIT_FOREVER), 0);
	EXPECT(event_reset(e));
	EXPECT(!event_reset(e));
	EXPECT(event_from_object(&e->obj) == e);
	object_put(&e->obj);
}

TEST(object_event, auto_reset_lets_one_pass)
{
	struct event *e = event_create(true, true);

	REQUIRE(!IS_ERR(e));
	EXPECT_EQ(event_wait(e, WAIT_FOREVER), 0);
	EXPECT_EQ(event_wait(e, clock_ns() + NSEC_PER_MSEC), (u64)-ETIMEDOUT);
	object_put(&e->obj);
}

struct setter { struct event *first, *second; };

static int set_later(void *arg)
{
	struct setter *s = arg;
	int err = event_wait(s->first, WAIT_FOREVER);

	event_set(s->second);
	while (!kthread_must_stop())
		sched_sleep_until(clock_ns() + NSEC_PER_MSEC);
	return err;
}

TEST(object_event, wakes_a_waiter_on_another_thread)
{
	struct setter s = { event_create(true, false), event_create(true, false) };
	struct thread *t;

	REQUIRE(!IS_ERR(s.first) && !IS_ERR(s.second));
	t = kthread_start(set_later, &s, "ktest_event");
	REQUIRE(!IS_ERR(t));
	event_set(s.first);
	EXPECT_EQ(event_wait(s.second, clock_ns() + 5 * NSEC_PER_SEC), 0);
	EXPECT_EQ(kthread_end(t), 0);
	object_put(&s.first->obj);
	object_put(&s.second->obj);
}

TEST(object_handle, rights_and_generations_are_checked)
{
	struct handle_table *t = handle_table_create();
	struct event *e = event_create(false, false);
	struct object *o;
	s64 h, again;

	REQUIRE(t && !IS_ERR(e));
	h = handle_add(t, &e->obj, RIGHT_READ | RIGHT_WAIT, 0, 1000);
	REQUIRE(h >= 0);
	o = handle_lookup(t, h, RIGHT_READ);
	EXPECT(o == &e->obj);
	object_put(&e->obj);
	EXPECT_EQ(PTR_ERR(handle_lookup(t, h, RIGHT_WRITE)), (u64)-EACCES);
	EXPECT_EQ(handle_close(t, h), 0);
	EXPECT_EQ(handle_close(t, h), (u64)-EBADF);
	again = handle_add(t, &e->obj, RIGHT_ALL, 0, 1000);
	EXPECT_EQ((u32)again, (u32)h);
	EXPECT(again != h);
	EXPECT_EQ(PTR_ERR(handle_lookup(t, h, 0)), (u64)-EBADF);
	EXPECT_EQ(ref_read(&e->obj.refs), 2);
	handle_table_destroy(t);
	EXPECT_EQ(ref_read(&e->obj.refs), 1);
	object_put(&e->obj);
}

TEST(object_handle, table_grows_and_fills_gaps)
{
	struct handle_table *t = handle_table_create();
	struct event *e = event_create(false, false);
	static s64 h[700];
	u32 i, bad = 0;

	REQUIRE(t && !IS_ERR(e));
	for (i = 0; i < ARRAY_SIZE(h); i++) {
		h[i] = handle_add(t, &e->obj, RIGHT_ALL, 0, ARRAY_SIZE(h));
		bad += h[i] != i;
	}
	EXPECT_EQ(bad, 0);
	EXPECT_EQ(handle_add(t, &e->obj, RIGHT_ALL, 0, ARRAY_SIZE(h)), (u64)-EMFILE);
	EXPECT_EQ(handle_close(t, h[333]), 0);
	EXPECT_EQ((u32)handle_add(t, &e->obj, RIGHT_ALL, 0, ARRAY_SIZE(h)), 333);
	EXPECT_EQ((u32)handle_add(t, &e->obj, RIGHT_ALL, 5000, 6000), 5000);
	handle_table_destroy(t);
	EXPECT_EQ(ref_read(&e->obj.refs), 1);
	object_put(&e->obj);
}
