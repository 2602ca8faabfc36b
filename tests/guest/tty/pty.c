// SPDX-License-Identifier: GPL-2.0-only
/* Pseudo terminals and the line discipline. */
#include "tap.h"

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

static int m, s;
static char buf[8192];

static void open_pair(void)
{
	struct termios t;

	NEED(openpty(&m, &s, NULL, NULL, NULL) == 0);
	NEED(tcgetattr(s, &t) == 0);
	NEED(tcsetattr(s, TCSANOW, &t) == 0);
}

static void set_lflag(tcflag_t clear, tcflag_t set)
{
	struct termios t;

	tcgetattr(s, &t);
	t.c_lflag = (t.c_lflag & ~clear) | set;
	NEED(tcsetattr(s, TCSANOW, &t) == 0);
}

/* Everything the master can read now. */
static const char *output(void)
{
	struct pollfd f = { m, POLLIN, 0 };
	ssize_t n = 0, r;

	while (poll(&f, 1, 50) == 1 && (r = read(m, buf + n, sizeof(buf) - 1 - n)) > 0)
		n += r;
	buf[n] = 0;
	return buf;
}

static const char *input(void)
{
	static char in[8192];
	ssize_t n = read(s, in, sizeof(in) - 1);

	in[n > 0 ? n : 0] = 0;
	return in;
}

/* Linux hands input over from a work item: give it a moment. */
static int readable(int fd)
{
	struct pollfd f = { fd, POLLIN, 0 };

	return poll(&f, 1, 30);
}

CASE(line_mode_waits_for_newline)
{
	open_pair();
	write(m, "abc", 3);
	CHECK_EQ(readable(s), 0);
	write(m, "d\n", 2);
	CHECK_EQ(readable(s), 1);
	CHECK_STR(input(), "abcd\n");
	CHECK_STR(output(), "abcd\r\n");
}

CASE(erase_kill_and_word_erase)
{
	open_pair();
	write(m, "abx\177c\n", 6);
	CHECK_STR(input(), "abc\n");
	CHECK_STR(output(), "abx\b \bc\r\n");
	write(m, "wrong\025right\n", 12);
	CHECK_STR(input(), "right\n");
	output();
	write(m, "one two\027three\n", 14);
	CHECK_STR(input(), "one three\n");
	output();
	write(m, "a\026\003b\n", 5);
	CHECK_STR(input(), "a\003b\n");
}

CASE(end_of_file_character)
{
	open_pair();
	write(m, "\004", 1);
	CHECK_EQ(read(s, buf, 10), 0);
	write(m, "ab\004", 3);
	CHECK_EQ(read(s, buf, 10), 2);
	write(m, "\004x\n", 3);
	CHECK_EQ(read(s, buf, 10), 0);
	CHECK_EQ(read(s, buf, 10), 2);
}

CASE(one_read_gets_one_line)
{
	open_pair();
	write(m, "a\nb\nc\n", 6);
	CHECK_EQ(read(s, buf, 100), 2);
	CHECK_EQ(read(s, buf, 1), 1);
	CHECK_EQ(read(s, buf, 100), 1);
	CHECK_EQ(read(s, buf, 100), 2);
}

CASE(raw_mode_and_vmin_vtime)
{
	struct termios t;

	open_pair();
	tcgetattr(s, &t);
	cfmakeraw(&t);
	NEED(tcsetattr(s, TCSANOW, &t) == 0);
	write(m, "x\r\003", 3);
	CHECK_EQ(read(s, buf, 10), 3);
	CHECK(!memcmp(buf, "x\r\003", 3));
	CHECK_STR(output(), "");
	write(s, "a\n", 2);
	CHECK_STR(output(), "a\n");
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 1;
	tcsetattr(s, TCSANOW, &t);
	CHECK_EQ(read(s, buf, 10), 0);
	t.c_cc[VTIME] = 0;
	tcsetattr(s, TCSANOW, &t);
	CHECK_EQ(read(s, buf, 10), 0);
}

