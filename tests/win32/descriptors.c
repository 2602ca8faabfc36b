/* SPDX-License-Identifier: GPL-2.0-only */
/* Security descriptors: what an object is given is told again, a file's is its mode in other words. */
#include "nt.h"

#include <aclapi.h>
#include <sddl.h>

#define PARTS (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION)

static SECURITY_DESCRIPTOR sd;
static SECURITY_ATTRIBUTES attributes = { sizeof(attributes), &sd, FALSE };
static char list_room[200];
static PACL list = (PACL)list_room;

static void show_sid(const char *what, PSID sid)
{
	char *text = NULL;

	if (sid && ConvertSidToStringSidA(sid, &text))
		printf(" %s %s", what, text);
	LocalFree(text);
}

static void show_list(PSECURITY_DESCRIPTOR d)
{
	BOOL present, is_default;
	PACL acl = NULL;

	GetSecurityDescriptorDacl(d, &present, &acl, &is_default);
	printf(present ? acl ? " list" : " null list" : " no list");
	for (int i = 0; present && acl && i < acl->AceCount; i++) {
		ACCESS_ALLOWED_ACE *ace;

		GetAce(acl, i, (void **)&ace);
		printf(" [%d %x %lx", ace->Header.AceType, ace->Header.AceFlags, ace->Mask);
		show_sid("to", &ace->SidStart);
		printf("]");
	}
}

static void show(HANDLE h, SECURITY_INFORMATION info)
{
	static char room[1024];
	SECURITY_DESCRIPTOR_CONTROL control;
	DWORD n = 0, revision;
	BOOL is_default;
	PSID sid;

	if (!GetKernelObjectSecurity(h, info, room, sizeof(room), &n)) {
		printf("query %lx: error %lu\n", info, GetLastError());
		return;
	}
	GetSecurityDescriptorControl(room, &control, &revision);
	printf("query %lx: %lu bytes, control %x", info, n, control);
	if (GetSecurityDescriptorOwner(room, &sid, &is_default))
		show_sid("owner", sid);
	if (GetSecurityDescriptorGroup(room, &sid, &is_default))
		show_sid("group", sid);
	show_list(room);
	printf("\n");
}

static PSID sid_of(const char *text)
{
	PSID sid = NULL;

	ConvertStringSidToSidA(text, &sid);
	return sid;
}

/* A descriptor with a list of one entry. */
static void prepare(const char *who, DWORD mask)
{
	InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION);
	InitializeAcl(list, sizeof(list_room), ACL_REVISION);
	AddAccessAllowedAce(list, ACL_REVISION, mask, sid_of(who));
	SetSecurityDescriptorDacl(&sd, TRUE, list, FALSE);
}

static void nothing_set(void)
{
	HANDLE h = CreateEventA(NULL, FALSE, FALSE, NULL);

	show(h, PARTS);
	show(h, 0);
	show(h, SACL_SECURITY_INFORMATION);
	show((HANDLE)0x1234, PARTS);
	CloseHandle(h);
}

static void given_at_creation(void)
{
	HANDLE h;

	prepare("S-1-1-0", 0x1f0003);
	h = CreateEventA(&attributes, FALSE, FALSE, NULL);
	show(h, PARTS);
	show(h, DACL_SECURITY_INFORMATION);
	CloseHandle(h);
	SetSecurityDescriptorOwner(&sd, sid_of("S-1-5-32-544"), FALSE);
	h = CreateSemaphoreA(&attributes, 0, 1, NULL);
	show(h, PARTS);
	CloseHandle(h);
	SetSecurityDescriptorGroup(&sd, sid_of("S-1-5-21-1-2-3-4"), FALSE);
	h = CreateMutexA(&attributes, FALSE, NULL);
	show(h, PARTS);
	CloseHandle(h);
}

