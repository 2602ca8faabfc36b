// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for a bit to be cleared: sleepers of all bits share a few queues. How a sleeper passes the time is
 * its action's: bit_wait() and bit_wait_io() sleep until they are woken.
 */
#include "../wait.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>

#define QUEUES_SHIFT	6
#define TASK_NORMAL	3u

typedef int (*wait_bit_action)(struct lx_wait_bit_key *key, int mode);

static struct lx_wait_queue_head queues[1 << QUEUES_SHIFT];

static struct lx_wait_queue_head *queue_of(const void *word, int bit)
{
	u64 v = ((uptr)word << 6 | (u64)bit) * 0x61c8864680b583ebUL;

	return &queues[v >> (64 - QUEUES_SHIFT)];
}

int lx_bit_wait(struct lx_wait_bit_key *key, int mode)
{
	lx_schedule();
	return lx_signal_ends((u32)mode) ? -EINTR : 0;
}
LX_EXPORT(bit_wait);

int lx_bit_wait_io(struct lx_wait_bit_key *key, int mode)
{
	lx_io_schedule();
	return lx_signal_ends((u32)mode) ? -EINTR : 0;
}
LX_EXPORT(bit_wait_io);

static bool is_clear(void *word, int bit) { return !bit_test((u32)bit, (const unsigned long *)word); }
static bool take(void *word, int bit) { return !bit_test_and_set((u32)bit, word); }

/* Until @is_done, or until @action does not want to wait any longer. */
static int wait_on_bit(void *word, int bit, wait_bit_action action, unsigned int mode,
		       bool (*is_done)(void *word, int bit))
{
	struct lx_wait_bit_key key = { .flags = word, .bit_nr = bit };
	struct lx_wait_queue_head *q = queue_of(word, bit);
	struct lx_wait_queue_entry e;
	int err = 0;

	lx_init_wait_entry(&e, 0);
	for (;;) {
		lx_prepare_to_wait(q, &e, (int)mode);
		if (is_done(word, bit)) {
			err = 0;
			break;
		}
		if (err)
			break;
		err = action(&key, (int)mode);
	}
	lx_finish_wait(q, &e);
	return err;
}

int lx_out_of_line_wait_on_bit(void *word, int bit, wait_bit_action action, unsigned int mode)
{
	return wait_on_bit(word, bit, action, mode, is_clear);
}
LX_EXPORT(out_of_line_wait_on_bit);

int lx_out_of_line_wait_on_bit_lock(void *word, int bit, wait_bit_action action, unsigned int mode)
{
	return wait_on_bit(word, bit, action, mode, take);
}
LX_EXPORT(out_of_line_wait_on_bit_lock);

void lx_wake_up_bit(void *word, int bit) { lx___wake_up(queue_of(word, bit), TASK_NORMAL, 0, NULL); }
LX_EXPORT(wake_up_bit);

static int queues_init(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(queues); i++)
		lx___init_waitqueue_head(&queues[i], "bits", NULL);
	return 0;
}
INITCALL(CORE, queues_init);
