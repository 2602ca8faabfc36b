/* SPDX-License-Identifier: GPL-2.0-only */
/* wait4(2), waitid(2). */
#pragma once

#define WNOHANG		0x1
#define WUNTRACED	0x2
#define WSTOPPED	0x2
#define WEXITED		0x4
#define WCONTINUED	0x8
#define WNOWAIT		0x01000000
#define __WNOTHREAD	0x20000000
#define __WALL		0x40000000
#define __WCLONE	0x80000000
#define P_ALL 0
#define P_PID 1
#define P_PGID 2
#define P_PIDFD 3
