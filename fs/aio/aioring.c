// SPDX-License-Identifier: GPL-2.0-only
/*
 * AIO contexts and their rings. User space may read the ring itself and move
 * head; the kernel keeps its own tail and believes head only modulo the size.
 * A request reserves its event's place before it begins, so posting never fails.
 */
#include "aio_impl.h"

#include <tern/fs/procfs.h>
#include <tern/mm/page.h>
#include <uapi/mman.h>

static atomic64 aio_nr;			/* quotas of all contexts */
static u64 aio_max_nr = 65536;

static struct aioring_ *header_of(const struct aioctx *c)
{
	return page_to_virt(c->pages[0]);
}

static struct ioevent_ *place_of(const struct aioctx *c, u32 i)
{
	size_t off = sizeof(struct aioring_) + (size_t)i * sizeof(struct ioevent_);

	return page_to_virt(c->pages[off >> PAGE_SHIFT]) + (off & ~PAGE_MASK);
}

static u32 head_of(const struct aioctx *c)
{
	return READ_ONCE(header_of(c)->head) % c->nr;
}

static u32 used_places(const struct aioctx *c)
{
	return (c->tail + c->nr - head_of(c)) % c->nr;
}

static void ring_free_pages(struct aioctx *c)
{
	for (u32 i = 0; i < c->npages && c->pages[i]; i++)
		page_put(c->pages[i]);
	kmem_free_large(c->pages);
}

void aioctx_put(struct aioctx *c)
{
	if (!ref_put(&c->refs))
		return;
	ring_free_pages(c);
	atomic_add(&aio_nr, -(s64)c->quota);
	kmem_free(c);
}

/* ---- the mapping ---- */

static void kill_fn(struct workitem *w)
{
	struct aioctx *c = container_of(w, struct aioctx, kill_work);

	aioreq_cancel_all(c);
	waitq_wake_all(&c->wait);
	aioctx_put(c);
}

static void ring_open(struct region *rg)
{
	struct aioctx *c = rg->priv;

	ref_get(&c->refs);
	spin_lock(&c->lock);
	c->nregions++;
	spin_unlock(&c->lock);
}

static void ring_close(struct region *rg)
{
	struct aioctx *c = rg->priv;
	bool is_last;

	spin_lock(&c->lock);
	is_last = !--c->nregions;
	if (is_last)
		c->is_dead = true;
	spin_unlock(&c->lock);
	/* Files may go with the requests: not under as_lock. */
	if (!is_last || !workpool_queue(workpool_system, &c->kill_work))
		aioctx_put(c);
}

static int ring_fault(struct pagefault *f)
{
	struct aioctx *c = f->rg->priv;

	if (f->index >= c->npages)
		return -ENXIO;
	f->page = c->pages[f->index];
	page_get(f->page);
	return 0;
}

static int ring_may_split(struct region *rg, uptr addr)
{
	return -EINVAL;
}

static const char *ring_name(struct region *rg)
{
	return "/[aio] (deleted)";
}

static const struct region_ops aioring_ops = {
	.open = ring_open, .close = ring_close, .fault = ring_fault, .may_split = ring_may_split,
	.name = ring_name,
};

static struct aioctx *ctx_alloc(u32 n)
{
	struct aioctx *c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);
	/* One place stays empty, and CPUs that hold some back are not counted against. */
	size_t bytes = sizeof(struct aioring_) + ((size_t)n * 2 + 2) * sizeof(struct ioevent_);

	if (!c)
		return NULL;
	c->quota = n;
	c->npages = (u32)DIV_ROUND_UP(bytes, PAGE_SIZE);
	c->nr = (u32)(((size_t)c->npages * PAGE_SIZE - sizeof(struct aioring_)) / sizeof(struct ioevent_));
	c->pages = kmem_alloc_large(c->npages * sizeof(*c->pages), ALLOC_KERNEL);
	if (!c->pages) {
		kmem_free(c);
		return NULL;
	}
	for (u32 i = 0; i < c->npages; i++)
		c->pages[i] = NULL;
	ref_init(&c->refs, 1);
	spin_init(&c->lock, LOCKRANK_FS_SPIN);
	kmutex_init(&c->reap_lock, LOCKRANK_VFS_MISC);
	list_init(&c->polls);
	waitq_init(&c->wait);
	workitem_init(&c->kill_work, kill_fn);
	return c;
}

