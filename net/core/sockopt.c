// SPDX-License-Identifier: GPL-2.0-only
/* SOL_SOCKET options and the limits under /proc/sys/net/core. */
#include "core_impl.h"

#include <tern/fs/procfs.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/net/netctl.h>
#include <tern/lib/string.h>
#include <tern/net/sockfilter.h>
#include <uapi/if_packet.h>

u64 sock_wmem_max = SOCK_BUF_DEFAULT, sock_rmem_max = SOCK_BUF_DEFAULT;
u64 sock_wmem_default = SOCK_BUF_DEFAULT, sock_rmem_default = SOCK_BUF_DEFAULT;

#define NET_LIMIT(var, file, val, lo)						\
	static struct procint var = { .path = "sys/net/core/" file, .value = &(val), .min = lo,	\
		.max = S32_MAX, .width = 8 };					\
	PROCINT(var)
NET_LIMIT(wmem_max_int, "wmem_max", sock_wmem_max, SOCK_BUF_MIN);
NET_LIMIT(rmem_max_int, "rmem_max", sock_rmem_max, SOCK_RCVBUF_MIN);
NET_LIMIT(wmem_default_int, "wmem_default", sock_wmem_default, SOCK_BUF_MIN);
NET_LIMIT(rmem_default_int, "rmem_default", sock_rmem_default, SOCK_RCVBUF_MIN);
NETCTL(somaxconn, "core/somaxconn", ns->somaxconn, 0, S32_MAX);

/* Options that are one kept bit. */
#define BOOL_OPTIONS	(BIT(SO_DEBUG) | BIT(SO_REUSEADDR) | BIT(SO_DONTROUTE) | BIT(SO_BROADCAST) | \
			 BIT(SO_KEEPALIVE) | BIT(SO_OOBINLINE) | BIT(SO_REUSEPORT) | SOCKOPT_PASSCRED | \
			 BIT(SO_TIMESTAMP))

static bool is_bool_option(int name)
{
	return name > 0 && name < 32 && (BOOL_OPTIONS & BIT(name));
}

/* The stored size is twice what was asked for, as room for bookkeeping. */
static void set_buf(u32 *buf, s32 v, u64 max, u32 least, bool force)
{
	u32 n = v < 0 ? 0 : (u32)v;

	if (!force)
		n = min_t(u64, n, max);
	n = min_t(u32, n, S32_MAX / 2);
	WRITE_ONCE(*buf, max_t(u32, n * 2, least));
}

static int set_timeout(nsec_t *t, const void *val, u32 len)
{
	struct { s64 sec, usec; } tv;

	if (len < sizeof(tv))
		return -EINVAL;
	memcpy(&tv, val, sizeof(tv));
	if (tv.usec < 0 || tv.usec >= 1000000)
		return -EDOM;
	if (tv.sec < 0 || (u64)tv.sec > S64_MAX / NSEC_PER_SEC - 1)
		*t = tv.sec < 0 ? 1 : 0;	/* a negative time is over at once */
	else
		*t = (u64)tv.sec * NSEC_PER_SEC + (u64)tv.usec * NSEC_PER_USEC;
	return 0;
}

static int set_special(struct netsock *s, int name, const void *val, u32 len, s32 v)
{
	struct linger lg;

	switch (name) {
	case SO_SNDBUF:
		s->sndbuf_locked = true;
		set_buf(&s->sndbuf, v, sock_wmem_max, SOCK_BUF_MIN, false);
		waitq_wake(&s->wait, 0, POLLOUT | POLLWRNORM);
		return 0;
	case SO_RCVBUF:
		s->rcvbuf_locked = true;
		set_buf(&s->rcvbuf, v, sock_rmem_max, SOCK_RCVBUF_MIN, false);
		return 0;
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
		if (!netns_cap(CAP_NET_ADMIN))
			return -EPERM;
		*(name == SO_SNDBUFFORCE ? &s->sndbuf_locked : &s->rcvbuf_locked) = true;
		set_buf(name == SO_SNDBUFFORCE ? &s->sndbuf : &s->rcvbuf, v, 0,
			name == SO_SNDBUFFORCE ? SOCK_BUF_MIN : SOCK_RCVBUF_MIN, true);
		return 0;
	case SO_PRIORITY:
		if ((v < 0 || v > 6) && !netns_cap(CAP_NET_ADMIN))
			return -EPERM;
		s->priority = v;
		return 0;
	case SO_LINGER:
		if (len < sizeof(lg))
			return -EINVAL;
		memcpy(&lg, val, sizeof(lg));
		s->linger = lg;
		return 0;
	case SO_ZEROCOPY:
		if (s->type != SOCK_STREAM || s->family == AF_UNIX)
			return -EOPNOTSUPP;
		if (v < 0 || v > 1)
			return -EINVAL;
		s->zerocopy = v;
		return 0;
	case SO_MAX_PACING_RATE:
		if (len >= sizeof(s->max_pacing))
			memcpy(&s->max_pacing, val, sizeof(s->max_pacing));
		else
			s->max_pacing = (u32)v == U32_MAX ? U64_MAX : (u32)v;
		return 0;
	case SO_RCVLOWAT:
		WRITE_ONCE(s->rcvlowat, v < 0 ? (u32)S32_MAX : v ? (u32)v : 1);
		return 0;
	case SO_PASSSEC:
		WRITE_ONCE(s->passes_labels, v);
		return 0;
	case SO_ATTACH_FILTER:
	case SO_DETACH_FILTER:
	case SO_LOCK_FILTER:
		return sockfilter_set(s, name, val, len);
	case SO_TYPE:
	case SO_PROTOCOL:
	case SO_DOMAIN:
	case SO_ERROR:
	case SO_ACCEPTCONN:
	case SO_SNDLOWAT:
	case SO_PEERCRED:
		return -ENOPROTOOPT;
	}
	return s->ops->setopt(s, SOL_SOCKET, name, val, len);
}

