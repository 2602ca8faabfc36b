/* SPDX-License-Identifier: GPL-2.0-only */
/* Files and directories: dispositions, share modes, deletion, names, positions, what is told of them. */
#include "nt.h"

#define ALL_SHARE (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static HANDLE make(const char *name, DWORD access, DWORD share, DWORD disposition, DWORD flags)
{
	SetLastError(0);
	return CreateFileA(name, access, share, NULL, disposition, flags, NULL);
}

static void show_open(const char *name, DWORD access, DWORD share, DWORD disposition)
{
	HANDLE h = make(name, access, share, disposition, 0);

	printf("%s %lx %lx %lu: %s error %lu\n", name, access, share, disposition,
	       h == INVALID_HANDLE_VALUE ? "no" : "yes", GetLastError());
	if (h != INVALID_HANDLE_VALUE)
		CloseHandle(h);
}

static void fill(const char *name, const char *text)
{
	HANDLE h = make(name, GENERIC_WRITE, ALL_SHARE, CREATE_ALWAYS, 0);
	DWORD n;

	WriteFile(h, text, (DWORD)strlen(text), &n, NULL);
	CloseHandle(h);
}

static void dispositions(void)
{
	show_open("d.tmp", GENERIC_READ, 0, OPEN_EXISTING);
	show_open("d.tmp", GENERIC_WRITE, 0, TRUNCATE_EXISTING);
	show_open("d.tmp", GENERIC_WRITE, 0, CREATE_NEW);
	show_open("d.tmp", GENERIC_WRITE, 0, CREATE_NEW);
	show_open("d.tmp", GENERIC_WRITE, 0, OPEN_ALWAYS);
	show_open("d.tmp", GENERIC_WRITE, 0, CREATE_ALWAYS);
	show_open("d.tmp", GENERIC_WRITE, 0, TRUNCATE_EXISTING);
	show_open("d.tmp", GENERIC_READ, 0, TRUNCATE_EXISTING);
	SHOW(DeleteFileA("d.tmp"));
	show_open("d.tmp", GENERIC_WRITE, 0, OPEN_ALWAYS);
	SHOW(DeleteFileA("d.tmp"));
	FAILS(DeleteFileA("d.tmp"));
}

static void missing_paths(void)
{
	show_open("no\\such\\file", GENERIC_READ, 0, OPEN_EXISTING);
	show_open("bad<name", GENERIC_WRITE, 0, CREATE_ALWAYS);
	show_open("", GENERIC_READ, 0, OPEN_EXISTING);
	show_open(".", GENERIC_READ, ALL_SHARE, OPEN_EXISTING);
}

static void sharing(DWORD access, DWORD share)
{
	HANDLE h = make("s.tmp", access, share, OPEN_EXISTING, 0);

	printf("held with %lx %lx\n", access, share);
	show_open("s.tmp", GENERIC_READ, ALL_SHARE, OPEN_EXISTING);
	show_open("s.tmp", GENERIC_WRITE, ALL_SHARE, OPEN_EXISTING);
	show_open("s.tmp", DELETE, ALL_SHARE, OPEN_EXISTING);
	show_open("s.tmp", GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING);
	show_open("s.tmp", GENERIC_READ, 0, OPEN_EXISTING);
	show_open("s.tmp", 0, 0, OPEN_EXISTING);
	CloseHandle(h);
}

static void share_nothing(void)
{
	fill("s.tmp", "shared");
	sharing(GENERIC_READ, 0);
	sharing(GENERIC_READ | GENERIC_WRITE, 0);
}

static void share_reading(void)
{
	sharing(GENERIC_READ, FILE_SHARE_READ);
	sharing(GENERIC_WRITE, FILE_SHARE_READ);
}

static void share_writing(void)
{
	sharing(GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE);
	sharing(GENERIC_READ, ALL_SHARE);
}

static void share_attributes_only(void)
{
	sharing(FILE_READ_ATTRIBUTES, 0);
	show_open("s.tmp", GENERIC_READ | GENERIC_WRITE, 0, OPEN_EXISTING);
	SHOW(DeleteFileA("s.tmp"));
}

