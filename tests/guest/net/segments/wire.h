/* SPDX-License-Identifier: GPL-2.0-only */
/* The wire of tcpscript.c: the tun device, the peers behind it, segments that come in and go out. */
#pragma once

#include "names.h"
#include "packet.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LOCAL_PORT	8080
#define PEER_PORT	9000
#define PEERS		20
#define PATIENCE_MS	3000

/* One connection as the wire sees it. */
struct peer {
	uint32_t iss, irs;		/* the script's first number, and the kernel's */
	bool knows_irs;
	uint16_t port, local_port;
	uint32_t last_tsval;		/* of the kernel */
	int fd;
	uint64_t nread, nwritten;
};

static struct peer peers[PEERS], *peer = peers;
static bool is_v6;
static int tun, line_no;
static uint8_t last[PACKET_MAX];	/* what the kernel sent last */
static int last_len;
static double last_event;		/* s: the last packet either way */

__attribute__((format(printf, 1, 2), noreturn))
static void fail(const char *fmt, ...)
{
	va_list ap;

	printf("# line %d: ", line_no);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

static int value_of(const struct name *table, const char *text)
{
	for (; table->text; table++)
		if (!strcmp(table->text, text))
			return table->value;
	fail("unknown name %s", text);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pause_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* ---- the device ---- */

static void need(bool ok, const char *what)
{
	if (!ok)
		fail("%s: %s", what, strerror(errno));
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	need(fd >= 0, path);
	need(write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

static void tun_open(void)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	struct sockaddr_in *a = (void *)&r.ifr_addr;
	int s = socket(AF_INET, SOCK_DGRAM, 0), s6 = socket(AF_INET6, SOCK_DGRAM, 0);
	struct in6_ifreq r6 = { .ifr6_prefixlen = 64 };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };

	strcpy(r.ifr_name, "tun0");
	tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	need(tun >= 0, "/dev/net/tun");
	need(!ioctl(tun, TUNSETIFF, &r), "TUNSETIFF");
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = inet_addr("10.99.0.1");
	need(!ioctl(s, SIOCSIFADDR, &r), "SIOCSIFADDR");
	a->sin_addr.s_addr = inet_addr("255.255.255.0");
	need(!ioctl(s, SIOCSIFNETMASK, &r), "SIOCSIFNETMASK");
	need(!ioctl(s, SIOCGIFFLAGS, &r), "SIOCGIFFLAGS");
	r.ifr_flags |= IFF_UP;
	need(!ioctl(s, SIOCSIFFLAGS, &r), "SIOCSIFFLAGS");
	inet_pton(AF_INET6, "fd99::1", &r6.ifr6_addr);
	r6.ifr6_ifindex = (int)if_nametoindex("tun0");
	need(!ioctl(s6, SIOCSIFADDR, &r6), "SIOCSIFADDR 6");
	a6.sin6_addr = r6.ifr6_addr;
	while (bind(s6, (void *)&a6, sizeof(a6)) && errno == EADDRNOTAVAIL)	/* tentative */
		pause_ms(5);
	close(s);
	close(s6);
}

static socklen_t address(struct sockaddr_storage *to, bool is_peer, uint16_t port)
{
	struct sockaddr_in6 *a6 = (void *)to;
	struct sockaddr_in *a4 = (void *)to;

	memset(to, 0, sizeof(*to));
	if (is_v6) {
		a6->sin6_family = AF_INET6;
		a6->sin6_port = htons(port);
		inet_pton(AF_INET6, is_peer ? "fd99::2" : "fd99::1", &a6->sin6_addr);
		return sizeof(*a6);
	}
	a4->sin_family = AF_INET;
	a4->sin_port = htons(port);
	a4->sin_addr.s_addr = inet_addr(is_peer ? "10.99.0.2" : "10.99.0.1");
	return sizeof(*a4);
}

/* ---- packets ---- */

/* The IP header for @len bytes of @protocol behind it; returns its length. */
static int ip_build(uint8_t *p, int len, int protocol, int ecn)
{
	uint16_t sum;

	if (is_v6) {
		put_be32(p, 6u << 28 | (uint32_t)ecn << 20);
		p[4] = (uint8_t)(len >> 8);
		p[5] = (uint8_t)len;
		p[6] = (uint8_t)protocol;
		p[7] = 64;
		inet_pton(AF_INET6, "fd99::2", p + 8);
		inet_pton(AF_INET6, "fd99::1", p + 24);
		return HEAD6;
	}
	memset(p, 0, HEAD4);
	p[0] = 0x45;
	p[1] = (uint8_t)ecn;
	p[2] = (uint8_t)((len + HEAD4) >> 8);
	p[3] = (uint8_t)(len + HEAD4);
	p[6] = 0x40;
	p[8] = 64;
	p[9] = (uint8_t)protocol;
	inet_pton(AF_INET, "10.99.0.2", p + 12);
	inet_pton(AF_INET, "10.99.0.1", p + 16);
	sum = sum_fold(sum_bytes(p, HEAD4, 0));
	memcpy(p + 10, &sum, 2);
	return HEAD4;
}

static void send_packet(const uint8_t *p, int n)
{
	need(write(tun, p, (size_t)n) == n, "write to tun");
	last_event = now();
}

static void checksum(uint8_t *ip, uint8_t *body, int len, int protocol, int at)
{
	uint32_t sum = (uint32_t)(protocol + len);
	uint16_t v;

	sum = is_v6 ? sum_bytes(ip + 8, 32, sum) : sum_bytes(ip + 12, 8, sum);
	memset(body + at, 0, 2);
	v = sum_fold(sum_bytes(body, (size_t)len, sum));
	memcpy(body + at, &v, 2);
}

static void inject(const struct segment *s)
{
	static uint8_t p[PACKET_MAX];
	struct options o = s->o;
	uint8_t *t, *end;
	int head = is_v6 ? HEAD6 : HEAD4, len;

	if (o.has_ts && o.tsecr == ANY)
		o.tsecr = peer->last_tsval;
	if (is_v6 && o.mss == 1460)
		o.mss = 1440;
	t = p + head;
	t[0] = (uint8_t)(peer->port >> 8);
	t[1] = (uint8_t)peer->port;
	t[2] = (uint8_t)(peer->local_port >> 8);
	t[3] = (uint8_t)peer->local_port;
	put_be32(t + 4, peer->iss + (uint32_t)s->seq);
	put_be32(t + 8, s->ack == ANY ? 0 : peer->irs + (uint32_t)s->ack);
	t[13] = (uint8_t)s->flags;
	t[14] = (uint8_t)((s->win == ANY ? 65535 : s->win) >> 8);
	t[15] = (uint8_t)(s->win == ANY ? 65535 : s->win);
	t[18] = (uint8_t)((s->urg == ANY ? 0 : s->urg) >> 8);
	t[19] = (uint8_t)(s->urg == ANY ? 0 : s->urg);
	end = options_build(t + 20, &o, peer->irs);
	t[12] = (uint8_t)((end - t) / 4 << 4);
	for (int i = 0; i < s->len; i++)
		*end++ = pattern((uint64_t)(s->seq + i - (s->flags & F_SYN ? 0 : 1)));
	len = (int)(end - t);
	ip_build(p, len, IPPROTO_TCP, s->ecn == ANY ? 0 : (int)s->ecn);
	checksum(p, t, len, IPPROTO_TCP, 16);
	if (s->bad_sum)
		t[16] ^= 0x55;
	send_packet(p, head + len);
}

/* A TCP segment of ours in @p? Then it is read into *@s, and *@who had it. */
static bool decode(uint8_t *p, int n, struct segment *s, struct peer **who)
{
	int head = is_v6 ? HEAD6 : HEAD4, thead;
	uint8_t *t = p + head;

	if (n < head + 20 || p[0] >> 4 != (is_v6 ? 6 : 4) || p[is_v6 ? 6 : 9] != IPPROTO_TCP)
		return false;
	*s = (struct segment){ .flags = t[13], .win = get_be16(t + 14), .urg = get_be16(t + 18) };
	*who = NULL;
	for (int i = 0; i < PEERS; i++)
		if (peers[i].port == get_be16(t + 2) &&
		    (!peers[i].local_port || peers[i].local_port == get_be16(t)))
			*who = &peers[i];
	if (!*who)
		fail("a segment to port %u", get_be16(t + 2));
	(*who)->local_port = (uint16_t)get_be16(t);
	if (!(*who)->knows_irs && (s->flags & F_SYN)) {
		(*who)->irs = get_be32(t + 4);
		(*who)->knows_irs = true;
	}
	thead = (t[12] >> 4) * 4;
	s->len = n - head - thead;
	s->seq = (int32_t)(get_be32(t + 4) - (*who)->irs);
	s->ack = s->flags & F_ACK ? (int32_t)(get_be32(t + 8) - (*who)->iss) : ANY;
	s->ecn = is_v6 ? p[1] >> 4 & 3 : p[1] & 3;
	options_read(&s->o, t + 20, t + thead, (*who)->iss);
	if (s->o.has_ts)
		(*who)->last_tsval = (uint32_t)s->o.tsval;
	for (int i = 0; i < s->len; i++)
		if (t[thead + i] != pattern((uint64_t)(s->seq + i - (s->flags & F_SYN ? 0 : 1))))
			fail("byte %d of the segment differs", i);
	memcpy(last, p, (size_t)n);
	last_len = n;
	return true;
}

/* The next TCP segment within @ms; false: none came. */
static bool next_segment(int ms, struct segment *s, struct peer **who)
{
	static uint8_t p[PACKET_MAX];
	double end = now() + ms / 1e3;

	for (;;) {
		struct pollfd pf = { .fd = tun, .events = POLLIN };
		double left = end - now();
		ssize_t n;

		if (poll(&pf, 1, left > 0 ? (int)(left * 1e3) + 1 : 0) != 1) {
			if (now() >= end)
				return false;
			continue;
		}
		n = read(tun, p, sizeof(p));
		if (n > 0 && decode(p, (int)n, s, who))
			return true;
	}
}

static bool matches(const struct segment *want, const struct segment *got)
{
	struct segment w = *want;

	if (is_v6 && w.o.mss == 1460)
		w.o.mss = 1440;
	return w.flags == (got->flags & (w.flags | ~F_PSH)) && SAME(w.seq, got->seq) && w.len == got->len &&
	       SAME(w.ack, got->ack) && SAME(w.win, got->win) && SAME(w.urg, got->urg) && SAME(w.ecn, got->ecn) &&
	       options_match(&w.o, &got->o);
}

/* Time since the last packet: @want ms, within what a busy machine explains. */
static void check_delay(const struct segment *want, double since)
{
	double ms = (now() - since) * 1e3;

	if (want->is_late && (ms < want->delay_ms * 0.75 || ms > want->delay_ms * 1.4 + 250))
		fail("it came after %.0f ms, want %d", ms, want->delay_ms);
}

static void expect(const struct segment *want)
{
	double since = last_event;
	struct segment got;
	struct peer *who;

	if (!next_segment(want->is_late ? want->delay_ms * 2 + PATIENCE_MS : PATIENCE_MS, &got, &who)) {
		segment_print(want, "want");
		fail("nothing came");
	}
	if (who != peer || !matches(want, &got)) {
		segment_print(want, "want");
		segment_print(&got, "got ");
		while (next_segment(50, &got, &who))
			segment_print(&got, "then");
		fail("another segment%s", who == peer ? "" : " of another peer");
	}
	check_delay(want, since);
	last_event = now();
}

static void quiet(int ms)
{
	struct segment got;
	struct peer *who;

	if (next_segment(ms, &got, &who)) {
		segment_print(&got, "got");
		fail("a segment that should not come");
	}
}

/* An ICMP error about the last packet. */
static void icmp(char *words)
{
	static uint8_t p[PACKET_MAX];
	char *save = NULL, *kind = strtok_r(words, " ", &save), *mtu = strtok_r(NULL, " ", &save);
	int head = is_v6 ? HEAD6 : HEAD4, n = last_len < 500 ? last_len : 500;
	static const struct { const char *kind; uint8_t t4, c4, t6, c6; } kinds[] = {
		{ "big", 3, 4, 2, 0 }, { "port", 3, 3, 1, 4 }, { "host", 3, 1, 1, 3 }, { "net", 3, 0, 1, 0 },
		{ "admin", 3, 13, 1, 1 }, { "proto", 3, 2, 4, 1 }, { "ttl", 11, 0, 3, 0 },
	};
	uint8_t *t = p + head;
	uint16_t sum;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!kind || strcmp(kinds[i].kind, kind))
			continue;
		t[0] = is_v6 ? kinds[i].t6 : kinds[i].t4;
		t[1] = is_v6 ? kinds[i].c6 : kinds[i].c4;
		put_be32(t + 4, mtu ? (uint32_t)atoi(mtu) : 0);
		memcpy(t + 8, last, (size_t)n);
		ip_build(p, n + 8, is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 0);
		memset(t + 2, 0, 2);
		sum = sum_fold(sum_bytes(t, (size_t)n + 8, 0));
		memcpy(t + 2, &sum, 2);
		if (is_v6)
			checksum(p, t, n + 8, IPPROTO_ICMPV6, 2);
		send_packet(p, head + n + 8);
		return;
	}
	fail("icmp what?");
}
