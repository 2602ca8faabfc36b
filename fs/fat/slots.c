// SPDX-License-Identifier: GPL-2.0-only
/*
 * FAT directories: files of slots of 32 bytes. An entry is the parts of its long name, if it
 * has one, and behind them the slot with the short name. The root of FAT12 and FAT16 has a place
 * and size of its own, all others are chains of clusters. A slot that begins with 0 ends it.
 *
 * Locks: the caller holds vn_lock of the directory.
 */
#include "fat_impl.h"

static bool is_fixed_root(const struct fat_vnode *dir)
{
	return !dir->start && fat_mount_of(&dir->vn)->geo.bits != 32;
}

int fat_slot_place(struct fat_vnode *dir, u32 n, u64 *place)
{
	struct fat_mount *m = fat_mount_of(&dir->vn);
	u32 shift = m->geo.cluster_bits - 5, cluster, len;
	int err;

	if (is_fixed_root(dir)) {
		*place = m->geo.root_start + n * FAT_SLOT;
		return n < m->geo.root_slots ? 0 : -ENODATA;
	}
	if (n >= FAT_DIR_MAX)
		return -ENODATA;
	err = fat_map(dir, n >> shift, &cluster, &len);
	if (!err)
		*place = fat_cluster_pos(&m->geo, cluster) + (n & ((1u << shift) - 1)) * FAT_SLOT;
	return err;
}

/* A sector's worth of slots, which always lie together. */
#define WINDOW 16u
struct window { u32 first; bool is_filled; u64 place; struct fat_dirent d[WINDOW]; };

/* Slot @n and its place; *d is good until the next call. */
static int slot_read(struct fat_vnode *dir, struct window *w, u32 n, const struct fat_dirent **d, u64 *place)
{
	u32 first = n & ~(WINDOW - 1);
	int err;

	if (!w->is_filled || w->first != first) {
		w->is_filled = false;
		err = fat_slot_place(dir, first, &w->place);
		if (!err)
			err = fat_meta_read(fat_mount_of(&dir->vn), w->place, w->d, sizeof(w->d));
		if (err)
			return err;
		w->first = first;
		w->is_filled = true;
	}
	*d = &w->d[n - first];
	*place = w->place + (n - first) * FAT_SLOT;
	return 0;
}

static bool is_dots(const struct fat_dirent *d)
{
	return !memcmp(d->name, ".          ", 11) || !memcmp(d->name, "..         ", 11);
}

/* What a search needs besides the entry. */
struct scan { struct fat_long l; struct window w; };

/* A slot that ends an entry which is shown: fills @e. */
static bool take_entry(const struct scan *s, const struct fat_dirent *d, u32 first, u32 end, struct fat_entry *e)
{
	if (d->name[0] == FAT_FREE || (d->attr & FAT_ATTR_VOLUME) || is_dots(d))
		return false;
	e->len = fat_name(&s->l, d, e->name);
	if (!e->len)
		return false;
	e->first = s->l.parts && !s->l.next && s->l.sum == fat_short_sum(d->name) ? first : end - 1;
	e->nslots = end - e->first;
	e->d = *d;
	return true;
}

static int next_entry(struct fat_vnode *dir, struct scan *s, u32 *at, struct fat_entry *e)
{
	u32 first = *at;

	fat_long_reset(&s->l);
	for (;;) {
		const struct fat_dirent *d;
		int err = slot_read(dir, &s->w, *at, &d, &e->place);

		if (err)
			return err == -ENODATA ? 0 : err;
		if (!d->name[0])
			return 0;
		++*at;
		if (d->name[0] != FAT_FREE && d->attr == FAT_ATTR_LONG) {
			if (((const struct fat_part *)d)->order & FAT_LONG_LAST)
				first = *at - 1;
			fat_long_add(&s->l, (const struct fat_part *)d);
			continue;
		}
		if (take_entry(s, d, first, *at, e))
			return 1;
		fat_long_reset(&s->l);
		first = *at;
	}
}

int fat_entry_next(struct fat_vnode *dir, u32 *at, struct fat_entry *e)
{
	struct scan *s = kmem_alloc(sizeof(*s), ALLOC_NOFS);
	int r;

	if (!s)
		return -ENOMEM;
	s->w.is_filled = false;
	r = next_entry(dir, s, at, e);
	kmem_free(s);
	return r;
}

int fat_find(struct fat_vnode *dir, const char *name, u32 len, struct fat_entry *e)
{
	struct scan *s = kmem_alloc(sizeof(*s), ALLOC_NOFS);
	char short_name[FAT_NAME_ROOM];
	u32 at = 0;
	int r;

	if (!s)
		return -ENOMEM;
	s->w.is_filled = false;
	len = fat_trim(name, len);
	while ((r = next_entry(dir, s, &at, e)) == 1) {
		if (fat_same_name(e->name, e->len, name, len))
			break;
		if (fat_same_name(short_name, fat_short_name(&e->d, short_name), name, len))
			break;
	}
	kmem_free(s);
	return r;
}

int fat_is_empty(struct fat_vnode *dir)
{
	struct fat_entry *e = kmem_alloc(sizeof(*e), ALLOC_KERNEL);
	u32 at = 0;
	int r = e ? fat_entry_next(dir, &at, e) : -ENOMEM;

	kmem_free(e);
	return r < 0 ? r : !r;
}

