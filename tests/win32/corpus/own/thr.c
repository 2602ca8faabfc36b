/* SPDX-License-Identifier: GPL-2.0-only */
#include <windows.h>
#include <stdio.h>
#include <process.h>
static CRITICAL_SECTION cs;
static CONDITION_VARIABLE cv;
static SRWLOCK srw = SRWLOCK_INIT;
static volatile LONG cnt, ready;
static HANDLE ev, sem, mtx;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static __thread int tls = 3;
static DWORD slot;
static BOOL CALLBACK ini(PINIT_ONCE o, void *p, void **c)
{
	InterlockedIncrement((LONG *) p);
	return TRUE;
}

static LONG inits;
static unsigned __stdcall th(void *a)
{
	int i;
	tls += (int)(intptr_t) a;
	TlsSetValue(slot, a);
	InitOnceExecuteOnce(&once, ini, &inits, 0);
	for (i = 0; i < 2000; i++) {
		EnterCriticalSection(&cs);
		cnt++;
		LeaveCriticalSection(&cs);
	}
	AcquireSRWLockExclusive(&srw);
	ready++;
	ReleaseSRWLockExclusive(&srw);
	WakeAllConditionVariable(&cv);
	WaitForSingleObject(ev, INFINITE);
	WaitForSingleObject(mtx, 1000);
	ReleaseMutex(mtx);
	ReleaseSemaphore(sem, 1, 0);
	return tls == 3 + (int)(intptr_t) a && TlsGetValue(slot) == a;
}

static VOID CALLBACK tcb(PVOID p, BOOLEAN b)
{
	InterlockedIncrement((LONG *) p);
}

static VOID CALLBACK wk(PTP_CALLBACK_INSTANCE i, PVOID c, PTP_WORK w)
{
	InterlockedIncrement((LONG *) c);
}

static VOID CALLBACK apc(ULONG_PTR p)
{
	*(int *)p += 1;
}

int main()
{
	HANDLE h[8];
	int i;
	DWORD rc;
	InitializeCriticalSection(&cs);
	InitializeConditionVariable(&cv);
	ev = CreateEventW(0, TRUE, FALSE, L"Local\\tern_ev");
	sem = CreateSemaphoreA(0, 0, 8, 0);
	mtx = CreateMutexA(0, FALSE, "tern_mtx");
	slot = TlsAlloc();
	for (i = 0; i < 8; i++)
		h[i] = (HANDLE) _beginthreadex(0, 0, th, (void *)(intptr_t) i, 0, 0);
	AcquireSRWLockExclusive(&srw);
	while (ready < 8)
		SleepConditionVariableSRW(&cv, &srw, 1000, 0);
	ReleaseSRWLockExclusive(&srw);
	HANDLE e2 = OpenEventA(EVENT_ALL_ACCESS, FALSE, "Local\\tern_ev");
	SetEvent(e2);
	rc = WaitForMultipleObjects(8, h, TRUE, 5000);
	int ok = 0;
	for (i = 0; i < 8; i++) {
		DWORD x;
		GetExitCodeThread(h[i], &x);
		ok += x;
		CloseHandle(h[i]);
	}
	printf("cnt=%ld wait=%lu ok=%d inits=%ld\n", cnt, rc, ok, inits);
	for (i = 0; i < 8; i++)
		rc = WaitForSingleObject(sem, 0);
	DWORD r2 = WaitForSingleObject(sem, 0);
	printf("sem last=%lu next=%lu\n", rc, r2);
	LONG n = 0;
	HANDLE tm;
	CreateTimerQueueTimer(&tm, 0, tcb, &n, 10, 10, 0);
	Sleep(200);
	DeleteTimerQueueTimer(0, tm, INVALID_HANDLE_VALUE);
	printf("timerq %s\n", n > 3 ? "ok" : "bad");
	HANDLE wt = CreateWaitableTimerA(0, FALSE, 0);
	LARGE_INTEGER due;
	due.QuadPart = -200000;
	SetWaitableTimer(wt, &due, 0, 0, 0, 0);
	printf("wtimer=%lu\n", WaitForSingleObject(wt, 1000));
	n = 0;
	PTP_WORK w = CreateThreadpoolWork(wk, &n, 0);
	for (i = 0; i < 10; i++)
		SubmitThreadpoolWork(w);
	WaitForThreadpoolWorkCallbacks(w, FALSE);
	printf("work=%ld\n", n);
	CloseThreadpoolWork(w);
	int a = 0;
	QueueUserAPC(apc, GetCurrentThread(), (ULONG_PTR) & a);
	rc = SleepEx(100, TRUE);
	printf("apc=%d rc=%lu\n", a, rc);
	LONG v = 1, c = 1;
	BOOL wr = WaitOnAddress(&v, &c, 4, 10);
	printf("woa=%d err=%lu\n", wr, GetLastError());
	return 0;
}
