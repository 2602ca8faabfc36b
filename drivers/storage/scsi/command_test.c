// SPDX-License-Identifier: GPL-2.0-only
#include <tern/drivers/scsi.h>

#include <tern/base/err.h>
#include <tern/lib/bits.h>
#include <tern/lib/ktest.h>
#include <tern/lib/string.h>

static int fixed(u8 key, u8 asc, u8 ascq)
{
	const u8 sense[18] = { 0x70, [2] = key, [12] = asc, [13] = ascq };

	return scsi_error_of(SCSI_CHECK_CONDITION, sense, sizeof(sense));
}

static int described(u8 key, u8 asc, u8 ascq)
{
	const u8 sense[8] = { 0x72, key, asc, ascq };

	return scsi_error_of(SCSI_CHECK_CONDITION, sense, sizeof(sense));
}

TEST(scsi_command, ends_are_errors_in_both_formats)
{
	static const struct { u8 key, asc, ascq; int err; } cases[] = {
		{ 0x1, 0x17, 0, 0 }, { 0x2, 0x3a, 0, -ENOMEDIUM }, { 0x2, 0x04, 1, -EAGAIN }, { 0x3, 0x11, 0, -EIO },
		{ 0x4, 0x44, 0, -EIO }, { 0x5, 0x20, 0, -EOPNOTSUPP }, { 0x5, 0x21, 0, -EIO },
		{ 0x6, 0x29, 0, -EAGAIN },
		{ 0x7, 0x27, 0, -EIO }, { 0xb, 0x00, 0, -EAGAIN }, { 0xe, 0x1d, 0, -EIO },
	};

	for (u32 i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(fixed(cases[i].key, cases[i].asc, cases[i].ascq), cases[i].err);
		EXPECT_EQ(described(cases[i].key, cases[i].asc, cases[i].ascq), cases[i].err);
	}
	EXPECT_EQ(fixed(7, 0x27, 7), -ENOSPC);
}

TEST(scsi_command, short_and_odd_sense_is_eio)
{
	const u8 sense[18] = { 0x70, [2] = 6 };

	for (u32 n = 0; n < 14; n++)
		EXPECT_EQ(scsi_error_of(SCSI_CHECK_CONDITION, sense, n), -EIO);
	EXPECT_EQ(scsi_error_of(SCSI_CHECK_CONDITION, sense, 14), -EAGAIN);
	EXPECT_EQ(scsi_error_of(SCSI_CHECK_CONDITION, (const u8[]){ 0x72, 6, 0 }, 3), -EIO);
	EXPECT_EQ(scsi_error_of(SCSI_CHECK_CONDITION, (const u8[18]){ 0x55 }, 18), -EIO);
	EXPECT_EQ(scsi_error_of(SCSI_GOOD, NULL, 0), 0);
	EXPECT_EQ(scsi_error_of(SCSI_BUSY, NULL, 0), -EAGAIN);
	EXPECT_EQ(scsi_error_of(0x18, NULL, 0), -EIO);
}

TEST(scsi_command, transfers_use_16_bytes_when_10_are_too_few)
{
	u8 cdb[SCSI_CDB_BYTES] = { 0 };

	scsi_cdb_transfer(cdb, true, true, 0x12345678, 0x9abc);
	EXPECT_EQ(cdb[0], SCSI_OP_WRITE);
	EXPECT_EQ(cdb[1], 8);
	EXPECT_EQ(get_be32(cdb + 2), 0x12345678);
	EXPECT_EQ(get_be16(cdb + 7), 0x9abc);
	memset(cdb, 0, sizeof(cdb));
	scsi_cdb_transfer(cdb, false, false, U32_MAX, 8);
	EXPECT_EQ(cdb[0], SCSI_OP_READ_16);
	EXPECT_EQ(get_be64(cdb + 2), U32_MAX);
	EXPECT_EQ(get_be32(cdb + 10), 8);
	memset(cdb, 0, sizeof(cdb));
	scsi_cdb_transfer(cdb, false, false, 0, 0x10000);
	EXPECT_EQ(cdb[0], SCSI_OP_READ_16);
}
