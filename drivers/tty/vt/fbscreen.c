// SPDX-License-Identifier: GPL-2.0-only
/*
 * Characters on a linear frame buffer of 16, 24 or 32 bits a pixel, as UEFI's
 * GOP or VBE leave it. The buffer is written, never read: what is shown is known
 * from the cells. Glyphs of 8 by 16 pixels come from lib/font.c.
 */
#include <asm/bootinfo.h>
#include <asm/io.h>
#include <tern/kernel/klog.h>
#include <tern/lib/font.h>
#include <tern/lib/string.h>
#include <tern/mm/kva.h>
#include <tern/mm/slab.h>

#include "screen.h"

/* The sixteen colours of the PC's text mode, 0xrrggbb, in the order of control sequences. */
static const u32 palette[16] = { 0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa,
	0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff };

struct fbscreen {
	struct screen s;
	u8 *base;		/* mapped write-combining */
	u32 pitch, bytes;	/* bytes a line, a pixel */
	u32 pixel[16];		/* palette in the buffer's format */
};

static u32 component(u32 v8, u8 pos, u8 size)
{
	return size >= 8 ? v8 << pos << (size - 8) : v8 >> (8 - size) << pos;
}

static void put_pixel(u8 *p, u32 bytes, u32 v)
{
	if (bytes == 4) {
		*(volatile u32 *)p = v;
	} else if (bytes == 2) {
		*(volatile u16 *)p = (u16)v;
	} else {
		((volatile u8 *)p)[0] = (u8)v;
		((volatile u8 *)p)[1] = (u8)(v >> 8);
		((volatile u8 *)p)[2] = (u8)(v >> 16);
	}
}

static void draw_cell(struct fbscreen *f, u32 x, u32 y, const struct vtcell *c)
{
	u32 fg = f->pixel[(c->fg | (c->attr & VTA_BOLD && c->fg < 8 ? 8 : 0)) & 15], bg = f->pixel[c->bg & 15];
	u8 *line = f->base + (size_t)y * FONT_HEIGHT * f->pitch + (size_t)x * FONT_WIDTH * f->bytes;
	u8 rows[FONT_HEIGHT];

	font_glyph(c->cp, rows);
	if (c->attr & VTA_UNDERLINE)
		rows[FONT_HEIGHT - 2] = 0xff;
	for (u32 r = 0; r < FONT_HEIGHT; r++, line += f->pitch)
		for (u32 b = 0; b < FONT_WIDTH; b++)
			put_pixel(line + b * f->bytes, f->bytes, rows[r] & (0x80u >> b) ? fg : bg);
}

static void fb_draw(struct screen *s, u32 x, u32 y, const struct vtcell *cells, u32 n)
{
	for (u32 i = 0; i < n; i++)
		draw_cell(s->priv, x + i, y, &cells[i]);
}

static bool is_usable(const struct boot_framebuffer *b)
{
	u32 bytes = b->bits_per_pixel / 8;

	return b->paddr && bytes >= 2 && bytes <= 4 && b->width >= FONT_WIDTH * 40 && b->height >= FONT_HEIGHT * 10 &&
	       b->width <= 16384 && b->height <= 16384 && b->pitch_bytes >= b->width * bytes &&
	       b->pitch_bytes <= 16384 * 8 && b->red_size && b->green_size && b->blue_size && b->red_pos < 32 &&
	       b->green_pos < 32 && b->blue_pos < 32 && b->red_size <= 16 && b->green_size <= 16 && b->blue_size <= 16;
}

struct screen *fbscreen_probe(void)
{
	const struct boot_framebuffer *b = &bootinfo.fb;
	struct fbscreen *f;

	if (!is_usable(b))
		return NULL;
	f = kmem_zalloc(sizeof(*f), ALLOC_KERNEL);
	if (!f)
		return NULL;
	f->base = (u8 *)mmio_map(b->paddr, (size_t)b->pitch_bytes * b->height, PROT_WC);
	if (!f->base) {
		kmem_free(f);
		return NULL;
	}
	f->pitch = b->pitch_bytes;
	f->bytes = b->bits_per_pixel / 8;
	for (u32 i = 0; i < 16; i++)
		f->pixel[i] = component(palette[i] >> 16, b->red_pos, b->red_size) |
			      component(palette[i] >> 8 & 255, b->green_pos, b->green_size) |
			      component(palette[i] & 255, b->blue_pos, b->blue_size);
	f->s = (struct screen){ .name = "frame buffer", .draw = fb_draw, .priv = f };
	f->s.cols = min_t(u32, b->width / FONT_WIDTH, VTEMU_COLS_MAX);
	f->s.rows = min_t(u32, b->height / FONT_HEIGHT, VTEMU_ROWS_MAX);
	kinfo("frame buffer: %ux%u, %u bits, at %lx: %ux%u characters", b->width, b->height, b->bits_per_pixel,
	      b->paddr, f->s.cols, f->s.rows);
	return &f->s;
}
