// SPDX-License-Identifier: GPL-2.0-only
/* SCSI commands that move data, and what their ends mean. SBC-3, 5; SPC-4, 4.5. Pure: tested on the build machine. */
#include <tern/drivers/scsi.h>

#include <tern/base/err.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>

enum { KEY_NONE = 0, KEY_RECOVERED = 1, KEY_NOT_READY = 2, KEY_ILLEGAL = 5, KEY_ATTENTION = 6, KEY_PROTECT = 7,
	KEY_ABORTED = 0xb, KEY_MISCOMPARE = 0xe };
#define ASC_BECOMING_READY	0x04
#define ASC_BAD_OPCODE		0x20
#define ASC_BAD_FIELD		0x24
#define ASC_BAD_PARAMETER	0x26
#define ASC_NO_SPACE		0x27
#define ASC_NO_MEDIUM		0x3a
#define FUA			0x08
#define UNMAP			0x08

static int not_ready(u8 asc)
{
	return asc == ASC_NO_MEDIUM ? -ENOMEDIUM : asc == ASC_BECOMING_READY ? -EAGAIN : -EIO;
}

int scsi_error_of(u8 status, const u8 *sense, u32 n)
{
	u8 format = n ? sense[0] & 0x7f : 0, key, asc;

	if (status == SCSI_GOOD)
		return 0;
	if (status == SCSI_BUSY || status == SCSI_TASK_SET_FULL)
		return -EAGAIN;
	if (status != SCSI_CHECK_CONDITION)
		return -EIO;
	if ((format == 0x70 || format == 0x71) && n >= 14) {
		key = sense[2] & 15;
		asc = sense[12];
	} else if ((format == 0x72 || format == 0x73) && n >= 4) {
		key = sense[1] & 15;
		asc = sense[2];
	} else {
		return -EIO;
	}
	switch (key) {
	case KEY_NONE: case KEY_RECOVERED:
		return 0;
	case KEY_NOT_READY:
		return not_ready(asc);
	case KEY_ATTENTION: case KEY_ABORTED:
		return -EAGAIN;
	case KEY_ILLEGAL:
		return asc == ASC_BAD_OPCODE || asc == ASC_BAD_FIELD || asc == ASC_BAD_PARAMETER ? -EOPNOTSUPP : -EIO;
	case KEY_PROTECT:
		return asc == ASC_NO_SPACE && n >= 14 && (format > 0x71 ? sense[3] : sense[13]) == 7 ? -ENOSPC : -EIO;
	default:
		return -EIO;
	}
}

void scsi_cdb_transfer(u8 *cdb, bool is_write, bool fua, u64 first, u32 n)
{
	cdb[1] = fua ? FUA : 0;
	if (first + n <= U32_MAX && n <= 0xffff) {
		cdb[0] = is_write ? SCSI_OP_WRITE : SCSI_OP_READ;
		put_be32(cdb + 2, (u32)first);
		put_be16(cdb + 7, (u16)n);
	} else {
		cdb[0] = is_write ? SCSI_OP_WRITE_16 : SCSI_OP_READ_16;
		put_be64(cdb + 2, first);
		put_be32(cdb + 10, n);
	}
}

void scsi_cdb_same(u8 *cdb, u64 first, u32 n, bool unmap)
{
	cdb[0] = SCSI_OP_SAME_16;
	cdb[1] = unmap ? UNMAP : 0;
	put_be64(cdb + 2, first);
	put_be32(cdb + 10, n);
}

void scsi_cdb_unmap(u8 *cdb)
{
	cdb[0] = SCSI_OP_UNMAP;
	put_be16(cdb + 7, SCSI_UNMAP_BYTES);
}

void scsi_unmap_list(u8 *list, u64 first, u32 n)
{
	memset(list, 0, SCSI_UNMAP_BYTES);
	put_be16(list, SCSI_UNMAP_BYTES - 2);
	put_be16(list + 2, SCSI_UNMAP_BYTES - 8);
	put_be64(list + 8, first);
	put_be32(list + 16, n);
}
