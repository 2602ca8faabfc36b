// SPDX-License-Identifier: GPL-2.0-only
/* POSIX access control lists on tmpfs. */
#include "../tap.h"

#include <grp.h>
#include <sys/xattr.h>

#define ACCESS	"system.posix_acl_access"
#define DEFAULT	"system.posix_acl_default"
enum { UO = 1, U = 2, GO = 4, G = 8, M = 16, O = 32 };
#define NONE 0xffffffffu

struct ent { uint16_t tag, perm; uint32_t id; };
struct acl { uint32_t version; struct ent e[8]; };

static int set_n(const char *path, const char *name, const struct ent *e, int n)
{
	struct acl a = { 2 };

	memcpy(a.e, e, n * sizeof(*e));
	return setxattr(path, name, &a, 4 + n * sizeof(*e), 0);
}
#define SET(path, name, ...) ({ struct ent _e[] = { __VA_ARGS__ };	\
	set_n(path, name, _e, sizeof(_e) / sizeof(_e[0])); })

static int perm_of(const char *path, int tag)
{
	struct acl a;
	ssize_t n = getxattr(path, ACCESS, &a, sizeof(a));

	for (int i = 0; i < (n - 4) / 8; i++)
		if (a.e[i].tag == tag)
			return a.e[i].perm;
	return -1;
}

static int mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : (int)(st.st_mode & 07777);
}

/* May this user (and group) do it? 0 or errno. */
static int may(uid_t uid, gid_t gid, const char *path, int how)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setgroups(0, NULL) || setgid(gid) || setuid(uid))
			_exit(99);
		_exit(access(path, how) ? errno : 0);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void file(const char *name, int mode)
{
	write_file(name, "x");
	NEED(chmod(name, mode) == 0);
	chmod(".", 0755);
}

CASE(named_users_and_groups)
{
	file("f", 0600);
	CHECK(SET("f", ACCESS, { UO, 6, NONE }, { U, 4, 1000 }, { U, 7, 1001 }, { GO, 0, NONE },
		  { G, 2, 2000 }, { M, 6, NONE }, { O, 0, NONE }) == 0);
	CHECK_EQ(mode_of("f"), 0660);
	CHECK_EQ(may(1000, 100, "f", R_OK), 0);
	CHECK_EQ(may(1000, 100, "f", W_OK), EACCES);
	CHECK_EQ(may(1001, 100, "f", R_OK | W_OK), 0);
	CHECK_EQ(may(1001, 100, "f", X_OK), EACCES);
	CHECK_EQ(may(1002, 2000, "f", W_OK), 0);
	CHECK_EQ(may(1002, 2000, "f", R_OK), EACCES);
	CHECK_EQ(may(1002, 100, "f", R_OK), EACCES);
	CHECK_EQ(may(1002, 0, "f", R_OK), EACCES);
	/* The user's own entry counts, even where a group would grant more. */
	CHECK_EQ(may(1000, 2000, "f", W_OK), EACCES);
}

CASE(mode_and_list_keep_in_step)
{
	file("f", 0644);
	CHECK(SET("f", ACCESS, { UO, 7, NONE }, { U, 7, 1000 }, { GO, 4, NONE }, { M, 5, NONE },
		  { O, 1, NONE }) == 0);
	CHECK_EQ(mode_of("f"), 0751);
	CHECK(chmod("f", 0640) == 0);
	CHECK_EQ(perm_of("f", UO), 6);
	CHECK_EQ(perm_of("f", M), 4);
	CHECK_EQ(perm_of("f", GO), 4);
	CHECK_EQ(perm_of("f", O), 0);
	CHECK_EQ(perm_of("f", U), 7);
	CHECK_EQ(may(1000, 100, "f", R_OK), 0);
	CHECK_EQ(may(1000, 100, "f", W_OK), EACCES);
	CHECK(chmod("f", 0600) == 0);
	CHECK_EQ(may(1000, 100, "f", R_OK), EACCES);
}

CASE(small_lists_are_modes)
{
	char buf[64];

	file("f", 0644);
	CHECK(SET("f", ACCESS, { UO, 7, NONE }, { GO, 5, NONE }, { O, 0, NONE }) == 0);
	CHECK_EQ(mode_of("f"), 0750);
	FAILS(getxattr("f", ACCESS, buf, sizeof(buf)), ENODATA);
	CHECK(listxattr("f", buf, sizeof(buf)) == 0);
}

