// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the registry begins with, and the file that keeps what programs write.
 *
 * The file is text (lib/regtext), read when a program first opens a key. It holds the keys and values
 * that differ from registry.tbl; what is volatile is not in it. A change is written a second later,
 * or at once by NtFlushKey: the whole file anew under another name, which then takes its place. A
 * key or value of registry.tbl that a program deletes is back at the next start. Where drive C:
 * cannot be written the registry lives in memory, and one line of the log says so.
 *
 * The file is read and written by a kernel thread: it belongs to the machine, not to who is first.
 *
 * Locks: file_lock (one writer) > nt_registry_lock.
 */
#include "cm_impl.h"

#include <generated/svc_vfs.h>
#include <tern/base/initcall.h>
#include <tern/fs/ofile.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/regtext.h>
#include <uapi/fcntl.h>

#define FOLDER		"/mnt/c/windows/system32/config"
#define FILE_NAME	FOLDER "/registry"
#define NEW_NAME	FOLDER "/registry.new"
#define FILE_MAX	(64UL << 20)
#define HEADING		"; The registry of Windows programs: Documentation/subsys/win32.md\n"
#define WRITE_DELAY	1000000000L
#define AT_FDCWD	(-100)
#define PATH_UNITS_MAX	4096u

static struct kmutex file_lock = KMUTEX_INIT(file_lock, LOCKRANK_PERSONA);
static bool is_loaded, has_warned;

/* ---- what is there from the start ---- */

struct reg_row { const char *key, *name; u32 type; const char *text; u32 word; };
static const struct reg_row rows[] = {
#define REG_KEY(key)			{ key, NULL, 0, NULL, 0 },
#define REG_TEXT(key, name, text)	{ key, name, REG_SZ, text, 0 },
#define REG_WORD(key, name, word)	{ key, name, REG_DWORD, NULL, word },
#define REG_BYTES(key, name, word)	{ key, name, 3, NULL, word },
#include "../registry.tbl"
};

static int ascii_to_text(const char *s, struct nt_string *out)
{
	out->text = nt_utf16(s, strlen(s), &out->len);
	return out->text ? 0 : -ENOMEM;
}

static int make_row(const struct reg_row *r)
{
	struct nt_string name, text = { NULL, 0 };
	struct reg_key *k;
	u32 size = 4;
	int err;
	u8 *data;

	if (ascii_to_text(r->key, &name))
		return -ENOMEM;
	k = nt_registry_path(name.text, name.len, true);
	kmem_free(name.text);
	if (!k)
		return -ENOMEM;
	if (!r->name)
		return 0;
	if (ascii_to_text(r->name, &name) || (r->text && ascii_to_text(r->text, &text)))
		return -ENOMEM;
	if (r->text)
		size = text.len * 2 + 2;
	data = kmem_alloc_large(size, ALLOC_KERNEL);
	if (!data)
		return -ENOMEM;
	if (r->text)
		memcpy(data, text.text, size);
	else
		put_le32(data, r->word);
	kmem_free(text.text);
	err = nt_registry_set(k, name.text, name.len, r->type, data, size) ? -ENOMEM : 0;
	if (!err)
		nt_registry_value(k, name.text, name.len)->is_builtin = true;
	kmem_free(name.text);
	return err;
}

static int start_init(void)
{
	int err = 0;

	for (u32 i = 0; i < ARRAY_SIZE(rows) && !err; i++)
		err = make_row(&rows[i]);
	return err;
}
INITCALL(LATE, start_init);

/* ---- reading ---- */

static char *read_file(size_t *size)
{
	struct ofile *f = ofile_open_kernel(FILE_NAME, O_RDONLY, 0);
	struct vattr va = { 0 };
	char *text = NULL;
	loff_t pos = 0;
	ssize_t n = IS_ERR(f) ? PTR_ERR(f) : 0;

	if (n)
		return NULL;
	n = f->of_vnode->vn_ops->getattr(f->of_vnode, &va);
	if (!n && va.size < FILE_MAX)
		text = kmem_alloc_large(va.size + 1, ALLOC_KERNEL);
	n = text ? ofile_read_kernel(f, text, va.size, &pos) : -ENOMEM;
	ofile_put(f);
	if (n >= 0) {
		*size = n;
		return text;
	}
	kwarn("registry: %s cannot be read: %d", FILE_NAME, (int)n);
	kmem_free_large(text);
	return NULL;
}

static int take_value(struct reg_key *k, const struct regtext_line *l)
{
	u8 *data;

	if (!k || l->size > VALUE_MAX)
		return -EINVAL;
	data = kmem_alloc_large(l->size + 1, ALLOC_KERNEL);
	if (!data)
		return -ENOMEM;
	memcpy(data, l->data, l->size);
	return nt_registry_set(k, l->name, l->name_len, l->type, data, l->size) ? -ENOMEM : 0;
}

static void take_lines(const char *text, size_t size, u16 *room)
{
	struct regtext r = { text, text + size, 0 };
	struct reg_key *k = NULL;
	struct regtext_line l;

	for (;;) {
		int err = regtext_next(&r, room, &l);

		if (!err && l.kind == REGTEXT_END)
			return;
		if (!err && l.kind == REGTEXT_KEY) {
			k = nt_registry_path(l.name, l.name_len, false);
			err = k ? 0 : -ENOMEM;
		} else if (!err) {
			err = take_value(k, &l);
		}
		if (err)
			kwarn("registry: line %u of %s is left out: %d", r.line, FILE_NAME, err);
	}
}

