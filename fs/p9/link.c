// SPDX-License-Identifier: GPL-2.0-only
/* Links that carry 9P, by their tags. */
#include <tern/fs/p9link.h>

#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/lib/string.h>

static struct spin links_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects links */
static LIST_HEAD(links);

static struct p9_link *find(const char *tag)
{
	struct p9_link *l;

	list_foreach(l, &links, link) {
		if (!strcmp(l->tag, tag))
			return l;
	}
	return NULL;
}

int p9_link_register(struct p9_link *l)
{
	int err = 0;

	spin_lock(&links_lock);
	if (find(l->tag))
		err = -EEXIST;
	else
		list_add_tail(&l->link, &links);
	spin_unlock(&links_lock);
	return err;
}

void p9_link_unregister(struct p9_link *l)
{
	spin_lock(&links_lock);
	list_del_init(&l->link);
	WRITE_ONCE(l->is_gone, true);
	spin_unlock(&links_lock);
}

struct p9_link *p9_link_get(const char *tag)
{
	struct p9_link *l;

	spin_lock(&links_lock);
	l = find(tag);
	if (l)
		ref_get(&l->refs);
	spin_unlock(&links_lock);
	return l;
}

void p9_link_put(struct p9_link *l)
{
	WARN_IF(ref_put(&l->refs));	/* the driver has one */
}
