/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A terminal emulator: bytes in, a grid of characters out, as terminfo's
 * "linux" describes it (ECMA-48 with DEC private modes). Pure: no locks, no
 * device, memory is the caller's; host-tested.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

struct vtcell {
	u32 cp;			/* Unicode; 0 never: blanks are spaces */
	u8 fg, bg;		/* palette index 0 - 15 */
	u8 attr;		/* VTA_* */
	u8 pad;
};
#define VTA_BOLD	0x01
#define VTA_UNDERLINE	0x02
#define VTA_REVERSE	0x04
#define VTA_BLINK	0x08

#define VTEMU_PARAMS	16
#define VTEMU_COLS_MAX	1024
#define VTEMU_ROWS_MAX	512

struct vtpen { u8 fg, bg, attr; };

struct vtsaved { u32 x, y; struct vtpen pen; bool origin; u8 gl; bool graphic[2]; };

struct vtemu {
	u32 cols, rows;
	struct vtcell *cells;	/* rows * cols */
	u64 *dirty;		/* bit per row that changed: the reader clears */
	u32 x, y;		/* cursor; x == cols - 1 with wrap_next: past the end */
	bool wrap_next;
	struct vtpen pen;
	u32 top, bottom;	/* scroll region, bottom exclusive */
	u64 tabs[VTEMU_COLS_MAX / 64];

	/* modes */
	bool autowrap, origin, insert, newline, cursor_on, reverse_screen;
	bool app_cursor, app_keypad;	/* for the keyboard */
	bool graphic[2];		/* G0, G1 are line drawing */
	u8 gl;				/* which one is in use */
	struct vtsaved saved;

	/* parser */
	u8 state;
	u32 params[VTEMU_PARAMS], nparams;
	u8 prefix, intermediate;
	u32 utf8_cp, utf8_left, utf8_min;
	u32 last_cp;			/* for REP */

	/* answers to the program: status reports */
	void (*reply)(void *ctx, const char *s, u32 n);
	void (*bell)(void *ctx);
	void *ctx;
};

/** vtemu_size() - bytes of memory for a grid of that size. */
size_t vtemu_size(u32 cols, u32 rows);
/**
 * vtemu_init() - a cleared screen
 * @cols, @rows: 1 .. VTEMU_COLS_MAX, VTEMU_ROWS_MAX
 * @mem: vtemu_size() bytes, aligned to 8; belongs to the caller
 */
void vtemu_init(struct vtemu *e, u32 cols, u32 rows, void *mem);
/** vtemu_write() - output of programs; calls e->reply and e->bell. */
void vtemu_write(struct vtemu *e, const u8 *buf, size_t n);
static inline struct vtcell *vtemu_row(const struct vtemu *e, u32 y) { return e->cells + (size_t)y * e->cols; }
static inline void vtemu_touch(struct vtemu *e, u32 y) { e->dirty[y / 64] |= 1UL << (y % 64); }
/** vtemu_touch_all() - everything is to be drawn again. */
void vtemu_touch_all(struct vtemu *e);

/* vtcsi.c: the control sequences; private to the emulator. */
void vtemu_csi(struct vtemu *e, u8 final);
void vtemu_escape(struct vtemu *e, u8 final);
void vtemu_reset(struct vtemu *e);
void vtemu_scroll_up(struct vtemu *e, u32 top, u32 bottom, u32 n);
void vtemu_scroll_down(struct vtemu *e, u32 top, u32 bottom, u32 n);
void vtemu_line_feed(struct vtemu *e);
/** vtemu_blank() - spaces in the pen's background. */
void vtemu_blank(struct vtemu *e, u32 y, u32 x0, u32 x1);
