// SPDX-License-Identifier: GPL-2.0-only
/*
 * Volumes worked on at random, on images that mke2fs made; e2fsck is the judge. Without
 * these tools on the build machine the tests say so and check nothing more.
 */
#include "vol.h"

#include <tern/lib/ktest.h>
#include <uapi/stat.h>

#include <stdio.h>
#include <stdlib.h>

#include "hostdisk.h"

#define MAXNODES 600

static struct ext4_vol vol;
static u64 rng;
static u32 rnd(u32 n)
{
	rng = rng * 6364136223846793005UL + 1442695040888963407UL;
	return (u32)(rng >> 33) % n;
}

/* What should be there. */
struct item { u32 ino, parent; char name[40]; bool is_dir; u32 kids; };
static struct item items[MAXNODES];
static u32 nitems;

static bool open_vol(void)
{
	const char *why;
	int err;

	memset(&vol, 0, sizeof(vol));
	vol.dev_bytes = host_disk_bytes();
	err = ext4_vol_open(&vol, &why);
	EXPECT_EQ((u32)-err, 0);
	if (err)
		return false;
	err = ext4_vol_start(&vol);
	EXPECT_EQ((u32)-err, 0);
	return !err;
}

static void close_vol(void)
{
	EXPECT_EQ((u32)-ext4_vol_stop(&vol), 0);
	ext4_vol_close(&vol);
}

static int load(struct ext4_node *n, u32 ino)
{
	int err = ext4_node_init(n, &vol, ino);

	return err ? err : ext4_node_load(n);
}

/* An orphan goes for good. */
static int finish(struct ext4_node *n)
{
	struct ext4_tx tx;
	int err = 0;

	if (ext4_node_has_map(n))
		err = ext4_map_drop(n, 0, (u64)U32_MAX + 1);
	if (!err)
		err = ext4_tx_begin(&vol, 40, &tx);
	if (err)
		return err;
	err = ext4_orphan_del(&tx, n);
	if (!err)
		err = ext4_xattr_drop(&tx, n);
	if (!err)
		err = ext4_node_erase(&tx, n);
	ext4_tx_end(&tx);
	return err;
}

static int make(u32 parent, const char *name, mode_t mode, u32 *ino)
{
	struct ext4_node dir, n;
	struct ext4_tx tx;
	bool made;
	int err = load(&dir, parent);

	if (!err)
		err = ext4_tx_begin(&vol, 60, &tx);
	if (err)
		return err;
	err = ext4_node_make(&tx, &dir, &n, &vol, mode);
	made = !err;
	if (!err && S_ISDIR(mode)) {
		n.nlink = 2;
		err = ext4_dir_start(&tx, &n, parent);
		if (!err)
			err = ext4_node_store(&tx, &n);
	}
	if (!err)
		err = ext4_dir_add(&tx, &dir, name, (u32)strlen(name), n.ino, mode);
	if (!err && S_ISDIR(mode))
		dir.nlink++;
	if (!err)
		err = ext4_node_store(&tx, &dir);
	*ino = made ? n.ino : 0;
	if (err && made) {
		n.nlink = 0;
		EXPECT_EQ((u32)-ext4_orphan_add(&tx, &n), 0);
	}
	ext4_tx_end(&tx);
	if (err && made)
		EXPECT_EQ((u32)-finish(&n), 0);
	return err;
}

static int drop(u32 parent, const char *name, bool is_dir)
{
	struct ext4_node dir, n;
	struct ext4_tx tx;
	u32 ino;
	int err = load(&dir, parent);

	if (!err)
		err = ext4_dir_get(&dir, name, (u32)strlen(name), &ino);
	if (!err)
		err = load(&n, ino);
	if (!err && is_dir && ext4_dir_empty(&n) != 1)
		return -ENOTEMPTY;
	if (!err)
		err = ext4_tx_begin(&vol, 40, &tx);
	if (err)
		return err;
	err = ext4_dir_del(&tx, &dir, name, (u32)strlen(name));
	n.nlink -= is_dir ? 2 : 1;
	dir.nlink -= is_dir;
	if (!err)
		err = ext4_node_store(&tx, &dir);
	if (!err)
		err = n.nlink ? ext4_node_store(&tx, &n) : ext4_orphan_add(&tx, &n);
	ext4_tx_end(&tx);
	return err || n.nlink ? err : finish(&n);
}

