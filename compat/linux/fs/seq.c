// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of text made record by record, for open files and /proc entries of modules. A read makes records
 * from where the last one ended until the program's buffer is full; a record that does not fit grows ours.
 */
#include "file_impl.h"

#include "../runtime.h"
#include "../task.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/fs/procfs.h>
#include <tern/lib/fmt.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define SEQ_SKIP	1

int lx_seq_open(struct lx_file *file, const struct lx_seq_operations *ops)
{
	struct lx_seq_file *m = kmem_zalloc(sizeof(*m), ALLOC_KERNEL);

	if (!m)
		return -ENOMEM;
	lx___mutex_init(&m->lock, "seq", NULL);
	m->op = ops;
	m->file = file;
	file->private_data = m;
	return 0;
}
LX_EXPORT(seq_open);

int lx_seq_release(struct lx_inode *inode, struct lx_file *file)
{
	struct lx_seq_file *m = file->private_data;

	kmem_free_large(m->buf);
	kmem_free(m);
	return 0;
}
LX_EXPORT(seq_release);

static int grow(struct lx_seq_file *m)
{
	size_t size = m->size ? m->size * 2 : PAGE_SIZE;

	kmem_free_large(m->buf);
	m->buf = kmem_alloc_large(size, ALLOC_KERNEL);
	m->size = m->buf ? size : 0;
	m->count = 0;
	return m->buf ? 0 : -ENOMEM;
}

/* One record at m->index into the buffer: 1 made, 0 there is none, -errno. */
static int one_record(struct lx_seq_file *m)
{
	long long at = m->index;
	void *v = m->op->start(m, &at);
	int err = IS_ERR(v) ? (int)PTR_ERR(v) : 0, made = 0;

	if (!err && v) {
		m->count = 0;
		err = m->op->show(m, v);
		if (err >= 0 && m->count < m->size) {
			made = 1;
			if (err == SEQ_SKIP)
				m->count = 0;
			(void)m->op->next(m, v, &at);
			m->index = at > m->index ? at : m->index + 1;
		}
	}
	m->op->stop(m, IS_ERR(v) ? NULL : v);
	return err < 0 ? err : !v ? 0 : made ? 1 : -EOVERFLOW;
}

/* Text that was made and not read yet goes first. */
static ssize_t hand_out(struct lx_seq_file *m, char __user *to, size_t n)
{
	n = min(n, m->count);
	if (user_copyout(to, m->buf + m->from, n))
		return -EFAULT;
	m->from += n;
	m->count -= n;
	return (ssize_t)n;
}

long lx_seq_read(struct lx_file *file, char *buf, size_t n, long long *pos)
{
	struct lx_seq_file *m = file->private_data;
	ssize_t done = 0, got = 0;

	lx_mutex_lock(&m->lock);
	if (!*pos) {
		m->index = 0;
		m->count = m->from = 0;
	}
	if (!m->buf)
		got = grow(m);
	while (got >= 0 && (size_t)done < n) {
		if (m->count) {
			got = hand_out(m, (char __user *)buf + done, n - (size_t)done);
			done += got > 0 ? got : 0;
			continue;
		}
		m->from = 0;
		got = one_record(m);
		if (got == -EOVERFLOW)
			got = grow(m);
		else if (!got)
			break;
	}
	*pos += done;
	lx_mutex_unlock(&m->lock);
	return done ? done : got < 0 ? got : 0;
}
LX_EXPORT(seq_read);

/* To the beginning, or on by so many bytes of text. */
long long lx_seq_lseek(struct lx_file *file, long long off, int whence)
{
	struct lx_seq_file *m = file->private_data;

	if (whence == 1)
		off += file->f_pos;
	else if (whence)
		return -EINVAL;
	if (off && off != file->f_pos)
		return -EINVAL;
	if (!off) {
		lx_mutex_lock(&m->lock);
		m->index = 0;
		m->count = m->from = 0;
		lx_mutex_unlock(&m->lock);
	}
	file->f_pos = off;
	return off;
}
LX_EXPORT(seq_lseek);

