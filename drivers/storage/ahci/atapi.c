// SPDX-License-Identifier: GPL-2.0-only
/*
 * ATAPI drives on AHCI ports: /dev/srN, CD and DVD, read only. Packets are SCSI commands.
 *
 * The medium is looked at when somebody opens the drive: no medium, no size.
 */
#include "ahci_impl.h"

#include <generated/svc_storage.h>
#include <tern/base/err.h>
#include <tern/drivers/scsi.h>
#include <tern/kernel/clock.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define TIMEOUT_NS	(60 * NSEC_PER_SEC)

/* The scsi_exec of a port. */
static int packet(void *port, const u8 *cdb, void *buf, u32 len)
{
	struct ata_command c = { .command = ATA_PACKET, .features = buf ? 1 : 0, .packet = cdb,
				 .lba = (u64)len << 8 };

	return ahci_exec(port, &c, buf, len);
}

static int cd_start(struct blkhwq *q, struct blkcmd *c)
{
	u8 cdb[SCSI_CDB_BYTES] = { 0 };
	struct ata_command a = { .command = ATA_PACKET, .features = 1, .packet = cdb };

	if (c->op != IOREQ_READ)
		return -EOPNOTSUPP;
	scsi_cdb_transfer(cdb, false, false, c->sector / (SCSI_CD_BLOCK / SECTOR_SIZE),
			  (u32)(c->nsectors / (SCSI_CD_BLOCK / SECTOR_SIZE)));
	return ahci_start_cmd(blkdisk_priv(blkhwq_disk(q)), c, &a);
}

/* Another medium may be in it now. */
static int cd_open(struct blkdisk *d, u32 mode)
{
	blkdisk_set_size_locked(d, scsi_cd_sectors(packet, blkdisk_priv(d)));
	return blkdev_sectors(blkdisk_dev(d)) ? 0 : -ENOMEDIUM;
}

static const struct blkdisk_ops cd_ops = {
	.start = cd_start, .kick = blkop_default_kick, .poll = ahci_disk_poll,
	.direct = blkop_no_direct, .reset = ahci_disk_reset, .open = cd_open,
	.close = blkop_default_close, .ioctl = blkop_no_ioctl, .serial = ahci_disk_serial,
	.release = ahci_disk_release,
};

static int identify(struct ahci_port *p)
{
	struct ata_command c = { .command = ATA_IDENTIFY_PACKET };
	u16 *id = kmem_zalloc(512, ALLOC_KERNEL);
	int err = id ? ahci_exec(p, &c, id, 512) : -ENOMEM;

	/* Only drives with packets of 12 bytes, of the class of CDs. */
	if (!err && ((id[0] & 0x1f00) != 0x0500 || (id[0] & 3)))
		err = -ENODEV;
	if (!err) {
		ata_text(p->serial, id + 10, 10);
		ata_text(p->model, id + 27, 20);
	}
	kmem_free(id);
	return err;
}

int atapi_disk_add(struct ahci_port *p)
{
	const struct blkdisk_limits l = {
		.block_size = SCSI_CD_BLOCK, .max_segs = AHCI_SEGS, .max_seg_bytes = 1u << 22, .max_sectors = 256,
		.nr_hwq = 1, .depth = 1, .pdu_bytes = sizeof(struct ahci_table), .timeout_ns = TIMEOUT_NS,
		.is_rotational = true, .is_removable = true,
	};
	int err = identify(p);
	struct blkdisk *d;
	char name[16];
	u32 index;

	if (err)
		return err;
	index = scsi_cd_index();
	fmt_print(name, sizeof(name), "sr%u", index);
	d = blkdisk_create(name, SCSI_CD_MAJOR, index, 1, &l, &cd_ops, p);
	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	p->disk = d;
	ref_get(&p->hba->refs);
	blkdisk_set_partitions(d, false);
	return svc_storage_add(d, scsi_cd_sectors(packet, p), true, &p->hba->pci->node);
}
