// SPDX-License-Identifier: GPL-2.0-only
/* Character sets of file names: tables that modules register, found by name. */
#include "../lx.h"

#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/lib/string.h>

static struct lx_nls_table *tables;
static struct kmutex tables_lock = KMUTEX_INIT(tables_lock, LOCKRANK_VFS_MISC);

int lx___register_nls(struct lx_nls_table *t, struct lx_module *owner)
{
	int err = 0;

	if (t->next)
		return -EBUSY;
	kmutex_lock(&tables_lock);
	for (struct lx_nls_table *have = tables; have; have = have->next)
		if (have == t)
			err = -EBUSY;
	if (!err) {
		t->owner = owner;
		t->next = tables;
		tables = t;
	}
	kmutex_unlock(&tables_lock);
	return err;
}
LX_EXPORT(__register_nls);

int lx_unregister_nls(struct lx_nls_table *t)
{
	int err = -EINVAL;

	kmutex_lock(&tables_lock);
	for (struct lx_nls_table **at = &tables; *at; at = &(*at)->next) {
		if (*at != t)
			continue;
		*at = t->next;
		t->next = NULL;
		err = 0;
		break;
	}
	kmutex_unlock(&tables_lock);
	return err;
}
LX_EXPORT(unregister_nls);

struct lx_nls_table *lx_load_nls(const char *name)
{
	struct lx_nls_table *t;

	kmutex_lock(&tables_lock);
	for (t = tables; t; t = t->next)
		if (!strcmp(t->charset, name) || (t->alias && !strcmp(t->alias, name)))
			break;
	if (t && !lx_try_module_get(t->owner))
		t = NULL;
	kmutex_unlock(&tables_lock);
	return t;
}
LX_EXPORT(load_nls);

void lx_unload_nls(struct lx_nls_table *t)
{
	if (t)
		lx_module_put(t->owner);
}
LX_EXPORT(unload_nls);
