/* SPDX-License-Identifier: GPL-2.0-only */
/* name_to_handle_at(2) and open_by_handle_at(2). */
#pragma once

#include <tern/base/types.h>

#define MAX_HANDLE_SZ	128u

/* The handle's bytes follow. */
struct fhandle_head { u32 handle_bytes; s32 handle_type; };

#define FILEID_INO32_GEN	1	/* inode, generation; on tmpfs: generation, inode low, high */
