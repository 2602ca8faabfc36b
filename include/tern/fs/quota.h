/* SPDX-License-Identifier: GPL-2.0-only */
/* Quotas as a file system offers them to quotactl(2). */
#pragma once

#include <tern/base/types.h>

enum quota_op {
	QUOTA_ENFORCE, QUOTA_RELAX,	/* limits count, or use alone is kept */
	QUOTA_GET,			/* of data.id; -ESRCH if nothing is known of it */
	QUOTA_NEXT,			/* of the lowest id from data.id on; -ENOENT: none */
	QUOTA_SET,			/* what data.set (QIF_*) names */
	QUOTA_TIMES, QUOTA_SET_TIMES,	/* how long soft limits may be exceeded; set: IIF_* */
};

/* Block limits in KiB; times in seconds of the wall clock, 0: not over the soft limit. */
struct quota_data {
	u32 id, set;
	u64 bhard, bsoft, space, ihard, isoft, inodes, btime, itime;
};
struct quota_times { u64 blocks, inodes; u32 set; };
struct quota_call { struct quota_data data; struct quota_times times; };
