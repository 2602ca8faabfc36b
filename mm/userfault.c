// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults that a program resolves (userfaultfd).
 *
 * A region may belong to a struct uffd: faults on pages that are not there (missing), that
 * are in the object but not in the table (minor), or writes to guarded entries (wp) are
 * then not resolved here. The thread queues a struct asker, looks once more whether it
 * still has to ask, releases as_lock and sleeps; a reader of the file gets a message, puts
 * the page in place (userfault_fill.c) and wakes the range. The fault is then tried again.
 *
 * A guarded entry has a software bit (pte_guard) that stays with it in swap and under
 * PROT_NONE, and never has the write bit. Entries of regions without REGION_UFFD_WP may
 * still have the bit; it means nothing there and goes with the next write.
 *
 * Events (fork, mremap, madvise, munmap) make who causes them wait until they are read;
 * filling is refused with EAGAIN meanwhile, as the reader's picture is old.
 *
 * Lock order: as_lock > lock. Nobody sleeps with either.
 */
#include <tern/base/upcall.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#include "swap_impl.h"
#include "userfault_impl.h"

struct asker {
	struct list link;	/* lock */
	uptr addr;
	u64 exact;
	u32 flags, tid;
	bool is_answered;	/* lock to set */
};

struct uffd_event {
	struct list link;	/* lock */
	struct uffd_message m;
	struct uffd *child;	/* with a reference until it is read */
	bool is_read;		/* lock to set */
};

/* What poll(2) calls it, POLLIN | POLLRDNORM: the key of wake-ups. */
#define READABLE	0x41u

u32 uffd_unprivileged;

struct uffd *uffd_create(bool user_only)
{
	struct uffd *u = kmem_zalloc(sizeof(*u), ALLOC_KERNEL);

	if (!u)
		return NULL;
	ref_init(&u->refs, 1);
	u->as = aspace_self();
	aspace_ref(u->as);
	u->user_only = user_only;
	spin_init(&u->lock, LOCKRANK_FS_SPIN);
	list_init(&u->pending);
	list_init(&u->asked);
	list_init(&u->events);
	list_init(&u->told);
	waitq_init(&u->readers);
	waitq_init(&u->askers);
	return u;
}

void uffd_put(struct uffd *u)
{
	if (!ref_put(&u->refs))
		return;
	aspace_unref(u->as);
	kmem_free(u);
}

bool uffd_is_ready(const struct uffd *u)
{
	return READ_ONCE(u->is_ready);
}

struct waitq *uffd_queue(struct uffd *u)
{
	return &u->readers;
}

void uffd_counts(struct uffd *u, u32 *pending, u32 *total, u64 *features)
{
	struct asker *a;

	*pending = *total = 0;
	*features = u->features;
	spin_lock(&u->lock);
	list_foreach(a, &u->pending, link)
		++*pending;
	*total = *pending;
	list_foreach(a, &u->asked, link)
		++*total;
	spin_unlock(&u->lock);
}

/* ---- regions ---- */

void region_uffd_set(struct region *rg, struct uffd *u, u32 flags)
{
	struct uffd *old = rg->uffd;

	if (u)
		ref_get(&u->refs);
	rg->uffd = u;
	rg->flags = (rg->flags & ~REGION_UFFD) | flags;
	if (old)
		uffd_put(old);
}

/* ---- asking ---- */

/* Is a page of the region's object in memory or in swap. */
static bool object_has(struct region *rg, uptr addr)
{
	return pagecache_is_there(rg->pc, region_index(rg, addr));
}

bool uffd_must_ask(struct region *rg, uptr addr, pte_t e, u32 *flags)
{
	if (pte_none(e)) {
		bool is_there = rg->pc && object_has(rg, addr);

		if (!is_there && (rg->flags & REGION_UFFD_MISSING))
			return true;
		if (!is_there || !(rg->flags & REGION_UFFD_MINOR))
			return false;
		*flags |= FAULT_ASK_MINOR;
		return true;
	}
	if ((*flags & FAULT_WRITE) && (rg->flags & REGION_UFFD_WP) && pte_is_mapped(e) && pte_is_guarded(e)) {
		*flags |= FAULT_ASK_WP;
		return true;
	}
	return false;
}

static bool is_still_due(struct region *rg, uptr addr, u32 flags)
{
	pte_t *slot = pt_walk(rg->as->arch.root, addr, false, NULL);
	u32 fl = flags & ~(FAULT_ASK_WP | FAULT_ASK_MINOR);

	return uffd_must_ask(rg, addr, slot ? pte_load(slot) : (pte_t){ 0 }, &fl);
}

static bool can_ask(const struct uffd *u, u32 flags)
{
	return !READ_ONCE(u->is_closed) && !(u->features & UFFD_FEATURE_SIGBUS) &&
	       !(u->user_only && !(flags & FAULT_USER));
}

static bool is_over(const struct uffd *u, const struct asker *a)
{
	return READ_ONCE(a->is_answered) || READ_ONCE(u->is_closed);
}

