// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power states of functions, and how they use their bus. The machine does not sleep: functions are put into
 * D3 and back by their drivers alone, and no wake-up is ever waited for.
 */
#include "pci_impl.h"

#include <tern/base/err.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/sched.h>

#define PCI_COMMAND		0x04u
#define PCI_INVALIDATE		0x10u
#define PCI_CACHE_LINE		0x0cu
#define LINE_DWORDS		16u
#define PM_CONTROL		4u	/* in the power management capability */
#define PM_STATE		3u
#define PM_WAKE			0x100u
#define PM_STATUS		0x8000u
#define D0			0
#define D3HOT			3
#define D3HOT_NS		(10 * NSEC_PER_MSEC)
#define PCIX_CAP		7
#define PCIX_COMMAND		2u
#define PCIX_BURST		0x0cu
#define EXPRESS_LINKCTL		0x10
#define LINKCTL_ASPM		3u

static unsigned int lx_system_state = LX_SYSTEM_RUNNING;
LX_EXPORT_DATA(system_state);

static u16 pm_read(struct lx_pci_dev *d) { return pcifn_read16(lx_pci_of(d)->fn, d->pm_cap + PM_CONTROL); }
static void pm_write(struct lx_pci_dev *d, u16 v) { pcifn_write16(lx_pci_of(d)->fn, d->pm_cap + PM_CONTROL, v); }

int lx_pci_set_power_state(struct lx_pci_dev *d, int state)
{
	u16 v;

	if (state < D0 || state > D3HOT + 1)
		return -EINVAL;
	if (!d->pm_cap)
		return state == D0 ? 0 : -EIO;
	if (state > D3HOT)
		state = D3HOT;
	v = pm_read(d);
	if ((v & PM_STATE) != (u16)state) {
		pm_write(d, (u16)((v & ~(PM_STATE | PM_STATUS)) | (u16)state));
		sched_sleep_until(clock_ns() + D3HOT_NS);
	}
	d->current_state = state;
	return 0;
}
LX_EXPORT(pci_set_power_state);

int lx_pci_choose_state(struct lx_pci_dev *d, struct lx_pm_message message)
{
	return d->pm_cap && message.event ? D3HOT : D0;
}
LX_EXPORT(pci_choose_state);

int lx_pci_prepare_to_sleep(struct lx_pci_dev *d) { return lx_pci_set_power_state(d, D3HOT); }
LX_EXPORT(pci_prepare_to_sleep);

void lx_pci_pme_active(struct lx_pci_dev *d, bool on)
{
	if (d->pm_cap)
		pm_write(d, (u16)((pm_read(d) & ~PM_WAKE) | PM_STATUS | (on ? PM_WAKE : 0)));
}
LX_EXPORT(pci_pme_active);

bool lx_pci_pme_capable(struct lx_pci_dev *d, int state) { return d->pm_cap && (d->pme_support >> state & 1); }
LX_EXPORT(pci_pme_capable);

int lx_pci_enable_wake(struct lx_pci_dev *d, int state, bool on)
{
	if (!d->pm_cap)
		return on ? -EINVAL : 0;
	lx_pci_pme_active(d, on);
	return 0;
}
LX_EXPORT(pci_enable_wake);

int lx_pci_wake_from_d3(struct lx_pci_dev *d, bool on) { return lx_pci_enable_wake(d, D3HOT, on); }
LX_EXPORT(pci_wake_from_d3);

int lx_pm_schedule_suspend(struct lx_device *d, unsigned int ms) { return -EACCES; }
LX_EXPORT(pm_schedule_suspend);

/* ---- how long a CPU may take to wake: it only ever halts, which is the least there is ---- */

void lx_cpu_latency_qos_add_request(struct lx_pm_qos_request *r, int value) { r->node.prio = value; }
LX_EXPORT(cpu_latency_qos_add_request);
void lx_cpu_latency_qos_update_request(struct lx_pm_qos_request *r, int value) { r->node.prio = value; }
LX_EXPORT(cpu_latency_qos_update_request);
void lx_cpu_latency_qos_remove_request(struct lx_pm_qos_request *r) { r->node.prio = 0; }
LX_EXPORT(cpu_latency_qos_remove_request);

/* ---- how a function uses its bus ---- */

static void command_bit(struct lx_pci_dev *d, u16 bit, bool on)
{
	u16 v = pcifn_read16(lx_pci_of(d)->fn, PCI_COMMAND);

	pcifn_write16(lx_pci_of(d)->fn, PCI_COMMAND, (u16)(on ? v | bit : v & ~bit));
}

int lx_pci_set_mwi(struct lx_pci_dev *d)
{
	pcifn_write8(lx_pci_of(d)->fn, PCI_CACHE_LINE, LINE_DWORDS);
	if (pcifn_read8(lx_pci_of(d)->fn, PCI_CACHE_LINE) != LINE_DWORDS)
		return -EINVAL;
	command_bit(d, PCI_INVALIDATE, true);
	return 0;
}
LX_EXPORT(pci_set_mwi);

void lx_pci_clear_mwi(struct lx_pci_dev *d) { command_bit(d, PCI_INVALIDATE, false); }
LX_EXPORT(pci_clear_mwi);

static u32 pcix_command(struct lx_pci_dev *d)
{
	u8 cap = (u8)pcifn_capability(lx_pci_of(d)->fn, PCIX_CAP, 0);

	return cap ? cap + PCIX_COMMAND : 0;
}

int lx_pcix_get_mmrbc(struct lx_pci_dev *d)
{
	u32 at = pcix_command(d);

	return at ? 512 << ((pcifn_read16(lx_pci_of(d)->fn, at) & PCIX_BURST) >> 2) : -EINVAL;
}
LX_EXPORT(pcix_get_mmrbc);

int lx_pcix_set_mmrbc(struct lx_pci_dev *d, int bytes)
{
	u32 at = pcix_command(d), code = 0;

	if (!at || bytes < 512 || bytes > 4096 || (bytes & (bytes - 1)))
		return -EINVAL;
	while ((512 << code) < bytes)
		code++;
	pcifn_write16(lx_pci_of(d)->fn, at,
		      (u16)((pcifn_read16(lx_pci_of(d)->fn, at) & ~PCIX_BURST) | code << 2));
	return 0;
}
LX_EXPORT(pcix_set_mmrbc);

int lx_pci_disable_link_state(struct lx_pci_dev *d, int state)
{
	return lx_pcie_capability_clear_and_set_word_locked(d, EXPRESS_LINKCTL, (u16)(state & (int)LINKCTL_ASPM), 0);
}
LX_EXPORT(pci_disable_link_state);
int lx_pci_disable_link_state_locked(struct lx_pci_dev *d, int state) { return lx_pci_disable_link_state(d, state); }
LX_EXPORT(pci_disable_link_state_locked);

int lx_pci_try_set_mwi(struct lx_pci_dev *d) { return lx_pci_set_mwi(d); }
LX_EXPORT(pci_try_set_mwi);
