/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions of the files memory.*, for the table of files. */
#pragma once

#include "cgroupfs_impl.h"

int memfile_show_current(struct seqbuf *sb, struct cgnode *c);
int memfile_show_peak(struct seqbuf *sb, struct cgnode *c);
int memfile_show_min(struct seqbuf *sb, struct cgnode *c);
int memfile_store_min(struct cgnode *c, char *text, struct ofile *f);
int memfile_show_low(struct seqbuf *sb, struct cgnode *c);
int memfile_store_low(struct cgnode *c, char *text, struct ofile *f);
int memfile_show_high(struct seqbuf *sb, struct cgnode *c);
int memfile_store_high(struct cgnode *c, char *text, struct ofile *f);
int memfile_show_max(struct seqbuf *sb, struct cgnode *c);
int memfile_store_max(struct cgnode *c, char *text, struct ofile *f);
int memfile_show_events(struct seqbuf *sb, struct cgnode *c);
int memfile_show_events_local(struct seqbuf *sb, struct cgnode *c);
int memfile_show_stat(struct seqbuf *sb, struct cgnode *c);
int memfile_show_oom_group(struct seqbuf *sb, struct cgnode *c);
int memfile_store_oom_group(struct cgnode *c, char *text, struct ofile *f);
int memfile_store_reclaim(struct cgnode *c, char *text, struct ofile *f);
int memfile_show_swap_current(struct seqbuf *sb, struct cgnode *c);
int memfile_show_swap_high(struct seqbuf *sb, struct cgnode *c);
int memfile_store_swap_high(struct cgnode *c, char *text, struct ofile *f);
int memfile_show_swap_max(struct seqbuf *sb, struct cgnode *c);
int memfile_store_swap_max(struct cgnode *c, char *text, struct ofile *f);
int memfile_show_swap_events(struct seqbuf *sb, struct cgnode *c);
