// SPDX-License-Identifier: GPL-2.0-only
/*
 * Object caches: memory cut into equal pieces.
 *
 * A slab is a block of pages full of objects, with a free list of its own. In
 * front of the slabs each CPU has a list of free objects, whatever slab they
 * are from: allocation pops, free pushes, with preemption off and a busy mark
 * instead of masked interrupts (a handler that finds the mark up goes to the
 * slabs). An empty list takes a batch from a partial slab, a full one gives a
 * batch back, one lock hold each.
 *
 * Life of a slab: made for a CPU that needs objects -> full -> partial -> empty
 * -> given back, but a few empty ones are kept. With OBJCACHE_RCU its pages go
 * after a grace period, so that a stale pointer always meets an object of
 * this type.
 *
 * Objects of a power-of-two size are aligned to it; a free object's link lies
 * in its middle, or behind it if a constructor or a checker owns the contents.
 *
 * Lock order: cache->lock > zone lock; irqsave. slab_list_lock is outermost.
 */
#include <asm/cpu.h>
#include <tern/base/lock.h>
#include <tern/base/percpu_alloc.h>
#include <tern/base/rcu.h>
#include <tern/svc/fault.h>

#include "slab_impl.h"

static struct objcache cache_cache;	/* of struct objcache */
static LIST_HEAD(slab_caches);
/* protects the list of all caches */
static struct kmutex slab_list_lock = KMUTEX_INIT(slab_list_lock, LOCKRANK_SLAB_LIST);

static __always_inline struct slab_cpu *cpu_enter(struct objcache *c)
{
	struct slab_cpu *sc;

	preempt_disable();
	sc = (struct slab_cpu *)((uptr)c->cpu + this_cpu_read(cpu_area_base));
	if (unlikely(READ_ONCE(sc->busy))) {
		preempt_enable();
		return NULL;
	}
	WRITE_ONCE(sc->busy, 1);
	barrier();
	return sc;
}

static __always_inline void cpu_leave(struct slab_cpu *sc)
{
	barrier();
	WRITE_ONCE(sc->busy, 0);
	preempt_enable();
}

static void slab_count(struct objcache *c, s64 slabs)
{
	__atomic_fetch_add(&c->nslabs, slabs, __ATOMIC_RELAXED);
	vmstat_add(c->flags & OBJCACHE_RECLAIM ? VMSTAT_SLAB_RECLAIMABLE
					       : VMSTAT_SLAB_UNRECLAIMABLE,
		   slabs * (1L << c->order));
}

/* ---- slabs ---- */
static struct page *slab_make(struct objcache *c, alloc_flags flags)
{
	u32 order = c->order;
	struct page *s;
	void *obj, *chain = NULL;

	flags &= ~(ALLOC_ZERO | ALLOC_COMPOUND);
	s = page_alloc(order, flags | c->gfp | (order ? ALLOC_COMPOUND : 0));
	if (!s)
		return NULL;
	obj = (char *)page_to_virt(s) + (u64)(c->per_slab - 1) * c->stride;
	for (u32 i = 0; i < c->per_slab; i++, obj = (char *)obj - c->stride) {
		if (c->ctor)
			c->ctor(obj);
		if (slab_debug_on())
			slab_debug_born(c, obj);
		*slab_link(c, obj) = chain;
		chain = obj;
	}
	s->mapping = (struct pagecache *)c;
	s->private = (u64)chain;
	s->index = 0;
	page_flag_set(s, PG_SLAB);
	slab_count(c, 1);
	return s;
}

static void slab_release(struct objcache *c, struct page *s)
{
	s->flags &= ~BIT(PG_SLAB);
	s->mapping = NULL;
	s->private = 0;
	slab_count(c, -1);
	page_free(s, c->order);
}

static void slab_release_rcu(struct rcu_job *job)
{
	struct page *s = container_of((struct list *)job, struct page, lru);

	slab_release((struct objcache *)s->mapping, s);
}

