/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs under injected failures: whatever fails, nothing hangs, nothing is lost
 * for good, and all works again afterwards. Only Tern has /proc/tern.
 *
 * The process that sets rules is exempt from them (oom_score_adj -1000); its
 * children are not.
 */
#include "../tap.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#define RULES		"/proc/tern/fault-injection"
#define WORKERS		4
#define ROUNDS		400

static int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	return ret;
}

static int rules(const char *text)
{
	return file_write(RULES, text);
}

static void need_rules(void)
{
	if (access(RULES, F_OK))
		SKIP("fault injection by /proc/tern is Tern's");
	file_write("/proc/self/oom_score_adj", "-1000");
}

static long number_in(const char *path, const char *key)
{
	char line[256];
	long v = -1;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			v = atol(line + strlen(key));
	if (f)
		fclose(f);
	return v;
}

CASE(bad_rules_are_refused_as_a_whole)
{
	need_rules();
	CHECK(rules("alloc.frame=rate:0,nothing.here=fail") < 0 && errno == ENOENT);
	CHECK(rules("alloc.frame=often") < 0 && errno == EINVAL);
	CHECK(rules("alloc.frame=rate:1001") < 0 && errno == EINVAL);
	CHECK(rules("alloc.frame=fail:3") < 0 && errno == EINVAL);
	CHECK(rules("alloc.frame=rate") < 0 && errno == EINVAL);
	CHECK(rules("alloc.frame=drop-every:0") < 0 && errno == EINVAL);
	CHECK(rules("alloc.frame") < 0 && errno == EINVAL);
	CHECK(rules("socket.send=drop-every:3 # remark\nsocket.recv=off, ") == 0);
	CHECK(number_in(RULES, "socket.send=drop-every:") == 3);
	CHECK(rules("socket.send=off\n") == 0);
}

CASE(only_root_sees_the_rules)
{
	need_rules();
	CHECK(setuid(1000) == 0);
	FAILS(open(RULES, O_RDONLY), EACCES);
}

static int in_child(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		file_write("/proc/self/oom_score_adj", "0");
		_exit(fn());
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int send_six(void)
{
	int s[2], failed = 0;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, s))
		return 100;
	for (int i = 0; i < 6; i++)
		if (send(s[0], "x", 1, 0) < 0)
			failed += errno == ENOBUFS ? 1 : 10;
	return failed;
}

static int spawn_fails(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return pid < 0 ? errno : 0;
}

