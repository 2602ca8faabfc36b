// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unpacking the initramfs into the root file system: archives in "newc" cpio
 * format one after another, each plain or compressed, with zero bytes in
 * between. A file that exists is replaced; what is wrong with an archive is
 * said once and ends the unpacking, what was unpacked before stays.
 */
#include "init_impl.h"

#include <asm/bootinfo.h>
#include <asm/page.h>
#include <tern/mm/kva.h>
#include <tern/base/err.h>
#include <tern/fs/ofile.h>
#include <tern/fs/path.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>
#include <tern/lib/cpio.h>
#include <tern/lib/string.h>
#include <tern/lib/unzip.h>
#include <tern/mm/init.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>
#include <uapi/stat.h>

/* A directory whose time is set at the end: making files in it changes it. */
struct dir_time {
	struct dir_time *next;
	s64 mtime_ns;
	char name[];
};

struct unpack {
	struct cpio cpio;
	struct cpio_entry e;		/* under way; name in name[] */
	char *name;			/* CPIO_NAME_MAX */
	char *link;			/* target text under way, PATH_MAX */
	u32 link_len;
	struct ofile *file;		/* regular file under way */
	loff_t pos;
	struct dir_time *dirs;
	u64 skipped;			/* entries that could not be made */
};

static void *mem_alloc(void *ctx, size_t size) { return kmem_alloc_large(size, ALLOC_KERNEL); }
static void mem_free(void *ctx, void *ptr, size_t size) { kmem_free_large(ptr); }
static const struct lib_alloc memory = { .alloc = mem_alloc, .free = mem_free };

static s64 time_of(const struct cpio_entry *e)
{
	return (s64)e->mtime * (s64)NSEC_PER_SEC;
}

/* Owner, mode and time of what was just made. */
static void set_attrs(struct unpack *u)
{
	(void)kfs_chown(u->name, u->e.uid, u->e.gid);
	if (!S_ISLNK(u->e.mode))
		(void)kfs_chmod(u->name, u->e.mode);
	(void)kfs_utime(u->name, time_of(&u->e));
}

static void remember_dir(struct unpack *u)
{
	size_t len = strlen(u->name);
	struct dir_time *d = kmem_alloc(sizeof(*d) + len + 1, ALLOC_KERNEL);

	if (!d)
		return;		/* only its time would be another */
	d->mtime_ns = time_of(&u->e);
	memcpy(d->name, u->name, len + 1);
	d->next = u->dirs;
	u->dirs = d;
}

static int make_dir(struct unpack *u)
{
	int err = kfs_mkdir(u->name, u->e.mode);

	if (err && err != -EEXIST)
		return err;
	(void)kfs_chown(u->name, u->e.uid, u->e.gid);
	(void)kfs_chmod(u->name, u->e.mode);
	remember_dir(u);
	return 0;
}

static int make_file(struct unpack *u, const char *link_to)
{
	u32 flags = O_WRONLY | O_CREAT;

	/* Another name of a file seen before; data may come with any of the names. */
	if (link_to) {
		int err;

		(void)kfs_unlink(u->name);
		err = kfs_link(link_to, u->name);
		if (err || !u->e.size)
			return err;
	} else {
		flags |= O_TRUNC;
	}
	u->file = ofile_open_kernel(u->name, flags, u->e.mode & 07777);
	if (IS_ERR(u->file)) {
		int err = (int)PTR_ERR(u->file);

		u->file = NULL;
		return err;
	}
	u->pos = 0;
	return 0;
}

/* Something of another kind may have the name: an earlier archive's. */
static void clear_way(const char *name, mode_t mode)
{
	struct fspath p;
	mode_t old;

	if (path_lookup(name, LOOKUP_KERNEL, &p))
		return;
	old = path_vnode(&p)->vn_mode;
	fspath_put(&p);
	if ((old & S_IFMT) != (mode & S_IFMT) || S_ISLNK(old)) {
		if (S_ISDIR(old))
			(void)kfs_rmdir(name);
		else
			(void)kfs_unlink(name);
	}
}

static int entry_begin(void *ctx, const struct cpio_entry *e)
{
	struct unpack *u = ctx;
	int err = 0;

	u->e = *e;
	u->name[0] = '/';
	strlcpy(u->name + 1, e->name, CPIO_NAME_MAX);
	u->link_len = 0;
	if (!strcmp(e->name, ".") || !*e->name)
		return 0;
	clear_way(u->name, e->mode);
	switch (e->mode & S_IFMT) {
	case S_IFREG:
		err = make_file(u, e->link_to);
		break;
	case S_IFDIR:
		err = make_dir(u);
		break;
	case S_IFCHR: case S_IFBLK: case S_IFIFO: case S_IFSOCK:
		if (e->link_to) {
			err = kfs_link(e->link_to, u->name);
		} else {
			err = kfs_mknod(u->name, e->mode, DEV_MAKE(e->rdev_major, e->rdev_minor));
			if (err == -EEXIST)	/* of the same kind: it stays, as on Linux */
				err = 0;
			if (!err)
				set_attrs(u);
		}
		break;
	default:		/* links are made when their text is there */
		break;
	}
	if (err == -EEXIST)
		err = 0;
	if (err == -ENOMEM || err == -ENOSPC)
		return err;
	if (err && !u->skipped++)
		kwarn("initramfs: cannot make %s: error %d", u->name, err);
	return 0;
}

