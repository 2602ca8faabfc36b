/* SPDX-License-Identifier: GPL-2.0-only */
/* inotify(7): what fsevent.h does not have. */
#pragma once
#include <tern/base/types.h>
#include <uapi/fsevent.h>

#define IN_Q_OVERFLOW	0x4000u
#define IN_IGNORED	0x8000u
#define IN_ALL_EVENTS	0xfffu
#define IN_ONLYDIR	0x01000000u
#define IN_DONT_FOLLOW	0x02000000u
#define IN_EXCL_UNLINK	0x04000000u
#define IN_MASK_CREATE	0x10000000u
#define IN_MASK_ADD	0x20000000u
#define IN_ONESHOT	0x80000000u

struct inotify_event { s32 wd; u32 mask, cookie, len; char name[]; };
_Static_assert(sizeof(struct inotify_event) == 16, "user ABI");
