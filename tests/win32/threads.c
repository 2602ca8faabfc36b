/* SPDX-License-Identifier: GPL-2.0-only */
/* Threads: suspension, context, ends, what is told of them. */
#include "nt.h"

static volatile LONG counter, stop;

static DWORD WINAPI count(void *arg)
{
	while (!stop)
		InterlockedIncrement(&counter);
	return (DWORD)(ULONG_PTR)arg;
}

static DWORD WINAPI give(void *arg)
{
	return (DWORD)(ULONG_PTR)arg;
}

static DWORD code_of(HANDLE t)
{
	DWORD code = 12345;

	GetExitCodeThread(t, &code);
	return code;
}

static int moves(void)
{
	LONG before = counter;

	Sleep(60);
	return counter != before;
}

static void end(HANDLE t)
{
	stop = 1;
	SHOW(WaitForSingleObject(t, 5000));
	CloseHandle(t);
	stop = 0;
}

static void exit_codes(void)
{
	HANDLE t = CreateThread(NULL, 0, give, (void *)0xdeadbeef, 0, NULL);

	SHOW(WaitForSingleObject(t, 5000));
	HEX(code_of(t));
	CloseHandle(t);
	t = CreateThread(NULL, 0, count, (void *)3, 0, NULL);
	SHOW(code_of(t));
	stop = 1;
	WaitForSingleObject(t, 5000);
	SHOW(code_of(t));
	CloseHandle(t);
	stop = 0;
}

static DWORD WINAPI leave(void *arg)
{
	(void)arg;
	ExitThread(44);
}

static void exit_thread(void)
{
	HANDLE t = CreateThread(NULL, 0, leave, NULL, 0, NULL);

	SHOW(WaitForSingleObject(t, 5000));
	SHOW(code_of(t));
	CloseHandle(t);
}

static void created_suspended(void)
{
	HANDLE t = CreateThread(NULL, 0, give, (void *)4, CREATE_SUSPENDED, NULL);

	SHOW(WaitForSingleObject(t, 50));
	SHOW(ResumeThread(t));
	SHOW(WaitForSingleObject(t, 5000));
	SHOW(code_of(t));
	FAILS(ResumeThread(t) != (DWORD)-1);
	FAILS(SuspendThread(t) != (DWORD)-1);
	CloseHandle(t);
}

static void suspend_counts(void)
{
	HANDLE t = CreateThread(NULL, 0, count, NULL, 0, NULL);

	Sleep(20);
	SHOW(SuspendThread(t));
	SHOW(SuspendThread(t));
	SHOW(moves());
	SHOW(ResumeThread(t));
	SHOW(moves());
	SHOW(ResumeThread(t));
	SHOW(moves());
	SHOW(ResumeThread(t));
	end(t);
}

static void suspend_limit(void)
{
	HANDLE t = CreateThread(NULL, 0, give, NULL, CREATE_SUSPENDED, NULL);
	DWORD last = 0;

	for (int i = 1; i < 127; i++)
		last = SuspendThread(t);
	SHOW(last);
	FAILS(SuspendThread(t) != (DWORD)-1);
	for (int i = 0; i < 127; i++)
		last = ResumeThread(t);
	SHOW(last);
	SHOW(WaitForSingleObject(t, 5000));
	CloseHandle(t);
}

static void terminate(void)
{
	HANDLE t = CreateThread(NULL, 0, count, NULL, 0, NULL);

	Sleep(20);
	SHOW(TerminateThread(t, 99));
	SHOW(WaitForSingleObject(t, 5000));
	SHOW(code_of(t));
	SHOW(moves());
	CloseHandle(t);
}

static void terminate_suspended(void)
{
	HANDLE t = CreateThread(NULL, 0, give, NULL, CREATE_SUSPENDED, NULL);

	SHOW(TerminateThread(t, 98));
	SHOW(WaitForSingleObject(t, 5000));
	SHOW(code_of(t));
	CloseHandle(t);
}

static DWORD WINAPI forever(void *arg)
{
	return WaitForSingleObject(arg, INFINITE);
}

static void terminate_waiting(void)
{
	HANDLE e = CreateEventA(NULL, TRUE, FALSE, NULL), t = CreateThread(NULL, 0, forever, e, 0, NULL);

	Sleep(20);
	SHOW(TerminateThread(t, 97));
	SHOW(WaitForSingleObject(t, 5000));
	SHOW(code_of(t));
	CloseHandle(t);
	CloseHandle(e);
}

static void context_of_suspended(void)
{
	HANDLE t = CreateThread(NULL, 0, count, NULL, 0, NULL);
	CONTEXT c = { .ContextFlags = CONTEXT_FULL };

	Sleep(30);
	SHOW(SuspendThread(t));
	SHOW(GetThreadContext(t, &c));
	SHOW(c.Rip != 0 && c.Rsp != 0);
	HEX(c.SegCs);
	HEX(c.ContextFlags & 0xfffff);
	SHOW(SetThreadContext(t, &c));
	SHOW(ResumeThread(t));
	SHOW(moves());
	end(t);
}