static int send_delayed(void)
{
	struct timespec a, b;
	int s[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, s))
		return 100;
	clock_gettime(CLOCK_MONOTONIC, &a);
	send(s[0], "x", 1, 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	return (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec >= 30000000;
}

CASE(actions_do_what_they_say)
{
	need_rules();
	CHECK(rules("socket.send=drop-every:3") == 0);
	CHECK(in_child(send_six) == 2);
	CHECK(rules("socket.send=fail-after:2") == 0);
	CHECK(in_child(send_six) == 4);
	CHECK(rules("socket.send=fail") == 0);
	CHECK(in_child(send_six) == 6);
	CHECK(rules("socket.send=rate:0") == 0);
	CHECK(in_child(send_six) == 0);
	CHECK(rules("socket.send=delay-ms:30") == 0);
	CHECK(in_child(send_delayed) == 1);
	CHECK(rules("socket.send=off process.spawn=fail") == 0);
	CHECK(in_child(spawn_fails) == EAGAIN);
	CHECK(rules("process.spawn=off") == 0);
	CHECK(in_child(spawn_fails) == 0);
}

/* ---- load ---- */

static void *thread_body(void *arg)
{
	return arg;
}

static void use_memory(void)
{
	size_t len = 64 * 4096;
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return;
	for (size_t i = 0; i < len; i += 4096 * 8)
		p[i] = 1;
	mprotect(p + 4096, 4096, PROT_READ);
	mprotect(p + 3 * 4096, 4096, PROT_NONE);
	munmap(p + 5 * 4096, 4096);
	p = mremap(p + 8 * 4096, len - 8 * 4096, len * 4, MREMAP_MAYMOVE);
	if (p != MAP_FAILED)
		munmap(p, len * 4);
}

static void use_files(int n)
{
	char name[64], other[64], buf[4096] = { 0 };
	int fd, dir;

	snprintf(name, sizeof(name), "f%d-%d", getpid(), n);
	snprintf(other, sizeof(other), "g%d-%d", getpid(), n);
	dir = open(".", O_RDONLY | O_DIRECTORY);
	fd = open(name, O_RDWR | O_CREAT, 0600);
	if (fd >= 0) {
		for (int i = 0; i < 8; i++)
			if (write(fd, buf, sizeof(buf)) < 0)
				break;
		char *p = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		if (p != MAP_FAILED)
			munmap(p, 8 * 4096);
		ftruncate(fd, 5);
		close(fd);
	}
	if (link(name, other) == 0)
		unlink(other);
	rename(name, other);
	symlink(name, "s");
	readlink("s", buf, sizeof(buf));
	mkdir("d", 0700);
	rmdir("d");
	if (dir >= 0)
		close(dir);
	unlink("s");
	unlink(name);
	unlink(other);
	fd = open("/proc/self/maps", O_RDONLY);
	if (fd >= 0) {
		while (read(fd, buf, sizeof(buf)) > 0)
			;
		close(fd);
	}
	fd = inotify_init();
	if (fd >= 0) {
		inotify_add_watch(fd, ".", IN_ALL_EVENTS);
		close(fd);
	}
}

static void use_sockets(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char ctl[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 1;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl,
			    .msg_controllen = sizeof(ctl) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int s[2], l, k;

	if (!socketpair(AF_UNIX, SOCK_STREAM, 0, s)) {
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &s[0], sizeof(int));
		if (sendmsg(s[0], &m, MSG_DONTWAIT) > 0)
			recv(s[1], &byte, 1, MSG_DONTWAIT);
		close(s[0]);
		close(s[1]);
	}
	snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "fault-%d", getpid());
	l = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	k = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (l >= 0 && k >= 0 && !bind(l, (void *)&a, sizeof(a)) && !listen(l, 4) &&
	    !connect(k, (void *)&a, sizeof(a))) {
		int t = accept(l, NULL, NULL);

		if (t >= 0)
			close(t);
	}
	if (l >= 0)
		close(l);
	if (k >= 0)
		close(k);
}

static void use_events(void)
{
	struct itimerspec its = { .it_value.tv_nsec = 1000000 };
	struct epoll_event ev = { .events = EPOLLIN };
	int p[2], e = epoll_create1(0), v = eventfd(1, 0), t = timerfd_create(CLOCK_MONOTONIC, 0);
	char buf[8192] = { 0 };

	if (!pipe2(p, O_NONBLOCK)) {
		if (e >= 0)
			epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev);
		write(p[1], buf, sizeof(buf));
		read(p[0], buf, sizeof(buf));
		close(p[0]);
		close(p[1]);
	}
	if (e >= 0 && v >= 0)
		epoll_ctl(e, EPOLL_CTL_ADD, v, &ev);
	if (t >= 0)
		timerfd_settime(t, 0, &its, NULL);
	if (e >= 0)
		epoll_wait(e, &ev, 1, 0);
	for (int i = 0; i < 3; i++)
		if ((int[]){ e, v, t }[i] >= 0)
			close((int[]){ e, v, t }[i]);
}

