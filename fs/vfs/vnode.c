// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vnodes: life-cycle, the (file system, inode number) table, attributes that
 * every file system shares.
 *
 * Life: vnode_init() with one reference. File systems with a store put a vnode
 * into the table by vnode_insert(); at its last reference such a vnode stays,
 * unused, on the LRU list if it still has links. All others are evicted at
 * once: ops->evict drops the contents, calls vnode_fini() and frees the memory
 * after a grace period, since lock-free path walks may still look at it. A vnode that is being
 * evicted stays in the table until vnode_fini(): vnode_find() waits for it, so that nobody reads
 * from the store what is still on its way there.
 *
 * Lock order: vn_lock > table lock > fs->lock, LRU lock. vnode_find()
 * revives an unused vnode under the table lock, so whoever evicts decides
 * under that lock and marks VNODE_FREEING.
 */
#include "vfs_impl.h"

#include <tern/fs/acl.h>
#include <tern/fs/chardev.h>
#include <tern/base/initcall.h>
#include <tern/lib/hash.h>
#include <tern/mm/reclaim.h>

#define VNODE_LOCK_BITS 8

static struct growtab vn_table;
static struct spin lru_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects vn_lru */
static LIST_HEAD(lru_list);
static u64 lru_count;			/* at most: revived ones stay listed until looked at */
static struct waitq evict_wait = WAITQ_INIT(evict_wait);	/* a vnode left the table */

void vnode_init(struct vnode *vn, struct filesys *fs, const struct vnode_ops *ops,
		const struct ofile_ops *fops, mode_t mode)
{
	const struct ofile_ops *special = vnode_special_fops(mode);

	vn->vn_ops = ops;
	vn->vn_fops = special ? special : fops;
	vn->vn_fs = fs;
	vn->vn_mode = mode;
	vn->vn_nlink = 1;
	atomic_set(&vn->vn_refs, 1);
	rwsem_init(&vn->vn_lock, S_ISDIR(mode) ? LOCKRANK_VNODE_DIR : LOCKRANK_VNODE);
	spin_init(&vn->vn_spin, LOCKRANK_VNODE_SPIN);
	pagecache_init(&vn->vn_pages, vn, &pagecache_ops_memory, PAGECACHE_SWAPBACKED | PAGECACHE_NOWRITEBACK);
	vn->vn_pc = &vn->vn_pages;
	vn->vn_atime = clock_realtime_coarse_ns();
	vn->vn_mtime = vn->vn_atime;
	vn->vn_ctime = vn->vn_atime;
	vn->vn_btime = vn->vn_atime;
	list_init(&vn->vn_aliases);
	list_init(&vn->vn_lru);
	growlink_init(&vn->vn_hash);
	spin_lock(&fs->lock);
	list_add_tail(&vn->vn_fs_link, &fs->vnodes);
	spin_unlock(&fs->lock);
}

static void unhash(struct vnode *vn);

void vnode_fini(struct vnode *vn)
{
	struct filesys *fs = vn->vn_fs;

	flocks_free(vn);
	leases_free(vn);
	vnode_acls_free(vn);
	pagecache_fini(&vn->vn_pages);
	unhash(vn);
	spin_lock(&fs->lock);
	list_del_init(&vn->vn_fs_link);
	spin_unlock(&fs->lock);
}

/* ---- the table ---- */

static u32 hash_of(const struct filesys *fs, u64 ino)
{
	return (u32)hash_u64(ino ^ (u64)fs, 32);
}

static struct spin *lock_of(const struct vnode *vn)
{
	return growtab_lock(&vn_table, hash_of(vn->vn_fs, vn->vn_ino));
}

static void lru_del(struct vnode *vn)
{
	spin_lock(&lru_lock);
	if (!list_is_empty(&vn->vn_lru))
		lru_count--;
	list_del_init(&vn->vn_lru);
	spin_unlock(&lru_lock);
}

static void unhash(struct vnode *vn)
{
	struct spin *lock = lock_of(vn);

	if (!(READ_ONCE(vn->vn_flags) & VNODE_HASHED))
		return;
	spin_lock(lock);
	growtab_del(&vn_table, &vn->vn_hash);
	vn->vn_flags &= ~VNODE_HASHED;
	spin_unlock(lock);
	waitq_wake_if_any(&evict_wait);
}

