// SPDX-License-Identifier: GPL-2.0-only
/* Files of /proc/PID about pages, waiting and mapped files. */
#include "../tap.h"

#include <dirent.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#define PAGE 4096ul
#define RW (PROT_READ | PROT_WRITE)

static uint64_t pagemap_of(pid_t pid, void *at)
{
	char path[40];
	uint64_t v = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	CHECK(pread(fd, &v, 8, (uintptr_t)at / PAGE * 8) == 8);
	close(fd);
	return v;
}

#define PRESENT	(1ull << 63)
#define FILED	(1ull << 61)
#define ALONE	(1ull << 56)
#define FRAME	((1ull << 55) - 1)

CASE(pagemap_tells_what_is_present)
{
	char *m = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open("f", O_RDWR | O_CREAT, 0600), pm = open("/proc/self/pagemap", O_RDONLY);
	uint64_t v[4], other;
	char *f;

	NEED(m != MAP_FAILED && fd >= 0 && ftruncate(fd, PAGE) == 0);
	f = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	NEED(f != MAP_FAILED);
	m[0] = m[2 * PAGE] = f[0] = 1;
	NEED(pread(pm, v, sizeof(v), (uintptr_t)m / PAGE * 8) == sizeof(v));
	CHECK((v[0] & (PRESENT | FILED | ALONE)) == (PRESENT | ALONE));
	CHECK(!(v[1] & PRESENT) && !(v[3] & PRESENT));
	CHECK((v[2] & FRAME) != 0 && (v[2] & FRAME) != (v[0] & FRAME));
	other = pagemap_of(getpid(), f);
	CHECK((other & (PRESENT | FILED)) == (PRESENT | FILED));
	FAILS(pread(pm, v, 8, 4), EINVAL);
	FAILS(pread(pm, v, 7, 0), EINVAL);
	CHECK(pread(pm, v, 8, 0) == 8 && v[0] == 0);
	CHECK(pread(pm, v, 8, (1ull << 57) / PAGE * 8) == 0);
}

CASE(pagemap_shows_sharing_after_fork)
{
	char *m = mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t before, during, after;
	pid_t pid;
	int p[2];

	m[0] = 1;
	before = pagemap_of(getpid(), m);
	NEED(pipe(p) == 0);
	CHILD(pid, char c; close(p[1]); (void)!read(p[0], &c, 1));
	during = pagemap_of(getpid(), m);
	CHECK((before & FRAME) == (during & FRAME) && !(during & ALONE));
	CHECK((pagemap_of(pid, m) & FRAME) == (before & FRAME));
	close(p[1]);
	JOIN(pid);
	after = pagemap_of(getpid(), m);
	CHECK(after & ALONE);
}

CASE(pagemap_hides_frames_from_users)
{
	char *m = mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	m[0] = 1;
	NEED(setuid(1000) == 0);
	FAILS(open("/proc/1/pagemap", O_RDONLY), EACCES);
	NEED(prctl(PR_SET_DUMPABLE, 1) == 0);
	CHECK(((pagemap_of(getpid(), m)) & (PRESENT | FRAME)) == PRESENT);
}

static long field_kb(const char *path, char *at, const char *key)
{
	char line[300], want[40];
	FILE *f = fopen(path, "r");
	int here = 0;
	long v = -1;

	snprintf(want, sizeof(want), "%lx-", (long)at);
	while (f && fgets(line, sizeof(line), f)) {
		if (strchr(line, '-') && strspn(line, "0123456789abcdef") == strcspn(line, "-"))
			here = !strncmp(line, want, strlen(want));
		if (here && !strncmp(line, key, strlen(key)))
			v = atol(line + strlen(key));
	}
	if (f)
		fclose(f);
	return v;
}

static const char *const sums[] = {
	"Rss:", "Pss:", "Pss_Dirty:", "Shared_Clean:", "Shared_Dirty:", "Private_Clean:",
	"Private_Dirty:", "Referenced:", "Anonymous:", "LazyFree:", "AnonHugePages:", "ShmemPmdMapped:",
	"FilePmdMapped:", "Shared_Hugetlb:", "Private_Hugetlb:", "Swap:", "SwapPss:", "Locked:",
};

