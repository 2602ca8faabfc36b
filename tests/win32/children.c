/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes: how they start, what they inherit, how they end, what their pipes do. */
#include "nt.h"

#include <stdlib.h>

static PROCESS_INFORMATION pi;

static BOOL start(const char *arguments, DWORD flags, BOOL inherit, const char *cwd, void *env, HANDLE out)
{
	STARTUPINFOA si = { .cb = sizeof(si) };
	char self[300], line[500];

	if (out) {
		si.dwFlags = STARTF_USESTDHANDLES;
		si.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
		si.hStdOutput = out;
		si.hStdError = out;
	}
	GetModuleFileNameA(NULL, self, sizeof(self));
	snprintf(line, sizeof(line), "\"%s\" %s", self, arguments);
	return CreateProcessA(NULL, line, NULL, NULL, inherit, flags, env, cwd, &si, &pi);
}

static void finish(void)
{
	DWORD code = 12345;

	SHOW(WaitForSingleObject(pi.hProcess, 30000));
	SHOW(GetExitCodeProcess(pi.hProcess, &code));
	HEX(code);
	CloseHandle(pi.hProcess);
	CloseHandle(pi.hThread);
}

/* Run a child whose output comes through a pipe, and print that. */
static void output_of(const char *arguments, const char *cwd, void *env)
{
	SECURITY_ATTRIBUTES sa = { sizeof(sa), NULL, TRUE };
	char buf[600];
	HANDLE r, w;
	DWORD n, total = 0;

	CreatePipe(&r, &w, &sa, 0);
	SetHandleInformation(r, HANDLE_FLAG_INHERIT, 0);
	SHOW(start(arguments, 0, TRUE, cwd, env, w));
	CloseHandle(w);
	while (total < sizeof(buf) - 1 && ReadFile(r, buf + total, sizeof(buf) - 1 - total, &n, NULL) && n)
		total += n;
	buf[total] = 0;
	printf("[%s]\n", buf);
	CloseHandle(r);
	finish();
}

static void exit_codes(void)
{
	SHOW(start("exit 0", 0, FALSE, NULL, NULL, NULL));
	finish();
	SHOW(start("exit 305419896", 0, FALSE, NULL, NULL, NULL));
	finish();
	SHOW(start("exit -1", 0, FALSE, NULL, NULL, NULL));
	finish();
}

static void still_active(void)
{
	DWORD code = 0;

	SHOW(start("sleep", 0, FALSE, NULL, NULL, NULL));
	SHOW(GetExitCodeProcess(pi.hProcess, &code));
	SHOW(code);
	SHOW(TerminateProcess(pi.hProcess, 0xabc));
	finish();
}

static void suspended(void)
{
	SHOW(start("exit 5", CREATE_SUSPENDED, FALSE, NULL, NULL, NULL));
	SHOW(WaitForSingleObject(pi.hProcess, 100));
	SHOW(ResumeThread(pi.hThread));
	finish();
	SHOW(start("exit 5", CREATE_SUSPENDED, FALSE, NULL, NULL, NULL));
	SHOW(TerminateProcess(pi.hProcess, 6));
	finish();
}

static void output(void)
{
	output_of("say hello", NULL, NULL);
}

static void arguments(void)
{
	output_of("args one \"two words\" \"q\\\"uote\" back\\\\slash \"\" *", NULL, NULL);
}

static void environment(void)
{
	char env[] = "TERN_VAR=value 1\0SystemRoot=C:\\windows\0";

	output_of("env TERN_VAR", NULL, env);
	SetEnvironmentVariableA("TERN_OTHER", "inherited");
	output_of("env TERN_OTHER", NULL, NULL);
	SetEnvironmentVariableA("TERN_OTHER", NULL);
	output_of("env TERN_OTHER", NULL, NULL);
}

static void directory(void)
{
	output_of("cwd", "C:\\windows", NULL);
	FAILS(start("exit 0", 0, FALSE, "C:\\no\\such", NULL, NULL));
}

