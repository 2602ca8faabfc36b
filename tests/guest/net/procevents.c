/* SPDX-License-Identifier: GPL-2.0-only */
/* The process connector: who is told what happened to which process. */
#include "../tap.h"

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

struct request {
	struct nlmsghdr nl;
	struct cn_msg cn;
	uint32_t op;
} __attribute__((packed));

static void say(int s, uint32_t op, uint32_t seq)
{
	struct request r = {
		.nl = { .nlmsg_len = sizeof(r), .nlmsg_type = NLMSG_DONE, .nlmsg_pid = getpid() },
		.cn = { .id = { CN_IDX_PROC, CN_VAL_PROC }, .seq = seq, .ack = 5, .len = sizeof(op) },
		.op = op,
	};

	CHECK_EQ(send(s, &r, sizeof(r), 0), sizeof(r));
}

static int listener(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	int s = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_CONNECTOR);

	NEED(s >= 0);
	NEED(bind(s, (void *)&a, sizeof(a)) == 0);
	return s;
}

static char last[4096];

/* The next event, NULL: none within a second. */
static struct proc_event *next_event(int s, struct cn_msg **cn)
{
	struct pollfd p = { s, POLLIN, 0 };
	static struct proc_event ev;
	struct nlmsghdr *nl = (void *)last;
	struct cn_msg *m = NLMSG_DATA(nl);

	if (poll(&p, 1, 1000) != 1 || recv(s, last, sizeof(last), 0) < (ssize_t)NLMSG_LENGTH(sizeof(*m)))
		return NULL;
	CHECK_EQ(nl->nlmsg_type, NLMSG_DONE);
	CHECK_EQ(m->id.idx, CN_IDX_PROC);
	CHECK_EQ(m->id.val, CN_VAL_PROC);
	CHECK_EQ(m->len, sizeof(ev));
	memcpy(&ev, m->data, sizeof(ev));
	if (cn)
		*cn = m;
	return &ev;
}

/* The next event of a kind about a process. */
static struct proc_event *event_of(int s, uint32_t what, pid_t pid)
{
	struct proc_event *e;

	while ((e = next_event(s, NULL)))
		if (e->what == what && (e->event_data.exec.process_pid == pid ||
		    (what == PROC_EVENT_FORK && e->event_data.fork.child_pid == pid)))
			return e;
	tap_fail(__LINE__, "no event %#x of %d", what, pid);
	exit(1);
}

static int listening(void)
{
	int s = listener();
	struct proc_event *e;
	struct cn_msg *cn;

	say(s, PROC_CN_MCAST_LISTEN, 77);
	do {
		e = next_event(s, &cn);
		NEED(e);
	} while (e->what != PROC_EVENT_NONE);
	CHECK_EQ(e->event_data.ack.err, 0);
	CHECK_EQ(cn->ack, 6);
	return s;
}

CASE(life_of_a_process_is_told)
{
	int s = listening(), go[2], st;
	struct proc_event *e;
	pid_t p;
	char c;

	NEED(pipe(go) == 0);
	CHILD(p, CHECK_EQ(read(go[0], &c, 1), 1); prctl(PR_SET_NAME, "wren"); setsid(); setgid(7);
	      CHECK_EQ(setresuid(5, 6, 5), 0); _exit(3));
	e = event_of(s, PROC_EVENT_FORK, p);
	CHECK_EQ(e->event_data.fork.parent_pid, getpid());
	CHECK_EQ(e->event_data.fork.parent_tgid, getpid());
	CHECK_EQ(e->event_data.fork.child_tgid, p);
	CHECK(e->timestamp_ns > 0);
	CHECK_EQ(write(go[1], "x", 1), 1);
	e = event_of(s, PROC_EVENT_COMM, p);
	CHECK_STR(e->event_data.comm.comm, "wren");
	e = event_of(s, PROC_EVENT_SID, p);
	CHECK_EQ(e->event_data.sid.process_tgid, p);
	e = event_of(s, PROC_EVENT_GID, p);
	CHECK_EQ(e->event_data.id.r.rgid, 7);
	CHECK_EQ(e->event_data.id.e.egid, 7);
	e = event_of(s, PROC_EVENT_UID, p);
	CHECK_EQ(e->event_data.id.r.ruid, 5);
	CHECK_EQ(e->event_data.id.e.euid, 6);
	e = event_of(s, PROC_EVENT_EXIT, p);
	CHECK_EQ(e->event_data.exit.exit_code, 3 << 8);
	CHECK_EQ(e->event_data.exit.exit_signal, SIGCHLD);
	CHECK_EQ(e->event_data.exit.parent_tgid, getpid());
	CHECK_EQ(waitpid(p, &st, 0), p);
	CHECK_EQ(st, 3 << 8);
	say(s, PROC_CN_MCAST_IGNORE, 1);
}

CASE(programs_and_deaths_are_told)
{
	int s = listening();
	struct proc_event *e;
	pid_t p;
	int st;

	CHILD(p, execl("/bin/true", "true", NULL));
	e = event_of(s, PROC_EVENT_EXEC, p);
	CHECK_EQ(e->event_data.exec.process_tgid, p);
	event_of(s, PROC_EVENT_EXIT, p);
	JOIN(p);
	CHILD(p, chdir("/"); abort());
	e = event_of(s, PROC_EVENT_COREDUMP, p);
	CHECK_EQ(e->event_data.coredump.parent_pid, getpid());
	e = event_of(s, PROC_EVENT_EXIT, p);
	CHECK_EQ(e->event_data.exit.exit_code & 0x7f, SIGABRT);
	CHECK_EQ(waitpid(p, &st, 0), p);
	CHILD(p, pause());
	CHECK_EQ(ptrace(PTRACE_ATTACH, p, 0, 0), 0);
	e = event_of(s, PROC_EVENT_PTRACE, p);
	CHECK_EQ(e->event_data.ptrace.tracer_pid, getpid());
	CHECK_EQ(waitpid(p, &st, 0), p);
	CHECK_EQ(ptrace(PTRACE_DETACH, p, 0, 0), 0);
	e = event_of(s, PROC_EVENT_PTRACE, p);
	CHECK_EQ(e->event_data.ptrace.tracer_pid, 0);
	kill(p, SIGKILL);
	CHECK_EQ(waitpid(p, &st, 0), p);
	say(s, PROC_CN_MCAST_IGNORE, 1);
}

CASE(wrong_requests_are_answered)
{
	int s = listening();
	struct proc_event *e;

	say(s, 99, 3);
	while ((e = next_event(s, NULL)) && e->what != PROC_EVENT_NONE)
		;
	NEED(e);
	CHECK_EQ(e->event_data.ack.err, EINVAL);
	say(s, PROC_CN_MCAST_IGNORE, 1);
}

CASE(listening_needs_rights)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC };
	int group = CN_IDX_PROC, s = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_CONNECTOR);

	NEED(s >= 0);
	NEED(setuid(1000) == 0);
	FAILS(bind(s, (void *)&a, sizeof(a)), EPERM);
	FAILS(setsockopt(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)), EPERM);
	a.nl_groups = 0;
	CHECK_EQ(bind(s, (void *)&a, sizeof(a)), 0);
}

TAP_MAIN
