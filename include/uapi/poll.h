/* SPDX-License-Identifier: GPL-2.0-only */
/* poll(2) and select(2) structures; event bits are POLL* in tern/fs/ofile.h. */
#pragma once
#include <tern/base/types.h>

struct pollfd { s32 fd; s16 events, revents; };
_Static_assert(sizeof(struct pollfd) == 8, "user ABI");
