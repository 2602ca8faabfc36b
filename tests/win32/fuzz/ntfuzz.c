/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random system calls: `ntfuzz SECONDS SEED`. Each of many short-lived children makes calls to
 * services of ntdll.dll in random order with random arguments: handles of every kind, pointers
 * that are good, bad or nearly good, names, information classes, control codes. A child may crash,
 * end itself or hang: it is ended then. What the kernel must do is live, and forget all of it.
 */
#include <winsock2.h>
#include <windows.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef LONG (NTAPI *service)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
			      uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

#define CALLS		4000
#define PATIENCE_MS	500
#define SERVICES_MAX	400
#define AREA		0x10000u
#define NHANDLES	20
#define SIDE_BY_SIDE	3

/* What would change the machine for the others. */
static const char *const left_out[] = { "NtShutdownSystem", "NtSetSystemTime", "NtSetSystemInformation" };

/* What stops or ends the caller: only now and then. */
static const char *const seldom[] = {
	"NtWaitFor", "NtSignalAndWait", "NtDelayExecution", "NtRemoveIoCompletion", "NtTerminate",
	"NtSuspend", "NtReadFile",
	"NtContinue", "NtRaise", "NtSetContextThread", "NtFreeVirtualMemory", "NtProtectVirtualMemory", "NtUnmapView",
	"NtFsControlFile", "NtDeviceIoControlFile", "NtReplyWait", "NtListenPort",
	"NtAssignProcessToJobObject", "NtLockFile",
};

static const wchar_t *const names[] = {
	L"\\BaseNamedObjects\\fuzz", L"\\BaseNamedObjects", L"\\??\\Z:\\tmp\\fuzz\\a", L"\\??\\Z:\\tmp\\fuzz",
	L"\\??\\Z:\\tmp\\fuzz\\b\\c", L"\\??\\pipe\\fuzz", L"\\??\\pipe\\",
	L"\\Device\\Afd\\Endpoint", L"\\Device\\Null",
	L"\\Device\\ConDrv\\Input", L"\\Device\\ConDrv\\Connection", L"\\??\\CONOUT$", L"\\Registry\\User\\fuzz",
	L"\\Registry\\Machine\\Software\\fuzz", L"\\Registry", L"\\", L"fuzz", L"",
	L"\\??\\C:\\windows\\fuzz.ini",
	L"\\??\\Nsi", L"\\??\\MountPointManager", L"\\KnownDlls\\x", L"\\??\\Z:\\proc\\self\\status",
};

static const uint32_t codes[] = {
	0x12003, 0x12007, 0x1200b, 0x12017, 0x1201b, 0x12024, 0x1202f, 0x12083, 0x12087, 0x1208b, 0x120320, 0x120324,
	0x120328, 0x12032c, 0x120330, 0x120344, 0x120348, 0x12034c, 0x120360, 0x120368, 0x120370, 0x120390, 0x1203a4,
	0x110004, 0x110008, 0x11400c, 0x110018, 0x11c017, 0x900c0, 0x9009c, 0x900a8, 0x980c8,
	0x90064, 0x500016, 0x500005,
	0x500009, 0x50000d, 0x500037, 0x50000f, 0x12000f, 0x6d0008, 0x6d0030,
};

static uint32_t seed;
static uint8_t *area;
static HANDLE handles[NHANDLES];
static service services[SERVICES_MAX];
static int is_seldom[SERVICES_MAX];
static unsigned nservices;

static uint32_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static uint32_t below(uint32_t n)
{
	return next_random() % n;
}

/* ---- arguments ---- */

/* A counted text, and now and then attributes around it. */
static uint64_t put_name(uint8_t *at)
{
	const wchar_t *name = names[below(sizeof(names) / sizeof(names[0]))];
	struct { uint16_t len, room; uint64_t text; } *u = (void *)at;
	struct { uint32_t size; uint64_t root; void *name; uint32_t flags; uint64_t sd, qos; } *a = (void *)(at + 32);

	wcscpy((wchar_t *)(at + 128), name);
	u->len = wcslen(name) * 2;
	u->room = u->len + 2;
	u->text = (uint64_t)(at + 128);
	if (!below(8))
		u->len = (uint16_t)next_random();
	if (!below(8))
		u->text = next_random();
	if (below(3) == 0)
		return (uint64_t)at;
	a->size = 48;
	a->root = below(4) ? 0 : (uint64_t)handles[below(NHANDLES)];
	a->name = at;
	a->flags = below(4) ? 0x40 : next_random();
	a->sd = a->qos = 0;
	return (uint64_t)(at + 32);
}

static uint64_t argument(void)
{
	static const uint64_t odd[] = {
		0, 1, 2, 4, 0xffff, 0x10000, 0x1000, 0x7fffffff, 0x80000000, 0xffffffff, 0x7ffe0000, 0x7fffffffffff,
		0x7fffffff0000, 0x800000000000, 0xffff800000000000, 0xffffffffffffffff, 0x8000000000000000,
		0xffffffff81000000, 0xfffffffffffffffe, 0xfffffffffffffffc, 0xfffffffffffffffa,
	};
	uint8_t *at = area + below(AREA - 0x1000);

	switch (below(9)) {
	case 0:
		return odd[below(sizeof(odd) / sizeof(odd[0]))];
	case 1:
		return (uint64_t)at;
	case 2:
	case 3:
		return (uint64_t)handles[below(NHANDLES)];
	case 4:
		return below(70);
	case 5:
		return codes[below(sizeof(codes) / sizeof(codes[0]))];
	case 6:
		return put_name((uint8_t *)((uintptr_t)at & ~(uintptr_t)15));
	case 7:
		return below(2) ? 1u << below(32) : next_random();
	}
	return (uint64_t)at & ~(uint64_t)15;
}

