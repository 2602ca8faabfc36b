// SPDX-License-Identifier: GPL-2.0-only
/*
 * An io_uring instance: its file, the memory shared with the program, and the two
 * rings in it. The kernel keeps its own tail of the completion ring and its own head
 * of the submission ring; what the program writes is read once and masked.
 *
 * Events that find the completion ring full wait on a list and move in when
 * io_uring_enter(2) looks for events; only if there is no memory for that are
 * they lost and counted.
 */
#include "uring_impl.h"

#include <tern/mm/kva.h>

#define SQ_HEAD		0u
#define SQ_TAIL		64u
#define CQ_HEAD		128u
#define CQ_TAIL		192u
#define SQ_MASK		256u
#define SQ_ENTRIES	260u
#define SQ_FLAGS	264u
#define SQ_DROPPED	268u
#define CQ_MASK		272u
#define CQ_ENTRIES	276u
#define CQ_OVERFLOWN	280u
#define CQ_FLAGS	284u
#define CQES		320u

struct uringlate { struct list link; struct uring_cqe cqe; };

static u32 *word(const struct uring *u, u32 off)
{
	return (u32 *)(u->rings.va + off);
}

static u32 array_offset(const struct uring *u)
{
	return CQES + u->cq_entries * (u32)sizeof(struct uring_cqe);
}

/* ---- memory ---- */

static void mem_free(struct uringmem *m)
{
	if (m->va)
		kva_unmap_pages(m->va);
	for (u32 i = 0; m->pages && i < m->n && m->pages[i]; i++)
		page_put(m->pages[i]);
	kmem_free_large(m->pages);
}

static int mem_alloc(struct uringmem *m, size_t bytes)
{
	m->n = (u32)DIV_ROUND_UP(bytes, PAGE_SIZE);
	m->pages = kmem_alloc_large(m->n * sizeof(*m->pages), ALLOC_KERNEL);
	if (!m->pages)
		return -ENOMEM;
	memset(m->pages, 0, m->n * sizeof(*m->pages));
	for (u32 i = 0; i < m->n; i++) {
		m->pages[i] = page_alloc(0, ALLOC_KERNEL | ALLOC_ZERO);
		if (!m->pages[i])
			return -ENOMEM;
	}
	m->va = kva_map_pages(m->pages, m->n, PROT_R | PROT_W);
	return m->va ? 0 : -ENOMEM;
}

static void free_fn(struct workitem *w)
{
	struct uring *u = container_of(w, struct uring, free_work);
	struct uringlate *l, *next;

	list_foreach_safe(l, next, &u->overflow, link)
		kmem_free(l);
	uring_unregister_all(u);
	mem_free(&u->rings);
	mem_free(&u->sqes);
	kmem_free(u);
}

void uring_put(struct uring *u)
{
	if (ref_put(&u->refs))
		(void)workpool_queue(workpool_system, &u->free_work);
}

/* ---- mapping ---- */

static void map_open(struct region *rg)
{
}

static int map_may_split(struct region *rg, uptr addr)
{
	return 0;
}

/* The region holds the file, and so the ring. */
static int map_fault(struct pagefault *f)
{
	struct uring *u = f->rg->priv;
	struct uringmem *m = &u->rings;
	u64 index = f->index;

	if (index >= URING_OFF_SQES >> PAGE_SHIFT) {
		m = &u->sqes;
		index -= URING_OFF_SQES >> PAGE_SHIFT;
	} else if (index >= URING_OFF_CQ_RING >> PAGE_SHIFT) {
		index -= URING_OFF_CQ_RING >> PAGE_SHIFT;
	}
	if (index >= m->n)
		return -ENXIO;
	f->page = m->pages[index];
	page_get(f->page);
	return 0;
}

static const char *map_name(struct region *rg)
{
	return NULL;
}

static const struct region_ops uring_region_ops = {
	.open = map_open, .close = map_open, .fault = map_fault, .may_split = map_may_split,
	.name = map_name,
};

static int uring_mmap(struct ofile *f, struct map_request *req)
{
	struct uring *u = f->of_priv;
	u64 at = req->pgoff << PAGE_SHIFT, room;

	if (at == URING_OFF_SQ_RING || at == URING_OFF_CQ_RING)
		room = (u64)u->rings.n << PAGE_SHIFT;
	else if (at == URING_OFF_SQES)
		room = (u64)u->sqes.n << PAGE_SHIFT;
	else
		return -EINVAL;
	if (req->len > room || !(req->rflags & REGION_SHARED))
		return -EINVAL;
	req->ops = &uring_region_ops;
	req->priv = u;
	return 0;
}

