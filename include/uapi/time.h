/* SPDX-License-Identifier: GPL-2.0-only */
/* User ABI of clocks and timers on x86-64. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define CLOCK_REALTIME_			0
#define CLOCK_MONOTONIC_		1
#define CLOCK_PROCESS_CPUTIME_ID_	2
#define CLOCK_THREAD_CPUTIME_ID_	3
#define CLOCK_MONOTONIC_RAW_		4
#define CLOCK_REALTIME_COARSE_		5
#define CLOCK_MONOTONIC_COARSE_		6
#define CLOCK_BOOTTIME_			7
#define CLOCK_REALTIME_ALARM_		8
#define CLOCK_BOOTTIME_ALARM_		9
#define CLOCK_TAI_			11
#define TIMER_ABSTIME_			1

/* CPU-time clocks of others: ~number << 3 | per-thread 4 | kind. */
#define CPUCLOCK_PROF_	0
#define CPUCLOCK_VIRT_	1
#define CPUCLOCK_SCHED_	2
#define CPUCLOCK_FD_	3

#define ITIMER_REAL_	0
#define ITIMER_VIRTUAL_	1
#define ITIMER_PROF_	2

struct timeval_ { s64 sec, usec; };
struct timespec_ { s64 sec, nsec; };
struct timezone_ { s32 minuteswest, dsttime; };
struct itimerval_ { struct timeval_ interval, value; };
struct itimerspec_ { struct timespec_ interval, value; };

#define SIGEV_SIGNAL_		0
#define SIGEV_NONE_		1
#define SIGEV_THREAD_		2
#define SIGEV_THREAD_ID_	4

struct sigevent_ {
	u64 value;
	s32 signo, notify;
	s32 tid;
	s32 pad[11];
};
static_assert(sizeof(struct sigevent_) == 64, "user ABI");

/* adjtimex */
struct timex_ {
	u32 modes, pad0;
	s64 offset, freq, maxerror, esterror;
	s32 status, pad1;
	s64 constant, precision, tolerance;
	struct timeval_ time;
	s64 tick, ppsfreq, jitter;
	s32 shift, pad2;
	s64 stabil, jitcnt, calcnt, errcnt, stbcnt;
	s32 tai;
	s32 pad3[11];
};
static_assert(sizeof(struct timex_) == 208, "user ABI");

#define ADJ_OFFSET_	0x0001
#define ADJ_FREQUENCY_	0x0002
#define ADJ_MAXERROR_	0x0004
#define ADJ_ESTERROR_	0x0008
#define ADJ_STATUS_	0x0010
#define ADJ_TIMECONST_	0x0020
#define ADJ_TAI_	0x0080
#define ADJ_SETOFFSET_	0x0100
#define ADJ_MICRO_	0x1000
#define ADJ_NANO_	0x2000
#define ADJ_TICK_	0x4000
#define ADJ_ADJTIME_	0x8000	/* with OFFSET: adjtime(3) */
#define ADJ_OFFSET_READONLY_ 0x2000

#define STA_PLL_	0x0001
#define STA_INS_	0x0010
#define STA_DEL_	0x0020
#define STA_UNSYNC_	0x0040
#define STA_FREQHOLD_	0x0080
#define STA_NANO_	0x2000
#define STA_MODE_	0x4000
#define STA_RONLY_	0xff00

#define TIME_OK_	0
#define TIME_INS_	1
#define TIME_DEL_	2
#define TIME_OOP_	3
#define TIME_WAIT_	4
#define TIME_ERROR_	5
