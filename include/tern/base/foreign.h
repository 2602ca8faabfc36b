/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code outside the kernel's image: whoever loads some (vendor modules) answers here for its
 * addresses. One owner; until it registers, every question is answered "not mine".
 * Owner kernel/log/kallsyms.c.
 */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/kallsyms.h>

struct frame;
struct seqbuf;
struct thread;

struct foreign_code_ops {
	/* Where to go on after a fault at @rip; 0: it was not expected. Context: any. */
	uptr (*fixup)(uptr rip);
	/* An exception in kernel mode: true if it was foreseen and @f->rip is where to go on. */
	bool (*trap)(struct frame *f, u32 vector);
	/* Symbol that contains @addr; valid in the caller's RCU section. Context: any. */
	bool (*symbol)(uptr addr, struct ksym *out);
	/* Lines of /proc/kallsyms. */
	void (*print_symbols)(struct seqbuf *sb, bool may_see);
	/* Lines of /proc/modules. */
	void (*print_modules)(struct seqbuf *sb, bool may_see);
	/* A fault at @rip that nothing foresaw: the thread is about to be ended, or the machine. */
	void (*died)(uptr rip);
	/* Have what answers to @name loaded ("fs-xfs"); 0 if a loader was run and did not complain. Sleeps. */
	int (*request)(const char *name);
	/* The last reference to a thread with a view of its own (t_view) is gone. Context: any. */
	void (*free_view)(void *view);
};

extern const struct foreign_code_ops *foreign_code;

/** foreign_request() - see foreign_code_ops.request; a name longer than 63 bytes is nobody's. */
int foreign_request(const char *fmt, ...) __printf(1, 2);
