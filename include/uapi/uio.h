/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <tern/base/types.h>
#ifndef TERN_HOST
struct iovec { void *iov_base; size_t iov_len; };
#define UIO_MAXIOV 1024
#endif
