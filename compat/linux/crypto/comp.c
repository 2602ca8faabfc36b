// SPDX-License-Identifier: GPL-2.0-only
/* Compressors of modules: transformations of one block, and the library function that lz4.ko decodes with. */
#include "crypto_impl.h"

#include <tern/base/err.h>
#include <tern/lib/unzip.h>
#include <tern/mm/slab.h>

/* Only tables of functions: no other type is a plain transformation. */
struct lx_crypto_tfm *lx_crypto_alloc_base(const char *name, unsigned int type, unsigned int mask)
{
	struct lx_crypto_alg *a = lx_crypto_alg_get(name, type, mask);
	struct lx_crypto_tfm *t;
	int err = 0;

	if (!a)
		return ERR_PTR(-ENOENT);
	t = kmem_zalloc(sizeof(*t) + a->cra_ctxsize + a->cra_alignmask, ALLOC_KERNEL);
	if (!t)
		err = -ENOMEM;
	else if ((a->cra_flags & CRYPTO_TYPE_MASK) != CRYPTO_TYPE_COMPRESS)
		err = -ENOENT;
	if (!err) {
		t->refcnt.refs.counter = 1;
		t->__crt_alg = a;
		t->exit = a->cra_exit;
		err = a->cra_init ? a->cra_init(t) : 0;
	}
	if (!err)
		return t;
	kmem_free(t);
	lx_crypto_alg_put(a);
	return ERR_PTR(err);
}
LX_EXPORT(crypto_alloc_base);

int lx_crypto_comp_compress(struct lx_crypto_comp *t, const unsigned char *src, unsigned int n, unsigned char *dst,
			    unsigned int *room)
{
	return t->base.__crt_alg->cra_u.compress.coa_compress(&t->base, src, n, dst, room);
}
LX_EXPORT(crypto_comp_compress);

int lx_crypto_comp_decompress(struct lx_crypto_comp *t, const unsigned char *src, unsigned int n, unsigned char *dst,
			      unsigned int *room)
{
	return t->base.__crt_alg->cra_u.compress.coa_decompress(&t->base, src, n, dst, room);
}
LX_EXPORT(crypto_comp_decompress);

/* The same algorithm for scatter lists: kept and listed. */
int lx_crypto_register_scomp(struct lx_scomp_alg *a) { return lx_crypto_register_alg(&a->base); }
LX_EXPORT(crypto_register_scomp);
void lx_crypto_unregister_scomp(struct lx_scomp_alg *a) { lx_crypto_unregister_alg(&a->base); }
LX_EXPORT(crypto_unregister_scomp);

int lx_LZ4_decompress_safe(const char *src, char *dst, int n, int room)
{
	return n < 0 || room < 0 ? -EINVAL : (int)unzip_lz4_block(dst, (size_t)room, src, (size_t)n);
}
LX_EXPORT(LZ4_decompress_safe);
