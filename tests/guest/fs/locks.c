/* SPDX-License-Identifier: GPL-2.0-only */
/* Record locks in detail, seals, attributes, select and poll corners. */
#include "../tap.h"

#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/xattr.h>

#ifndef F_OFD_SETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#endif

static int lock(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &fl);
}

/* What another process would meet at [start, start+len): type, and range in text. */
static const char *probe(const char *name, off_t start, off_t len)
{
	static char text[64];
	int p[2];
	pid_t pid;

	NEED(pipe(p) == 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = len };
		int fd = open(name, O_RDWR), n;

		fcntl(fd, F_GETLK, &fl);
		n = fl.l_type == F_UNLCK ? snprintf(text, sizeof(text), "free") :
		    snprintf(text, sizeof(text), "%s %ld+%ld", fl.l_type == F_WRLCK ? "w" : "r",
			     (long)fl.l_start, (long)fl.l_len);
		_exit(write(p[1], text, (size_t)n + 1) != n + 1);
	}
	NEED(read(p[0], text, sizeof(text)) > 0);
	waitpid(pid, NULL, 0);
	close(p[0]);
	close(p[1]);
	return text;
}

CASE(ranges_split_and_merge)
{
	int fd = open("f", O_CREAT | O_RDWR, 0644);

	CHECK(lock(fd, F_SETLK, F_WRLCK, 0, 100) == 0);
	CHECK_STR(probe("f", 0, 0), "w 0+100");
	CHECK(lock(fd, F_SETLK, F_UNLCK, 40, 20) == 0);
	CHECK_STR(probe("f", 0, 0), "w 0+40");
	CHECK_STR(probe("f", 40, 20), "free");
	CHECK_STR(probe("f", 60, 1), "w 60+40");
	CHECK(lock(fd, F_SETLK, F_RDLCK, 20, 60) == 0);
	CHECK_STR(probe("f", 0, 1), "w 0+20");
	CHECK_STR(probe("f", 20, 1), "r 20+60");
	CHECK_STR(probe("f", 80, 1), "w 80+20");
	CHECK(lock(fd, F_SETLK, F_WRLCK, 20, 60) == 0);
	CHECK_STR(probe("f", 50, 1), "w 0+100");
	CHECK(lock(fd, F_SETLK, F_WRLCK, 100, 0) == 0);
	CHECK_STR(probe("f", 5000, 1), "w 0+0");
	CHECK(lock(fd, F_SETLK, F_UNLCK, 0, 0) == 0);
	CHECK_STR(probe("f", 0, 0), "free");
}

CASE(lock_arguments)
{
	struct flock fl = { .l_type = 9, .l_whence = SEEK_SET };
	int fd = open("f", O_CREAT | O_RDWR, 0644), ro = open("f", O_RDONLY), wo = open("f", O_WRONLY);

	FAILS(fcntl(fd, F_SETLK, &fl), EINVAL);
	fl = (struct flock){ .l_type = F_WRLCK, .l_whence = 7 };
	FAILS(fcntl(fd, F_SETLK, &fl), EINVAL);
	FAILS(lock(fd, F_SETLK, F_WRLCK, -1, 5), EINVAL);
	CHECK(lock(fd, F_SETLK, F_WRLCK, 10, -5) == 0);
	CHECK_STR(probe("f", 0, 0), "w 5+5");
	FAILS(lock(fd, F_SETLK, F_WRLCK, 4, -5), EINVAL);
	FAILS(lock(ro, F_SETLK, F_WRLCK, 0, 1), EBADF);
	FAILS(lock(wo, F_SETLK, F_RDLCK, 0, 1), EBADF);
	FAILS(fcntl(fd, F_SETLK, (void *)8), EFAULT);
	/* Closing any descriptor of the file drops the process's locks. */
	CHECK(lock(fd, F_SETLK, F_WRLCK, 0, 10) == 0);
	close(ro);
	CHECK_STR(probe("f", 0, 0), "free");
}

CASE(deadlock_is_EDEADLK)
{
	int fd = open("f", O_CREAT | O_RDWR, 0644), p[2];
	pid_t pid;
	char c;

	NEED(pipe(p) == 0);
	CHECK(lock(fd, F_SETLK, F_WRLCK, 0, 1) == 0);
	CHILD(pid,
		CHECK(lock(fd, F_SETLK, F_WRLCK, 1, 1) == 0);
		NEED(write(p[1], "x", 1) == 1);
		CHECK(lock(fd, F_SETLKW, F_WRLCK, 0, 1) == 0));
	NEED(read(p[0], &c, 1) == 1);
	msleep(200);
	FAILS(lock(fd, F_SETLKW, F_WRLCK, 1, 1), EDEADLK);
	CHECK(lock(fd, F_SETLK, F_UNLCK, 0, 1) == 0);
	JOIN(pid);
	CHECK(lock(fd, F_SETLKW, F_WRLCK, 1, 1) == 0);
}

static void on_alarm(int sig) { (void)sig; }

CASE(waiting_lock_ends_by_signal)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	int fd = open("f", O_CREAT | O_RDWR, 0644), p[2];
	pid_t pid;
	char c;

	NEED(pipe(p) == 0 && sigaction(SIGUSR1, &sa, NULL) == 0);
	CHECK(lock(fd, F_SETLK, F_WRLCK, 0, 0) == 0);
	CHILD(pid,
		NEED(write(p[1], "x", 1) == 1);
		FAILS(lock(fd, F_SETLKW, F_WRLCK, 0, 1), EINTR);
		FAILS(lock(fd, F_SETLK, F_WRLCK, 0, 1), EAGAIN));
	NEED(read(p[0], &c, 1) == 1);
	msleep(200);
	kill(pid, SIGUSR1);
	JOIN(pid);
}

