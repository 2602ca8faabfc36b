/* SPDX-License-Identifier: GPL-2.0-only */
/* Virtual memory: reserve, commit, protect, query, guard pages, views. */
#include "test.h"

#define PAGE 0x1000
#define GRANULE 0x10000

static void show_query(const char *what, const void *at)
{
	MEMORY_BASIC_INFORMATION m;
	SIZE_T n = VirtualQuery(at, &m, sizeof(m));

	printf("%s: %llu state %lx protect %lx type %lx size %llx alloc %d initial %lx\n", what,
	       (unsigned long long)n, m.State, m.Protect, m.Type,
	       m.State == MEM_FREE ? 0 : (unsigned long long)m.RegionSize,
	       m.AllocationBase != NULL, m.AllocationProtect);
}

static void reserve_and_commit(void)
{
	char *p = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE, PAGE_READWRITE);
	DWORD old;

	SHOW(p != NULL);
	SHOW((ULONG_PTR)p % GRANULE);
	show_query("reserved", p);
	SHOW(VirtualAlloc(p + 2 * PAGE, 3 * PAGE, MEM_COMMIT, PAGE_READWRITE) == p + 2 * PAGE);
	show_query("before", p);
	show_query("committed", p + 2 * PAGE);
	show_query("behind", p + 5 * PAGE);
	p[2 * PAGE] = 7;
	SHOW(VirtualAlloc(p + 2 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE) != NULL);
	SHOW(p[2 * PAGE]);
	SHOW(VirtualProtect(p + 3 * PAGE, PAGE, PAGE_READONLY, &old));
	SHOW(old);
	show_query("first", p + 2 * PAGE);
	show_query("second", p + 3 * PAGE);
	FAILS(VirtualProtect(p, PAGE, PAGE_READONLY, &old));
	FAILS(VirtualProtect(p + 2 * PAGE, PAGE, 0x77, &old));
	SHOW(VirtualFree(p + 3 * PAGE, PAGE, MEM_DECOMMIT));
	show_query("decommitted", p + 3 * PAGE);
	SHOW(VirtualAlloc(p + 3 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE) != NULL);
	SHOW(p[3 * PAGE]);
	FAILS(VirtualFree(p + PAGE, 0, MEM_RELEASE));
	FAILS(VirtualFree(p, PAGE, MEM_RELEASE | MEM_DECOMMIT));
	SHOW(VirtualFree(p, 0, MEM_RELEASE));
	FAILS(VirtualFree(p, 0, MEM_RELEASE));
	show_query("released", p);
}

static void fixed_addresses(void)
{
	char *p = VirtualAlloc(NULL, 4 * GRANULE, MEM_RESERVE, PAGE_NOACCESS);

	SHOW(VirtualAlloc(p, PAGE, MEM_RESERVE, PAGE_READWRITE) == NULL);
	SHOW(GetLastError());
	SHOW(VirtualFree(p, 0, MEM_RELEASE));
	SHOW(VirtualAlloc(p + 100, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) == p);
	show_query("rounded", p);
	SHOW(VirtualFree(p, 0, MEM_RELEASE));
	SHOW(VirtualAlloc(NULL, 1ULL << 40, MEM_RESERVE, PAGE_NOACCESS) != NULL);
	SHOW(VirtualAlloc((void *)0x10, PAGE, MEM_RESERVE, PAGE_READWRITE) == NULL);
	FAILS(VirtualAlloc(NULL, 0, MEM_RESERVE, PAGE_READWRITE));
	FAILS(VirtualAlloc(NULL, PAGE, 0x40, PAGE_READWRITE));
	FAILS(VirtualAlloc(NULL, PAGE, MEM_COMMIT, 0));
}

static void views(void)
{
	HANDLE h = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 3 * GRANULE, "tern_view");
	HANDLE again = OpenFileMappingA(FILE_MAP_READ, FALSE, "tern_view");
	char *a, *b;

	SHOW(h != NULL);
	SHOW(again != NULL);
	a = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0);
	b = MapViewOfFile(again, FILE_MAP_READ, 0, GRANULE, GRANULE);
	SHOW(a && b && a != b);
	a[GRANULE + 5] = 'x';
	SHOW(b[5]);
	show_query("view", a);
	show_query("part", b);
	FAILS(MapViewOfFile(h, FILE_MAP_READ, 0, 5, 0));
	FAILS(MapViewOfFile(h, FILE_MAP_READ, 0, 0, 16 * GRANULE));
	FAILS(MapViewOfFile(again, FILE_MAP_WRITE, 0, 0, 0));
	SHOW(UnmapViewOfFile(a));
	FAILS(UnmapViewOfFile(a));
	SHOW(b[5]);
	SHOW(UnmapViewOfFile(b));
	SHOW(CloseHandle(h));
	SHOW(CloseHandle(again));
	FAILS(OpenFileMappingA(FILE_MAP_READ, FALSE, "tern_view"));
}

int main(void)
{
	reserve_and_commit();
	fixed_addresses();
	views();
	return 0;
}