CASE(getting_listing_removing)
{
	char buf[64];

	file("f", 0640);
	FAILS(getxattr("f", ACCESS, buf, sizeof(buf)), ENODATA);
	CHECK(SET("f", ACCESS, { UO, 6, NONE }, { U, 4, 1000 }, { GO, 4, NONE }, { M, 4, NONE },
		  { O, 0, NONE }) == 0);
	CHECK_EQ(getxattr("f", ACCESS, NULL, 0), 44);
	CHECK_EQ(getxattr("f", ACCESS, buf, sizeof(buf)), 44);
	FAILS(getxattr("f", ACCESS, buf, 43), ERANGE);
	CHECK_EQ(listxattr("f", NULL, 0), (int)sizeof(ACCESS));
	CHECK(listxattr("f", buf, sizeof(buf)) == sizeof(ACCESS) && !strcmp(buf, ACCESS));
	CHECK(removexattr("f", ACCESS) == 0);
	FAILS(getxattr("f", ACCESS, buf, sizeof(buf)), ENODATA);
	CHECK_EQ(mode_of("f"), 0640);
}

CASE(directories_hand_lists_down)
{
	char buf[64];

	mkdir("d", 0755);
	CHECK(SET("d", DEFAULT, { UO, 7, NONE }, { U, 7, 1000 }, { GO, 5, NONE }, { M, 7, NONE },
		  { O, 0, NONE }) == 0);
	umask(077);
	close(open("d/f", O_CREAT | O_WRONLY, 0666));
	CHECK_EQ(mode_of("d/f"), 0660);
	CHECK_EQ(perm_of("d/f", U), 7);
	CHECK_EQ(perm_of("d/f", M), 6);
	CHECK_EQ(perm_of("d/f", GO), 5);
	FAILS(getxattr("d/f", DEFAULT, buf, sizeof(buf)), ENODATA);
	CHECK(mkdir("d/sub", 0777) == 0);
	CHECK_EQ(mode_of("d/sub"), 0770);
	CHECK_EQ(getxattr("d/sub", DEFAULT, buf, sizeof(buf)), 44);
	CHECK(mknod("d/fifo", S_IFIFO | 0644, 0) == 0);
	CHECK_EQ(mode_of("d/fifo"), 0640);
	CHECK(symlink("f", "d/l") == 0);
	CHECK(SET("d", DEFAULT, { UO, 7, NONE }, { GO, 7, NONE }, { O, 5, NONE }) == 0);
	close(open("d/g", O_CREAT | O_WRONLY, 0666));
	CHECK_EQ(mode_of("d/g"), 0664);
	CHECK_EQ(perm_of("d/g", UO), -1);
	CHECK(removexattr("d", DEFAULT) == 0);
	close(open("d/h", O_CREAT | O_WRONLY, 0666));
	CHECK_EQ(mode_of("d/h"), 0600);
}

CASE(directories_are_searched_by_their_list)
{
	mkdir("d", 0755);
	write_file("d/f", "x");
	chmod(".", 0755);
	CHECK(SET("d", ACCESS, { UO, 7, NONE }, { U, 0, 1000 }, { GO, 5, NONE }, { M, 5, NONE },
		  { O, 5, NONE }) == 0);
	CHECK_EQ(mode_of("d"), 0755);
	CHECK_EQ(may(1000, 100, "d/f", F_OK), EACCES);
	CHECK_EQ(may(1001, 100, "d/f", F_OK), 0);
}

CASE(malformed_lists)
{
	char junk[16] = { 1 };

	file("f", 0644);
	FAILS(setxattr("f", ACCESS, junk, 4, 0), EOPNOTSUPP);
	FAILS(setxattr("f", ACCESS, junk, 3, 0), EINVAL);
	FAILS(SET("f", ACCESS, { UO, 6, NONE }, { GO, 4, NONE }), EINVAL);
	FAILS(SET("f", ACCESS, { UO, 6, NONE }, { U, 4, 1000 }, { GO, 4, NONE }, { O, 0, NONE }), EINVAL);
	FAILS(SET("f", ACCESS, { GO, 6, NONE }, { UO, 4, NONE }, { O, 0, NONE }), EINVAL);
	FAILS(SET("f", ACCESS, { UO, 8, NONE }, { GO, 4, NONE }, { O, 0, NONE }), EINVAL);
	FAILS(SET("f", ACCESS, { 3, 6, NONE }, { GO, 4, NONE }, { O, 0, NONE }), EINVAL);
	FAILS(SET("f", DEFAULT, { UO, 6, NONE }, { GO, 4, NONE }, { O, 0, NONE }), EACCES);
	symlink("f", "l");
	FAILS(lsetxattr("l", ACCESS, junk, 4, 0), EOPNOTSUPP);
	CHECK_EQ(mode_of("f"), 0644);
}

CASE(only_owners_set_lists)
{
	file("f", 0666);
	NEED(setuid(1000) == 0);
	FAILS(SET("f", ACCESS, { UO, 6, NONE }, { GO, 4, NONE }, { O, 0, NONE }), EPERM);
	FAILS(removexattr("f", ACCESS), EPERM);
}

TAP_MAIN