static void set_in_parts(void)
{
	HANDLE h;

	prepare("S-1-1-0", 0x100000);
	h = CreateEventA(&attributes, FALSE, FALSE, NULL);
	FAILS(SetKernelObjectSecurity(h, GROUP_SECURITY_INFORMATION, &sd));
	SetSecurityDescriptorGroup(&sd, sid_of("S-1-5-32-544"), FALSE);
	SHOW(SetKernelObjectSecurity(h, GROUP_SECURITY_INFORMATION, &sd));
	show(h, PARTS);
	SetSecurityDescriptorOwner(&sd, sid_of("S-1-5-32-545"), FALSE);
	SHOW(SetKernelObjectSecurity(h, OWNER_SECURITY_INFORMATION, &sd));
	show(h, PARTS);
	SetSecurityDescriptorDacl(&sd, TRUE, NULL, FALSE);
	SHOW(SetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, &sd));
	show(h, PARTS);
	prepare("S-1-5-18", 0x1f0003);
	SHOW(SetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, &sd));
	show(h, PARTS);
	SetSecurityDescriptorDacl(&sd, FALSE, NULL, FALSE);
	SHOW(SetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, &sd));
	show(h, PARTS);
	CloseHandle(h);
}

static void in_one_piece(void)
{
	static char room[400];
	DWORD n = sizeof(room);
	HANDLE h;

	prepare("S-1-1-0", 0x1f0003);
	SetSecurityDescriptorOwner(&sd, sid_of("S-1-5-18"), FALSE);
	SHOW(MakeSelfRelativeSD(&sd, room, &n));
	attributes.lpSecurityDescriptor = room;
	h = CreateEventA(&attributes, FALSE, FALSE, NULL);
	attributes.lpSecurityDescriptor = &sd;
	show(h, PARTS);
	CloseHandle(h);
}

static void rights(void)
{
	HANDLE all, h;

	prepare("S-1-1-0", 0x1f0003);
	all = CreateEventA(&attributes, FALSE, FALSE, "described");
	h = OpenEventA(EVENT_MODIFY_STATE, FALSE, "described");
	show(h, DACL_SECURITY_INFORMATION);
	FAILS(SetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, &sd));
	CloseHandle(h);
	h = OpenEventA(READ_CONTROL, FALSE, "described");
	show(h, DACL_SECURITY_INFORMATION);
	FAILS(SetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, &sd));
	CloseHandle(h);
	h = OpenEventA(WRITE_DAC, FALSE, "described");
	SHOW(SetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, &sd));
	FAILS(SetKernelObjectSecurity(h, OWNER_SECURITY_INFORMATION, &sd));
	CloseHandle(h);
	CloseHandle(all);
}

static void small_buffer(void)
{
	char room[600];
	DWORD n = 0;
	HANDLE h;

	prepare("S-1-1-0", 0x1f0003);
	h = CreateEventA(&attributes, FALSE, FALSE, NULL);
	FAILS(GetKernelObjectSecurity(h, PARTS, room, 4, &n));
	SHOW(n);
	FAILS(GetKernelObjectSecurity(h, PARTS, room, n - 1, &n));
	SHOW(GetKernelObjectSecurity(h, PARTS, room, n, &n));
	CloseHandle(h);
}

static void of_files(void)
{
	HANDLE h = CreateFileA("described", GENERIC_ALL, 0, NULL, CREATE_ALWAYS, 0, NULL);

	show(h, PARTS);
	prepare("S-1-1-0", 0x120089);
	SHOW(SetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, &sd));
	show(h, PARTS);
	SHOW(GetFileAttributesA("described") & FILE_ATTRIBUTE_READONLY);
	prepare("S-1-1-0", 0x1301ff);
	SHOW(SetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, &sd));
	show(h, PARTS);
	SHOW(GetFileAttributesA("described") & FILE_ATTRIBUTE_READONLY);
	CloseHandle(h);
	DeleteFileA("described");
}

/* ---- asked when an object is opened ---- */

static void add_denied(const char *who, DWORD mask)
{
	AddAccessDeniedAce(list, ACL_REVISION, mask, sid_of(who));
}

static void add_allowed(const char *who, DWORD mask)
{
	AddAccessAllowedAce(list, ACL_REVISION, mask, sid_of(who));
}

static void try_open(DWORD access)
{
	HANDLE h;

	SetLastError(0);
	h = OpenEventA(access, FALSE, "guarded");
	if (h) {
		OBJECT_BASIC_INFORMATION basic = { 0 };

		NtQueryObject(h, ObjectBasicInformation, &basic, sizeof(basic), NULL);
		printf("open %lx: granted %lx\n", access, basic.GrantedAccess);
		CloseHandle(h);
	} else {
		printf("open %lx: error %lu\n", access, GetLastError());
	}
}

