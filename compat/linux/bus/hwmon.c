// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sensors (hwmon): a device of the class with a name, and a file for each attribute that the driver says
 * its chip has. A driver describes a chip by a word of bits for each channel; the names of the bits are the
 * tables below, in the order of the vendor's enumerators.
 */
#include "../lx.h"

#include "../format.h"
#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

static const char *const chip_names[] = {
	"temp_reset_history", "in_reset_history", "curr_reset_history", "power_reset_history", NULL,
	"update_interval", "alarms", "samples", "curr_samples", "in_samples", "power_samples", "temp_samples",
};
static const char *const temp_names[] = {
	"enable", "input", "type", "lcrit", "lcrit_hyst", "min", "min_hyst", "max", "max_hyst", "crit", "crit_hyst",
	"emergency", "emergency_hyst", "alarm", "lcrit_alarm", "min_alarm", "max_alarm", "crit_alarm",
	"emergency_alarm", "fault", "offset", "label", "lowest", "highest", "reset_history", "rated_min",
	"rated_max",
};
static const char *const in_names[] = {
	"enable", "input", "min", "max", "lcrit", "crit", "average", "lowest", "highest", "reset_history", "label",
	"alarm", "min_alarm", "max_alarm", "lcrit_alarm", "crit_alarm", "rated_min", "rated_max",
};
static const char *const power_names[] = {
	"enable", "average", "average_interval", "average_interval_max", "average_interval_min", "average_highest",
	"average_lowest", "average_max", "average_min", "input", "input_highest", "input_lowest", "reset_history",
	"accuracy", "cap", "cap_hyst", "cap_max", "cap_min", "min", "max", "crit", "lcrit", "label", "alarm",
	"cap_alarm", "min_alarm", "max_alarm", "lcrit_alarm", "crit_alarm", "rated_min", "rated_max",
};
static const char *const energy_names[] = { "enable", "input", "label" };
static const char *const humidity_names[] = {
	"enable", "input", "label", "min", "min_hyst", "max", "max_hyst", "alarm", "fault", "rated_min", "rated_max",
};
static const char *const fan_names[] = {
	"enable", "input", "label", "min", "max", "div", "pulses", "target", "alarm", "min_alarm", "max_alarm",
	"fault",
};
/* A pwm's input has no word behind its number. */
static const char *const pwm_names[] = { "", "enable", "mode", "freq", "auto_channels_temp" };
static const char *const intrusion_names[] = { "alarm", "beep" };

/* By the vendor's hwmon_sensor_types; voltages count from 0, intrusions too, the others from 1. */
static const struct { const char *prefix; const char *const *names; u32 n, first; } kinds[] = {
	{ NULL, chip_names, ARRAY_SIZE(chip_names), 0 }, { "temp", temp_names, ARRAY_SIZE(temp_names), 1 },
	{ "in", in_names, ARRAY_SIZE(in_names), 0 }, { "curr", in_names, ARRAY_SIZE(in_names), 1 },
	{ "power", power_names, ARRAY_SIZE(power_names), 1 },
	{ "energy", energy_names, ARRAY_SIZE(energy_names), 1 },
	{ "humidity", humidity_names, ARRAY_SIZE(humidity_names), 1 },
	{ "fan", fan_names, ARRAY_SIZE(fan_names), 1 }, { "pwm", pwm_names, ARRAY_SIZE(pwm_names), 1 },
	{ "intrusion", intrusion_names, ARRAY_SIZE(intrusion_names), 0 },
};

struct sensor_file {
	struct lx_device_attribute da;
	const struct lx_hwmon_ops *ops;
	unsigned int type, attr;
	int channel;
	char name[48];
};

struct sensor {
	struct lx_device dev;
	const char *name;
	struct sensor_file *files;
	struct lx_attribute **attrs;
	struct lx_attribute_group group;
	const struct lx_attribute_group **groups;
};

static struct lx_ida numbers;

static struct sensor *sensor_of(struct lx_device *dev) { return container_of(dev, struct sensor, dev); }

static void sensor_release(struct lx_device *dev)
{
	struct sensor *s = sensor_of(dev);

	kmem_free(s->files);
	kmem_free(s->attrs);
	kmem_free(s->groups);
	kmem_free(s);
}

static long name_show(struct lx_device *dev, struct lx_device_attribute *a, char *buf)
{
	return lx_sysfs_emit(buf, "%s\n", sensor_of(dev)->name);
}

static struct lx_device_attribute name_attr = { .attr = { .name = "name", .mode = 0444 }, .show = name_show };
static struct lx_attribute *class_attrs[] = { &name_attr.attr, NULL };