static int entry_data(void *ctx, const void *data, size_t len)
{
	struct unpack *u = ctx;

	if (u->file) {
		ssize_t n = ofile_write_kernel(u->file, data, len, &u->pos);

		return n < 0 ? (int)n : n < (ssize_t)len ? -ENOSPC : 0;
	}
	if (S_ISLNK(u->e.mode)) {
		if (u->link_len + len >= PATH_MAX)
			return -ENAMETOOLONG;
		memcpy(u->link + u->link_len, data, len);
		u->link_len += (u32)len;
	}
	return 0;
}

static int entry_end(void *ctx)
{
	struct unpack *u = ctx;
	int err = 0;

	if (u->file) {
		ofile_put(u->file);
		u->file = NULL;
		set_attrs(u);
	} else if (S_ISLNK(u->e.mode)) {
		u->link[u->link_len] = 0;
		err = kfs_symlink(u->link, u->name);
		if (!err)
			set_attrs(u);
		else if (!u->skipped++)
			kwarn("initramfs: cannot make link %s: error %d", u->name, err);
	}
	return 0;
}

static const struct cpio_ops unpack_ops = {
	.entry_begin = entry_begin, .data = entry_data, .entry_end = entry_end,
};

static void say(struct unpack *u, const char *what, int err)
{
	kerr("initramfs unpacking failed: %s (error %d, after %lu entries)", what, err, u->cpio.entries);
}

/* Decompressed bytes: the parser must take them all. */
static int unzip_to_cpio(void *ctx, const void *data, size_t len)
{
	struct unpack *u = ctx;
	size_t used;
	int err = cpio_feed(&u->cpio, data, len, &used);

	if (err)
		return err;
	return used < len ? -EINVAL : 0;
}

/* One compressed stream at @p; *used is its length. */
static int unpack_stream(struct unpack *u, const u8 *p, size_t n, size_t *used)
{
	enum unzip_format format = unzip_detect(p, n);
	struct unzip z;
	int err;

	if (format == UNZIP_UNKNOWN) {
		say(u, "neither a cpio archive nor a known compression", -EINVAL);
		return -EINVAL;
	}
	err = unzip_open(&z, format, &memory, unzip_to_cpio, u);
	if (!err)
		err = unzip_feed(&z, p, n, used);
	if (err == 0)
		err = unzip_finish(&z);
	else if (err == 1)
		err = 0;
	unzip_close(&z);
	if (err)
		say(u, unzip_error_text(err), err);
	return err;
}

static int unpack_range(struct unpack *u, const u8 *p, size_t n)
{
	size_t used;
	int err;

	while (n) {
		err = cpio_feed(&u->cpio, p, n, &used);
		if (err) {
			say(u, "broken cpio archive", err);
			return err;
		}
		p += used;
		n -= used;
		if (!n)
			break;
		err = unpack_stream(u, p, n, &used);
		if (err)
			return err;
		p += used;
		n -= used;
	}
	return 0;
}

static void set_dir_times(struct unpack *u)
{
	while (u->dirs) {
		struct dir_time *d = u->dirs;

		u->dirs = d->next;
		(void)kfs_utime(d->name, d->mtime_ns);
		kmem_free(d);
	}
}

/*
 * A loader may put an archive where the firmware's map later reserves memory: such
 * pages are not in the direct map and are looked at through a mapping of their own.
 */
static int unpack_archive(struct unpack *u, paddr_t start, u64 len)
{
	paddr_t first = ALIGN_DOWN(start, PAGE_SIZE), end = ALIGN_UP(start + len, PAGE_SIZE);
	bool is_mapped = true;
	u8 *view;
	int err;

	for (paddr_t pa = first; pa < end && is_mapped; pa += PAGE_SIZE)
		is_mapped = pt_kernel_lookup((uptr)phys_to_virt(pa)) != (paddr_t)-1;
	if (is_mapped)
		return unpack_range(u, phys_to_virt(start), len);
	view = mmio_map(first, end - first, PROT_NOCACHE);
	if (!view)
		return -ENOMEM;
	err = unpack_range(u, view + (start - first), len);
	mmio_unmap(view);
	return err;
}

/* What is there under every archive, as on Linux: the console, and where root= is mounted. */
static void make_first_entries(void)
{
	if (kfs_mkdir("/dev", 0755) || kfs_mkdir("/root", 0700) ||
	    kfs_mknod("/dev/console", S_IFCHR | 0600, DEV_MAKE(5, 1)))
		kwarn("initramfs: no memory for the first entries");
}

int initramfs_unpack(void)
{
	struct unpack *u = kmem_zalloc(sizeof(*u), ALLOC_KERNEL);
	int err = -ENOMEM;

	make_first_entries();
	if (!bootinfo.ninitrd) {
		kmem_free(u);
		return 0;
	}
	if (!u)
		return err;
	u->name = kmem_alloc(CPIO_NAME_MAX + 1, ALLOC_KERNEL);
	u->link = kmem_alloc(PATH_MAX, ALLOC_KERNEL);
	if (u->name && u->link)
		err = cpio_init(&u->cpio, &unpack_ops, u, &memory);
	if (err)
		goto out;
	for (u32 i = 0; i < bootinfo.ninitrd && !err; i++)
		err = unpack_archive(u, bootinfo.initrd[i].start, bootinfo.initrd[i].len_bytes);
	if (!err) {
		err = cpio_finish(&u->cpio);
		if (err)
			say(u, "archive ends in the middle of a file", err);
	}
	if (u->file)
		ofile_put(u->file);
	set_dir_times(u);
	cpio_fini(&u->cpio);
	for (u32 i = 0; i < bootinfo.ninitrd; i++)
		mm_free_reserved(bootinfo.initrd[i].start,
				 bootinfo.initrd[i].start + bootinfo.initrd[i].len_bytes);
out:
	kmem_free(u->name);
	kmem_free(u->link);
	kmem_free(u);
	return err;
}
