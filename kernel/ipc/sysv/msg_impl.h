/* SPDX-License-Identifier: GPL-2.0-only */
/* Message queues, private to msg.c and msgctl.c. */
#pragma once

#include "sysv_impl.h"

/* Legend: I immutable, L o.lock. */
struct msgqueue {
	struct ipcobj o;	/* first: freed by its address */
	struct list messages;	/* L of struct message, oldest first */
	struct list receivers, senders;	/* L of struct msgwait, oldest first */
	u64 nbytes, count, limit;	/* L; limit is msg_qbytes */
	s64 stime, rtime, ctime;	/* L seconds */
	s32 lspid, lrpid;	/* L */
};

static inline struct msgqueue *msgq_of(struct ipcobj *o) { return container_of(o, struct msgqueue, o); }

/** msgq_admit() - room was made: put messages of waiting senders in. Queue locked. */
void msgq_admit(struct msgqueue *q);
/** msgq_remove() - IPC_RMID: sleepers end with EIDRM. */
void msgq_remove(struct msgqueue *q);
/** msgq_recheck() - rights changed: sleepers ask again. Queue locked. */
void msgq_recheck(struct msgqueue *q);
