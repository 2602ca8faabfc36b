// SPDX-License-Identifier: GPL-2.0-only
/* Opening, reading, writing, positions, truncation. */
#include "tap.h"

#include <limits.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>

static char buf[8192];

static int temp(void)
{
	int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);

	NEED(fd >= 0);
	return fd;
}

CASE(open_flags_and_errors)
{
	FAILS(open("absent", O_RDONLY), ENOENT);
	FAILS(open("", O_RDONLY), ENOENT);
	FAILS(open("/tmp", O_WRONLY), EISDIR);
	FAILS(open("/tmp", O_RDWR | O_CREAT, 0600), EISDIR);
	close(temp());
	FAILS(open("f", O_CREAT | O_EXCL, 0600), EEXIST);
	FAILS(open("f", O_DIRECTORY), ENOTDIR);
	FAILS(open("f/x", O_RDONLY), ENOTDIR);
	FAILS(open("f/", O_RDONLY), ENOTDIR);
	FAILS(open("new/", O_RDWR | O_CREAT, 0600), EISDIR);
	FAILS(open((char *)1, O_RDONLY), EFAULT);
	FAILS(openat(77, "x", O_RDONLY), EBADF);
	memset(buf, 'a', 5000);
	buf[5000] = 0;
	FAILS(open(buf, O_RDONLY), ENAMETOOLONG);
	buf[256] = 0;
	FAILS(open(buf, O_RDONLY | O_CREAT, 0600), ENAMETOOLONG);
	buf[255] = 0;
	CHECK(open(buf, O_RDONLY | O_CREAT, 0600) >= 0);
}

CASE(umask_and_mode)
{
	struct stat st;

	umask(027);
	close(open("f", O_CREAT | O_RDWR, 0777));
	CHECK(stat("f", &st) == 0);
	CHECK_EQ(st.st_mode & 07777, 0750);
	CHECK_EQ(umask(0), 027);
}

CASE(lowest_descriptor_is_used)
{
	int a = open("/dev/null", O_RDONLY), b = dup(a), c = dup(a);

	close(b);
	CHECK_EQ(dup(c), b);
	CHECK_EQ(dup2(a, 50), 50);
	CHECK_EQ(fcntl(a, F_DUPFD, 50), 51);
	CHECK_EQ(dup2(a, a), a);
	FAILS(dup2(a, -1), EBADF);
	FAILS(dup3(a, a, 0), EINVAL);
	FAILS(dup2(99, 98), EBADF);
	FAILS(fcntl(a, F_DUPFD, -1), EINVAL);
	FAILS(fcntl(a, 9999), EINVAL);
	FAILS(close(99), EBADF);
}

CASE(nofile_limit_is_EMFILE)
{
	struct rlimit rl = { 10, 10 };

	NEED(setrlimit(RLIMIT_NOFILE, &rl) == 0);
	while (open("/dev/null", O_RDONLY) >= 0)
		;
	CHECK_EQ(errno, EMFILE);
	FAILS(fcntl(0, F_DUPFD, 10), EINVAL);
	FAILS(dup2(0, 10), EBADF);
}

