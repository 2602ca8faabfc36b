// SPDX-License-Identifier: GPL-2.0-only
/* FIEMAP and FIBMAP: where a file's bytes are on its disk. */
#include <tern/fs/filesys.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/cred.h>
#include <tern/mm/uio.h>
#include <uapi/fiemap.h>

#include "vfs_impl.h"

struct fiemap_out {
	struct fiemap head;
	u64 user;			/* where the next extent goes */
	struct fiemap_extent pending;	/* found, not yet told: the last one is marked */
	bool has_pending;
};

/* 0, 1: no room for more, -EFAULT. */
static int tell(struct fiemap_out *o, u32 flags)
{
	if (!o->has_pending)
		return 0;
	o->pending.fe_flags |= flags;
	o->has_pending = false;
	if (o->head.fm_extent_count) {
		if (user_copyout((void __user *)o->user, &o->pending, sizeof(o->pending)))
			return -EFAULT;
		o->user += sizeof(o->pending);
	}
	o->head.fm_mapped_extents++;
	return o->head.fm_extent_count && o->head.fm_mapped_extents == o->head.fm_extent_count;
}

static u32 flags_of(enum fsextent_kind kind)
{
	switch (kind) {
	case FSEXTENT_UNWRITTEN: return FIEMAP_EXTENT_UNWRITTEN;
	case FSEXTENT_INLINE: return FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_NOT_ALIGNED;
	default: return 0;
	}
}

static int walk(struct vnode *vn, struct fiemap_out *o)
{
	u64 pos = o->head.fm_start, size = (u64)vnode_size(vn);
	u64 end = o->head.fm_length > U64_MAX - pos ? U64_MAX : pos + o->head.fm_length;
	int err = 0;

	while (pos < end && !err) {
		struct fsextent x;

		err = vn->vn_fs->ops->extent(vn, pos, &x);
		if (err || !x.len)
			break;
		if (x.kind != FSEXTENT_HOLE) {
			err = tell(o, 0);
			if (err)
				break;
			o->pending = (struct fiemap_extent){ .fe_logical = x.pos, .fe_physical = x.phys,
							     .fe_length = x.len + (pos - x.pos),
							     .fe_flags = flags_of(x.kind) };
			o->pending.fe_physical -= pos - x.pos;
			o->has_pending = true;
		} else if (pos >= size && x.len >= U64_MAX - pos) {
			break;
		}
		pos = x.len > U64_MAX - pos ? U64_MAX : pos + x.len;
	}
	/* Nothing follows: the end of the map was seen. */
	if (!err)
		err = tell(o, pos >= size && pos < end ? FIEMAP_EXTENT_LAST : 0);
	return err < 0 ? err : 0;
}

long vfs_fiemap(struct ofile *f, uptr arg)
{
	struct vnode *vn = f->of_vnode;
	struct fiemap_out o = { .user = arg + sizeof(struct fiemap) };
	u32 unknown;
	int err = 0;

	if (!vn->vn_fs->ops->extent)
		return -EOPNOTSUPP;
	if (user_copyin(&o.head, (const void __user *)arg, sizeof(o.head)))
		return -EFAULT;
	if (o.head.fm_extent_count > U32_MAX / sizeof(struct fiemap_extent))
		return -EINVAL;
	o.head.fm_mapped_extents = 0;
	unknown = o.head.fm_flags & ~(FIEMAP_FLAG_SYNC | FIEMAP_FLAG_CACHE);
	if (!o.head.fm_length)
		return -EINVAL;
	if (o.head.fm_start > vn->vn_fs->max_file_size)
		return -EFBIG;
	if (unknown) {
		o.head.fm_flags = unknown;
		err = -EBADR;
	} else {
		/* Places are given when data is written: without it there would be less to tell. */
		err = pagecache_flush(vn->vn_pc, 0, S64_MAX, true);
		if (!err)
			err = walk(vn, &o);
	}
	if ((!err || err == -EBADR) && user_copyout((void __user *)arg, &o.head, sizeof(o.head)))
		err = -EFAULT;
	return err;
}

long vfs_fibmap(struct ofile *f, int __user *arg)
{
	struct vnode *vn = f->of_vnode;
	u32 bits = vn->vn_fs->blksize ? ilog2(vn->vn_fs->blksize) : 0;
	struct fsextent x;
	int block, err;

	if (!vn->vn_fs->ops->extent)
		return -EINVAL;
	if (!cap_has(CAP_SYS_RAWIO))
		return -EPERM;
	if (user_copyin(&block, arg, sizeof(block)))
		return -EFAULT;
	if (block < 0)
		return -EINVAL;
	err = pagecache_flush(vn->vn_pc, 0, S64_MAX, true);
	if (!err)
		err = vn->vn_fs->ops->extent(vn, (u64)block << bits, &x);
	if (err)
		return err;
	block = x.kind == FSEXTENT_MAPPED ? (int)(x.phys >> bits) : 0;
	return user_copyout(arg, &block, sizeof(block)) ? -EFAULT : 0;
}
