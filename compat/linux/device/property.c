// SPDX-License-Identifier: GPL-2.0-only
/*
 * Properties of devices: asked of the device's firmware node through its operations, then of its secondary
 * node. There is no device tree here and no ACPI name space; the nodes are those that modules describe
 * themselves (software nodes).
 */
#include "../lx.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define PROP_STRING	4u

struct soft_node {
	struct lx_fwnode_handle fwnode;
	const struct lx_property_entry *properties;	/* the module's, until a NULL name */
};

static struct soft_node *soft_of(const struct lx_fwnode_handle *f)
{
	return container_of((struct lx_fwnode_handle *)f, struct soft_node, fwnode);
}

static const struct lx_property_entry *soft_find(const struct lx_fwnode_handle *f, const char *name)
{
	const struct lx_property_entry *p = soft_of(f)->properties;

	for (; p && p->name; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

static const void *value_of(const struct lx_property_entry *p) { return p->is_inline ? &p->value : p->pointer; }

static bool soft_present(const struct lx_fwnode_handle *f, const char *name) { return soft_find(f, name) != NULL; }

static int soft_read_ints(const struct lx_fwnode_handle *f, const char *name, unsigned int size, void *out, size_t n)
{
	const struct lx_property_entry *p = soft_find(f, name);

	if (!p)
		return -EINVAL;
	if (!out)
		return (int)(p->length / size);
	if (n * size > p->length)
		return -EOVERFLOW;
	memcpy(out, value_of(p), n * size);
	return 0;
}

static int soft_read_strings(const struct lx_fwnode_handle *f, const char *name, const char **out, size_t n)
{
	const struct lx_property_entry *p = soft_find(f, name);
	size_t have = p ? p->length / sizeof(char *) : 0;

	if (!p)
		return -EINVAL;
	if (p->type != PROP_STRING)
		return -EPROTO;
	if (!out)
		return (int)have;
	have = min(have, n);
	memcpy(out, value_of(p), have * sizeof(char *));
	return (int)have;
}

static const struct lx_fwnode_operations soft_ops = {
	.property_present = soft_present, .property_read_int_array = soft_read_ints,
	.property_read_string_array = soft_read_strings,
};

static void soft_release(struct lx_device *dev, void *data)
{
	lx_set_primary_fwnode(dev, NULL);
}

/* The properties stay the module's and outlive the device. */
int lx_device_create_managed_software_node(struct lx_device *dev, const struct lx_property_entry *properties,
					   const struct lx_software_node *parent)
{
	struct soft_node *n = lx___devres_alloc_node(soft_release, sizeof(*n), ALLOC_KERNEL, 0, "node");

	if (!n)
		return -ENOMEM;
	n->fwnode.ops = &soft_ops;
	n->properties = properties;
	lx_devres_add(dev, n);
	lx_set_primary_fwnode(dev, &n->fwnode);
	return 0;
}
LX_EXPORT(device_create_managed_software_node);

/* ---- nodes ---- */

void lx_set_primary_fwnode(struct lx_device *dev, struct lx_fwnode_handle *f) { dev->fwnode = f; }
LX_EXPORT(set_primary_fwnode);

void lx_device_set_node(struct lx_device *dev, struct lx_fwnode_handle *f) { dev->fwnode = f; }
LX_EXPORT(device_set_node);

struct lx_fwnode_handle *lx___dev_fwnode(struct lx_device *dev) { return dev->fwnode; }
LX_EXPORT(__dev_fwnode);

struct lx_fwnode_handle *lx_fwnode_handle_get(struct lx_fwnode_handle *f)
{
	return !IS_ERR_OR_NULL(f) && f->ops && f->ops->get ? f->ops->get(f) : f;
}
LX_EXPORT(fwnode_handle_get);

void lx_fwnode_handle_put(struct lx_fwnode_handle *f)
{
	if (!IS_ERR_OR_NULL(f) && f->ops && f->ops->put)
		f->ops->put(f);
}
LX_EXPORT(fwnode_handle_put);

/* What @f's operations say, or @otherwise if it has no such operation. */
#define ask(f, op, otherwise, ...) \
	(!IS_ERR_OR_NULL(f) && (f)->ops && (f)->ops->op ? (f)->ops->op(f, ##__VA_ARGS__) : (otherwise))

struct lx_fwnode_handle *lx_fwnode_get_parent(const struct lx_fwnode_handle *f) { return ask(f, get_parent, NULL); }
LX_EXPORT(fwnode_get_parent);

struct lx_fwnode_handle *lx_fwnode_get_next_parent(struct lx_fwnode_handle *f)
{
	struct lx_fwnode_handle *parent = lx_fwnode_get_parent(f);

	lx_fwnode_handle_put(f);
	return parent;
}
LX_EXPORT(fwnode_get_next_parent);

const char *lx_fwnode_get_name(const struct lx_fwnode_handle *f) { return ask(f, get_name, NULL); }
LX_EXPORT(fwnode_get_name);

bool lx_fwnode_device_is_available(const struct lx_fwnode_handle *f)
{
	return !IS_ERR_OR_NULL(f) && (!f->ops || !f->ops->device_is_available || f->ops->device_is_available(f));
}
LX_EXPORT(fwnode_device_is_available);

struct lx_fwnode_handle *lx_fwnode_get_next_child_node(const struct lx_fwnode_handle *f, struct lx_fwnode_handle *at)
{
	return ask(f, get_next_child_node, NULL, at);
}
LX_EXPORT(fwnode_get_next_child_node);

struct lx_fwnode_handle *lx_fwnode_get_named_child_node(const struct lx_fwnode_handle *f, const char *name)
{
	return ask(f, get_named_child_node, NULL, name);
}
LX_EXPORT(fwnode_get_named_child_node);

struct lx_fwnode_handle *lx_device_get_next_child_node(const struct lx_device *dev, struct lx_fwnode_handle *at)
{
	return lx_fwnode_get_next_child_node(dev->fwnode, at);
}
LX_EXPORT(device_get_next_child_node);

const void *lx_device_get_match_data(const struct lx_device *dev)
{
	const struct lx_fwnode_handle *f = dev->fwnode;

	return ask(f, device_get_match_data, NULL, dev);
}
LX_EXPORT(device_get_match_data);

/* ---- graphs ---- */

struct lx_fwnode_handle *lx_fwnode_graph_get_next_endpoint(const struct lx_fwnode_handle *f,
							   struct lx_fwnode_handle *at)
{
	return ask(f, graph_get_next_endpoint, NULL, at);
}
LX_EXPORT(fwnode_graph_get_next_endpoint);

struct lx_fwnode_handle *lx_fwnode_graph_get_remote_endpoint(const struct lx_fwnode_handle *f)
{
	return ask(f, graph_get_remote_endpoint, NULL);
}
LX_EXPORT(fwnode_graph_get_remote_endpoint);

struct lx_fwnode_handle *lx_fwnode_graph_get_port_parent(const struct lx_fwnode_handle *f)
{
	struct lx_fwnode_handle *port = lx_fwnode_get_parent(f);
	struct lx_fwnode_handle *parent = ask(port, graph_get_port_parent, NULL);

	lx_fwnode_handle_put(port);
	return parent;
}
LX_EXPORT(fwnode_graph_get_port_parent);

int lx_fwnode_graph_parse_endpoint(const struct lx_fwnode_handle *f, struct lx_fwnode_endpoint *out)
{
	memset(out, 0, sizeof(*out));
	return ask(f, graph_parse_endpoint, -ENXIO, out);
}
LX_EXPORT(fwnode_graph_parse_endpoint);

int lx_fwnode_property_get_reference_args(const struct lx_fwnode_handle *f, const char *name, const char *cells,
					  unsigned int n, unsigned int index, struct lx_fwnode_reference_args *out)
{
	return IS_ERR_OR_NULL(f) ? -ENOENT : ask(f, get_reference_args, -ENXIO, name, cells, n, index, out);
}
LX_EXPORT(fwnode_property_get_reference_args);

/* ---- values ---- */

bool lx_fwnode_property_present(const struct lx_fwnode_handle *f, const char *name)
{
	return ask(f, property_present, false, name) ||
	       (!IS_ERR_OR_NULL(f) && ask(f->secondary, property_present, false, name));
}
LX_EXPORT(fwnode_property_present);

static int read_ints(const struct lx_fwnode_handle *f, const char *name, unsigned int size, void *out, size_t n)
{
	int err;

	if (IS_ERR_OR_NULL(f))
		return -EINVAL;
	err = ask(f, property_read_int_array, -ENXIO, name, size, out, n);
	if (err != -EINVAL || IS_ERR_OR_NULL(f->secondary))
		return err;
	return ask(f->secondary, property_read_int_array, -ENXIO, name, size, out, n);
}

int lx_fwnode_property_read_u32_array(const struct lx_fwnode_handle *f, const char *name, unsigned int *out, size_t n)
{
	return read_ints(f, name, sizeof(*out), out, n);
}
LX_EXPORT(fwnode_property_read_u32_array);

int lx_device_property_read_u8_array(struct lx_device *dev, const char *name, unsigned char *out, size_t n)
{
	return read_ints(dev->fwnode, name, sizeof(*out), out, n);
}
LX_EXPORT(device_property_read_u8_array);
int lx_device_property_read_u16_array(struct lx_device *dev, const char *name, unsigned short *out, size_t n)
{
	return read_ints(dev->fwnode, name, sizeof(*out), out, n);
}
LX_EXPORT(device_property_read_u16_array);
int lx_device_property_read_u32_array(struct lx_device *dev, const char *name, unsigned int *out, size_t n)
{
	return read_ints(dev->fwnode, name, sizeof(*out), out, n);
}
LX_EXPORT(device_property_read_u32_array);

static int read_strings(const struct lx_fwnode_handle *f, const char *name, const char **out, size_t n)
{
	int got;

	if (IS_ERR_OR_NULL(f))
		return -EINVAL;
	got = ask(f, property_read_string_array, -ENXIO, name, out, n);
	if (got != -EINVAL || IS_ERR_OR_NULL(f->secondary))
		return got;
	return ask(f->secondary, property_read_string_array, -ENXIO, name, out, n);
}

int lx_device_property_read_string_array(struct lx_device *dev, const char *name, const char **out, size_t n)
{
	return read_strings(dev->fwnode, name, out, n);
}
LX_EXPORT(device_property_read_string_array);

int lx_fwnode_property_read_string(const struct lx_fwnode_handle *f, const char *name, const char **out)
{
	int got = read_strings(f, name, out, 1);

	return got < 0 ? got : 0;
}
LX_EXPORT(fwnode_property_read_string);

int lx_device_property_read_string(struct lx_device *dev, const char *name, const char **out)
{
	return lx_fwnode_property_read_string(dev->fwnode, name, out);
}
LX_EXPORT(device_property_read_string);

bool lx_device_property_present(struct lx_device *dev, const char *name)
{
	return lx_fwnode_property_present(dev->fwnode, name);
}
LX_EXPORT(device_property_present);

int lx_fwnode_property_match_string(const struct lx_fwnode_handle *f, const char *name, const char *text)
{
	int n = read_strings(f, name, NULL, 0), at = -ENODATA;
	const char **words;

	if (n <= 0)
		return n ? n : -ENODATA;
	words = kmem_calloc((size_t)n, sizeof(*words), ALLOC_KERNEL);
	if (!words)
		return -ENOMEM;
	n = read_strings(f, name, words, (size_t)n);
	for (int i = 0; i < n && at < 0; i++)
		if (!strcmp(words[i], text))
			at = i;
	kmem_free(words);
	return at;
}
LX_EXPORT(fwnode_property_match_string);