/* ---- making ---- */

/* Is the short name @want taken. 1, 0, -errno. */
static int short_exists(struct fat_vnode *dir, const u8 *want)
{
	struct window w = { .is_filled = false };
	const struct fat_dirent *d;
	u64 place;
	int err = 0;

	for (u32 n = 0; !(err = slot_read(dir, &w, n, &d, &place)) && d->name[0]; n++)
		if (d->attr != FAT_ATTR_LONG && !(d->attr & FAT_ATTR_VOLUME) && !memcmp(d->name, want, 11))
			return 1;
	return err == -ENODATA ? 0 : err;
}

static int choose_short(struct fat_vnode *dir, const struct fat_newname *w, u8 *out)
{
	int r = 1;

	memcpy(out, w->base, 11);
	if (w->fits)
		r = short_exists(dir, out);
	for (u32 n = 1; r == 1 && n < 1000000; n++) {
		fat_newname_number(w, n, out);
		r = short_exists(dir, out);
	}
	if (out[0] == FAT_FREE)
		out[0] = FAT_KANJI;
	return r == 1 ? -ENOSPC : r;
}

/* One more cluster of free slots. */
static int grow_dir(struct fat_vnode *dir)
{
	struct fat_mount *m = fat_mount_of(&dir->vn);
	u32 had = (u32)(vnode_size(&dir->vn) >> m->geo.cluster_bits), cluster, n;
	int err = is_fixed_root(dir) || (had << (m->geo.cluster_bits - 5)) >= FAT_DIR_MAX ? -ENOSPC : 0;

	if (!err)
		err = fat_grow(dir, had + 1);
	if (!err)
		err = fat_map(dir, had, &cluster, &n);
	if (!err)
		err = fat_meta_zero(m, fat_cluster_pos(&m->geo, cluster), 1u << m->geo.cluster_bits);
	if (!err)
		vnode_size_set(&dir->vn, (u64)(had + 1) << m->geo.cluster_bits);
	return err;
}

/* @n free slots in a row. */
static int find_room(struct fat_vnode *dir, u32 n, u32 *first)
{
	struct window w = { .is_filled = false };
	u32 at = 0, run = 0;

	for (;;) {
		const struct fat_dirent *d;
		u64 place;
		int err = slot_read(dir, &w, at, &d, &place);

		if (err == -ENODATA) {
			err = grow_dir(dir);
			if (err)
				return err;
			continue;
		}
		if (err)
			return err;
		at++;
		run = !d->name[0] || d->name[0] == FAT_FREE ? run + 1 : 0;
		if (run == n) {
			*first = at - n;
			return 0;
		}
	}
}

static int slot_write(struct fat_vnode *dir, u32 n, const void *slot)
{
	u64 place;
	int err = fat_slot_place(dir, n, &place);

	return err ? err : fat_meta_write(fat_mount_of(&dir->vn), place, slot, FAT_SLOT);
}

static int write_entry(struct fat_vnode *dir, const struct fat_newname *w, struct fat_entry *e)
{
	u8 sum = fat_short_sum(e->d.name);
	int err = 0;

	for (u32 i = 0; i + 1 < e->nslots && !err; i++) {
		struct fat_part p;

		fat_part_make(w, e->nslots - 1 - i, sum, &p);
		err = slot_write(dir, e->first + i, &p);
	}
	if (!err)
		err = fat_slot_place(dir, e->first + e->nslots - 1, &e->place);
	return err ? err : slot_write(dir, e->first + e->nslots - 1, &e->d);
}

int fat_add(struct fat_vnode *dir, const char *name, u32 len, const struct fat_dirent *d, struct fat_entry *out)
{
	struct fat_newname *w = kmem_alloc(sizeof(*w), ALLOC_KERNEL);
	int err = w ? fat_newname_make(name, len, w) : -ENOMEM;

	*out = (struct fat_entry){ .d = *d, .len = fat_trim(name, len) };
	if (!err && out->len >= FAT_NAME_ROOM)
		err = -ENAMETOOLONG;
	if (!err)
		err = choose_short(dir, w, out->d.name);
	if (!err) {
		memcpy(out->name, name, out->len);
		out->d.lcase = 0;
		out->nslots = w->is_short ? 1 : 1 + DIV_ROUND_UP(w->n, FAT_LONG_UNITS);
		err = find_room(dir, out->nslots, &out->first);
	}
	if (!err)
		err = write_entry(dir, w, out);
	kmem_free(w);
	if (!err)
		vnode_touch(&dir->vn, VATTR_MTIME | VATTR_CTIME);
	return err;
}

int fat_drop(struct fat_vnode *dir, const struct fat_entry *e)
{
	struct fat_mount *m = fat_mount_of(&dir->vn);
	u8 mark = FAT_FREE;
	int err = 0;

	/* The last slot first: parts without it mean nothing. */
	for (u32 i = e->nslots; i-- > 0 && !err; ) {
		u64 place;

		err = fat_slot_place(dir, e->first + i, &place);
		if (!err)
			err = fat_meta_write(m, place, &mark, 1);
	}
	if (!err)
		vnode_touch(&dir->vn, VATTR_MTIME | VATTR_CTIME);
	return err;
}