static void slab_unmake(struct objcache *c, struct page *s)
{
	static_assert(sizeof(struct rcu_job) <= sizeof(struct list), "the job lies over lru");
	if (c->flags & OBJCACHE_RCU)
		rcu_defer((struct rcu_job *)&s->lru, slab_release_rcu);
	else
		slab_release(c, s);
}

/* Take up to @n objects off a slab: a chain; *n becomes the number taken. */
static void *slab_cut(struct objcache *c, struct page *s, u32 *n)
{
	void *head = (void *)s->private, *last = head;
	u32 got = 1;

	while (got < *n && *slab_link(c, last)) {
		last = *slab_link(c, last);
		got++;
	}
	s->private = (u64)*slab_link(c, last);
	*slab_link(c, last) = NULL;
	s->index += got;
	*n = got;
	return head;
}

static void partial_add(struct objcache *c, struct page *s)
{
	list_add(&s->lru, &c->partial);
	c->npartial++;
}

static void partial_del(struct objcache *c, struct page *s)
{
	list_unlink(&s->lru);
	s->lru.next = NULL;
	c->npartial--;
}

/* A chain of up to @n objects from a partial slab, or NULL. */
static void *take_partial(struct objcache *c, u32 *n)
{
	void *chain = NULL;
	u64 flags;

	if (list_is_empty(&c->partial))
		return NULL;
	flags = spin_lock_irqsave(&c->lock);
	if (!list_is_empty(&c->partial)) {
		struct page *s = list_first_entry(&c->partial, struct page, lru);

		if (!s->index)
			c->nempty--;
		chain = slab_cut(c, s, n);
		if (!s->private)
			partial_del(c, s);
	}
	spin_unlock_irqrestore(&c->lock, flags);
	return chain;
}

static void *take_new(struct objcache *c, u32 *n, alloc_flags flags)
{
	struct page *s = slab_make(c, flags);
	void *chain;
	u64 irq;

	if (!s)
		return NULL;
	chain = slab_cut(c, s, n);
	if (!s->private)
		return chain;
	irq = spin_lock_irqsave(&c->lock);
	partial_add(c, s);
	spin_unlock_irqrestore(&c->lock, irq);
	return chain;
}

/* Objects of a chain go home; slabs that became spare are chained for the caller. */
static struct page *give_chain_locked(struct objcache *c, void *chain)
{
	struct page *spare = NULL;

	while (chain) {
		void *next = *slab_link(c, chain);
		struct page *s = page_head(virt_to_page(chain));

		if (!s->private)
			partial_add(c, s);
		*slab_link(c, chain) = (void *)s->private;
		s->private = (u64)chain;
		if (--s->index == 0) {
			if (c->nempty < EMPTY_KEEP) {
				c->nempty++;
			} else {
				partial_del(c, s);
				s->index = (u64)spare;
				spare = s;
			}
		}
		chain = next;
	}
	return spare;
}

static void give_chain(struct objcache *c, void *chain)
{
	u64 flags = spin_lock_irqsave(&c->lock);
	struct page *spare = give_chain_locked(c, chain);

	spin_unlock_irqrestore(&c->lock, flags);
	while (spare) {
		struct page *next = (struct page *)spare->index;

		slab_unmake(c, spare);
		spare = next;
	}
}

/* ---- allocation ---- */
static __noinline void *alloc_slow(struct objcache *c, alloc_flags flags)
{
	u32 n = c->batch;
	void *chain = take_partial(c, &n);
	struct slab_cpu *sc;
	void *obj;

	if (!chain)
		chain = take_new(c, &n, flags);
	if (!chain)
		return NULL;
	obj = chain;
	chain = *slab_link(c, obj);
	if (!chain)
		return obj;
	/* We may be on another CPU now, and its list may have filled. */
	sc = cpu_enter(c);
	if (!sc || sc->head) {
		if (sc)
			cpu_leave(sc);
		give_chain(c, chain);
		return obj;
	}
	sc->head = chain;
	sc->count = n - 1;
	cpu_leave(sc);
	return obj;
}

