// SPDX-License-Identifier: GPL-2.0-only
/* Who uses which ports and memory addresses: two trees, children sorted by address. */
#include "../lx.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/mm/slab.h>

#define RES_BUSY	0x80000000UL
#define RES_TYPES	0x00001f00UL

struct lx_resource lx_ioport_resource = { .name = "PCI IO", .end = 0xffff, .flags = 0x100 };
LX_EXPORT_DATA(ioport_resource);
struct lx_resource lx_iomem_resource = { .name = "PCI mem", .end = ~0ULL, .flags = 0x200 };
LX_EXPORT_DATA(iomem_resource);

static struct kmutex tree_lock = KMUTEX_INIT(tree_lock, LOCKRANK_VFS_MISC);

/* Hang @r in below @root; -EBUSY if it overlaps. */
static int insert_locked(struct lx_resource *root, struct lx_resource *r)
{
	struct lx_resource **at = &root->child;

	if (r->end < r->start || r->start < root->start || r->end > root->end)
		return -EBUSY;
	while (*at && (*at)->end < r->start)
		at = &(*at)->sibling;
	if (*at && (*at)->start <= r->end)
		return -EBUSY;
	r->sibling = *at;
	r->parent = root;
	*at = r;
	return 0;
}

static int remove_locked(struct lx_resource *r)
{
	if (!r->parent)
		return -EINVAL;
	for (struct lx_resource **at = &r->parent->child; *at; at = &(*at)->sibling)
		if (*at == r) {
			*at = r->sibling;
			r->parent = r->sibling = NULL;
			return 0;
		}
	return -EINVAL;
}

int lx_request_resource(struct lx_resource *root, struct lx_resource *r)
{
	int err;

	kmutex_lock(&tree_lock);
	err = insert_locked(root, r);
	kmutex_unlock(&tree_lock);
	return err;
}
LX_EXPORT(request_resource);

int lx_release_resource(struct lx_resource *r)
{
	int err;

	kmutex_lock(&tree_lock);
	err = remove_locked(r);
	kmutex_unlock(&tree_lock);
	return err;
}
LX_EXPORT(release_resource);

struct lx_resource *lx___request_region(struct lx_resource *root, unsigned long long start,
					unsigned long long n, const char *name, int flags)
{
	struct lx_resource *r = kmem_zalloc(sizeof(*r), ALLOC_KERNEL);

	if (!r)
		return NULL;
	r->name = name;
	r->start = start;
	r->end = start + n - 1;
	r->flags = (root->flags & RES_TYPES) | RES_BUSY | (unsigned long)flags;
	if (!lx_request_resource(root, r))
		return r;
	kmem_free(r);
	return NULL;
}
LX_EXPORT(__request_region);

void lx___release_region(struct lx_resource *root, unsigned long long start, unsigned long long n)
{
	struct lx_resource *r;

	kmutex_lock(&tree_lock);
	for (r = root->child; r; r = r->sibling)
		if (r->start == start && r->end == start + n - 1)
			break;
	if (r)
		(void)remove_locked(r);
	kmutex_unlock(&tree_lock);
	kmem_free(r);
}
LX_EXPORT(__release_region);

struct region { struct lx_resource *root; unsigned long long start, n; };

static void region_release(struct lx_device *dev, void *data)
{
	struct region *g = data;

	lx___release_region(g->root, g->start, g->n);
}

struct lx_resource *lx___devm_request_region(struct lx_device *dev, struct lx_resource *root,
					     unsigned long long start, unsigned long long n, const char *name)
{
	struct region *g = lx___devres_alloc_node(region_release, sizeof(*g), ALLOC_KERNEL, 0, "region");
	struct lx_resource *r = g ? lx___request_region(root, start, n, name, 0) : NULL;

	if (!r) {
		lx_devres_free(g);
		return NULL;
	}
	*g = (struct region){ root, start, n };
	lx_devres_add(dev, g);
	return r;
}
LX_EXPORT(__devm_request_region);
