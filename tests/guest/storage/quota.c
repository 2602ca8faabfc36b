// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits of users and groups on ext4 with the feature quota: space, files, soft limits, quotactl(2).
 *
 * guest-disk: 16
 * guest-data: storage/helpers/quota-image.sh
 * guest-modules: ext4 quota_v2
 */
#include "../tap.h"

#include <grp.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/syscall.h>

#define DISK	"/dev/vda"
#define USER	1000
#define GROUP	2000
#define GETNEXT	0x800009

struct next { uint64_t values[8]; uint32_t valid, id; };

static void start(const char *options)
{
	NEED(!system("dd if=/tests/data/quota.img of=" DISK " bs=1M conv=fsync 2>/dev/null"));
	mkdir("m", 0777);
	NEED(mount(DISK, "m", "ext4", 0, options) == 0);
	chmod("m", 0777);
}

static int quota(int cmd, int type, int id, void *p)
{
	return quotactl(QCMD(cmd, type), DISK, id, p);
}

static void limit(int type, int id, uint64_t hard_kib, uint64_t soft_kib, uint64_t files)
{
	struct dqblk d = { .dqb_bhardlimit = hard_kib, .dqb_bsoftlimit = soft_kib, .dqb_ihardlimit = files,
			   .dqb_valid = QIF_LIMITS };

	CHECK_EQ(quota(Q_SETQUOTA, type, id, &d), 0);
}

static struct dqblk use_of(int type, int id)
{
	struct dqblk d = { 0 };

	CHECK_EQ(quota(Q_GETQUOTA, type, id, &d), 0);
	return d;
}

static void become(int uid, int gid)
{
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		_exit(99);
}

/* How many KiB could be written, and why no more. */
static int fill(const char *path, int flags, int kib, int *why)
{
	void *buf = NULL;
	int fd = open(path, O_CREAT | O_WRONLY | flags, 0644), n = 0;

	*why = 0;
	if (fd < 0 || posix_memalign(&buf, 4096, 4096)) {
		*why = errno;
		return -1;
	}
	memset(buf, 'q', 4096);
	while (n < kib && !*why) {
		if (write(fd, buf, 4096) == 4096)
			n += 4;
		else
			*why = errno;
	}
	if (fsync(fd) && !*why)
		*why = errno;
	close(fd);
	free(buf);
	return n;
}

CASE(space_of_a_user_is_limited)
{
	pid_t pid;
	int why;

	start("usrquota");
	limit(USRQUOTA, USER, 1000, 0, 0);
	CHILD(pid, {
		become(USER, USER);
		CHECK_EQ(fill("m/a", 0, 600, &why), 600);
		CHECK_EQ(why, 0);
		CHECK_EQ(fill("m/b", 0, 600, &why), 400);
		CHECK_EQ(why, EDQUOT);
		CHECK_EQ(truncate("m/a", 0), 0);
		CHECK_EQ(fill("m/c", 0, 100, &why), 100);
	});
	JOIN(pid);
	CHECK_EQ(use_of(USRQUOTA, USER).dqb_curspace, 500 << 10);
	CHECK_EQ(use_of(USRQUOTA, USER).dqb_bhardlimit, 1000);
	CHECK_EQ(fill("m/roots", 0, 2000, &why), 2000);
	NEED(umount("m") == 0);
}

CASE(direct_writes_and_fallocate_are_limited)
{
	pid_t pid;
	int why;

	start("usrquota");
	limit(USRQUOTA, USER, 1000, 0, 0);
	CHILD(pid, {
		struct stat st;
		int fd, n;

		become(USER, USER);
		n = fill("m/a", O_DIRECT, 1200, &why);
		CHECK_EQ(why, EDQUOT);
		CHECK(n >= 992 && n <= 1000);		/* a block of the file's extent tree may count, and its room */
		CHECK_EQ(stat("m/a", &st), 0);
		CHECK(st.st_blocks / 2 >= 996 && st.st_blocks / 2 <= 1000);
		CHECK(st.st_blocks / 2 >= n);
		CHECK_EQ(unlink("m/a"), 0);
		sync();
		fd = open("m/b", O_CREAT | O_WRONLY, 0644);
		FAILS(fallocate(fd, 0, 0, 1200 << 10), EDQUOT);
		CHECK_EQ(ftruncate(fd, 0), 0);
		CHECK_EQ(fallocate(fd, 0, 0, 900 << 10), 0);
		close(fd);
	});
	JOIN(pid);
	NEED(umount("m") == 0);
}

CASE(files_of_a_group_are_limited)
{
	pid_t pid;

	start("grpquota");
	limit(GRPQUOTA, GROUP, 0, 0, 5);
	CHILD(pid, {
		char path[16];

		become(USER, GROUP);
		for (int i = 0; i < 5; i++) {
			snprintf(path, sizeof(path), "m/f%d", i);
			CHECK_EQ(mknod(path, S_IFREG | 0644, 0), 0);
		}
		FAILS(mknod("m/f5", S_IFREG | 0644, 0), EDQUOT);
		FAILS(mkdir("m/d", 0755), EDQUOT);
		CHECK_EQ(unlink("m/f0"), 0);
		CHECK_EQ(mkdir("m/d", 0755), 0);
	});
	JOIN(pid);
	CHECK_EQ(use_of(GRPQUOTA, GROUP).dqb_curinodes, 5);
	NEED(umount("m") == 0);
}

