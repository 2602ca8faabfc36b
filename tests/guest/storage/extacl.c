// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access control lists that outlive a mount; tests/guest/fs/acls.c says what lists do.
 *
 * guest-disk: 64
 * guest-modules: ext4
 */
#include "../tap.h"

#include <sys/mount.h>
#include <sys/xattr.h>

#define DISK	"/dev/vda"
#define ACCESS	"system.posix_acl_access"
#define DEFAULT	"system.posix_acl_default"
enum { UO = 1, U = 2, GO = 4, G = 8, M = 16, O = 32 };
#define NONE 0xffffffffu

struct ent { uint16_t tag, perm; uint32_t id; };
struct acl { uint32_t version; struct ent e[8]; };

static const struct acl list = { 2, { { UO, 6, NONE }, { U, 7, 1000 }, { U, 4, 70000 }, { GO, 4, NONE },
				      { G, 5, 500 }, { M, 7, NONE }, { O, 0, NONE } } };
#define SIZE (4 + 7 * sizeof(struct ent))

static void again(void)
{
	NEED(umount("m") == 0);
	NEED(mount(DISK, "m", "ext4", 0, NULL) == 0);
}

static int mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : (int)(st.st_mode & 07777);
}

CASE(lists_are_on_the_disk)
{
	struct acl a;
	char names[256];
	ssize_t n;
	int fd;

	NEED(!system("mke2fs -F -b 1024 " DISK " >/dev/null 2>&1"));
	mkdir("m", 0755);
	NEED(mount(DISK, "m", "ext4", 0, NULL) == 0);
	NEED((fd = open("m/f", O_CREAT | O_WRONLY, 0640)) >= 0);
	close(fd);
	CHECK(mkdir("m/d", 0750) == 0);
	CHECK(setxattr("m/f", ACCESS, &list, SIZE, 0) == 0);
	CHECK(setxattr("m/f", "user.other", "v", 1, 0) == 0);
	CHECK(setxattr("m/d", DEFAULT, &list, SIZE, 0) == 0);
	again();
	CHECK_EQ(getxattr("m/f", ACCESS, &a, sizeof(a)), SIZE);
	CHECK(!memcmp(&a, &list, SIZE));
	CHECK_EQ(mode_of("m/f"), 0670);
	n = listxattr("m/f", names, sizeof(names));
	CHECK_EQ(n, sizeof(ACCESS) + sizeof("user.other"));
	/* Inherited, narrowed by the mode that was asked for. */
	CHECK((fd = open("m/d/file", O_CREAT | O_WRONLY, 0640)) >= 0);
	close(fd);
	CHECK(mkdir("m/d/dir", 0755) == 0);
	again();
	CHECK_EQ(mode_of("m/d/file"), 0640);
	CHECK_EQ(getxattr("m/d/file", ACCESS, &a, sizeof(a)), SIZE);
	CHECK_EQ(a.e[1].perm, 7);
	CHECK_EQ(a.e[5].perm, 4);
	CHECK_EQ(getxattr("m/d/dir", DEFAULT, &a, sizeof(a)), SIZE);
	CHECK(!memcmp(&a, &list, SIZE));
	/* chmod changes the mask; taking the list away leaves the mode. */
	CHECK(chmod("m/f", 0604) == 0);
	again();
	CHECK_EQ(getxattr("m/f", ACCESS, &a, sizeof(a)), SIZE);
	CHECK_EQ(a.e[5].perm, 0);
	CHECK_EQ(a.e[6].perm, 4);
	CHECK(removexattr("m/f", ACCESS) == 0);
	CHECK(removexattr("m/d", DEFAULT) == 0);
	again();
	FAILS(getxattr("m/f", ACCESS, &a, sizeof(a)), ENODATA);
	FAILS(getxattr("m/d", DEFAULT, &a, sizeof(a)), ENODATA);
	CHECK_EQ(mode_of("m/f"), 0604);
	CHECK_EQ(getxattr("m/f", "user.other", names, 10), 1);
	CHECK(umount("m") == 0);
}
TAP_MAIN
