/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A byte ring of a power-of-two size. One writer and one reader may use it at
 * the same time without a lock; several of either side need one.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

struct ring {
	u8 *buf;
	u32 mask;	/* size - 1 */
	u32 head;	/* bytes ever written, modulo 2^32; the writer's */
	u32 tail;	/* bytes ever read; the reader's */
};

/* size: a power of two, at most 2^31. */
static inline void ring_init(struct ring *r, void *buf, u32 size)
{
	r->buf = buf;
	r->mask = size - 1;
	r->head = 0;
	r->tail = 0;
}

static inline u32 ring_size(const struct ring *r)
{
	return r->mask + 1;
}

/* Bytes to read; exact for the reader, a lower bound seen from elsewhere. */
static inline u32 ring_len(const struct ring *r)
{
	return __atomic_load_n(&r->head, __ATOMIC_ACQUIRE) - READ_ONCE(r->tail);
}

/* Room to write; exact for the writer. */
static inline u32 ring_room(const struct ring *r)
{
	return ring_size(r) - (READ_ONCE(r->head) - __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE));
}

static inline bool ring_is_empty(const struct ring *r)
{
	return !ring_len(r);
}

static inline bool ring_is_full(const struct ring *r)
{
	return !ring_room(r);
}

/* Writer: append a byte; false if full. */
static inline bool ring_put(struct ring *r, u8 c)
{
	if (ring_is_full(r))
		return false;
	r->buf[r->head & r->mask] = c;
	__atomic_store_n(&r->head, r->head + 1, __ATOMIC_RELEASE);
	return true;
}

/* Reader: take a byte; -1 if empty. */
static inline int ring_get(struct ring *r)
{
	int c;

	if (ring_is_empty(r))
		return -1;
	c = r->buf[r->tail & r->mask];
	__atomic_store_n(&r->tail, r->tail + 1, __ATOMIC_RELEASE);
	return c;
}

/* Reader: the byte at an offset below ring_len(), left in place. */
static inline u8 ring_at(const struct ring *r, u32 offset)
{
	return r->buf[(r->tail + offset) & r->mask];
}

/* Writer: take back the last byte, if the reader cannot have it (lock held); -1 if empty. */
static inline int ring_unput(struct ring *r)
{
	if (ring_is_empty(r))
		return -1;
	WRITE_ONCE(r->head, r->head - 1);
	return r->buf[r->head & r->mask];
}

/* Reader: drop n <= ring_len() bytes. */
static inline void ring_skip(struct ring *r, u32 n)
{
	__atomic_store_n(&r->tail, r->tail + n, __ATOMIC_RELEASE);
}

/* Writer: n <= ring_room() bytes were put at ring_write_span(). */
static inline void ring_commit(struct ring *r, u32 n)
{
	__atomic_store_n(&r->head, r->head + n, __ATOMIC_RELEASE);
}

/* Reader and writer at rest: forget the contents. */
static inline void ring_clear(struct ring *r)
{
	WRITE_ONCE(r->tail, r->head);
}

/**
 * ring_write() - append up to @n bytes
 * Return: how many fitted.
 */
u32 ring_write(struct ring *r, const void *data, u32 n);

/**
 * ring_read() - take up to @n bytes
 * Return: how many there were.
 */
u32 ring_read(struct ring *r, void *data, u32 n);

/**
 * ring_peek() - copy up to @n bytes from @offset on and leave them
 * Return: how many there were.
 */
u32 ring_peek(const struct ring *r, u32 offset, void *data, u32 n);

/**
 * ring_read_span() - the bytes that lie together at the tail
 * Return: how many; end with ring_skip().
 */
u32 ring_read_span(struct ring *r, u8 **p);

/**
 * ring_write_span() - the room that lies together at the head
 * Return: how much; end with ring_commit().
 */
u32 ring_write_span(struct ring *r, u8 **p);
