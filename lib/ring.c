/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies in and out of a byte ring, in at most two pieces each. */
#include <tern/lib/ring.h>

#include <tern/lib/string.h>

u32 ring_write_span(struct ring *r, u8 **p)
{
	u32 at = r->head & r->mask;

	*p = r->buf + at;
	return min(ring_room(r), ring_size(r) - at);
}

u32 ring_read_span(struct ring *r, u8 **p)
{
	u32 at = r->tail & r->mask;

	*p = r->buf + at;
	return min(ring_len(r), ring_size(r) - at);
}

u32 ring_write(struct ring *r, const void *data, u32 n)
{
	u32 at = r->head & r->mask, first;

	n = min(n, ring_room(r));
	first = min(n, ring_size(r) - at);
	memcpy(r->buf + at, data, first);
	memcpy(r->buf, (const u8 *)data + first, n - first);
	ring_commit(r, n);
	return n;
}

u32 ring_peek(const struct ring *r, u32 offset, void *data, u32 n)
{
	u32 len = ring_len(r), at = (r->tail + offset) & r->mask, first;

	if (offset >= len)
		return 0;
	n = min(n, len - offset);
	first = min(n, ring_size(r) - at);
	memcpy(data, r->buf + at, first);
	memcpy((u8 *)data + first, r->buf, n - first);
	return n;
}

u32 ring_read(struct ring *r, void *data, u32 n)
{
	n = ring_peek(r, 0, data, n);
	ring_skip(r, n);
	return n;
}
