/* SPDX-License-Identifier: GPL-2.0-only */
/* One call of wait4 or waitid, as wait.c and trace/end.c answer it. */
#pragma once

#include <tern/base/types.h>
#include <uapi/rusage.h>

struct pidref;
struct process;

struct wait_request {
	int which;		/* P_* */
	struct pidref *pid;	/* borrowed from the caller */
	u32 options;
	/* result */
	s32 nr;
	int code, status;	/* CLD_*, status word of wait4 */
	uid_t uid;
	struct rusage_ ru;
};

/* CHILD_REAP: as REPORTED, and the process found is to be released. */
enum wait_result { CHILD_NO, CHILD_MAYBE, CHILD_REPORTED, CHILD_REAP };

/**
 * wait_fill_usage() - what @p and the children it has waited for have used so far
 * Living threads count. Locks: tree lock.
 */
void wait_fill_usage(struct process *p, struct rusage_ *ru);

/** trace_wait_locked() - look through the tracees of @self. Locks: tree lock. */
enum wait_result trace_wait_locked(struct process *self, struct wait_request *w,
				   struct process **found);
