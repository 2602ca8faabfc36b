// SPDX-License-Identifier: GPL-2.0-only
/* PVH handoff (Xen's hvm_start_info, also made by QEMU for -kernel ELF). */
#include "boot_impl.h"

#include <asm/boot.h>

struct hvm_info {
	u32 magic, version, flags, nmodules;
	u64 modlist, cmdline, rsdp;
	u64 memmap;		/* from here on version 1 */
	u32 nmemmap, reserved;
};

struct hvm_module {
	u64 paddr, size, cmdline, reserved;
};

struct hvm_memmap {
	u64 addr, size;
	u32 type, reserved;
};

bool boot_parse_pvh(paddr_t pa)
{
	const struct hvm_info *info = boot_window(pa, sizeof(*info));
	const struct hvm_memmap *map;
	const struct hvm_module *mod;
	u32 n;

	if (!info || info->magic != BOOT_MAGIC_PVH || info->version < 1)
		return false;
	bootinfo.handoff = BOOT_BY_PVH;
	bootinfo.rsdp = info->rsdp;
	if (info->cmdline)
		boot_set_cmdline(info->cmdline, BOOT_CMDLINE_MAX);
	n = min_t(u32, info->nmemmap, BOOT_MEM_MAX);
	map = boot_window(info->memmap, n * sizeof(*map));
	for (u32 i = 0; map && i < n; i++)
		boot_add_mem(map[i].addr, map[i].size, map[i].type);
	n = min_t(u32, info->nmodules, BOOT_INITRD_MAX);
	mod = boot_window(info->modlist, n * sizeof(*mod));
	for (u32 i = 0; mod && i < n; i++)
		boot_add_initrd(mod[i].paddr, mod[i].size);
	return true;
}