/* Map what is not mapped of [lblk, +len). */
static int fill(struct ext4_node *n, u32 lblk, u32 len, bool raw)
{
	while (len) {
		struct ext4_map m;
		struct ext4_tx tx;
		u64 block;
		u32 k, got;
		int err = ext4_map_get(n, lblk, &m);

		if (err)
			return err;
		k = min(m.len, len);
		if (m.kind == EXT4_HOLE) {
			err = ext4_space_take(&vol, k, 0);
			if (err)
				return err;
			err = ext4_bhold(&vol, ext4_map_goal(n, lblk), k, &block, &got);
			if (!err && got < k)
				ext4_space_give(&vol, k - got);
			k = got;
			if (err)
				return err;
		} else if (m.kind == EXT4_MAPPED || raw) {
			lblk += k;
			len -= k;
			continue;
		}
		err = ext4_tx_begin(&vol, 40, &tx);
		if (err)
			return err;
		if (m.kind == EXT4_HOLE) {
			err = ext4_buse(&tx, block, k);
			if (!err)
				err = ext4_map_add(&tx, n, lblk, k, block, raw);
		} else {
			err = ext4_map_written(&tx, n, lblk, k);
		}
		n->size = max(n->size, (u64)(lblk + k) << vol.geo.block_bits);
		if (!err)
			err = ext4_node_store(&tx, n);
		ext4_tx_end(&tx);
		if (err)
			return err;
		lblk += k;
		len -= k;
	}
	return 0;
}

static int work_file(u32 ino)
{
	struct ext4_node n;
	struct ext4_tx tx;
	u64 bs = vol.geo.block_size;
	u32 from = rnd(400), len = 1 + rnd(20);
	char value[300];
	int err = load(&n, ino);

	if (err)
		return err;
	switch (rnd(8)) {
	case 0:
		n.size = min(n.size, from * bs);
		err = ext4_tx_begin(&vol, 10, &tx);
		if (err)
			return err;
		err = ext4_orphan_add(&tx, &n);
		ext4_tx_end(&tx);
		if (!err)
			err = ext4_map_drop(&n, from, (u64)U32_MAX + 1);
		if (!err)
			err = ext4_tx_begin(&vol, 10, &tx);
		if (err)
			return err;
		err = ext4_orphan_del(&tx, &n);
		ext4_tx_end(&tx);
		return err;
	case 1:
		return ext4_map_drop(&n, from, from + len);
	case 2:
		memset(value, 'v', sizeof(value));
		err = ext4_tx_begin(&vol, EXT4_XATTR_CREDITS, &tx);
		if (err)
			return err;
		snprintf(value, sizeof(value), "user.name%u", rnd(6));
		err = ext4_xattr_set(&tx, &n, value, rnd(3) ? value : NULL, rnd(280), 0);
		if (err == -ENODATA || err == -ENOSPC)
			err = 0;
		if (!err)
			err = ext4_node_store(&tx, &n);
		ext4_tx_end(&tx);
		return err;
	case 3:
		return ext4_is_extents(&n) ? fill(&n, from, len, true) : 0;
	default:
		return fill(&n, rnd(4) ? from : from * 1000, len, false);
	}
}

static int step(void)
{
	struct item *it;
	u32 k;
	int err;

	if (nitems < 20 || (nitems < MAXNODES && rnd(5) == 0)) {
		it = &items[nitems];
		do
			k = rnd(nitems + 1);
		while (k < nitems && !items[k].is_dir);
		it->parent = k == nitems ? EXT4_ROOT_INO : items[k].ino;
		it->is_dir = rnd(6) == 0;
		it->kids = 0;
		snprintf(it->name, sizeof(it->name), "entry-%u-%.*s", (u32)(rng & 0xffffff), (int)rnd(20),
			 "xxxxxxxxxxxxxxxxxxxxxxxxx");
		err = make(it->parent, it->name, it->is_dir ? S_IFDIR | 0755 : S_IFREG | 0644, &it->ino);
		if (!err) {
			if (k < nitems)
				items[k].kids++;
			nitems++;
		}
		return err == -ENOSPC ? 0 : err;
	}
	k = rnd(nitems);
	it = &items[k];
	if (rnd(8) == 0 && !(it->is_dir && it->kids)) {
		err = drop(it->parent, it->name, it->is_dir);
		for (u32 i = 0; !err && i < nitems; i++)
			items[i].kids -= items[i].ino == it->parent;
		if (!err)
			items[k] = items[--nitems];
		return err;
	}
	if (it->is_dir)
		return 0;
	err = work_file(it->ino);
	return err == -ENOSPC || err == -EFBIG ? 0 : err;
}

static void fsck(const char *what)
{
	int r;

	host_disk_save();
	r = host_disk_run("e2fsck -fn %s > /tmp/tern-e2fsck.log 2>&1");
	EXPECT_EQ((u32)r, 0);
	if (r) {
		printf("# %s:\n", what);
		system("head -30 /tmp/tern-e2fsck.log | sed 's/^/# /'");
	}
}

