/* SPDX-License-Identifier: GPL-2.0-only */
/* The cursor of a console, followed from its output. Pure; owner io/contrack.c. */
#pragma once

#include <tern/base/types.h>

struct con_cursor {
	int x, y;		/* from 0; x may be one behind the last column */
	int columns, lines;
	bool is_known;		/* y counts from the screen's first line */
	u8 state;		/* inside a sequence */
	u8 nparams;		/* index of the one being read */
	u16 params[8];
};

/** con_track() - follow what is written. */
void con_track(struct con_cursor *c, const char *s, size_t n);
/** con_track_size() - the terminal's size is. */
void con_track_size(struct con_cursor *c, u16 columns, u16 lines);
/** con_track_move() - the sequence that leads to a position, empty if it is there; its length. */
size_t con_track_move(const struct con_cursor *c, int x, int y, char *seq, size_t room);
