// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of algorithms that modules bring, and transformations made of them. An algorithm is known by
 * its name, of which there may be several, the one of highest priority wins, and by its driver's own name.
 *
 * Types that are more than a table of functions (templates, instances) are kept and listed; hashes, ciphers
 * of one block and compressors can be used.
 */
#include "crypto_impl.h"

#include "../runtime.h"

#include <tern/base/err.h>
#include <tern/base/foreign.h>
#include <tern/base/lock.h>
#include <tern/fs/procfs.h>
#include <tern/lib/seqbuf.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define NOTIFY_REGISTER	1UL	/* CRYPTO_MSG_ALG_REGISTER */

static struct lx_list_head algs = { &algs, &algs };
static struct kmutex algs_lock = KMUTEX_INIT(algs_lock, LOCKRANK_BLKCTL);	/* protects algs */
static struct lx_blocking_notifier_head chain = {
	.rwsem.wait_list = { &chain.rwsem.wait_list, &chain.rwsem.wait_list },
};

static struct lx_crypto_alg *alg_at(struct lx_list_head *at)
{
	return container_of(at, struct lx_crypto_alg, cra_list);
}

static struct lx_crypto_alg *find_locked(const char *name, u32 type, u32 mask)
{
	struct lx_crypto_alg *best = NULL;

	for (struct lx_list_head *at = algs.next; at != &algs; at = at->next) {
		struct lx_crypto_alg *a = alg_at(at);

		if ((a->cra_flags ^ type) & mask)
			continue;
		if (!strcmp(a->cra_driver_name, name))
			return a;
		if (!strcmp(a->cra_name, name) && (!best || a->cra_priority > best->cra_priority))
			best = a;
	}
	return best;
}

static bool is_taken_locked(const struct lx_crypto_alg *a)
{
	for (struct lx_list_head *at = algs.next; at != &algs; at = at->next)
		if (!strcmp(alg_at(at)->cra_driver_name, a->cra_driver_name))
			return true;
	return false;
}

static bool is_valid(const struct lx_crypto_alg *a)
{
	return a->cra_name[0] && strnlen(a->cra_name, sizeof(a->cra_name)) < sizeof(a->cra_name) &&
	       a->cra_driver_name[0] && !(a->cra_alignmask & (a->cra_alignmask + 1)) && a->cra_priority >= 0 &&
	       a->cra_alignmask <= 63 && a->cra_blocksize <= PAGE_SIZE;
}

int lx_crypto_register_alg(struct lx_crypto_alg *a)
{
	int err = 0;

	if (!is_valid(a))
		return -EINVAL;
	a->cra_flags &= ~0x20u;		/* not dead */
	a->cra_users.next = a->cra_users.prev = &a->cra_users;
	kmutex_lock(&algs_lock);
	if (is_taken_locked(a)) {
		err = -EEXIST;
	} else {
		a->cra_refcnt.refs.counter = 1;
		a->cra_list.prev = algs.prev;
		a->cra_list.next = &algs;
		algs.prev->next = &a->cra_list;
		algs.prev = &a->cra_list;
	}
	kmutex_unlock(&algs_lock);
	if (!err)
		(void)lx_blocking_notifier_call_chain(&chain, NOTIFY_REGISTER, a);
	return err;
}
LX_EXPORT(crypto_register_alg);

void lx_crypto_unregister_alg(struct lx_crypto_alg *a)
{
	kmutex_lock(&algs_lock);
	a->cra_list.prev->next = a->cra_list.next;
	a->cra_list.next->prev = a->cra_list.prev;
	kmutex_unlock(&algs_lock);
}
LX_EXPORT(crypto_unregister_alg);

int lx_crypto_register_algs(struct lx_crypto_alg *a, int n)
{
	for (int i = 0; i < n; i++) {
		int err = lx_crypto_register_alg(&a[i]);

		if (!err)
			continue;
		while (i--)
			lx_crypto_unregister_alg(&a[i]);
		return err;
	}
	return 0;
}
LX_EXPORT(crypto_register_algs);

void lx_crypto_unregister_algs(struct lx_crypto_alg *a, int n)
{
	while (n--)
		lx_crypto_unregister_alg(&a[n]);
}
LX_EXPORT(crypto_unregister_algs);

int lx_crypto_register_notifier(struct lx_notifier_block *nb)
{
	return lx_blocking_notifier_chain_register(&chain, nb);
}
LX_EXPORT(crypto_register_notifier);
int lx_crypto_unregister_notifier(struct lx_notifier_block *nb)
{
	return lx_blocking_notifier_chain_unregister(&chain, nb);
}
LX_EXPORT(crypto_unregister_notifier);

/* ---- looking up ---- */

static struct lx_crypto_alg *get_present(const char *name, u32 type, u32 mask)
{
	struct lx_crypto_alg *a;

	kmutex_lock(&algs_lock);
	a = find_locked(name, type, mask);
	if (a && !lx_try_module_get(a->cra_module))
		a = NULL;
	if (a)
		a->cra_refcnt.refs.counter++;
	kmutex_unlock(&algs_lock);
	return a;
}

/* A module is asked for first if there is none. */
struct lx_crypto_alg *lx_crypto_alg_get(const char *name, u32 type, u32 mask)
{
	struct lx_crypto_alg *a = get_present(name, type, mask);

	if (a || !name)
		return a;
	(void)foreign_request("crypto-%s", name);
	return get_present(name, type, mask);
}

void lx_crypto_alg_put(struct lx_crypto_alg *a)
{
	kmutex_lock(&algs_lock);
	a->cra_refcnt.refs.counter--;
	kmutex_unlock(&algs_lock);
	lx_module_put(a->cra_module);
}

int lx_crypto_has_alg(const char *name, unsigned int type, unsigned int mask)
{
	struct lx_crypto_alg *a = lx_crypto_alg_get(name, type, mask);

	if (a)
		lx_crypto_alg_put(a);
	return a != NULL;
}
LX_EXPORT(crypto_has_alg);

void lx_crypto_destroy_tfm(void *mem, struct lx_crypto_tfm *tfm)
{
	struct lx_crypto_alg *a;

	if (IS_ERR_OR_NULL(mem) || __atomic_sub_fetch(&tfm->refcnt.refs.counter, 1, __ATOMIC_SEQ_CST))
		return;
	a = tfm->__crt_alg;
	if (tfm->exit)
		tfm->exit(tfm);
	lx_crypto_alg_put(a);
	lx_kfree_sensitive(mem);
}
LX_EXPORT(crypto_destroy_tfm);

static const char *type_name(u32 flags)
{
	switch (flags & CRYPTO_TYPE_MASK) {
	case CRYPTO_TYPE_CIPHER:	return "cipher";
	case CRYPTO_TYPE_COMPRESS:	return "compression";
	case CRYPTO_TYPE_SHASH:		return "shash";
	default:			return "other";
	}
}

static void print_algs(struct seqbuf *sb, void *arg)
{
	kmutex_lock(&algs_lock);
	for (struct lx_list_head *at = algs.next; at != &algs; at = at->next) {
		const struct lx_crypto_alg *a = alg_at(at);

		seqbuf_printf(sb, "name         : %s\ndriver       : %s\npriority     : %d\nrefcnt       : %d\n"
			      "type         : %s\nblocksize    : %u\n\n", a->cra_name, a->cra_driver_name,
			      a->cra_priority, a->cra_refcnt.refs.counter, type_name(a->cra_flags),
			      a->cra_blocksize);
	}
	kmutex_unlock(&algs_lock);
}
static struct procfile crypto_file = { .path = "crypto", .print = print_algs };
PROCFILE(crypto_file);
