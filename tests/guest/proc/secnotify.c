// SPDX-License-Identifier: GPL-2.0-only
/* seccomp user notification, and what ptrace tells of filters. */
#include "../tap.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#define LISTEN SECCOMP_FILTER_FLAG_NEW_LISTENER

static int listen_for(int nr, unsigned flags)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { 4, f };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
}

static int receive(int fd, struct seccomp_notif *n)
{
	memset(n, 0, sizeof(*n));
	return ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, n);
}

static int answer(int fd, uint64_t id, long val, int error, unsigned flags)
{
	struct seccomp_notif_resp r = { id, val, error, flags };

	return ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

/* What is ready within @ms; -1: nothing. */
static int ready(int fd, int ms)
{
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };

	return poll(&p, 1, ms) == 1 ? p.revents : -1;
}

CASE(sizes_and_flags)
{
	struct seccomp_notif_sizes s;
	unsigned action = SECCOMP_RET_USER_NOTIF;

	CHECK(syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &s) == 0);
	CHECK_EQ(s.seccomp_notif, 80);
	CHECK_EQ(s.seccomp_notif_resp, 24);
	CHECK_EQ(s.seccomp_data, 64);
	FAILS(syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 1, &s), EINVAL);
	CHECK(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0);
	FAILS(listen_for(SYS_getppid, LISTEN | SECCOMP_FILTER_FLAG_TSYNC), EINVAL);
	FAILS(listen_for(SYS_getppid, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV), EINVAL);
	int fd = listen_for(SYS_getppid, LISTEN | SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH);
	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	FAILS(listen_for(SYS_getsid, LISTEN), EBUSY);
	CHECK(listen_for(SYS_getsid, 0) == 0);
	FAILS(syscall(SYS_getsid, 0), ENOSYS);
	close(fd);
	FAILS(syscall(SYS_getppid), ENOSYS);
	CHECK(listen_for(SYS_getpgid, LISTEN) >= 0);
}

CASE(answers_become_results)
{
	struct seccomp_notif n;
	pid_t pid;
	int fd = listen_for(SYS_getpriority, LISTEN);

	NEED(fd >= 0);
	CHECK_EQ(ready(fd, 0), -1);
	CHILD(pid, CHECK_EQ(syscall(SYS_getpriority, 7, 8), 12345);
	      FAILS(syscall(SYS_getpriority, 7, 8), EXDEV); CHECK_EQ(syscall(SYS_getpriority, 0, 0), 20));
	CHECK_EQ(ready(fd, 5000), POLLIN);
	CHECK(receive(fd, &n) == 0);
	CHECK_EQ(n.pid, pid);
	CHECK_EQ(n.flags, 0);
	CHECK_EQ(n.data.nr, SYS_getpriority);
	CHECK_EQ(n.data.arch, AUDIT_ARCH_X86_64);
	CHECK_EQ(n.data.args[0], 7);
	CHECK_EQ(n.data.args[1], 8);
	CHECK(n.data.instruction_pointer != 0);
	CHECK_EQ(ready(fd, 0), POLLOUT);
	CHECK(ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id) == 0);
	uint64_t wrong = n.id + 1;
	FAILS(ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &wrong), ENOENT);
	FAILS(answer(fd, wrong, 0, 0, 0), ENOENT);
	FAILS(answer(fd, n.id, 0, 0, 2), EINVAL);
	FAILS(answer(fd, n.id, 1, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE), EINVAL);
	FAILS(answer(fd, n.id, 0, -1, SECCOMP_USER_NOTIF_FLAG_CONTINUE), EINVAL);
	CHECK(answer(fd, n.id, 12345, 0, 0) == 0);
	uint64_t first = n.id;
	CHECK(receive(fd, &n) == 0);
	CHECK_EQ(n.id, first + 1);
	FAILS(answer(fd, first, 0, 0, 0), ENOENT);
	CHECK(answer(fd, n.id, 55, -EXDEV, 0) == 0);
	CHECK(receive(fd, &n) == 0);
	CHECK(answer(fd, n.id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE) == 0);
	JOIN(pid);
	FAILS(ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id), ENOENT);
}

CASE(receive_wants_a_zeroed_buffer)
{
	struct seccomp_notif n = { .pid = 1 };
	int fd = listen_for(SYS_getpriority, LISTEN);

	NEED(fd >= 0);
	FAILS(ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n), EINVAL);
	FAILS(ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, 8), EFAULT);
	FAILS(ioctl(fd, TIOCGWINSZ, &n), EINVAL);
}

CASE(closing_the_listener_ends_waits)
{
	pid_t pid, other;
	int fd = listen_for(SYS_getpriority, LISTEN);

	NEED(fd >= 0);
	CHILD(pid, close(fd); FAILS(syscall(SYS_getpriority, 7, 8), ENOSYS));
	CHILD(other, close(fd); FAILS(syscall(SYS_getpriority, 7, 8), ENOSYS));
	CHECK_EQ(ready(fd, 5000), POLLIN);
	close(fd);
	JOIN(pid);
	JOIN(other);
}

