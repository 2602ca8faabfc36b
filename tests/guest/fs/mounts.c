/* SPDX-License-Identifier: GPL-2.0-only */
/* Mounts: binding, moving, flags, propagation, namespaces, unmounting. */
#include "../tap.h"

#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

/* A private playground: a tmpfs of our own mounted on "m", in a namespace of our own. */
static void playground(void)
{
	NEED(unshare(CLONE_NEWNS) == 0);
	NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	NEED(mkdir("m", 0755) == 0);
	NEED(mount("play", "m", "tmpfs", 0, "size=1m") == 0);
	NEED(chdir("m") == 0);
}

static int exists(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

static int mount_lines(const char *what)
{
	const char *text = read_file("/proc/self/mountinfo");
	int n = 0;

	while ((text = strstr(text, what))) {
		n++;
		text++;
	}
	return n;
}

CASE(mount_hides_and_umount_shows)
{
	playground();
	NEED(mkdir("d", 0755) == 0);
	write_file("d/below", "x");
	CHECK(mount("t", "d", "tmpfs", 0, NULL) == 0);
	CHECK(!exists("d/below"));
	write_file("d/above", "y");
	FAILS(rmdir("d"), EBUSY);
	FAILS(rename("d", "e"), EBUSY);
	CHECK(umount("d") == 0);
	CHECK(exists("d/below") && !exists("d/above"));
	FAILS(umount("d"), EINVAL);
}

CASE(mount_errors)
{
	playground();
	write_file("f", "");
	NEED(mkdir("d", 0755) == 0);
	FAILS(mount("t", "nowhere", "tmpfs", 0, NULL), ENOENT);
	FAILS(mount("t", "d", "nosuchfs", 0, NULL), ENODEV);
	FAILS(mount("t", "f", "tmpfs", 0, NULL), ENOTDIR);
	FAILS(mount("d", "f", NULL, MS_BIND, NULL), ENOTDIR);
	FAILS(mount("f", "d", NULL, MS_BIND, NULL), ENOTDIR);
	FAILS(mount("t", "d", "tmpfs", 0, "size=abc"), EINVAL);
	FAILS(mount("t", "d", "tmpfs", 0, "nonsense=1"), EINVAL);
	FAILS(mount(NULL, "d", NULL, MS_REMOUNT, NULL), EINVAL);
	FAILS(mount("t", "d", NULL, 0, NULL), EINVAL);
	FAILS(umount2("d", 0x1000), EINVAL);
}

CASE(busy_mount_is_EBUSY_and_detach_works)
{
	int fd;

	playground();
	NEED(mkdir("d", 0755) == 0);
	NEED(mount("t", "d", "tmpfs", 0, NULL) == 0);
	write_file("d/f", "text");
	fd = open("d/f", O_RDONLY);
	NEED(fd >= 0);
	FAILS(umount("d"), EBUSY);
	CHECK(umount2("d", MNT_DETACH) == 0);
	CHECK(!exists("d/f"));
	char c;
	CHECK_EQ(read(fd, &c, 1), 1);
	close(fd);
}

CASE(bind_shows_the_same_files)
{
	struct stat a, b;

	playground();
	NEED(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0 && mkdir("a/sub", 0755) == 0);
	NEED(mount("t", "a/sub", "tmpfs", 0, NULL) == 0);
	write_file("a/sub/x", "");
	CHECK(mount("a", "b", NULL, MS_BIND, NULL) == 0);
	CHECK(exists("b/sub") && !exists("b/sub/x"));
	CHECK(umount("b") == 0);
	CHECK(mount("a", "b", NULL, MS_BIND | MS_REC, NULL) == 0);
	CHECK(exists("b/sub/x"));
	CHECK(stat("a/sub/x", &a) == 0 && stat("b/sub/x", &b) == 0);
	CHECK(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
	FAILS(umount("b"), EBUSY);
	CHECK(umount2("b", MNT_DETACH) == 0);
	write_file("f", "one");
	write_file("g", "two");
	CHECK(mount("f", "g", NULL, MS_BIND, NULL) == 0);
	CHECK_STR(read_file("g"), "one");
	FAILS(unlink("g"), EBUSY);
	FAILS(link("f", "a/../g/h"), ENOTDIR);
	FAILS(link("g", "h"), EXDEV);
	CHECK(umount("g") == 0);
	CHECK_STR(read_file("g"), "two");
}

CASE(flags_of_one_view)
{
	struct statfs sf;
	int fd;

	playground();
	NEED(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0);
	NEED(mount("a", "b", NULL, MS_BIND, NULL) == 0);
	CHECK(mount(NULL, "b", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NOEXEC, NULL) == 0);
	FAILS(open("b/f", O_CREAT | O_WRONLY, 0644), EROFS);
	FAILS(mkdir("b/d", 0755), EROFS);
	write_file("a/f", "x");
	FAILS(open("b/f", O_WRONLY), EROFS);
	FAILS(unlink("b/f"), EROFS);
	FAILS(chmod("b/f", 0600), EROFS);
	FAILS(access("b/f", W_OK), EROFS);
	FAILS(truncate("b/f", 0), EROFS);
	CHECK(statfs("b", &sf) == 0 && (sf.f_flags & ST_RDONLY) && (sf.f_flags & ST_NOSUID));
	CHECK(statfs("a", &sf) == 0 && !(sf.f_flags & ST_RDONLY));
	CHECK(mount(NULL, "b", NULL, MS_BIND | MS_REMOUNT, NULL) == 0);
	fd = open("b/f", O_WRONLY);
	NEED(fd >= 0);
	FAILS(mount(NULL, "b", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), EBUSY);
	close(fd);
	CHECK(mount(NULL, "b", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0);
	CHECK(mknod("a/null", S_IFCHR | 0666, 0x103) == 0);
	CHECK(mount(NULL, "b", NULL, MS_BIND | MS_REMOUNT | MS_NODEV, NULL) == 0);
	FAILS(open("b/null", O_RDONLY), EACCES);
	fd = open("a/null", O_RDONLY);
	CHECK(fd >= 0);
	CHECK(symlink("f", "a/l") == 0);
	CHECK(mount(NULL, "b", NULL, MS_BIND | MS_REMOUNT | 0x100 /* nosymfollow */, NULL) == 0);
	FAILS(open("b/l", O_RDONLY), ELOOP);
}

CASE(read_only_views_of_read_only_file_systems)
{
	struct { uint64_t set, clr, prop, user, more; } a = { .set = 2 };

	playground();
	NEED(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0);
	NEED(mount("roview", "a", "tmpfs", MS_RDONLY, NULL) == 0);
	CHECK_EQ(mount_lines("/a ro,relatime - tmpfs roview ro"), 1);
	CHECK(mount(NULL, "a", NULL, MS_REMOUNT, NULL) == 0);
	CHECK_EQ(mount_lines("/a rw,relatime - tmpfs roview rw"), 1);
	CHECK(mount(NULL, "a", NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	CHECK_EQ(mount_lines("/a ro,relatime - tmpfs roview ro"), 1);
	CHECK(mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND, NULL) == 0);
	CHECK_EQ(mount_lines("/a rw,relatime - tmpfs roview ro"), 1);
	FAILS(mkdir("a/d", 0755), EROFS);
	NEED(mount("a", "b", NULL, MS_BIND, NULL) == 0);
	CHECK(mount(NULL, "b", NULL, MS_REMOUNT | MS_RDONLY | MS_NOEXEC, NULL) == 0);
	CHECK_EQ(mount_lines("/b ro,noexec,relatime - tmpfs roview ro"), 1);
	CHECK_EQ(mount_lines("/a rw,relatime - tmpfs roview ro"), 1);
	CHECK_EQ(syscall(442, AT_FDCWD, "b", 0, &a, sizeof(a)), 0);	/* longer, but with nothing behind */
	CHECK_EQ(mount_lines("/b ro,nosuid,noexec,relatime - tmpfs roview ro"), 1);
	a.more = 1;
	FAILS(syscall(442, AT_FDCWD, "b", 0, &a, sizeof(a)), E2BIG);
}

CASE(size_limit_is_ENOSPC)
{
	static char page[65536];
	struct statfs sf;
	int fd, n = 0;

	playground();
	fd = open("big", O_CREAT | O_RDWR, 0644);
	NEED(fd >= 0);
	while (write(fd, page, sizeof(page)) == (ssize_t)sizeof(page))
		n++;
	CHECK_EQ(n, 16);
	CHECK_EQ(errno, ENOSPC);
	CHECK(statfs(".", &sf) == 0 && sf.f_bfree == 0 && sf.f_blocks == 256);
	FAILS(fallocate(fd, 0, 1 << 20, 4096), ENOSPC);
	CHECK(ftruncate(fd, 4096) == 0);
	CHECK(statfs(".", &sf) == 0 && sf.f_bfree == 255);
	CHECK(mount(NULL, ".", NULL, MS_REMOUNT, "size=8k") == 0);
	CHECK(statfs(".", &sf) == 0 && sf.f_blocks == 2);
	FAILS(mount(NULL, ".", NULL, MS_REMOUNT, "size=0k,nr_inodes=1"), EINVAL);
	CHECK(unlink("big") == 0);
	close(fd);
	CHECK(statfs(".", &sf) == 0 && sf.f_bfree == 2);
}

CASE(ramfs_has_no_limits)
{
	struct statfs sf;
	struct stat st;
	pid_t pid;

	playground();
	NEED(mkdir("d", 0755) == 0);
	NEED(mount("r", "d", "ramfs", MS_NOSUID, "mode=700,other=1") == 0);
	CHECK(statfs("d", &sf) == 0 && sf.f_type == 0x858458f6 && !sf.f_blocks && !sf.f_bfree && !sf.f_files);
	write_file("d/f", "text");
	CHECK_STR(read_file("d/f"), "text");
	CHECK(stat("d", &st) == 0 && (st.st_mode & 07777) == 0700);
	CHECK(strstr(read_file("/proc/self/mounts"), " ramfs rw,nosuid,relatime,mode=700 0 0\n"));
	FAILS(mount("r", "d", "ramfs", 0, "mode=x"), EINVAL);
	CHECK(umount("d") == 0);
	CHILD(pid, {
		NEED(!setuid(1000) && !unshare(CLONE_NEWUSER | CLONE_NEWNS));
		CHECK_EQ(mount("r", "d", "ramfs", 0, NULL), 0);
	});
	JOIN(pid);
}

CASE(inode_limit_is_ENOSPC)
{
	playground();
	NEED(mkdir("d", 0755) == 0);
	NEED(mount("t", "d", "tmpfs", 0, "nr_inodes=3") == 0);
	CHECK(mkdir("d/1", 0755) == 0 && mkdir("d/2", 0755) == 0);
	FAILS(mkdir("d/3", 0755), ENOSPC);
	CHECK(rmdir("d/1") == 0);
	CHECK(mkdir("d/3", 0755) == 0);
}

CASE(moving_a_mount)
{
	playground();
	NEED(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0);
	NEED(mount("t", "a", "tmpfs", 0, NULL) == 0);
	write_file("a/x", "");
	NEED(mkdir("a/in", 0755) == 0);
	FAILS(mount("a", "a/in", NULL, MS_MOVE, NULL), ELOOP);
	FAILS(mount("b", "a", NULL, MS_MOVE, NULL), EINVAL);
	CHECK(mount("a", "b", NULL, MS_MOVE, NULL) == 0);
	CHECK(!exists("a/x") && exists("b/x"));
	CHECK(umount("b") == 0);
}

CASE(mounts_stack)
{
	playground();
	NEED(mkdir("d", 0755) == 0);
	NEED(mount("t1", "d", "tmpfs", 0, NULL) == 0);
	write_file("d/one", "");
	NEED(mount("t2", "d", "tmpfs", 0, NULL) == 0);
	CHECK(!exists("d/one"));
	write_file("d/two", "");
	CHECK(chdir("d") == 0);
	CHECK(exists("two") && exists("../d/two"));
	CHECK(chdir("..") == 0);
	CHECK(umount("d") == 0);
	CHECK(exists("d/one"));
	CHECK(umount("d") == 0);
	CHECK(!exists("d/one"));
}

CASE(shared_mounts_see_each_other)
{
	playground();
	NEED(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0);
	NEED(mount("s", "a", "tmpfs", 0, NULL) == 0);
	NEED(mount(NULL, "a", NULL, MS_SHARED, NULL) == 0);
	NEED(mount("a", "b", NULL, MS_BIND, NULL) == 0);
	NEED(mkdir("a/x", 0755) == 0 && mkdir("a/y", 0755) == 0);
	CHECK(mount("t", "a/x", "tmpfs", 0, NULL) == 0);
	write_file("a/x/f", "");
	CHECK(exists("b/x/f"));
	CHECK(mount("t", "b/y", "tmpfs", 0, NULL) == 0);
	write_file("a/y/g", "");
	CHECK(exists("b/y/g"));
	CHECK_EQ(mount_lines(" shared:"), 6);
	CHECK(umount("b/x") == 0);
	CHECK(!exists("a/x/f"));
	CHECK(umount("a/y") == 0);
	CHECK(!exists("b/y/g"));
	FAILS(umount("a/x"), EINVAL);
}

CASE(slave_receives_but_does_not_send)
{
	playground();
	NEED(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0);
	NEED(mount("s", "a", "tmpfs", 0, NULL) == 0);
	NEED(mount(NULL, "a", NULL, MS_SHARED, NULL) == 0);
	NEED(mount("a", "b", NULL, MS_BIND, NULL) == 0);
	NEED(mount(NULL, "b", NULL, MS_SLAVE, NULL) == 0);
	NEED(mkdir("a/x", 0755) == 0 && mkdir("a/y", 0755) == 0);
	CHECK(mount_lines(" master:") == 1);
	CHECK(mount("t", "a/x", "tmpfs", 0, NULL) == 0);
	write_file("a/x/f", "");
	CHECK(exists("b/x/f"));
	CHECK(mount("t", "b/y", "tmpfs", 0, NULL) == 0);
	write_file("b/y/g", "");
	CHECK(!exists("a/y/g"));
	CHECK(umount("a/x") == 0);
	CHECK(!exists("b/x/f"));
	CHECK(umount("b/y") == 0);
}

CASE(private_and_unbindable)
{
	playground();
	NEED(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0 && mkdir("c", 0755) == 0);
	NEED(mount("s", "a", "tmpfs", 0, NULL) == 0);
	NEED(mount(NULL, "a", NULL, MS_SHARED, NULL) == 0);
	NEED(mount("a", "b", NULL, MS_BIND, NULL) == 0);
	NEED(mount(NULL, "b", NULL, MS_PRIVATE, NULL) == 0);
	NEED(mkdir("a/x", 0755) == 0);
	CHECK(mount("t", "a/x", "tmpfs", 0, NULL) == 0);
	write_file("a/x/f", "");
	CHECK(!exists("b/x/f"));
	CHECK(mount(NULL, "b", NULL, MS_UNBINDABLE, NULL) == 0);
	FAILS(mount("b", "c", NULL, MS_BIND, NULL), EINVAL);
	CHECK_EQ(mount_lines(" unbindable"), 1);
	FAILS(mount(NULL, "b", NULL, MS_SHARED | MS_PRIVATE, NULL), EINVAL);
	FAILS(mount(NULL, "c", NULL, MS_SHARED, NULL), EINVAL);
}

CASE(namespace_is_a_copy)
{
	pid_t pid;

	playground();
	NEED(mkdir("d", 0755) == 0);
	CHILD(pid,
		NEED(unshare(CLONE_NEWNS) == 0);
		CHECK(mount("t", "d", "tmpfs", 0, NULL) == 0);
		write_file("d/inner", "");
		CHECK(exists("d/inner")));
	JOIN(pid);
	CHECK(!exists("d/inner"));
	/* A shared mount stays shared across namespaces. */
	NEED(mount(NULL, ".", NULL, MS_SHARED, NULL) == 0);
	CHILD(pid,
		NEED(unshare(CLONE_NEWNS) == 0);
		CHECK(mount("t", "d", "tmpfs", 0, NULL) == 0);
		write_file("d/inner", ""));
	JOIN(pid);
	CHECK(exists("d/inner"));
	CHECK(umount("d") == 0);
}

CASE(chroot_confines)
{
	playground();
	NEED(mkdir("jail", 0755) == 0 && mkdir("jail/in", 0755) == 0);
	write_file("outside", "");
	write_file("jail/inside", "");
	CHECK(chroot("jail") == 0 && chdir("/") == 0);
	CHECK(exists("/inside") && exists("/../inside") && exists("../../inside"));
	CHECK(!exists("/../outside"));
	FAILS(chroot("/inside"), ENOTDIR);
}

CASE(pivot_root_swaps)
{
	pid_t pid;

	playground();
	NEED(mkdir("new", 0755) == 0);
	NEED(mount("n", "new", "tmpfs", 0, NULL) == 0);
	NEED(mkdir("new/old", 0755) == 0 && mkdir("new/first", 0755) == 0);
	/* The first root cannot be pivoted; one inside a chrooted mount can. */
	CHILD(pid,
		NEED(chdir("new") == 0 && mount(".", "/", NULL, MS_MOVE, NULL) == 0 && chroot(".") == 0);
		NEED(mkdir("/second", 0755) == 0 && mount("s", "/second", "tmpfs", 0, NULL) == 0);
		NEED(mkdir("/second/old", 0755) == 0);
		FAILS(syscall(SYS_pivot_root, "/first", "/second/old"), EBUSY);
		FAILS(syscall(SYS_pivot_root, "/second", "/first"), EBUSY);
		CHECK(syscall(SYS_pivot_root, "/second", "/second/old") == 0);
		CHECK(exists("/old/first") && exists("/old/second")));
	JOIN(pid);
}

CASE(ordinary_users_may_not)
{
	playground();
	NEED(mkdir("d", 0755) == 0);
	NEED(setuid(1000) == 0);
	FAILS(mount("t", "d", "tmpfs", 0, NULL), EPERM);
	FAILS(umount("d"), EPERM);
	FAILS(chroot("d"), EPERM);
	FAILS(unshare(CLONE_NEWNS), EPERM);
}

#define open_tree(...) ((int)syscall(428, __VA_ARGS__))
#define move_mount(...) ((int)syscall(429, __VA_ARGS__))
#define fsopen(...) ((int)syscall(430, __VA_ARGS__))
#define fsconfig(...) ((int)syscall(431, __VA_ARGS__))
#define fsmount(...) ((int)syscall(432, __VA_ARGS__))
#define fspick(...) ((int)syscall(433, __VA_ARGS__))
#define mount_setattr(...) ((int)syscall(442, __VA_ARGS__))

CASE(mount_by_descriptors)
{
	struct statfs sf;
	int c, m;

	playground();
	NEED(mkdir("d", 0755) == 0);
	FAILS(fsopen("nosuchfs", 0), ENODEV);
	c = fsopen("tmpfs", 1);
	NEED(c >= 0);
	FAILS(fsmount(c, 0, 0), EINVAL);
	FAILS(fsconfig(c, 2, "size", "abc", 0), EINVAL);		/* a binary value has a length */
	FAILS(fsconfig(c, 2, "size", "abc", (1 << 20) + 1), EINVAL);
	FAILS(fsconfig(c, 3, "size", "abc", -1), EINVAL);
	FAILS(fsconfig(c, 5, "size", "abc", 0), EINVAL);
	CHECK(fsconfig(c, 1, "source", "mine", 0) == 0);
	CHECK(fsconfig(c, 1, "size", "64k", 0) == 0);
	CHECK(fsconfig(c, 6, NULL, NULL, 0) == 0);
	FAILS(fsconfig(c, 1, "size", "1k", 0), EBUSY);
	m = fsmount(c, 1, 2 /* nosuid */ | 8 /* noexec */);
	NEED(m >= 0);
	CHECK(fstatfs(m, &sf) == 0 && sf.f_blocks == 16 && (sf.f_flags & ST_NOSUID));
	CHECK_EQ(mount_lines(" mine "), 0);
	CHECK(move_mount(m, "", AT_FDCWD, "d", 4) == 0);
	CHECK_EQ(mount_lines(" mine "), 1);
	write_file("d/f", "");
	FAILS(move_mount(m, "", AT_FDCWD, "d/f", 4), EINVAL);
	close(m);
	CHECK(exists("d/f"));
	close(c);
	CHECK(umount("d") == 0);
}

CASE(cloned_tree_floats_until_moved)
{
	int t;

	playground();
	NEED(mkdir("a", 0755) == 0 && mkdir("a/in", 0755) == 0 && mkdir("b", 0755) == 0);
	NEED(mount("x", "a/in", "tmpfs", 0, NULL) == 0);
	write_file("a/in/f", "");
	FAILS(open_tree(AT_FDCWD, "a", 0x8000), EINVAL);
	t = open_tree(AT_FDCWD, "a", 1 | 0x8000);
	NEED(t >= 0);
	CHECK(faccessat(t, "in/f", F_OK, 0) == 0);
	CHECK(umount("a/in") == 0);
	CHECK(faccessat(t, "in/f", F_OK, 0) == 0);
	CHECK(move_mount(t, "", AT_FDCWD, "b", 4) == 0);
	CHECK(exists("b/in/f"));
	close(t);
	CHECK(exists("b/in/f"));
	CHECK(umount2("b", MNT_DETACH) == 0);
	t = open_tree(AT_FDCWD, "a", 1);
	NEED(t >= 0);
	close(t);
	t = open_tree(AT_FDCWD, "a", 0);
	NEED(t >= 0);
	CHECK((fcntl(t, F_GETFL) & O_PATH) != 0);
}

CASE(attributes_of_mounts)
{
	struct { uint64_t set, clr, propagation, userns; } a = { .set = 1 };
	int c;

	playground();
	NEED(mkdir("d", 0755) == 0 && mount("t", "d", "tmpfs", 0, NULL) == 0);
	NEED(mkdir("d/e", 0755) == 0 && mount("t", "d/e", "tmpfs", 0, NULL) == 0);
	FAILS(mount_setattr(AT_FDCWD, "d", 0, &a, 8), EINVAL);
	CHECK(mount_setattr(AT_FDCWD, "d", 0, &a, sizeof(a)) == 0);
	FAILS(mkdir("d/x", 0755), EROFS);
	CHECK(mkdir("d/e/x", 0755) == 0);
	CHECK(mount_setattr(AT_FDCWD, "d", 0x8000, &a, sizeof(a)) == 0);
	FAILS(mkdir("d/e/y", 0755), EROFS);
	a.set = 0;
	a.clr = 1;
	CHECK(mount_setattr(AT_FDCWD, "d", 0x8000, &a, sizeof(a)) == 0);
	CHECK(mkdir("d/e/y", 0755) == 0);
	a.clr = 0;
	a.set = 0x10;
	FAILS(mount_setattr(AT_FDCWD, "d", 0, &a, sizeof(a)), EINVAL);
	a.clr = 0x70;
	CHECK(mount_setattr(AT_FDCWD, "d", 0, &a, sizeof(a)) == 0);
	CHECK(mount_lines("noatime") >= 1);
	a.set = a.clr = 0;
	a.propagation = MS_SHARED;
	CHECK(mount_setattr(AT_FDCWD, "d", 0, &a, sizeof(a)) == 0);
	CHECK_EQ(mount_lines(" shared:"), 1);
	c = fspick(AT_FDCWD, "d", 0);
	NEED(c >= 0);
	CHECK(fsconfig(c, 0, "ro", NULL, 0) == 0);
	CHECK(fsconfig(c, 7, NULL, NULL, 0) == 0);
	FAILS(mkdir("d/x", 0755), EROFS);
}

CASE(mount_tables_tell_of_changes)
{
	struct pollfd p = { .events = POLLPRI };
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(0);

	NEED(unshare(CLONE_NEWNS) == 0);
	p.fd = open("/proc/self/mountinfo", O_RDONLY);
	NEED(p.fd >= 0 && ep >= 0);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, p.fd, &ev), 0);
	CHECK_EQ(poll(&p, 1, 0), 0);
	NEED(mount("none", "/tmp", "tmpfs", 0, NULL) == 0);
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK_EQ(p.revents, POLLPRI | POLLERR);
	CHECK_EQ(poll(&p, 1, 0), 0);
	NEED(umount("/tmp") == 0);
	CHECK_EQ(poll(&p, 1, 1000), 1);
	p.fd = open("/proc/swaps", O_RDONLY);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, p.fd, &ev), 0);
}

TAP_MAIN
