/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the loader told us, in one form whatever the loader was. Filled once by
 * boot/{pvh,multiboot2,bzimage}.c before anything else runs; immutable after.
 * Owner arch/x86/boot.
 */
#pragma once

#include <tern/base/types.h>

enum boot_handoff { BOOT_BY_PVH, BOOT_BY_MULTIBOOT2, BOOT_BY_BZIMAGE };

/* Kinds of memory; numbers as in the firmware's e820 map. */
enum boot_memkind {
	BOOT_MEM_RAM = 1, BOOT_MEM_RESERVED = 2, BOOT_MEM_ACPI = 3, BOOT_MEM_NVS = 4,
	BOOT_MEM_BAD = 5, BOOT_MEM_PERSISTENT = 7,
};

struct boot_memrange {
	paddr_t start;
	u64 len_bytes;
	u32 kind;		/* enum boot_memkind; unknown ones count as reserved */
};

struct boot_range {
	paddr_t start;
	u64 len_bytes;
};

/* Linear frame buffer left by the firmware; paddr 0: none. */
struct boot_framebuffer {
	paddr_t paddr;
	u32 width, height, pitch_bytes, bits_per_pixel;
	u8 red_pos, red_size, green_pos, green_size, blue_pos, blue_size;
};

#define BOOT_MEM_MAX		1024	/* ranges; more are dropped and counted */
#define BOOT_INITRD_MAX		16
#define BOOT_CMDLINE_MAX	4096	/* bytes with NUL */
#define BOOT_SEED_MAX		64

struct bootinfo {
	enum boot_handoff handoff;
	u32 nmem;			/* sorted by start, not overlapping */
	u32 nmem_dropped;
	struct boot_memrange mem[BOOT_MEM_MAX];
	u32 ninitrd;
	struct boot_range initrd[BOOT_INITRD_MAX];	/* in the loader's order: concatenate */
	char cmdline[BOOT_CMDLINE_MAX];
	char loader_name[32];
	paddr_t rsdp;			/* ACPI root pointer, 0: search the BIOS area */
	bool has_rsdp_copy;		/* multiboot2 hands over a copy */
	u8 rsdp_copy[36];
	paddr_t efi_systab;		/* 64-bit UEFI system table, 0: none */
	struct boot_framebuffer fb;
	u32 seed_len;			/* entropy from the loader */
	u8 seed[BOOT_SEED_MAX];
};

extern struct bootinfo bootinfo;

/**
 * bootinfo_option() - find NAME or NAME=VALUE on the command line
 * @name: option without '='
 * @value: out, may be NULL: first byte after '=', or of the word's end
 * @len: out, may be NULL: bytes of the value up to the next blank
 * Context: any; for code that runs before init/cmdline.c.
 * Return: true if the option is there; the last occurrence wins.
 */
bool bootinfo_option(const char *name, const char **value, size_t *len);
