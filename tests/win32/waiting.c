/* SPDX-License-Identifier: GPL-2.0-only */
/* Events, mutants, semaphores, timers, keyed events, alerts by id, waits for several objects. */
#include "nt.h"

static HANDLE shared, done;

static DWORD WINAPI take_and_end(void *h)
{
	return WaitForSingleObject(h, 1000);
}

static DWORD WINAPI set_later(void *h)
{
	Sleep(30);
	return SetEvent(h);
}

static HANDLE thread(LPTHREAD_START_ROUTINE fn, void *arg)
{
	return CreateThread(NULL, 0, fn, arg, 0, NULL);
}

static void finish(HANDLE t)
{
	DWORD code = 77;

	SHOW(WaitForSingleObject(t, 5000));
	GetExitCodeThread(t, &code);
	SHOW(code);
	CloseHandle(t);
}

static void event_auto(void)
{
	HANDLE e = CreateEventA(NULL, FALSE, TRUE, NULL);
	LONG old = 9;

	SHOW(WaitForSingleObject(e, 0));
	SHOW(WaitForSingleObject(e, 0));
	HEX(NtSetEvent(e, &old));
	SHOW(old);
	HEX(NtSetEvent(e, &old));
	SHOW(old);
	HEX(NtResetEvent(e, &old));
	SHOW(old);
	SHOW(WaitForSingleObject(e, 0));
	CloseHandle(e);
}

static void event_manual(void)
{
	HANDLE e = CreateEventA(NULL, TRUE, TRUE, NULL);

	SHOW(WaitForSingleObject(e, 0));
	SHOW(WaitForSingleObject(e, 0));
	HEX(NtClearEvent(e));
	SHOW(WaitForSingleObject(e, 10));
	CloseHandle(e);
}

static void event_query(void)
{
	HANDLE e = CreateEventA(NULL, FALSE, TRUE, NULL), d = NULL;
	LONG i[2] = { 9, 9 };
	ULONG n = 0;

	HEX(NtQueryEvent(e, 0, i, sizeof(i), &n));
	printf("%ld %ld %lu\n", i[0], i[1], n);
	HEX(NtQueryEvent(e, 0, i, 4, NULL));
	HEX(NtQueryEvent(e, 1, i, sizeof(i), NULL));
	DuplicateHandle(GetCurrentProcess(), e, GetCurrentProcess(), &d, SYNCHRONIZE, FALSE, 0);
	HEX(NtQueryEvent(d, 0, i, sizeof(i), NULL));
	CloseHandle(e);
	CloseHandle(d);
}

static void event_pulse(void)
{
	HANDLE e = CreateEventA(NULL, TRUE, FALSE, NULL), t = thread(take_and_end, e);
	LONG old = 5;

	Sleep(100);
	HEX(NtPulseEvent(e, &old));
	SHOW(old);
	finish(t);
	SHOW(WaitForSingleObject(e, 0));
	CloseHandle(e);
}

static void event_wakes_one(void)
{
	HANDLE e = CreateEventA(NULL, FALSE, FALSE, NULL), t[2] = { thread(take_and_end, e), thread(take_and_end, e) };

	Sleep(50);
	SHOW(SetEvent(e));
	SHOW(WaitForMultipleObjects(2, t, FALSE, 500) < 2);
	SHOW(WaitForMultipleObjects(2, t, TRUE, 50));
	SHOW(SetEvent(e));
	SHOW(WaitForMultipleObjects(2, t, TRUE, 5000));
	CloseHandle(t[0]);
	CloseHandle(t[1]);
	CloseHandle(e);
}

static void mutant_recursion(void)
{
	HANDLE m = CreateMutexA(NULL, TRUE, NULL);
	LONG old = 9;

	SHOW(WaitForSingleObject(m, 0));
	SHOW(WaitForSingleObject(m, 0));
	HEX(NtReleaseMutant(m, &old));
	SHOW(old);
	HEX(NtReleaseMutant(m, &old));
	SHOW(old);
	HEX(NtReleaseMutant(m, &old));
	SHOW(old);
	FAILS(ReleaseMutex(m));
	CloseHandle(m);
}

static void mutant_of_another(void)
{
	HANDLE m = CreateMutexA(NULL, FALSE, NULL), t = thread(take_and_end, m);

	finish(t);
	SHOW(WaitForSingleObject(m, 0));
	SHOW(ReleaseMutex(m));
	SHOW(WaitForSingleObject(m, 0));
	CloseHandle(m);
}

static DWORD WINAPI release_foreign(void *m)
{
	SetLastError(0);
	return ReleaseMutex(m) ? 0 : GetLastError();
}

static void mutant_not_owner(void)
{
	HANDLE m = CreateMutexA(NULL, TRUE, NULL);

	finish(thread(release_foreign, m));
	CloseHandle(m);
}