static unsigned short class_visible(struct lx_kobject *k, struct lx_attribute *a, int n)
{
	return container_of(k, struct sensor, dev.kobj)->name ? a->mode : 0;
}

static const struct lx_attribute_group class_group = { .attrs = class_attrs, .is_visible = class_visible };
static const struct lx_attribute_group *class_groups[] = { &class_group, NULL };
static struct lx_class hwmon_class = {
	.name = "hwmon", .dev_groups = class_groups, .dev_release = sensor_release,
};

/* ---- files of a described chip ---- */

static bool is_text(const struct sensor_file *f)
{
	return kinds[f->type].names[f->attr] && !strcmp(kinds[f->type].names[f->attr], "label");
}

static long value_show(struct lx_device *dev, struct lx_device_attribute *da, char *buf)
{
	struct sensor_file *f = container_of(da, struct sensor_file, da);
	const char *text;
	long v = 0;
	int err;

	if (is_text(f)) {
		err = f->ops->read_string(dev, f->type, f->attr, f->channel, &text);
		return err < 0 ? err : lx_sysfs_emit(buf, "%s\n", text);
	}
	err = f->ops->read(dev, f->type, f->attr, f->channel, &v);
	return err < 0 ? err : lx_sysfs_emit(buf, "%ld\n", v);
}

static long value_store(struct lx_device *dev, struct lx_device_attribute *da, const char *buf, size_t n)
{
	struct sensor_file *f = container_of(da, struct sensor_file, da);
	long long v;
	int err = lx_kstrtoll(buf, 10, &v);

	if (!err)
		err = f->ops->write(dev, f->type, f->attr, f->channel, (long)v);
	return err ? err : (long)n;
}

static u32 count_bits(const struct lx_hwmon_chip_info *chip)
{
	u32 n = 0;

	for (u32 i = 0; chip->info[i]; i++)
		for (u32 c = 0; chip->info[i]->config[c]; c++)
			for (u32 left = chip->info[i]->config[c]; left; left &= left - 1)
				n++;
	return n;
}

static bool file_fill(struct sensor_file *f, const void *data, const struct lx_hwmon_chip_info *chip, u32 type,
		      u32 attr, u32 channel)
{
	const char *word = type < ARRAY_SIZE(kinds) && attr < kinds[type].n ? kinds[type].names[attr] : NULL;
	u16 mode = word ? chip->ops->is_visible(data, type, attr, (int)channel) : 0;

	if (!mode)
		return false;
	*f = (struct sensor_file){ .ops = chip->ops, .type = type, .attr = attr, .channel = (int)channel };
	if ((mode & 0444) && (is_text(f) ? !chip->ops->read_string : !chip->ops->read))
		return false;
	if ((mode & 0222) && !chip->ops->write)
		return false;
	if (!kinds[type].prefix)
		strlcpy(f->name, word, sizeof(f->name));
	else
		fmt_print(f->name, sizeof(f->name), "%s%u%s%s", kinds[type].prefix, channel + kinds[type].first,
			  *word ? "_" : "", word);
	f->da = (struct lx_device_attribute){ .attr = { .name = f->name, .mode = mode }, .show = value_show,
					      .store = value_store };
	return true;
}

static void files_fill(struct sensor *s, const void *data, const struct lx_hwmon_chip_info *chip)
{
	u32 n = 0;

	for (u32 i = 0; chip->info[i]; i++)
		for (u32 c = 0; chip->info[i]->config[c]; c++)
			for (u32 attr = 0; attr < 32; attr++)
				if ((chip->info[i]->config[c] & BIT(attr)) &&
				    file_fill(&s->files[n], data, chip, chip->info[i]->type, attr, c)) {
					s->attrs[n] = &s->files[n].da.attr;
					n++;
				}
}

static int describe(struct sensor *s, const void *data, const struct lx_hwmon_chip_info *chip,
		    const struct lx_attribute_group **extra)
{
	u32 n = chip ? count_bits(chip) : 0, ngroups = 0;

	while (extra && extra[ngroups])
		ngroups++;
	s->groups = kmem_calloc(ngroups + 2, sizeof(*s->groups), ALLOC_KERNEL);
	s->files = kmem_calloc(n + 1, sizeof(*s->files), ALLOC_KERNEL);
	s->attrs = kmem_calloc(n + 1, sizeof(*s->attrs), ALLOC_KERNEL);
	if (!s->groups || !s->files || !s->attrs)
		return -ENOMEM;
	if (chip)
		files_fill(s, data, chip);
	s->group.attrs = s->attrs;
	s->groups[0] = &s->group;
	for (u32 i = 0; i < ngroups; i++)
		s->groups[i + 1] = extra[i];
	return 0;
}

