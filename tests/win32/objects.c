/* SPDX-License-Identifier: GPL-2.0-only */
/* The object manager: names, handles, rights. */
#include "nt.h"

static void open_missing(void)
{
	FAILS(OpenEventA(EVENT_ALL_ACCESS, FALSE, "tern_no_such"));
	FAILS(OpenMutexA(MUTEX_ALL_ACCESS, FALSE, "tern_no_such"));
	FAILS(OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, "tern_no_such"));
	FAILS(OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, "tern_no_such"));
}

static void create_twice(void)
{
	HANDLE a = CreateEventA(NULL, TRUE, TRUE, "tern_twice"), b;

	SetLastError(7);
	b = CreateEventA(NULL, FALSE, FALSE, "tern_twice");
	SHOW(GetLastError());
	SHOW(a != b);
	SHOW(WaitForSingleObject(b, 0));
	SHOW(WaitForSingleObject(b, 0));
	SHOW(ResetEvent(a));
	SHOW(WaitForSingleObject(b, 0));
	CloseHandle(a);
	CloseHandle(b);
}

static void names_ignore_case(void)
{
	HANDLE a = CreateMutexA(NULL, FALSE, "Tern_Case"), b = OpenMutexA(SYNCHRONIZE, FALSE, "tern_CASE");

	SHOW(a && b);
	CloseHandle(a);
	CloseHandle(b);
}

static void other_kind(void)
{
	HANDLE a = CreateEventA(NULL, TRUE, TRUE, "tern_kind");

	FAILS(CreateMutexA(NULL, FALSE, "tern_kind"));
	FAILS(OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, "tern_kind"));
	FAILS(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "tern_kind"));
	CloseHandle(a);
}

static void name_goes_with_last_handle(void)
{
	HANDLE a = CreateEventA(NULL, TRUE, TRUE, "tern_last"), b = OpenEventA(SYNCHRONIZE, FALSE, "tern_last");

	SHOW(CloseHandle(a));
	a = OpenEventA(SYNCHRONIZE, FALSE, "tern_last");
	SHOW(a != NULL);
	SHOW(CloseHandle(a));
	SHOW(CloseHandle(b));
	FAILS(OpenEventA(SYNCHRONIZE, FALSE, "tern_last"));
}

static void local_and_global(void)
{
	HANDLE a = CreateEventA(NULL, TRUE, TRUE, "Local\\tern_scope"), b, c;

	b = OpenEventA(SYNCHRONIZE, FALSE, "tern_scope");
	SHOW(a && b);
	c = CreateEventA(NULL, TRUE, TRUE, "Global\\tern_scope2");
	SHOW(c != NULL);
	SHOW(CloseHandle(OpenEventA(SYNCHRONIZE, FALSE, "global\\tern_scope2")));
	CloseHandle(a);
	CloseHandle(b);
	CloseHandle(c);
}

