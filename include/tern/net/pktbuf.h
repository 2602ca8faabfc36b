/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets. Owner net/core/pktbuf.c.
 *
 * A pktbuf has one owner at a time. Its bytes are a linear part, private to it,
 * with room for headers in front, followed by pieces of pages, which clones and
 * senders share and nobody writes to. Headers always lie in the linear part.
 */
#pragma once

#include <tern/base/bug.h>
#include <tern/lib/list.h>
#include <tern/mm/page.h>
#include <tern/net/byteorder.h>

struct ctflow;
struct netif;
struct uio;
struct pktbuf;

#define PKT_HEADROOM	128u	/* link, IPv4 or IPv6, TCP with options */
#define PKT_INLINE	384u	/* linear bytes without an allocation */
#define PKT_FRAGS	17u	/* 64 KiB in pages, any alignment */
#define PKT_COPY_WHOLE	(PKT_INLINE - PKT_HEADROOM)	/* received frames up to here are copied: they keep no page */
#define PKT_COPY_HEADERS	128u	/* bytes that are copied of longer ones */

struct pktfrag { struct page *page; u32 off, len; };

enum pktsum {
	PKTSUM_NONE,		/* in: not checked; out: complete */
	PKTSUM_GOOD,		/* in: checked or never left the machine */
	PKTSUM_PARTIAL,		/* holds the pseudo header's sum; device or pktbuf_finish_sum() adds the rest */
};
/* In: need not be checked. */
#define pktsum_is_trusted(pb)	((pb)->sum_state != PKTSUM_NONE)
enum pkttype { PKT_HOST, PKT_BROADCAST, PKT_MULTICAST, PKT_OTHERHOST, PKT_OUTGOING, PKT_LOOPED };
enum pktgso { PKTGSO_NONE, PKTGSO_TCP4, PKTGSO_TCP6, PKTGSO_UDP4 };

struct pktbuf {
	struct list link;		/* the owner's */
	struct netif *nif;		/* arrived on, or leaves by; borrowed */
	u8 *data;			/* first byte */
	u32 len;			/* bytes in all */
	u32 linear;			/* of them at data */
	u8 *buf;			/* linear memory */
	u32 buf_size;
	u32 truesize;			/* memory, for accounting */
	u16 nfrags;
	u8 sum_state;			/* enum pktsum */
	u8 type;			/* enum pkttype */
	be16 protocol;			/* link type */
	u8 gso_type;			/* enum pktgso */
	u8 flags;			/* the protocol's */
	u8 ct_state;			/* enum ctstate */
	bool ct_reply;			/* against the direction that its connection began in */
	u16 gso_size, gso_segs;
	u16 sum_start, sum_off;		/* PARTIAL: from buf; checksum field from sum_start */
	u16 mac, net, tp;		/* headers, offsets from buf */
	u32 mark, priority;
	u32 hash;			/* of the flow; 0: unknown */
	s64 stamp;			/* wall time of arrival, 0: none */
	struct ctflow *ct;		/* its connection, with a reference; NULL: not known */
	void (*destroy)(struct pktbuf *pb);	/* accounting of owner; NULL: none */
	void *owner;
	u64 cb[6];			/* the layer's that has it */
	struct pktfrag frag[PKT_FRAGS];
	u8 room[PKT_INLINE];
};

/**
 * pktbuf_alloc() - an empty packet
 * @headroom: bytes before data
 * @linear: room for bytes at data
 * Return: NULL if memory ran out. Context: as @flags say.
 */
struct pktbuf *pktbuf_alloc(u32 headroom, u32 linear, alloc_flags flags);
void pktbuf_free(struct pktbuf *pb);
/** pktbuf_purge() - free all packets of a list, which is empty then. */
void pktbuf_purge(struct list *l);
/**
 * pktbuf_slice() - bytes [@off, @off + @n) as a packet of its own with @headroom;
 * pages are shared, meta data copied, no owner. NULL on failure.
 */
struct pktbuf *pktbuf_slice(const struct pktbuf *pb, u32 off, u32 n, u32 headroom, alloc_flags flags);
static inline struct pktbuf *pktbuf_clone(const struct pktbuf *pb, alloc_flags flags)
{
	return pktbuf_slice(pb, 0, pb->len, (u32)(pb->data - pb->buf), flags);
}

