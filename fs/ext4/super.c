// SPDX-License-Identifier: GPL-2.0-only
/*
 * A volume's life: open (read-only), start (writable), stop, close; and what
 * happens when it turns out to be broken.
 *
 * While a volume with a journal is writable, its RECOVER flag is set on disk; it goes
 * when the journal is empty. One without journal is marked not clean.
 */
#include "jformat.h"
#include "vol.h"

#define PROBE_BITS	12	/* the super block is in the first 4 KiB of any volume */

static int read_geo(struct ext4_vol *v, const char **why)
{
	u8 *probe = kmem_alloc(1u << PROBE_BITS, ALLOC_KERNEL);
	int err;

	if (!probe)
		return -ENOMEM;
	v->geo = (struct ext4_geo){ .block_bits = PROBE_BITS, .block_size = 1u << PROBE_BITS, .blocks = 1 };
	err = ext4_io_read(v, 0, probe);
	if (!err)
		err = ext4_geo_parse((void *)(probe + EXT4_SUPER_OFFSET), v->dev_bytes, &v->geo, why);
	kmem_free(probe);
	return err;
}

static int load_base(struct ext4_vol *v, const char **why)
{
	int err = read_geo(v, why);

	if (err)
		return err;
	err = ext4_bufs_init(v);
	if (err)
		return err;
	v->super = ext4_buf_read(v, v->geo.block_bits == 10 ? 1 : 0);
	if (IS_ERR(v->super)) {
		err = (int)PTR_ERR(v->super);
		v->super = NULL;
		return err;
	}
	v->super_off = v->geo.block_bits == 10 ? 0 : EXT4_SUPER_OFFSET;
	return ext4_groups_read(v);
}

static void drop_base(struct ext4_vol *v)
{
	ext4_groups_free(v);
	ext4_buf_put(v->super);
	v->super = NULL;
	ext4_bufs_fini(v);
}

/* The journal: replayed if it has something, unless that is not wanted. */
static int load_log(struct ext4_vol *v, const char **why)
{
	bool recover = v->geo.incompat & EXT4_INCOMPAT_RECOVER;
	int err;

	if (!(v->geo.compat & EXT4_COMPAT_HAS_JOURNAL)) {
		v->log.max_txn = 1024;
		v->log.next_tid = 1;
		return 0;
	}
	*why = "the journal cannot be used";
	if (v->flags & EXT4_VOL_NOLOAD)
		return 0;
	err = ext4_log_load(v);
	if (!err)
		err = ext4_log_replay(v);
	if (err || !recover)
		return err;
	/* The replay wrote past the buffers. */
	drop_base(v);
	return load_base(v, why);
}

static void log_init(struct ext4_log *l)
{
	kmutex_init(&l->commit_lock, LOCKRANK_FS);
	spin_init(&l->lock, LOCKRANK_FS_SPIN);
	waitq_init(&l->wait);
	list_init(&l->logged);
}

/* By the name of an older file system only what that could have been. */
static int check_name(const struct ext4_vol *v, const char **why)
{
	bool as2 = v->flags & EXT4_VOL_AS_EXT2, as3 = v->flags & EXT4_VOL_AS_EXT3;
	u32 incompat = EXT2_INCOMPAT_KNOWN | (as3 ? EXT4_INCOMPAT_RECOVER : 0);

	if (!as2 && !as3)
		return 0;
	*why = "it is no file system of that version";
	if ((v->geo.incompat & ~incompat) || (as3 && !(v->geo.compat & EXT4_COMPAT_HAS_JOURNAL)))
		return -EINVAL;
	return (v->geo.ro_compat & ~EXT2_RO_KNOWN) && !(v->flags & EXT4_VOL_RO_WANTED) ? -EINVAL : 0;
}

int ext4_vol_open(struct ext4_vol *v, const char **why)
{
	int err;

	log_init(&v->log);
	kmutex_init(&v->orphan_lock, LOCKRANK_FS);
	list_init(&v->orphans);
	v->flags |= EXT4_VOL_RDONLY;
	*why = "it cannot be read";
	err = load_base(v, why);
	if (!err)
		err = check_name(v, why);
	if (!err)
		err = load_log(v, why);
	if (!err)
		err = ext4_groups_load(v, why);
	if (err) {
		ext4_vol_close(v);
		return err;
	}
	if (!v->errors)
		v->errors = ext4_super(v)->s_errors;
	v->meta_pool = min_t(u64, v->geo.blocks / 50, 4096);
	v->root_pool = v->geo.reserved_blocks;
	*why = "";
	return 0;
}