static void delete_while_open(void)
{
	HANDLE h;

	fill("o.tmp", "x");
	h = make("o.tmp", GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, 0);
	FAILS(DeleteFileA("o.tmp"));
	CloseHandle(h);
	h = make("o.tmp", GENERIC_READ, ALL_SHARE, OPEN_EXISTING, 0);
	SHOW(DeleteFileA("o.tmp"));
	CloseHandle(h);
	show_open("o.tmp", GENERIC_READ, ALL_SHARE, OPEN_EXISTING);
}

static void delete_on_close(void)
{
	HANDLE h = make("c.tmp", GENERIC_READ | DELETE, ALL_SHARE, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE);

	SHOW(GetFileAttributesA("c.tmp") != INVALID_FILE_ATTRIBUTES);
	CloseHandle(h);
	FAILS(GetFileAttributesA("c.tmp") != INVALID_FILE_ATTRIBUTES);
}

static void disposition_information(void)
{
	FILE_DISPOSITION_INFO i = { TRUE };
	HANDLE h;

	fill("i.tmp", "x");
	h = make("i.tmp", DELETE, ALL_SHARE, OPEN_EXISTING, 0);
	SHOW(SetFileInformationByHandle(h, FileDispositionInfo, &i, sizeof(i)));
	i.DeleteFile = FALSE;
	SHOW(SetFileInformationByHandle(h, FileDispositionInfo, &i, sizeof(i)));
	CloseHandle(h);
	SHOW(DeleteFileA("i.tmp"));
	fill("i.tmp", "x");
	h = make("i.tmp", GENERIC_READ, ALL_SHARE, OPEN_EXISTING, 0);
	FAILS(SetFileInformationByHandle(h, FileDispositionInfo, &i, sizeof(i)));
	CloseHandle(h);
	SHOW(DeleteFileA("i.tmp"));
}

static void read_only(void)
{
	fill("r.tmp", "x");
	SHOW(SetFileAttributesA("r.tmp", FILE_ATTRIBUTE_READONLY));
	HEX(GetFileAttributesA("r.tmp"));
	show_open("r.tmp", GENERIC_WRITE, ALL_SHARE, OPEN_EXISTING);
	show_open("r.tmp", GENERIC_READ, ALL_SHARE, OPEN_EXISTING);
	FAILS(DeleteFileA("r.tmp"));
	SHOW(SetFileAttributesA("r.tmp", FILE_ATTRIBUTE_NORMAL));
	SHOW(DeleteFileA("r.tmp"));
}

static void any_case(void)
{
	fill("MixedCase.Tmp", "x");
	show_open("mixedcase.tmp", GENERIC_READ, ALL_SHARE, OPEN_EXISTING);
	show_open("MIXEDCASE.TMP", GENERIC_WRITE, ALL_SHARE, CREATE_NEW);
	SHOW(DeleteFileA("mIXEDcASE.tMP"));
	SHOW(CreateDirectoryA("SubDir", NULL));
	fill("SUBDIR\\inner.TXT", "y");
	show_open("subdir\\INNER.txt", GENERIC_READ, ALL_SHARE, OPEN_EXISTING);
	SHOW(DeleteFileA("SubDir\\Inner.txt"));
	SHOW(RemoveDirectoryA("subdir"));
}

static void positions(void)
{
	HANDLE h = make("p.tmp", GENERIC_READ | GENERIC_WRITE, 0, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE);
	char buf[20] = { 0 };
	LARGE_INTEGER size;
	DWORD n = 9;

	SHOW(WriteFile(h, "0123456789", 10, &n, NULL));
	SHOW(SetFilePointer(h, -3, NULL, FILE_CURRENT));
	SHOW(ReadFile(h, buf, 10, &n, NULL));
	SHOW(n);
	SHOW(ReadFile(h, buf, 10, &n, NULL));
	SHOW(n);
	SHOW(SetFilePointer(h, 2, NULL, FILE_BEGIN));
	SHOW(SetEndOfFile(h));
	SHOW(GetFileSizeEx(h, &size));
	SHOW(size.QuadPart);
	SHOW(SetFilePointer(h, 100, NULL, FILE_END));
	SHOW(WriteFile(h, "z", 1, &n, NULL));
	SHOW(GetFileSize(h, NULL));
	SHOW(SetFilePointer(h, -1, NULL, FILE_BEGIN) == INVALID_SET_FILE_POINTER);
	SHOW(GetLastError());
	CloseHandle(h);
}

