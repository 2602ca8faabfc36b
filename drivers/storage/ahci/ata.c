// SPDX-License-Identifier: GPL-2.0-only
/*
 * ATA disks on AHCI ports: /dev/sdX. ACS-3: 7.12 IDENTIFY DEVICE, 7.5 DATA SET MANAGEMENT.
 *
 * Commands are the 48-bit DMA ones, queued (NCQ, 4.14) if disk and adapter can; disks without them (under
 * 128 GiB, older than 2003) are left alone. What goes unqueued (a flush, a second try) has the disk alone.
 */
#include "ahci_impl.h"

#include <generated/svc_storage.h>
#include <tern/base/err.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define TIMEOUT_NS	(30 * NSEC_PER_SEC)
#define TRIM_MAX	65535u		/* blocks of one range */
#define TRIM_RANGES	64u
#define QUEUED_FUA	0x80
#define WORD_VALID(w)	(((w) & 0xc000) == 0x4000)

static struct ahci_port *port_of(struct blkhwq *q)
{
	return blkdisk_priv(blkhwq_disk(q));
}

int ahci_start_cmd(struct ahci_port *p, struct blkcmd *c, const struct ata_command *a)
{
	struct ahci_table *t = c->pdu;
	struct blkcmd_iter it;
	struct blkseg s;
	u32 n = 0;

	blkcmd_iter_init(&it, c);
	while (blkcmd_next_seg(&it, &s))
		ahci_put_prd(t, n++, s.addr, s.len);
	if (c->op == IOREQ_DISCARD)
		ahci_put_prd(t, n++, virt_to_phys(t->ranges), sizeof(t->ranges));
	return ahci_issue(p, c->tag, t, ahci_fill(t, a, n), a->is_queued);
}

static void fill_ranges(struct ahci_table *t, u64 first, u64 n)
{
	memset(t->ranges, 0, sizeof(t->ranges));
	for (u32 i = 0; n && i < TRIM_RANGES; i++) {
		u64 part = min_t(u64, n, TRIM_MAX);

		t->ranges[i] = first | part << 48;
		first += part;
		n -= part;
	}
}

/* Queued if the disk can and it did not fail so before; @a has the sectors. */
static void fill_transfer(struct ahci_port *p, const struct blkcmd *c, struct ata_command *a)
{
	bool fua = c->flags & IOREQ_FUA;

	a->is_write = c->op == IOREQ_WRITE;
	a->is_queued = p->queue_depth && !c->retries;
	if (a->is_queued) {
		a->command = a->is_write ? ATA_WRITE_QUEUED : ATA_READ_QUEUED;
		a->features = a->count;
		a->count = (u16)(c->tag << 3);
		a->device = fua ? QUEUED_FUA : 0;
	} else {
		a->command = a->is_write ? fua ? ATA_WRITE_FUA : ATA_WRITE : ATA_READ;
	}
}

static int disk_start(struct blkhwq *q, struct blkcmd *c)
{
	struct ahci_port *p = port_of(q);
	u32 shift = p->sector_shift - SECTOR_SHIFT;
	struct ata_command a = { .lba = c->sector >> shift, .count = (u16)(c->nsectors >> shift) };

	switch (c->op) {
	case IOREQ_READ: case IOREQ_WRITE:
		fill_transfer(p, c, &a);
		break;
	case IOREQ_FLUSH:
		a = (struct ata_command){ .command = ATA_FLUSH };
		break;
	case IOREQ_DISCARD:
		fill_ranges(c->pdu, a.lba, c->nsectors >> shift);
		a = (struct ata_command){ .command = ATA_DSM, .features = 1, .count = 1, .is_write = true };
		break;
	default:
		return -EOPNOTSUPP;
	}
	return ahci_start_cmd(p, c, &a);
}

void ahci_disk_poll(struct blkhwq *q)
{
	ahci_port_interrupt(port_of(q));
}

int ahci_disk_reset(struct blkdisk *d)
{
	struct ahci_port *p = blkdisk_priv(d);

	(void)workitem_cancel_sync(&p->error_work);
	return ahci_port_reset(p);
}

void ahci_disk_serial(struct blkdisk *d, char *buf, size_t n)
{
	strlcpy(buf, ((struct ahci_port *)blkdisk_priv(d))->serial, n);
}

