// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command on a terminal of its own and plays a script to it.
 *
 * usage: onterminal SCRIPT COMMAND [ARGUMENT...]
 *
 * The script's lines are
 *	expect TEXT	wait until the terminal shows TEXT (after what was matched before)
 *	send TEXT	type it
 *	size COLUMNS LINES	the window changes
 * where TEXT may hold \r, \n, \e, \\ and octal \003. What the terminal shows goes to standard output;
 * at the end comes a line with the command's status. What does not come within a minute is told.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define PATIENCE_MS	60000
#define SHOWN_MAX	(1 << 20)

static char shown[SHOWN_MAX];
static size_t nshown, matched;
static int master;

static void die(const char *what)
{
	fflush(stdout);
	perror(what);
	exit(99);
}

/* Read once; false at the end or when nothing came in time. */
static int read_some(int patience)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, patience) <= 0)
		return 0;
	n = read(master, shown + nshown, sizeof(shown) - nshown);
	if (n <= 0)
		return 0;
	fwrite(shown + nshown, 1, n, stdout);
	fflush(stdout);
	nshown += n;
	return 1;
}

static void expect(const char *text, size_t len)
{
	for (;;) {
		char *at = memmem(shown + matched, nshown - matched, text, len);

		if (at) {
			matched = at + len - shown;
			return;
		}
		if (!read_some(PATIENCE_MS)) {
			printf("\n[not seen: %s]\n", text);
			exit(98);
		}
	}
}

/* In place; returns the length. */
static size_t unescape(char *s)
{
	char *out = s, *start = s;

	while (*s) {
		if (*s != '\\') {
			*out++ = *s++;
			continue;
		}
		s++;
		if (*s >= '0' && *s <= '3') {
			*out++ = (char)strtol((char[]){ s[0], s[1], s[2], 0 }, NULL, 8);
			s += 3;
			continue;
		}
		*out++ = *s == 'r' ? '\r' : *s == 'n' ? '\n' : *s == 'e' ? '\033' : *s;
		s++;
	}
	*out = 0;
	return out - start;
}

static void set_size(int columns, int lines)
{
	struct winsize w = { .ws_col = columns, .ws_row = lines };

	if (ioctl(master, TIOCSWINSZ, &w) < 0)
		die("TIOCSWINSZ");
}

static void play(FILE *script)
{
	char line[1024];

	while (fgets(line, sizeof(line), script)) {
		char *text = strchr(line, ' ');
		size_t len;
		int columns, lines;

		line[strcspn(line, "\n")] = 0;
		if (!text || line[0] == '#')
			continue;
		*text++ = 0;
		if (!strcmp(line, "size") && sscanf(text, "%d %d", &columns, &lines) == 2) {
			set_size(columns, lines);
			continue;
		}
		len = unescape(text);
		if (!strcmp(line, "expect"))
			expect(text, len);
		else if (!strcmp(line, "send") && write(master, text, len) != (ssize_t)len)
			die("send");
	}
}

static pid_t start(char **argv)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (!child) {
		int fd;

		setsid();
		fd = open(ptsname(master), O_RDWR);
		if (fd < 0)
			die("terminal");
		ioctl(fd, TIOCSCTTY, 0);
		for (int i = 0; i < 3; i++)
			dup2(fd, i);
		close(fd);
		close(master);
		execvp(argv[0], argv);
		die(argv[0]);
	}
	return child;
}

int main(int argc, char **argv)
{
	FILE *script = argc > 2 ? fopen(argv[1], "r") : NULL;
	int status;
	pid_t child;

	if (!script)
		die("usage: onterminal SCRIPT COMMAND");
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || grantpt(master) || unlockpt(master))
		die("terminal");
	set_size(80, 25);
	child = start(argv + 2);
	play(script);
	while (read_some(PATIENCE_MS))
		;
	if (waitpid(child, &status, WNOHANG) == 0) {
		kill(child, SIGHUP);
		waitpid(child, &status, 0);
	}
	if (WIFSIGNALED(status))
		printf("\n[signal %d]\n", WTERMSIG(status));
	else
		printf("\n[status %d]\n", WEXITSTATUS(status));
	return 0;
}
