// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP seen from the wire: scripts that say which segments come in over a tun device, what a
 * program does, and which segments must go out. Each case of each file segments/NAME.tcp runs for IPv4
 * and IPv6, in a network namespace of its own, several at a time. segments/README.md is the language.
 * Scripts have times in them: one that failed while the whole machine stood still, which a thread
 * watches that goes before all others, says nothing and runs again.
 *
 * guest-modules: tun
 * guest-files: net/segments
 */
#include "segments/wire.h"

#include <dirent.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#define AT_ONCE		12
#define LINES_MAX	200
#define ROUND_TRIP_MS	30		/* of a handshake: no probe of the tail disturbs a slow machine */
#define SETTLE_MS	400
#define WATCH_MS	10
#define STILL_MS	60		/* so late is only who stood still */
#define RUNS_MAX	4

static int listener = -1;
static struct { int level, name, value; } before[16];	/* options for sockets to come */
static int nbefore;
static bool sockets_made;

/* ---- the program's side ---- */

static void set_option(int fd, int level, int name, int value, int want)
{
	int err = setsockopt(fd, level, name, &value, sizeof(value)) ? errno : 0;

	if (err != want)
		fail("setsockopt: %s, want %s", strerror(err), strerror(want));
}

static int new_socket(void)
{
	int s = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	need(s >= 0, "socket");
	for (int i = 0; i < nbefore; i++)
		set_option(s, before[i].level, before[i].name, before[i].value, 0);
	sockets_made = true;
	return s;
}

static void server(int backlog)
{
	struct sockaddr_storage a;
	socklen_t n = address(&a, false, LOCAL_PORT);
	int one = 1;

	listener = new_socket();
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	need(!bind(listener, (void *)&a, n), "bind");
	need(!listen(listener, backlog), "listen");
	for (int i = 0; i < PEERS; i++)
		peers[i].local_port = LOCAL_PORT;
}

/* What a call returned, against `= N` or `= ERROR` at the end of its line. */
static void check_result(long long got, const char *want, long long usual)
{
	int err = errno;

	if (want && *want == 'E') {
		if (got != -1 || err != value_of(errors, want))
			fail("result %lld (%s), want %s", got, got < 0 ? strerror(err) : "no error", want);
	} else if (got != (want ? atoll(want) : usual)) {
		fail("result %lld (%s), want %s", got, got < 0 ? strerror(err) : "no error", want ? want : "the usual");
	}
}

static void do_connect(const char *want)
{
	struct sockaddr_storage a;
	socklen_t n = address(&a, true, peer->port);

	if (peer->fd < 0)
		peer->fd = new_socket();
	check_result(connect(peer->fd, (void *)&a, n), want, 0);
}

static int message_flag(const char *word)
{
	return !strcmp(word, "more") ? MSG_MORE : !strcmp(word, "oob") ? MSG_OOB : !strcmp(word, "peek") ? MSG_PEEK :
	       !strcmp(word, "all") ? MSG_WAITALL : !strcmp(word, "trunc") ? MSG_TRUNC :
	       !strcmp(word, "fastopen") ? 0x20000000 : !strcmp(word, "errqueue") ? MSG_ERRQUEUE : 0;
}

static void do_write(long n, int flags, const char *want)
{
	uint8_t *data = malloc((size_t)n + 1);
	struct sockaddr_storage a;
	socklen_t len = address(&a, true, peer->port);
	ssize_t got;

	if (peer->fd < 0)
		peer->fd = new_socket();
	for (long i = 0; i < n; i++)
		data[i] = pattern(peer->nwritten + (uint64_t)i);
	if (flags & 0x20000000)
		got = sendto(peer->fd, data, (size_t)n, flags | MSG_NOSIGNAL, (void *)&a, len);
	else
		got = send(peer->fd, data, (size_t)n, flags | MSG_NOSIGNAL);
	check_result(got, want, n);
	if (got > 0)
		peer->nwritten += (uint64_t)got;
	free(data);
}

