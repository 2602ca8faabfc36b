/* SPDX-License-Identifier: GPL-2.0-only */
#include <windows.h>
#include <stdio.h>
int main()
{
	HANDLE f =
	    CreateFileA("fmap.tmp", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, 0, CREATE_ALWAYS,
			FILE_ATTRIBUTE_NORMAL, 0);
	DWORD n;
	HANDLE m = CreateFileMappingA(f, 0, PAGE_READWRITE, 0, 0x20000, "Local\\tern_map");
	printf("map=%d err=%lu\n", m != 0, GetLastError());
	char *p = MapViewOfFile(m, FILE_MAP_ALL_ACCESS, 0, 0, 0);
	char *q = MapViewOfFile(m, FILE_MAP_READ, 0, 0x10000, 0x10000);
	strcpy(p + 0x10000, "shared view");
	printf("q=%s\n", q);
	HANDLE m2 = OpenFileMappingA(FILE_MAP_READ, FALSE, "Local\\tern_map");
	printf("open=%d\n", m2 != 0);
	MEMORY_BASIC_INFORMATION mb;
	VirtualQuery(q, &mb, sizeof mb);
	printf("type=%lx prot=%lx size=%zx\n", mb.Type, mb.Protect, mb.RegionSize);
	FlushViewOfFile(p, 0);
	UnmapViewOfFile(p);
	UnmapViewOfFile(q);
	CloseHandle(m);
	CloseHandle(m2);
	SetFilePointer(f, 0x10000, 0, FILE_BEGIN);
	char b[32] = { 0 };
	ReadFile(f, b, 11, &n, 0);
	printf("file=%s size=%lx\n", b, GetFileSize(f, 0));
	CloseHandle(f);
	HANDLE a = CreateFileMappingA(INVALID_HANDLE_VALUE, 0, PAGE_READWRITE, 0, 65536, 0);
	p = MapViewOfFile(a, FILE_MAP_WRITE, 0, 0, 0);
	p[100] = 1;
	printf("anon ok align=%d\n", ((ULONG_PTR) p & 0xffff) == 0);
	char *v = VirtualAlloc(0, 1 << 20, MEM_RESERVE, PAGE_NOACCESS);
	printf("res=%d\n", v != 0);
	VirtualAlloc(v + 0x3000, 0x2000, MEM_COMMIT, PAGE_READWRITE);
	v[0x3000] = 1;
	VirtualQuery(v, &mb, sizeof mb);
	printf("r0 state=%lx size=%zx\n", mb.State, mb.RegionSize);
	VirtualQuery(v + 0x3000, &mb, sizeof mb);
	printf("r1 state=%lx size=%zx prot=%lx\n", mb.State, mb.RegionSize, mb.Protect);
	DWORD old;
	VirtualProtect(v + 0x4000, 0x1000, PAGE_READONLY | PAGE_GUARD, &old);
	int d1 = VirtualFree(v + 0x3000, 0x1000, MEM_DECOMMIT), d2 = VirtualFree(v, 0, MEM_RELEASE);
	printf("old=%lx dec=%d rel=%d\n", old, d1, d2);
	WIN32_FIND_DATAA fd;
	HANDLE h = FindFirstFileA("*.c", &fd);
	int c = 0;
	if (h != INVALID_HANDLE_VALUE) {
		do
			c++;
		while (FindNextFileA(h, &fd));
		FindClose(h);
	}
	printf("find=%d\n", c > 0);
	int r1 = MoveFileExA("fmap.tmp", "fmap2.tmp", MOVEFILE_REPLACE_EXISTING);
	int r2 = GetFileAttributesA("fmap2.tmp");
	int r3 = DeleteFileA("fmap2.tmp");
	printf("mv=%d attr=%x del=%d\n", r1, r2, r3);
	r1 = CreateDirectoryA("dtmp", 0);
	r2 = RemoveDirectoryA("dtmp");
	printf("mkdir=%d rmdir=%d\n", r1, r2);
	char cd[260];
	GetCurrentDirectoryA(260, cd);
	printf("cwd ok=%d\n", cd[1] == ':');
	FILETIME ft;
	GetSystemTimeAsFileTime(&ft);
	LARGE_INTEGER pc;
	QueryPerformanceCounter(&pc);
	ULARGE_INTEGER fr;
	printf("disk=%d\n", GetDiskFreeSpaceExA(".", &fr, 0, 0));
	HANDLE o = CreateFileA("ov.tmp", GENERIC_READ | GENERIC_WRITE, 0, 0, CREATE_ALWAYS,
			       FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, 0);
	OVERLAPPED ov = { 0 };
	ov.hEvent = CreateEventA(0, TRUE, FALSE, 0);
	BOOL w = WriteFile(o, "0123456789", 10, &n, &ov);
	if (!w && GetLastError() == ERROR_IO_PENDING)
		w = GetOverlappedResult(o, &ov, &n, TRUE);
	printf("ovw=%d n=%lu\n", w, n);
	HANDLE io = CreateIoCompletionPort(o, 0, 5, 0);
	OVERLAPPED o2 = { 0 };
	o2.Offset = 4;
	ReadFile(o, b, 6, 0, &o2);
	ULONG_PTR k;
	OVERLAPPED *po;
	w = GetQueuedCompletionStatus(io, &n, &k, &po, 1000);
	printf("iocp=%d n=%lu k=%d %.6s\n", w, n, (int)k, b);
	PostQueuedCompletionStatus(io, 1, 2, 0);
	GetQueuedCompletionStatus(io, &n, &k, &po, 0);
	printf("post=%lu,%d\n", n, (int)k);
	printf("lock=%d\n", LockFile(o, 0, 0, 4, 0));
	return 0;
}
