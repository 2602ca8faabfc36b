// SPDX-License-Identifier: GPL-2.0-only
/* The two 8259 controllers: moved out of the exceptions' vectors and masked. */
#include "../apic_impl.h"

#include <asm/io.h>

void pic_disable(void)
{
	static const struct { u8 value; u16 port; } steps[] = {
		{ 0x11, 0x20 }, { 0x11, 0xa0 },		/* initialise, cascade */
		{ 0x20, 0x21 }, { 0x28, 0xa1 },		/* vectors 0x20, 0x28 */
		{ 0x04, 0x21 }, { 0x02, 0xa1 },
		{ 0x01, 0x21 }, { 0x01, 0xa1 },		/* 8086 mode */
		{ 0xff, 0x21 }, { 0xff, 0xa1 },		/* mask all */
	};

	for (u32 i = 0; i < ARRAY_SIZE(steps); i++)
		outb(steps[i].value, steps[i].port);
}