void ext4_vol_close(struct ext4_vol *v)
{
	ext4_log_close(v);
	ext4_quota_close(v);
	drop_base(v);
}

void ext4_super_refresh(struct ext4_vol *v)
{
	struct ext4_disk_super *s = ext4_super(v);
	u64 blocks = (u64)atomic_read(&v->free_blocks);

	s->s_free_blocks_count_lo = (u32)blocks;
	if (ext4_has_64bit(&v->geo))
		s->s_free_blocks_count_hi = (u32)(blocks >> 32);
	s->s_free_inodes_count = (u32)atomic_read(&v->free_inodes);
	s->s_wtime = (u32)(ext4_now() / 1000000000);
	if (v->flags & EXT4_VOL_ERROR)
		s->s_state |= EXT4_STATE_ERROR;
	if (ext4_has_csum(&v->geo))
		s->s_checksum = ext4_super_csum(s);
}

int ext4_super_write(struct ext4_vol *v)
{
	ext4_super_refresh(v);
	return ext4_io_write_stable(v, v->super->block, v->super->data);
}

int ext4_vol_start(struct ext4_vol *v)
{
	struct ext4_disk_super *s = ext4_super(v);
	int err;

	if (!ext4_geo_writable(&v->geo))
		return -EROFS;
	if ((v->geo.compat & EXT4_COMPAT_HAS_JOURNAL) && !v->log.on)
		return -EROFS;
	if (v->log.on)
		s->s_feature_incompat |= EXT4_INCOMPAT_RECOVER;
	else
		s->s_state &= (u16)~EXT4_STATE_CLEAN;
	s->s_mnt_count++;
	s->s_mtime = (u32)(ext4_now() / 1000000000);
	err = ext4_super_write(v);
	if (!err)
		err = ext4_log_open(v, true);
	if (err)
		return err;
	err = ext4_quota_open(v);
	if (err)
		return err;
	v->flags &= ~EXT4_VOL_RDONLY;
	err = ext4_orphans_clean(v);
	if (err)
		kwarn("ext4: orphans could not be dealt with (error %d)", -err);
	return ext4_vol_rdonly(v) ? -EROFS : 0;
}

/* After an abort memory is not what the disk has: only the error mark is added there. */
static int mark_error(struct ext4_vol *v)
{
	u8 *copy = kmem_alloc(v->geo.block_size, ALLOC_NOFS);
	struct ext4_disk_super *s;
	int err;

	if (!copy)
		return -ENOMEM;
	err = ext4_io_read(v, v->super->block, copy);
	if (!err) {
		s = (void *)(copy + v->super_off);
		s->s_state |= EXT4_STATE_ERROR;
		if (ext4_has_csum(&v->geo))
			s->s_checksum = ext4_super_csum(s);
		err = ext4_io_write_stable(v, v->super->block, copy);
	}
	kmem_free(copy);
	return err;
}

/* A transaction that was begun and stayed empty. */
static void drop_running(struct ext4_log *l)
{
	struct ext4_txn *t;

	spin_lock(&l->lock);
	t = l->running;
	l->running = NULL;
	if (t)
		l->next_tid = t->tid;
	spin_unlock(&l->lock);
	kmem_free(t);
}

int ext4_vol_stop(struct ext4_vol *v)
{
	struct ext4_disk_super *s = ext4_super(v);
	int err;

	if (v->log.error)
		return mark_error(v);
	if (ext4_vol_rdonly(v))
		return 0;
	err = ext4_log_commit(v);
	if (!err)
		err = ext4_log_checkpoint_all(v);
	if (err)
		return err;
	v->flags |= EXT4_VOL_RDONLY;
	drop_running(&v->log);
	if (v->log.on) {
		err = ext4_log_mark(v, v->log.next_tid, 0);
		s->s_feature_incompat &= ~EXT4_INCOMPAT_RECOVER;
	}
	if (!(v->flags & EXT4_VOL_ERROR))
		s->s_state |= EXT4_STATE_CLEAN;
	return err ? err : ext4_super_write(v);
}

int ext4_vol_fail(struct ext4_vol *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	ext4_log_va(fmt, ap);
	va_end(ap);
	WRITE_ONCE(v->flags, v->flags | EXT4_VOL_ERROR);
	if (v->errors == EXT4_ERRORS_PANIC)
		kpanic("ext4: the volume is broken and errors=panic");
	if (v->errors != EXT4_ERRORS_CONTINUE && !ext4_vol_rdonly(v))
		ext4_log_abort(v, -EIO);
	return -EUCLEAN;
}