static __always_inline void *alloc_object(struct objcache *c, alloc_flags flags)
{
	struct slab_cpu *sc = cpu_enter(c);
	void *obj;

	if (unlikely(!sc))
		return alloc_slow(c, flags);
	obj = sc->head;
	if (likely(obj)) {
		sc->head = *slab_link(c, obj);
		sc->count--;
		cpu_leave(sc);
		return obj;
	}
	cpu_leave(sc);
	return alloc_slow(c, flags);
}

void *objcache_alloc(struct objcache *c, alloc_flags flags)
{
	void *obj;

	if (fault_any_armed(BIT(FAULT_ALLOC_OBJECT)) && !(flags & ALLOC_NOFAIL) &&
	    fault_inject(FAULT_ALLOC_OBJECT))
		return NULL;
	obj = alloc_object(c, flags);
	if (unlikely(!obj))
		return NULL;
	if (slab_debug_on())
		slab_debug_alloc(c, obj);
	if (flags & ALLOC_ZERO)
		memset(obj, 0, c->size);
	return obj;
}

void *objcache_zalloc(struct objcache *c, alloc_flags flags)
{
	return objcache_alloc(c, flags | ALLOC_ZERO);
}

/* Cut the first batch off a list that grew too long, which is what was freed last. */
static void *spill_cut(struct objcache *c, struct slab_cpu *sc)
{
	void *chain = sc->head, *last = chain;

	for (u32 i = 1; i < c->batch; i++)
		last = *slab_link(c, last);
	sc->head = *slab_link(c, last);
	*slab_link(c, last) = NULL;
	sc->count -= c->batch;
	return chain;
}

void objcache_free(struct objcache *c, void *obj)
{
	struct slab_cpu *sc;
	void *chain;

	if (unlikely(!obj))
		return;
	if (slab_debug_on())
		slab_debug_free(c, obj);
	sc = cpu_enter(c);
	if (unlikely(!sc)) {
		*slab_link(c, obj) = NULL;
		give_chain(c, obj);
		return;
	}
	*slab_link(c, obj) = sc->head;
	sc->head = obj;
	if (likely(++sc->count <= c->cpu_max)) {
		cpu_leave(sc);
		return;
	}
	chain = spill_cut(c, sc);
	cpu_leave(sc);
	give_chain(c, chain);
}

/* ---- making and unmaking caches ---- */
static void cache_layout(struct objcache *c, size_t size, size_t align)
{
	if (c->flags & OBJCACHE_HWALIGN)
		align = max(align, size > 32 ? 64UL : roundup_pow2(size));
	align = max(align, sizeof(void *));
	c->align = align;
	c->size = size;
	size = ALIGN_UP(max(size, sizeof(void *)), sizeof(void *));
	c->link_off = ALIGN_DOWN(size / 2, sizeof(void *));
	if (c->ctor || slab_debug_on() || (c->flags & OBJCACHE_RCU)) {
		c->link_off = size;
		size += sizeof(void *);
	}
	c->stride = size;
	if (slab_debug_on())
		slab_debug_layout(c);
	c->stride = ALIGN_UP(c->stride, align);
	/* The smallest block that holds 8 objects, or wastes little with 4. */
	c->order = 0;
	while (c->order < 3 && (PAGE_SIZE << c->order) / c->stride < 8)
		c->order++;
	while ((PAGE_SIZE << c->order) / c->stride < 1)
		c->order++;
	c->per_slab = min((PAGE_SIZE << c->order) / c->stride, 512UL);
	c->cpu_max = clamp_t(u32, 16384 / c->stride, 4, 120);
	c->batch = c->cpu_max / 2;
}

static int cache_setup(struct objcache *c, const char *name, size_t size, size_t align, u32 flags,
		       void (*ctor)(void *))
{
	c->name = name;
	c->flags = flags;
	c->ctor = ctor;
	cache_layout(c, size, align);
	spin_init(&c->lock, LOCKRANK_SLAB);
	list_init(&c->partial);
	c->cpu = percpu_alloc(sizeof(struct slab_cpu), sizeof(struct slab_cpu));
	if (!c->cpu)
		return -ENOMEM;
	kmutex_lock(&slab_list_lock);
	list_add_tail(&c->link, &slab_caches);
	kmutex_unlock(&slab_list_lock);
	return 0;
}

