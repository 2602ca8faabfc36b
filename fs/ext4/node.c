// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inodes: from the inode table and to it. Every change of an inode in memory that
 * shall last is followed by ext4_node_store() in the same transaction; several
 * threads may store one inode, so the copy is made under n->lock and the
 * check sum over the result.
 */
#include "vol.h"

#include <uapi/stat.h>

static struct ext4_buf *table_read(struct ext4_vol *v, u32 ino, struct ext4_disk_inode **raw)
{
	struct ext4_buf *b;
	u64 block;
	u32 off;
	int err = ext4_itable_pos(v, ino, &block, &off);

	if (err)
		return ERR_PTR(err);
	b = ext4_buf_read(v, block);
	if (!IS_ERR(b))
		*raw = (void *)(b->data + off);
	return b;
}

int ext4_node_init(struct ext4_node *n, struct ext4_vol *v, u32 ino)
{
	memset(n, 0, sizeof(*n));
	n->vol = v;
	n->ino = ino;
	rwsem_init(&n->map_lock, LOCKRANK_FS);
	spin_init(&n->lock, LOCKRANK_FS_SPIN);
	kmutex_init(&n->attr_lock, LOCKRANK_FS);
	list_init(&n->orphan);
	return ino && ino <= v->geo.inodes ? 0 : -EUCLEAN;
}

static bool has_extra(const struct ext4_geo *g, const struct ext4_disk_inode *raw, u32 end)
{
	return g->inode_size > EXT4_GOOD_OLD_INODE && EXT4_GOOD_OLD_INODE + (u32)raw->i_extra_isize >= end;
}
#define HAS_FIELD(g, raw, f) has_extra(g, raw, offsetof(struct ext4_disk_inode, f) + sizeof((raw)->f))

static s64 time_get(u32 sec, u32 extra)
{
	s64 s = (s64)(s32)sec + ((s64)(extra & 3) << 32);

	return s * 1000000000 + (extra >> 2);
}

static void time_put(s64 ns, u32 *sec, u32 *extra)
{
	s64 s = ns / 1000000000, rest = ns % 1000000000;

	if (rest < 0) {
		s--;
		rest += 1000000000;
	}
	if (!extra) {
		*sec = (u32)(s32)clamp_t(s64, s, -2147483648L, 2147483647L);
		return;
	}
	s = clamp_t(s64, s, -2147483648L, 15032385535L);
	*sec = (u32)s;
	*extra = (u32)rest << 2 | ((u32)((s - (s64)(s32)s) >> 32) & 3);
}

static void load_times(struct ext4_node *n, const struct ext4_disk_inode *raw)
{
	const struct ext4_geo *g = &n->vol->geo;

	n->atime = time_get(raw->i_atime, HAS_FIELD(g, raw, i_atime_extra) ? raw->i_atime_extra : 0);
	n->mtime = time_get(raw->i_mtime, HAS_FIELD(g, raw, i_mtime_extra) ? raw->i_mtime_extra : 0);
	n->ctime = time_get(raw->i_ctime, HAS_FIELD(g, raw, i_ctime_extra) ? raw->i_ctime_extra : 0);
	n->btime = HAS_FIELD(g, raw, i_crtime_extra) ? time_get(raw->i_crtime, raw->i_crtime_extra) : n->ctime;
}

static u64 load_blocks(const struct ext4_node *n, const struct ext4_disk_inode *raw)
{
	u64 blocks = raw->i_blocks_lo;

	if (n->vol->geo.ro_compat & EXT4_RO_HUGE_FILE) {
		blocks |= (u64)raw->i_blocks_high << 32;
		if (raw->i_flags & EXT4_FL_HUGE_FILE)
			blocks <<= n->vol->geo.block_bits - 9;
	}
	return blocks;
}

/* Where the data lies in the inode: only small things do, of volumes that say so, and they have no map. */
static bool inline_ok(const struct ext4_node *n)
{
	return ext4_inline_possible(n) && !ext4_is_extents(n) && n->size <= n->vol->geo.block_size &&
	       (S_ISREG(n->mode) || S_ISDIR(n->mode) || S_ISLNK(n->mode));
}

