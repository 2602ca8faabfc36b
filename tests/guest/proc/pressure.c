// SPDX-License-Identifier: GPL-2.0-only
/* Pressure stalls: the machine's and those of control groups, triggers. */
#include "../tap.h"

#include <poll.h>
#include <sched.h>
#include <sys/mount.h>

static const char *const resources[] = { "cpu", "io", "memory" };

static unsigned long total(const char *file, const char *line)
{
	char *at = strstr((char *)read_file(file), line);

	NEED(at);
	at = strstr(at, "total=");
	NEED(at);
	return strtoul(at + 6, NULL, 10);
}

/* @n processes that compete for one CPU for @ms. */
static void compete(int n, int ms)
{
	cpu_set_t one;
	pid_t pids[8];

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	for (int i = 0; i < n; i++)
		CHILD(pids[i], sched_setaffinity(0, sizeof(one), &one); for (;;));
	msleep(ms);
	for (int i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < n; i++)
		waitpid(pids[i], NULL, 0);
}

CASE(files_have_two_lines)
{
	char name[64];
	double a, b, c;
	unsigned long t;

	for (int i = 0; i < 3; i++) {
		const char *text;

		snprintf(name, sizeof(name), "/proc/pressure/%s", resources[i]);
		text = read_file(name);
		CHECK_EQ(sscanf(text, "some avg10=%lf avg60=%lf avg300=%lf total=%lu\n", &a, &b, &c, &t), 4);
		text = strchr(text, '\n');
		NEED(text);
		CHECK_EQ(sscanf(text, "\nfull avg10=%lf avg60=%lf avg300=%lf total=%lu\n", &a, &b, &c, &t), 4);
	}
}

CASE(waiting_for_a_cpu_is_pressure)
{
	unsigned long before = total("/proc/pressure/cpu", "some"), after;

	compete(2, 1000);
	after = total("/proc/pressure/cpu", "some");
	CHECK(after - before > 100000);		/* us; the other CPU may idle or not */
	CHECK_EQ(total("/proc/pressure/cpu", "full"), 0);
}

static int set_trigger(const char *file, const char *text)
{
	int fd = open(file, O_RDWR | O_NONBLOCK);

	NEED(fd >= 0);
	if (write(fd, text, strlen(text) + 1) < 0) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

CASE(triggers_fire)
{
	struct pollfd p = { .events = POLLPRI };
	pid_t pid;

	p.fd = set_trigger("/proc/pressure/cpu", "some 50000 500000");
	NEED(p.fd >= 0);
	FAILS(write(p.fd, "some 50000 500000", 18), EBUSY);
	CHILD(pid, compete(3, 3000));
	CHECK_EQ(poll(&p, 1, 10000), 1);
	CHECK_EQ(p.revents, POLLPRI);
	JOIN(pid);
	close(p.fd);
}

CASE(quiet_triggers_do_not_fire)
{
	struct pollfd p = { .events = POLLPRI };

	p.fd = set_trigger("/proc/pressure/memory", "full 500000 500000");
	NEED(p.fd >= 0);
	CHECK_EQ(poll(&p, 1, 1000), 0);
	close(p.fd);
	p.fd = open("/proc/pressure/memory", O_RDONLY);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLPRI | POLLERR);
}

CASE(bad_triggers)
{
	static const char *const bad[] = { "some", "some 1", "none 1 1000000", "some 0 1000000",
		"some 1000001 1000000", "some 100 499999", "some 100 10000001", "x" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		FAILS(set_trigger("/proc/pressure/io", bad[i]), EINVAL);
	NEED(setuid(1000) == 0);
	FAILS(set_trigger("/proc/pressure/io", "some 100000 1000000"), EINVAL);
	CHECK(set_trigger("/proc/pressure/io", "some 100000 4000000") >= 0);
}

CASE(control_groups_have_their_own)
{
	unsigned long cpu, other;
	pid_t pid;
	int fd;

	NEED(mkdir("cg", 0755) == 0);
	NEED(mount("none", "cg", "cgroup2", 0, NULL) == 0);
	NEED(mkdir("cg/busy", 0755) == 0 && mkdir("cg/busy/below", 0755) == 0 && mkdir("cg/calm", 0755) == 0);
	for (int i = 0; i < 3; i++) {
		char name[64];

		snprintf(name, sizeof(name), "cg/busy/%s.pressure", resources[i]);
		CHECK_EQ(total(name, "full"), 0);
	}
	CHILD(pid, write_file("cg/busy/below/cgroup.procs", "0\n"); compete(3, 1500);
	      fd = set_trigger("cg/busy/cpu.pressure", "some 100000 1000000"); CHECK(fd >= 0);
	      FAILS(set_trigger("cg/busy/cpu.pressure", "some"), EINVAL));
	JOIN(pid);
	cpu = total("cg/busy/cpu.pressure", "some");
	other = total("cg/busy/below/cpu.pressure", "some");
	CHECK(cpu > 300000);
	CHECK(other > 300000);
	CHECK_EQ(total("cg/calm/cpu.pressure", "some"), 0);
	CHECK(total("cg/cpu.pressure", "some") > 0);
	CHECK(rmdir("cg/busy/below") == 0 && rmdir("cg/busy") == 0 && rmdir("cg/calm") == 0);
	CHECK(umount("cg") == 0);
}
TAP_MAIN
