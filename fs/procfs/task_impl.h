/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files about one process share. */
#pragma once

#include "procfs_impl.h"

struct task_ids { s32 pid, tgid, ppid, pgrp, session; };
struct task_signals { u64 pending, shared, blocked, ignored, caught; };

/** task_state_char() - R S D T t Z X P. */
char task_state_char(const struct thread *t);
/** task_print_name() - comm with newlines and backslashes escaped. */
void task_print_name(struct seqbuf *sb, struct thread *t);
void task_ids_get(const struct task_ref *task, struct task_ids *ids);
void task_signals_get(const struct task_ref *task, struct task_signals *s);
