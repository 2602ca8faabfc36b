/* SPDX-License-Identifier: GPL-2.0-only */
#include <windows.h>
#include <stdio.h>
#include <setjmp.h>
static int skip;
static LONG CALLBACK veh(EXCEPTION_POINTERS * e)
{
	DWORD c = e->ExceptionRecord->ExceptionCode;
	if (c == 0xc0000005) {
		printf("veh av type=%d addr=%p\n", (int)e->ExceptionRecord->ExceptionInformation[0],
		       (void *)e->ExceptionRecord->ExceptionInformation[1]);
		e->ContextRecord->Rip += skip;
		return EXCEPTION_CONTINUE_EXECUTION;
	}
	if (c == 0x80000001) {
		printf("veh guard\n");
		return EXCEPTION_CONTINUE_EXECUTION;
	}
	if (c == 0xc0000094) {
		printf("veh div0\n");
		e->ContextRecord->Rip += skip;
		return EXCEPTION_CONTINUE_EXECUTION;
	}
	if (c == 0x80000003) {
		printf("veh bp\n");
		e->ContextRecord->Rip += 1;
		return -1;
	}
	if (c == 0xc000001d) {
		printf("veh ill\n");
		e->ContextRecord->Rip += 2;
		return -1;
	}
	if (c == 0xe0001234) {
		printf("veh sw\n");
		return -1;
	}
	return EXCEPTION_CONTINUE_SEARCH;
}

static void *fib0;
static int fc;
static void WINAPI fibf(void *p)
{
	fc = (int)(intptr_t) p;
	SwitchToFiber(fib0);
}

static int deep(int n)
{
	volatile char b[4096];
	b[0] = n;
	return n ? deep(n - 1) + b[0] : 0;
}

static int flag;
int main()
{
	setvbuf(stdout, 0, _IONBF, 0);
	AddVectoredExceptionHandler(1, veh);
	skip = 2;
	__asm__ volatile ("xor %%eax,%%eax; .byte 0x8b,0x00":::"rax", "memory");
	skip = 2;
	__asm__ volatile ("xor %%ecx,%%ecx; xor %%edx,%%edx; mov $1,%%eax; .byte 0xf7,0xf1":::"rax", "rcx", "rdx");
	__asm__ volatile (".byte 0xcc");
	__asm__ volatile (".byte 0x0f,0x0b");
	char *g = VirtualAlloc(0, 4096, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);
	*(volatile char *)g = 1;
	printf("guard val=%d\n", *g);
	RaiseException(0xe0001234, 0, 0, 0);
	fib0 = ConvertThreadToFiber(0);
	void *f = CreateFiber(0, fibf, (void *)9);
	SwitchToFiber(f);
	printf("fiber=%d\n", fc);
	DeleteFiber(f);
	printf("deep=%d\n", deep(200));
	jmp_buf jb;
	int k = setjmp(jb);
	if (!k)
		longjmp(jb, 4);
	printf("longjmp=%d\n", k);
	CONTEXT c;
	RtlCaptureContext(&c);
	printf("ctx=%d\n", c.Rsp != 0);
	void *bt[16];
	printf("bt=%d\n", CaptureStackBackTrace(0, 16, bt, 0) > 1);
	SYSTEM_INFO si;
	GetSystemInfo(&si);
	printf("gran=%lx page=%lx\n", si.dwAllocationGranularity, si.dwPageSize);
	MEMORYSTATUSEX ms = { sizeof ms };
	printf("ms=%d\n", GlobalMemoryStatusEx(&ms));
	OSVERSIONINFOA ov = { sizeof ov };
	GetVersionExA(&ov);
	printf("ver=%lu.%lu.%lu\n", ov.dwMajorVersion, ov.dwMinorVersion, ov.dwBuildNumber);
	return 0;
}
