/* SPDX-License-Identifier: GPL-2.0-only */
/* Resolving names: openat2's restrictions, links in odd places, exact errors. */
#include "../tap.h"

#include <limits.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

struct how { uint64_t flags, mode, resolve; };
#define NO_XDEV 1
#define NO_MAGICLINKS 2
#define NO_SYMLINKS 4
#define BENEATH 8
#define IN_ROOT 0x10

static int openat2_(int dir, const char *name, uint64_t flags, uint64_t resolve)
{
	struct how h = { flags, 0, resolve };

	return (int)syscall(437, dir, name, &h, sizeof(h));
}

#define OPENS(call) do {						\
	int _f = (call);						\
	if (_f < 0)							\
		tap_fail(__LINE__, "%s", #call);			\
	else								\
		close(_f);						\
	} while (0)

CASE(openat2_arguments)
{
	struct { struct how h; uint64_t more; } big = { { O_RDONLY, 0, 0 }, 0 };
	struct how h = { O_RDONLY, 0, 0 };

	write_file("f", "x");
	OPENS((int)syscall(437, AT_FDCWD, "f", &big, sizeof(big)));
	big.more = 1;
	FAILS(syscall(437, AT_FDCWD, "f", &big, sizeof(big)), E2BIG);
	FAILS(syscall(437, AT_FDCWD, "f", &h, 8), EINVAL);
	FAILS(syscall(437, AT_FDCWD, "f", NULL, sizeof(h)), EFAULT);
	h.flags = 1ULL << 40;
	FAILS(syscall(437, AT_FDCWD, "f", &h, sizeof(h)), EINVAL);
	h.flags = O_RDONLY;
	h.mode = 0644;
	FAILS(syscall(437, AT_FDCWD, "f", &h, sizeof(h)), EINVAL);
	h.mode = 0;
	h.resolve = 0x1000;
	FAILS(syscall(437, AT_FDCWD, "f", &h, sizeof(h)), EINVAL);
	FAILS(openat2_(AT_FDCWD, "f", O_RDONLY, BENEATH | IN_ROOT), EINVAL);
	FAILS(openat2_(AT_FDCWD, "f", O_PATH | O_RDWR, 0), EINVAL);
}

CASE(beneath_stays_below)
{
	int d;

	NEED(mkdir("d", 0755) == 0 && mkdir("d/sub", 0755) == 0);
	write_file("d/f", "");
	write_file("out", "");
	NEED(symlink("../f", "d/sub/up") == 0);
	NEED(symlink("../../out", "d/sub/far") == 0);
	NEED(symlink("/f", "d/abs") == 0);
	d = open("d", O_RDONLY | O_DIRECTORY);
	OPENS(openat2_(d, "f", O_RDONLY, BENEATH));
	OPENS(openat2_(d, "sub/../f", O_RDONLY, BENEATH));
	OPENS(openat2_(d, "sub/up", O_RDONLY, BENEATH));
	FAILS(openat2_(d, "sub/far", O_RDONLY, BENEATH), EXDEV);
	FAILS(openat2_(d, "../out", O_RDONLY, BENEATH), EXDEV);
	FAILS(openat2_(d, "..", O_RDONLY, BENEATH), EXDEV);
	FAILS(openat2_(d, "abs", O_RDONLY, BENEATH), EXDEV);
	FAILS(openat2_(d, "/f", O_RDONLY, BENEATH), EXDEV);
	OPENS(openat2_(d, "abs", O_RDONLY, IN_ROOT));
	OPENS(openat2_(d, "/f", O_RDONLY, IN_ROOT));
	OPENS(openat2_(d, "../../f", O_RDONLY, IN_ROOT));
	FAILS(openat2_(d, "sub/far", O_RDONLY, IN_ROOT), ENOENT);
}

CASE(no_links_no_mounts)
{
	NEED(mkdir("d", 0755) == 0);
	write_file("d/f", "");
	NEED(symlink("d", "l") == 0 && symlink("d/f", "m") == 0);
	FAILS(openat2_(AT_FDCWD, "l/f", O_RDONLY, NO_SYMLINKS), ELOOP);
	FAILS(openat2_(AT_FDCWD, "m", O_RDONLY, NO_SYMLINKS), ELOOP);
	OPENS(openat2_(AT_FDCWD, "m", O_PATH | O_NOFOLLOW, NO_SYMLINKS));
	OPENS(openat2_(AT_FDCWD, "d/f", O_RDONLY, NO_SYMLINKS));
	OPENS(openat2_(AT_FDCWD, "l/f", O_RDONLY, NO_MAGICLINKS));
	FAILS(openat2_(AT_FDCWD, "/proc/self/cwd", O_RDONLY, NO_MAGICLINKS), ELOOP);
	OPENS(openat2_(AT_FDCWD, "/proc/self/cwd", O_RDONLY, 0));
	FAILS(openat2_(AT_FDCWD, "/proc/self/status", O_RDONLY, NO_XDEV), EXDEV);
	OPENS(openat2_(AT_FDCWD, "d/f", O_RDONLY, NO_XDEV));
}

