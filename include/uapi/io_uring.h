/* SPDX-License-Identifier: GPL-2.0-only */
/* io_uring: rings, requests and numbers of io_uring_setup(2), io_uring_enter(2), io_uring_register(2). */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

struct uring_sqe {
	u8 opcode, flags;
	u16 ioprio;
	s32 fd;
	u64 off;		/* or a second address */
	u64 addr;
	u32 len;
	u32 op_flags;		/* each operation's own */
	u64 user_data;
	u16 buf_index, personality;
	s32 splice_fd_in;	/* or file_index */
	u64 addr3, pad;
};
static_assert(sizeof(struct uring_sqe) == 64, "user ABI");

struct uring_cqe { u64 user_data; s32 res; u32 flags; };
static_assert(sizeof(struct uring_cqe) == 16, "user ABI");

struct uring_sqoff { u32 head, tail, ring_mask, ring_entries, flags, dropped, array, resv1; u64 resv2; };
struct uring_cqoff { u32 head, tail, ring_mask, ring_entries, overflow, cqes, flags, resv1; u64 resv2; };
struct uring_params {
	u32 sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features, wq_fd, resv[3];
	struct uring_sqoff sq_off;
	struct uring_cqoff cq_off;
};
static_assert(sizeof(struct uring_params) == 120, "user ABI");

struct uring_getevents_arg { u64 sigmask; u32 sigmask_sz, pad; u64 ts; };
struct uring_files_update { u32 offset, resv; u64 fds; };
/* Memory lent by a ring: its head is the kernel's, its tail lies in the first entry. */
struct uring_bufslot { u64 addr; u32 len; u16 bid, tail; };
static_assert(sizeof(struct uring_bufslot) == 16, "user ABI");
struct uring_bufring_reg { u64 addr; u32 entries; u16 group, pad; u64 resv[3]; };
static_assert(sizeof(struct uring_bufring_reg) == 40, "user ABI");
struct uring_probe_op { u8 op, resv; u16 flags; u32 resv2; };
struct uring_probe { u8 last_op, ops_len; u16 resv; u32 resv2[3]; };

#define SQE_FIXED_FILE		0x01u
#define SQE_IO_DRAIN		0x02u
#define SQE_IO_LINK		0x04u
#define SQE_IO_HARDLINK		0x08u
#define SQE_ASYNC		0x10u
#define SQE_BUFFER_SELECT	0x20u
#define SQE_CQE_SKIP		0x40u

#define SETUP_CQSIZE		0x08u
#define SETUP_CLAMP		0x10u
#define SETUP_R_DISABLED	0x40u
#define SETUP_SUBMIT_ALL	0x80u
#define SETUP_COOP_TASKRUN	0x100u

#define FEAT_SINGLE_MMAP	0x01u
#define FEAT_NODROP		0x02u
#define FEAT_RW_CUR_POS		0x08u
#define FEAT_CUR_PERSONALITY	0x10u
#define FEAT_FAST_POLL		0x20u
#define FEAT_POLL_32BITS	0x40u
#define FEAT_EXT_ARG		0x100u
#define FEAT_CQE_SKIP		0x800u
#define FEAT_LINKED_FILE	0x1000u

#define URING_OFF_SQ_RING	0ul
#define URING_OFF_CQ_RING	0x8000000ul
#define URING_OFF_SQES		0x10000000ul

#define SQ_CQ_OVERFLOW		2u	/* in the ring's sq flags */
#define CQ_EVENTFD_DISABLED	1u	/* in the ring's cq flags */

#define ENTER_GETEVENTS		1u
#define ENTER_SQ_WAKEUP		2u
#define ENTER_SQ_WAIT		4u
#define ENTER_EXT_ARG		8u

enum { REG_BUFFERS, UNREG_BUFFERS, REG_FILES, UNREG_FILES, REG_EVENTFD, UNREG_EVENTFD, REG_FILES_UPDATE,
       REG_EVENTFD_ASYNC, REG_PROBE, REG_ENABLE_RINGS = 12, REG_BUFRING = 22, UNREG_BUFRING };

enum {
	UOP_NOP, UOP_READV, UOP_WRITEV, UOP_FSYNC, UOP_READ_FIXED, UOP_WRITE_FIXED, UOP_POLL_ADD,
	UOP_POLL_REMOVE, UOP_SYNC_FILE_RANGE, UOP_SENDMSG, UOP_RECVMSG, UOP_TIMEOUT, UOP_TIMEOUT_REMOVE,
	UOP_ACCEPT, UOP_ASYNC_CANCEL, UOP_LINK_TIMEOUT, UOP_CONNECT, UOP_FALLOCATE, UOP_OPENAT, UOP_CLOSE,
	UOP_FILES_UPDATE, UOP_STATX, UOP_READ, UOP_WRITE, UOP_FADVISE, UOP_MADVISE, UOP_SEND, UOP_RECV,
	UOP_OPENAT2, UOP_EPOLL_CTL, UOP_SPLICE, UOP_PROVIDE_BUFFERS, UOP_REMOVE_BUFFERS, UOP_TEE,
	UOP_SHUTDOWN, UOP_RENAMEAT, UOP_UNLINKAT, UOP_MKDIRAT, UOP_SYMLINKAT, UOP_LINKAT, UOP_MSG_RING,
	UOP_SOCKET = 45, UOP_SEND_ZC = 47, UOP_SENDMSG_ZC, UOP_COUNT
};

/* Of completions. */
#define CQE_F_BUFFER		1u	/* a lent buffer was used: its number in the upper half */
#define CQE_F_MORE		2u
#define CQE_F_NOTIF		8u	/* the memory of a send is the program's again */
#define CQE_BUFFER_SHIFT	16
#define POLL_ADD_MULTI		1u	/* len of a poll */
#define RECVSEND_POLL_FIRST	1u	/* ioprio of sends and receives */
#define RECV_MULTISHOT		2u
#define RECVSEND_FIXED_BUF	4u
#define ACCEPT_MULTISHOT	1u	/* ioprio of an accept */
#define URING_FSYNC_DATASYNC	1u
#define TIMEOUT_ABS		1u
#define TIMEOUT_UPDATE		2u
#define TIMEOUT_BOOTTIME	4u
#define TIMEOUT_REALTIME	8u
#define TIMEOUT_ETIME_SUCCESS	32u
#define CANCEL_ALL		1u
#define CANCEL_FD		2u
#define CANCEL_ANY		4u
#define SPLICE_FD_IN_FIXED	(1u << 31)