/* The vnode with a reference, or NULL; *is_leaving: one is there but being evicted. */
static struct vnode *find_once(struct filesys *fs, u64 ino, bool *is_leaving)
{
	u32 hash = hash_of(fs, ino);
	struct spin *lock = growtab_lock(&vn_table, hash);
	struct vnode *vn;

	*is_leaving = false;
	spin_lock(lock);
	growtab_foreach_rcu(vn, &vn_table, hash, vn_hash) {
		if (vn->vn_fs == fs && vn->vn_ino == ino) {
			*is_leaving = vn->vn_flags & VNODE_FREEING;
			if (!*is_leaving)
				vnode_get(vn);
			break;
		}
	}
	spin_unlock(lock);
	return *is_leaving ? NULL : vn;
}

struct vnode *vnode_find(struct filesys *fs, u64 ino)
{
	bool is_leaving;
	struct vnode *vn = find_once(fs, ino, &is_leaving);

	if (unlikely(is_leaving))
		waitq_wait(&evict_wait, (vn = find_once(fs, ino, &is_leaving)) || !is_leaving);
	return vn;
}

int vnode_insert(struct vnode *vn)
{
	u32 hash = hash_of(vn->vn_fs, vn->vn_ino);
	struct spin *lock = growtab_lock(&vn_table, hash);
	struct vnode *other;
	int err = 0;

	spin_lock(lock);
	growtab_foreach_rcu(other, &vn_table, hash, vn_hash) {
		if (other->vn_fs == vn->vn_fs && other->vn_ino == vn->vn_ino)
			err = -EEXIST;
	}
	if (!err) {
		growtab_add(&vn_table, &vn->vn_hash, hash);
		vn->vn_flags |= VNODE_HASHED;
	}
	spin_unlock(lock);
	return err;
}

/* Decide about an unused hashed vnode: true if the caller shall evict it. */
static bool claim_unused(struct vnode *vn, bool keep)
{
	struct spin *lock = lock_of(vn);
	bool claimed = false;

	spin_lock(lock);
	if (atomic_read(&vn->vn_refs) != 0 || (vn->vn_flags & VNODE_FREEING)) {
		/* revived, or somebody else's */
	} else if (keep && vn->vn_nlink) {
		spin_lock(&lru_lock);
		if (list_is_empty(&vn->vn_lru)) {
			list_add_tail(&vn->vn_lru, &lru_list);
			lru_count++;
		}
		spin_unlock(&lru_lock);
	} else {
		vn->vn_flags |= VNODE_FREEING;
		lru_del(vn);
		claimed = true;
	}
	spin_unlock(lock);
	return claimed;
}

static void evict(struct vnode *vn)
{
	if (vn->vn_flags & VNODE_DIRTY_ATTR && vn->vn_nlink)
		(void)vn->vn_fs->ops->write_attr(vn, true);
	vn->vn_ops->evict(vn);
}

void vnode_put(struct vnode *vn)
{
	if (!vn || !atomic_dec_and_test(&vn->vn_refs))
		return;
	might_sleep();
	if (!(READ_ONCE(vn->vn_flags) & VNODE_HASHED)) {
		vn->vn_flags |= VNODE_FREEING;
		evict(vn);
	} else if (claim_unused(vn, true)) {
		evict(vn);
	}
}

u64 vnode_shrink(u64 want)
{
	u64 freed = 0, scan = want * 2;

	while (freed < want && scan--) {
		struct vnode *vn;

		spin_lock(&lru_lock);
		vn = list_first_entry_or_null(&lru_list, struct vnode, vn_lru);
		if (vn)
			list_move_tail(&vn->vn_lru, &lru_list);
		rcu_read_lock();	/* keeps the memory after lru_lock */
		spin_unlock(&lru_lock);
		if (!vn) {
			rcu_read_unlock();
			break;
		}
		if (atomic_read(&vn->vn_refs) == 0 && claim_unused(vn, false)) {
			rcu_read_unlock();
			evict(vn);
			freed++;
		} else {
			rcu_read_unlock();
		}
	}
	return freed;
}

bool vnode_evict_all(struct filesys *fs)
{
	struct vnode *vn;
	bool again;

	do {
		again = false;
		spin_lock(&fs->lock);
		rcu_read_lock();
		list_foreach(vn, &fs->vnodes, vn_fs_link) {
			if ((vn->vn_flags & (VNODE_HASHED | VNODE_FREEING)) == VNODE_HASHED &&
			    atomic_read(&vn->vn_refs) == 0) {
				again = true;
				break;
			}
		}
		spin_unlock(&fs->lock);
		again = again && claim_unused(vn, false);
		rcu_read_unlock();
		if (again)
			evict(vn);
	} while (again);
	return list_is_empty(&fs->vnodes);
}

