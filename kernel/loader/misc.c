// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that another program runs: rules that root registers through the
 * file system binfmt_misc (fs/binfmt). The newest rule that matches wins, and
 * all go before the native formats. argv becomes: interpreter, full name of
 * the file, the old arguments (argv[0] among them only by flag P).
 *
 * Lock order: list_lock alone.
 */
#include "loader_impl.h"

#include <tern/kernel/miscfmt.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define AT_FDCWD	(-100)

static struct spin list_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects miscfmts */
static LIST_HEAD(miscfmts);
bool miscfmt_is_enabled = true;

struct miscfmt *miscfmt_create(const char *text, size_t n)
{
	struct miscfmt *m;
	int err;

	if (n > BINRULE_TEXT_MAX)
		return ERR_PTR(-EINVAL);
	m = kmem_zalloc(sizeof(*m) + n, ALLOC_KERNEL);
	if (!m)
		return ERR_PTR(-ENOMEM);
	memcpy(m->text, text, n);
	list_init(&m->link);
	ref_init(&m->refs, 1);
	m->is_enabled = true;
	err = binrule_parse(m->text, n, &m->rule);
	if (!err && (m->rule.flags & BINRULE_FIXED)) {
		m->opened = execfile_open(AT_FDCWD, m->rule.interp, 0);
		if (IS_ERR(m->opened))
			err = PTR_ERR(m->opened);
	}
	if (!err)
		return m;
	kmem_free(m);
	return ERR_PTR(err);
}

void miscfmt_put(struct miscfmt *m)
{
	if (!ref_put(&m->refs))
		return;
	if (m->opened)
		ofile_put(m->opened);
	kmem_free(m);
}

void miscfmt_add(struct miscfmt *m)
{
	ref_get(&m->refs);
	spin_lock(&list_lock);
	list_add(&m->link, &miscfmts);
	spin_unlock(&list_lock);
}

void miscfmt_remove(struct miscfmt *m)
{
	bool was_there;

	spin_lock(&list_lock);
	was_there = !list_is_empty(&m->link);
	list_del_init(&m->link);
	spin_unlock(&list_lock);
	if (was_there)
		miscfmt_put(m);
}

static struct miscfmt *find(const struct binprm *b)
{
	struct miscfmt *m, *found = NULL;

	if (list_is_empty(&miscfmts) || !READ_ONCE(miscfmt_is_enabled))
		return NULL;
	spin_lock(&list_lock);
	list_foreach(m, &miscfmts, link) {
		if (READ_ONCE(m->is_enabled) && binrule_matches(&m->rule, b->buf, b->interp)) {
			ref_get(&m->refs);
			found = m;
			break;
		}
	}
	spin_unlock(&list_lock);
	return found;
}

static int rewrite_args(struct binprm *b, const struct binrule *r)
{
	int err = 0;

	if (r->flags & BINRULE_KEEP_ARGV0)
		b->flags |= BINPRM_KEPT_ARGV0;
	else
		err = binprm_pop_arg(b);
	if (!err)
		err = binprm_push(b, b->interp, strlen(b->interp) + 1);
	if (!err)
		err = binprm_push(b, r->interp, strlen(r->interp) + 1);
	b->argc += 2;
	return err;
}

static struct ofile *open_interp(struct miscfmt *m)
{
	if (!m->opened)
		return execfile_open(AT_FDCWD, m->rule.interp, 0);
	face_ofile_get(m->opened);
	return m->opened;
}

static int misc_run(struct binprm *b, struct miscfmt *m)
{
	int err = rewrite_args(b, &m->rule);
	struct ofile *f;
	char *interp;

	if (err)
		return err;
	interp = kmem_strndup(m->rule.interp, strlen(m->rule.interp), ALLOC_KERNEL);
	if (!interp)
		return -ENOMEM;
	f = open_interp(m);
	if (IS_ERR(f)) {
		kmem_free(interp);
		return PTR_ERR(f);
	}
	if (m->rule.flags & BINRULE_OPEN)
		b->flags |= BINPRM_EXECFD;
	if (m->rule.flags & BINRULE_CREDS)
		b->flags |= BINPRM_EXECFD_CREDS;
	binprm_set_file(b, f, interp);
	return BINFMT_AGAIN;
}

static int misc_load(struct binprm *b)
{
	struct miscfmt *m = b->executable ? NULL : find(b);
	int err;

	if (!m)
		return -ENOEXEC;
	/* The interpreter would not find the file by that name any more. */
	err = b->flags & BINPRM_NO_PATH ? -ENOENT : misc_run(b, m);
	miscfmt_put(m);
	return err;
}

struct binfmt binfmt_misc = { .name = "misc", .load = misc_load, .core_dump = binfmt_no_core };
