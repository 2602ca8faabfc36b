/* SPDX-License-Identifier: GPL-2.0-only */
/* NETLINK_CONNECTOR and its process events. */
#pragma once

#include <tern/base/types.h>

#define CN_IDX_PROC		1
#define CN_VAL_PROC		1
#define CN_GROUPS		26	/* that sockets can join */
#define CN_MESSAGE_MAX		16384

struct cn_head {
	u32 idx, val;		/* who talks: CN_IDX_*, CN_VAL_* */
	u32 seq, ack;
	u16 len, flags;		/* bytes that follow */
};

/* What a listener says. */
#define PROC_CN_MCAST_LISTEN	1
#define PROC_CN_MCAST_IGNORE	2

/* What is told. */
#define PROC_EVENT_NONE		0	/* answer to a listener */
#define PROC_EVENT_FORK		0x1
#define PROC_EVENT_EXEC		0x2
#define PROC_EVENT_UID		0x4
#define PROC_EVENT_GID		0x40
#define PROC_EVENT_SID		0x80
#define PROC_EVENT_PTRACE	0x100
#define PROC_EVENT_COMM		0x200
#define PROC_EVENT_COREDUMP	0x40000000
#define PROC_EVENT_EXIT		0x80000000

struct proc_event_record {
	u32 what, cpu;
	u64 time_ns;		/* since boot */
	union {
		u32 err;	/* NONE */
		struct {
			s32 pid, tgid;		/* FORK: of the parent */
			union {
				struct { s32 pid, tgid; } other;	/* FORK: child; PTRACE, COREDUMP */
				struct { u32 real, effective; } ids;	/* UID, GID */
				struct { u32 code, signal; s32 parent_pid, parent_tgid; } exit;
				char comm[16];
			};
		};
	};
} __attribute__((packed));
