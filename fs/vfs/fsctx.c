// SPDX-License-Identifier: GPL-2.0-only
/* Working directory, root directory and umask; shared by threads with CLONE_FS. */
#include "mountop_impl.h"

struct fsctx fsctx_initial = {
	.refs = { ATOMIC_INIT(1) },
	.lock = SPIN_INIT(LOCKRANK_MOUNT_SPIN),
	.umask = 022,
};

struct fsctx *fsctx_self(void)
{
	struct fsctx *f = thread_self()->t_fs;

	return likely(f) ? f : &fsctx_initial;
}

mode_t umask_self(void)
{
	return READ_ONCE(fsctx_self()->umask);
}

void fspath_get(const struct fspath *p)
{
	mountpt_get(p->mnt);
	ncent_get(p->nc);
}

void fspath_put(const struct fspath *p)
{
	ncent_put(p->nc);
	mountpt_put(p->mnt);
}

void fsctx_root(struct fsctx *f, struct fspath *out)
{
	spin_lock(&f->lock);
	*out = f->root;
	fspath_get(out);
	spin_unlock(&f->lock);
}

void fsctx_cwd(struct fsctx *f, struct fspath *out)
{
	spin_lock(&f->lock);
	*out = f->cwd;
	fspath_get(out);
	spin_unlock(&f->lock);
}

static void replace(struct fsctx *f, struct fspath *slot, const struct fspath *p)
{
	struct fspath old;

	fspath_get(p);
	spin_lock(&f->lock);
	seq_write_begin(&f->seq);
	old = *slot;
	*slot = *p;
	seq_write_end(&f->seq);
	spin_unlock(&f->lock);
	if (old.nc)
		fspath_put(&old);
}

void fsctx_set_root(struct fsctx *f, const struct fspath *p)
{
	replace(f, &f->root, p);
}

void fsctx_set_cwd(struct fsctx *f, const struct fspath *p)
{
	replace(f, &f->cwd, p);
}

struct fsctx *fsctx_copy(struct fsctx *from)
{
	struct fsctx *f = kmem_zalloc(sizeof(*f), ALLOC_KERNEL);

	if (!f)
		return NULL;
	if (!from)
		from = &fsctx_initial;
	ref_init(&f->refs, 1);
	spin_init(&f->lock, LOCKRANK_MOUNT_SPIN);
	spin_lock(&from->lock);
	f->root = from->root;
	f->cwd = from->cwd;
	f->umask = from->umask;
	fspath_get(&f->root);
	fspath_get(&f->cwd);
	spin_unlock(&from->lock);
	return f;
}

void fsctx_put(struct fsctx *f)
{
	if (!f || !ref_put(&f->refs))
		return;
	fspath_put(&f->cwd);
	fspath_put(&f->root);
	kmem_free(f);
}

/* Each slot that was @old held a reference of its own: it is given back here,
 * the caller keeps one.
 */
void fsctx_replace(struct fsctx *f, const struct fspath *old, const struct fspath *new)
{
	u32 n = 0;

	spin_lock(&f->lock);
	seq_write_begin(&f->seq);
	if (path_equal(&f->root, old)) {
		f->root = *new;
		n++;
	}
	if (path_equal(&f->cwd, old)) {
		f->cwd = *new;
		n++;
	}
	for (u32 i = 0; i < n; i++)
		fspath_get(new);
	seq_write_end(&f->seq);
	spin_unlock(&f->lock);
	while (n--)
		fspath_put(old);
}