/* Small numbers, handles and pointers into itself: structures that look almost right. */
static void fill(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint64_t v = argument();

		memcpy(area + (below(AREA) & ~7u), &v, sizeof(v));
	}
}

/* ---- the child ---- */

static DWORD WINAPI idle(void *arg)
{
	(void)arg;
	SleepEx(INFINITE, TRUE);
	return 0;
}

static void open_all(void)
{
	WSADATA data;
	HANDLE rd, wr;

	WSAStartup(0x202, &data);
	CreateDirectoryA("Z:\\tmp\\fuzz", NULL);
	CreatePipe(&rd, &wr, NULL, 0);
	handles[0] = CreateEventA(NULL, below(2), below(2), NULL);
	handles[1] = CreateSemaphoreA(NULL, 1, 100, NULL);
	handles[2] = CreateFileA("Z:\\tmp\\fuzz\\file", GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_ALWAYS, 0, NULL);
	handles[3] = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NULL);
	handles[4] = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
	handles[5] = CreateMutexA(NULL, FALSE, NULL);
	handles[6] = GetCurrentProcess();
	handles[7] = GetCurrentThread();
	handles[8] = CreateThread(NULL, 0, idle, NULL, 0, NULL);
	handles[9] = CreateWaitableTimerA(NULL, FALSE, NULL);
	handles[10] = CreateJobObjectA(NULL, NULL);
	handles[11] = (HANDLE)socket(AF_INET, SOCK_STREAM, 0);
	handles[12] = (HANDLE)WSASocketA(AF_INET, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
	handles[13] = rd;
	handles[14] = wr;
	handles[15] = CreateNamedPipeA("\\\\.\\pipe\\fuzz", PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
				       PIPE_TYPE_MESSAGE, 4, 4096, 4096, 0, NULL);
	handles[16] = CreateFileA("\\\\.\\pipe\\fuzz", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
				  FILE_FLAG_OVERLAPPED, NULL);
	handles[17] = CreateFileA("Z:\\tmp\\fuzz", GENERIC_READ, 7, NULL, OPEN_EXISTING,
				   FILE_FLAG_BACKUP_SEMANTICS, NULL);
	RegCreateKeyA(HKEY_CURRENT_USER, "fuzz", (HKEY *)&handles[18]);
	OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &handles[19]);
}

static int is_in(const char *name, const char *const *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!strncmp(name, list[i], strlen(list[i])))
			return 1;
	return 0;
}

static void find_services(void)
{
	HMODULE dll = GetModuleHandleA("ntdll.dll");
	const uint8_t *base = (const uint8_t *)dll;
	const IMAGE_NT_HEADERS *nt = (const void *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
	const IMAGE_EXPORT_DIRECTORY *e = (const void *)(base + nt->OptionalHeader.DataDirectory[0].VirtualAddress);
	const DWORD *list = (const DWORD *)(base + e->AddressOfNames);

	for (DWORD i = 0; i < e->NumberOfNames && nservices < SERVICES_MAX; i++) {
		const char *name = (const char *)(base + list[i]);

		if (strncmp(name, "Nt", 2) || !strncmp(name, "Ntdll", 5) ||
		    is_in(name, left_out, sizeof(left_out) / sizeof(left_out[0])))
			continue;
		is_seldom[nservices] = is_in(name, seldom, sizeof(seldom) / sizeof(seldom[0]));
		services[nservices++] = (service)(void *)GetProcAddress(dll, name);
	}
}

static service pick(void)
{
	for (;;) {
		unsigned i = below(nservices);

		if (!is_seldom[i] || !below(50))
			return services[i];
	}
}

static int run_child(void)
{
	find_services();
	area = VirtualAlloc(NULL, AREA, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	open_all();
	for (int i = 0; i < CALLS; i++) {
		if (i % 16 == 0)
			fill();
		pick()(argument(), argument(), argument(), argument(), argument(), argument(),
		       argument(), argument(), argument(), argument(), argument(), argument(), argument(),
		       argument());
	}
	return 0;
}

/* ---- the parent ---- */

static HANDLE start(const char *program, uint32_t number)
{
	STARTUPINFOA si = { .cb = sizeof(si) };
	PROCESS_INFORMATION pi;
	char command[400];

	snprintf(command, sizeof(command), "\"%s\" child %u", program, number);
	if (!CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &si, &pi))
		return NULL;
	CloseHandle(pi.hThread);
	return pi.hProcess;
}

int main(int argc, char **argv)
{
	char program[300];
	ULONGLONG end;
	unsigned children = 0, late = 0;

	seed = argc > 2 ? strtoul(argv[2], NULL, 10) * 2654435761u | 1 : 1;
	if (argc > 2 && !strcmp(argv[1], "child"))
		return run_child();
	end = GetTickCount64() + (argc > 1 ? strtoul(argv[1], NULL, 10) : 3) * 1000;
	GetModuleFileNameA(NULL, program, sizeof(program));
	while (GetTickCount64() < end) {
		HANDLE side[SIDE_BY_SIDE];

		for (int i = 0; i < SIDE_BY_SIDE; i++)
			side[i] = start(program, next_random());
		for (int i = 0; i < SIDE_BY_SIDE; i++) {
			if (!side[i])
				return 1;
			if (WaitForSingleObject(side[i], PATIENCE_MS) != WAIT_OBJECT_0) {
				TerminateProcess(side[i], 1);
				WaitForSingleObject(side[i], INFINITE);
				late++;
			}
			CloseHandle(side[i]);
			children++;
		}
	}
	printf("# %u children, %u of them ended by force\n", children, late);
	return 0;
}