static void inherited_handle(void)
{
	SECURITY_ATTRIBUTES sa = { sizeof(sa), NULL, TRUE };
	HANDLE e = CreateEventA(&sa, TRUE, FALSE, NULL);
	char arg[40];

	snprintf(arg, sizeof(arg), "set %llu", (unsigned long long)(ULONG_PTR)e);
	SHOW(start(arg, 0, TRUE, NULL, NULL, NULL));
	finish();
	SHOW(WaitForSingleObject(e, 0));
	ResetEvent(e);
	SHOW(start(arg, 0, FALSE, NULL, NULL, NULL));
	finish();
	SHOW(WaitForSingleObject(e, 0));
	CloseHandle(e);
}

static void by_name(void)
{
	HANDLE e = CreateEventA(NULL, TRUE, FALSE, "tern_child_event");

	SHOW(start("name tern_child_event", 0, FALSE, NULL, NULL, NULL));
	finish();
	SHOW(WaitForSingleObject(e, 0));
	CloseHandle(e);
}

static void failures(void)
{
	STARTUPINFOA si = { .cb = sizeof(si) };
	char none[] = "no_such_program_here.exe", text[] = "child.tmp.exe";
	FILE *f;

	FAILS(CreateProcessA(NULL, none, NULL, NULL, FALSE, 0, NULL, NULL, &si, &pi));
	f = fopen("child.tmp.exe", "w");
	fputs("this is text, no program", f);
	fclose(f);
	FAILS(CreateProcessA(NULL, text, NULL, NULL, FALSE, 0, NULL, NULL, &si, &pi));
	remove("child.tmp.exe");
}

static void open_process(void)
{
	HANDLE h;

	SHOW(start("sleep", 0, FALSE, NULL, NULL, NULL));
	h = OpenProcess(SYNCHRONIZE, FALSE, pi.dwProcessId);
	SHOW(h != NULL);
	FAILS(TerminateProcess(h, 1));
	CloseHandle(h);
	h = OpenProcess(PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION, FALSE, pi.dwProcessId);
	SHOW(GetProcessId(h) == pi.dwProcessId);
	SHOW(TerminateProcess(h, 7));
	CloseHandle(h);
	finish();
	FAILS(OpenProcess(SYNCHRONIZE, FALSE, 0x7ffffff0));
}

