/* SPDX-License-Identifier: GPL-2.0-only */
/* Process groups that lose their parent, set-id programs, capabilities, services given up. */
#include "../tap.h"

#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define PR_TERN_DROP_SERVICES 0x5445524e
#define PR_TERN_GET_SERVICES 0x5445524f

static volatile int *shared;

static void setup(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	NEED(shared != MAP_FAILED);
}

static void on_hup(int sig)
{
	shared[0] = sig;
}

static void on_cont(int sig)
{
	shared[1]++;
}

static int await(volatile int *p, int want)
{
	for (int i = 0; i < 200 && *p != want; i++)
		msleep(10);
	return *p == want;
}

CASE(stopped_orphans_get_hangup_and_continue)
{
	pid_t p;
	int st;

	setup();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	CHILD(p, {
		pid_t q;

		setsid();
		q = fork();
		if (q == 0) {
			setpgid(0, 0);
			signal(SIGHUP, on_hup);
			signal(SIGCONT, on_cont);
			shared[2] = 1;
			raise(SIGSTOP);
			while (!shared[0])
				msleep(5);
			_exit(0);
		}
		waitpid(q, &st, WUNTRACED);
		CHECK(WIFSTOPPED(st));
	});
	JOIN(p);
	CHECK(await(&shared[0], SIGHUP));
	CHECK_EQ(shared[1], 1);
	CHECK(wait(&st) > 0 && st == 0);
}

CASE(terminal_stops_do_not_hit_orphans)
{
	pid_t p;

	setup();
	CHILD(p, {
		setsid();		/* its group has no member with a parent in the session */
		signal(SIGTSTP, SIG_DFL);
		raise(SIGTSTP);
		shared[0] = 1;
	});
	CHECK(await(&shared[0], 1));
	JOIN(p);
}

CASE(stop_and_continue_cancel_each_other)
{
	sigset_t s, pending;

	sigfillset(&s);
	sigprocmask(SIG_BLOCK, &s, NULL);
	raise(SIGTSTP);
	sigpending(&pending);
	CHECK(sigismember(&pending, SIGTSTP) == 1);
	raise(SIGCONT);
	sigpending(&pending);
	CHECK(sigismember(&pending, SIGTSTP) == 0 && sigismember(&pending, SIGCONT) == 1);
	raise(SIGTTIN);
	sigpending(&pending);
	CHECK(sigismember(&pending, SIGTTIN) == 1 && sigismember(&pending, SIGCONT) == 0);
}

CASE(nocldstop_and_nocldwait)
{
	struct sigaction sa = { .sa_handler = on_cont, .sa_flags = SA_NOCLDSTOP };
	pid_t p;
	int st;

	setup();
	sigaction(SIGCHLD, &sa, NULL);
	CHILD(p, raise(SIGSTOP));
	NEED(waitpid(p, &st, WUNTRACED) == p && WIFSTOPPED(st));
	CHECK_EQ(shared[1], 0);
	kill(p, SIGCONT);
	waitpid(p, &st, 0);
	CHECK_EQ(shared[1], 1);
	sa.sa_flags = SA_NOCLDWAIT;
	sigaction(SIGCHLD, &sa, NULL);
	CHILD(p, (void)0);
	FAILS(waitpid(p, &st, 0), ECHILD);
}

/* ---- set-id programs ---- */