/* ---- events; lock held ---- */

static bool put_cqe(struct uring *u, const struct uring_cqe *e)
{
	struct uring_cqe *slots = (struct uring_cqe *)(u->rings.va + CQES);

	if (u->cq_tail - READ_ONCE(*word(u, CQ_HEAD)) >= u->cq_entries)
		return false;
	slots[u->cq_tail & (u->cq_entries - 1)] = *e;
	store_release(word(u, CQ_TAIL), ++u->cq_tail);
	return true;
}

void uring_post(struct uring *u, u64 user_data, s32 res, u32 flags)
{
	struct uring_cqe e = { user_data, res, flags };
	struct uringlate *l;

	if (list_is_empty(&u->overflow) && put_cqe(u, &e))
		return;
	l = kmem_alloc(sizeof(*l), ALLOC_ATOMIC);
	if (!l) {
		WRITE_ONCE(*word(u, CQ_OVERFLOWN), *word(u, CQ_OVERFLOWN) + 1);
		return;
	}
	l->cqe = e;
	list_add_tail(&l->link, &u->overflow);
	__atomic_fetch_or(word(u, SQ_FLAGS), SQ_CQ_OVERFLOW, __ATOMIC_RELEASE);
}

void uring_flush_overflow(struct uring *u)
{
	struct uringlate *l;

	if (likely(list_is_empty(&u->overflow)))
		return;
	spin_lock(&u->lock);
	while ((l = list_first_entry_or_null(&u->overflow, struct uringlate, link)) &&
	       put_cqe(u, &l->cqe)) {
		list_del(&l->link);
		kmem_free(l);
	}
	if (!l)
		__atomic_fetch_and(word(u, SQ_FLAGS), ~SQ_CQ_OVERFLOW, __ATOMIC_RELEASE);
	spin_unlock(&u->lock);
}

u32 uring_ready(struct uring *u)
{
	return READ_ONCE(u->cq_tail) - READ_ONCE(*word(u, CQ_HEAD));
}

void uring_notify(struct uring *u, bool is_async)
{
	struct eventcount *e = NULL;

	smp_mb();
	if (!waitq_is_empty(&u->cq_wait))
		waitq_wake(&u->cq_wait, 0, POLLIN | POLLRDNORM);
	if (!READ_ONCE(u->event) || (READ_ONCE(*word(u, CQ_FLAGS)) & CQ_EVENTFD_DISABLED))
		return;
	spin_lock(&u->lock);
	e = u->event;
	if (e && (is_async || !u->event_async_only))
		eventcount_add(e, 1);
	spin_unlock(&u->lock);
}

/* ---- submissions; submit_lock held ---- */

bool uring_next_sqe(struct uring *u, struct uring_sqe *out)
{
	const u32 *array = word(u, array_offset(u));
	u32 index;

	while (u->sq_head != load_acquire(word(u, SQ_TAIL))) {
		index = READ_ONCE(array[u->sq_head++ & (u->sq_entries - 1)]);
		if (index < u->sq_entries) {
			memcpy(out, u->sqes.va + (size_t)index * sizeof(*out), sizeof(*out));
			return true;
		}
		WRITE_ONCE(*word(u, SQ_DROPPED), *word(u, SQ_DROPPED) + 1);
	}
	return false;
}

void uring_sq_commit(struct uring *u)
{
	store_release(word(u, SQ_HEAD), u->sq_head);
}

/* ---- the file ---- */

static u32 uring_poll(struct ofile *f, struct poll_table *pt)
{
	struct uring *u = f->of_priv;
	u32 ev = 0;

	poll_wait(f, &u->cq_wait, pt);
	if (READ_ONCE(*word(u, SQ_TAIL)) - READ_ONCE(u->sq_head) < u->sq_entries)
		ev |= POLLOUT | POLLWRNORM;
	if (uring_ready(u) || !list_is_empty(&u->overflow))
		ev |= POLLIN | POLLRDNORM;
	return ev;
}

static void uring_release(struct ofile *f)
{
	struct uring *u = f->of_priv;

	spin_lock(&u->lock);
	u->is_dead = true;
	spin_unlock(&u->lock);
	uring_cancel_all(u, 0);
	uring_put(u);
}

