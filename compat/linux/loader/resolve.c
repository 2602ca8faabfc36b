// SPDX-License-Identifier: GPL-2.0-only
/* Symbols: those of this kernel (LX_EXPORT), then those of modules, each with its checksum. */
#include "loader_impl.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>

extern const struct lx_export __start_tab_lx_export[], __stop_tab_lx_export[];

/* Where one symbol comes from. */
struct origin {
	u64 value;
	u32 crc;
	bool is_gpl;
	struct ko_module *owner;
};

const struct lx_export *symbol_find(const char *name)
{
	const struct lx_export *low = __start_tab_lx_export, *high = __stop_tab_lx_export;

	while (low < high) {
		const struct lx_export *mid = low + (high - low) / 2;
		int order = strcmp(name, mid->name);

		if (!order)
			return mid;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static bool find_in_module(struct ko_module *m, const char *name, struct origin *out)
{
	for (u32 gpl = 0; gpl < 2; gpl++) {
		const struct ko_exports *e = &m->exports[gpl];

		for (u32 i = 0; i < e->count; i++) {
			const struct ko_export *x = &e->sym[i];
			uptr text = (uptr)&x->name + (uptr)(s64)x->name;

			if (!module_owns(m, text) || strcmp((const char *)text, name))
				continue;
			*out = (struct origin){ (u64)&x->value + (u64)(s64)x->value, e->crc[i],
						gpl, m };
			return true;
		}
	}
	return false;
}

static bool find_locked(const char *name, struct origin *out)
{
	const struct lx_export *own = symbol_find(name);
	struct ko_module *m;

	if (own) {
		*out = (struct origin){ (u64)own->addr, own->crc, own->is_gpl, NULL };
		return true;
	}
	list_foreach(m, &modules, link)
		if (m->lx->state == KO_LIVE && find_in_module(m, name, out))
			return true;
	return false;
}

static int resolve_locked(struct ko_module *m, const struct ko_image *ko, const char *name,
			  u32 flags, u64 *value)
{
	struct origin o;
	u32 crc;

	if (!find_locked(name, &o) || (o.is_gpl && !m->is_gpl))
		return -ENOENT;
	if (!(flags & MODULE_INIT_IGNORE_MODVERSIONS) && ko_version_crc(ko, name, &crc) &&
	    crc != o.crc) {
		kerr("%s: disagrees about version of symbol %s", ko->name, name);
		return -EINVAL;
	}
	*value = o.value;
	return o.owner ? module_need_locked(m, o.owner) : 0;
}

int resolve_symbol(struct ko_module *m, const struct ko_image *ko, const char *name, u32 flags,
		   u64 *value)
{
	int err;

	kmutex_lock(&module_lock);
	err = resolve_locked(m, ko, name, flags, value);
	kmutex_unlock(&module_lock);
	if (err)
		kerr("%s: Unknown symbol %s (err %d)", ko->name, name, err);
	else if (!strcmp(name, "jiffies"))
		lx_tick_start();
	return err;
}

void *lx___symbol_get(const char *name)
{
	struct origin o;
	void *found = NULL;

	kmutex_lock(&module_lock);
	if (find_locked(name, &o) && (!o.owner || lx_try_module_get(o.owner->lx)))
		found = (void *)o.value;
	kmutex_unlock(&module_lock);
	return found;
}
LX_EXPORT(__symbol_get);

void lx___symbol_put(const char *name)
{
	struct origin o;

	kmutex_lock(&module_lock);
	if (find_locked(name, &o) && o.owner)
		lx_module_put(o.owner->lx);
	kmutex_unlock(&module_lock);
}
LX_EXPORT(__symbol_put);

void lx_symbol_put_addr(void *addr)
{
	struct ko_module *m;

	rcu_read_lock();
	m = module_at((uptr)addr);
	if (m)
		lx_module_put(m->lx);
	rcu_read_unlock();
}
LX_EXPORT(symbol_put_addr);
