// SPDX-License-Identifier: GPL-2.0-only
/* Control groups, version 2: the tree, membership, pids, memory, cpu, cpuset, freezer. */
#include "../cgroup.h"

#include <poll.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* Mount the hierarchy and make a group for this case. */
static void setup(void)
{
	if (group_begin("+cpuset +cpu +memory +pids", 't'))
		SKIP("controllers are not all there");
}

static void leave(void)
{
	put(ROOT, "cgroup.procs", "0");
}

static void cleanup(void)
{
	leave();
	group_end();
}

CASE(new_group_has_the_usual_files)
{
	static const char *const files[] = {
		"cgroup.procs", "cgroup.threads", "cgroup.type", "cgroup.controllers",
		"cgroup.subtree_control", "cgroup.events", "cgroup.max.depth", "cgroup.max.descendants",
		"cgroup.stat", "cgroup.freeze", "cgroup.kill", "cpu.stat", "cpu.weight", "cpu.max",
		"cpuset.cpus", "cpuset.cpus.effective", "memory.current", "memory.max", "memory.events",
		"memory.stat", "memory.peak", "pids.current", "pids.max", "pids.events" };
	char path[128];

	setup();
	for (unsigned i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(path, sizeof(path), "%s/%s", top, files[i]);
		if (access(path, F_OK))
			tap_fail(__LINE__, "%s is missing", files[i]);
	}
	CHECK(access(ROOT "/cgroup.events", F_OK) != 0);
	CHECK_STR(get(top, "cgroup.type"), "domain\n");
	CHECK_STR(get(top, "cgroup.procs"), "");
	CHECK_STR(get(top, "cgroup.max.depth"), "max\n");
	CHECK_STR(get(top, "pids.max"), "max\n");
	CHECK_STR(get(top, "memory.max"), "max\n");
	CHECK_STR(get(top, "cpu.max"), "max 100000\n");
	CHECK_STR(get(top, "cpu.weight"), "100\n");
	CHECK_STR(get(top, "cgroup.freeze"), "0\n");
	CHECK_EQ(field(top, "cgroup.events", "populated"), 0);
	CHECK_EQ(field(top, "cgroup.events", "frozen"), 0);
	cleanup();
}

CASE(processes_move_and_children_follow)
{
	char want[64], path[64];
	pid_t pid;

	setup();
	enter(top);
	snprintf(want, sizeof(want), "%d\n", getpid());
	CHECK_STR(get(top, "cgroup.procs"), want);
	CHECK_EQ(field(top, "cgroup.events", "populated"), 1);
	snprintf(want, sizeof(want), "0::%s\n", top + strlen(ROOT));
	CHECK(strstr(read_file("/proc/self/cgroup"), want) != NULL);
	CHILD(pid, CHECK(strstr(read_file("/proc/self/cgroup"), want) != NULL));
	JOIN(pid);
	FAILS(rmdir(top), EBUSY);
	leave();
	CHECK_STR(get(top, "cgroup.procs"), "");
	CHECK(strstr(read_file("/proc/self/cgroup"), "0::/\n") != NULL);
	snprintf(path, sizeof(path), "%s", top);
	CHECK(rmdir(top) == 0);
	FAILS(rmdir(path), ENOENT);
}

CASE(moves_are_checked)
{
	setup();
	FAILS(put(top, "cgroup.procs", "999999"), ESRCH);
	FAILS(put(top, "cgroup.procs", "junk"), EINVAL);
	FAILS(put(top, "cgroup.procs", "-1"), EINVAL);
	FAILS(put(top, "cgroup.procs", "2"), EINVAL);		/* kthreadd */
	FAILS(put(top, "cgroup.type", "nonsense"), EINVAL);
	FAILS(put(top, "cgroup.events", "x"), EINVAL);
	cleanup();
}

