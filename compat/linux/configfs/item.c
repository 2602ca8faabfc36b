// SPDX-License-Identifier: GPL-2.0-only
/* Items: names, references, children of groups. */
#include "configfs_impl.h"

#include <tern/lib/list.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

static void item_init(struct lx_config_item *item)
{
	item->ci_kref.refcount.refs.counter = 1;
	list_init((struct list *)&item->ci_entry);
}

/* A name that finds no memory is missing; there is nobody to tell. */
static void set_name(struct lx_config_item *item, const char *name)
{
	if (item->ci_name != item->ci_namebuf)
		kmem_free(item->ci_name);
	if (strlen(name) < sizeof(item->ci_namebuf)) {
		item->ci_name = item->ci_namebuf;
		strcpy(item->ci_namebuf, name);
	} else {
		item->ci_name = kmem_strdup(name, ALLOC_KERNEL);
	}
}

void lx_config_item_init_type_name(struct lx_config_item *item, const char *name,
				   const struct lx_config_item_type *type)
{
	set_name(item, name);
	item->ci_type = type;
	item_init(item);
}
LX_EXPORT(config_item_init_type_name);

void lx_config_group_init(struct lx_config_group *g)
{
	item_init(&g->cg_item);
	list_init((struct list *)&g->cg_children);
	list_init((struct list *)&g->default_groups);
}
LX_EXPORT(config_group_init);

struct lx_config_item *conf_item_get(struct lx_config_item *item)
{
	__atomic_add_fetch(&item->ci_kref.refcount.refs.counter, 1, __ATOMIC_SEQ_CST);
	return item;
}

void lx_config_item_put(struct lx_config_item *item)
{
	const struct lx_config_item_type *type;

	if (!item || __atomic_sub_fetch(&item->ci_kref.refcount.refs.counter, 1, __ATOMIC_SEQ_CST))
		return;
	type = item->ci_type;
	if (item->ci_name != item->ci_namebuf)
		kmem_free(item->ci_name);
	item->ci_name = NULL;
	if (type && type->ct_item_ops && type->ct_item_ops->release)
		type->ct_item_ops->release(item);
}
LX_EXPORT(config_item_put);

/* ---- children ---- */

void conf_link(struct lx_config_group *parent, struct lx_config_item *item)
{
	conf_item_get(&parent->cg_item);
	item->ci_parent = &parent->cg_item;
	item->ci_group = parent;
	list_add_tail((struct list *)&conf_item_get(item)->ci_entry, (struct list *)&parent->cg_children);
}

void conf_link_group(struct lx_config_group *parent, struct lx_config_group *g, struct lx_configfs_subsystem *su)
{
	struct lx_config_group *child;

	conf_link(parent, &g->cg_item);
	g->cg_subsys = su;
	conf_foreach_default(child, g)
		conf_link_group(g, child, su);
}

void conf_unlink(struct lx_config_item *item)
{
	struct lx_config_group *parent = item->ci_group;

	list_del_init((struct list *)&item->ci_entry);
	item->ci_group = NULL;
	item->ci_parent = NULL;
	lx_config_item_put(item);
	lx_config_item_put(&parent->cg_item);
}

void conf_unlink_group(struct lx_config_group *g)
{
	struct lx_config_group *child;

	conf_foreach_default(child, g)
		conf_unlink_group(child);
	g->cg_subsys = NULL;
	conf_unlink(&g->cg_item);
}