static void mutant_query(void)
{
	struct { LONG count; BOOLEAN owned, abandoned; } i;
	HANDLE m = CreateMutexA(NULL, TRUE, NULL);

	HEX(NtQueryMutant(m, 0, &i, sizeof(i), NULL));
	printf("%ld %d %d\n", i.count, i.owned, i.abandoned);
	WaitForSingleObject(m, 0);
	HEX(NtQueryMutant(m, 0, &i, sizeof(i), NULL));
	printf("%ld %d %d\n", i.count, i.owned, i.abandoned);
	ReleaseMutex(m), ReleaseMutex(m);
	HEX(NtQueryMutant(m, 0, &i, sizeof(i), NULL));
	printf("%ld %d %d\n", i.count, i.owned, i.abandoned);
	HEX(NtQueryMutant(m, 0, &i, 3, NULL));
	CloseHandle(m);
}

static void semaphore_counts(void)
{
	HANDLE s = CreateSemaphoreA(NULL, 1, 3, NULL);
	LONG old = 9;

	SHOW(WaitForSingleObject(s, 0));
	SHOW(WaitForSingleObject(s, 0));
	SHOW(ReleaseSemaphore(s, 2, &old));
	SHOW(old);
	FAILS(ReleaseSemaphore(s, 2, &old));
	SHOW(old);
	SHOW(ReleaseSemaphore(s, 1, &old));
	SHOW(old);
	FAILS(ReleaseSemaphore(s, 0, &old));
	CloseHandle(s);
}

static void semaphore_bad(void)
{
	FAILS(CreateSemaphoreA(NULL, 2, 1, NULL));
	FAILS(CreateSemaphoreA(NULL, 0, 0, NULL));
	FAILS(CreateSemaphoreA(NULL, -1, 1, NULL));
}

static void semaphore_query(void)
{
	HANDLE s = CreateSemaphoreA(NULL, 2, 5, NULL);
	LONG i[2] = { 9, 9 };

	HEX(NtQuerySemaphore(s, 0, i, sizeof(i), NULL));
	printf("%ld %ld\n", i[0], i[1]);
	HEX(NtQuerySemaphore(s, 0, i, 12, NULL));
	CloseHandle(s);
}

static void timer_manual(void)
{
	HANDLE t = CreateWaitableTimerA(NULL, TRUE, NULL);
	LARGE_INTEGER due = { .QuadPart = -200000 };

	SHOW(WaitForSingleObject(t, 0));
	SHOW(SetWaitableTimer(t, &due, 0, NULL, NULL, FALSE));
	SHOW(WaitForSingleObject(t, 1000));
	SHOW(WaitForSingleObject(t, 0));
	SHOW(SetWaitableTimer(t, &due, 0, NULL, NULL, FALSE));
	SHOW(WaitForSingleObject(t, 0));
	CloseHandle(t);
}

static void timer_auto_periodic(void)
{
	HANDLE t = CreateWaitableTimerA(NULL, FALSE, NULL);
	LARGE_INTEGER due = { .QuadPart = -10000 };

	SHOW(SetWaitableTimer(t, &due, 20, NULL, NULL, FALSE));
	for (int i = 0; i < 3; i++)
		SHOW(WaitForSingleObject(t, 1000));
	SHOW(CancelWaitableTimer(t));
	WaitForSingleObject(t, 0);
	SHOW(WaitForSingleObject(t, 60));
	CloseHandle(t);
}

static void timer_cancel(void)
{
	HANDLE t = NULL;
	BOOLEAN was = 7;

	HEX(NtCreateTimer(&t, TIMER_ALL_ACCESS, NULL, 0));
	HEX(NtCancelTimer(t, &was));
	SHOW(was);
	HEX(NtSetTimer(t, ms(10000), NULL, NULL, FALSE, 0, &was));
	SHOW(was);
	HEX(NtCancelTimer(t, &was));
	SHOW(was);
	HEX(NtCreateTimer(&t, TIMER_ALL_ACCESS, NULL, 2));
	HEX(NtSetTimer(t, ms(1), NULL, NULL, FALSE, -1, NULL));
	CloseHandle(t);
}

static void timer_in_the_past(void)
{
	HANDLE t = CreateWaitableTimerA(NULL, TRUE, NULL);
	LARGE_INTEGER due = { .QuadPart = 1 };

	SHOW(SetWaitableTimer(t, &due, 0, NULL, NULL, FALSE));
	SHOW(WaitForSingleObject(t, 500));
	CloseHandle(t);
}

static int ticks;
static void CALLBACK count_tick(void *arg, DWORD low, DWORD high)
{
	(void)low, (void)high;
	ticks += (int)(ULONG_PTR)arg;
}

