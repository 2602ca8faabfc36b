// SPDX-License-Identifier: GPL-2.0-only
/*
 * FAT with long names, on images by mkfs.fat and mtools.
 *
 * guest-modules: loop, vfat, nls_cp437, nls_ascii, nls_utf8, nls_iso8859-1
 * guest-data: fs/helpers/fat-images.sh
 */
#include "../tap.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#define EXCHANGE 2

static void remount(const char *image)
{
	char command[256];

	snprintf(command, sizeof(command), "mount -t vfat -o loop,utf8 %s m", image);
	NEED(!system(command));
}

static void mount_image(const char *name)
{
	char command[256];

	snprintf(command, sizeof(command), "cp /tests/data/%s.img image", name);
	NEED(!system(command));
	NEED(!mkdir("m", 0755));
	remount("image");
}

static void again(void)
{
	NEED(!umount("m"));
	remount("image");
}

static const char *names(const char *dir)
{
	static char text[8192];
	struct dirent **e;
	int n = scandir(dir, &e, NULL, alphasort);

	NEED(n >= 2);
	text[0] = '\0';
	for (int i = 0; i < n; i++) {
		if (!strcmp(e[i]->d_name, ".") || !strcmp(e[i]->d_name, ".."))
			continue;
		strcat(strcat(text, text[0] ? "|" : ""), e[i]->d_name);
	}
	return text;
}

static void check_lines(const char *name, int lines)
{
	FILE *f = fopen(name, "r");
	char buf[16];
	int n = 0;

	NEED(f);
	while (fgets(buf, sizeof(buf), f) && atoi(buf) == n)
		n++;
	CHECK_EQ(n, lines);
	fclose(f);
}

static void check_reading(void)
{
	struct statfs sf;
	struct stat st, st2;

	CHECK_STR(names("m"), "Folder|SMALL.TXT");
	CHECK_STR(names("m/Folder"), "A deeper one|Lines with a long name.text");
	CHECK_STR(names("m/Folder/A deeper one"), "");
	check_lines("m/Folder/Lines with a long name.text", 20000);
	CHECK_STR(read_file("m/small.txt"), "small\n");
	CHECK_STR(read_file("m/SMALL.TXT"), "small\n");
	CHECK(!stat("m/FOLDER/lines WITH a long name.TEXT", &st) && st.st_size == 180000);
	CHECK(!stat("m/Folder/Lines with a long name.text", &st2) && st.st_ino == st2.st_ino);
	CHECK(!stat("m/SMALL.TXT", &st) && st.st_mode == (S_IFREG | 0555));
	CHECK(!stat("m/Folder", &st) && st.st_mode == (S_IFDIR | 0755) && st.st_nlink == 3);
	CHECK(!statfs("m", &sf) && sf.f_type == 0x4d44 && sf.f_bfree > 0 && sf.f_bfree < sf.f_blocks);
	FAILS(open("m/none", O_RDONLY), ENOENT);
}

/* Writing in the middle, past the end, cutting; against what must be there. */
static void check_writing(void)
{
	char buf[5000], got[5000];
	int fd = open("m/A new file with a name", O_RDWR | O_CREAT | O_EXCL, 0644);
	struct stat st;

	NEED(fd >= 0);
	memset(buf, 'x', sizeof(buf));
	CHECK(write(fd, buf, sizeof(buf)) == sizeof(buf));
	CHECK(pwrite(fd, "end", 3, 50000) == 3);
	CHECK(pwrite(fd, "MID", 3, 2500) == 3);
	CHECK(!fsync(fd));
	CHECK(!fstat(fd, &st) && st.st_size == 50003);
	close(fd);
	again();
	fd = open("m/a NEW file with a name", O_RDWR);
	NEED(fd >= 0);
	memcpy(buf + 2500, "MID", 3);
	CHECK(pread(fd, got, sizeof(got), 0) == sizeof(got) && !memcmp(buf, got, sizeof(got)));
	memset(buf, 0, sizeof(buf));
	CHECK(pread(fd, got, sizeof(got), 20000) == sizeof(got) && !memcmp(buf, got, sizeof(got)));
	CHECK(pread(fd, got, 10, 50000) == 3 && !memcmp(got, "end", 3));
	CHECK(!ftruncate(fd, 3000));
	CHECK(!ftruncate(fd, 9000));
	CHECK(pread(fd, got, sizeof(got), 3000) == sizeof(got) && !memcmp(buf, got, sizeof(got)));
	close(fd);
	again();
	CHECK(!stat("m/A new file with a name", &st) && st.st_size == 9000);
	CHECK(!unlink("m/A NEW FILE WITH A NAME"));
	FAILS(stat("m/A new file with a name", &st), ENOENT);
}

