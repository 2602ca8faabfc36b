// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of objects: one tree of whole names, without regard to case. A
 * directory object is no more than the beginning of the names in it; the few that
 * there are exist always. The root of \Sessions\N\BaseNamedObjects and of \BaseNamedObjects is
 * the same, and Local\ and Global\ lead there too.
 *
 * A name keeps no reference: it leaves with the object. A lookup that meets an object
 * whose last reference is going finds nothing.
 *
 * Locks: names_lock (LOCKRANK_VFS_MISC class of small sleeping locks).
 */
#include "../name.h"

#include <tern/lib/rbtree.h>

struct nt_name {
	struct rbnode node;
	struct nt_object *o;		/* borrowed */
	u32 len;
	u16 text[];			/* NUL behind it */
};

static struct rbtree names = RBTREE_INIT;
static struct kmutex names_lock = KMUTEX_INIT(names_lock, LOCKRANK_VFS_MISC);

static const char *const directories[] = {
	"\\", "\\??", "\\BaseNamedObjects", "\\Device", "\\DosDevices", "\\KernelObjects", "\\Sessions",
	"\\KnownDlls", "\\GLOBAL??",
};

static void directory_cleanup(struct nt_object *o)
{
	kmem_free(container_of(o, struct nt_directory, ob)->path);
}

const struct nt_type nt_directory_type = {
	.ops = NT_TYPE_OPS("directory", nt_never_signaled, object_ignore_wait),
	.name = "Directory", .all_access = NT_STANDARD_ALL | 0xf, .read_access = 0x20003,
	.write_access = 0x2000c, .exec_access = 0x20003, .cleanup = directory_cleanup,
};

static u32 strip_prefix(const u16 *text, u32 len, const char *prefix)
{
	u32 n = strlen(prefix);

	return len >= n && nt_equal_ascii(text, n, prefix) ? n : 0;
}

/* "\Sessions\1\BaseNamedObjects" is "\BaseNamedObjects"; "Local\x" is "x". */
static void normalize(struct nt_string *s)
{
	u32 n = strip_prefix(s->text, s->len, "\\Sessions\\"), from;

	if (n) {
		while (n < s->len && s->text[n] >= '0' && s->text[n] <= '9')
			n++;
		if (strip_prefix(s->text + n, s->len - n, "\\BaseNamedObjects")) {
			memmove(s->text, s->text + n, (s->len - n + 1) * 2UL);
			s->len -= n;
		}
	}
	n = strip_prefix(s->text, s->len, "\\BaseNamedObjects\\");
	if (!n)
		return;
	from = n + strip_prefix(s->text + n, s->len - n, "Local\\");
	if (from == n)
		from = n + strip_prefix(s->text + n, s->len - n, "Global\\");
	if (from == n)
		from = n + strip_prefix(s->text + n, s->len - n, "Session\\1\\");
	if (from != n) {
		memmove(s->text + n, s->text + from, (s->len - from + 1) * 2UL);
		s->len -= from - n;
	}
}

