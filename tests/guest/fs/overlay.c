// SPDX-License-Identifier: GPL-2.0-only
/* overlayfs: layers, whiteouts, copy-up, rename, listings, numbers. guest-modules: overlay */
#include "../tap.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define EXCHANGE 2
#define WHITEOUT 4

/* low1 over low2, upper and work, all on one tmpfs; the overlay in ov. */
static void layers(void)
{
	NEED(!mkdir("t", 0755) && !mount("tmpfs", "t", "tmpfs", 0, NULL));
	NEED(!chdir("t"));
	NEED(!mkdir("low1", 0755) && !mkdir("low2", 0755) && !mkdir("up", 0755) && !mkdir("work", 0755));
	NEED(!mkdir("ov", 0755));
}

static void mount_overlay(void)
{
	NEED(!mount("overlay", "ov", "overlay", 0, "lowerdir=low1:low2,upperdir=up,workdir=work"));
}

static void done(void)
{
	CHECK(!umount("ov"));
	CHECK(!chdir("..") && !umount2("t", MNT_DETACH));
}

static int is_whiteout(const char *name)
{
	struct stat st;

	return !lstat(name, &st) && S_ISCHR(st.st_mode) && !st.st_rdev;
}

/* Names of a directory, sorted, with spaces; checks the numbers against stat. */
static const char *names(const char *dir)
{
	static char text[4096];
	struct dirent **e;
	int n = scandir(dir, &e, NULL, alphasort);
	char path[512];

	NEED(n >= 2);
	text[0] = '\0';
	for (int i = 0; i < n; i++) {
		struct stat st;

		if (e[i]->d_name[0] == '.' && (!e[i]->d_name[1] || !strcmp(e[i]->d_name, "..")))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e[i]->d_name);
		NEED(!lstat(path, &st));
		CHECK_EQ(e[i]->d_ino, st.st_ino);
		if (text[0])
			strcat(text, " ");
		strcat(text, e[i]->d_name);
	}
	return text;
}

CASE(layers_are_merged_and_the_top_one_wins)
{
	struct statfs sf;

	layers();
	write_file("low1/a", "low1");
	write_file("low2/a", "low2");
	write_file("low2/b", "b");
	mkdir("low1/d", 0755);
	mkdir("low2/d", 0755);
	write_file("low1/d/x", "x");
	write_file("low2/d/y", "y");
	write_file("up/c", "c");
	mount_overlay();
	CHECK(!statfs("ov", &sf) && sf.f_type == 0x794c7630);
	CHECK_STR(read_file("ov/a"), "low1");
	CHECK_STR(read_file("ov/b"), "b");
	CHECK_STR(read_file("ov/c"), "c");
	CHECK_STR(names("ov"), "a b c d");
	CHECK_STR(names("ov/d"), "x y");
	FAILS(open("ov/none", O_RDONLY), ENOENT);
	done();
}

CASE(writing_copies_up_with_all_attributes)
{
	struct stat before, after, up;
	struct timespec times[2] = { { 1000000, 5 }, { 2000000, 7 } };
	char val[16];
	int fd;

	layers();
	mkdir("low2/d", 0750);
	write_file("low2/d/f", "hello world");
	chown("low2/d/f", 12, 34);
	chmod("low2/d/f", 0640);
	NEED(!setxattr("low2/d/f", "trusted.k", "v", 1, 0));
	utimensat(AT_FDCWD, "low2/d/f", times, 0);
	utimensat(AT_FDCWD, "low2/d", times, 0);
	mount_overlay();
	NEED(!stat("ov/d/f", &before));
	fd = open("ov/d/f", O_RDWR);
	NEED(fd >= 0);
	NEED(!stat("up/d/f", &up));
	CHECK_EQ(up.st_mtim.tv_sec, 2000000);
	CHECK_EQ(up.st_mtim.tv_nsec, 7);
	CHECK_EQ(up.st_uid, 12);
	CHECK_EQ(up.st_gid, 34);
	CHECK_EQ(up.st_mode, S_IFREG | 0640);
	CHECK_EQ(getxattr("up/d/f", "trusted.k", val, sizeof(val)), 1);
	NEED(!stat("up/d", &up));
	CHECK_EQ(up.st_mode, S_IFDIR | 0750);
	CHECK_EQ(up.st_mtim.tv_sec, 2000000);
	CHECK(pwrite(fd, "HELLO", 5, 0) == 5);
	CHECK_STR(read_file("ov/d/f"), "HELLO world");
	CHECK_STR(read_file("low2/d/f"), "hello world");
	NEED(!stat("ov/d/f", &after));
	CHECK_EQ(before.st_ino, after.st_ino);
	CHECK_EQ(before.st_dev, after.st_dev);
	NEED(!fstat(fd, &after));
	CHECK_EQ(before.st_ino, after.st_ino);
	close(fd);
	CHECK_STR(names("ov/d"), "f");
	done();
}

