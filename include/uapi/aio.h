/* SPDX-License-Identifier: GPL-2.0-only */
/* Linux AIO: io_submit(2) and the ring of events that user space may read by itself. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define IOCB_CMD_PREAD		0
#define IOCB_CMD_PWRITE		1
#define IOCB_CMD_FSYNC		2
#define IOCB_CMD_FDSYNC		3
#define IOCB_CMD_POLL		5
#define IOCB_CMD_NOOP		6
#define IOCB_CMD_PREADV		7
#define IOCB_CMD_PWRITEV	8
#define IOCB_FLAG_RESFD		1
#define IOCB_FLAG_IOPRIO	2

struct iocb_ {
	u64 data;
	u32 key, rw_flags;
	u16 opcode;
	s16 reqprio;
	u32 fd;
	u64 buf, nbytes;
	s64 offset;
	u64 reserved2;
	u32 flags, resfd;
};
static_assert(sizeof(struct iocb_) == 64, "user ABI");

struct ioevent_ { u64 data, obj; s64 res, res2; };
static_assert(sizeof(struct ioevent_) == 32, "user ABI");

#define AIO_RING_MAGIC	0xa10a10a1u
struct aioring_ { u32 id, nr, head, tail, magic, compat, incompat, header_length; };
static_assert(sizeof(struct aioring_) == sizeof(struct ioevent_), "events follow it");
