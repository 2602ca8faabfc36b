/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads lines and tells them, until the input ends or Ctrl-C comes. With an argument it has a
 * handler of its own: `own` lets the default one go on, `exit` ends with status 5, `stay` goes on.
 */
#include <windows.h>

#include <stdio.h>
#include <string.h>

static const char *way = "";

static BOOL WINAPI handler(DWORD event)
{
	printf("event %lu\n", event);
	fflush(stdout);
	if (!strcmp(way, "exit"))
		ExitProcess(5);
	return !strcmp(way, "stay");
}

int main(int argc, char **argv)
{
	char line[100];

	if (argc > 1) {
		way = argv[1];
		SetConsoleCtrlHandler(handler, TRUE);
	}
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\r\n")] = 0;
		printf("got <%s>\n", line);
		fflush(stdout);
	}
	/* A read that Ctrl-C ends comes before its handler. */
	if (!feof(stdin))
		Sleep(20000);
	printf("end\n");
	return 3;
}