static void bad_names(void)
{
	HANDLE h;

	HEX(NtCreateEvent(&h, EVENT_ALL_ACCESS, named(L"tern_relative", NULL, 0), 0, FALSE));
	HEX(NtCreateEvent(&h, EVENT_ALL_ACCESS, named(L"\\NoSuchDirectory\\x", NULL, 0), 0, FALSE));
	HEX(NtOpenEvent(&h, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\tern_none", NULL, 0)));
	HEX(NtOpenEvent(&h, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects", NULL, 0)));
	HEX(NtOpenEvent(&h, EVENT_ALL_ACCESS, NULL));
	HEX(NtCreateEvent((HANDLE *)16, EVENT_ALL_ACCESS, NULL, 0, FALSE));
	HEX(NtCreateEvent(&h, EVENT_ALL_ACCESS, NULL, 7, FALSE));
}

static void full_name(void)
{
	HANDLE a = NULL, b;

	HEX(NtCreateEvent(&a, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\tern_full", NULL, 0), 0, TRUE));
	b = OpenEventA(EVENT_ALL_ACCESS, FALSE, "tern_full");
	SHOW(b != NULL);
	CloseHandle(a);
	CloseHandle(b);
}

static void relative_to_directory(void)
{
	HANDLE d = NULL, a = NULL, b = NULL;

	HEX(NtOpenDirectoryObject(&d, 0xf, named(L"\\BaseNamedObjects", NULL, OBJ_CASE_INSENSITIVE)));
	HEX(NtCreateEvent(&a, EVENT_ALL_ACCESS, named(L"tern_rel", d, 0), 0, TRUE));
	HEX(NtOpenEvent(&b, SYNCHRONIZE, named(L"TERN_rel", d, OBJ_CASE_INSENSITIVE)));
	HEX(NtOpenEvent(&b, SYNCHRONIZE, named(L"tern_rel", a, 0)));
	CloseHandle(a);
	CloseHandle(b);
	CloseHandle(d);
}

static void own_directory(void)
{
	HANDLE d = NULL, a = NULL, b = NULL;

	HEX(NtCreateDirectoryObject(&d, 0xf000f, (OBJECT_ATTRIBUTES *)named(L"\\BaseNamedObjects\\TernDir", NULL, 0)));
	HEX(NtCreateDirectoryObject(&a, 0xf000f, (OBJECT_ATTRIBUTES *)named(L"\\BaseNamedObjects\\TernDir", NULL, 0)));
	HEX(NtCreateEvent(&a, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\TernDir\\e", NULL, 0), 0, TRUE));
	HEX(NtOpenEvent(&b, SYNCHRONIZE, named(L"e", d, 0)));
	CloseHandle(a);
	CloseHandle(b);
	CloseHandle(d);
	HEX(NtOpenDirectoryObject(&d, 1, named(L"\\BaseNamedObjects\\TernDir", NULL, 0)));
}

static void symbolic_link(void)
{
	UNICODE_STRING target = { 34, 36, (WCHAR *)L"\\BaseNamedObjects" }, out = { 0, 200, (WCHAR[100]){ 0 } };
	HANDLE l = NULL, e = NULL, f = NULL;

	HEX(NtCreateSymbolicLinkObject(&l, 0xf0001,
				       (OBJECT_ATTRIBUTES *)named(L"\\BaseNamedObjects\\TernLink", NULL, 0), &target));
	HEX(NtQuerySymbolicLinkObject(l, &out, NULL));
	printf("%ls\n", out.Buffer);
	HEX(NtCreateEvent(&e, EVENT_ALL_ACCESS, named(L"\\BaseNamedObjects\\TernLink\\tern_through", NULL, 0),
			  0, TRUE));
	HEX(NtOpenEvent(&f, SYNCHRONIZE, named(L"\\BaseNamedObjects\\tern_through", NULL, 0)));
	CloseHandle(l);
	CloseHandle(e);
	CloseHandle(f);
}

static void basic_information(void)
{
	struct object_basic b;
	HANDLE h = CreateEventA(NULL, TRUE, TRUE, NULL), d = NULL;
	ULONG n = 0;

	HEX(NtQueryObject(h, 0, &b, sizeof(b), &n));
	SHOW(n);
	HEX(b.access);
	SHOW(b.handles);
	SHOW(DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &d, SYNCHRONIZE, TRUE, 0));
	HEX(NtQueryObject(d, 0, &b, sizeof(b), NULL));
	HEX(b.access);
	SHOW(b.handles);
	HEX(NtQueryObject(d, 0, &b, 10, NULL));
	HEX(NtQueryObject(NULL, 0, &b, sizeof(b), NULL));
	CloseHandle(h);
	CloseHandle(d);
}

static void name_information(void)
{
	HANDLE h = CreateEventA(NULL, TRUE, TRUE, "tern_called"), u = CreateEventA(NULL, TRUE, TRUE, NULL);
	char buf[512] = { 0 };
	UNICODE_STRING *s = (UNICODE_STRING *)buf;
	ULONG n = 0;

	HEX(NtQueryObject(h, 1, buf, sizeof(buf), &n));
	SHOW(wcsstr(s->Buffer, L"\\tern_called") != NULL);
	HEX(NtQueryObject(u, 1, buf, sizeof(buf), &n));
	SHOW(s->Length);
	HEX(NtQueryObject(h, 1, buf, 8, &n));
	CloseHandle(h);
	CloseHandle(u);
}

static void show_type(HANDLE h)
{
	char buf[512] = { 0 };
	UNICODE_STRING *s = (UNICODE_STRING *)buf;
	NTSTATUS st = NtQueryObject(h, 2, buf, sizeof(buf), NULL);

	printf("%lx %ls\n", st, st ? L"" : s->Buffer);
}

static void type_information(void)
{
	HANDLE h;

	show_type(h = CreateEventA(NULL, 0, 0, NULL)), CloseHandle(h);
	show_type(h = CreateMutexA(NULL, 0, NULL)), CloseHandle(h);
	show_type(h = CreateSemaphoreA(NULL, 0, 1, NULL)), CloseHandle(h);
	show_type(h = CreateWaitableTimerA(NULL, 0, NULL)), CloseHandle(h);
	show_type(h = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL)), CloseHandle(h);
	show_type(h = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0)), CloseHandle(h);
	show_type(h = CreateJobObjectA(NULL, NULL)), CloseHandle(h);
	show_type(h = CreateFileA("NUL", GENERIC_READ, 3, NULL, OPEN_EXISTING, 0, NULL)), CloseHandle(h);
	show_type(GetCurrentProcess());
	show_type(GetCurrentThread());
}

static void less_rights(void)
{
	HANDLE h = CreateEventA(NULL, TRUE, FALSE, NULL), d = NULL;

	SHOW(DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &d, SYNCHRONIZE, FALSE, 0));
	FAILS(SetEvent(d));
	SHOW(WaitForSingleObject(d, 0));
	SHOW(SetEvent(h));
	SHOW(WaitForSingleObject(d, 0));
	CloseHandle(d);
	SHOW(DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &d, EVENT_MODIFY_STATE, FALSE, 0));
	SHOW(WaitForSingleObject(d, 0) == WAIT_FAILED);
	SHOW(GetLastError());
	SHOW(ResetEvent(d));
	CloseHandle(d);
	CloseHandle(h);
}

static void duplicate_and_close(void)
{
	HANDLE h = CreateEventA(NULL, TRUE, FALSE, NULL), d = NULL;

	SHOW(DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &d, 0, FALSE,
			     DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS));
	SHOW(SetEvent(d));
	CloseHandle(d);
	FAILS(DuplicateHandle(GetCurrentProcess(), (HANDLE)0x7770, GetCurrentProcess(), &d, 0, FALSE, 2));
	FAILS(DuplicateHandle((HANDLE)0x7770, h, GetCurrentProcess(), &d, 0, FALSE, 2));
}

static void pseudo_handles(void)
{
	HANDLE d = NULL;

	SHOW(DuplicateHandle(GetCurrentProcess(), GetCurrentProcess(), GetCurrentProcess(), &d, 0, FALSE, 2));
	SHOW(GetProcessId(d) == GetCurrentProcessId());
	CloseHandle(d);
	SHOW(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &d, 0, FALSE, 2));
	SHOW(GetThreadId(d) == GetCurrentThreadId());
	CloseHandle(d);
	SHOW(CloseHandle(GetCurrentProcess()));
	SHOW(CloseHandle(GetCurrentThread()));
}

static void handle_flags(void)
{
	SECURITY_ATTRIBUTES sa = { sizeof(sa), NULL, TRUE };
	HANDLE h = CreateEventA(&sa, TRUE, FALSE, NULL);
	DWORD f = 9;

	SHOW(GetHandleInformation(h, &f));
	SHOW(f);
	SHOW(SetHandleInformation(h, HANDLE_FLAG_INHERIT, 0));
	SHOW(GetHandleInformation(h, &f));
	SHOW(f);
	SHOW(SetHandleInformation(h, HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE));
	FAILS(CloseHandle(h));
	SHOW(SetHandleInformation(h, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
	SHOW(CloseHandle(h));
	FAILS(GetHandleInformation(h, &f));
}

static void closed_handles(void)
{
	HANDLE h = CreateEventA(NULL, TRUE, FALSE, NULL);

	SHOW(CloseHandle(h));
	FAILS(CloseHandle(h));
	FAILS(CloseHandle(NULL));
	FAILS(SetEvent(h));
	FAILS(SetEvent((HANDLE)0x123456));
	FAILS(ReleaseMutex(NULL));
}

static void wrong_kind(void)
{
	HANDLE h = CreateEventA(NULL, TRUE, FALSE, NULL), m = CreateMutexA(NULL, FALSE, NULL);

	FAILS(ReleaseMutex(h));
	FAILS(SetEvent(m));
	FAILS(ReleaseSemaphore(m, 1, NULL));
	FAILS(ResumeThread(h) != (DWORD)-1);
	CloseHandle(h);
	CloseHandle(m);
}

static void compare(void)
{
	HANDLE a = CreateEventA(NULL, TRUE, FALSE, NULL), b = CreateEventA(NULL, TRUE, FALSE, NULL), d = NULL;

	SHOW(DuplicateHandle(GetCurrentProcess(), a, GetCurrentProcess(), &d, 0, FALSE, 2));
	HEX(NtCompareObjects(a, d));
	HEX(NtCompareObjects(a, b));
	HEX(NtCompareObjects(a, NULL));
	CloseHandle(a);
	CloseHandle(b);
	CloseHandle(d);
}

static void many_handles(void)
{
	static HANDLE h[3000];
	int ok = 0;

	for (int i = 0; i < 3000; i++)
		ok += (h[i] = CreateEventA(NULL, TRUE, FALSE, NULL)) != NULL;
	SHOW(ok);
	ok = 0;
	for (int i = 0; i < 3000; i++)
		ok += (ULONG_PTR)h[i] % 4 == 0 && CloseHandle(h[i]);
	SHOW(ok);
}

TEST_TABLE(CASE(open_missing), CASE(create_twice), CASE(names_ignore_case), CASE(other_kind),
	   CASE(name_goes_with_last_handle), CASE(local_and_global), CASE(bad_names), CASE(full_name),
	   CASE(relative_to_directory), CASE(own_directory), CASE(symbolic_link), CASE(basic_information),
	   CASE(name_information), CASE(type_information), CASE(less_rights), CASE(duplicate_and_close),
	   CASE(pseudo_handles), CASE(handle_flags), CASE(closed_handles), CASE(wrong_kind), CASE(compare),
	   CASE(many_handles))
