/* SPDX-License-Identifier: GPL-2.0-only */
/* Starting processes, inherited handles, pipes, exit codes, jobs. */
#include "test.h"

#include <stdlib.h>

static int child(char **argv)
{
	char buf[64];
	DWORD n = 0;

	if (!strcmp(argv[1], "echo")) {
		ReadFile(GetStdHandle(STD_INPUT_HANDLE), buf, sizeof(buf), &n, NULL);
		printf("child: %.*s %s\n", (int)n, buf, getenv("WIN32_TEST"));
		return 33;
	}
	Sleep(60000);
	return 1;
}

static PROCESS_INFORMATION start(const char *word, HANDLE in, HANDLE out, DWORD flags)
{
	STARTUPINFOA si = { .cb = sizeof(si), .dwFlags = STARTF_USESTDHANDLES, .hStdInput = in,
			    .hStdOutput = out, .hStdError = out };
	PROCESS_INFORMATION pi = { 0 };
	char me[MAX_PATH], line[MAX_PATH + 32];

	GetModuleFileNameA(NULL, me, sizeof(me));
	sprintf(line, "\"%s\" %s", me, word);
	printf("%s: %d\n", word, CreateProcessA(NULL, line, NULL, NULL, TRUE, flags, NULL, NULL, &si, &pi));
	return pi;
}

static void echo(void)
{
	SECURITY_ATTRIBUTES sa = { sizeof(sa), NULL, TRUE };
	HANDLE in_r, in_w, out_r, out_w;
	PROCESS_INFORMATION pi;
	char buf[128];
	DWORD n, code, avail = 0;

	SHOW(CreatePipe(&in_r, &in_w, &sa, 0));
	SHOW(CreatePipe(&out_r, &out_w, &sa, 0));
	SetHandleInformation(in_w, HANDLE_FLAG_INHERIT, 0);
	SetHandleInformation(out_r, HANDLE_FLAG_INHERIT, 0);
	SetEnvironmentVariableA("WIN32_TEST", "value");
	pi = start("echo", in_r, out_w, 0);
	CloseHandle(in_r);
	CloseHandle(out_w);
	SHOW(GetExitCodeProcess(pi.hProcess, &code));
	SHOW(code == STILL_ACTIVE);
	SHOW(PeekNamedPipe(out_r, NULL, 0, NULL, &avail, NULL));
	SHOW(avail);
	SHOW(WriteFile(in_w, "hello", 5, &n, NULL));
	CloseHandle(in_w);
	SHOW(ReadFile(out_r, buf, sizeof(buf), &n, NULL));
	printf("%.*s", (int)n, buf);
	FAILS(ReadFile(out_r, buf, sizeof(buf), &n, NULL));
	SHOW(WaitForSingleObject(pi.hProcess, 10000));
	SHOW(WaitForSingleObject(pi.hThread, 0));
	SHOW(GetExitCodeProcess(pi.hProcess, &code));
	SHOW(code);
	CloseHandle(pi.hProcess);
	CloseHandle(pi.hThread);
}

static void kill_one(void)
{
	PROCESS_INFORMATION pi = start("sleep", NULL, NULL, 0);
	DWORD code;
	HANDLE h;

	SHOW(WaitForSingleObject(pi.hProcess, 100));
	h = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, pi.dwProcessId);
	SHOW(h != NULL);
	FAILS(GetExitCodeProcess(h, &code));
	SHOW(TerminateProcess(h, 77));
	SHOW(WaitForSingleObject(h, 10000));
	SHOW(GetExitCodeProcess(pi.hProcess, &code));
	SHOW(code);
}

static void job(void)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = { 0 };
	HANDLE j = CreateJobObjectA(NULL, NULL);
	PROCESS_INFORMATION pi = start("sleep", NULL, NULL, CREATE_SUSPENDED);
	BOOL in = FALSE;

	limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
	SHOW(SetInformationJobObject(j, JobObjectExtendedLimitInformation, &limits, sizeof(limits)));
	SHOW(AssignProcessToJobObject(j, pi.hProcess));
	SHOW(IsProcessInJob(pi.hProcess, j, &in) && in);
	SHOW(ResumeThread(pi.hThread));
	SHOW(CloseHandle(j));
	SHOW(WaitForSingleObject(pi.hProcess, 10000));
}

static void failures(void)
{
	STARTUPINFOA si = { .cb = sizeof(si) };
	PROCESS_INFORMATION pi;
	char none[] = "no-such-program.exe";

	FAILS(CreateProcessA(NULL, none, NULL, NULL, FALSE, 0, NULL, NULL, &si, &pi));
	FAILS(OpenProcess(PROCESS_TERMINATE, FALSE, 0x7ffffff0) != NULL);
}

static void priority_class(void)
{
	static const DWORD classes[] = {
		IDLE_PRIORITY_CLASS, BELOW_NORMAL_PRIORITY_CLASS, ABOVE_NORMAL_PRIORITY_CLASS, 12345,
		NORMAL_PRIORITY_CLASS,
	};
	PROCESS_INFORMATION pi;

	printf("-- priority_class\n");
	fflush(stdout);
	pi = start("sleep", NULL, NULL, 0);
	SHOW(GetPriorityClass(GetCurrentProcess()));
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		SetLastError(0);
		printf("%lx: %d", classes[i], SetPriorityClass(GetCurrentProcess(), classes[i]));
		printf(" error %lu", GetLastError());
		printf(", is %lx\n", GetPriorityClass(GetCurrentProcess()));
	}
	SHOW(SetPriorityClass(pi.hProcess, IDLE_PRIORITY_CLASS));
	SHOW(GetPriorityClass(pi.hProcess));
	SHOW(GetPriorityClass(GetCurrentProcess()));
	TerminateProcess(pi.hProcess, 0);
	CloseHandle(pi.hProcess);
	CloseHandle(pi.hThread);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return child(argv);
	echo();
	kill_one();
	job();
	failures();
	priority_class();
	return 0;
}