static void try_all(void)
{
	static const DWORD wanted[] = {
		EVENT_MODIFY_STATE, SYNCHRONIZE, EVENT_ALL_ACCESS, GENERIC_READ, GENERIC_WRITE, GENERIC_EXECUTE,
		GENERIC_ALL, READ_CONTROL, WRITE_DAC, WRITE_OWNER, DELETE, MAXIMUM_ALLOWED,
		MAXIMUM_ALLOWED | SYNCHRONIZE, MAXIMUM_ALLOWED | DELETE, ACCESS_SYSTEM_SECURITY, 0,
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		try_open(wanted[i]);
}

static HANDLE guarded(void)
{
	HANDLE h = CreateEventA(&attributes, FALSE, FALSE, "guarded");

	try_all();
	return h;
}

static void asked_for_everyone(void)
{
	prepare("S-1-1-0", SYNCHRONIZE);
	CloseHandle(guarded());
	prepare("S-1-1-0", GENERIC_READ);
	CloseHandle(guarded());
	prepare("S-1-1-0", GENERIC_ALL);
	CloseHandle(guarded());
}

static void asked_for_others(void)
{
	prepare("S-1-5-21-1-2-3-4", EVENT_ALL_ACCESS);
	CloseHandle(guarded());
	prepare("S-1-5-18", EVENT_ALL_ACCESS);
	SetSecurityDescriptorOwner(&sd, sid_of("S-1-5-18"), FALSE);
	SetSecurityDescriptorGroup(&sd, sid_of("S-1-5-18"), FALSE);
	CloseHandle(guarded());
	prepare("S-1-5-32-544", EVENT_MODIFY_STATE | SYNCHRONIZE);
	CloseHandle(guarded());
}

static void asked_in_order(void)
{
	prepare("S-1-1-0", SYNCHRONIZE);
	add_denied("S-1-1-0", EVENT_ALL_ACCESS);
	CloseHandle(guarded());
	InitializeAcl(list, sizeof(list_room), ACL_REVISION);
	add_denied("S-1-1-0", EVENT_MODIFY_STATE);
	add_allowed("S-1-1-0", EVENT_ALL_ACCESS);
	CloseHandle(guarded());
	InitializeAcl(list, sizeof(list_room), ACL_REVISION);
	add_denied("S-1-5-18", EVENT_MODIFY_STATE);
	add_allowed("S-1-1-0", EVENT_MODIFY_STATE);
	add_allowed("S-1-5-32-544", SYNCHRONIZE);
	CloseHandle(guarded());
}

static void asked_of_nobody(void)
{
	InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION);
	InitializeAcl(list, sizeof(list_room), ACL_REVISION);
	SetSecurityDescriptorDacl(&sd, TRUE, list, FALSE);
	CloseHandle(guarded());
	SetSecurityDescriptorDacl(&sd, TRUE, NULL, FALSE);
	CloseHandle(guarded());
	SetSecurityDescriptorDacl(&sd, FALSE, NULL, FALSE);
	CloseHandle(guarded());
}

/* A handle that is there keeps its rights; a second creation is an opening. */
static void asked_later(void)
{
	HANDLE h, again, more;

	prepare("S-1-1-0", EVENT_ALL_ACCESS);
	h = CreateEventA(&attributes, FALSE, FALSE, "guarded");
	prepare("S-1-1-0", SYNCHRONIZE);
	SHOW(SetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, &sd));
	SHOW(SetEvent(h));
	FAILS(CreateEventA(NULL, FALSE, FALSE, "guarded"));
	try_all();
	SHOW(DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &again, 0, FALSE, DUPLICATE_SAME_ACCESS));
	SHOW(SetEvent(again));
	CloseHandle(again);
	again = OpenEventA(SYNCHRONIZE, FALSE, "guarded");
	FAILS(DuplicateHandle(GetCurrentProcess(), again, GetCurrentProcess(), &more, EVENT_MODIFY_STATE, FALSE, 0));
	CloseHandle(again);
	CloseHandle(h);
}