struct objcache *objcache_create(const char *name, size_t size, size_t align, u32 flags,
				 void (*ctor)(void *))
{
	struct objcache *c;

	if (!size || size > (PAGE_SIZE << BUDDY_ORDER_MAX) / 2 || align > 2 * PAGE_SIZE ||
	    (align && !is_pow2(align)))
		return NULL;
	c = objcache_zalloc(&cache_cache, ALLOC_KERNEL);
	if (!c)
		return NULL;
	if (cache_setup(c, name, size, align, flags, ctor)) {
		objcache_free(&cache_cache, c);
		return NULL;
	}
	return c;
}

/* On each CPU, interrupts off. */
static void flush_this_cpu(void *arg)
{
	struct objcache *c = arg;
	struct slab_cpu *sc = cpu_enter(c);
	void *chain;

	if (!sc)
		return;
	chain = sc->head;
	sc->head = NULL;
	sc->count = 0;
	cpu_leave(sc);
	if (chain)
		give_chain(c, chain);
}

static void cache_shrink(struct objcache *c)
{
	struct page *s, *tmp;
	LIST_HEAD(spare);
	u64 flags;

	flags = spin_lock_irqsave(&c->lock);
	list_foreach_safe(s, tmp, &c->partial, lru) {
		if (s->index)
			continue;
		list_move(&s->lru, &spare);
		c->npartial--;
		c->nempty--;
	}
	spin_unlock_irqrestore(&c->lock, flags);
	list_foreach_safe(s, tmp, &spare, lru)
		slab_unmake(c, s);
}

void slab_shrink_all(void)
{
	struct objcache *c;

	kmutex_lock(&slab_list_lock);
	list_foreach(c, &slab_caches, link)
		cache_shrink(c);
	kmutex_unlock(&slab_list_lock);
}

void objcache_destroy(struct objcache *c)
{
	if (!c)
		return;
	smp_call(SMP_CALL_ALL, flush_this_cpu, c);
	cache_shrink(c);
	if (c->flags & OBJCACHE_RCU)
		rcu_flush();
	kmutex_lock(&slab_list_lock);
	list_del(&c->link);
	kmutex_unlock(&slab_list_lock);
	/* Objects still in use are a bug of the owner: report and leak rather than corrupt. */
	if (WARN_IF(READ_ONCE(c->nslabs) != 0))
		return;
	percpu_free(c->cpu);
	objcache_free(&cache_cache, c);
}

size_t objcache_size(const struct objcache *c)
{
	return c->size;
}

bool objcache_next_info(u32 n, struct objcache_info *out)
{
	struct objcache *c;
	bool found = false;

	kmutex_lock(&slab_list_lock);
	list_foreach(c, &slab_caches, link) {
		if (n--)
			continue;
		*out = (struct objcache_info){
			.name = c->name, .size = c->size, .stride = c->stride,
			.per_slab = c->per_slab, .pages_per_slab = 1U << c->order,
			.slabs = READ_ONCE(c->nslabs),
		};
		out->objects = out->slabs * c->per_slab;
		out->in_use = objcache_in_use(c);
		found = true;
		break;
	}
	kmutex_unlock(&slab_list_lock);
	return found;
}

/* Objects out of slabs, less those that wait on CPU lists. */
u64 objcache_in_use(struct objcache *c)
{
	u64 n, flags = spin_lock_irqsave(&c->lock);
	struct page *s;

	n = READ_ONCE(c->nslabs) * c->per_slab;
	list_foreach(s, &c->partial, lru)
		n -= c->per_slab - s->index;
	spin_unlock_irqrestore(&c->lock, flags);
	for_each_possible_cpu(cpu)
		n -= READ_ONCE(((struct slab_cpu *)((uptr)c->cpu + percpu_base[cpu]))->count);
	return (s64)n > 0 ? n : 0;
}

void slab_bootstrap(void)
{
	VERIFY(!cache_setup(&cache_cache, "objcache", sizeof(struct objcache), 0,
			    OBJCACHE_HWALIGN, NULL));
}
