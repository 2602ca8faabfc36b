/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls that DLLs make to their host side. Owner sys/unix.c. */
#pragma once

#include "nt.h"

/** nt_unix_call() - @handle: base of the calling DLL; @args its argument block. */
ntstatus nt_unix_call(u64 handle, u32 code, u64 args);
