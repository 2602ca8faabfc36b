// SPDX-License-Identifier: GPL-2.0-only
/* ACPI power management timer and the PIT, both behind ports. */
#include "../time_impl.h"

#include <asm/acpi.h>
#include <asm/io.h>

bool pmtimer_is_there(void)
{
	return acpi_fadt.pm_timer_port && acpi_fadt.pm_timer_port < 0x10000;
}

u32 pmtimer_read(void)
{
	return inl((u16)acpi_fadt.pm_timer_port) & 0xffffff;
}

#define PIT_HZ		1193182u
#define PIT_COUNTS	5966u	/* 5 ms */
#define PORT_B		0x61	/* bit 0 gate, bit 1 speaker, bit 5 output */

u64 pit_measure(u64 *ns)
{
	u8 old = inb(PORT_B);
	u64 start, end, limit = 100000000;

	outb((old & ~2) | 1, PORT_B);
	outb(0xb0, 0x43);		/* channel 2, low then high byte, mode 0 */
	outb(PIT_COUNTS & 255, 0x42);
	outb(PIT_COUNTS >> 8, 0x42);
	start = cpu_tsc();
	do {
		end = cpu_tsc();
	} while (!(inb(PORT_B) & 0x20) && --limit);
	outb(old, PORT_B);
	*ns = limit ? PIT_COUNTS * 1000000000UL / PIT_HZ : 0;
	return end - start;
}
