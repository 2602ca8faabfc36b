/* SPDX-License-Identifier: GPL-2.0-only */
/* Port and memory-mapped I/O. */
#pragma once

#include <tern/base/annotate.h>
#include <tern/base/types.h>

#define __IO(suffix, type)							\
static inline type in##suffix(u16 port)						\
{										\
	type v;									\
	__asm__ volatile("in" #suffix " %1, %0" : "=a" (v) : "Nd" (port));	\
	return v;								\
}										\
static inline void out##suffix(type v, u16 port)				\
{										\
	__asm__ volatile("out" #suffix " %0, %1" : : "a" (v), "Nd" (port));	\
}
__IO(b, u8)
__IO(w, u16)
__IO(l, u32)
#undef __IO

static inline u8 mmio_read8(const volatile void __iomem *p) { return *(const volatile u8 *)p; }
static inline u16 mmio_read16(const volatile void __iomem *p) { return *(const volatile u16 *)p; }
static inline u32 mmio_read32(const volatile void __iomem *p) { return *(const volatile u32 *)p; }
static inline u64 mmio_read64(const volatile void __iomem *p) { return *(const volatile u64 *)p; }
static inline void mmio_write8(volatile void __iomem *p, u8 v) { *(volatile u8 *)p = v; }
static inline void mmio_write16(volatile void __iomem *p, u16 v) { *(volatile u16 *)p = v; }
static inline void mmio_write32(volatile void __iomem *p, u32 v) { *(volatile u32 *)p = v; }
static inline void mmio_write64(volatile void __iomem *p, u64 v) { *(volatile u64 *)p = v; }