static void check_kind(const char *image)
{
	mount_image(image);
	check_reading();
	check_writing();
	again();
	check_reading();
	CHECK(!umount("m"));
}

CASE(fat12) { check_kind("fat12"); }
CASE(fat16) { check_kind("fat16"); }
CASE(fat32) { check_kind("fat32"); }
CASE(fat16_clusters_of_whole_pages) { check_kind("fat16-4k"); }

CASE(names_are_found_in_any_case)
{
	mount_image("fat16");
	write_file("m/MixedCase.txt", "1");
	CHECK_STR(read_file("m/mixedcase.TXT"), "1");
	FAILS(open("m/MIXEDCASE.TXT", O_CREAT | O_EXCL | O_WRONLY, 0644), EEXIST);
	FAILS(mkdir("m/mixedcase.txt", 0755), EEXIST);
	CHECK(!mkdir("m/Dir", 0755));
	write_file("m/dir/x", "x");
	CHECK_STR(read_file("m/DIR/X"), "x");
	FAILS(rename("m/dir", "m/DIR/sub"), EINVAL);
	FAILS(access("m/later", F_OK), ENOENT);
	write_file("m/LATER", "l");
	CHECK(!access("m/later", F_OK));
	write_file("m/dots...", "d");
	CHECK_STR(read_file("m/dots"), "d");
	CHECK_STR(names("m"), "Dir|Folder|LATER|MixedCase.txt|SMALL.TXT|dots");
	again();
	CHECK_STR(names("m"), "Dir|Folder|LATER|MixedCase.txt|SMALL.TXT|dots");
	CHECK(!unlink("m/later") && !unlink("m/mixedcase.txt"));
	CHECK_STR(names("m"), "Dir|Folder|SMALL.TXT|dots");
	CHECK(!umount("m"));
}

CASE(unicode_and_bad_names)
{
	char longest[300];

	mount_image("fat32");
	write_file("m/gr\xc3\xb6\xc3\x9f" "e \xe2\x82\xac.txt", "u");
	again();
	CHECK_STR(read_file("m/gr\xc3\xb6\xc3\x9f" "e \xe2\x82\xac.txt"), "u");
	FAILS(open("m/a:b", O_CREAT | O_WRONLY, 0644), EINVAL);
	FAILS(open("m/que?", O_CREAT | O_WRONLY, 0644), EINVAL);
	memset(longest, 'n', 255);
	longest[255] = '\0';
	NEED(!chdir("m"));
	write_file(longest, "long");
	CHECK_STR(read_file(longest), "long");
	strcat(longest, "n");
	FAILS(open(longest, O_CREAT | O_WRONLY, 0644), ENAMETOOLONG);
	NEED(!chdir(".."));
	CHECK(!umount("m"));
}

CASE(directories)
{
	char name[64];
	struct stat st;

	mount_image("fat16");
	CHECK(!mkdir("m/d", 0755));
	CHECK(!stat("m/d", &st) && st.st_nlink == 2);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "m/d/file with number %d", i);
		write_file(name, "x");
	}
	FAILS(rmdir("m/d"), ENOTEMPTY);
	again();
	CHECK(!stat("m/d/FILE with number 299", &st) && st.st_size == 1);
	for (int i = 0; i < 300; i += 2) {
		snprintf(name, sizeof(name), "m/d/file with number %d", i);
		CHECK(!unlink(name));
	}
	for (int i = 0; i < 300; i += 2) {
		snprintf(name, sizeof(name), "m/d/other %d", i);
		write_file(name, "y");
	}
	again();
	for (int i = 1; i < 300; i += 2) {
		snprintf(name, sizeof(name), "m/d/file with number %d", i);
		CHECK(!unlink(name));
		snprintf(name, sizeof(name), "m/d/other %d", i - 1);
		CHECK(!unlink(name));
	}
	CHECK_STR(names("m/d"), "");
	CHECK(!rmdir("m/d"));
	FAILS(rmdir("m/Folder"), ENOTEMPTY);
	CHECK(!umount("m"));
}

