/* SPDX-License-Identifier: GPL-2.0-only */
/* Sections and views, and what VirtualAlloc's relatives do. */
#include "nt.h"

#define PAGE 0x1000
#define GRANULE 0x10000

static void show_region(const char *what, const void *at)
{
	MEMORY_BASIC_INFORMATION m;

	if (VirtualQuery(at, &m, sizeof(m)) != sizeof(m))
		printf("%s: none\n", what);
	else
		printf("%s: state %lx protect %lx type %lx size %llx\n", what, m.State, m.Protect, m.Type,
		       m.State == MEM_FREE ? 0 : (unsigned long long)m.RegionSize);
}

static HANDLE file_of(const char *text)
{
	HANDLE f = CreateFileA("section.tmp", GENERIC_READ | GENERIC_WRITE, 7, NULL, CREATE_ALWAYS,
			       FILE_FLAG_DELETE_ON_CLOSE, NULL);
	DWORD n;

	WriteFile(f, text, (DWORD)strlen(text), &n, NULL);
	return f;
}

static void anonymous(void)
{
	HANDLE h = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 100, NULL);
	char *p = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0);

	SHOW(p != NULL);
	SHOW(p[0] + p[4095]);
	show_region("view", p);
	p[50] = 5;
	SHOW(UnmapViewOfFile(p));
	p = MapViewOfFile(h, FILE_MAP_READ, 0, 0, 0);
	SHOW(p[50]);
	show_region("read", p);
	SHOW(UnmapViewOfFile(p));
	CloseHandle(h);
}

static void view_outlives_handle(void)
{
	HANDLE h = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, NULL);
	char *p = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0);

	CloseHandle(h);
	p[7] = 9;
	SHOW(p[7]);
	SHOW(UnmapViewOfFile(p + 5));
}

static void of_a_file(void)
{
	HANDLE f = file_of("hello section"), h = CreateFileMappingA(f, NULL, PAGE_READWRITE, 0, 0, NULL);
	char *p = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0), buf[20] = { 0 };
	DWORD n;

	printf("%.13s %d\n", p, p[13]);
	memcpy(p, "HELLO", 5);
	SHOW(FlushViewOfFile(p, 0));
	SetFilePointer(f, 0, NULL, FILE_BEGIN);
	ReadFile(f, buf, 13, &n, NULL);
	puts(buf);
	UnmapViewOfFile(p);
	CloseHandle(h);
	CloseHandle(f);
}

static void file_grows(void)
{
	HANDLE f = file_of("x"), h = CreateFileMappingA(f, NULL, PAGE_READWRITE, 0, 10000, NULL);

	SHOW(h != NULL);
	SHOW(GetFileSize(f, NULL));
	CloseHandle(h);
	FAILS(CreateFileMappingA(f, NULL, PAGE_READONLY, 0, 20000, NULL));
	CloseHandle(f);
}

static void empty_file(void)
{
	HANDLE f = file_of("");

	FAILS(CreateFileMappingA(f, NULL, PAGE_READWRITE, 0, 0, NULL));
	CloseHandle(f);
}

static void copy_on_write(void)
{
	HANDLE f = file_of("original"), h = CreateFileMappingA(f, NULL, PAGE_WRITECOPY, 0, 0, NULL);
	char *p = MapViewOfFile(h, FILE_MAP_COPY, 0, 0, 0), *q = MapViewOfFile(h, FILE_MAP_READ, 0, 0, 0);

	show_region("before", p);
	p[0] = 'X';
	printf("%.8s %.8s\n", p, q);
	show_region("after", p);
	UnmapViewOfFile(p);
	UnmapViewOfFile(q);
	CloseHandle(h);
	CloseHandle(f);
}

