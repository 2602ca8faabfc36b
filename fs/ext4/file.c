// SPDX-License-Identifier: GPL-2.0-only
/* Open files and directories of ext4: listing, synchronising, allocating, holes. */
#include "ext4_impl.h"

struct listing { struct dir_sink *sink; };

static bool emit(void *arg, const char *name, u32 len, u32 ino, u32 dtype, u64 next)
{
	struct dir_sink *s = ((struct listing *)arg)->sink;

	return s->emit(s, name, len, ino, dtype, (loff_t)next);
}

static int ext4_readdir(struct ofile *f, struct dir_sink *s)
{
	struct listing l = { s };
	u64 pos = (u64)s->pos;

	return ext4_dir_list(ext4_node_of(f->of_vnode), &pos, emit, &l);
}

static int ext4_fsync(struct ofile *f, loff_t start, loff_t end, bool datasync)
{
	struct vnode *vn = f->of_vnode;
	int err = pagecache_flush(vn->vn_pc, start, end, true), e;

	e = ext4_fsync_vnode(vn);
	if (!err)
		err = e;
	e = pagecache_check_error(vn->vn_pc, &f->of_wb_err);
	return err ? err : e;
}

/* ---- data and holes ---- */

/* Next place at or after @pos that is (@want_hole: is not) mapped; dirty pages have been written. */
static loff_t seek_map(struct vnode *vn, u64 pos, u64 size, bool want_hole)
{
	struct ext4_node *n = ext4_node_of(vn);
	u32 bits = n->vol->geo.block_bits;

	while (pos < size) {
		struct ext4_map m;
		int err = ext4_map_get(n, (u32)(pos >> bits), &m);

		if (err)
			return err;
		if ((m.kind != EXT4_MAPPED) == want_hole)
			return (loff_t)pos;
		pos = ((u64)m.lblk + m.len) << bits;
	}
	return want_hole ? (loff_t)size : -ENXIO;
}

static loff_t ext4_seek(struct ofile *f, loff_t off, int whence)
{
	struct vnode *vn = f->of_vnode;
	loff_t pos;
	int err;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return fop_default_seek(f, off, whence);
	if (off < 0 || off >= vnode_size(vn))
		return -ENXIO;
	if (ext4_is_inline(ext4_node_of(vn))) {
		f->of_pos = whence == SEEK_HOLE ? vnode_size(vn) : off;
		return f->of_pos;
	}
	err = pagecache_flush(vn->vn_pc, off, S64_MAX, true);
	if (err)
		return err;
	pos = seek_map(vn, (u64)off, (u64)vnode_size(vn), whence == SEEK_HOLE);
	if (pos >= 0)
		f->of_pos = pos;
	return pos;
}

int ext4_extent(struct vnode *vn, u64 pos, struct fsextent *out)
{
	static const enum fsextent_kind kinds[] = {
		[EXT4_HOLE] = FSEXTENT_HOLE, [EXT4_UNWRITTEN] = FSEXTENT_UNWRITTEN, [EXT4_MAPPED] = FSEXTENT_MAPPED,
	};
	struct ext4_node *n = ext4_node_of(vn);
	u32 bits = n->vol->geo.block_bits;
	u64 off = pos & (n->vol->geo.block_size - 1);
	struct ext4_map m;
	int err;

	if (ext4_is_inline(n)) {
		bool inside = pos < (u64)vnode_size(vn);

		*out = (struct fsextent){ .pos = inside ? 0 : pos, .kind = inside ? FSEXTENT_INLINE : FSEXTENT_HOLE,
					  .len = inside ? (u64)vnode_size(vn) - pos : U64_MAX - pos };
		return 0;
	}
	if (pos >> bits > ext4_max_lblk(n)) {
		*out = (struct fsextent){ .pos = pos, .len = U64_MAX - pos, .kind = FSEXTENT_HOLE };
		return 0;
	}
	err = ext4_map_get(n, (u32)(pos >> bits), &m);
	if (err)
		return err;
	*out = (struct fsextent){ .pos = pos - off, .phys = (m.pblk << bits) + off,
				  .len = ((u64)m.len << bits) - off, .kind = kinds[m.kind] };
	return 0;
}

/* ---- fallocate ---- */

