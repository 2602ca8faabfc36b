// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clock discipline: adjtimex(2), adjtime(3).
 *
 * The rate of the monotonic clock is nominal + frequency + tick + what this second takes
 * off a phase error. Phase errors come from ADJ_OFFSET in PLL mode (a fraction of
 * what is left each second, which also trims the frequency) and from adjtime (500 us
 * each second). While one is left a timeout recomputes the rate once a second.
 *
 * Frequencies are in the user's unit, 2^-16 ppm. Limits: no pulse-per-second source;
 * leap seconds are done by the once-a-second step.
 */
#include <tern/base/spin.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/timeout.h>

#include "time_impl.h"

#define PPM_SCALE	65536L
#define FREQ_MAX	(500 * PPM_SCALE)
#define FREQ_VALID	(S64_MAX / (PPM_SCALE * 1000))	/* what is above FREQ_MAX is cut, nonsense is refused */
#define PHASE_MAX_NS	500000000L
#define MAXERROR_MAX	16000000L	/* us */
#define ADJTIME_RATE_NS	500000L		/* each second */
#define TICK_NOMINAL	(1000000L / USER_HZ)
#define SHIFT_PLL	2
#define CONSTANT_MAX	10
#define DAY		86400L

/* All under clock_lock. */
static struct {
	s32 status, state;
	s64 freq;		/* 2^-16 ppm */
	s64 tick;		/* us for each 1/USER_HZ second */
	s64 offset_ns;		/* phase left, PLL */
	s64 adjtime_us;		/* phase left, adjtime */
	s64 constant, maxerror, esterror;
	s64 ref_sec;		/* of the last ADJ_OFFSET */
	s64 leap_day;		/* second at which a leap second is due */
} ntp = {
	.status = STA_UNSYNC_, .state = TIME_OK_, .tick = TICK_NOMINAL, .constant = 2,
	.maxerror = MAXERROR_MAX, .esterror = MAXERROR_MAX,
};

static void second_step(struct timeout *t);
static struct timeout second_timer = { .fn = second_step };

/* ns in a second that the clock shall gain, as a rate in 2^-32. */
static s64 rate_of_ns(s64 ns)
{
	return ns * (1L << 32) / (s64)NSEC_PER_SEC;
}

static s64 base_rate(void)
{
	s64 freq = ntp.freq * (1L << 16) / 1000000;
	s64 tick = (ntp.tick - TICK_NOMINAL) * (1L << 32) / TICK_NOMINAL;

	return freq + tick;
}

/* What this second takes off the phase errors. */
static s64 phase_step(void)
{
	s64 us = clamp_t(s64, ntp.adjtime_us, -ADJTIME_RATE_NS / 1000, ADJTIME_RATE_NS / 1000);
	s64 ns = ntp.offset_ns / (1L << (SHIFT_PLL + ntp.constant));

	if (!ns)
		ns = ntp.offset_ns;
	ntp.adjtime_us -= us;
	ntp.offset_ns -= ns;
	return us * 1000 + ns;
}

static void leap_step(s64 now_sec)
{
	bool is_ins = ntp.status & STA_INS_, is_del = ntp.status & STA_DEL_;

	switch (ntp.state) {
	case TIME_OK_:
		if (is_ins || is_del) {
			ntp.state = is_ins ? TIME_INS_ : TIME_DEL_;
			ntp.leap_day = (now_sec / DAY + 1) * DAY - is_del;
		}
		break;
	case TIME_INS_:
	case TIME_DEL_:
		if (!(ntp.status & (ntp.state == TIME_INS_ ? STA_INS_ : STA_DEL_))) {
			ntp.state = TIME_OK_;
		} else if (now_sec >= ntp.leap_day) {
			s64 step = ntp.state == TIME_INS_ ? -1 : 1;

			clock_tai_offset -= (s32)step;
			clock_step_realtime_locked(step * (s64)NSEC_PER_SEC);
			ntp.state = step < 0 ? TIME_OOP_ : TIME_WAIT_;
		}
		break;
	case TIME_OOP_:
		ntp.state = TIME_WAIT_;
		break;
	case TIME_WAIT_:
		if (!is_ins && !is_del)
			ntp.state = TIME_OK_;
		break;
	}
}

