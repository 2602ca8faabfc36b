/* SPDX-License-Identifier: GPL-2.0-only */
/* AHCI, private to drivers/storage/ahci. Serial ATA AHCI 1.3.1; ATA/ATAPI Command Set (ACS-3). */
#pragma once

#include <tern/drivers/blkdisk.h>
#include <tern/drivers/pci.h>

/* Host registers, 3.1. */
#define HBA_CAP		0x00
#define HBA_GHC		0x04
#define HBA_IS		0x08
#define HBA_PI		0x0c
#define CAP_PORTS	0x1fu
#define CAP_SLOTS(c)	(((c) >> 8 & 0x1f) + 1)
#define CAP_NCQ		(1u << 30)
#define CAP_64		(1u << 31)
#define GHC_AHCI	(1u << 31)
#define GHC_IRQ		2u
#define GHC_RESET	1u

/* Port registers, 3.3; port i begins at 0x100 + 0x80 * i. */
#define PORT_BASE(i)	(0x100 + 0x80 * (i))
#define PORT_CLB	0x00
#define PORT_FB		0x08
#define PORT_IS		0x10
#define PORT_IE		0x14
#define PORT_CMD	0x18
#define PORT_TFD	0x20
#define PORT_SIG	0x24
#define PORT_SSTS	0x28
#define PORT_SCTL	0x2c
#define PORT_SERR	0x30
#define PORT_SACT	0x34
#define PORT_CI		0x38
#define CMD_START	0x1u
#define CMD_SPIN_UP	0x2u
#define CMD_POWER	0x4u
#define CMD_FIS_RX	0x10u
#define CMD_FIS_RUNS	0x4000u
#define CMD_RUNS	0x8000u
#define TFD_BUSY	0x88u		/* BSY or DRQ */
#define IS_ERRORS	0x78000000u	/* task file, host bus, interface */
#define IE_WANTED	(IS_ERRORS | 0x2fu)
#define SIG_ATAPI	0xeb140101u
#define SIG_DISK	0x00000101u

/* Commands. */
enum { ATA_DSM = 0x06, ATA_READ = 0x25, ATA_WRITE = 0x35, ATA_WRITE_FUA = 0x3d, ATA_READ_QUEUED = 0x60,
	ATA_WRITE_QUEUED = 0x61, ATA_PACKET = 0xa0,
	ATA_IDENTIFY_PACKET = 0xa1, ATA_FLUSH = 0xea, ATA_IDENTIFY = 0xec };

struct ahci_header { u32 flags, done; u64 table, pad[2]; };
static_assert(sizeof(struct ahci_header) == 32, "4.2.2");
#define HEADER_FIS_WORDS 5u
#define HEADER_ATAPI	0x20u
#define HEADER_WRITE	0x40u

struct ahci_prd { u64 addr; u32 pad, count; };	/* count: bytes - 1 */
#define AHCI_SEGS	88u

/* A command's memory: its table, and a block of ranges for TRIM. */
struct ahci_table {
	u8 fis[64];
	u8 packet[64];
	struct ahci_prd prd[AHCI_SEGS];
	u64 ranges[64];
};
static_assert(sizeof(struct ahci_table) == 2048, "its size class, aligned");

/* The registers of a host-to-device FIS that we fill. */
struct ata_command { u8 command, device; u16 features, count; u64 lba; const u8 *packet; bool is_write, is_queued; };

/*
 * A port with a device. Legend: I immutable, L lock, X exec_lock.
 */
struct ahci_port {
	struct ahci *hba;		/* I */
	u32 index;			/* I */
	u8 __iomem *regs;		/* I */
	bool is_atapi;			/* I */
	struct ahci_header *headers;	/* I 32 of them, shared with the device */
	u8 *fis_area;			/* I */
	struct ahci_table *own_table;	/* I for exec */
	u32 own_slot;			/* I the last one; the disk has those before */
	struct spin lock;		/* LOCKRANK_DRIVER, irqsave */
	u32 issued;			/* L slots the device has */
	u32 queued;			/* L those of them with queued (NCQ) commands: all, or it is one that is not */
	bool is_stopped;		/* L error recovery or reset goes on */
	atomic32 in_handler;		/* A */
	struct kmutex exec_lock;	/* one internal command at a time */
	struct latch exec_done;
	int exec_error;			/* of the last internal command */
	struct workitem error_work;
	struct blkdisk *disk;		/* I once probed */
	char serial[21], model[41];
	u32 sector_shift;		/* log2 of the logical block size */
	u32 queue_depth;		/* I of the device's own queue; 0: it has none */
};

struct ahci {
	struct pcifn *pci;
	u8 __iomem *regs;
	u32 cap;
	struct ahci_port *ports[32];	/* by number, NULL: nothing there */
	refcount refs;
	struct workitem scan_work;
};

/* ---- port.c: the engine ---- */
int ahci_port_create(struct ahci *hba, u32 index, struct ahci_port **out);
void ahci_port_destroy(struct ahci_port *p);
/** ahci_port_reset() - bring the link up and start; 0, -ENODEV nobody there, -EIO. Sleeps. */
int ahci_port_reset(struct ahci_port *p);
void ahci_port_halt(struct ahci_port *p);
void ahci_port_interrupt(struct ahci_port *p);
/** ahci_fill() - FIS, packet and header flags of a command; *flags for ahci_issue(). */
u32 ahci_fill(struct ahci_table *t, const struct ata_command *c, u32 nprd);
void ahci_put_prd(struct ahci_table *t, u32 i, paddr_t addr, u32 len);
/**
 * ahci_issue() - give slot @slot to the device: 0; -EBUSY: it is stopped, or has others that this one
 * cannot be beside. Context: any.
 */
int ahci_issue(struct ahci_port *p, u32 slot, struct ahci_table *t, u32 flags, bool is_queued);
/** ahci_exec() - one command with @buf (direct map, @len bytes, may be NULL). 0 or -errno. Sleeps. */
int ahci_exec(struct ahci_port *p, const struct ata_command *c, void *buf, u32 len);

/* ---- ata.c, atapi.c: devices ---- */
int ata_disk_add(struct ahci_port *p);
int atapi_disk_add(struct ahci_port *p);
/** ahci_start_cmd() - prd list of @c and issue; for both kinds. */
int ahci_start_cmd(struct ahci_port *p, struct blkcmd *c, const struct ata_command *a);
void ahci_disk_poll(struct blkhwq *q);
int ahci_disk_reset(struct blkdisk *d);
void ahci_disk_release(struct blkdisk *d);
void ahci_disk_serial(struct blkdisk *d, char *buf, size_t n);
/** ata_text() - a string of IDENTIFY data: byte-swapped words, padded. */
void ata_text(char *out, const u16 *words, u32 n);
void ahci_put(struct ahci *hba);