static void use_processes(void)
{
	static char *const argv[] = { "true", NULL };
	pthread_t th;
	cpu_set_t set;
	pid_t pid;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
	pid = fork();
	if (!pid) {
		execv("/bin/true", argv);
		_exit(1);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	pid = vfork();
	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	if (!pthread_create(&th, NULL, thread_body, NULL))
		pthread_join(th, NULL);
}

static int one_round(int n)
{
	file_write("/proc/self/oom_score_adj", "0");
	use_files(n);
	use_memory();
	use_events();
	use_sockets();
	use_processes();
	return 0;
}

/* Each round in a process of its own: it may be killed at any moment. */
static void worker(int id)
{
	for (int i = id; i < ROUNDS; i += WORKERS) {
		pid_t pid = fork();

		if (!pid) {
			alarm(20);
			_exit(one_round(i));
		}
		if (pid > 0) {
			int status;

			waitpid(pid, &status, 0);
			if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
				_exit(1);
		}
	}
	_exit(0);
}

static void load(void)
{
	pid_t pid[WORKERS];
	int status;

	for (int i = 0; i < WORKERS; i++) {
		pid[i] = fork();
		if (!pid[i])
			worker(i);
		CHECK(pid[i] > 0);
	}
	for (int i = 0; i < WORKERS; i++) {
		CHECK(waitpid(pid[i], &status, 0) == pid[i]);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

static long used_kib(void)
{
	file_write("/proc/sys/vm/drop_caches", "3");
	usleep(200000);		/* grace periods and work queues empty themselves */
	return number_in("/proc/meminfo", "MemTotal:") - number_in("/proc/meminfo", "MemFree:") -
	       number_in("/proc/meminfo", "Cached:") -
	       number_in("/proc/meminfo", "SReclaimable:");
}

static void stress(const char *rule, const char *location)
{
	char line[128];
	long before, files, after = 0;

	need_rules();
	load();			/* caches grow to their size */
	files = number_in("/proc/sys/fs/file-nr", "");
	before = used_kib();
	CHECK(rules(rule) == 0);
	load();
	snprintf(line, sizeof(line), "grep '^%s' " RULES " | sed 's/^/# /'", location);
	system(line);
	snprintf(line, sizeof(line), "%s=off", location);
	CHECK(rules(line) == 0);
	load();			/* all works again */
	for (int i = 0; i < 20; i++) {
		after = used_kib();
		if (after - before < 1024)
			break;
	}
	printf("# in use before %ld KiB, after %ld KiB\n", before, after);
	CHECK(after - before < 1024);
	CHECK(number_in("/proc/sys/fs/file-nr", "") <= files);
}

/* ---- every allocation of an operation fails in turn ---- */

static void files_once(void)
{
	use_files(0);
}

static void (*const ops[])(void) = {
	files_once, use_memory, use_events, use_sockets, use_processes,
};

/* Runs one operation with a rule; true if anything failed. */
static int once_with(void (*op)(void), const char *location, const char *action, int n)
{
	char rule[64], off[64], state[256] = "", key[64];
	int go[2], status, failed = 0;
	pid_t pid;
	FILE *f;

	snprintf(rule, sizeof(rule), "%s=%s:%d", location, action, n);
	snprintf(off, sizeof(off), "%s=off", location);
	if (pipe(go))
		return 0;
	pid = fork();
	if (!pid) {
		char c;

		file_write("/proc/self/oom_score_adj", "0");
		read(go[0], &c, 1);
		alarm(20);
		op();
		_exit(0);
	}
	CHECK(pid > 0 && rules(rule) == 0);
	write(go[1], "x", 1);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(!WIFSIGNALED(status) || WTERMSIG(status) != SIGALRM);
	f = fopen(RULES, "r");
	while (f && fgets(state, sizeof(state), f))
		if (sscanf(state, "%63[^=]=%*s # passed %*d failed %d", key, &status) == 2 &&
		    !strcmp(key, location))
			failed = status;
	if (f)
		fclose(f);
	rules(off);
	close(go[0]);
	close(go[1]);
	return failed;
}

static int sweep(const char *location)
{
	int n, runs = 0;

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		for (n = 0; n < 400 && once_with(ops[i], location, "fail-after", n); n++)
			runs++;
		CHECK(n > 0 && n < 400);
		for (n = 400; n > 0; n = n * 9 / 10, runs++)
			once_with(ops[i], location, "drop-every", n);
	}
	return runs;
}

/* The first sweep lets caches grow to their size; what the second adds is lost. */
static void each_in_turn(const char *location)
{
	long before, after;
	int runs;

	need_rules();
	sweep(location);
	before = used_kib();
	runs = sweep(location);
	after = used_kib();
	printf("# %d runs, in use before %ld KiB, after %ld KiB\n", runs, before, after);
	CHECK(after - before < 256);
}

CASE(each_object_of_an_operation_fails_in_turn)
{
	each_in_turn("alloc.object");
}

CASE(each_frame_of_an_operation_fails_in_turn)
{
	each_in_turn("alloc.frame");
}

CASE(kernel_frames_run_out_now_and_then)
{
	stress("alloc.frame=rate:20", "alloc.frame");
}

CASE(kernel_objects_run_out_now_and_then)
{
	stress("alloc.object=rate:5", "alloc.object");
}

CASE(user_frames_run_out_now_and_then)
{
	stress("alloc.user-frame=rate:5", "alloc.user-frame");
}

CASE(kernel_objects_run_out_often)
{
	stress("alloc.object=rate:100", "alloc.object");
}
TAP_MAIN
