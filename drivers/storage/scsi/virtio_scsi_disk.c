// SPDX-License-Identifier: GPL-2.0-only
/* Logical units of virtio SCSI hosts: /dev/sdX and /dev/srX. */
#include "virtio_scsi_impl.h"

#include <generated/svc_storage.h>
#include <tern/base/err.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/sched.h>
#include <tern/lib/bits.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define DISK_TIMEOUT	(30 * NSEC_PER_SEC)
#define CD_TIMEOUT	(60 * NSEC_PER_SEC)
#define DRAIN_TIMEOUT	(NSEC_PER_SEC)

enum { RESPONSE_OK = 0, RESPONSE_ABORTED = 2, RESPONSE_BAD_TARGET = 3, RESPONSE_RESET = 4, RESPONSE_BUSY = 5 };

static struct vscsi_unit *unit_of(const struct blkcmd *c)
{
	return blkdisk_priv(blkhwq_disk(c->hwq));
}

static struct vscsi_queue *queue_of(struct blkhwq *q)
{
	return &((struct vscsi_unit *)blkdisk_priv(blkhwq_disk(q)))->host->queues[blkhwq_index(q)];
}

/* ---- commands ---- */

static u32 put_data(struct vscsi_cmd *vc, struct blkcmd *c, u32 n, bool device_writes)
{
	struct blkcmd_iter it;
	struct blkseg s;

	blkcmd_iter_init(&it, c);
	while (blkcmd_next_seg(&it, &s))
		vscsi_put_desc(vc, n++, s.addr, s.len, device_writes);
	return n;
}

/* The command's bytes, and what goes with it to the device; how many pieces so far, 0: cannot be said. */
static u32 fill(struct vscsi_unit *u, struct vscsi_cmd *vc, struct blkcmd *c)
{
	u32 shift = u->shift - SECTOR_SHIFT, nblocks = (u32)(c->nsectors >> shift), n = 1;
	u64 first = c->sector >> shift;
	u8 *cdb = vc->request.cdb;

	switch (c->op) {
	case IOREQ_READ:
		scsi_cdb_transfer(cdb, false, false, first, nblocks);
		return n;
	case IOREQ_WRITE:
		scsi_cdb_transfer(cdb, true, c->flags & IOREQ_FUA, first, nblocks);
		return put_data(vc, c, n, false);
	case IOREQ_FLUSH:
		cdb[0] = SCSI_OP_SYNC;
		return n;
	case IOREQ_DISCARD:
		scsi_cdb_unmap(cdb);
		scsi_unmap_list(vc->list, first, nblocks);
		vscsi_put_desc(vc, n++, virt_to_phys(vc->list), sizeof(vc->list), false);
		return n;
	case IOREQ_WRITE_ZEROES:
		scsi_cdb_same(cdb, first, nblocks, u->same_unmaps && !(c->flags & IOREQ_NOUNMAP));
		vscsi_put_desc(vc, n++, page_to_phys(page_zero_frame), 1u << u->shift, false);
		return n;
	default:
		return 0;
	}
}

static int unit_start(struct blkhwq *q, struct blkcmd *c)
{
	struct vscsi_unit *u = unit_of(c);
	struct vscsi_cmd *vc = c->pdu;
	u32 n;
	int err;

	if (READ_ONCE(u->is_gone))
		return -ENODEV;
	vscsi_request_init(vc, u->target, u->lun);
	vscsi_put_desc(vc, 0, virt_to_phys(&vc->request), sizeof(vc->request), false);
	n = fill(u, vc, c);
	if (!n)
		return -EOPNOTSUPP;
	vscsi_put_desc(vc, n++, virt_to_phys(&vc->response), sizeof(vc->response), true);
	if (c->op == IOREQ_READ)
		n = put_data(vc, c, n, true);
	atomic_inc(&u->inflight);
	err = vscsi_add(queue_of(q), vc, n, c);
	if (err)
		atomic_dec(&u->inflight);
	return err;
}

static void unit_kick(struct blkhwq *q)
{
	struct vscsi_queue *vq = queue_of(q);

	spin_lock(&vq->lock);
	vqueue_kick(vq->q);
	spin_unlock(&vq->lock);
}

static void unit_poll(struct blkhwq *q)
{
	vscsi_take(queue_of(q));
}

