/* SPDX-License-Identifier: GPL-2.0-only */
/* Pipes and FIFOs. Owner fs/pipe. */
#pragma once
#include <tern/fs/ofile.h>
/** pipe_create() - both ends with a reference each; 0, -ENFILE, -ENOMEM. */
int pipe_create(struct ofile **rd, struct ofile **wr, u32 flags);
bool ofile_is_pipe(const struct ofile *f);
/** fifo_fops - operations of S_IFIFO vnodes of any file system. */
extern const struct ofile_ops fifo_fops;
/** pipe_init() - the internal mount that pipes live in. Boot. */
void pipe_init(void);