static void rights(void)
{
	HANDLE h = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READONLY, 0, PAGE, NULL);

	FAILS(MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0));
	SHOW(UnmapViewOfFile(MapViewOfFile(h, FILE_MAP_READ, 0, 0, 0)));
	SHOW(UnmapViewOfFile(MapViewOfFile(h, FILE_MAP_COPY, 0, 0, 0)));
	FAILS(MapViewOfFile(h, FILE_MAP_READ | FILE_MAP_EXECUTE, 0, 0, 0));
	CloseHandle(h);
}

static void read_only_file(void)
{
	HANDLE f = file_of("read only"), r;

	r = CreateFileA("section.tmp", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
	FAILS(CreateFileMappingA(r, NULL, PAGE_READWRITE, 0, 0, NULL));
	SHOW(CloseHandle(CreateFileMappingA(r, NULL, PAGE_READONLY, 0, 0, NULL)));
	SHOW(CloseHandle(CreateFileMappingA(r, NULL, PAGE_WRITECOPY, 0, 0, NULL)));
	CloseHandle(r);
	CloseHandle(f);
}

static void reserved(void)
{
	HANDLE h = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 4 * GRANULE, NULL);
	char *p = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0);

	show_region("reserved", p);
	SHOW(VirtualAlloc(p + GRANULE, PAGE, MEM_COMMIT, PAGE_READWRITE) == p + GRANULE);
	show_region("committed", p + GRANULE);
	p[GRANULE] = 3;
	SHOW(p[GRANULE]);
	FAILS(VirtualFree(p + GRANULE, PAGE, MEM_DECOMMIT));
	UnmapViewOfFile(p);
	CloseHandle(h);
}

static void named_twice(void)
{
	HANDLE a = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, "tern_named"), b;

	SetLastError(0);
	b = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 8 * PAGE, "tern_named");
	SHOW(GetLastError());
	FAILS(MapViewOfFile(b, FILE_MAP_READ, 0, 0, 8 * PAGE));
	CloseHandle(a);
	CloseHandle(b);
}

static void at_an_address(void)
{
	HANDLE h = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, GRANULE, NULL);
	char *p = VirtualAlloc(NULL, GRANULE, MEM_RESERVE, PAGE_NOACCESS);

	FAILS(MapViewOfFileEx(h, FILE_MAP_READ, 0, 0, 0, p));
	VirtualFree(p, 0, MEM_RELEASE);
	SHOW(MapViewOfFileEx(h, FILE_MAP_READ, 0, 0, 0, p) == p);
	SHOW(UnmapViewOfFile(p));
	FAILS(MapViewOfFileEx(h, FILE_MAP_READ, 0, 0, 0, p + 0x100));
	CloseHandle(h);
}

static void query(void)
{
	HANDLE h = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 5000, NULL);
	struct { void *base; ULONG attributes; LARGE_INTEGER size; } i;

	HEX(NtQuerySection(h, 0, &i, sizeof(i), NULL));
	printf("%p %lx %lld\n", i.base, i.attributes, i.size.QuadPart);
	HEX(NtQuerySection(h, 0, &i, 8, NULL));
	HEX(NtQuerySection(h, 1, &i, sizeof(i), NULL));
	CloseHandle(h);
}

