// SPDX-License-Identifier: GPL-2.0-only
/* Waiting for a bit to be cleared: sleepers of all bits share a few queues. */
#include "../lx.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/base/waitq.h>
#include <tern/kernel/sched.h>

#define QUEUES_SHIFT	6
#define THREAD_MODES	(THREAD_SLEEPING | THREAD_KILLABLE)	/* the vendor's numbers are the same */

static struct waitq queues[1 << QUEUES_SHIFT];

static struct waitq *queue_of(const void *word, int bit)
{
	u64 v = ((uptr)word << 6 | (u64)bit) * 0x61c8864680b583ebUL;

	return &queues[v >> (64 - QUEUES_SHIFT)];
}

/* How to sleep is one question for us: whether a signal ends it. */
int lx_bit_wait(struct lx_wait_bit_key *key, int mode) { return 0; }
LX_EXPORT(bit_wait);
int lx_bit_wait_io(struct lx_wait_bit_key *key, int mode) { return 0; }
LX_EXPORT(bit_wait_io);

static bool is_clear(const void *word, int bit) { return !bit_test((u32)bit, (const unsigned long *)word); }

static int interrupted(int err) { return err ? -EINTR : 0; }

int lx_out_of_line_wait_on_bit(void *word, int bit, int (*action)(struct lx_wait_bit_key *, int), unsigned int mode)
{
	u32 state = mode & THREAD_MODES;

	return interrupted(waitq_wait_common(queue_of(word, bit), is_clear(word, bit), state, false, WAIT_FOREVER));
}
LX_EXPORT(out_of_line_wait_on_bit);

int lx_out_of_line_wait_on_bit_lock(void *word, int bit, int (*action)(struct lx_wait_bit_key *, int),
				    unsigned int mode)
{
	u32 state = mode & THREAD_MODES, n = (u32)bit;

	return interrupted(waitq_wait_common(queue_of(word, bit), !bit_test_and_set(n, word), state, false,
					     WAIT_FOREVER));
}
LX_EXPORT(out_of_line_wait_on_bit_lock);

void lx_wake_up_bit(void *word, int bit) { waitq_wake_all(queue_of(word, bit)); }
LX_EXPORT(wake_up_bit);

static int queues_init(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(queues); i++)
		waitq_init(&queues[i]);
	return 0;
}
INITCALL(CORE, queues_init);
