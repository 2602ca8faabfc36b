/* SPDX-License-Identifier: GPL-2.0-only */
/* Nameless memory files. Owner fs/tmpfs/memfd.c. */
#pragma once
#include <tern/base/types.h>

struct ofile;
/**
 * memfd_open() - file of @size zero bytes, shown as @name; seals F_SEAL_*.
 * Referenced, or ERR_PTR. Sleeps.
 */
struct ofile *memfd_open(const char *name, u64 size, u32 seals);
/** memfd_fcntl() - F_ADD_SEALS and F_GET_SEALS; -EINVAL on other kinds of file. */
long memfd_fcntl(struct ofile *f, u32 cmd, uptr arg);
