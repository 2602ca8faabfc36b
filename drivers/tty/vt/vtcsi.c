// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control functions: ECMA-48 5th edition section 8.3 and DEC's private
 * ones, those that terminfo's "linux" entry names and common programs send.
 * Rows and columns count from 1 in sequences and from 0 here.
 */
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>

#include "vtemu.h"

static const struct vtpen plain_pen = { .fg = 7, .bg = 0 };

/* Parameter @i, or @otherwise if it is absent or 0. */
static u32 param(const struct vtemu *e, u32 i, u32 otherwise)
{
	return i < e->nparams && e->params[i] ? e->params[i] : otherwise;
}

static void go(struct vtemu *e, s32 x, s32 y)
{
	s32 lo = e->origin ? (s32)e->top : 0, hi = (s32)(e->origin ? e->bottom : e->rows) - 1;

	e->x = (u32)clamp_t(s32, x, 0, (s32)e->cols - 1);
	e->y = (u32)clamp_t(s32, y, lo, hi);
	e->wrap_next = false;
}

static s32 origin_y(const struct vtemu *e)
{
	return e->origin ? (s32)e->top : 0;
}

static void save(struct vtemu *e)
{
	e->saved = (struct vtsaved){ e->x, e->y, e->pen, e->origin, e->gl, { e->graphic[0], e->graphic[1] } };
}

static void restore(struct vtemu *e)
{
	const struct vtsaved *s = &e->saved;

	e->pen = s->pen;
	e->origin = s->origin;
	e->gl = s->gl;
	e->graphic[0] = s->graphic[0];
	e->graphic[1] = s->graphic[1];
	go(e, (s32)s->x, (s32)s->y);
}

void vtemu_reset(struct vtemu *e)
{
	e->pen = plain_pen;
	e->top = 0;
	e->bottom = e->rows;
	e->x = e->y = 0;
	e->wrap_next = e->origin = e->insert = e->newline = e->reverse_screen = false;
	e->app_cursor = e->app_keypad = e->graphic[0] = e->graphic[1] = false;
	e->autowrap = e->cursor_on = true;
	e->gl = 0;
	e->state = 0;
	e->utf8_left = 0;
	e->last_cp = ' ';
	memset(e->tabs, 0, sizeof(e->tabs));
	for (u32 x = 8; x < VTEMU_COLS_MAX; x += 8)
		e->tabs[x / 64] |= 1UL << (x % 64);
	for (u32 y = 0; y < e->rows; y++)
		vtemu_blank(e, y, 0, e->cols);
	save(e);
}

static void erase_display(struct vtemu *e)
{
	u32 what = e->params[0];
	u32 from = what == 0 ? e->y + 1 : 0, to = what == 1 ? e->y : e->rows;

	if (what > 3)
		return;
	if (what == 0)
		vtemu_blank(e, e->y, e->x, e->cols);
	if (what == 1)
		vtemu_blank(e, e->y, 0, e->x + 1);
	for (u32 y = from; y < to; y++)
		vtemu_blank(e, y, 0, e->cols);
}

static void erase_line(struct vtemu *e)
{
	switch (e->params[0]) {
	case 0: vtemu_blank(e, e->y, e->x, e->cols); break;
	case 1: vtemu_blank(e, e->y, 0, e->x + 1); break;
	case 2: vtemu_blank(e, e->y, 0, e->cols); break;
	}
}

static void insert_chars(struct vtemu *e, u32 n)
{
	struct vtcell *c = vtemu_row(e, e->y) + e->x;

	n = min_t(u32, n, e->cols - e->x);
	memmove(c + n, c, (e->cols - e->x - n) * sizeof(*c));
	vtemu_blank(e, e->y, e->x, e->x + n);
}

static void delete_chars(struct vtemu *e, u32 n)
{
	struct vtcell *c = vtemu_row(e, e->y) + e->x;

	n = min_t(u32, n, e->cols - e->x);
	memmove(c, c + n, (e->cols - e->x - n) * sizeof(*c));
	vtemu_blank(e, e->y, e->cols - n, e->cols);
}

static void insert_lines(struct vtemu *e, u32 n, bool del)
{
	if (e->y < e->top || e->y >= e->bottom)
		return;
	if (del)
		vtemu_scroll_up(e, e->y, e->bottom, n);
	else
		vtemu_scroll_down(e, e->y, e->bottom, n);
	e->wrap_next = false;
}

/* ---- colours ---- */

