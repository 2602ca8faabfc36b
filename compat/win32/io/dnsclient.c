// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking name servers: who they are stands in /etc/resolv.conf (nameserver, search, domain and options
 * ndots, timeout, attempts), as for the C libraries of Linux programs. A question goes to one
 * server after the other by UDP, again by TCP where the answer was too long for that.
 *
 * All happens in the thread of the program that asks: its network, its files. A signal ends the
 * wait and the program's call is made again after it.
 */
#include "../resolver.h"

#include <generated/svc_net.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/random.h>
#include <tern/lib/ipaddr.h>
#include <tern/net/netsock.h>
#include <uapi/fcntl.h>

#define SERVERS_MAX	3
#define SEARCH_MAX	6
#define CONF_MAX	8192
#define TEXT_MAX	256u
#define TIMEOUT_MAX	30
#define ATTEMPTS_MAX	5
#define SECOND		1000000000L
#define TCP_ANSWER_MAX	65535u
#define AF_INET_	2
#define AF_INET6_	10
#define STREAM		1
#define DGRAM		2

struct dns_conf {
	struct dns_addr server[SERVERS_MAX];
	u32 nservers, nsearch, ndots, timeout, attempts;
	char search[SEARCH_MAX][TEXT_MAX];
};

/* One question under way. */
struct asking {
	u8 query[DNS_QUERY_MAX];
	int query_len;
	u8 *answer;			/* kmem large, TCP_ANSWER_MAX + 2 */
};

/* ---- /etc/resolv.conf ---- */

static void take_option(struct dns_conf *c, const char *word)
{
	static const struct { const char *name; u32 offset, max; } known[] = {
		{ "ndots:", offsetof(struct dns_conf, ndots), 15 },
		{ "timeout:", offsetof(struct dns_conf, timeout), TIMEOUT_MAX },
		{ "attempts:", offsetof(struct dns_conf, attempts), ATTEMPTS_MAX },
	};
	u64 v;

	for (u32 i = 0; i < ARRAY_SIZE(known); i++) {
		size_t n = strlen(known[i].name);

		if (!strncmp(word, known[i].name, n) && !parse_u64(word + n, 10, &v, NULL))
			*(u32 *)((u8 *)c + known[i].offset) = (u32)min(v, (u64)known[i].max);
	}
}

static void take_server(struct dns_conf *c, const char *word)
{
	struct dns_addr *a = &c->server[c->nservers];

	if (c->nservers == SERVERS_MAX)
		return;
	a->len = ip4_from_text(word, a->bytes) ? 4 : ip6_from_text(word, a->bytes) ? 16 : 0;
	c->nservers += a->len != 0;
}

static void take_line(struct dns_conf *c, char *line)
{
	char *word, *key;

	line[strcspn(line, "#;\r")] = 0;
	key = strsep(&line, " \t");
	if (!strcmp(key, "search") || !strcmp(key, "domain"))
		c->nsearch = 0;
	while ((word = strsep(&line, " \t")) != NULL) {
		if (!*word)
			continue;
		if (!strcmp(key, "nameserver"))
			take_server(c, word);
		else if (!strcmp(key, "options"))
			take_option(c, word);
		else if ((!strcmp(key, "search") || !strcmp(key, "domain")) && c->nsearch < SEARCH_MAX)
			strlcpy(c->search[c->nsearch++], word, TEXT_MAX);
	}
}

static struct dns_conf *read_conf(void)
{
	struct dns_conf *c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);
	char *text = kmem_zalloc(CONF_MAX, ALLOC_KERNEL), *at = text, *line;
	struct ofile *f = ofile_open_kernel("/etc/resolv.conf", O_RDONLY, 0);
	loff_t pos = 0;

	if (c && text && !IS_ERR(f) && ofile_read_kernel(f, text, CONF_MAX - 1, &pos) < 0)
		text[0] = 0;
	if (!IS_ERR(f))
		ofile_put(f);
	if (c && text) {
		c->ndots = 1;
		c->timeout = 5;
		c->attempts = 2;
		while ((line = strsep(&at, "\n")) != NULL)
			take_line(c, line);
		if (!c->nservers)
			take_server(c, "127.0.0.1");
	}
	kmem_free(text);
	return c;
}

/* ---- talking to a server ---- */

static struct ofile *reach(const struct dns_addr *server, int type, nsec_t timeout)
{
	struct sockaddr_any to = { .family = server->len == 4 ? AF_INET_ : AF_INET6_ };
	struct netsock *s = svc_net_create(to.family, type, 0);
	struct ofile *f;
	int err;

	if (IS_ERR(s))
		return ERR_PTR(PTR_ERR(s));
	f = netsock_file(s, 0);
	if (IS_ERR(f))
		return f;
	put_be16(to.data, DNS_PORT);
	memcpy(to.data + (server->len == 4 ? 2 : 6), server->bytes, server->len);
	s->rcvtimeo = s->sndtimeo = timeout;
	err = svc_net_connect(s, &to, server->len == 4 ? 16 : 28, true);
	if (!err)
		return f;
	ofile_put(f);
	return ERR_PTR(err);
}

