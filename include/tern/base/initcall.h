/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start-up functions of optional parts, run by init/main.c level by level, in
 * link order inside a level. What is available from a level on:
 *
 *	core	memory, threads, work, time, interrupts; no files
 *	bus	the device tree: buses look for their devices
 *	fs	file system types register; the name cache and rootfs are there
 *	device	drivers register and bind; /dev nodes are made
 *	late	everything but the first user process
 */
#pragma once

#include <tern/base/compiler.h>

enum initlevel { INITLEVEL_CORE, INITLEVEL_BUS, INITLEVEL_FS, INITLEVEL_DEVICE, INITLEVEL_LATE,
	INITLEVEL_COUNT };

struct initcall {
	int (*fn)(void);	/* 0, or -errno: logged, and start-up goes on */
	const char *name;
	enum initlevel level;
};

/** INITCALL(level, fn) - run int fn(void) at INITLEVEL_##level; process context, one thread. */
#define INITCALL(lvl, func)						\
	TABLE_ENTRY(initcall, const struct initcall, initcall_##func) =	\
		{ .fn = (func), .name = #func, .level = INITLEVEL_##lvl }
