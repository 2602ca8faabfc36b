/* SPDX-License-Identifier: GPL-2.0-only */
/* A core dump under way. */
#pragma once

#include "loader_impl.h"

struct core {
	struct ofile *file;
	loff_t pos;
	u64 limit;		/* RLIMIT_CORE: bytes that may still be written */
	int err;
	int sig;
	const struct ksiginfo *info;
	struct frame *frame;
	u8 *notes;		/* one buffer, filled first */
	size_t notes_len, notes_size;
	u32 nregions;
};

/** core_notes_make() - all notes into c->notes; errors in c->err. The other threads are parked. */
void core_notes_make(struct core *c);
/** core_notes_room() - bytes that the notes of @p may take. */
size_t core_notes_room(struct process *p);
