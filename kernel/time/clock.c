// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clocks. Everything follows from arch_clock_ns(), which counts ns at a constant rate.
 *
 *	monotonic	the counter, sped up or slowed down by NTP (clock_set_rate_locked)
 *	realtime	monotonic + wall_offset, which steps when the clock is set
 *	boot		monotonic (there is no suspend)
 *	coarse		monotonic as of the last tick or idle exit; costs one load
 *
 * Until NTP first changes the rate, monotonic is the counter itself. Readers use a
 * sequence count; writers clock_lock, a leaf with interrupts off.
 *
 * Lock order: watch_lock > locks of those who watch > clock_lock.
 */
#include <asm/clock.h>
#include <asm/page.h>
#include <asm/vvar.h>
#include <tern/base/lock.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/klog.h>

#include "time_impl.h"

struct spin clock_lock = SPIN_INIT(LOCKRANK_CLOCK);	/* protects what follows against change */
static struct seqctr clock_seq;
static bool is_scaled;		/* the rate was changed once */
static u64 raw_base, mono_base;
static s64 rate_adj;		/* 2^-32 of the counter's rate */
static s64 wall_offset;
static nsec_t coarse_now;	/* A never goes back */
s32 clock_tai_offset;

static struct spin watch_lock = SPIN_INIT(LOCKRANK_CLOCKWATCH);
static LIST_HEAD(watchers);

static u64 scaled_now(void)
{
	s64 delta = (s64)(arch_clock_ns() - raw_base);

	return mono_base + (u64)delta + (u64)(s64)(((__int128)delta * rate_adj) >> 32);
}

nsec_t clock_ns(void)
{
	u64 ns;
	u32 seq;

	if (likely(!READ_ONCE(is_scaled)))
		return arch_clock_ns();
	do {
		seq = seq_read_begin(&clock_seq);
		ns = scaled_now();
	} while (seq_read_retry(&clock_seq, seq));
	return ns;
}

/* Tell the vDSO; clock_lock is held, or this is boot. */
static void publish(void)
{
	nsec_t at = arch_clock_ns();
	u64 mono = is_scaled ? scaled_now() : at;
	struct vvar_update u = {
		.at = at, .mono_ns = mono, .boot_ns = mono, .real_ns = (s64)mono + wall_offset,
		.tai_offset_ns = clock_tai_offset * (s64)NSEC_PER_SEC,
		.rate = (u64)((1L << 32) + rate_adj),
	};

	arch_vvar_publish(&u);
}

void clock_tai_changed_locked(void)
{
	publish();
}

void clock_set_rate_locked(s64 adj)
{
	u64 now;

	if (adj == rate_adj)
		return;
	seq_write_begin(&clock_seq);
	now = is_scaled ? scaled_now() : arch_clock_ns();
	raw_base = arch_clock_ns();
	mono_base = now;
	rate_adj = adj;
	WRITE_ONCE(is_scaled, true);
	seq_write_end(&clock_seq);
	publish();
}

s64 clock_realtime_ns(void)
{
	return (s64)clock_ns() + READ_ONCE(wall_offset);
}

s64 clock_tai_ns(void)
{
	return clock_realtime_ns() + READ_ONCE(clock_tai_offset) * (s64)NSEC_PER_SEC;
}

nsec_t clock_boot_ns(void)
{
	return clock_ns();
}

nsec_t clock_raw_ns(void)
{
	return arch_clock_ns();
}

void clock_coarse_refresh(nsec_t now)
{
	nsec_t old = READ_ONCE(coarse_now);

	if (now > old)
		(void)cas(&coarse_now, old, now);
}

void clock_tick_update(void)
{
	clock_coarse_refresh(clock_ns());
}

nsec_t clock_coarse_ns(void)
{
	return READ_ONCE(coarse_now);
}

s64 clock_realtime_coarse_ns(void)
{
	return (s64)READ_ONCE(coarse_now) + READ_ONCE(wall_offset);
}

s64 clock_boot_realtime_ns(void)
{
	return READ_ONCE(wall_offset);
}

u64 clock_ticks_now(void)
{
	return clock_ns() / (NSEC_PER_SEC / HZ);
}

nsec_t deadline_after(u64 ns)
{
	nsec_t now = clock_ns();

	return ns > (u64)S64_MAX - now ? (u64)S64_MAX : now + ns;
}

nsec_t clock_real_to_mono(s64 real_ns)
{
	s64 offset = READ_ONCE(wall_offset), mono;

	if (check_sub(real_ns, offset, &mono))
		return (u64)S64_MAX;
	return mono < 0 ? 0 : (nsec_t)mono;
}

/* ---- setting ---- */

void clock_watch_add(struct clock_watch *w)
{
	u64 flags = spin_lock_irqsave(&watch_lock);

	list_add(&w->link, &watchers);
	spin_unlock_irqrestore(&watch_lock, flags);
}

void clock_watch_remove(struct clock_watch *w)
{
	u64 flags = spin_lock_irqsave(&watch_lock);

	list_del_init(&w->link);
	spin_unlock_irqrestore(&watch_lock, flags);
}

static void tell_watchers(void)
{
	u64 flags = spin_lock_irqsave(&watch_lock);
	struct clock_watch *w, *next;

	list_foreach_safe(w, next, &watchers, link)
		w->stepped(w);
	spin_unlock_irqrestore(&watch_lock, flags);
}

void clock_step_realtime_locked(s64 delta)
{
	WRITE_ONCE(wall_offset, wall_offset + delta);
	publish();
}

void clock_step_realtime(s64 delta)
{
	u64 flags = spin_lock_irqsave(&clock_lock);

	clock_step_realtime_locked(delta);
	spin_unlock_irqrestore(&clock_lock, flags);
	tell_watchers();
}

void clock_set_realtime(s64 ns)
{
	clock_step_realtime(ns - clock_realtime_ns());
	ntp_clear();
}

void clock_init(void)
{
	s64 rtc = arch_rtc_read();
	nsec_t now = clock_ns();

	if (rtc > 0)
		wall_offset = rtc * (s64)NSEC_PER_SEC - (s64)now;
	else
		kwarn("no real-time clock: the wall clock starts in 1970");
	coarse_now = now;
	publish();
	kinfo("clock: %s, resolution %u ns", arch_clock_name(), arch_clock_resolution_ns());
}
