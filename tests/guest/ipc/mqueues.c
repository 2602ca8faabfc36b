/* SPDX-License-Identifier: GPL-2.0-only */
/* POSIX message queues. */
#include "../tap.h"

#include <dirent.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define NAME "/tern-test"

static mqd_t open_queue(int flags, long maxmsg, long msgsize)
{
	struct mq_attr a = { .mq_maxmsg = maxmsg, .mq_msgsize = msgsize };

	mq_unlink(NAME);
	return mq_open(NAME, O_CREAT | O_EXCL | O_RDWR | flags, 0600, &a);
}

static void wait_asleep(pid_t pid)
{
	char name[32];
	const char *end;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	do {
		msleep(10);
		end = strrchr(read_file(name), ')');
	} while (!end || (end[2] != 'S' && end[2] != 'Z'));
}

static struct timespec in_ms(int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += ms * 1000000L;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

CASE(names)
{
	char longname[300] = "/";
	mqd_t q;

	mq_unlink(NAME);
	FAILS(mq_open(NAME, O_RDWR), ENOENT);
	q = mq_open(NAME, O_CREAT | O_RDWR, 0600, NULL);
	NEED(q >= 0);
	FAILS(mq_open(NAME, O_CREAT | O_EXCL | O_RDWR, 0600, NULL), EEXIST);
	CHECK(close(mq_open(NAME, O_CREAT | O_RDWR, 0600, NULL)) == 0);
	CHECK(fcntl(q, F_GETFD) == FD_CLOEXEC);
	FAILS(syscall(SYS_mq_open, "a/b", O_RDWR, 0, NULL), EACCES);
	FAILS(syscall(SYS_mq_open, "", O_RDWR, 0, NULL), ENOENT);
	FAILS(syscall(SYS_mq_open, "..", O_RDWR, 0, NULL), EACCES);
	FAILS(syscall(SYS_mq_open, NULL, O_RDWR, 0, NULL), EFAULT);
	FAILS(mq_open(NAME, O_ACCMODE), EINVAL);
	memset(longname + 1, 'x', 256);
	FAILS(mq_open(longname, O_CREAT | O_RDWR, 0600, NULL), ENAMETOOLONG);
	CHECK(mq_unlink(NAME) == 0);
	FAILS(mq_unlink(NAME), ENOENT);
	CHECK(mq_send(q, "alive", 5, 0) == 0);
	CHECK(close(q) == 0);
}

CASE(attributes)
{
	struct mq_attr a, flags = { .mq_flags = O_NONBLOCK }, bad = { .mq_flags = O_APPEND };
	struct stat st;
	mqd_t q = open_queue(0, 5, 100);

	NEED(q >= 0);
	CHECK(mq_getattr(q, &a) == 0);
	CHECK(a.mq_maxmsg == 5 && a.mq_msgsize == 100 && a.mq_curmsgs == 0 && a.mq_flags == 0);
	CHECK(mq_setattr(q, &flags, &a) == 0);
	CHECK(a.mq_flags == 0);
	CHECK(fcntl(q, F_GETFL) & O_NONBLOCK);
	CHECK(mq_getattr(q, &a) == 0 && a.mq_flags == O_NONBLOCK);
	FAILS(mq_setattr(q, &bad, NULL), EINVAL);
	CHECK(fstat(q, &st) == 0);
	CHECK(S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0600 && st.st_size == 80);
	FAILS(mq_getattr(0, &a), EBADF);
	close(q);
	FAILS(open_queue(0, 0, 100), EINVAL);
	FAILS(open_queue(0, 10, -1), EINVAL);
	FAILS(open_queue(0, 65537, 10), EINVAL);
	FAILS(open_queue(0, 1, 16 * 1024 * 1024 + 1), EINVAL);
	mq_unlink(NAME);
	q = mq_open(NAME, O_CREAT | O_RDWR, 0600, NULL);
	CHECK(mq_getattr(q, &a) == 0);
	CHECK(a.mq_maxmsg == 10 && a.mq_msgsize == 8192);
	mq_unlink(NAME);
}

CASE(order_by_priority)
{
	mqd_t q = open_queue(0, 10, 64);
	char buf[64];
	unsigned prio;

	CHECK(mq_send(q, "a1", 3, 1) == 0);
	CHECK(mq_send(q, "b9", 3, 9) == 0);
	CHECK(mq_send(q, "c1", 3, 1) == 0);
	CHECK(mq_send(q, "d32767", 7, 32767) == 0);
	FAILS(mq_send(q, "x", 1, 32768), EINVAL);
	CHECK_EQ(mq_receive(q, buf, 64, &prio), 7);
	CHECK_EQ(prio, 32767);
	CHECK_EQ(mq_receive(q, buf, 64, &prio), 3);
	CHECK_STR(buf, "b9");
	CHECK_EQ(mq_receive(q, buf, 64, NULL), 3);
	CHECK_STR(buf, "a1");
	CHECK_EQ(mq_receive(q, buf, 64, &prio), 3);
	CHECK_STR(buf, "c1");
	CHECK_EQ(prio, 1);
	CHECK(mq_send(q, "", 0, 0) == 0);
	CHECK_EQ(mq_receive(q, buf, 64, NULL), 0);
	FAILS(mq_send(q, buf, 65, 0), EMSGSIZE);
	FAILS(mq_receive(q, buf, 63, NULL), EMSGSIZE);
	mq_unlink(NAME);
}

CASE(modes_of_descriptors)
{
	mqd_t q = open_queue(0, 2, 16), r = mq_open(NAME, O_RDONLY), w = mq_open(NAME, O_WRONLY);
	char buf[80];

	FAILS(mq_send(r, "x", 1, 0), EBADF);
	CHECK(mq_send(w, "x", 1, 0) == 0);
	FAILS(mq_receive(w, buf, 16, NULL), EBADF);
	CHECK_EQ(mq_receive(r, buf, 16, NULL), 1);
	FAILS(mq_send(-1, "x", 1, 0), EBADF);
	FAILS(mq_send(1, "x", 1, 0), EBADF);
	CHECK(mq_send(q, "12345", 5, 0) == 0);
	memset(buf, 0, sizeof(buf));
	CHECK(pread(q, buf, 79, 0) > 0);
	CHECK(!strncmp(buf, "QSIZE:5          NOTIFY:0     SIGNO:0     NOTIFY_PID:0     \n", 60));
	FAILS(write(q, "x", 1), EINVAL);
	mq_unlink(NAME);
}

CASE(full_and_empty)
{
	mqd_t q = open_queue(O_NONBLOCK, 2, 16), b = mq_open(NAME, O_RDWR);
	struct pollfd p = { q, POLLIN | POLLOUT, 0 };
	struct timespec t = in_ms(60), bad = { 0, 1000000000 };
	char buf[16];

	FAILS(mq_receive(q, buf, 16, NULL), EAGAIN);
	CHECK(poll(&p, 1, 0) == 1 && p.revents == POLLOUT);
	FAILS(mq_timedreceive(b, buf, 16, NULL, &t), ETIMEDOUT);
	FAILS(mq_timedreceive(b, buf, 16, NULL, &bad), EINVAL);
	CHECK(mq_send(q, "1", 1, 0) == 0);
	CHECK(poll(&p, 1, 0) == 1 && p.revents == (POLLIN | POLLOUT));
	CHECK(mq_send(q, "2", 1, 0) == 0);
	CHECK(poll(&p, 1, 0) == 1 && p.revents == POLLIN);
	FAILS(mq_send(q, "3", 1, 0), EAGAIN);
	t = in_ms(60);
	FAILS(mq_timedsend(b, "3", 1, 0, &t), ETIMEDOUT);
	mq_unlink(NAME);
}

static void on_signal(int sig)
{
}

CASE(waits)
{
	mqd_t q = open_queue(0, 1, 16);
	struct sigaction sa = { .sa_handler = on_signal };
	char buf[16];
	pid_t a, b;

	CHILD(a, CHECK_EQ(mq_receive(q, buf, 16, NULL), 5));
	wait_asleep(a);
	CHILD(b, CHECK_EQ(mq_receive(q, buf, 16, NULL), 6));
	wait_asleep(b);
	CHECK(mq_send(q, "first", 5, 0) == 0);
	CHECK(mq_send(q, "second", 6, 0) == 0);
	JOIN(a);
	JOIN(b);
	CHECK(mq_send(q, "full", 4, 0) == 0);
	CHILD(a, CHECK(mq_send(q, "late", 4, 3) == 0));
	wait_asleep(a);
	CHECK_EQ(mq_receive(q, buf, 16, NULL), 4);
	CHECK(!memcmp(buf, "full", 4));
	JOIN(a);
	CHECK_EQ(mq_receive(q, buf, 16, NULL), 4);
	CHECK(!memcmp(buf, "late", 4));
	sigaction(SIGUSR1, &sa, NULL);
	CHILD(a, FAILS(mq_receive(q, buf, 16, NULL), EINTR));
	wait_asleep(a);
	kill(a, SIGUSR1);
	JOIN(a);
	mq_unlink(NAME);
}

CASE(poll_wakes)
{
	mqd_t q = open_queue(0, 1, 16);
	struct pollfd p = { q, POLLIN, 0 };
	pid_t a;

	CHILD(a, CHECK_EQ(poll(&p, 1, 5000), 1));
	wait_asleep(a);
	mq_send(q, "x", 1, 0);
	JOIN(a);
	p.events = POLLOUT;
	CHILD(a, CHECK_EQ(poll(&p, 1, 5000), 1));
	wait_asleep(a);
	mq_receive(q, (char[16]){ 0 }, 16, NULL);
	JOIN(a);
	mq_unlink(NAME);
}

CASE(notification)
{
	mqd_t q = open_queue(0, 4, 16);
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
			       .sigev_value.sival_int = 77 };
	struct timespec t = { 3, 0 }, zero = { 0, 0 };
	siginfo_t si;
	char buf[80] = "";
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK(mq_notify(q, &ev) == 0);
	CHECK(pread(q, buf, 79, 0) > 0);
	snprintf(buf + 70, 10, "%d", getpid());
	CHECK(strstr(buf, "SIGNO:10") && strstr(buf, buf + 70));
	FAILS(mq_notify(q, &ev), EBUSY);
	CHILD(pid, FAILS(mq_notify(q, &ev), EBUSY); CHECK(mq_notify(q, NULL) == 0);
	      CHECK(mq_send(q, "hi", 2, 0) == 0));
	JOIN(pid);
	CHECK_EQ(sigtimedwait(&set, &si, &t), SIGUSR1);
	CHECK_EQ(si.si_code, SI_MESGQ);
	CHECK_EQ(si.si_pid, pid);
	CHECK_EQ(si.si_value.sival_int, 77);
	/* Once, and only for an empty queue. */
	mq_send(q, "2", 1, 0);
	FAILS(sigtimedwait(&set, &si, &zero), EAGAIN);
	CHECK(mq_notify(q, &ev) == 0);
	mq_send(q, "3", 1, 0);
	FAILS(sigtimedwait(&set, &si, &zero), EAGAIN);
	for (int i = 0; i < 3; i++)
		mq_receive(q, buf, 16, NULL);
	/* A receiver that waits goes before. */
	CHILD(pid, CHECK_EQ(mq_receive(q, buf, 16, NULL), 1));
	wait_asleep(pid);
	mq_send(q, "4", 1, 0);
	JOIN(pid);
	FAILS(sigtimedwait(&set, &si, &zero), EAGAIN);
	CHECK(mq_notify(q, NULL) == 0);
	mq_send(q, "5", 1, 0);
	FAILS(sigtimedwait(&set, &si, &zero), EAGAIN);
	ev.sigev_notify = 9;
	FAILS(mq_notify(q, &ev), EINVAL);
	/* Closing takes it back. */
	ev.sigev_notify = SIGEV_NONE;
	CHECK(mq_notify(q, &ev) == 0);
	close(mq_open(NAME, O_RDONLY));
	CHECK(mq_notify(q, &ev) == 0);
	mq_unlink(NAME);
}