static void do_read(long n, int flags, const char *want)
{
	uint8_t *data = malloc((size_t)n + 1);
	ssize_t got = recv(peer->fd, data, (size_t)n, flags);
	double end = now() + SETTLE_MS / 1e3;

	while (got < 0 && errno == EAGAIN && !(want && !strcmp(want, "EAGAIN")) && now() < end) {
		pause_ms(5);
		got = recv(peer->fd, data, (size_t)n, flags);
	}
	check_result(got, want, n);
	for (ssize_t i = 0; i < got && !(flags & (MSG_OOB | MSG_TRUNC)); i++)
		if (data[i] != pattern(peer->nread + (uint64_t)i))
			fail("byte %zd that was read differs", i);
	if (got > 0 && !(flags & (MSG_PEEK | MSG_OOB)))
		peer->nread += (uint64_t)got;
	free(data);
}

static void do_accept(const char *want)
{
	double end = now() + SETTLE_MS / 1e3;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) < 0 && errno == EAGAIN && !want && now() < end)
		pause_ms(5);
	if (fd < 0 || want) {
		check_result(fd < 0 ? -1 : 0, want, 0);
		return;
	}
	peer->fd = fd;
}

static void check_poll(char *words)
{
	int want = 0, fd = peer->fd >= 0 ? peer->fd : listener;
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP };
	double end = now() + SETTLE_MS / 1e3;
	char *save = NULL;

	for (char *w = strtok_r(words, ", ", &save); w; w = strtok_r(NULL, ", ", &save))
		want |= value_of(events, w);
	do {
		poll(&p, 1, 0);
		if (p.revents == want)
			return;
		pause_ms(5);
	} while (now() < end);
	fail("poll: events %#x, want %#x", p.revents, want);
}

static void check_info(const char *name, const char *op, const char *text)
{
	double end = now() + SETTLE_MS / 1e3;
	long long want = strcmp(name, "state") ? atoll(text) : value_of(states, text), got = 0;
	int fd = peer->fd >= 0 ? peer->fd : listener;

	for (size_t i = 0; i < sizeof(info_fields) / sizeof(*info_fields); i++) {
		if (strcmp(info_fields[i].text, name))
			continue;
		do {
			struct tcp_info info = { 0 };
			socklen_t n = sizeof(info);
			uint64_t v = 0;

			need(!getsockopt(fd, SOL_TCP, TCP_INFO, &info, &n), "TCP_INFO");
			memcpy(&v, (char *)&info + info_fields[i].offset, info_fields[i].size);
			got = (long long)v;
			if (*op == '=' ? got == want : *op == '<' ? got < want : got > want)
				return;
			pause_ms(5);
		} while (now() < end);
		fail("%s is %lld, want %s %lld", name, got, op, want);
	}
	fail("no such field");
}

static void option_command(bool is_set, char *name, char *text, const char *want)
{
	int fd = peer->fd >= 0 ? peer->fd : listener, v = text ? atoi(text) : 0, err = 0;
	socklen_t n = sizeof(v);

	for (size_t i = 0; i < sizeof(sockopts) / sizeof(*sockopts); i++) {
		if (strcmp(sockopts[i].text, name))
			continue;
		if (is_set && !sockets_made) {
			before[nbefore].level = sockopts[i].level;
			before[nbefore].name = sockopts[i].name;
			before[nbefore++].value = v;
		} else if (is_set) {
			set_option(fd, sockopts[i].level, sockopts[i].name, v, want ? value_of(errors, want) : 0);
		} else {
			err = getsockopt(fd, sockopts[i].level, sockopts[i].name, &v, &n);
			check_result(err ? -1 : v, want ? want : text, 0);
		}
		return;
	}
	fail("unknown option %s", name);
}

