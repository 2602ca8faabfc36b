// SPDX-License-Identifier: GPL-2.0-only
/*
 * From ioreqs to commands: cutting large ones, joining neighbours, walking their memory.
 *
 * A command carries either a part of one ioreq or a chain of whole ones whose sectors
 * follow each other (the last part of a cut one may head such a chain). Memory is seen as
 * runs: physically contiguous bytes of one ioreq; runs never span two ioreqs, so that counting and
 * walking agree.
 */
#include "blk_impl.h"

#include <tern/base/bug.h>

void blkcmd_iter_init(struct blkcmd_iter *it, const struct blkcmd *c)
{
	*it = (struct blkcmd_iter){ .r = c->first, .at = c->seg_at, .off = c->seg_off,
				    .left = c->nsegs ? c->nsectors << SECTOR_SHIFT : 0,
				    .max_bytes = c->hwq->disk->limits.max_seg_bytes };
}

static paddr_t piece_addr(const struct uio_pageseg *s, u32 off)
{
	return page_to_phys(s->page) + s->off + off;
}

/* Next run of it->r, at most @limit bytes; 0: the ioreq has no more. */
static u32 next_run(struct blkcmd_iter *it, u64 limit, paddr_t *addr)
{
	const struct ioreq *r = it->r;
	u32 max = (u32)min_t(u64, it->max_bytes, limit), len = 0;

	while (it->at < r->nsegs && len < max) {
		const struct uio_pageseg *s = &r->segs[it->at];
		u32 n = min(s->len - it->off, max - len);

		if (!len)
			*addr = piece_addr(s, it->off);
		else if (piece_addr(s, it->off) != *addr + len)
			break;
		len += n;
		it->off += n;
		if (it->off == s->len) {
			it->at++;
			it->off = 0;
		}
	}
	return len;
}

bool blkcmd_next_seg(struct blkcmd_iter *it, struct blkseg *out)
{
	if (!it->left)
		return false;
	out->len = next_run(it, it->left, &out->addr);
	if (!out->len) {
		it->r = it->r->merged;
		it->at = 0;
		it->off = 0;
		out->len = next_run(it, it->left, &out->addr);
		VERIFY(out->len);
	}
	it->left -= out->len;
	return true;
}

/* What of an ioreq fits into a command that has @segs runs and @bytes already. */
struct fit { u64 bytes; u32 segs; u32 at, off; };

static struct fit fit_data(const struct blkdisk_limits *l, const struct ioreq *r, u32 segs, u64 bytes)
{
	struct blkcmd_iter it = { .r = (struct ioreq *)r, .at = r->seg_at, .off = r->seg_off,
				  .max_bytes = l->max_seg_bytes };
	u64 room = ((u64)l->max_sectors << SECTOR_SHIFT) - bytes, sum = 0;
	struct fit best = { 0, segs, it.at, it.off };
	bool ends_whole = true;

	while (segs < l->max_segs && sum < room) {
		paddr_t addr = 0;
		u32 n = next_run(&it, room - sum, &addr);

		if (!n || (l->no_gaps && (sum || bytes) && (!ends_whole || (addr & ~PAGE_MASK))))
			break;
		segs++;
		sum += n;
		ends_whole = !((addr + n) & ~PAGE_MASK);
		if (!(sum & (l->block_size - 1)))
			best = (struct fit){ sum, segs, it.at, it.off };
	}
	return best;
}

static u64 rest_of(const struct ioreq *r)
{
	return r->nsectors - r->issued;
}

/* May @n go on where @c ends? */
static bool continues(const struct blkcmd *c, const struct ioreq *n)
{
	return n->op == c->op && n->abs_sector == c->sector + c->nsectors &&
	       (n->flags & IOREQ_FUA) == (c->first->flags & IOREQ_FUA) && !n->issued;
}

/* Does the run that ends the command leave no gap before @n's first? (no_gaps disks) */
static bool joins_whole(const struct blkdisk_limits *l, const struct ioreq *last, const struct ioreq *n)
{
	const struct uio_pageseg *e = &last->segs[last->nsegs - 1];

	return !l->no_gaps || (!((e->off + e->len) & ~PAGE_MASK) && !(n->segs[0].off & ~PAGE_MASK));
}

/* Those behind @r in its list that carry on leave the list and join. */
static void absorb(struct blkcmd *c, struct ioreq *r, const struct list *end)
{
	const struct blkdisk_limits *l = &c->hwq->disk->limits;
	struct ioreq *last = r;

	while (r->link.next != end) {
		struct ioreq *n = list_entry(r->link.next, struct ioreq, link);
		struct fit f;

		if (!continues(c, n) || !joins_whole(l, last, n))
			return;
		f = fit_data(l, n, c->nsegs, c->nsectors << SECTOR_SHIFT);
		if (f.bytes != n->nsectors << SECTOR_SHIFT)
			return;
		list_del(&n->link);
		n->issued = n->nsectors;
		last->merged = n;
		last = n;
		c->nreqs++;
		c->nsegs = f.segs;
		c->nsectors += n->nsectors;
		blkstat_merge(n);
	}
}

static bool build_plain(struct blkcmd *c, struct ioreq *r, u64 max)
{
	u64 n = min(rest_of(r), max);

	c->nsectors = n;
	r->issued += n;
	return true;
}

bool blkcmd_build(struct blkcmd *c, struct ioreq *r, const struct list *end)
{
	const struct blkdisk_limits *l = &c->hwq->disk->limits;
	struct fit f;

	c->op = r->op;
	c->flags = r->flags & ~(l->has_fua && l->has_cache ? 0 : IOREQ_FUA);
	c->first = r;
	c->nreqs = 1;
	c->sector = r->abs_sector + r->issued;
	c->seg_at = r->seg_at;
	c->seg_off = r->seg_off;
	c->nsegs = 0;
	c->nsectors = 0;
	c->retries = 0;
	c->error = 0;
	if (r->op == IOREQ_FLUSH)
		return true;
	if (r->op == IOREQ_DISCARD)
		return build_plain(c, r, l->max_discard);
	if (r->op == IOREQ_WRITE_ZEROES)
		return build_plain(c, r, l->max_zeroes);
	f = fit_data(l, r, 0, 0);
	if (!f.bytes)
		return false;
	c->nsegs = f.segs;
	c->nsectors = f.bytes >> SECTOR_SHIFT;
	r->issued += c->nsectors;
	r->seg_at = f.at;
	r->seg_off = f.off;
	if (r->issued == r->nsectors)
		absorb(c, r, end);
	return true;
}