static int load_fields(struct ext4_node *n, const struct ext4_disk_inode *raw)
{
	const struct ext4_geo *g = &n->vol->geo;

	n->mode = raw->i_mode;
	n->uid = raw->i_uid_lo | (u32)raw->i_uid_high << 16;
	n->gid = raw->i_gid_lo | (u32)raw->i_gid_high << 16;
	n->nlink = raw->i_links_count;
	n->flags = raw->i_flags;
	n->dtime = raw->i_dtime;
	n->generation = raw->i_generation;
	n->seed = ext4_inode_seed(g, n->ino, n->generation);
	n->size = raw->i_size_lo | (u64)raw->i_size_high << 32;
	n->blocks = load_blocks(n, raw);
	n->file_acl = raw->i_file_acl_lo | (ext4_has_64bit(g) ? (u64)raw->i_file_acl_high << 32 : 0);
	n->extra_isize = g->inode_size > EXT4_GOOD_OLD_INODE ? raw->i_extra_isize : 0;
	n->projid = HAS_FIELD(g, raw, i_projid) ? raw->i_projid : 0;
	n->version = raw->i_version_lo | (HAS_FIELD(g, raw, i_version_hi) ? (u64)raw->i_version_hi << 32 : 0);
	memcpy(n->block, raw->i_block, sizeof(n->block));
	load_times(n, raw);
	if (n->extra_isize & 3 || n->extra_isize > g->inode_size - EXT4_GOOD_OLD_INODE)
		return -EUCLEAN;
	if (n->size >> 63 || (ext4_is_inline(n) && !inline_ok(n)))
		return -EUCLEAN;
	if (n->file_acl && !ext4_block_ok(g, n->file_acl, 1))
		return -EUCLEAN;
	return 0;
}

int ext4_node_load(struct ext4_node *n)
{
	struct ext4_vol *v = n->vol;
	struct ext4_disk_inode *raw = NULL;
	struct ext4_buf *b = table_read(v, n->ino, &raw);
	int err = 0;

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	spin_lock(&n->lock);
	if (!raw->i_mode)
		err = -ESTALE;
	else if (!ext4_inode_csum_ok(&v->geo, n->ino, raw))
		err = -EUCLEAN;
	else
		err = load_fields(n, raw);
	ext4_quota_loaded(n);
	spin_unlock(&n->lock);
	ext4_buf_put(b);
	if (err == -EUCLEAN)
		return ext4_vol_fail(v, "inode %u is damaged", n->ino);
	n->goal = ext4_node_goal(v, n->ino);
	return err;
}

static void store_blocks(const struct ext4_node *n, struct ext4_disk_inode *raw)
{
	raw->i_blocks_lo = (u32)n->blocks;
	if (!(n->vol->geo.ro_compat & EXT4_RO_HUGE_FILE))
		return;
	raw->i_flags &= ~EXT4_FL_HUGE_FILE;
	raw->i_blocks_high = (u16)(n->blocks >> 32);
	if (n->blocks >> 48) {
		u64 big = n->blocks >> (n->vol->geo.block_bits - 9);

		raw->i_flags |= EXT4_FL_HUGE_FILE;
		raw->i_blocks_lo = (u32)big;
		raw->i_blocks_high = (u16)(big >> 32);
	}
}

static void store_times(const struct ext4_node *n, struct ext4_disk_inode *raw)
{
	const struct ext4_geo *g = &n->vol->geo;

	time_put(n->atime, &raw->i_atime, HAS_FIELD(g, raw, i_atime_extra) ? &raw->i_atime_extra : NULL);
	time_put(n->mtime, &raw->i_mtime, HAS_FIELD(g, raw, i_mtime_extra) ? &raw->i_mtime_extra : NULL);
	time_put(n->ctime, &raw->i_ctime, HAS_FIELD(g, raw, i_ctime_extra) ? &raw->i_ctime_extra : NULL);
	if (HAS_FIELD(g, raw, i_crtime_extra))
		time_put(n->btime, &raw->i_crtime, &raw->i_crtime_extra);
}

