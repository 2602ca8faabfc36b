/* SPDX-License-Identifier: GPL-2.0-only */
/* epoll(7): numbers and structures. */
#pragma once
#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define EPOLL_CLOEXEC	0x80000u
#define EPOLL_CTL_ADD	1
#define EPOLL_CTL_DEL	2
#define EPOLL_CTL_MOD	3

/* Low bits are poll's. */
#define EPOLLEXCLUSIVE	(1u << 28)
#define EPOLLWAKEUP	(1u << 29)
#define EPOLLONESHOT	(1u << 30)
#define EPOLLET		(1u << 31)

struct epoll_event { u32 events; u64 data; } __packed;
static_assert(sizeof(struct epoll_event) == 12, "user ABI");