static int error_of(const struct blkcmd *c)
{
	const struct vscsi_response *r = &((struct vscsi_cmd *)c->pdu)->response;
	int err;

	switch (r->response) {
	case RESPONSE_OK:
		break;
	case RESPONSE_ABORTED: case RESPONSE_RESET: case RESPONSE_BUSY:
		return -EAGAIN;
	case RESPONSE_BAD_TARGET:
		return -ENODEV;
	default:
		return -EIO;
	}
	err = scsi_error_of(r->status, r->sense, min(r->sense_len, SCSI_SENSE_BYTES));
	return !err && r->resid && (c->op == IOREQ_READ || c->op == IOREQ_WRITE) ? -EIO : err;
}

void vscsi_cmd_ended(struct blkcmd *c)
{
	struct vscsi_unit *u = unit_of(c);
	int err = error_of(c);

	blkcmd_done(c, err);
	atomic_dec(&u->inflight);
}

static int unit_reset(struct blkdisk *d)
{
	return vscsi_reset(((struct vscsi_unit *)blkdisk_priv(d))->host, d);
}

/* ---- disks ---- */

static void unit_serial(struct blkdisk *d, char *buf, size_t n)
{
	strlcpy(buf, ((struct vscsi_unit *)blkdisk_priv(d))->info.serial, n);
}

static void unit_release(struct blkdisk *d)
{
	struct vscsi_unit *u = blkdisk_priv(d);

	blkdisk_free(d);
	vscsi_put(u->host);
	kmem_free(u);
}

/* Another medium may be in it now. */
static int cd_open(struct blkdisk *d, u32 mode)
{
	struct vscsi_unit *u = blkdisk_priv(d);
	struct vscsi_address a = { u->host, u->target, u->lun };

	blkdisk_set_size_locked(d, scsi_cd_sectors(vscsi_exec, &a));
	return blkdev_sectors(blkdisk_dev(d)) ? 0 : -ENOMEDIUM;
}

/* As Linux's SCSI disks answer, unlike others. */
static long no_ioctl(struct blkdisk *d, struct blkdev *b, u32 mode, u32 cmd, uptr arg)
{
	return -EINVAL;
}

static const struct blkdisk_ops disk_ops = {
	.start = unit_start, .kick = unit_kick, .poll = unit_poll, .direct = blkop_no_direct, .reset = unit_reset,
	.open = blkop_default_open, .close = blkop_default_close, .ioctl = no_ioctl, .serial = unit_serial,
	.release = unit_release,
};
static const struct blkdisk_ops cd_ops = {
	.start = unit_start, .kick = unit_kick, .poll = unit_poll, .direct = blkop_no_direct, .reset = unit_reset,
	.open = cd_open, .close = blkop_default_close, .ioctl = blkop_no_ioctl, .serial = unit_serial,
	.release = unit_release,
};

/* What host and both kinds have in common. */
static struct blkdisk_limits limits_of(const struct vscsi_unit *u)
{
	const struct vscsi *h = u->host;

	return (struct blkdisk_limits){
		.block_size = 1u << u->shift, .max_segs = h->max_segs, .max_seg_bytes = 1u << 20,
		.max_sectors = h->max_sectors, .nr_hwq = h->nr_queues, .depth = h->depth,
		.pdu_bytes = sizeof(struct vscsi_cmd), .timeout_ns = DISK_TIMEOUT,
	};
}

static struct blkdisk *make_disk(struct vscsi_unit *u)
{
	const struct scsi_disk_info *i = &u->info;
	u32 per = i->block / SECTOR_SIZE, index;
	struct blkdisk_limits l;
	bool classic;
	char name[12];

	u->shift = (u32)ilog2(i->block);
	u->same_unmaps = i->same_unmaps;
	l = limits_of(u);
	l.physical_size = i->physical;
	if (i->max_blocks)
		l.max_sectors = min_t(u64, l.max_sectors, (u64)i->max_blocks * per);
	l.has_cache = i->has_cache;
	l.has_fua = i->has_fua;
	l.is_rotational = i->is_rotational;
	l.max_discard = min_t(u64, i->max_unmap, U32_MAX) * per;
	l.discard_grain = max(i->unmap_grain, 1u) * i->block;
	l.max_zeroes = i->max_same * per;
	l.zeroes_may_unmap = i->same_unmaps;
	index = blk_sd_index();
	classic = index < 256 / BLK_SD_MINORS;
	blk_print_letters(name, "sd", index);
	return blkdisk_create(name, classic ? BLK_MAJOR_SD : BLK_MAJOR_EXTENDED, classic ? index * BLK_SD_MINORS : 0,
			      classic ? BLK_SD_MINORS : 0, &l, &disk_ops, u);
}