ntstatus nt_name_full(const struct nt_attributes *a, struct nt_string *out)
{
	struct nt_directory *d;
	struct nt_object *o;
	u32 n;

	*out = (struct nt_string){ NULL, 0 };
	if (!a->root) {
		if (!a->name.len || a->name.text[0] != '\\')
			return STATUS_OBJECT_PATH_SYNTAX_BAD;
		out->text = kmem_dup(a->name.text, a->name.len * 2UL + 2, ALLOC_KERNEL);
		if (!out->text)
			return STATUS_NO_MEMORY;
		out->len = a->name.len;
		normalize(out);
		return STATUS_SUCCESS;
	}
	NT_CHECK(nt_handle_get(a->root, &nt_directory_type, 0, &o));
	d = container_of(o, struct nt_directory, ob);
	n = d->len;
	out->text = kmem_alloc((n + a->name.len + 2) * 2UL, ALLOC_KERNEL);
	if (out->text) {
		memcpy(out->text, d->path, n * 2UL);
		if (a->name.len && n != 1)
			out->text[n++] = '\\';
		memcpy(out->text + n, a->name.text, a->name.len * 2UL);
		out->len = n + a->name.len;
		out->text[out->len] = 0;
		normalize(out);
	}
	nt_object_put(o);
	return out->text ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static struct nt_name *find_locked(const u16 *text, u32 len, struct rbnode ***link,
				   struct rbnode **parent)
{
	struct rbnode **at = &names.root;

	*parent = NULL;
	while (*at) {
		struct nt_name *n = container_of(*at, struct nt_name, node);
		int order = nt_compare(text, len, n->text, n->len);

		if (!order)
			return n;
		*parent = *at;
		at = order < 0 ? &(*at)->left : &(*at)->right;
	}
	*link = at;
	return NULL;
}

/* What exists already under the name @o was to get. */
static ntstatus meet_older(struct nt_object *o, struct nt_object *older, u32 flags,
			   struct nt_object **found)
{
	if (older->obj.ops != o->obj.ops)
		return STATUS_OBJECT_TYPE_MISMATCH;
	if (!(flags & OBJ_OPENIF))
		return STATUS_OBJECT_NAME_COLLISION;
	nt_object_get(older);
	*found = older;
	return STATUS_OBJECT_NAME_EXISTS;
}

/* One whose last reference is going: its name is free for another. */
static bool is_dying(struct nt_name *n)
{
	if (ref_get_unless_zero(&n->o->obj.refs))
		return false;
	rbtree_erase(&names, &n->node);
	rbnode_init(&n->node);
	return true;
}

ntstatus nt_name_insert(struct nt_object *o, const struct nt_attributes *a, struct nt_object **found)
{
	struct rbnode **link, *parent;
	struct nt_string full;
	struct nt_object *older = NULL;
	struct nt_name *n, *old;
	ntstatus s;

	if (!a->name.len)
		return STATUS_SUCCESS;
	NT_CHECK(nt_name_full(a, &full));
	n = kmem_zalloc(sizeof(*n) + full.len * 2UL + 2, ALLOC_KERNEL);
	if (!n) {
		kmem_free(full.text);
		return STATUS_NO_MEMORY;
	}
	n->o = o;
	n->len = full.len;
	memcpy(n->text, full.text, full.len * 2UL);
	kmem_free(full.text);
	kmutex_lock(&names_lock);
	do {
		old = find_locked(n->text, n->len, &link, &parent);
	} while (old && is_dying(old));
	if (old) {
		older = old->o;
		s = meet_older(o, older, a->flags, found);
		kmem_free(n);
	} else {
		rbtree_link(&n->node, parent, link);
		rbtree_insert_fixup(&names, &n->node);
		o->name = n;
		s = STATUS_SUCCESS;
	}
	kmutex_unlock(&names_lock);
	if (older)
		nt_object_put(older);
	return s;
}

void nt_name_remove(struct nt_object *o)
{
	kmutex_lock(&names_lock);
	if (!rbnode_is_detached(&o->name->node))
		rbtree_erase(&names, &o->name->node);
	kmutex_unlock(&names_lock);
	kmem_free(o->name);
	o->name = NULL;
}

ntstatus nt_name_open(const struct nt_attributes *a, const struct nt_type *type, struct nt_object **out)
{
	struct rbnode **link, *parent;
	struct nt_string full;
	struct nt_name *n;

	NT_CHECK(nt_name_full(a, &full));
	kmutex_lock(&names_lock);
	n = find_locked(full.text, full.len, &link, &parent);
	*out = n && ref_get_unless_zero(&n->o->obj.refs) ? n->o : NULL;
	kmutex_unlock(&names_lock);
	kmem_free(full.text);
	if (!*out)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	if (type && !nt_object_is(*out, type)) {
		nt_object_put(*out);
		return STATUS_OBJECT_TYPE_MISMATCH;
	}
	return STATUS_SUCCESS;
}

const u16 *nt_name_text(const struct nt_object *o, u32 *len)
{
	*len = o->name ? o->name->len : 0;
	return o->name ? o->name->text : NULL;
}

ntstatus nt_create_named(struct nt_object *o, u32 access, const struct nt_object_attributes __user *attr,
			 u64 __user *out)
{
	struct nt_object *found = NULL;
	struct nt_attributes a;
	ntstatus s = nt_attributes_get(attr, &a);

	if (!s)
		s = nt_name_insert(o, &a, &found);
	if (s && s != STATUS_OBJECT_NAME_EXISTS)
		nt_object_put(o);
	else if (found) {
		nt_object_put(o);
		s = nt_handle_give_status(found, access, a.flags, out, s);
	} else {
		s = nt_handle_give(o, access, a.flags, out);
	}
	nt_attributes_put(&a);
	return s;
}

ntstatus nt_open_named(const struct nt_type *type, u32 access,
		       const struct nt_object_attributes __user *attr, u64 __user *out)
{
	struct nt_object *o;
	struct nt_attributes a;
	ntstatus s = nt_attributes_get(attr, &a);

	if (!s)
		s = nt_name_open(&a, type, &o);
	if (!s)
		s = nt_handle_give(o, access, a.flags, out);
	nt_attributes_put(&a);
	return s;
}

/* ---- directories ---- */

static bool is_directory(const struct nt_string *s)
{
	for (u32 i = 0; i < ARRAY_SIZE(directories); i++)
		if (nt_equal_ascii(s->text, s->len, directories[i]))
			return true;
	return false;
}

ntstatus nt_open_directory_object(u64 __user *out, u32 access,
				  const struct nt_object_attributes __user *attr)
{
	struct nt_directory *d;
	struct nt_attributes a;
	struct nt_string full = { NULL, 0 };
	ntstatus s = nt_attributes_get(attr, &a);

	if (!s)
		s = nt_name_full(&a, &full);
	if (!s && full.len > 1 && full.text[full.len - 1] == '\\')
		full.len--;
	if (!s && !is_directory(&full))
		s = STATUS_OBJECT_NAME_NOT_FOUND;
	d = s ? NULL : nt_object_alloc(&nt_directory_type, sizeof(*d));
	if (!d) {
		kmem_free(full.text);
		nt_attributes_put(&a);
		return s ? s : STATUS_NO_MEMORY;
	}
	d->path = full.text;
	d->len = full.len;
	s = nt_handle_give(&d->ob, access, a.flags, out);
	nt_attributes_put(&a);
	return s;
}
