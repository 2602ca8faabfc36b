// SPDX-License-Identifier: GPL-2.0-only
/* Directories, names, links, rename, permissions. */
#include "tap.h"

#include <dirent.h>
#include <limits.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

static void touch(const char *name)
{
	int fd = open(name, O_CREAT | O_RDWR, 0644);

	NEED(fd >= 0);
	close(fd);
}

CASE(mkdir_rmdir_errors)
{
	CHECK(mkdir("d", 0755) == 0);
	FAILS(mkdir("d", 0755), EEXIST);
	FAILS(mkdir("absent/d", 0755), ENOENT);
	touch("f");
	FAILS(mkdir("f/d", 0755), ENOTDIR);
	FAILS(rmdir("f"), ENOTDIR);
	FAILS(unlink("d"), EISDIR);
	touch("d/x");
	FAILS(rmdir("d"), ENOTEMPTY);
	FAILS(rmdir("d/."), EINVAL);
	FAILS(rmdir("d/.."), ENOTEMPTY);
	FAILS(rmdir("/"), EBUSY);
	CHECK(unlink("d/x") == 0);
	CHECK(rmdir("d/") == 0);
	FAILS(rmdir("d"), ENOENT);
	CHECK(mkdir("trail/", 0700) == 0);
}

CASE(link_counts)
{
	struct stat st;

	mkdir("d", 0755);
	CHECK(stat("d", &st) == 0 && st.st_nlink == 2);
	mkdir("d/e", 0755);
	CHECK(stat("d", &st) == 0 && st.st_nlink == 3);
	touch("f");
	CHECK(link("f", "g") == 0);
	CHECK(stat("f", &st) == 0 && st.st_nlink == 2);
	FAILS(link("f", "g"), EEXIST);
	FAILS(link("d", "d2"), EPERM);
	FAILS(link("absent", "x"), ENOENT);
	unlink("f");
	CHECK(stat("g", &st) == 0 && st.st_nlink == 1);
}

CASE(symlinks_are_followed_with_a_limit)
{
	char buf[100], name[32];
	struct stat st;

	touch("f");
	CHECK(symlink("f", "l") == 0);
	CHECK_EQ(readlink("l", buf, sizeof(buf)), 1);
	CHECK(lstat("l", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 1);
	CHECK(stat("l", &st) == 0 && S_ISREG(st.st_mode));
	CHECK(symlink("loop", "loop") == 0);
	FAILS(open("loop", O_RDONLY), ELOOP);
	FAILS(open("l", O_RDONLY | O_NOFOLLOW), ELOOP);
	FAILS(readlink("f", buf, sizeof(buf)), EINVAL);
	FAILS(symlink("", "e"), ENOENT);
	FAILS(symlink("x", "f"), EEXIST);
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		snprintf(buf, sizeof(buf), i == 1 ? "f" : "c%d", i - 1);
		NEED(symlink(buf, name) == 0);
	}
	CHECK(access("c40", F_OK) == 0);
	FAILS(access("c41", F_OK), ELOOP);
	CHECK(symlink("absent", "dangling") == 0);
	FAILS(stat("dangling", &st), ENOENT);
	int fd = open("dangling", O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0 && access("absent", F_OK) == 0);
	FAILS(open("loop", O_CREAT | O_EXCL, 0600), EEXIST);
}

CASE(rename_replaces_and_refuses)
{
	struct stat a, b;

	touch("a");
	touch("b");
	stat("a", &a);
	CHECK(rename("a", "b") == 0);
	CHECK(stat("b", &b) == 0 && a.st_ino == b.st_ino);
	FAILS(stat("a", &a), ENOENT);
	CHECK(rename("b", "b") == 0);
	mkdir("d", 0755);
	mkdir("e", 0755);
	FAILS(rename("b", "d"), EISDIR);
	FAILS(rename("d", "b"), ENOTDIR);
	touch("e/x");
	FAILS(rename("d", "e"), ENOTEMPTY);
	CHECK(rename("e", "d") == 0);
	CHECK(access("d/x", F_OK) == 0);
	FAILS(rename("d", "d/sub"), EINVAL);
	FAILS(rename("absent", "x"), ENOENT);
	FAILS(rename("d/.", "x"), EBUSY);
	link("b", "c");
	CHECK(rename("b", "c") == 0);
	CHECK(access("b", F_OK) == 0);
}

