/* SPDX-License-Identifier: GPL-2.0-only */
/* System V IPC as x86-64 programs see it: numbers and structures of shmctl(2), semctl(2), msgctl(2). */
#pragma once

#include <tern/base/compiler.h>
#include <tern/base/types.h>

#define IPC_PRIVATE	0
#define IPC_CREAT	01000
#define IPC_EXCL	02000
#define IPC_NOWAIT	04000
#define IPC_RMID	0
#define IPC_SET		1
#define IPC_STAT	2
#define IPC_INFO	3
#define SHM_DEST	01000
#define SHM_LOCKED	02000
#define SHM_HUGETLB	04000
#define SHM_NORESERVE	010000

#define SHM_RDONLY	010000
#define SHM_RND		020000
#define SHM_REMAP	040000
#define SHM_EXEC	0100000
#define SHM_LOCK	11
#define SHM_UNLOCK	12
#define SHM_STAT	13
#define SHM_INFO	14
#define SHM_STAT_ANY	15
#define SEM_UNDO	0x1000
#define GETPID		11
#define GETVAL		12
#define GETALL		13
#define GETNCNT		14
#define GETZCNT		15
#define SETVAL		16
#define SETALL		17
#define SEM_STAT	18
#define SEM_INFO	19
#define SEM_STAT_ANY	20
#define MSG_STAT	11
#define MSG_INFO	12
#define MSG_STAT_ANY	13
#define MSG_NOERROR	010000
#define MSG_EXCEPT	020000
#define MSG_COPY	040000

struct ipc64_perm_ { s32 key; u32 uid, gid, cuid, cgid, mode; u16 seq, pad2; u64 unused1, unused2; };
static_assert(sizeof(struct ipc64_perm_) == 48, "user ABI");
struct shmid64_ds_ {
	struct ipc64_perm_ perm;
	u64 segsz;
	s64 atime, dtime, ctime;
	s32 cpid, lpid;
	u64 nattch, unused4, unused5;
};
static_assert(sizeof(struct shmid64_ds_) == 112, "user ABI");
struct shminfo64_ { u64 shmmax, shmmin, shmmni, shmseg, shmall, unused[4]; };
struct shm_info_ { s32 used_ids; u32 pad; u64 tot, rss, swp, swap_attempts, swap_successes; };
struct semid64_ds_ { struct ipc64_perm_ perm; s64 otime, unused1, ctime, unused2; u64 nsems, unused3, unused4; };
static_assert(sizeof(struct semid64_ds_) == 104, "user ABI");
struct seminfo_ { s32 semmap, semmni, semmns, semmnu, semmsl, semopm, semume, semusz, semvmx, semaem; };
struct sembuf_ { u16 num; s16 op, flg; };
struct msqid64_ds_ {
	struct ipc64_perm_ perm;
	s64 stime, rtime, ctime;
	u64 cbytes, qnum, qbytes;
	s32 lspid, lrpid;
	u64 unused4, unused5;
};
static_assert(sizeof(struct msqid64_ds_) == 120, "user ABI");
struct msginfo_ { s32 msgpool, msgmap, msgmax, msgmnb, msgmni, msgssz, msgtql; u16 msgseg; };