static void check_error(const char *text)
{
	int want = strcmp(text, "0") ? value_of(errors, text) : 0, got = 0;
	double end = now() + SETTLE_MS / 1e3;
	socklen_t n = sizeof(got);

	do {
		need(!getsockopt(peer->fd, SOL_SOCKET, SO_ERROR, &got, &n), "SO_ERROR");
		if (got == want)
			return;
		pause_ms(5);
	} while (!got && now() < end);
	fail("SO_ERROR is %s, want %s", strerror(got), text);
}

static void check_ioctl(unsigned long cmd, int want)
{
	double end = now() + SETTLE_MS / 1e3;
	int v = -1;

	do {
		need(!ioctl(peer->fd, cmd, &v), "ioctl");
		if (v == want)
			return;
		pause_ms(5);
	} while (now() < end);
	fail("it is %d, want %d", v, want);
}

/* ---- whole handshakes ---- */

static void send_text(const char *fmt, ...)
{
	struct segment s;
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!segment_parse(&s, text))
		fail("cannot read %s", fmt);
	inject(&s);
}

static void await_syn(int flags)
{
	struct segment got;
	struct peer *who;

	if (!next_segment(PATIENCE_MS, &got, &who) || who != peer || got.flags != flags)
		fail("no %s", flags & F_ACK ? "SYN-ACK" : "SYN");
	last_event = now();
}

/* A client opens to our listener; options as in its SYN. */
static void open_passive(const char *options)
{
	bool ts = options && strstr(options, "ts ");

	if (listener < 0)
		server(5);
	send_text("S 0 win 65535 <%s>", options ? options : "mss 1000");
	await_syn(F_SYN | F_ACK);
	pause_ms(ROUND_TRIP_MS);
	send_text(ts ? ". 1 ack 1 win 65535 <ts 1000:*>" : ". 1 ack 1 win 65535");
	do_accept(NULL);
}

/* We connect to a server; options as in its SYN-ACK. */
static void open_active(const char *options)
{
	bool ts = options && strstr(options, "ts ");
	struct segment want;
	char text[] = ". 1 ack 1";

	do_connect("EINPROGRESS");
	await_syn(F_SYN);
	pause_ms(ROUND_TRIP_MS);
	send_text("S. 0 ack 1 win 65535 <%s>", options ? options : "mss 1000");
	if (!segment_parse(&want, text))
		fail("cannot happen");
	want.o.is_given = false;
	expect(&want);
	(void)ts;
}

/* ---- lines ---- */

static void sysctl(char *name, char *value)
{
	char path[200] = "/proc/sys/net/";

	strncat(path, name, 100);
	for (char *p = path + 14; *p; p++)
		if (*p == '.')
			*p = '/';
	write_text(path, value);
}

static void run_packet(bool is_in, char *text)
{
	struct segment s;
	char copy[512];

	snprintf(copy, sizeof(copy), "%s", text);
	if (!segment_parse(&s, copy))
		fail("cannot read segment %s", text);
	if (is_in)
		inject(&s);
	else
		expect(&s);
}

static void do_close(void)
{
	need(!close(peer->fd), "close");
	peer->fd = -1;
}

