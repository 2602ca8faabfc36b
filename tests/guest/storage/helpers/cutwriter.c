// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs in the guest for scripts/run-power-cuts. "write": replaces files for ever, and says
 * so only when it is on the disk. "check": says what is there.
 *
 * A file's version fills it, so that parts of two versions are noticed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES	12
#define MAX	(300 * 1024)

static uint32_t buf[MAX / 4];

static size_t size_of(unsigned file, unsigned version)
{
	return 4 * (1 + (file * 7919u + version * 104729u) % (MAX / 4 - 1));
}

static void die(const char *what)
{
	printf("error %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put(const char *name, unsigned file, unsigned version)
{
	size_t n = size_of(file, version);
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		die("open");
	for (size_t i = 0; i < n / 4; i++)
		buf[i] = version;
	if (write(fd, buf, n) != (ssize_t)n)
		die("write");
	if (fsync(fd))
		die("fsync");
	close(fd);
}

static void append(const char *name, unsigned version)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0644);

	if (fd < 0 || write(fd, &version, 4) != 4 || fdatasync(fd))
		die("append");
	close(fd);
}

static void clutter(unsigned version)
{
	char name[64], other[64];

	snprintf(name, sizeof(name), "junk%u", version % 50);
	snprintf(other, sizeof(other), "dir%u", version % 20);
	unlink(name);
	if (mkdir(other, 0755))
		rmdir(other);
	int fd = open(name, O_WRONLY | O_CREAT, 0600);

	if (fd >= 0) {
		if (write(fd, buf, 5000) != 5000 || ftruncate(fd, version % 7000))
			die("junk");
		close(fd);
	}
}

static int write_on(void)
{
	int dir = open(".", O_RDONLY);

	for (unsigned version = 1;; version++) {
		unsigned file = version * 2654435761u >> 7;
		char name[32];

		file %= FILES;
		snprintf(name, sizeof(name), "file%u", file);
		put("new", file, version);
		if (rename("new", name) || fsync(dir))
			die("rename");
		append("journal", version);
		printf("ack %u %u\n", file, version);
		fflush(stdout);
		clutter(version);
	}
	return 0;
}

/* Version of a file, 0: none, or an error. */
static int check_file(unsigned file)
{
	char name[32];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "file%u", file);
	fd = open(name, O_RDONLY);
	if (fd < 0) {
		printf("have %u 0\n", file);
		return errno != ENOENT;
	}
	if (fstat(fd, &st) || read(fd, buf, MAX) != st.st_size || st.st_size < 4)
		return 1;
	for (long i = 0; i < st.st_size / 4; i++) {
		if (buf[i] != buf[0])
			return 1;
	}
	if ((size_t)st.st_size != size_of(file, buf[0]))
		return 1;
	printf("have %u %u\n", file, buf[0]);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	int bad = 0, fd;
	ssize_t n;

	if (argc > 1 && !strcmp(argv[1], "write"))
		return write_on();
	for (unsigned i = 0; i < FILES; i++) {
		if (check_file(i)) {
			printf("broken %u\n", i);
			bad = 1;
		}
	}
	fd = open("journal", O_RDONLY);
	n = fd >= 0 ? read(fd, buf, sizeof(buf)) / 4 : 0;
	for (long i = 0; i < n; i++) {
		if (buf[i] != i + 1) {
			printf("broken journal at %ld\n", i);
			bad = 1;
			break;
		}
	}
	printf("journal %zd\n", n);
	return bad;
}
