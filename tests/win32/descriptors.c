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

TEST_TABLE(CASE(nothing_set), CASE(given_at_creation), CASE(set_in_parts), CASE(in_one_piece), CASE(rights),
	   CASE(small_buffer), CASE(of_files))