static void run_words(int n, char **w, const char *want)
{
	int flags = 0;

	for (int i = 2; i < n; i++)
		flags |= message_flag(w[i]);
	if (!strcmp(w[0], "server")) {
		server(n > 1 ? atoi(w[1]) : 5);
	} else if (!strcmp(w[0], "connect")) {
		do_connect(want);
	} else if (!strcmp(w[0], "accept")) {
		do_accept(want);
	} else if (!strcmp(w[0], "write") && n > 1) {
		do_write(atol(w[1]), flags, want);
	} else if (!strcmp(w[0], "read") && n > 1) {
		do_read(atol(w[1]), flags, want);
	} else if (!strcmp(w[0], "shutdown") && n > 1) {
		int how = !strcmp(w[1], "rd") ? SHUT_RD : !strcmp(w[1], "wr") ? SHUT_WR : SHUT_RDWR;

		check_result(shutdown(peer->fd, how), want, 0);
	} else if (!strcmp(w[0], "close")) {
		do_close();
	} else if (!strcmp(w[0], "unlisten")) {
		close(listener);
		listener = -1;
	} else if (!strcmp(w[0], "linger") && n > 1) {
		struct linger l = { 1, atoi(w[1]) };

		need(!setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)), "SO_LINGER");
	} else if (!strcmp(w[0], "error") && n > 1) {
		check_error(w[1]);
	} else if (!strcmp(w[0], "inq") && n > 1) {
		check_ioctl(0x541b, atoi(w[1]));
	} else if (!strcmp(w[0], "outq") && n > 1) {
		check_ioctl(0x5411, atoi(w[1]));
	} else if (!strcmp(w[0], "atmark") && n > 1) {
		check_ioctl(0x8905, atoi(w[1]));
	} else if (!strcmp(w[0], "set") && n > 2) {
		option_command(true, w[1], w[2], want);
	} else if (!strcmp(w[0], "get") && n > 1) {
		option_command(false, w[1], n > 2 ? w[2] : NULL, want);
	} else if (!strcmp(w[0], "info") && n > 3) {
		check_info(w[1], w[2], w[3]);
	} else if (!strcmp(w[0], "sysctl") && n > 2) {
		sysctl(w[1], w[2]);
	} else if (!strcmp(w[0], "wait") && n > 1) {
		pause_ms(atoi(w[1]));
		last_event = now();
	} else if (!strcmp(w[0], "quiet") && n > 1) {
		quiet(atoi(w[1]));
	} else if (!strcmp(w[0], "peer") && n > 1) {
		peer = &peers[atoi(w[1]) % PEERS];
	} else {
		fail("unknown line");
	}
}

