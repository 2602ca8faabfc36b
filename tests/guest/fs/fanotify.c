// SPDX-License-Identifier: GPL-2.0-only
/* fanotify_init, fanotify_mark: events with descriptors. */
#include "../tap.h"

#include <poll.h>
#include <sys/fanotify.h>
#include <sys/mount.h>

static int fan(unsigned flags)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK | flags, O_RDONLY);

	NEED(fd >= 0);
	return fd;
}

static int mark(int fd, unsigned flags, uint64_t mask, const char *path)
{
	return fanotify_mark(fd, flags, mask, AT_FDCWD, path);
}

/* One event: its mask; the file is compared with @path and closed. 0: none. */
static uint64_t next(int fd, const char *path, pid_t pid)
{
	struct fanotify_event_metadata m;
	struct stat a, b;
	ssize_t n = read(fd, &m, sizeof(m));

	if (n < 0 && errno == EAGAIN)
		return 0;
	CHECK_EQ(n, sizeof(m));
	CHECK(m.vers == FANOTIFY_METADATA_VERSION && m.event_len == 24 && m.metadata_len == 24);
	CHECK(m.fd >= 0);
	CHECK_EQ(m.pid, pid);
	if (path)
		CHECK(fstat(m.fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino);
	close(m.fd);
	return m.mask;
}

static void touch(const char *path, int write_it)
{
	int fd = open(path, write_it ? O_WRONLY : O_RDONLY);
	char c;

	NEED(fd >= 0);
	if (write_it)
		CHECK(write(fd, "x", 1) == 1);
	else
		CHECK(read(fd, &c, 1) >= 0);
	close(fd);
}

CASE(events_of_one_file)
{
	int fd = fan(0);

	write_file("f", "abc");
	write_file("g", "abc");
	CHECK(mark(fd, FAN_MARK_ADD, FAN_OPEN | FAN_ACCESS | FAN_MODIFY | FAN_CLOSE, "f") == 0);
	touch("g", 0);
	CHECK_EQ(next(fd, NULL, 0), 0);
	touch("f", 0);
	CHECK_EQ(next(fd, "f", getpid()), FAN_OPEN | FAN_ACCESS | FAN_CLOSE_NOWRITE);
	CHECK_EQ(next(fd, NULL, 0), 0);
	touch("f", 1);
	CHECK_EQ(next(fd, "f", getpid()), FAN_OPEN | FAN_MODIFY | FAN_CLOSE_WRITE);
	CHECK(mark(fd, FAN_MARK_REMOVE, FAN_OPEN | FAN_ACCESS, "f") == 0);
	touch("f", 0);
	CHECK_EQ(next(fd, "f", getpid()), FAN_CLOSE_NOWRITE);
	CHECK(mark(fd, FAN_MARK_REMOVE, FAN_MODIFY | FAN_CLOSE, "f") == 0);
	FAILS(mark(fd, FAN_MARK_REMOVE, FAN_MODIFY, "f"), ENOENT);
	touch("f", 1);
	CHECK_EQ(next(fd, NULL, 0), 0);
}

CASE(children_of_a_directory)
{
	int fd = fan(0);

	mkdir("d", 0755);
	mkdir("d/sub", 0755);
	write_file("d/f", "x");
	CHECK(mark(fd, FAN_MARK_ADD, FAN_OPEN | FAN_EVENT_ON_CHILD, "d") == 0);
	touch("d/f", 0);
	CHECK_EQ(next(fd, "d/f", getpid()), FAN_OPEN);
	close(open("d/sub", O_RDONLY));
	close(open("d", O_RDONLY));
	CHECK_EQ(next(fd, NULL, 0), 0);
	CHECK(mark(fd, FAN_MARK_ADD, FAN_OPEN | FAN_EVENT_ON_CHILD | FAN_ONDIR, "d") == 0);
	close(open("d/sub", O_RDONLY));
	CHECK_EQ(next(fd, "d/sub", getpid()) & FAN_OPEN, FAN_OPEN);
	close(open("d", O_RDONLY));
	CHECK_EQ(next(fd, "d", getpid()) & FAN_OPEN, FAN_OPEN);
}

CASE(whole_mounts_and_file_systems)
{
	int by_mount = fan(0), by_fs = fan(0);

	mkdir("a", 0755);
	mkdir("b", 0755);
	NEED(mount("none", "a", "tmpfs", 0, NULL) == 0);
	write_file("a/f", "x");
	NEED(mount("a", "b", NULL, MS_BIND, NULL) == 0);
	CHECK(mark(by_mount, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_CLOSE_NOWRITE, "a") == 0);
	CHECK(mark(by_fs, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_CLOSE_NOWRITE, "a") == 0);
	touch("a/f", 0);
	CHECK_EQ(next(by_mount, "a/f", getpid()), FAN_CLOSE_NOWRITE);
	CHECK_EQ(next(by_fs, "a/f", getpid()), FAN_CLOSE_NOWRITE);
	touch("b/f", 0);
	CHECK_EQ(next(by_mount, NULL, 0), 0);
	CHECK_EQ(next(by_fs, "b/f", getpid()), FAN_CLOSE_NOWRITE);
	CHECK(mark(by_mount, FAN_MARK_FLUSH | FAN_MARK_MOUNT, 0, NULL) == 0);
	touch("a/f", 0);
	CHECK_EQ(next(by_mount, NULL, 0), 0);
	CHECK_EQ(next(by_fs, "a/f", getpid()), FAN_CLOSE_NOWRITE);
	CHECK(umount("b") == 0);
	CHECK(umount("a") == 0);
}

CASE(ignoring)
{
	int fd = fan(0);

	write_file("f", "x");
	write_file("g", "x");
	CHECK(mark(fd, FAN_MARK_ADD, FAN_OPEN | FAN_EVENT_ON_CHILD, ".") == 0);
	CHECK(mark(fd, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK, FAN_OPEN, "f") == 0);
	CHECK(mark(fd, FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_OPEN,
		   "g") == 0);
	touch("f", 0);
	touch("g", 0);
	CHECK_EQ(next(fd, NULL, 0), 0);
	touch("f", 1);
	touch("g", 1);
	CHECK_EQ(next(fd, NULL, 0), 0);
	touch("g", 0);
	CHECK_EQ(next(fd, NULL, 0), 0);
	touch("f", 0);
	CHECK_EQ(next(fd, "f", getpid()), FAN_OPEN);
}

CASE(waiting_and_other_processes)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	pid_t pid;

	NEED(fd >= 0);
	write_file("f", "x");
	CHECK(mark(fd, FAN_MARK_ADD, FAN_OPEN, "f") == 0);
	CHECK(poll(&p, 1, 0) == 0);
	CHILD(pid, msleep(50); touch("f", 0));
	CHECK(poll(&p, 1, 10000) == 1 && p.revents == POLLIN);
	CHECK_EQ(next(fd, "f", pid), FAN_OPEN);
	JOIN(pid);
	CHILD(pid, msleep(50); touch("f", 0));
	CHECK_EQ(next(fd, "f", pid), FAN_OPEN);
	JOIN(pid);
}

