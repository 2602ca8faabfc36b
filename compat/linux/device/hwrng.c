// SPDX-License-Identifier: GPL-2.0-only
/* Entropy devices of modules: a thread each asks them and feeds the native pool. */
#include "../lx.h"

#include "../task.h"

#include <tern/base/err.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/random.h>
#include <tern/kernel/sched.h>
#include <tern/kernel/thread.h>
#include <tern/lib/list.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define SEED_BYTES	64
#define PAUSE_NS	(60 * NSEC_PER_SEC)
#define RETRY_NS	(NSEC_PER_SEC / 10)

struct source {
	struct list link;
	struct lx_hwrng *rng;
	struct thread *thread;
	u8 seed[SEED_BYTES];
};

static LIST_HEAD(sources);
static struct kmutex sources_lock = KMUTEX_INIT(sources_lock, LOCKRANK_VFS_MISC);

static int read_some(struct source *s)
{
	struct lx_hwrng *rng = s->rng;
	int n;

	if (rng->read)
		return rng->read(rng, s->seed, SEED_BYTES, true);
	n = rng->data_present ? rng->data_present(rng, 1) : 1;
	return n ? rng->data_read(rng, (unsigned int *)s->seed) : 0;
}

static void pause(nsec_t ns)
{
	struct thread *self = thread_self();
	nsec_t end = clock_ns() + ns;

	while (!kthread_must_stop() && clock_ns() < end) {
		xchg(&self->t_state, THREAD_UNINTERRUPTIBLE);
		if (kthread_must_stop())
			WRITE_ONCE(self->t_state, THREAD_RUNNING);
		else
			(void)sched_block_until(end);
	}
}

static int feed(void *arg)
{
	struct source *s = arg;
	int err = lx_task_enter();

	while (!err && !kthread_must_stop()) {
		int n = read_some(s);

		if (n > 0) {
			n = min_t(int, n, SEED_BYTES);
			random_add_entropy(s->seed, (size_t)n, (u32)n * 8);
			mem_wipe(s->seed, SEED_BYTES);
		}
		pause(n > 0 ? PAUSE_NS : RETRY_NS);
	}
	return err;
}

int lx_hwrng_register(struct lx_hwrng *rng)
{
	struct source *s;
	int err;

	if (!rng->name || (!rng->read && !rng->data_read))
		return -EINVAL;
	s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);
	if (!s)
		return -ENOMEM;
	s->rng = rng;
	err = rng->init ? rng->init(rng) : 0;
	if (!err) {
		s->thread = kthread_start(feed, s, "hwrng-%s", rng->name);
		err = IS_ERR(s->thread) ? (int)PTR_ERR(s->thread) : 0;
	}
	if (err) {
		kmem_free(s);
		return err;
	}
	kmutex_lock(&sources_lock);
	list_add(&s->link, &sources);
	kmutex_unlock(&sources_lock);
	return 0;
}
LX_EXPORT(hwrng_register);

static struct source *source_take(struct lx_hwrng *rng)
{
	struct source *s, *found = NULL;

	kmutex_lock(&sources_lock);
	list_foreach(s, &sources, link)
		if (s->rng == rng)
			found = s;
	if (found)
		list_del(&found->link);
	kmutex_unlock(&sources_lock);
	return found;
}

void lx_hwrng_unregister(struct lx_hwrng *rng)
{
	struct source *s = source_take(rng);

	if (!s)
		return;
	(void)kthread_end(s->thread);
	if (rng->cleanup)
		rng->cleanup(rng);
	kmem_free(s);
}
LX_EXPORT(hwrng_unregister);