static const struct ofile_ops uring_fops = {
	.open = fop_default_open, .release = uring_release, .read = fop_no_read, .write = fop_no_write,
	.seek = fop_no_seek, .readdir = fop_no_readdir, .poll = uring_poll, .ioctl = fop_no_ioctl,
	.mmap = uring_mmap, .fsync = fop_no_fsync, .fallocate = fop_no_fallocate, FOPS_PLAIN,
};

struct uring *uring_of(struct ofile *f)
{
	return f->of_ops == &uring_fops ? f->of_priv : NULL;
}

/* ---- making ---- */

static u32 power_of_two(u32 n)
{
	u32 p = 1;

	while (p < n)
		p <<= 1;
	return p;
}

static int choose_sizes(u32 entries, struct uring_params *p)
{
	u32 most = URING_ENTRIES_MAX;

	if (!entries || (entries > most && !(p->flags & SETUP_CLAMP)))
		return -EINVAL;
	p->sq_entries = power_of_two(min(entries, most));
	if (!(p->flags & SETUP_CQSIZE)) {
		p->cq_entries = 2 * p->sq_entries;
		return 0;
	}
	if (!p->cq_entries || (p->cq_entries > 2 * most && !(p->flags & SETUP_CLAMP)))
		return -EINVAL;
	p->cq_entries = power_of_two(min(p->cq_entries, 2 * most));
	return p->cq_entries < p->sq_entries ? -EINVAL : 0;
}

static struct uring *uring_alloc(const struct uring_params *p)
{
	struct uring *u = kmem_zalloc(sizeof(*u), ALLOC_KERNEL);

	if (!u)
		return NULL;
	ref_init(&u->refs, 1);
	kmutex_init(&u->submit_lock, LOCKRANK_URING);
	spin_init(&u->lock, LOCKRANK_FS_SPIN);
	list_init(&u->active);
	list_init(&u->deferred);
	list_init(&u->counted);
	list_init(&u->overflow);
	list_init(&u->bufgroups);
	waitq_init(&u->cq_wait);
	waitq_init(&u->idle_wait);
	workitem_init(&u->free_work, free_fn);
	u->setup = p->flags;
	u->sq_entries = p->sq_entries;
	u->cq_entries = p->cq_entries;
	u->is_disabled = p->flags & SETUP_R_DISABLED;
	if (mem_alloc(&u->rings, array_offset(u) + u->sq_entries * sizeof(u32)) ||
	    mem_alloc(&u->sqes, u->sq_entries * sizeof(struct uring_sqe))) {
		uring_put(u);
		return NULL;
	}
	*word(u, SQ_MASK) = u->sq_entries - 1;
	*word(u, SQ_ENTRIES) = u->sq_entries;
	*word(u, CQ_MASK) = u->cq_entries - 1;
	*word(u, CQ_ENTRIES) = u->cq_entries;
	return u;
}

static void describe(const struct uring *u, struct uring_params *p)
{
	p->sq_off = (struct uring_sqoff){ .head = SQ_HEAD, .tail = SQ_TAIL, .ring_mask = SQ_MASK,
		.ring_entries = SQ_ENTRIES, .flags = SQ_FLAGS, .dropped = SQ_DROPPED,
		.array = array_offset(u) };
	p->cq_off = (struct uring_cqoff){ .head = CQ_HEAD, .tail = CQ_TAIL, .ring_mask = CQ_MASK,
		.ring_entries = CQ_ENTRIES, .overflow = CQ_OVERFLOWN, .cqes = CQES, .flags = CQ_FLAGS };
	p->features = FEAT_SINGLE_MMAP | FEAT_NODROP | FEAT_RW_CUR_POS |
		      FEAT_CUR_PERSONALITY | FEAT_FAST_POLL | FEAT_POLL_32BITS | FEAT_EXT_ARG |
		      FEAT_CQE_SKIP | FEAT_LINKED_FILE;
}

long uring_create(u32 entries, struct uring_params *p)
{
	int err = choose_sizes(entries, p), fd;
	struct uring *u;
	struct ofile *f;

	if (err)
		return err;
	u = uring_alloc(p);
	if (!u)
		return -ENOMEM;
	f = ofile_create_anon(&uring_fops, u, O_RDWR, "[io_uring]");
	if (IS_ERR(f)) {
		uring_put(u);
		return PTR_ERR(f);
	}
	describe(u, p);
	fd = fd_add(f, true);
	if (fd < 0)
		ofile_put(f);
	return fd;
}