CASE(descriptors_of_events_tell_nobody)
{
	struct fanotify_event_metadata m;
	int fd = fan(0);
	char c;

	write_file("f", "x");
	CHECK(mark(fd, FAN_MARK_ADD, FAN_OPEN | FAN_ACCESS | FAN_CLOSE, "f") == 0);
	touch("f", 0);
	NEED(read(fd, &m, sizeof(m)) == sizeof(m));
	CHECK(read(m.fd, &c, 1) == 1 && c == 'x');
	CHECK((fcntl(m.fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
	close(m.fd);
	CHECK_EQ(next(fd, NULL, 0), 0);
}

CASE(deleted_files_go)
{
	int fd = fan(0);

	write_file("f", "x");
	CHECK(mark(fd, FAN_MARK_ADD, FAN_OPEN, "f") == 0);
	CHECK(unlink("f") == 0);
	write_file("f", "y");
	FAILS(mark(fd, FAN_MARK_REMOVE, FAN_OPEN, "f"), ENOENT);
	close(fd);
}

CASE(errors)
{
	int fd = fan(0);
	char buf[8];

	write_file("f", "x");
	FAILS(fanotify_init(0x80000000, O_RDONLY), EINVAL);
	FAILS(fanotify_init(FAN_CLASS_NOTIF, 3), EINVAL);
	FAILS(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY | O_CREAT), EINVAL);
	FAILS(mark(fd, FAN_MARK_ADD, 0, "f"), EINVAL);
	FAILS(mark(fd, FAN_MARK_ADD | FAN_MARK_REMOVE, FAN_OPEN, "f"), EINVAL);
	FAILS(mark(fd, 0, FAN_OPEN, "f"), EINVAL);
	FAILS(mark(fd, FAN_MARK_ADD, 1ull << 40, "f"), EINVAL);
	FAILS(mark(fd, FAN_MARK_ADD, FAN_OPEN_PERM, "f"), EINVAL);
	FAILS(mark(fd, FAN_MARK_ADD | FAN_MARK_MOUNT | FAN_MARK_FILESYSTEM, FAN_OPEN, "f"), EINVAL);
	FAILS(mark(fd, FAN_MARK_FLUSH | FAN_MARK_ONLYDIR, 0, NULL), EINVAL);
	FAILS(mark(fd, FAN_MARK_ADD | FAN_MARK_ONLYDIR, FAN_OPEN, "f"), ENOTDIR);
	FAILS(mark(fd, FAN_MARK_ADD, FAN_OPEN, "none"), ENOENT);
	FAILS(mark(fd, FAN_MARK_REMOVE, FAN_OPEN, "f"), ENOENT);
	FAILS(mark(999, FAN_MARK_ADD, FAN_OPEN, "f"), EBADF);
	FAILS(mark(0, FAN_MARK_ADD, FAN_OPEN, "f"), EINVAL);
	FAILS(read(fd, buf, sizeof(buf)), EAGAIN);
	CHECK(mark(fd, FAN_MARK_ADD, FAN_OPEN, "f") == 0);
	touch("f", 0);
	FAILS(read(fd, buf, sizeof(buf)), EINVAL);
	NEED(setuid(1000) == 0);
	FAILS(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY), EPERM);
}

TAP_MAIN