CASE(renameat2_flags)
{
	struct stat a, b, st;

	touch("a");
	touch("b");
	stat("a", &a);
	stat("b", &b);
	FAILS(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 1), EEXIST);
	CHECK(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 2) == 0);
	CHECK(stat("a", &st) == 0 && st.st_ino == b.st_ino);
	FAILS(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 3), EINVAL);
	FAILS(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 0x100), EINVAL);
	FAILS(syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "absent", 2), ENOENT);
}

CASE(directory_is_listed_completely)
{
	char name[32];
	int seen[300] = { 0 }, n = 0, dots = 0;
	struct dirent *e;
	DIR *d;

	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "file%d", i);
		touch(name);
	}
	d = opendir(".");
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.') {
			dots++;
			continue;
		}
		int i = atoi(e->d_name + 4);
		NEED(i >= 0 && i < 300);
		seen[i]++;
		CHECK_EQ(e->d_type, DT_REG);
		n++;
	}
	CHECK_EQ(n, 300);
	CHECK_EQ(dots, 2);
	for (int i = 0; i < 300; i++)
		CHECK_EQ(seen[i], 1);
	rewinddir(d);
	n = 0;
	while ((e = readdir(d)))
		n++;
	CHECK_EQ(n, 302);
}

CASE(entries_removed_while_listing_do_not_disturb_others)
{
	char name[32];
	int n = 0;
	struct dirent *e;
	DIR *d;

	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		touch(name);
	}
	d = opendir(".");
	while ((e = readdir(d)))
		if (e->d_name[0] == 'f') {
			n++;
			NEED(unlink(e->d_name) == 0);
		}
	CHECK_EQ(n, 500);
	CHECK(chdir("/") == 0);
}

CASE(getdents_rejects_small_buffers)
{
	int fd = open(".", O_RDONLY);
	char buf[8];

	FAILS(syscall(SYS_getdents64, fd, buf, sizeof(buf)), EINVAL);
	FAILS(syscall(SYS_getdents64, open("/dev/null", O_RDONLY), buf, 8), ENOTDIR);
	FAILS(read(fd, buf, 8), EISDIR);
}

CASE(cwd_follows_renames)
{
	char path[PATH_MAX], want[PATH_MAX];

	NEED(getcwd(path, sizeof(path)));
	mkdir("a", 0755);
	NEED(chdir("a") == 0);
	NEED(rename("../a", "../b") == 0);
	NEED(getcwd(want, sizeof(want)));
	strcat(path, "/b");
	CHECK_STR(want, path);
	NEED(rmdir("../b") == 0);
	FAILS(syscall(SYS_getcwd, want, sizeof(want)), ENOENT);
	FAILS(open("x", O_CREAT | O_RDWR, 0600), ENOENT);
	FAILS(syscall(SYS_getcwd, want, 1), ENOENT);
	FAILS(chdir("/dev/null"), ENOTDIR);
}

CASE(dot_and_dotdot)
{
	struct stat a, b;

	mkdir("d", 0755);
	CHECK(stat(".", &a) == 0 && stat("d/..", &b) == 0 && a.st_ino == b.st_ino);
	CHECK(stat("/..", &a) == 0 && stat("/", &b) == 0 && a.st_ino == b.st_ino);
	CHECK(stat("d//./", &a) == 0 && stat("d", &b) == 0 && a.st_ino == b.st_ino);
	touch("f");
	FAILS(stat("f/.", &a), ENOTDIR);
	FAILS(stat("f/..", &a), ENOTDIR);
}

