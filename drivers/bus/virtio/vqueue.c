// SPDX-License-Identifier: GPL-2.0-only
/*
 * Split virtqueues: VIRTIO 1.1, 2.6.
 *
 * Free descriptors are a list through desc[].next. What the device writes (used ring) is
 * data from outside: an index out of range or a token that is not in flight breaks
 * the queue for good, and nothing of ours is read back from memory that the
 * device can write.
 *
 * With event indexes (2.6.7, 2.6.8) each side says at which index it wants to be told next: the
 * device behind the used ring, we behind the available ring. Ours moves only when the
 * used ring was found empty, so a busy queue interrupts once.
 */
#include "virtio_impl.h"

#include <asm/cpu.h>
#include <asm/cpufeature.h>
#include <tern/base/err.h>
#include <tern/kernel/klog.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

/*
 * QEMU's translator before version 8.1 leaves out the barriers of a machine with one processor, but its
 * devices run in other threads: a notification, and with it the queue, was lost for good. Reading the
 * time stamp counter takes a lock of the translator, which orders as a barrier would.
 */
static bool barriers_are_lost;

static void look_for_lost_barriers(void)
{
	u32 max, name[3];

	if (!cpu_has(FEAT_HYPERVISOR) || cpu_count_possible > 1)
		return;
	cpuid(0x40000000, &max, &name[0], &name[1], &name[2]);
	barriers_are_lost = !memcmp(name, "TCGTCGTCGTCG", sizeof(name));
}

/* What we wrote is seen by the device before we look at what it wrote. */
static inline void device_mb(void)
{
	smp_mb();
	if (unlikely(barriers_are_lost))
		(void)cpu_tsc();
}

static size_t avail_off(u32 size)
{
	return size * sizeof(struct virtio_desc);
}

static size_t used_off(u32 size)
{
	return ALIGN_UP(avail_off(size) + sizeof(struct vring_avail) + 2 * size + 2, 4);
}

static size_t total_size(u32 size)
{
	return used_off(size) + sizeof(struct vring_used) + size * sizeof(struct vring_used_elem) + 2;
}

/* Behind the rings: where each side wants to be told. */
static u16 *used_event(struct vqueue *q)
{
	return &q->avail->ring[q->size];
}

static u16 *avail_event(struct vqueue *q)
{
	return (u16 *)&q->used->ring[q->size];
}

void vqueue_clear(struct vqueue *q)
{
	memset(q->desc, 0, total_size(q->size));
	memset(q->tokens, 0, q->size * sizeof(*q->tokens));
	for (u32 i = 0; i < q->size; i++)
		q->desc[i].next = (u16)(i + 1);
	q->nfree = (u16)q->size;
	q->free_head = 0;
	q->avail_idx = 0;
	q->used_seen = 0;
	q->kicked_idx = 0;
	q->drain_at = 0;
	q->is_broken = false;
	q->is_irq_off = !q->callback;
	if (!q->callback)
		q->avail->flags = AVAIL_NO_INTERRUPT;
}

int vqueue_alloc(struct vqueue *q)
{
	u64 npages = DIV_ROUND_UP(total_size(q->size), PAGE_SIZE);
	u8 *mem;

	q->mem_order = npages > 1 ? (u32)ilog2(npages - 1) + 1 : 0;
	mem = page_alloc_kva(q->mem_order, ALLOC_KERNEL);
	q->tokens = kmem_calloc(q->size, sizeof(*q->tokens), ALLOC_KERNEL);
	if (!mem || !q->tokens) {
		if (mem)
			page_free_kva(mem, q->mem_order);
		kmem_free(q->tokens);
		return -ENOMEM;
	}
	q->desc = (void *)mem;
	q->avail = (void *)(mem + avail_off(q->size));
	q->used = (void *)(mem + used_off(q->size));
	vqueue_clear(q);
	look_for_lost_barriers();
	return 0;
}

void vqueue_free(struct vqueue *q)
{
	page_free_kva(q->desc, q->mem_order);
	kmem_free(q->tokens);
}

u32 vqueue_size(const struct vqueue *q)
{
	return q->size;
}

u32 vqueue_free_count(const struct vqueue *q)
{
	return q->is_broken ? 0 : q->nfree;
}

/* The chain at @head is complete: the device may have it. */
static void publish(struct vqueue *q, u16 head, void *token)
{
	q->tokens[head] = token;
	q->avail->ring[q->avail_idx & (q->size - 1)] = head;
	q->avail_idx++;
	store_release(&q->avail->idx, q->avail_idx);
}