CASE(tree_rules)
{
	setup();
	NEED(mkdir(sub("a"), 0755) == 0);
	FAILS(mkdir(sub("a"), 0755), EEXIST);
	FAILS(rmdir(top), EBUSY);
	CHECK_EQ(field(top, "cgroup.stat", "nr_descendants"), 1);
	CHECK(put(top, "cgroup.max.descendants", "1") == 0);
	FAILS(mkdir(sub("b"), 0755), EAGAIN);
	CHECK(put(top, "cgroup.max.descendants", "max") == 0);
	CHECK(put(top, "cgroup.max.depth", "1") == 0);
	CHECK_STR(get(top, "cgroup.max.depth"), "1\n");
	NEED(mkdir(sub("b"), 0755) == 0);
	FAILS(mkdir(sub("b/c"), 0755), EAGAIN);
	FAILS(unlink(sub("cgroup.procs")), EPERM);
	FAILS(open(sub("new"), O_CREAT | O_WRONLY, 0600), EACCES);
	rmdir(sub("a"));
	rmdir(sub("b"));
	cleanup();
}

CASE(controllers_are_enabled_from_above)
{
	setup();
	NEED(mkdir(sub("a"), 0755) == 0);
	CHECK_STR(get(sub("a"), "cgroup.controllers"), "");
	CHECK(access(sub("a/pids.max"), F_OK) != 0);
	FAILS(put(sub("a"), "cgroup.subtree_control", "+pids"), ENOENT);
	FAILS(put(top, "cgroup.subtree_control", "+nonsense"), EINVAL);
	CHECK(put(top, "cgroup.subtree_control", "+pids +memory") == 0);
	CHECK_STR(get(top, "cgroup.subtree_control"), "memory pids\n");
	CHECK_STR(get(sub("a"), "cgroup.controllers"), "memory pids\n");
	CHECK(access(sub("a/pids.max"), F_OK) == 0);
	CHECK(access(sub("a/cpu.max"), F_OK) != 0);
	/* No processes beside groups that share memory out. */
	FAILS(put(top, "cgroup.procs", "0"), EBUSY);
	CHECK(put(top, "cgroup.subtree_control", "-memory") == 0);
	CHECK(put(top, "cgroup.subtree_control", "-pids") == 0);
	CHECK(access(sub("a/pids.max"), F_OK) != 0);
	enter(top);
	FAILS(put(top, "cgroup.subtree_control", "+memory"), EBUSY);
	leave();
	rmdir(sub("a"));
	cleanup();
}

CASE(pids_limit_forks)
{
	pid_t pid, more;
	int st;

	setup();
	NEED(put(top, "pids.max", "2") == 0);
	CHECK_STR(get(top, "pids.max"), "2\n");
	CHILD(pid, {
		enter(top);
		CHECK_EQ(atoi(get(top, "pids.current")), 1);
		more = fork();
		NEED(more >= 0);
		if (!more) {
			pause();
			_exit(0);
		}
		CHECK_EQ(atoi(get(top, "pids.current")), 2);
		FAILS(fork(), EAGAIN);
		CHECK_EQ(field(top, "pids.events", "max"), 1);
		kill(more, SIGKILL);
		msleep(50);
		/* A zombie still counts. */
		CHECK_EQ(atoi(get(top, "pids.current")), 2);
		FAILS(fork(), EAGAIN);
		CHECK(waitpid(more, &st, 0) == more);
		more = fork();
		if (!more)
			_exit(0);
		CHECK(more > 0);
		waitpid(more, &st, 0);
	});
	JOIN(pid);
	CHECK_EQ(atoi(get(top, "pids.current")), 0);
	FAILS(put(top, "pids.max", "x"), EINVAL);
	cleanup();
}

CASE(kill_ends_all_below)
{
	pid_t pid[3];
	int st;

	setup();
	NEED(mkdir(sub("a"), 0755) == 0);
	for (int i = 0; i < 3; i++) {
		CHILD(pid[i], {
			enter(i == 2 ? sub("a") : top);
			signal(SIGTERM, SIG_IGN);
			for (;;)
				pause();
		});
	}
	for (int i = 0; i < 200 && atoi(get(top, "pids.current")) < 3; i++)
		msleep(10);
	FAILS(put(top, "cgroup.kill", "2"), ERANGE);
	CHECK(put(top, "cgroup.kill", "1") == 0);
	for (int i = 0; i < 3; i++) {
		CHECK(waitpid(pid[i], &st, 0) == pid[i]);
		CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
	}
	CHECK_EQ(field(top, "cgroup.events", "populated"), 0);
	rmdir(sub("a"));
	cleanup();
}