static u64 shrink_count(struct cacheshrinker *s)
{
	return READ_ONCE(lru_count);
}

static u64 shrink_scan(struct cacheshrinker *s, u64 n)
{
	return vnode_shrink(n);
}

static struct cacheshrinker vnode_shrinker = { .name = "vnode", .count = shrink_count, .scan = shrink_scan };

static int vnode_table_init(void)
{
	VERIFY(!growtab_init(&vn_table, VNODE_LOCK_BITS, LOCKRANK_VNODE_TABLE));
	shrinker_register(&vnode_shrinker);
	return 0;
}
INITCALL(CORE, vnode_table_init);

/* ---- locking two ---- */

void vnode_lock_pair(struct vnode *a, struct vnode *b)
{
	if (a == b)
		b = NULL;
	/* Directories have the lower rank; equals go by address. */
	if (a && b && (vnode_is_dir(a) == vnode_is_dir(b) ? a > b : vnode_is_dir(b)))
		swap(a, b);
	if (a)
		rwsem_write_lock_nested(&a->vn_lock);
	if (b)
		rwsem_write_lock_nested(&b->vn_lock);
}

void vnode_unlock_pair(struct vnode *a, struct vnode *b)
{
	if (a)
		rwsem_write_unlock(&a->vn_lock);
	if (b && b != a)
		rwsem_write_unlock(&b->vn_lock);
}

/* ---- small verbs ---- */

void vnode_touch(struct vnode *vn, u32 which)
{
	s64 now = clock_realtime_coarse_ns();

	if (which & VATTR_ATIME)
		WRITE_ONCE(vn->vn_atime, now);
	if (which & VATTR_MTIME)
		WRITE_ONCE(vn->vn_mtime, now);
	if (which & VATTR_CTIME)
		WRITE_ONCE(vn->vn_ctime, now);
	if (which & (VATTR_MTIME | VATTR_CTIME))
		vn->vn_version++;
	if (!(vn->vn_flags & VNODE_DIRTY_ATTR) && !(vn->vn_pages.flags & PAGECACHE_NOWRITEBACK)) {
		spin_lock(&vn->vn_spin);
		vn->vn_flags |= VNODE_DIRTY_ATTR;
		spin_unlock(&vn->vn_spin);
	}
}

int vnode_deny_write(struct vnode *vn)
{
	s32 c = atomic_read(&vn->vn_writers);

	while (c <= 0) {
		if (__atomic_compare_exchange_n(&vn->vn_writers.v, &c, c - 1, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return 0;
	}
	return -ETXTBSY;
}

void vnode_allow_write(struct vnode *vn)
{
	atomic_inc(&vn->vn_writers);
}

const struct ofile_ops *vnode_special_fops(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFCHR: return &chardev_fops;
	case S_IFBLK: return &blkdev_fops;
	case S_IFIFO: return &fifo_fops;
	case S_IFSOCK: return &socknode_fops;
	default: return NULL;
	}
}

void vnode_init_owner(struct vnode *vn, const struct vnode *dir, mode_t mode)
{
	const struct credset *c = cred_self();

	vn->vn_uid = c->fsuid;
	vn->vn_gid = c->fsgid;
	if (dir && (dir->vn_mode & S_ISGID)) {
		vn->vn_gid = dir->vn_gid;
		if (S_ISDIR(mode))
			mode |= S_ISGID;
		else if ((mode & (S_ISGID | 010)) == (S_ISGID | 010) && c->fsgid != vn->vn_gid &&
			 !cred_in_group(c, vn->vn_gid) && !cap_has_over(CAP_FSETID, vn->vn_uid, vn->vn_gid))
			mode &= ~S_ISGID;
	}
	vn->vn_mode = mode;
}

bool vnode_is_owner(const struct vnode *vn)
{
	return cred_self()->fsuid == vn->vn_uid ||
	       cap_has_over(CAP_FOWNER, vn->vn_uid, vn->vn_gid);
}

bool vnode_may_delete(struct vnode *dir, struct vnode *vn)
{
	uid_t me = cred_self()->fsuid;

	return !(dir->vn_mode & S_ISVTX) || me == vn->vn_uid || me == dir->vn_uid ||
	       cap_has_over(CAP_FOWNER, vn->vn_uid, vn->vn_gid);
}