static inline u32 pktbuf_headroom(const struct pktbuf *pb) { return (u32)(pb->data - pb->buf); }
static inline u32 pktbuf_tailroom(const struct pktbuf *pb)
{
	return pb->nfrags ? 0 : pb->buf_size - pktbuf_headroom(pb) - pb->linear;
}
/* New bytes in front; the caller knows that there is room. */
static inline void *pktbuf_push(struct pktbuf *pb, u32 n)
{
	ASSERT(n <= pktbuf_headroom(pb));
	pb->data -= n;
	pb->linear += n;
	pb->len += n;
	return pb->data;
}
/* Drop bytes in front; they are in the linear part. */
static inline void pktbuf_pull(struct pktbuf *pb, u32 n)
{
	pb->data += n;
	pb->linear -= n;
	pb->len -= n;
}
/* New bytes behind the linear part; there is tail room. */
static inline void *pktbuf_put(struct pktbuf *pb, u32 n)
{
	void *p = pb->data + pb->linear;

	ASSERT(pktbuf_headroom(pb) + pb->linear + n <= pb->buf_size);
	pb->linear += n;
	pb->len += n;
	return p;
}
/* Bytes of its parts on the wire, from the network header on. @pb has a gso_size. */
static inline u32 pktgso_part_len(const struct pktbuf *pb)
{
	return (u32)(pb->tp - pb->net) + (pb->buf[pb->tp + 12] >> 4) * 4u + pb->gso_size;
}
/** pktgso_cut() - @pb (TCP, gso_size set, data at the network or link header) as packets on @out; consumes it. */
void pktgso_cut(struct pktbuf *pb, struct list *out);
/** pktbuf_make_linear() - the first @n bytes lie at data; false: shorter, or no memory. */
bool pktbuf_make_linear_slow(struct pktbuf *pb, u32 n);
static inline bool pktbuf_make_linear(struct pktbuf *pb, u32 n)
{
	return likely(n <= pb->linear) || pktbuf_make_linear_slow(pb, n);
}
/** pktbuf_need_headroom() - at least @n bytes before data; false: no memory. */
bool pktbuf_need_headroom(struct pktbuf *pb, u32 n);
/** pktbuf_trim() - cut to @n bytes. */
void pktbuf_trim(struct pktbuf *pb, u32 n);
/** pktbuf_drop_front() - drop @n bytes, wherever they lie. */
void pktbuf_drop_front(struct pktbuf *pb, u32 n);
/** pktbuf_add_frag() - append a piece; takes a reference to the page. False if full. */
bool pktbuf_add_frag(struct pktbuf *pb, struct page *page, u32 off, u32 n);
/** pktbuf_share() - append @n bytes of @from from @off on, sharing pages; false if there is no room. */
bool pktbuf_share(struct pktbuf *pb, const struct pktbuf *from, u32 off, u32 n);
/**
 * pktbuf_append_uio() - append @n bytes of user or kernel data: 0, -EFAULT,
 * -ENOBUFS. Sleeps.
 */
int pktbuf_append_uio(struct pktbuf *pb, struct uio *u, u32 n);
/** pktbuf_append_pages() - the same, never to the linear part: pages can be shared. */
int pktbuf_append_pages(struct pktbuf *pb, struct uio *u, u32 n);
/** pktbuf_append() - append kernel bytes; 0 or -ENOBUFS. Context: any but hard interrupts. */
int pktbuf_append(struct pktbuf *pb, const void *data, u32 n);
/** pktbuf_read() - copy @n bytes from @off; the caller knows that they are there. */
void pktbuf_read(const struct pktbuf *pb, u32 off, void *dst, u32 n);
/** pktbuf_to_uio() - copy to user; bytes copied. Sleeps. */
size_t pktbuf_to_uio(const struct pktbuf *pb, u32 off, struct uio *u, u32 n);
/** pktbuf_sum() - checksum over @n bytes from @off (even) on top of @sum. */
u64 pktbuf_sum(const struct pktbuf *pb, u32 off, u32 n, u64 sum);
/** pktbuf_finish_sum() - compute what PKTSUM_PARTIAL left to the device. */
void pktbuf_finish_sum(struct pktbuf *pb);

/**
 * pktpage_get() - room for bytes in this CPU's shared page
 * @want: at most 32768
 * @least: smaller pieces are not given
 * Return: the page with a reference, *off and *got (least .. want) set; NULL: no
 * memory. Context: any but hard interrupts.
 */
struct page *pktpage_get(u32 want, u32 least, u32 *off, u32 *got, alloc_flags flags);
/** pktpage_at() - address of a byte of a piece. */
static inline u8 *pktpage_at(struct page *p, u32 off) { return (u8 *)page_to_virt(p) + off; }
