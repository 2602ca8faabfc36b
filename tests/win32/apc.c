/* SPDX-License-Identifier: GPL-2.0-only */
/* Asynchronous procedure calls and completion ports. */
#include "nt.h"

static int order[8], norder;

static void CALLBACK note(ULONG_PTR n)
{
	order[norder++ % 8] = (int)n;
}

static void show_order(void)
{
	for (int i = 0; i < norder; i++)
		printf("%d ", order[i]);
	printf("(%d)\n", norder);
	norder = 0;
}

static void to_self(void)
{
	for (int i = 1; i < 4; i++)
		SHOW(QueueUserAPC(note, GetCurrentThread(), i) != 0);
	show_order();
	SHOW(SleepEx(0, FALSE));
	show_order();
	SHOW(SleepEx(0, TRUE));
	show_order();
	SHOW(SleepEx(0, TRUE));
}

static void CALLBACK queue_more(ULONG_PTR n)
{
	note(n);
	if (n < 3)
		QueueUserAPC(queue_more, GetCurrentThread(), n + 1);
}

static void queued_by_an_apc(void)
{
	QueueUserAPC(queue_more, GetCurrentThread(), 1);
	SHOW(SleepEx(0, TRUE));
	show_order();
}

static void CALLBACK wait_inside(ULONG_PTR n)
{
	note(n);
	note(100 + SleepEx(0, TRUE));
}

static void nested(void)
{
	QueueUserAPC(wait_inside, GetCurrentThread(), 1);
	QueueUserAPC(note, GetCurrentThread(), 2);
	SHOW(SleepEx(0, TRUE));
	show_order();
}

static void test_alert(void)
{
	HEX(NtTestAlert());
	QueueUserAPC(note, GetCurrentThread(), 9);
	HEX(NtTestAlert());
	show_order();
}

static void NTAPI three(ULONG_PTR a, ULONG_PTR b, ULONG_PTR c)
{
	printf("apc %d %d %d\n", (int)a, (int)b, (int)c);
}

static void arguments(void)
{
	HEX(NtQueueApcThread(GetCurrentThread(), three, 1, 2, 3));
	HEX(NtTestAlert());
	HEX(NtQueueApcThread(GetCurrentProcess(), three, 1, 2, 3));
}

static DWORD WINAPI sleeper(void *alertable)
{
	return SleepEx(3000, alertable != NULL);
}

static void wakes_another(void)
{
	HANDLE t = CreateThread(NULL, 0, sleeper, (void *)1, 0, NULL);
	DWORD code;

	Sleep(50);
	SHOW(QueueUserAPC(note, t, 5) != 0);
	SHOW(WaitForSingleObject(t, 2000));
	GetExitCodeThread(t, &code);
	SHOW(code);
	show_order();
	FAILS(QueueUserAPC(note, t, 5));
	CloseHandle(t);
}

static void before_the_start(void)
{
	HANDLE t = CreateThread(NULL, 0, sleeper, NULL, CREATE_SUSPENDED, NULL);

	SHOW(QueueUserAPC(note, t, 6) != 0);
	ResumeThread(t);
	Sleep(100);
	show_order();
	TerminateThread(t, 0);
	WaitForSingleObject(t, 1000);
	CloseHandle(t);
}

static void wait_ends(void)
{
	HANDLE e = CreateEventA(NULL, TRUE, FALSE, NULL);

	QueueUserAPC(note, GetCurrentThread(), 1);
	SHOW(WaitForSingleObject(e, 0));
	SHOW(WaitForSingleObjectEx(e, 1000, TRUE));
	SHOW(WaitForSingleObjectEx(e, 10, TRUE));
	QueueUserAPC(note, GetCurrentThread(), 2);
	SetEvent(e);
	SHOW(WaitForSingleObjectEx(e, 1000, TRUE));
	show_order();
	SHOW(SleepEx(0, TRUE));
	norder = 0;
	CloseHandle(e);
}

static DWORD WINAPI alertable(void *arg)
{
	(void)arg;
	return NtDelayExecution(TRUE, ms(3000));
}

static void alert_thread(void)
{
	HANDLE t = CreateThread(NULL, 0, alertable, NULL, 0, NULL);
	DWORD code = 0;

	Sleep(50);
	SHOW(QueueUserAPC(note, t, 1) != 0);
	SHOW(WaitForSingleObject(t, 4000));
	GetExitCodeThread(t, &code);
	HEX(code);
	norder = 0;
	CloseHandle(t);
}

/* ---- ports ---- */

static void show_packet(HANDLE port, DWORD wait)
{
	OVERLAPPED *o = (void *)0x55;
	ULONG_PTR k = 0x66;
	DWORD n = 0x77;
	BOOL ok;

	SetLastError(0);
	ok = GetQueuedCompletionStatus(port, &n, &k, &o, wait);
	printf("packet %d error %lu bytes %lu key %llu overlapped %llu\n", ok, GetLastError(), n, k,
	       (unsigned long long)(ULONG_PTR)o);
}

static void port_order(void)
{
	HANDLE p = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);

	for (int i = 1; i < 4; i++)
		SHOW(PostQueuedCompletionStatus(p, i, i * 10, (OVERLAPPED *)(ULONG_PTR)(i * 100)));
	for (int i = 1; i < 4; i++)
		show_packet(p, 0);
	show_packet(p, 0);
	show_packet(p, 20);
	CloseHandle(p);
}

