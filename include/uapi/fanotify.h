/* SPDX-License-Identifier: GPL-2.0-only */
/* fanotify(7). Event bits below 0x1000 equal those of inotify. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define FAN_ACCESS		0x1u
#define FAN_MODIFY		0x2u
#define FAN_CLOSE_WRITE		0x8u
#define FAN_CLOSE_NOWRITE	0x10u
#define FAN_OPEN		0x20u
#define FAN_Q_OVERFLOW		0x4000u
#define FAN_EVENT_ON_CHILD	0x08000000u
#define FAN_ONDIR		0x40000000u

/* fanotify_init */
#define FAN_CLOEXEC		0x1u
#define FAN_NONBLOCK		0x2u
#define FAN_UNLIMITED_QUEUE	0x10u
#define FAN_UNLIMITED_MARKS	0x20u
#define FAN_REPORT_TID		0x100u

/* fanotify_mark */
#define FAN_MARK_ADD		0x1u
#define FAN_MARK_REMOVE		0x2u
#define FAN_MARK_DONT_FOLLOW	0x4u
#define FAN_MARK_ONLYDIR	0x8u
#define FAN_MARK_MOUNT		0x10u
#define FAN_MARK_IGNORED_MASK	0x20u
#define FAN_MARK_IGNORED_SURV_MODIFY 0x40u
#define FAN_MARK_FLUSH		0x80u
#define FAN_MARK_FILESYSTEM	0x100u

#define FANOTIFY_METADATA_VERSION 3
#define FAN_NOFD		(-1)

struct fanotify_event_metadata {
	u32 event_len;
	u8 vers, reserved;
	u16 metadata_len;
	u64 mask;
	s32 fd, pid;
};
static_assert(sizeof(struct fanotify_event_metadata) == 24, "user ABI");
