// SPDX-License-Identifier: GPL-2.0-only
/*
 * ATAPI drives on AHCI ports: /dev/srN, CD and DVD, read only. MMC-6: READ (12), READ CAPACITY.
 *
 * The medium is looked at when somebody opens the drive: no medium, no size. It may be ready only some
 * commands after it was put in (UNIT ATTENTION), so the first answers do not count.
 */
#include "ahci_impl.h"

#include <generated/svc_storage.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/lib/bits.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define SR_MAJOR	11
#define CD_BLOCK	2048u
#define ATTEMPTS	4u
#define TIMEOUT_NS	(60 * NSEC_PER_SEC)

enum { PKT_TEST_READY = 0x00, PKT_REQUEST_SENSE = 0x03, PKT_CAPACITY = 0x25, PKT_READ = 0xa8 };

static atomic32 next_index;

static int packet(struct ahci_port *p, const u8 *cdb, void *buf, u32 len)
{
	struct ata_command c = { .command = ATA_PACKET, .features = buf ? 1 : 0, .packet = cdb,
				 .lba = (u64)len << 8 };

	return ahci_exec(p, &c, buf, len);
}

/* Sectors of the medium, 0: none that can be read. */
static u64 medium_sectors(struct ahci_port *p)
{
	u8 ready[16] = { PKT_TEST_READY }, capacity[16] = { PKT_CAPACITY };
	u8 sense_cdb[16] = { PKT_REQUEST_SENSE, 0, 0, 0, 18 };
	u8 *buf = kmem_zalloc(64, ALLOC_KERNEL);
	u64 n = 0;

	if (!buf)
		return 0;
	for (u32 i = 0; i < ATTEMPTS && packet(p, ready, NULL, 0); i++)
		(void)packet(p, sense_cdb, buf, 18);
	if (!packet(p, capacity, buf, 8) && get_be32(buf + 4) == CD_BLOCK)
		n = ((u64)get_be32(buf) + 1) * (CD_BLOCK / SECTOR_SIZE);
	kmem_free(buf);
	return n;
}

static int cd_start(struct blkhwq *q, struct blkcmd *c)
{
	u32 first = (u32)(c->sector / (CD_BLOCK / SECTOR_SIZE)), n = (u32)(c->nsectors / (CD_BLOCK / SECTOR_SIZE));
	u8 cdb[16] = { PKT_READ, 0, (u8)(first >> 24), (u8)(first >> 16), (u8)(first >> 8), (u8)first,
		       (u8)(n >> 24), (u8)(n >> 16), (u8)(n >> 8), (u8)n };
	struct ata_command a = { .command = ATA_PACKET, .features = 1, .packet = cdb };

	if (c->op != IOREQ_READ)
		return -EOPNOTSUPP;
	return ahci_start_cmd(blkdisk_priv(blkhwq_disk(q)), c, &a);
}

/* Another medium may be in it now. */
static int cd_open(struct blkdisk *d, u32 mode)
{
	blkdisk_set_size_locked(d, medium_sectors(blkdisk_priv(d)));
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
		.block_size = CD_BLOCK, .max_segs = AHCI_SEGS, .max_seg_bytes = 1u << 22, .max_sectors = 256,
		.nr_hwq = 1, .depth = 1, .pdu_bytes = sizeof(struct ahci_table), .timeout_ns = TIMEOUT_NS,
		.is_rotational = true, .is_removable = true,
	};
	int err = identify(p);
	struct blkdisk *d;
	char name[16];
	u32 index;

	if (err)
		return err;
	index = (u32)atomic_fetch_add(&next_index, 1);
	fmt_print(name, sizeof(name), "sr%u", index);
	d = blkdisk_create(name, SR_MAJOR, index, 1, &l, &cd_ops, p);
	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	p->disk = d;
	ref_get(&p->hba->refs);
	blkdisk_set_partitions(d, false);
	return svc_storage_add(d, medium_sectors(p), true, &p->hba->pci->node);
}

static int atapi_init(void)
{
	int major = blk_major_register(SR_MAJOR, "sr");

	return major < 0 ? major : 0;
}
INITCALL(FS, atapi_init);
