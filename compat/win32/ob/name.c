// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of objects: whole names in buckets by their hash, in each a tree ordered without regard
 * to case, then with it; a lookup regards case unless OBJ_CASE_INSENSITIVE says not to. A directory
 * is an object with a name like others (some exist always), a name can only be given below
 * one. Symbolic links on the way are followed. Below a session's BaseNamedObjects, Local\ is that
 * itself, Global\ is the BaseNamedObjects of all.
 *
 * A name keeps no reference: it leaves with the object. A lookup that meets an object
 * whose last reference is going finds nothing.
 *
 * Locks: name_bucket.lock (LOCKRANK_VFS_MISC class of small sleeping locks), one at a time.
 */
#include "../name.h"

#include <tern/base/initcall.h>
#include <tern/lib/hash.h>
#include <tern/lib/rbtree.h>

struct nt_name {
	struct rbnode node;
	struct nt_object *o;		/* borrowed */
	u32 len;
	u16 text[];			/* NUL behind it */
};

#define BUCKET_BITS	6

static struct name_bucket {
	struct kmutex lock;
	struct rbtree names;
} buckets[1 << BUCKET_BITS];

static const char *const directories[] = {
	"\\", "\\??", "\\BaseNamedObjects", "\\Device", "\\DosDevices", "\\KernelObjects", "\\Sessions",
	"\\KnownDlls", "\\GLOBAL??",
};

#define LINKS_MAX	32

static void directory_cleanup(struct nt_object *o)
{
	kmem_free(container_of(o, struct nt_directory, ob)->path);
}

const struct nt_type nt_directory_type = {
	.ops = NT_TYPE_OPS("directory", nt_never_signaled, object_ignore_wait),
	.name = "Directory", .all_access = NT_STANDARD_ALL | 0xf, .read_access = 0x20003,
	.write_access = 0x2000c, .exec_access = 0x20003, .cleanup = directory_cleanup,
};

static u32 strip_prefix(const u16 *text, u32 len, const char *prefix, bool any_case)
{
	u32 n = strlen(prefix);

	if (len < n || !nt_equal_ascii(text, n, prefix))
		return 0;
	for (u32 i = 0; i < n && !any_case; i++)
		if (text[i] != (u8)prefix[i])
			return 0;
	return n;
}

static void cut(struct nt_string *s, u32 from, u32 to)
{
	memmove(s->text + from, s->text + to, (s->len - to + 1) * 2UL);
	s->len -= to - from;
}

/* Length of "\Sessions\N" at the beginning, or 0. */
static u32 session_prefix(const struct nt_string *s)
{
	u32 n = strip_prefix(s->text, s->len, "\\Sessions\\", true), digits = n;

	while (n && n < s->len && s->text[n] >= '0' && s->text[n] <= '9')
		n++;
	return n > digits ? n : 0;
}

/* "Local\x" is "x", "Global\x" is "\BaseNamedObjects\x". */
static void normalize(struct nt_string *s, bool any_case)
{
	u32 n = session_prefix(s), base, k;

	base = strip_prefix(s->text + n, s->len - n, "\\BaseNamedObjects\\", true);
	if (!base)
		return;
	base += n;
	k = strip_prefix(s->text + base, s->len - base, "Local\\", any_case);
	if (k)
		cut(s, base, base + k);
	k = strip_prefix(s->text + base, s->len - base, "Global\\", any_case);
	if (k) {
		cut(s, base, base + k);
		cut(s, 0, n);
	}
}

static bool is_fixed_directory(const u16 *text, u32 len)
{
	struct nt_string s = { (u16 *)text, len };
	u32 n = session_prefix(&s);

	for (u32 i = 0; i < ARRAY_SIZE(directories); i++)
		if (nt_equal_ascii(text, len, directories[i]))
			return true;
	return n && (n == len || nt_equal_ascii(text + n, len - n, "\\BaseNamedObjects"));
}

