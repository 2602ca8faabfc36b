// SPDX-License-Identifier: GPL-2.0-only
/* The table of modules: names, addresses, references, who needs whom. */
#include "loader_impl.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

LIST_HEAD(modules);
struct kmutex module_lock = KMUTEX_INIT(module_lock, LOCKRANK_MODULE);

struct ko_module *module_find_locked(const char *name)
{
	struct ko_module *m;

	list_foreach(m, &modules, link)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

static bool in_block(const u8 *base, u64 size, uptr addr)
{
	return base && addr >= (uptr)base && addr - (uptr)base < size;
}

bool module_owns(const struct ko_module *m, uptr addr)
{
	return in_block(m->core, m->layout.core.size, addr) ||
	       in_block(READ_ONCE(m->init), m->layout.init.size, addr);
}

struct ko_module *module_at(uptr addr)
{
	struct ko_module *m;

	list_foreach_rcu(m, &modules, link)
		if (module_owns(m, addr))
			return m;
	return NULL;
}

int module_need_locked(struct ko_module *user, struct ko_module *used)
{
	struct ko_need *n;

	if (used->lx->state == KO_GOING || used->is_dead)
		return -ENOENT;
	list_foreach(n, &user->needs, link)
		if (n->used == used)
			return 0;
	n = kmem_alloc(sizeof(*n), ALLOC_KERNEL);
	if (!n)
		return -ENOMEM;
	n->used = used;
	used->nusers++;
	list_add_tail(&n->link, &user->needs);
	return 0;
}

void module_drop_needs_locked(struct ko_module *m)
{
	struct ko_need *n, *next;

	list_foreach_safe(n, next, &m->needs, link) {
		n->used->nusers--;
		list_del(&n->link);
		kmem_free(n);
	}
}

int module_refs(const struct ko_module *m)
{
	int n = READ_ONCE(m->lx->refcnt.counter) - 1;

	return (n < 0 ? 0 : n) + (int)m->nusers;
}

bool module_stop_if_unused(struct ko_module *m)
{
	int one = 1;

	return __atomic_compare_exchange_n(&m->lx->refcnt.counter, &one, 0, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* ---- what modules call ---- */

bool lx_try_module_get(struct lx_module *lx)
{
	int n = lx ? READ_ONCE(lx->refcnt.counter) : 1;

	if (!lx)
		return true;
	do {
		if (n <= 0 || lx->state == KO_GOING)
			return false;
	} while (!__atomic_compare_exchange_n(&lx->refcnt.counter, &n, n + 1, true,
					      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	return true;
}
LX_EXPORT(try_module_get);

void lx___module_get(struct lx_module *lx)
{
	if (lx)
		__atomic_add_fetch(&lx->refcnt.counter, 1, __ATOMIC_SEQ_CST);
}
LX_EXPORT(__module_get);

void lx_module_put(struct lx_module *lx)
{
	if (lx)
		__atomic_sub_fetch(&lx->refcnt.counter, 1, __ATOMIC_SEQ_CST);
}
LX_EXPORT(module_put);

int lx_module_refcount(struct lx_module *lx)
{
	return READ_ONCE(lx->refcnt.counter) - 1;
}
LX_EXPORT(module_refcount);
