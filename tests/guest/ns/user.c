// SPDX-License-Identifier: GPL-2.0-only
/* User namespaces: tables of ids, capabilities, and what an unprivileged user may do in one. */
#include "../tap.h"

#include <grp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#define UID 1000
#define NS_GET_USERNS		_IO(0xb7, 1)
#define NS_GET_PARENT		_IO(0xb7, 2)
#define NS_GET_OWNER_UID	_IO(0xb7, 4)
#define CAP_SYS_ADMIN		21

static void become_user(void)
{
	NEED(setgroups(0, NULL) == 0);
	NEED(setresgid(UID, UID, UID) == 0);
	NEED(setresuid(UID, UID, UID) == 0);
	NEED(prctl(PR_SET_DUMPABLE, 1) == 0);
}

/* As unshare -U -r does. */
static void become_root_inside(int more)
{
	become_user();
	NEED(unshare(CLONE_NEWUSER | more) == 0);
	NEED(put_file("/proc/self/setgroups", "deny") == 0);
	NEED(put_file("/proc/self/uid_map", "0 1000 1") == 0);
	NEED(put_file("/proc/self/gid_map", "0 1000 1") == 0);
}

static unsigned long long cap_eff(void)
{
	const char *line = strstr(read_file("/proc/self/status"), "CapEff:");

	NEED(line);
	return strtoull(line + 7, NULL, 16);
}

CASE(without_a_table_ids_overflow)
{
	become_user();
	NEED(unshare(CLONE_NEWUSER) == 0);
	CHECK_EQ(getuid(), 65534);
	CHECK_EQ(getgid(), 65534);
	CHECK_STR(read_file("/proc/self/uid_map"), "");
	CHECK_STR(read_file("/proc/self/setgroups"), "allow\n");
	CHECK(cap_eff() >> CAP_SYS_ADMIN & 1);
	FAILS(setuid(0), EINVAL);
}

CASE(first_namespace_maps_all)
{
	CHECK_STR(read_file("/proc/self/uid_map"), "         0          0 4294967295\n");
	CHECK_STR(read_file("/proc/self/gid_map"), "         0          0 4294967295\n");
	CHECK_STR(read_file("/proc/self/setgroups"), "allow\n");
	FAILS(put_file("/proc/self/uid_map", "0 0 1"), EPERM);
}

CASE(user_maps_himself_to_root)
{
	struct stat st;

	become_root_inside(0);
	CHECK_EQ(getuid(), 0);
	CHECK_EQ(geteuid(), 0);
	CHECK_EQ(getgid(), 0);
	CHECK_STR(read_file("/proc/self/uid_map"), "         0       1000          1\n");
	FAILS(put_file("/proc/self/uid_map", "0 1000 1"), EPERM);
	FAILS(put_file("/proc/self/setgroups", "allow"), EPERM);
	FAILS(setgroups(0, NULL), EPERM);
	/* Files of others belong to nobody here. */
	NEED(stat("/etc", &st) == 0);
	CHECK_EQ(st.st_uid, 65534);
	CHECK(setuid(0) == 0);
	FAILS(setuid(5), EINVAL);
	FAILS(setresuid(0, 7, 0), EINVAL);
}

CASE(table_rules)
{
	become_user();
	NEED(unshare(CLONE_NEWUSER) == 0);
	FAILS(put_file("/proc/self/gid_map", "0 1000 1"), EPERM);	/* setgroups not denied */
	FAILS(put_file("/proc/self/uid_map", "0 0 1"), EPERM);		/* somebody else */
	FAILS(put_file("/proc/self/uid_map", "0 1000 2"), EPERM);	/* too many */
	FAILS(put_file("/proc/self/uid_map", "junk"), EINVAL);
	FAILS(put_file("/proc/self/uid_map", "0 1000"), EINVAL);
	FAILS(put_file("/proc/self/uid_map", "0 1000 0"), EINVAL);
	FAILS(put_file("/proc/self/uid_map", "0 1000 1 1"), EINVAL);
	FAILS(put_file("/proc/self/setgroups", "perhaps"), EINVAL);
	CHECK(put_file("/proc/self/uid_map", "5 1000 1\n") == 0);
	CHECK_EQ(getuid(), 5);
}