static struct blkdisk *make_cd(struct vscsi_unit *u)
{
	struct blkdisk_limits l;
	struct blkdisk *d;
	char name[16];
	u32 index;

	u->shift = (u32)ilog2(SCSI_CD_BLOCK);
	l = limits_of(u);
	l.depth = 1;
	l.timeout_ns = CD_TIMEOUT;
	l.is_rotational = true;
	l.is_removable = true;
	index = scsi_cd_index();
	fmt_print(name, sizeof(name), "sr%u", index);
	d = blkdisk_create(name, SCSI_CD_MAJOR, index, 1, &l, &cd_ops, u);
	if (!IS_ERR(d))
		blkdisk_set_partitions(d, false);
	return d;
}

/* The disk is made: the host knows it, and then everybody. */
static int show(struct vscsi_unit *u, u64 nsectors, bool is_readonly)
{
	struct vscsi *h = u->host;
	int err;

	ref_get(&h->refs);
	kmutex_lock(&h->lock);
	err = h->is_gone ? -ENODEV : 0;
	if (!err)
		list_add_tail(&u->link, &h->units);
	kmutex_unlock(&h->lock);
	if (!err) {
		err = svc_storage_add(u->disk, nsectors, is_readonly, &h->dev->node);
		if (!err)
			return 0;
		kmutex_lock(&h->lock);
		list_del(&u->link);
		kmutex_unlock(&h->lock);
	}
	blkdisk_free(u->disk);
	vscsi_put(h);
	return err;
}

static int identify(struct vscsi_unit *u, u8 *buf)
{
	struct vscsi_address a = { u->host, u->target, u->lun };
	struct scsi_inquiry inquiry;
	bool is_cd;
	u64 n;
	int err = scsi_inquire(vscsi_exec, &a, buf, &inquiry);

	if (err)
		return err;
	is_cd = inquiry.type == SCSI_TYPE_CD;
	if (!inquiry.is_there || (!is_cd && inquiry.type != SCSI_TYPE_DISK))
		return -ENODEV;
	err = is_cd ? 0 : scsi_disk_identify(vscsi_exec, &a, buf, &u->info);
	if (err)
		return err;
	u->disk = is_cd ? make_cd(u) : make_disk(u);
	if (IS_ERR(u->disk))
		return (int)PTR_ERR(u->disk);
	n = is_cd ? scsi_cd_sectors(vscsi_exec, &a) : u->info.nblocks << (u->shift - SECTOR_SHIFT);
	return show(u, n, is_cd || u->info.is_readonly);
}

int vscsi_unit_add(struct vscsi *h, u32 target, u32 lun)
{
	struct vscsi_unit *u = kmem_zalloc(sizeof(*u), ALLOC_KERNEL);
	u8 *buf = kmem_alloc(SCSI_ANSWER_BYTES, ALLOC_KERNEL);
	int err = -ENOMEM;

	if (u && buf) {
		u->host = h;
		u->target = target;
		u->lun = lun;
		err = identify(u, buf);
	}
	kmem_free(buf);
	if (err)
		kmem_free(u);
	return err;
}

void vscsi_unit_resize(struct vscsi_unit *u)
{
	struct vscsi_address a = { u->host, u->target, u->lun };
	u8 *buf = kmem_alloc(SCSI_ANSWER_BYTES, ALLOC_KERNEL);
	struct scsi_disk_info now;

	if (buf && u->shift != ilog2(SCSI_CD_BLOCK) && !scsi_disk_identify(vscsi_exec, &a, buf, &now) &&
	    now.block == u->info.block)
		blkdisk_set_size(u->disk, now.nblocks << (u->shift - SECTOR_SHIFT));
	kmem_free(buf);
}

/* A device ends the commands of a unit that leaves; one that does not must forget them. */
void vscsi_unit_remove(struct vscsi_unit *u)
{
	nsec_t end = clock_ns() + DRAIN_TIMEOUT;

	WRITE_ONCE(u->is_gone, true);
	if (!u->host->is_gone) {
		while (atomic_read(&u->inflight) && clock_ns() < end)
			sched_sleep_until(clock_ns() + NSEC_PER_MSEC);
		if (atomic_read(&u->inflight)) {
			blkdisk_hold(u->disk);
			(void)vscsi_reset(u->host, NULL);
			blkdisk_forgotten(u->disk, -ENODEV);
		}
	}
	blkdisk_vanish(u->disk);
	svc_storage_remove(u->disk);
}
