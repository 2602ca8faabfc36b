/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of compat/linux offer each other. */
#pragma once

#include "lx.h"

#include <asm/percpu.h>

/** lx_tick_start() - jiffies moves from now on. Context: sleeps. */
void lx_tick_start(void);
/** lx_jiffies_now() - what jiffies is to be now. Context: any. */
u64 lx_jiffies_now(void);

/**
 * lx_device_bind() - offer a device to a driver
 * @probe: bus's or driver's function
 * Return: 0 taken; -errno of probe, -ENOMEM. Context: sleeps.
 */
int lx_device_bind(struct lx_device *dev, struct lx_device_driver *drv, int (*probe)(struct lx_device *));
/** lx_device_unbind() - @remove may be NULL; frees what the driver left to the device. */
void lx_device_unbind(struct lx_device *dev, void (*remove)(struct lx_device *));
/** lx_devres_release_all() - what was allocated for the binding goes, last first; how many. */
int lx_devres_release_all(struct lx_device *dev);
/** lx_device_say() - a line of the log: "who name: text". */
void lx_device_say(int level, const char *who, const char *name, const char *fmt, va_list ap);
/* The body of a function that prints: its arguments behind @fmt go to @say as a va_list. */
#define LX_SAY(say, level, dev, fmt) do {	\
	va_list ap_;				\
	va_start(ap_, fmt);			\
	say(level, dev, fmt, ap_);		\
	va_end(ap_);				\
	} while (0)

/*
 * Drivers are called with interrupts on in the vendor's kernel and so unlock with spin_unlock_irq(). Where a
 * bridge calls them with interrupts off, they stay off between these two.
 */
DECLARE_PERCPU(u32, lx_irqs_stay_off);
static inline void lx_irqs_hold(void) { this_cpu_inc(lx_irqs_stay_off); }
static inline void lx_irqs_release(void) { this_cpu_dec(lx_irqs_stay_off); }
static inline bool lx_irqs_are_held(void) { return this_cpu_read(lx_irqs_stay_off) != 0; }

/* Variables that modules see too. */
extern struct lx_workqueue_struct *lx_system_wq, *lx_system_unbound_wq, *lx_system_freezable_wq;
extern struct lx_resource lx_ioport_resource, lx_iomem_resource;

/**
 * lx_native_sizes_update() - before a program asks a module for something: views of native files show their
 *	sizes of now. Sleeps.
 */
void lx_native_sizes_update(void);

struct blkdev;
/** lx_bdev_hold() - what modules see of the open device @b until lx_bdev_drop(); ERR_PTR. Both sleep. */
struct lx_block_device *lx_bdev_hold(struct blkdev *b);
void lx_bdev_drop(struct lx_block_device *b);

struct sysnode;
/** lx_object_borrow_dir() / lx_object_return_dir() - files of @k go into a directory that is another's. */
int lx_object_borrow_dir(struct lx_kobject *k, struct sysnode *dir);
void lx_object_return_dir(struct lx_kobject *k);