static void asked_of_other_kinds(void)
{
	HANDLE h;

	prepare("S-1-1-0", SYNCHRONIZE);
	h = CreateMutexA(&attributes, FALSE, "guarded");
	FAILS(OpenMutexA(MUTEX_ALL_ACCESS, FALSE, "guarded"));
	SHOW(CloseHandle(OpenMutexA(SYNCHRONIZE, FALSE, "guarded")));
	CloseHandle(h);
	h = CreateSemaphoreA(&attributes, 0, 1, "guarded");
	FAILS(OpenSemaphoreA(SEMAPHORE_MODIFY_STATE, FALSE, "guarded"));
	SHOW(CloseHandle(OpenSemaphoreA(SYNCHRONIZE, FALSE, "guarded")));
	CloseHandle(h);
	prepare("S-1-1-0", SECTION_MAP_READ);
	h = CreateFileMappingA(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 4096, "guarded");
	FAILS(OpenFileMappingA(FILE_MAP_WRITE, FALSE, "guarded"));
	SHOW(CloseHandle(OpenFileMappingA(SECTION_MAP_READ, FALSE, "guarded")));
	CloseHandle(h);
	h = CreateJobObjectA(&attributes, "guarded");
	FAILS(OpenJobObjectA(JOB_OBJECT_ALL_ACCESS, FALSE, "guarded"));
	CloseHandle(h);
}

/* What the generic rights mean for each kind. */
static void generic_rights(void)
{
	HANDLE token, all[] = {
		CreateEventA(NULL, FALSE, FALSE, NULL), CreateMutexA(NULL, FALSE, NULL),
		CreateSemaphoreA(NULL, 0, 1, NULL), CreateWaitableTimerA(NULL, FALSE, NULL),
		CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL),
		CreateJobObjectA(NULL, NULL), CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0),
		OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId()),
		OpenThread(THREAD_ALL_ACCESS, FALSE, GetCurrentThreadId()), NULL, NULL,
	};
	static const DWORD generic[] = { GENERIC_READ, GENERIC_WRITE, GENERIC_EXECUTE, GENERIC_ALL };
	HKEY key;

	OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &token);
	all[9] = token;
	RegOpenKeyExA(HKEY_CURRENT_USER, "Software", 0, KEY_ALL_ACCESS, &key);
	all[10] = key;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		printf("%d:", (int)i);
		for (int k = 0; k < 4; k++) {
			OBJECT_BASIC_INFORMATION basic = { 0 };
			HANDLE h = NULL;

			DuplicateHandle(GetCurrentProcess(), all[i], GetCurrentProcess(), &h, generic[k], FALSE, 0);
			NtQueryObject(h, ObjectBasicInformation, &basic, sizeof(basic), NULL);
			printf(" %lx", basic.GrantedAccess);
			CloseHandle(h);
		}
		printf("\n");
		CloseHandle(all[i]);
	}
}

static void asked_of_processes(void)
{
	HANDLE h = OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId()), again;

	prepare("S-1-1-0", SYNCHRONIZE);
	SHOW(SetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, &sd));
	FAILS(OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId()));
	again = OpenProcess(SYNCHRONIZE, FALSE, GetCurrentProcessId());
	SHOW(again != NULL);
	CloseHandle(again);
	SHOW(GetPriorityClass(GetCurrentProcess()));
	CloseHandle(h);
	h = OpenThread(THREAD_ALL_ACCESS, FALSE, GetCurrentThreadId());
	SHOW(SetKernelObjectSecurity(h, DACL_SECURITY_INFORMATION, &sd));
	FAILS(OpenThread(THREAD_ALL_ACCESS, FALSE, GetCurrentThreadId()));
	again = OpenThread(SYNCHRONIZE, FALSE, GetCurrentThreadId());
	SHOW(again != NULL);
	CloseHandle(again);
	CloseHandle(h);
}

TEST_TABLE(CASE(nothing_set), CASE(given_at_creation), CASE(set_in_parts), CASE(in_one_piece), CASE(rights),
	   CASE(small_buffer), CASE(of_files), CASE(asked_for_everyone), CASE(asked_for_others), CASE(asked_in_order),
	   CASE(asked_of_nobody), CASE(asked_later), CASE(asked_of_other_kinds), CASE(generic_rights),
	   CASE(asked_of_processes))
