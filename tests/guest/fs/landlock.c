/* SPDX-License-Identifier: GPL-2.0-only */
/* Landlock: what a program gives up stays given up, layer by layer. */
#include "../tap.h"

#include <linux/landlock.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#define ALL ((1ULL << 14) - 1)
#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE)

static int ruleset(uint64_t handled)
{
	struct landlock_ruleset_attr a = { .handled_access_fs = handled };
	int fd = syscall(SYS_landlock_create_ruleset, &a, sizeof(a), 0);

	NEED(fd >= 0);
	return fd;
}

static int allow(int rs, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr a = { .allowed_access = access,
						.parent_fd = open(path, O_PATH | O_CLOEXEC) };
	int ret;

	NEED(a.parent_fd >= 0);
	ret = syscall(SYS_landlock_add_rule, rs, LANDLOCK_RULE_PATH_BENEATH, &a, 0);
	close(a.parent_fd);
	return ret;
}

static void restrict_to(int rs)
{
	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	NEED(syscall(SYS_landlock_restrict_self, rs, 0) == 0);
	close(rs);
}

static int can_open(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void tree(void)
{
	mkdir("in", 0755);
	mkdir("in/sub", 0755);
	mkdir("out", 0755);
	write_file("in/a", "a");
	write_file("in/sub/b", "b");
	write_file("out/c", "c");
}

CASE(only_what_is_allowed_opens)
{
	int rs, kept;

	tree();
	kept = open("out/c", O_RDWR);
	rs = ruleset(ALL);
	CHECK_EQ(allow(rs, "in", READING | LANDLOCK_ACCESS_FS_WRITE_FILE), 0);
	CHECK_EQ(allow(rs, "out/c", LANDLOCK_ACCESS_FS_READ_FILE), 0);
	restrict_to(rs);
	CHECK_EQ(can_open("in/a", O_RDWR), 0);
	CHECK_EQ(can_open("in/sub/b", O_RDONLY), 0);
	CHECK_EQ(can_open("in/sub", O_RDONLY | O_DIRECTORY), 0);
	CHECK_EQ(can_open("out/c", O_RDONLY), 0);
	CHECK_EQ(can_open("out/c", O_RDWR), -EACCES);
	CHECK_EQ(can_open("out", O_RDONLY | O_DIRECTORY), -EACCES);
	CHECK_EQ(can_open("/etc", O_RDONLY), -EACCES);
	CHECK_EQ(can_open("out/c", O_PATH), 0);
	CHECK_EQ(can_open("in/none", O_RDWR | O_CREAT), -EACCES);
	CHECK_EQ(access("in/none", F_OK), -1);
	CHECK_EQ(write(kept, "x", 1), 1);		/* what is open stays open */
	CHECK_EQ(access("/etc", R_OK), 0);		/* and other questions are not asked */
	int p[2];
	CHECK_EQ(pipe(p), 0);
}

/* Rules of one file add up, however many others came between. */
CASE(hundreds_of_rules_add_up_by_file)
{
	char name[32];
	int rs;

	tree();
	rs = ruleset(ALL);
	for (int i = 0; i < 100; i++) {
		sprintf(name, "f%d", i);
		write_file(name, "x");
		CHECK_EQ(allow(rs, name, LANDLOCK_ACCESS_FS_READ_FILE), 0);
		CHECK_EQ(allow(rs, "in", READING), 0);
	}
	for (int i = 0; i < 100; i++) {
		sprintf(name, "f%d", i);
		CHECK_EQ(allow(rs, name, LANDLOCK_ACCESS_FS_WRITE_FILE), 0);
		CHECK_EQ(allow(rs, "in", READING), 0);
	}
	restrict_to(rs);
	for (int i = 0; i < 100; i++) {
		sprintf(name, "f%d", i);
		CHECK_EQ(can_open(name, O_RDWR), 0);
		CHECK_EQ(unlink(name), -1);
	}
	CHECK_EQ(can_open("in/sub/b", O_RDONLY), 0);
	CHECK_EQ(can_open("in/a", O_RDWR), -EACCES);
	CHECK_EQ(can_open("out/c", O_RDONLY), -EACCES);
}

CASE(making_and_removing_are_kinds_of_their_own)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "in/sock" };
	int rs;

	tree();
	rs = ruleset(ALL);
	CHECK_EQ(allow(rs, "in", LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
			   LANDLOCK_ACCESS_FS_MAKE_FIFO), 0);
	restrict_to(rs);
	CHECK_EQ(mkdir("in/d", 0755), 0);
	FAILS(rmdir("in/d"), EACCES);
	CHECK_EQ(unlink("in/a"), 0);
	CHECK_EQ(mkfifo("in/f", 0600), 0);
	FAILS(symlink("x", "in/l"), EACCES);
	FAILS(mknod("in/r", S_IFREG | 0600, 0), EACCES);
	FAILS(mknod("in/c", S_IFCHR | 0600, 0x103), EACCES);
	FAILS(bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&a, sizeof(a)), EACCES);
	FAILS(mkdir("out/d", 0755), EACCES);
	FAILS(unlink("out/c"), EACCES);
	FAILS(mkdir("in", 0755), EEXIST);
}