static void run_line(char *line)
{
	char *want = NULL, *words[16] = { NULL }, *save = NULL, *equals;
	int n = 0;

	if (*line == '<' || *line == '>') {
		run_packet(*line == '<', line + 1);
		return;
	}
	if (!strncmp(line, "icmp ", 5)) {
		icmp(line + 5);
		return;
	}
	if (!strncmp(line, "poll ", 5)) {
		check_poll(line + 5);
		return;
	}
	if (!strncmp(line, "open", 4) || !strncmp(line, "dial", 4)) {
		char *options = strchr(line, ' ');

		(*line == 'o' ? open_passive : open_active)(options ? options + 1 : NULL);
		return;
	}
	equals = strncmp(line, "info", 4) ? strstr(line, " = ") : NULL;
	if (equals) {
		*equals = '\0';
		want = equals + 3;
	}
	for (char *w = strtok_r(line, " ", &save); w && n < 16; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	if (!n)
		fail("empty line");
	run_words(n, words, want);
}

/* ---- cases ---- */

struct script {
	char name[80];
	bool only4, only6, is_alone;
	int first, nlines, line_no[LINES_MAX];
	char *lines[LINES_MAX];
};

static void run_script(const struct script *c)
{
	alarm(50);
	need(!unshare(CLONE_NEWNET), "unshare");
	for (int i = 0; i < PEERS; i++)
		peers[i] = (struct peer){ .iss = 1000000u * (unsigned)(i + 1), .fd = -1,
					  .port = (uint16_t)(PEER_PORT + i) };
	tun_open();
	last_event = now();
	for (int i = 0; i < c->nlines; i++) {
		line_no = c->line_no[i];
		run_line(c->lines[i]);
	}
	fflush(stdout);
	_exit(0);
}

struct run { pid_t pid; FILE *out; char name[100]; struct script script; bool is_v6; int nruns, stills; };

static int nrun, nbad, nactive;
static struct run active[AT_ONCE];
static volatile int stills;	/* how often the machine stood still */

static void *watch(void *arg)
{
	struct sched_param first = { .sched_priority = 50 };

	need(!pthread_setschedparam(pthread_self(), SCHED_FIFO, &first), "SCHED_FIFO");
	for (;;) {
		double before = now();

		pause_ms(WATCH_MS);
		if ((now() - before) * 1e3 > WATCH_MS + STILL_MS)
			stills++;
	}
	return NULL;
}

static void begin(struct run *r)
{
	snprintf(r->name, sizeof(r->name), "%s_%s", r->script.name, r->is_v6 ? "v6" : "v4");
	r->out = tmpfile();
	r->stills = stills;
	r->nruns++;
	fflush(stdout);
	r->pid = fork();
	if (!r->pid) {
		dup2(fileno(r->out), STDOUT_FILENO);
		is_v6 = r->is_v6;
		run_script(&r->script);
	}
}

static void reap(void)
{
	int st, i;
	pid_t pid = wait(&st);
	char text[512];

	for (i = 0; i < nactive && active[i].pid != pid; i++)
		;
	if (i == nactive)
		return;
	rewind(active[i].out);
	while (fgets(text, sizeof(text), active[i].out))
		fputs(text, stdout);
	fclose(active[i].out);
	if (st && stills != active[i].stills && active[i].nruns < RUNS_MAX) {
		printf("# %s: the machine stood still; again\n", active[i].name);
		begin(&active[i]);
		return;
	}
	if (st)
		printf("# %s ended with status %#x\n", active[i].name, st);
	printf("%s %d - %s\n", st ? "not ok" : "ok", ++nrun, active[i].name);
	fflush(stdout);
	nbad += !!st;
	active[i] = active[--nactive];
}

static void start(const struct script *c, bool v6)
{
	struct run *r;

	while (nactive == AT_ONCE || (nactive && c->is_alone))
		reap();
	r = &active[nactive++];
	r->script = *c;
	r->is_v6 = v6;
	r->nruns = 0;
	begin(r);
	while (c->is_alone && nactive)
		reap();
}

static void run_case(const struct script *c, const char *filter)
{
	if (!c->nlines || (filter && !strstr(c->name, filter)))
		return;
	if (!c->only6)
		start(c, false);
	if (!c->only4)
		start(c, true);
}

static void run_file(const char *path, const char *base, const char *filter)
{
	FILE *f = fopen(path, "r");
	struct script c = { 0 };
	char line[512];
	int n = 0;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		char *p = line, *end;

		n++;
		end = p + strcspn(p, "#\n");
		while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		*end = '\0';
		p += strspn(p, " \t");
		if (!strncmp(p, "case ", 5)) {
			run_case(&c, filter);
			memset(&c, 0, sizeof(c));
			snprintf(c.name, sizeof(c.name), "%s_%s", base, p + 5);
		} else if (!strcmp(p, "v4")) {
			c.only4 = true;
		} else if (!strcmp(p, "v6")) {
			c.only6 = true;
		} else if (!strcmp(p, "alone")) {
			c.is_alone = true;
		} else if (*p && c.nlines < LINES_MAX) {
			c.line_no[c.nlines] = n;
			c.lines[c.nlines++] = strdup(p);
		}
	}
	run_case(&c, filter);
	fclose(f);
}

static int is_script(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot && !strcmp(dot, ".tcp");
}

/* tcpscript [FOLDER [PART-OF-A-NAME]] */
int main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : "/tests/net/segments";
	struct dirent **names;
	pthread_t watcher;
	int n = scandir(folder, &names, is_script, alphasort);

	signal(SIGPIPE, SIG_IGN);
	need(!pthread_create(&watcher, NULL, watch, NULL), "pthread_create");
	for (int i = 0; i < n; i++) {
		char path[512], base[64];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		snprintf(base, sizeof(base), "%.*s", (int)(strlen(names[i]->d_name) - 4), names[i]->d_name);
		run_file(path, base, argc > 2 ? argv[2] : NULL);
	}
	while (nactive)
		reap();
	printf("1..%d\n", nrun);
	return nbad != 0;
}