CASE(read_and_write_move_the_position)
{
	int fd = temp();

	CHECK_EQ(write(fd, "hello", 5), 5);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
	CHECK_EQ(read(fd, buf, 10), 0);
	CHECK_EQ(lseek(fd, 1, SEEK_SET), 1);
	CHECK_EQ(read(fd, buf, 3), 3);
	CHECK(!memcmp(buf, "ell", 3));
	CHECK_EQ(pread(fd, buf, 10, 4), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
	CHECK_EQ(pwrite(fd, "XY", 2, 10), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 12);
	CHECK_EQ(pread(fd, buf, 20, 0), 12);
	CHECK(!memcmp(buf, "hello\0\0\0\0\0XY", 12));
	FAILS(pread(fd, buf, 1, -1), EINVAL);
	FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
	FAILS(lseek(fd, 0, 99), EINVAL);
	FAILS(lseek(99, 0, SEEK_SET), EBADF);
}

CASE(access_mode_is_enforced)
{
	int r, w;

	close(temp());
	r = open("f", O_RDONLY);
	w = open("f", O_WRONLY);
	FAILS(write(r, "x", 1), EBADF);
	FAILS(read(w, buf, 1), EBADF);
	FAILS(ftruncate(r, 0), EINVAL);
	FAILS(read(r, (void *)1, 0) == 0 ? -1 : -2, 0);
}

CASE(bad_buffers_are_EFAULT)
{
	int fd = temp();
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(p + 4096, 4096);
	FAILS(write(fd, (void *)8, 10), EFAULT);
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	lseek(fd, 0, SEEK_SET);
	FAILS(read(fd, (void *)8, 10), EFAULT);
	FAILS(read(fd, (void *)0xffff800000000000ul, 10), EFAULT);
	CHECK_EQ(pread(fd, p + 4090, 10, 0), 6);
	CHECK_EQ(pwrite(fd, p + 4090, 10, 0), 6);
	FAILS(syscall(SYS_fstat, fd, (void *)8), EFAULT);
}

CASE(append_always_writes_at_the_end)
{
	int fd = temp(), a = open("f", O_WRONLY | O_APPEND);

	write(fd, "12345", 5);
	lseek(a, 0, SEEK_SET);
	CHECK_EQ(write(a, "67", 2), 2);
	CHECK_EQ(lseek(a, 0, SEEK_CUR), 7);
	CHECK_EQ(pwrite(a, "8", 1, 0), 1);
	CHECK_EQ(pread(fd, buf, 20, 0), 8);
	CHECK(!memcmp(buf, "12345678", 8));
	CHECK(fcntl(a, F_SETFL, 0) == 0);
	CHECK_EQ(fcntl(a, F_GETFL) & (O_APPEND | O_ACCMODE), O_WRONLY);
}

CASE(vectors)
{
	int fd = temp();
	struct iovec w[3] = { { "ab", 2 }, { NULL, 0 }, { "cde", 3 } };
	char a[2], b[10];
	struct iovec r[2] = { { a, 2 }, { b, 10 } };

	CHECK_EQ(writev(fd, w, 3), 5);
	CHECK_EQ(preadv(fd, r, 2, 0), 5);
	CHECK(!memcmp(a, "ab", 2) && !memcmp(b, "cde", 3));
	FAILS(writev(fd, w, -1), EINVAL);
	FAILS(writev(fd, w, 1025), EINVAL);
	CHECK_EQ(writev(fd, w, 0), 0);
	r[0].iov_len = (size_t)-1;
	FAILS(readv(fd, r, 2), EINVAL);
	FAILS(preadv(fd, r, 1, -5), EINVAL);
}

CASE(truncate_grows_with_zeroes_and_shrinks)
{
	int fd = temp();
	struct stat st;

	write(fd, "abcdef", 6);
	CHECK(ftruncate(fd, 3) == 0);
	CHECK(ftruncate(fd, 6) == 0);
	CHECK_EQ(pread(fd, buf, 10, 0), 6);
	CHECK(!memcmp(buf, "abc\0\0\0", 6));
	CHECK(truncate("f", 100000) == 0);
	CHECK(fstat(fd, &st) == 0);
	CHECK_EQ(st.st_size, 100000);
	FAILS(ftruncate(fd, -1), EINVAL);
	FAILS(truncate("absent", 0), ENOENT);
	FAILS(truncate("/tmp", 0), EISDIR);
}

CASE(file_size_limit)
{
	struct rlimit rl = { 1000, 1000 };
	int fd = temp();

	signal(SIGXFSZ, SIG_IGN);
	NEED(setrlimit(RLIMIT_FSIZE, &rl) == 0);
	CHECK_EQ(write(fd, buf, 2000), 1000);
	FAILS(write(fd, buf, 1), EFBIG);
	FAILS(ftruncate(fd, 2000), EFBIG);
}

CASE(holes_and_seek_data)
{
	int fd = temp();

	NEED(pwrite(fd, "x", 1, 1 << 20) == 1);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 1 << 20);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
	CHECK_EQ(lseek(fd, 1 << 20, SEEK_HOLE), (1 << 20) + 1);
	FAILS(lseek(fd, (1 << 20) + 1, SEEK_DATA), ENXIO);
}

