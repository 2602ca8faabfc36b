// SPDX-License-Identifier: GPL-2.0-only
/*
 * FITRIM: the disk is told of the blocks that no file has.
 *
 * A run of free blocks is held as a writer would hold it, with a promise of the space taken first, while the
 * disk forgets it: nobody can put data there meanwhile, and nobody runs short of what he was promised.
 */
#include "ext4_impl.h"

#include <tern/kernel/cred.h>

#define RUN_MAX	32768u		/* blocks held at once */

struct trim_range { u64 start, len, minlen; };		/* bytes */
struct trim { struct ext4_vol *v; u32 least; u64 done; };	/* blocks */

/* Hold and forget a run that begins in [*at, end) of the group; *at behind it. 0, 1: there is none, -errno. */
static int trim_run(struct trim *t, u32 group, u32 *at, u32 end)
{
	struct ext4_vol *v = t->v;
	u32 most = RUN_MAX, got = 0;
	int err;

	while (most && ext4_space_take(v, most, 0))
		most /= 2;
	if (!most)
		return 1;
	err = ext4_bhold_next(v, group, at, end, most, &got);
	if (!err && got) {
		u64 block = ext4_group_first(&v->geo, group) + *at;

		if (got >= t->least) {
			ext4_io_discard(v, block, got);
			t->done += got;
		}
		ext4_bunhold(v, block, got);
		*at += got;
	}
	ext4_space_give(v, most);
	return err ? err : !got;
}

static int trim_group(struct trim *t, u32 group, u32 at, u32 end)
{
	int r = 0;

	while (!r && at < end) {
		r = trim_run(t, group, &at, end);
		if (!r && signal_is_fatal_pending())
			r = -ERESTARTSYS;
	}
	return min(r, 0);
}

/* Blocks [first, last]. */
static int trim_blocks(struct trim *t, u64 first, u64 last)
{
	const struct ext4_geo *geo = &t->v->geo;
	u32 from = (u32)((first - geo->first_data_block) / geo->blocks_per_group);
	u32 to = (u32)((last - geo->first_data_block) / geo->blocks_per_group);
	int err = ext4_log_commit(t->v);	/* what was freed up to now is free */

	for (u32 g = from; g <= to && !err; g++) {
		u64 start = ext4_group_first(geo, g);
		u32 at = first > start ? (u32)(first - start) : 0;
		u32 end = (u32)min_t(u64, ext4_group_blocks(geo, g), last - start + 1);

		err = trim_group(t, g, at, end);
	}
	return err;
}

static int trim(struct ext4_mount *m, struct trim_range *r)
{
	const struct ext4_geo *geo = &m->vol.geo;
	u64 first = r->start >> geo->block_bits, n = r->len >> geo->block_bits;
	u64 least = max_t(u64, r->minlen, blkdev_discard_grain(m->bdev)) >> geo->block_bits;
	struct trim t = { .v = &m->vol, .least = (u32)max_t(u64, least, 1) };
	u64 last;
	int err;

	if (least > geo->blocks_per_group || first >= geo->blocks || !n)
		return -EINVAL;
	last = n > geo->blocks - first ? geo->blocks - 1 : first + n - 1;
	first = max_t(u64, first, geo->first_data_block);
	err = last < first ? 0 : trim_blocks(&t, first, last);
	r->len = t.done << geo->block_bits;
	return err;
}

long ext4_trim(struct filesys *fs, void __user *arg)
{
	struct ext4_mount *m = ext4_mount_of(fs);
	struct trim_range r;
	int err;

	if (!cap_has(CAP_SYS_ADMIN))
		return -EPERM;
	if (!blkdev_discard_grain(m->bdev))
		return -EOPNOTSUPP;
	if (user_copyin(&r, arg, sizeof(r)))
		return -EFAULT;
	if (ext4_vol_rdonly(&m->vol))
		return -EROFS;
	err = trim(m, &r);
	if (err)
		return err;
	return user_copyout(arg, &r, sizeof(r)) ? -EFAULT : 0;
}
