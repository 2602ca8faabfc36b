// SPDX-License-Identifier: GPL-2.0-only
/*
 * Started as process 1 by scripts/bench: prints how long the machine took to
 * get here and how much memory is in use, powers off.
 *
 * boot: the time-stamp counter, which QEMU starts at 0 with the machine. Its rate
 * is measured against CLOCK_MONOTONIC. in_use: the machine's memory (512 MiB,
 * set by scripts/bench) less what the kernel calls free.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <x86intrin.h>

#define MACHINE_MIB 512

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

int main(void)
{
	uint64_t first = __rdtsc(), tsc, start, ns;
	struct sysinfo info;

	sysinfo(&info);
	tsc = __rdtsc();
	start = now_ns();
	do
		ns = now_ns() - start;
	while (ns < 50 * 1000000ull);
	tsc = __rdtsc() - tsc;

	printf("boot %.1f ms\n", (double)first * ns / tsc / 1e6);
	printf("in_use %.1f MiB\n",
	       MACHINE_MIB - (double)info.freeram * info.mem_unit / (1 << 20));
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 1;
}