CASE(freezer_stops_and_thaws)
{
	volatile long *n = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t busy, idle;
	long before;
	int st;

	setup();
	CHILD(busy, {
		enter(top);
		for (;;)
			n[0]++;
	});
	CHILD(idle, {
		enter(top);
		n[1] = 1;
		struct timespec ts = { 0, 300000000 };
		n[2] = nanosleep(&ts, NULL) ? errno : -1;
		for (;;)
			pause();
	});
	while (!n[0] || !n[1])
		msleep(5);
	NEED(put(top, "cgroup.freeze", "1") == 0);
	for (int i = 0; i < 300 && field(top, "cgroup.events", "frozen") != 1; i++)
		msleep(10);
	CHECK_EQ(field(top, "cgroup.events", "frozen"), 1);
	CHECK_STR(get(top, "cgroup.freeze"), "1\n");
	before = n[0];
	msleep(400);
	CHECK(n[0] == before);
	CHECK(n[2] == 0);
	NEED(put(top, "cgroup.freeze", "0") == 0);
	for (int i = 0; i < 300 && (n[0] == before || !n[2]); i++)
		msleep(10);
	CHECK(n[0] != before);
	CHECK_EQ(n[2], -1);		/* the sleep went on as if nothing had been */
	CHECK_EQ(field(top, "cgroup.events", "frozen"), 0);
	/* A frozen process can be killed. */
	NEED(put(top, "cgroup.freeze", "1") == 0);
	kill(busy, SIGKILL);
	CHECK(waitpid(busy, &st, 0) == busy);
	kill(idle, SIGKILL);
	CHECK(waitpid(idle, &st, 0) == idle);
	put(top, "cgroup.freeze", "0");
	cleanup();
}

CASE(freezing_is_inherited)
{
	struct pollfd pf = { .events = POLLPRI };
	char path[128], buf[128];
	pid_t pid;
	int st;

	setup();
	NEED(mkdir(sub("a"), 0755) == 0);
	CHILD(pid, {
		enter(sub("a"));
		for (;;)
			pause();
	});
	for (int i = 0; i < 200 && field(sub("a"), "cgroup.events", "populated") != 1; i++)
		msleep(10);
	CHECK_EQ(field(top, "cgroup.events", "populated"), 1);
	NEED(put(top, "cgroup.freeze", "1") == 0);
	for (int i = 0; i < 300 && field(sub("a"), "cgroup.events", "frozen") != 1; i++)
		msleep(10);
	CHECK_EQ(field(sub("a"), "cgroup.events", "frozen"), 1);
	CHECK_STR(get(sub("a"), "cgroup.freeze"), "0\n");
	pf.fd = open(strcat(strcpy(path, sub("a")), "/cgroup.events"), O_RDONLY);
	NEED(pf.fd >= 0 && read(pf.fd, buf, sizeof(buf)) > 0);
	CHECK_EQ(poll(&pf, 1, 0), 0);
	NEED(put(sub("a"), "cgroup.freeze", "1") == 0);
	CHECK_EQ(poll(&pf, 1, 5000), 1);	/* it was frozen already: who waits for it is told */
	NEED(put(sub("a"), "cgroup.freeze", "0") == 0);
	close(pf.fd);
	NEED(put(top, "cgroup.freeze", "0") == 0);
	kill(pid, SIGKILL);
	waitpid(pid, &st, 0);
	rmdir(sub("a"));
	cleanup();
}

CASE(events_wake_pollers)
{
	char path[128], buf[128];
	struct pollfd pf;
	pid_t pid;

	setup();
	snprintf(path, sizeof(path), "%s/cgroup.events", top);
	pf.fd = open(path, O_RDONLY);
	pf.events = POLLPRI;
	NEED(pf.fd >= 0);
	NEED(read(pf.fd, buf, sizeof(buf)) > 0);
	CHECK_EQ(poll(&pf, 1, 0), 0);
	CHILD(pid, {
		enter(top);
		msleep(50);
	});
	CHECK_EQ(poll(&pf, 1, 5000), 1);
	CHECK(pf.revents & POLLPRI);
	JOIN(pid);
	cleanup();
}

