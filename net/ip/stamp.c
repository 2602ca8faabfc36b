// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time stamps of datagrams: when one came (SO_TIMESTAMPNS, SO_TIMESTAMPING), and when one left: a packet whose
 * sender wants to know carries a mark in its stamp; the interface that it leaves by tells, and a copy of it, or
 * its number alone, comes back through the error queue. Software stamps only.
 *
 *	mark	negative; the low 8 bits are flags, 32 bits above them the packet's number
 */
#include "ip6_impl.h"

#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/lib/string.h>

#define MARK_BIT	S64_MIN
#define MARK_BARE	1	/* without its bytes */
#define MARK_NUMBERED	2
#define WAITING_MAX	256u	/* stamps that a socket lets lie */
#define ENOMSG_		42u

int isock_set_stamping(struct isock *sk, u32 flags)
{
	if (flags & ~STAMPING_MASK)
		return -EINVAL;
	/* Segments of a stream are not packets of its user's. */
	if (flags & ~STAMPING_KNOWN || (sk->ns.type == SOCK_STREAM && flags & (STAMPING_TX_SOFTWARE | STAMPING_OPT_ID)))
		return -EOPNOTSUPP;
	if (flags & STAMPING_OPT_ID && !(sk->stamping & STAMPING_OPT_ID))
		atomic_set(&sk->stamp_key, 0);
	WRITE_ONCE(sk->stamping, flags);
	return 0;
}

void isock_mark_to_stamp(struct isock *sk, struct pktbuf *pb)
{
	u32 flags = READ_ONCE(sk->stamping), key = 0;

	if (!(flags & STAMPING_TX_SOFTWARE))
		return;
	if (flags & STAMPING_OPT_ID)
		key = (u32)atomic_add_return(&sk->stamp_key, 1) - 1;
	pb->stamp = MARK_BIT | (s64)key << 8 | (flags & STAMPING_OPT_TSONLY ? MARK_BARE : 0) |
		    (flags & STAMPING_OPT_ID ? MARK_NUMBERED : 0);
}

/* @pb is about to leave. Bottom halves off. */
static void tell_sent(struct pktbuf *pb)
{
	s64 mark = pb->stamp;
	struct isock *sk = pb->owner;
	struct pktbuf *c;
	bool has_room;

	pb->stamp = 0;
	if (mark >= 0 || !pktbuf_is_own_write(pb))
		return;
	c = mark & MARK_BARE ? pktbuf_alloc(0, 0, ALLOC_ATOMIC) : pktbuf_clone(pb, ALLOC_ATOMIC);
	if (!c)
		return;
	isock_fill_stamp_error(c, mark & MARK_NUMBERED ? (u32)(mark >> 8) : 0, ENOMSG_);
	c->stamp = clock_realtime_ns();
	spin_lock(&sk->lock);
	has_room = sk->nstamps < WAITING_MAX;
	if (has_room) {
		sk->nstamps++;
		list_add_tail(&c->link, &sk->errq);
	}
	spin_unlock(&sk->lock);
	if (has_room)
		isock_wake(sk, POLLERR);
	else
		pktbuf_free(c);
}

static void put_ns(struct sockmsg *m, int type, s64 stamp, bool in_us)
{
	s64 at[2] = { stamp / (s64)NSEC_PER_SEC, stamp % (s64)NSEC_PER_SEC };

	if (in_us)
		at[1] /= (s64)NSEC_PER_USEC;
	sockmsg_put(m, SOL_SOCKET, type, at, sizeof(at));
}

void isock_put_stamping(struct sockmsg *m, s64 stamp)
{
	s64 at[6] = { stamp / (s64)NSEC_PER_SEC, stamp % (s64)NSEC_PER_SEC };

	sockmsg_put(m, SOL_SOCKET, SO_TIMESTAMPING, at, sizeof(at));
}

void isock_give_stamps(const struct isock *sk, struct sockmsg *m, const struct pktbuf *pb)
{
	u32 flags = READ_ONCE(sk->stamping);

	if (sk->stamp_ns)
		put_ns(m, SO_TIMESTAMPNS, pb->stamp, false);
	else if (sk->ns.options & BIT(SO_TIMESTAMP))
		put_ns(m, SO_TIMESTAMP, pb->stamp, true);
	if (flags & STAMPING_SOFTWARE && flags & STAMPING_RX_SOFTWARE && pb->stamp)
		isock_put_stamping(m, pb->stamp);
}

static int stamp_start(void)
{
	netif_tell_sent = tell_sent;
	return 0;
}
INITCALL(FS, stamp_start);
