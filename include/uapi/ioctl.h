/* SPDX-License-Identifier: GPL-2.0-only */
/* ioctl(2) numbers that every file understands. */
#pragma once

#define FIONCLEX	0x5450u
#define FIOCLEX		0x5451u
#define FIOASYNC	0x5452u
#define FIOQSIZE	0x5460u
#define FIONREAD	0x541bu
#define FIONBIO		0x5421u
#define FIGETBSZ	2u
#define FS_IOC_GETFLAGS	0x80086601u
#define FS_IOC_SETFLAGS	0x40086602u
#define FS_IMMUTABLE_FL	0x10u
#define FS_APPEND_FL	0x20u
#define FS_NODUMP_FL	0x40u
#define FS_NOATIME_FL	0x80u
