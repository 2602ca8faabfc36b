/* SPDX-License-Identifier: GPL-2.0-only */
/* Hashes of names for indexed directories. Pure; host-tested. */
#pragma once

#include <tern/base/types.h>

struct ext4_hash { u32 hash, minor; };

/**
 * ext4_name_hash() - hash of a name as the directory index orders it
 * @version: EXT4_HASH_*; @seed: of the super block
 * Return: 0, or -EINVAL for an unknown version. The hash is even and below 2^32 - 2.
 */
int ext4_name_hash(u8 version, const u32 seed[4], const char *name, u32 len, struct ext4_hash *out);
