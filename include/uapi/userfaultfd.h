/* SPDX-License-Identifier: GPL-2.0-only */
/* userfaultfd(2): Linux numbers and structures. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define UFFD_API		0xAAUL
#define UFFD_USER_MODE_ONLY	1

#define UFFDIO_REGISTER		0xc020aa00u
#define UFFDIO_UNREGISTER	0x8010aa01u
#define UFFDIO_WAKE		0x8010aa02u
#define UFFDIO_COPY		0xc028aa03u
#define UFFDIO_ZEROPAGE		0xc020aa04u
#define UFFDIO_WRITEPROTECT	0xc018aa06u
#define UFFDIO_CONTINUE		0xc020aa07u
#define UFFDIO_API		0xc018aa3fu
#define UFFD_API_IOCTLS		(BIT(0) | BIT(1) | BIT(0x3f))
#define UFFD_RANGE_WAKE		BIT(2)
#define UFFD_RANGE_COPY		BIT(3)
#define UFFD_RANGE_ZEROPAGE	BIT(4)
#define UFFD_RANGE_WRITEPROTECT	BIT(6)
#define UFFD_RANGE_CONTINUE	BIT(7)

#define UFFD_FEATURE_PAGEFAULT_FLAG_WP	BIT(0)
#define UFFD_FEATURE_EVENT_FORK		BIT(1)
#define UFFD_FEATURE_EVENT_REMAP	BIT(2)
#define UFFD_FEATURE_EVENT_REMOVE	BIT(3)
#define UFFD_FEATURE_MISSING_SHMEM	BIT(5)
#define UFFD_FEATURE_EVENT_UNMAP	BIT(6)
#define UFFD_FEATURE_SIGBUS		BIT(7)
#define UFFD_FEATURE_THREAD_ID		BIT(8)
#define UFFD_FEATURE_MINOR_SHMEM	BIT(10)
#define UFFD_FEATURE_EXACT_ADDRESS	BIT(11)

#define UFFD_MODE_MISSING	1u
#define UFFD_MODE_WP		2u
#define UFFD_MODE_MINOR		4u

#define UFFD_EVENT_PAGEFAULT	0x12
#define UFFD_EVENT_FORK		0x13
#define UFFD_EVENT_REMAP	0x14
#define UFFD_EVENT_REMOVE	0x15
#define UFFD_EVENT_UNMAP	0x16
#define UFFD_PAGEFAULT_WRITE	1u
#define UFFD_PAGEFAULT_WP	2u
#define UFFD_PAGEFAULT_MINOR	4u

struct uffd_message {
	u8 event, pad[7];
	union {
		struct { u64 flags, address; u32 tid; } fault;
		struct { u32 fd; } fork;
		struct { u64 from, to, len; } remap;
		struct { u64 start, end; } remove;
	};
};
static_assert(sizeof(struct uffd_message) == 32, "user ABI");

struct uffd_range { u64 start, len; };
struct uffd_api { u64 api, features, ioctls; };
struct uffd_register { struct uffd_range range; u64 mode, ioctls; };
struct uffd_copy { u64 dst, src, len, mode; s64 done; };
struct uffd_fill { struct uffd_range range; u64 mode; s64 done; };	/* ZEROPAGE, CONTINUE */
struct uffd_protect { struct uffd_range range; u64 mode; };
#define UFFD_COPY_DONTWAKE	1u
#define UFFD_COPY_WP		2u
#define UFFD_FILL_DONTWAKE	1u
#define UFFD_PROTECT_WP		1u
#define UFFD_PROTECT_DONTWAKE	2u