static void worked_on(const char *args, u32 mib, u32 steps)
{
	rng = 99;
	nitems = 0;
	EXPECT(true);
	if (!host_disk_make(args, mib)) {
		printf("# no mke2fs here\n");
		return;
	}
	if (!open_vol())
		return;
	for (u32 i = 0; i < steps; i++) {
		int err = step();

		EXPECT_EQ((u32)-err, 0);
		if (err)
			break;
		if (rnd(100) == 0)
			EXPECT_EQ((u32)-ext4_log_commit(&vol), 0);
		if (rnd(200) == 0)
			ext4_buf_shrink(&vol, 1000);
	}
	close_vol();
	fsck(args);
	/* Everything goes again. */
	if (!open_vol())
		return;
	while (nitems) {
		u32 k = nitems - 1;

		while (items[k].is_dir && items[k].kids)
			k--;
		EXPECT_EQ((u32)-drop(items[k].parent, items[k].name, items[k].is_dir), 0);
		for (u32 i = 0; i < nitems; i++)
			items[i].kids -= items[i].ino == items[k].parent;
		items[k] = items[--nitems];
	}
	close_vol();
	fsck("emptied");
	host_disk_free();
}

TEST(ext4_volume, default_features) { worked_on("-t ext4 -b 4096", 48, 4000); }
TEST(ext4_volume, small_blocks) { worked_on("-t ext4 -b 1024", 32, 5000); }
TEST(ext4_volume, without_check_sums) { worked_on("-t ext4 -O ^metadata_csum,^64bit -b 2048", 32, 2000); }
TEST(ext4_volume, ext3) { worked_on("-t ext3 -b 1024", 32, 2000); }
TEST(ext4_volume, ext2) { worked_on("-t ext2", 32, 2000); }
TEST(ext4_volume, no_journal) { worked_on("-t ext4 -O ^has_journal", 32, 2000); }
TEST(ext4_volume, meta_groups) { worked_on("-t ext4 -b 1024 -O meta_bg,^resize_inode", 32, 1500); }
TEST(ext4_volume, quota) { worked_on("-t ext4 -O quota", 32, 1500); }
TEST(ext4_volume, small_inodes) { worked_on("-t ext4 -I 128 -O ^flex_bg", 32, 1500); }
TEST(ext4_volume, full) { worked_on("-t ext4 -b 1024 -J size=1", 8, 4000); }

static void large_dir(const char *args, u32 count)
{
	struct ext4_node dir;
	char name[64];
	u32 d, ino, bad = 0;

	EXPECT(true);
	if (!host_disk_make(args, 32) || !open_vol())
		return;
	EXPECT_EQ(make(EXT4_ROOT_INO, "dir", S_IFDIR | 0755, &d), 0);
	for (u32 i = 0; i < count && !bad; i++) {
		snprintf(name, sizeof(name), "a-file-of-the-large-directory-%u", i);
		bad += make(d, name, S_IFREG | 0600, &ino) != 0;
	}
	EXPECT_EQ(bad, 0);
	EXPECT_EQ(load(&dir, d), 0);
	EXPECT(dir.flags & EXT4_FL_INDEX);
	for (u32 i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "a-file-of-the-large-directory-%u", i);
		bad += ext4_dir_get(&dir, name, (u32)strlen(name), &ino) != 0;
	}
	EXPECT_EQ(bad, 0);
	EXPECT_EQ((u32)-ext4_dir_get(&dir, "not there", 9, &ino), ENOENT);
	close_vol();
	fsck("large directory");
	if (!open_vol())
		return;
	for (u32 i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "a-file-of-the-large-directory-%u", i);
		bad += drop(d, name, false) != 0;
	}
	EXPECT_EQ(bad, 0);
	close_vol();
	fsck("emptied directory");
	host_disk_free();
}

TEST(ext4_volume, large_directory) { large_dir("-t ext4 -b 4096 -N 8000", 6000); }
TEST(ext4_volume, large_directory_small_blocks) { large_dir("-t ext4 -b 1024 -N 8000", 6000); }

