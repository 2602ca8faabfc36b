// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VGA text buffer of a BIOS machine: 80 by 25 words at 0xb8000, character
 * in code page 437 below, colours above. The hardware cursor is switched off:
 * the terminal draws its own.
 */
#include <asm/bootinfo.h>
#include <asm/io.h>
#include <tern/mm/kva.h>

#include "screen.h"

#define VGA_TEXT	0xb8000
#define COLS		80u
#define ROWS		25u
#define CRTC_INDEX	0x3d4
#define CRTC_DATA	0x3d5
#define CRTC_CURSOR_START 0x0a

/* Code page 437 for what programs draw with; the rest of the non-ASCII is a question mark. */
static const struct { u16 cp; u8 code; } known[] = {
	{ 0x2500, 0xc4 }, { 0x2502, 0xb3 }, { 0x250c, 0xda }, { 0x2510, 0xbf }, { 0x2514, 0xc0 }, { 0x2518, 0xd9 },
	{ 0x251c, 0xc3 }, { 0x2524, 0xb4 }, { 0x252c, 0xc2 }, { 0x2534, 0xc1 }, { 0x253c, 0xc5 }, { 0x2550, 0xcd },
	{ 0x2551, 0xba }, { 0x2554, 0xc9 }, { 0x2557, 0xbb }, { 0x255a, 0xc8 }, { 0x255d, 0xbc }, { 0x2580, 0xdf },
	{ 0x2584, 0xdc }, { 0x2588, 0xdb }, { 0x2591, 0xb0 }, { 0x2592, 0xb1 }, { 0x2593, 0xb2 }, { 0x00e4, 0x84 },
	{ 0x00f6, 0x94 }, { 0x00fc, 0x81 }, { 0x00c4, 0x8e }, { 0x00d6, 0x99 }, { 0x00dc, 0x9a }, { 0x00df, 0xe1 },
	{ 0x00e9, 0x82 }, { 0x00e8, 0x8a }, { 0x00e0, 0x85 }, { 0x00b0, 0xf8 }, { 0x00b1, 0xf1 }, { 0x00b7, 0xfa },
};

static volatile u16 *text;

static u8 code_of(u32 cp)
{
	if (cp >= 0x20 && cp < 0x7f)
		return (u8)cp;
	for (u32 i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].cp == cp)
			return known[i].code;
	return '?';
}

/* Sequences count red 1 and blue 4, the hardware the other way round. */
static u8 colour_of(u8 c)
{
	return (u8)((c & 10) | (c & 1) << 2 | (c >> 2 & 1));
}

static void vga_draw(struct screen *s, u32 x, u32 y, const struct vtcell *cells, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		const struct vtcell *c = &cells[i];
		u8 fg = colour_of(c->fg) | (c->attr & VTA_BOLD ? 8 : 0);

		text[y * COLS + x + i] = (u16)(code_of(c->cp) | fg << 8 | (colour_of(c->bg) & 7) << 12);
	}
}

static struct screen vga = { .name = "VGA text", .cols = COLS, .rows = ROWS, .draw = vga_draw };

/* Is there a CRT controller: does its cursor register keep what is written? */
static bool crtc_exists(void)
{
	u8 was;

	outb(0x0f, CRTC_INDEX);
	was = inb(CRTC_DATA);
	outb((u8)~was, CRTC_DATA);
	if (inb(CRTC_DATA) != (u8)~was)
		return false;
	outb(was, CRTC_DATA);
	return true;
}

struct screen *vgascreen_probe(void)
{
	if (bootinfo.efi_systab || !crtc_exists())
		return NULL;
	text = (volatile u16 *)mmio_map(VGA_TEXT, COLS * ROWS * 2, PROT_NOCACHE);
	if (!text)
		return NULL;
	outb(CRTC_CURSOR_START, CRTC_INDEX);
	outb(0x20, CRTC_DATA);
	return &vga;
}
