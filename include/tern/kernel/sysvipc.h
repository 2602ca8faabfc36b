/* SPDX-License-Identifier: GPL-2.0-only */
/* System V IPC as the rest of the kernel sees it. Owner kernel/ipc/sysv. */
#pragma once

#include <tern/base/types.h>
#include <tern/lib/seqbuf.h>

struct sysvns;
struct thread;

/* /proc/sys/kernel/{shmmax,shmall,shmmni,msgmax,msgmnb,msgmni,sem}; read once where they count. */
struct sysvlimits {
	u64 shmmax, shmall;			/* bytes of a segment, pages of all */
	u32 shmmni, msgmax, msgmnb, msgmni;
	u32 semmsl, semmns, semopm, semmni;
};
extern struct sysvlimits sysv_limits;
#define IPC_OBJECTS_MAX	32768u			/* of one kind, whatever the limits say */

/** sysvsem_thread_exit() - @t gives up its list of undos; the last user carries them out. Sleeps. */
void sysvsem_thread_exit(struct thread *t);
/** sysvsem_thread_share() - CLONE_SYSVSEM: @t gets the list of thread_self; 0, -ENOMEM. */
int sysvsem_thread_share(struct thread *t, struct thread *self);

/** sysvns_create() - objects of a new IPC namespace, none; NULL if no memory. */
struct sysvns *sysvns_create(void);
/** sysvns_end() - its namespace ended: all objects go, attached segments with their last user. Sleeps. */
void sysvns_end(struct sysvns *ns);
/** mqns_end_hook - set by fs/mqueue: the queues of an IPC namespace go (its mqueues). Sleeps. */
extern void (*mqns_end_hook)(void *mqueues);

/* Lines of /proc/sysvipc/{shm,sem,msg}. */
void sysvshm_print(struct seqbuf *sb, void *arg);
void sysvsem_print(struct seqbuf *sb, void *arg);
void sysvmsg_print(struct seqbuf *sb, void *arg);