int uffd_wait(struct region *rg, uptr addr, u32 flags)
{
	struct asker a = { .addr = addr & PAGE_MASK, .exact = addr, .flags = flags, .tid = mmface_tid() };
	struct uffd *u = rg->uffd;
	bool is_due;
	int err = 0;

	if (!can_ask(u, flags)) {
		rwsem_read_unlock(&rg->as->as_lock);
		return -EIO;
	}
	ref_get(&u->refs);
	spin_lock(&u->lock);
	list_add_tail(&a.link, &u->pending);
	spin_unlock(&u->lock);
	/* Who filled the page before we were queued has woken nobody. */
	is_due = is_still_due(rg, a.addr, flags);
	rwsem_read_unlock(&rg->as->as_lock);
	if (is_due) {
		waitq_wake(&u->readers, 0, READABLE);
		if (flags & FAULT_USER)
			(void)waitq_wait_intr(&u->askers, is_over(u, &a));
		else
			err = waitq_wait_killable(&u->askers, is_over(u, &a)) ? -EINTR : 0;
	}
	spin_lock(&u->lock);
	list_del(&a.link);
	spin_unlock(&u->lock);
	uffd_put(u);
	return err;
}

void uffd_wake(struct uffd *u, uptr start, uptr end)
{
	struct list *const lists[] = { &u->pending, &u->asked };
	struct asker *a;

	spin_lock(&u->lock);
	for (u32 i = 0; i < ARRAY_SIZE(lists); i++)
		list_foreach(a, lists[i], link)
			if (a->addr >= start && a->addr < end)
				WRITE_ONCE(a->is_answered, true);
	spin_unlock(&u->lock);
	waitq_wake_all(&u->askers);
}

/* ---- reading ---- */

bool uffd_has_news(struct uffd *u)
{
	return !list_is_empty(&u->pending) || !list_is_empty(&u->events);
}

static void fault_message(const struct uffd *u, const struct asker *a, struct uffd_message *m)
{
	m->event = UFFD_EVENT_PAGEFAULT;
	m->fault.address = u->features & UFFD_FEATURE_EXACT_ADDRESS ? a->exact : a->addr;
	m->fault.flags = (a->flags & FAULT_WRITE ? UFFD_PAGEFAULT_WRITE : 0) |
			 (a->flags & FAULT_ASK_WP ? UFFD_PAGEFAULT_WP : 0) |
			 (a->flags & FAULT_ASK_MINOR ? UFFD_PAGEFAULT_MINOR : 0);
	if (u->features & UFFD_FEATURE_THREAD_ID)
		m->fault.tid = a->tid;
}

int uffd_next(struct uffd *u, struct uffd_message *m, struct uffd **child, void **token)
{
	struct uffd_event *ev;
	struct asker *a;

	memset(m, 0, sizeof(*m));
	*child = NULL;
	*token = NULL;
	spin_lock(&u->lock);
	a = list_first_entry_or_null(&u->pending, struct asker, link);
	ev = list_first_entry_or_null(&u->events, struct uffd_event, link);
	if (a) {
		list_move_tail(&a->link, &u->asked);
		fault_message(u, a, m);
	} else if (ev) {
		list_move_tail(&ev->link, &u->told);
		*m = ev->m;
		*child = ev->child;
		if (ev->child)
			ref_get(&ev->child->refs);
		*token = ev;
	}
	spin_unlock(&u->lock);
	return a || ev ? 0 : -EAGAIN;
}

void uffd_event_done(struct uffd *u, void *token, bool again)
{
	struct uffd_event *ev;

	spin_lock(&u->lock);
	/* Who caused it may have been killed meanwhile, and the event be gone. */
	list_foreach(ev, &u->told, link) {
		if (ev != token)
			continue;
		if (again)
			list_move_tail(&ev->link, &u->events);
		else
			WRITE_ONCE(ev->is_read, true);
		break;
	}
	spin_unlock(&u->lock);
	waitq_wake_all(&u->askers);
}

/* ---- events ---- */

static void event_wait(struct uffd *u, struct uffd_event *ev)
{
	spin_lock(&u->lock);
	list_add_tail(&ev->link, &u->events);
	spin_unlock(&u->lock);
	waitq_wake(&u->readers, 0, READABLE);
	(void)waitq_wait_killable(&u->askers, READ_ONCE(ev->is_read) || READ_ONCE(u->is_closed));
	spin_lock(&u->lock);
	list_del(&ev->link);
	spin_unlock(&u->lock);
	__atomic_fetch_sub(&u->changing, 1, __ATOMIC_SEQ_CST);
	if (ev->child)
		uffd_put(ev->child);
}

void uffd_news_begin(struct uffd_news *n, struct region *rg, u64 feature)
{
	*n = (struct uffd_news){ 0 };
	if (!rg->uffd || !(rg->uffd->features & feature))
		return;
	n->u = rg->uffd;
	ref_get(&n->u->refs);
	__atomic_fetch_add(&n->u->changing, 1, __ATOMIC_SEQ_CST);
}