void ahci_disk_release(struct blkdisk *d)
{
	struct ahci_port *p = blkdisk_priv(d);
	struct ahci *hba = p->hba;

	blkdisk_free(d);
	ahci_port_destroy(p);
	ahci_put(hba);
}

static const struct blkdisk_ops disk_ops = {
	.start = disk_start, .kick = blkop_default_kick, .poll = ahci_disk_poll,
	.direct = blkop_no_direct, .reset = ahci_disk_reset, .open = blkop_default_open,
	.close = blkop_default_close, .ioctl = blkop_no_ioctl, .serial = ahci_disk_serial,
	.release = ahci_disk_release,
};

void ata_text(char *out, const u16 *words, u32 n)
{
	u32 len = 2 * n;

	for (u32 i = 0; i < n; i++) {
		out[2 * i] = (char)(words[i] >> 8);
		out[2 * i + 1] = (char)words[i];
	}
	while (len && (out[len - 1] == ' ' || !out[len - 1]))
		len--;
	out[len] = 0;
}

static u64 words_at(const u16 *id, u32 i, u32 n)
{
	u64 v = 0;

	while (n--)
		v = v << 16 | id[i + n];
	return v;
}

static void read_limits(const struct ahci_port *p, const u16 *id, struct blkdisk_limits *l)
{
	u32 block = 1u << p->sector_shift;

	*l = (struct blkdisk_limits){
		.block_size = block, .physical_size = block, .max_segs = AHCI_SEGS, .max_seg_bytes = 1u << 22,
		.max_sectors = 2048, .nr_hwq = 1, .pdu_bytes = sizeof(struct ahci_table), .timeout_ns = TIMEOUT_NS,
		.depth = p->queue_depth ? min(p->own_slot, p->queue_depth) : p->own_slot,
		.has_cache = id[85] & 0x20, .has_fua = WORD_VALID(id[87]) && id[87] & 0x40,
		.is_rotational = id[217] != 1, .discard_grain = block,
	};
	if (WORD_VALID(id[106]) && id[106] & 0x2000)
		l->physical_size = block << (id[106] & 7);
	if (id[169] & 1)
		l->max_discard = (u64)TRIM_RANGES * TRIM_MAX << (p->sector_shift - SECTOR_SHIFT);
}

static int identify(struct ahci_port *p, u16 *id)
{
	struct ata_command c = { .command = ATA_IDENTIFY };
	u32 block = 512;
	int err = ahci_exec(p, &c, id, 512);

	if (err)
		return err;
	if (!(id[83] & 0x400)) {
		kwarn("ahci port %u: no 48-bit addresses", p->index);
		return -ENODEV;
	}
	if (WORD_VALID(id[106]) && id[106] & 0x1000)
		block = (u32)words_at(id, 117, 2) * 2;
	if (block < SECTOR_SIZE || block > PAGE_SIZE || !is_pow2(block))
		return -ENODEV;
	p->sector_shift = (u32)ilog2(block);
	if ((p->hba->cap & CAP_NCQ) && id[76] != 0xffff && (id[76] & 0x100))
		p->queue_depth = (id[75] & 0x1fu) + 1;
	ata_text(p->serial, id + 10, 10);
	ata_text(p->model, id + 27, 20);
	return 0;
}

static int add_disk(struct ahci_port *p, const u16 *id)
{
	u32 index = blk_sd_index();
	bool classic = index < 256 / BLK_SD_MINORS;
	struct blkdisk_limits limits;
	struct blkdisk *d;
	char name[12];

	read_limits(p, id, &limits);
	blk_print_letters(name, "sd", index);
	d = blkdisk_create(name, classic ? BLK_MAJOR_SD : BLK_MAJOR_EXTENDED, classic ? index * BLK_SD_MINORS : 0,
			   classic ? BLK_SD_MINORS : 0, &limits, &disk_ops, p);
	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	p->disk = d;
	ref_get(&p->hba->refs);
	return svc_storage_add(d, words_at(id, 100, 4) << (p->sector_shift - SECTOR_SHIFT), false,
			       &p->hba->pci->node);
}

int ata_disk_add(struct ahci_port *p)
{
	u16 *id = kmem_zalloc(512, ALLOC_KERNEL);
	int err = id ? identify(p, id) : -ENOMEM;

	if (!err)
		err = add_disk(p, id);
	kmem_free(id);
	return err;
}
