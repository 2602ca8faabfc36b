/* SPDX-License-Identifier: GPL-2.0-only */
/* Assertions. Never on input from users, devices, networks or modules. */
#pragma once

#include <tern/base/annotate.h>
#include <tern/base/compiler.h>
#include <tern/base/types.h>

/**
 * kpanic() - stop the machine: message, backtrace, then as panic= says
 * @fmt: printf-like
 * Context: any.
 */
void kpanic(const char *fmt, ...) __printf(1, 2) __noreturn __cold;

/**
 * kbug() - report a broken invariant; kills the thread or panics in irq context
 * @expr: text of what did not hold
 * @file: source file
 * @line: source line
 * Context: any.
 */
void kbug(const char *expr, const char *file, int line) __noreturn __cold;

/**
 * kwarn_at() - report a broken but survivable invariant with a backtrace
 * Context: any.
 */
void kwarn_at(const char *expr, const char *file, int line) __cold;

#define VERIFY(e)	do { if (unlikely(!(e))) kbug(#e, __FILE__, __LINE__); } while (0)
#define WARN_IF(e)	({ bool _w = !!(e); if (unlikely(_w)) kwarn_at(#e, __FILE__, __LINE__); \
			   unlikely(_w); })
#define BUG()		kbug("reached", __FILE__, __LINE__)

#define ASSERT(e)	do { if (IS_ENABLED(CONFIG_DEBUG_KERNEL)) VERIFY(e); } while (0)