CASE(names_move_between_directories_only_if_allowed)
{
	int rs;

	tree();
	rs = ruleset(LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE);
	CHECK_EQ(allow(rs, "in", LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE), 0);
	restrict_to(rs);
	CHECK_EQ(rename("in/a", "in/z"), 0);
	CHECK_EQ(link("in/z", "in/y"), 0);
	FAILS(rename("in/z", "in/sub/z"), EXDEV);	/* both allowed, but not to move */
	FAILS(link("in/z", "in/sub/z"), EXDEV);
	FAILS(rename("out/c", "in/c"), EACCES);
	FAILS(rename("in/z", "out/z"), EACCES);
	FAILS(rename("out/c", "out/d"), EACCES);
}

CASE(moving_must_not_gain_rights)
{
	uint64_t move = LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;
	int rs;

	tree();
	rs = ruleset(move | LANDLOCK_ACCESS_FS_EXECUTE);
	CHECK_EQ(allow(rs, "in", move), 0);
	CHECK_EQ(allow(rs, "out", move | LANDLOCK_ACCESS_FS_EXECUTE), 0);
	restrict_to(rs);
	CHECK_EQ(rename("in/a", "in/sub/a"), 0);
	CHECK_EQ(rename("out/c", "in/c"), 0);
	FAILS(rename("in/c", "out/c"), EXDEV);		/* it could be run there */
	FAILS(link("in/c", "out/c"), EXDEV);
}