CASE(root_maps_ranges)
{
	int go[2], ready[2];
	char path[64], c;
	pid_t pid;

	NEED(pipe(go) == 0 && pipe(ready) == 0);
	CHILD(pid, {
		struct stat st;

		NEED(unshare(CLONE_NEWUSER) == 0);
		NEED(write(ready[1], "x", 1) == 1 && read(go[0], &c, 1) == 1);
		CHECK_EQ(getuid(), 10);
		CHECK(setresuid(0, 0, 0) == 0);
		CHECK(setresgid(3, 3, 3) == 0);
		gid_t g[3] = { 2, 1, 9 };
		gid_t got[4];
		CHECK(setgroups(3, g) == 0);
		CHECK_EQ(getgroups(4, got), 3);
		CHECK(got[0] == 1 && got[1] == 2 && got[2] == 9);
		NEED(mkdir("/tmp/range", 0777) == 0 || errno == EEXIST);
		NEED(stat("/tmp/range", &st) == 0);
		CHECK_EQ(st.st_uid, 0);
		CHECK_EQ(st.st_gid, 3);
		CHECK(chown("/tmp/range", 8, 8) == 0);
		FAILS(chown("/tmp/range", 11, 8), EINVAL);
	});
	NEED(read(ready[0], &c, 1) == 1);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	FAILS(put_file(path, "0 100000 10\n5 200000 10"), EINVAL);	/* overlap */
	CHECK(put_file(path, "0 100000 10\n10 0 1\n") == 0);
	CHECK_STR(read_file(path), "         0     100000         10\n        10          0          1\n");
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	CHECK(put_file(path, "0 100000 10\n10 0 1\n") == 0);
	NEED(write(go[1], "x", 1) == 1);
	JOIN(pid);
	struct stat st;
	NEED(stat("/tmp/range", &st) == 0);
	CHECK_EQ(st.st_uid, 100008);
	rmdir("/tmp/range");
}

CASE(capabilities_count_inside_only)
{
	become_root_inside(CLONE_NEWUTS);
	CHECK(sethostname("inside", 6) == 0);
	FAILS(mount("t", "/mnt", "tmpfs", 0, NULL), EPERM);	/* mounts are not ours */
	FAILS(mknod("/tmp/dev", S_IFCHR | 0600, 0x103), EPERM);
	FAILS(syscall(SYS_settimeofday, &(struct timespec){ 1, 0 }, NULL), EPERM);
	FAILS(chown("/etc", 0, 0), EPERM);
	FAILS(open("/etc/shadow-none", O_CREAT | O_WRONLY, 0600), EACCES);
	FAILS(kill(1, 0), EPERM);
}

CASE(uts_of_the_parent_cannot_be_changed)
{
	become_root_inside(0);
	FAILS(sethostname("no", 2), EPERM);
	CHECK(unshare(CLONE_NEWUTS) == 0);
	CHECK(sethostname("yes", 3) == 0);
}

CASE(mounts_in_a_user_namespace)
{
	struct stat st;

	NEED(mkdir("d", 0777) == 0 && mkdir("e", 0777) == 0);
	chmod("d", 0777);
	chown(".", UID, UID);
	become_root_inside(CLONE_NEWNS);
	NEED(mount("t", "d", "tmpfs", 0, "uid=0,mode=700") == 0);
	NEED(stat("d", &st) == 0);
	CHECK_EQ(st.st_uid, 0);
	write_file("d/file", "text");
	CHECK(mount("d", "e", NULL, MS_BIND, NULL) == 0);
	CHECK_STR(read_file("e/file"), "text");
	FAILS(mount("t", "e", "tmpfs", 0, "uid=4"), EINVAL);
	CHECK(umount("e") == 0);
	CHECK(chown("d/file", 0, 0) == 0);
	FAILS(mount("dev", "e", "devtmpfs", 0, NULL), EPERM);
}