static void image(void)
{
	HANDLE f = CreateFileA("C:\\windows\\system32\\version.dll", GENERIC_READ | GENERIC_EXECUTE, 1, NULL,
			       OPEN_EXISTING, 0, NULL);
	HANDLE h = CreateFileMappingA(f, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
	unsigned char *p = MapViewOfFile(h, FILE_MAP_READ, 0, 0, 0);
	MEMORY_BASIC_INFORMATION m;

	SHOW(p != NULL);
	printf("%c%c\n", p[0], p[1]);
	VirtualQuery(p, &m, sizeof(m));
	printf("%lx %lx %lx\n", m.State, m.Protect, m.Type);
	SHOW(UnmapViewOfFile(p));
	CloseHandle(h);
	CloseHandle(f);
}

static void image_of_no_program(void)
{
	HANDLE f = file_of("this is no program at all, whatever its length may be");

	FAILS(CreateFileMappingA(f, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL));
	CloseHandle(f);
}

static void bad_arguments(void)
{
	HANDLE h = NULL;
	LARGE_INTEGER zero = { .QuadPart = 0 }, one = { .QuadPart = PAGE };
	char *freed = VirtualAlloc(NULL, GRANULE, MEM_RESERVE, PAGE_NOACCESS);

	VirtualFree(freed, 0, MEM_RELEASE);

	HEX(NtCreateSection(&h, 0xf001f, NULL, &zero, PAGE_READWRITE, SEC_COMMIT, NULL));
	HEX(NtCreateSection(&h, 0xf001f, NULL, &one, 0x1234, SEC_COMMIT, NULL));
	HEX(NtCreateSection(&h, 0xf001f, NULL, &one, PAGE_READWRITE, SEC_COMMIT, (HANDLE)0x7774));
	HEX(NtUnmapViewOfSection(GetCurrentProcess(), freed));
	FAILS(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0, NULL));
}

static void offsets(void)
{
	HANDLE h = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4 * GRANULE, NULL);
	char *all = MapViewOfFile(h, FILE_MAP_WRITE, 0, 0, 0), *part;

	all[2 * GRANULE] = 'p';
	part = MapViewOfFile(h, FILE_MAP_READ, 0, 2 * GRANULE, 100);
	SHOW(part[0]);
	show_region("part", part);
	FAILS(MapViewOfFile(h, FILE_MAP_READ, 0, PAGE, 100));
	FAILS(MapViewOfFile(h, FILE_MAP_READ, 0, 4 * GRANULE, 100));
	UnmapViewOfFile(all);
	UnmapViewOfFile(part);
	CloseHandle(h);
}

/* ---- private memory ---- */

static volatile LONG faults;
static LONG CALLBACK count_fault(EXCEPTION_POINTERS *e)
{
	faults++;
	printf("exception %lx %llu\n", e->ExceptionRecord->ExceptionCode,
	       (unsigned long long)e->ExceptionRecord->ExceptionInformation[0]);
	return e->ExceptionRecord->ExceptionCode == STATUS_GUARD_PAGE_VIOLATION ? EXCEPTION_CONTINUE_EXECUTION :
		EXCEPTION_CONTINUE_SEARCH;
}

static void guard_page(void)
{
	char *p = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
	void *v = AddVectoredExceptionHandler(1, count_fault);

	show_region("guard", p);
	*(volatile char *)p = 1;
	SHOW(faults);
	show_region("gone", p);
	*(volatile char *)p = 2;
	SHOW(faults);
	RemoveVectoredExceptionHandler(v);
	VirtualFree(p, 0, MEM_RELEASE);
}

static void decommit_all(void)
{
	char *p = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

	p[PAGE] = 4;
	SHOW(VirtualFree(p, 0, MEM_DECOMMIT));
	show_region("all", p);
	SHOW(VirtualAlloc(p, 4 * PAGE, MEM_COMMIT, PAGE_READONLY) == p);
	SHOW(p[PAGE]);
	show_region("again", p);
	SHOW(VirtualFree(p, 0, MEM_RELEASE));
}

static void release_a_part(void)
{
	char *p = VirtualAlloc(NULL, 3 * GRANULE, MEM_RESERVE, PAGE_READWRITE);

	FAILS(VirtualFree(p, GRANULE, MEM_RELEASE));
	FAILS(VirtualFree(p + GRANULE, 0, MEM_RELEASE));
	SHOW(VirtualFree(p, 0, MEM_RELEASE));
	show_region("gone", p);
}

static void top_down(void)
{
	char *low = VirtualAlloc(NULL, GRANULE, MEM_RESERVE, PAGE_READWRITE);
	char *high = VirtualAlloc(NULL, GRANULE, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE);

	SHOW(high > low);
	VirtualFree(low, 0, MEM_RELEASE);
	VirtualFree(high, 0, MEM_RELEASE);
}

