/* SPDX-License-Identifier: GPL-2.0-only */
/* Character devices without hardware below them, in sysfs. Owner drivers/core/classdev.c. */
#pragma once

#include <tern/base/types.h>

/**
 * classdev_add() - /sys/devices/virtual/@class/@name with files dev and uevent, linked from
 * /sys/class/@class and /sys/dev/char. 0, -EEXIST, -ENOMEM. Sleeps.
 */
int classdev_add(const char *class, const char *name, u64 dev);
/** classdev_remove() - it leaves sysfs, if it is there. Sleeps. */
void classdev_remove(u64 dev);