static volatile LONG redirected;
static void jump_target(void)
{
	redirected = 1;
	ExitThread(55);
}

static void set_rip(void)
{
	HANDLE t = CreateThread(NULL, 0, count, NULL, 0, NULL);
	CONTEXT c = { .ContextFlags = CONTEXT_CONTROL };

	Sleep(30);
	SuspendThread(t);
	SHOW(GetThreadContext(t, &c));
	c.Rip = (DWORD64)jump_target;
	c.Rsp = (c.Rsp & ~15ULL) - 0x108;
	SHOW(SetThreadContext(t, &c));
	ResumeThread(t);
	SHOW(WaitForSingleObject(t, 5000));
	SHOW(redirected);
	SHOW(code_of(t));
	CloseHandle(t);
}

static void context_of_waiting(void)
{
	HANDLE e = CreateEventA(NULL, TRUE, FALSE, NULL), t = CreateThread(NULL, 0, forever, e, 0, NULL);
	CONTEXT c = { .ContextFlags = CONTEXT_FULL };

	Sleep(30);
	SHOW(SuspendThread(t));
	SHOW(GetThreadContext(t, &c));
	SHOW(c.Rip != 0);
	SHOW(SetEvent(e));
	SHOW(WaitForSingleObject(t, 50));
	SHOW(ResumeThread(t));
	SHOW(WaitForSingleObject(t, 5000));
	SHOW(code_of(t));
	CloseHandle(t);
	CloseHandle(e);
}

static void vector_context(void)
{
	HANDLE t = CreateThread(NULL, 0, give, (void *)1, CREATE_SUSPENDED, NULL);
	CONTEXT c = { .ContextFlags = CONTEXT_FULL };

	SHOW(GetThreadContext(t, &c));
	HEX(c.MxCsr);
	HEX(c.FltSave.ControlWord);
	c.Xmm6.Low = 0x1122334455667788;
	SHOW(SetThreadContext(t, &c));
	memset(&c, 0, sizeof(c));
	c.ContextFlags = CONTEXT_FULL;
	SHOW(GetThreadContext(t, &c));
	SHOW(c.Xmm6.Low == 0x1122334455667788);
	ResumeThread(t);
	SHOW(WaitForSingleObject(t, 5000));
	CloseHandle(t);
}

static void debug_registers(void)
{
	HANDLE t = CreateThread(NULL, 0, give, (void *)1, CREATE_SUSPENDED, NULL);
	CONTEXT c = { .ContextFlags = CONTEXT_DEBUG_REGISTERS };

	SHOW(GetThreadContext(t, &c));
	printf("%llx %llx\n", c.Dr0, c.Dr7);
	ResumeThread(t);
	WaitForSingleObject(t, 5000);
	CloseHandle(t);
}

static DWORD slot;
static DWORD WINAPI use_slot(void *arg)
{
	void *before = TlsGetValue(slot);

	TlsSetValue(slot, arg);
	return before == NULL && TlsGetValue(slot) == arg;
}

static void slots(void)
{
	HANDLE t;

	slot = TlsAlloc();
	TlsSetValue(slot, &slot);
	t = CreateThread(NULL, 0, use_slot, (void *)&counter, 0, NULL);
	WaitForSingleObject(t, 5000);
	SHOW(code_of(t));
	SHOW(TlsGetValue(slot) == &slot);
	SHOW(TlsFree(slot));
	CloseHandle(t);
}

static DWORD WINAPI own_id(void *arg)
{
	*(DWORD *)arg = GetCurrentThreadId();
	return 0;
}

static void ids(void)
{
	DWORD id = 1, own = 2;
	HANDLE t = CreateThread(NULL, 0, own_id, &own, 0, &id), o;

	SHOW(id % 4);
	o = OpenThread(SYNCHRONIZE | THREAD_QUERY_INFORMATION, FALSE, id);
	SHOW(o != NULL);
	WaitForSingleObject(t, 5000);
	SHOW(id == own);
	SHOW(GetThreadId(t) == id);
	SHOW(GetProcessIdOfThread(o) == GetCurrentProcessId());
	CloseHandle(t);
	CloseHandle(o);
	FAILS(OpenThread(SYNCHRONIZE, FALSE, 0x7ffffff0));
}

static void open_rights(void)
{
	HANDLE t = CreateThread(NULL, 0, give, NULL, CREATE_SUSPENDED, NULL);
	HANDLE o = OpenThread(SYNCHRONIZE, FALSE, GetThreadId(t));

	FAILS(TerminateThread(o, 1));
	FAILS(SuspendThread(o) != (DWORD)-1);
	ResumeThread(t);
	SHOW(WaitForSingleObject(o, 5000));
	CloseHandle(t);
	CloseHandle(o);
}

static void priorities(void)
{
	SHOW(GetThreadPriority(GetCurrentThread()));
	SHOW(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_ABOVE_NORMAL));
	SHOW(GetThreadPriority(GetCurrentThread()));
	SHOW(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL));
	FAILS(SetThreadPriority(GetCurrentThread(), 99));
}

