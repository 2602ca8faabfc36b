// SPDX-License-Identifier: GPL-2.0-only
/*
 * buddyinfo, zoneinfo, and one word for each page frame: kpagecount, kpageflags
 * (their positions are frame numbers times eight).
 */
#include "procfs_impl.h"

#include <tern/base/initcall.h>
#include <tern/kernel/cred.h>
#include <tern/mm/uio.h>
#include <tern/mm/vmstat.h>

#define ENTRY	sizeof(u64)
#define BATCH	512

static void print_buddyinfo(struct seqbuf *sb, void *arg)
{
	struct zoneinfo z;

	for (u32 i = 0; zoneinfo_get(i, &z); i++) {
		if (!z.managed)
			continue;
		seqbuf_printf(sb, "Node 0, zone %8s ", z.name);
		for (u32 o = 0; o <= BUDDY_ORDER_MAX; o++)
			seqbuf_printf(sb, "%6lu ", z.blocks[o]);
		seqbuf_putc(sb, '\n');
	}
}
static struct procfile buddyinfo_file = { .path = "buddyinfo", .mode = 0400, .print = print_buddyinfo };
PROCFILE(buddyinfo_file);

static void row(struct seqbuf *sb, const char *name, u64 v)
{
	seqbuf_printf(sb, "\n      %-12s %lu", name, v);
}

static void print_node_stats(struct seqbuf *sb)
{
	seqbuf_puts(sb, "\n  per-node stats");
	row(sb, "nr_inactive_anon", vmstat_read(VMSTAT_INACTIVE_ANON));
	row(sb, "nr_active_anon", vmstat_read(VMSTAT_ACTIVE_ANON));
	row(sb, "nr_inactive_file", vmstat_read(VMSTAT_INACTIVE_FILE));
	row(sb, "nr_active_file", vmstat_read(VMSTAT_ACTIVE_FILE));
	row(sb, "nr_unevictable", vmstat_read(VMSTAT_UNEVICTABLE));
	row(sb, "nr_slab_reclaimable", vmstat_read(VMSTAT_SLAB_RECLAIMABLE));
	row(sb, "nr_slab_unreclaimable", vmstat_read(VMSTAT_SLAB_UNRECLAIMABLE));
	row(sb, "nr_anon_pages", vmstat_read(VMSTAT_ANON));
	row(sb, "nr_mapped", vmstat_read(VMSTAT_MAPPED));
	row(sb, "nr_file_pages", vmstat_read(VMSTAT_FILE));
	row(sb, "nr_dirty", vmstat_read(VMSTAT_DIRTY));
	row(sb, "nr_writeback", vmstat_read(VMSTAT_WRITEBACK));
	row(sb, "nr_shmem", vmstat_read(VMSTAT_SHMEM));
}

static void print_zoneinfo(struct seqbuf *sb, void *arg)
{
	bool is_first = true;
	struct zoneinfo z;

	for (u32 i = 0; zoneinfo_get(i, &z); i++) {
		if (!z.managed)
			continue;
		seqbuf_printf(sb, "Node 0, zone %8s", z.name);
		if (is_first)
			print_node_stats(sb);
		is_first = false;
		seqbuf_printf(sb, "\n  pages free     %lu\n        min      %lu\n        low      %lu"
				  "\n        high     %lu\n        spanned  %lu\n        managed  %lu",
			      z.free, z.wm_min, z.wm_low, z.wm_high, z.end - z.start, z.managed);
		seqbuf_printf(sb, "\n  start_pfn:           %lu\n", z.start);
	}
}
static struct procfile zoneinfo_file = { .path = "zoneinfo", .mode = 0400, .print = print_zoneinfo };
PROCFILE(zoneinfo_file);

/* ---- frames ---- */

static ssize_t frames_read(struct uio *u, loff_t *pos, u64 (*word)(u64 pfn))
{
	u64 pfn = (u64)*pos / ENTRY, end = page_pfn_end();
	ssize_t done = 0;
	u64 *buf;

	if ((u64)*pos % ENTRY || u->resid % ENTRY)
		return -EINVAL;
	if (pfn >= end || !u->resid)
		return 0;
	buf = kmem_alloc(BATCH * ENTRY, ALLOC_KERNEL);
	if (!buf)
		return -ENOMEM;
	while (u->resid && pfn < end) {
		u64 n = min_t(u64, min_t(u64, u->resid / ENTRY, BATCH), end - pfn);

		for (u64 i = 0; i < n; i++)
			buf[i] = word(pfn + i);
		if (uio_put(u, buf, n * ENTRY) != n * ENTRY) {
			done = done ? done : -EFAULT;
			break;
		}
		pfn += n;
		done += n * ENTRY;
		*pos += n * ENTRY;
		if (signal_is_fatal_pending())
			break;
	}
	kmem_free(buf);
	return done;
}

static ssize_t kpagecount_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	return frames_read(u, pos, page_report_mapcount);
}

static ssize_t kpageflags_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	return frames_read(u, pos, page_report_flags);
}

static int frames_open(struct ofile *f, struct vnode *vn)
{
	f->of_mode |= OFILE_SEEK;
	return 0;
}

#define FRAME_FOPS(var, rd)									\
	static const struct ofile_ops var = {							\
		.open = frames_open, .release = fop_default_release, .read = rd,		\
		.write = fop_no_write, .seek = fop_dir_seek, .poll = fop_default_poll,		\
		.ioctl = fop_no_ioctl, FOPS_PLAIN, FOPS_NO_STORAGE,				\
	}
FRAME_FOPS(kpagecount_fops, kpagecount_read);
FRAME_FOPS(kpageflags_fops, kpageflags_read);

static int frames_start(void)
{
	int err = procnode_add_file("kpagecount", 0400, &kpagecount_fops);

	return err ? err : procnode_add_file("kpageflags", 0400, &kpageflags_fops);
}
INITCALL(FS, frames_start);
