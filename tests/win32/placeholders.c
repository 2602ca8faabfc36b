/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Placeholders: reservations that are cut, joined, and replaced by memory or views.
 *
 * win32-reference: what Microsoft documents of VirtualAlloc2, VirtualFree and MapViewOfFile3: Debian's
 * wine64 has no placeholders. Which code a failure has the documents seldom say.
 */
#include "nt.h"

#define PAGE 0x1000
#define GRANULE 0x10000
#define SELF GetCurrentProcess()

#ifndef MEM_RESERVE_PLACEHOLDER
#define MEM_RESERVE_PLACEHOLDER 0x40000
#define MEM_REPLACE_PLACEHOLDER 0x4000
#define MEM_COALESCE_PLACEHOLDERS 1
#define MEM_PRESERVE_PLACEHOLDER 2
#endif

NTSTATUS NTAPI NtAllocateVirtualMemoryEx(HANDLE, void **, SIZE_T *, ULONG, ULONG, void *, ULONG);
NTSTATUS NTAPI NtMapViewOfSectionEx(HANDLE, HANDLE, void **, const LARGE_INTEGER *, SIZE_T *, ULONG, ULONG, void *,
				    ULONG);
NTSTATUS NTAPI NtUnmapViewOfSectionEx(HANDLE, void *, ULONG);

static void show(const char *what, char *base, char *at)
{
	MEMORY_BASIC_INFORMATION m;

	VirtualQuery(at, &m, sizeof(m));
	if (m.State == MEM_FREE)
		printf("%s: free\n", what);
	else
		printf("%s: state %lx protect %lx type %lx size %llx from %llx initial %lx\n", what, m.State, m.Protect,
		       m.Type, (unsigned long long)m.RegionSize,
		       (unsigned long long)((char *)m.AllocationBase - base), m.AllocationProtect);
	fflush(stdout);
}

static NTSTATUS allocate(void **p, ULONG type, ULONG protect)
{
	SIZE_T size = 4 * GRANULE;

	return NtAllocateVirtualMemoryEx(SELF, p, &size, type, protect, NULL, 0);
}

static char *reserve(void)
{
	void *p = NULL;

	HEX(allocate(&p, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS));
	return p;
}

static NTSTATUS replace(char *at, SIZE_T size, ULONG type, ULONG protect)
{
	void *p = at;

	return NtAllocateVirtualMemoryEx(SELF, &p, &size, type | MEM_REPLACE_PLACEHOLDER, protect, NULL, 0);
}

static NTSTATUS release(char *at, SIZE_T size, ULONG how)
{
	void *p = at;

	return NtFreeVirtualMemory(SELF, &p, &size, MEM_RELEASE | how);
}

static NTSTATUS map(HANDLE section, char *at, SIZE_T size, ULONG type)
{
	LARGE_INTEGER offset = { .QuadPart = 0 };
	void *p = at;

	return NtMapViewOfSectionEx(section, SELF, &p, &offset, &size, type, PAGE_READWRITE, NULL, 0);
}

static HANDLE memory(SIZE_T size)
{
	return CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)size, NULL);
}

static void made(void)
{
	char *p = reserve();
	void *q = NULL;

	show("made", p, p);
	HEX(allocate(&q, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, PAGE_READWRITE));
	HEX(allocate(&q, MEM_RESERVE | MEM_COMMIT | MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS));
	HEX(allocate(&q, MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS));
	FAILS(VirtualAlloc(p, PAGE, MEM_COMMIT, PAGE_READWRITE));
	FAILS(VirtualAlloc(p, PAGE, MEM_RESERVE, PAGE_READWRITE));
	HEX(release(p, 0, 0));
	show("released", p, p);
}

static void cut(void)
{
	char *p = reserve();

	HEX(release(p + GRANULE, GRANULE, MEM_PRESERVE_PLACEHOLDER));
	show("first", p, p);
	show("second", p, p + GRANULE);
	show("third", p, p + 2 * GRANULE);
	HEX(release(p + 2 * GRANULE, PAGE, MEM_PRESERVE_PLACEHOLDER));
	show("page", p, p + 2 * GRANULE);
	show("rest", p, p + 2 * GRANULE + PAGE);
	HEX(release(p + GRANULE, GRANULE, MEM_PRESERVE_PLACEHOLDER));
	HEX(release(p, 2 * GRANULE, MEM_PRESERVE_PLACEHOLDER));
	HEX(release(p + GRANULE, 0, 0));
	show("gone", p, p + GRANULE);
	HEX(release(p, 0, 0));
	HEX(release(p + 2 * GRANULE, 0, 0));
	HEX(release(p + 2 * GRANULE + PAGE, 0, 0));
}

