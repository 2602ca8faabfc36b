// SPDX-License-Identifier: GPL-2.0-only
/* TCP over loopback: opening, data, closing, options, readiness. */
#include "tap.h"
#include "inet.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/epoll.h>

#define A(a) (struct sockaddr *)&(a), sizeof(a)

static char buf[300000], back[300000];

static int tcp(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);

	NEED(s >= 0);
	return s;
}

static int listener(struct sockaddr_in *a, int backlog)
{
	int s = tcp();

	lo_up();
	*a = addr("127.0.0.1", 0);
	NEED(bind(s, A(*a)) == 0);
	NEED(listen(s, backlog) == 0);
	*a = name_of(s);
	return s;
}

/* A connection: [0] the client's end, [1] the server's. */
static void pair(int v[2])
{
	struct sockaddr_in a;
	int l = listener(&a, 5);

	v[0] = tcp();
	NEED(connect(v[0], A(a)) == 0);
	v[1] = accept(l, NULL, NULL);
	NEED(v[1] >= 0);
	close(l);
}

static int get(int s, int level, int name)
{
	int v = -1;
	socklen_t n = sizeof(v);

	NEED(getsockopt(s, level, name, &v, &n) == 0);
	return v;
}

static int set(int s, int level, int name, int v)
{
	return setsockopt(s, level, name, &v, sizeof(v));
}

static int state(int s)
{
	struct tcp_info i;
	socklen_t n = sizeof(i);

	NEED(getsockopt(s, IPPROTO_TCP, TCP_INFO, &i, &n) == 0);
	return i.tcpi_state;
}

/* Until a state is reached: the other end's segment may be on its way. */
static int reaches(int s, int want)
{
	for (int i = 0; i < 500 && state(s) != want; i++)
		usleep(10000);
	return state(s) == want;
}

