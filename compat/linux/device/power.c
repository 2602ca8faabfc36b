// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power of devices. Devices are powered as long as the system is: none is suspended while it runs, as if user
 * space had set power/control to "on" everywhere. Counts are kept, since modules read them inline, and
 * wake-up sources count events.
 */
#include "../lx.h"

#include <tern/base/err.h>
#include <tern/mm/slab.h>

#define RPM_GET_PUT		4
#define RPM_SUSPENDED		2
#define RPM_ACTIVE		0

int lx___pm_runtime_resume(struct lx_device *dev, int flags)
{
	if (flags & RPM_GET_PUT)
		__atomic_add_fetch(&dev->power.usage_count.counter, 1, __ATOMIC_SEQ_CST);
	if (dev->power.disable_depth && dev->power.runtime_status != RPM_ACTIVE)
		return -EACCES;
	return 1;
}
LX_EXPORT(__pm_runtime_resume);

static int let_go(struct lx_device *dev, int flags)
{
	if (flags & RPM_GET_PUT)
		__atomic_sub_fetch(&dev->power.usage_count.counter, 1, __ATOMIC_SEQ_CST);
	return dev->power.disable_depth ? -EACCES : 0;
}

/* The device stays as it is: its owner has said "on". */
int lx___pm_runtime_idle(struct lx_device *dev, int flags)
{
	int err = let_go(dev, flags);

	return err ? err : flags & RPM_GET_PUT ? 0 : -EAGAIN;
}
LX_EXPORT(__pm_runtime_idle);

int lx___pm_runtime_suspend(struct lx_device *dev, int flags)
{
	int err = let_go(dev, flags);

	return err ? err : flags & RPM_GET_PUT ? 0 : -EAGAIN;
}
LX_EXPORT(__pm_runtime_suspend);

int lx___pm_runtime_set_status(struct lx_device *dev, unsigned int status)
{
	if (status != RPM_ACTIVE && status != RPM_SUSPENDED)
		return -EINVAL;
	if (!dev->power.disable_depth)
		return -EAGAIN;
	dev->power.runtime_status = (int)status;
	return 0;
}
LX_EXPORT(__pm_runtime_set_status);

void lx_pm_runtime_enable(struct lx_device *dev)
{
	if (dev->power.disable_depth)
		dev->power.disable_depth--;
	dev->power.runtime_status = RPM_ACTIVE;
}
LX_EXPORT(pm_runtime_enable);

void lx___pm_runtime_disable(struct lx_device *dev, bool resume)
{
	if (dev->power.disable_depth < 7)
		dev->power.disable_depth++;
}
LX_EXPORT(__pm_runtime_disable);

void lx_pm_runtime_set_autosuspend_delay(struct lx_device *dev, int ms) { dev->power.autosuspend_delay = ms; }
LX_EXPORT(pm_runtime_set_autosuspend_delay);
void lx___pm_runtime_use_autosuspend(struct lx_device *dev, bool use) { dev->power.use_autosuspend = use; }
LX_EXPORT(__pm_runtime_use_autosuspend);

void lx_pm_runtime_allow(struct lx_device *dev)
{
	if (!dev->power.runtime_auto)
		__atomic_sub_fetch(&dev->power.usage_count.counter, 1, __ATOMIC_SEQ_CST);
	dev->power.runtime_auto = 1;
}
LX_EXPORT(pm_runtime_allow);

void lx_pm_runtime_forbid(struct lx_device *dev)
{
	if (dev->power.runtime_auto)
		__atomic_add_fetch(&dev->power.usage_count.counter, 1, __ATOMIC_SEQ_CST);
	dev->power.runtime_auto = 0;
}
LX_EXPORT(pm_runtime_forbid);

void lx_pm_runtime_no_callbacks(struct lx_device *dev) { dev->power.no_callbacks = 1; }
LX_EXPORT(pm_runtime_no_callbacks);
int lx_pm_runtime_barrier(struct lx_device *dev) { return 0; }
LX_EXPORT(pm_runtime_barrier);

int lx_pm_runtime_get_if_active(struct lx_device *dev, bool ignore_count)
{
	if (dev->power.disable_depth)
		return -EINVAL;
	__atomic_add_fetch(&dev->power.usage_count.counter, 1, __ATOMIC_SEQ_CST);
	return 1;
}
LX_EXPORT(pm_runtime_get_if_active);

/* Devices are never suspended. */
int lx_pm_runtime_force_suspend(struct lx_device *dev) { return -ENOSYS; }
LX_EXPORT(pm_runtime_force_suspend);
int lx_pm_runtime_force_resume(struct lx_device *dev) { return -ENOSYS; }
LX_EXPORT(pm_runtime_force_resume);

/* ---- waking the system up: events are counted, there is no sleep to end ---- */

struct lx_wakeup_source *lx_wakeup_source_register(struct lx_device *dev, const char *name)
{
	struct lx_wakeup_source *ws = kmem_zalloc(sizeof(*ws), ALLOC_KERNEL);

	if (!ws)
		return NULL;
	ws->name = kmem_strdup(name, ALLOC_KERNEL);
	if (ws->name)
		return ws;
	kmem_free(ws);
	return NULL;
}
LX_EXPORT(wakeup_source_register);

void lx_wakeup_source_unregister(struct lx_wakeup_source *ws)
{
	if (!ws)
		return;
	kmem_free(ws->name);
	kmem_free(ws);
}
LX_EXPORT(wakeup_source_unregister);

void lx_pm_wakeup_ws_event(struct lx_wakeup_source *ws, unsigned int ms, bool hard)
{
	if (ws)
		__atomic_add_fetch(&ws->event_count, 1, __ATOMIC_RELAXED);
}
LX_EXPORT(pm_wakeup_ws_event);

void lx_pm_wakeup_dev_event(struct lx_device *dev, unsigned int ms, bool hard)
{
	if (dev)
		lx_pm_wakeup_ws_event(READ_ONCE(dev->power.wakeup), ms, hard);
}
LX_EXPORT(pm_wakeup_dev_event);

void lx_pm_stay_awake(struct lx_device *dev) { lx_pm_wakeup_dev_event(dev, 0, false); }
LX_EXPORT(pm_stay_awake);
void lx_pm_relax(struct lx_device *dev) { }
LX_EXPORT(pm_relax);

void lx_device_set_wakeup_capable(struct lx_device *dev, bool on) { dev->power.can_wakeup = on; }
LX_EXPORT(device_set_wakeup_capable);

int lx_device_wakeup_enable(struct lx_device *dev)
{
	struct lx_wakeup_source *ws;

	if (!dev || !dev->power.can_wakeup)
		return -EINVAL;
	if (dev->power.wakeup)
		return -EEXIST;
	ws = lx_wakeup_source_register(dev, dev->kobj.name);
	if (!ws)
		return -ENOMEM;
	WRITE_ONCE(dev->power.wakeup, ws);
	return 0;
}
LX_EXPORT(device_wakeup_enable);

int lx_device_wakeup_disable(struct lx_device *dev)
{
	struct lx_wakeup_source *ws;

	if (!dev || !dev->power.can_wakeup)
		return -EINVAL;
	ws = xchg(&dev->power.wakeup, NULL);
	lx_wakeup_source_unregister(ws);
	return 0;
}
LX_EXPORT(device_wakeup_disable);

int lx_device_set_wakeup_enable(struct lx_device *dev, bool on)
{
	return on ? lx_device_wakeup_enable(dev) : lx_device_wakeup_disable(dev);
}
LX_EXPORT(device_set_wakeup_enable);
