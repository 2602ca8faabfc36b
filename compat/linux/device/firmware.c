// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the firmware says: nothing. ACPI's name space is not interpreted and the SMBIOS tables are not read,
 * so there are no companions of devices, no methods, and no board is recognised.
 */
#include "../lx.h"

#include <asm/acpi.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/lib/string.h>

#define AE_ERROR	1u
#define AE_NOT_FOUND	5u

static int lx_acpi_disabled = 1;
LX_EXPORT_DATA(acpi_disabled);

unsigned int lx_acpi_evaluate_object(void *handle, char *path, struct lx_acpi_object_list *args,
				     struct lx_acpi_buffer *out)
{
	return AE_NOT_FOUND;
}
LX_EXPORT(acpi_evaluate_object);
union lx_acpi_object *lx_acpi_evaluate_dsm(void *handle, const struct lx_guid_t *guid, unsigned long long rev,
					   unsigned long long func, union lx_acpi_object *args)
{
	return NULL;
}
LX_EXPORT(acpi_evaluate_dsm);
bool lx_acpi_check_dsm(void *handle, const struct lx_guid_t *guid, unsigned long long rev, unsigned long long funcs)
{
	return false;
}
LX_EXPORT(acpi_check_dsm);
struct lx_acpi_device *lx_acpi_fetch_acpi_dev(void *handle) { return NULL; }
LX_EXPORT(acpi_fetch_acpi_dev);
struct lx_acpi_device *lx_acpi_find_child_device(struct lx_acpi_device *parent, unsigned long long addr, bool check)
{
	return NULL;
}
LX_EXPORT(acpi_find_child_device);
struct lx_acpi_device *lx_acpi_find_child_by_adr(struct lx_acpi_device *parent, unsigned long long addr)
{
	return NULL;
}
LX_EXPORT(acpi_find_child_by_adr);
const struct lx_acpi_device_id *lx_acpi_match_device(const struct lx_acpi_device_id *ids, const struct lx_device *dev)
{
	return NULL;
}
LX_EXPORT(acpi_match_device);
bool lx_is_acpi_device_node(const struct lx_fwnode_handle *f) { return false; }
LX_EXPORT(is_acpi_device_node);
bool lx_is_acpi_data_node(const struct lx_fwnode_handle *f) { return false; }
LX_EXPORT(is_acpi_data_node);
bool lx_acpi_storage_d3(struct lx_device *dev) { return false; }
LX_EXPORT(acpi_storage_d3);
bool lx_acpi_bus_power_manageable(void *handle) { return false; }
LX_EXPORT(acpi_bus_power_manageable);
int lx_acpi_bus_set_power(void *handle, int state) { return -ENODEV; }
LX_EXPORT(acpi_bus_set_power);
unsigned int lx_acpi_get_physical_device_location(void *handle, struct lx_acpi_pld_info **pld)
{
	return AE_NOT_FOUND;
}
LX_EXPORT(acpi_get_physical_device_location);
/* No region of I/O space is the firmware's own. */
int lx_acpi_check_region(unsigned long long start, unsigned long long n, const char *name) { return 0; }
LX_EXPORT(acpi_check_region);
int lx_acpi_check_resource_conflict(const struct lx_resource *r) { return 0; }
LX_EXPORT(acpi_check_resource_conflict);
int lx_register_acpi_bus_type(struct lx_acpi_bus_type *type) { return -ENODEV; }
LX_EXPORT(register_acpi_bus_type);
int lx_unregister_acpi_bus_type(struct lx_acpi_bus_type *type) { return -ENODEV; }
LX_EXPORT(unregister_acpi_bus_type);
unsigned int lx_acpi_install_notify_handler(void *device, unsigned int type, void (*fn)(void *, unsigned int, void *),
					    void *arg)
{
	return AE_ERROR;
}
LX_EXPORT(acpi_install_notify_handler);
unsigned int lx_acpi_remove_notify_handler(void *device, unsigned int type, void (*fn)(void *, unsigned int, void *))
{
	return AE_ERROR;
}
LX_EXPORT(acpi_remove_notify_handler);

int lx_dmi_check_system(const struct lx_dmi_system_id *list) { return 0; }
LX_EXPORT(dmi_check_system);
const struct lx_dmi_system_id *lx_dmi_first_match(const struct lx_dmi_system_id *list) { return NULL; }
LX_EXPORT(dmi_first_match);
bool lx_dmi_match(unsigned int field, const char *text) { return false; }
LX_EXPORT(dmi_match);
const char *lx_dmi_get_system_info(int field) { return NULL; }
LX_EXPORT(dmi_get_system_info);
bool lx_dmi_get_date(int field, int *year, int *month, int *day)
{
	if (year)
		*year = 0;
	if (month)
		*month = 0;
	if (day)
		*day = 0;
	return false;
}
LX_EXPORT(dmi_get_date);

/* What the static table says of the machine's fixed registers: a zero is "not there". */
static struct lx_acpi_table_fadt lx_acpi_gbl_FADT;
LX_EXPORT_DATA(acpi_gbl_FADT);

static int fadt_copy(void)
{
	const struct acpi_header *t = acpi_find("FACP", 0);

	if (t)
		memcpy(&lx_acpi_gbl_FADT, t, min_t(size_t, t->len, sizeof(lx_acpi_gbl_FADT)));
	return 0;
}
INITCALL(CORE, fadt_copy);

void lx_acpi_initialize_hp_context(struct lx_acpi_device *dev, struct lx_acpi_hotplug_context *hp,
				   int (*notify)(struct lx_acpi_device *, unsigned int),
				   void (*uevent)(struct lx_acpi_device *, unsigned int))
{
}
LX_EXPORT(acpi_initialize_hp_context);
int lx_acpi_pm_device_sleep_state(struct lx_device *dev, int *least, int most) { return -ENODEV; }
LX_EXPORT(acpi_pm_device_sleep_state);
int lx_acpi_pm_set_device_wakeup(struct lx_device *dev, bool on) { return -ENODEV; }
LX_EXPORT(acpi_pm_set_device_wakeup);