CASE(names_too_long)
{
	char name[NAME_MAX + 2], path[PATH_MAX + 10];

	memset(name, 'n', sizeof(name));
	name[NAME_MAX] = 0;
	write_file(name, "x");
	CHECK_STR(read_file(name), "x");
	name[NAME_MAX] = 'n';
	name[NAME_MAX + 1] = 0;
	FAILS(open(name, O_RDONLY), ENAMETOOLONG);
	FAILS(mkdir(name, 0755), ENAMETOOLONG);
	FAILS(rename("x", name), ENOENT);
	memset(path, '/', sizeof(path));
	path[PATH_MAX - 1] = 0;
	OPENS(open(path, O_RDONLY));
	path[PATH_MAX - 1] = '/';
	path[PATH_MAX] = 0;
	FAILS(open(path, O_RDONLY), ENAMETOOLONG);
	FAILS(open("", O_RDONLY), ENOENT);
	FAILS(open((char *)16, O_RDONLY), EFAULT);
	FAILS(mkdir("", 0755), ENOENT);
	FAILS(unlink(""), ENOENT);
}

CASE(trailing_slashes)
{
	NEED(mkdir("d", 0755) == 0);
	write_file("f", "");
	NEED(symlink("d", "ld") == 0 && symlink("f", "lf") == 0 && symlink("none", "ln") == 0);
	OPENS(open("d///", O_RDONLY));
	FAILS(open("f/", O_RDONLY), ENOTDIR);
	FAILS(open("lf/", O_RDONLY), ENOTDIR);
	FAILS(open("f/", O_RDWR | O_CREAT, 0644), EISDIR);
	FAILS(open("new/", O_RDWR | O_CREAT, 0644), EISDIR);
	FAILS(open("d", O_RDWR | O_CREAT, 0644), EISDIR);
	CHECK(mkdir("e/", 0755) == 0);
	FAILS(mkdir("ln/", 0755), EEXIST);
	FAILS(unlink("f/"), ENOTDIR);
	FAILS(unlink("none/"), ENOENT);
	FAILS(unlink("d/"), EISDIR);
	FAILS(rmdir("ld/"), ENOTDIR);
	FAILS(symlink("x", "new/"), ENOENT);
	FAILS(mknod("new/", S_IFREG | 0644, 0), ENOENT);
	FAILS(link("f", "new/"), ENOENT);
	FAILS(rename("f", "new/"), ENOTDIR);
	FAILS(rename("f/", "new"), ENOTDIR);
	CHECK(rename("e/", "g/") == 0);
	CHECK(rmdir("g/") == 0);
	struct stat st;
	CHECK(lstat("ld/", &st) == 0 && S_ISDIR(st.st_mode));
	CHECK(lstat("ld", &st) == 0 && S_ISLNK(st.st_mode));
}

CASE(create_through_links)
{
	struct stat st;

	NEED(mkdir("d", 0755) == 0);
	NEED(symlink("d/made", "l") == 0);
	OPENS(open("l", O_CREAT | O_WRONLY, 0644));
	CHECK(stat("d/made", &st) == 0);
	NEED(symlink("d/other", "k") == 0);
	FAILS(open("k", O_CREAT | O_EXCL | O_WRONLY, 0644), EEXIST);
	FAILS(open("k", O_CREAT | O_NOFOLLOW | O_WRONLY, 0644), ELOOP);
	FAILS(open("k", O_RDONLY), ENOENT);
	NEED(symlink("nodir/x", "j") == 0);
	FAILS(open("j", O_CREAT | O_WRONLY, 0644), ENOENT);
	NEED(symlink("a", "b") == 0 && symlink("b", "a") == 0);
	FAILS(open("a", O_CREAT | O_WRONLY, 0644), ELOOP);
	FAILS(mkdir("l", 0755), EEXIST);
}

