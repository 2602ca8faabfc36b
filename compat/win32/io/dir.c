// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listing directories: entries that fit a pattern, in one of the record forms that
 * differ in what stands between the common head and the name.
 *
 * A listing goes on where the last call stopped. The pattern of the first call
 * holds for all.
 */
#include "../file.h"

#include <generated/svc_vfs.h>
#include <tern/fs/path.h>

#include "../ps.h"

#define FIRST_FORM	1u	/* directory, full, both, ... id full 38 */
#define NAME_UNITS	256

struct record_form { u8 class, name_at; bool has_ea, has_short, has_id; };
static const struct record_form forms[] = {
	{ 1, 64, false, false, false }, { 2, 68, true, false, false }, { 3, 94, true, true, false },
	{ 12, 12, false, false, false }, { 37, 104, true, true, true }, { 38, 80, true, false, true },
};

struct listing {
	struct dir_sink sink;
	struct nt_file *f;
	const struct record_form *form;
	u8 *out;		/* kernel copy of the answer */
	u32 room, at, last;	/* bytes; last record's begin */
	bool one, overflow;
	u32 found;
};

/* ---- patterns ---- */

/* '<' is '*' up to the last dot, '>' is '?' that may meet the end, '"' a dot or the end. */
static bool matches(const u16 *p, u32 pl, const u16 *s, u32 sl)
{
	while (pl) {
		switch (*p) {
		case '*':
			for (u32 i = 0; i <= sl; i++)
				if (matches(p + 1, pl - 1, s + i, sl - i))
					return true;
			return false;
		case '<': {
			u32 dot = sl;

			while (dot > 0 && s[dot - 1] != '.')
				dot--;
			for (u32 i = 0; i <= sl; i++)
				if ((i <= dot || !dot) && matches(p + 1, pl - 1, s + i, sl - i))
					return true;
			return !dot && matches(p + 1, pl - 1, s + sl, 0);
		}
		case '>':
			if (sl && *s != '.')
				s++, sl--;
			break;
		case '"':
			if (sl && *s != '.')
				return false;
			if (sl)
				s++, sl--;
			break;
		case '?':
			if (!sl)
				return false;
			s++, sl--;
			break;
		default:
			if (!sl || nt_upcase(*p) != nt_upcase(*s))
				return false;
			s++, sl--;
			break;
		}
		p++, pl--;
	}
	return !sl;
}

static bool wanted(const struct nt_file *f, const u16 *name, u32 len)
{
	const struct nt_string *p = &f->pattern;

	if (!p->len || nt_equal_ascii(p->text, p->len, "*") || nt_equal_ascii(p->text, p->len, "*.*"))
		return true;
	return matches(p->text, p->len, name, len);
}

/* ---- records ---- */

static void stat_entry(struct nt_file *f, const char *name, u32 len, struct vattr *va)
{
	char buf[NAME_UNITS];
	struct fspath p;

	memset(va, 0, sizeof(*va));
	if (len >= sizeof(buf))
		return;
	memcpy(buf, name, len);
	buf[len] = 0;
	/* A link that leads nowhere is itself. */
	if (path_lookup_at(&f->of->of_path, buf, LOOKUP_FOLLOW, &p) &&
	    path_lookup_at(&f->of->of_path, buf, 0, &p))
		return;
	(void)svc_vfs_stat(&p, ~0u, va);
	fspath_put(&p);
}

static void fill_record(u8 *r, const struct record_form *form, const struct vattr *va, u64 ino,
			const u16 *name, u32 len)
{
	bool is_dir = S_ISDIR(va->mode);

	memset(r, 0, form->name_at);
	put_le32(r + (form->class == 12 ? 8 : 60), len * 2);
	if (form->class != 12) {
		put_le64(r + 8, (u64)nt_time_of(va->btime ? va->btime : va->mtime));
		put_le64(r + 16, (u64)nt_time_of(va->atime));
		put_le64(r + 24, (u64)nt_time_of(va->mtime));
		put_le64(r + 32, (u64)nt_time_of(va->ctime));
		put_le64(r + 40, is_dir ? 0 : va->size);
		put_le64(r + 48, is_dir ? 0 : va->blocks * 512);
		put_le32(r + 56, nt_attributes_of(va->mode));
	}
	if (form->has_id)
		put_le64(r + form->name_at - 8, ino);
	memcpy(r + form->name_at, name, len * 2UL);
}

/* The entries are put down first and looked at afterwards: their directory is locked now. */
struct entry { struct list link; loff_t next; u64 ino; u32 len; char name[]; };
struct gather { struct dir_sink sink; struct list entries; u32 n; bool failed; };

static bool gather_emit(struct dir_sink *s, const char *name, u32 len, u64 ino, u32 type, loff_t next)
{
	struct gather *g = container_of(s, struct gather, sink);
	struct entry *e;

	if (g->n >= 128)
		return false;
	e = kmem_alloc(sizeof(*e) + len + 1, ALLOC_KERNEL);
	if (!e) {
		g->failed = true;
		return false;
	}
	e->next = next;
	e->ino = ino;
	e->len = len;
	memcpy(e->name, name, len);
	e->name[len] = 0;
	list_add_tail(&e->link, &g->entries);
	g->n++;
	s->pos = next;
	return true;
}

