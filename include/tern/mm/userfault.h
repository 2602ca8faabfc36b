/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page faults that a program resolves: userfaultfd(2). Owner mm/userfault.c; the file that
 * stands for it is fs/procface/uffdfile.c.
 */
#pragma once

#include <tern/base/annotate.h>
#include <tern/base/types.h>
#include <uapi/userfaultfd.h>

struct uffd;
struct waitq;

extern u32 uffd_unprivileged;	/* vm.unprivileged_userfaultfd: kernel faults too, without CAP_SYS_PTRACE */

/** uffd_create() - for thread_self's address space, one reference; NULL: no memory. */
struct uffd *uffd_create(bool user_only);
/** uffd_close() - its file is gone: who waits goes on, regions are normal; drops the reference. Sleeps. */
void uffd_close(struct uffd *u);
/** uffd_put() - drop a reference. */
void uffd_put(struct uffd *u);
/** uffd_is_ready() - has UFFDIO_API been done. */
bool uffd_is_ready(const struct uffd *u);
/** uffd_has_news() - is there something to read. uffd_queue(): readers wait there. */
bool uffd_has_news(struct uffd *u);
struct waitq *uffd_queue(struct uffd *u);
/**
 * uffd_next() - take the next message
 * @child: out, for UFFD_EVENT_FORK the child's, with a reference; NULL else
 * @token: out, for uffd_event_done() of an event that is not a fault; NULL: nothing is due
 * Return: 0 or -EAGAIN.
 */
int uffd_next(struct uffd *u, struct uffd_message *m, struct uffd **child, void **token);
/** uffd_event_done() - the reader has the event (or @again: put it back); who caused it goes on. */
void uffd_event_done(struct uffd *u, void *token, bool again);
/** uffd_ioctl() - UFFDIO_*; sleeps. */
long uffd_ioctl(struct uffd *u, u32 cmd, void __user *arg);
/** uffd_counts() - faults not read yet, and all; and the features asked for. */
void uffd_counts(struct uffd *u, u32 *pending, u32 *total, u64 *features);