CASE(pids_peak_and_memory_nodes)
{
	pid_t pid[3];

	setup();
	for (int i = 0; i < 3; i++)
		CHILD(pid[i], enter(top); pause());
	for (int i = 0; i < 500 && atoi(get(top, "pids.current")) < 3; i++)
		msleep(10);
	for (int i = 0; i < 3; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	CHECK_STR(get(top, "pids.current"), "0\n");
	CHECK_STR(get(top, "pids.peak"), "3\n");
	CHECK_STR(get(top, "cpuset.mems"), "\n");
	CHECK_STR(get(top, "cpuset.mems.effective"), "0\n");
	CHECK(put(top, "cpuset.mems", "0") == 0);
	CHECK_STR(get(top, "cpuset.mems"), "0\n");
	FAILS(put(top, "cpuset.mems", "1"), EINVAL);
	FAILS(put(top, "cpuset.mems", "all"), EINVAL);
	CHECK(put(top, "cpuset.mems", "\n") == 0);
	CHECK_STR(get(top, "cpuset.mems"), "\n");
	cleanup();
}

CASE(events_are_told_to_watchers)
{
	char path[128], buf[512] __attribute__((aligned(8)));
	const struct inotify_event *ev = (const struct inotify_event *)buf;
	struct pollfd pf;
	pid_t pid;
	int wd;

	setup();
	pf.fd = inotify_init1(IN_CLOEXEC);
	pf.events = POLLIN;
	snprintf(path, sizeof(path), "%s/cgroup.events", top);
	NEED(pf.fd >= 0 && (wd = inotify_add_watch(pf.fd, path, IN_MODIFY)) >= 0);
	CHECK_EQ(poll(&pf, 1, 0), 0);
	CHILD(pid, enter(top); msleep(50));
	CHECK_EQ(poll(&pf, 1, 5000), 1);
	CHECK(read(pf.fd, buf, sizeof(buf)) >= (ssize_t)sizeof(*ev) && ev->wd == wd && ev->mask == IN_MODIFY);
	JOIN(pid);
	/* The last process leaves: that is told too, after the first event was read. */
	CHECK_EQ(poll(&pf, 1, 5000), 1);
	CHECK_EQ(field(top, "cgroup.events", "populated"), 0);
	close(pf.fd);
	cleanup();
}

#define MIB (1024L * 1024)

CASE(memory_is_counted)
{
	pid_t pid;
	long before;

	setup();
	CHILD(pid, {
		enter(top);
		before = atol(get(top, "memory.current"));
		char *p = mmap(NULL, 8 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(p, 1, 8 * MIB);
		CHECK(atol(get(top, "memory.current")) >= before + 8 * MIB - MIB / 2);
		CHECK(field(top, "memory.stat", "anon") >= 8 * MIB - MIB / 2);
		munmap(p, 8 * MIB);
		CHECK(atol(get(top, "memory.current")) < before + 4 * MIB);
	});
	JOIN(pid);
	CHECK(atol(get(top, "memory.peak")) >= 7 * MIB);
	cleanup();
}

CASE(memory_high_slows_down)
{
	pid_t pid;

	setup();
	CHECK_STR(get(top, "memory.high"), "max\n");
	NEED(put(top, "memory.high", "8M") == 0);
	CHECK_STR(get(top, "memory.high"), "8388608\n");
	FAILS(put(top, "memory.high", "lots"), EINVAL);
	CHECK_EQ(field(top, "memory.events", "high"), 0);
	CHILD(pid, enter(top);
	      char *m = mmap(NULL, 9 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	      memset(m, 1, 9 * MIB); CHECK(atol(get(top, "memory.current")) >= 8 * MIB));
	JOIN(pid);
	CHECK(field(top, "memory.events", "high") >= 1);
	CHECK_EQ(field(top, "memory.events", "oom_kill"), 0);
	CHECK(put(top, "memory.high", "max") == 0);
	cleanup();
}

CASE(memory_limit_kills)
{
	pid_t pid;
	int st;

	setup();
	NEED(put(top, "memory.max", "8M") == 0);
	CHECK_STR(get(top, "memory.max"), "8388608\n");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		enter(top);
		char *p = mmap(NULL, 32 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(p, 1, 32 * MIB);
		_exit(0);
	}
	NEED(waitpid(pid, &st, 0) == pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
	CHECK(field(top, "memory.events", "oom_kill") >= 1);
	CHECK(field(top, "memory.events", "max") >= 1);
	/* Who stays below it lives. */
	CHILD(pid, {
		enter(top);
		char *p = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(p, 1, 4 * MIB);
	});
	JOIN(pid);
	FAILS(put(top, "memory.max", "lots"), EINVAL);
	CHECK(put(top, "memory.max", "max") == 0);
	cleanup();
}

static double cpu_seconds(pid_t pid)
{
	char path[64];
	unsigned long ut = 0, st = 0;
	const char *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	p = strrchr(read_file(path), ')');
	NEED(p && sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &ut, &st) == 2);
	return (double)(ut + st) / sysconf(_SC_CLK_TCK);
}

static pid_t spinner(const char *dir)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		cpu_set_t one;

		enter(dir);		/* which takes its CPUs */
		CPU_ZERO(&one);
		CPU_SET(0, &one);
		sched_setaffinity(0, sizeof(one), &one);
		for (volatile long i = 0;; i++)
			;
	}
	NEED(pid > 0);
	return pid;
}

CASE(cpu_max_limits)
{
	double used;
	pid_t pid;
	int st;

	setup();
	NEED(put(top, "cpu.max", "20000 100000") == 0);
	CHECK_STR(get(top, "cpu.max"), "20000 100000\n");
	pid = spinner(top);
	msleep(2000);
	used = cpu_seconds(pid);
	kill(pid, SIGKILL);
	waitpid(pid, &st, 0);
	CHECK(used > 0.1);
	CHECK(used < 0.9);		/* a fifth of two seconds, with room for a slow machine */
	CHECK(field(top, "cpu.stat", "nr_throttled") > 3);
	CHECK(field(top, "cpu.stat", "throttled_usec") > 100000);
	CHECK(field(top, "cpu.stat", "usage_usec") > 100000);
	FAILS(put(top, "cpu.max", "5"), EINVAL);
	FAILS(put(top, "cpu.max", "x"), EINVAL);
	CHECK(put(top, "cpu.max", "max") == 0);
	CHECK_STR(get(top, "cpu.max"), "max 100000\n");
	cleanup();
}

CASE(cpu_weight_shares)
{
	double heavy, light;
	pid_t a, b, c;
	int st;

	setup();
	NEED(put(top, "cgroup.subtree_control", "+cpu") == 0);
	NEED(mkdir(sub("h"), 0755) == 0 && mkdir(sub("l"), 0755) == 0);
	NEED(put(sub("h"), "cpu.weight", "400") == 0);
	CHECK_STR(get(sub("h"), "cpu.weight"), "400\n");
	FAILS(put(sub("h"), "cpu.weight", "0"), ERANGE);
	FAILS(put(sub("h"), "cpu.weight", "10001"), ERANGE);
	a = spinner(sub("h"));
	b = spinner(sub("l"));
	c = spinner(sub("l"));		/* two threads share what one group gets */
	msleep(2500);
	heavy = cpu_seconds(a);
	light = cpu_seconds(b) + cpu_seconds(c);
	kill(a, SIGKILL);
	kill(b, SIGKILL);
	kill(c, SIGKILL);
	waitpid(a, &st, 0);
	waitpid(b, &st, 0);
	waitpid(c, &st, 0);
	printf("# heavy %.2f, light %.2f\n", heavy, light);
	CHECK(light > 0.05);
	CHECK(heavy > 2 * light);
	rmdir(sub("h"));
	rmdir(sub("l"));
	cleanup();
}

CASE(cpuset_binds)
{
	cpu_set_t set;
	pid_t pid;

	setup();
	NEED(put(top, "cpuset.cpus", "0") == 0);
	CHECK_STR(get(top, "cpuset.cpus"), "0\n");
	CHECK_STR(get(top, "cpuset.cpus.effective"), "0\n");
	CHILD(pid, {
		enter(top);
		NEED(sched_getaffinity(0, sizeof(set), &set) == 0);
		CHECK_EQ(CPU_COUNT(&set), 1);
		CHECK(CPU_ISSET(0, &set));
		CPU_ZERO(&set);
		CPU_SET(1, &set);
		FAILS(sched_setaffinity(0, sizeof(set), &set), EINVAL);
	});
	JOIN(pid);
	FAILS(put(top, "cpuset.cpus", "x"), EINVAL);
	CHECK(put(top, "cpuset.cpus", "\n") == 0);
	cleanup();
}

struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t set_tid, set_tid_size, cgroup;
};

