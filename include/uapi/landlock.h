/* SPDX-License-Identifier: GPL-2.0-only */
/* Landlock, version 2 of its interface: Linux numbers and structures. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define LANDLOCK_ABI		2
#define LANDLOCK_CREATE_VERSION	1u	/* tell the version */
#define LANDLOCK_ERRATA		0u	/* none is claimed */
#define LANDLOCK_CREATE_ERRATA	2u	/* tell what is mended in that version, a bit each */
#define LANDLOCK_RULE_PATH	1

#define LANDLOCK_EXECUTE	BIT(0)
#define LANDLOCK_WRITE_FILE	BIT(1)
#define LANDLOCK_READ_FILE	BIT(2)
#define LANDLOCK_READ_DIR	BIT(3)
#define LANDLOCK_REMOVE_DIR	BIT(4)
#define LANDLOCK_REMOVE_FILE	BIT(5)
#define LANDLOCK_MAKE_CHAR	BIT(6)
#define LANDLOCK_MAKE_DIR	BIT(7)
#define LANDLOCK_MAKE_REG	BIT(8)
#define LANDLOCK_MAKE_SOCK	BIT(9)
#define LANDLOCK_MAKE_FIFO	BIT(10)
#define LANDLOCK_MAKE_BLOCK	BIT(11)
#define LANDLOCK_MAKE_SYM	BIT(12)
#define LANDLOCK_REFER		BIT(13)
#define LANDLOCK_ACCESS		(BIT(14) - 1)
#define LANDLOCK_ACCESS_FILE	(LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE)

struct landlock_ruleset_arg { u64 handled; };
struct landlock_path_arg { u64 allowed; s32 fd; } __attribute__((packed));
static_assert(sizeof(struct landlock_path_arg) == 12, "user ABI");