CASE(permissions_bind_ordinary_users)
{
	pid_t pid;

	if (getuid())
		SKIP("needs root");
	mkdir("d", 0700);
	touch("d/f");
	touch("f");
	chmod("f", 0600);
	mkdir("open", 0777);
	chmod("open", 0777);
	touch("ro");
	CHILD(pid, {
		NEED(setgid(1000) == 0 && setuid(1000) == 0);
		FAILS(open("f", O_RDONLY), EACCES);
		FAILS(open("d/f", O_RDONLY), EACCES);
		FAILS(open("ro", O_WRONLY), EACCES);
		CHECK(open("ro", O_RDONLY) >= 0);
		FAILS(open("new", O_CREAT | O_RDWR, 0600), EACCES);
		FAILS(unlink("ro"), EACCES);
		FAILS(chmod("ro", 0777), EPERM);
		FAILS(chown("ro", 1000, 1000), EPERM);
		CHECK(open("open/x", O_CREAT | O_RDWR, 0000) >= 0);
		FAILS(open("open/x", O_RDONLY), EACCES);
		FAILS(access("f", R_OK), EACCES);
		CHECK(access("ro", R_OK) == 0);
		FAILS(access("ro", W_OK), EACCES);
		FAILS(mknod("open/dev", S_IFCHR | 0600, makedev(1, 3)), EPERM);
		CHECK(mkfifo("open/p", 0600) == 0);
		FAILS(chroot("."), EPERM);
	});
	JOIN(pid);
}

CASE(sticky_directory_protects_others_files)
{
	pid_t pid;

	if (getuid())
		SKIP("needs root");
	mkdir("s", 01777);
	chmod("s", 01777);
	touch("s/root");
	CHILD(pid, {
		NEED(setuid(1000) == 0);
		FAILS(unlink("s/root"), EPERM);
		FAILS(rename("s/root", "s/x"), EPERM);
		CHECK(open("s/mine", O_CREAT | O_RDWR, 0600) >= 0);
		CHECK(unlink("s/mine") == 0);
	});
	JOIN(pid);
}

CASE(setgid_directory_and_suid_clearing)
{
	struct stat st;
	pid_t pid;

	if (getuid())
		SKIP("needs root");
	mkdir("g", 0777);
	NEED(chown("g", 0, 50) == 0 && chmod("g", 02777) == 0);
	touch("g/f");
	CHECK(stat("g/f", &st) == 0 && st.st_gid == 50);
	mkdir("g/d", 0755);
	CHECK(stat("g/d", &st) == 0 && (st.st_mode & S_ISGID));
	touch("s");
	NEED(chmod("s", 06777) == 0);
	CHILD(pid, NEED(setuid(1000) == 0); int fd = open("s", O_WRONLY); NEED(write(fd, "x", 1) == 1));
	JOIN(pid);
	CHECK(stat("s", &st) == 0 && !(st.st_mode & (S_ISUID | S_ISGID)));
	NEED(chmod("s", 04755) == 0 && chown("s", 1, 1) == 0);
	CHECK(stat("s", &st) == 0 && !(st.st_mode & S_ISUID));
}

CASE(at_functions)
{
	int d;
	struct stat st;

	mkdir("d", 0755);
	d = open("d", O_RDONLY | O_DIRECTORY);
	CHECK(openat(d, "f", O_CREAT | O_RDWR, 0600) >= 0);
	CHECK(access("d/f", F_OK) == 0);
	CHECK(mkdirat(d, "e", 0755) == 0);
	CHECK(unlinkat(d, "e", AT_REMOVEDIR) == 0);
	CHECK(symlinkat("f", d, "l") == 0);
	CHECK(fstatat(d, "l", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode));
	CHECK(fstatat(d, "", &st, AT_EMPTY_PATH) == 0 && S_ISDIR(st.st_mode));
	FAILS(fstatat(d, "", &st, 0), ENOENT);
	FAILS(fstatat(d, "f", &st, 0x8000000), EINVAL);
	FAILS(unlinkat(d, "f", 0x1000000), EINVAL);
	CHECK(renameat(d, "f", AT_FDCWD, "moved") == 0);
	int f = open("moved", O_RDONLY);
	FAILS(openat(f, "x", O_RDONLY), ENOTDIR);
	int p = open("moved", O_PATH);
	char c;
	FAILS(read(p, &c, 1), EBADF);
	CHECK(fstat(p, &st) == 0);
	FAILS(syscall(SYS_fchmod, p, 0600), EBADF);
}

