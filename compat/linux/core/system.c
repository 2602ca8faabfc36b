// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system's states: it runs until it is switched off, tasks are never frozen, devices never suspended.
 * Components of an aggregate device are kept until it comes.
 */
#include "../lx.h"

#include "../runtime.h"
#include "../task.h"

#include <asm/pgtable.h>
#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/lib/list.h>
#include <tern/mm/kva.h>
#include <tern/mm/slab.h>

#define MEMREMAP_WB	1UL
#define PF_NOFREEZE	0x8000u

/* ---- freezing ---- */

static struct lx_static_key lx_freezer_active;
LX_EXPORT_DATA(freezer_active);
bool lx_freezing_slow_path(struct lx_task_struct *t) { return false; }
LX_EXPORT(freezing_slow_path);
bool lx___refrigerator(bool check_stop) { return false; }
LX_EXPORT(__refrigerator);
bool lx_set_freezable(void)
{
	(&lx_task_self()->ts)->flags &= ~PF_NOFREEZE;
	return false;
}
LX_EXPORT(set_freezable);

/* ---- sleep and restart ---- */

static int lx_pm_suspend_target_state;
LX_EXPORT_DATA(pm_suspend_target_state);
static const char lx_power_group_name[] = "power";
LX_EXPORT_DATA(power_group_name);
static const char *const lx_pci_power_names[] = { "error", "D0", "D1", "D2", "D3hot", "D3cold", "unknown" };
LX_EXPORT_DATA(pci_power_names);
LX_EXPORT_ALIAS(pm_wq, lx_system_freezable_wq);
bool lx_system_entering_hibernation(void) { return false; }
LX_EXPORT(system_entering_hibernation);
bool lx_pm_suspend_default_s2idle(void) { return false; }
LX_EXPORT(pm_suspend_default_s2idle);
void lx___suspend_report_result(const char *fn, struct lx_device *dev, void *what, int ret) { }
LX_EXPORT(__suspend_report_result);
int lx_device_pm_wait_for_dev(struct lx_device *dev, struct lx_device *other) { return 0; }
LX_EXPORT(device_pm_wait_for_dev);
void lx_device_set_of_node_from_dev(struct lx_device *dev, const struct lx_device *from) { dev->of_node_reused = 1; }
LX_EXPORT(device_set_of_node_from_dev);

static struct lx_blocking_notifier_head reboot_chain = {
	.rwsem.wait_list = { &reboot_chain.rwsem.wait_list, &reboot_chain.rwsem.wait_list },
};

int lx_register_reboot_notifier(struct lx_notifier_block *nb)
{
	return lx_blocking_notifier_chain_register(&reboot_chain, nb);
}
LX_EXPORT(register_reboot_notifier);
int lx_unregister_reboot_notifier(struct lx_notifier_block *nb)
{
	return lx_blocking_notifier_chain_unregister(&reboot_chain, nb);
}
LX_EXPORT(unregister_reboot_notifier);

/* ---- components ---- */

struct component {
	struct list link;
	struct lx_device *dev;
	const struct lx_component_ops *ops;
};

static LIST_HEAD(components);
static struct kmutex components_lock = KMUTEX_INIT(components_lock, LOCKRANK_VFS_MISC);	/* protects components */

int lx_component_add(struct lx_device *dev, const struct lx_component_ops *ops)
{
	struct component *c = kmem_zalloc(sizeof(*c), ALLOC_KERNEL);

	if (!c)
		return -ENOMEM;
	c->dev = dev;
	c->ops = ops;
	kmutex_lock(&components_lock);
	list_add(&c->link, &components);
	kmutex_unlock(&components_lock);
	return 0;
}
LX_EXPORT(component_add);

void lx_component_del(struct lx_device *dev, const struct lx_component_ops *ops)
{
	struct component *c, *found = NULL;

	kmutex_lock(&components_lock);
	list_foreach(c, &components, link)
		if (c->dev == dev && c->ops == ops)
			found = c;
	if (found)
		list_del(&found->link);
	kmutex_unlock(&components_lock);
	kmem_free(found);
}
LX_EXPORT(component_del);

/* ---- mappings ---- */

void *lx_vmap(struct lx_page **pages, unsigned int n, unsigned long flags, struct lx_pgprot prot)
{
	return kva_map_pages((struct page **)pages, n, PROT_R | PROT_W);
}
LX_EXPORT(vmap);
void lx_vunmap(const void *va)
{
	if (va)
		kva_unmap_pages(va);
}
LX_EXPORT(vunmap);

struct lx_page *lx_vmalloc_to_page(const void *va)
{
	return (struct lx_page *)phys_to_page(pt_kernel_lookup((uptr)va));
}
LX_EXPORT(vmalloc_to_page);

static void devm_unmap(void *va) { lx_iounmap(va); }

void *lx_devm_ioremap(struct lx_device *dev, unsigned long long at, unsigned long long n)
{
	void *va = lx_ioremap(at, n);

	if (!va || !lx_devm_add_action(dev, devm_unmap, va))
		return va;
	lx_iounmap(va);
	return NULL;
}
LX_EXPORT(devm_ioremap);

/* Ordinary memory is mapped already. */
void *lx_devm_memremap(struct lx_device *dev, unsigned long long at, size_t n, unsigned long flags)
{
	void *va;

	if (pfn_is_valid(at >> PAGE_SHIFT))
		return flags & MEMREMAP_WB ? phys_to_virt(at) : ERR_PTR(-ENXIO);
	va = lx_devm_ioremap(dev, at, n);
	return va ? va : ERR_PTR(-ENXIO);
}
LX_EXPORT(devm_memremap);

/* No file of a module can be mapped, so there is no area of one to fill. */
int lx_remap_pfn_range(struct lx_vm_area_struct *vma, unsigned long at, unsigned long pfn, unsigned long n,
		       struct lx_pgprot prot)
{
	return -ENODEV;
}
LX_EXPORT(remap_pfn_range);
void lx_zap_vma_ptes(struct lx_vm_area_struct *vma, unsigned long at, unsigned long n) { }
LX_EXPORT(zap_vma_ptes);
int lx_dma_mmap_attrs(struct lx_device *dev, struct lx_vm_area_struct *vma, void *va, unsigned long long handle,
		      size_t n, unsigned long attrs)
{
	return -ENXIO;
}
LX_EXPORT(dma_mmap_attrs);

/* Bits of a page table entry for write-back, write-combining, uncached-minus, uncached, -through, -protected. */
unsigned long lx_cachemode2protval(unsigned int mode)
{
	static const unsigned long bits[] = { 0, PTE_PWT, PTE_PCD, PTE_PCD | PTE_PWT, 0, 0 };

	return mode < ARRAY_SIZE(bits) ? bits[mode] : 0;
}
LX_EXPORT(cachemode2protval);

/* ---- time, and what needs programs ---- */

void lx_ktime_get_coarse_ts64(struct lx_timespec64 *ts) { lx_ktime_get_ts64(ts); }
LX_EXPORT(ktime_get_coarse_ts64);
long long lx_ktime_get_coarse_with_offset(unsigned int which) { return lx_ktime_get_with_offset(which); }
LX_EXPORT(ktime_get_coarse_with_offset);

int lx_kill_pid_usb_asyncio(int sig, int err, union lx_sigval addr, struct lx_pid *pid, const struct lx_cred *cred)
{
	return -ESRCH;
}
LX_EXPORT(kill_pid_usb_asyncio);
