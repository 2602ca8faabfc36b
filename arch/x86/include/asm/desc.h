/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptor tables of the processor. Intel SDM vol. 3A chapters 3, 6, 7. */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3, iomap_base;
} __packed;
static_assert(sizeof(struct tss) == 104, "hardware layout");

struct idt_gate {
	u16 offset_lo, selector;
	u8 ist, type;
	u16 offset_mid;
	u32 offset_hi, reserved;
};
static_assert(sizeof(struct idt_gate) == 16, "hardware layout");

struct table_ptr {
	u16 limit;
	u64 base;
} __packed;