CASE(layers_add_up_and_are_inherited)
{
	pid_t p;
	int rs;

	tree();
	rs = ruleset(LANDLOCK_ACCESS_FS_READ_FILE);
	CHECK_EQ(allow(rs, "in", LANDLOCK_ACCESS_FS_READ_FILE), 0);
	restrict_to(rs);
	CHECK_EQ(can_open("in/sub/b", O_RDONLY), 0);
	CHECK_EQ(can_open("out/c", O_WRONLY), 0);	/* not handled */
	rs = ruleset(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
	CHECK_EQ(allow(rs, "in/sub", LANDLOCK_ACCESS_FS_READ_FILE), 0);
	CHECK_EQ(allow(rs, "out", LANDLOCK_ACCESS_FS_READ_FILE), 0);
	restrict_to(rs);
	CHILD(p, CHECK_EQ(can_open("in/sub/b", O_RDONLY), 0); CHECK_EQ(can_open("in/a", O_RDONLY), -EACCES);
	      CHECK_EQ(can_open("out/c", O_RDONLY), -EACCES); CHECK_EQ(can_open("out/c", O_WRONLY), -EACCES));
	JOIN(p);
	for (int i = 0; i < 14; i++)
		CHECK_EQ(syscall(SYS_landlock_restrict_self, ruleset(1), 0), 0);
	FAILS(syscall(SYS_landlock_restrict_self, ruleset(1), 0), E2BIG);
}

CASE(programs_need_a_rule_to_run)
{
	pid_t p;
	int rs = ruleset(LANDLOCK_ACCESS_FS_EXECUTE), st;

	CHILD(p, restrict_to(rs); execl("/bin/true", "true", NULL); _exit(errno == EACCES ? 5 : 6));
	CHECK_EQ(waitpid(p, &st, 0), p);
	CHECK_EQ(st, 5 << 8);
	CHECK_EQ(allow(rs, "/", LANDLOCK_ACCESS_FS_EXECUTE), 0);
	CHILD(p, restrict_to(rs); execl("/bin/true", "true", NULL); _exit(6));
	CHECK_EQ(waitpid(p, &st, 0), p);
	CHECK_EQ(st, 0);
}

CASE(mounts_and_strangers_are_out_of_reach)
{
	pid_t free_one, inner;
	int rs = ruleset(LANDLOCK_ACCESS_FS_MAKE_SYM);

	mkdir("m", 0755);
	CHILD(free_one, pause());
	restrict_to(rs);
	FAILS(mount("none", "m", "tmpfs", 0, NULL), EPERM);
	FAILS(umount("/proc"), EPERM);
	FAILS(ptrace(PTRACE_ATTACH, free_one, 0, 0), EPERM);
	CHILD(inner, pause());
	CHECK_EQ(ptrace(PTRACE_ATTACH, inner, 0, 0), 0);
	CHECK_EQ(waitpid(inner, NULL, 0), inner);
	kill(inner, SIGKILL);
	kill(free_one, SIGKILL);
}

/* Who is restricted otherwise than its parent cannot have it as tracer. */
CASE(tracers_must_not_be_more_restricted)
{
	pid_t child, grandchild;

	CHILD(child, {
		restrict_to(ruleset(READING));
		CHILD(grandchild, CHECK_EQ(ptrace(PTRACE_TRACEME, 0, 0, 0), 0));
		JOIN(grandchild);
		CHILD(grandchild, {
			restrict_to(ruleset(READING));
			CHECK_EQ(ptrace(PTRACE_TRACEME, 0, 0, 0), 0);
		});
		JOIN(grandchild);
	});
	JOIN(child);
	CHILD(child, {
		int p[2]; char c;
		NEED(!pipe(p));
		CHILD(grandchild, {
			CHECK_EQ(read(p[0], &c, 1), 1);
			FAILS(ptrace(PTRACE_TRACEME, 0, 0, 0), EPERM);
		});
		restrict_to(ruleset(READING));
		CHECK_EQ(write(p[1], "x", 1), 1);
		JOIN(grandchild);
	});
	JOIN(child);
}

CASE(arguments_are_checked)
{
	struct landlock_ruleset_attr a = { .handled_access_fs = 1 };
	struct landlock_path_beneath_attr b = { .allowed_access = 1, .parent_fd = 0 };
	char big[64] = { 1 };
	int rs, p[2];

	CHECK_EQ(syscall(SYS_landlock_create_ruleset, NULL, 0, 1), 2);
	FAILS(syscall(SYS_landlock_create_ruleset, &a, sizeof(a), 1), EINVAL);
	FAILS(syscall(SYS_landlock_create_ruleset, &a, sizeof(a), 2), EINVAL);
	FAILS(syscall(SYS_landlock_create_ruleset, &a, 4, 0), EINVAL);
	FAILS(syscall(SYS_landlock_create_ruleset, NULL, 1, 0), EFAULT);
	CHECK(syscall(SYS_landlock_create_ruleset, NULL, 0, 2) >= 0);	/* errata */
	FAILS(syscall(SYS_landlock_create_ruleset, &a, 5000, 0), E2BIG);
	FAILS(syscall(SYS_landlock_create_ruleset, NULL, 8, 0), EFAULT);
	big[20] = 1;
	FAILS(syscall(SYS_landlock_create_ruleset, big, 64, 0), E2BIG);
	big[20] = 0;
	CHECK(syscall(SYS_landlock_create_ruleset, big, 64, 0) >= 0);
	a.handled_access_fs = 1 << 14;
	FAILS(syscall(SYS_landlock_create_ruleset, &a, sizeof(a), 0), EINVAL);
	a.handled_access_fs = 0;
	FAILS(syscall(SYS_landlock_create_ruleset, &a, sizeof(a), 0), ENOMSG);
	rs = ruleset(LANDLOCK_ACCESS_FS_READ_DIR);
	FAILS(syscall(SYS_landlock_add_rule, rs, 1, &b, 1), EINVAL);
	FAILS(syscall(SYS_landlock_add_rule, 99, 1, &b, 0), EBADF);
	FAILS(syscall(SYS_landlock_add_rule, open("/", O_RDONLY), 1, &b, 0), EBADFD);
	FAILS(syscall(SYS_landlock_add_rule, rs, 2, &b, 0), EINVAL);
	FAILS(syscall(SYS_landlock_add_rule, rs, 1, NULL, 0), EFAULT);
	FAILS(syscall(SYS_landlock_add_rule, rs, 1, &b, 0), EINVAL);	/* not handled */
	b.allowed_access = 0;
	FAILS(syscall(SYS_landlock_add_rule, rs, 1, &b, 0), ENOMSG);
	b.allowed_access = LANDLOCK_ACCESS_FS_READ_DIR;
	b.parent_fd = -1;
	FAILS(syscall(SYS_landlock_add_rule, rs, 1, &b, 0), EBADF);
	b.parent_fd = rs;
	FAILS(syscall(SYS_landlock_add_rule, rs, 1, &b, 0), EBADFD);
	NEED(pipe(p) == 0);
	b.parent_fd = p[0];
	FAILS(syscall(SYS_landlock_add_rule, rs, 1, &b, 0), EBADFD);
	write_file("file", "");
	FAILS(allow(rs, "file", LANDLOCK_ACCESS_FS_READ_DIR), EINVAL);
	FAILS(syscall(SYS_landlock_restrict_self, rs, 1), EINVAL);
	FAILS(syscall(SYS_landlock_restrict_self, p[0], 0), EBADFD);
	NEED(setuid(1000) == 0);
	FAILS(syscall(SYS_landlock_restrict_self, rs, 0), EPERM);
}

TAP_MAIN