CASE(output_processing)
{
	struct termios t;

	open_pair();
	write(s, "a\nb\tc\n", 6);
	CHECK_STR(output(), "a\r\nb\tc\r\n");
	tcgetattr(s, &t);
	t.c_oflag |= XTABS;
	tcsetattr(s, TCSANOW, &t);
	write(s, "ab\tc\n", 5);
	CHECK_STR(output(), "ab      c\r\n");
	t.c_oflag &= ~OPOST;
	tcsetattr(s, TCSANOW, &t);
	write(s, "a\n", 2);
	CHECK_STR(output(), "a\n");
}

CASE(input_mapping)
{
	struct termios t;

	open_pair();
	write(m, "a\r", 2);
	CHECK_STR(input(), "a\n");
	tcgetattr(s, &t);
	t.c_iflag &= ~ICRNL;
	t.c_iflag |= INLCR;
	tcsetattr(s, TCSANOW, &t);
	set_lflag(ICANON | ECHO, 0);
	write(m, "a\n", 2);
	CHECK_STR(input(), "a\r");
}

CASE(echo_off_and_control_echo)
{
	open_pair();
	set_lflag(ECHO, 0);
	write(m, "secret\n", 7);
	CHECK_STR(output(), "");
	input();
	set_lflag(0, ECHO);
	write(m, "\001\n", 2);
	CHECK_STR(output(), "^A\r\n");
}

CASE(window_size_and_queue_counts)
{
	struct winsize w = { 40, 120, 0, 0 }, got;
	int n;

	open_pair();
	CHECK(ioctl(m, TIOCSWINSZ, &w) == 0);
	CHECK(ioctl(s, TIOCGWINSZ, &got) == 0);
	CHECK(got.ws_row == 40 && got.ws_col == 120);
	write(m, "abc\n", 4);
	CHECK_EQ(poll(&(struct pollfd){ s, POLLIN, 0 }, 1, 1000), 1);
	CHECK(ioctl(s, FIONREAD, &n) == 0 && n == 4);
	CHECK(isatty(s) && isatty(m));
	FAILS(ioctl(s, 0x1234, 0), ENOTTY);
	CHECK(tcflush(s, TCIFLUSH) == 0);
	CHECK_EQ(readable(s), 0);
	FAILS(tcflush(s, 99), EINVAL);
}

CASE(closing_the_master_hangs_up)
{
	open_pair();
	close(m);
	CHECK_EQ(read(s, buf, 10), 0);
	FAILS(write(s, "x", 1), EIO);
}

CASE(closing_the_slave_is_EIO_on_the_master)
{
	open_pair();
	write(s, "last", 4);
	close(s);
	CHECK_EQ(read(m, buf, 10), 4);
	FAILS(read(m, buf, 10), EIO);
}

/* A session leader on the slave, as login makes it. */
static pid_t start_session(int *ready)
{
	pid_t pid;
	int p[2];
	char c;

	NEED(pipe(p) == 0);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(m);
		setsid();
		if (ioctl(s, TIOCSCTTY, 0))
			_exit(70);
		signal(SIGINT, SIG_DFL);
		write(p[1], "r", 1);
		*ready = 1;
		return 0;
	}
	close(p[1]);
	NEED(read(p[0], &c, 1) == 1);
	close(p[0]);
	return pid;
}

CASE(interrupt_character_signals_the_foreground)
{
	int st, r = 0;
	pid_t pid;

	open_pair();
	pid = start_session(&r);
	if (r)
		for (;;)
			pause();
	write(m, "\003", 1);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGINT);
}

CASE(leader_sees_its_terminal)
{
	int r = 0;
	pid_t pid;

	open_pair();
	pid = start_session(&r);
	if (r) {
		CHECK_EQ(tcgetpgrp(s), getpid());
		CHECK_EQ(tcgetsid(s), getpid());
		int t = open("/dev/tty", O_RDWR);
		CHECK(t >= 0);
		CHECK_EQ(write(t, "via tty", 7), 7);
		fflush(stdout);
		_exit(tap_failed);
	}
	CHECK_STR(output(), "via tty");
	JOIN(pid);
}

