// SPDX-License-Identifier: GPL-2.0-only
/* What SCSI units say of themselves: INQUIRY, capacity, limits, media. SPC-4, 6.4 and 7.8; SBC-3, 5.16 and 6.5. */
#include <tern/drivers/scsi.h>

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/drivers/blkdisk.h>
#include <tern/lib/bits.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define ATTEMPTS	4u
#define INQUIRY_BYTES	36u
enum { PAGE_LIST = 0x00, PAGE_SERIAL = 0x80, PAGE_LIMITS = 0xb0, PAGE_MEDIUM = 0xb1, PAGE_PROVISIONING = 0xb2 };
#define MODE_CACHING	0x08
#define SERVICE_CAPACITY_16 0x10

static atomic32 next_cd;

u32 scsi_cd_index(void)
{
	return (u32)atomic_fetch_add(&next_cd, 1);
}

/* A command with an answer of up to @len bytes; a unit that was reset says so first. */
static int ask(scsi_exec exec, void *unit, const u8 *cdb, u8 *buf, u32 len)
{
	int err = -EAGAIN;

	for (u32 i = 0; i < ATTEMPTS && err == -EAGAIN; i++) {
		memset(buf, 0, len);
		err = exec(unit, cdb, buf, len);
	}
	return err;
}

int scsi_inquire(scsi_exec exec, void *unit, u8 *buf, struct scsi_inquiry *out)
{
	const u8 cdb[SCSI_CDB_BYTES] = { SCSI_OP_INQUIRY, 0, 0, 0, INQUIRY_BYTES };
	int err = ask(exec, unit, cdb, buf, INQUIRY_BYTES);

	out->type = buf[0] & 0x1f;
	out->is_there = !err && buf[0] >> 5 == 0;
	return err;
}

/* A page of vital product data; its length, 0: none. */
static u32 vital_page(scsi_exec exec, void *unit, u8 page, u8 *buf)
{
	const u8 cdb[SCSI_CDB_BYTES] = { SCSI_OP_INQUIRY, 1, page, SCSI_ANSWER_BYTES >> 8, SCSI_ANSWER_BYTES & 0xff };
	u32 n;

	if (ask(exec, unit, cdb, buf, SCSI_ANSWER_BYTES) || buf[1] != page)
		return 0;
	n = get_be16(buf + 2) + 4u;
	return min(n, SCSI_ANSWER_BYTES);
}

static bool has_page(const u8 *list, u32 n, u8 page)
{
	return n > 4 && memchr(list + 4, page, n - 4);
}

static int read_capacity(scsi_exec exec, void *unit, u8 *buf, struct scsi_disk_info *out, bool *provisions)
{
	const u8 cdb16[SCSI_CDB_BYTES] = { SCSI_OP_SERVICE_IN, SERVICE_CAPACITY_16, [13] = 32 };
	const u8 cdb10[SCSI_CDB_BYTES] = { SCSI_OP_CAPACITY };
	int err = ask(exec, unit, cdb16, buf, 32);

	if (!err) {
		out->nblocks = get_be64(buf) + 1;
		out->block = get_be32(buf + 8);
		out->physical = out->block << (buf[13] & 7);
		*provisions = buf[14] >> 7;
	} else if (err == -EOPNOTSUPP) {
		err = ask(exec, unit, cdb10, buf, 8);
		out->nblocks = (u64)get_be32(buf) + 1;
		out->block = out->physical = get_be32(buf + 4);
	}
	if (err)
		return err;
	return out->block < SECTOR_SIZE || out->block > PAGE_SIZE || !is_pow2(out->block) ||
	       out->nblocks > (u64)S64_MAX / out->block ? -ENODEV : 0;
}