static bool is_busy(void)
{
	return ntp.adjtime_us || ntp.offset_ns || ntp.state != TIME_OK_ ||
	       (ntp.status & (STA_INS_ | STA_DEL_)) || !(ntp.status & STA_UNSYNC_);
}

static void second_step(struct timeout *t)
{
	u64 flags = spin_lock_irqsave(&clock_lock);
	s64 real = clock_realtime_ns();
	bool goes_on;

	leap_step(real / (s64)NSEC_PER_SEC);
	ntp.maxerror = min_t(s64, ntp.maxerror + 500, MAXERROR_MAX);
	if (ntp.maxerror == MAXERROR_MAX)
		ntp.status |= STA_UNSYNC_;
	goes_on = is_busy();
	clock_set_rate_locked(base_rate() + rate_of_ns(phase_step()));
	spin_unlock_irqrestore(&clock_lock, flags);
	if (goes_on)
		timeout_arm(t, clock_ns() + NSEC_PER_SEC - (u64)real % NSEC_PER_SEC);
}

void ntp_clear(void)
{
	u64 flags = spin_lock_irqsave(&clock_lock);

	ntp.adjtime_us = 0;
	ntp.offset_ns = 0;
	ntp.status |= STA_UNSYNC_;
	ntp.maxerror = ntp.esterror = MAXERROR_MAX;
	spin_unlock_irqrestore(&clock_lock, flags);
}

static void set_phase(s64 offset_ns, s64 now_sec)
{
	s64 secs;
	u32 shift = 2 * (u32)(SHIFT_PLL + 2 + ntp.constant);

	if (!(ntp.status & STA_PLL_))
		return;
	offset_ns = clamp_t(s64, offset_ns, -PHASE_MAX_NS, PHASE_MAX_NS);
	secs = ntp.status & STA_FREQHOLD_ ? 0 : now_sec - ntp.ref_sec;
	ntp.ref_sec = now_sec;
	secs = min_t(s64, secs, 1L << (SHIFT_PLL + 1 + ntp.constant));
	/* ns/s is 10^-3 ppm: the frequency follows the phase seen over this time. */
	ntp.freq += (offset_ns * secs * PPM_SCALE / 1000) >> shift;
	ntp.freq = clamp_t(s64, ntp.freq, -FREQ_MAX, FREQ_MAX);
	ntp.offset_ns = offset_ns;
}

static void apply(const struct timex_ *tx, s64 now_sec)
{
	if (tx->modes & ADJ_STATUS_) {
		if ((ntp.status & STA_PLL_) && !(tx->status & STA_PLL_)) {
			ntp.state = TIME_OK_;
			ntp.status = STA_UNSYNC_;
		}
		if (!(ntp.status & STA_PLL_) && (tx->status & STA_PLL_))
			ntp.ref_sec = now_sec;
		ntp.status = (ntp.status & STA_RONLY_) | (tx->status & ~STA_RONLY_);
	}
	if (tx->modes & ADJ_NANO_)
		ntp.status |= STA_NANO_;
	if (tx->modes & ADJ_MICRO_)
		ntp.status &= ~STA_NANO_;
	if (tx->modes & ADJ_FREQUENCY_)
		ntp.freq = clamp_t(s64, tx->freq, -FREQ_MAX, FREQ_MAX);
	if (tx->modes & ADJ_MAXERROR_)
		ntp.maxerror = clamp_t(s64, tx->maxerror, 0, MAXERROR_MAX);
	if (tx->modes & ADJ_ESTERROR_)
		ntp.esterror = clamp_t(s64, tx->esterror, 0, MAXERROR_MAX);
	if (tx->modes & ADJ_TIMECONST_) {
		ntp.constant = tx->constant + (ntp.status & STA_NANO_ ? 0 : 4);
		ntp.constant = clamp_t(s64, ntp.constant, 0, CONSTANT_MAX);
	}
	if ((tx->modes & ADJ_TAI_) && tx->constant >= 0 && tx->constant <= 100000) {
		clock_tai_offset = (s32)tx->constant;
		clock_tai_changed_locked();
	}
	if (tx->modes & ADJ_OFFSET_)
		set_phase(tx->offset * (ntp.status & STA_NANO_ ? 1 : 1000), now_sec);
	if (tx->modes & ADJ_TICK_)
		ntp.tick = tx->tick;
}