CASE(renames)
{
	struct stat st, st2;

	mount_image("fat16");
	write_file("m/a", "a");
	write_file("m/b", "bb");
	CHECK(!stat("m/a", &st));
	CHECK(!rename("m/a", "m/A longer name for it"));
	CHECK(!stat("m/A longer name for it", &st2) && st.st_ino == st2.st_ino);
	CHECK(!rename("m/A longer name for it", "m/Folder/moved"));
	CHECK_STR(read_file("m/folder/MOVED"), "a");
	CHECK(!rename("m/Folder/moved", "m/b"));
	CHECK_STR(read_file("m/b"), "a");
	CHECK_STR(names("m"), "Folder|SMALL.TXT|b");
	CHECK(!mkdir("m/d1", 0755) && !mkdir("m/d2", 0755) && !mkdir("m/d1/sub", 0755));
	write_file("m/d1/sub/f", "f");
	CHECK(!rename("m/d1/sub", "m/d2/sub"));
	CHECK(!stat("m/d2/sub/..", &st) && !stat("m/d2", &st2) && st.st_ino == st2.st_ino && st.st_nlink == 3);
	CHECK(!stat("m/d1", &st) && st.st_nlink == 2);
	FAILS(rename("m/b", "m/d1"), EISDIR);
	FAILS(rename("m/d1", "m/b"), ENOTDIR);
	FAILS(rename("m/d1", "m/d2"), ENOTEMPTY);
	FAILS(rename("m/d2", "m/D2/sub/inside"), EINVAL);
	CHECK(!syscall(SYS_renameat2, AT_FDCWD, "m/b", AT_FDCWD, "m/d2/sub", EXCHANGE));
	CHECK_STR(read_file("m/d2/sub"), "a");
	CHECK_STR(read_file("m/b/f"), "f");
	again();
	CHECK_STR(read_file("m/d2/sub"), "a");
	CHECK_STR(read_file("m/b/f"), "f");
	CHECK(!umount("m"));
}

CASE(attributes_that_it_has_and_lacks)
{
	struct stat st;
	struct timespec t[2] = { { 1600000000, 0 }, { 1600000002, 0 } };

	mount_image("fat16");
	write_file("m/f", "f");
	CHECK(!chmod("m/f", 0555));
	CHECK(!stat("m/f", &st) && st.st_mode == (S_IFREG | 0555));
	CHECK(!chmod("m/f", 0600));		/* cannot be kept, and is not */
	CHECK(!stat("m/f", &st) && st.st_mode == (S_IFREG | 0555));
	FAILS(chown("m/f", 5, 5), EPERM);
	CHECK(!chown("m/f", 0, 0));
	CHECK(!utimensat(AT_FDCWD, "m/f", t, 0));
	again();
	CHECK(!stat("m/f", &st) && st.st_mode == (S_IFREG | 0555));
	CHECK_EQ(st.st_mtim.tv_sec, 1600000002);
	CHECK(!chmod("m/f", 0755));
	FAILS(symlink("x", "m/l"), EPERM);
	FAILS(link("m/f", "m/l"), EPERM);
	FAILS(mkfifo("m/p", 0644), EPERM);
	CHECK(!umount("m"));
}

CASE(mapped_files_and_open_unlinked_ones)
{
	char *map;
	char buf[4] = "";
	int fd;

	mount_image("fat16-4k");
	fd = open("m/f", O_RDWR | O_CREAT, 0644);
	NEED(fd >= 0 && !ftruncate(fd, 20000));
	map = mmap(NULL, 20000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	NEED(map != MAP_FAILED);
	memcpy(map + 10000, "map", 3);
	munmap(map, 20000);
	close(fd);
	again();
	fd = open("m/f", O_RDWR);
	CHECK(pread(fd, buf, 3, 10000) == 3);
	CHECK_STR(buf, "map");
	CHECK(!unlink("m/f"));
	CHECK(pread(fd, buf, 3, 10000) == 3);
	CHECK(pwrite(fd, "x", 1, 30000) == 1);
	close(fd);
	CHECK(!umount("m"));
}

CASE(full_and_empty_again)
{
	struct statfs before, full, after;
	char *buf = calloc(1, 65536);
	int fd;

	mount_image("fat12");
	NEED(!statfs("m", &before));
	fd = open("m/all", O_WRONLY | O_CREAT, 0644);
	while (write(fd, buf, 65536) > 0)
		;
	CHECK_EQ(errno, ENOSPC);
	close(fd);
	CHECK(!statfs("m", &full));
	CHECK(full.f_bfree < 128);
	fd = open("m/more", O_WRONLY | O_CREAT, 0644);
	if (fd >= 0) {
		while (write(fd, buf, 512) > 0)
			;
		CHECK_EQ(errno, ENOSPC);
		close(fd);
		CHECK(!unlink("m/more"));
	}
	CHECK(!unlink("m/all"));
	CHECK(!statfs("m", &after));
	CHECK_EQ(after.f_bfree, before.f_bfree);
	again();
	CHECK(!statfs("m", &after));
	CHECK_EQ(after.f_bfree, before.f_bfree);
	CHECK(!umount("m"));
}

CASE(damaged_images)
{
	int fd;

	mount_image("fat16");
	NEED(!umount("m"));
	fd = open("image", O_RDWR);
	NEED(fd >= 0);
	CHECK(pwrite(fd, "\0\0", 2, 11) == 2);
	close(fd);
	CHECK(system("mount -t vfat -o loop image m 2>/dev/null"));
}
TAP_MAIN