CASE(inherited_mounts_are_locked)
{
	NEED(mkdir("outer", 0755) == 0 && mkdir("outer/sub", 0755) == 0);
	NEED(mkdir("see", 0777) == 0);
	NEED(unshare(CLONE_NEWNS) == 0);
	NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	NEED(mount("t", "outer", "tmpfs", MS_RDONLY | MS_NOSUID, NULL) == 0);
	chown(".", UID, UID);
	become_root_inside(CLONE_NEWNS);
	FAILS(umount2("outer", MNT_DETACH), EINVAL);
	FAILS(mount(NULL, "outer", NULL, MS_REMOUNT | MS_BIND, NULL), EPERM);
	FAILS(mount(NULL, "outer", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), EPERM);
	CHECK(mount(NULL, "outer", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) == 0);
	/* What it hides stays hidden: a view without it is refused. */
	FAILS(mount(".", "see", NULL, MS_BIND, NULL), EINVAL);
	CHECK(mount(".", "see", NULL, MS_BIND | MS_REC, NULL) == 0);
	FAILS(umount2("see/outer", 0), EINVAL);
	CHECK(umount2("see", MNT_DETACH) == 0);
}

CASE(proc_needs_a_pid_namespace_of_ones_own)
{
	pid_t pid;

	NEED(mkdir("p", 0755) == 0);
	chown("p", UID, UID);
	become_root_inside(CLONE_NEWNS | CLONE_NEWPID);
	FAILS(mount("proc", "p", "proc", 0, NULL), EPERM);
	FAILS(mount("sysfs", "p", "sysfs", 0, NULL), EPERM);	/* the network is not ours */
	CHILD(pid, {
		char link[16] = "";

		NEED(mount("proc", "p", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0);
		CHECK(readlink("p/self", link, 15) == 1);
		CHECK_STR(link, "1");
	});
	JOIN(pid);
}

CASE(nested_namespaces_compose)
{
	uid_t uid = 77;

	become_root_inside(0);
	NEED(unshare(CLONE_NEWUSER) == 0);
	CHECK_EQ(getuid(), 65534);
	NEED(put_file("/proc/self/uid_map", "30 0 1") == 0);
	CHECK_EQ(getuid(), 30);
	/* Read from inside: in the parent's ids. */
	CHECK_STR(read_file("/proc/self/uid_map"), "        30          0          1\n");
	FAILS(ioctl(open("/proc/self/ns/user", O_RDONLY), NS_GET_PARENT), EPERM);
	CHECK(ioctl(open("/proc/self/ns/user", O_RDONLY), NS_GET_OWNER_UID, &uid) == 0);
	CHECK_EQ(uid, 30);
}

CASE(depth_is_limited)
{
	int n;

	become_user();
	for (n = 0; n < 40; n++) {
		char map[32];

		if (unshare(CLONE_NEWUSER))
			break;
		snprintf(map, sizeof(map), "%d %d 1", 1000, 1000);
		NEED(put_file("/proc/self/uid_map", map) == 0);
		NEED(put_file("/proc/self/setgroups", "deny") == 0);
		NEED(put_file("/proc/self/gid_map", map) == 0);
	}
	CHECK_EQ(errno, ENOSPC);
	CHECK_EQ(n, 33);
}

CASE(setns_into_a_child_gives_its_capabilities)
{
	int ready[2], go[2], fd;
	char path[64], c;
	pid_t pid;

	become_user();
	NEED(pipe(ready) == 0 && pipe(go) == 0);
	CHILD(pid, {
		NEED(unshare(CLONE_NEWUSER | CLONE_NEWUTS) == 0);
		NEED(put_file("/proc/self/uid_map", "0 1000 1") == 0);
		NEED(write(ready[1], "x", 1) == 1);
		close(go[1]);
		NEED(read(go[0], &c, 1) == 0);
	});
	close(go[0]);
	NEED(read(ready[0], &c, 1) == 1);
	FAILS(setns(open("/proc/self/ns/user", O_RDONLY), CLONE_NEWUSER), EINVAL);
	snprintf(path, sizeof(path), "/proc/%d/ns/uts", pid);
	fd = open(path, O_RDONLY);
	NEED(fd >= 0);
	FAILS(setns(fd, CLONE_NEWUTS), EPERM);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	NEED(setns(open(path, O_RDONLY), CLONE_NEWUSER) == 0);
	CHECK_EQ(getuid(), 0);
	CHECK(cap_eff() >> CAP_SYS_ADMIN & 1);
	CHECK(setns(fd, CLONE_NEWUTS) == 0);
	CHECK(sethostname("joined", 6) == 0);
	close(go[1]);
	JOIN(pid);
}

CASE(clone_newuser_refuses_shared_fs)
{
	FAILS(syscall(SYS_clone, CLONE_NEWUSER | CLONE_FS | SIGCHLD, 0, 0, 0, 0), EINVAL);
	FAILS(syscall(SYS_clone, CLONE_NEWUSER | CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0, 0, 0, 0), EINVAL);
	NEED(chroot("/tmp") == 0);
	FAILS(unshare(CLONE_NEWUSER), EPERM);
}

CASE(clone_makes_all_at_once)
{
	pid_t pid;

	become_user();
	fflush(stdout);
	pid = syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | SIGCHLD,
		      0, 0, 0, 0);
	if (!pid) {
		struct utsname u;

		NEED(put_file("/proc/self/uid_map", "0 1000 1") == 0 || errno == ENOENT);
		CHECK_EQ(syscall(SYS_getpid), 1);
		CHECK(sethostname("box", 3) == 0);
		uname(&u);
		CHECK_STR(u.nodename, "box");
		CHECK(mount("t", "/mnt", "tmpfs", 0, NULL) == 0 || errno == ENOENT);
		_exit(tap_failed);
	}
	NEED(pid > 0);
	JOIN(pid);
}

