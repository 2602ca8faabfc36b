// SPDX-License-Identifier: GPL-2.0-only
/* HPET main counter. IA-PC HPET specification 1.0a. */
#include "../time_impl.h"

#include <asm/acpi.h>
#include <asm/io.h>
#include <asm/vmap.h>

enum { HPET_CAPS = 0, HPET_CONFIG = 0x10, HPET_COUNTER = 0xf0 };
#define CAPS_64BIT	BIT(13)
#define PERIOD_FS_MAX	100000000u	/* the specification's limit */

static volatile u8 *regs __ro_after_init;
static u64 period_fs __ro_after_init;
static bool is_64bit __ro_after_init;

bool __init hpet_setup(void)
{
	paddr_t pa = acpi_hpet_paddr();
	u64 caps;

	if (!pa)
		return false;
	regs = early_mmio_map(pa, 0x400, PROT_NOCACHE);
	if (!regs)
		return false;
	caps = mmio_read64(regs + HPET_CAPS);
	if (!(caps >> 32) || caps >> 32 > PERIOD_FS_MAX)
		return false;
	period_fs = caps >> 32;
	is_64bit = caps & CAPS_64BIT;
	mmio_write64(regs + HPET_CONFIG, (mmio_read64(regs + HPET_CONFIG) & ~2UL) | 1);
	return true;
}

u64 hpet_read(void)
{
	return is_64bit ? mmio_read64(regs + HPET_COUNTER) : mmio_read32(regs + HPET_COUNTER);
}

u64 hpet_period_fs(void) { return period_fs; }
u32 hpet_bits(void) { return is_64bit ? 64 : 32; }