static void read_cache_mode(scsi_exec exec, void *unit, u8 *buf, struct scsi_disk_info *out)
{
	const u8 cdb[SCSI_CDB_BYTES] = { SCSI_OP_MODE_SENSE, 0, MODE_CACHING, 0, 64 };
	u32 at;

	/* Who does not say gets his flushes: they do no harm. */
	out->has_cache = true;
	if (ask(exec, unit, cdb, buf, 64))
		return;
	at = 4u + buf[3];
	out->is_readonly = buf[2] >> 7;
	if (at + 2 >= 64 || (buf[at] & 0x3f) != MODE_CACHING)
		return;
	out->has_cache = buf[at + 2] & 4;
	out->has_fua = out->has_cache && (buf[2] & 0x10);
}

static void read_limit_page(const u8 *p, u32 n, struct scsi_disk_info *out, bool provisions)
{
	if (n < 44)
		return;
	out->max_blocks = get_be32(p + 8);
	if (provisions && get_be32(p + 24))
		out->max_unmap = get_be32(p + 20);
	out->unmap_grain = get_be32(p + 28);
	out->max_same = min_t(u64, get_be64(p + 36), U32_MAX);
}

static void read_pages(scsi_exec exec, void *unit, u8 *buf, struct scsi_disk_info *out, bool provisions)
{
	bool serial, limits, medium, provisioning;
	u32 n = vital_page(exec, unit, PAGE_LIST, buf);

	serial = has_page(buf, n, PAGE_SERIAL);
	limits = has_page(buf, n, PAGE_LIMITS);
	medium = has_page(buf, n, PAGE_MEDIUM);
	provisioning = has_page(buf, n, PAGE_PROVISIONING);
	if (serial && (n = vital_page(exec, unit, PAGE_SERIAL, buf)) > 4)
		memcpy(out->serial, buf + 4, min_t(size_t, sizeof(out->serial) - 1, n - 4));
	if (limits)
		read_limit_page(buf, vital_page(exec, unit, PAGE_LIMITS, buf), out, provisions);
	if (medium && vital_page(exec, unit, PAGE_MEDIUM, buf) >= 6)
		out->is_rotational = get_be16(buf + 4) != 1;
	n = provisioning && provisions ? vital_page(exec, unit, PAGE_PROVISIONING, buf) : 0;
	if (n < 6 || !(buf[5] & 0x80))
		out->max_unmap = 0;
	out->same_unmaps = n >= 6 && (buf[5] & 0x40);
}

int scsi_disk_identify(scsi_exec exec, void *unit, u8 *buf, struct scsi_disk_info *out)
{
	const u8 ready[SCSI_CDB_BYTES] = { SCSI_OP_TEST_READY };
	bool provisions = false;
	int err;

	*out = (struct scsi_disk_info){ .is_rotational = true };
	err = ask(exec, unit, ready, NULL, 0);
	if (!err)
		err = read_capacity(exec, unit, buf, out, &provisions);
	if (err)
		return err;
	read_cache_mode(exec, unit, buf, out);
	read_pages(exec, unit, buf, out, provisions);
	return 0;
}

/* The medium may be ready only some commands after it was put in, so the first answers do not count. */
u64 scsi_cd_sectors(scsi_exec exec, void *unit)
{
	const u8 ready[SCSI_CDB_BYTES] = { SCSI_OP_TEST_READY }, capacity[SCSI_CDB_BYTES] = { SCSI_OP_CAPACITY };
	const u8 sense[SCSI_CDB_BYTES] = { SCSI_OP_REQUEST_SENSE, 0, 0, 0, 18 };
	u8 *buf = kmem_zalloc(64, ALLOC_KERNEL);
	u64 n = 0;

	if (!buf)
		return 0;
	for (u32 i = 0; i < ATTEMPTS && exec(unit, ready, NULL, 0); i++)
		(void)exec(unit, sense, buf, 18);
	if (!exec(unit, capacity, buf, 8) && get_be32(buf + 4) == SCSI_CD_BLOCK)
		n = ((u64)get_be32(buf) + 1) * (SCSI_CD_BLOCK / SECTOR_SIZE);
	kmem_free(buf);
	return n;
}

static int scsi_start(void)
{
	int major = blk_major_register(SCSI_CD_MAJOR, "sr");

	return major < 0 ? major : 0;
}
INITCALL(FS, scsi_start);