static void on_alarm(int sig)
{
}

/* An allocation that a signal ends leaves nothing behind. */
CASE(fallocate_interrupted)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval soon = { .it_value.tv_usec = 300 };
	struct stat st;
	int fd = temp(), err = 0;

	NEED(sigaction(SIGALRM, &sa, NULL) == 0);
	for (int i = 0; i < 50 && !err; i++) {
		NEED(ftruncate(fd, 0) == 0 && setitimer(ITIMER_REAL, &soon, NULL) == 0);
		err = fallocate(fd, 0, 0, 64 << 20) ? errno : 0;
		soon.it_value.tv_usec = 300 + i * 40;
	}
	CHECK_EQ(err, EINTR);
	NEED(fstat(fd, &st) == 0);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(st.st_blocks, 0);
	close(fd);
}

CASE(fallocate_modes)
{
	int fd = temp();
	struct stat st;

	CHECK(fallocate(fd, 0, 0, 10000) == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_size == 10000);
	CHECK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 20000) == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_size == 10000);
	memset(buf, 'x', 8192);
	pwrite(fd, buf, 8192, 0);
	CHECK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0);
	CHECK_EQ(pread(fd, buf, 1, 0), 1);
	CHECK_EQ(buf[0], 0);
	CHECK_EQ(pread(fd, buf, 1, 4096), 1);
	CHECK_EQ(buf[0], 'x');
	FAILS(fallocate(fd, 0, -1, 10), EINVAL);
	FAILS(fallocate(fd, 0, 0, 0), EINVAL);
	FAILS(fallocate(fd, 0x4000, 0, 10), EOPNOTSUPP);
}

CASE(unlinked_file_lives_until_closed)
{
	int fd = temp();
	struct stat st;

	CHECK(unlink("f") == 0);
	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK(fstat(fd, &st) == 0);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(pread(fd, buf, 3, 0), 3);
	FAILS(open("f", O_RDONLY), ENOENT);
}

CASE(tmpfile_has_no_name_until_linked)
{
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);
	struct stat st;

	NEED(fd >= 0);
	CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0);
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", fd);
	CHECK(linkat(AT_FDCWD, buf, AT_FDCWD, "named", AT_SYMLINK_FOLLOW) == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_nlink == 1);
	CHECK(access("named", F_OK) == 0);
}

CASE(cloexec_flag)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK(fcntl(fd, F_SETFD, 0) == 0);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	CHECK_EQ(fcntl(fcntl(fd, F_DUPFD_CLOEXEC, 0), F_GETFD), FD_CLOEXEC);
}

CASE(close_range_closes)
{
	int fd = dup2(open("/dev/null", O_RDONLY), 40);

	dup2(fd, 41);
	dup2(fd, 43);
	CHECK(syscall(SYS_close_range, 40, 42, 0) == 0);
	FAILS(fcntl(40, F_GETFD), EBADF);
	FAILS(fcntl(41, F_GETFD), EBADF);
	CHECK_EQ(fcntl(43, F_GETFD), 0);
	CHECK(syscall(SYS_close_range, 43, 43, 4 /* CLOEXEC */) == 0);
	CHECK_EQ(fcntl(43, F_GETFD), FD_CLOEXEC);
	FAILS(syscall(SYS_close_range, 5, 4, 0), EINVAL);
	FAILS(syscall(SYS_close_range, 5, 6, 0x100), EINVAL);
}