/* Unwritten blocks for the first hole of [lblk, end); *next is where to go on. */
static int allocate_some(struct vnode *vn, u32 lblk, u64 end, u32 *next)
{
	struct ext4_node *n = ext4_node_of(vn);
	struct ext4_vol *v = n->vol;
	struct ext4_map m;
	struct ext4_tx tx;
	u64 block;
	u32 want, got;
	int err = ext4_map_get(n, lblk, &m);

	if (err)
		return err;
	want = (u32)min_t(u64, m.len, end - lblk);
	*next = lblk + want;
	if (m.kind != EXT4_HOLE)
		return 0;
	want = min(want, EXT4_EXT_UNWRITTEN_MAX);
	err = cap_has(CAP_SYS_RESOURCE) ? 0 : ext4_quota_may(v, n->counted.ids, (u64)want << v->geo.block_bits, 0);
	if (!err)
		err = ext4_space_take(v, want, cap_has(CAP_SYS_RESOURCE) ? 1 : 0);
	if (err)
		return err;
	rwsem_read_lock(&n->map_lock);
	block = ext4_map_goal(n, lblk);
	rwsem_read_unlock(&n->map_lock);
	err = ext4_bhold(v, block, want, &block, &got);
	if (err == -ENOSPC && !ext4_log_commit(v))
		err = ext4_bhold(v, n->goal, want, &block, &got);
	if (err) {
		ext4_space_give(v, want);
		return err;
	}
	ext4_space_give(v, want - got);
	err = ext4_tx_begin(v, 40, &tx);
	if (!err) {
		rwsem_write_lock(&n->map_lock);
		/* Writeback may have been here since. */
		err = ext4_map_find(n, lblk, &m);
		if (!err && (m.kind != EXT4_HOLE || m.len < got))
			err = -EAGAIN;
		if (!err)
			err = ext4_buse(&tx, block, got);
		if (!err)
			err = ext4_map_add(&tx, n, lblk, got, block, true);
		if (!err)
			err = ext4_store(&tx, vn);
		rwsem_write_unlock(&n->map_lock);
		ext4_tx_end(&tx);
	}
	if (err) {
		ext4_bunhold(v, block, got);
		ext4_space_give(v, got);
		got = 0;
	}
	*next = lblk + got;
	return err == -EAGAIN ? 0 : err;
}

static int allocate(struct vnode *vn, u64 from, u64 to)
{
	struct ext4_node *n = ext4_node_of(vn);
	u32 bits = n->vol->geo.block_bits, at = (u32)(from >> bits);
	u64 end = (to + n->vol->geo.block_size - 1) >> bits;
	int err = 0;

	if (!ext4_is_extents(n))
		return -EOPNOTSUPP;
	if (end > (u64)ext4_max_lblk(n) + 1)
		return -EFBIG;
	while (!err && at < end) {
		err = allocate_some(vn, at, end, &at);
		if (!err && signal_is_pending())
			err = -EINTR;
	}
	return err;
}

/* [from, to) reads as zeroes and has no whole blocks any more. */
static int punch(struct vnode *vn, u64 from, u64 to)
{
	struct ext4_node *n = ext4_node_of(vn);
	u32 bits = n->vol->geo.block_bits, size = n->vol->geo.block_size;
	u64 first = (from + size - 1) >> bits, end = to >> bits;
	int err = ext4_page_bring_in(vn, from);

	if (!err)
		err = ext4_page_bring_in(vn, to);
	if (!err)
		err = pagecache_punch(vn->vn_pc, (loff_t)from, (loff_t)to);
	/* The last block of the file goes as a whole. */
	if (to >= (u64)vnode_size(vn))
		end = (to + size - 1) >> bits;
	if (!err && first < end)
		err = ext4_map_drop(n, first, end);
	ext4_page_forget_map(vn, from);
	ext4_page_forget_map(vn, to);
	WRITE_ONCE(vn->vn_blocks, n->blocks);
	return err;
}

static int change_range(struct vnode *vn, int mode, u64 off, u64 end)
{
	int err;

	switch (mode & ~FALLOC_FL_KEEP_SIZE) {
	case 0:
		return allocate(vn, off, end);
	case FALLOC_FL_PUNCH_HOLE:
		return punch(vn, off, end);
	case FALLOC_FL_ZERO_RANGE:
		if (!ext4_is_extents(ext4_node_of(vn)))
			return -EOPNOTSUPP;
		err = punch(vn, off, end);
		return err ? err : allocate(vn, off, end);
	default:
		return -EOPNOTSUPP;
	}
}

static int ext4_fallocate(struct ofile *f, int mode, loff_t off, loff_t len)
{
	struct vnode *vn = f->of_vnode;
	u64 end = (u64)off + (u64)len;
	struct ext4_tx tx;
	int err;

	if (!S_ISREG(vn->vn_mode))
		return -EOPNOTSUPP;
	if (end > vn->vn_fs->max_file_size)
		return -EFBIG;
	rwsem_write_lock(&vn->vn_lock);
	vnode_kill_suid(vn);
	err = ext4_page_spill(vn);
	if (!err)
		err = change_range(vn, mode, (u64)off, end);
	/* Dirty pages that were to carry the size are gone: what is there instead is a hole. */
	if (!err && (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)))
		ext4_node_of(vn)->size = max(ext4_node_of(vn)->size, min(end, (u64)vnode_size(vn)));
	if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && end > (u64)vnode_size(vn)) {
		vnode_size_set(vn, end);
		ext4_node_of(vn)->size = end;
	}
	if (!err) {
		vnode_touch(vn, VATTR_MTIME | VATTR_CTIME);
		err = ext4_tx_begin(ext4_vol_of(vn), 2, &tx);
		if (!err) {
			err = ext4_store(&tx, vn);
			ext4_tx_end(&tx);
		}
	}
	rwsem_write_unlock(&vn->vn_lock);
	return err;
}