CASE(background_reader_is_stopped)
{
	int st, r = 0;
	pid_t pid;

	open_pair();
	pid = start_session(&r);
	if (r) {
		pid_t bg = fork();
		if (!bg) {
			setpgid(0, 0);
			read(s, buf, 1);
			_exit(0);
		}
		setpgid(bg, bg);
		NEED(waitpid(bg, &st, WUNTRACED) == bg);
		CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGTTIN);
		signal(SIGTTOU, SIG_IGN);
		CHECK(tcsetpgrp(s, bg) == 0);
		kill(bg, SIGCONT);
		write(1, "", 0);
		NEED(waitpid(bg, &st, 0) == bg);
		CHECK_EQ(st, 0);
		fflush(stdout);
		_exit(tap_failed);
	}
	msleep(200);
	write(m, "\n", 1);
	JOIN(pid);
}

CASE(hangup_reaches_the_session)
{
	int st, r = 0;
	pid_t pid;

	open_pair();
	pid = start_session(&r);
	if (r)
		for (;;)
			pause();
	close(s);
	close(m);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGHUP);
}

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

CASE(a_session_leader_takes_only_what_it_asks_for)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), zero = 0, slave;
	pid_t p;

	NEED(master >= 0 && ioctl(master, TIOCSPTLCK, &zero) == 0);
	CHILD(p, {
		NEED(setsid() > 0);
		slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
		NEED(slave >= 0);
		CHECK_EQ(fcntl(slave, F_GETFD), FD_CLOEXEC);
		CHECK_EQ(fcntl(slave, F_GETFL) & (O_ACCMODE | O_NOCTTY), O_RDWR);
		FAILS(open("/dev/tty", O_RDWR), ENXIO);
		NEED(open(ptsname(master), O_RDWR | O_NOCTTY) >= 0);
		FAILS(open("/dev/tty", O_RDWR), ENXIO);
		CHECK_EQ(ioctl(slave, TIOCSCTTY, 0), 0);
		CHECK(open("/dev/tty", O_RDWR) >= 0);
	});
	JOIN(p);
	CHILD(p, {
		NEED(setsid() > 0);
		NEED(ioctl(master, TIOCGPTPEER, O_RDWR) >= 0);
		CHECK(open("/dev/tty", O_RDWR) >= 0);
	});
	JOIN(p);
}

#ifndef TIOCGLCKTRMIOS
#define TIOCGLCKTRMIOS 0x5456
#define TIOCSLCKTRMIOS 0x5457
#endif

CASE(locked_settings_stay)
{
	struct termios lock = { 0 }, got = { 0 }, t;

	open_pair();
	CHECK_EQ(ioctl(s, TIOCGLCKTRMIOS, &got), 0);
	CHECK_EQ(got.c_lflag, 0);
	lock.c_lflag = ECHO;
	CHECK_EQ(ioctl(s, TIOCSLCKTRMIOS, &lock), 0);
	set_lflag(ECHO | ICANON, 0);
	tcgetattr(s, &t);
	CHECK(t.c_lflag & ECHO);
	CHECK(!(t.c_lflag & ICANON));
	lock.c_lflag = 0;
	CHECK_EQ(ioctl(s, TIOCSLCKTRMIOS, &lock), 0);
	set_lflag(ECHO, 0);
	tcgetattr(s, &t);
	CHECK(!(t.c_lflag & ECHO));
}

CASE(large_transfers_lose_nothing)
{
	struct termios t;
	size_t got = 0;
	pid_t pid;

	open_pair();
	tcgetattr(s, &t);
	cfmakeraw(&t);
	tcsetattr(s, TCSANOW, &t);
	CHILD(pid, for (int i = 0; i < 100; i++) {
		memset(buf, 'a' + i % 26, 1000);
		size_t done = 0;
		while (done < 1000)
			done += write(s, buf + done, 1000 - done);
	});
	while (got < 100000) {
		ssize_t n = read(m, buf, sizeof(buf));

		NEED(n > 0);
		for (ssize_t i = 0; i < n; i++)
			NEED(buf[i] == (char)('a' + (got + i) / 1000 % 26));
		got += n;
	}
	JOIN(pid);
}

TAP_MAIN
