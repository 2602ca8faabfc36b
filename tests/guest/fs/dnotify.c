// SPDX-License-Identifier: GPL-2.0-only
/* fcntl(F_NOTIFY): which changes of a directory signal, once or always, and when it ends. */
#include "tap.h"

#include <dirent.h>
#include <sys/stat.h>

static volatile int hits, last_fd, last_code, last_band;

static void on_signal(int sig, siginfo_t *si, void *uc)
{
	hits++;
	last_fd = si->si_fd;
	last_code = si->si_code;
	last_band = (int)si->si_band;
}

/* A directory d, its changes signalled by SIGRTMIN; returns its descriptor. */
static int watch(unsigned long what)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
	int fd;

	mkdir("d", 0755);
	fd = open("d", O_RDONLY);
	sigaction(SIGRTMIN, &sa, NULL);
	hits = 0;
	if (fd < 0 || fcntl(fd, F_SETSIG, SIGRTMIN) || fcntl(fd, F_NOTIFY, what))
		return -1;
	return fd;
}

static void touch(const char *name)
{
	close(open(name, O_WRONLY | O_CREAT, 0644));
}

CASE(create_signals_with_details)
{
	int fd = watch(DN_CREATE | DN_MULTISHOT);

	NEED(fd >= 0);
	touch("d/a");
	CHECK_EQ(hits, 1);
	CHECK_EQ(last_fd, fd);
	CHECK_EQ(last_code, 3);
	CHECK_EQ(last_band, 0x441);
	mkdir("d/sub", 0755);
	symlink("a", "d/s");
	CHECK_EQ(hits, 3);
	touch("d/a");
	touch("d/sub/x");
	CHECK_EQ(hits, 3);
}

CASE(once_unless_multishot)
{
	int fd = watch(DN_CREATE);

	NEED(fd >= 0);
	touch("d/a");
	touch("d/b");
	CHECK_EQ(hits, 1);
	NEED(fcntl(fd, F_NOTIFY, DN_CREATE) == 0);
	touch("d/c");
	touch("d/e");
	CHECK_EQ(hits, 2);
}

CASE(each_kind)
{
	int fd = watch(DN_DELETE | DN_MULTISHOT), f;
	char c;

	NEED(fd >= 0);
	touch("d/a");
	CHECK_EQ(hits, 0);
	unlink("d/a");
	CHECK_EQ(hits, 1);
	close(fd);
	fd = watch(DN_ATTRIB | DN_MULTISHOT);
	touch("d/a");
	chmod("d/a", 0600);
	CHECK_EQ(hits, 1);
	close(fd);
	fd = watch(DN_MODIFY | DN_MULTISHOT);
	f = open("d/a", O_RDWR);
	NEED(write(f, "x", 1) == 1);
	CHECK_EQ(hits, 1);
	close(fd);
	fd = watch(DN_ACCESS | DN_MULTISHOT);
	CHECK_EQ(pread(f, &c, 1, 0), 1);
	CHECK_EQ(hits, 1);
	close(fd);
	fd = watch(DN_RENAME | DN_MULTISHOT);
	rename("d/a", "d/b");
	CHECK_EQ(hits, 1);
	rename("d/b", "elsewhere");
	CHECK_EQ(hits, 1);
	rename("elsewhere", "d/b");
	CHECK_EQ(hits, 1);
}

CASE(requests_add_up_and_zero_ends_them)
{
	int fd = watch(DN_CREATE | DN_MULTISHOT);

	NEED(fd >= 0);
	NEED(fcntl(fd, F_NOTIFY, DN_DELETE) == 0);
	touch("d/a");
	unlink("d/a");
	CHECK_EQ(hits, 2);
	CHECK_EQ(fcntl(fd, F_NOTIFY, 0), 0);
	touch("d/b");
	CHECK_EQ(hits, 2);
}

CASE(closing_any_descriptor_ends_it)
{
	int fd = watch(DN_CREATE | DN_MULTISHOT), copy = dup(fd);

	NEED(fd >= 0 && copy >= 0);
	close(copy);
	touch("d/a");
	CHECK_EQ(hits, 0);
}

CASE(a_child_has_its_own)
{
	int fd = watch(DN_CREATE | DN_MULTISHOT);
	pid_t pid;

	NEED(fd >= 0);
	CHILD(pid, close(fd));
	JOIN(pid);
	touch("d/a");
	CHECK_EQ(hits, 1);
}

CASE(errors)
{
	touch("f");
	int f = open("f", O_RDONLY);

	FAILS(fcntl(f, F_NOTIFY, DN_CREATE), ENOTDIR);
	CHECK_EQ(fcntl(f, F_NOTIFY, 0), 0);
	FAILS(fcntl(99, F_NOTIFY, DN_CREATE), EBADF);
}

CASE(many_come_and_go)
{
	for (int i = 0; i < 200; i++) {
		int fd = watch(i & 1 ? DN_CREATE : DN_CREATE | DN_MULTISHOT);

		NEED(fd >= 0);
		touch("d/x");
		CHECK_EQ(hits, 1);
		unlink("d/x");
		close(fd);
	}
}

TAP_MAIN