CASE(attributes_alone_copy_up_too)
{
	struct stat st;
	char list[256];

	layers();
	write_file("low1/a", "a");
	write_file("low1/b", "b");
	write_file("low1/c", "c");
	NEED(!symlink("a", "low1/l"));
	mount_overlay();
	CHECK(!chmod("ov/a", 0600));
	CHECK(!stat("low1/a", &st) && (st.st_mode & 0777) == 0644);
	CHECK(!stat("up/a", &st) && (st.st_mode & 0777) == 0600);
	CHECK(!setxattr("ov/b", "trusted.x", "1", 1, 0));
	CHECK(!access("up/b", F_OK));
	CHECK_EQ(listxattr("ov/b", list, sizeof(list)), (int)sizeof("trusted.x"));
	FAILS(setxattr("ov/b", "trusted.overlay.opaque", "y", 1, 0), EOPNOTSUPP);
	FAILS(getxattr("ov/b", "trusted.overlay.origin", list, sizeof(list)), EOPNOTSUPP);
	FAILS(removexattr("ov/c", "trusted.none"), ENODATA);
	FAILS(access("up/c", F_OK), ENOENT);
	CHECK(!truncate("ov/c", 0));
	CHECK_STR(read_file("low1/c"), "c");
	CHECK_STR(read_file("ov/c"), "");
	CHECK(!lchown("ov/l", 3, 4));
	CHECK(!lstat("up/l", &st) && S_ISLNK(st.st_mode) && st.st_uid == 3);
	CHECK(readlink("ov/l", list, sizeof(list)) == 1 && list[0] == 'a');
	done();
}

CASE(removing_leaves_whiteouts)
{
	layers();
	write_file("low1/a", "a");
	write_file("low2/b", "b");
	mkdir("low1/d", 0755);
	write_file("low2/only_upper_after", "x");
	mount_overlay();
	CHECK(!unlink("ov/a"));
	CHECK(is_whiteout("up/a"));
	FAILS(open("ov/a", O_RDONLY), ENOENT);
	CHECK(!rmdir("ov/d"));
	CHECK(is_whiteout("up/d"));
	write_file("ov/new", "n");
	CHECK(!unlink("ov/new"));
	FAILS(access("up/new", F_OK), ENOENT);
	CHECK_STR(names("ov"), "b only_upper_after");
	/* Made again over the whiteouts. */
	write_file("ov/a", "again");
	CHECK_STR(read_file("ov/a"), "again");
	CHECK_STR(read_file("up/a"), "again");
	CHECK(!mkdir("ov/d", 0700));
	CHECK(!symlink("x", "ov/d/link"));
	CHECK_STR(names("ov"), "a b d only_upper_after");
	done();
}