static void joined(void)
{
	char *p = reserve();

	HEX(release(p, GRANULE, MEM_PRESERVE_PLACEHOLDER));
	HEX(release(p + GRANULE, GRANULE, MEM_PRESERVE_PLACEHOLDER));
	HEX(release(p, GRANULE, MEM_COALESCE_PLACEHOLDERS));
	HEX(release(p, 3 * GRANULE, MEM_COALESCE_PLACEHOLDERS));
	show("still", p, p);
	HEX(release(p + PAGE, 2 * GRANULE, MEM_COALESCE_PLACEHOLDERS));
	HEX(release(p, 2 * GRANULE, MEM_COALESCE_PLACEHOLDERS));
	show("two", p, p);
	show("behind", p, p + 2 * GRANULE);
	HEX(release(p, 4 * GRANULE, MEM_COALESCE_PLACEHOLDERS));
	show("all", p, p);
	HEX(release(p, 0, MEM_COALESCE_PLACEHOLDERS));
	HEX(release(p, 5 * GRANULE, MEM_COALESCE_PLACEHOLDERS));
	HEX(release(p, GRANULE, MEM_COALESCE_PLACEHOLDERS | MEM_PRESERVE_PLACEHOLDER));
	HEX(release(p, 0, 0));
}

static void replaced_by_memory(void)
{
	char *p = reserve();

	HEX(replace(p, GRANULE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	HEX(release(p, GRANULE, MEM_PRESERVE_PLACEHOLDER));
	HEX(replace(p, GRANULE, MEM_COMMIT, PAGE_READWRITE));
	HEX(replace(p, GRANULE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	show("memory", p, p);
	p[0] = p[GRANULE - 1] = 7;
	HEX(replace(p, GRANULE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	HEX(replace(p + GRANULE, 3 * GRANULE, MEM_RESERVE, PAGE_READWRITE));
	show("reserved", p, p + GRANULE);
	SHOW(VirtualAlloc(p + 2 * GRANULE, PAGE, MEM_COMMIT, PAGE_READWRITE) == p + 2 * GRANULE);
	HEX(release(p, 2 * GRANULE, MEM_COALESCE_PLACEHOLDERS));
	HEX(release(p, GRANULE, MEM_PRESERVE_PLACEHOLDER));
	show("again", p, p);
	HEX(replace(p, GRANULE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	SHOW(p[0] + p[GRANULE - 1]);
	HEX(release(p, 0, 0));
	HEX(release(p + GRANULE, 0, 0));
	show("end", p, p);
}

/* A ring: the same pages twice, one behind the other. */
static void replaced_by_views(void)
{
	char *p = reserve();
	HANDLE section = memory(GRANULE), large = memory(2 * GRANULE);

	HEX(map(section, p, GRANULE, MEM_REPLACE_PLACEHOLDER));
	HEX(release(p + 2 * GRANULE, 0, 0));
	HEX(release(p + 2 * GRANULE, 2 * GRANULE, 0));
	HEX(release(p, GRANULE, MEM_PRESERVE_PLACEHOLDER));
	HEX(map(large, p, 2 * GRANULE, MEM_REPLACE_PLACEHOLDER));
	HEX(map(section, p, GRANULE, 0));
	HEX(map(section, p, GRANULE, MEM_REPLACE_PLACEHOLDER));
	HEX(map(section, p + GRANULE, GRANULE, MEM_REPLACE_PLACEHOLDER));
	show("view", p, p);
	p[5] = 9;
	SHOW(p[GRANULE + 5]);
	HEX(NtUnmapViewOfSectionEx(SELF, p, MEM_PRESERVE_PLACEHOLDER));
	show("place", p, p);
	HEX(NtUnmapViewOfSectionEx(SELF, p, MEM_PRESERVE_PLACEHOLDER));
	HEX(NtUnmapViewOfSectionEx(SELF, p + GRANULE, 0));
	show("gone", p, p + GRANULE);
	HEX(replace(p, GRANULE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	SHOW(p[5]);
	HEX(release(p, 0, 0));
	CloseHandle(section);
	CloseHandle(large);
}

static void of_ordinary_memory(void)
{
	char *p = VirtualAlloc(NULL, 2 * GRANULE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	HANDLE section = memory(GRANULE);
	char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);

	HEX(release(p, GRANULE, MEM_PRESERVE_PLACEHOLDER));
	HEX(release(p, GRANULE, MEM_COALESCE_PLACEHOLDERS));
	HEX(replace(p, 2 * GRANULE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
	show("memory", p, p);
	HEX(NtUnmapViewOfSectionEx(SELF, view, MEM_PRESERVE_PLACEHOLDER));
	show("view", view, view);
	SHOW(VirtualFree(p, 0, MEM_RELEASE));
	CloseHandle(section);
}

TEST_TABLE(CASE(made), CASE(cut), CASE(joined), CASE(replaced_by_memory), CASE(replaced_by_views),
	   CASE(of_ordinary_memory))
