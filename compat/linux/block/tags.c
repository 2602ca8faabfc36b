// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tag sets: requests by hardware queue and tag, and the time that they may take.
 *
 * Who waits for a tag sleeps on its table; native commands that found none leave a mark at their queue,
 * and a tag that comes free runs the marked queues of the set.
 *
 * Contexts: taking and giving back anywhere but in NMI; the timer runs in a worker.
 */
#include "block_impl.h"

#include "../runtime.h"

#include <asm/cpu.h>
#include <tern/base/err.h>
#include <tern/lib/list.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define MAPS_MAX	3u
#define WORD_BITS	64u
#define CPU_ANY		8192
#define EH_RESET_TIMER	1u

static struct spin queues_lock = SPIN_INIT(LOCKRANK_DRIVER);	/* protects tag_list of all sets */

static void map_spread(struct lx_blk_mq_queue_map *map)
{
	for_each_possible_cpu(cpu)
		map->mq_map[cpu] = map->queue_offset + (map->nr_queues ? cpu % map->nr_queues : 0);
}

void lx_blk_mq_map_queues(struct lx_blk_mq_queue_map *map) { map_spread(map); }
LX_EXPORT(blk_mq_map_queues);
void lx_blk_mq_virtio_map_queues(struct lx_blk_mq_queue_map *map, struct lx_virtio_device *dev, int first)
{
	map_spread(map);
}
LX_EXPORT(blk_mq_virtio_map_queues);
void lx_blk_mq_pci_map_queues(struct lx_blk_mq_queue_map *map, struct lx_pci_dev *dev, int first) { map_spread(map); }
LX_EXPORT(blk_mq_pci_map_queues);

static void map_all(struct lx_blk_mq_tag_set *set)
{
	set->map[0].nr_queues = set->nr_hw_queues;
	if (set->ops->map_queues)
		set->ops->map_queues(set);
	else
		map_spread(&set->map[0]);
}

static int maps_make(struct lx_blk_mq_tag_set *set)
{
	if (!set->nr_maps)
		set->nr_maps = 1;
	for (u32 i = 0; i < set->nr_maps && i < MAPS_MAX; i++) {
		set->map[i].mq_map = kmem_calloc(cpu_count_possible, sizeof(unsigned int), ALLOC_KERNEL);
		if (!set->map[i].mq_map)
			return -ENOMEM;
	}
	map_all(set);
	return 0;
}

static void maps_free(struct lx_blk_mq_tag_set *set)
{
	for (u32 i = 0; i < MAPS_MAX; i++) {
		kmem_free(set->map[i].mq_map);
		set->map[i].mq_map = NULL;
	}
}

/* ---- tables ---- */

static struct lx_cmd *cmd_at(struct lx_tags *t, u32 tag) { return cmd_of(t->pub.static_rqs[tag]); }

static void tags_free(struct lx_tags *t, u32 index)
{
	struct lx_blk_mq_tag_set *set = t->set->pub;

	for (u32 i = 0; t->pub.static_rqs && i < t->pub.nr_tags && t->pub.static_rqs[i]; i++) {
		if (set->ops->exit_request)
			set->ops->exit_request(set, t->pub.static_rqs[i], index);
		kmem_free(cmd_at(t, i));
	}
	kmem_free(t->used);
	kmem_free_large(t->pub.rqs);
	kmem_free_large(t->pub.static_rqs);
	kmem_free(t->spare);
	kmem_free(t);
}

static int tags_fill(struct lx_tags *t, u32 index)
{
	struct lx_blk_mq_tag_set *set = t->set->pub;

	for (u32 i = 0; i < t->pub.nr_tags; i++) {
		struct lx_cmd *c = kmem_zalloc(sizeof(*c) + set->cmd_size, ALLOC_KERNEL);
		int err = !c ? -ENOMEM : set->ops->init_request ?
			set->ops->init_request(set, &c->rq, index, 0) : 0;

		if (err) {
			kmem_free(c);
			return err;
		}
		c->tags = t;
		c->tag = i;
		t->pub.static_rqs[i] = &c->rq;
	}
	return 0;
}

