/* SPDX-License-Identifier: GPL-2.0-only */
/* Event bits of inotify(7), used by the notification hooks. */
#pragma once

#define IN_ACCESS	0x1u
#define IN_MODIFY	0x2u
#define IN_ATTRIB	0x4u
#define IN_CLOSE_WRITE	0x8u
#define IN_CLOSE_NOWRITE 0x10u
#define IN_OPEN		0x20u
#define IN_MOVED_FROM	0x40u
#define IN_MOVED_TO	0x80u
#define IN_CREATE	0x100u
#define IN_DELETE	0x200u
#define IN_DELETE_SELF	0x400u
#define IN_MOVE_SELF	0x800u
#define IN_UNMOUNT	0x2000u
#define IN_ISDIR	0x40000000u
