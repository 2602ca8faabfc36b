/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SCSI commands and what units answer to them, whatever carries them (virtio, ATA packets). SPC-4, SBC-3, MMC-6.
 * Owner drivers/storage/scsi. Answers are data from outside: nothing in them is believed that is out of range.
 */
#pragma once

#include <tern/base/types.h>

#define SCSI_CDB_BYTES		16u
#define SCSI_SENSE_BYTES	96u
#define SCSI_ANSWER_BYTES	512u		/* room that identifying a unit needs */

enum {
	SCSI_OP_TEST_READY = 0x00, SCSI_OP_REQUEST_SENSE = 0x03, SCSI_OP_INQUIRY = 0x12, SCSI_OP_MODE_SENSE = 0x1a,
	SCSI_OP_CAPACITY = 0x25, SCSI_OP_READ = 0x28, SCSI_OP_WRITE = 0x2a, SCSI_OP_SYNC = 0x35, SCSI_OP_UNMAP = 0x42,
	SCSI_OP_READ_16 = 0x88, SCSI_OP_WRITE_16 = 0x8a, SCSI_OP_SAME_16 = 0x93, SCSI_OP_SERVICE_IN = 0x9e,
	SCSI_OP_REPORT_LUNS = 0xa0,
};
enum { SCSI_GOOD = 0x00, SCSI_CHECK_CONDITION = 0x02, SCSI_BUSY = 0x08, SCSI_TASK_SET_FULL = 0x28 };
enum { SCSI_TYPE_DISK = 0x00, SCSI_TYPE_CD = 0x05 };

/**
 * scsi_exec - how a unit's commands are run: @cdb has SCSI_CDB_BYTES; @len bytes at most come to @buf, which is
 * memory for devices; what does not come stays as it was. 0, or -errno as scsi_error_of(). Sleeps.
 */
typedef int (*scsi_exec)(void *unit, const u8 *cdb, void *buf, u32 len);

/**
 * scsi_error_of() - what a command's end means to who asked for it
 * @sense: @n bytes, fixed or descriptor format
 * Return: 0; -EAGAIN it may go well next time; -EOPNOTSUPP; -ENOMEDIUM; -ENOSPC; -EIO.
 */
int scsi_error_of(u8 status, const u8 *sense, u32 n);
/** scsi_cdb_transfer() - READ or WRITE of @n blocks from @first; 10 bytes if that is enough. @cdb is zero. */
void scsi_cdb_transfer(u8 *cdb, bool is_write, bool fua, u64 first, u32 n);
/** scsi_cdb_same() - WRITE SAME of one block over @n; @unmap: they may become unmapped. */
void scsi_cdb_same(u8 *cdb, u64 first, u32 n, bool unmap);
/** scsi_unmap_list() - UNMAP of one range: its 24 bytes of data. */
void scsi_unmap_list(u8 *list, u64 first, u32 n);
#define SCSI_UNMAP_BYTES	24u
/** scsi_cdb_unmap() - ... and its command. */
void scsi_cdb_unmap(u8 *cdb);

/* What INQUIRY says. */
struct scsi_inquiry { u8 type; bool is_there; };
int scsi_inquire(scsi_exec exec, void *unit, u8 *buf, struct scsi_inquiry *out);

struct scsi_disk_info {
	u64 nblocks;
	u32 block, physical;		/* bytes */
	u32 max_blocks;			/* of one transfer; 0: any */
	bool is_readonly, has_cache, has_fua, is_rotational;
	u64 max_unmap, max_same;	/* blocks of a command; 0: cannot */
	u32 unmap_grain;		/* blocks */
	bool same_unmaps;
	char serial[37];
};
/** scsi_disk_identify() - all that a disk says of itself; @buf: SCSI_ANSWER_BYTES. 0, -ENODEV, -errno. Sleeps. */
int scsi_disk_identify(scsi_exec exec, void *unit, u8 *buf, struct scsi_disk_info *out);

#define SCSI_CD_BLOCK	2048u
#define SCSI_CD_MAJOR	11u
/** scsi_cd_sectors() - of the medium, 512 bytes each; 0: none that can be read. Sleeps. */
u64 scsi_cd_sectors(scsi_exec exec, void *unit);
/** scsi_cd_index() - the next number of an "sr" drive, whatever bus it is on. */
u32 scsi_cd_index(void);