static void at_offsets(void)
{
	HANDLE h = make("a.tmp", GENERIC_READ | GENERIC_WRITE, 0, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE);
	OVERLAPPED o = { .Offset = 5 };
	char buf[20] = { 0 };
	DWORD n = 9;

	SHOW(WriteFile(h, "hello", 5, &n, &o));
	SHOW(GetFileSize(h, NULL));
	o.Offset = 6;
	SHOW(ReadFile(h, buf, 3, &n, &o));
	puts(buf);
	SHOW(SetFilePointer(h, 0, NULL, FILE_CURRENT));
	o.Offset = 50;
	FAILS(ReadFile(h, buf, 3, &n, &o));
	CloseHandle(h);
}

static void appending(void)
{
	HANDLE h = make("e.tmp", FILE_APPEND_DATA, ALL_SHARE, CREATE_ALWAYS, 0);
	DWORD n;

	WriteFile(h, "abc", 3, &n, NULL);
	SetFilePointer(h, 0, NULL, FILE_BEGIN);
	SHOW(WriteFile(h, "def", 3, &n, NULL));
	SHOW(GetFileSize(h, NULL));
	FAILS(ReadFile(h, &n, 1, &n, NULL));
	CloseHandle(h);
	h = make("e.tmp", GENERIC_READ, 0, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE);
	FAILS(WriteFile(h, "x", 1, &n, NULL));
	CloseHandle(h);
}

static void directories(void)
{
	SHOW(CreateDirectoryA("dir.tmp", NULL));
	FAILS(CreateDirectoryA("dir.tmp", NULL));
	FAILS(CreateDirectoryA("no\\such", NULL));
	HEX(GetFileAttributesA("dir.tmp"));
	show_open("dir.tmp", GENERIC_READ, ALL_SHARE, OPEN_EXISTING);
	FAILS(DeleteFileA("dir.tmp"));
	fill("dir.tmp\\f", "x");
	FAILS(RemoveDirectoryA("dir.tmp"));
	FAILS(RemoveDirectoryA("dir.tmp\\f"));
	SHOW(DeleteFileA("dir.tmp\\f"));
	SHOW(RemoveDirectoryA("dir.tmp"));
	FAILS(RemoveDirectoryA("dir.tmp"));
}

static void list(const char *pattern)
{
	WIN32_FIND_DATAA d;
	HANDLE h;
	int n = 0;
	unsigned long sum = 0;

	SetLastError(0);
	h = FindFirstFileA(pattern, &d);
	if (h == INVALID_HANDLE_VALUE) {
		printf("%s: error %lu\n", pattern, GetLastError());
		return;
	}
	do {
		n++;
		for (char *c = d.cFileName; *c; c++)
			sum += (unsigned char)*c;
	} while (FindNextFileA(h, &d));
	printf("%s: %d %lu error %lu\n", pattern, n, sum, GetLastError());
	FindClose(h);
}

static void patterns(void)
{
	static const char *const names[] = { "one.txt", "two.txt", "three.c", "noext", "a.b.c", "Four.TXT" };
	static const char *const tried[] = { "*", "*.*", "*.txt", "t*", "?????", "*.c", "one.txt", "ONE.*", "*.",
		"none*", "n?e*", "*e*", "??e.txt" };
	char path[64];

	CreateDirectoryA("list.tmp", NULL);
	for (int i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), "list.tmp\\%s", names[i]);
		fill(path, "x");
	}
	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		snprintf(path, sizeof(path), "list.tmp\\%s", tried[i]);
		list(path);
	}
	for (int i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), "list.tmp\\%s", names[i]);
		DeleteFileA(path);
	}
	SHOW(RemoveDirectoryA("list.tmp"));
	list("list.tmp\\*");
}

