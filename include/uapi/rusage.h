/* SPDX-License-Identifier: GPL-2.0-only */
/* struct rusage of the Linux user ABI. */
#pragma once

#include <tern/base/types.h>

struct rusage_ {
	s64 utime_sec, utime_usec, stime_sec, stime_usec;
	s64 maxrss;	/* KiB */
	s64 ixrss, idrss, isrss;
	s64 minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};
#define RUSAGE_SELF 0
#define RUSAGE_CHILDREN -1
#define RUSAGE_BOTH -2
#define RUSAGE_THREAD 1