/* ---- one record ---- */

static void *single_start(struct lx_seq_file *m, long long *at) { return *at ? NULL : (void *)1; }
static void *single_next(struct lx_seq_file *m, void *v, long long *at)
{
	++*at;
	return NULL;
}
static void single_stop(struct lx_seq_file *m, void *v) { }

int lx_single_open(struct lx_file *file, int (*show)(struct lx_seq_file *, void *), void *data)
{
	struct lx_seq_operations *ops = kmem_zalloc(sizeof(*ops), ALLOC_KERNEL);
	int err;

	if (!ops)
		return -ENOMEM;
	*ops = (struct lx_seq_operations){ single_start, single_stop, single_next, show };
	err = lx_seq_open(file, ops);
	if (err)
		kmem_free(ops);
	else
		((struct lx_seq_file *)file->private_data)->private = data;
	return err;
}
LX_EXPORT(single_open);

int lx_single_release(struct lx_inode *inode, struct lx_file *file)
{
	const struct lx_seq_operations *ops = ((struct lx_seq_file *)file->private_data)->op;
	int err = lx_seq_release(inode, file);

	kmem_free(ops);
	return err;
}
LX_EXPORT(single_release);

/* ---- /proc: native text files ---- */

struct entry {
	struct procfile native;
	int (*show)(struct lx_seq_file *, void *);
	void *data;
	struct list link;
	char path[128];
};

static LIST_HEAD(entries);
static struct kmutex entries_lock = KMUTEX_INIT(entries_lock, LOCKRANK_BLKCTL);	/* protects entries */

static void entry_print(struct seqbuf *sb, void *arg)
{
	struct entry *e = arg;
	struct lx_seq_file m = { .private = e->data };

	if (lx_task_enter())
		return;
	lx___mutex_init(&m.lock, "seq", NULL);
	do {
		if (grow(&m))
			return;
	} while (e->show(&m, NULL) >= 0 && m.count >= m.size && m.size < (1UL << 20));
	seqbuf_write(sb, m.buf, m.count);
	kmem_free_large(m.buf);
}

struct lx_proc_dir_entry *lx_proc_create_single_data(const char *name, unsigned short mode,
						     struct lx_proc_dir_entry *parent,
						     int (*show)(struct lx_seq_file *, void *), void *data)
{
	struct entry *e = kmem_zalloc(sizeof(*e), ALLOC_KERNEL), *dir = (struct entry *)parent;

	if (!e)
		return NULL;
	fmt_print(e->path, sizeof(e->path), "%s%s%s", dir ? dir->path : "", dir ? "/" : "", name);
	e->native = (struct procfile){ .path = e->path, .mode = mode, .print = entry_print, .arg = e };
	e->show = show;
	e->data = data;
	if (procfile_register(&e->native)) {
		kmem_free(e);
		return NULL;
	}
	kmutex_lock(&entries_lock);
	list_add(&e->link, &entries);
	kmutex_unlock(&entries_lock);
	return (struct lx_proc_dir_entry *)e;
}
LX_EXPORT(proc_create_single_data);

void lx_remove_proc_entry(const char *name, struct lx_proc_dir_entry *parent)
{
	struct entry *e, *found = NULL, *dir = (struct entry *)parent;
	char path[128];

	fmt_print(path, sizeof(path), "%s%s%s", dir ? dir->path : "", dir ? "/" : "", name);
	kmutex_lock(&entries_lock);
	list_foreach(e, &entries, link)
		if (!strcmp(e->path, path))
			found = e;
	if (found)
		list_del(&found->link);
	kmutex_unlock(&entries_lock);
	if (!found)
		return;
	procfile_unregister(&found->native);
	kmem_free(found);
}
LX_EXPORT(remove_proc_entry);