static long fill(struct timex_ *tx, s64 real)
{
	bool is_nano = ntp.status & STA_NANO_;
	struct timespec64_ ts = ns_to_timespec(real);

	tx->offset = ntp.offset_ns / (is_nano ? 1 : 1000);
	tx->freq = ntp.freq;
	tx->maxerror = ntp.maxerror;
	tx->esterror = ntp.esterror;
	tx->status = ntp.status;
	tx->constant = ntp.constant;
	tx->precision = 1;
	tx->tolerance = FREQ_MAX;
	tx->tick = ntp.tick;
	tx->tai = clock_tai_offset;
	tx->ppsfreq = tx->jitter = tx->stabil = tx->jitcnt = tx->calcnt = tx->errcnt = tx->stbcnt = 0;
	tx->shift = 0;
	tx->time = (struct timeval_){ ts.sec, is_nano ? ts.nsec : ts.nsec / 1000 };
	return ntp.status & STA_UNSYNC_ ? TIME_ERROR_ : ntp.state;
}

static int check(const struct timex_ *tx)
{
	if (tx->modes & ADJ_ADJTIME_)
		return tx->modes & ADJ_OFFSET_ ? 0 : -EINVAL;
	if ((tx->modes & ADJ_TICK_) &&
	    (tx->tick < 900000 / USER_HZ || tx->tick > 1100000 / USER_HZ))
		return -EINVAL;
	if ((tx->modes & ADJ_FREQUENCY_) && (tx->freq > FREQ_VALID || tx->freq < -FREQ_VALID))
		return -EINVAL;
	if ((tx->modes & ADJ_SETOFFSET_) &&
	    (tx->time.usec < 0 ||
	     tx->time.usec >= (tx->modes & ADJ_NANO_ ? (s64)NSEC_PER_SEC : 1000000)))
		return -EINVAL;
	return 0;
}

long ntp_adjust(struct timex_ *tx, bool may_set)
{
	bool reads_only = !tx->modes || ((tx->modes & ADJ_ADJTIME_) && (tx->modes & ADJ_OFFSET_READONLY_));
	s64 real, left = 0;
	u64 flags;
	long state;
	int err = check(tx);

	if (err)
		return err;
	if (!reads_only && !may_set)
		return -EPERM;
	if ((tx->modes & ADJ_SETOFFSET_) && !(tx->modes & ADJ_ADJTIME_))
		clock_step_realtime(tx->time.sec * (s64)NSEC_PER_SEC +
				    tx->time.usec * (tx->modes & ADJ_NANO_ ? 1 : 1000));
	flags = spin_lock_irqsave(&clock_lock);
	real = clock_realtime_ns();
	if (tx->modes & ADJ_ADJTIME_) {
		left = ntp.adjtime_us;
		if (!reads_only)
			ntp.adjtime_us = tx->offset;
	} else if (tx->modes) {
		apply(tx, real / (s64)NSEC_PER_SEC);
	}
	state = fill(tx, real);
	if (tx->modes & ADJ_ADJTIME_)
		tx->offset = left;
	spin_unlock_irqrestore(&clock_lock, flags);
	if (!reads_only)
		timeout_arm(&second_timer, clock_ns());
	return state;
}
