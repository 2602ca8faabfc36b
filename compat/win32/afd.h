/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets. Owner io/afd.c. */
#pragma once

#include "file.h"

ntstatus nt_afd_open(u32 access, u32 options, struct nt_file **out);
void nt_afd_close(struct nt_file *f);
/** nt_afd_rw() - ReadFile and WriteFile on a socket; consumes the request. */
ntstatus nt_afd_rw(struct nt_request *r, void __user *buf, u32 len, bool is_write);
/** nt_afd_ioctl() - consumes the request. */
ntstatus nt_afd_ioctl(struct nt_request *r, u32 code, const void __user *in, u32 in_len,
		      void __user *out, u32 out_len);
u32 nt_afd_cancel(struct nt_file *f, const struct nt_io_status __user *iosb);
