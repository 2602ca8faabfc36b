/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions of the files io.*, for the table of files. */
#pragma once

#include "cgroupfs_impl.h"

int iofile_show_stat(struct seqbuf *sb, struct cgnode *c);
int iofile_show_max(struct seqbuf *sb, struct cgnode *c);
int iofile_store_max(struct cgnode *c, char *text, struct ofile *f);
