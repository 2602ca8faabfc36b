// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of modules under /proc/sys: each entry is a native text file whose contents the table's handler
 * prints and takes. A header is what a registration made: its files, the last one first.
 */
#include "../lx.h"

#include "../task.h"

#include <tern/base/err.h>
#include <tern/fs/procfs.h>
#include <tern/lib/fmt.h>
#include <tern/lib/list.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define TEXT_MAX	PAGE_SIZE
#define DEPTH_MAX	8u

struct entry {
	struct procfile file;
	struct lx_ctl_table *row;
	struct list link;
	char path[];
};

struct header {
	struct lx_ctl_table_header pub;	/* first: modules hold pointers to it */
	struct list entries;
};

/* ---- files ---- */

static void entry_print(struct seqbuf *sb, void *arg)
{
	struct entry *e = arg;
	char *text = kmem_zalloc(TEXT_MAX, ALLOC_KERNEL);
	size_t n = TEXT_MAX - 1;
	long long pos = 0;

	if (text && !lx_task_enter() && !e->row->proc_handler(e->row, 0, text, &n, &pos))
		seqbuf_write(sb, text, min(n, TEXT_MAX - 1));
	kmem_free(text);
}

static ssize_t entry_write(const char *text, size_t n, void *arg)
{
	struct entry *e = arg;
	char *copy = kmem_strndup(text, n, ALLOC_KERNEL);
	long long pos = 0;
	size_t len = n;
	int err = copy ? lx_task_enter() : -ENOMEM;

	if (!err)
		err = e->row->proc_handler(e->row, 1, copy, &len, &pos);
	kmem_free(copy);
	return err ? err : (ssize_t)n;
}

static int entry_add(struct header *h, const char *folder, struct lx_ctl_table *row)
{
	size_t room = strlen(folder) + strlen(row->procname) + sizeof("sys//");
	struct entry *e = kmem_zalloc(sizeof(*e) + room, ALLOC_KERNEL);
	int err;

	if (!e)
		return -ENOMEM;
	fmt_print(e->path, room, "sys/%s/%s", folder, row->procname);
	e->row = row;
	e->file = (struct procfile){ .path = e->path, .mode = row->mode, .print = entry_print,
				     .write = row->mode & 0222 ? entry_write : NULL, .arg = e };
	err = procfile_register(&e->file);
	if (err)
		kmem_free(e);
	else
		list_add(&e->link, &h->entries);
	return err;
}

static int rows_add(struct header *h, const char *folder, struct lx_ctl_table *rows, u32 depth)
{
	int err = 0;

	for (; !err && rows->procname; rows++) {
		size_t room = strlen(folder) + strlen(rows->procname) + 2;
		char *sub;

		if (!rows->child) {
			err = entry_add(h, folder, rows);
			continue;
		}
		sub = depth < DEPTH_MAX ? kmem_alloc(room, ALLOC_KERNEL) : NULL;
		if (!sub)
			return depth < DEPTH_MAX ? -ENOMEM : -EINVAL;
		fmt_print(sub, room, "%s%s%s", folder, *folder ? "/" : "", rows->procname);
		err = rows_add(h, sub, rows->child, depth + 1);
		kmem_free(sub);
	}
	return err;
}

void lx_unregister_sysctl_table(struct lx_ctl_table_header *pub)
{
	struct header *h = container_of(pub, struct header, pub);
	struct entry *e, *next;

	if (!pub)
		return;
	list_foreach_safe(e, next, &h->entries, link) {
		procfile_unregister(&e->file);
		kmem_free(e);
	}
	kmem_free(h);
}
LX_EXPORT(unregister_sysctl_table);

struct lx_ctl_table_header *lx_register_sysctl(const char *path, struct lx_ctl_table *rows)
{
	struct header *h = kmem_zalloc(sizeof(*h), ALLOC_KERNEL);

	if (!h)
		return NULL;
	list_init(&h->entries);
	h->pub.ctl_table_arg = rows;
	if (!rows_add(h, path, rows, 0))
		return &h->pub;
	lx_unregister_sysctl_table(&h->pub);
	return NULL;
}
LX_EXPORT(register_sysctl);

struct lx_ctl_table_header *lx_register_sysctl_table(struct lx_ctl_table *rows)
{
	return lx_register_sysctl("", rows);
}
LX_EXPORT(register_sysctl_table);

/* ---- handlers ---- */

int lx_proc_dointvec(struct lx_ctl_table *row, int write, void *buf, size_t *n, long long *pos)
{
	int *values = row->data;
	u32 count = (u32)row->maxlen / sizeof(int);
	size_t done = 0;
	char *at = buf;

	if (*pos) {
		*n = 0;
		return 0;
	}
	for (u32 i = 0; !write && i < count; i++)
		done += (size_t)fmt_print(at + done, *n - done, "%s%d", i ? "\t" : "", values[i]);
	if (!write) {
		done += (size_t)fmt_print(at + done, *n - done, "\n");
		*n = done;
	}
	for (u32 i = 0; write && i < count; i++) {
		char *word = strsep(&at, " \t\n");
		int value;

		if (!word || !*word)
			return i ? 0 : -EINVAL;
		if (lx_kstrtoint(word, 0, &value))
			return -EINVAL;
		values[i] = value;
	}
	*pos += (long long)*n;
	return 0;
}
LX_EXPORT(proc_dointvec);

int lx_proc_dostring(struct lx_ctl_table *row, int write, void *buf, size_t *n, long long *pos)
{
	if (*pos || !row->maxlen) {
		*n = 0;
		return 0;
	}
	if (write) {
		strlcpy(row->data, buf, (size_t)row->maxlen);
		((char *)row->data)[strcspn(row->data, "\n")] = '\0';
	} else {
		*n = (size_t)fmt_print(buf, *n, "%s\n", (const char *)row->data);
	}
	*pos += (long long)*n;
	return 0;
}
LX_EXPORT(proc_dostring);
