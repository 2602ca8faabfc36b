// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the cursor is believed to be, followed from what was written: programs ask for the
 * position, and put the cursor back to where it was. Where the screen's first line is, nobody
 * tells: until it was cleared or a position was named, line 0 is where the process began, and
 * positions are reached by relative movements. Wide characters count as one.
 */
#include "../contrack.h"

#include <tern/lib/fmt.h>
#include <tern/lib/string.h>

#define ESC 0x1b
#define TAB_STOP 8

enum { TEXT, ESCAPE, CONTROL };

static void newline(struct con_cursor *c)
{
	c->x = 0;
	c->y = min(c->y + 1, c->lines - 1);
}

static void printed(struct con_cursor *c)
{
	if (c->x >= c->columns)
		newline(c);
	c->x++;
}

static int parameter(const struct con_cursor *c, u32 n)
{
	return n <= c->nparams && c->params[n] ? c->params[n] : 1;
}

static int within(int v, int end)
{
	return max(0, min(v, end - 1));
}

/* The final character of ESC [ parameters. */
static void control(struct con_cursor *c, u8 ch)
{
	switch (ch) {
	case 'A':
		c->y = within(c->y - parameter(c, 0), c->lines);
		break;
	case 'B':
		c->y = within(c->y + parameter(c, 0), c->lines);
		break;
	case 'C':
		c->x = within(c->x + parameter(c, 0), c->columns);
		break;
	case 'D':
		c->x = within(c->x - parameter(c, 0), c->columns);
		break;
	case 'G':
		c->x = within(parameter(c, 0) - 1, c->columns);
		break;
	case 'H':
	case 'f':
		c->y = within(parameter(c, 0) - 1, c->lines);
		c->x = within(parameter(c, 1) - 1, c->columns);
		c->is_known = true;
		break;
	}
}

static void text(struct con_cursor *c, u8 ch)
{
	switch (ch) {
	case '\r':
		c->x = 0;
		break;
	case '\n':
		newline(c);
		break;
	case '\b':
		c->x = max(c->x - 1, 0);
		break;
	case '\t':
		c->x = within((c->x / TAB_STOP + 1) * TAB_STOP, c->columns);
		break;
	case ESC:
		c->state = ESCAPE;
		break;
	default:
		/* Bytes behind the first of a character are no columns. */
		if (ch >= 0x20 && ch != 0x7f && (ch & 0xc0) != 0x80)
			printed(c);
	}
}

static void one(struct con_cursor *c, u8 ch)
{
	switch (c->state) {
	case TEXT:
		text(c, ch);
		return;
	case ESCAPE:
		c->state = ch == '[' ? CONTROL : TEXT;
		c->nparams = 0;
		memset(c->params, 0, sizeof(c->params));
		return;
	}
	if (ch >= '0' && ch <= '9') {
		u16 *p = &c->params[c->nparams];

		*p = (u16)min(*p * 10 + ch - '0', 9999);
	} else if (ch == ';') {
		c->nparams = min(c->nparams + 1U, ARRAY_SIZE(c->params) - 1);
	} else if (ch >= 0x40) {
		control(c, ch);
		c->state = TEXT;
	}
}

void con_track(struct con_cursor *c, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		one(c, (u8)s[i]);
}

void con_track_size(struct con_cursor *c, u16 columns, u16 lines)
{
	c->columns = columns;
	c->lines = lines;
	c->x = within(c->x, columns + 1);
	c->y = within(c->y, lines);
}

size_t con_track_move(const struct con_cursor *c, int x, int y, char *seq, size_t room)
{
	size_t n = 0;

	seq[0] = 0;
	if (x == c->x && y == c->y)
		return 0;
	if (c->is_known)
		return fmt_print(seq, room, "\033[%d;%dH", y + 1, x + 1);
	if (y != c->y)
		n = fmt_print(seq, room, "\033[%d%c", y < c->y ? c->y - y : y - c->y, y < c->y ? 'A' : 'B');
	return n + fmt_print(seq + n, room - n, "\033[%dG", x + 1);
}
