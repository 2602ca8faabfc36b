// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packet buffers.
 *
 * Nouns: linear part, private bytes with room for headers in front, inside the
 * object itself (room) unless it must be larger; frag, a piece of a page with a
 * reference; shared page, where this CPU puts new payload bytes.
 *
 * Life-cycle: whoever has the pktbuf owns it alone; handing it on hands ownership
 * on; pktbuf_free() tells destroy first, then drops pages. Bytes in pages are
 * written once, before anybody else sees them, so clones share them.
 *
 * Lock order: none; the shared page is the CPU's with bottom halves off.
 *
 * Limits: PKT_FRAGS pieces, 64 KiB and headers.
 */
#include <tern/net/pktbuf.h>

#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/kernel/irq.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/mm/uio.h>
#include <tern/net/inetsum.h>
#include <tern/net/track.h>

#define SHARED_ORDER	3u
#define SHARED_SIZE	(PAGE_SIZE << SHARED_ORDER)

struct shared_page { struct page *page; u32 off, size; };
static DEFINE_PERCPU(struct shared_page, shared_pages);
static struct objcache *pktbuf_cache;

struct pktbuf *pktbuf_alloc(u32 headroom, u32 linear, alloc_flags flags)
{
	struct pktbuf *pb = objcache_alloc(pktbuf_cache, flags);

	if (unlikely(!pb))
		return NULL;
	memset(pb, 0, offsetof(struct pktbuf, frag));
	pb->buf = pb->room;
	pb->buf_size = PKT_INLINE;
	if (unlikely(headroom + linear > PKT_INLINE)) {
		pb->buf_size = headroom + linear;
		pb->buf = kmem_alloc(pb->buf_size, flags);
		if (!pb->buf) {
			objcache_free(pktbuf_cache, pb);
			return NULL;
		}
	}
	pb->data = pb->buf + headroom;
	pb->truesize = sizeof(*pb) + (pb->buf == pb->room ? 0 : pb->buf_size);
	return pb;
}

void pktbuf_free(struct pktbuf *pb)
{
	if (pb->destroy)
		pb->destroy(pb);
	if (IS_ENABLED(CONFIG_INET) && unlikely(pb->ct))
		ctflow_put(pb->ct);
	for (u32 i = 0; i < pb->nfrags; i++)
		page_put(pb->frag[i].page);
	if (unlikely(pb->buf != pb->room))
		kmem_free(pb->buf);
	objcache_free(pktbuf_cache, pb);
}

void pktbuf_purge(struct list *l)
{
	struct pktbuf *pb, *next;

	list_foreach_safe(pb, next, l, link)
		pktbuf_free(pb);
	list_init(l);
}

/* ---- shared pages ---- */

static struct page *shared_alloc(alloc_flags flags, u32 *size)
{
	struct page *p = page_alloc(SHARED_ORDER, (flags & ~ALLOC_DIRECT) | ALLOC_COMPOUND | ALLOC_NOWARN |
						  ALLOC_NORETRY);

	*size = SHARED_SIZE;
	if (p)
		return p;
	*size = PAGE_SIZE;
	return page_alloc(0, flags);
}

/* Another page for this CPU. Bottom halves are off on entry and exit, not in between. */
static bool shared_refill(alloc_flags flags)
{
	struct shared_page *s;
	struct page *p, *old;
	u32 size;

	bh_enable();
	p = shared_alloc(flags, &size);
	bh_disable();
	if (!p)
		return false;
	s = this_cpu_ptr(shared_pages);
	old = s->page;
	*s = (struct shared_page){ p, 0, size };
	if (old)
		page_put(old);
	return true;
}

struct page *pktpage_get(u32 want, u32 least, u32 *off, u32 *got, alloc_flags flags)
{
	struct page *p = NULL;
	struct shared_page *s;

	bh_disable();
	s = this_cpu_ptr(shared_pages);
	if (unlikely(!s->page || s->size - s->off < least)) {
		if (!shared_refill(flags))
			goto out;
		s = this_cpu_ptr(shared_pages);
		if (s->size < least)
			goto out;
	}
	p = s->page;
	page_get(p);
	*off = s->off;
	*got = min(want, s->size - s->off);
	s->off = min(s->size, ALIGN_UP(s->off + *got, 16u));
out:
	bh_enable();
	return p;
}

/* ---- contents ---- */

bool pktbuf_add_frag(struct pktbuf *pb, struct page *page, u32 off, u32 n)
{
	struct pktfrag *f = pb->frag + pb->nfrags - 1;

	if (pb->nfrags && f->page == page && f->off + f->len == off) {
		f->len += n;
	} else {
		if (pb->nfrags == PKT_FRAGS)
			return false;
		page_get(page);
		pb->frag[pb->nfrags++] = (struct pktfrag){ page, off, n };
	}
	pb->len += n;
	pb->truesize += n;
	return true;
}

