// SPDX-License-Identifier: GPL-2.0-only
/* Major numbers of block devices and their names; names of disks by letters. */
#include "blk_impl.h"

#include <tern/base/initcall.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define DYNAMIC_FIRST	254u
#define DYNAMIC_LAST	240u

struct blkmajor {
	u32 major;
	const char *name;
	struct list link;
};

static struct spin majors_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects majors */
static LIST_HEAD(majors);

static bool taken_locked(u32 major)
{
	struct blkmajor *m;

	list_foreach(m, &majors, link)
		if (m->major == major)
			return true;
	return false;
}

bool blk_major_is(u32 major, const char *name)
{
	struct blkmajor *m;
	bool found = false;

	spin_lock(&majors_lock);
	list_foreach(m, &majors, link)
		found |= m->major == major && !strcmp(m->name, name);
	spin_unlock(&majors_lock);
	return found;
}

int blk_major_register(u32 major, const char *name)
{
	struct blkmajor *m = kmem_alloc(sizeof(*m), ALLOC_KERNEL);
	int err = 0;

	if (!m)
		return -ENOMEM;
	spin_lock(&majors_lock);
	for (u32 i = DYNAMIC_FIRST; !major && i >= DYNAMIC_LAST; i--)
		if (!taken_locked(i))
			major = i;
	if (!major || taken_locked(major)) {
		err = -EBUSY;
	} else {
		*m = (struct blkmajor){ .major = major, .name = name };
		list_add_tail(&m->link, &majors);
	}
	spin_unlock(&majors_lock);
	if (err)
		kmem_free(m);
	return err ? err : (int)major;
}

void blk_majors_print(struct seqbuf *sb)
{
	struct blkmajor *m;

	spin_lock(&majors_lock);
	for (u32 i = 0; i < 512; i++) {
		list_foreach(m, &majors, link)
			if (m->major == i)
				seqbuf_printf(sb, "%3u %s\n", i, m->name);
	}
	spin_unlock(&majors_lock);
}

void blk_print_letters(char *out, const char *prefix, u32 index)
{
	char rev[8];
	u32 n = 0;

	for (u64 i = (u64)index + 1; i; i = (i - 1) / 26)
		rev[n++] = (char)('a' + (i - 1) % 26);
	while (*prefix)
		*out++ = *prefix++;
	while (n)
		*out++ = rev[--n];
	*out = 0;
}

u32 blk_sd_index(void)
{
	static atomic32 next;

	return (u32)atomic_fetch_add(&next, 1);
}

static int majors_init(void)
{
	int major = blk_major_register(BLK_MAJOR_EXTENDED, "blkext");

	if (major >= 0)
		major = blk_major_register(BLK_MAJOR_SD, "sd");

	return major < 0 ? major : 0;
}
INITCALL(FS, majors_init);
