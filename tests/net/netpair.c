// SPDX-License-Identifier: GPL-2.0-only
/*
 * One end of a pair of machines, for scripts/run-net-pairs.
 *
 *	netpair serve				answer until told to quit
 *	netpair HOST put|get|both BYTES		one TCP connection; every byte is compared
 *	netpair HOST udp COUNT			datagrams of all sizes, echoed, compared
 *	netpair HOST crowd COUNT		rounds of datagrams that wait for their reader side by side
 *	netpair HOST storm COUNT		connections of one short question each
 *	netpair HOST quit			end the server
 *	netpair - link loss=N reorder=N		set the cable (per mille), by a frame that it answers
 *
 * NETPAIR_PORT in the environment: the server's port, if it is not 7000.
 *
 * The bytes of a stream are a block of pseudo-random bytes over and over; the block's length
 * is odd, so bytes that are missing, doubled or out of place never compare equal.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT		7000		/* unless NETPAIR_PORT says otherwise */
#define BLOCK		1048573u
#define PIECE		65536u
#define LINK_TYPE	0x88b5		/* local experimental use */
#define OPEN_TRIES	60

enum { OP_PUT = 1, OP_GET = 2, OP_BOTH = 3, OP_PING = 4, OP_QUIT = 5 };

struct request { uint32_t op, unused; uint64_t bytes; };
struct verdict { uint64_t bytes; uint32_t good, unused; };

static unsigned char block[BLOCK + PIECE];

static void fill_block(void)
{
	uint64_t x = 88172645463325252ull;

	for (unsigned i = 0; i < BLOCK; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		block[i] = (unsigned char)(x >> 24);
	}
	memcpy(block + BLOCK, block, PIECE);
}

static int complain(const char *what)
{
	printf("# %s: %s\n", what, strerror(errno));
	return -1;
}

static int send_stream(int s, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; ) {
		size_t want = bytes - at < PIECE ? (size_t)(bytes - at) : PIECE;
		ssize_t n = send(s, block + at % BLOCK, want, MSG_NOSIGNAL);

		if (n <= 0)
			return complain("send");
		at += (uint64_t)n;
	}
	return 0;
}

/* What is wrong, and which bytes of the stream's block stand there instead. */
static void tell_difference(const unsigned char *in, size_t n, uint64_t at)
{
	const unsigned char *want = block + at % BLOCK, *found;
	size_t first = 0, last = n - 1;

	while (in[first] == want[first])
		first++;
	while (in[last] == want[last])
		last--;
	found = memmem(block, sizeof(block), in + first, last - first < 8 ? last - first + 1 : 8);
	printf("# bytes %llu to %llu differ, received with %llu: those of %ld instead of %ld\n",
	       (unsigned long long)(at + first), (unsigned long long)(at + last), (unsigned long long)at,
	       found ? (long)(found - block) : -1L, (long)((at + first) % BLOCK));
	for (size_t i = first; i < first + 16 && i < n; i++)
		printf("%s%02x/%02x%s", i == first ? "# " : " ", in[i], want[i], i == first + 15 ? "\n" : "");
}

static int recv_stream(int s, uint64_t bytes)
{
	static __thread unsigned char in[PIECE];

	for (uint64_t at = 0; at < bytes; ) {
		size_t want = bytes - at < PIECE ? (size_t)(bytes - at) : PIECE;
		ssize_t n = recv(s, in, want, 0);

		if (n <= 0)
			return complain(n ? "recv" : "recv: end of stream");
		if (memcmp(in, block + at % BLOCK, (size_t)n)) {
			tell_difference(in, (size_t)n, at);
			return -1;
		}
		at += (uint64_t)n;
	}
	return 0;
}

struct job { int s; uint64_t bytes; int result; };

static void *send_job(void *arg)
{
	struct job *j = arg;

	j->result = send_stream(j->s, j->bytes);
	return NULL;
}

/* Both directions at once. */
static int exchange(int s, uint64_t bytes)
{
	struct job j = { s, bytes, -1 };
	pthread_t t;
	int in;

	if (pthread_create(&t, NULL, send_job, &j))
		return -1;
	in = recv_stream(s, bytes);
	pthread_join(t, NULL);
	return in || j.result ? -1 : 0;
}

static int recv_all(int s, void *to, size_t n)
{
	return recv(s, to, n, MSG_WAITALL) == (ssize_t)n ? 0 : -1;
}

/* ---- the server ---- */