CASE(o_path_descriptors)
{
	char buf[8], link[64], text[64];
	struct stat st;
	int fd, d;
	ssize_t n;

	write_file("f", "data");
	NEED(symlink("f", "l") == 0);
	fd = open("f", O_PATH);
	NEED(fd >= 0);
	FAILS(read(fd, buf, 1), EBADF);
	FAILS(write(fd, buf, 1), EBADF);
	FAILS(syscall(SYS_fchmod, fd, 0600), EBADF);
	FAILS(ioctl(fd, 0x5401), EBADF);
	FAILS(lseek(fd, 0, SEEK_SET), EBADF);
	CHECK(fstat(fd, &st) == 0 && S_ISREG(st.st_mode));
	CHECK((fcntl(fd, F_GETFL) & O_PATH) != 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	OPENS(open(link, O_RDONLY));
	d = dup(fd);
	CHECK(d >= 0);
	fd = open("l", O_PATH | O_NOFOLLOW);
	CHECK(fd >= 0);
	CHECK(fstat(fd, &st) == 0 && S_ISLNK(st.st_mode));
	n = readlinkat(fd, "", text, sizeof(text));
	CHECK(n == 1 && text[0] == 'f');
	FAILS(open("l", O_RDONLY | O_NOFOLLOW), ELOOP);
	FAILS(open("l", O_RDONLY | O_NOFOLLOW | O_DIRECTORY), ENOTDIR);
	FAILS(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
}

CASE(direct_io_is_refused_by_memory)
{
	int p[2], fd;

	write_file("f", "x");
	FAILS(open("f", O_RDWR | O_DIRECT), EINVAL);
	fd = open("f", O_RDWR);
	FAILS(fcntl(fd, F_SETFL, O_DIRECT), EINVAL);
	/* On a pipe it means packets. */
	char buf[16];
	NEED(pipe2(p, O_DIRECT) == 0);
	CHECK(write(p[1], "abc", 3) == 3 && write(p[1], "defg", 4) == 4);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 3);
	CHECK_EQ(read(p[0], buf, 2), 2);
	CHECK(write(p[1], "hi", 2) == 2);
	CHECK_EQ(read(p[0], buf, sizeof(buf)), 2);
	CHECK(buf[0] == 'h');
}

CASE(proc_fd_names)
{
	char link[64], text[256];
	int fd = open("gone", O_CREAT | O_RDWR, 0644), p[2];
	ssize_t n;

	NEED(fd >= 0 && pipe(p) == 0);
	CHECK(unlink("gone") == 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, text, sizeof(text) - 1);
	NEED(n > 0);
	text[n] = 0;
	CHECK(strstr(text, "/gone (deleted)") != NULL);
	OPENS(open(link, O_RDONLY));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", p[0]);
	n = readlink(link, text, sizeof(text) - 1);
	NEED(n > 0);
	text[n] = 0;
	CHECK(strncmp(text, "pipe:[", 6) == 0);
	OPENS(open(link, O_RDONLY));
}

CASE(search_permission_is_needed_everywhere)
{
	pid_t pid;

	NEED(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0);
	write_file("d/e/f", "x");
	NEED(symlink("d/e/f", "l") == 0);
	NEED(chmod("d", 0700) == 0);
	CHILD(pid,
		NEED(setgid(1000) == 0 && setuid(1000) == 0);
		FAILS(open("d/e/f", O_RDONLY), EACCES);
		FAILS(open("l", O_RDONLY), EACCES);
		FAILS(access("d/e", F_OK), EACCES);
		FAILS(open("d/none", O_RDONLY), EACCES);
		FAILS(mkdir("d/new", 0755), EACCES));
	JOIN(pid);
	NEED(chmod("d", 0711) == 0);
	CHILD(pid,
		NEED(setgid(1000) == 0 && setuid(1000) == 0);
		OPENS(open("d/e/f", O_RDONLY));
		FAILS(open("d", O_RDONLY), EACCES);
		FAILS(open("d/e/f", O_WRONLY), EACCES);
		FAILS(open("d/none", O_RDONLY), ENOENT));
	JOIN(pid);
}

CASE(parents_of_removed_directories)
{
	struct stat st;
	char buf[64];

	NEED(mkdir("d", 0755) == 0 && chdir("d") == 0);
	CHECK(rmdir("../d") == 0);
	FAILS(getcwd(buf, sizeof(buf)) ? 0 : -1, ENOENT);
	FAILS(open("x", O_CREAT | O_WRONLY, 0644), ENOENT);
	FAILS(mkdir("x", 0755), ENOENT);
	FAILS(stat("x", &st), ENOENT);
	CHECK(stat(".", &st) == 0 && st.st_nlink == 0);
	CHECK(stat("..", &st) == 0);
	CHECK(chdir("..") == 0);
}

CASE(walks_while_directories_move)
{
	struct stat st;
	pid_t pid;

	NEED(mkdir("a", 0755) == 0 && mkdir("a/b", 0755) == 0 && mkdir("c", 0755) == 0);
	write_file("a/b/f", "");
	CHILD(pid,
		for (int i = 0; i < 3000; i++) {
			rename("a/b", "c/b");
			rename("c/b", "a/b");
		});
	for (int i = 0; i < 3000; i++) {
		int x = stat("a/b/f", &st), y = stat("c/b/f", &st);

		if (x && errno != ENOENT)
			CHECK(0);
		(void)y;
		if (stat("a/b/../../a", &st) && errno != ENOENT)
			CHECK(0);
	}
	JOIN(pid);
	CHECK(stat("a/b/f", &st) == 0);
	FAILS(stat("c/b/f", &st), ENOENT);
}

TAP_MAIN