static int append_piece(struct pktbuf *pb, u32 want, u8 **at, u32 *got, alloc_flags flags)
{
	struct page *p;
	bool ok;
	u32 off;

	p = pktpage_get(want, min(want, 256u), &off, got, flags);
	if (!p)
		return -ENOBUFS;
	ok = pktbuf_add_frag(pb, p, off, *got);
	*at = pktpage_at(p, off);
	page_put(p);	/* the piece has its own */
	return ok ? 0 : -ENOBUFS;
}

int pktbuf_append_pages(struct pktbuf *pb, struct uio *u, u32 n)
{
	while (n) {
		u32 got;
		u8 *at;
		int err = append_piece(pb, n, &at, &got, ALLOC_KERNEL);

		if (err)
			return err;
		if (uio_get(u, at, got) != got)
			return -EFAULT;
		n -= got;
	}
	return 0;
}

int pktbuf_append_uio(struct pktbuf *pb, struct uio *u, u32 n)
{
	if (n > pktbuf_tailroom(pb))
		return pktbuf_append_pages(pb, u, n);
	return uio_get(u, pktbuf_put(pb, n), n) == n ? 0 : -EFAULT;
}

int pktbuf_append(struct pktbuf *pb, const void *data, u32 n)
{
	if (n <= pktbuf_tailroom(pb)) {
		memcpy(pktbuf_put(pb, n), data, n);
		return 0;
	}
	while (n) {
		u32 got;
		u8 *at;
		int err = append_piece(pb, n, &at, &got, ALLOC_ATOMIC);

		if (err)
			return err;
		memcpy(at, data, got);
		data += got;
		n -= got;
	}
	return 0;
}

/* Linear memory of another size; contents stay. */
static bool rebuffer(struct pktbuf *pb, u32 headroom, u32 size)
{
	u16 shift = (u16)(headroom - pktbuf_headroom(pb));
	u32 keep = min(headroom, pktbuf_headroom(pb));	/* headers that were taken off */
	u8 *buf = kmem_alloc(size, ALLOC_ATOMIC);

	if (!buf)
		return false;
	memcpy(buf + headroom - keep, pb->data - keep, keep + pb->linear);
	if (pb->buf != pb->room)
		kmem_free(pb->buf);
	pb->buf = buf;
	pb->buf_size = size;
	pb->data = buf + headroom;
	if (!pb->destroy)	/* its owner gives back what it was charged */
		pb->truesize += size;
	pb->mac += shift;
	pb->net += shift;
	pb->tp += shift;
	pb->sum_start += shift;
	return true;
}

bool pktbuf_need_headroom(struct pktbuf *pb, u32 n)
{
	return pktbuf_headroom(pb) >= n || rebuffer(pb, n, n + pb->linear + 64);
}

/* Pieces lose @n bytes in front. */
static void drop_frags(struct pktbuf *pb, u32 n)
{
	u32 i = 0;

	while (i < pb->nfrags && n >= pb->frag[i].len) {
		n -= pb->frag[i].len;
		page_put(pb->frag[i++].page);
	}
	if (i)
		memmove(pb->frag, pb->frag + i, (pb->nfrags - i) * sizeof(pb->frag[0]));
	pb->nfrags -= (u16)i;
	if (n) {
		pb->frag[0].off += n;
		pb->frag[0].len -= n;
	}
}

bool pktbuf_make_linear_slow(struct pktbuf *pb, u32 n)
{
	u32 more = n - pb->linear, head = pktbuf_headroom(pb);

	if (n > pb->len)
		return false;
	if (head + n > pb->buf_size && !rebuffer(pb, head, head + n))
		return false;
	pktbuf_read(pb, pb->linear, pb->data + pb->linear, more);
	pb->linear = n;
	drop_frags(pb, more);
	return true;
}

void pktbuf_drop_front(struct pktbuf *pb, u32 n)
{
	u32 lin = min(n, pb->linear);

	pktbuf_pull(pb, lin);
	if (n > lin) {
		pb->len -= n - lin;
		drop_frags(pb, n - lin);
	}
}

void pktbuf_trim(struct pktbuf *pb, u32 n)
{
	u32 left = n, keep = 0;

	if (n >= pb->len)
		return;
	pb->len = n;
	pb->linear = min(pb->linear, n);
	left -= pb->linear;
	for (; keep < pb->nfrags && left; keep++) {
		pb->frag[keep].len = min(pb->frag[keep].len, left);
		left -= pb->frag[keep].len;
	}
	for (u32 i = keep; i < pb->nfrags; i++)
		page_put(pb->frag[i].page);
	pb->nfrags = (u16)keep;
}

/* The pieces of some of a packet's bytes: linear memory, then page by page. */
struct pktwalk {
	const struct pktbuf *pb;
	u32 off, left;			/* of the bytes to come: where, from the next piece on; how many */
	u32 next;			/* 0: linear memory; then pages */
	const struct pktfrag *frag;	/* this piece: its page, NULL: linear memory */
	u32 start, len;			/* bytes of it: first, number */
};
#define PKTWALK(pb_, off_, n_)	{ .pb = (pb_), .off = (off_), .left = (n_) }

