/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as they travel: most significant byte first. be16 and be32 hold such values. */
#pragma once

#include <tern/base/types.h>

typedef u16 be16;
typedef u32 be32;

#define TO_BE16(v)	((be16)__builtin_bswap16((u16)(v)))
#define TO_BE32(v)	((be32)__builtin_bswap32((u32)(v)))
#define FROM_BE16(v)	__builtin_bswap16(v)
#define FROM_BE32(v)	__builtin_bswap32(v)