static struct lx_tags *tags_make(struct lx_set *s, u32 index)
{
	u32 n = s->pub->queue_depth;
	struct lx_tags *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);
	int err = -ENOMEM;

	if (!t)
		return ERR_PTR(-ENOMEM);
	t->set = s;
	t->pub.nr_tags = n;
	t->pub.nr_reserved_tags = s->pub->reserved_tags;
	spin_init(&t->lock, LOCKRANK_WAITQ);
	waitq_init(&t->freed);
	t->used = kmem_calloc((n + WORD_BITS - 1) / WORD_BITS, sizeof(u64), ALLOC_KERNEL);
	t->pub.rqs = kmem_alloc_large(n * sizeof(void *), ALLOC_KERNEL | ALLOC_ZERO);
	t->pub.static_rqs = kmem_alloc_large(n * sizeof(void *), ALLOC_KERNEL | ALLOC_ZERO);
	t->spare = kmem_calloc(VECS_MAX, sizeof(struct lx_bio_vec), ALLOC_KERNEL);
	if (t->used && t->pub.rqs && t->pub.static_rqs && t->spare)
		err = tags_fill(t, index);
	if (!err)
		return t;
	tags_free(t, index);
	return ERR_PTR(err);
}

/* ---- sets ---- */

static void overdue_work(struct lx_work_struct *w);

static struct lx_set *set_of(const struct lx_blk_mq_tag_set *pub)
{
	return container_of((struct lx_blk_mq_tags *(*)[])pub->tags, struct lx_set, tags);
}

static void set_free(struct lx_set *s)
{
	for (u32 i = 0; i < s->ntags; i++)
		if (s->tags[i])
			tags_free(tags_of(s->tags[i]), i);
	kmem_free(s);
}

static struct lx_set *set_make(struct lx_blk_mq_tag_set *pub)
{
	struct lx_set *s = kmem_zalloc(sizeof(*s) + pub->nr_hw_queues * sizeof(s->tags[0]), ALLOC_KERNEL);

	if (!s)
		return ERR_PTR(-ENOMEM);
	s->pub = pub;
	s->ntags = pub->nr_hw_queues;
	s->timer.work.data.counter = 0xfffffffe0L;
	s->timer.work.entry.next = s->timer.work.entry.prev = &s->timer.work.entry;
	s->timer.work.func = overdue_work;
	lx_init_timer_key(&s->timer.timer, lx_delayed_work_timer_fn, 0x200000, "blk", NULL);
	for (u32 i = 0; i < s->ntags; i++) {
		struct lx_tags *t = tags_make(s, i);

		if (IS_ERR(t)) {
			set_free(s);
			return (struct lx_set *)t;
		}
		s->tags[i] = &t->pub;
	}
	return s;
}

int lx_blk_mq_alloc_tag_set(struct lx_blk_mq_tag_set *set)
{
	struct lx_set *s;
	int err;

	if (!set->nr_hw_queues || !set->queue_depth || !set->ops->queue_rq || set->queue_depth < set->reserved_tags)
		return -EINVAL;
	set->queue_depth = min(set->queue_depth, 10240u);
	lx___mutex_init(&set->tag_list_lock, "tag_list", NULL);
	set->tag_list.next = set->tag_list.prev = &set->tag_list;
	err = maps_make(set);
	s = err ? ERR_PTR(err) : set_make(set);
	if (!IS_ERR(s)) {
		set->tags = s->tags;
		return 0;
	}
	maps_free(set);
	return (int)PTR_ERR(s);
}
LX_EXPORT(blk_mq_alloc_tag_set);