static void load_work(struct workitem *w)
{
	size_t size = 0;
	u16 *room;
	char *text;

	if (READ_ONCE(is_loaded))
		return;
	text = read_file(&size);
	room = text ? kmem_alloc_large(size * 2 + 2, ALLOC_KERNEL) : NULL;
	rwsem_write_lock(&nt_registry_lock);
	if (room)
		take_lines(text, size, room);
	WRITE_ONCE(is_loaded, true);
	rwsem_write_unlock(&nt_registry_lock);
	kmem_free_large(room);
	kmem_free_large(text);
}

static struct workitem loader = WORKITEM_INIT(load_work);

void nt_registry_load(void)
{
	if (READ_ONCE(is_loaded))
		return;
	workpool_queue(workpool_long, &loader);
	workitem_flush(&loader);
}

/* ---- writing; the lock is held for reading ---- */

struct writing { char *out; size_t room, n; u16 *path; };

static bool is_kept(const struct reg_key *k)
{
	const struct reg_value *v;

	if (!k->is_builtin)
		return k != nt_registry_root();
	list_foreach(v, &k->values, link)
		if (!v->is_builtin)
			return true;
	return false;
}

static char *rest(struct writing *w, size_t *room)
{
	*room = w->n < w->room ? w->room - w->n : 0;
	return *room ? w->out + w->n : NULL;
}

static void put_one(struct writing *w, const struct reg_key *k, u32 len)
{
	const struct reg_value *v;
	size_t room;
	char *out = rest(w, &room);

	w->n += regtext_key(out, room, w->path, len);
	list_foreach(v, &k->values, link) {
		if (v->is_builtin)
			continue;
		out = rest(w, &room);
		w->n += regtext_value(out, room, v->name, v->name_len, v->type, v->data, v->size);
	}
}

/* The next key of the tree in the order of the file; *len: units of its path. NULL: there is none. */
static const struct reg_key *next_key(const struct reg_key *k, u16 *path, u32 *len)
{
	const struct reg_key *next = NULL;

	if (!list_is_empty(&k->children))
		next = list_first_entry(&k->children, struct reg_key, link);
	while (!next && k->parent) {
		*len -= k->name_len + (*len > k->name_len);
		if (k->link.next != &k->parent->children)
			next = container_of(k->link.next, struct reg_key, link);
		k = k->parent;
	}
	if (!next)
		return NULL;
	if (*len)
		path[(*len)++] = '\\';
	memcpy(path + *len, next->name, next->name_len * 2UL);
	*len += next->name_len;
	return next;
}

/* Is there room in the path for any name below. */
static bool is_too_deep(u32 len)
{
	return len > PATH_UNITS_MAX - 260;
}

static void put_tree(struct writing *w)
{
	const struct reg_key *k = nt_registry_root();
	u32 len = 0;

	w->n = 0;
	while ((k = next_key(k, w->path, &len)) != NULL && !is_too_deep(len))
		if (!k->is_volatile && is_kept(k))
			put_one(w, k, len);
}

/* The whole text, kmem large. */
static char *make_text(size_t *size)
{
	struct writing w = { .path = kmem_alloc(PATH_UNITS_MAX * 2, ALLOC_KERNEL) };

	if (!w.path)
		return NULL;
	rwsem_read_lock(&nt_registry_lock);
	put_tree(&w);
	w.room = w.n;
	w.out = kmem_alloc_large(w.n + 1, ALLOC_KERNEL);
	if (w.out)
		put_tree(&w);
	rwsem_read_unlock(&nt_registry_lock);
	kmem_free(w.path);
	*size = w.n;
	return w.out;
}

static int write_all(struct ofile *f, const char *data, size_t n, loff_t *pos)
{
	while (n) {
		ssize_t done = ofile_write_kernel(f, data, n, pos);

		if (done <= 0)
			return done ? done : -EIO;
		data += done;
		n -= done;
	}
	return 0;
}

static int write_text(const char *text, size_t size)
{
	struct ofile *f;
	loff_t pos = 0;
	int err = svc_vfs_mkdir(AT_FDCWD, FOLDER, 0755);

	if (err && err != -EEXIST)
		return err;
	f = ofile_open_kernel(NEW_NAME, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (IS_ERR(f))
		return PTR_ERR(f);
	err = write_all(f, HEADING, sizeof(HEADING) - 1, &pos);
	if (!err)
		err = write_all(f, text, size, &pos);
	if (!err)
		err = f->of_ops->fsync(f, 0, S64_MAX, false);
	ofile_put(f);
	return err ? err : svc_vfs_rename(AT_FDCWD, NEW_NAME, AT_FDCWD, FILE_NAME, 0);
}

static int write_result;

static void write_work(struct workitem *w)
{
	size_t size;
	char *text;
	int err;

	kmutex_lock(&file_lock);
	text = make_text(&size);
	err = text ? write_text(text, size) : -ENOMEM;
	kmem_free_large(text);
	if (err && !has_warned) {
		has_warned = true;
		kwarn("registry: %s cannot be written: %d", FILE_NAME, err);
	}
	WRITE_ONCE(write_result, err);
	kmutex_unlock(&file_lock);
}

static struct delayed_item writer;

void nt_registry_changed(void)
{
	workpool_queue_delayed(workpool_long, &writer, WRITE_DELAY);
}

int nt_registry_write(void)
{
	nt_registry_changed();
	delayed_work_flush(&writer);
	return READ_ONCE(write_result);
}

static int writer_init(void)
{
	delayed_work_init(&writer, write_work);
	return 0;
}
INITCALL(FS, writer_init);
