/* SPDX-License-Identifier: GPL-2.0-only */
/* ioctls that tell where the bytes of a file are. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define FIBMAP		0x00000001u
#define FS_IOC_FIEMAP	0xc020660bu

struct fiemap {
	u64 fm_start, fm_length;
	u32 fm_flags, fm_mapped_extents, fm_extent_count, fm_reserved;
};
struct fiemap_extent {
	u64 fe_logical, fe_physical, fe_length, fe_reserved64[2];
	u32 fe_flags, fe_reserved[3];
};
static_assert(sizeof(struct fiemap) == 32 && sizeof(struct fiemap_extent) == 56, "ABI");

#define FIEMAP_FLAG_SYNC	0x1u
#define FIEMAP_FLAG_XATTR	0x2u
#define FIEMAP_FLAG_CACHE	0x4u

#define FIEMAP_EXTENT_LAST	0x1u
#define FIEMAP_EXTENT_NOT_ALIGNED 0x100u
#define FIEMAP_EXTENT_DATA_INLINE 0x200u
#define FIEMAP_EXTENT_UNWRITTEN	0x800u
#define FIEMAP_EXTENT_MERGED	0x1000u
