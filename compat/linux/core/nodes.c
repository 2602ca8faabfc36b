// SPDX-License-Identifier: GPL-2.0-only
/* Memory nodes: one. Things that are done once. Latency that a device may add. */
#include "../lx.h"

#include "../runtime.h"

#include <tern/base/err.h>

#define DISTANCE_LOCAL	10
#define SUBSECTION	(2UL << 20)

static unsigned int lx_nr_node_ids = 1;
LX_EXPORT_DATA(nr_node_ids);
static unsigned int lx_nr_online_nodes = 1;
LX_EXPORT_DATA(nr_online_nodes);
/* One mask for each state, of 1024 bits: node 0 is possible, online and has memory and CPUs. */
static struct lx_nodemask_t lx_node_states[LX_NR_NODE_STATES] = {
	[LX_N_POSSIBLE] = { { 1 } }, [LX_N_ONLINE] = { { 1 } }, [LX_N_NORMAL_MEMORY] = { { 1 } },
	[LX_N_MEMORY] = { { 1 } }, [LX_N_CPU] = { { 1 } },
};
LX_EXPORT_DATA(node_states);

int lx___node_distance(int from, int to) { return DISTANCE_LOCAL; }
LX_EXPORT(__node_distance);
unsigned long lx_memremap_compat_align(void) { return SUBSECTION; }
LX_EXPORT(memremap_compat_align);

static const struct lx_uuid_t lx_uuid_null;
LX_EXPORT_DATA(uuid_null);

/* ---- once: the lock is held from start to done ---- */

static struct lx_raw_spinlock once_lock;

bool lx___do_once_start(bool *done, unsigned long *flags)
{
	*flags = lx__raw_spin_lock_irqsave(&once_lock);
	if (!*done)
		return true;
	lx__raw_spin_unlock_irqrestore(&once_lock, *flags);
	return false;
}
LX_EXPORT(__do_once_start);

/* The caller's key stays as it is: it asks again and is told that it is done. */
void lx___do_once_done(bool *done, struct lx_static_key_true *key, unsigned long *flags, struct lx_module *m)
{
	*done = true;
	lx__raw_spin_unlock_irqrestore(&once_lock, *flags);
}
LX_EXPORT(__do_once_done);

/* ---- latency: the driver is told what user space may wait for; there are no files to change it ---- */

static unsigned int lx_pm_suspend_global_flags;
LX_EXPORT_DATA(pm_suspend_global_flags);

int lx_dev_pm_qos_expose_latency_tolerance(struct lx_device *dev) { return -EOPNOTSUPP; }
LX_EXPORT(dev_pm_qos_expose_latency_tolerance);
void lx_dev_pm_qos_hide_latency_tolerance(struct lx_device *dev) { }
LX_EXPORT(dev_pm_qos_hide_latency_tolerance);
int lx_dev_pm_qos_update_user_latency_tolerance(struct lx_device *dev, int us)
{
	if (!dev->power.set_latency_tolerance)
		return -EINVAL;
	dev->power.set_latency_tolerance(dev, us);
	return 0;
}
LX_EXPORT(dev_pm_qos_update_user_latency_tolerance);
int lx_dev_pm_qos_expose_flags(struct lx_device *dev, int flags) { return -EOPNOTSUPP; }
LX_EXPORT(dev_pm_qos_expose_flags);
int lx_dev_pm_qos_flags(struct lx_device *dev, int flags) { return -1; }	/* PM_QOS_FLAGS_UNDEFINED */
LX_EXPORT(dev_pm_qos_flags);
/* What can be asked for (stay powered, answer quickly) holds for every device at all times. */
int lx_dev_pm_qos_add_request(struct lx_device *dev, struct lx_dev_pm_qos_request *r, unsigned int type, int value)
{
	return 0;
}
LX_EXPORT(dev_pm_qos_add_request);
int lx_dev_pm_qos_remove_request(struct lx_dev_pm_qos_request *r) { return 0; }
LX_EXPORT(dev_pm_qos_remove_request);
