// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulator's outer half: UTF-8, the state machine that tells text from
 * control sequences, printing, scrolling.
 *
 * States follow ECMA-48: GROUND prints; ESC leads to ESCAPE; ESC [ to CSI with
 * parameters; ESC ] and the other strings are swallowed to their end. Control
 * characters act in any state; CAN and SUB abort. Numbers are capped, extra
 * parameters dropped: no input can make it leave the grid.
 */
#include "vtemu.h"

#include <tern/lib/string.h>

enum { ST_GROUND, ST_ESCAPE, ST_ESCAPE_INTER, ST_CSI, ST_CSI_INTER, ST_CSI_IGNORE, ST_STRING, ST_STRING_ESC, ST_OSC,
	ST_PALETTE };

#define PARAM_MAX	9999u

/* DEC special graphics, 0x60 - 0x7e. */
static const u16 line_drawing[31] = {
	0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b, 0x2518, 0x2510, 0x250c,
	0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524, 0x2534, 0x252c, 0x2502, 0x2264,
	0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
};

size_t vtemu_size(u32 cols, u32 rows)
{
	return (size_t)cols * rows * sizeof(struct vtcell) + DIV_ROUND_UP(rows, 64) * sizeof(u64);
}

void vtemu_init(struct vtemu *e, u32 cols, u32 rows, void *mem)
{
	memset(e, 0, sizeof(*e));
	e->cols = cols;
	e->rows = rows;
	e->cells = mem;
	e->dirty = (u64 *)(e->cells + (size_t)cols * rows);
	vtemu_reset(e);
}

void vtemu_touch_all(struct vtemu *e)
{
	memset(e->dirty, 0xff, DIV_ROUND_UP(e->rows, 64) * sizeof(u64));
}

void vtemu_blank(struct vtemu *e, u32 y, u32 x0, u32 x1)
{
	struct vtcell *row = vtemu_row(e, y);

	for (u32 x = x0; x < x1; x++)
		row[x] = (struct vtcell){ .cp = ' ', .fg = e->pen.fg, .bg = e->pen.bg };
	vtemu_touch(e, y);
}

void vtemu_scroll_up(struct vtemu *e, u32 top, u32 bottom, u32 n)
{
	n = min_t(u32, n, bottom - top);
	memmove(vtemu_row(e, top), vtemu_row(e, top + n), (size_t)(bottom - top - n) * e->cols * sizeof(struct vtcell));
	for (u32 y = bottom - n; y < bottom; y++)
		vtemu_blank(e, y, 0, e->cols);
	for (u32 y = top; y < bottom; y++)
		vtemu_touch(e, y);
}

void vtemu_scroll_down(struct vtemu *e, u32 top, u32 bottom, u32 n)
{
	n = min_t(u32, n, bottom - top);
	memmove(vtemu_row(e, top + n), vtemu_row(e, top), (size_t)(bottom - top - n) * e->cols * sizeof(struct vtcell));
	for (u32 y = top; y < top + n; y++)
		vtemu_blank(e, y, 0, e->cols);
	for (u32 y = top; y < bottom; y++)
		vtemu_touch(e, y);
}

void vtemu_line_feed(struct vtemu *e)
{
	e->wrap_next = false;
	if (e->y + 1 == e->bottom)
		vtemu_scroll_up(e, e->top, e->bottom, 1);
	else if (e->y + 1 < e->rows)
		e->y++;
}

static void print(struct vtemu *e, u32 cp)
{
	struct vtcell *c;

	if (e->graphic[e->gl] && cp >= 0x60 && cp <= 0x7e)
		cp = line_drawing[cp - 0x60];
	if (e->wrap_next && e->autowrap) {
		e->x = 0;
		vtemu_line_feed(e);
	}
	c = vtemu_row(e, e->y) + e->x;
	if (e->insert)
		memmove(c + 1, c, (e->cols - e->x - 1) * sizeof(*c));
	*c = (struct vtcell){ .cp = cp, .fg = e->pen.fg, .bg = e->pen.bg, .attr = e->pen.attr };
	vtemu_touch(e, e->y);
	e->last_cp = cp;
	e->wrap_next = e->x + 1 == e->cols;
	e->x += !e->wrap_next;
}

static void tab(struct vtemu *e)
{
	do {
		if (e->x + 1 >= e->cols)
			break;
		e->x++;
	} while (!(e->tabs[e->x / 64] >> (e->x % 64) & 1));
}

static void control(struct vtemu *e, u8 c)
{
	switch (c) {
	case 0x07:
		if (e->bell)
			e->bell(e->ctx);
		break;
	case 0x08:
		if (e->x && !e->wrap_next)
			e->x--;
		e->wrap_next = false;
		break;
	case 0x09:
		tab(e);
		break;
	case 0x0a: case 0x0b: case 0x0c:
		vtemu_line_feed(e);
		if (e->newline)
			e->x = 0;
		break;
	case 0x0d:
		e->x = 0;
		e->wrap_next = false;
		break;
	case 0x0e: case 0x0f:
		e->gl = c == 0x0e;
		break;
	case 0x18: case 0x1a:
		e->state = ST_GROUND;
		break;
	case 0x1b:
		e->state = ST_ESCAPE;
		e->intermediate = 0;
		break;
	}
}