CASE(fifo_and_device_nodes)
{
	struct stat st;

	CHECK(mkfifo("p", 0640) == 0);
	CHECK(stat("p", &st) == 0 && S_ISFIFO(st.st_mode) && (st.st_mode & 0777) == 0640);
	FAILS(open("p", O_WRONLY | O_NONBLOCK), ENXIO);
	int r = open("p", O_RDONLY | O_NONBLOCK);
	CHECK(r >= 0);
	int w = open("p", O_WRONLY | O_NONBLOCK);
	CHECK(w >= 0);
	CHECK_EQ(write(w, "abc", 3), 3);
	if (getuid() == 0) {
		CHECK(mknod("null", S_IFCHR | 0600, makedev(1, 3)) == 0);
		CHECK(stat("null", &st) == 0 && st.st_rdev == makedev(1, 3));
		CHECK(mknod("none", S_IFCHR | 0600, makedev(250, 99)) == 0);
		FAILS(open("none", O_RDONLY), EACCES);	/* /tmp is nodev */
	}
	FAILS(mknod("x", 0170000, 0), EINVAL);
}

CASE(extended_attributes)
{
	char buf[64];

	touch("f");
	if (setxattr("f", "trusted.a", "1", 1, 0) && errno == EOPNOTSUPP)
		SKIP("no xattrs here");
	CHECK(setxattr("f", "trusted.a", "value", 5, 0) == 0);
	CHECK_EQ(getxattr("f", "trusted.a", buf, sizeof(buf)), 5);
	CHECK(!memcmp(buf, "value", 5));
	FAILS(setxattr("f", "trusted.a", "x", 1, XATTR_CREATE), EEXIST);
	FAILS(setxattr("f", "trusted.b", "x", 1, XATTR_REPLACE), ENODATA);
	FAILS(getxattr("f", "trusted.a", buf, 2), ERANGE);
	CHECK_EQ(getxattr("f", "trusted.a", NULL, 0), 5);
	CHECK(listxattr("f", buf, sizeof(buf)) >= 10);
	CHECK(removexattr("f", "trusted.a") == 0);
	FAILS(getxattr("f", "trusted.a", buf, 64), ENODATA);
	FAILS(setxattr("f", "bogus.a", "x", 1, 0), EOPNOTSUPP);
}

CASE(record_locks_conflict_between_processes)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10 };
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	pid_t pid, me = getpid();

	CHECK(fcntl(fd, F_SETLK, &fl) == 0);
	CHILD(pid, {
		struct flock o = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 1 };
		FAILS(fcntl(fd, F_SETLK, &o), EAGAIN);
		CHECK(fcntl(fd, F_GETLK, &o) == 0);
		CHECK_EQ(o.l_pid, me);
		CHECK_EQ(o.l_type, F_WRLCK);
		CHECK_EQ(o.l_len, 10);
		o = (struct flock){ .l_type = F_WRLCK, .l_start = 10, .l_len = 1 };
		CHECK(fcntl(fd, F_SETLK, &o) == 0);
	});
	JOIN(pid);
}

CASE(flock_belongs_to_the_open_file)
{
	int a = open("f", O_RDWR | O_CREAT, 0600), b = open("f", O_RDWR);

	CHECK(syscall(SYS_flock, a, 2) == 0);
	FAILS(syscall(SYS_flock, b, 2 | 4), EAGAIN);
	int c = dup(a);
	CHECK(syscall(SYS_flock, c, 2 | 4) == 0);
	close(a);
	FAILS(syscall(SYS_flock, b, 1 | 4), EAGAIN);
	close(c);
	CHECK(syscall(SYS_flock, b, 1 | 4) == 0);
	FAILS(syscall(SYS_flock, b, 0x40), EINVAL);
}

TAP_MAIN
