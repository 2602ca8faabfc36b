// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vDSO: clock functions that run in user mode on data of the vvar page, which
 * lies in front of the image. Compiled for user space, position independent, no
 * calls outside. What cannot be answered here becomes the system call.
 */
#include <asm/vvar.h>

#define NSEC_PER_SEC	1000000000UL
#define SYS_gettimeofday 96
#define SYS_time	201
#define SYS_clock_gettime 228
#define SYS_clock_getres 229
#define SEL_CPU_NUMBER	0x7b

enum { CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1, CLOCK_MONOTONIC_RAW = 4, CLOCK_REALTIME_COARSE = 5,
	CLOCK_MONOTONIC_COARSE = 6, CLOCK_BOOTTIME = 7, CLOCK_TAI = 11 };

struct vdso_timespec { long sec, nsec; };
struct vdso_timeval { long sec, usec; };
struct vdso_timezone { int minutes_west, dst_time; };

extern const volatile struct vvar vvar_page __attribute__((visibility("hidden")));

int __vdso_clock_gettime(int clock, struct vdso_timespec *ts);
int __vdso_clock_getres(int clock, struct vdso_timespec *ts);
int __vdso_gettimeofday(struct vdso_timeval *tv, struct vdso_timezone *tz);
long __vdso_time(long *t);
long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused);

static long syscall2(long nr, long a, long b)
{
	long ret;

	__asm__ volatile("syscall" : "=a" (ret) : "0" (nr), "D" (a), "S" (b)
			 : "rcx", "r11", "memory");
	return ret;
}

static inline u64 rdtsc_ordered(void)
{
	u32 lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a" (lo), "=d" (hi) : : "memory");
	return (u64)hi << 32 | lo;
}

static inline u64 mul_shift(u64 a, u64 b)
{
	return (u64)(((unsigned __int128)a * b) >> 32);
}

/* ns of @clock; 0 if the system call must tell. */
static inline u64 read_clock(int clock)
{
	const volatile struct vvar *v = &vvar_page;
	u64 ns, tsc, delta;
	u32 seq;

	do {
		while ((seq = __atomic_load_n(&v->seq, __ATOMIC_ACQUIRE)) & 1)
			__asm__ volatile("pause");
		if (!v->is_tsc)
			return 0;
		tsc = rdtsc_ordered() - v->tsc_base;
		if ((s64)tsc < 0)
			tsc = 0;
		ns = v->arch_base + mul_shift(tsc, v->tsc_mult);
		delta = ns - v->at;
		if ((s64)delta < 0)
			delta = 0;
		delta = mul_shift(delta, v->rate);
		if (clock == CLOCK_MONOTONIC)
			ns = v->mono_ns + delta;
		else if (clock == CLOCK_REALTIME)
			ns = (u64)v->real_ns + delta;
		else if (clock == CLOCK_BOOTTIME)
			ns = v->boot_ns + delta;
		else if (clock == CLOCK_TAI)
			ns = (u64)(v->real_ns + v->tai_offset_ns) + delta;
		else
			return 0;
		__asm__ volatile("" : : : "memory");
	} while (v->seq != seq);
	return ns;
}

int __vdso_clock_gettime(int clock, struct vdso_timespec *ts)
{
	u64 ns = read_clock(clock);

	if (__builtin_expect(!ns, 0))
		return (int)syscall2(SYS_clock_gettime, clock, (long)ts);
	ts->sec = (long)(ns / NSEC_PER_SEC);
	ts->nsec = (long)(ns % NSEC_PER_SEC);
	return 0;
}

int __vdso_clock_getres(int clock, struct vdso_timespec *ts)
{
	return (int)syscall2(SYS_clock_getres, clock, (long)ts);
}

int __vdso_gettimeofday(struct vdso_timeval *tv, struct vdso_timezone *tz)
{
	u64 ns = tz ? 0 : read_clock(CLOCK_REALTIME);

	if (!ns || !tv)
		return (int)syscall2(SYS_gettimeofday, (long)tv, (long)tz);
	tv->sec = (long)(ns / NSEC_PER_SEC);
	tv->usec = (long)(ns % NSEC_PER_SEC / 1000);
	return 0;
}

long __vdso_time(long *t)
{
	u64 ns = read_clock(CLOCK_REALTIME);
	long sec;

	if (!ns)
		return syscall2(SYS_time, (long)t, 0);
	sec = (long)(ns / NSEC_PER_SEC);
	if (t)
		*t = sec;
	return sec;
}

/* The limit of one segment is the CPU number; there is one memory node. */
long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
	unsigned long n;

	__asm__ volatile("lsl %1, %0" : "=r" (n) : "r" ((long)SEL_CPU_NUMBER));
	if (cpu)
		*cpu = n & 0xffff;
	if (node)
		*node = 0;
	return 0;
}

#define ALIAS(name)	__asm__(".weak " #name "\n.set " #name ", __vdso_" #name \
				"\n.type " #name ", @function")
ALIAS(clock_gettime);
ALIAS(clock_getres);
ALIAS(gettimeofday);
ALIAS(time);
ALIAS(getcpu);
