/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests that run in the guest, on Tern and on Linux alike.
 *
 *	CASE(read_at_end_returns_zero)
 *	{
 *		CHECK(read(fd, buf, 1) == 0);
 *		FAILS(read(-1, buf, 1), EBADF);
 *	}
 *	TAP_MAIN
 *
 * Each case runs in a process of its own, in a fresh directory under /tmp that is its
 * working directory, and is killed after 60 s. A case passes if no check failed and
 * the process exited by itself. SKIP("why") leaves a case that this machine cannot run.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct tap_case {
	const char *name;
	void (*run)(void);
	struct tap_case *next;
};

static struct tap_case *tap_first, **tap_last = &tap_first;
static int tap_failed;

#define CASE(id)							\
	static void case_##id(void);					\
	__attribute__((constructor)) static void add_##id(void)	\
	{								\
		static struct tap_case c = { #id, case_##id, NULL };	\
		*tap_last = &c;						\
		tap_last = &c.next;					\
	}								\
	static void case_##id(void)

__attribute__((format(printf, 2, 3)))
static inline void tap_fail(int line, const char *fmt, ...)
{
	va_list ap;

	tap_failed = 1;
	printf("# line %d: ", line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

/* Record a failure and go on. */
#define CHECK(cond) do {						\
	errno = 0;							\
	if (!(cond))							\
		tap_fail(__LINE__, "%s (errno %d)", #cond, errno);	\
	} while (0)
#define CHECK_EQ(a, b) do {						\
	long long _a = (long long)(a), _b = (long long)(b);		\
	if (_a != _b)							\
		tap_fail(__LINE__, "%s is %lld, want %s = %lld", #a, _a, #b, _b); \
	} while (0)
#define CHECK_STR(a, b) do {						\
	const char *_a = (a), *_b = (b);				\
	if (strcmp(_a, _b))						\
		tap_fail(__LINE__, "%s is \"%s\", want \"%s\"", #a, _a, _b); \
	} while (0)
/* The call must return -1 with this errno. */
#define FAILS(call, err) do {						\
	errno = 0;							\
	long long _r = (long long)(call);				\
	int _e = errno;							\
	if (_r != -1 || _e != (err))					\
		tap_fail(__LINE__, "%s: result %lld, errno %d (%s), want %s", #call, _r, _e, \
			 strerror(_e), #err);				\
	} while (0)
/* Record a failure and leave the case. */
#define NEED(cond) do {							\
	errno = 0;							\
	if (!(cond)) {							\
		tap_fail(__LINE__, "%s (errno %d)", #cond, errno);	\
		exit(1);						\
	} } while (0)
#define SKIP(why) do { printf("#skip %s\n", why); fflush(stdout); _exit(77); } while (0)

/* Run a child's body; the child exits 0 unless a check failed in it. */
#define CHILD(pid_var, ...) do {					\
	fflush(stdout);							\
	(pid_var) = fork();						\
	if ((pid_var) == 0) { __VA_ARGS__; fflush(stdout); _exit(tap_failed); } \
	NEED((pid_var) > 0);						\
	} while (0)

static inline void tap_join(pid_t pid, int line)
{
	int st = -1;

	if (waitpid(pid, &st, 0) != pid || !WIFEXITED(st) || WEXITSTATUS(st))
		tap_fail(line, "child %d ended with status %#x", pid, st);
}
#define JOIN(pid) tap_join(pid, __LINE__)

static inline void msleep(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

static inline void write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	NEED(fd >= 0);
	NEED(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* Write @text to a file that is there, such as a switch in /proc or /sys: 0, or -1 with errno. */
static inline int put_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY), err;
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	err = errno;
	close(fd);
	errno = err;
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

static inline const char *read_file(const char *name)
{
	static char text[65536];
	int fd = open(name, O_RDONLY);
	ssize_t n, done = 0;

	NEED(fd >= 0);
	while ((n = read(fd, text + done, sizeof(text) - 1 - done)) > 0)
		done += n;
	NEED(n == 0);
	text[done] = '\0';
	close(fd);
	return text;
}

static inline int tap_run(struct tap_case *c, const char *dir)
{
	int st;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid) {
		setpgid(0, 0);
		if (mkdir(dir, 0755) || chdir(dir))
			_exit(98);
		umask(022);
		alarm(60);
		c->run();
		fflush(stdout);
		_exit(tap_failed);
	}
	if (waitpid(pid, &st, 0) != pid)
		return -1;
	kill(-pid, SIGKILL);
	return st;
}

#define TAP_MAIN							\
int main(void)								\
{									\
	int n = 0, bad = 0;						\
	char dir[64], command[96];					\
	for (struct tap_case *c = tap_first; c; c = c->next) {		\
		snprintf(dir, sizeof(dir), "/tmp/tap.%d.%d", getpid(), ++n); \
		int st = tap_run(c, dir);				\
		int skip = WIFEXITED(st) && WEXITSTATUS(st) == 77;	\
		int ok = st == 0 || skip;				\
		if (!ok)						\
			printf("# %s ended with status %#x\n", c->name, st); \
		printf("%s %d - %s%s\n", ok ? "ok" : "not ok", n, c->name, skip ? " # SKIP" : ""); \
		bad += !ok;						\
		snprintf(command, sizeof(command), "rm -rf %s", dir);	\
		if (system(command))					\
			printf("# cannot remove %s\n", dir);		\
	}								\
	printf("1..%d\n", n);						\
	return bad != 0;						\
}
