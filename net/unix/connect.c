// SPDX-License-Identifier: GPL-2.0-only
/* Making connections: listen, connect, accept, socketpair. */
#include "unix_impl.h"

#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>

void usock_peercred_self(struct usock *u)
{
	const struct credset *c = cred_self();
	struct pidref *pid = pidref_get(process_self()->p_pid), *old_pid;
	struct grouplist *groups = c->groups, *old_groups;

	if (groups)
		ref_get(&groups->refs);
	spin_lock(&u->lock);
	old_pid = u->peer_pid;
	old_groups = u->peer_groups;
	u->peer_pid = pid;
	u->peer_uid = c->euid;
	u->peer_gid = c->egid;
	u->peer_groups = groups;
	spin_unlock(&u->lock);
	pidref_put(old_pid);
	if (old_groups)
		grouplist_put(old_groups);
}

/* A listener's identity is what it was at listen(): those who connect see that.
 * Locks: from->lock.
 */
static void peercred_copy(struct usock *to, const struct usock *from)
{
	to->peer_pid = pidref_get(from->peer_pid);
	to->peer_uid = from->peer_uid;
	to->peer_gid = from->peer_gid;
	to->peer_groups = from->peer_groups;
	if (to->peer_groups)
		ref_get(&to->peer_groups->refs);
}

static void lock_two(struct usock *a, struct usock *b)
{
	if (a > b) {
		struct usock *t = a;

		a = b;
		b = t;
	}
	spin_lock(&a->lock);
	if (a != b)
		spin_lock_nested(&b->lock);
}