/* ---- ioctl: inode flags ---- */
#define IOC_GETFLAGS	0x80086601u
#define IOC_SETFLAGS	0x40086602u
#define IOC_GETVERSION	0x80087601u
#define IOC_FITRIM	0xc0185879u

static int set_flags(struct vnode *vn, u32 flags)
{
	struct ext4_node *n = ext4_node_of(vn);
	u32 keep = n->flags & ~EXT4_FL_USER_SETTABLE, guarded = EXT4_FL_IMMUTABLE | EXT4_FL_APPEND;
	struct ext4_tx tx;
	int err;

	if (!vnode_is_owner(vn))
		return -EPERM;
	if (((flags ^ n->flags) & guarded) && !cap_has(CAP_LINUX_IMMUTABLE))
		return -EPERM;
	if ((flags ^ n->flags) & EXT4_FL_USER_SETTABLE & (EXT4_FL_JOURNAL_DATA | EXT4_FL_EXTENTS))
		return -EOPNOTSUPP;
	err = ext4_tx_begin(n->vol, 2, &tx);
	if (err)
		return err;
	n->flags = keep | (flags & EXT4_FL_USER_SETTABLE);
	spin_lock(&vn->vn_spin);
	vn->vn_flags &= ~(VNODE_IMMUTABLE | VNODE_APPEND | VNODE_NOATIME);
	vn->vn_flags |= (n->flags & EXT4_FL_IMMUTABLE ? VNODE_IMMUTABLE : 0) |
			(n->flags & EXT4_FL_APPEND ? VNODE_APPEND : 0) |
			(n->flags & EXT4_FL_NOATIME ? VNODE_NOATIME : 0);
	spin_unlock(&vn->vn_spin);
	vnode_touch(vn, VATTR_CTIME);
	err = ext4_store(&tx, vn);
	ext4_tx_end(&tx);
	return err;
}

static long ext4_ioctl(struct ofile *f, u32 cmd, uptr arg)
{
	struct vnode *vn = f->of_vnode;
	u32 v;
	int err;

	switch (cmd) {
	case IOC_GETFLAGS:
		v = ext4_node_of(vn)->flags & EXT4_FL_USER_VISIBLE;
		return user_copyout((void __user *)arg, &v, sizeof(v)) ? -EFAULT : 0;
	case IOC_GETVERSION:
		v = vn->vn_generation;
		return user_copyout((void __user *)arg, &v, sizeof(v)) ? -EFAULT : 0;
	case IOC_SETFLAGS:
		if (user_copyin(&v, (const void __user *)arg, sizeof(v)))
			return -EFAULT;
		err = mountpt_want_write(f->of_path.mnt);
		if (err)
			return err;
		rwsem_write_lock(&vn->vn_lock);
		err = set_flags(vn, v);
		rwsem_write_unlock(&vn->vn_lock);
		mountpt_drop_write(f->of_path.mnt);
		return err;
	case IOC_FITRIM:
		return ext4_trim(vn->vn_fs, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static ssize_t ext4_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	return f->of_flags & O_DIRECT ? ext4_direct_read(f, u, pos) : fop_pagecache_read(f, u, pos);
}

static ssize_t ext4_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	if (ext4_vol_rdonly(ext4_vol_of(f->of_vnode)))
		return -EROFS;
	return f->of_flags & O_DIRECT ? ext4_direct_write(f, u, pos) : fop_pagecache_write(f, u, pos);
}

/* A file that was emptied and written anew shall not stay empty for long. */
static void ext4_release(struct ofile *f)
{
	struct ext4_vnode *e = ext4_of(f->of_vnode);

	if (!(f->of_mode & OFILE_WRITE) || !READ_ONCE(e->emptied))
		return;
	WRITE_ONCE(e->emptied, false);
	(void)pagecache_flush(f->of_vnode->vn_pc, 0, S64_MAX, false);
}

const struct ofile_ops ext4_file_fops = {
	.open = fop_default_open,
	.release = ext4_release,
	.read = ext4_read,
	.write = ext4_write,
	.seek = ext4_seek,
	.readdir = fop_no_readdir,
	.poll = fop_default_poll,
	.ioctl = ext4_ioctl,
	.mmap = fop_default_mmap,
	.fsync = ext4_fsync,
	.fallocate = ext4_fallocate,
	FOPS_PLAIN,
};

const struct ofile_ops ext4_dir_fops = {
	.open = fop_default_open,
	.release = fop_default_release,
	.read = fop_isdir_read,
	.write = fop_no_write,
	.seek = fop_dir_seek,
	.readdir = ext4_readdir,
	.poll = fop_default_poll,
	.ioctl = ext4_ioctl,
	.mmap = fop_no_mmap,
	.fsync = ext4_fsync,
	.fallocate = fop_no_fallocate,
	FOPS_PLAIN,
};
