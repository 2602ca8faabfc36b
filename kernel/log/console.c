// SPDX-License-Identifier: GPL-2.0-only
/*
 * Consoles: where the log is printed.
 *
 * Whoever adds a record tries to become the printer; if somebody already is,
 * that one prints the new record too before it stops. So no CPU waits for slow
 * hardware that another drives. The printer holds console_busy with preemption off
 * and works from its own copy of a record.
 *
 * The boot console polls the first serial port. It is there from the start, so that
 * an early panic can be read, and goes when a real console registers.
 *
 * Lock order: list_lock (a sleeping mutex would not do: panic) guards the list
 * against change; the printer walks it while console_busy is held, and
 * kconsole_unregister() waits for the printer.
 */
#include "klog_impl.h"

#include <asm/cpu.h>
#include <asm/early.h>
#include <tern/base/preempt.h>
#include <tern/base/spin.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cmdline.h>
#include <tern/lib/fmt.h>

#define LEVEL_DEFAULT	5	/* warnings and worse: silence is success */
#define LEVEL_QUIET	4
#define LEVEL_DEBUG	8

static struct spin list_lock = SPIN_INIT(LOCKRANK_CONSOLE);
static struct kconsole *consoles;	/* list_lock to change */
static u32 console_busy;
static bool is_panicking;
static int console_level = LEVEL_DEFAULT, default_level = LEVEL_DEFAULT;
static u64 console_seq;		/* next record to print; the printer's */
static struct klog_record record;	/* the printer's */
static char line[KLOG_LINE_MAX + 32];	/* the printer's */

static void boot_write(struct kconsole *c, const char *s, size_t n)
{
	early_console_write(s, n);
}

static struct kconsole boot_console = { .name = "earlycon", .write = boot_write, .is_boot = true };

static void write_all(const char *s, size_t n)
{
	for (struct kconsole *c = READ_ONCE(consoles); c; c = READ_ONCE(c->next))
		c->write(c, s, n);
}

static void print_pending(void)
{
	u64 seq = console_seq;

	while (klog_ring_get(&seq, &record)) {
		u64 lost = seq - console_seq;
		size_t n;

		if (lost) {
			n = (size_t)fmt_put(line, sizeof(line), "** %lu messages dropped **\n", lost);
			write_all(line, n);
		}
		console_seq = ++seq;
		if ((record.prio & 7) >= console_level)
			continue;
		n = (size_t)fmt_put(line, sizeof(line), "[%5lu.%06lu] %.*s\n",
				    record.ts_ns / NSEC_PER_SEC,
				    record.ts_ns % NSEC_PER_SEC / NSEC_PER_USEC,
				    (int)record.len, record.text);
		write_all(line, n);
	}
}

void console_flush(void)
{
	if (is_panicking)
		return;
	preempt_disable();
	while (READ_ONCE(console_seq) != klog_next_seq()) {
		if (xchg(&console_busy, 1))
			break;
		print_pending();
		store_release(&console_busy, 0);
	}
	preempt_enable();
}

void console_flush_panic(void)
{
	is_panicking = true;
	if (console_level < KLOG_ERR + 1)
		console_level = KLOG_ERR + 1;
	print_pending();
}

void klog_set_console_level(int level)
{
	WRITE_ONCE(console_level, clamp_t(int, level, 1, LEVEL_DEBUG));
}

int klog_console_level(void)
{
	return READ_ONCE(console_level);
}

int klog_default_console_level(void)
{
	return default_level;
}

void kconsole_register(struct kconsole *c)
{
	struct kconsole **end = &consoles;
	bool ends_boot = !c->is_boot && boot_console.write && consoles == &boot_console;
	u64 flags;

	if (ends_boot)
		kconsole_unregister(&boot_console);
	flags = spin_lock_irqsave(&list_lock);
	c->next = NULL;
	while (*end)
		end = &(*end)->next;
	store_release(end, c);
	spin_unlock_irqrestore(&list_lock, flags);
	console_flush();
}

void kconsole_unregister(struct kconsole *c)
{
	struct kconsole **at;
	u64 flags = spin_lock_irqsave(&list_lock);

	for (at = &consoles; *at && *at != c; at = &(*at)->next)
		;
	if (*at)
		WRITE_ONCE(*at, c->next);
	spin_unlock_irqrestore(&list_lock, flags);
	while (load_acquire(&console_busy))
		cpu_relax();
}

void kconsole_foreach(void (*fn)(struct kconsole *c, void *arg), void *arg)
{
	u64 flags = spin_lock_irqsave(&list_lock);

	for (struct kconsole *c = consoles; c; c = c->next)
		fn(c, arg);
	spin_unlock_irqrestore(&list_lock, flags);
}

void console_init(void)
{
	if (cmdline_has("quiet"))
		default_level = LEVEL_QUIET;
	if (cmdline_has("debug"))
		default_level = LEVEL_DEBUG;
	if (cmdline_has("ignore_loglevel"))
		default_level = LEVEL_DEBUG;
	default_level = (int)cmdline_get_u64("loglevel", (u64)default_level);
	klog_set_console_level(default_level);
	kconsole_register(&boot_console);
}
