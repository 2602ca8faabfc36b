// SPDX-License-Identifier: GPL-2.0-only
/* PCI functions: vectors by number, error reporting, states, bus addresses, managed regions. */
#include "pci_impl.h"

#include "../format.h"
#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define EXP_DEVCTL		8
#define DEVCTL_ERRORS		0xfu	/* correctable, non-fatal, fatal, unsupported */
#define DEVCTL_RELAXED		0x10u
#define DEVCTL_READ_SIZE	0x7000u	/* 128 << n bytes */
#define READ_SIZE_SHIFT		12
#define EXP_LNKCTL		16
#define EXP_LNKSTA		18
#define LNKCTL_ASPM		3u

/* The name is freed with the vector: the interrupt keeps it. */
int lx_pci_request_irq(struct lx_pci_dev *d, unsigned int n, unsigned int (*fn)(int, void *),
		       unsigned int (*thread)(int, void *), void *arg, const char *fmt, ...)
{
	char *name;
	va_list ap;
	int irq = lx_pci_irq_vector(d, n), err;

	if (irq < 0)
		return irq;
	va_start(ap, fmt);
	name = lx_kvasprintf(ALLOC_KERNEL, fmt, ap);
	va_end(ap);
	if (!name)
		return -ENOMEM;
	err = lx_request_threaded_irq((unsigned int)irq, fn, thread, fn ? 0x80 : 0x2080, name, arg);
	if (err)
		kmem_free(name);
	return err;
}
LX_EXPORT(pci_request_irq);

void lx_pci_free_irq(struct lx_pci_dev *d, unsigned int n, void *arg)
{
	int irq = lx_pci_irq_vector(d, n);

	if (irq >= 0)
		kmem_free(lx_free_irq((unsigned int)irq, arg));
}
LX_EXPORT(pci_free_irq);

/* ---- PCI Express ---- */

static int reporting(struct lx_pci_dev *d, bool on)
{
	u16 errors = on ? DEVCTL_ERRORS : 0;

	if (!d->pcie_cap)
		return -EIO;
	return lx_pcie_capability_clear_and_set_word_unlocked(d, EXP_DEVCTL, DEVCTL_ERRORS, errors);
}

int lx_pci_enable_pcie_error_reporting(struct lx_pci_dev *d) { return reporting(d, true); }
LX_EXPORT(pci_enable_pcie_error_reporting);
int lx_pci_disable_pcie_error_reporting(struct lx_pci_dev *d) { return reporting(d, false); }
LX_EXPORT(pci_disable_pcie_error_reporting);

bool lx_pcie_aspm_enabled(struct lx_pci_dev *d)
{
	unsigned short ctl = 0;

	return d->pcie_cap && !lx_pcie_capability_read_word(d, EXP_LNKCTL, &ctl) && (ctl & LNKCTL_ASPM);
}
LX_EXPORT(pcie_aspm_enabled);

int lx_pcie_get_readrq(struct lx_pci_dev *d)
{
	unsigned short ctl = 0;

	(void)lx_pcie_capability_read_word(d, EXP_DEVCTL, &ctl);
	return 128 << ((ctl & DEVCTL_READ_SIZE) >> READ_SIZE_SHIFT);
}
LX_EXPORT(pcie_get_readrq);

int lx_pcie_set_readrq(struct lx_pci_dev *d, int n)
{
	if (n < 128 || n > 4096 || (n & (n - 1)))
		return -EINVAL;
	return lx_pcie_capability_clear_and_set_word_unlocked(d, EXP_DEVCTL, DEVCTL_READ_SIZE,
			(u16)((u32)__builtin_ctz((u32)n >> 7) << READ_SIZE_SHIFT));
}
LX_EXPORT(pcie_set_readrq);

bool lx_pcie_relaxed_ordering_enabled(struct lx_pci_dev *d)
{
	unsigned short ctl = 0;

	return !lx_pcie_capability_read_word(d, EXP_DEVCTL, &ctl) && (ctl & DEVCTL_RELAXED);
}
LX_EXPORT(pcie_relaxed_ordering_enabled);

void lx_pcie_print_link_status(struct lx_pci_dev *d)
{
	unsigned short status = 0;

	if (!lx_pcie_capability_read_word(d, EXP_LNKSTA, &status))
		kinfo("%s: PCIe link of generation %u, x%u", lx_pci_of(d)->fn->node.name, status & 0xfu,
		      status >> 4 & 0x3fu);
}
LX_EXPORT(pcie_print_link_status);

/* No clock is shared with a device: precision time measurement needs a root that has one. */
int lx_pci_enable_ptm(struct lx_pci_dev *d, unsigned char *granularity) { return -EINVAL; }
LX_EXPORT(pci_enable_ptm);
void lx_pci_disable_ptm(struct lx_pci_dev *d) { }
LX_EXPORT(pci_disable_ptm);
bool lx_pcie_ptm_enabled(struct lx_pci_dev *d) { return false; }
LX_EXPORT(pcie_ptm_enabled);

/* No virtual functions: what a driver would offer of them is not asked for. */
int lx_pci_sriov_set_totalvfs(struct lx_pci_dev *d, unsigned short n) { return -ENOSYS; }
LX_EXPORT(pci_sriov_set_totalvfs);
int lx_pci_sriov_get_totalvfs(struct lx_pci_dev *d) { return 0; }
LX_EXPORT(pci_sriov_get_totalvfs);

/* ---- saved states; no state below D3, no wake-up ---- */

