// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flusher: writes dirty pages out in the background.
 *
 * A kernel thread looks every vm.dirty_writeback_centisecs, and when it is kicked, for objects that
 * have been dirty for vm.dirty_expire_centisecs, or for any while too much is dirty. Each
 * file system's objects are written by a work item of its own, so that a slow disk holds up
 * nobody else's data.
 *
 * An object is known by its page cache on the list of dirty ones. Its vnode may be unused and about to be
 * evicted: one with references gets another; one without is found again by file system and
 * number, which revives it or finds that it is gone (then evict has written it).
 */
#include "vfs_impl.h"

#include <tern/base/initcall.h>
#include <tern/drivers/blkdev.h>
#include <tern/fs/filesys.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/thread.h>

/* One object to write, found by the list walk. */
struct dirty_job {
	struct workitem work;
	struct filesys *fs;	/* with a reference */
	struct vnode *vn;	/* with a reference, or NULL: by ino */
	u64 ino;
};

/* The flusher alone fills it, under the list's lock. */
static struct dirty_job found;

static bool hold(struct pagecache *pc)
{
	struct vnode *vn = pc->vnode;

	if (!vn || !ref_get_unless_zero(&vn->vn_fs->refs))
		return false;
	found = (struct dirty_job){ .fs = vn->vn_fs, .ino = vn->vn_ino };
	if (atomic_inc_not_zero(&vn->vn_refs))
		found.vn = vn;
	return true;
}

static void flush_vnode(struct filesys *fs, struct vnode *vn)
{
	struct blkplug plug;

	blkplug_begin(&plug);
	(void)pagecache_flush(vn->vn_pc, 0, S64_MAX, false);
	blkplug_end(&plug);
	if (READ_ONCE(vn->vn_flags) & VNODE_DIRTY_ATTR)
		(void)fs->ops->write_attr(vn, false);
	vnode_put(vn);
}

static void job_run(struct workitem *w)
{
	struct dirty_job *j = container_of(w, struct dirty_job, work);
	struct vnode *vn = j->vn ? j->vn : vnode_find(j->fs, j->ino);

	if (vn)
		flush_vnode(j->fs, vn);
	filesys_put(j->fs);
	kmem_free(j);
}

/* Hand an object over to a worker; without memory the flusher does it itself. */
static void dispatch(void)
{
	struct dirty_job *j = kmem_alloc(sizeof(*j), ALLOC_NOFS | ALLOC_NOWARN);

	if (j) {
		*j = found;
		workitem_init(&j->work, job_run);
		workpool_queue(workpool_long, &j->work);
	} else {
		struct vnode *vn = found.vn ? found.vn : vnode_find(found.fs, found.ino);

		if (vn)
			flush_vnode(found.fs, vn);
		filesys_put(found.fs);
	}
}

#define CS	(NSEC_PER_SEC / 100)

static void flush_some(bool all)
{
	nsec_t now = clock_ns(), age = dirty_settings.expire_cs * CS;
	nsec_t before = all ? now : now > age ? now - age : 0;

	while (before && pagecache_next_dirty(before, hold))
		dispatch();
}

static int flusher(void *unused)
{
	for (;;) {
		u64 cs = READ_ONCE(dirty_settings.interval_cs);
		bool kicked = false;

		/* 0: no periodic writing, as on Linux. */
		(void)waitq_wait_intr_until(writeback_waitq, (kicked = writeback_was_kicked()),
					    cs ? clock_ns() + cs * CS : WAIT_FOREVER);
		flush_some(kicked || dirty_over_background());
	}
	return 0;
}

static int flusher_start(void)
{
	struct thread *t = kthread_start(flusher, NULL, "flusher");

	return IS_ERR(t) ? (int)PTR_ERR(t) : 0;
}
INITCALL(FS, flusher_start);

#define DIRTY_INT(id, name, member, lo, hi)						\
	static struct procint id = { .path = "sys/vm/" name, .value = &dirty_settings.member,	\
				     .min = (lo), .max = (hi) };				\
	PROCINT(id)
DIRTY_INT(ratio_int, "dirty_ratio", ratio, 0, 100);
DIRTY_INT(background_ratio_int, "dirty_background_ratio", background_ratio, 0, 100);
DIRTY_INT(bytes_int, "dirty_bytes", bytes, 0, S64_MAX);
DIRTY_INT(background_bytes_int, "dirty_background_bytes", background_bytes, 0, S64_MAX);
DIRTY_INT(expire_int, "dirty_expire_centisecs", expire_cs, 0, 1u << 30);
DIRTY_INT(interval_int, "dirty_writeback_centisecs", interval_cs, 0, 1u << 30);
