// SPDX-License-Identifier: GPL-2.0-only
/* UUID and label of the file system on a device, for root=UUID= and root=LABEL=: ext2, ext3, ext4. */
#include "blk_impl.h"

#include <asm/page.h>
#include <tern/lib/bits.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>

#define EXT_SUPER	1024u
#define EXT_MAGIC	0xef53
enum { EXT_OFF_MAGIC = 0x38, EXT_OFF_UUID = 0x68, EXT_OFF_LABEL = 0x78 };

static void get_ext(const u8 *sb, struct fsid *out)
{
	const u8 *u = sb + EXT_OFF_UUID;

	fmt_print(out->uuid, sizeof(out->uuid),
		  "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1], u[2], u[3],
		  u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
	memcpy(out->label, sb + EXT_OFF_LABEL, 16);
	out->label[16] = '\0';
}

int fsid_read(struct blkdev *b, struct fsid *out)
{
	const u8 *sb;
	struct page *p;
	int err = -ENOENT;

	if (blkdev_sectors(b) < 4)
		return -ENOENT;
	p = pagecache_read_in(blkdev_cache(b), 0);
	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	sb = (const u8 *)page_to_virt(p) + EXT_SUPER;
	if (get_le16(sb + EXT_OFF_MAGIC) == EXT_MAGIC) {
		get_ext(sb, out);
		err = 0;
	}
	page_put(p);
	return err;
}
