// SPDX-License-Identifier: GPL-2.0-only
/*
 * Provided buffers: memory that the program lends by groups, of which a request that
 * receives (IOSQE_BUFFER_SELECT) takes one only when there is something to put there.
 *
 * A group is either a list that PROVIDE_BUFFERS fills, or a ring in the program's
 * memory: it is pinned and mapped; the program moves the tail (in the first
 * entry's last field), the kernel keeps its own head.
 *
 * A taken buffer is the request's until it is told of in a completion, or goes back to the front. One
 * of a ring goes back by the head if it was the last that was taken; else it is kept in the list.
 * Locks: ring->lock protects groups and what is in them.
 */
#include "uring_impl.h"

#include <tern/mm/kva.h>

#define RING_MAX	(1u << 15)
#define PROVIDE_MAX	65536u

struct lentbuf { struct list link; u64 addr; u32 len; u16 id; };

struct bufgroup {
	struct list link;
	u16 id;
	struct list bufs;		/* of lentbuf */
	struct uringbuf *pin;		/* ring: its memory; NULL: a list */
	void *map;			/* ring: kernel mapping of the pages */
	struct uring_bufslot *slots;	/* ring: in there */
	u32 mask;
	u16 head;
};

/* Lock held. */
static struct bufgroup *find(struct uring *u, u16 id)
{
	struct bufgroup *g;

	list_foreach(g, &u->bufgroups, link)
		if (g->id == id)
			return g;
	return NULL;
}

static void group_free(struct bufgroup *g)
{
	struct lentbuf *b, *next;

	list_foreach_safe(b, next, &g->bufs, link)
		kmem_free(b);
	if (g->map)
		kva_unmap_pages(g->map);
	uringbuf_put(g->pin);
	kmem_free(g);
}

static struct bufgroup *group_alloc(u16 id)
{
	struct bufgroup *g = kmem_zalloc(sizeof(*g), ALLOC_KERNEL);

	if (!g)
		return NULL;
	g->id = id;
	list_init(&g->bufs);
	return g;
}

void uring_bufgroups_free(struct uring *u)
{
	struct bufgroup *g, *next;

	list_foreach_safe(g, next, &u->bufgroups, link)
		group_free(g);
	list_init(&u->bufgroups);
}

/* ---- taking ---- */

/* Lock held. */
static int take_from_ring(struct bufgroup *g, struct ureq *r)
{
	struct uring_bufslot *s = &g->slots[g->head & g->mask];

	if (load_acquire(&g->slots[0].tail) == g->head)
		return -ENOBUFS;
	r->sel_addr = READ_ONCE(s->addr);
	r->sel_len = READ_ONCE(s->len);
	r->sel_id = READ_ONCE(s->bid);
	r->sel_at = g->head++;
	return 0;
}

int ureq_buffer_take(struct ureq *r)
{
	struct uring *u = r->ring;
	struct bufgroup *g;
	struct lentbuf *b;
	int err = 0;

	spin_lock(&u->lock);
	g = find(u, r->sqe.buf_index);
	b = g ? list_first_entry_or_null(&g->bufs, struct lentbuf, link) : NULL;
	if (b) {
		list_del(&b->link);
		r->sel_addr = b->addr;
		r->sel_len = b->len;
		r->sel_id = b->id;
		r->lent = b;
	} else if (g && g->pin) {
		err = take_from_ring(g, r);
	} else {
		err = -ENOBUFS;
	}
	spin_unlock(&u->lock);
	if (err)
		return err;
	r->sel_room = r->sel_len;
	if (r->sqe.len && r->sqe.len < r->sel_len)
		r->sel_len = r->sqe.len;
	r->has_buffer = true;
	return 0;
}

u32 ureq_buffer_spend(struct ureq *r)
{
	if (!r->has_buffer)
		return 0;
	r->has_buffer = false;
	kmem_free(r->lent);
	r->lent = NULL;
	return CQE_F_BUFFER | (u32)r->sel_id << CQE_BUFFER_SHIFT;
}

void ureq_buffer_return(struct ureq *r)
{
	struct uring *u = r->ring;
	struct lentbuf *b = r->lent;
	struct bufgroup *g;

	if (!r->has_buffer)
		return;
	r->has_buffer = false;
	r->lent = NULL;
	spin_lock(&u->lock);
	g = find(u, r->sqe.buf_index);
	if (g && g->pin && !b && (u16)(r->sel_at + 1) == g->head) {
		g->head--;
		g = NULL;
	} else if (g && !b) {
		b = kmem_alloc(sizeof(*b), ALLOC_ATOMIC);	/* without memory the ring has one less */
		if (b)
			*b = (struct lentbuf){ .addr = r->sel_addr, .len = r->sel_room, .id = r->sel_id };
	}
	if (g && b)
		list_add(&b->link, &g->bufs);
	spin_unlock(&u->lock);
	if (b && !g)
		kmem_free(b);
}

/* ---- lists ---- */