void lx_blk_mq_free_tag_set(struct lx_blk_mq_tag_set *set)
{
	struct lx_set *s;

	if (!set->tags)
		return;
	s = set_of(set);
	(void)lx_cancel_delayed_work_sync(&s->timer);
	set->tags = NULL;
	set_free(s);
	maps_free(set);
}
LX_EXPORT(blk_mq_free_tag_set);

/* Tables are never made later: of more queues than at first the number stays what it was. */
void lx_blk_mq_update_nr_hw_queues(struct lx_blk_mq_tag_set *set, int n)
{
	if (n < 1 || (u32)n == set->nr_hw_queues || (u32)n > set_of(set)->ntags)
		return;
	set->nr_hw_queues = (u32)n;
	map_all(set);
}
LX_EXPORT(blk_mq_update_nr_hw_queues);

u32 lx_set_queues(const struct lx_blk_mq_tag_set *set)
{
	return max(min(set->map[0].nr_queues, set->nr_hw_queues), 1u);
}

void lx_set_join(struct lx_queue *q)
{
	struct lx_list_head *head = &q->q.tag_set->tag_list, *n = &q->q.tag_set_list;
	u64 flags = spin_lock_irqsave(&queues_lock);

	n->prev = head->prev;
	n->next = head;
	head->prev->next = n;
	head->prev = n;
	spin_unlock_irqrestore(&queues_lock, flags);
}

void lx_set_leave(struct lx_queue *q)
{
	struct lx_list_head *n = &q->q.tag_set_list;
	u64 flags = spin_lock_irqsave(&queues_lock);

	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->next = n->prev = n;
	spin_unlock_irqrestore(&queues_lock, flags);
}

static void run_starved(struct lx_blk_mq_tag_set *set)
{
	u64 flags = spin_lock_irqsave(&queues_lock);

	for (struct lx_list_head *at = set->tag_list.next; at != &set->tag_list; at = at->next) {
		struct lx_queue *q = container_of(at, struct lx_queue, q.tag_set_list);

		if (READ_ONCE(q->is_starved) && xchg(&q->is_starved, false) && q->disk)
			lx_disk_restart(q->disk);
	}
	spin_unlock_irqrestore(&queues_lock, flags);
}

/* ---- tags ---- */

static u32 free_tag_locked(const struct lx_tags *t, u32 from, u32 end)
{
	for (u32 tag = from; tag < end; tag++) {
		u64 word = ~t->used[tag / WORD_BITS] >> (tag % WORD_BITS);

		if (word & 1)
			return tag;
		if (!word)
			tag = (u32)ALIGN_UP(tag + 1, WORD_BITS) - 1;
	}
	return end;
}

struct lx_cmd *lx_tags_take(struct lx_blk_mq_tags *pub, bool reserved)
{
	struct lx_tags *t = tags_of(pub);
	u32 first = reserved ? 0 : pub->nr_reserved_tags, end = reserved ? pub->nr_reserved_tags : pub->nr_tags;
	u64 flags = spin_lock_irqsave(&t->lock);
	u32 tag = free_tag_locked(t, max(first, reserved ? 0 : t->next), end);
	struct lx_cmd *c = NULL;

	if (tag == end)
		tag = free_tag_locked(t, first, end);
	if (tag < end) {
		t->used[tag / WORD_BITS] |= BIT(tag % WORD_BITS);
		if (!reserved)
			t->next = tag + 1;
		c = cmd_at(t, tag);
	}
	spin_unlock_irqrestore(&t->lock, flags);
	return c;
}

void lx_tags_put(struct lx_cmd *c)
{
	struct lx_tags *t = c->tags;
	u32 tag = (u32)c->rq.tag;
	u64 flags;

	WRITE_ONCE(c->rq.state, STATE_IDLE);
	t->pub.rqs[tag] = NULL;
	flags = spin_lock_irqsave(&t->lock);
	t->used[tag / WORD_BITS] &= ~BIT(tag % WORD_BITS);
	spin_unlock_irqrestore(&t->lock, flags);
	waitq_wake_if_any(&t->freed);
	run_starved(t->set->pub);
}

