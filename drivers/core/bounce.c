// SPDX-License-Identifier: GPL-2.0-only
/* Bounce buffers: memory below 4 GiB that stands for memory above it, by bus address. */
#include <tern/drivers/dma.h>

#include <asm/page.h>
#include <tern/base/lock.h>
#include <tern/lib/bits.h>
#include <tern/lib/rbtree.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

struct bounce {
	struct rbnode node;
	u64 bus;
	paddr_t orig;
	size_t len;
	u32 order;
};

static struct spin lock = SPIN_INIT(LOCKRANK_BOUNCE);	/* protects buffers */
static struct rbtree buffers;				/* L by bus */
static u64 nbuffers;					/* A for a quick no */

static u8 *copy_of(const struct bounce *b)
{
	return phys_to_virt(b->bus);
}

/* The one that @bus lies in; lock held. */
static struct bounce *find(u64 bus)
{
	struct rbnode *n = buffers.root;

	while (n) {
		struct bounce *b = container_of(n, struct bounce, node);

		if (bus < b->bus)
			n = n->left;
		else if (bus >= b->bus + b->len)
			n = n->right;
		else
			return b;
	}
	return NULL;
}

static void insert(struct bounce *b)
{
	struct rbnode **link = &buffers.root, *parent = NULL;
	u64 flags = spin_lock_irqsave(&lock);

	while (*link) {
		parent = *link;
		link = b->bus < container_of(parent, struct bounce, node)->bus ? &parent->left : &parent->right;
	}
	rbtree_link(&b->node, parent, link);
	rbtree_insert_fixup(&buffers, &b->node);
	WRITE_ONCE(nbuffers, nbuffers + 1);
	spin_unlock_irqrestore(&lock, flags);
}

u64 dma_bounce_map(paddr_t addr, size_t len, u64 mask)
{
	u64 off = addr & ~PAGE_MASK;
	struct bounce *b;
	u8 *mem = NULL;

	if (!len || off + len > DMA_BOUNCE_MAX || mask < U32_MAX)
		return DMA_NOWHERE;
	b = kmem_alloc(sizeof(*b), ALLOC_ATOMIC | ALLOC_NOWARN);
	if (b) {
		b->order = ceil_log2(DIV_ROUND_UP(off + len, PAGE_SIZE));
		mem = page_alloc_kva(b->order, ALLOC_ATOMIC | ALLOC_NOWARN | ALLOC_DMA32);
	}
	if (!mem) {
		kmem_free(b);
		return DMA_NOWHERE;
	}
	b->bus = virt_to_phys(mem) + off;
	b->orig = addr;
	b->len = len;
	/* Also if the device shall only write: it may write less than all. */
	memcpy(mem + off, phys_to_virt(addr), len);
	insert(b);
	return b->bus;
}

void dma_bounce_unmap(u64 bus, bool copies_back)
{
	struct bounce *b;
	u64 flags;

	if (likely(!READ_ONCE(nbuffers)))
		return;
	flags = spin_lock_irqsave(&lock);
	b = find(bus);
	if (b) {
		rbtree_erase(&buffers, &b->node);
		WRITE_ONCE(nbuffers, nbuffers - 1);
	}
	spin_unlock_irqrestore(&lock, flags);
	if (!b)
		return;
	if (copies_back)
		memcpy(phys_to_virt(b->orig), copy_of(b), b->len);
	page_free_kva(phys_to_virt(b->bus & PAGE_MASK), b->order);
	kmem_free(b);
}

void dma_bounce_sync(u64 bus, size_t len, bool to_device)
{
	struct bounce *b;
	u64 flags, at;

	if (likely(!READ_ONCE(nbuffers)))
		return;
	flags = spin_lock_irqsave(&lock);
	b = find(bus);
	spin_unlock_irqrestore(&lock, flags);
	if (!b)
		return;
	/* The mapping is the caller's: it stays while he uses it. */
	at = bus - b->bus;
	len = min(len, b->len - at);
	if (to_device)
		memcpy(copy_of(b) + at, phys_to_virt(b->orig + at), len);
	else
		memcpy(phys_to_virt(b->orig + at), copy_of(b) + at, len);
}

bool dma_is_bounced(u64 bus)
{
	bool yes;
	u64 flags;

	if (likely(!READ_ONCE(nbuffers)))
		return false;
	flags = spin_lock_irqsave(&lock);
	yes = find(bus);
	spin_unlock_irqrestore(&lock, flags);
	return yes;
}
