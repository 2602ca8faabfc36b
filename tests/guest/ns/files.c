// SPDX-License-Identifier: GPL-2.0-only
/* Namespaces as files in /proc/PID/ns, unshare, setns and the ioctls. */
#include "../tap.h"

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#define NS_GET_USERNS		_IO(0xb7, 1)
#define NS_GET_PARENT		_IO(0xb7, 2)
#define NS_GET_NSTYPE		_IO(0xb7, 3)
#define NS_GET_OWNER_UID	_IO(0xb7, 4)

static ino_t ino_of(const char *pid, const char *kind)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%s/ns/%s", pid, kind);
	NEED(stat(path, &st) == 0);
	return st.st_ino;
}

static int open_ns(const char *kind)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	NEED(fd >= 0);
	return fd;
}

CASE(links_name_kind_and_inode)
{
	static const char *const kinds[] = { "cgroup", "ipc", "mnt", "net", "pid", "user", "uts" };

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		char path[64], text[64], want[64];
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		n = readlink(path, text, sizeof(text) - 1);
		NEED(n > 0);
		text[n] = 0;
		snprintf(want, sizeof(want), "%s:[%lu]", kinds[i], ino_of("self", kinds[i]));
		CHECK_STR(text, want);
		CHECK(ino_of("self", kinds[i]) == ino_of("1", kinds[i]));
	}
}

CASE(first_namespaces_have_known_numbers)
{
	CHECK_EQ(ino_of("self", "user"), 4026531837UL);
	CHECK_EQ(ino_of("self", "uts"), 4026531838UL);
	CHECK_EQ(ino_of("self", "ipc"), 4026531839UL);
	CHECK_EQ(ino_of("self", "pid"), 4026531836UL);
	CHECK_EQ(ino_of("self", "cgroup"), 4026531835UL);
	CHECK_EQ(ino_of("self", "pid_for_children"), 4026531836UL);
}

CASE(file_is_regular_and_all_of_one_kind_on_one_device)
{
	struct stat a, b;

	NEED(stat("/proc/self/ns/uts", &a) == 0 && stat("/proc/1/ns/net", &b) == 0);
	CHECK(S_ISREG(a.st_mode));
	CHECK_EQ(a.st_mode & 0777, 0444);
	CHECK(a.st_dev == b.st_dev);
	NEED(lstat("/proc/self/ns/uts", &a) == 0);
	CHECK(S_ISLNK(a.st_mode));
}

CASE(unshare_uts_gives_names_of_its_own)
{
	struct utsname u, before;
	ino_t old = ino_of("self", "uts");

	NEED(uname(&before) == 0);
	NEED(unshare(CLONE_NEWUTS) == 0);
	CHECK(ino_of("self", "uts") != old);
	CHECK(ino_of("1", "uts") == old);
	NEED(sethostname("elsewhere", 9) == 0);
	NEED(uname(&u) == 0);
	CHECK_STR(u.nodename, "elsewhere");
	CHECK(setdomainname("dom", 3) == 0);
	uname(&u);
	CHECK_STR(u.domainname, "dom");
}

CASE(setns_returns_to_the_first_uts)
{
	int fd = open_ns("uts");
	struct utsname a, b;

	NEED(uname(&a) == 0);
	NEED(unshare(CLONE_NEWUTS) == 0);
	NEED(sethostname("away", 4) == 0);
	CHECK(setns(fd, CLONE_NEWUTS) == 0);
	NEED(uname(&b) == 0);
	CHECK_STR(b.nodename, a.nodename);
	CHECK(setns(fd, 0) == 0);
}

CASE(setns_checks_the_kind)
{
	int fd = open_ns("uts"), file = open("/dev/null", O_RDONLY), path;

	FAILS(setns(fd, CLONE_NEWNET), EINVAL);
	FAILS(setns(file, 0), EINVAL);
	FAILS(setns(-1, 0), EBADF);
	path = open("/proc/self/ns/uts", O_PATH);
	FAILS(setns(path, 0), EBADF);
}

CASE(unshare_refuses_unknown_flags)
{
	FAILS(unshare(0x1), EINVAL);
	FAILS(unshare(CLONE_VFORK), EINVAL);
	CHECK(unshare(0) == 0);
}

CASE(unshare_ipc_changes_identity)
{
	ino_t ipc = ino_of("self", "ipc");

	NEED(unshare(CLONE_NEWIPC) == 0);
	CHECK(ino_of("self", "ipc") != ipc);
}

CASE(mounts_are_private_to_an_unshared_namespace)
{
	struct stat st;
	pid_t pid;

	NEED(mkdir("m", 0755) == 0);
	CHILD(pid, {
		NEED(unshare(CLONE_NEWNS) == 0);
		NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
		NEED(mount("t", "m", "tmpfs", 0, NULL) == 0);
		write_file("m/inside", "x");
		CHECK(stat("m/inside", &st) == 0);
	});
	JOIN(pid);
	FAILS(stat("m/inside", &st), ENOENT);
}