CASE(file_system)
{
	mqd_t q = open_queue(0, 4, 16);
	struct dirent *d;
	struct stat st;
	int seen = 0;
	DIR *dir;

	NEED(mkdir("mq", 0755) == 0);
	NEED(mount("none", "mq", "mqueue", 0, NULL) == 0);
	dir = opendir("mq");
	while ((d = readdir(dir)))
		seen += !strcmp(d->d_name, "tern-test");
	closedir(dir);
	CHECK_EQ(seen, 1);
	CHECK(stat("mq", &st) == 0 && (st.st_mode & 07777) == 01777);
	CHECK(mq_send(q, "abc", 3, 0) == 0);
	CHECK(!strncmp(read_file("mq/tern-test"), "QSIZE:3 ", 8));
	CHECK(chmod("mq/tern-test", 0640) == 0);
	CHECK(fstat(q, &st) == 0 && (st.st_mode & 0777) == 0640);
	CHECK(close(open("mq/other", O_CREAT | O_RDWR, 0600)) == 0);
	CHECK(close(mq_open("/other", O_RDWR)) == 0);
	CHECK(unlink("mq/other") == 0);
	FAILS(mq_open("/other", O_RDWR), ENOENT);
	CHECK(mq_unlink(NAME) == 0);
	FAILS(stat("mq/tern-test", &st), ENOENT);
	FAILS(mkdir("mq/dir", 0755), EPERM);
	CHECK(umount("mq") == 0);
}