static struct aioctx *ctx_make(u32 n)
{
	struct aioctx *c;

	if ((u64)atomic_add_return(&aio_nr, n) > READ_ONCE(aio_max_nr)) {
		atomic_add(&aio_nr, -(s64)n);
		return ERR_PTR(-EAGAIN);
	}
	c = ctx_alloc(n);
	if (!c) {
		atomic_add(&aio_nr, -(s64)n);
		return ERR_PTR(-ENOMEM);
	}
	for (u32 i = 0; i < c->npages; i++) {
		c->pages[i] = page_alloc(0, ALLOC_KERNEL | ALLOC_ZERO);
		if (!c->pages[i]) {
			aioctx_put(c);
			return ERR_PTR(-ENOMEM);
		}
	}
	return c;
}

long aioctx_create(u32 n)
{
	struct aioctx *c = ctx_make(n);
	struct map_request req = {
		.rflags = REGION_READ | REGION_WRITE | REGION_SHARED | REGION_MAYREAD | REGION_MAYWRITE |
			  REGION_SPECIAL | REGION_DONTFORK | REGION_DONTDUMP,
		.map_flags = MAP_SHARED, .ops = &aioring_ops, .priv = c,
	};
	long at;

	if (IS_ERR(c))
		return PTR_ERR(c);
	*header_of(c) = (struct aioring_){ .nr = c->nr, .magic = AIO_RING_MAGIC, .compat = 1,
					   .header_length = sizeof(struct aioring_) };
	req.len = (size_t)c->npages << PAGE_SHIFT;
	at = aspace_map(aspace_self(), &req);
	aioctx_put(c);
	return at;
}

struct aioctx *aioctx_get(uptr addr)
{
	struct aspace *as = aspace_self();
	struct aioctx *c = ERR_PTR(-EINVAL);
	struct region *rg;

	rwsem_read_lock(&as->as_lock);
	rg = region_at(as, addr);
	if (rg && rg->ops == &aioring_ops && rg->start == addr) {
		c = rg->priv;
		ref_get(&c->refs);
	}
	rwsem_read_unlock(&as->as_lock);
	return c;
}

/* ---- events ---- */

int aioctx_reserve(struct aioctx *c)
{
	int err = 0;

	spin_lock(&c->lock);
	if (c->is_dead)
		err = -EINVAL;
	else if (c->inflight + used_places(c) >= c->nr - 1)
		err = -EAGAIN;
	else
		c->inflight++;
	spin_unlock(&c->lock);
	return err;
}

void aioctx_unreserve(struct aioctx *c)
{
	spin_lock(&c->lock);
	c->inflight--;
	spin_unlock(&c->lock);
}

void aioctx_finish(struct aioctx *c, u64 data, u64 obj, s64 res)
{
	spin_lock(&c->lock);
	*place_of(c, c->tail) = (struct ioevent_){ .data = data, .obj = obj, .res = res };
	c->tail = (c->tail + 1) % c->nr;
	store_release(&header_of(c)->tail, c->tail);
	c->inflight--;
	spin_unlock(&c->lock);
	waitq_wake_if_any(&c->wait);
}

u32 aioctx_available(struct aioctx *c)
{
	u32 n;

	spin_lock(&c->lock);
	n = used_places(c);
	spin_unlock(&c->lock);
	return n;
}

long aioctx_reap(struct aioctx *c, struct ioevent_ __user *out, u32 n)
{
	u32 head, done = 0;
	int err = 0;

	kmutex_lock(&c->reap_lock);
	head = head_of(c);
	for (n = min(n, aioctx_available(c)); done < n && !err; done += !err) {
		struct ioevent_ ev = *place_of(c, head);

		err = user_copyout(&out[done], &ev, sizeof(ev));
		if (!err)
			head = (head + 1) % c->nr;
	}
	store_release(&header_of(c)->head, head);
	kmutex_unlock(&c->reap_lock);
	return done ? (long)done : err;
}

static struct procint aio_max_int = { .path = "sys/fs/aio-max-nr", .value = &aio_max_nr, .min = 0,
				      .max = S64_MAX, .width = 8 };
PROCINT(aio_max_int);

static void print_aio_nr(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%lu\n", (u64)atomic_read(&aio_nr));
}
static struct procfile aio_nr_file = { .path = "sys/fs/aio-nr", .print = print_aio_nr };
PROCFILE(aio_nr_file);