static void unlock_two(struct usock *a, struct usock *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

int usock_pair(struct netsock *na, struct netsock *nb)
{
	struct usock *a = usock_of(na), *b = usock_of(nb);

	usock_peercred_self(a);
	usock_peercred_self(b);
	usock_get(a);
	usock_get(b);
	a->peer = b;
	b->peer = a;
	a->state = USTATE_CONNECTED;
	b->state = USTATE_CONNECTED;
	return 0;
}

int ustream_listen(struct netsock *s, int backlog)
{
	struct usock *u = usock_of(s);
	int err = 0;

	kmutex_lock(&u->state_lock);
	if (!u->addr)
		err = -EINVAL;
	else if (u->state == USTATE_CONNECTED)
		err = -EINVAL;
	if (!err) {
		usock_peercred_self(u);
		spin_lock(&u->lock);
		u->backlog = (u32)backlog;
		u->state = USTATE_LISTEN;
		spin_unlock(&u->lock);
		usock_wake(u, UWAKE_WRITE);
	}
	kmutex_unlock(&u->state_lock);
	return err;
}

enum { TRY_AGAIN = 1 };

/* Put @e, the other end of @u, into the listener's queue. TRY_AGAIN: it is full. */
static int enter_backlog(struct usock *u, struct usock *listener, struct usock *e)
{
	int err = 0;

	spin_lock(&listener->lock);
	if (listener->state != USTATE_LISTEN || listener->is_dead || listener->shutdown & USHUT_RECV) {
		err = -ECONNREFUSED;
	} else if (listener->qlen > listener->backlog) {
		err = TRY_AGAIN;
	} else {
		peercred_copy(u, listener);
		e->listener = listener;
		e->addr = listener->addr;
		ref_get(&e->addr->refs);
		e->state = USTATE_CONNECTED;
		e->peer = u;
		usock_get(u);
		u->state = USTATE_CONNECTED;
		usock_get(e);
		store_release(&u->peer, e);
		list_add_tail(&e->embryo_link, &listener->queue);
		listener->qlen++;
	}
	spin_unlock(&listener->lock);
	return err;
}

static bool backlog_has_room(const struct usock *l)
{
	return READ_ONCE(l->qlen) <= READ_ONCE(l->backlog) || READ_ONCE(l->is_dead) ||
	       READ_ONCE(l->shutdown);
}

static int connect_locked(struct usock *u, const struct sockaddr_any *a, u32 len, nsec_t deadline)
{
	struct usock *listener, *e;
	int err;

	if (u->state == USTATE_CONNECTED)
		return -EISCONN;
	if (u->state == USTATE_LISTEN)
		return -EINVAL;
	if (u->ns.options & SOCKOPT_PASSCRED && !u->addr) {
		err = usock_autobind(u);
		if (err)
			return err;
	}
	e = usock_alloc(u->ns.type);
	if (!e)
		return -ENOMEM;
	usock_peercred_self(e);
	for (;;) {
		listener = usock_find(a, len, u->ns.type);
		if (IS_ERR(listener)) {
			err = PTR_ERR(listener);
			break;
		}
		err = enter_backlog(u, listener, e);
		if (err == TRY_AGAIN)
			err = !deadline ? -EAGAIN :
			      waitq_wait_intr_until(&listener->ns.wait, backlog_has_room(listener), deadline);
		else if (!err)
			usock_wake(listener, UWAKE_READ);
		else
			deadline = 0;
		if (err == -ETIMEDOUT)
			err = -EAGAIN;
		usock_put(listener);
		if (err || u->state == USTATE_CONNECTED)
			break;
	}
	if (err)
		usock_release(&e->ns);
	return err;
}

static nsec_t send_deadline(const struct netsock *s, bool may_block)
{
	if (!may_block)
		return 0;
	return s->sndtimeo ? deadline_after(s->sndtimeo) : WAIT_FOREVER;
}

int ustream_connect(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block)
{
	struct usock *u = usock_of(s);
	int err;

	kmutex_lock(&u->state_lock);
	err = connect_locked(u, a, len, send_deadline(s, may_block));
	kmutex_unlock(&u->state_lock);
	if (!err)
		usock_wake(u, UWAKE_WRITE);
	return err;
}

static struct usock *embryo_pop(struct usock *u)
{
	struct usock *e;

	spin_lock(&u->lock);
	e = list_first_entry_or_null(&u->queue, struct usock, embryo_link);
	if (e) {
		list_del_init(&e->embryo_link);
		e->listener = NULL;
		u->qlen--;
	}
	spin_unlock(&u->lock);
	return e;
}

struct netsock *ustream_accept(struct netsock *s, bool may_block)
{
	nsec_t deadline = s->rcvtimeo ? deadline_after(s->rcvtimeo) : WAIT_FOREVER;
	struct usock *u = usock_of(s), *e;
	int err;

	if (READ_ONCE(u->state) != USTATE_LISTEN)
		return ERR_PTR(-EINVAL);
	while (!(e = embryo_pop(u))) {
		if (READ_ONCE(u->shutdown) & USHUT_RECV)
			return ERR_PTR(-EINVAL);
		if (!may_block)
			return ERR_PTR(-EAGAIN);
		err = waitq_wait_common(&s->wait, !list_is_empty(&u->queue) || READ_ONCE(u->shutdown),
					THREAD_SLEEPING, true, deadline);
		if (err)
			return ERR_PTR(err == -ETIMEDOUT ? -EAGAIN : err);
	}
	usock_wake(u, UWAKE_WRITE);	/* room for another */
	return &e->ns;			/* with the reference that its file will hold */
}

/* ---- datagrams ---- */

int udgram_connect(struct netsock *s, const struct sockaddr_any *a, u32 len, bool may_block)
{
	struct usock *u = usock_of(s), *peer = NULL, *old;
	int err = 0;

	kmutex_lock(&u->state_lock);
	if (len < sizeof(a->family)) {
		err = -EINVAL;
	} else if (a->family != AF_UNSPEC) {
		if (u->ns.options & SOCKOPT_PASSCRED && !u->addr)
			err = usock_autobind(u);
		peer = err ? NULL : usock_find(a, len, s->type);
		if (IS_ERR(peer)) {
			err = PTR_ERR(peer);
			peer = NULL;
		}
	}
	if (!err && peer) {
		lock_two(u, peer);
		if (peer->peer && peer->peer != u)
			err = -EPERM;	/* it only listens to another one */
		unlock_two(u, peer);
	}
	if (err) {
		if (peer)
			usock_put(peer);
		goto out;
	}
	spin_lock(&u->lock);
	old = u->peer;
	u->peer = peer;
	u->state = peer ? USTATE_CONNECTED : USTATE_IDLE;
	spin_unlock(&u->lock);
	if (old)
		usock_put(old);
	usock_wake(u, UWAKE_WRITE);
out:
	kmutex_unlock(&u->state_lock);
	return err;
}