/* The order of the eight colours in sequences (red is 1) is that of the palette here. */
static u8 nearest(u32 r, u32 g, u32 b)
{
	u32 top = max_t(u32, r, max_t(u32, g, b));
	u32 half = top / 2;
	u8 c = (u8)((r > half ? 1 : 0) | (g > half ? 2 : 0) | (b > half ? 4 : 0));

	if (top <= 42)
		return 0;
	if (top <= 85)
		return c == 7 ? 8 : c;
	return top > 170 ? c | 8 : c;
}

static u8 colour_256(u32 n)
{
	if (n < 16)
		return (u8)n;
	if (n < 232) {
		n -= 16;
		return nearest(n / 36 * 51, n / 6 % 6 * 51, n % 6 * 51);
	}
	n = (n - 232) * 10 + 8;
	return nearest(n, n, n);
}

/* 38;5;N and 38;2;R;G;B: the parameters used up after @i. */
static u32 extended_colour(struct vtemu *e, u32 i, u8 *out)
{
	if (i + 2 < e->nparams && e->params[i + 1] == 5) {
		if (e->params[i + 2] < 256)
			*out = colour_256(e->params[i + 2]);
		return 2;
	}
	if (i + 4 < e->nparams && e->params[i + 1] == 2) {
		*out = nearest(e->params[i + 2] & 255, e->params[i + 3] & 255, e->params[i + 4] & 255);
		return 4;
	}
	return e->nparams;
}

static void rendition(struct vtemu *e)
{
	for (u32 i = 0; i < e->nparams; i++) {
		u32 p = e->params[i];

		switch (p) {
		case 0: e->pen = plain_pen; break;
		case 1: e->pen.attr |= VTA_BOLD; break;
		case 4: case 21: e->pen.attr |= VTA_UNDERLINE; break;
		case 5: e->pen.attr |= VTA_BLINK; break;
		case 7: e->pen.attr |= VTA_REVERSE; break;
		case 2: case 22: e->pen.attr &= (u8)~VTA_BOLD; break;
		case 24: e->pen.attr &= (u8)~VTA_UNDERLINE; break;
		case 25: e->pen.attr &= (u8)~VTA_BLINK; break;
		case 27: e->pen.attr &= (u8)~VTA_REVERSE; break;
		case 30 ... 37: e->pen.fg = (u8)(p - 30); break;
		case 38: i += extended_colour(e, i, &e->pen.fg); break;
		case 39: e->pen.fg = plain_pen.fg; break;
		case 40 ... 47: e->pen.bg = (u8)(p - 40); break;
		case 48: i += extended_colour(e, i, &e->pen.bg); break;
		case 49: e->pen.bg = plain_pen.bg; break;
		case 90 ... 97: e->pen.fg = (u8)(p - 90 + 8); break;
		case 100 ... 107: e->pen.bg = (u8)(p - 100 + 8); break;
		}
	}
}

/* ---- modes and reports ---- */

static void private_mode(struct vtemu *e, u32 mode, bool on)
{
	switch (mode) {
	case 1: e->app_cursor = on; break;
	case 5:
		e->reverse_screen = on;
		vtemu_touch_all(e);
		break;
	case 6:
		e->origin = on;
		go(e, 0, origin_y(e));
		break;
	case 7:
		e->autowrap = on;
		e->wrap_next = false;
		break;
	case 25: e->cursor_on = on; break;
	}
}

static void set_modes(struct vtemu *e, bool on)
{
	for (u32 i = 0; i < e->nparams; i++) {
		if (e->prefix == '?')
			private_mode(e, e->params[i], on);
		else if (!e->prefix && e->params[i] == 4)
			e->insert = on;
		else if (!e->prefix && e->params[i] == 20)
			e->newline = on;
	}
}

static void answer(struct vtemu *e, const char *s, size_t n)
{
	if (e->reply)
		e->reply(e->ctx, s, (u32)n);
}

static void status_report(struct vtemu *e)
{
	char text[32];

	if (e->prefix)
		return;
	if (e->params[0] == 5)
		answer(e, "\033[0n", 4);
	else if (e->params[0] == 6)
		answer(e, text, (size_t)fmt_put(text, sizeof(text), "\033[%u;%uR", e->y + 1 - (u32)origin_y(e),
						   e->x + 1));
}

static void set_region(struct vtemu *e)
{
	u32 top = param(e, 0, 1), bottom = param(e, 1, e->rows);

	if (top >= bottom || bottom > e->rows)
		return;
	e->top = top - 1;
	e->bottom = bottom;
	go(e, 0, origin_y(e));
}

static void clear_tabs(struct vtemu *e)
{
	if (e->params[0] == 0)
		e->tabs[e->x / 64] &= ~(1UL << (e->x % 64));
	else if (e->params[0] == 3)
		memset(e->tabs, 0, sizeof(e->tabs));
}

