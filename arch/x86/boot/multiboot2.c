// SPDX-License-Identifier: GPL-2.0-only
/* Multiboot2 handoff (GRUB on BIOS and UEFI). Specification version 2.0, 3.6. */
#include "boot_impl.h"

#include <tern/lib/string.h>

enum mb2_tag_type {
	MB2_END = 0, MB2_CMDLINE = 1, MB2_LOADER = 2, MB2_MODULE = 3, MB2_MMAP = 6,
	MB2_FRAMEBUFFER = 8, MB2_EFI64 = 12, MB2_RSDP_OLD = 14, MB2_RSDP_NEW = 15,
};

struct mb2_tag {
	u32 type, size;
	u8 data[];
};

struct mb2_module {
	u32 start, end;
};

struct mb2_mmap_entry {
	u64 addr, len;
	u32 type, reserved;
};

struct mb2_framebuffer {
	u64 addr;
	u32 pitch, width, height;
	u8 bpp, type;
	u16 reserved;
	u8 red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
} __packed;

static void __init take_mmap(const struct mb2_tag *tag, u32 len)
{
	u32 entry_size, at = 8;

	if (len < 8)
		return;
	memcpy(&entry_size, tag->data, 4);
	if (entry_size < sizeof(struct mb2_mmap_entry))
		return;
	for (; len - at >= entry_size; at += entry_size) {
		struct mb2_mmap_entry e;

		memcpy(&e, tag->data + at, sizeof(e));
		boot_add_mem(e.addr, e.len, e.type);
	}
}

static void __init take_framebuffer(const struct mb2_tag *tag, u32 len)
{
	struct mb2_framebuffer f;

	if (len < sizeof(f))
		return;
	memcpy(&f, tag->data, sizeof(f));
	if (f.type != 1)	/* direct colour only */
		return;
	bootinfo.fb = (struct boot_framebuffer){
		f.addr, f.width, f.height, f.pitch, f.bpp, f.red_pos, f.red_size,
		f.green_pos, f.green_size, f.blue_pos, f.blue_size,
	};
}

static void __init take_text(char *out, size_t size, const struct mb2_tag *tag, u32 len)
{
	size_t n = strnlen((const char *)tag->data, min_t(size_t, len, size - 1));

	memcpy(out, tag->data, n);
	out[n] = 0;
}

static void __init take_rsdp(const struct mb2_tag *tag, u32 len)
{
	memset(bootinfo.rsdp_copy, 0, sizeof(bootinfo.rsdp_copy));
	memcpy(bootinfo.rsdp_copy, tag->data, min_t(size_t, len, sizeof(bootinfo.rsdp_copy)));
	bootinfo.has_rsdp_copy = true;
}

static void __init take_tag(const struct mb2_tag *tag, u32 len)
{
	struct mb2_module mod;

	switch (tag->type) {
	case MB2_CMDLINE:
		take_text(bootinfo.cmdline, sizeof(bootinfo.cmdline), tag, len);
		break;
	case MB2_LOADER:
		take_text(bootinfo.loader_name, sizeof(bootinfo.loader_name), tag, len);
		break;
	case MB2_MODULE:
		if (len < sizeof(mod))
			break;
		memcpy(&mod, tag->data, sizeof(mod));
		if (mod.end > mod.start)
			boot_add_initrd(mod.start, mod.end - mod.start);
		break;
	case MB2_MMAP:
		take_mmap(tag, len);
		break;
	case MB2_FRAMEBUFFER:
		take_framebuffer(tag, len);
		break;
	case MB2_EFI64:
		if (len >= 8)
			memcpy(&bootinfo.efi_systab, tag->data, 8);
		break;
	case MB2_RSDP_OLD:
		if (!bootinfo.has_rsdp_copy)
			take_rsdp(tag, len);
		break;
	case MB2_RSDP_NEW:
		take_rsdp(tag, len);
		break;
	}
}

bool boot_parse_multiboot2(paddr_t pa)
{
	const u32 *head = boot_window(pa, 8);
	const u8 *base;
	u32 total, at = 8;

	if (!head || (pa & 7))
		return false;
	total = head[0];
	base = boot_window(pa, total);
	if (!base)
		return false;
	bootinfo.handoff = BOOT_BY_MULTIBOOT2;
	while (at <= total && total - at >= sizeof(struct mb2_tag)) {
		const struct mb2_tag *tag = (const void *)(base + at);

		if (tag->type == MB2_END)
			return true;
		if (tag->size < sizeof(*tag) || tag->size > total - at)
			return false;
		take_tag(tag, tag->size - sizeof(*tag));
		at += ALIGN_UP(tag->size, 8);
	}
	return true;
}
