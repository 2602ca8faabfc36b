// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux boot protocol handoff: struct boot_params ("zero page"), of which only
 * the members below are read. Documentation/arch/x86/{boot,zero-page}.rst of
 * Linux describe the layout.
 */
#include "boot_impl.h"

#include <tern/lib/string.h>

enum {				/* offsets in the zero page */
	BP_LFB_WIDTH = 0x12, BP_LFB_HEIGHT = 0x14, BP_LFB_DEPTH = 0x16, BP_LFB_BASE = 0x18,
	BP_LFB_PITCH = 0x24, BP_RED_SIZE = 0x26, BP_IS_VGA = 0x0f, BP_EXT_LFB_BASE = 0x3a,
	BP_CAPABILITIES = 0x36, BP_ACPI_RSDP = 0x70, BP_EXT_RAMDISK_IMAGE = 0xc0,
	BP_EXT_RAMDISK_SIZE = 0xc4, BP_EXT_CMDLINE = 0xc8, BP_EFI_SIGNATURE = 0x1c0,
	BP_EFI_SYSTAB = 0x1c4, BP_EFI_SYSTAB_HI = 0x1d8, BP_E820_COUNT = 0x1e8,
	BP_HDR_MAGIC = 0x202, BP_HDR_VERSION = 0x206, BP_LOADER_TYPE = 0x210,
	BP_RAMDISK_IMAGE = 0x218, BP_RAMDISK_SIZE = 0x21c, BP_CMDLINE = 0x228,
	BP_CMDLINE_SIZE = 0x238, BP_SETUP_DATA = 0x250, BP_E820_TABLE = 0x2d0, BP_SIZE = 0x1000,
};

#define E820_MAX		128
#define VIDEO_TYPE_VLFB		0x23
#define VIDEO_TYPE_EFI		0x70
#define SETUP_E820_EXT		1
#define SETUP_RNG_SEED		9
#define SETUP_DATA_MAX		64	/* links followed before the list is called broken */

struct e820_range {
	u64 addr, size;
	u32 type;
} __packed;

static u64 __init get(const u8 *bp, u32 at, u32 len)
{
	u64 v = 0;

	memcpy(&v, bp + at, len);
	return v;
}

static void __init take_e820(const u8 *p, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		struct e820_range e;

		memcpy(&e, p + i * sizeof(e), sizeof(e));
		boot_add_mem(e.addr, e.size, e.type);
	}
}

static void __init take_setup_data(u64 pa)
{
	struct { u64 next; u32 type, len; } head;

	for (u32 i = 0; pa && i < SETUP_DATA_MAX; i++, pa = head.next) {
		const void *p = boot_window(pa, 16);
		const u8 *data;

		if (!p)
			return;
		memcpy(&head, p, 16);
		data = boot_window(pa + 16, head.len);
		if (!data)
			return;
		if (head.type == SETUP_E820_EXT)
			take_e820(data, head.len / sizeof(struct e820_range));
		if (head.type == SETUP_RNG_SEED) {
			bootinfo.seed_len = min_t(u32, head.len, BOOT_SEED_MAX);
			memcpy(bootinfo.seed, data, bootinfo.seed_len);
			mem_wipe((void *)data, head.len);
		}
	}
}

static void __init take_framebuffer(const u8 *bp)
{
	u8 type = bp[BP_IS_VGA];
	u64 base = get(bp, BP_LFB_BASE, 4);

	if (type != VIDEO_TYPE_VLFB && type != VIDEO_TYPE_EFI)
		return;
	if (get(bp, BP_CAPABILITIES, 4) & 2)
		base |= get(bp, BP_EXT_LFB_BASE, 4) << 32;
	bootinfo.fb = (struct boot_framebuffer){
		.paddr = base, .width = get(bp, BP_LFB_WIDTH, 2),
		.height = get(bp, BP_LFB_HEIGHT, 2), .pitch_bytes = get(bp, BP_LFB_PITCH, 2),
		.bits_per_pixel = get(bp, BP_LFB_DEPTH, 2),
		.red_size = bp[BP_RED_SIZE], .red_pos = bp[BP_RED_SIZE + 1],
		.green_size = bp[BP_RED_SIZE + 2], .green_pos = bp[BP_RED_SIZE + 3],
		.blue_size = bp[BP_RED_SIZE + 4], .blue_pos = bp[BP_RED_SIZE + 5],
	};
}

bool boot_parse_bzimage(paddr_t pa)
{
	const u8 *bp = boot_window(pa, BP_SIZE);
	u64 max;

	if (!bp || get(bp, BP_HDR_MAGIC, 4) != 0x53726448)	/* "HdrS" */
		return false;
	bootinfo.handoff = BOOT_BY_BZIMAGE;
	take_e820(bp + BP_E820_TABLE, min_t(u32, bp[BP_E820_COUNT], E820_MAX));
	take_setup_data(get(bp, BP_SETUP_DATA, 8));
	boot_add_initrd(get(bp, BP_RAMDISK_IMAGE, 4) | get(bp, BP_EXT_RAMDISK_IMAGE, 4) << 32,
			get(bp, BP_RAMDISK_SIZE, 4) | get(bp, BP_EXT_RAMDISK_SIZE, 4) << 32);
	max = get(bp, BP_CMDLINE_SIZE, 4) + 1;
	boot_set_cmdline(get(bp, BP_CMDLINE, 4) | get(bp, BP_EXT_CMDLINE, 4) << 32,
			 max > 1 ? max : BOOT_CMDLINE_MAX);
	bootinfo.rsdp = get(bp, BP_ACPI_RSDP, 8);
	if (get(bp, BP_EFI_SIGNATURE, 4) == 0x34364c45)		/* "EL64" */
		bootinfo.efi_systab = get(bp, BP_EFI_SYSTAB, 4) |
				      get(bp, BP_EFI_SYSTAB_HI, 4) << 32;
	take_framebuffer(bp);
	return true;
}