static void moves(void)
{
	fill("m1.tmp", "one");
	fill("m2.tmp", "second");
	FAILS(MoveFileA("m1.tmp", "m2.tmp"));
	SHOW(MoveFileExA("m1.tmp", "m2.tmp", MOVEFILE_REPLACE_EXISTING));
	FAILS(MoveFileA("m1.tmp", "m3.tmp"));
	SHOW(MoveFileA("m2.tmp", "M2.TMP"));
	SHOW(CopyFileA("m2.tmp", "m4.tmp", TRUE));
	FAILS(CopyFileA("m2.tmp", "m4.tmp", TRUE));
	SHOW(DeleteFileA("m2.tmp"));
	SHOW(DeleteFileA("m4.tmp"));
}

static void move_open(void)
{
	HANDLE h;

	fill("mo.tmp", "x");
	h = make("mo.tmp", GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, 0);
	FAILS(MoveFileA("mo.tmp", "mo2.tmp"));
	CloseHandle(h);
	h = make("mo.tmp", GENERIC_READ, ALL_SHARE, OPEN_EXISTING, 0);
	SHOW(MoveFileA("mo.tmp", "mo2.tmp"));
	CloseHandle(h);
	SHOW(DeleteFileA("mo2.tmp"));
}

static void times(void)
{
	FILETIME set = { 0x12345678, 0x01d00000 }, got = { 0, 0 };
	HANDLE h = make("t.tmp", GENERIC_READ | GENERIC_WRITE, 0, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE);

	SHOW(SetFileTime(h, NULL, NULL, &set));
	SHOW(GetFileTime(h, NULL, NULL, &got));
	printf("%lx %lx\n", got.dwHighDateTime, got.dwLowDateTime);
	CloseHandle(h);
}

static void locks(void)
{
	HANDLE a = make("l.tmp", GENERIC_READ | GENERIC_WRITE, ALL_SHARE, CREATE_ALWAYS, 0);
	HANDLE b = make("l.tmp", GENERIC_READ | GENERIC_WRITE, ALL_SHARE, OPEN_EXISTING, 0);

	SHOW(LockFile(a, 0, 0, 10, 0));
	FAILS(LockFile(b, 5, 0, 10, 0));
	SHOW(LockFile(b, 10, 0, 10, 0));
	SHOW(UnlockFile(a, 0, 0, 10, 0));
	SHOW(LockFile(b, 0, 0, 10, 0));
	CloseHandle(a);
	CloseHandle(b);
	SHOW(DeleteFileA("l.tmp"));
}

static void links(void)
{
	BY_HANDLE_FILE_INFORMATION i;
	HANDLE h;

	fill("h1.tmp", "linked");
	SHOW(CreateHardLinkA("h2.tmp", "h1.tmp", NULL));
	FAILS(CreateHardLinkA("h2.tmp", "h1.tmp", NULL));
	h = make("h2.tmp", GENERIC_READ, ALL_SHARE, OPEN_EXISTING, 0);
	SHOW(GetFileInformationByHandle(h, &i));
	printf("%lu %lu %lx\n", i.nNumberOfLinks, i.nFileSizeLow, i.dwFileAttributes);
	CloseHandle(h);
	SHOW(DeleteFileA("h1.tmp"));
	SHOW(DeleteFileA("h2.tmp"));
}

static void by_handle(void)
{
	HANDLE h = make("q.tmp", GENERIC_READ | GENERIC_WRITE, ALL_SHARE, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE);
	FILE_STANDARD_INFO s;
	FILE_BASIC_INFO b;
	DWORD n;

	WriteFile(h, "12345", 5, &n, NULL);
	SHOW(GetFileInformationByHandleEx(h, FileStandardInfo, &s, sizeof(s)));
	printf("%lld %lu %d\n", s.EndOfFile.QuadPart, s.NumberOfLinks, s.Directory);
	SHOW(GetFileInformationByHandleEx(h, FileBasicInfo, &b, sizeof(b)));
	HEX(b.FileAttributes);
	FAILS(GetFileInformationByHandleEx(h, FileStandardInfo, &s, 4));
	FAILS(GetFileInformationByHandleEx(h, (FILE_INFO_BY_HANDLE_CLASS)77, &s, sizeof(s)));
	SHOW(GetFileType(h));
	CloseHandle(h);
}