/* False: that was all. */
static inline bool walk_next(struct pktwalk *w)
{
	while (w->left && w->next <= w->pb->nfrags) {
		const struct pktfrag *f = w->next ? &w->pb->frag[w->next - 1] : NULL;
		u32 size = f ? f->len : w->pb->linear;

		w->next++;
		if (w->off >= size) {
			w->off -= size;
			continue;
		}
		w->frag = f;
		w->start = w->off;
		w->len = min(w->left, size - w->off);
		w->off = 0;
		w->left -= w->len;
		return true;
	}
	return false;
}

static inline const void *walk_at(const struct pktwalk *w)
{
	return w->frag ? pktpage_at(w->frag->page, w->frag->off + w->start) : w->pb->data + w->start;
}

bool pktbuf_share(struct pktbuf *pb, const struct pktbuf *from, u32 off, u32 n)
{
	struct pktwalk w = PKTWALK(from, off, n);

	while (walk_next(&w)) {
		if (!w.frag && pktbuf_append(pb, walk_at(&w), w.len))
			return false;
		if (w.frag && !pktbuf_add_frag(pb, w.frag->page, w.frag->off + w.start, w.len))
			return false;
	}
	return !w.left;
}

struct pktbuf *pktbuf_slice(const struct pktbuf *pb, u32 off, u32 n, u32 headroom, alloc_flags flags)
{
	u32 lin = off < pb->linear ? min(n, pb->linear - off) : 0;
	struct pktbuf *c = pktbuf_alloc(headroom, lin, flags);

	if (!c)
		return NULL;
	c->nif = pb->nif;
	c->sum_state = pb->sum_state;
	c->type = pb->type;
	c->protocol = pb->protocol;
	c->sum_start = pb->sum_start;
	c->sum_off = pb->sum_off;
	c->mac = pb->mac;
	c->net = pb->net;
	c->tp = pb->tp;
	c->mark = pb->mark;
	c->priority = pb->priority;
	c->hash = pb->hash;
	c->stamp = pb->stamp;
	c->gso_type = pb->gso_type;
	c->gso_size = pb->gso_size;
	c->gso_segs = pb->gso_segs;
	if (headroom && !off)	/* what lies before data too: link header of a clone */
		memcpy(c->buf, pb->buf, min(headroom, pktbuf_headroom(pb)));
	if (pktbuf_share(c, pb, off, n))
		return c;
	pktbuf_free(c);
	return NULL;
}

/* ---- copying out ---- */

void pktbuf_read(const struct pktbuf *pb, u32 off, void *dst, u32 n)
{
	struct pktwalk w = PKTWALK(pb, off, n);

	for (; walk_next(&w); dst += w.len)
		memcpy(dst, walk_at(&w), w.len);
}

size_t pktbuf_to_uio(const struct pktbuf *pb, u32 off, struct uio *u, u32 n)
{
	struct pktwalk w = PKTWALK(pb, off, n);
	size_t done = 0, got;

	while (walk_next(&w)) {
		got = uio_put(u, walk_at(&w), w.len);
		done += got;
		if (got < w.len)
			break;
	}
	return done;
}

/* A piece that begins at an odd place of the whole counts with its bytes swapped. */
static u64 sum_piece(u64 sum, const void *p, u32 n, u32 at)
{
	if (!(at & 1))
		return inetsum_add(sum, p, n);
	return (u64)inetsum_fold(sum) + __builtin_bswap16(inetsum_fold(inetsum_add(0, p, n)));
}

u64 pktbuf_sum(const struct pktbuf *pb, u32 off, u32 n, u64 sum)
{
	struct pktwalk w = PKTWALK(pb, off, n);

	for (u32 at = 0; walk_next(&w); at += w.len)
		sum = sum_piece(sum, walk_at(&w), w.len, at);
	return sum;
}

void pktbuf_finish_sum(struct pktbuf *pb)
{
	u32 start = (u32)(pb->buf + pb->sum_start - pb->data);
	u16 sum;

	if (pb->sum_state != PKTSUM_PARTIAL)
		return;
	sum = (u16)~inetsum_fold(pktbuf_sum(pb, start, pb->len - start, 0));
	if (!sum)
		sum = 0xffff;
	memcpy(pb->buf + pb->sum_start + pb->sum_off, &sum, sizeof(sum));
	pb->sum_state = PKTSUM_NONE;
}

static int pktbuf_start(void)
{
	pktbuf_cache = objcache_create("pktbuf", sizeof(struct pktbuf), 64, 0, NULL);
	VERIFY(pktbuf_cache);
	return 0;
}
INITCALL(CORE, pktbuf_start);