/* ---- registering ---- */

static struct lx_device *add(struct lx_device *parent, const char *name, void *data,
			     const struct lx_hwmon_chip_info *chip, const struct lx_attribute_group **extra)
{
	struct sensor *s = kmem_zalloc(sizeof(*s), ALLOC_KERNEL);
	int number, err;

	if (!s)
		return ERR_PTR(-ENOMEM);
	number = lx_ida_alloc_range(&numbers, 0, 0x7fffffff, ALLOC_KERNEL);
	if (number < 0) {
		kmem_free(s);
		return ERR_PTR(number);
	}
	lx_device_initialize(&s->dev);
	s->name = name;
	s->dev.id = (unsigned int)number;
	s->dev.class = &hwmon_class;
	s->dev.parent = parent;
	s->dev.driver_data = data;
	err = describe(s, data, chip, extra);
	s->dev.groups = s->groups;
	if (!err)
		err = lx_dev_set_name(&s->dev, "hwmon%d", number);
	if (!err)
		err = lx_device_add(&s->dev);
	if (!err)
		return &s->dev;
	lx_put_device(&s->dev);
	lx_ida_free(&numbers, (unsigned int)number);
	return ERR_PTR(err);
}

struct lx_device *lx_hwmon_device_register(struct lx_device *parent) { return add(parent, NULL, NULL, NULL, NULL); }
LX_EXPORT(hwmon_device_register);

struct lx_device *lx_hwmon_device_register_with_groups(struct lx_device *parent, const char *name, void *data,
						       const struct lx_attribute_group **groups)
{
	return name ? add(parent, name, data, NULL, groups) : ERR_PTR(-EINVAL);
}
LX_EXPORT(hwmon_device_register_with_groups);

struct lx_device *lx_hwmon_device_register_with_info(struct lx_device *parent, const char *name, void *data,
						     const struct lx_hwmon_chip_info *chip,
						     const struct lx_attribute_group **extra)
{
	if (!name || (chip && (!chip->ops || !chip->ops->is_visible || !chip->info)) || (chip && !parent))
		return ERR_PTR(-EINVAL);
	return add(parent, name, data, chip, extra);
}
LX_EXPORT(hwmon_device_register_with_info);

void lx_hwmon_device_unregister(struct lx_device *dev)
{
	unsigned int number;

	if (IS_ERR_OR_NULL(dev))
		return;
	number = dev->id;
	lx_device_unregister(dev);
	lx_ida_free(&numbers, number);
}
LX_EXPORT(hwmon_device_unregister);

static void devm_unregister(void *dev) { lx_hwmon_device_unregister(dev); }

static struct lx_device *with_binding(struct lx_device *parent, struct lx_device *dev)
{
	int err = IS_ERR(dev) ? 0 : lx_devm_add_action(parent, devm_unregister, dev);

	if (!err)
		return dev;
	lx_hwmon_device_unregister(dev);
	return ERR_PTR(err);
}

struct lx_device *lx_devm_hwmon_device_register_with_groups(struct lx_device *parent, const char *name, void *data,
							    const struct lx_attribute_group **groups)
{
	return parent ? with_binding(parent, lx_hwmon_device_register_with_groups(parent, name, data, groups)) :
		ERR_PTR(-EINVAL);
}
LX_EXPORT(devm_hwmon_device_register_with_groups);

struct lx_device *lx_devm_hwmon_device_register_with_info(struct lx_device *parent, const char *name, void *data,
							  const struct lx_hwmon_chip_info *chip,
							  const struct lx_attribute_group **extra)
{
	return parent ? with_binding(parent, lx_hwmon_device_register_with_info(parent, name, data, chip, extra)) :
		ERR_PTR(-EINVAL);
}
LX_EXPORT(devm_hwmon_device_register_with_info);

int lx_hwmon_notify_event(struct lx_device *dev, unsigned int type, unsigned int attr, int channel)
{
	char name[48];

	if (type >= ARRAY_SIZE(kinds) || attr >= kinds[type].n || !kinds[type].names[attr])
		return -EINVAL;
	fmt_print(name, sizeof(name), "%s%u_%s", kinds[type].prefix ? kinds[type].prefix : "",
		  (u32)channel + kinds[type].first, kinds[type].names[attr]);
	lx_sysfs_notify(&dev->kobj, NULL, name);
	return lx_kobject_uevent(&dev->kobj, LX_KOBJ_CHANGE);
}
LX_EXPORT(hwmon_notify_event);

static int hwmon_init(void) { return lx___class_register(&hwmon_class, NULL); }
INITCALL(BUS, hwmon_init);
