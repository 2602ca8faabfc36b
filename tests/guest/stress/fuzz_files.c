/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * File system calls with absurd arguments: each must return, whatever it
 * returns, and the machine must go on. Values are drawn from descriptors that
 * exist, pointers that are good, bad or end at a page's end, and odd numbers.
 */
#include "../tap.h"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>

static const int calls[] = {
	SYS_read, SYS_write, SYS_open, SYS_close, SYS_stat, SYS_fstat, SYS_lstat, SYS_poll, SYS_lseek,
	SYS_ioctl, SYS_pread64, SYS_pwrite64, SYS_readv, SYS_writev, SYS_access, SYS_pipe, SYS_dup,
	SYS_dup2, SYS_sendfile, SYS_fcntl, SYS_flock, SYS_fsync, SYS_fdatasync, SYS_truncate, SYS_ftruncate,
	SYS_getdents, SYS_getcwd, SYS_rename, SYS_mkdir, SYS_rmdir, SYS_creat, SYS_link, SYS_unlink,
	SYS_symlink, SYS_readlink, SYS_chmod, SYS_fchmod, SYS_chown, SYS_fchown, SYS_lchown, SYS_umask,
	SYS_utime, SYS_mknod, SYS_statfs, SYS_fstatfs, SYS_sync, SYS_readahead, SYS_setxattr, SYS_fsetxattr,
	SYS_getxattr, SYS_fgetxattr, SYS_listxattr, SYS_flistxattr, SYS_removexattr, SYS_fremovexattr,
	SYS_getdents64, SYS_fadvise64, SYS_utimes, SYS_openat, SYS_mkdirat, SYS_mknodat, SYS_fchownat,
	SYS_futimesat, SYS_newfstatat, SYS_unlinkat, SYS_renameat, SYS_linkat, SYS_symlinkat, SYS_readlinkat,
	SYS_fchmodat, SYS_faccessat, SYS_splice, SYS_tee, SYS_sync_file_range, SYS_vmsplice, SYS_utimensat,
	SYS_fallocate, SYS_dup3, SYS_pipe2, SYS_preadv, SYS_pwritev, SYS_syncfs, SYS_renameat2,
	SYS_memfd_create, SYS_copy_file_range, SYS_preadv2, SYS_pwritev2, SYS_statx, SYS_eventfd2,
	SYS_epoll_create1, SYS_epoll_ctl, SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime,
	SYS_signalfd4, SYS_inotify_init1, SYS_inotify_add_watch, SYS_inotify_rm_watch, SYS_mmap, SYS_socketpair,
	SYS_sendmsg, SYS_recvmsg, SYS_sendto, SYS_getsockopt, SYS_setsockopt, SYS_bind, SYS_listen,
	436 /* close_range */, 437 /* openat2 */, 439 /* faccessat2 */, SYS_mount, SYS_umount2, SYS_chroot,
	SYS_pivot_root, 428, 429, 430, 431, 432, 433, 442,
};

static unsigned long state;

static unsigned long rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static char *area;		/* two pages: the second cannot be touched */
static const char *const names[] = { "a", "b", "d", "d/c", "d/../a", "l", "/dev/null", "/proc/self/fd/3", ".", "", "/",
	"/tmp", "d/", "/proc/self/maps", "/dev/ptmx", "nope/x" };

static unsigned long argument(void)
{
	static const unsigned long odd[] = { 0, 1, 2, 3, 8, 16, 64, 255, 256, 4095, 4096, 4097, 65536, 1UL << 20,
		1UL << 31,
		(1UL << 31) - 1, 1UL << 32, (1UL << 47) - 4096, 1UL << 47, 1UL << 63, -1UL, -2UL, -4096UL, -100UL };

	switch (rnd() % 8) {
	case 0: return rnd() % 24;			/* a descriptor, perhaps */
	case 1: return odd[rnd() % (sizeof(odd) / sizeof(*odd))];
	case 2: return (unsigned long)names[rnd() % (sizeof(names) / sizeof(*names))];
	case 3: return (unsigned long)area + rnd() % 4096;
	case 4: return (unsigned long)area + 4096 - rnd() % 32;
	case 5: return rnd() & 0xff;
	case 6: return 1UL << (rnd() % 64);
	default: return rnd() >> (rnd() % 64);
	}
}

static void wake(int sig) { (void)sig; }

static void fuzz(int me)
{
	struct sigaction sa = { .sa_handler = wake };	/* no SA_RESTART: a call that blocks ends */
	struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	struct rlimit files = { 4 << 20, 4 << 20 }, fds = { 64, 64 }, as = { 512UL << 20, 512UL << 20 };
	time_t end = time(NULL) + 3;

	state = 88172645463325252UL + (unsigned long)me * 7777777;
	setrlimit(RLIMIT_FSIZE, &files);
	setrlimit(RLIMIT_NOFILE, &fds);
	setrlimit(RLIMIT_AS, &as);
	for (int s = 1; s < 32; s++)
		if (s != SIGKILL && s != SIGSTOP && s != SIGALRM && s != SIGSEGV && s != SIGBUS)
			signal(s, SIG_IGN);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < 3; i++)
		close(i);
	while (time(NULL) < end) {
		for (int k = 0; k < 100; k++) {
			long nr = calls[rnd() % (sizeof(calls) / sizeof(*calls))];

			for (int i = 0; i < 16; i++)
				((unsigned long *)area)[rnd() % 512] = argument();
			syscall(nr, argument(), argument(), argument(), argument(), argument(), argument());
		}
	}
}

static void run(int uid)
{
	pid_t pids[4];

	NEED(chmod(".", 0777) == 0);
	area = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	NEED(area != MAP_FAILED && mprotect(area + 4096, 4096, PROT_NONE) == 0);
	write_file("a", "text");
	NEED(mkdir("d", 0777) == 0 && symlink("a", "l") == 0);
	for (int i = 0; i < 4; i++) {
		fflush(stdout);
		pids[i] = fork();
		if (!pids[i]) {
			if (uid)
				(void)(setgid((unsigned)uid) + setuid((unsigned)uid));
			fuzz(i + uid);
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		waitpid(pids[i], NULL, 0);
	write_file("after", "alive");
	CHECK_STR(read_file("after"), "alive");
}

CASE(ordinary_user)
{
	run(1000);
}

/* What root destroys here must be its own: devtmpfs is one for all. */
static void own_dev(void)
{
	NEED(syscall(SYS_unshare, 0x00020000) == 0);
	NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	NEED(mount("dev", "/dev", "tmpfs", 0, NULL) == 0);
	NEED(mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3)) == 0);
	NEED(mkdir("/dev/pts", 0755) == 0);
	NEED(mount("pts", "/dev/pts", "devpts", 0, "newinstance,ptmxmode=666") == 0);
	NEED(symlink("pts/ptmx", "/dev/ptmx") == 0);
}

CASE(root_in_its_own_namespace)
{
	own_dev();
	run(0);
}

TAP_MAIN
