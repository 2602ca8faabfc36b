/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * configfs: objects of modules that programs make and remove as directories.
 *
 * An item has a type, references and attributes; a group is an item that items can be made in; a
 * subsystem is a group that a module has put into the root. Groups that come with another one are its
 * default groups.
 */
#pragma once

#include "../lx.h"

#include <tern/base/compiler.h>

static inline struct lx_config_group *conf_group_of(struct lx_config_item *item)
{
	return container_of(item, struct lx_config_group, cg_item);
}

/** conf_item_get() - one reference more; @item. Context: any. */
struct lx_config_item *conf_item_get(struct lx_config_item *item);
/** conf_link() - @item is a child of @parent and holds it. Lock: su_mutex of its subsystem, tree_lock in the root. */
void conf_link(struct lx_config_group *parent, struct lx_config_item *item);
/** conf_link_group() - the same with its default groups; all are of @su. Lock: as above. */
void conf_link_group(struct lx_config_group *parent, struct lx_config_group *g, struct lx_configfs_subsystem *su);
/** conf_unlink() / conf_unlink_group() - undo. Lock: as above. Sleeps. */
void conf_unlink(struct lx_config_item *item);
void conf_unlink_group(struct lx_config_group *g);

/* Over the default groups of @g. */
#define conf_group_entry(n)	container_of(n, struct lx_config_group, group_entry)
#define conf_foreach_default(child, g)					\
	for (child = conf_group_entry((g)->default_groups.next);	\
	     &child->group_entry != &(g)->default_groups;		\
	     child = conf_group_entry(child->group_entry.next))