int prep_provide(struct ureq *r)
{
	s64 n = r->sqe.fd;

	if (r->sqe.op_flags || r->sqe.splice_fd_in || n <= 0 || n > (s64)PROVIDE_MAX)
		return n > (s64)PROVIDE_MAX ? -E2BIG : -EINVAL;
	if (r->sqe.opcode == UOP_REMOVE_BUFFERS)
		return r->sqe.addr || r->sqe.len || r->sqe.off ? -EINVAL : 0;
	if (r->sqe.off > 0xffffu || r->sqe.off + (u64)n > PROVIDE_MAX)
		return r->sqe.off > 0xffffu ? -E2BIG : -EINVAL;
	return user_range_ok((void __user *)r->sqe.addr, (u64)n * r->sqe.len) ? 0 : -EFAULT;
}

/* Its group, made if there is none; NULL: no memory. Taken only once the buffers are made. */
static int give_list(struct uring *u, u16 id, struct list *bufs)
{
	struct bufgroup *made = group_alloc(id), *g;
	int err = 0;

	if (!made)
		return -ENOMEM;
	spin_lock(&u->lock);
	g = find(u, id);
	if (!g) {
		g = made;
		made = NULL;
		list_add(&g->link, &u->bufgroups);
	}
	if (g->pin)
		err = -EINVAL;
	else
		list_splice_tail(bufs, &g->bufs);
	spin_unlock(&u->lock);
	if (made)
		group_free(made);
	return err;
}

s64 issue_provide(struct ureq *r, bool may_block)
{
	struct lentbuf *b, *next;
	LIST_HEAD(bufs);
	int err = 0;

	for (u32 i = 0; i < (u32)r->sqe.fd && !err; i++) {
		b = kmem_alloc(sizeof(*b), ALLOC_KERNEL);
		if (!b) {
			err = -ENOMEM;
			break;
		}
		b->addr = r->sqe.addr + (u64)i * r->sqe.len;
		b->len = r->sqe.len;
		b->id = (u16)(r->sqe.off + i);
		list_add_tail(&b->link, &bufs);
	}
	if (!err)
		err = give_list(r->ring, r->sqe.buf_index, &bufs);
	if (err)
		list_foreach_safe(b, next, &bufs, link)
			kmem_free(b);
	return err;
}

s64 issue_remove_buffers(struct ureq *r, bool may_block)
{
	struct uring *u = r->ring;
	struct lentbuf *b, *next;
	struct bufgroup *g;
	LIST_HEAD(gone);
	s64 n = 0, err = 0;

	spin_lock(&u->lock);
	g = find(u, r->sqe.buf_index);
	if (!g || g->pin)
		err = g ? -EINVAL : -ENOENT;
	while (!err && n < r->sqe.fd &&
	       (b = list_first_entry_or_null(&g->bufs, struct lentbuf, link))) {
		list_move(&b->link, &gone);
		n++;
	}
	spin_unlock(&u->lock);
	list_foreach_safe(b, next, &gone, link)
		kmem_free(b);
	return err ? err : n;
}

/* ---- rings ---- */

static int ring_map(struct bufgroup *g, const struct uring_bufring_reg *q)
{
	struct iovec v = { (void __user *)q->addr, q->entries * sizeof(struct uring_bufslot) };

	g->pin = uringbuf_make(&v);
	if (IS_ERR(g->pin)) {
		int err = (int)PTR_ERR(g->pin);

		g->pin = NULL;
		return err;
	}
	g->map = kva_map_pages(g->pin->pages, g->pin->npages, PROT_R | PROT_W);
	g->slots = g->map;
	g->mask = q->entries - 1;
	return g->map ? 0 : -ENOMEM;
}

long uring_bufring_register(struct uring *u, const void __user *arg)
{
	struct uring_bufring_reg q;
	struct bufgroup *g, *old;
	int err;

	if (user_copyin(&q, arg, sizeof(q)))
		return -EFAULT;
	if (q.pad || q.resv[0] || q.resv[1] || q.resv[2])
		return -EINVAL;
	if (!q.addr)
		return -EFAULT;
	if (q.addr & ~PAGE_MASK || !q.entries || q.entries & (q.entries - 1) || q.entries > RING_MAX)
		return -EINVAL;
	g = group_alloc(q.group);
	if (!g)
		return -ENOMEM;
	err = ring_map(g, &q);
	if (err) {
		group_free(g);
		return err;
	}
	spin_lock(&u->lock);
	old = find(u, q.group);
	if (old && (old->pin || !list_is_empty(&old->bufs)))
		err = -EEXIST;
	else if (old)
		list_replace(&old->link, &g->link);
	else
		list_add(&g->link, &u->bufgroups);
	spin_unlock(&u->lock);
	if (err || old)
		group_free(err ? g : old);
	return err;
}

long uring_bufring_unregister(struct uring *u, const void __user *arg)
{
	struct uring_bufring_reg q;
	struct bufgroup *g;
	int err = 0;

	if (user_copyin(&q, arg, sizeof(q)))
		return -EFAULT;
	if (q.pad || q.resv[0] || q.resv[1] || q.resv[2])
		return -EINVAL;
	spin_lock(&u->lock);
	g = find(u, q.group);
	if (!g || !g->pin)
		err = g ? -EINVAL : -ENOENT;
	else
		list_del(&g->link);
	spin_unlock(&u->lock);
	if (!err)
		group_free(g);
	return err;
}
