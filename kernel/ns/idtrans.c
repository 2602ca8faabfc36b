// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translation of user, group and project ids between a user namespace and the
 * kernel, and the files (uid_map, gid_map, projid_map, setgroups) that set it.
 *
 * A table is written once, as a whole, by one write(2): lines of three
 * numbers (first id inside, first id in the parent, how many). Its spans are
 * kept twice, ordered by either side, and never change once published.
 */
#include "ns_impl.h"

#include <tern/lib/fmt.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/sort.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define SPANS_MAX	340u

/* protects the first publication of a table */
static struct kmutex map_lock = KMUTEX_INIT(map_lock, LOCKRANK_VFS_MISC);

static const struct idspan *find_span(const struct idspan *v, u32 n, u32 id, bool by_lower)
{
	u32 lo = 0, hi = n;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2, at = by_lower ? v[mid].lower : v[mid].first;

		if (id < at)
			hi = mid;
		else if (id - at >= v[mid].count)
			lo = mid + 1;
		else
			return &v[mid];
	}
	return NULL;
}

u32 id_to_kernel_slow(struct userns *u, enum id_kind kind, u32 id)
{
	const struct idtrans *t = rcu_load(u->trans[kind]);
	const struct idspan *s = t ? find_span(t->up, t->n, id, false) : NULL;

	return s ? s->lower + (id - s->first) : ID_NONE;
}

u32 id_from_kernel_slow(struct userns *u, enum id_kind kind, u32 id)
{
	const struct idtrans *t = rcu_load(u->trans[kind]);
	const struct idspan *s = t ? find_span(t->down, t->n, id, true) : NULL;

	return s ? s->first + (id - s->lower) : ID_NONE;
}

void userns_print_map(struct seqbuf *sb, struct userns *u, enum id_kind kind, struct userns *reader)
{
	const struct idtrans *t = rcu_load(u->trans[kind]);

	if (reader == u && u->base.owner)
		reader = u->base.owner;
	for (u32 i = 0; t && i < t->n; i++)
		seqbuf_printf(sb, "%10u %10u %10u\n", t->up[i].first,
			      id_from_kernel(reader, kind, t->up[i].lower), t->up[i].count);
}

/* ---- decoding ---- */

static const char *skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* A decimal number that ends with a blank, a newline or the text. NULL if it is none. */
static const char *take_number(const char *s, u32 *out)
{
	const char *end;
	u32 v;

	s = skip_blanks(s);
	if (parse_u32(s, 10, &v, &end) || end == s)
		return NULL;
	if (*end && *end != ' ' && *end != '\t' && *end != '\n')
		return NULL;
	*out = v;
	return end;
}

static bool spans_meet(const struct idspan *v, u32 n, const struct idspan *s)
{
	for (u32 i = 0; i < n; i++) {
		if (v[i].first <= s->first + s->count - 1 && s->first <= v[i].first + v[i].count - 1)
			return true;
		if (v[i].lower <= s->lower + s->count - 1 && s->lower <= v[i].lower + v[i].count - 1)
			return true;
	}
	return false;
}

static int parse_spans(const char *text, struct idspan *v, u32 *count)
{
	struct idspan *s;
	u32 n = 0;

	while (*text) {
		if (n == SPANS_MAX)
			return -EINVAL;
		s = &v[n];
		text = take_number(text, &s->first);
		if (text)
			text = take_number(text, &s->lower);
		if (text)
			text = take_number(text, &s->count);
		if (!text)
			return -EINVAL;
		text = skip_blanks(text);
		if (*text && *text != '\n')
			return -EINVAL;
		if (*text)
			text++;
		if (s->first == ID_NONE || s->lower == ID_NONE || !s->count ||
		    s->first + s->count <= s->first || s->lower + s->count <= s->lower ||
		    spans_meet(v, n, s))
			return -EINVAL;
		n++;
	}
	*count = n;
	return n ? 0 : -EINVAL;
}

/* ---- permission ---- */

/* Root of the parent may be mapped only by who could give files capabilities there. */
static bool maps_parent_root(const struct idspan *v, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (v[i].lower == 0)
			return true;
	return false;
}

static bool may_map_root(struct userns *u, const struct credset *writer)
{
	if (cred_self()->ns == u)
		return u->parent_could_setfcap;
	return cap_has_cred(writer, u->base.owner, CAP_SETFCAP);
}