/* Root directory and name put together, as they stand. */
static ntstatus join(const struct nt_attributes *a, struct nt_string *out)
{
	struct nt_directory *d;
	struct nt_object *o;
	u32 n;

	if (!a->root) {
		if (!a->name.len || a->name.text[0] != '\\')
			return STATUS_OBJECT_PATH_SYNTAX_BAD;
		out->text = kmem_dup(a->name.text, a->name.len * 2UL + 2, ALLOC_KERNEL);
		out->len = a->name.len;
		return out->text ? STATUS_SUCCESS : STATUS_NO_MEMORY;
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
	}
	nt_object_put(o);
	return out->text ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static int compare_names(const u16 *text, u32 len, const struct nt_name *n, bool any_case)
{
	int order = nt_compare(text, len, n->text, n->len);

	for (u32 i = 0; !order && !any_case && i < len; i++)
		order = (int)text[i] - n->text[i];
	return order;
}

/* The same for names that differ in case only. */
static struct name_bucket *bucket_of(const u16 *text, u32 len)
{
	u64 h = len;

	for (u32 i = 0; i < len; i++)
		h = hash_combine(h, nt_upcase(text[i]));
	return &buckets[h & (ARRAY_SIZE(buckets) - 1)];
}

static struct nt_name *find_locked(struct name_bucket *b, const u16 *text, u32 len, bool any_case,
				   struct rbnode ***link, struct rbnode **parent)
{
	struct rbnode **at = &b->names.root;

	*parent = NULL;
	*link = NULL;
	while (*at) {
		struct nt_name *n = container_of(*at, struct nt_name, node);
		int order = compare_names(text, len, n, any_case);

		if (!order)
			return n;
		*parent = *at;
		at = order < 0 ? &(*at)->left : &(*at)->right;
	}
	*link = at;
	return NULL;
}

static struct nt_object *look_up(const u16 *text, u32 len, bool any_case)
{
	struct name_bucket *b = bucket_of(text, len);
	struct rbnode **link, *parent;
	struct nt_object *o = NULL;
	struct nt_name *n;

	kmutex_lock(&b->lock);
	n = find_locked(b, text, len, any_case, &link, &parent);
	if (n && ref_get_unless_zero(&n->o->obj.refs))
		o = n->o;
	kmutex_unlock(&b->lock);
	return o;
}

/* The first @n units of @s are a link's name: its target stands there instead. */
static ntstatus replace_link(struct nt_string *s, u32 n, const struct nt_symlink *l)
{
	u32 len = l->target.len + s->len - n;
	u16 *text = kmem_alloc((len + 1) * 2UL, ALLOC_KERNEL);

	if (!text)
		return STATUS_NO_MEMORY;
	memcpy(text, l->target.text, l->target.len * 2UL);
	memcpy(text + l->target.len, s->text + n, (s->len - n + 1) * 2UL);
	kmem_free(s->text);
	s->text = text;
	s->len = len;
	return STATUS_SUCCESS;
}

/* A link among the directories on the way is followed. *again: there was one. */
static ntstatus follow(struct nt_string *s, bool any_case, bool *again)
{
	ntstatus st = STATUS_SUCCESS;

	*again = false;
	for (u32 n = 1; n < s->len && !*again && !st; n++) {
		struct nt_object *o = s->text[n] == '\\' ? look_up(s->text, n, any_case) : NULL;

		if (!o)
			continue;
		if (nt_object_is(o, &nt_symlink_type)) {
			st = replace_link(s, n, container_of(o, struct nt_symlink, ob));
			*again = true;
		}
		nt_object_put(o);
	}
	return st;
}

/* Is what stands before the last backslash a directory. */
static bool has_parent(const struct nt_string *s, bool any_case)
{
	struct nt_object *o;
	bool is_dir;
	u32 n = s->len;

	while (n && s->text[n - 1] != '\\')
		n--;
	if (n <= 1 || is_fixed_directory(s->text, n - 1))
		return true;
	o = look_up(s->text, n - 1, any_case);
	is_dir = o && nt_object_is(o, &nt_directory_type);
	if (o)
		nt_object_put(o);
	return is_dir;
}

ntstatus nt_name_full(const struct nt_attributes *a, struct nt_string *out)
{
	bool any_case = a->flags & OBJ_CASE_INSENSITIVE, again = true;
	ntstatus s;

	*out = (struct nt_string){ NULL, 0 };
	s = join(a, out);
	for (u32 i = 0; again && !s; i++) {
		normalize(out, any_case);
		s = i < LINKS_MAX ? follow(out, any_case, &again) : STATUS_OBJECT_PATH_SYNTAX_BAD;
	}
	if (!s && !has_parent(out, any_case))
		s = STATUS_OBJECT_PATH_NOT_FOUND;
	if (s) {
		kmem_free(out->text);
		*out = (struct nt_string){ NULL, 0 };
	}
	return s;
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
static bool is_dying(struct name_bucket *b, struct nt_name *n)
{
	if (ref_get_unless_zero(&n->o->obj.refs))
		return false;
	rbtree_erase(&b->names, &n->node);
	rbnode_init(&n->node);
	return true;
}

ntstatus nt_name_insert(struct nt_object *o, const struct nt_attributes *a, struct nt_object **found)
{
	struct rbnode **link, *parent;
	struct nt_string full;
	struct nt_object *older = NULL;
	struct name_bucket *b;
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
	b = bucket_of(n->text, n->len);
	kmutex_lock(&b->lock);
	do {
		old = find_locked(b, n->text, n->len, a->flags & OBJ_CASE_INSENSITIVE, &link, &parent);
	} while (old && is_dying(b, old));
	if (old) {
		older = old->o;
		s = meet_older(o, older, a->flags, found);
		kmem_free(n);
	} else {
		rbtree_link(&n->node, parent, link);
		rbtree_insert_fixup(&b->names, &n->node);
		o->name = n;
		s = STATUS_SUCCESS;
	}
	kmutex_unlock(&b->lock);
	if (older)
		nt_object_put(older);
	return s;
}

void nt_name_remove(struct nt_object *o)
{
	struct name_bucket *b = bucket_of(o->name->text, o->name->len);

	kmutex_lock(&b->lock);
	if (!rbnode_is_detached(&o->name->node))
		rbtree_erase(&b->names, &o->name->node);
	kmutex_unlock(&b->lock);
	kmem_free(o->name);
	o->name = NULL;
}

ntstatus nt_name_open(const struct nt_attributes *a, const struct nt_type *type, struct nt_object **out)
{
	struct nt_string full;
	bool is_dir;

	NT_CHECK(nt_name_full(a, &full));
	*out = look_up(full.text, full.len, a->flags & OBJ_CASE_INSENSITIVE);
	is_dir = is_fixed_directory(full.text, full.len);
	kmem_free(full.text);
	if (!*out)
		return is_dir ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_OBJECT_NAME_NOT_FOUND;
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

	/* Callers use the handle of a call that failed: it is none. */
	if (!s)
		s = nt_put(0UL, out);
	if (!s)
		s = nt_security_begin(o, attr);
	if (!s)
		s = nt_name_insert(o, &a, &found);
	if (s && s != STATUS_OBJECT_NAME_EXISTS)
		nt_object_put(o);
	else if (found) {
		nt_object_put(o);
		s = nt_handle_give_checked(found, access, a.flags, out, s);
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
	ntstatus s = nt_put(0UL, out);

	NT_CHECK(s);
	if (!attr)
		return STATUS_INVALID_PARAMETER;
	s = nt_attributes_get(attr, &a);
	if (!s)
		s = nt_name_open(&a, type, &o);
	if (!s)
		s = nt_handle_give_checked(o, access, a.flags, out, STATUS_SUCCESS);
	nt_attributes_put(&a);
	return s;
}

/* ---- directories ---- */

/* One more object for a directory that exists always; the others are objects by name. */
static ntstatus open_fixed(const struct nt_string *full, u32 access, u32 flags, u64 __user *out)
{
	struct nt_directory *d = nt_object_alloc(&nt_directory_type, sizeof(*d));

	if (!d)
		return STATUS_NO_MEMORY;
	d->path = kmem_dup(full->text, (full->len + 1) * 2UL, ALLOC_KERNEL);
	d->len = full->len;
	if (!d->path) {
		nt_object_put(&d->ob);
		return STATUS_NO_MEMORY;
	}
	return nt_handle_give(&d->ob, access, flags, out);
}

ntstatus nt_open_directory_object(u64 __user *out, u32 access,
				  const struct nt_object_attributes __user *attr)
{
	struct nt_attributes a;
	struct nt_string full = { NULL, 0 };
	ntstatus s = nt_put(0UL, out);

	NT_CHECK(s);
	NT_CHECK(nt_attributes_get(attr, &a));
	s = nt_name_full(&a, &full);
	if (!s && full.len > 1 && full.text[full.len - 1] == '\\')
		full.len--;
	if (!s && is_fixed_directory(full.text, full.len))
		s = open_fixed(&full, access, a.flags, out);
	else if (!s)
		s = nt_open_named(&nt_directory_type, access, attr, out);
	kmem_free(full.text);
	nt_attributes_put(&a);
	return s;
}

ntstatus nt_create_directory_object(u64 __user *out, u32 access,
				    const struct nt_object_attributes __user *attr)
{
	struct nt_attributes a;
	struct nt_string full = { NULL, 0 };
	struct nt_directory *d;
	ntstatus s;

	NT_CHECK(nt_attributes_get(attr, &a));
	s = a.name.len || a.root ? nt_name_full(&a, &full) : STATUS_OBJECT_PATH_SYNTAX_BAD;
	nt_attributes_put(&a);
	if (!s && is_fixed_directory(full.text, full.len))
		s = STATUS_OBJECT_NAME_COLLISION;
	d = s ? NULL : nt_object_alloc(&nt_directory_type, sizeof(*d));
	if (!d) {
		kmem_free(full.text);
		return s ? s : STATUS_NO_MEMORY;
	}
	d->path = full.text;
	d->len = full.len;
	return nt_create_named(&d->ob, access, attr, out);
}

static int name_init(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(buckets); i++) {
		kmutex_init(&buckets[i].lock, LOCKRANK_VFS_MISC);
		rbtree_init(&buckets[i].names);
	}
	return 0;
}
INITCALL(LATE, name_init);
