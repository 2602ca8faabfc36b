// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O accounting: /proc/diskstats, "stat" in sysfs, /proc/partitions.
 *
 * Counters are per CPU and only summed by readers. Busy time is kept as a stamp that each begin
 * and end moves forward; two at the same moment may lose a little of it, never add.
 */
#include "blk_impl.h"

#include <asm/cpu.h>
#include <asm/percpu.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/clock.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <uapi/stat.h>

static enum blkgroup group_of(const struct ioreq *r)
{
	switch (r->op) {
	case IOREQ_READ:
		return BLK_READ;
	case IOREQ_DISCARD:
		return BLK_DISCARD;
	case IOREQ_FLUSH:
		return BLK_FLUSH;
	default:
		return r->nsectors ? BLK_WRITE : BLK_FLUSH;
	}
}

static struct blkstats *stats_of(const struct blkdev *b, u32 cpu)
{
	return (struct blkstats *)((uptr)b->stats + percpu_base[cpu]);
}

/* The device was busy (if anything is in flight, or something just ended) until now. */
static void move_stamp(struct blkdev *b, nsec_t now, bool was_busy)
{
	u64 old = READ_ONCE(b->busy_stamp);

	if (now <= old || !cas(&b->busy_stamp, old, now))
		return;
	if (was_busy)
		__atomic_fetch_add(&b->busy_ns, now - old, __ATOMIC_RELAXED);
}

static bool is_busy(const struct blkdev *b)
{
	return atomic_read(&b->inflight[0]) || atomic_read(&b->inflight[1]);
}

static void begin_on(struct blkdev *b, const struct ioreq *r)
{
	move_stamp(b, r->start_ns, is_busy(b));
	atomic_inc(&b->inflight[r->group != BLK_READ]);
}

void blkstat_begin(struct ioreq *r)
{
	struct blkdev *whole = r->dev->disk->whole;

	r->group = group_of(r);
	r->start_ns = clock_ns();
	begin_on(r->dev, r);
	if (r->dev != whole)
		begin_on(whole, r);
}

static void end_on(struct blkdev *b, const struct ioreq *r, nsec_t now)
{
	u64 flags = irq_save();
	struct blkstats *s = stats_of(b, cpu_self());

	s->ios[r->group]++;
	s->sectors[r->group] += r->group == BLK_FLUSH ? 0 : r->nsectors;
	s->ns[r->group] += now - r->start_ns;
	irq_restore(flags);
	move_stamp(b, now, true);
	atomic_dec(&b->inflight[r->group != BLK_READ]);
}

void blkstat_end(struct ioreq *r)
{
	struct blkdev *whole;
	nsec_t now;

	if (r->group >= BLK_GROUPS)
		return;		/* the core's own flush */
	whole = r->dev->disk->whole;
	now = clock_ns();
	end_on(r->dev, r, now);
	if (r->dev != whole)
		end_on(whole, r, now);
}

void blkstat_merge(struct ioreq *r)
{
	u64 flags = irq_save();
	u32 cpu = cpu_self();

	stats_of(r->dev, cpu)->merges[r->group]++;
	if (r->dev->partno)
		stats_of(r->dev->disk->whole, cpu)->merges[r->group]++;
	irq_restore(flags);
}

void blkstat_sum(const struct blkdev *b, struct blkstats *out)
{
	memset(out, 0, sizeof(*out));
	for_each_possible_cpu(cpu) {
		const u64 *from = (const u64 *)stats_of(b, cpu);
		u64 *to = (u64 *)out;

		for (size_t i = 0; i < sizeof(*out) / sizeof(*to); i++)
			to[i] += READ_ONCE(from[i]);
	}
}

static u64 ms(u64 ns)
{
	return ns / NSEC_PER_MSEC;
}

void blkstat_print(struct seqbuf *sb, struct blkdev *b)
{
	struct blkstats s;
	u64 total = 0;

	if (is_busy(b))
		move_stamp(b, clock_ns(), true);
	blkstat_sum(b, &s);
	for (u32 g = BLK_READ; g <= BLK_WRITE; g++)
		seqbuf_printf(sb, "%lu %lu %lu %lu ", s.ios[g] - s.merges[g], s.merges[g], s.sectors[g],
			      ms(s.ns[g]));
	for (u32 g = 0; g < BLK_GROUPS; g++)
		total += s.ns[g];
	seqbuf_printf(sb, "%u %lu %lu ", (u32)atomic_read(&b->inflight[0]) + (u32)atomic_read(&b->inflight[1]),
		      ms(READ_ONCE(b->busy_ns)), ms(total));
	seqbuf_printf(sb, "%lu %lu %lu %lu ", s.ios[BLK_DISCARD] - s.merges[BLK_DISCARD],
		      s.merges[BLK_DISCARD], s.sectors[BLK_DISCARD], ms(s.ns[BLK_DISCARD]));
	seqbuf_printf(sb, "%lu %lu\n", s.ios[BLK_FLUSH], ms(s.ns[BLK_FLUSH]));
}

static void diskstats_print(struct seqbuf *sb, void *arg)
{
	for (struct blkdev *b = blkdev_next(NULL); b; b = blkdev_next(b)) {
		/* Partitions that nobody can see (no medium) and empty disks are left out, as on Linux. */
		if (!b->nsectors)
			continue;
		seqbuf_printf(sb, "%4u %7u %s ", DEV_MAJOR(b->number), DEV_MINOR(b->number), b->name);
		blkstat_print(sb, b);
	}
}

static void partitions_print(struct seqbuf *sb, void *arg)
{
	seqbuf_puts(sb, "major minor  #blocks  name\n\n");
	for (struct blkdev *b = blkdev_next(NULL); b; b = blkdev_next(b)) {
		if (b->nsectors)
			seqbuf_printf(sb, "%4u  %7u %10lu %s\n", DEV_MAJOR(b->number), DEV_MINOR(b->number),
				      b->nsectors >> 1, b->name);
	}
}

void blk_iostat_print(struct seqbuf *sb)
{
	struct blkstats s;

	for (struct blkdev *b = blkdev_next(NULL); b; b = blkdev_next(b)) {
		if (b->partno)
			continue;
		blkstat_sum(b, &s);
		if (!s.ios[BLK_READ] && !s.ios[BLK_WRITE] && !s.ios[BLK_DISCARD])
			continue;
		seqbuf_printf(sb, "%u:%u rbytes=%lu wbytes=%lu rios=%lu wios=%lu dbytes=%lu dios=%lu\n",
			      DEV_MAJOR(b->number), DEV_MINOR(b->number), s.sectors[BLK_READ] << SECTOR_SHIFT,
			      s.sectors[BLK_WRITE] << SECTOR_SHIFT, s.ios[BLK_READ], s.ios[BLK_WRITE],
			      s.sectors[BLK_DISCARD] << SECTOR_SHIFT, s.ios[BLK_DISCARD]);
	}
}

static struct procfile diskstats_file = { .path = "diskstats", .print = diskstats_print };
static struct procfile partitions_file = { .path = "partitions", .print = partitions_print };
PROCFILE(diskstats_file);
PROCFILE(partitions_file);
