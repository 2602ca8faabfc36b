// SPDX-License-Identifier: GPL-2.0-only
/*
 * Providers that a PC has none of: SPI controllers, voltage regulators, GPIO lines, PHYs, reset lines. Drivers
 * of their consumers register and wait; who asks for one is told that there is none.
 */
#include "../lx.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/lib/string.h>

#define LX_EPROBE_DEFER	517

/* ---- SPI: a bus without devices ---- */

static const struct lx_spi_device_id *spi_match(const struct lx_spi_device_id *id, const struct lx_spi_device *s)
{
	for (; id && id->name[0]; id++)
		if (!strcmp(id->name, s->modalias))
			return id;
	return NULL;
}

static int bus_match(struct lx_device *dev, struct lx_device_driver *drv)
{
	struct lx_spi_device *s = container_of(dev, struct lx_spi_device, dev);
	struct lx_spi_driver *d = container_of(drv, struct lx_spi_driver, driver);

	return d->id_table ? spi_match(d->id_table, s) != NULL : !strcmp(s->modalias, drv->name);
}

static int bus_probe(struct lx_device *dev)
{
	struct lx_spi_driver *d = container_of(dev->driver, struct lx_spi_driver, driver);

	return d->probe ? d->probe(container_of(dev, struct lx_spi_device, dev)) : 0;
}

static void bus_remove(struct lx_device *dev)
{
	struct lx_spi_driver *d = container_of(dev->driver, struct lx_spi_driver, driver);

	if (d->remove)
		d->remove(container_of(dev, struct lx_spi_device, dev));
}

static struct lx_bus_type lx_spi_bus_type = {
	.name = "spi", .match = bus_match, .probe = bus_probe, .remove = bus_remove,
};
LX_EXPORT_DATA(spi_bus_type);

int lx___spi_register_driver(struct lx_module *owner, struct lx_spi_driver *d)
{
	d->driver.owner = owner;
	d->driver.bus = &lx_spi_bus_type;
	return lx_driver_register(&d->driver);
}
LX_EXPORT(__spi_register_driver);

const struct lx_spi_device_id *lx_spi_get_device_id(const struct lx_spi_device *s)
{
	return spi_match(container_of(s->dev.driver, struct lx_spi_driver, driver)->id_table, s);
}
LX_EXPORT(spi_get_device_id);
struct lx_spi_device *lx_spi_new_device(struct lx_spi_controller *c, struct lx_spi_board_info *info) { return NULL; }
LX_EXPORT(spi_new_device);
void lx_spi_unregister_device(struct lx_spi_device *s) { }
LX_EXPORT(spi_unregister_device);
int lx_spi_sync(struct lx_spi_device *s, struct lx_spi_message *m) { return -ESHUTDOWN; }
LX_EXPORT(spi_sync);
int lx_spi_async(struct lx_spi_device *s, struct lx_spi_message *m) { return -ESHUTDOWN; }
LX_EXPORT(spi_async);
int lx_spi_write_then_read(struct lx_spi_device *s, const void *out, unsigned int nout, void *in, unsigned int nin)
{
	return -ESHUTDOWN;
}
LX_EXPORT(spi_write_then_read);

/* ---- regulators: whoever needs one waits for it; optional ones are not there ---- */

struct lx_regulator *lx_devm_regulator_get(struct lx_device *dev, const char *id) { return ERR_PTR(-LX_EPROBE_DEFER); }
LX_EXPORT(devm_regulator_get);
struct lx_regulator *lx_devm_regulator_get_optional(struct lx_device *dev, const char *id) { return ERR_PTR(-ENODEV); }
LX_EXPORT(devm_regulator_get_optional);
int lx_regulator_enable(struct lx_regulator *r) { return -ENODEV; }
LX_EXPORT(regulator_enable);
int lx_regulator_disable(struct lx_regulator *r) { return -ENODEV; }
LX_EXPORT(regulator_disable);
int lx_regulator_get_voltage(struct lx_regulator *r) { return -ENODEV; }
LX_EXPORT(regulator_get_voltage);

struct lx_gpio_desc *lx_devm_gpiod_get_optional(struct lx_device *dev, const char *id, unsigned int flags)
{
	return NULL;
}
LX_EXPORT(devm_gpiod_get_optional);

/* ---- PHYs: NULL stands for none and is always fine ---- */

int lx_phy_init(struct lx_phy *p) { return p ? -ENODEV : 0; }
LX_EXPORT(phy_init);
int lx_phy_exit(struct lx_phy *p) { return p ? -ENODEV : 0; }
LX_EXPORT(phy_exit);
int lx_phy_power_on(struct lx_phy *p) { return p ? -ENODEV : 0; }
LX_EXPORT(phy_power_on);
int lx_phy_power_off(struct lx_phy *p) { return p ? -ENODEV : 0; }
LX_EXPORT(phy_power_off);
int lx_phy_calibrate(struct lx_phy *p) { return p ? -ENODEV : 0; }
LX_EXPORT(phy_calibrate);
int lx_phy_set_mode_ext(struct lx_phy *p, unsigned int mode, int sub) { return p ? -ENODEV : 0; }
LX_EXPORT(phy_set_mode_ext);

struct lx_reset_control *lx___devm_reset_control_get(struct lx_device *dev, const char *id, int index, bool shared,
						     bool optional, bool acquired)
{
	return optional ? NULL : ERR_PTR(-ENOENT);
}
LX_EXPORT(__devm_reset_control_get);
int lx_reset_control_reset(struct lx_reset_control *r) { return r ? -ENODEV : 0; }
LX_EXPORT(reset_control_reset);
struct lx_iommu_domain *lx_iommu_get_domain_for_dev(struct lx_device *dev) { return NULL; }
LX_EXPORT(iommu_get_domain_for_dev);

/* ---- faults of certain USB host controllers, which none of ours is known to have ---- */

bool lx_usb_amd_quirk_pll_check(void) { return false; }
LX_EXPORT(usb_amd_quirk_pll_check);
void lx_usb_amd_quirk_pll_disable(void) { }
LX_EXPORT(usb_amd_quirk_pll_disable);
void lx_usb_amd_quirk_pll_enable(void) { }
LX_EXPORT(usb_amd_quirk_pll_enable);
void lx_usb_amd_dev_put(void) { }
LX_EXPORT(usb_amd_dev_put);
bool lx_usb_amd_pt_check_port(struct lx_device *dev, int port) { return false; }
LX_EXPORT(usb_amd_pt_check_port);
int lx_usb_hcd_amd_remote_wakeup_quirk(struct lx_pci_dev *d) { return 0; }
LX_EXPORT(usb_hcd_amd_remote_wakeup_quirk);
void lx_usb_asmedia_modifyflowcontrol(struct lx_pci_dev *d) { }
LX_EXPORT(usb_asmedia_modifyflowcontrol);
void lx_usb_enable_intel_xhci_ports(struct lx_pci_dev *d) { }
LX_EXPORT(usb_enable_intel_xhci_ports);
void lx_usb_disable_xhci_ports(struct lx_pci_dev *d) { }
LX_EXPORT(usb_disable_xhci_ports);

static int spi_init(void) { return lx_bus_register(&lx_spi_bus_type); }
INITCALL(BUS, spi_init);

/* ---- lights that show what a disk does ---- */

void lx_ledtrig_disk_activity(bool is_write) { }
LX_EXPORT(ledtrig_disk_activity);