static void store_fields(const struct ext4_node *n, struct ext4_disk_inode *raw)
{
	const struct ext4_geo *g = &n->vol->geo;

	if (g->inode_size > EXT4_GOOD_OLD_INODE)
		raw->i_extra_isize = n->extra_isize;
	raw->i_mode = (u16)n->mode;
	raw->i_uid_lo = (u16)n->uid;
	raw->i_uid_high = (u16)(n->uid >> 16);
	raw->i_gid_lo = (u16)n->gid;
	raw->i_gid_high = (u16)(n->gid >> 16);
	raw->i_links_count = (u16)n->nlink;
	raw->i_flags = n->flags;
	raw->i_dtime = n->dtime;
	raw->i_generation = n->generation;
	raw->i_size_lo = (u32)n->size;
	raw->i_size_high = (u32)(n->size >> 32);
	raw->i_file_acl_lo = (u32)n->file_acl;
	if (ext4_has_64bit(g))
		raw->i_file_acl_high = (u16)(n->file_acl >> 32);
	raw->i_version_lo = (u32)n->version;
	if (HAS_FIELD(g, raw, i_version_hi))
		raw->i_version_hi = (u32)(n->version >> 32);
	if (HAS_FIELD(g, raw, i_projid))
		raw->i_projid = n->projid;
	memcpy(raw->i_block, n->block, sizeof(n->block));
	store_blocks(n, raw);
	store_times(n, raw);
}

static int store(struct ext4_tx *tx, struct ext4_node *n, bool is_new)
{
	struct ext4_vol *v = n->vol;
	struct ext4_disk_inode *raw = NULL;
	struct ext4_buf *b = table_read(v, n->ino, &raw);
	int err;

	if (IS_ERR(b))
		return (int)PTR_ERR(b);
	err = ext4_tx_write(tx, b, EXT4_BUF_PLAIN, 0);
	if (!err)
		err = ext4_quota_sync(tx, n);
	if (!err) {
		spin_lock(&n->lock);
		if (is_new)
			memset(raw, 0, v->geo.inode_size);
		store_fields(n, raw);
		ext4_inode_csum_set(&v->geo, n->ino, raw);
		n->last_tid = tx->txn->tid;
		spin_unlock(&n->lock);
	}
	ext4_buf_put(b);
	return err;
}

int ext4_node_store(struct ext4_tx *tx, struct ext4_node *n)
{
	return store(tx, n, false);
}

static u32 inherited(const struct ext4_node *dir, mode_t mode)
{
	u32 f = dir->flags & EXT4_FL_INHERITED;

	if (S_ISDIR(mode))
		return f;
	if (S_ISREG(mode))
		return f & ~EXT4_FL_DIRSYNC & ~EXT4_FL_PROJINHERIT;
	return f & (EXT4_FL_NODUMP | EXT4_FL_NOATIME);
}

int ext4_node_make(struct ext4_tx *tx, const struct ext4_node *dir, struct ext4_node *n, struct ext4_vol *v,
		   mode_t mode)
{
	u32 ino;
	int err = ext4_ialloc(tx, dir, mode, &ino);

	if (err)
		return err;
	(void)ext4_node_init(n, v, ino);
	n->mode = mode;
	n->nlink = 1;
	n->generation = ext4_random();
	n->seed = ext4_inode_seed(&v->geo, ino, n->generation);
	n->flags = inherited(dir, mode);
	n->extra_isize = v->geo.want_extra_isize;
	n->atime = n->mtime = n->ctime = n->btime = ext4_now();
	n->goal = ext4_node_goal(v, ino);
	if (ext4_has_extents(&v->geo) && (S_ISREG(mode) || S_ISDIR(mode)))
		ext4_ext_init(n);
	err = store(tx, n, true);
	if (err)
		(void)ext4_ifree(tx, ino, S_ISDIR(mode));
	return err;
}

int ext4_node_erase(struct ext4_tx *tx, struct ext4_node *n)
{
	bool is_dir = S_ISDIR(n->mode);
	int err;

	n->dtime = (u32)(ext4_now() / 1000000000);
	n->nlink = 0;
	n->size = 0;
	n->mode = 0;
	err = ext4_node_store(tx, n);
	return err ? err : ext4_ifree(tx, n->ino, is_dir);
}

bool ext4_node_has_map(const struct ext4_node *n)
{
	if (ext4_is_inline(n))
		return false;
	if (S_ISREG(n->mode) || S_ISDIR(n->mode))
		return true;
	return S_ISLNK(n->mode) && (ext4_is_extents(n) || n->size >= sizeof(n->block));
}

u32 ext4_max_lblk(const struct ext4_node *n)
{
	u64 p = n->vol->geo.block_size / 4;

	if (ext4_is_extents(n))
		return EXT4_LBLK_MAX;
	return (u32)min_t(u64, 12 + p + p * p + p * p * p - 1, EXT4_LBLK_MAX);
}