int sockopt_set(struct netsock *s, int level, int name, const void *val, u32 len)
{
	s32 v;

	if (level != SOL_SOCKET)
		return s->ops->setopt(s, level, name, val, len);
	if (name == SO_RCVTIMEO)
		return set_timeout(&s->rcvtimeo, val, len);
	if (name == SO_SNDTIMEO)
		return set_timeout(&s->sndtimeo, val, len);
	if (name == SO_BINDTODEVICE)	/* a name, of any length */
		return s->ops->setopt(s, SOL_SOCKET, name, val, len);
	if (len < sizeof(v))
		return -EINVAL;
	memcpy(&v, val, sizeof(v));
	if (!is_bool_option(name))
		return set_special(s, name, val, len, v);
	if (v)
		__atomic_fetch_or(&s->options, (u32)BIT(name), __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&s->options, ~(u32)BIT(name), __ATOMIC_SEQ_CST);
	if (name == SO_KEEPALIVE && s->type == SOCK_STREAM && s->family != AF_UNIX)
		return s->ops->setopt(s, SOL_SOCKET, name, val, len);
	return 0;
}

static int get_timeout(nsec_t t, void *val, u32 *len)
{
	struct { s64 sec, usec; } tv = { t / NSEC_PER_SEC, t % NSEC_PER_SEC / NSEC_PER_USEC };

	*len = min_t(u32, *len, sizeof(tv));
	memcpy(val, &tv, *len);
	return 0;
}

int sockopt_get(struct netsock *s, int level, int name, void *val, u32 *len)
{
	s32 v;

	if (level != SOL_SOCKET)
		return s->ops->getopt(s, level, name, val, len);
	if (name == SO_RCVTIMEO || name == SO_SNDTIMEO)
		return get_timeout(name == SO_RCVTIMEO ? s->rcvtimeo : s->sndtimeo, val, len);
	if (name == SO_LINGER) {
		*len = min_t(u32, *len, sizeof(s->linger));
		memcpy(val, &s->linger, *len);
		return 0;
	}
	if (name == SO_MAX_PACING_RATE && *len >= sizeof(s->max_pacing)) {
		*len = sizeof(s->max_pacing);
		memcpy(val, &s->max_pacing, *len);
		return 0;
	}
	if (is_bool_option(name))
		v = !!(s->options & BIT(name));
	else if (name == SO_TYPE)
		v = s->type;
	else if (name == SO_DOMAIN)
		v = s->family;
	else if (name == SO_PROTOCOL)
		v = s->protocol;
	else if (name == SO_ERROR)
		v = -(s->error ? netsock_take_error(s) : xchg(&s->soft_error, 0));
	else if (name == SO_SNDBUF)
		v = s->sndbuf;
	else if (name == SO_RCVBUF)
		v = s->rcvbuf;
	else if (name == SO_PRIORITY)
		v = s->priority;
	else if (name == SO_RCVLOWAT)
		v = s->rcvlowat;
	else if (name == SO_ZEROCOPY)
		v = s->zerocopy;
	else if (name == SO_MAX_PACING_RATE)
		v = (s32)min_t(u64, s->max_pacing, U32_MAX);
	else if (name == SO_SNDLOWAT)
		v = 1;
	else if (name == SO_PASSSEC)
		v = s->passes_labels;
	else
		return s->ops->getopt(s, level, name, val, len);
	*len = min_t(u32, *len, sizeof(v));
	memcpy(val, &v, *len);
	return 0;
}