static void begin_csi(struct vtemu *e)
{
	memset(e->params, 0, sizeof(e->params));
	e->nparams = 0;
	e->prefix = e->intermediate = 0;
	e->state = ST_CSI;
}

static void in_escape(struct vtemu *e, u8 c)
{
	switch (c) {
	case '[': begin_csi(e); return;
	case ']': e->state = ST_OSC; return;
	case 'P': case 'X': case '^': case '_': e->state = ST_STRING; return;
	}
	if (c < 0x30) {
		e->intermediate = c;
		e->state = ST_ESCAPE_INTER;
		return;
	}
	e->state = ST_GROUND;
	vtemu_escape(e, c);
}

static void in_csi(struct vtemu *e, u8 c)
{
	if (c >= '0' && c <= '9') {
		u32 *p = &e->params[min_t(u32, e->nparams, VTEMU_PARAMS - 1)];

		if (e->nparams < VTEMU_PARAMS)
			*p = min_t(u32, *p * 10 + (c - '0'), PARAM_MAX);
	} else if (c == ';' || c == ':') {
		e->nparams += e->nparams < VTEMU_PARAMS;
	} else if (c == '[' && !e->nparams && !e->params[0] && !e->prefix) {
		e->state = ST_CSI_INTER;	/* a function key's echo: swallow one character */
		e->intermediate = '[';
	} else if (c >= 0x3c && c <= 0x3f) {
		e->prefix = c;
	} else if (c < 0x30) {
		e->intermediate = c;
		e->state = ST_CSI_INTER;
	} else {
		e->state = ST_GROUND;
		e->nparams = min_t(u32, e->nparams + 1, VTEMU_PARAMS);
		vtemu_csi(e, c);
	}
}

static void ground(struct vtemu *e, u8 c)
{
	if (e->utf8_left) {
		if ((c & 0xc0) == 0x80) {
			e->utf8_cp = e->utf8_cp << 6 | (c & 0x3f);
			if (--e->utf8_left == 0) {
				u32 cp = e->utf8_cp;

				print(e, cp < e->utf8_min || cp > 0x10ffff || cp - 0xd800 < 0x800 ? 0xfffd : cp);
			}
			return;
		}
		e->utf8_left = 0;
		print(e, 0xfffd);
	}
	if (c < 0x80) {
		if (c != 0x7f)
			print(e, c);
	} else if (c >= 0xc2 && c <= 0xf4) {
		e->utf8_left = 1 + (c >= 0xe0) + (c >= 0xf0);
		e->utf8_cp = c & (0x3fu >> e->utf8_left);
		e->utf8_min = e->utf8_left == 1 ? 0x80 : e->utf8_left == 2 ? 0x800 : 0x10000;
	} else {
		print(e, 0xfffd);
	}
}

static void in_string(struct vtemu *e, u8 c)
{
	/* ESC \ or BEL ends it; the Linux palette sequences ESC ] R and ESC ] P end by themselves. */
	if (e->state == ST_OSC && c == 'R')
		e->state = ST_GROUND;
	else if (e->state == ST_OSC && c == 'P') {
		e->state = ST_PALETTE;
		e->nparams = 7;
	} else if (e->state == ST_PALETTE) {
		if (--e->nparams == 0)
			e->state = ST_GROUND;
	} else {
		e->state = ST_STRING;
	}
}

static void put(struct vtemu *e, u8 c)
{
	bool in_text = e->state == ST_STRING || e->state == ST_OSC || e->state == ST_PALETTE;

	if (in_text && c == 0x07) {
		e->state = ST_GROUND;
		return;
	}
	if (c < 0x20) {
		if (!in_text || c == 0x1b || c == 0x18 || c == 0x1a)
			control(e, c);
		return;
	}
	switch (e->state) {
	case ST_GROUND: ground(e, c); break;
	case ST_ESCAPE: in_escape(e, c); break;
	case ST_ESCAPE_INTER:
		if (c < 0x30)
			break;
		e->state = ST_GROUND;
		vtemu_escape(e, c);
		break;
	case ST_CSI: in_csi(e, c); break;
	case ST_CSI_INTER:
		if (c >= 0x40 || e->intermediate == '[')
			e->state = ST_GROUND;
		break;
	default: in_string(e, c); break;
	}
}

void vtemu_write(struct vtemu *e, const u8 *buf, size_t n)
{
	vtemu_touch(e, e->y);
	for (size_t i = 0; i < n; i++)
		put(e, buf[i]);
	vtemu_touch(e, e->y);	/* the cursor left one row for another */
}
