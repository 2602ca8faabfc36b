// SPDX-License-Identifier: GPL-2.0-only
/*
 * Input devices, handlers (evdev) and what connects them. Each pair of a device and a handler whose table
 * names it is connected; a handle that is open gets the device's events.
 *
 * Lock order: table_lock (the vendor's mutex, held over connect and disconnect) > the device's mutex >
 * event_lock.
 */
#include "input_impl.h"

#include "../format.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/base/rcu.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define MATCH_BUS	1u
#define INPUT_MAJOR	13u
#define DYNAMIC_MINOR	256

static struct lx_list_head devices = { &devices, &devices }, handlers = { &handlers, &handlers };
static struct lx_mutex table_lock = { .wait_list = { &table_lock.wait_list, &table_lock.wait_list } };
static struct lx_ida minors;
static u32 last_number;

static void chain(struct lx_list_head *n, struct lx_list_head *head)
{
	n->prev = head->prev;
	n->next = head;
	rcu_publish(head->prev->next, n);
	head->prev = n;
}

/* The next pointer stays: readers under event_lock or RCU may stand on it. */
static void unchain(struct lx_list_head *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->prev = n;
}

/* ---- class and description ---- */

static char *input_devnode(struct lx_device *dev, unsigned short *mode)
{
	return lx_kasprintf(ALLOC_KERNEL, "input/%s", dev->kobj.name);
}

static struct lx_class lx_input_class = { .name = "input", .devnode = input_devnode };
LX_EXPORT_DATA(input_class);

static struct lx_input_dev *input_of(struct lx_device *dev) { return container_of(dev, struct lx_input_dev, dev); }

static void input_release(struct lx_device *dev)
{
	struct lx_input_dev *d = input_of(dev);

	lx_input_ff_destroy(d);
	kmem_free(d->poller);
	kmem_free(d->absinfo);
	kmem_free(d->vals);
	kmem_free(d->mt);
	kmem_free(d);
}

static long text_show(const char *text, char *buf) { return lx_sysfs_emit(buf, "%s\n", text ? text : ""); }
static long name_show(struct lx_device *dev, struct lx_device_attribute *a, char *buf)
{
	return text_show(input_of(dev)->name, buf);
}
static long phys_show(struct lx_device *dev, struct lx_device_attribute *a, char *buf)
{
	return text_show(input_of(dev)->phys, buf);
}
static long uniq_show(struct lx_device *dev, struct lx_device_attribute *a, char *buf)
{
	return text_show(input_of(dev)->uniq, buf);
}