int lx_pci_load_saved_state(struct lx_pci_dev *d, struct lx_pci_saved_state *s)
{
	if (!s) {
		d->state_saved = 0;
		return 0;
	}
	memcpy(d->saved_config_space, s->config_space, sizeof(s->config_space));
	d->state_saved = 1;
	return 0;
}
LX_EXPORT(pci_load_saved_state);

bool lx_pci_dev_run_wake(struct lx_pci_dev *d) { return false; }
LX_EXPORT(pci_dev_run_wake);
void lx_pci_d3cold_disable(struct lx_pci_dev *d) { d->no_d3cold = 1; }
LX_EXPORT(pci_d3cold_disable);
int lx_pci_sriov_configure_simple(struct lx_pci_dev *d, int n) { return n ? -ENODEV : 0; }
LX_EXPORT(pci_sriov_configure_simple);

void lx_pci_intx(struct lx_pci_dev *d, int on)
{
	u16 command = pcifn_read16(lx_pci_of(d)->fn, 4);

	pcifn_write16(lx_pci_of(d)->fn, 4, on ? command & (u16)~0x400 : command | 0x400);
}
LX_EXPORT(pci_intx);

/* Bus addresses are those of the CPU. */
void lx_pcibios_resource_to_bus(struct lx_pci_bus *bus, struct lx_pci_bus_region *out, struct lx_resource *r)
{
	out->start = r->start;
	out->end = r->end;
}
LX_EXPORT(pcibios_resource_to_bus);

/* ---- regions that go with the binding ---- */

struct maps { void *at[6]; };

static void maps_release(struct lx_device *dev, void *data)
{
	struct maps *m = data;
	struct lx_pci_dev *d = container_of(dev, struct lx_pci_dev, dev);

	for (int i = 0; i < 6; i++)
		if (m->at[i]) {
			lx_pci_iounmap(d, m->at[i]);
			lx_pci_release_region(d, i);
		}
}

void **lx_pcim_iomap_table(struct lx_pci_dev *d)
{
	struct maps *m = lx_devres_find(&d->dev, maps_release, NULL, NULL);

	if (!m) {
		m = lx___devres_alloc_node(maps_release, sizeof(*m), ALLOC_KERNEL, 0, "iomap");
		if (m)
			lx_devres_add(&d->dev, m);
	}
	return m ? m->at : NULL;
}
LX_EXPORT(pcim_iomap_table);

int lx_pcim_iomap_regions(struct lx_pci_dev *d, int mask, const char *name)
{
	void **at = lx_pcim_iomap_table(d);

	if (!at)
		return -ENOMEM;
	for (int i = 0; i < 6; i++) {
		int err;

		if (!(mask & (1 << i)))
			continue;
		if (!d->resource[i].end)
			return -EINVAL;
		err = lx_pci_request_region(d, i, name);
		if (err)
			return err;
		at[i] = lx_pci_iomap(d, i, 0);
		if (!at[i]) {
			lx_pci_release_region(d, i);
			return -ENOMEM;
		}
	}
	return 0;
}
LX_EXPORT(pcim_iomap_regions);

int lx_pcim_iomap_regions_request_all(struct lx_pci_dev *d, int mask, const char *name)
{
	int others = ((1 << 6) - 1) & ~mask;
	int err = lx_pci_request_selected_regions(d, others, name);

	if (err)
		return err;
	err = lx_pcim_iomap_regions(d, mask, name);
	if (err)
		lx_pci_release_selected_regions(d, others);
	return err;
}
LX_EXPORT(pcim_iomap_regions_request_all);

/* It stays enabled when the driver leaves. */
void lx_pcim_pin_device(struct lx_pci_dev *d) { __atomic_add_fetch(&d->enable_cnt.counter, 1, __ATOMIC_SEQ_CST); }
LX_EXPORT(pcim_pin_device);

/* ---- looking for functions: those that drivers of modules have ---- */

struct lx_pci_dev *lx_pci_get_device(unsigned int vendor, unsigned int device, struct lx_pci_dev *from)
{
	struct lx_pci_dev *found = lx_pci_next(vendor, device, from);

	lx_pci_dev_put(from);
	return found;
}
LX_EXPORT(pci_get_device);

int lx_pci_dev_present(const struct lx_pci_device_id *ids)
{
	struct lx_pci_dev *d = NULL;

	while ((d = lx_pci_get_device(~0u, ~0u, d)))
		if (lx_pci_match_id(ids, d)) {
			lx_pci_dev_put(d);
			return 1;
		}
	return 0;
}
LX_EXPORT(pci_dev_present);

void *lx_pcim_iomap(struct lx_pci_dev *d, int bar, unsigned long max)
{
	void **at = bar >= 0 && bar < 6 ? lx_pcim_iomap_table(d) : NULL;

	if (!at || at[bar] || lx_pci_request_region(d, bar, "pcim_iomap"))
		return NULL;
	at[bar] = lx_pci_iomap(d, bar, max);
	if (!at[bar])
		lx_pci_release_region(d, bar);
	return at[bar];
}
LX_EXPORT(pcim_iomap);

void lx_pcim_iounmap_regions(struct lx_pci_dev *d, int mask)
{
	void **at = lx_pcim_iomap_table(d);

	for (int i = 0; at && i < 6; i++)
		if ((mask & (1 << i)) && at[i]) {
			lx_pci_iounmap(d, at[i]);
			at[i] = NULL;
			lx_pci_release_region(d, i);
		}
}
LX_EXPORT(pcim_iounmap_regions);
