// SPDX-License-Identifier: GPL-2.0-only
/* Walking over the memory of a scatter list, a piece within one page at a time. */
#include "../lx.h"

#include <tern/lib/string.h>
#include <tern/mm/page.h>

#define LINK_BITS	3UL	/* of page_link: chain, end */

void lx_sg_miter_start(struct lx_sg_mapping_iter *m, struct lx_scatterlist *sg, unsigned int n, unsigned int flags)
{
	*m = (struct lx_sg_mapping_iter){ .piter = { .sg = sg, .__nents = n }, .__flags = flags };
}
LX_EXPORT(sg_miter_start);

/* __offset is that in the entry; true: there is memory behind it. */
static bool find(struct lx_sg_mapping_iter *m)
{
	while (m->piter.sg && m->piter.__nents && m->__offset >= m->piter.sg->length) {
		m->piter.sg = lx_sg_next(m->piter.sg);
		m->piter.__nents--;
		m->__offset = 0;
	}
	return m->piter.sg && m->piter.__nents;
}

void lx_sg_miter_stop(struct lx_sg_mapping_iter *m)
{
	m->__offset += (unsigned int)m->consumed;
	m->page = NULL;
	m->addr = NULL;
	m->length = m->consumed = 0;
}
LX_EXPORT(sg_miter_stop);

bool lx_sg_miter_next(struct lx_sg_mapping_iter *m)
{
	struct lx_scatterlist *sg;
	struct page *page;
	u32 at, off;

	lx_sg_miter_stop(m);
	if (!find(m))
		return false;
	sg = m->piter.sg;
	at = sg->offset + m->__offset;
	off = at & (PAGE_SIZE - 1);
	page = (struct page *)(sg->page_link & ~LINK_BITS) + (at >> PAGE_SHIFT);
	m->page = (struct lx_page *)page;
	m->addr = (u8 *)page_to_virt(page) + off;
	m->length = m->consumed = min(sg->length - m->__offset, (u32)PAGE_SIZE - off);
	return true;
}
LX_EXPORT(sg_miter_next);

bool lx_sg_miter_skip(struct lx_sg_mapping_iter *m, long n)
{
	lx_sg_miter_stop(m);
	while (n > 0) {
		u32 step;

		if (!find(m))
			return false;
		step = (u32)min_t(long, n, m->piter.sg->length - m->__offset);
		m->__offset += step;
		n -= step;
	}
	return true;
}
LX_EXPORT(sg_miter_skip);

size_t lx_sg_zero_buffer(struct lx_scatterlist *sg, unsigned int n, size_t len, long skip)
{
	struct lx_sg_mapping_iter m;
	size_t done = 0;

	lx_sg_miter_start(&m, sg, n, 0);
	if (!lx_sg_miter_skip(&m, skip))
		return 0;
	while (done < len && lx_sg_miter_next(&m)) {
		size_t step = min(m.length, len - done);

		memset(m.addr, 0, step);
		done += step;
	}
	return done;
}
LX_EXPORT(sg_zero_buffer);