CASE(sendfile_and_copy_file_range)
{
	int a = temp(), b = open("g", O_RDWR | O_CREAT, 0600), fds[2];
	off_t off = 2;
	loff_t i = 0, o = 10;

	write(a, "abcdefgh", 8);
	CHECK_EQ(sendfile(b, a, &off, 4), 4);
	CHECK_EQ(off, 6);
	CHECK_EQ(pread(b, buf, 10, 0), 4);
	CHECK(!memcmp(buf, "cdef", 4));
	CHECK_EQ(copy_file_range(a, &i, b, &o, 8, 0), 8);
	CHECK(i == 8 && o == 18);
	CHECK_EQ(pread(b, buf, 8, 10), 8);
	CHECK(!memcmp(buf, "abcdefgh", 8));
	FAILS(copy_file_range(a, NULL, b, NULL, 8, 1), EINVAL);
	NEED(pipe(fds) == 0);
	off = 0;
	CHECK_EQ(sendfile(fds[1], a, &off, 8), 8);
	CHECK_EQ(read(fds[0], buf, 100), 8);
}

CASE(splice_moves_between_file_and_pipe)
{
	int fd = temp(), fds[2];
	loff_t off = 0;

	write(fd, "abcdefgh", 8);
	NEED(pipe(fds) == 0);
	CHECK_EQ(splice(fd, &off, fds[1], NULL, 5, 0), 5);
	CHECK_EQ(off, 5);
	off = 100;
	CHECK_EQ(splice(fds[0], NULL, fd, &off, 5, 0), 5);
	CHECK_EQ(pread(fd, buf, 5, 100), 5);
	CHECK(!memcmp(buf, "abcde", 5));
	FAILS(splice(fd, NULL, fd, NULL, 1, 0), EINVAL);
}

CASE(devices_without_position_take_one)
{
	static const char *const names[] = { "/dev/zero", "/dev/full", "/dev/urandom" };
	char c[4];

	for (int i = 0; i < 3; i++) {
		int fd = open(names[i], O_RDWR);

		CHECK_EQ(pread(fd, c, 4, 1L << 40), 4);
		CHECK_EQ(lseek(fd, 100, SEEK_SET), 0);
		close(fd);
	}
	FAILS(pread(open("/dev/ptmx", O_RDWR | O_NOCTTY), c, 4, 0), ESPIPE);
}

CASE(special_devices)
{
	int z = open("/dev/zero", O_RDWR), n = open("/dev/null", O_RDWR), f = open("/dev/full", O_RDWR),
	    r = open("/dev/urandom", O_RDONLY);

	memset(buf, 1, 100);
	CHECK_EQ(read(z, buf, 100), 100);
	CHECK(buf[0] == 0 && buf[99] == 0);
	CHECK_EQ(write(z, buf, 10), 10);
	CHECK_EQ(read(n, buf, 10), 0);
	CHECK_EQ(write(n, buf, 10), 10);
	FAILS(write(f, buf, 1), ENOSPC);
	CHECK_EQ(read(f, buf, 10), 10);
	CHECK_EQ(read(r, buf, 64), 64);
	CHECK_EQ(lseek(n, 100, SEEK_SET), 0);
}

CASE(statx_and_times)
{
	struct timespec ts[2] = { { 1000, 5 }, { 2000, 6 } };
	struct { uint32_t mask, blksize; uint64_t attr; uint32_t nlink, uid, gid; uint16_t mode, pad;
		uint64_t ino, size, rest[24]; } sx;
	struct stat st;

	close(temp());
	CHECK(utimensat(AT_FDCWD, "f", ts, 0) == 0);
	CHECK(stat("f", &st) == 0);
	CHECK(st.st_atim.tv_sec == 1000 && st.st_atim.tv_nsec == 5);
	CHECK(st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 6);
	ts[0].tv_nsec = UTIME_OMIT;
	ts[1].tv_nsec = UTIME_NOW;
	CHECK(utimensat(AT_FDCWD, "f", ts, 0) == 0);
	CHECK(stat("f", &st) == 0);
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	CHECK(st.st_mtim.tv_sec >= 1000000);
	ts[0].tv_nsec = 1000000000;
	FAILS(utimensat(AT_FDCWD, "f", ts, 0), EINVAL);
	CHECK(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x7ff, &sx) == 0);
	CHECK_EQ(sx.size, 0);
	CHECK_EQ(sx.ino, st.st_ino);
	CHECK_EQ(sx.mode, st.st_mode);
	FAILS(syscall(SYS_statx, AT_FDCWD, "f", 0x80000000, 0, &sx), EINVAL);
}

TAP_MAIN