static int gather(struct ofile *of, struct gather *g, loff_t from)
{
	int err;

	g->sink = (struct dir_sink){ .emit = gather_emit, .pos = from };
	list_init(&g->entries);
	g->n = 0;
	g->failed = false;
	rwsem_read_lock(&of->of_vnode->vn_lock);
	err = of->of_vnode->vn_flags & VNODE_DEAD_DIR ? -ENOENT : of->of_ops->readdir(of, &g->sink);
	rwsem_read_unlock(&of->of_vnode->vn_lock);
	return g->failed ? -ENOMEM : err;
}

static void gather_free(struct gather *g)
{
	while (!list_is_empty(&g->entries)) {
		struct entry *e = list_first_entry(&g->entries, struct entry, link);

		list_del(&e->link);
		kmem_free(e);
	}
}

bool nt_dir_is_empty(struct ofile *of)
{
	struct gather g;
	struct entry *e;
	bool empty = true;

	if (!gather(of, &g, 0))
		list_foreach(e, &g.entries, link)
			if (strcmp(e->name, ".") && strcmp(e->name, ".."))
				empty = false;
	gather_free(&g);
	return empty;
}

/* False: no more room. */
static bool put_entry(struct listing *l, const struct entry *e, bool *fits)
{
	u32 len, size, begin = ALIGN_UP(l->at, 8);
	u16 *name = nt_name_from_unix(e->name, e->len, &len);
	struct vattr va;

	*fits = true;
	if (!name)
		return false;
	if (wanted(l->f, name, len)) {
		size = l->form->name_at + len * 2;
		if (begin + size > l->room) {
			*fits = false;
			l->overflow = !l->found;
			kmem_free(name);
			return false;
		}
		stat_entry(l->f, e->name, e->len, &va);
		if (l->found)
			put_le32(l->out + l->last, begin - l->last);
		fill_record(l->out + begin, l->form, &va, e->ino, name, len);
		l->last = begin;
		l->at = begin + size;
		l->found++;
	}
	kmem_free(name);
	return !(l->one && l->found);
}

static ntstatus list(struct listing *l)
{
	struct gather g;
	struct entry *e;
	bool more = true, fits;
	int err;

	while (more) {
		err = gather(l->f->of, &g, l->f->dir_pos);
		if (err || !g.n) {
			gather_free(&g);
			if (err)
				return nt_status_of(err);
			break;
		}
		list_foreach(e, &g.entries, link) {
			more = put_entry(l, e, &fits);
			if (fits)
				l->f->dir_pos = e->next;
			if (!more)
				break;
		}
		gather_free(&g);
	}
	return l->overflow ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static ntstatus begin(struct nt_file *f, const struct nt_unicode_string __user *mask, bool restart)
{
	struct nt_string pattern;

	if (!f->has_listed) {
		NT_CHECK(nt_string_get(mask, &pattern));
		kmem_free(f->pattern.text);
		f->pattern = pattern;
		f->dir_pos = 0;
	}
	if (restart)
		f->dir_pos = 0;
	return STATUS_SUCCESS;
}

static ntstatus query_directory(struct nt_file *f, u8 __user *buf, u32 room, const struct record_form *form,
				bool one, bool restart, const struct nt_unicode_string __user *mask, u64 *used)
{
	struct listing l = { .f = f, .form = form, .room = min(room, 1u << 20), .one = one };
	bool was_first = !f->has_listed || restart;
	ntstatus s;

	NT_CHECK(begin(f, mask, restart));
	l.out = kmem_alloc_large(l.room, ALLOC_KERNEL | ALLOC_ZERO);
	if (!l.out)
		return STATUS_NO_MEMORY;
	s = list(&l);
	if (!s && !l.found)
		s = was_first ? STATUS_NO_SUCH_FILE : STATUS_NO_MORE_FILES;
	f->has_listed = true;
	if (!s)
		s = nt_copyout(buf, l.out, l.at);
	*used = l.at;
	kmem_free_large(l.out);
	return s;
}

ntstatus nt_query_directory_file(u64 handle, u64 event, u64 apc, u64 apc_context,
				 struct nt_io_status __user *iosb, u8 __user *buf, u32 room, u32 class,
				 u8 one, const struct nt_unicode_string __user *mask, u8 restart)
{
	const struct record_form *form = NULL;
	struct nt_request r;
	struct nt_file *f;
	u64 used = 0;
	ntstatus s;

	for (u32 i = 0; i < ARRAY_SIZE(forms); i++)
		if (forms[i].class == class)
			form = &forms[i];
	if (!form)
		return STATUS_INVALID_INFO_CLASS;
	if (room < form->name_at)
		return STATUS_INFO_LENGTH_MISMATCH;
	NT_CHECK(nt_file_get(handle, NT_FILE_READ_DATA, &f));
	if (f->kind != NT_FILE_DIR) {
		nt_file_put(f);
		return STATUS_INVALID_PARAMETER;
	}
	s = nt_request_begin(&r, f, event, apc, apc_context, iosb);
	if (!s) {
		kmutex_lock(&f->lock);
		s = query_directory(f, buf, room, form, one, restart, mask, &used);
		kmutex_unlock(&f->lock);
		s = nt_request_end(&r, s, used);
	}
	nt_file_put(f);
	return s;
}