static int send_fd(int sock, int fd)
{
	char c = 0, room[CMSG_SPACE(sizeof(int))] = "";
	struct iovec v = { &c, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(int));
	return sendmsg(sock, &m, 0) == 1 ? 0 : -1;
}

static int receive_fd(int sock)
{
	char c, room[CMSG_SPACE(sizeof(int))];
	struct iovec v = { &c, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	int fd;

	if (recvmsg(sock, &m, 0) != 1)
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	return fd;
}

/* A child with a filter of its own; the listener comes back. */
static int child_listener(pid_t *pid, int nr, unsigned flags, void (*body)(void))
{
	int s[2], fd;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	fflush(stdout);
	*pid = fork();
	NEED(*pid >= 0);
	if (!*pid) {
		fd = listen_for(nr, flags);
		send_fd(s[1], fd);
		close(fd);
		close(s[0]);
		close(s[1]);
		body();
		fflush(stdout);
		_exit(tap_failed);
	}
	close(s[1]);
	fd = receive_fd(s[0]);
	close(s[0]);
	NEED(fd >= 0);
	return fd;
}

static void nothing(int sig) { }

static void interrupted_call(void)
{
	struct sigaction sa = { .sa_handler = nothing };

	sigaction(SIGUSR1, &sa, NULL);
	FAILS(syscall(SYS_getpriority, 7, 8), EINTR);
	sa.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &sa, NULL);
	CHECK_EQ(syscall(SYS_getpriority, 7, 9), 99);
}

CASE(signals_interrupt_a_wait)
{
	struct seccomp_notif n;
	pid_t pid;
	int fd = child_listener(&pid, SYS_getpriority, LISTEN, interrupted_call);

	CHECK(receive(fd, &n) == 0);
	CHECK_EQ(n.data.args[1], 8);
	kill(pid, SIGUSR1);
	uint64_t first = n.id;
	CHECK(receive(fd, &n) == 0);
	CHECK_EQ(n.data.args[1], 9);
	FAILS(answer(fd, first, 1, 0, 0), ENOENT);
	kill(pid, SIGUSR1);
	first = n.id;
	CHECK(receive(fd, &n) == 0);		/* the same call again */
	CHECK(n.id != first);
	CHECK_EQ(n.data.args[1], 9);
	CHECK(answer(fd, n.id, 99, 0, 0) == 0);
	JOIN(pid);
	CHECK_EQ(ready(fd, 5000), POLLHUP);
}

static void unreceived_call(void)
{
	struct sigaction sa = { .sa_handler = nothing };

	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	FAILS(syscall(SYS_getpriority, 7, 8), EINTR);
}

CASE(receive_after_an_interruption_finds_nothing)
{
	struct seccomp_notif n;
	pid_t pid;
	int fd = child_listener(&pid, SYS_getpriority, LISTEN, unreceived_call);

	JOIN(pid);
	FAILS(receive(fd, &n), ENOENT);
}

static void killable_call(void)
{
	struct sigaction sa = { .sa_handler = nothing };

	sigaction(SIGUSR1, &sa, NULL);
	CHECK_EQ(syscall(SYS_getpriority, 7, 8), 4);
}

CASE(received_waits_can_be_killable_only)
{
	struct seccomp_notif n;
	pid_t pid;
	int fd = child_listener(&pid, SYS_getpriority, LISTEN | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
				killable_call);

	CHECK(receive(fd, &n) == 0);
	msleep(20);
	kill(pid, SIGUSR1);
	msleep(50);
	CHECK(ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id) == 0);
	CHECK(answer(fd, n.id, 4, 0, 0) == 0);
	JOIN(pid);
}

static void call_and_use_fds(void)
{
	char text[8] = "";

	CHECK_EQ(syscall(SYS_getpriority, 1, 1), 3);
	CHECK(read(100, text, 3) == 3 && !strcmp(text, "one"));
	CHECK_EQ(fcntl(100, F_GETFD), FD_CLOEXEC);
	CHECK(fcntl(5, F_GETFD) == -1);
	CHECK_EQ(fcntl(3, F_GETFD), 0);
	CHECK_EQ(syscall(SYS_getpriority, 2, 2), 4);
	CHECK(pread(4, text, 3, 0) == 3 && !strcmp(text, "one"));
}

