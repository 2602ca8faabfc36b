// SPDX-License-Identifier: GPL-2.0-only
/* Hashes that are computed at once: algorithms of modules, and their use by other modules. */
#include "crypto_impl.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define DIGEST_MAX	64u
#define DESC_MAX	376u
#define FLAG_NEED_KEY	1u

static struct lx_shash_alg *shash_of(const struct lx_crypto_shash *t)
{
	return container_of(t->base.__crt_alg, struct lx_shash_alg, base);
}

static int no_setkey(struct lx_crypto_shash *t, const unsigned char *key, unsigned int n) { return -ENOSYS; }

/* What a hash has not is made of what it must have. */
static int default_finup(struct lx_shash_desc *d, const unsigned char *data, unsigned int n, unsigned char *out)
{
	int err = lx_crypto_shash_update(d, data, n);

	return err ? err : lx_crypto_shash_final(d, out);
}

static int default_digest(struct lx_shash_desc *d, const unsigned char *data, unsigned int n, unsigned char *out)
{
	int err = shash_of(d->tfm)->init(d);

	return err ? err : shash_of(d->tfm)->finup(d, data, n, out);
}

static int default_export(struct lx_shash_desc *d, void *out)
{
	memcpy(out, d->__ctx, shash_of(d->tfm)->descsize);
	return 0;
}

static int default_import(struct lx_shash_desc *d, const void *in)
{
	memcpy(d->__ctx, in, shash_of(d->tfm)->descsize);
	return 0;
}

int lx_crypto_register_shash(struct lx_shash_alg *a)
{
	if (a->digestsize > DIGEST_MAX || a->descsize > DESC_MAX || a->statesize > 512)
		return -EINVAL;
	a->base.cra_flags = (a->base.cra_flags & ~CRYPTO_TYPE_MASK) | CRYPTO_TYPE_SHASH;
	if (!a->finup)
		a->finup = default_finup;
	if (!a->digest)
		a->digest = default_digest;
	if (!a->export) {
		a->export = default_export;
		a->import = default_import;
		a->statesize = a->descsize;
	}
	if (!a->setkey)
		a->setkey = no_setkey;
	return lx_crypto_register_alg(&a->base);
}
LX_EXPORT(crypto_register_shash);

void lx_crypto_unregister_shash(struct lx_shash_alg *a) { lx_crypto_unregister_alg(&a->base); }
LX_EXPORT(crypto_unregister_shash);

int lx_crypto_register_shashes(struct lx_shash_alg *a, int n)
{
	for (int i = 0; i < n; i++) {
		int err = lx_crypto_register_shash(&a[i]);

		if (!err)
			continue;
		while (i--)
			lx_crypto_unregister_shash(&a[i]);
		return err;
	}
	return 0;
}
LX_EXPORT(crypto_register_shashes);

void lx_crypto_unregister_shashes(struct lx_shash_alg *a, int n)
{
	while (n--)
		lx_crypto_unregister_shash(&a[n]);
}
LX_EXPORT(crypto_unregister_shashes);

/* ---- use ---- */

static void shash_exit(struct lx_crypto_tfm *tfm)
{
	struct lx_crypto_shash *t = container_of(tfm, struct lx_crypto_shash, base);

	if (shash_of(t)->exit_tfm)
		shash_of(t)->exit_tfm(t);
	else if (tfm->__crt_alg->cra_exit)
		tfm->__crt_alg->cra_exit(tfm);
}

static int shash_begin(struct lx_crypto_shash *t, struct lx_shash_alg *a)
{
	t->descsize = a->descsize;
	t->base.refcnt.refs.counter = 1;
	t->base.__crt_alg = &a->base;
	t->base.node = -1;
	t->base.exit = shash_exit;
	if (a->setkey != no_setkey && !(a->base.cra_flags & 0x4000))	/* a key that may be left out */
		t->base.crt_flags |= FLAG_NEED_KEY;
	if (a->init_tfm)
		return a->init_tfm(t);
	return a->base.cra_init ? a->base.cra_init(&t->base) : 0;
}

struct lx_crypto_shash *lx_crypto_alloc_shash(const char *name, unsigned int type, unsigned int mask)
{
	struct lx_crypto_alg *base = lx_crypto_alg_get(name, CRYPTO_TYPE_SHASH, CRYPTO_TYPE_MASK);
	struct lx_crypto_shash *t;
	int err;

	if (!base)
		return ERR_PTR(-ENOENT);
	t = kmem_zalloc(sizeof(*t) + base->cra_ctxsize + base->cra_alignmask, ALLOC_KERNEL);
	if (!t) {
		lx_crypto_alg_put(base);
		return ERR_PTR(-ENOMEM);
	}
	err = shash_begin(t, container_of(base, struct lx_shash_alg, base));
	if (!err)
		return t;
	kmem_free(t);
	lx_crypto_alg_put(base);
	return ERR_PTR(err);
}
LX_EXPORT(crypto_alloc_shash);

int lx_crypto_shash_setkey(struct lx_crypto_shash *t, const unsigned char *key, unsigned int n)
{
	int err = shash_of(t)->setkey(t, key, n);

	if (!err)
		t->base.crt_flags &= ~FLAG_NEED_KEY;
	return err;
}
LX_EXPORT(crypto_shash_setkey);

int lx_crypto_shash_update(struct lx_shash_desc *d, const unsigned char *data, unsigned int n)
{
	return shash_of(d->tfm)->update(d, data, n);
}
LX_EXPORT(crypto_shash_update);

int lx_crypto_shash_final(struct lx_shash_desc *d, unsigned char *out) { return shash_of(d->tfm)->final(d, out); }
LX_EXPORT(crypto_shash_final);

int lx_crypto_shash_finup(struct lx_shash_desc *d, const unsigned char *data, unsigned int n, unsigned char *out)
{
	return shash_of(d->tfm)->finup(d, data, n, out);
}
LX_EXPORT(crypto_shash_finup);

int lx_crypto_shash_digest(struct lx_shash_desc *d, const unsigned char *data, unsigned int n, unsigned char *out)
{
	return d->tfm->base.crt_flags & FLAG_NEED_KEY ? -ENOKEY : shash_of(d->tfm)->digest(d, data, n, out);
}
LX_EXPORT(crypto_shash_digest);

int lx_crypto_shash_tfm_digest(struct lx_crypto_shash *t, const unsigned char *data, unsigned int n,
			       unsigned char *out)
{
	struct lx_shash_desc *d = kmem_zalloc(sizeof(*d) + t->descsize, ALLOC_KERNEL);
	int err;

	if (!d)
		return -ENOMEM;
	d->tfm = t;
	err = lx_crypto_shash_digest(d, data, n, out);
	lx_kfree_sensitive(d);
	return err;
}
LX_EXPORT(crypto_shash_tfm_digest);
