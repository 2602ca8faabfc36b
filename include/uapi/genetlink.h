/* SPDX-License-Identifier: GPL-2.0-only */
/* Generic netlink: its controller's messages, and taskstats. Linux numbers and structures. */
#pragma once
#include <tern/base/compiler.h>
#include <tern/base/types.h>

struct genl_head { u8 cmd, version; u16 reserved; };
static_assert(sizeof(struct genl_head) == 4, "user ABI");

#define GENL_ID_CTRL		16
#define GENL_ADMIN_PERM		1u
#define GENL_CMD_CAP_DO		2u
#define GENL_CMD_CAP_DUMP	4u

#define CTRL_CMD_NEWFAMILY	1
#define CTRL_CMD_GETFAMILY	3
#define CTRL_ATTR_FAMILY_ID	1
#define CTRL_ATTR_FAMILY_NAME	2
#define CTRL_ATTR_VERSION	3
#define CTRL_ATTR_HDRSIZE	4
#define CTRL_ATTR_MAXATTR	5
#define CTRL_ATTR_OPS		6
#define CTRL_ATTR_MCAST_GROUPS	7
#define CTRL_ATTR_MAX		10
#define CTRL_ATTR_OP_ID		1
#define CTRL_ATTR_OP_FLAGS	2
#define CTRL_ATTR_MCAST_GRP_NAME 1
#define CTRL_ATTR_MCAST_GRP_ID	2

#define TASKSTATS_VERSION	13
#define TASKSTATS_CMD_GET	1
#define TASKSTATS_CMD_NEW	2
#define TASKSTATS_TYPE_PID	1
#define TASKSTATS_TYPE_TGID	2
#define TASKSTATS_TYPE_STATS	3
#define TASKSTATS_TYPE_AGGR_PID	4
#define TASKSTATS_TYPE_AGGR_TGID 5
#define TASKSTATS_CMD_ATTR_PID	1
#define TASKSTATS_CMD_ATTR_TGID	2
#define TASKSTATS_CMD_ATTR_MAX	4

/* Times are in microseconds, sizes in KiB where not said otherwise; delays in ns. */
struct taskstat_record {
	u16 version;
	u32 exit_code;
	u8 flag, nice;
	u64 cpu_count, cpu_delay, blkio_count, blkio_delay, swapin_count, swapin_delay;
	u64 cpu_real_ns, cpu_virtual_ns;
	char comm[32];
	u8 policy, pad[7];
	u32 uid, gid, pid, ppid;
	u32 begin;			/* seconds since 1970 */
	u64 elapsed, utime, stime, minflt, majflt;
	u64 core_mem, virt_mem;		/* MiB-microseconds */
	u64 hiwater_rss, hiwater_vm;
	u64 rchar, wchar, syscr, syscw, read_bytes, write_bytes, cancelled_bytes;
	u64 nvcsw, nivcsw;
	u64 utime_scaled, stime_scaled, cpu_scaled_ns;
	u64 freepages_count, freepages_delay, thrashing_count, thrashing_delay;
	u64 begin64, compact_count, compact_delay;
	u32 tgid;
	u64 tg_elapsed, exe_dev, exe_ino, wpcopy_count, wpcopy_delay;
};