static void times(void)
{
	FILETIME c, e, k, u;
	HANDLE t = CreateThread(NULL, 0, give, NULL, 0, NULL);

	WaitForSingleObject(t, 5000);
	SHOW(GetThreadTimes(t, &c, &e, &k, &u));
	SHOW(CompareFileTime(&e, &c) >= 0 && c.dwHighDateTime > 0);
	CloseHandle(t);
}

static void descriptions(void)
{
	WCHAR *s = NULL;

	HEX(SetThreadDescription(GetCurrentThread(), L"a name"));
	HEX(GetThreadDescription(GetCurrentThread(), &s));
	printf("%ls\n", s);
}

static void information(void)
{
	struct { NTSTATUS status; void *teb; HANDLE process, thread; ULONG_PTR affinity; LONG priority, base; } b;
	ULONG n = 0, last = 9;

	HEX(NtQueryInformationThread(GetCurrentThread(), 0, &b, sizeof(b), &n));
	SHOW(n);
	HEX(b.status);
	SHOW(b.teb == NtCurrentTeb());
	SHOW(b.thread == (HANDLE)(ULONG_PTR)GetCurrentThreadId());
	HEX(NtQueryInformationThread(GetCurrentThread(), 12, &last, 4, NULL));
}

static DWORD WINAPI stack_room(void *arg)
{
	char *low = NULL, *high = NULL;

	GetCurrentThreadStackLimits((ULONG_PTR *)&low, (ULONG_PTR *)&high);
	return (char *)&arg > low && (char *)&arg < high ? (DWORD)((high - low) / 1024) : 0;
}

static void stack_sizes(void)
{
	HANDLE t = CreateThread(NULL, 3 << 20, stack_room, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);

	WaitForSingleObject(t, 5000);
	SHOW(code_of(t));
	CloseHandle(t);
}

static DWORD WINAPI deep(void *arg)
{
	volatile char big[100000];

	for (size_t i = 0; i < sizeof(big); i += 1024)
		big[i] = 1;
	return (ULONG_PTR)arg ? deep((void *)((ULONG_PTR)arg - 1)) + big[2048] : 7;
}

static void stack_grows(void)
{
	HANDLE t = CreateThread(NULL, 0, deep, (void *)8, 0, NULL);

	SHOW(WaitForSingleObject(t, 5000));
	SHOW(code_of(t));
	CloseHandle(t);
}

static void many(void)
{
	HANDLE t[60];
	int sum = 0;

	for (int i = 0; i < 60; i++)
		t[i] = CreateThread(NULL, 0, give, (void *)(ULONG_PTR)i, 0, NULL);
	SHOW(WaitForMultipleObjects(60, t, TRUE, 20000));
	for (int i = 0; i < 60; i++) {
		sum += code_of(t[i]);
		CloseHandle(t[i]);
	}
	SHOW(sum);
}

static void affinity(void)
{
	SHOW(SetThreadAffinityMask(GetCurrentThread(), 1) != 0);
	SHOW(SetThreadAffinityMask(GetCurrentThread(), 1));
	FAILS(SetThreadAffinityMask(GetCurrentThread(), 0));
}

/*
 * ntdll keeps those that wait on addresses in lists through their stacks; one that another
 * ended stays in its list.
 */
static volatile LONG ticket, left;

static DWORD WINAPI waits(void *place)
{
	LONG zero = 0;

	return WaitOnAddress(place, &zero, sizeof(zero), INFINITE);
}

static void terminate_in_list(void)
{
	for (int i = 0; i < 3; i++) {
		HANDLE t = CreateThread(NULL, 0, waits, (void *)&ticket, 0, NULL);

		Sleep(20);
		SHOW(TerminateThread(t, 96));
		SHOW(WaitForSingleObject(t, 5000));
		CloseHandle(t);
	}
	ticket = 1;
	WakeByAddressAll((void *)&ticket);
	SHOW(ticket);
}

/* How a process begins to end: its other threads go, then what detaches may walk that list. The last case. */
static void end_all_in_list(void)
{
	HANDLE t[3];

	for (int i = 0; i < 3; i++)
		t[i] = CreateThread(NULL, 0, waits, (void *)&left, 0, NULL);
	Sleep(20);
	HEX(NtTerminateProcess(NULL, 95));
	SHOW(WaitForMultipleObjects(3, t, TRUE, 5000));
	SHOW(code_of(t[0]));
	left = 1;
	WakeByAddressAll((void *)&left);
	SHOW(left);
}

TEST_TABLE(CASE(exit_codes), CASE(exit_thread), CASE(created_suspended), CASE(suspend_counts), CASE(suspend_limit),
	   CASE(terminate), CASE(terminate_suspended), CASE(terminate_waiting), CASE(context_of_suspended),
	   CASE(set_rip), CASE(context_of_waiting), CASE(vector_context), CASE(debug_registers), CASE(slots),
	   CASE(ids), CASE(open_rights), CASE(priorities), CASE(times), CASE(descriptions), CASE(information),
	   CASE(stack_sizes), CASE(stack_grows), CASE(many), CASE(affinity), CASE(terminate_in_list),
	   CASE(end_all_in_list))