int vqueue_add(struct vqueue *q, const struct virtio_seg *segs, u32 nout, u32 nin, void *token)
{
	u32 n = nout + nin;
	u16 head = q->free_head, at = head, last = head;

	if (!n || n > q->nfree || q->is_broken)
		return -ENOSPC;
	for (u32 i = 0; i < n; i++) {
		struct virtio_desc *d = &q->desc[at];

		d->addr = segs[i].addr;
		d->len = segs[i].len;
		d->flags = (u16)((i >= nout ? DESC_WRITE : 0) | (i + 1 < n ? DESC_NEXT : 0));
		last = at;
		at = d->next;
	}
	q->free_head = q->desc[last].next;
	q->nfree -= (u16)n;
	publish(q, head, token);
	return 0;
}

int vqueue_add_table(struct vqueue *q, struct virtio_desc *table, u32 n, void *token)
{
	u16 head = q->free_head;
	struct virtio_desc *d = &q->desc[head];

	if (!n || n > 0xffff || !q->nfree || q->is_broken)
		return -ENOSPC;
	for (u32 i = 0; i < n; i++) {
		table[i].next = (u16)(i + 1);
		table[i].flags = (u16)((table[i].flags & DESC_WRITE) | (i + 1 < n ? DESC_NEXT : 0));
	}
	d->addr = virt_to_phys(table);
	d->len = n * (u32)sizeof(*table);
	d->flags = DESC_INDIRECT;
	q->free_head = d->next;
	q->nfree--;
	publish(q, head, token);
	return 0;
}

void vqueue_kick(struct vqueue *q)
{
	u16 old = q->kicked_idx, new = q->avail_idx;
	bool wanted;

	device_mb();	/* our index is visible before we look at the device's wish */
	if (q->has_event_idx)
		wanted = (u16)(new - READ_ONCE(*avail_event(q)) - 1) < (u16)(new - old);
	else
		wanted = !(READ_ONCE(q->used->flags) & USED_NO_NOTIFY);
	q->kicked_idx = new;
	if (wanted)
		*q->notify = (u16)q->index;
}

/* Put a chain back on the free list. The chain's flags are ours but lie in shared
 * memory: its length is bounded by the size of the queue. */
static void free_chain(struct vqueue *q, u16 head)
{
	u16 at = head, n = 1;

	while ((q->desc[at].flags & DESC_NEXT) && q->desc[at].next < q->size && n < q->size) {
		at = q->desc[at].next;
		n++;
	}
	q->desc[at].next = q->free_head;
	q->free_head = head;
	q->nfree += n;
}

void vqueue_irq_off(struct vqueue *q)
{
	q->is_irq_off = true;
	if (!q->has_event_idx)
		WRITE_ONCE(q->avail->flags, AVAIL_NO_INTERRUPT);
}

bool vqueue_irq_on(struct vqueue *q)
{
	q->is_irq_off = false;
	if (q->has_event_idx)
		WRITE_ONCE(*used_event(q), q->used_seen);
	else
		WRITE_ONCE(q->avail->flags, 0);
	device_mb();	/* the device sees our wish before we look at its index */
	return !q->is_broken && load_acquire(&q->used->idx) != q->used_seen;
}

void *vqueue_take(struct vqueue *q, u32 *len)
{
	struct vring_used_elem *e;
	void *token;
	u32 id;

	if (q->is_broken || load_acquire(&q->used->idx) == q->used_seen)
		return NULL;
	e = &q->used->ring[q->used_seen & (q->size - 1)];
	id = READ_ONCE(e->id);
	*len = READ_ONCE(e->len);
	if (id >= q->size || !q->tokens[id]) {
		q->is_broken = true;
		kerr("virtio %s: queue %u is broken: used index %u", q->dev->node.name, q->index, id);
		return NULL;
	}
	q->used_seen++;
	token = q->tokens[id];
	q->tokens[id] = NULL;
	free_chain(q, (u16)id);
	/* Looks empty: ask for an interrupt; the caller's next call looks once more. */
	if (q->has_event_idx && !q->is_irq_off && READ_ONCE(q->used->idx) == q->used_seen) {
		WRITE_ONCE(*used_event(q), q->used_seen);
		device_mb();
	}
	return token;
}

void *vqueue_drain(struct vqueue *q)
{
	while (q->drain_at < q->size) {
		void *token = q->tokens[q->drain_at];

		q->tokens[q->drain_at++] = NULL;
		if (token)
			return token;
	}
	return NULL;
}