CASE(clone_into_a_group)
{
	struct clone3_args a = { .flags = 0x200000000ULL, .exit_signal = SIGCHLD };
	char want[64];
	pid_t pid;
	int fd;

	setup();
	fd = open(top, O_RDONLY | O_DIRECTORY);
	NEED(fd >= 0);
	a.cgroup = fd;
	snprintf(want, sizeof(want), "0::%s\n", top + strlen(ROOT));
	fflush(stdout);
	pid = syscall(SYS_clone3, &a, sizeof(a));
	if (!pid) {
		CHECK(strstr(read_file("/proc/self/cgroup"), want) != NULL);
		fflush(stdout);
		_exit(tap_failed);
	}
	NEED(pid > 0);
	JOIN(pid);
	a.cgroup = 0;
	close(0);
	open("/dev/null", O_RDONLY);
	FAILS(syscall(SYS_clone3, &a, sizeof(a)), EBADF);
	cleanup();
}

CASE(namespace_hides_what_is_above)
{
	char path[64], want[64];
	pid_t pid;

	setup();
	CHILD(pid, {
		enter(top);
		NEED(unshare(CLONE_NEWCGROUP) == 0);
		CHECK(strstr(read_file("/proc/self/cgroup"), "0::/\n") != NULL);
		CHECK(strstr(read_file("/proc/1/cgroup"), "0::/..") != NULL);
		NEED(mkdir(sub("in"), 0755) == 0);
		enter(sub("in"));
		CHECK(strstr(read_file("/proc/self/cgroup"), "0::/in\n") != NULL);
		NEED(unshare(CLONE_NEWNS) == 0);
		NEED(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
		NEED(mkdir("m", 0755) == 0);
		NEED(mount("none", "m", "cgroup2", 0, NULL) == 0);
		CHECK(access("m/in/cgroup.procs", F_OK) == 0);
		/* Seen from outside. */
	});
	JOIN(pid);
	snprintf(path, sizeof(path), "/proc/%d/cgroup", getpid());
	snprintf(want, sizeof(want), "0::/\n");
	CHECK(strstr(read_file(path), want) != NULL);
	for (int i = 0; i < 100 && rmdir(sub("in")); i++)
		msleep(10);
	cleanup();
}

CASE(delegation_by_owner)
{
	pid_t pid;

	setup();
	NEED(chown(top, 1000, 1000) == 0);
	NEED(chown(sub("cgroup.procs"), 1000, 1000) == 0);
	NEED(chown(sub("cgroup.subtree_control"), 1000, 1000) == 0);
	CHILD(pid, {
		enter(top);
		NEED(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
		NEED(mkdir(sub("mine"), 0755) == 0);
		CHECK(put(sub("mine"), "cgroup.procs", "0") == 0);
		FAILS(put(ROOT, "cgroup.procs", "0"), EACCES);
		FAILS(put(top, "pids.max", "5"), EACCES);
		CHECK(put(sub("mine"), "cgroup.procs", "0") == 0);
	});
	JOIN(pid);
	for (int i = 0; i < 100 && rmdir(sub("mine")); i++)
		msleep(10);
	cleanup();
}

TAP_MAIN