static void move(struct vtemu *e, u8 final)
{
	s32 n = (s32)param(e, 0, 1), x = (s32)e->x, y = (s32)e->y;

	switch (final) {
	case 'A': go(e, x, e->y >= e->top ? max_t(s32, y - n, (s32)e->top) : y - n); break;
	case 'B': case 'e': go(e, x, e->y < e->bottom ? min_t(s32, y + n, (s32)e->bottom - 1) : y + n); break;
	case 'C': case 'a': go(e, x + n, y); break;
	case 'D': go(e, x - n, y); break;
	case 'E': go(e, 0, y + n); break;
	case 'F': go(e, 0, y - n); break;
	case 'G': case '`': go(e, n - 1, y); break;
	case 'H': case 'f': go(e, (s32)param(e, 1, 1) - 1, origin_y(e) + n - 1); break;
	case 'd': go(e, x, origin_y(e) + n - 1); break;
	}
}

static void repeat(struct vtemu *e, u32 n)
{
	u32 cp = e->last_cp, len = 0;
	u8 utf8[4];

	if (cp < 0x80) {
		utf8[len++] = (u8)cp;
	} else if (cp < 0x800) {
		utf8[len++] = (u8)(0xc0 | cp >> 6);
		utf8[len++] = (u8)(0x80 | (cp & 0x3f));
	} else {
		utf8[len++] = (u8)(0xe0 | (cp >> 12 & 15));
		utf8[len++] = (u8)(0x80 | (cp >> 6 & 0x3f));
		utf8[len++] = (u8)(0x80 | (cp & 0x3f));
	}
	if (cp > 0xffff)
		return;
	for (n = min_t(u32, n, e->cols * e->rows); n; n--)
		vtemu_write(e, utf8, len);
}

void vtemu_csi(struct vtemu *e, u8 final)
{
	u32 n = param(e, 0, 1);

	if (e->prefix && final != 'h' && final != 'l' && final != 'n' && final != 'c')
		return;
	switch (final) {
	case '@': insert_chars(e, n); break;
	case 'A' ... 'H': case '`': case 'a': case 'd': case 'e': case 'f': move(e, final); break;
	case 'J': erase_display(e); break;
	case 'K': erase_line(e); break;
	case 'L': insert_lines(e, n, false); break;
	case 'M': insert_lines(e, n, true); break;
	case 'P': delete_chars(e, n); break;
	case 'S': vtemu_scroll_up(e, e->top, e->bottom, n); break;
	case 'T': vtemu_scroll_down(e, e->top, e->bottom, n); break;
	case 'X': vtemu_blank(e, e->y, e->x, min_t(u32, e->x + n, e->cols)); break;
	case 'b': repeat(e, n); break;
	case 'c':
		if (!e->prefix && !e->params[0])
			answer(e, "\033[?6c", 5);
		break;
	case 'g': clear_tabs(e); break;
	case 'h': set_modes(e, true); break;
	case 'l': set_modes(e, false); break;
	case 'm': rendition(e); break;
	case 'n': status_report(e); break;
	case 'r': set_region(e); break;
	case 's': save(e); break;
	case 'u': restore(e); break;
	}
}

static void align_test(struct vtemu *e)
{
	for (u32 y = 0; y < e->rows; y++) {
		vtemu_blank(e, y, 0, e->cols);
		for (u32 x = 0; x < e->cols; x++)
			vtemu_row(e, y)[x].cp = 'E';
	}
}

void vtemu_escape(struct vtemu *e, u8 final)
{
	switch (e->intermediate) {
	case '(': case ')':
		e->graphic[e->intermediate == ')'] = final == '0';
		return;
	case '#':
		if (final == '8')
			align_test(e);
		return;
	case 0:
		break;
	default:
		return;
	}
	switch (final) {
	case '7': save(e); break;
	case '8': restore(e); break;
	case 'D': vtemu_line_feed(e); break;
	case 'E':
		e->x = 0;
		vtemu_line_feed(e);
		break;
	case 'H': e->tabs[e->x / 64] |= 1UL << (e->x % 64); break;
	case 'M':
		e->wrap_next = false;
		if (e->y == e->top)
			vtemu_scroll_down(e, e->top, e->bottom, 1);
		else if (e->y)
			e->y--;
		break;
	case 'Z': answer(e, "\033[?6c", 5); break;
	case 'c': vtemu_reset(e); break;
	case '=': e->app_keypad = true; break;
	case '>': e->app_keypad = false; break;
	}
}