static void timer_apc(void)
{
	HANDLE t = CreateWaitableTimerA(NULL, TRUE, NULL);
	LARGE_INTEGER due = { .QuadPart = -100000 };

	SHOW(SetWaitableTimer(t, &due, 0, count_tick, (void *)5, FALSE));
	SHOW(SleepEx(2000, TRUE));
	SHOW(ticks);
	SHOW(SetWaitableTimer(t, &due, 0, count_tick, (void *)5, FALSE));
	SHOW(CancelWaitableTimer(t));
	SHOW(SleepEx(50, TRUE));
	SHOW(ticks);
	CloseHandle(t);
}

static void timer_query(void)
{
	struct { LARGE_INTEGER left; BOOLEAN is_set; } i;
	HANDLE t = CreateWaitableTimerA(NULL, TRUE, NULL);
	LARGE_INTEGER due = { .QuadPart = -100000000 };

	SetWaitableTimer(t, &due, 0, NULL, NULL, FALSE);
	HEX(NtQueryTimer(t, 0, &i, sizeof(i), NULL));
	SHOW(i.is_set);
	SHOW(i.left.QuadPart > 50000000 && i.left.QuadPart <= 100000000);
	HEX(NtQueryTimer(t, 0, &i, 4, NULL));
	CloseHandle(t);
}

static void any_of_several(void)
{
	HANDLE h[3] = { CreateEventA(NULL, FALSE, FALSE, NULL), CreateEventA(NULL, FALSE, TRUE, NULL),
			CreateEventA(NULL, FALSE, TRUE, NULL) };

	SHOW(WaitForMultipleObjects(3, h, FALSE, 0));
	SHOW(WaitForMultipleObjects(3, h, FALSE, 0));
	SHOW(WaitForMultipleObjects(3, h, FALSE, 10));
	for (int i = 0; i < 3; i++)
		CloseHandle(h[i]);
}

static void all_takes_nothing_early(void)
{
	HANDLE h[2] = { CreateEventA(NULL, FALSE, TRUE, NULL), CreateSemaphoreA(NULL, 0, 2, NULL) };

	SHOW(WaitForMultipleObjects(2, h, TRUE, 10));
	SHOW(WaitForSingleObject(h[0], 0));
	SHOW(SetEvent(h[0]));
	SHOW(ReleaseSemaphore(h[1], 2, NULL));
	SHOW(WaitForMultipleObjects(2, h, TRUE, 10));
	SHOW(WaitForSingleObject(h[0], 0));
	SHOW(WaitForSingleObject(h[1], 0));
	CloseHandle(h[0]);
	CloseHandle(h[1]);
}

static void all_later(void)
{
	HANDLE h[2] = { CreateEventA(NULL, FALSE, FALSE, NULL), CreateEventA(NULL, FALSE, TRUE, NULL) };
	HANDLE t = thread(set_later, h[0]);

	SHOW(WaitForMultipleObjects(2, h, TRUE, 5000));
	finish(t);
	CloseHandle(h[0]);
	CloseHandle(h[1]);
}

static void bad_waits(void)
{
	HANDLE h[65], e = CreateEventA(NULL, TRUE, TRUE, NULL);

	for (int i = 0; i < 65; i++)
		h[i] = e;
	SHOW(WaitForMultipleObjects(64, h, FALSE, 0));
	SHOW(WaitForMultipleObjects(65, h, FALSE, 0) == WAIT_FAILED);
	SHOW(GetLastError());
	SHOW(WaitForMultipleObjects(0, h, FALSE, 0) == WAIT_FAILED);
	SHOW(GetLastError());
	h[1] = (HANDLE)0x9990;
	SHOW(WaitForMultipleObjects(2, h, FALSE, 0) == WAIT_FAILED);
	SHOW(GetLastError());
	HEX(NtWaitForMultipleObjects(2, (void *)16, 1, FALSE, ms(0)));
	HEX(NtWaitForMultipleObjects(1, h, 3, FALSE, ms(0)));
	CloseHandle(e);
}

static void abandoned(void)
{
	HANDLE h[2] = { CreateEventA(NULL, FALSE, FALSE, NULL), CreateMutexA(NULL, FALSE, NULL) };

	finish(thread(take_and_end, h[1]));
	SHOW(WaitForMultipleObjects(2, h, FALSE, 0));
	SHOW(ReleaseMutex(h[1]));
	finish(thread(take_and_end, h[1]));
	SetEvent(h[0]);
	SHOW(WaitForMultipleObjects(2, h, TRUE, 0));
	CloseHandle(h[0]);
	CloseHandle(h[1]);
}

static DWORD WINAPI answer(void *arg)
{
	(void)arg;
	WaitForSingleObject(shared, 5000);
	return SetEvent(done);
}

