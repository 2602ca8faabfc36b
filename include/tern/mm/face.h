/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What memory management needs of the layers above, declared on its side so
 * that mm/ includes nothing of theirs. Functions that also stand in
 * <tern/kernel/...> or <tern/fs/...> are the same functions; mmface_* are
 * implemented by fs/mmface/.
 */
#pragma once

#include <tern/base/types.h>

struct aspace;
struct map_request;
struct ofile;
struct pagecache;
struct pidref;
struct process;
struct thread;
struct vnode;

/* ---- tern/kernel ---- */
struct thread *kthread_start(int (*fn)(void *arg), void *arg, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool cap_has(int cap);
struct pidref *pidref_lookup(s32 nr);
void pidref_put(struct pidref *p);
struct process *pidref_process(struct pidref *p);
bool process_may_access(struct process *p, bool is_attach);
struct aspace *process_aspace(struct process *p);

#define MM_CAP_IPC_LOCK		14
#define MM_CAP_SYS_RAWIO	17
#define MM_CAP_SYS_PTRACE	19

/* ---- tern/fs ---- */
struct ofile *fd_get(int fd);
void ofile_put(struct ofile *f);

/* ---- fs/mmface ---- */
/** mmface_ofile_get() - one more reference on an open file. */
void mmface_ofile_get(struct ofile *f);
/**
 * mmface_map() - may the file be mapped like this, and how
 * @req: rflags (protection, shared, MAY bits) are narrowed; ops, pc, priv are set
 * Return: 0, -EACCES (mode), -EPERM (no-exec mount), -ENODEV, -EOVERFLOW.
 */
int mmface_map(struct ofile *f, struct map_request *req);
/** mmface_size() - bytes of the file that a page cache belongs to; pc->vnode is not NULL. */
loff_t mmface_size(const struct pagecache *pc);
/** mmface_size_grow() - the file is longer now; its vnode is locked by the writer. */
void mmface_size_grow(struct pagecache *pc, loff_t size);
/** mmface_hold() - keep the vnode of a page cache; false: it is on its way out. Context: nosleep. */
bool mmface_hold(struct pagecache *pc);
/** mmface_release() - undo mmface_hold(). Sleeps. */
void mmface_release(struct pagecache *pc);
/** mmface_sync() - fsync of [start, end) of a mapped file. */
int mmface_sync(struct ofile *f, loff_t start, loff_t end);
/** mmface_punch() - free the file's blocks and pages in [start, end) (MADV_REMOVE). */
int mmface_punch(struct ofile *f, loff_t start, loff_t end);
/** mmface_may_mincore() - may thread_self learn which pages of the file are cached. */
bool mmface_may_mincore(struct ofile *f);
/** mmface_tid() - number of thread_self. */
u32 mmface_tid(void);
/** mmface_fault_count() - thread_self took a page fault. */
void mmface_fault_count(bool is_major);
