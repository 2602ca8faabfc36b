/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions: codes, parameters, continuing, state of the vector unit, ends of processes. */
#include "nt.h"

#include <setjmp.h>

static EXCEPTION_RECORD seen;
static CONTEXT at;
static int skip;

static LONG CALLBACK handler(EXCEPTION_POINTERS *e)
{
	seen = *e->ExceptionRecord;
	at = *e->ContextRecord;
	if (seen.ExceptionCode == 0x40010006 || seen.ExceptionCode == 0x4001000a)
		return EXCEPTION_CONTINUE_SEARCH;
	e->ContextRecord->Rip += skip;
	return EXCEPTION_CONTINUE_EXECUTION;
}

static void *install(int bytes)
{
	memset(&seen, 0, sizeof(seen));
	skip = bytes;
	return AddVectoredExceptionHandler(1, handler);
}

static void tell(void *h)
{
	RemoveVectoredExceptionHandler(h);
	printf("code %lx flags %lx parameters %lu %llx\n", seen.ExceptionCode, seen.ExceptionFlags,
	       seen.NumberParameters, seen.NumberParameters ? (unsigned long long)seen.ExceptionInformation[0] : 0);
}

static void read_fault(void)
{
	void *h = install(2);

	__asm__ volatile("movl $0x1234, %%eax; .byte 0x8b, 0x00" ::: "rax", "memory");
	tell(h);
	HEX(seen.ExceptionInformation[1]);
}

static void write_fault(void)
{
	void *h = install(2);

	__asm__ volatile("movl $0x4321, %%eax; .byte 0x89, 0x00" ::: "rax", "memory");
	tell(h);
	HEX(seen.ExceptionInformation[1]);
}

static void far_fault(void)
{
	void *h = install(2);

	__asm__ volatile("movabsq $0x8000000000001234, %%rax; .byte 0x8b, 0x00" ::: "rax", "memory");
	tell(h);
	SHOW(seen.ExceptionInformation[1] == ~0ULL);
}

static void divide_by_zero(void)
{
	void *h = install(2);

	__asm__ volatile("xorl %%ecx, %%ecx; xorl %%edx, %%edx; movl $1, %%eax; .byte 0xf7, 0xf1"
			 ::: "rax", "rcx", "rdx");
	tell(h);
}

static void divide_overflow(void)
{
	void *h = install(2);

	__asm__ volatile("movl $1, %%ecx; movl $5, %%edx; movl $1, %%eax; .byte 0xf7, 0xf1" ::: "rax", "rcx", "rdx");
	tell(h);
}

static void illegal(void)
{
	void *h = install(2);

	__asm__ volatile(".byte 0x0f, 0x0b");
	tell(h);
}

static void privileged(void)
{
	void *h = install(1);

	__asm__ volatile(".byte 0xfa");
	tell(h);
	h = install(1);
	__asm__ volatile(".byte 0xf4");
	tell(h);
}

static void breakpoint(void)
{
	void *h = install(1);

	__asm__ volatile(".byte 0xcc");
	tell(h);
}

static void single_step(void)
{
	void *h = install(0);

	__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop" ::: "memory", "cc");
	tell(h);
	SHOW((at.EFlags & 0x100) == 0);
}

static void raised(void)
{
	ULONG_PTR args[3] = { 7, 8, 9 };
	void *h = install(0);

	RaiseException(0xe0001234, 0, 3, args);
	tell(h);
	HEX(seen.ExceptionInformation[2]);
	h = install(0);
	RaiseException(0x1234, 0, 0, NULL);
	tell(h);
}

