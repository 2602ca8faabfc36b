// SPDX-License-Identifier: GPL-2.0-only
/* Batteries and chargers as devices of a class; events that lamps could show. */
#include "../lx.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>


static struct lx_power_supply *supply_of(struct lx_device *dev)
{
	return container_of(dev, struct lx_power_supply, dev);
}

static void supply_release(struct lx_device *dev) { kmem_free(supply_of(dev)); }

static const char *const type_names[] = {
	"Unknown", "Battery", "UPS", "Mains", "USB", "USB_DCP", "USB_CDP", "USB_ACA", "USB_C", "USB_PD", "USB_PD_DRP",
	"BrickID", "Wireless",
};

static long type_show(struct lx_device *dev, struct lx_device_attribute *a, char *buf)
{
	u32 type = supply_of(dev)->desc->type;

	return lx_sysfs_emit(buf, "%s\n", type < ARRAY_SIZE(type_names) ? type_names[type] : type_names[0]);
}

static struct lx_device_attribute type_attr = { .attr = { .name = "type", .mode = 0444 }, .show = type_show };
static struct lx_attribute *supply_attrs[] = { &type_attr.attr, NULL };
static const struct lx_attribute_group supply_group = { .attrs = supply_attrs };
static const struct lx_attribute_group *supply_groups[] = { &supply_group, NULL };
static struct lx_class supply_class = {
	.name = "power_supply", .dev_groups = supply_groups, .dev_release = supply_release,
};

struct lx_power_supply *lx_power_supply_register(struct lx_device *parent, const struct lx_power_supply_desc *desc,
						 const struct lx_power_supply_config *config)
{
	struct lx_power_supply *s;
	int err;

	if (!desc || !desc->name || !desc->properties || !desc->num_properties)
		return ERR_PTR(-EINVAL);
	s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);
	if (!s)
		return ERR_PTR(-ENOMEM);
	lx_device_initialize(&s->dev);
	s->dev.class = &supply_class;
	s->dev.parent = parent;
	s->dev.driver_data = s;
	s->desc = desc;
	if (config) {
		s->dev.groups = config->attr_grp;
		s->drv_data = config->drv_data;
		s->supplied_to = config->supplied_to;
		s->num_supplicants = config->num_supplicants;
	}
	s->use_cnt.counter = 1;
	err = lx_dev_set_name(&s->dev, "%s", desc->name);
	if (!err)
		err = lx_device_add(&s->dev);
	s->initialized = !err;
	if (!err)
		return s;
	lx_put_device(&s->dev);
	return ERR_PTR(err);
}
LX_EXPORT(power_supply_register);

void lx_power_supply_unregister(struct lx_power_supply *s)
{
	s->removing = true;
	lx_device_unregister(&s->dev);
}
LX_EXPORT(power_supply_unregister);

void lx_power_supply_changed(struct lx_power_supply *s) { (void)lx_kobject_uevent(&s->dev.kobj, LX_KOBJ_CHANGE); }
LX_EXPORT(power_supply_changed);
void *lx_power_supply_get_drvdata(struct lx_power_supply *s) { return s->drv_data; }
LX_EXPORT(power_supply_get_drvdata);
int lx_power_supply_powers(struct lx_power_supply *s, struct lx_device *dev)
{
	return lx_sysfs_create_link(&s->dev.kobj, &dev->kobj, "powers");
}
LX_EXPORT(power_supply_powers);

/* ---- triggers: events by name; no lamp listens ---- */

void lx_led_trigger_register_simple(const char *name, struct lx_led_trigger **out)
{
	struct lx_led_trigger *t = kmem_zalloc(sizeof(*t), ALLOC_KERNEL);

	if (t) {
		t->name = name;
		t->led_cdevs.next = t->led_cdevs.prev = &t->led_cdevs;
	}
	*out = t;
}
LX_EXPORT(led_trigger_register_simple);
void lx_led_trigger_unregister_simple(struct lx_led_trigger *t) { kmem_free(t); }
LX_EXPORT(led_trigger_unregister_simple);
void lx_led_trigger_event(struct lx_led_trigger *t, unsigned int brightness)
{
	if (t)
		t->brightness = brightness;
}
LX_EXPORT(led_trigger_event);
void lx_led_trigger_blink_oneshot(struct lx_led_trigger *t, unsigned long *on, unsigned long *off, int invert) { }
LX_EXPORT(led_trigger_blink_oneshot);

static int supply_init(void) { return lx___class_register(&supply_class, NULL); }
INITCALL(BUS, supply_init);
