// SPDX-License-Identifier: GPL-2.0-only
/* acct(2): records of processes that end. */
#include "../tap.h"

#include <stdint.h>
#include <sys/syscall.h>

struct record {
	uint8_t flag, version;
	uint16_t tty;
	uint32_t exitcode, uid, gid, pid, ppid, begin_s;
	float elapsed;
	uint16_t utime, stime, mem, io, rw, minflt, majflt, swaps;
	char comm[16];
};

static struct record records[100];

/* The record of @pid, or NULL. */
static struct record *find(pid_t pid)
{
	int fd = open("log", O_RDONLY);
	ssize_t n = read(fd, records, sizeof(records));

	close(fd);
	CHECK_EQ(n % 64, 0);
	for (ssize_t i = 0; i < n / 64; i++)
		if (records[i].pid == (uint32_t)pid)
			return &records[i];
	return NULL;
}

static long acct_(const char *name) { return syscall(SYS_acct, name); }

CASE(records_are_written)
{
	pid_t quick, slow, killed, ran;
	struct record *r;
	struct timespec ts;
	int st;

	write_file("log", "");
	NEED(acct_("log") == 0);
	CHILD(quick, NEED(setgid(7) == 0); NEED(setuid(1000) == 0); _exit(3));
	NEED(waitpid(quick, &st, 0) == quick);
	CHILD(slow, for (clock_t end = clock() + CLOCKS_PER_SEC / 2; clock() < end;));
	JOIN(slow);
	CHILD(killed, raise(SIGTERM));
	NEED(waitpid(killed, &st, 0) == killed);
	CHILD(ran, execl("/bin/true", "true", NULL));
	JOIN(ran);
	NEED(acct_(NULL) == 0);
	clock_gettime(CLOCK_REALTIME, &ts);
	NEED((r = find(quick)));
	CHECK_EQ(sizeof(*r), 64);
	CHECK_EQ(r->version, 3);
	CHECK_EQ(r->flag & ~2, 1);
	CHECK_EQ(r->exitcode, 3 << 8);
	CHECK_EQ(r->uid, 1000);
	CHECK_EQ(r->gid, 7);
	CHECK_EQ(r->ppid, getpid());
	CHECK_STR(r->comm, "acct");
	CHECK(ts.tv_sec - r->begin_s < 30);
	CHECK(r->mem != 0);
	NEED((r = find(slow)));
	CHECK(r->elapsed >= 45 && r->elapsed < 3000);
	CHECK(r->utime + r->stime >= 20 && r->utime + r->stime < 100);
	NEED((r = find(killed)));
	CHECK_EQ(r->flag & ~2, 1 | 0x10);
	CHECK_EQ(r->exitcode, SIGTERM);
	NEED((r = find(ran)));
	CHECK_EQ(r->flag & 1, 0);
	CHECK_STR(r->comm, "true");
	CHILD(quick, _exit(0));
	JOIN(quick);
	CHECK(!find(quick));
}

CASE(acct_refuses)
{
	FAILS(acct_("none"), ENOENT);
	FAILS(acct_("."), EISDIR);
	FAILS(acct_("/dev/null"), EACCES);
	FAILS(acct_((char *)8), EFAULT);
	NEED(setuid(1000) == 0);
	FAILS(acct_(NULL), EPERM);
}
TAP_MAIN