static void news_drop(struct uffd_news *n)
{
	__atomic_fetch_sub(&n->u->changing, 1, __ATOMIC_SEQ_CST);
	uffd_put(n->u);
}

void uffd_news_tell(struct uffd_news *n)
{
	struct uffd_event ev = { .m = { .event = n->event } };

	if (!n->u)
		return;
	ev.m.remap.from = n->from;
	ev.m.remap.to = n->to;
	ev.m.remap.len = n->len;
	event_wait(n->u, &ev);
	uffd_put(n->u);
}

void uffd_moved(struct region *rg, uptr from, uptr to, size_t len, struct uffd_news *n)
{
	struct aspace *as = rg->as;

	uffd_news_begin(n, rg, UFFD_FEATURE_EVENT_REMAP);
	if (n->u) {
		n->event = UFFD_EVENT_REMAP;
		n->from = from;
		n->to = to;
		n->len = len;
	} else if (!region_split_range(as, to, to + len)) {
		region_uffd_set(region_at(as, to), NULL, 0);
	}
}

int uffd_unmap_begin(struct aspace *as, uptr start, uptr end, struct list *news)
{
	for (struct region *rg = region_find(as, start); rg && rg->start < end; rg = region_next(rg)) {
		struct uffd_news *n;

		if (likely(!rg->uffd) || !(rg->uffd->features & UFFD_FEATURE_EVENT_UNMAP))
			continue;
		n = kmem_alloc(sizeof(*n), ALLOC_KERNEL);
		if (!n)
			return -ENOMEM;
		uffd_news_begin(n, rg, UFFD_FEATURE_EVENT_UNMAP);
		n->event = UFFD_EVENT_UNMAP;
		n->from = max(rg->start, start);
		n->to = min(rg->end, end);
		list_add_tail(&n->link, news);
	}
	return 0;
}

void uffd_unmap_done(struct list *news, int err)
{
	struct uffd_news *n, *next;

	list_foreach_safe(n, next, news, link) {
		if (err)
			news_drop(n);
		else
			uffd_news_tell(n);
		kmem_free(n);
	}
}

/* ---- fork ---- */

struct fork_pair { struct list link; struct uffd *parent, *child; };

static struct fork_pair *pair_for(struct uffd_forks *fk, struct uffd *parent, struct aspace *as)
{
	struct fork_pair *p;

	list_foreach(p, &fk->pairs, link)
		if (p->parent == parent)
			return p;
	p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);
	if (!p)
		return NULL;
	p->child = uffd_create(parent->user_only);
	if (!p->child) {
		kmem_free(p);
		return NULL;
	}
	aspace_unref(p->child->as);
	p->child->as = as;
	aspace_ref(as);
	p->child->features = parent->features;
	p->child->is_ready = true;
	p->parent = parent;
	ref_get(&parent->refs);
	__atomic_fetch_add(&parent->changing, 1, __ATOMIC_SEQ_CST);
	list_add_tail(&p->link, &fk->pairs);
	return p;
}

int uffd_fork_region(struct uffd_forks *fk, struct region *rg, struct region *from)
{
	struct fork_pair *p;

	if (!from->uffd)
		return 0;
	if (!(from->uffd->features & UFFD_FEATURE_EVENT_FORK)) {
		region_uffd_set(rg, NULL, 0);
		return 0;
	}
	p = pair_for(fk, from->uffd, rg->as);
	region_uffd_set(rg, p ? p->child : NULL, p ? rg->flags & REGION_UFFD : 0);
	return p ? 0 : -ENOMEM;
}

void uffd_fork_done(struct uffd_forks *fk, int err)
{
	struct fork_pair *p, *next;

	list_foreach_safe(p, next, &fk->pairs, link) {
		struct uffd_event ev = { .m = { .event = UFFD_EVENT_FORK }, .child = p->child };

		if (err) {
			__atomic_fetch_sub(&p->parent->changing, 1, __ATOMIC_SEQ_CST);
			uffd_put(p->child);
		} else {
			event_wait(p->parent, &ev);
		}
		uffd_put(p->parent);
		kmem_free(p);
	}
}

/* ---- the file's end ---- */

void uffd_close(struct uffd *u)
{
	struct aspace *as = u->as;

	WRITE_ONCE(u->is_closed, true);
	if (aspace_get_unless_zero(as)) {
		rwsem_write_lock(&as->as_lock);
		for (struct region *rg = region_first(as); rg; rg = region_next(rg)) {
			if (rg->uffd != u)
				continue;
			region_uffd_set(rg, NULL, 0);
			rg = region_merge(rg);
		}
		rwsem_write_unlock(&as->as_lock);
		aspace_put(as);
	}
	waitq_wake_all(&u->askers);
	waitq_wake(&u->readers, 0, READABLE);
	uffd_put(u);
}