CASE(open_file_description_locks)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10 };
	int a = open("f", O_CREAT | O_RDWR, 0644), b = open("f", O_RDWR), d = dup(a);

	CHECK(fcntl(a, F_OFD_SETLK, &fl) == 0);
	FAILS(fcntl(b, F_OFD_SETLK, &fl), EAGAIN);
	CHECK(fcntl(d, F_OFD_SETLK, &fl) == 0);
	FAILS(fcntl(b, F_SETLK, &fl), EAGAIN);
	CHECK(fcntl(b, F_OFD_GETLK, &fl) == 0 && fl.l_type == F_WRLCK && fl.l_pid == -1);
	fl = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10, .l_pid = 1 };
	FAILS(fcntl(a, F_OFD_SETLK, &fl), EINVAL);
	fl.l_pid = 0;
	close(a);
	FAILS(fcntl(b, F_OFD_SETLK, &fl), EAGAIN);
	close(d);
	CHECK(fcntl(b, F_OFD_SETLK, &fl) == 0);
}

CASE(flock_kinds_change)
{
	int a = open("f", O_CREAT | O_RDWR, 0644), b = open("f", O_RDWR);

	CHECK(flock(a, LOCK_SH) == 0 && flock(b, LOCK_SH) == 0);
	FAILS(flock(a, LOCK_EX | LOCK_NB), EAGAIN);
	CHECK(flock(b, LOCK_UN) == 0);
	CHECK(flock(a, LOCK_EX | LOCK_NB) == 0);
	FAILS(flock(b, LOCK_SH | LOCK_NB), EAGAIN);
	FAILS(flock(a, 77), EINVAL);
	FAILS(flock(99, LOCK_SH), EBADF);
	close(a);
	CHECK(flock(b, LOCK_EX | LOCK_NB) == 0);
}

CASE(seals)
{
	int fd = memfd_create("box", MFD_ALLOW_SEALING), plain = memfd_create("plain", MFD_CLOEXEC);
	char text[128], link[64];
	void *p;
	ssize_t n;

	NEED(fd >= 0 && plain >= 0);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_EQ(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
	FAILS(fcntl(plain, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	FAILS(memfd_create("x", 0x80), EINVAL);
	CHECK(ftruncate(fd, 8192) == 0);
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	FAILS(ftruncate(fd, 100), EPERM);
	CHECK(ftruncate(fd, 12288) == 0);
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) == 0);
	FAILS(ftruncate(fd, 16384), EPERM);
	FAILS(pwrite(fd, "x", 1, 12288), EPERM);
	CHECK(pwrite(fd, "x", 1, 0) == 1);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	NEED(p != MAP_FAILED);
	FAILS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK(munmap(p, 4096) == 0);
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
	FAILS(pwrite(fd, "x", 1, 0), EPERM);
	FAILS(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), EPERM);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EPERM);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL) == 0);
	FAILS(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, text, sizeof(text) - 1);
	NEED(n > 0);
	text[n] = 0;
	CHECK_STR(text, "/memfd:box (deleted)");
}

CASE(trusted_attributes)
{
	char buf[64];

	write_file("f", "");
	NEED(symlink("f", "l") == 0);
	FAILS(getxattr("f", "trusted.a", buf, sizeof(buf)), ENODATA);
	CHECK(setxattr("f", "trusted.a", "value", 5, XATTR_CREATE) == 0);
	FAILS(setxattr("f", "trusted.a", "v", 1, XATTR_CREATE), EEXIST);
	FAILS(setxattr("f", "trusted.b", "v", 1, XATTR_REPLACE), ENODATA);
	CHECK_EQ(getxattr("l", "trusted.a", buf, sizeof(buf)), 5);
	CHECK_EQ(getxattr("f", "trusted.a", NULL, 0), 5);
	FAILS(getxattr("f", "trusted.a", buf, 2), ERANGE);
	CHECK(lsetxattr("l", "trusted.link", "x", 1, 0) == 0);
	FAILS(getxattr("f", "trusted.link", buf, sizeof(buf)), ENODATA);
	CHECK_EQ(listxattr("f", buf, sizeof(buf)), 10);
	CHECK_STR(buf, "trusted.a");
	CHECK(removexattr("f", "trusted.a") == 0);
	FAILS(removexattr("f", "trusted.a"), ENODATA);
	FAILS(setxattr("f", "nonsense.a", "v", 1, 0), EOPNOTSUPP);
	FAILS(setxattr("f", "trusted.a", "v", 1, 77), EINVAL);
	FAILS(setxattr("f", "trusted.a", NULL, 70000, 0), E2BIG);
	NEED(chmod("f", 0666) == 0 && setuid(1000) == 0);
	FAILS(setxattr("f", "trusted.a", "v", 1, 0), EPERM);
	FAILS(getxattr("f", "trusted.a", buf, sizeof(buf)), ENODATA);
}

CASE(running_program_is_not_written)
{
	char text[4096];
	int from = open("/bin/busybox", O_RDONLY), to = open("prog", O_CREAT | O_WRONLY, 0755);
	pid_t pid;
	ssize_t n;

	NEED(from >= 0 && to >= 0);
	while ((n = read(from, text, sizeof(text))) > 0)
		NEED(write(to, text, (size_t)n) == n);
	FAILS(execl("./prog", "sleep", "0", NULL), ETXTBSY);
	close(to);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		execl("./prog", "sleep", "5", NULL);
		_exit(1);
	}
	msleep(300);
	FAILS(open("prog", O_WRONLY), ETXTBSY);
	FAILS(truncate("prog", 0), ETXTBSY);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	to = open("prog", O_WRONLY);
	CHECK(to >= 0);
}

TAP_MAIN