static void signal_and_wait(void)
{
	HANDLE t;

	shared = CreateEventA(NULL, FALSE, FALSE, NULL);
	done = CreateEventA(NULL, FALSE, FALSE, NULL);
	t = thread(answer, NULL);
	SHOW(SignalObjectAndWait(shared, done, 5000, FALSE));
	finish(t);
	SHOW(SignalObjectAndWait(shared, done, 0, FALSE));
	SHOW(WaitForSingleObject(shared, 0));
	HEX(NtSignalAndWaitForSingleObject(GetCurrentProcess(), done, FALSE, ms(0)));
	CloseHandle(shared);
	CloseHandle(done);
}

static void ended_thread_is_signaled(void)
{
	HANDLE e = CreateEventA(NULL, TRUE, TRUE, NULL), t = thread(set_later, e);

	SHOW(WaitForSingleObject(t, 0));
	SHOW(WaitForSingleObject(t, 5000));
	SHOW(WaitForSingleObject(t, 0));
	SHOW(WaitForSingleObject(GetCurrentThread(), 0));
	SHOW(WaitForSingleObject(GetCurrentProcess(), 0));
	CloseHandle(t);
	CloseHandle(e);
}

static char key;
static DWORD WINAPI release_key(void *h)
{
	return NtReleaseKeyedEvent(h, &key + 1, FALSE, ms(2000));
}

static void keyed_events(void)
{
	HANDLE h = NULL, t;
	static __attribute__((aligned(8))) char keys[8];

	HEX(NtCreateKeyedEvent(&h, 0x1f0003, NULL, 0));
	HEX(NtWaitForKeyedEvent(h, keys, FALSE, ms(10)));
	HEX(NtReleaseKeyedEvent(h, keys, FALSE, ms(10)));
	HEX(NtWaitForKeyedEvent(h, keys + 1, FALSE, ms(10)));
	t = thread(release_key, h);
	finish(t);
	CloseHandle(h);
}

static DWORD WINAPI wait_for_key(void *h)
{
	return NtWaitForKeyedEvent(h, &shared, FALSE, ms(5000));
}

static void keyed_meeting(void)
{
	HANDLE h = NULL, t;

	HEX(NtCreateKeyedEvent(&h, 0x1f0003, NULL, 0));
	t = thread(wait_for_key, h);
	HEX(NtReleaseKeyedEvent(h, &done, FALSE, ms(20)));
	HEX(NtReleaseKeyedEvent(h, &shared, FALSE, ms(5000)));
	finish(t);
	CloseHandle(h);
}

static DWORD WINAPI wait_for_alert(void *arg)
{
	(void)arg;
	return NtWaitForAlertByThreadId(NULL, ms(5000));
}

static void alert_by_id(void)
{
	DWORD id;
	HANDLE t = CreateThread(NULL, 0, wait_for_alert, NULL, 0, &id);

	HEX(NtAlertThreadByThreadId((HANDLE)(ULONG_PTR)id));
	finish(t);
	HEX(NtAlertThreadByThreadId((HANDLE)(ULONG_PTR)GetCurrentThreadId()));
	HEX(NtAlertThreadByThreadId((HANDLE)(ULONG_PTR)GetCurrentThreadId()));
	HEX(NtWaitForAlertByThreadId(NULL, ms(100)));
	HEX(NtWaitForAlertByThreadId(NULL, ms(10)));
	HEX(NtAlertThreadByThreadId((HANDLE)0xdeadbeef0));
}

static void wait_on_address(void)
{
	LONG v = 1, other = 2;

	SHOW(WaitOnAddress(&v, &other, 4, 100));
	other = 1;
	FAILS(WaitOnAddress(&v, &other, 4, 20));
	FAILS(WaitOnAddress(&v, &other, 3, 20));
}

static void delays(void)
{
	DWORD t = GetTickCount();

	HEX(NtDelayExecution(FALSE, ms(50)));
	SHOW(GetTickCount() - t >= 45);
	HEX(NtDelayExecution(FALSE, ms(0)));
}

TEST_TABLE(CASE(event_auto), CASE(event_manual), CASE(event_query), CASE(event_pulse), CASE(event_wakes_one),
	   CASE(mutant_recursion), CASE(mutant_of_another), CASE(mutant_not_owner), CASE(mutant_query),
	   CASE(semaphore_counts), CASE(semaphore_bad), CASE(semaphore_query), CASE(timer_manual),
	   CASE(timer_auto_periodic), CASE(timer_cancel), CASE(timer_in_the_past), CASE(timer_apc),
	   CASE(timer_query), CASE(any_of_several), CASE(all_takes_nothing_early), CASE(all_later),
	   CASE(bad_waits), CASE(abandoned), CASE(signal_and_wait), CASE(ended_thread_is_signaled),
	   CASE(keyed_events), CASE(keyed_meeting), CASE(alert_by_id), CASE(wait_on_address), CASE(delays))