CASE(rights_and_limits)
{
	mqd_t q = open_queue(0, 4, 16);
	struct mq_attr a = { .mq_maxmsg = 11, .mq_msgsize = 64 };
	struct rlimit r = { 4000, 4000 };
	pid_t pid;

	CHECK(fchmod(q, 0604) == 0);
	CHILD(pid, {
		NEED(setgid(65534) == 0 && setuid(65534) == 0);
		FAILS(mq_open(NAME, O_RDWR), EACCES);
		CHECK(mq_open(NAME, O_RDONLY) >= 0);
		FAILS(mq_unlink(NAME), EACCES);
		FAILS(mq_open("/mine", O_CREAT | O_RDWR, 0600, &a), EINVAL);
		a.mq_maxmsg = 10;
		a.mq_msgsize = 8193;
		FAILS(mq_open("/mine", O_CREAT | O_RDWR, 0600, &a), EINVAL);
		a.mq_msgsize = 1024;
		CHECK(setrlimit(RLIMIT_MSGQUEUE, &r) == 0);
		FAILS(mq_open("/mine", O_CREAT | O_RDWR, 0600, &a), EMFILE);
		a.mq_maxmsg = 2;
		CHECK(mq_open("/mine", O_CREAT | O_RDWR, 0600, &a) >= 0);
		FAILS(mq_open("/more", O_CREAT | O_RDWR, 0600, &a), EMFILE);
		CHECK(mq_unlink("/mine") == 0);
	});
	JOIN(pid);
	CHECK_EQ(atoi(read_file("/proc/sys/fs/mqueue/queues_max")), 256);
	CHECK_EQ(atoi(read_file("/proc/sys/fs/mqueue/msg_max")), 10);
	CHECK_EQ(atoi(read_file("/proc/sys/fs/mqueue/msgsize_max")), 8192);
	mq_unlink(NAME);
}

CASE(deadlines_follow_the_clock)
{
	struct mq_attr a = { .mq_maxmsg = 1, .mq_msgsize = 8 };
	mqd_t q = mq_open("/stepped", O_CREAT | O_RDWR, 0600, &a);
	struct timespec ts, set;
	char buf[8];
	pid_t pid;

	NEED(q >= 0);
	clock_gettime(CLOCK_REALTIME, &ts);
	set = ts;
	ts.tv_sec += 1000;
	set.tv_sec += 2000;
	CHILD(pid, FAILS(mq_timedreceive(q, buf, sizeof(buf), NULL, &ts), ETIMEDOUT));
	msleep(100);
	CHECK(clock_settime(CLOCK_REALTIME, &set) == 0);
	JOIN(pid);
	set.tv_sec -= 2000;
	CHECK(clock_settime(CLOCK_REALTIME, &set) == 0);
	mq_unlink("/stepped");
}
TAP_MAIN
