// SPDX-License-Identifier: GPL-2.0-only
/*
 * Directory blocks. A block is a chain of entries that covers it wholly: each
 * has a length, the last ends at the limit; an entry with inode 0 is free
 * space. Removing gives an entry's space to its predecessor, inserting takes
 * the slack behind an entry's name.
 *
 * Blocks come from disk: every entry is checked before it is used, so a broken
 * chain ends a walk with -EUCLEAN and never leads outside of the block.
 */
#include "dirblock.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <uapi/stat.h>

const char *ext4_dirent_check(const struct ext4_geo *g, const void *block, u32 off)
{
	const struct ext4_disk_dirent *e = (const void *)((const u8 *)block + off);
	u32 limit = ext4_dir_limit(g);

	if (off + 12 > limit)
		return "entry crosses the end";
	if (e->rec_len < 12 || e->rec_len & 3)
		return "entry length is wrong";
	if (off + e->rec_len > limit)
		return "entry is longer than the block";
	if (ext4_dirent_size(e->name_len) > e->rec_len)
		return "name is longer than its entry";
	if (e->inode > g->inodes)
		return "inode number is wrong";
	return NULL;
}

int ext4_dir_find(const struct ext4_geo *g, const void *block, const char *name, u32 len)
{
	u32 limit = ext4_dir_limit(g);

	for (u32 off = 0; off < limit;) {
		const struct ext4_disk_dirent *e = (const void *)((const u8 *)block + off);

		if (ext4_dirent_check(g, block, off))
			return -EUCLEAN;
		if (e->inode && e->name_len == len && !memcmp(e->name, name, len))
			return (int)off;
		off += e->rec_len;
	}
	return -ENOENT;
}

int ext4_dir_room(const struct ext4_geo *g, const void *block, u32 len)
{
	u32 limit = ext4_dir_limit(g), need = ext4_dirent_size(len);

	for (u32 off = 0; off < limit;) {
		const struct ext4_disk_dirent *e = ext4_dirent_at((void *)block, off);
		u32 used;

		if (ext4_dirent_check(g, block, off))
			return -EUCLEAN;
		used = e->inode ? ext4_dirent_size(e->name_len) : 0;
		if (e->rec_len >= used + need)
			return (int)off;
		off += e->rec_len;
	}
	return -ENOSPC;
}

int ext4_dir_insert(const struct ext4_geo *g, void *block, const char *name, u32 len, u32 ino, u8 type)
{
	int off = ext4_dir_room(g, block, len);
	struct ext4_disk_dirent *e;
	u32 used;

	if (off < 0)
		return off;
	e = ext4_dirent_at(block, (u32)off);
	used = e->inode ? ext4_dirent_size(e->name_len) : 0;
	if (used) {
		u16 left = (u16)(e->rec_len - used);

		e->rec_len = (u16)used;
		e = ext4_dirent_at(block, (u32)off + used);
		e->rec_len = left;
	}
	e->inode = ino;
	e->name_len = (u8)len;
	e->file_type = g->incompat & EXT4_INCOMPAT_FILETYPE ? type : 0;
	memcpy(e->name, name, len);
	return 0;
}

int ext4_dir_remove(const struct ext4_geo *g, void *block, u32 off)
{
	struct ext4_disk_dirent *prev = NULL, *e;

	for (u32 at = 0; at <= off; at += e->rec_len) {
		e = ext4_dirent_at(block, at);
		if (ext4_dirent_check(g, block, at))
			return -EUCLEAN;
		if (at == off) {
			e->inode = 0;
			if (prev)
				prev->rec_len = (u16)(prev->rec_len + e->rec_len);
			return 0;
		}
		prev = e;
	}
	return -EUCLEAN;
}

static void put_tail(const struct ext4_geo *g, void *block)
{
	struct ext4_disk_dirtail *t = (void *)((u8 *)block + ext4_dir_limit(g));

	if (ext4_has_csum(g))
		*t = (struct ext4_disk_dirtail){ .rec_len = sizeof(*t), .ft = EXT4_FT_CSUM };
}

void ext4_dir_init(const struct ext4_geo *g, void *block)
{
	memset(block, 0, g->block_size);
	ext4_dirent_at(block, 0)->rec_len = (u16)ext4_dir_limit(g);
	put_tail(g, block);
}

void ext4_dir_init_dots(const struct ext4_geo *g, void *block, u32 self, u32 parent)
{
	ext4_dir_init(g, block);
	ext4_dir_insert(g, block, ".", 1, self, EXT4_FT_DIR);
	ext4_dir_insert(g, block, "..", 2, parent, EXT4_FT_DIR);
}

int ext4_dir_is_empty(const struct ext4_geo *g, const void *block)
{
	u32 limit = ext4_dir_limit(g);

	for (u32 off = 0; off < limit;) {
		const struct ext4_disk_dirent *e = (const void *)((const u8 *)block + off);
		bool is_dot;

		if (ext4_dirent_check(g, block, off))
			return -EUCLEAN;
		is_dot = (e->name_len == 1 && e->name[0] == '.') ||
			 (e->name_len == 2 && e->name[0] == '.' && e->name[1] == '.');
		if (e->inode && !is_dot)
			return 0;
		off += e->rec_len;
	}
	return 1;
}

void ext4_dir_csum_set(const struct ext4_geo *g, u32 iseed, void *block)
{
	struct ext4_disk_dirtail *t = (void *)((u8 *)block + ext4_dir_limit(g));

	if (ext4_has_csum(g))
		t->checksum = ext4_dirleaf_csum(iseed, block, g->block_size);
}

bool ext4_dir_csum_ok(const struct ext4_geo *g, u32 iseed, const void *block)
{
	const struct ext4_disk_dirtail *t = (const void *)((const u8 *)block + ext4_dir_limit(g));

	if (!ext4_has_csum(g))
		return true;
	return !t->zero && t->rec_len == sizeof(*t) && !t->zero2 && t->ft == EXT4_FT_CSUM &&
	       t->checksum == ext4_dirleaf_csum(iseed, block, g->block_size);
}

u8 ext4_ft_of_mode(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return EXT4_FT_REG;
	case S_IFDIR: return EXT4_FT_DIR;
	case S_IFCHR: return EXT4_FT_CHR;
	case S_IFBLK: return EXT4_FT_BLK;
	case S_IFIFO: return EXT4_FT_FIFO;
	case S_IFSOCK: return EXT4_FT_SOCK;
	case S_IFLNK: return EXT4_FT_SYMLINK;
	default: return EXT4_FT_UNKNOWN;
	}
}

u32 ext4_dtype_of_ft(u8 ft)
{
	/* DT_UNKNOWN, REG, DIR, CHR, BLK, FIFO, SOCK, LNK */
	static const u8 dt[8] = { 0, 8, 4, 2, 6, 1, 12, 10 };

	return ft < 8 ? dt[ft] : 0;
}