static int poll_now(int s, int events)
{
	struct pollfd p = { s, events, 0 };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

static int poll_for(int s, int events)
{
	struct pollfd p = { s, events, 0 };

	CHECK(poll(&p, 1, 10000) >= 0);
	return p.revents;
}

CASE(connects_and_both_ends_know_each_other)
{
	struct sockaddr_in a, b;
	socklen_t n = sizeof(b);
	int l = listener(&a, 1), c = tcp(), s;

	CHECK(connect(c, A(a)) == 0);
	s = accept(l, (void *)&b, &n);
	CHECK(s >= 0);
	CHECK_EQ(n, sizeof(b));
	a = name_of(c);
	CHECK_EQ(b.sin_port, a.sin_port);
	CHECK_EQ(b.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	n = sizeof(b);
	CHECK(getpeername(s, (void *)&b, &n) == 0);
	CHECK_EQ(b.sin_port, a.sin_port);
	n = sizeof(b);
	CHECK(getpeername(c, (void *)&b, &n) == 0);
	CHECK_EQ(b.sin_port, name_of(l).sin_port);
	FAILS(getpeername(l, (void *)&b, &n), ENOTCONN);
	CHECK_EQ(state(c), TCP_ESTABLISHED);
	CHECK_EQ(state(l), TCP_LISTEN);
	FAILS(connect(c, A(a)), EISCONN);
}

CASE(bytes_arrive_in_order)
{
	int v[2];

	pair(v);
	CHECK_EQ(write(v[0], "hello", 5), 5);
	CHECK_EQ(write(v[0], " world", 6), 6);
	for (int n = 0; n < 11; ) {
		int k = read(v[1], back + n, 20);

		NEED(k > 0);
		n += k;
	}
	CHECK(!memcmp(back, "hello world", 11));
	CHECK_EQ(write(v[1], "x", 1), 1);
	CHECK_EQ(read(v[0], back, 20), 1);
	FAILS(recv(v[0], back, 1, MSG_DONTWAIT), EAGAIN);
}

CASE(refused_without_a_listener)
{
	struct sockaddr_in a;
	int l = listener(&a, 1), c = tcp();

	close(l);
	FAILS(connect(c, A(a)), ECONNREFUSED);
	l = tcp();
	CHECK(set(l, SOL_SOCKET, SO_REUSEADDR, 1) == 0);
	CHECK(bind(l, A(a)) == 0);
	CHECK(listen(l, 1) == 0);
	CHECK(connect(c, A(a)) == 0);
}

CASE(nonblocking_connect_reports_by_poll)
{
	struct sockaddr_in a;
	int l = listener(&a, 1), c = tcp(), d = tcp();

	fcntl(c, F_SETFL, O_NONBLOCK);
	FAILS(connect(c, A(a)), EINPROGRESS);
	CHECK_EQ(poll_for(c, POLLOUT), POLLOUT);
	CHECK_EQ(get(c, SOL_SOCKET, SO_ERROR), 0);
	close(l);
	fcntl(d, F_SETFL, O_NONBLOCK);
	FAILS(connect(d, A(a)), EINPROGRESS);
	CHECK(poll_for(d, POLLOUT) & POLLERR);
	CHECK_EQ(get(d, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	CHECK_EQ(get(d, SOL_SOCKET, SO_ERROR), 0);
}

CASE(close_ends_the_stream)
{
	int v[2];

	pair(v);
	CHECK_EQ(write(v[0], "end", 3), 3);
	close(v[0]);
	CHECK_EQ(recv(v[1], back, 3, MSG_WAITALL), 3);
	CHECK_EQ(read(v[1], back, 3), 0);
	CHECK_EQ(read(v[1], back, 3), 0);
	CHECK_EQ(state(v[1]), TCP_CLOSE_WAIT);
	CHECK_EQ(poll_now(v[1], POLLIN | POLLRDHUP | POLLOUT), POLLIN | POLLRDHUP | POLLOUT);
}

CASE(half_close_lets_the_other_half_live)
{
	int v[2];

	pair(v);
	CHECK(shutdown(v[0], SHUT_WR) == 0);
	CHECK_EQ(read(v[1], back, 1), 0);
	CHECK(reaches(v[0], TCP_FIN_WAIT2));
	CHECK_EQ(write(v[1], "late", 4), 4);
	CHECK_EQ(read(v[0], back, 10), 4);
	signal(SIGPIPE, SIG_IGN);
	FAILS(write(v[0], "x", 1), EPIPE);
	close(v[1]);
	CHECK_EQ(read(v[0], back, 1), 0);
	CHECK(poll_for(v[0], POLLIN) & POLLHUP);
}

CASE(write_after_shutdown_raises_sigpipe)
{
	int v[2];

	pair(v);
	signal(SIGPIPE, SIG_IGN);
	CHECK(shutdown(v[0], SHUT_WR) == 0);
	signal(SIGPIPE, SIG_DFL);
	FAILS(send(v[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	if (!fork()) {
		write(v[0], "x", 1);
		_exit(0);
	}
	int st = 0;

	wait(&st);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGPIPE);
}

CASE(unread_data_at_close_resets)
{
	int v[2];

	pair(v);
	CHECK_EQ(write(v[0], "abc", 3), 3);
	CHECK(poll_for(v[1], POLLIN) & POLLIN);
	close(v[1]);
	CHECK(poll_for(v[0], POLLIN) & (POLLERR | POLLHUP));
	FAILS(read(v[0], back, 1), ECONNRESET);
	CHECK_EQ(read(v[0], back, 1), 0);
	signal(SIGPIPE, SIG_IGN);
	FAILS(write(v[0], "x", 1), EPIPE);
}

CASE(linger_zero_resets)
{
	struct linger l = { 1, 0 };
	int v[2];

	pair(v);
	CHECK(setsockopt(v[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l)) == 0);
	close(v[0]);
	CHECK(poll_for(v[1], POLLIN) & POLLHUP);
	FAILS(read(v[1], back, 1), ECONNRESET);
}

/* They wait for each other's acknowledgements, and leave in packets of many pieces. */
CASE(many_small_writes_before_close_all_arrive)
{
	static const int sizes[] = { 1, 12, 16, 100, 300 };
	char line[300], got[1024];

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int n, v[2], at = 0, bad = 0;

		pair(v);
		for (int k = 0; k < 200; k++) {
			for (int j = 0; j < sizes[i]; j++)
				line[j] = (char)((k * sizes[i] + j) * 7 / 3);
			CHECK_EQ(write(v[0], line, (size_t)sizes[i]), sizes[i]);
		}
		close(v[0]);
		while ((poll_for(v[1], POLLIN) & POLLIN) && (n = (int)read(v[1], got, sizeof(got))) > 0)
			for (int j = 0; j < n; j++, at++)
				bad += got[j] != (char)(at * 7 / 3);
		CHECK_EQ(at, 200 * sizes[i]);
		CHECK_EQ(bad, 0);
		CHECK_EQ(read(v[1], got, 1), 0);
		close(v[1]);
	}
}

CASE(bytes_before_a_reset_are_read_and_the_peer_is_gone)
{
	struct linger l = { 1, 0 };
	struct sockaddr_in a;
	socklen_t n = sizeof(a);
	int v[2];

	pair(v);
	CHECK_EQ(write(v[0], "abc", 3), 3);
	CHECK(setsockopt(v[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l)) == 0);
	close(v[0]);
	CHECK(poll_for(v[1], 0) & POLLHUP);
	FAILS(getpeername(v[1], (void *)&a, &n), ENOTCONN);
	CHECK_EQ(read(v[1], back, 1), 1);
	CHECK_EQ(read(v[1], back, 8), 2);
	FAILS(read(v[1], back, 1), ECONNRESET);
	CHECK_EQ(read(v[1], back, 1), 0);
}

CASE(after_both_ends_said_goodbye_there_is_no_peer)
{
	struct sockaddr_in a;
	socklen_t n = sizeof(a);
	int v[2];

	pair(v);
	CHECK(shutdown(v[0], SHUT_WR) == 0);
	CHECK_EQ(read(v[1], back, 1), 0);
	CHECK(getpeername(v[0], (void *)&a, &n) == 0);
	CHECK(getpeername(v[1], (void *)&a, &n) == 0);
	CHECK(shutdown(v[1], SHUT_WR) == 0);
	CHECK_EQ(read(v[0], back, 1), 0);
	FAILS(getpeername(v[0], (void *)&a, &n), ENOTCONN);	/* TIME-WAIT */
	CHECK(poll_for(v[1], 0) & POLLHUP);
	CHECK_EQ(state(v[1]), TCP_CLOSE);
	FAILS(getpeername(v[1], (void *)&a, &n), ENOTCONN);
}

CASE(write_to_a_closed_peer_gets_reset)
{
	int v[2];

	pair(v);
	close(v[1]);
	CHECK_EQ(read(v[0], back, 1), 0);
	CHECK_EQ(write(v[0], "x", 1), 1);
	CHECK(poll_for(v[0], 0) & POLLHUP);
	signal(SIGPIPE, SIG_IGN);
	FAILS(write(v[0], "x", 1), EPIPE);
}

static void *drain(void *arg)
{
	size_t n = 0;
	ssize_t k;

	while (n < sizeof(back) && (k = read(*(int *)arg, back + n, sizeof(back) - n)) > 0)
		n += k;
	return (void *)n;
}

static void fill(void)
{
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (char)(i * 7 + (i >> 8) * 13);
}

CASE(much_data_arrives_whole)
{
	pthread_t t;
	void *n;
	int v[2];

	pair(v);
	fill();
	for (int round = 0; round < 20; round++) {
		memset(back, 0, sizeof(back));
		NEED(pthread_create(&t, NULL, drain, &v[1]) == 0);
		CHECK_EQ(write(v[0], buf, sizeof(buf)), sizeof(buf));
		pthread_join(t, &n);
		CHECK_EQ((size_t)n, sizeof(buf));
		CHECK(!memcmp(buf, back, sizeof(buf)));
	}
}

CASE(odd_sized_writes_arrive_whole)
{
	pthread_t t;
	void *n;
	int v[2];

	pair(v);
	fill();
	NEED(pthread_create(&t, NULL, drain, &v[1]) == 0);
	for (size_t at = 0, k = 1; at < sizeof(buf); at += k, k = k * 5 % 1777 + 1) {
		if (k > sizeof(buf) - at)
			k = sizeof(buf) - at;
		NEED(write(v[0], buf + at, k) == (ssize_t)k);
	}
	pthread_join(t, &n);
	CHECK_EQ((size_t)n, sizeof(buf));
	CHECK(!memcmp(buf, back, sizeof(buf)));
}

CASE(small_segments_arrive_whole)
{
	struct sockaddr_in a;
	int l = listener(&a, 5), v[2];
	pthread_t t;
	void *n;

	CHECK(set(l, IPPROTO_TCP, TCP_MAXSEG, 500) == 0);
	v[0] = tcp();
	CHECK(connect(v[0], A(a)) == 0);
	v[1] = accept(l, NULL, NULL);
	NEED(v[1] >= 0);
	CHECK(get(v[0], IPPROTO_TCP, TCP_MAXSEG) <= 500);
	fill();
	NEED(pthread_create(&t, NULL, drain, &v[1]) == 0);
	CHECK_EQ(write(v[0], buf, sizeof(buf)), sizeof(buf));
	pthread_join(t, &n);
	CHECK_EQ((size_t)n, sizeof(buf));
	CHECK(!memcmp(buf, back, sizeof(buf)));
}

CASE(full_buffers_block_and_go_on)
{
	size_t sent = 0, got = 0;
	ssize_t k;
	int v[2];

	pair(v);
	fcntl(v[0], F_SETFL, O_NONBLOCK);
	while ((k = write(v[0], buf, sizeof(buf))) > 0)
		sent += k;
	CHECK_EQ(k, -1);
	CHECK(sent > 60000);
	CHECK_EQ(poll_now(v[0], POLLOUT), 0);
	fcntl(v[1], F_SETFL, O_NONBLOCK);
	while (got < sent) {
		if (!(poll_for(v[1], POLLIN) & POLLIN))
			break;
		while ((k = read(v[1], back, sizeof(back))) > 0)
			got += k;
	}
	CHECK_EQ(got, sent);
	CHECK_EQ(poll_for(v[0], POLLOUT), POLLOUT);
}

CASE(small_buffers_still_carry_everything)
{
	struct sockaddr_in a;
	int l = listener(&a, 5), v[2];
	pthread_t t;
	void *n;

	CHECK(set(l, SOL_SOCKET, SO_RCVBUF, 4000) == 0);
	v[0] = tcp();
	CHECK(set(v[0], SOL_SOCKET, SO_SNDBUF, 4000) == 0);
	CHECK_EQ(get(v[0], SOL_SOCKET, SO_SNDBUF), 8000);
	CHECK(connect(v[0], A(a)) == 0);
	v[1] = accept(l, NULL, NULL);
	NEED(v[1] >= 0);
	CHECK_EQ(get(v[1], SOL_SOCKET, SO_RCVBUF), 8000);
	fill();
	NEED(pthread_create(&t, NULL, drain, &v[1]) == 0);
	CHECK_EQ(write(v[0], buf, sizeof(buf)), sizeof(buf));
	pthread_join(t, &n);
	CHECK_EQ((size_t)n, sizeof(buf));
	CHECK(!memcmp(buf, back, sizeof(buf)));
}

CASE(peek_and_waitall)
{
	int v[2];

	pair(v);
	CHECK_EQ(write(v[0], "abcdef", 6), 6);
	CHECK(poll_for(v[1], POLLIN) & POLLIN);
	CHECK_EQ(recv(v[1], back, 3, MSG_PEEK), 3);
	CHECK_EQ(recv(v[1], back, 100, MSG_PEEK), 6);
	CHECK(!memcmp(back, "abcdef", 6));
	CHECK_EQ(recv(v[1], NULL, 4, MSG_TRUNC), 4);
	CHECK_EQ(recv(v[1], back, 2, MSG_WAITALL), 2);
	CHECK(!memcmp(back, "ef", 2));
	if (!fork()) {
		write(v[0], "12", 2);
		usleep(50000);
		write(v[0], "34", 2);
		_exit(0);
	}
	CHECK_EQ(recv(v[1], back, 4, MSG_WAITALL), 4);
	CHECK(!memcmp(back, "1234", 4));
}

CASE(receive_timeout)
{
	struct timeval tv = { 0, 50000 };
	int v[2];

	pair(v);
	CHECK(setsockopt(v[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	FAILS(read(v[0], back, 1), EAGAIN);
}

CASE(urgent_byte_is_out_of_band)
{
	int v[2], at;

	pair(v);
	CHECK_EQ(send(v[0], "abX", 3, MSG_OOB), 3);
	CHECK_EQ(send(v[0], "cd", 2, 0), 2);
	CHECK(poll_for(v[1], POLLPRI) & POLLPRI);
	CHECK_EQ(recv(v[1], back, 1, MSG_OOB), 1);
	CHECK_EQ(back[0], 'X');
	FAILS(recv(v[1], back, 1, MSG_OOB), EINVAL);
	CHECK(ioctl(v[1], SIOCATMARK, &at) == 0);
	CHECK_EQ(at, 0);
	CHECK_EQ(recv(v[1], back, 10, 0), 2);
	CHECK(!memcmp(back, "ab", 2));
	CHECK(ioctl(v[1], SIOCATMARK, &at) == 0);
	CHECK_EQ(at, 1);
	CHECK_EQ(recv(v[1], back, 10, 0), 2);
	CHECK(!memcmp(back, "cd", 2));
}

CASE(urgent_byte_inline)
{
	int v[2];

	pair(v);
	CHECK(set(v[1], SOL_SOCKET, SO_OOBINLINE, 1) == 0);
	CHECK_EQ(send(v[0], "abX", 3, MSG_OOB), 3);
	CHECK(poll_for(v[1], POLLPRI) & POLLPRI);
	FAILS(recv(v[1], back, 1, MSG_OOB), EINVAL);
	CHECK_EQ(recv(v[1], back, 10, 0), 2);
	CHECK_EQ(recv(v[1], back, 10, 0), 1);
	CHECK_EQ(back[0], 'X');
}

CASE(ports_conflict_unless_reused)
{
	struct sockaddr_in a, any;
	int l = listener(&a, 1), s = tcp(), t = tcp();

	FAILS(bind(s, A(a)), EADDRINUSE);
	any = addr("0.0.0.0", ntohs(a.sin_port));
	FAILS(bind(s, A(any)), EADDRINUSE);
	CHECK(set(s, SOL_SOCKET, SO_REUSEADDR, 1) == 0);
	FAILS(bind(s, A(a)), EADDRINUSE);
	any = addr("127.0.0.2", ntohs(a.sin_port));
	CHECK(bind(s, A(any)) == 0);
	any = addr("1.2.3.4", 0);
	FAILS(bind(t, A(any)), EADDRNOTAVAIL);
	close(l);
	CHECK(bind(t, A(a)) == 0);
	FAILS(bind(t, A(a)), EINVAL);
}

CASE(a_port_in_time_wait_needs_reuseaddr)
{
	struct sockaddr_in a;
	int l = tcp(), c = tcp(), s;

	lo_up();
	a = addr("127.0.0.1", 0);
	CHECK(set(l, SOL_SOCKET, SO_REUSEADDR, 1) == 0);
	CHECK(bind(l, A(a)) == 0);
	CHECK(listen(l, 1) == 0);
	a = name_of(l);
	CHECK(connect(c, A(a)) == 0);
	s = accept(l, NULL, NULL);
	close(l);
	close(s);	/* the server's side closes first and keeps the port */
	CHECK_EQ(read(c, back, 1), 0);
	close(c);
	usleep(50000);
	l = tcp();
	FAILS(bind(l, A(a)), EADDRINUSE);
	CHECK(set(l, SOL_SOCKET, SO_REUSEADDR, 1) == 0);
	CHECK(bind(l, A(a)) == 0);
	CHECK(listen(l, 1) == 0);
	c = tcp();
	CHECK(connect(c, A(a)) == 0);
}

CASE(reuseport_spreads_connections)
{
	struct sockaddr_in a;
	int l = tcp(), k = tcp(), n = 0;

	lo_up();
	a = addr("127.0.0.1", 0);
	CHECK(set(l, SOL_SOCKET, SO_REUSEPORT, 1) == 0);
	CHECK(set(k, SOL_SOCKET, SO_REUSEPORT, 1) == 0);
	CHECK(bind(l, A(a)) == 0);
	a = name_of(l);
	CHECK(bind(k, A(a)) == 0);
	CHECK(listen(l, 50) == 0);
	CHECK(listen(k, 50) == 0);
	for (int i = 0; i < 40; i++) {
		int c = tcp();

		CHECK(connect(c, A(a)) == 0);
	}
	fcntl(l, F_SETFL, O_NONBLOCK);
	fcntl(k, F_SETFL, O_NONBLOCK);
	while (accept(l, NULL, NULL) >= 0)
		n++;
	CHECK(n > 0 && n < 40);
	while (accept(k, NULL, NULL) >= 0)
		n++;
	CHECK_EQ(n, 40);
}

CASE(accept_waits_and_takes_flags)
{
	struct sockaddr_in a;
	int l = listener(&a, 1), c = tcp(), s;

	fcntl(l, F_SETFL, O_NONBLOCK);
	FAILS(accept(l, NULL, NULL), EAGAIN);
	CHECK_EQ(poll_now(l, POLLIN), 0);
	CHECK(connect(c, A(a)) == 0);
	CHECK_EQ(poll_for(l, POLLIN), POLLIN);
	s = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	CHECK(s >= 0);
	CHECK(fcntl(s, F_GETFL) & O_NONBLOCK);
	CHECK_EQ(fcntl(s, F_GETFD), FD_CLOEXEC);
	FAILS(accept(c, NULL, NULL), EINVAL);
	FAILS(read(l, back, 1), ENOTCONN);
}

CASE(children_die_with_their_listener)
{
	struct sockaddr_in a;
	int l = listener(&a, 5), c = tcp();

	CHECK(connect(c, A(a)) == 0);
	close(l);
	CHECK(poll_for(c, POLLIN) & POLLHUP);
	FAILS(read(c, back, 1), ECONNRESET);
}

CASE(reset_before_accept_is_seen_after_it)
{
	struct linger lg = { 1, 0 };
	struct sockaddr_in a;
	socklen_t n = sizeof(a);
	int l = listener(&a, 5), c = tcp(), s;

	CHECK(connect(c, A(a)) == 0);
	CHECK(setsockopt(c, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg)) == 0);
	close(c);
	usleep(20000);
	s = accept(l, (void *)&a, &n);
	NEED(s >= 0);
	CHECK_EQ(ntohl(a.sin_addr.s_addr), INADDR_LOOPBACK);
	FAILS(getpeername(s, (void *)&a, &n), ENOTCONN);
	FAILS(read(s, back, 1), ECONNRESET);
}

CASE(options_have_linux_defaults)
{
	int s = tcp();

	CHECK_EQ(get(s, IPPROTO_TCP, TCP_NODELAY), 0);
	CHECK_EQ(get(s, IPPROTO_TCP, TCP_CORK), 0);
	CHECK_EQ(get(s, IPPROTO_TCP, TCP_MAXSEG), 536);
	CHECK_EQ(get(s, IPPROTO_TCP, TCP_KEEPIDLE), 7200);
	CHECK_EQ(get(s, IPPROTO_TCP, TCP_KEEPINTVL), 75);
	CHECK_EQ(get(s, IPPROTO_TCP, TCP_KEEPCNT), 9);
	CHECK_EQ(get(s, IPPROTO_TCP, TCP_SYNCNT), 6);
	CHECK_EQ(get(s, IPPROTO_TCP, TCP_LINGER2), 60);
	CHECK_EQ(get(s, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
	CHECK_EQ(get(s, SOL_SOCKET, SO_SNDBUF), 16384);
	CHECK_EQ(get(s, SOL_SOCKET, SO_RCVBUF), 131072);
	CHECK_EQ(get(s, SOL_SOCKET, SO_ACCEPTCONN), 0);
	FAILS(set(s, IPPROTO_TCP, TCP_MAXSEG, 10), EINVAL);
	FAILS(set(s, IPPROTO_TCP, TCP_KEEPIDLE, 0), EINVAL);
	FAILS(set(s, IPPROTO_TCP, TCP_KEEPCNT, 200), EINVAL);
	FAILS(set(s, IPPROTO_TCP, 199, 1), ENOPROTOOPT);
	CHECK(set(s, IPPROTO_TCP, TCP_KEEPIDLE, 11) == 0);
	CHECK_EQ(get(s, IPPROTO_TCP, TCP_KEEPIDLE), 11);
}

CASE(congestion_control_by_name)
{
	int s = tcp();
	char name[16] = "";
	socklen_t n = sizeof(name);

	CHECK(getsockopt(s, IPPROTO_TCP, TCP_CONGESTION, name, &n) == 0);
	CHECK(!strcmp(name, "cubic"));
	CHECK(setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) == 0);
	FAILS(setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, "nonsense", 8), ENOENT);
}

CASE(cork_holds_a_small_piece)
{
	int v[2];

	pair(v);
	CHECK(set(v[0], IPPROTO_TCP, TCP_CORK, 1) == 0);
	CHECK_EQ(write(v[0], "ab", 2), 2);
	CHECK_EQ(write(v[0], "cd", 2), 2);
	usleep(20000);
	CHECK_EQ(poll_now(v[1], POLLIN), 0);
	CHECK(set(v[0], IPPROTO_TCP, TCP_CORK, 0) == 0);
	CHECK(poll_for(v[1], POLLIN) & POLLIN);
	CHECK_EQ(read(v[1], back, 10), 4);
}

CASE(queue_lengths)
{
	int v[2], n = -1;

	pair(v);
	CHECK_EQ(write(v[0], "abcdef", 6), 6);
	CHECK(poll_for(v[1], POLLIN) & POLLIN);
	CHECK(ioctl(v[1], FIONREAD, &n) == 0);
	CHECK_EQ(n, 6);
	for (int i = 0; i < 100 && n; i++) {
		CHECK(ioctl(v[0], TIOCOUTQ, &n) == 0);
		usleep(1000);
	}
	CHECK_EQ(n, 0);
}

CASE(nothing_happens_unconnected)
{
	int s = tcp();

	signal(SIGPIPE, SIG_IGN);
	FAILS(read(s, back, 1), ENOTCONN);
	FAILS(write(s, back, 1), EPIPE);
	FAILS(shutdown(s, SHUT_WR), ENOTCONN);
	FAILS(accept(s, NULL, NULL), EINVAL);
	CHECK_EQ(poll_now(s, POLLIN | POLLOUT), POLLOUT | POLLHUP);
}

CASE(disconnect_and_connect_again)
{
	struct sockaddr_in a;
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int l = listener(&a, 5), c = tcp(), s;

	CHECK(connect(c, A(a)) == 0);
	s = accept(l, NULL, NULL);
	CHECK(connect(c, &none, sizeof(none)) == 0);
	FAILS(read(s, back, 1), ECONNRESET);
	CHECK(connect(c, A(a)) == 0);
	s = accept(l, NULL, NULL);
	CHECK(s >= 0);
	CHECK_EQ(write(c, "y", 1), 1);
	CHECK_EQ(read(s, back, 1), 1);
}

CASE(edge_triggered_epoll_sees_each_arrival)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(0), v[2];

	pair(v);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, v[1], &e) == 0);
	CHECK_EQ(epoll_wait(ep, &e, 1, 0), 0);
	CHECK_EQ(write(v[0], "a", 1), 1);
	CHECK_EQ(epoll_wait(ep, &e, 1, 5000), 1);
	CHECK_EQ(epoll_wait(ep, &e, 1, 0), 0);
	CHECK_EQ(write(v[0], "b", 1), 1);
	CHECK_EQ(epoll_wait(ep, &e, 1, 5000), 1);
	close(v[0]);
	CHECK_EQ(epoll_wait(ep, &e, 1, 5000), 1);
	CHECK(e.events & EPOLLIN);
}

CASE(sendfile_to_a_socket)
{
	int v[2], f = open("file", O_RDWR | O_CREAT, 0600);
	off_t off = 0;
	pthread_t t;
	void *n;

	pair(v);
	fill();
	CHECK_EQ(write(f, buf, sizeof(buf)), sizeof(buf));
	NEED(pthread_create(&t, NULL, drain, &v[1]) == 0);
	while (off < (off_t)sizeof(buf))
		NEED(sendfile(v[0], f, &off, sizeof(buf) - off) > 0);
	pthread_join(t, &n);
	CHECK_EQ((size_t)n, sizeof(buf));
	CHECK(!memcmp(buf, back, sizeof(buf)));
}

CASE(two_opens_at_once_meet)
{
	struct sockaddr_in a = addr("127.0.0.1", 0);
	int s = tcp();

	lo_up();
	CHECK(bind(s, A(a)) == 0);
	a = name_of(s);
	CHECK(connect(s, A(a)) == 0);	/* with itself */
	CHECK_EQ(write(s, "me", 2), 2);
	CHECK_EQ(read(s, back, 10), 2);
}

CASE(user_timeout_and_info_options)
{
	struct tcp_info i;
	socklen_t n = sizeof(i);
	int v[2];

	pair(v);
	CHECK(set(v[0], IPPROTO_TCP, TCP_USER_TIMEOUT, 1234) == 0);
	CHECK_EQ(get(v[0], IPPROTO_TCP, TCP_USER_TIMEOUT), 1234);
	CHECK(getsockopt(v[0], IPPROTO_TCP, TCP_INFO, &i, &n) == 0);
	CHECK(i.tcpi_options & TCPI_OPT_TIMESTAMPS);
	CHECK(i.tcpi_options & TCPI_OPT_SACK);
	CHECK(i.tcpi_options & TCPI_OPT_WSCALE);
	CHECK(i.tcpi_snd_wscale > 0);
	CHECK_EQ(i.tcpi_rcv_wscale, i.tcpi_snd_wscale);
	CHECK(i.tcpi_snd_mss > 30000);
	CHECK_EQ(i.tcpi_snd_cwnd, 10);
	CHECK(i.tcpi_rtt > 0);
}

CASE(many_connections_come_and_go)
{
	struct sockaddr_in a;
	int l = listener(&a, 128), c, s;

	for (int i = 0; i < 1000; i++) {
		c = tcp();
		NEED(connect(c, A(a)) == 0);
		s = accept(l, NULL, NULL);
		NEED(s >= 0);
		NEED(write(c, &i, sizeof(i)) == sizeof(i));
		NEED(read(s, back, sizeof(i)) == sizeof(i));
		NEED(!memcmp(back, &i, sizeof(i)));
		close(c);
		NEED(read(s, back, 1) == 0);
		close(s);
	}
}

CASE(many_connections_at_once)
{
	struct sockaddr_in a;
	static int c[400], s[400];
	int l = listener(&a, 512);

	for (int i = 0; i < 400; i++) {
		c[i] = tcp();
		NEED(connect(c[i], A(a)) == 0);
	}
	for (int i = 0; i < 400; i++)
		NEED((s[i] = accept(l, NULL, NULL)) >= 0);
	for (int i = 0; i < 400; i++)
		NEED(write(c[i], "q", 1) == 1);
	for (int i = 0; i < 400; i++)
		NEED(read(s[i], back, 1) == 1);
}

CASE(a_full_backlog_makes_clients_wait)
{
	struct sockaddr_in a;
	int l = listener(&a, 1), c[3], d = tcp(), n = 0;

	for (int i = 0; i < 2; i++) {
		c[i] = tcp();
		CHECK(connect(c[i], A(a)) == 0);
	}
	fcntl(d, F_SETFL, O_NONBLOCK);
	FAILS(connect(d, A(a)), EINPROGRESS);
	usleep(50000);
	fcntl(l, F_SETFL, O_NONBLOCK);
	while (accept(l, NULL, NULL) >= 0)
		n++;
	CHECK_EQ(n, 2);
	CHECK_EQ(poll_for(d, POLLOUT), POLLOUT);
	CHECK_EQ(get(d, SOL_SOCKET, SO_ERROR), 0);
	CHECK(poll_for(l, POLLIN) & POLLIN);
}

CASE(interrupted_waits)
{
	int v[2];
	pid_t p;

	pair(v);
	p = fork();
	if (!p) {
		signal(SIGTERM, SIG_DFL);
		read(v[0], back, 1);
		_exit(0);
	}
	usleep(50000);
	kill(p, SIGTERM);
	int st = 0;

	CHECK(waitpid(p, &st, 0) == p);
	CHECK(WIFSIGNALED(st));
}

/* The number range that one message of the error queue tells; -1: none. */
static int zerocopy_done(int s, uint32_t *low, uint32_t *high)
{
	char control[128];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	struct { uint32_t err; uint8_t origin, type, code, pad; uint32_t info, data; } ee;

	if (recvmsg(s, &m, MSG_ERRQUEUE) < 0)
		return -1;
	CHECK(m.msg_flags & MSG_ERRQUEUE);
	c = CMSG_FIRSTHDR(&m);
	NEED(c && c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR);
	memcpy(&ee, CMSG_DATA(c), sizeof(ee));
	CHECK_EQ(ee.err, 0);
	CHECK_EQ(ee.origin, 5);
	*low = ee.info;
	*high = ee.data;
	return 0;
}

CASE(zerocopy_sends_tell_when_they_are_done)
{
	uint32_t low, high, next = 0;
	int v[2], one = 1;
	struct pollfd p;

	pair(v);
	CHECK_EQ(send(v[0], buf, 1000, 0x4000000), 1000);	/* not asked for: an ordinary send */
	FAILS(recvmsg(v[0], &(struct msghdr){ 0 }, MSG_ERRQUEUE), EAGAIN);
	NEED(!setsockopt(v[0], SOL_SOCKET, 60, &one, sizeof(one)));
	for (int i = 0; i < 3; i++)
		CHECK_EQ(send(v[0], buf, 20000, 0x4000000), 20000);
	for (int n = 0; n < 61000; )
		n += (int)read(v[1], back, sizeof(back));
	while (next < 3) {
		p = (struct pollfd){ .fd = v[0] };
		NEED(poll(&p, 1, 5000) == 1 && (p.revents & POLLERR));
		NEED(!zerocopy_done(v[0], &low, &high));
		CHECK_EQ(low, next);
		CHECK(high >= low && high < 3);
		next = high + 1;
	}
	FAILS(recvmsg(v[0], &(struct msghdr){ 0 }, MSG_ERRQUEUE), EAGAIN);
}

CASE(congestion_control_has_a_name)
{
	char name[16] = "";
	socklen_t n = sizeof(name);
	int s = tcp();

	NEED(!setsockopt(s, SOL_TCP, TCP_CONGESTION, "reno", 4));
	NEED(!getsockopt(s, SOL_TCP, TCP_CONGESTION, name, &n));
	CHECK_STR(name, "reno");
	FAILS(setsockopt(s, SOL_TCP, TCP_CONGESTION, "none", 4), ENOENT);
}

CASE(each_congestion_control_carries_bytes)
{
	static const char *const names[] = { "reno", "cubic", "bbr" };

	for (int i = 0; i < 3; i++) {
		int v[2], got = 0, n;
		pid_t pid;

		pair(v);
		if (setsockopt(v[0], SOL_TCP, TCP_CONGESTION, names[i], strlen(names[i])))
			continue;	/* a module that is not there */
		CHILD(pid, for (int k = 0; k < 20; k++) NEED(write(v[0], buf, sizeof(buf)) == sizeof(buf)));
		close(v[0]);
		while ((n = (int)read(v[1], back, sizeof(back))) > 0)
			got += n;
		CHECK_EQ(got, 20 * (int)sizeof(buf));
		JOIN(pid);
	}
}

TAP_MAIN
