/* SPDX-License-Identifier: GPL-2.0-only */
/* Named pipes: messages and bytes, overlapped operations, ends that go. */
#include "test.h"

#define NAME "\\\\.\\pipe\\tern_test"

static HANDLE server(DWORD mode, DWORD flags)
{
	return CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX | flags, mode, 2, 4096, 4096, 0, NULL);
}

static HANDLE client(void)
{
	return CreateFileA(NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

static void messages(void)
{
	HANDLE s = server(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 0), c, none;
	DWORD n, avail = 0, left = 0;
	char buf[16];

	SHOW(s != INVALID_HANDLE_VALUE);
	c = client();
	SHOW(c != INVALID_HANDLE_VALUE);
	FAILS(ConnectNamedPipe(s, NULL));
	none = client();
	SHOW(none == INVALID_HANDLE_VALUE);
	SHOW(GetLastError());
	SHOW(WriteFile(c, "first", 5, &n, NULL));
	SHOW(WriteFile(c, "the second", 10, &n, NULL));
	SHOW(PeekNamedPipe(s, buf, 3, &n, &avail, &left));
	printf("%.3s %lu %lu %lu\n", buf, n, avail, left);
	SHOW(ReadFile(s, buf, sizeof(buf), &n, NULL));
	printf("%lu %.*s\n", n, (int)n, buf);
	FAILS(ReadFile(s, buf, 4, &n, NULL));
	printf("%lu %.*s\n", n, (int)n, buf);
	SHOW(ReadFile(s, buf, sizeof(buf), &n, NULL));
	printf("%lu %.*s\n", n, (int)n, buf);
	SHOW(WriteFile(s, "answer", 6, &n, NULL));
	SHOW(CloseHandle(s));
	SHOW(ReadFile(c, buf, sizeof(buf), &n, NULL));
	printf("%lu %.*s\n", n, (int)n, buf);
	FAILS(ReadFile(c, buf, sizeof(buf), &n, NULL));
	FAILS(WriteFile(c, "x", 1, &n, NULL));
	SHOW(CloseHandle(c));
	SHOW(client() == INVALID_HANDLE_VALUE);
	SHOW(GetLastError());
}

static void overlapped(void)
{
	HANDLE s = server(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED), c;
	OVERLAPPED o = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
	DWORD n = 0;
	char buf[16];

	FAILS(ConnectNamedPipe(s, &o));
	SHOW(WaitForSingleObject(o.hEvent, 0));
	c = client();
	SHOW(WaitForSingleObject(o.hEvent, 1000));
	SHOW(GetOverlappedResult(s, &o, &n, FALSE));
	FAILS(ReadFile(s, buf, sizeof(buf), NULL, &o));
	SHOW(WriteFile(c, "abc", 3, &n, NULL));
	SHOW(GetOverlappedResult(s, &o, &n, TRUE));
	printf("%lu %.*s\n", n, (int)n, buf);
	FAILS(ReadFile(s, buf, sizeof(buf), NULL, &o));
	SHOW(CancelIo(s));
	FAILS(GetOverlappedResult(s, &o, &n, TRUE));
	FAILS(ReadFile(s, buf, sizeof(buf), NULL, &o));
	SHOW(CloseHandle(c));
	FAILS(GetOverlappedResult(s, &o, &n, TRUE));
	SHOW(DisconnectNamedPipe(s));
	FAILS(ReadFile(s, buf, sizeof(buf), NULL, &o));
	SHOW(CloseHandle(s));
}

static void completion_port(void)
{
	HANDLE s = server(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED), c = client();
	HANDLE port = CreateIoCompletionPort(s, NULL, 42, 1);
	OVERLAPPED o = { 0 }, *done;
	ULONG_PTR key;
	DWORD n;
	char buf[16];

	SHOW(port != NULL);
	FAILS(ReadFile(s, buf, sizeof(buf), NULL, &o));
	FAILS(GetQueuedCompletionStatus(port, &n, &key, &done, 0));
	SHOW(WriteFile(c, "queued", 6, &n, NULL));
	SHOW(GetQueuedCompletionStatus(port, &n, &key, &done, 1000));
	printf("%lu %llu %d %.*s\n", n, (unsigned long long)key, done == &o, (int)n, buf);
	SHOW(CloseHandle(c));
	SHOW(CloseHandle(s));
	SHOW(CloseHandle(port));
}

int main(void)
{
	messages();
	overlapped();
	completion_port();
	return 0;
}
