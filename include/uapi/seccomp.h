/* SPDX-License-Identifier: GPL-2.0-only */
/* seccomp(2) of the Linux user ABI. */
#pragma once

#include <tern/base/types.h>

#define SECCOMP_MODE_DISABLED	0
#define SECCOMP_MODE_STRICT	1
#define SECCOMP_MODE_FILTER	2

#define SECCOMP_SET_MODE_STRICT	0
#define SECCOMP_SET_MODE_FILTER	1
#define SECCOMP_GET_ACTION_AVAIL 2
#define SECCOMP_GET_NOTIF_SIZES	3

#define SECCOMP_FILTER_FLAG_TSYNC	0x01u
#define SECCOMP_FILTER_FLAG_LOG		0x02u
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW	0x04u
#define SECCOMP_FILTER_FLAG_NEW_LISTENER 0x08u
#define SECCOMP_FILTER_FLAG_TSYNC_ESRCH	0x10u
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV 0x20u

/* Verdicts, the low 16 bits are data; as signed numbers the lower one wins. */
#define SECCOMP_RET_KILL_PROCESS 0x80000000u
#define SECCOMP_RET_KILL_THREAD	0x00000000u
#define SECCOMP_RET_TRAP	0x00030000u
#define SECCOMP_RET_ERRNO	0x00050000u
#define SECCOMP_RET_USER_NOTIF	0x7fc00000u
#define SECCOMP_RET_TRACE	0x7ff00000u
#define SECCOMP_RET_LOG		0x7ffc0000u
#define SECCOMP_RET_ALLOW	0x7fff0000u
#define SECCOMP_RET_ACTION	0xffff0000u
#define SECCOMP_RET_DATA	0x0000ffffu

/* What a filter judges. */
struct seccomp_data {
	s32 nr;
	u32 arch;
	u64 instruction_pointer;
	u64 args[6];
};

struct seccomp_metadata { u64 filter_off, flags; };

/* User notification: what the listener's ioctl(2)s pass. */
struct seccomp_notif_sizes_ { u16 notif, resp, data; };
struct seccomp_notif_ {
	u64 id;
	u32 pid, flags;
	struct seccomp_data data;
};
struct seccomp_notif_resp_ {
	u64 id;
	s64 val;
	s32 error;
	u32 flags;
};
struct seccomp_notif_addfd_ {
	u64 id;
	u32 flags, srcfd, newfd, newfd_flags;
};
#define SECCOMP_USER_NOTIF_FLAG_CONTINUE 0x1u
#define SECCOMP_ADDFD_FLAG_SETFD	0x1u
#define SECCOMP_ADDFD_FLAG_SEND		0x2u
#define SECCOMP_IOCTL_NOTIF_RECV	0xc0502100u
#define SECCOMP_IOCTL_NOTIF_SEND	0xc0182101u
#define SECCOMP_IOCTL_NOTIF_ID_VALID	0x40082102u
#define SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR 0x80082102u
#define SECCOMP_IOCTL_NOTIF_ADDFD	0x2103u		/* of any size and direction */
#define SECCOMP_IOCTL_FORM_MASK		0xffff0000u

#define SYS_SECCOMP	1	/* si_code of SIGSYS */
#define SYS_USER_DISPATCH 2
