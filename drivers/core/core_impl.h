/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to drivers/core. */
#pragma once

#include <tern/drivers/devnode.h>

extern struct kmutex devtree_lock;	/* protects the tree, bus lists and bindings */

/** devnode_bind() - try the bus's drivers in order; devtree_lock held. */
void devnode_bind(struct devnode *d);
/** devnode_unbind() - take the driver off; devtree_lock held. */
void devnode_unbind(struct devnode *d);
