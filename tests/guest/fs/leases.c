// SPDX-License-Identifier: GPL-2.0-only
/* fcntl(F_SETLEASE): who gets leases, how opens break them; hints of write life. */
#include "../tap.h"

#include <poll.h>
#include <sys/mman.h>

static volatile sig_atomic_t told, told_fd, told_code;

static void on_break(int sig, siginfo_t *info, void *ctx)
{
	told++;
	told_fd = info->si_fd;
	told_code = info->si_code;
}

static void catch_breaks(int sig)
{
	struct sigaction sa = { .sa_sigaction = on_break, .sa_flags = SA_SIGINFO };

	NEED(sigaction(sig, &sa, NULL) == 0);
}

static void break_time(const char *seconds)
{
	write_file("/proc/sys/fs/lease-break-time", seconds);
}

CASE(leases_are_given_and_shown)
{
	int fd, other;

	write_file("f", "x");
	NEED((fd = open("f", O_RDONLY)) >= 0);
	CHECK_EQ(fcntl(fd, F_GETLEASE), F_UNLCK);
	FAILS(fcntl(fd, F_SETLEASE, F_UNLCK), EAGAIN);
	FAILS(fcntl(fd, F_SETLEASE, 77), EINVAL);
	CHECK(fcntl(fd, F_SETLEASE, F_RDLCK) == 0);
	CHECK_EQ(fcntl(fd, F_GETLEASE), F_RDLCK);
	CHECK_EQ(fcntl(fd, F_GETOWN), getpid());
	CHECK(fcntl(fd, F_SETLEASE, F_WRLCK) == 0);
	CHECK_EQ(fcntl(fd, F_GETLEASE), F_WRLCK);
	CHECK(strstr(read_file("/proc/locks"), "LEASE  ACTIVE    WRITE"));
	CHECK(fcntl(fd, F_SETLEASE, F_UNLCK) == 0);
	CHECK_EQ(fcntl(fd, F_GETLEASE), F_UNLCK);
	NEED((other = open("f", O_RDONLY)) >= 0);
	FAILS(fcntl(fd, F_SETLEASE, F_WRLCK), EAGAIN);
	CHECK(fcntl(fd, F_SETLEASE, F_RDLCK) == 0);
	CHECK_EQ(fcntl(other, F_GETLEASE), F_UNLCK);
	CHECK(fcntl(other, F_SETLEASE, F_RDLCK) == 0);
	FAILS(fcntl(other, F_SETLEASE, F_WRLCK), EAGAIN);
	close(other);
	close(fd);
	NEED((fd = open("f", O_RDWR)) >= 0);
	FAILS(fcntl(fd, F_SETLEASE, F_RDLCK), EAGAIN);
	CHECK(fcntl(fd, F_SETLEASE, F_WRLCK) == 0);
	close(fd);
	NEED((fd = open(".", O_RDONLY)) >= 0);
	FAILS(fcntl(fd, F_SETLEASE, F_RDLCK), EINVAL);
}

CASE(only_owners_get_them)
{
	int fd;

	write_file("f", "x");
	NEED(chmod("f", 0644) == 0);
	NEED(setuid(1000) == 0);
	NEED((fd = open("f", O_RDONLY)) >= 0);
	FAILS(fcntl(fd, F_SETLEASE, F_RDLCK), EACCES);
}