static void port_native(void)
{
	ULONG_PTR k = 0, v = 0;
	IO_STATUS_BLOCK io;
	HANDLE p = NULL;
	ULONG depth = 9;

	HEX(NtCreateIoCompletion(&p, 0x1f0003, NULL, 0));
	HEX(NtSetIoCompletion(p, 1, 2, (NTSTATUS)0xc0000011, 4));
	HEX(NtQueryIoCompletion(p, 0, &depth, 4, NULL));
	SHOW(depth);
	HEX(NtRemoveIoCompletion(p, &k, &v, &io, (LARGE_INTEGER *)ms(100)));
	printf("%llu %llu %lx %llu\n", k, v, io.Status, io.Information);
	HEX(NtRemoveIoCompletion(p, &k, &v, &io, (LARGE_INTEGER *)ms(10)));
	CloseHandle(p);
	HEX(NtSetIoCompletion(p, 1, 2, 0, 4));
}

static void port_failed_packet(void)
{
	HANDLE p = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);

	NtSetIoCompletion(p, 7, 8, (NTSTATUS)0xc0000011, 9);
	show_packet(p, 0);
	CloseHandle(p);
}

static void port_several(void)
{
	HANDLE p = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
	OVERLAPPED_ENTRY e[4];
	ULONG n = 9;

	for (int i = 1; i < 6; i++)
		PostQueuedCompletionStatus(p, i, i, NULL);
	SHOW(GetQueuedCompletionStatusEx(p, e, 4, &n, 100, FALSE));
	SHOW(n);
	for (ULONG i = 0; i < n; i++)
		printf("%llu %lu\n", e[i].lpCompletionKey, e[i].dwNumberOfBytesTransferred);
	SHOW(GetQueuedCompletionStatusEx(p, e, 4, &n, 100, FALSE));
	SHOW(n);
	FAILS(GetQueuedCompletionStatusEx(p, e, 4, &n, 10, FALSE));
	CloseHandle(p);
}

static void port_wait_is_alertable(void)
{
	HANDLE p = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
	OVERLAPPED_ENTRY e[1];
	ULONG n = 0;

	QueueUserAPC(note, GetCurrentThread(), 3);
	SetLastError(0);
	SHOW(GetQueuedCompletionStatusEx(p, e, 1, &n, 1000, TRUE));
	SHOW(GetLastError());
	show_order();
	CloseHandle(p);
}

static HANDLE open_overlapped(DWORD disposition, DWORD flags)
{
	return CreateFileA("port.tmp", GENERIC_READ | GENERIC_WRITE | DELETE, 7, NULL, disposition,
			   FILE_FLAG_OVERLAPPED | flags, NULL);
}

static void port_of_a_file(void)
{
	HANDLE f = open_overlapped(CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE);
	HANDLE p = CreateIoCompletionPort(f, NULL, 31, 0);
	OVERLAPPED o = { 0 }, *back = NULL;
	char text[] = "0123456789";
	ULONG_PTR k = 0;
	DWORD n = 0;
	BOOL ok;

	SHOW(p != NULL);
	ok = WriteFile(f, text, 10, NULL, &o);
	SHOW(ok || GetLastError() == ERROR_IO_PENDING);
	SHOW(GetQueuedCompletionStatus(p, &n, &k, &back, 1000));
	printf("%lu %llu %d\n", n, k, back == &o);
	o.Offset = 4;
	ok = ReadFile(f, text, 10, NULL, &o);
	SHOW(ok || GetLastError() == ERROR_IO_PENDING);
	SHOW(GetQueuedCompletionStatus(p, &n, &k, &back, 1000));
	printf("%lu %.6s\n", n, text);
	o.Offset = 40;
	ok = ReadFile(f, text, 10, NULL, &o);
	SHOW(ok);
	FAILS(CreateIoCompletionPort(f, p, 32, 0));
	CloseHandle(f);
	CloseHandle(p);
}

static void port_is_bad(void)
{
	HANDLE e = CreateEventA(NULL, FALSE, FALSE, NULL), p;

	FAILS(PostQueuedCompletionStatus(e, 0, 0, NULL));
	FAILS(PostQueuedCompletionStatus(NULL, 0, 0, NULL));
	p = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
	FAILS(CreateIoCompletionPort(e, p, 0, 0));
	FAILS(CreateIoCompletionPort((HANDLE)0x7774, p, 0, 0));
	CloseHandle(p);
	CloseHandle(e);
}

static DWORD WINAPI take_packets(void *port)
{
	DWORD n, sum = 0;
	OVERLAPPED *o;
	ULONG_PTR k;

	while (GetQueuedCompletionStatus(port, &n, &k, &o, 5000) && k)
		sum += n;
	return sum;
}

static void port_many_threads(void)
{
	HANDLE p = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 2), t[4];
	DWORD sum = 0, code;

	for (int i = 0; i < 4; i++)
		t[i] = CreateThread(NULL, 0, take_packets, p, 0, NULL);
	for (int i = 0; i < 1000; i++)
		PostQueuedCompletionStatus(p, 3, 1, NULL);
	for (int i = 0; i < 4; i++)
		PostQueuedCompletionStatus(p, 0, 0, NULL);
	SHOW(WaitForMultipleObjects(4, t, TRUE, 10000));
	for (int i = 0; i < 4; i++) {
		GetExitCodeThread(t[i], &code);
		sum += code;
		CloseHandle(t[i]);
	}
	SHOW(sum);
	CloseHandle(p);
}

TEST_TABLE(CASE(to_self), CASE(queued_by_an_apc), CASE(nested), CASE(test_alert), CASE(arguments),
	   CASE(wakes_another), CASE(before_the_start), CASE(wait_ends), CASE(alert_thread), CASE(port_order),
	   CASE(port_native), CASE(port_failed_packet), CASE(port_several), CASE(port_wait_is_alertable),
	   CASE(port_of_a_file), CASE(port_is_bad), CASE(port_many_threads))