static ssize_t transfer(struct ofile *f, void *buf, size_t n, bool is_send)
{
	struct uio u;
	struct sockmsg m = { .uio = &u, .flags = is_send ? MSG_NOSIGNAL : 0 };

	uio_init_kernel(&u, buf, n);
	return is_send ? svc_net_send(netsock_of(f), &m) : svc_net_recv(netsock_of(f), &m);
}

/* Bytes of the answer, or -errno; answers to other questions are passed over while time is left. */
static ssize_t ask_udp(struct asking *q, const struct dns_addr *server, nsec_t timeout, struct dns_addr *out,
		       u32 room, struct dns_answer *a)
{
	nsec_t end = clock_ns() + timeout;
	struct ofile *f = reach(server, DGRAM, timeout);
	ssize_t n;

	if (IS_ERR(f))
		return PTR_ERR(f);
	n = transfer(f, q->query, q->query_len, true);
	while (n >= 0) {
		n = transfer(f, q->answer, TCP_ANSWER_MAX, false);
		if (n < 0 || !dns_read_answer(q->answer, n, q->query, q->query_len, out, room, a))
			break;
		n = clock_ns() < end ? 0 : -EAGAIN;
	}
	ofile_put(f);
	return n;
}

static ssize_t receive_all(struct ofile *f, u8 *buf, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t k = transfer(f, buf + done, n - done, false);

		if (k <= 0)
			return k ? k : -ECONNRESET;
		done += k;
	}
	return done;
}

static ssize_t ask_tcp(struct asking *q, const struct dns_addr *server, nsec_t timeout, struct dns_addr *out,
		       u32 room, struct dns_answer *a)
{
	struct ofile *f = reach(server, STREAM, timeout);
	u8 head[2];
	ssize_t n;

	if (IS_ERR(f))
		return PTR_ERR(f);
	put_be16(head, (u16)q->query_len);
	n = transfer(f, head, sizeof(head), true);
	if (n >= 0)
		n = transfer(f, q->query, q->query_len, true);
	if (n >= 0)
		n = receive_all(f, head, sizeof(head));
	if (n >= 0)
		n = receive_all(f, q->answer, get_be16(head));
	ofile_put(f);
	if (n < 0)
		return n;
	return dns_read_answer(q->answer, n, q->query, q->query_len, out, room, a) ? -EBADMSG : n;
}

static bool is_signal(ssize_t err)
{
	return err == -ERESTARTSYS || err == -EINTR || err == -ERESTARTNOINTR || err == -ERESTARTNOHAND;
}

/* 0 with an answer that settles it, -EAGAIN if no server gave one, or that of a signal. */
static int ask_all(const struct dns_conf *c, struct asking *q, struct dns_addr *out, u32 room, struct dns_answer *a)
{
	for (u32 i = 0; i < c->attempts * c->nservers; i++) {
		const struct dns_addr *server = &c->server[i % c->nservers];
		ssize_t n = ask_udp(q, server, c->timeout * SECOND, out, room, a);

		if (n >= 0 && a->is_cut)
			n = ask_tcp(q, server, c->timeout * SECOND, out, room, a);
		if (is_signal(n))
			return n;
		if (n >= 0 && (a->code == DNS_OK || a->code == DNS_NO_SUCH_NAME))
			return 0;
	}
	return -EAGAIN;
}

/* ---- which names to ask for ---- */

/* The @i-th name to try, in @out; false: there are no more. */
static bool candidate(const struct dns_conf *c, const char *name, u32 i, char out[TEXT_MAX])
{
	bool is_whole = *name && name[strlen(name) - 1] == '.';
	u32 dots = 0, as_is;

	for (const char *p = name; *p; p++)
		dots += *p == '.';
	as_is = is_whole || dots >= c->ndots ? 0 : c->nsearch;
	if (i > (is_whole ? 0 : c->nsearch))
		return false;
	strlcpy(out, name, TEXT_MAX);
	if (i == as_is)
		return true;
	strlcat(out, ".", TEXT_MAX);
	strlcat(out, c->search[i - (as_is == 0)], TEXT_MAX);
	return true;
}

static int look_up(const struct dns_conf *c, struct asking *q, const char *name, u16 type, struct dns_addr *out,
		   u32 room, u32 *n)
{
	char full[TEXT_MAX];
	struct dns_answer a;
	int err, worst = -ENOENT;

	for (u32 i = 0; candidate(c, name, i, full); i++) {
		q->query_len = dns_question(q->query, (u16)random_u32(), full, type);
		if (q->query_len < 0)
			continue;
		err = ask_all(c, q, out, room, &a);
		if (is_signal(err))
			return err;
		if (err == -EAGAIN)
			worst = err;
		if (!err && a.n) {
			*n = a.n;
			return 0;
		}
	}
	return worst;
}

int nt_dns_lookup(const char *name, u16 type, struct dns_addr *out, u32 room, u32 *n)
{
	struct asking *q = kmem_zalloc(sizeof(*q), ALLOC_KERNEL);
	struct dns_conf *c = read_conf();
	int err = -ENOMEM;

	*n = 0;
	if (q)
		q->answer = kmem_alloc_large(TCP_ANSWER_MAX + 2, ALLOC_KERNEL);
	if (c && q && q->answer)
		err = look_up(c, q, name, type, out, room, n);
	if (q)
		kmem_free_large(q->answer);
	kmem_free(q);
	kmem_free(c);
	return err;
}