CASE(directory_made_again_is_opaque)
{
	char c = 0;

	layers();
	mkdir("low1/d", 0755);
	mkdir("low2/d", 0755);
	write_file("low1/d/a", "a");
	write_file("low2/d/b", "b");
	mount_overlay();
	FAILS(rmdir("ov/d"), ENOTEMPTY);
	CHECK(!unlink("ov/d/a") && !unlink("ov/d/b"));
	CHECK_STR(names("ov/d"), "");
	CHECK(!rmdir("ov/d"));
	CHECK(is_whiteout("up/d"));
	CHECK(!mkdir("ov/d", 0755));
	CHECK_STR(names("ov/d"), "");
	CHECK(getxattr("up/d", "trusted.overlay.opaque", &c, 1) == 1 && c == 'y');
	done();
}

CASE(rename_of_files)
{
	struct stat st, st2;

	layers();
	write_file("low1/a", "a");
	write_file("low1/b", "b");
	mkdir("low2/d", 0755);
	write_file("low2/d/c", "c");
	mount_overlay();
	NEED(!stat("ov/a", &st));
	CHECK(!rename("ov/a", "ov/d/a2"));
	CHECK(is_whiteout("up/a"));
	CHECK(!stat("ov/d/a2", &st2) && st.st_ino == st2.st_ino);
	CHECK_STR(read_file("ov/d/a2"), "a");
	CHECK_STR(names("ov/d"), "a2 c");
	/* Over a lower file. */
	CHECK(!rename("ov/d/a2", "ov/b"));
	CHECK_STR(read_file("ov/b"), "a");
	CHECK_STR(names("ov"), "b d");
	CHECK_STR(names("ov/d"), "c");
	/* Back over the whiteout. */
	CHECK(!rename("ov/b", "ov/a"));
	CHECK_STR(names("ov"), "a d");
	CHECK(is_whiteout("up/b"));
	FAILS(syscall(SYS_renameat2, AT_FDCWD, "ov/a", AT_FDCWD, "ov/z", WHITEOUT), EINVAL);
	CHECK(!syscall(SYS_renameat2, AT_FDCWD, "ov/a", AT_FDCWD, "ov/d/c", EXCHANGE));
	CHECK_STR(read_file("ov/a"), "c");
	CHECK_STR(read_file("ov/d/c"), "a");
	done();
}

CASE(rename_of_directories)
{
	layers();
	mkdir("low1/low", 0755);
	write_file("low1/low/f", "f");
	mkdir("low1/gone", 0755);
	write_file("low1/gone/g", "g");
	mkdir("low1/empty", 0755);
	mount_overlay();
	FAILS(rename("ov/low", "ov/low2"), EXDEV);
	CHECK(!mkdir("ov/new", 0755));
	write_file("ov/new/x", "x");
	CHECK(!rename("ov/new", "ov/new2"));
	CHECK_STR(names("ov/new2"), "x");
	/* Over a whiteout: nothing of the old directory comes back. */
	CHECK(!unlink("ov/gone/g") && !rmdir("ov/gone"));
	CHECK(!rename("ov/new2", "ov/gone"));
	CHECK_STR(names("ov/gone"), "x");
	/* Over an empty lower directory. */
	CHECK(!rename("ov/gone", "ov/empty"));
	CHECK_STR(names("ov/empty"), "x");
	CHECK_STR(names("ov"), "empty low");
	CHECK(is_whiteout("up/gone"));
	CHECK(!mkdir("ov/other", 0755));
	FAILS(rename("ov/other", "ov/low"), ENOTEMPTY);
	write_file("ov/file", "");
	FAILS(rename("ov/file", "ov/low"), EISDIR);
	FAILS(rename("ov/other", "ov/file"), ENOTDIR);
	done();
}