CASE(descriptors_are_given)
{
	struct seccomp_notif_addfd a;
	struct seccomp_notif n;
	pid_t pid;
	int fd, file;

	write_file("f", "one");
	for (int i = 3; i < 20; i++)
		close(i);
	fd = child_listener(&pid, SYS_getpriority, LISTEN, call_and_use_fds);
	file = open("f", O_RDONLY);
	CHECK(receive(fd, &n) == 0);
	a = (struct seccomp_notif_addfd){ .id = n.id, .srcfd = 99 };
	FAILS(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), EBADF);
	a = (struct seccomp_notif_addfd){ .id = n.id, .srcfd = file, .newfd = 7 };
	FAILS(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), EINVAL);
	a = (struct seccomp_notif_addfd){ .id = n.id, .srcfd = file, .flags = 4 };
	FAILS(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), EINVAL);
	a = (struct seccomp_notif_addfd){ .id = n.id, .srcfd = file, .newfd_flags = O_NONBLOCK };
	FAILS(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), EINVAL);
	a = (struct seccomp_notif_addfd){ .id = n.id + 9, .srcfd = file };
	FAILS(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), ENOENT);
	a = (struct seccomp_notif_addfd){ .id = n.id, .srcfd = file };
	CHECK_EQ(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), 3);
	a = (struct seccomp_notif_addfd){ .id = n.id, .srcfd = file, .newfd = 100,
		.newfd_flags = O_CLOEXEC, .flags = SECCOMP_ADDFD_FLAG_SETFD };
	CHECK_EQ(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), 100);
	a.newfd = 0x7fffffff;
	FAILS(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), EBADF);
	CHECK(answer(fd, n.id, 3, 0, 0) == 0);
	CHECK(receive(fd, &n) == 0);
	a = (struct seccomp_notif_addfd){ .id = n.id, .srcfd = file, .flags = SECCOMP_ADDFD_FLAG_SEND };
	CHECK_EQ(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), 4);
	FAILS(ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a), ENOENT);
	struct { struct seccomp_notif_addfd a; char rest[8]; } longer = { a, "" };
	FAILS(ioctl(fd, _IOW('!', 3, longer), &longer), ENOENT);
	longer.rest[3] = 1;
	FAILS(ioctl(fd, _IOW('!', 3, longer), &longer), E2BIG);
	FAILS(ioctl(fd, _IOWR('!', 3, longer), &longer), E2BIG);
	FAILS(ioctl(fd, _IOW('!', 3, int), &longer), EINVAL);
	JOIN(pid);
}

CASE(tracers_read_filters)
{
	struct sock_filter insns[8];
	struct { uint64_t off, flags; } md = { 0, 9 };
	pid_t pid;
	int st;

	CHILD(pid, ptrace(PTRACE_TRACEME, 0, 0, 0); raise(SIGSTOP);
	      listen_for(SYS_getsid, SECCOMP_FILTER_FLAG_LOG); listen_for(SYS_getpgid, 0); raise(SIGSTOP));
	NEED(waitpid(pid, &st, 0) == pid && WIFSTOPPED(st));
	FAILS(ptrace(0x420c, pid, 0, NULL), EINVAL);
	ptrace(PTRACE_CONT, pid, 0, 0);
	NEED(waitpid(pid, &st, 0) == pid && WIFSTOPPED(st));
	CHECK_EQ(ptrace(0x420c, pid, 0, NULL), 4);
	CHECK_EQ(ptrace(0x420c, pid, 0, insns), 4);
	CHECK_EQ(insns[1].k, SYS_getsid);
	CHECK_EQ(ptrace(0x420c, pid, 1, insns), 4);
	CHECK_EQ(insns[1].k, SYS_getpgid);
	FAILS(ptrace(0x420c, pid, 2, insns), ENOENT);
	CHECK_EQ(ptrace(0x420d, pid, sizeof(md), &md), 16);
	CHECK_EQ(md.flags, SECCOMP_FILTER_FLAG_LOG);
	md.off = 1;
	CHECK_EQ(ptrace(0x420d, pid, 100, &md), 16);
	CHECK_EQ(md.flags, 0);
	FAILS(ptrace(0x420d, pid, 7, &md), EINVAL);
	ptrace(PTRACE_CONT, pid, 0, 0);
	JOIN(pid);
}

/* Twenty instructions, then a branch. */
static void straight_on(void)
{
	__asm__ volatile("xor %%eax, %%eax\n\t"
			 ".rept 20\n\tinc %%eax\n\t.endr\n\t"
			 "jmp 1f\n\t"
			 ".rept 20\n\tdec %%eax\n\t.endr\n1:"
			 : : : "rax");
}

CASE(block_steps_come_to_an_end)
{
	struct user_regs_struct r;
	unsigned long last = 0;
	pid_t pid;
	int st, n;

	CHILD(pid, ptrace(PTRACE_TRACEME, 0, 0, 0); raise(SIGSTOP); straight_on(); _exit(33));
	NEED(waitpid(pid, &st, 0) == pid && WIFSTOPPED(st));
	for (n = 0; n < 5000; n++) {
		NEED(ptrace(33 /* SINGLEBLOCK */, pid, 0, 0) == 0);
		NEED(waitpid(pid, &st, 0) == pid);
		if (!WIFSTOPPED(st))
			break;
		CHECK_EQ(WSTOPSIG(st), SIGTRAP);
		NEED(ptrace(PTRACE_GETREGS, pid, 0, &r) == 0);
		CHECK(r.rip != last);
		CHECK(!(r.eflags & 0x100));
		last = r.rip;
	}
	CHECK(n > 3 && WIFEXITED(st) && WEXITSTATUS(st) == 33);
}
TAP_MAIN
