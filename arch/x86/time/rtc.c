// SPDX-License-Identifier: GPL-2.0-only
/* Wall clock of the CMOS (MC146818 and its descendants), kept in UTC. */
#include "../time_impl.h"

#include <asm/acpi.h>
#include <asm/io.h>
#include <tern/base/err.h>
#include <tern/base/spin.h>

enum { RTC_SEC = 0, RTC_MIN = 2, RTC_HOUR = 4, RTC_DAY = 7, RTC_MONTH = 8, RTC_YEAR = 9,
	RTC_A = 10, RTC_B = 11 };
#define A_UPDATING	0x80
#define B_SET		0x80
#define B_BINARY	0x04
#define B_24H		0x02
#define POLLS_MAX	10000u	/* an update takes 2 ms at most */

struct cmos_time { u32 sec, min, hour, day, month, year, century; };

static struct spin rtc_lock = SPIN_INIT(LOCKRANK_HW);	/* protects index and data port */

static u8 cmos_read(u8 reg)
{
	outb(reg, 0x70);
	return inb(0x71);
}

static void cmos_write(u8 reg, u8 v)
{
	outb(reg, 0x70);
	outb(v, 0x71);
}

static void read_raw(struct cmos_time *t)
{
	for (u32 i = 0; i < POLLS_MAX && (cmos_read(RTC_A) & A_UPDATING); i++)
		cpu_relax();
	*t = (struct cmos_time){
		cmos_read(RTC_SEC), cmos_read(RTC_MIN), cmos_read(RTC_HOUR), cmos_read(RTC_DAY),
		cmos_read(RTC_MONTH), cmos_read(RTC_YEAR),
		acpi_fadt.century ? cmos_read(acpi_fadt.century) : 0,
	};
}

static u32 from_bcd(u32 v) { return (v & 15) + (v >> 4) * 10; }
static u8 to_bcd(u32 v) { return (u8)(v / 10 << 4 | v % 10); }

static void decode(struct cmos_time *t, u8 b)
{
	bool is_pm = !(b & B_24H) && (t->hour & 0x80);

	t->hour &= 0x7f;
	if (!(b & B_BINARY)) {
		t->sec = from_bcd(t->sec);
		t->min = from_bcd(t->min);
		t->hour = from_bcd(t->hour);
		t->day = from_bcd(t->day);
		t->month = from_bcd(t->month);
		t->year = from_bcd(t->year);
		t->century = from_bcd(t->century);
	}
	if (!(b & B_24H))
		t->hour = t->hour % 12 + (is_pm ? 12 : 0);
	if (t->century >= 19 && t->century <= 29)
		t->year += t->century * 100;
	else
		t->year += t->year < 70 ? 2000 : 1900;
}

/* Days since 1970 of a date in the Gregorian calendar. */
static s64 days_from_civil(s64 y, u32 m, u32 d)
{
	s64 era;
	u32 yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (u32)(y - era * 400);
	doy = (153 * (m + (m > 2 ? -3U : 9)) + 2) / 5 + d - 1;
	return era * 146097 + (s64)(yoe * 365 + yoe / 4 - yoe / 100 + doy) - 719468;
}

s64 arch_rtc_read(void)
{
	struct cmos_time t, again;
	u64 flags = spin_lock_irqsave(&rtc_lock);
	u8 b = cmos_read(RTC_B);

	read_raw(&t);
	for (u32 i = 0; i < 5; i++) {	/* until two readings agree */
		read_raw(&again);
		if (t.sec == again.sec && t.min == again.min && t.hour == again.hour &&
		    t.day == again.day)
			break;
		t = again;
	}
	spin_unlock_irqrestore(&rtc_lock, flags);
	decode(&t, b);
	if (t.sec > 60 || t.min > 59 || t.hour > 23 || !t.day || t.day > 31 || !t.month ||
	    t.month > 12)
		return 0;
	return days_from_civil(t.year, t.month, t.day) * 86400 + t.hour * 3600 + t.min * 60 +
	       t.sec;
}

static void civil_from_days(s64 z, struct cmos_time *t)
{
	s64 era;
	u32 doe, yoe, doy, mp;

	z += 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = (u32)(z - era * 146097);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	t->day = doy - (153 * mp + 2) / 5 + 1;
	t->month = mp < 10 ? mp + 3 : mp - 9;
	t->year = (u32)(yoe + era * 400 + (t->month <= 2));
}

int arch_rtc_write(s64 seconds)
{
	struct cmos_time t;
	u32 of_day = (u32)(seconds % 86400);
	u64 flags;
	u8 b;

	if (seconds < 0)
		return -EINVAL;
	civil_from_days(seconds / 86400, &t);
	flags = spin_lock_irqsave(&rtc_lock);
	b = cmos_read(RTC_B);
	if ((b & B_BINARY) || !(b & B_24H)) {	/* not what any PC uses */
		spin_unlock_irqrestore(&rtc_lock, flags);
		return -EIO;
	}
	cmos_write(RTC_B, b | B_SET);
	cmos_write(RTC_SEC, to_bcd(of_day % 60));
	cmos_write(RTC_MIN, to_bcd(of_day / 60 % 60));
	cmos_write(RTC_HOUR, to_bcd(of_day / 3600));
	cmos_write(RTC_DAY, to_bcd(t.day));
	cmos_write(RTC_MONTH, to_bcd(t.month));
	cmos_write(RTC_YEAR, to_bcd(t.year % 100));
	if (acpi_fadt.century)
		cmos_write(acpi_fadt.century, to_bcd(t.year / 100));
	cmos_write(RTC_B, b);
	spin_unlock_irqrestore(&rtc_lock, flags);
	return 0;
}
