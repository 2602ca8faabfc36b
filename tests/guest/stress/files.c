/* SPDX-License-Identifier: GPL-2.0-only */
/* Many processes and threads at once on names, mounts, descriptors, pipes and locks. */
#include "../tap.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>

#define SECONDS 3

static time_t until;

static void begin(void) { until = time(NULL) + SECONDS; }
static int going(void) { return time(NULL) < until; }

static unsigned seed;
static unsigned rnd(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static void spawn(int n, void (*fn)(int), pid_t *pids)
{
	for (int i = 0; i < n; i++)
		CHILD(pids[i], seed = (unsigned)(i + 1) * 77; fn(i));
}

static void join_all(int n, pid_t *pids)
{
	for (int i = 0; i < n; i++)
		JOIN(pids[i]);
}

/* ---- names ---- */

static void shuffle(int me)
{
	char a[64], b[64];
	struct stat st;

	while (going()) {
		for (int k = 0; k < 50; k++) {
			snprintf(a, sizeof(a), "d%u/x%u", rnd(3), rnd(6));
			snprintf(b, sizeof(b), "d%u/x%u", rnd(3), rnd(6));
			switch (rnd(9)) {
			case 0: mkdir(a, 0755); break;
			case 1: rmdir(a); break;
			case 2: close(open(a, O_CREAT | O_RDWR, 0644)); break;
			case 3: unlink(a); break;
			case 4: rename(a, b); break;
			case 5: link(a, b); break;
			case 6: symlink("../d1/x2", a); break;
			case 7: stat(a, &st); lstat(b, &st); break;
			case 8: { DIR *d = opendir("d1"); while (d && readdir(d)) ; if (d) closedir(d); break; }
			}
		}
	}
}

CASE(names_change_under_each_other)
{
	pid_t p[6];

	NEED(mkdir("d0", 0755) == 0 && mkdir("d1", 0755) == 0 && mkdir("d2", 0755) == 0);
	begin();
	spawn(6, shuffle, p);
	join_all(6, p);
	CHECK(system("rm -rf d0 d1 d2") == 0);
}

static void tree_mover(int me)
{
	struct stat st;

	while (going()) {
		rename("t/a/b", "t/c/b");
		rename("t/c/b", "t/a/b");
		rename("t/a", "t/c/b/a");	/* below itself half of the time */
		rename("t/c/b/a", "t/a");
		stat("t/a/b/../../c/b/../..", &st);
	}
}

CASE(directories_move_without_loops)
{
	pid_t p[5];

	NEED(mkdir("t", 0755) == 0 && mkdir("t/a", 0755) == 0 && mkdir("t/a/b", 0755) == 0 && mkdir("t/c", 0755) == 0);
	begin();
	spawn(5, tree_mover, p);
	join_all(5, p);
	CHECK(system("find t | wc -l > count") == 0);
	CHECK_EQ(atoi(read_file("count")), 4);
}

/* ---- mounts ---- */

static void mounter(int me)
{
	struct stat st;
	char text[256];

	while (going()) {
		if (me < 2) {
			mount("s", "m/x", "tmpfs", 0, NULL);
			close(open("m/x/f", O_CREAT | O_RDWR, 0644));
			mount("m/x", "m/y", NULL, MS_BIND, NULL);
			umount2("m/y", MNT_DETACH);
			umount2("m/x", rnd(2) ? MNT_DETACH : 0);
		} else if (me < 4) {
			for (int k = 0; k < 50; k++) {
				stat("m/x/f", &st);
				stat("m/x/../y/../x", &st);
				close(open("m/x/f", O_RDONLY));
			}
		} else {
			int fd = open("/proc/self/mountinfo", O_RDONLY);

			while (read(fd, text, sizeof(text)) > 0)
				;
			close(fd);
			if (fork() == 0) {
				unshare(CLONE_NEWNS);
				_exit(0);
			}
			wait(NULL);
		}
	}
}

CASE(mounts_come_and_go_under_walkers)
{
	pid_t p[6];

	NEED(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	NEED(mkdir("m", 0755) == 0 && mount("t", "m", "tmpfs", 0, NULL) == 0);
	NEED(mount(NULL, "m", NULL, MS_SHARED, NULL) == 0);
	NEED(mkdir("m/x", 0755) == 0 && mkdir("m/y", 0755) == 0);
	begin();
	spawn(6, mounter, p);
	join_all(6, p);
	while (umount2("m/x", MNT_DETACH) == 0 || umount2("m/y", MNT_DETACH) == 0)
		;
	CHECK(umount2("m", MNT_DETACH) == 0);
}

/* ---- descriptors shared by threads ---- */

static void *fd_user(void *arg)
{
	unsigned s = (unsigned)(uintptr_t)arg * 7919;
	char c;

	while (going()) {
		for (int k = 0; k < 200; k++) {
			int fd;

			s = s * 1103515245u + 12345u;
			fd = 20 + (int)((s >> 16) % 40);
			switch ((s >> 8) % 6) {
			case 0: fd = open("f", O_RDONLY); if (fd >= 0 && fd < 20) close(fd); break;
			case 1: close(fd); break;
			case 2: dup2(3, fd); break;
			case 3: (void)!pread(fd, &c, 1, 0); break;
			case 4: fcntl(fd, F_GETFL); break;
			case 5: fcntl(fd, F_DUPFD, 20 + (int)((s >> 20) % 400)); break;
			}
		}
		for (int fd = 60; fd < 600; fd++)
			close(fd);
	}
	return NULL;
}

CASE(descriptors_are_opened_and_closed_by_threads)
{
	pthread_t t[6];

	write_file("f", "x");
	NEED(dup2(open("f", O_RDONLY), 3) == 3);
	begin();
	for (int i = 0; i < 6; i++)
		NEED(pthread_create(&t[i], NULL, fd_user, (void *)(uintptr_t)(i + 1)) == 0);
	for (int i = 0; i < 6; i++)
		pthread_join(t[i], NULL);
	CHECK(1);
}

/* ---- pipes ---- */

static int ends[2];
static long long written[4], got[4];

static void *pipe_writer(void *arg)
{
	char buf[8192];
	int me = (int)(uintptr_t)arg;
	unsigned s = (unsigned)me;

	memset(buf, 'a' + me, sizeof(buf));
	while (going()) {
		s = s * 1103515245u + 12345u;
		ssize_t n = write(ends[1], buf, 1 + (s >> 16) % (me ? 4096 : 8192));

		if (n > 0)
			written[me] += n;
	}
	return NULL;
}

static void *pipe_reader(void *arg)
{
	char buf[6000];
	int me = (int)(uintptr_t)arg;
	ssize_t n;

	while ((n = read(ends[0], buf, 1 + (size_t)me * 1500)) > 0)
		got[me] += n;
	return NULL;
}

CASE(pipe_keeps_every_byte)
{
	pthread_t w[4], r[4];
	long long in = 0, out = 0;

	NEED(pipe(ends) == 0);
	begin();
	for (int i = 0; i < 4; i++) {
		NEED(pthread_create(&r[i], NULL, pipe_reader, (void *)(uintptr_t)i) == 0);
		NEED(pthread_create(&w[i], NULL, pipe_writer, (void *)(uintptr_t)i) == 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(w[i], NULL);
		in += written[i];
	}
	close(ends[1]);
	for (int i = 0; i < 4; i++) {
		pthread_join(r[i], NULL);
		out += got[i];
	}
	CHECK(in > 0);
	CHECK_EQ(out, in);
}

/* ---- locks ---- */

static void locker(int me)
{
	int fd = open("counter", O_RDWR);
	long v;

	for (int i = 0; i < 300; i++) {
		struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 8 };

		if (me & 1)
			flock(fd, LOCK_EX);
		CHECK(fcntl(fd, F_SETLKW, &fl) == 0);
		CHECK(pread(fd, &v, sizeof(v), 0) == sizeof(v));
		v++;
		sched_yield();
		CHECK(pwrite(fd, &v, sizeof(v), 0) == sizeof(v));
		fl.l_type = F_UNLCK;
		CHECK(fcntl(fd, F_SETLKW, &fl) == 0);
		if (me & 1)
			flock(fd, LOCK_UN);
	}
}

CASE(locks_exclude)
{
	int fd = open("counter", O_CREAT | O_RDWR, 0644);
	pid_t p[5];
	long v = 0;

	NEED(write(fd, &v, sizeof(v)) == sizeof(v));
	spawn(5, locker, p);
	join_all(5, p);
	CHECK(pread(fd, &v, sizeof(v), 0) == sizeof(v));
	CHECK_EQ(v, 1500);
}

/* ---- one file, many writers ---- */

static void appender(int me)
{
	char line[32];
	int fd = open("log", O_WRONLY | O_APPEND);

	for (int i = 0; i < 400; i++) {
		int n = snprintf(line, sizeof(line), "%d %04d ........\n", me, i);

		CHECK_EQ(write(fd, line, (size_t)n), n);
	}
}

CASE(appends_do_not_overwrite)
{
	struct stat st;
	pid_t p[5];

	write_file("log", "");
	spawn(5, appender, p);
	join_all(5, p);
	CHECK(stat("log", &st) == 0);
	CHECK_EQ(st.st_size, 5 * 400 * 16);
}

TAP_MAIN
