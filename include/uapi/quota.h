/* SPDX-License-Identifier: GPL-2.0-only */
/* quotactl(2): commands and structures. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define Q_SYNC		0x800001u
#define Q_QUOTAON	0x800002u
#define Q_QUOTAOFF	0x800003u
#define Q_GETFMT	0x800004u
#define Q_GETINFO	0x800005u
#define Q_SETINFO	0x800006u
#define Q_GETQUOTA	0x800007u
#define Q_SETQUOTA	0x800008u
#define Q_GETNEXTQUOTA	0x800009u

#define QUOTA_TYPES	3u		/* users, groups, projects */
#define QFMT_VFS_V1	4u

#define QIF_BLIMITS	0x01u
#define QIF_SPACE	0x02u
#define QIF_ILIMITS	0x04u
#define QIF_INODES	0x08u
#define QIF_BTIME	0x10u
#define QIF_ITIME	0x20u
#define QIF_ALL		0x3fu

/* Limits of blocks count KiB, the space in use bytes. */
struct if_dqblk {
	u64 bhardlimit, bsoftlimit, curspace, ihardlimit, isoftlimit, curinodes, btime, itime;
	u32 valid, id;			/* id: Q_GETNEXTQUOTA alone */
};
static_assert(sizeof(struct if_dqblk) == 72, "both commands' structures");

#define IIF_BGRACE	1u
#define IIF_IGRACE	2u
#define IIF_FLAGS	4u
struct if_dqinfo { u64 bgrace, igrace; u32 flags, valid; };
