/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every system service of ntdll.dll with arguments that are wrong in all ways: numbers, bad
 * pointers, handles of other kinds. The process must live on, and so must the kernel.
 * What each call returns is not compared.
 */
#include "test.h"

#include <stdint.h>

typedef LONG (NTAPI *service)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
			      uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

#define ROUNDS	40
#define NHANDLES 8

/* These end or stop the caller, wait for good, or take its own memory away by right. */
static const char *const left_out[] = {
	"NtTerminateProcess", "NtTerminateThread", "NtSuspendThread", "NtSuspendProcess", "NtContinue",
	"NtRaiseException", "NtRaiseHardError", "NtSetContextThread", "NtCallbackReturn", "NtWaitFor",
	"NtSignalAndWait", "NtDelayExecution", "NtRemoveIoCompletion", "NtFreeVirtualMemory",
	"NtProtectVirtualMemory", "NtUnmapViewOfSection", "NtWriteVirtualMemory", "NtShutdownSystem",
	"NtReplyWait", "NtListenPort", "NtReadFile", "NtFsControlFile", "NtTestAlert", "NtQueueApcThread",
	"NtClose", "NtSetInformationObject", "NtDuplicateObject", "NtSetInformationProcess", "NtLockFile",
	"NtAllocateVirtualMemory", "NtMapViewOfSection", "NtCreateThread", "NtCreateUserProcess",
	"NtSetTimer", "NtTerminateJobObject", "NtAssignProcessToJobObject",
};

static uint32_t seed = 1;
static unsigned char *area;
static HANDLE handles[NHANDLES];

static uint32_t next_random(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static uint64_t argument(void)
{
	static const uint64_t odd[] = {
		0, 1, 2, 4, 7, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 0x7ffe0000, 0x7fffffffffff,
		0xffff800000000000, 0xffffffffffffffff, 0x8000000000000000, 0x123456789,
	};

	switch (next_random() % 5) {
	case 0:
		return odd[next_random() % (sizeof(odd) / sizeof(odd[0]))];
	case 1:
		return (uint64_t)(area + next_random() % 0x8000);
	case 2:
		return (uint64_t)handles[next_random() % NHANDLES];
	case 3:
		return next_random() % 64;
	}
	return (uint64_t)(area + (next_random() % 0x8000 & ~15u));
}

/* Small numbers and pointers into itself: structures that look almost right. */
static void fill(void)
{
	for (uint32_t i = 0; i < 0x10000 / 8; i++) {
		uint64_t v = next_random() % 4 ? next_random() % 128 : (uint64_t)(area + next_random() % 0x8000);

		memcpy(area + i * 8, &v, 8);
	}
}

static int is_left_out(const char *name)
{
	for (unsigned i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (!strncmp(name, left_out[i], strlen(left_out[i])))
			return 1;
	return 0;
}

static void one(const char *name, service call)
{
	for (int i = 0; i < ROUNDS; i++) {
		fill();
		call(argument(), argument(), argument(), argument(), argument(), argument(), argument(),
		     argument(), argument(), argument(), argument(), argument(), argument(), argument());
	}
	(void)name;
}

int main(void)
{
	HMODULE dll = GetModuleHandleA("ntdll.dll");
	const unsigned char *base = (const unsigned char *)dll;
	const IMAGE_NT_HEADERS *nt = (const void *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
	const IMAGE_EXPORT_DIRECTORY *e = (const void *)(base + nt->OptionalHeader.DataDirectory[0].VirtualAddress);
	const DWORD *names = (const DWORD *)(base + e->AddressOfNames);
	unsigned n = 0;

	area = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	handles[0] = CreateEventA(NULL, TRUE, TRUE, NULL);
	handles[1] = CreateSemaphoreA(NULL, 1, 100, NULL);
	handles[2] = CreateFileA("fuzz.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
	handles[3] = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NULL);
	handles[4] = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
	handles[5] = CreateMutexA(NULL, FALSE, NULL);
	handles[6] = GetCurrentProcess();
	handles[7] = GetCurrentThread();
	for (DWORD i = 0; i < e->NumberOfNames; i++) {
		const char *name = (const char *)(base + names[i]);

		if (strncmp(name, "Nt", 2) || !strncmp(name, "Ntdll", 5) || is_left_out(name))
			continue;
		one(name, (service)(void *)GetProcAddress(dll, name));
		n++;
	}
	printf("lived through: %d\n", n > 100);
	return 0;
}