/* One connection; 1: the server shall end. */
static int serve_one(int s)
{
	struct verdict v = { 0 };
	struct request r;

	if (recv_all(s, &r, sizeof(r)))
		return 0;
	if (r.op == OP_QUIT)
		return 1;
	v.bytes = r.bytes;
	v.good = !(r.op == OP_PUT ? recv_stream(s, r.bytes) : r.op == OP_GET ? send_stream(s, r.bytes) :
		   r.op == OP_BOTH ? exchange(s, r.bytes) : 0);
	send(s, &v, sizeof(v), MSG_NOSIGNAL);
	shutdown(s, SHUT_WR);
	recv(s, &v, 1, 0);	/* the client's FIN */
	return 0;
}

static void *serve_udp(void *arg)
{
	static unsigned char in[PIECE];
	int s = *(int *)arg;
	struct sockaddr_in6 from;
	socklen_t len;
	ssize_t n;

	for (;;) {
		len = sizeof(from);
		n = recvfrom(s, in, sizeof(in), 0, (struct sockaddr *)&from, &len);
		if (n >= 0)
			sendto(s, in, (size_t)n, 0, (struct sockaddr *)&from, len);
	}
	return NULL;
}

static void *serve_thread(void *arg)
{
	int s = (int)(intptr_t)arg;

	if (serve_one(s))
		exit(0);
	close(s);
	return NULL;
}

static in_port_t port(void)
{
	const char *text = getenv("NETPAIR_PORT");

	return htons((uint16_t)(text ? atoi(text) : PORT));
}

static int serve(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = port() };
	int l = socket(AF_INET6, SOCK_STREAM, 0), u = socket(AF_INET6, SOCK_DGRAM, 0), one = 1;
	pthread_t t;

	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(l, (struct sockaddr *)&a, sizeof(a)) || listen(l, 128) ||
	    bind(u, (struct sockaddr *)&a, sizeof(a)) || pthread_create(&t, NULL, serve_udp, &u))
		return complain("serve");
	for (;;) {
		int s = accept(l, NULL, NULL);

		if (s < 0)
			return complain("accept");
		if (pthread_create(&t, NULL, serve_thread, (void *)(intptr_t)s))
			return complain("thread");
		pthread_detach(t);
	}
}

/* ---- the client ---- */

static socklen_t address(const char *host, struct sockaddr_storage *to)
{
	struct sockaddr_in6 *a6 = (void *)to;
	struct sockaddr_in *a4 = (void *)to;

	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET6, host, &a6->sin6_addr) == 1) {
		a6->sin6_family = AF_INET6;
		a6->sin6_port = port();
		return sizeof(*a6);
	}
	a4->sin_family = AF_INET;
	a4->sin_port = port();
	inet_pton(AF_INET, host, &a4->sin_addr);
	return sizeof(*a4);
}

/* The peer may still be booting. */
static int open_to(const char *host)
{
	struct sockaddr_storage to;
	socklen_t len = address(host, &to);

	for (int i = 0; i < OPEN_TRIES; i++) {
		int s = socket(to.ss_family, SOCK_STREAM, 0);

		if (!connect(s, (struct sockaddr *)&to, len))
			return s;
		close(s);
		usleep(500000);
	}
	return complain("connect");
}

static int transfer(const char *host, unsigned op, uint64_t bytes)
{
	struct request r = { .op = op, .bytes = bytes };
	int s = open_to(host), result = 0;
	struct verdict v = { 0 };

	if (s < 0 || send(s, &r, sizeof(r), 0) != sizeof(r))
		return -1;
	if (op == OP_QUIT)
		return 0;
	if (op == OP_PUT)
		result = send_stream(s, bytes);
	else if (op == OP_GET)
		result = recv_stream(s, bytes);
	else if (op == OP_BOTH)
		result = exchange(s, bytes);
	if (recv_all(s, &v, sizeof(v)) || !v.good || v.bytes != bytes)
		result = complain("verdict");
	close(s);
	return result;
}

static int storm(const char *host, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++)
		if (transfer(host, OP_PING, i))
			return -1;
	return 0;
}

/* One datagram there and back; lost ones are sent again. */
static int bounce(int s, uint32_t number, size_t len)
{
	static unsigned char out[PIECE], in[PIECE];
	struct pollfd p = { .fd = s, .events = POLLIN };

	memcpy(out, &number, sizeof(number));
	memcpy(out + sizeof(number), block + number % PIECE, len - sizeof(number));
	for (int i = 0; i < 40; i++) {
		if (send(s, out, len, 0) != (ssize_t)len)
			return complain("send");
		while (poll(&p, 1, 250) == 1) {
			ssize_t n = recv(s, in, sizeof(in), 0);

			if (n < (ssize_t)sizeof(number) || memcmp(in, &number, sizeof(number)))
				continue;	/* an answer of before */
			if (n != (ssize_t)len || memcmp(in, out, len)) {
				printf("# datagram %u of %zu bytes came back as %zd\n", number, len, n);
				return -1;
			}
			return 0;
		}
	}
	printf("# datagram %u of %zu bytes: no answer\n", number, len);
	return -1;
}

