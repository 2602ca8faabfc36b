/* SPDX-License-Identifier: GPL-2.0-only */
/* POSIX message queues: structures of mq_open(2) and mq_getsetattr(2). */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define MQ_PRIO_MAX_	32768

struct mq_attr_ { s64 flags, maxmsg, msgsize, curmsgs, reserved[4]; };
static_assert(sizeof(struct mq_attr_) == 64, "user ABI");