CASE(hard_links_are_one_file)
{
	struct stat a, b;

	layers();
	write_file("low1/a", "a");
	mount_overlay();
	CHECK(!link("ov/a", "ov/b"));
	write_file("ov/b", "changed");
	CHECK_STR(read_file("ov/a"), "changed");
	CHECK(!stat("ov/a", &a) && !stat("ov/b", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(a.st_nlink, 2);
	CHECK(!unlink("ov/a"));
	CHECK(is_whiteout("up/a"));
	CHECK(!stat("ov/b", &b) && b.st_nlink == 1);
	CHECK(!link("ov/b", "ov/a"));
	CHECK_STR(read_file("ov/a"), "changed");
	done();
}

CASE(open_files_follow_a_copy)
{
	int rd, wr;
	char buf[16] = "";
	char *map;

	layers();
	write_file("low1/f", "old contents");
	mount_overlay();
	rd = open("ov/f", O_RDONLY);
	wr = open("ov/f", O_WRONLY);
	NEED(rd >= 0 && wr >= 0);
	CHECK(write(wr, "new", 3) == 3);
	CHECK(pread(rd, buf, 3, 0) == 3);
	CHECK_STR(buf, "new");
	close(rd);
	close(wr);
	rd = open("ov/f", O_RDWR);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, rd, 0);
	NEED(map != MAP_FAILED);
	CHECK(!memcmp(map, "new contents", 12));
	map[0] = 'N';
	CHECK(pread(rd, buf, 3, 0) == 3);
	CHECK_STR(buf, "New");
	CHECK(lseek(rd, 0, SEEK_END) == 12);
	CHECK(!fsync(rd));
	munmap(map, 4096);
	close(rd);
	rd = open("ov/f", O_WRONLY | O_APPEND);
	CHECK(write(rd, "!", 1) == 1);
	close(rd);
	CHECK_STR(read_file("ov/f"), "New contents!");
	CHECK_STR(read_file("low1/f"), "old contents");
	rd = open("ov/f", O_WRONLY | O_TRUNC);
	NEED(rd >= 0);
	close(rd);
	CHECK_STR(read_file("ov/f"), "");
	done();
}

CASE(unlinked_lower_file_stays_readable)
{
	char buf[8] = "";
	int fd;

	layers();
	write_file("low1/f", "data");
	mount_overlay();
	fd = open("ov/f", O_RDONLY);
	NEED(fd >= 0);
	CHECK(!unlink("ov/f"));
	CHECK(read(fd, buf, 4) == 4);
	CHECK_STR(buf, "data");
	close(fd);
	done();
}

CASE(numbers_stay_after_remount)
{
	struct stat before, after;
	int fd;

	layers();
	mkdir("low1/d", 0755);
	write_file("low1/d/f", "f");
	mount_overlay();
	NEED(!stat("ov/d/f", &before));
	fd = open("ov/d/f", O_WRONLY);
	NEED(fd >= 0);
	close(fd);
	NEED(!umount("ov"));
	mount_overlay();
	NEED(!stat("ov/d/f", &after));
	CHECK_EQ(before.st_ino, after.st_ino);
	CHECK_STR(names("ov/d"), "f");
	CHECK_STR(names("ov"), "d");
	done();
}

CASE(without_upper_it_is_read_only)
{
	layers();
	write_file("low1/a", "a");
	NEED(!mount("overlay", "ov", "overlay", 0, "lowerdir=low1:low2"));
	FAILS(open("ov/a", O_WRONLY), EROFS);
	FAILS(mkdir("ov/d", 0755), EROFS);
	FAILS(mount("overlay", "ov", "overlay", MS_REMOUNT, NULL), EROFS);
	done();
}

CASE(bad_options_are_refused)
{
	layers();
	FAILS(mount("overlay", "ov", "overlay", 0, NULL), EINVAL);
	FAILS(mount("overlay", "ov", "overlay", 0, "upperdir=up,workdir=work"), EINVAL);
	FAILS(mount("overlay", "ov", "overlay", 0, "lowerdir=none:low1"), ENOENT);
	FAILS(mount("overlay", "ov", "overlay", 0, "lowerdir=low1"), EINVAL);
	FAILS(mount("overlay", "ov", "overlay", 0, "lowerdir=low1,upperdir=up"), EINVAL);
	FAILS(mount("overlay", "ov", "overlay", 0, "lowerdir=low1,upperdir=up,workdir=up"), EINVAL);
	FAILS(mount("overlay", "ov", "overlay", 0, "lowerdir=low1,nonsense"), EINVAL);
	CHECK(!chdir("..") && !umount2("t", MNT_DETACH));
}

CASE(layers_of_different_file_systems)
{
	struct stat a, b, d, ov;

	layers();
	NEED(!mount("tmpfs", "low2", "tmpfs", 0, NULL));
	write_file("low1/a", "a");
	write_file("low2/b", "b");
	mkdir("low2/d", 0755);
	mount_overlay();
	CHECK(!stat("ov/a", &a) && !stat("ov/b", &b) && !stat("ov/d", &d) && !stat("ov", &ov));
	CHECK(a.st_dev != b.st_dev);
	CHECK(a.st_dev != ov.st_dev);
	CHECK_EQ(d.st_dev, ov.st_dev);
	CHECK(!chmod("ov/b", 0600));
	CHECK(!stat("ov/b", &a));
	CHECK_EQ(a.st_dev, b.st_dev);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK(!umount("ov"));
	CHECK(!umount("low2"));
	CHECK(!chdir("..") && !umount2("t", MNT_DETACH));
}

CASE(programs_run_and_sockets_and_fifos_work)
{
	int fds[2];
	char c;

	layers();
	NEED(!mkfifo("low1/fifo", 0644));
	NEED(!system("cp /bin/busybox low1/echo"));
	mount_overlay();
	CHECK(!system("ov/echo hi >ov/out"));
	CHECK_STR(read_file("ov/out"), "hi\n");
	fds[0] = open("ov/fifo", O_RDONLY | O_NONBLOCK);
	fds[1] = open("ov/fifo", O_WRONLY | O_NONBLOCK);
	CHECK(write(fds[1], "x", 1) == 1 && read(fds[0], &c, 1) == 1 && c == 'x');
	close(fds[0]);
	close(fds[1]);
	CHECK(!mknod("ov/null", S_IFCHR | 0666, makedev(1, 3)));
	write_file("ov/null", "gone");
	FAILS(mknod("ov/white", S_IFCHR, 0), EPERM);
	done();
}

CASE(set_gid_directory_is_inherited_over_whiteouts)
{
	struct stat st;

	layers();
	mkdir("low1/d", 0755);
	chown("low1/d", 0, 77);
	chmod("low1/d", 02755);
	write_file("low1/d/f", "f");
	mkdir("low1/d/sub", 0755);
	mount_overlay();
	CHECK(!unlink("ov/d/f") && !rmdir("ov/d/sub"));
	write_file("ov/d/f", "again");
	CHECK(!mkdir("ov/d/sub", 0755));
	CHECK(!stat("ov/d/f", &st) && st.st_gid == 77);
	CHECK(!stat("ov/d/sub", &st) && st.st_gid == 77 && (st.st_mode & S_ISGID));
	done();
}

CASE(big_sparse_file_is_copied_as_it_is)
{
	struct stat st;
	char buf[8] = "";
	int fd;

	layers();
	fd = open("low1/big", O_RDWR | O_CREAT, 0644);
	NEED(fd >= 0 && pwrite(fd, "end", 3, 64 << 20) == 3 && pwrite(fd, "mid", 3, 1 << 20) == 3);
	close(fd);
	mount_overlay();
	fd = open("ov/big", O_RDWR);
	NEED(fd >= 0);
	CHECK(pread(fd, buf, 3, 64 << 20) == 3);
	CHECK_STR(buf, "end");
	CHECK(pread(fd, buf, 3, 1 << 20) == 3);
	CHECK_STR(buf, "mid");
	CHECK(!stat("up/big", &st));
	CHECK_EQ(st.st_size, (64 << 20) + 3);
	CHECK(st.st_blocks < 8192);
	close(fd);
	done();
}
TAP_MAIN