CASE(soft_limits_have_a_grace)
{
	struct dqblk d;
	pid_t pid;
	int why;

	start("usrquota");
	limit(USRQUOTA, USER, 1000, 200, 0);
	CHILD(pid, {
		become(USER, USER);
		CHECK_EQ(fill("m/a", 0, 400, &why), 400);
	});
	JOIN(pid);
	d = use_of(USRQUOTA, USER);
	CHECK(d.dqb_btime > (uint64_t)time(NULL) + 6 * 86400);
	d.dqb_btime = time(NULL) - 1;
	d.dqb_valid = QIF_BTIME;
	CHECK_EQ(quota(Q_SETQUOTA, USRQUOTA, USER, &d), 0);
	CHILD(pid, {
		become(USER, USER);
		CHECK_EQ(fill("m/b", 0, 100, &why), 0);
		CHECK_EQ(why, EDQUOT);
		CHECK_EQ(truncate("m/a", 100 << 10), 0);
		CHECK_EQ(fill("m/b", 0, 50, &why), 52);
	});
	JOIN(pid);
	CHECK_EQ(use_of(USRQUOTA, USER).dqb_btime, 0);
	NEED(umount("m") == 0);
}

CASE(use_moves_with_the_owner)
{
	int why;

	start("usrquota,grpquota");
	CHECK_EQ(fill("m/a", 0, 100, &why), 100);
	CHECK_EQ(chown("m/a", USER, GROUP), 0);
	CHECK_EQ(use_of(USRQUOTA, USER).dqb_curspace, 100 << 10);
	CHECK_EQ(use_of(USRQUOTA, USER).dqb_curinodes, 1);
	CHECK_EQ(use_of(GRPQUOTA, GROUP).dqb_curspace, 100 << 10);
	CHECK_EQ(chown("m/a", 0, 0), 0);
	CHECK_EQ(use_of(USRQUOTA, USER).dqb_curspace, 0);
	NEED(umount("m") == 0);
}

CASE(limits_outlive_a_mount)
{
	struct dqinfo info = { .dqi_bgrace = 1234, .dqi_valid = IIF_BGRACE };
	struct next n = { 0 };
	uint32_t format = 0;

	start("usrquota");
	limit(USRQUOTA, USER, 4000, 3000, 20);
	limit(USRQUOTA, 70000, 1, 0, 0);
	CHECK_EQ(quota(Q_SETINFO, USRQUOTA, 0, &info), 0);
	NEED(umount("m") == 0);
	NEED(mount(DISK, "m", "ext4", 0, NULL) == 0);
	CHECK_EQ(use_of(USRQUOTA, USER).dqb_bhardlimit, 4000);
	CHECK_EQ(use_of(USRQUOTA, USER).dqb_bsoftlimit, 3000);
	CHECK_EQ(use_of(USRQUOTA, USER).dqb_ihardlimit, 20);
	CHECK_EQ(quota(Q_GETINFO, USRQUOTA, 0, &info), 0);
	CHECK_EQ(info.dqi_bgrace, 1234);
	CHECK_EQ(quota(Q_GETFMT, USRQUOTA, 0, &format), 0);
	CHECK_EQ(format, 4);
	CHECK_EQ(quota(GETNEXT, USRQUOTA, 1, &n), 0);
	CHECK_EQ(n.id, USER);
	CHECK_EQ(quota(GETNEXT, USRQUOTA, USER + 1, &n), 0);
	CHECK_EQ(n.id, 70000);
	NEED(umount("m") == 0);
}

CASE(limits_count_when_they_are_turned_on)
{
	pid_t pid;
	int why;

	start(NULL);
	limit(USRQUOTA, USER, 100, 0, 0);
	CHILD(pid, {
		become(USER, USER);
		CHECK_EQ(fill("m/a", 0, 200, &why), 200);
	});
	JOIN(pid);
	CHECK_EQ(quota(Q_QUOTAON, USRQUOTA, 4, NULL), 0);
	CHILD(pid, {
		struct dqblk d;

		become(USER, USER);
		CHECK_EQ(fill("m/b", 0, 200, &why), 0);
		CHECK_EQ(why, EDQUOT);
		CHECK_EQ(quota(Q_GETQUOTA, USRQUOTA, USER, &d), 0);
		FAILS(quota(Q_GETQUOTA, USRQUOTA, USER + 1, &d), EPERM);
		FAILS(quota(Q_SETQUOTA, USRQUOTA, USER, &d), EPERM);
		FAILS(quota(Q_QUOTAOFF, USRQUOTA, 0, NULL), EPERM);
	});
	JOIN(pid);
	CHECK_EQ(quota(Q_QUOTAOFF, USRQUOTA, 0, NULL), 0);
	CHILD(pid, {
		become(USER, USER);
		CHECK_EQ(fill("m/b", 0, 200, &why), 200);
	});
	JOIN(pid);
	NEED(umount("m") == 0);
}
TAP_MAIN
