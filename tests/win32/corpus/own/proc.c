/* SPDX-License-Identifier: GPL-2.0-only */
#include <windows.h>
#include <stdio.h>
int main(int c, char **v)
{
	if (c > 1) {
		char b[100];
		DWORD n = 0;
		if (!ReadFile(GetStdHandle(STD_INPUT_HANDLE), b, 100, &n, 0))
			n = 0;
		printf("child got %lu: %.*s env=%s\n", n, (int)n, b, getenv("TERNV"));
		return 33;
	}
	SECURITY_ATTRIBUTES sa = { sizeof sa, 0, TRUE };
	HANDLE r, w, r2, w2;
	CreatePipe(&r, &w, &sa, 0);
	CreatePipe(&r2, &w2, &sa, 0);
	SetHandleInformation(r, HANDLE_FLAG_INHERIT, 0);
	SetHandleInformation(w2, HANDLE_FLAG_INHERIT, 0);
	STARTUPINFOA si = { sizeof si };
	PROCESS_INFORMATION pi;
	si.dwFlags = STARTF_USESTDHANDLES;
	si.hStdInput = r2;
	si.hStdOutput = w;
	si.hStdError = GetStdHandle(STD_ERROR_HANDLE);
	SetEnvironmentVariableA("TERNV", "xyz");
	char me[300], cl[400];
	GetModuleFileNameA(0, me, 300);
	sprintf(cl, "\"%s\" child", me);
	BOOL ok = CreateProcessA(0, cl, 0, 0, TRUE, 0, 0, 0, &si, &pi);
	printf("cp=%d\n", ok);
	CloseHandle(w);
	CloseHandle(r2);
	DWORD n;
	WriteFile(w2, "to-child", 8, &n, 0);
	CloseHandle(w2);
	char b[200];
	int t = 0;
	while (ReadFile(r, b + t, 200 - t, &n, 0) && n)
		t += n;
	printf("out: %.*s", t, b);
	WaitForSingleObject(pi.hProcess, 5000);
	GetExitCodeProcess(pi.hProcess, &n);
	printf("exit=%lu\n", n);
	HANDLE np =
	    CreateNamedPipeA("\\\\.\\pipe\\tern_np", PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
			     PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1, 4096, 4096, 0, 0);
	OVERLAPPED ov = { 0 };
	ov.hEvent = CreateEventA(0, 1, 0, 0);
	BOOL q = ConnectNamedPipe(np, &ov);
	printf("np=%d conn=%d err=%lu\n", np != INVALID_HANDLE_VALUE, q, GetLastError());
	HANDLE cl2 =
	    CreateFileA("\\\\.\\pipe\\tern_np", GENERIC_READ | GENERIC_WRITE, 0, 0, OPEN_EXISTING,
			0, 0);
	WriteFile(cl2, "msg", 3, &n, 0);
	GetOverlappedResult(np, &ov, &n, TRUE);
	ResetEvent(ov.hEvent);
	q = ReadFile(np, b, 100, &n, &ov);
	if (!q)
		q = GetOverlappedResult(np, &ov, &n, TRUE);
	printf("npread=%d n=%lu %.*s\n", q, n, (int)n, b);
	DWORD av = 9;
	q = PeekNamedPipe(np, 0, 0, 0, &av, 0);
	printf("peek=%d av=%lu\n", q, av);
	HANDLE j = CreateJobObjectA(0, 0);
	printf("job=%d assign=%d\n", j != 0, AssignProcessToJobObject(j, GetCurrentProcess()));
	FILE *p = _popen("echo popen-works", "r");
	if (p) {
		char x[100] = { 0 };
		fgets(x, 100, p);
		printf("popen: %s", x);
		printf("pclose=%d\n", _pclose(p));
	}
	HANDLE d;
	printf("dup=%d\n",
	       DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &d, 0,
			       0, DUPLICATE_SAME_ACCESS));
	return 0;
}