static void protect_several(void)
{
	char *p = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	DWORD old = 0;

	SHOW(VirtualProtect(p + PAGE, 10, PAGE_READONLY, &old));
	HEX(old);
	SHOW(VirtualProtect(p, 4 * PAGE, PAGE_EXECUTE_READ, &old));
	HEX(old);
	SHOW(VirtualProtect(p + PAGE - 1, 2, PAGE_NOACCESS, &old));
	show_region("first", p);
	show_region("third", p + 2 * PAGE);
	FAILS(VirtualProtect(p, 100 * GRANULE, PAGE_READONLY, &old));
	FAILS(VirtualProtect(p, PAGE, PAGE_WRITECOPY, &old));
	VirtualFree(p, 0, MEM_RELEASE);
}

static void other_memory(void)
{
	char src[64] = "from here", dst[64] = { 0 };
	SIZE_T n = 9;

	SHOW(ReadProcessMemory(GetCurrentProcess(), src, dst, 10, &n));
	printf("%s %llu\n", dst, (unsigned long long)n);
	FAILS(ReadProcessMemory(GetCurrentProcess(), (void *)0x1000, dst, 10, &n));
	SHOW(WriteProcessMemory(GetCurrentProcess(), dst, "written", 8, &n));
	puts(dst);
	FAILS(WriteProcessMemory(GetCurrentProcess(), (void *)0x1000, dst, 10, &n));
}

static void huge(void)
{
	char *p = VirtualAlloc(NULL, 1ULL << 42, MEM_RESERVE, PAGE_READWRITE);

	SHOW(p != NULL);
	SHOW(VirtualAlloc(p + (1ULL << 41), PAGE, MEM_COMMIT, PAGE_READWRITE) != NULL);
	p[1ULL << 41] = 1;
	SHOW(VirtualFree(p, 0, MEM_RELEASE));
	FAILS(VirtualAlloc(NULL, 1ULL << 48, MEM_RESERVE, PAGE_READWRITE));
}

static void own_image(void)
{
	static int data = 5;
	static const int constant = 6;

	show_region("data", &data);
	show_region("constant", &constant);
	SHOW(data + constant);
}

static void bad_queries(void)
{
	MEMORY_BASIC_INFORMATION m;
	SIZE_T n = 0;

	HEX(NtQueryVirtualMemory(GetCurrentProcess(), NULL, 0, &m, 10, &n));
	HEX(NtQueryVirtualMemory(GetCurrentProcess(), (void *)0x7fffffff0000, 0, &m, sizeof(m), &n));
	HEX(NtQueryVirtualMemory((HANDLE)0x7774, NULL, 0, &m, sizeof(m), &n));
	SHOW(VirtualQuery(NULL, &m, sizeof(m)));
	printf("%lx %lx\n", m.State, m.Protect);
}

static void working_set(void)
{
	char *p = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

	SHOW(VirtualLock(p, PAGE));
	SHOW(VirtualUnlock(p, PAGE));
	SHOW(VirtualAlloc(p, PAGE, MEM_RESET, PAGE_READWRITE) == p);
	VirtualFree(p, 0, MEM_RELEASE);
	FAILS(VirtualLock(p, PAGE));
}

TEST_TABLE(CASE(anonymous), CASE(view_outlives_handle), CASE(of_a_file), CASE(file_grows), CASE(empty_file),
	   CASE(copy_on_write), CASE(rights), CASE(read_only_file), CASE(reserved), CASE(named_twice),
	   CASE(at_an_address), CASE(query), CASE(image), CASE(image_of_no_program), CASE(bad_arguments),
	   CASE(offsets), CASE(guard_page), CASE(decommit_all), CASE(release_a_part), CASE(top_down),
	   CASE(protect_several), CASE(other_memory), CASE(huge), CASE(own_image), CASE(bad_queries),
	   CASE(working_set))