#define CROWD	32u
#define SHORTEST	120u

/* All are sent before the first answer is read; lost ones are not missed. Answers that came, or -1. */
static int crowd_round(int s, uint32_t round)
{
	unsigned char out[SHORTEST + CROWD * 8], in[sizeof(out)];
	struct pollfd p = { .fd = s, .events = POLLIN };
	int came = 0;

	for (uint32_t i = 0; i < CROWD; i++) {
		memcpy(out, &i, sizeof(i));
		memcpy(out + sizeof(i), block + i * 977, sizeof(out) - sizeof(i));
		if (send(s, out, SHORTEST + (i * 8 + round) % (CROWD * 8), 0) < 0)
			return complain("send");
	}
	if (poll(&p, 1, 1000) == 1)
		usleep(20000);		/* the others come to lie beside it */
	for (; poll(&p, 1, 0) == 1; came++) {
		ssize_t n = recv(s, in, sizeof(in), 0);
		uint32_t i;

		memcpy(&i, in, sizeof(i));
		if (n < (ssize_t)SHORTEST || i >= CROWD ||
		    memcmp(in + sizeof(i), block + i * 977, (size_t)n - sizeof(i))) {
			printf("# a datagram of %zd bytes, number %u, is not what was sent\n", n, i);
			return -1;
		}
	}
	return came;
}

static int crowd(const char *host, unsigned long rounds)
{
	struct sockaddr_storage to;
	socklen_t len = address(host, &to);
	int s = socket(to.ss_family, SOCK_DGRAM, 0), came = 0;

	if (s < 0 || connect(s, (struct sockaddr *)&to, len))
		return complain("crowd");
	for (uint32_t i = 0; i < rounds; i++) {
		int n = crowd_round(s, i);

		if (n < 0)
			return -1;
		came += n;
	}
	close(s);
	printf("# %d of %lu\n", came, rounds * CROWD);
	return came ? 0 : -1;
}

static int udp(const char *host, unsigned long count)
{
	struct sockaddr_storage to;
	socklen_t len = address(host, &to);
	int s = socket(to.ss_family, SOCK_DGRAM, 0);

	if (s < 0 || connect(s, (struct sockaddr *)&to, len))
		return complain("udp");
	for (uint32_t i = 0; i < count; i++)
		if (bounce(s, i, sizeof(i) + (i % 2 ? i * 131 % 1400 : i * 977 % 9000)))
			return -1;
	close(s);
	return 0;
}

/* ---- the cable ---- */

static int set_link(int argc, char **argv)
{
	int s = socket(AF_PACKET, SOCK_DGRAM, htons(LINK_TYPE));
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(LINK_TYPE), .sll_halen = 6,
				  .sll_ifindex = (int)if_nametoindex("eth0"),
				  .sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	struct pollfd p = { .fd = s, .events = POLLIN };
	char text[64] = "", back[64] = "";

	for (int i = 0; i < argc; i++) {
		strncat(text, argv[i], sizeof(text) - strlen(text) - 2);
		strcat(text, " ");
	}
	if (bind(s, (struct sockaddr *)&to, sizeof(to)) ||
	    sendto(s, text, sizeof(text), 0, (struct sockaddr *)&to, sizeof(to)) != sizeof(text))
		return complain("link");
	if (poll(&p, 1, 5000) != 1 || recv(s, back, sizeof(back), 0) < (ssize_t)sizeof(back) ||
	    memcmp(text, back, sizeof(text)))
		return complain("link: no answer");
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double begin = now();
	int result = -1;
	uint64_t n;

	setvbuf(stdout, NULL, _IOLBF, 0);
	fill_block();
	if (argc == 2 && !strcmp(argv[1], "serve"))
		return serve() ? 1 : 0;
	if (argc < 3)
		return 2;
	n = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	if (!strcmp(argv[2], "link"))
		result = set_link(argc - 3, argv + 3);
	else if (!strcmp(argv[2], "put"))
		result = transfer(argv[1], OP_PUT, n);
	else if (!strcmp(argv[2], "get"))
		result = transfer(argv[1], OP_GET, n);
	else if (!strcmp(argv[2], "both"))
		result = transfer(argv[1], OP_BOTH, n);
	else if (!strcmp(argv[2], "crowd"))
		result = crowd(argv[1], n);
	else if (!strcmp(argv[2], "udp"))
		result = udp(argv[1], n);
	else if (!strcmp(argv[2], "storm"))
		result = storm(argv[1], n);
	else if (!strcmp(argv[2], "quit"))
		result = transfer(argv[1], OP_QUIT, 0);
	printf("# %.2f s\n", now() - begin);
	return result ? 1 : 0;
}