/* Power cuts at any write; by turns this code and e2fsck bring the volume up again. */
static void cut_often(const char *args, u32 rounds)
{
	EXPECT(true);
	if (!host_disk_make(args, 24))
		return;
	for (u32 r = 0; r < rounds; r++) {
		nitems = 0;
		rng = 1000 + r;
		host_disk_track(true);
		host_disk_stop_after(1 + rnd(900));
		if (!open_vol())
			return;
		for (u32 i = 0; i < 400; i++) {
			if (step())
				break;
			if (rnd(12) == 0)
				(void)ext4_log_commit(&vol);
		}
		ext4_vol_close(&vol);
		host_disk_cut(r);
		host_disk_track(false);
		if (r & 1) {
			host_disk_save();
			EXPECT(host_disk_run("e2fsck -fp %s > /tmp/tern-e2fsck.log 2>&1") <= 1);
			host_disk_load();
		} else {
			if (!open_vol())
				return;
			close_vol();
		}
		fsck("after a cut");
	}
	host_disk_free();
}

TEST(ext4_volume, power_cuts) { cut_often("-t ext4 -b 1024 -J size=1", 12); }
TEST(ext4_volume, power_cuts_large_blocks) { cut_often("-t ext4 -b 4096 -J size=4", 8); }
TEST(ext4_volume, power_cuts_ext3) { cut_often("-t ext3 -J size=4", 8); }

/* Everything that can be read of a damaged volume, without trusting anything. */
static bool look(void *arg, const char *name, u32 len, u32 ino, u32 dtype, u64 next)
{
	struct ext4_node n;
	struct ext4_map m;
	char buf[200];
	u32 at = 0;

	if (load(&n, ino))
		return true;
	(void)ext4_xattr_list(&n, buf, sizeof(buf), true);
	(void)ext4_xattr_get(&n, "user.name1", buf, sizeof(buf));
	for (u32 i = 0; i < 50 && ext4_node_has_map(&n) && !ext4_map_get(&n, at, &m); i++) {
		EXPECT(m.kind == EXT4_HOLE || ext4_block_ok(&vol.geo, m.pblk, m.len));
		if (m.len > U32_MAX - at)
			break;
		at += m.len;
	}
	if (S_ISDIR(n.mode) && (*(u32 *)arg)++ < 200 && !(len == 1 && *name == '.') && !(len == 2 && *name == '.')) {
		u64 pos = 0;

		(void)ext4_dir_list(&n, &pos, look, arg);
		(void)ext4_dir_get(&n, "entry-1", 7, &ino);
	}
	return true;
}

static void damage(u8 *disk, u64 bytes, u32 n, bool focused)
{
	while (n--) {
		u64 at = focused ? rnd(512 * 1024) : (u64)rnd((u32)bytes);

		switch (rnd(4)) {
		case 0:
			disk[at] = (u8)rnd(256);
			break;
		case 1:
			disk[at] ^= (u8)(1u << rnd(8));
			break;
		case 2:
			memset(disk + at, 0xff, min(bytes - at, 4UL));
			break;
		default:
			memset(disk + at, 0, min(bytes - at, 16UL));
		}
	}
}

/* Damaged volumes give errors, and nothing else; the sanitizers watch. */
static void damaged(const char *args, u32 rounds)
{
	u8 *clean;
	u64 bytes;

	EXPECT(true);
	rng = 7;
	nitems = 0;
	if (!host_disk_make(args, 8) || !open_vol())
		return;
	for (u32 i = 0; i < 600; i++)
		(void)step();
	close_vol();
	bytes = host_disk_bytes();
	clean = malloc(bytes);
	memcpy(clean, host_disk_data(), bytes);
	for (u32 r = 0; r < rounds; r++) {
		struct ext4_node root;
		const char *why;
		u32 dirs = 0;
		u64 pos = 0;

		memcpy(host_disk_data(), clean, bytes);
		rng = r;
		damage(host_disk_data(), bytes, 1 + rnd(r % 3 ? 400 : 20), r & 1);
		memset(&vol, 0, sizeof(vol));
		vol.dev_bytes = bytes;
		if (ext4_vol_open(&vol, &why))
			continue;
		if (ext4_vol_start(&vol) == 0) {
			nitems = 0;
			for (u32 i = 0; i < 60; i++)
				(void)step();
		}
		if (!load(&root, EXT4_ROOT_INO) && S_ISDIR(root.mode))
			(void)ext4_dir_list(&root, &pos, look, &dirs);
		(void)ext4_vol_stop(&vol);
		ext4_vol_close(&vol);
	}
	free(clean);
	host_disk_free();
}

TEST(ext4_volume, damaged) { damaged("-t ext4 -b 1024 -O ^metadata_csum -J size=1", 300); }
TEST(ext4_volume, damaged_with_check_sums) { damaged("-t ext4 -b 1024 -J size=1", 150); }
TEST(ext4_volume, damaged_ext3) { damaged("-t ext3 -b 1024 -J size=1", 200); }