CASE(setuid_programs_of_unknown_owners_have_no_effect)
{
	pid_t pid;

	/* A copy of ourselves, set-user-id root, asked for its effective user. */
	NEED(system("cp /proc/self/exe prog 2>/dev/null || cp /bin/busybox prog") == 0);
	NEED(system("cp /bin/busybox prog") == 0);
	NEED(chown("prog", 0, 0) == 0 && chmod("prog", 04755) == 0);
	CHILD(pid, {
		int p[2];
		char out[32] = "";
		pid_t c;

		become_root_inside(0);
		NEED(pipe(p) == 0);
		CHILD(c, {
			dup2(p[1], 1);
			execl("./prog", "cat", "/proc/self/uid_map", NULL);
			_exit(9);
		});
		JOIN(c);
		NEED(read(p[0], out, 31) > 0);
		CHECK(strstr(out, "1000"));
		CHILD(c, {
			/* Root's files are still out of reach. */
			execl("./prog", "cat", "/proc/1/environ", NULL);
			_exit(9);
		});
		int st;
		NEED(waitpid(c, &st, 0) == c);
		CHECK(st != 0);
	});
	JOIN(pid);
}

CASE(peer_credentials_are_translated)
{
	int sv[2], on = 1;
	socklen_t len = sizeof(struct ucred);
	struct ucred uc;
	pid_t pid;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	(void)on;
	CHILD(pid, {
		become_root_inside(0);
		NEED(getsockopt(sv[0], SOL_SOCKET, SO_PEERCRED, &uc, &len) == 0);
		CHECK_EQ(uc.uid, 65534);	/* made by root outside */
		int mine[2];
		NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, mine) == 0);
		NEED(getsockopt(mine[0], SOL_SOCKET, SO_PEERCRED, &uc, &len) == 0);
		CHECK_EQ(uc.uid, 0);
	});
	JOIN(pid);
}

CASE(status_shows_the_readers_ids)
{
	const char *line;
	char path[64];
	unsigned uid = 1;

	snprintf(path, sizeof(path), "/proc/%d/status", getpid());
	become_root_inside(0);
	line = strstr(read_file(path), "\nUid:");
	NEED(line);
	CHECK_EQ(sscanf(line, "\nUid: %u", &uid), 1);
	CHECK_EQ(uid, 0);
	line = strstr(read_file("/proc/1/status"), "\nUid:");
	NEED(line);
	CHECK_EQ(sscanf(line, "\nUid: %u", &uid), 1);
	CHECK_EQ(uid, 65534);
}

TAP_MAIN