#define TEXT_ATTR(what) static struct lx_device_attribute what##_attr = {	\
	.attr = { .name = #what, .mode = 0444 }, .show = what##_show }
TEXT_ATTR(name);
TEXT_ATTR(phys);
TEXT_ATTR(uniq);
static struct lx_attribute *text_attrs[] = { &name_attr.attr, &phys_attr.attr, &uniq_attr.attr, NULL };
static const struct lx_attribute_group text_group = { .attrs = text_attrs };
static const struct lx_attribute_group *input_groups[] = { &text_group, NULL };

static int input_uevent(struct lx_device *dev, struct lx_kobj_uevent_env *env)
{
	struct lx_input_dev *d = input_of(dev);
	int err = lx_add_uevent_var(env, "PRODUCT=%x/%x/%x/%x", d->id.bustype, d->id.vendor, d->id.product,
				    d->id.version);

	if (!err && d->name)
		err = lx_add_uevent_var(env, "NAME=\"%s\"", d->name);
	if (!err && d->phys)
		err = lx_add_uevent_var(env, "PHYS=\"%s\"", d->phys);
	return err;
}

static const struct lx_device_type input_type = {
	.groups = input_groups, .release = input_release, .uevent = input_uevent,
};

/* ---- devices: made and described ---- */

struct lx_input_dev *lx_input_allocate_device(void)
{
	struct lx_input_dev *d = kmem_zalloc(sizeof(*d), ALLOC_KERNEL);

	if (!d)
		return NULL;
	d->dev.type = &input_type;
	d->dev.class = &lx_input_class;
	lx_device_initialize(&d->dev);
	lx___mutex_init(&d->mutex, "input", NULL);
	d->h_list.next = d->h_list.prev = &d->h_list;
	d->node.next = d->node.prev = &d->node;
	if (!lx_dev_set_name(&d->dev, "input%u", __atomic_fetch_add(&last_number, 1, __ATOMIC_RELAXED)))
		return d;
	lx_put_device(&d->dev);
	return NULL;
}
LX_EXPORT(input_allocate_device);

static void devm_put(struct lx_device *dev, void *data)
{
	struct lx_input_dev *d = *(struct lx_input_dev **)data;

	if (d->node.next != &d->node)
		lx_input_unregister_device(d);
	lx_put_device(&d->dev);
}

/* The binding holds a reference of its own. */
struct lx_input_dev *lx_devm_input_allocate_device(struct lx_device *parent)
{
	struct lx_input_dev **kept = lx___devres_alloc_node(devm_put, sizeof(*kept), ALLOC_KERNEL, 0, "input");
	struct lx_input_dev *d = kept ? lx_input_allocate_device() : NULL;

	if (!d) {
		lx_devres_free(kept);
		return NULL;
	}
	d->dev.parent = parent;
	d->devres_managed = true;
	(void)lx_get_device(&d->dev);
	*kept = d;
	lx_devres_add(parent, kept);
	return d;
}
LX_EXPORT(devm_input_allocate_device);

static int is_kept(struct lx_device *dev, void *data, void *arg) { return *(void **)data == arg; }

void lx_input_free_device(struct lx_input_dev *d)
{
	if (!d)
		return;
	if (d->devres_managed && !lx_devres_destroy(d->dev.parent, devm_put, is_kept, d))
		lx_put_device(&d->dev);
	lx_put_device(&d->dev);
}
LX_EXPORT(input_free_device);

void lx_input_alloc_absinfo(struct lx_input_dev *d)
{
	if (!d->absinfo)
		d->absinfo = kmem_calloc(ABS_MAX + 1, sizeof(*d->absinfo), ALLOC_KERNEL);
}
LX_EXPORT(input_alloc_absinfo);

void lx_input_set_abs_params(struct lx_input_dev *d, unsigned int axis, int min, int max, int fuzz, int flat)
{
	mask_set(d->evbit, EV_ABS);
	mask_set(d->absbit, axis);
	lx_input_alloc_absinfo(d);
	if (!d->absinfo)
		return;
	d->absinfo[axis].minimum = min;
	d->absinfo[axis].maximum = max;
	d->absinfo[axis].fuzz = fuzz;
	d->absinfo[axis].flat = flat;
}
LX_EXPORT(input_set_abs_params);

static unsigned long *mask_of(struct lx_input_dev *d, u32 type)
{
	switch (type) {
	case EV_KEY:	return d->keybit;
	case EV_REL:	return d->relbit;
	case EV_ABS:	return d->absbit;
	case EV_MSC:	return d->mscbit;
	case EV_SW:	return d->swbit;
	case EV_LED:	return d->ledbit;
	case EV_SND:	return d->sndbit;
	case EV_FF:	return d->ffbit;
	default:	return NULL;
	}
}

void lx_input_set_capability(struct lx_input_dev *d, unsigned int type, unsigned int code)
{
	unsigned long *mask = mask_of(d, type);

	if (!mask && type != EV_PWR)
		return;
	if (type == EV_ABS)
		lx_input_alloc_absinfo(d);
	if (mask)
		mask_set(mask, code);
	mask_set(d->evbit, type);
}
LX_EXPORT(input_set_capability);

/* ---- connecting ---- */

static bool has_bits(const unsigned long *have, const unsigned long *want, u32 words)
{
	for (u32 i = 0; i < words; i++)
		if (want[i] & ~have[i])
			return false;
	return true;
}

/* The flags say which of the ids must be equal; every bit of the masks must be there. */
bool lx_input_match_device_id(const struct lx_input_dev *d, const struct lx_input_device_id *id)
{
	const u16 *have = &d->id.bustype, *want = &id->bustype;

	for (u32 i = 0; i < 4; i++)
		if ((id->flags & (MATCH_BUS << i)) && have[i] != want[i])
			return false;
	return has_bits(d->evbit, id->evbit, 1) && has_bits(d->keybit, id->keybit, ARRAY_SIZE(id->keybit)) &&
	       has_bits(d->relbit, id->relbit, 1) && has_bits(d->absbit, id->absbit, 1) &&
	       has_bits(d->mscbit, id->mscbit, 1) && has_bits(d->ledbit, id->ledbit, 1) &&
	       has_bits(d->sndbit, id->sndbit, 1) && has_bits(d->ffbit, id->ffbit, 2) &&
	       has_bits(d->swbit, id->swbit, 1) && has_bits(d->propbit, id->propbit, 1);
}
LX_EXPORT(input_match_device_id);

static void try_connect(struct lx_input_dev *d, struct lx_input_handler *h)
{
	const struct lx_input_device_id *id;

	for (id = h->id_table; id->flags || id->driver_info; id++)
		if (lx_input_match_device_id(d, id) && (!h->match || h->match(h, d))) {
			(void)h->connect(h, d, id);
			return;
		}
}

int lx_input_register_device(struct lx_input_dev *d)
{
	int err;

	mask_set(d->evbit, EV_SYN);
	mask_clear(d->keybit, 0);
	if (in_mask(d->evbit, EV_ABS) && !d->absinfo)
		return -EINVAL;
	d->max_vals = max(d->hint_events_per_packet, 64u) + 2;
	d->vals = kmem_calloc(d->max_vals, sizeof(*d->vals), ALLOC_KERNEL);
	if (!d->vals)
		return -ENOMEM;
	if (!d->rep[0] && !d->rep[1])
		lx_input_repeat_init(d);
	lx_input_keycode_init(d);
	err = lx_device_add(&d->dev);
	if (err)
		return err;
	lx_mutex_lock(&table_lock);
	chain(&d->node, &devices);
	for (struct lx_list_head *at = handlers.next; at != &handlers; at = at->next)
		try_connect(d, container_of(at, struct lx_input_handler, node));
	lx_mutex_unlock(&table_lock);
	return 0;
}
LX_EXPORT(input_register_device);

void lx_input_unregister_device(struct lx_input_dev *d)
{
	lx_mutex_lock(&d->mutex);
	d->going_away = true;
	lx_mutex_unlock(&d->mutex);
	lx_mutex_lock(&table_lock);
	for (struct lx_list_head *at = d->h_list.next, *next; at != &d->h_list; at = next) {
		struct lx_input_handle *h = container_of(at, struct lx_input_handle, d_node);

		next = at->next;
		h->handler->disconnect(h);
	}
	if (d->timer.function)
		(void)lx_timer_delete_sync(&d->timer);
	unchain(&d->node);
	d->node.next = &d->node;
	lx_mutex_unlock(&table_lock);
	if (d->devres_managed)
		lx_device_del(&d->dev);
	else
		lx_device_unregister(&d->dev);
}
LX_EXPORT(input_unregister_device);

int lx_input_register_handler(struct lx_input_handler *h)
{
	h->h_list.next = h->h_list.prev = &h->h_list;
	lx_mutex_lock(&table_lock);
	chain(&h->node, &handlers);
	for (struct lx_list_head *at = devices.next; at != &devices; at = at->next)
		try_connect(container_of(at, struct lx_input_dev, node), h);
	lx_mutex_unlock(&table_lock);
	return 0;
}
LX_EXPORT(input_register_handler);

void lx_input_unregister_handler(struct lx_input_handler *h)
{
	lx_mutex_lock(&table_lock);
	for (struct lx_list_head *at = h->h_list.next, *next; at != &h->h_list; at = next) {
		next = at->next;
		h->disconnect(container_of(at, struct lx_input_handle, h_node));
	}
	unchain(&h->node);
	lx_mutex_unlock(&table_lock);
}
LX_EXPORT(input_unregister_handler);

int lx_input_register_handle(struct lx_input_handle *h)
{
	unsigned long flags;

	lx_mutex_lock(&h->dev->mutex);
	flags = event_lock(h->dev);
	chain(&h->d_node, &h->dev->h_list);
	event_unlock(h->dev, flags);
	lx_mutex_unlock(&h->dev->mutex);
	chain(&h->h_node, &h->handler->h_list);
	if (h->handler->start)
		h->handler->start(h);
	return 0;
}
LX_EXPORT(input_register_handle);

void lx_input_unregister_handle(struct lx_input_handle *h)
{
	unsigned long flags;

	unchain(&h->h_node);
	lx_mutex_lock(&h->dev->mutex);
	flags = event_lock(h->dev);
	unchain(&h->d_node);
	event_unlock(h->dev, flags);
	lx_mutex_unlock(&h->dev->mutex);
	rcu_wait();
}
LX_EXPORT(input_unregister_handle);

/* ---- handles in use ---- */

int lx_input_open_device(struct lx_input_handle *h)
{
	struct lx_input_dev *d = h->dev;
	int err = lx_mutex_lock_interruptible(&d->mutex);

	if (err)
		return err;
	if (d->going_away) {
		err = -ENODEV;
	} else {
		h->open++;
		if (d->users++ == 0 && d->open)
			err = d->open(d);
		if (err) {
			d->users--;
			h->open--;
		}
	}
	lx_mutex_unlock(&d->mutex);
	return err;
}
LX_EXPORT(input_open_device);

static void grab_end(struct lx_input_handle *h)
{
	struct lx_input_dev *d = h->dev;
	unsigned long flags = event_lock(d);

	if (d->grab == h)
		d->grab = NULL;
	event_unlock(d, flags);
}

void lx_input_close_device(struct lx_input_handle *h)
{
	struct lx_input_dev *d = h->dev;

	lx_mutex_lock(&d->mutex);
	grab_end(h);
	if (--d->users == 0 && d->close)
		d->close(d);
	if (--h->open == 0)
		rcu_wait();
	lx_mutex_unlock(&d->mutex);
}
LX_EXPORT(input_close_device);

int lx_input_grab_device(struct lx_input_handle *h)
{
	struct lx_input_dev *d = h->dev;
	unsigned long flags;
	int err = lx_mutex_lock_interruptible(&d->mutex);

	if (err)
		return err;
	flags = event_lock(d);
	if (d->grab)
		err = -EBUSY;
	else
		d->grab = h;
	event_unlock(d, flags);
	lx_mutex_unlock(&d->mutex);
	return err;
}
LX_EXPORT(input_grab_device);

void lx_input_release_device(struct lx_input_handle *h)
{
	lx_mutex_lock(&h->dev->mutex);
	grab_end(h);
	lx_mutex_unlock(&h->dev->mutex);
}
LX_EXPORT(input_release_device);

int lx_input_flush_device(struct lx_input_handle *h, struct lx_file *file)
{
	int err = lx_mutex_lock_interruptible(&h->dev->mutex);

	if (err)
		return err;
	if (h->dev->flush)
		err = h->dev->flush(h->dev, file);
	lx_mutex_unlock(&h->dev->mutex);
	return err;
}
LX_EXPORT(input_flush_device);

/* ---- minor numbers of handlers' nodes ---- */

int lx_input_get_new_minor(int first, unsigned int n, bool dynamic)
{
	int minor = first >= 0 ? lx_ida_alloc_range(&minors, (unsigned int)first, (unsigned int)first + n - 1,
						    ALLOC_KERNEL) : -ENOSPC;

	if (minor >= 0 || !dynamic)
		return minor;
	return lx_ida_alloc_range(&minors, DYNAMIC_MINOR, 1023, ALLOC_KERNEL);
}
LX_EXPORT(input_get_new_minor);

void lx_input_free_minor(unsigned int minor) { lx_ida_free(&minors, minor); }
LX_EXPORT(input_free_minor);

static int input_init(void)
{
	int err = lx___class_register(&lx_input_class, NULL);

	return err ? err : lx_register_chrdev_region(INPUT_MAJOR << 20, 1024, "input");
}
INITCALL(BUS, input_init);