static void native_classes(void)
{
	HANDLE h = make("n.tmp", GENERIC_READ | GENERIC_WRITE, ALL_SHARE, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE);
	char buf[600];
	IO_STATUS_BLOCK io;

	for (int c = 4; c < 22; c++) {
		if (c == 10 || c == 11 || c == 12 || c == 13 || c == 15 || c == 17 || c == 21 || c == 19 || c == 20)
			continue;
		io.Information = 99;
		printf("class %d: %lx %llu\n", c, NtQueryInformationFile(h, &io, buf, sizeof(buf), c) & 0xffffffff,
		       c == 9 || c == 18 ? 0ULL : (unsigned long long)io.Information);
	}
	HEX(NtQueryInformationFile(h, &io, buf, 4, 5));
	HEX(NtQueryInformationFile((HANDLE)0x7774, &io, buf, sizeof(buf), 5));
	CloseHandle(h);
}

static void long_names(void)
{
	char cwd[300], path[400], name[300];

	GetCurrentDirectoryA(sizeof(cwd), cwd);
	snprintf(path, sizeof(path), "\\\\?\\%s\\u.tmp", cwd);
	show_open("u.tmp", GENERIC_WRITE, 0, CREATE_NEW);
	SHOW(GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES);
	SHOW(DeleteFileA(path));
	memset(name, 'n', 256);
	name[256] = 0;
	FAILS(GetFileAttributesA(name) != INVALID_FILE_ATTRIBUTES);
	SHOW(CloseHandle(make("nul", GENERIC_WRITE, 0, OPEN_EXISTING, 0)));
	SHOW(CloseHandle(make("NUL.txt", GENERIC_WRITE, 0, OPEN_EXISTING, 0)));
	SHOW(CloseHandle(make("trail.tmp. .", GENERIC_WRITE, 0, CREATE_ALWAYS, 0)));
	SHOW(DeleteFileA("trail.tmp"));
}

static void unicode_names(void)
{
	static const WCHAR name[] = L"\x043f\x0440\x0438\x0432\x0435\x0442 \x4e2d\xd83d\xde00.tmp";
	WIN32_FIND_DATAW d;
	HANDLE h = CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL), f;

	SHOW(CloseHandle(h));
	f = FindFirstFileW(L"\x041f*", &d);
	SHOW(f != INVALID_HANDLE_VALUE && !wcscmp(d.cFileName, name));
	FindClose(f);
	SHOW(DeleteFileW(name));
}

static void wrong_handles(void)
{
	HANDLE e = CreateEventA(NULL, TRUE, TRUE, NULL);
	char c;
	DWORD n;

	FAILS(ReadFile(e, &c, 1, &n, NULL));
	FAILS(WriteFile(INVALID_HANDLE_VALUE, &c, 1, &n, NULL));
	FAILS(GetFileSize(e, NULL) != INVALID_FILE_SIZE);
	FAILS(FlushFileBuffers(NULL));
	CloseHandle(e);
}

static void volumes(void)
{
	DWORD serial, component, flags;
	char fs[32];

	SHOW(GetVolumeInformationA("C:\\", NULL, 0, &serial, &component, &flags, fs, sizeof(fs)));
	SHOW(component);
	SHOW(GetDriveTypeA("C:\\"));
	SHOW(GetDriveTypeA("Q:\\"));
}

TEST_TABLE(CASE(dispositions), CASE(missing_paths), CASE(share_nothing), CASE(share_reading), CASE(share_writing),
	   CASE(share_attributes_only), CASE(delete_while_open), CASE(delete_on_close),
	   CASE(disposition_information), CASE(read_only), CASE(any_case), CASE(positions), CASE(at_offsets),
	   CASE(appending), CASE(directories), CASE(patterns), CASE(moves), CASE(move_open), CASE(times),
	   CASE(locks), CASE(links), CASE(by_handle), CASE(native_classes), CASE(long_names), CASE(unicode_names),
	   CASE(wrong_handles), CASE(volumes))
