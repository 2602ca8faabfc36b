/* SPDX-License-Identifier: GPL-2.0-only */
/* eventfd(2), timerfd_create(2), signalfd(2). */
#pragma once
#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define EFD_SEMAPHORE	0x1u
#define EFD_NONBLOCK	0x800u
#define EFD_CLOEXEC	0x80000u

#define TFD_NONBLOCK	0x800u
#define TFD_CLOEXEC	0x80000u
#define TFD_TIMER_ABSTIME 0x1u
#define TFD_TIMER_CANCEL_ON_SET 0x2u
#define TFD_IOC_SET_TICKS 0x40085400u

#define SFD_NONBLOCK	0x800u
#define SFD_CLOEXEC	0x80000u
struct signalfd_siginfo {
	u32 ssi_signo;
	s32 ssi_errno, ssi_code;
	u32 ssi_pid, ssi_uid;
	s32 ssi_fd;
	u32 ssi_tid, ssi_band, ssi_overrun, ssi_trapno;
	s32 ssi_status, ssi_int;
	u64 ssi_ptr, ssi_utime, ssi_stime, ssi_addr;
	u16 ssi_addr_lsb, pad2_;
	s32 ssi_syscall;
	u64 ssi_call_addr;
	u32 ssi_arch;
	u8 pad_[28];
};
static_assert(sizeof(struct signalfd_siginfo) == 128, "user ABI");