static void memory_of_another(void)
{
	static int value = 1234;
	int got = 0;
	SIZE_T n = 0;
	char *p;

	SHOW(start("sleep", CREATE_SUSPENDED, FALSE, NULL, NULL, NULL));
	SHOW(ReadProcessMemory(pi.hProcess, &value, &got, sizeof(got), &n));
	SHOW(got);
	got = 77;
	SHOW(WriteProcessMemory(pi.hProcess, &value, &got, sizeof(got), &n));
	SHOW(value);
	p = VirtualAllocEx(pi.hProcess, NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
	SHOW(p != NULL);
	SHOW(WriteProcessMemory(pi.hProcess, p, "remote", 7, &n));
	SHOW(VirtualFreeEx(pi.hProcess, p, 0, MEM_RELEASE));
	TerminateProcess(pi.hProcess, 0);
	finish();
}

static void duplicate_into(void)
{
	HANDLE e = CreateEventA(NULL, TRUE, FALSE, NULL), there = NULL, back = NULL;

	SHOW(start("sleep", 0, FALSE, NULL, NULL, NULL));
	SHOW(DuplicateHandle(GetCurrentProcess(), e, pi.hProcess, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
	SHOW(DuplicateHandle(pi.hProcess, there, GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS));
	SHOW(SetEvent(back));
	SHOW(WaitForSingleObject(e, 0));
	CloseHandle(back);
	CloseHandle(e);
	TerminateProcess(pi.hProcess, 3);
	finish();
}

static void times(void)
{
	FILETIME c, e, k, u;

	SHOW(start("exit 1", 0, FALSE, NULL, NULL, NULL));
	WaitForSingleObject(pi.hProcess, 30000);
	SHOW(GetProcessTimes(pi.hProcess, &c, &e, &k, &u));
	SHOW(CompareFileTime(&e, &c) >= 0);
	finish();
}

/* ---- pipes between them ---- */

static void pipe_breaks(void)
{
	HANDLE r, w;
	char c;
	DWORD n = 9;

	CreatePipe(&r, &w, NULL, 0);
	SHOW(WriteFile(w, "ab", 2, &n, NULL));
	CloseHandle(w);
	SHOW(ReadFile(r, &c, 1, &n, NULL));
	SHOW(ReadFile(r, &c, 1, &n, NULL));
	FAILS(ReadFile(r, &c, 1, &n, NULL));
	CloseHandle(r);
	CreatePipe(&r, &w, NULL, 0);
	CloseHandle(r);
	FAILS(WriteFile(w, "ab", 2, &n, NULL));
	CloseHandle(w);
}

static void pipe_peek(void)
{
	HANDLE r, w;
	char c = 0;
	DWORD n = 9, avail = 9;

	CreatePipe(&r, &w, NULL, 0);
	SHOW(PeekNamedPipe(r, NULL, 0, NULL, &avail, NULL));
	SHOW(avail);
	WriteFile(w, "xyz", 3, &n, NULL);
	SHOW(PeekNamedPipe(r, &c, 1, &n, &avail, NULL));
	printf("%c %lu %lu\n", c, n, avail);
	SHOW(GetFileType(r));
	FAILS(WriteFile(r, "q", 1, &n, NULL));
	FAILS(ReadFile(w, &c, 1, &n, NULL));
	CloseHandle(w);
	SHOW(PeekNamedPipe(r, NULL, 0, NULL, &avail, NULL));
	SHOW(avail);
	CloseHandle(r);
}

static void named_between_processes(void)
{
	HANDLE h = CreateNamedPipeA("\\\\.\\pipe\\tern_between", PIPE_ACCESS_DUPLEX,
				    PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, 1, 1000, 1000, 0, NULL);
	char buf[40] = { 0 };
	DWORD n = 0;

	SHOW(h != INVALID_HANDLE_VALUE);
	SHOW(start("talk", 0, FALSE, NULL, NULL, NULL));
	SHOW(ConnectNamedPipe(h, NULL) || GetLastError() == ERROR_PIPE_CONNECTED);
	SHOW(ReadFile(h, buf, sizeof(buf), &n, NULL));
	printf("%s %lu\n", buf, n);
	SHOW(WriteFile(h, "answer", 7, &n, NULL));
	SHOW(FlushFileBuffers(h));
	SHOW(DisconnectNamedPipe(h));
	CloseHandle(h);
	finish();
}

static int talk(void)
{
	char buf[40] = { 0 };
	DWORD n = 0;

	return CallNamedPipeA("\\\\.\\pipe\\tern_between", (void *)"question", 9, buf, sizeof(buf), &n, 5000) &&
	       !strcmp(buf, "answer") ? 0 : 1;
}

static int child(int argc, char **argv)
{
	char buf[300];

	if (!strcmp(argv[1], "exit"))
		return atoi(argv[2]);
	if (!strcmp(argv[1], "sleep"))
		Sleep(60000);
	if (!strcmp(argv[1], "say"))
		printf("%s", argv[2]);
	if (!strcmp(argv[1], "args"))
		for (int i = 2; i < argc; i++)
			printf("<%s>", argv[i]);
	if (!strcmp(argv[1], "env"))
		printf("%s", getenv(argv[2]) ? getenv(argv[2]) : "none");
	if (!strcmp(argv[1], "cwd") && GetCurrentDirectoryA(sizeof(buf), buf))
		printf("%s", buf);
	if (!strcmp(argv[1], "set"))
		return !SetEvent((HANDLE)(ULONG_PTR)atoll(argv[2]));
	if (!strcmp(argv[1], "name"))
		return !SetEvent(OpenEventA(EVENT_MODIFY_STATE, FALSE, argv[2]));
	return !strcmp(argv[1], "talk") ? talk() : 0;
}

static const struct test_case cases[] = {
	CASE(exit_codes), CASE(still_active), CASE(suspended), CASE(output), CASE(arguments), CASE(environment),
	CASE(directory), CASE(inherited_handle), CASE(by_name), CASE(failures), CASE(open_process),
	CASE(memory_of_another), CASE(duplicate_into), CASE(times), CASE(pipe_breaks), CASE(pipe_peek),
	CASE(named_between_processes),
};

int main(int argc, char **argv)
{
	if (argc > 1)
		return child(argc, argv);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		printf("-- %s\n", cases[i].name);
		fflush(stdout);
		cases[i].run();
	}
	return 0;
}