CASE(setns_mount_moves_root_and_cwd)
{
	int fd = open_ns("mnt");
	char cwd[256];
	ino_t old = ino_of("self", "mnt");

	NEED(unshare(CLONE_NEWNS) == 0);
	CHECK(ino_of("self", "mnt") != old);
	NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	NEED(mkdir("q", 0755) == 0);
	NEED(mount("t", "q", "tmpfs", 0, NULL) == 0);
	NEED(chdir("q") == 0);
	NEED(setns(fd, CLONE_NEWNS) == 0);
	NEED(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, "/");
	CHECK(ino_of("self", "mnt") == old);
}

CASE(nstype_and_owner_by_ioctl)
{
	int fd = open_ns("uts"), owner, mine;
	struct stat a, b;
	uid_t uid = 99;

	CHECK_EQ(ioctl(fd, NS_GET_NSTYPE), CLONE_NEWUTS);
	owner = ioctl(fd, NS_GET_USERNS);
	NEED(owner >= 0);
	mine = open_ns("user");
	NEED(fstat(owner, &a) == 0 && fstat(mine, &b) == 0);
	CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	CHECK_EQ(fcntl(owner, F_GETFD), FD_CLOEXEC);
	FAILS(ioctl(fd, NS_GET_PARENT), EINVAL);
	FAILS(ioctl(mine, NS_GET_PARENT), EPERM);
	FAILS(ioctl(fd, NS_GET_OWNER_UID, &uid), EINVAL);
	CHECK(ioctl(mine, NS_GET_OWNER_UID, &uid) == 0);
	CHECK_EQ(uid, 0);
	FAILS(ioctl(fd, _IO(0xb7, 9)), ENOTTY);
}

CASE(bind_mount_keeps_a_namespace)
{
	struct utsname u;
	struct stat a, b;
	pid_t pid;
	int fd;

	write_file("keep", "");
	CHILD(pid, {
		NEED(unshare(CLONE_NEWUTS) == 0);
		NEED(sethostname("kept", 4) == 0);
		NEED(mount("/proc/self/ns/uts", "keep", NULL, MS_BIND, NULL) == 0);
		NEED(stat("/proc/self/ns/uts", &a) == 0 && stat("keep", &b) == 0);
		CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	});
	JOIN(pid);
	fd = open("keep", O_RDONLY);
	NEED(fd >= 0);
	CHECK(setns(fd, CLONE_NEWUTS) == 0);
	NEED(uname(&u) == 0);
	CHECK_STR(u.nodename, "kept");
	close(fd);
	CHECK(umount("keep") == 0);
}

CASE(setns_by_pidfd_joins_several)
{
	int ready[2], end[2], pfd;
	struct utsname u;
	pid_t pid;
	char c;

	NEED(pipe(ready) == 0 && pipe(end) == 0);
	CHILD(pid, {
		NEED(unshare(CLONE_NEWUTS | CLONE_NEWIPC) == 0);
		NEED(sethostname("byfd", 4) == 0);
		NEED(write(ready[1], "x", 1) == 1);
		close(end[1]);
		NEED(read(end[0], &c, 1) == 0);
	});
	close(end[0]);
	NEED(read(ready[0], &c, 1) == 1);
	pfd = syscall(SYS_pidfd_open, pid, 0);
	NEED(pfd >= 0);
	FAILS(setns(pfd, 0), EINVAL);
	FAILS(setns(pfd, CLONE_VM), EINVAL);
	CHECK(setns(pfd, CLONE_NEWUTS | CLONE_NEWIPC) == 0);
	NEED(uname(&u) == 0);
	CHECK_STR(u.nodename, "byfd");
	close(end[1]);
	JOIN(pid);
}

static int thread_body(void *arg)
{
	struct utsname u;

	if (unshare(CLONE_NEWUTS) || sethostname("thread", 6) || uname(&u))
		_exit(1);
	*(int *)arg = !strcmp(u.nodename, "thread");
	return 0;
}

CASE(a_thread_may_have_its_own)
{
	static char stack[65536] __attribute__((aligned(16)));
	static volatile int done;
	struct utsname before, after;
	pid_t tid;

	NEED(uname(&before) == 0);
	tid = clone(thread_body, stack + sizeof(stack), CLONE_VM | CLONE_FS | CLONE_FILES |
		    CLONE_SIGHAND | CLONE_THREAD, (void *)&done);
	NEED(tid > 0);
	for (int i = 0; i < 500 && !done; i++)
		msleep(10);
	CHECK(done == 1);
	NEED(uname(&after) == 0);
	CHECK_STR(after.nodename, before.nodename);
}

CASE(without_privilege_nothing_is_made)
{
	int fd = open_ns("uts");

	NEED(setresuid(1000, 1000, 1000) == 0);
	FAILS(unshare(CLONE_NEWUTS), EPERM);
	FAILS(unshare(CLONE_NEWNS), EPERM);
	FAILS(unshare(CLONE_NEWPID), EPERM);
	FAILS(setns(fd, CLONE_NEWUTS), EPERM);
	FAILS(sethostname("no", 2), EPERM);
}

TAP_MAIN