/* A reference keeps the tag from being used again while @fn looks. */
static bool request_hold(struct lx_request *rq)
{
	int old = READ_ONCE(rq->ref.counter);

	while (old > 0)
		if (__atomic_compare_exchange_n(&rq->ref.counter, &old, old + 1, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
	return false;
}

static bool visit(struct lx_tags *t, u32 tag, bool (*fn)(struct lx_request *, void *), void *data)
{
	struct lx_cmd *c = cmd_at(t, tag);
	bool go_on = true;

	if (!((READ_ONCE(t->used[tag / WORD_BITS]) >> (tag % WORD_BITS)) & 1) || !request_hold(&c->rq))
		return true;
	if (READ_ONCE(c->rq.state) != STATE_IDLE)
		go_on = fn(&c->rq, data);
	lx_cmd_clear(c);
	return go_on;
}

void lx_blk_mq_tagset_busy_iter(struct lx_blk_mq_tag_set *set, bool (*fn)(struct lx_request *, void *), void *data)
{
	struct lx_set *s = set->tags ? set_of(set) : NULL;

	for (u32 i = 0; s && i < s->ntags; i++)
		for (u32 tag = 0; tag < s->tags[i]->nr_tags; tag++)
			if (!visit(tags_of(s->tags[i]), tag, fn, data))
				return;
}
LX_EXPORT(blk_mq_tagset_busy_iter);

static bool note_complete(struct lx_request *rq, void *n)
{
	*(u32 *)n += READ_ONCE(rq->state) == STATE_COMPLETE;
	return true;
}

static bool none_complete(struct lx_blk_mq_tag_set *set)
{
	u32 n = 0;

	lx_blk_mq_tagset_busy_iter(set, note_complete, &n);
	return !n;
}

void lx_blk_mq_tagset_wait_completed_request(struct lx_blk_mq_tag_set *set)
{
	struct lx_set *s = set->tags ? set_of(set) : NULL;

	for (u32 i = 0; s && i < s->ntags; i++)
		waitq_wait(&tags_of(s->tags[i])->freed, none_complete(set));
}
LX_EXPORT(blk_mq_tagset_wait_completed_request);

/* ---- time ---- */

static bool check_time(struct lx_request *rq, void *is_busy)
{
	const struct lx_blk_mq_ops *ops = rq->q->mq_ops;

	*(bool *)is_busy = true;
	if (READ_ONCE(rq->state) != STATE_IN_FLIGHT || (long)(lx_jiffies_now() - rq->deadline) < 0)
		return true;
	if (rq->rq_flags & TIMED_OUT)	/* the driver's error handler has it */
		return true;
	rq->rq_flags |= TIMED_OUT;
	if (!ops->timeout || ops->timeout(rq) == EH_RESET_TIMER) {
		rq->rq_flags &= ~TIMED_OUT;
		rq->deadline = lx_jiffies_now() + (rq->timeout ? rq->timeout : rq->q->rq_timeout);
	}
	return true;
}

static void overdue_work(struct lx_work_struct *w)
{
	struct lx_set *s = container_of(w, struct lx_set, timer.work);
	bool is_busy = false;

	store_release(&s->timer_runs, false);
	lx_blk_mq_tagset_busy_iter(s->pub, check_time, &is_busy);
	if (is_busy)
		lx_set_watch(s);
}

void lx_set_watch(struct lx_set *s)
{
	if (!READ_ONCE(s->timer_runs) && !xchg(&s->timer_runs, true))
		(void)lx_queue_delayed_work_on(CPU_ANY, lx_system_wq, &s->timer, HZ);
}

void lx_blk_abort_request(struct lx_request *rq)
{
	struct lx_set *s = cmd_of(rq)->tags->set;

	rq->deadline = lx_jiffies_now();
	(void)lx_mod_delayed_work_on(CPU_ANY, lx_system_wq, &s->timer, 0);
}
LX_EXPORT(blk_abort_request);
