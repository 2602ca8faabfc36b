/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The listener of a seccomp filter, for the file that stands for it
 * (fs/procface/secfile.c). Owner kernel/proc/secnotify.c.
 */
#pragma once

#include <tern/base/annotate.h>
#include <tern/base/types.h>

struct secfilter;
struct waitq;

/* States of a listener, and keys that its queue is woken with. */
#define SECNOTIFY_NEW	0x1u	/* a call waits to be received (POLLIN) */
#define SECNOTIFY_SENT	0x4u	/* one was received and waits for an answer (POLLOUT) */
#define SECNOTIFY_ALONE	0x10u	/* no thread is judged by the filter any more (POLLHUP) */

u32 secnotify_state(struct secfilter *sf);
struct waitq *secnotify_queue(struct secfilter *sf);
/** secnotify_ioctl() - SECCOMP_IOCTL_*; sleeps. */
long secnotify_ioctl(struct secfilter *sf, u32 cmd, void __user *arg);
/** secnotify_close() - the file is gone: calls that wait get ENOSYS; drops its reference. */
void secnotify_close(struct secfilter *sf);