static LONG CALLBACK first(EXCEPTION_POINTERS *e)
{
	printf("first %lx\n", e->ExceptionRecord->ExceptionCode);
	return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK second(EXCEPTION_POINTERS *e)
{
	printf("second %lx\n", e->ExceptionRecord->ExceptionCode);
	return EXCEPTION_CONTINUE_EXECUTION;
}

static void order_of_handlers(void)
{
	void *b = AddVectoredExceptionHandler(0, second), *a = AddVectoredExceptionHandler(1, first);

	RaiseException(0xe0000001, 0, 0, NULL);
	RemoveVectoredExceptionHandler(a);
	RemoveVectoredExceptionHandler(b);
	SHOW(RemoveVectoredExceptionHandler(b));
}

static LONG CALLBACK change_registers(EXCEPTION_POINTERS *e)
{
	e->ContextRecord->Rax = 0x55;
	e->ContextRecord->R11 = 0x66;
	e->ContextRecord->Rcx = 0x77;
	e->ContextRecord->Rip += 2;
	return EXCEPTION_CONTINUE_EXECUTION;
}

static void registers_set(void)
{
	void *h = AddVectoredExceptionHandler(1, change_registers);
	unsigned long long a, b, c;

	__asm__ volatile(".byte 0x0f, 0x0b; movq %%r11, %1; movq %%rcx, %2"
			 : "=a"(a), "=r"(b), "=r"(c) :: "rcx", "r11");
	RemoveVectoredExceptionHandler(h);
	printf("%llx %llx %llx\n", a, b, c);
}

static LONG CALLBACK spoil_vectors(EXCEPTION_POINTERS *e)
{
	__asm__ volatile("vxorps %%ymm6, %%ymm6, %%ymm6; vxorps %%ymm15, %%ymm15, %%ymm15" ::: "xmm6", "xmm15");
	e->ContextRecord->Rip += 2;
	return EXCEPTION_CONTINUE_EXECUTION;
}

static void avx_is_kept(void)
{
	__attribute__((aligned(32))) unsigned long long in[4] = { 1, 2, 3, 4 }, out[4] = { 0 }, out2[4] = { 0 };
	void *h = AddVectoredExceptionHandler(1, spoil_vectors);

	__asm__ volatile("vmovups (%0), %%ymm6; vmovups (%0), %%ymm15; .byte 0x0f, 0x0b;"
			 "vmovups %%ymm6, (%1); vmovups %%ymm15, (%2); vzeroupper"
			 :: "r"(in), "r"(out), "r"(out2) : "xmm6", "xmm15", "memory");
	RemoveVectoredExceptionHandler(h);
	printf("%llu %llu %llu %llu\n", out[0], out[1], out[2], out[3]);
	printf("%llu %llu %llu %llu\n", out2[0], out2[1], out2[2], out2[3]);
}

static DWORD_PTR avx_mask;
static LONG CALLBACK change_avx(EXCEPTION_POINTERS *e)
{
	DWORD64 mask = 0;
	M128A *high;
	DWORD len = 0;

	GetXStateFeaturesMask(e->ContextRecord, &mask);
	avx_mask = (DWORD_PTR)mask & 4;
	high = LocateXStateFeature(e->ContextRecord, 2, &len);
	printf("%d %lu %llu\n", high != NULL, len, high ? high[7].Low : 0);
	if (high)
		high[7].Low = 99;
	e->ContextRecord->Rip += 2;
	return EXCEPTION_CONTINUE_EXECUTION;
}

static void avx_in_the_frame(void)
{
	__attribute__((aligned(32))) unsigned long long in[4] = { 1, 2, 3, 4 }, out[4] = { 0 };
	void *h = AddVectoredExceptionHandler(1, change_avx);

	__asm__ volatile("vmovups (%0), %%ymm7; .byte 0x0f, 0x0b; vmovups %%ymm7, (%1); vzeroupper"
			 :: "r"(in), "r"(out) : "xmm7", "memory");
	RemoveVectoredExceptionHandler(h);
	SHOW(avx_mask);
	printf("%llu %llu %llu %llu\n", out[0], out[1], out[2], out[3]);
}

static void guard_hit(void)
{
	char *p = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE | PAGE_GUARD);
	void *h = install(0);

	*(volatile char *)p;
	tell(h);
	SHOW(seen.ExceptionInformation[1] == (ULONG_PTR)p);
	VirtualFree(p, 0, MEM_RELEASE);
}

static void execute_fault(void)
{
	char *p = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
	static jmp_buf back;
	void *h;

	p[0] = (char)0xc3;
	h = AddVectoredExceptionHandler(1, handler);
	memset(&seen, 0, sizeof(seen));
	skip = 0;
	(void)back;
	{
		DWORD old;

		VirtualProtect(p, 4096, PAGE_EXECUTE_READ, &old);
		((void (*)(void))p)();
		SHOW(old);
	}
	tell(h);
	VirtualFree(p, 0, MEM_RELEASE);
}

static DWORD ended_by(const char *how)
{
	STARTUPINFOA si = { .cb = sizeof(si) };
	PROCESS_INFORMATION pi;
	char self[300], line[400];
	DWORD code = 0;

	GetModuleFileNameA(NULL, self, sizeof(self));
	snprintf(line, sizeof(line), "\"%s\" %s", self, how);
	if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &si, &pi))
		return 1;
	WaitForSingleObject(pi.hProcess, 30000);
	GetExitCodeProcess(pi.hProcess, &code);
	CloseHandle(pi.hThread);
	CloseHandle(pi.hProcess);
	return code;
}

static LONG WINAPI last_resort(EXCEPTION_POINTERS *e)
{
	ExitProcess(e->ExceptionRecord->ExceptionCode == 0xe0000042 ? 42 : 1);
}

/* The child of ended_by(). */
static void end_now(const char *how)
{
	SetErrorMode(SEM_NOGPFAULTERRORBOX | SEM_FAILCRITICALERRORS);
	if (!strcmp(how, "filter")) {
		SetUnhandledExceptionFilter(last_resort);
		RaiseException(0xe0000042, 0, 0, NULL);
	}
	if (!strcmp(how, "failfast"))
		__asm__ volatile("movl $7, %%ecx; int $0x29" ::: "rcx");
	if (!strcmp(how, "exit"))
		ExitProcess(0x12345678);
	if (!strcmp(how, "terminate"))
		TerminateProcess(GetCurrentProcess(), 0xc000013a);
	if (!strcmp(how, "thread"))
		ExitThread(77);
	exit(3);
}

static void unhandled_filter(void)
{
	SHOW(ended_by("filter"));
}

static void exit_codes(void)
{
	HEX(ended_by("exit"));
	HEX(ended_by("terminate"));
	HEX(ended_by("thread"));
	HEX(ended_by("return"));
}

static const struct test_case cases[] = {
	CASE(read_fault), CASE(write_fault), CASE(far_fault), CASE(divide_by_zero), CASE(divide_overflow),
	CASE(illegal), CASE(privileged), CASE(breakpoint), CASE(single_step), CASE(raised),
	CASE(order_of_handlers), CASE(registers_set), CASE(avx_is_kept),
	CASE(avx_in_the_frame), CASE(guard_hit), CASE(execute_fault), CASE(unhandled_filter), CASE(exit_codes),
};

int main(int argc, char **argv)
{
	if (argc > 1)
		end_now(argv[1]);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		printf("-- %s\n", cases[i].name);
		fflush(stdout);
		cases[i].run();
	}
	return 0;
}