CASE(shares_add_up)
{
	char *own = mmap(NULL, 16 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *all = mmap(NULL, 32 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), line[64];
	const char *text, *at;
	pid_t pid;
	int go[2];
	char c;

	memset(own, 1, 16 * PAGE);
	memset(all, 1, 32 * PAGE);
	for (unsigned i = 0; i < sizeof(sums) / sizeof(*sums); i++)
		CHECK(field_kb("/proc/self/smaps", own, sums[i]) >= 0);
	CHECK_EQ(field_kb("/proc/self/smaps", own, "Pss_Dirty:"), 64);
	NEED(!pipe(go));
	CHILD(pid, {
		for (int i = 0; i < 32; i++)
			c = ((volatile char *)all)[i * PAGE];
		CHECK_EQ(write(go[1], "x", 1), 1);
		pause();
	});
	NEED(read(go[0], &c, 1) == 1);
	CHECK_EQ(field_kb("/proc/self/smaps", all, "Pss:"), 64);
	CHECK_EQ(field_kb("/proc/self/smaps", all, "Pss_Dirty:"), 64);
	text = read_file("/proc/self/smaps_rollup");
	for (unsigned i = 0; i < sizeof(sums) / sizeof(*sums); i++) {
		snprintf(line, sizeof(line), "\n%s ", sums[i]);
		CHECK(strstr(text, line));
	}
	at = strstr(text, "\nPss_Shmem:");
	CHECK(at && atol(at + 11) >= 64);
	at = strstr(text, "\nPss_Anon:");
	CHECK(at && atol(at + 10) >= 32);
	CHECK(strstr(text, "\nPss_File: "));
	kill(pid, SIGKILL);
}

CASE(clear_refs_forgets_use)
{
	char *m = mmap(NULL, 64 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	memset(m, 1, 64 * PAGE);
	CHECK(field_kb("/proc/self/smaps", m, "Referenced:") == 256);
	write_file("/proc/self/clear_refs", "1");
	CHECK(field_kb("/proc/self/smaps", m, "Referenced:") == 0);
	write_file("/proc/self/clear_refs", "5\n");
	int fd = open("/proc/self/clear_refs", O_WRONLY);
	FAILS(write(fd, "0", 1), EINVAL);
	FAILS(write(fd, "6", 1), EINVAL);
	FAILS(write(fd, "x", 1), EINVAL);
}

static void wait_asleep(pid_t pid)
{
	char path[40];
	char *state;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int i = 0; i < 3000; i++) {
		state = strrchr(read_file(path), ')');
		if (state && state[2] == 'S')
			return;
		msleep(1);
	}
	CHECK(!"asleep");
}

CASE(syscall_and_wchan_of_a_sleeper)
{
	char path[40], want[80];
	const char *text;
	pid_t pid;
	int p[2];

	NEED(pipe(p) == 0);
	CHILD(pid, char c; close(p[1]); syscall(SYS_read, p[0], &c, 1ul));
	wait_asleep(pid);
	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	snprintf(want, sizeof(want), "%d 0x%x 0x7", SYS_read, p[0]);
	text = read_file(path);
	CHECK(!strncmp(text, want, strlen(want)));
	int spaces = 0;
	for (const char *s = text; *s; s++)
		spaces += *s == ' ';
	CHECK_EQ(spaces, 8);
	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	text = read_file(path);
	CHECK(strstr(text, "pipe") && !strchr(text, '\n'));
	if (!strstr(text, "pipe"))
		printf("# it is %s\n", text);
	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	text = read_file(path);
	CHECK(!strncmp(text, "[<0>] ", 6) && strstr(text, "pipe"));
	close(p[1]);
	JOIN(pid);
	snprintf(want, sizeof(want), "%d 0x", SYS_read);
	CHECK(!strncmp(read_file("/proc/self/syscall"), want, strlen(want)));
	CHECK_STR(read_file("/proc/self/wchan"), "0");
}

CASE(users_see_little_of_others)
{
	int fd;
	char c;

	NEED(setuid(1000) == 0);
	CHECK_STR(read_file("/proc/1/wchan"), "0");
	FAILS(open("/proc/1/syscall", O_RDONLY), EACCES);
	FAILS(open("/proc/1/stack", O_RDONLY), EACCES);
	NEED(prctl(PR_SET_DUMPABLE, 1) == 0);
	fd = open("/proc/self/stack", O_RDONLY);
	CHECK(fd >= 0);
	FAILS(read(fd, &c, 1), EACCES);
}

CASE(map_files_lead_to_the_file)
{
	char path[80], text[200];
	struct stat a, b;
	ssize_t n;
	char *m;
	int fd = open("f", O_RDWR | O_CREAT, 0600), found = 0;
	struct dirent *e;
	DIR *d;

	NEED(fd >= 0 && write(fd, "hello", 5) == 5 && ftruncate(fd, 3 * PAGE) == 0);
	m = mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	NEED(m != MAP_FAILED);
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (long)m, (long)m + 3 * PAGE);
	n = readlink(path, text, sizeof(text) - 1);
	NEED(n > 0);
	text[n] = 0;
	CHECK(n > 2 && !strcmp(text + n - 2, "/f"));
	NEED(lstat(path, &a) == 0);
	CHECK((a.st_mode & 0777) == 0600 && S_ISLNK(a.st_mode));
	CHECK(stat(path, &a) == 0 && fstat(fd, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	d = opendir("/proc/self/map_files");
	NEED(d);
	while ((e = readdir(d)))
		found += !strcmp(e->d_name, strrchr(path, '/') + 1);
	closedir(d);
	CHECK_EQ(found, 1);
	munmap(m, PAGE);
	FAILS(lstat(path, &a), ENOENT);
	FAILS(lstat("/proc/self/map_files/0-1000", &a), ENOENT);
	FAILS(lstat("/proc/self/map_files/junk", &a), ENOENT);
}

CASE(numa_maps_and_sched_are_there)
{
	char *m = mmap(NULL, 8 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), want[80], *line;
	const char *text;

	mprotect(m, PAGE, PROT_NONE);
	memset(m + PAGE, 1, 7 * PAGE);
	text = read_file("/proc/self/numa_maps");
	snprintf(want, sizeof(want), "%lx default", (long)m + PAGE);
	line = strstr(text, want);
	NEED(line);
	*strchr(line, '\n') = 0;
	CHECK(strstr(line, "anon=7") && strstr(line, "N0=7") && strstr(line, "kernelpagesize_kB=4"));
	text = read_file("/proc/self/sched");
	CHECK(strstr(text, "#threads: 1)\n---") && strstr(text, "\nnr_voluntary_switches ") &&
	      strstr(text, "\nse.sum_exec_runtime "));
}

CASE(fd_names_go_with_the_descriptor)
{
	struct stat st;
	int fd = open("/dev/null", O_RDONLY);
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(lstat(path, &st) == 0 && (st.st_mode & 0777) == 0500);
	close(fd);
	FAILS(lstat(path, &st), ENOENT);
	CHECK(open("/dev/null", O_RDWR) == fd);
	CHECK(lstat(path, &st) == 0 && (st.st_mode & 0777) == 0700);
}

/* What was opened stays, whatever becomes of the process. */
CASE(mount_tables_outlive_the_process)
{
	static const char *names[] = { "mounts", "mountinfo", "mountstats" };
	char path[40], text[256];
	int fds[3];
	pid_t kid = fork();

	if (!kid)
		for (;;)
			pause();
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", kid, names[i]);
		fds[i] = open(path, O_RDONLY);
		NEED(fds[i] >= 0);
	}
	kill(kid, SIGKILL);
	NEED(waitid(P_PID, kid, NULL, WEXITED | WNOWAIT) == 0);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", kid, names[i]);
		FAILS(open(path, O_RDONLY), EINVAL);
	}
	NEED(waitpid(kid, NULL, 0) == kid);
	for (int i = 0; i < 3; i++)
		CHECK(read(fds[i], text, sizeof(text)) > 0);
}

TAP_MAIN
