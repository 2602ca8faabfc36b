/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to arch/x86/boot: how handoffs fill struct bootinfo. */
#pragma once

#include <asm/bootinfo.h>
#include <tern/base/compiler.h>

/*
 * A handoff parser gets the physical address of the loader's structure. All
 * memory below 4 GiB is readable through the early direct map; everything
 * above is out of reach and refused. They return false if the structure is
 * not what it should be.
 */
bool boot_parse_pvh(paddr_t info) __init;
bool boot_parse_multiboot2(paddr_t info) __init;
bool boot_parse_bzimage(paddr_t params) __init;

/** boot_window() - [pa, pa + len) if it can be read now, else NULL. */
const void *boot_window(paddr_t pa, u64 len) __init;
/** boot_add_mem() - note a range of the memory map; bad ones are counted. */
void boot_add_mem(paddr_t start, u64 len, u32 kind) __init;
/** boot_add_initrd() - note a module. */
void boot_add_initrd(paddr_t start, u64 len) __init;
/** boot_set_cmdline() - copy at most @max bytes up to NUL from physical memory. */
void boot_set_cmdline(paddr_t pa, size_t max) __init;
/** boot_finish_mem() - sort, cut overlaps (the stricter kind wins), merge. */
void boot_finish_mem(void) __init;
/** early_console_init() - find the port that the command line wants. */
void early_console_init(void) __init;

/** boot_take_handoff() - read what the loader left into bootinfo; once. False: not understood. */
bool boot_take_handoff(u32 magic, paddr_t info);
/**
 * boot_image_distance() - how far from its linked address the image shall run
 * Takes the handoff first, for the command line. Called by head.S.
 */
u64 boot_image_distance(u32 magic, paddr_t info);