static void copy_self(const char *to, mode_t mode)
{
	char buf[65536];
	int in = open("/proc/self/exe", O_RDONLY), out = open(to, O_CREAT | O_WRONLY, 0700);
	ssize_t n;

	NEED(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		NEED(write(out, buf, n) == n);
	close(in);
	NEED(!fchown(out, 1234, 2345));
	NEED(!fchmod(out, mode));
	close(out);
}

/* The program itself, run with TAP_IDS set: its ids as exit status bits. */
__attribute__((constructor(101))) static void report_ids(void)
{
	uid_t r, e, s;
	gid_t g, h, i;

	if (!getenv("TAP_IDS"))
		return;
	getresuid(&r, &e, &s);
	getresgid(&g, &h, &i);
	_exit((e == 1234) | (s == 1234) << 1 | (h == 2345) << 2 | (i == 2345) << 3 |
	      (prctl(PR_GET_DUMPABLE) == 1) << 4 | (r == 1000) << 5);
}

static int run_as(const char *prog, int no_new_privs)
{
	char *argv[] = { (char *)prog, NULL }, *envp[] = { "TAP_IDS=1", NULL };
	pid_t p = fork();
	int st;

	if (p == 0) {
		if (no_new_privs)
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(99);
		execve(prog, argv, envp);
		_exit(98);
	}
	NEED(waitpid(p, &st, 0) == p && WIFEXITED(st));
	return WEXITSTATUS(st);
}

CASE(set_id_bits_change_identity)
{
	NEED(!chmod(".", 0755));
	NEED(!mkdir("s", 0755));
	NEED(!mount("none", "s", "tmpfs", 0, "mode=755"));	/* /tmp itself is nosuid */
	NEED(!chdir("s"));
	copy_self("./plain", 0755);
	copy_self("./suid", 04755);
	copy_self("./sgid", 02755);
	copy_self("./both", 06755);
	copy_self("./lockbit", 02745);	/* no group execute: not set-group-id */
	CHECK_EQ(run_as("./plain", 0), 0x30);
	CHECK_EQ(run_as("./suid", 0), 0x23);
	CHECK_EQ(run_as("./sgid", 0), 0x2c);
	CHECK_EQ(run_as("./both", 0), 0x2f);
	CHECK_EQ(run_as("./lockbit", 0), 0x30);
	CHECK_EQ(run_as("./both", 1), 0x30);
	CHECK(!chdir("..") && !umount("s"));
}

CASE(unreadable_program_runs_undumpable)
{
	NEED(!chmod(".", 0755));
	copy_self("./secret", 0711);
	CHECK_EQ(run_as("./secret", 0), 0x20);
}

struct cap_header { uint32_t version; int pid; };
struct cap_data { uint32_t e, p, i; };

static void caps_get(struct cap_data d[2])
{
	struct cap_header h = { 0x20080522, 0 };

	NEED(!syscall(SYS_capget, &h, d));
}

CASE(capabilities_follow_identity)
{
	struct cap_header h = { 0, 0 };
	struct cap_data d[2], keep[2];
	pid_t p;

	FAILS(syscall(SYS_capget, &h, d), EINVAL);
	CHECK_EQ(h.version, 0x20080522);
	caps_get(d);
	CHECK(d[0].e == ~0u && d[0].p == ~0u && d[0].i == 0);
	CHILD(p, {
		NEED(!setresuid(-1, 1000, -1));
		caps_get(d);
		CHECK(d[0].e == 0 && d[0].p == ~0u);
		NEED(!setresuid(-1, 0, -1));
		caps_get(d);
		CHECK(d[0].e == ~0u);
		NEED(!setresuid(1000, 1000, 1000));
		caps_get(d);
		CHECK(d[0].e == 0 && d[0].p == 0);
	});
	JOIN(p);
	CHILD(p, {
		NEED(!prctl(PR_SET_KEEPCAPS, 1));
		NEED(!setresuid(1000, 1000, 1000));
		caps_get(keep);
		CHECK(keep[0].e == 0 && keep[0].p == ~0u);
		keep[0].p = keep[0].e = 1u << 5;	/* kill */
		keep[1].p = keep[1].e = 0;
		h.version = 0x20080522;
		NEED(!syscall(SYS_capset, &h, keep));
		CHECK_EQ(kill(1, 0), 0);
		keep[0].p = ~0u;
		FAILS(syscall(SYS_capset, &h, keep), EPERM);
	});
	JOIN(p);
	CHILD(p, {
		NEED(!prctl(PR_CAPBSET_DROP, 21));
		CHECK_EQ(prctl(PR_CAPBSET_READ, 21), 0);
		CHECK_EQ(prctl(PR_CAPBSET_READ, 20), 1);
		FAILS(prctl(PR_CAPBSET_READ, 63), EINVAL);
	});
	JOIN(p);
}

CASE(fsuid_moves_alone)
{
	CHECK_EQ(syscall(SYS_setfsuid, 77), 0);
	CHECK_EQ(syscall(SYS_setfsuid, -1), 77);
	CHECK_EQ(geteuid(), 0);
	CHECK_EQ(syscall(SYS_setfsuid, 0), 77);
}

CASE(nosuid_mount_ignores_set_id)
{
	NEED(!chmod(".", 0755));
	NEED(!mkdir("m", 0755));
	NEED(!mount("none", "m", "tmpfs", MS_NOSUID, "mode=755"));
	copy_self("m/suid", 04755);
	CHECK_EQ(run_as("m/suid", 0), 0x30);
	NEED(!mount("none", "m", NULL, MS_REMOUNT | MS_NOEXEC, NULL));
	CHECK_EQ(run_as("m/suid", 0), 98);
	CHECK_EQ(umount("m"), 0);
}

CASE(strict_seccomp_kills)
{
	pid_t p;
	int st;

	CHILD(p, prctl(PR_SET_SECCOMP, 1); syscall(SYS_exit, 3));
	CHECK(waitpid(p, &st, 0) == p && WIFEXITED(st) && WEXITSTATUS(st) == 3);
	CHILD(p, prctl(PR_SET_SECCOMP, 1); getppid(); syscall(SYS_exit, 3));
	CHECK(waitpid(p, &st, 0) == p && WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
}

CASE(services_given_up_stay_away)
{
	long mask = prctl(PR_TERN_GET_SERVICES);
	pid_t p;

	if (mask < 0)
		SKIP("not Tern");
	FAILS(prctl(PR_TERN_DROP_SERVICES, 1 << 1, 0, 0, 0), EINVAL);	/* the syscall service */
	FAILS(prctl(PR_TERN_DROP_SERVICES, 1 << 10, 0, 0, 0), EINVAL);
	CHILD(p, {
		pid_t q;

		CHECK_EQ(prctl(PR_TERN_DROP_SERVICES, 1 << 3, 0, 0, 0), 0);
		CHECK_EQ(prctl(PR_TERN_GET_SERVICES), mask & ~(1 << 3));
		FAILS(socket(AF_UNIX, SOCK_STREAM, 0), EACCES);
		q = fork();
		if (q == 0) {
			FAILS(socket(AF_UNIX, SOCK_STREAM, 0), EACCES);
			_exit(tap_failed);
		}
		JOIN(q);
		CHECK(open("/dev/null", O_RDONLY) >= 0);
	});
	JOIN(p);
	CHECK(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
}

TAP_MAIN