CASE(an_open_breaks_a_write_lease)
{
	pid_t pid;
	int fd;

	catch_breaks(SIGIO);
	write_file("f", "x");
	NEED((fd = open("f", O_RDONLY)) >= 0);
	NEED(fcntl(fd, F_SETLEASE, F_WRLCK) == 0);
	FAILS(open("f", O_RDONLY | O_NONBLOCK), EWOULDBLOCK);
	CHECK_EQ(told, 1);
	CHECK_EQ(fcntl(fd, F_GETLEASE), F_RDLCK);
	CHECK(strstr(read_file("/proc/locks"), "LEASE  BREAKING  READ"));
	CHILD(pid, int mine = open("f", O_RDONLY); CHECK(mine >= 0));
	msleep(100);
	CHECK_EQ(told, 1);
	CHECK(fcntl(fd, F_SETLEASE, F_RDLCK) == 0);
	JOIN(pid);
	CHECK_EQ(fcntl(fd, F_GETLEASE), F_RDLCK);
	FAILS(open("f", O_WRONLY | O_NONBLOCK), EWOULDBLOCK);
	CHECK_EQ(told, 2);
	CHECK_EQ(fcntl(fd, F_GETLEASE), F_UNLCK);
	CHILD(pid, CHECK(truncate("f", 0) == 0));
	msleep(50);
	CHECK(fcntl(fd, F_SETLEASE, F_UNLCK) == 0);
	JOIN(pid);
	CHECK(open("f", O_WRONLY) >= 0);
}

CASE(the_chosen_signal_carries_the_descriptor)
{
	int fd;

	catch_breaks(SIGRTMIN);
	write_file("f", "x");
	NEED((fd = open("f", O_RDONLY)) >= 0);
	NEED(fcntl(fd, F_SETSIG, SIGRTMIN) == 0);
	NEED(fcntl(fd, F_SETLEASE, F_WRLCK) == 0);
	FAILS(open("f", O_RDONLY | O_NONBLOCK), EWOULDBLOCK);
	CHECK_EQ(told, 1);
	CHECK_EQ(told_fd, fd);
	CHECK_EQ(told_code, 3);		/* POLL_MSG */
}

CASE(holders_that_do_nothing_lose_it)
{
	struct timespec a, b;
	int fd, other;

	catch_breaks(SIGIO);
	break_time("1");
	write_file("f", "x");
	NEED((fd = open("f", O_RDONLY)) >= 0);
	NEED(fcntl(fd, F_SETLEASE, F_WRLCK) == 0);
	clock_gettime(CLOCK_MONOTONIC, &a);
	while ((other = open("f", O_RDONLY)) < 0 && errno == EINTR)
		;
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK(other >= 0);
	CHECK((b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 >= 900);
	CHECK_EQ(fcntl(fd, F_GETLEASE), F_RDLCK);
	while ((other = open("f", O_WRONLY)) < 0 && errno == EINTR)
		;
	CHECK(other >= 0);
	CHECK_EQ(fcntl(fd, F_GETLEASE), F_UNLCK);
	break_time("45");
}

CASE(waits_for_a_lease_are_interrupted)
{
	pid_t pid;
	int fd, st;

	catch_breaks(SIGIO);
	catch_breaks(SIGALRM);
	write_file("f", "x");
	NEED((fd = open("f", O_RDONLY)) >= 0);
	NEED(fcntl(fd, F_SETLEASE, F_RDLCK) == 0);
	CHILD(pid, alarm(1); FAILS(open("f", O_WRONLY), EINTR));
	NEED(waitpid(pid, &st, 0) == pid || errno == EINTR);
	while (waitpid(pid, &st, 0) < 0 && errno == EINTR)
		;
	close(fd);		/* goes with the file */
	CHECK((fd = open("f", O_WRONLY)) >= 0);
}

CASE(write_life_hints_are_kept)
{
	uint64_t h = 9;
	int fd, again;

	write_file("f", "x");
	NEED((fd = open("f", O_RDWR)) >= 0);
	CHECK(fcntl(fd, 1035, &h) == 0);
	CHECK_EQ(h, 0);
	h = 3;
	CHECK(fcntl(fd, 1036, &h) == 0);
	h = 6;
	FAILS(fcntl(fd, 1036, &h), EINVAL);
	FAILS(fcntl(fd, 1036, 8), EFAULT);
	FAILS(fcntl(fd, 1037, &h), EINVAL);
	NEED((again = open("f", O_RDONLY)) >= 0);
	CHECK(fcntl(again, 1035, &h) == 0);
	CHECK_EQ(h, 3);
}
TAP_MAIN
