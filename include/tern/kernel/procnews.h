/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * News of processes for those who listen (netlink's process connector). Owner
 * kernel/proc/procnews.c. With nobody listening each costs one load.
 */
#pragma once

#include <asm/atomic.h>
#include <tern/base/annotate.h>
#include <tern/base/types.h>
#include <uapi/cn_proc.h>

struct thread;
struct credset;

/** procnews_listeners - how many asked for news; counted by the one who passes them on. */
extern atomic32 procnews_listeners;
/** procnews_hook - passes one on; set once. Context: sleeps allowed or not, no locks. */
extern void (*procnews_hook)(const struct proc_event_record *ev);

/* Context of all: thread_self's, no locks. */
/** procnews_fork() - @t was made by thread_self and does not run yet. */
void procnews_fork(struct thread *t, bool is_sibling);
/** procnews_self() - PROC_EVENT_EXEC, SID, COMM or COREDUMP of thread_self. */
void procnews_self(u32 what);
/** procnews_comm() - @t has a new name. */
void procnews_comm(struct thread *t);
/** procnews_ids() - thread_self's identity went from @old to @now. */
void procnews_ids(const struct credset *old, const struct credset *now);
/** procnews_ptrace() - @t was taken (or let go) by thread_self as its tracer. */
void procnews_ptrace(struct thread *t, bool is_attach);
/** procnews_exit() - thread_self ends with wait status @status. */
void procnews_exit(s32 status);