static bool may_map(struct userns *u, enum id_kind kind, const struct idspan *v, u32 n,
		    const struct credset *writer)
{
	struct userns *parent = u->base.owner;
	int cap = kind == IDKIND_USER ? CAP_SETUID : CAP_SETGID;

	if (kind == IDKIND_USER && maps_parent_root(v, n) && !may_map_root(u, writer))
		return false;
	/* Anybody may map himself. */
	if (n == 1 && v[0].count == 1 && u->maker_uid == writer->euid) {
		if (kind == IDKIND_USER &&
		    id_to_kernel(parent, kind, v[0].lower) == writer->euid)
			return true;
		if (kind == IDKIND_GROUP && u->denies_setgroups &&
		    id_to_kernel(parent, kind, v[0].lower) == writer->egid)
			return true;
	}
	if (kind == IDKIND_PROJECT)
		return true;
	return cap_has_in(parent, cap) && cap_has_cred(writer, parent, cap);
}

/* ---- publishing ---- */

static int by_first(const void *a, const void *b, void *ctx)
{
	u32 x = ((const struct idspan *)a)->first, y = ((const struct idspan *)b)->first;

	return x < y ? -1 : x > y;
}

static int by_lower(const void *a, const void *b, void *ctx)
{
	u32 x = ((const struct idspan *)a)->lower, y = ((const struct idspan *)b)->lower;

	return x < y ? -1 : x > y;
}

/* Lower ids become the kernel's: each span must lie in one span of the parent. */
static bool spans_to_kernel(struct userns *parent, enum id_kind kind, struct idspan *v, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		u32 first = id_to_kernel(parent, kind, v[i].lower);
		u32 last = id_to_kernel(parent, kind, v[i].lower + v[i].count - 1);

		if (first == ID_NONE || last == ID_NONE || last - first != v[i].count - 1)
			return false;
		v[i].lower = first;
	}
	return true;
}

static struct idtrans *table_make(const struct idspan *v, u32 n)
{
	struct idtrans *t = kmem_alloc(sizeof(*t), ALLOC_KERNEL);
	struct idspan *both = kmem_alloc(2 * n * sizeof(*both), ALLOC_KERNEL);

	if (!t || !both) {
		kmem_free(t);
		kmem_free(both);
		return NULL;
	}
	memcpy(both, v, n * sizeof(*v));
	memcpy(both + n, v, n * sizeof(*v));
	sort_array(both, n, sizeof(*both), by_first, NULL);
	sort_array(both + n, n, sizeof(*both), by_lower, NULL);
	*t = (struct idtrans){ n, both, both + n };
	return t;
}

static int map_set(struct userns *u, enum id_kind kind, struct idspan *v, u32 n,
		   const struct credset *writer)
{
	struct idtrans *t;
	int err = -EPERM;

	kmutex_lock(&map_lock);
	if (u->trans[kind] || !may_map(u, kind, v, n, writer) ||
	    !spans_to_kernel(u->base.owner, kind, v, n))
		goto out;
	t = table_make(v, n);
	err = t ? 0 : -ENOMEM;
	if (t)
		rcu_publish(u->trans[kind], t);
out:
	kmutex_unlock(&map_lock);
	return err;
}

ssize_t userns_write_map(struct userns *u, enum id_kind kind, const char *text, size_t n,
			 const struct credset *writer)
{
	struct idspan *v;
	u32 count = 0;
	int err;

	if (n >= PAGE_SIZE)
		return -EINVAL;
	if (!u->base.owner || (writer->ns != u && writer->ns != u->base.owner))
		return -EPERM;
	if (READ_ONCE(u->trans[kind]))
		return -EPERM;
	if (kind != IDKIND_PROJECT && !cap_has_cred(writer, u, CAP_SYS_ADMIN))
		return -EPERM;
	v = kmem_alloc(SPANS_MAX * sizeof(*v), ALLOC_KERNEL);
	if (!v)
		return -ENOMEM;
	err = parse_spans(text, v, &count);
	if (!err)
		err = map_set(u, kind, v, count, writer);
	kmem_free(v);
	return err ? err : (ssize_t)n;
}

ssize_t userns_write_setgroups(struct userns *u, const char *text, size_t n)
{
	const char *rest;
	bool deny;
	int err = 0;

	if (n >= 8)
		return -EINVAL;
	if (str_has_prefix(text, "allow"))
		rest = text + 5, deny = false;
	else if (str_has_prefix(text, "deny"))
		rest = text + 4, deny = true;
	else
		return -EINVAL;
	while (char_is_space(*rest))
		rest++;
	if (*rest)
		return -EINVAL;
	kmutex_lock(&map_lock);
	if (deny && u->trans[IDKIND_GROUP])
		err = -EPERM;		/* they may have been changed already */
	else if (!deny && u->denies_setgroups)
		err = -EPERM;
	else
		WRITE_ONCE(u->denies_setgroups, deny);
	kmutex_unlock(&map_lock);
	return err ? err : (ssize_t)n;
}
