// SPDX-License-Identifier: GPL-2.0-only
/*
 * The name cache: entries (parent, name) -> vnode in one hash table, kept as
 * trees by their parents' lists of children.
 *
 * Life: ncent_add() makes an entry with one reference. While referenced, or
 * while it has children (each counts one), it stays. At zero it is kept on the
 * LRU list until the shrinker or a prune takes it; an unhashed or NOCACHE
 * entry goes at once. nc_refs tells the state: > 0 in use, 0 cached, negative
 * dying, or frozen for the moment in which it becomes negative.
 *
 * Readers hold RCU only: they find an entry by ncent_find_rcu(), which returns
 * the sequence count that they check after use. A reference is taken by
 * ncent_get_live(), after which the count is checked again. A move can make a
 * lock-free search miss an entry of a chain, so ncent_lookup(), whose "no" is
 * final, repeats if ncent_rename_seq changed meanwhile.
 *
 * Lock order: vnode locks > ncent_rename_lock > nc_lock (parent before child;
 * two parents, or two children, by address) > vn_spin, bucket, LRU.
 *
 * Limits: the table is sized once from the memory that there is.
 */
#include "vfs_impl.h"

#include <tern/base/bug.h>
#include <tern/base/initcall.h>
#include <tern/lib/bits.h>
#include <tern/lib/fmt.h>
#include <tern/lib/hash.h>
#include <tern/mm/reclaim.h>

#define NC_DEAD		(-0x40000000)
#define NC_FROZEN	(-0x20000000)

struct nc_bucket {
	struct hlist chain;	/* R, lock to change */
	struct spin lock;	/* LOCKRANK_FS_SPIN; protects the chain */
};

/* A name too long for the entry; shared by entries that a rename gave it to. */
struct nc_extname {
	refcount refs;
	struct rcu_job rcu;
	char text[];
};

static struct nc_bucket *buckets __ro_after_init;
static u32 bucket_shift __ro_after_init;
static struct objcache *nc_cache __ro_after_init;
static u64 nc_salt __ro_after_init;

static struct spin lru_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects lru_list and nc_lru */
static LIST_HEAD(lru_list);
static u64 lru_count;

static struct spin ncent_rename_lock = SPIN_INIT(LOCKRANK_MOUNT_SPIN);	/* one move at a time */
struct seqctr ncent_rename_seq;

/* ---- hashing: eight bytes a step, a page boundary is never crossed ---- */

#define ONES	0x0101010101010101UL
#define HIGHS	0x8080808080808080UL
#define SLASHES	0x2f2f2f2f2f2f2f2fUL

static __always_inline u64 zero_bytes(u64 w)
{
	return (w - ONES) & ~w & HIGHS;
}

static __always_inline u64 hash_step(u64 h, u64 w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15UL;
	return h ^ (h >> 29);
}

static __always_inline u64 hash_seed(const struct ncent *parent)
{
	return (u64)parent ^ nc_salt;
}

static __always_inline u32 hash_end(u64 h)
{
	return (u32)(h ^ (h >> 32));
}

/* The word at @s as if text ended with zeroes at @n bytes. */
static u64 load_tail(const char *s, u32 n)
{
	u64 w = 0;

	for (u32 i = 0; i < n; i++)
		w |= (u64)(u8)s[i] << (8 * i);
	return w;
}

u32 ncent_hash(const struct ncent *parent, const char *name, u32 len)
{
	u64 h = hash_seed(parent);
	u32 i = 0;

	for (; i + 8 <= len; i += 8)
		h = hash_step(h, get_le64(name + i));
	return hash_end(hash_step(h, load_tail(name + i, len - i)));
}

/* Bytes of @s before a slash or NUL, at most eight, without reading past the page. */
static u32 tail_len(const char *s)
{
	u32 n = 0;

	while (n < 8 && s[n] && s[n] != '/')
		n++;
	return n;
}

u32 ncent_hash_component(const struct ncent *parent, const char *text, u32 *len)
{
	u64 h = hash_seed(parent);
	u32 i = 0;

	for (;; i += 8) {
		u64 w, stop;
		u32 n;

		if (unlikely(((uptr)(text + i) & (PAGE_SIZE - 1)) > PAGE_SIZE - 8)) {
			n = tail_len(text + i);
			w = load_tail(text + i, n);
			if (n < 8)
				goto last;
			h = hash_step(h, w);
			continue;
		}
		w = get_le64(text + i);
		stop = zero_bytes(w) | zero_bytes(w ^ SLASHES);
		if (!stop) {
			h = hash_step(h, w);
			continue;
		}
		n = bit_lowest(stop) >> 3;
		w &= (1UL << (8 * n)) - 1;
last:
		*len = i + n;
		return hash_end(hash_step(h, w));
	}
}

static __always_inline struct nc_bucket *bucket_of(u32 hash)
{
	return &buckets[hash >> bucket_shift];
}

/* ---- searching ---- */

struct ncent *ncent_find_rcu(const struct ncent *parent, const char *name, u32 len, u32 hash, u32 *seq)
{
	struct hnode *n;

	for (n = rcu_load(bucket_of(hash)->chain.first); n; n = rcu_load(n->next)) {
		struct ncent *nc = hlist_entry(n, struct ncent, nc_hash);
		const char *text;
		u32 s, nlen;

		if (READ_ONCE(nc->nc_hashval) != hash)
			continue;
		do {
			s = seq_read_begin(&nc->nc_seq);
			text = READ_ONCE(nc->nc_name);
			nlen = READ_ONCE(nc->nc_len);
			if (READ_ONCE(nc->nc_parent) != parent || (READ_ONCE(nc->nc_flags) & NCENT_UNHASHED))
				nlen = U32_MAX;
		} while (unlikely(seq_read_retry(&nc->nc_seq, s)));
		if (nlen != len || memcmp(text, name, len))
			continue;
		*seq = s;
		return nc;
	}
	return NULL;
}

bool ncent_get_live(struct ncent *nc)
{
	s32 c = atomic_read(&nc->nc_refs);

	while (c >= 0) {
		if (__atomic_compare_exchange_n(&nc->nc_refs.v, &c, c + 1, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
	}
	return false;
}

static struct ncent *lookup_once(struct ncent *parent, const char *name, u32 len, u32 hash)
{
	struct ncent *nc;
	u32 seq;

	rcu_read_lock();
	while ((nc = ncent_find_rcu(parent, name, len, hash, &seq))) {
		if (!ncent_get_live(nc)) {
			cpu_relax();	/* frozen or dying: either ends soon */
			continue;
		}
		if (likely(!seq_read_retry(&nc->nc_seq, seq)))
			break;
		rcu_read_unlock();
		ncent_put(nc);
		rcu_read_lock();
	}
	rcu_read_unlock();
	return nc;
}

struct ncent *ncent_lookup(struct ncent *parent, const char *name, u32 len)
{
	u32 hash = ncent_hash(parent, name, len), seq;
	struct ncent *nc;

	do {
		seq = seq_read_begin(&ncent_rename_seq);
		nc = lookup_once(parent, name, len, hash);
	} while (!nc && seq_read_retry(&ncent_rename_seq, seq));
	return nc;
}

/* ---- making ---- */

static void extname_free(struct rcu_job *job)
{
	kmem_free(container_of(job, struct nc_extname, rcu));
}

static void extname_put(struct nc_extname *x)
{
	if (x && ref_put(&x->refs))
		rcu_defer(&x->rcu, extname_free);
}

static bool name_set(struct ncent *nc, const char *name, u32 len)
{
	struct nc_extname *x = NULL;
	char *text = nc->nc_inline;

	if (len >= NCENT_INLINE_LEN) {
		x = kmem_alloc(sizeof(*x) + len + 1, ALLOC_KERNEL);
		if (!x)
			return false;
		ref_init(&x->refs, 1);
		text = x->text;
	}
	memcpy(text, name, len);
	text[len] = 0;
	nc->nc_ext = x;
	nc->nc_name = text;
	nc->nc_len = len;
	return true;
}

static struct ncent *entry_alloc(struct filesys *fs, const char *name, u32 len)
{
	struct ncent *nc = objcache_zalloc(nc_cache, ALLOC_KERNEL);

	if (!nc)
		return NULL;
	if (!name_set(nc, name, len)) {
		objcache_free(nc_cache, nc);
		return NULL;
	}
	spin_init(&nc->nc_lock, LOCKRANK_NCENT);
	atomic_set(&nc->nc_refs, 1);
	nc->nc_fs = fs;
	nc->nc_parent = nc;
	nc->nc_flags = NCENT_UNHASHED;
	list_init(&nc->nc_children);
	list_init(&nc->nc_sibling);
	list_init(&nc->nc_alias);
	list_init(&nc->nc_lru);
	return nc;
}

static void entry_free_rcu(struct rcu_job *job)
{
	objcache_free(nc_cache, container_of(job, struct ncent, nc_rcu));
}

static void vnode_link(struct ncent *nc, struct vnode *vn)
{
	spin_lock(&vn->vn_spin);
	list_add_tail(&nc->nc_alias, &vn->vn_aliases);
	spin_unlock(&vn->vn_spin);
	WRITE_ONCE(nc->nc_vnode, vn);
}

/* nc_lock held or nobody else sees it. Returns the vnode, whose reference is now the caller's. */
static struct vnode *vnode_unlink(struct ncent *nc)
{
	struct vnode *vn = nc->nc_vnode;

	if (!vn)
		return NULL;
	WRITE_ONCE(nc->nc_vnode, NULL);
	spin_lock(&vn->vn_spin);
	list_del_init(&nc->nc_alias);
	spin_unlock(&vn->vn_spin);
	return vn;
}

static void hash_insert(struct ncent *nc)
{
	struct nc_bucket *b = bucket_of(nc->nc_hashval);

	spin_lock(&b->lock);
	hlist_add_head_rcu(&nc->nc_hash, &b->chain);
	spin_unlock(&b->lock);
}

static void hash_remove(struct ncent *nc)
{
	struct nc_bucket *b = bucket_of(nc->nc_hashval);

	spin_lock(&b->lock);
	if (!hlist_unhashed(&nc->nc_hash))
		hlist_del_rcu(&nc->nc_hash);
	spin_unlock(&b->lock);
}

struct ncent *ncent_add(struct ncent *parent, const char *name, u32 len, struct vnode *vn)
{
	struct ncent *nc = entry_alloc(parent->nc_fs, name, len), *old;
	u32 seq, unused;

	if (!nc) {
		vnode_put(vn);
		return NULL;
	}
	ncent_get(parent);
	nc->nc_parent = parent;
	nc->nc_hashval = ncent_hash(parent, name, len);
	spin_lock(&parent->nc_lock);
	/* Two lookups of one name may race under the shared directory lock. */
	do {
		seq = seq_read_begin(&ncent_rename_seq);
		old = ncent_find_rcu(parent, name, len, nc->nc_hashval, &unused);
	} while (!old && seq_read_retry(&ncent_rename_seq, seq));
	if (old && !ncent_get_live(old))
		old = NULL;		/* it is on its way out */
	if (!old) {
		if (vn)
			vnode_link(nc, vn);
		nc->nc_flags = 0;
		list_add(&nc->nc_sibling, &parent->nc_children);
		hash_insert(nc);
	}
	spin_unlock(&parent->nc_lock);
	if (old) {
		extname_put(nc->nc_ext);
		objcache_free(nc_cache, nc);
		ncent_put(parent);
		vnode_put(vn);
		return old;
	}
	return nc;
}

struct ncent *ncent_anon(struct filesys *fs, struct vnode *vn, const char *name)
{
	struct ncent *nc = entry_alloc(fs, name, (u32)strlen(name));

	if (!nc)
		return NULL;
	nc->nc_flags = NCENT_UNHASHED | NCENT_DISCONNECTED;
	vnode_link(nc, vn);
	return nc;
}

struct ncent *ncent_tmp(struct ncent *parent, struct vnode *vn)
{
	char name[24];
	struct ncent *nc = entry_alloc(parent->nc_fs, name,
				       (u32)fmt_put(name, sizeof(name), "#%lu", vn->vn_ino));

	if (!nc) {
		vnode_put(vn);
		return NULL;
	}
	ncent_get(parent);
	nc->nc_parent = parent;
	vnode_link(nc, vn);
	spin_lock(&parent->nc_lock);
	list_add(&nc->nc_sibling, &parent->nc_children);
	spin_unlock(&parent->nc_lock);
	return nc;
}

void ncent_attach(struct ncent *nc, struct vnode *vn)
{
	spin_lock(&nc->nc_lock);
	ASSERT(!nc->nc_vnode);
	seq_write_begin(&nc->nc_seq);
	vnode_link(nc, vn);
	seq_write_end(&nc->nc_seq);
	spin_unlock(&nc->nc_lock);
}

struct ncent *ncent_alias(struct vnode *vn)
{
	struct ncent *nc, *found = NULL;

	spin_lock(&vn->vn_spin);
	list_foreach(nc, &vn->vn_aliases, nc_alias) {
		if (ncent_get_live(nc)) {
			found = nc;
			break;
		}
	}
	spin_unlock(&vn->vn_spin);
	return found;
}

void ncent_flags_set(struct ncent *nc, u32 set, u32 clear)
{
	spin_lock(&nc->nc_lock);
	seq_write_begin(&nc->nc_seq);
	nc->nc_flags = (nc->nc_flags & ~clear) | set;
	seq_write_end(&nc->nc_seq);
	spin_unlock(&nc->nc_lock);
}

/* ---- unmaking ---- */

static void lru_remove(struct ncent *nc)
{
	if (!(nc->nc_flags & NCENT_LRU))
		return;
	spin_lock(&lru_lock);
	list_del_init(&nc->nc_lru);
	lru_count--;
	spin_unlock(&lru_lock);
	nc->nc_flags &= ~NCENT_LRU;
}

/* nc_lock held. */
static void unhash_locked(struct ncent *nc)
{
	if (nc->nc_flags & NCENT_UNHASHED)
		return;
	seq_write_begin(&nc->nc_seq);
	nc->nc_flags |= NCENT_UNHASHED;
	seq_write_end(&nc->nc_seq);
	hash_remove(nc);
}

/*
 * An unused entry goes for good. Enters with nc_lock and RCU held, leaves with
 * neither. Returns the parent, whose reference the caller drops, or NULL.
 */
static struct ncent *kill_locked(struct ncent *nc)
{
	struct ncent *parent = nc->nc_parent;
	struct vnode *vn;

	if (!atomic_cas(&nc->nc_refs, 0, NC_DEAD)) {
		spin_unlock(&nc->nc_lock);
		rcu_read_unlock();
		return NULL;
	}
	unhash_locked(nc);
	lru_remove(nc);
	seq_write_begin(&nc->nc_seq);
	vn = vnode_unlink(nc);
	seq_write_end(&nc->nc_seq);
	spin_unlock(&nc->nc_lock);
	if (parent != nc) {
		spin_lock(&parent->nc_lock);
		list_del_init(&nc->nc_sibling);
		spin_unlock(&parent->nc_lock);
	}
	rcu_read_unlock();
	vnode_put(vn);
	extname_put(nc->nc_ext);
	rcu_defer(&nc->nc_rcu, entry_free_rcu);
	return parent == nc ? NULL : parent;
}

/* The count reached zero: keep it on the LRU list or let it go. As kill_locked(). */
static struct ncent *drop_unused(struct ncent *nc)
{
	spin_lock(&nc->nc_lock);
	if (atomic_read(&nc->nc_refs) != 0) {
		spin_unlock(&nc->nc_lock);
		rcu_read_unlock();
		return NULL;
	}
	if (nc->nc_flags & (NCENT_UNHASHED | NCENT_NOCACHE))
		return kill_locked(nc);
	if (!(nc->nc_flags & NCENT_LRU)) {
		nc->nc_flags |= NCENT_LRU;
		spin_lock(&lru_lock);
		list_add_tail(&nc->nc_lru, &lru_list);
		lru_count++;
		spin_unlock(&lru_lock);
	}
	spin_unlock(&nc->nc_lock);
	rcu_read_unlock();
	return NULL;
}

void ncent_put(struct ncent *nc)
{
	while (nc) {
		u32 flags;

		rcu_read_lock();	/* keeps the memory while another thread may free it */
		if (atomic_add_return(&nc->nc_refs, -1) != 0) {
			rcu_read_unlock();
			return;
		}
		flags = READ_ONCE(nc->nc_flags);
		if (likely((flags & (NCENT_LRU | NCENT_UNHASHED | NCENT_NOCACHE)) == NCENT_LRU)) {
			if (!nc->nc_recent)
				nc->nc_recent = true;
			rcu_read_unlock();
			return;
		}
		nc = drop_unused(nc);
	}
}

/* As ncent_put(), but an unused entry goes even if it could be kept. */
static void put_and_kill(struct ncent *nc)
{
	rcu_read_lock();
	if (atomic_add_return(&nc->nc_refs, -1) != 0) {
		rcu_read_unlock();
		return;
	}
	spin_lock(&nc->nc_lock);
	ncent_put(kill_locked(nc));
}

void ncent_forget(struct ncent *nc)
{
	spin_lock(&nc->nc_lock);
	unhash_locked(nc);
	spin_unlock(&nc->nc_lock);
}

void ncent_detach(struct ncent *nc)
{
	struct vnode *vn = NULL;

	spin_lock(&nc->nc_lock);
	if (!(nc->nc_flags & (NCENT_UNHASHED | NCENT_NOCACHE)) && atomic_cas(&nc->nc_refs, 1, NC_FROZEN)) {
		seq_write_begin(&nc->nc_seq);
		vn = vnode_unlink(nc);
		seq_write_end(&nc->nc_seq);
		atomic_set(&nc->nc_refs, 1);
	} else {
		unhash_locked(nc);
	}
	spin_unlock(&nc->nc_lock);
	vnode_put(vn);
}

/* A live child of @nc behind @after (NULL: the first), with a reference. */
static struct ncent *next_child(struct ncent *nc, struct ncent *after)
{
	struct ncent *c, *found = NULL;
	struct list *l;

	spin_lock(&nc->nc_lock);
	if (after && after->nc_parent != nc)
		after = NULL;		/* moved away: begin again */
	l = after ? after->nc_sibling.next : nc->nc_children.next;
	for (; l != &nc->nc_children; l = l->next) {
		c = list_entry(l, struct ncent, nc_sibling);
		if (ncent_get_live(c)) {
			found = c;
			break;
		}
	}
	spin_unlock(&nc->nc_lock);
	return found;
}

void ncent_prune(struct ncent *top)
{
	struct ncent *cur = top, *done = NULL;

	/* Depth first without recursion: each level is held by our reference on its child. */
	for (;;) {
		struct ncent *child = next_child(cur, done);

		if (done)
			put_and_kill(done);
		done = NULL;
		if (child) {
			cur = child;
			continue;
		}
		if (cur == top)
			return;
		done = cur;
		cur = READ_ONCE(cur->nc_parent);
	}
}

u64 ncent_shrink(u64 want)
{
	u64 freed = 0, scan;

	spin_lock(&lru_lock);
	scan = want * 2 + 16;
	while (freed < want && scan-- && !list_is_empty(&lru_list)) {
		struct ncent *nc = list_first_entry(&lru_list, struct ncent, nc_lru);

		list_move_tail(&nc->nc_lru, &lru_list);
		if (nc->nc_recent || atomic_read(&nc->nc_refs) != 0) {
			nc->nc_recent = false;
			continue;
		}
		if (!ncent_get_live(nc))
			continue;
		spin_unlock(&lru_lock);
		put_and_kill(nc);
		freed++;
		spin_lock(&lru_lock);
	}
	spin_unlock(&lru_lock);
	return freed;
}

void ncent_counts(u64 *all, u64 *unused)
{
	*all = objcache_in_use(nc_cache);
	*unused = READ_ONCE(lru_count);
}

static u64 shrink_count(struct cacheshrinker *s)
{
	return READ_ONCE(lru_count);
}

static u64 shrink_scan(struct cacheshrinker *s, u64 n)
{
	return ncent_shrink(n);
}

static struct cacheshrinker nc_shrinker = { .name = "ncent", .count = shrink_count, .scan = shrink_scan };

static int nc_shrinker_init(void)
{
	shrinker_register(&nc_shrinker);
	return 0;
}
INITCALL(CORE, nc_shrinker_init);

/* ---- moving ---- */

static void lock_two(struct ncent *a, struct ncent *b)
{
	if (a > b)
		swap(a, b);
	spin_lock_nested(&a->nc_lock);
	if (a != b)
		spin_lock_nested(&b->nc_lock);
}

static void unlock_two(struct ncent *a, struct ncent *b)
{
	spin_unlock(&a->nc_lock);
	if (a != b)
		spin_unlock(&b->nc_lock);
}

struct nc_name { struct nc_extname *ext; u32 len; char text[NCENT_INLINE_LEN]; };

static void name_save(const struct ncent *nc, struct nc_name *out)
{
	out->ext = nc->nc_ext;
	out->len = nc->nc_len;
	memcpy(out->text, nc->nc_inline, NCENT_INLINE_LEN);
}

static void name_load(struct ncent *nc, const struct nc_name *in)
{
	nc->nc_ext = in->ext;
	memcpy(nc->nc_inline, in->text, NCENT_INLINE_LEN);
	WRITE_ONCE(nc->nc_len, in->len);
	WRITE_ONCE(nc->nc_name, in->ext ? in->ext->text : nc->nc_inline);
}

static void reparent(struct ncent *nc, struct ncent *parent)
{
	list_del_init(&nc->nc_sibling);
	WRITE_ONCE(nc->nc_parent, parent);
	list_add(&nc->nc_sibling, &parent->nc_children);
	WRITE_ONCE(nc->nc_hashval, ncent_hash(parent, nc->nc_name, nc->nc_len));
}

/* Every lock held: give @nc the place of @target, and the reverse if @exchange. */
static struct nc_extname *move_locked(struct ncent *nc, struct ncent *target, bool exchange)
{
	struct ncent *from = nc->nc_parent, *to = target->nc_parent;
	struct nc_name mine, theirs;

	seq_write_begin(&nc->nc_seq);
	seq_write_begin(&target->nc_seq);
	hash_remove(nc);
	if (!(target->nc_flags & NCENT_UNHASHED))
		hash_remove(target);
	name_save(nc, &mine);
	name_save(target, &theirs);
	if (!exchange && theirs.ext)
		ref_get(&theirs.ext->refs);
	name_load(nc, &theirs);
	reparent(nc, to);
	hash_insert(nc);
	if (exchange) {
		name_load(target, &mine);
		reparent(target, from);
		hash_insert(target);
	} else {
		target->nc_flags |= NCENT_UNHASHED;
	}
	seq_write_end(&target->nc_seq);
	seq_write_end(&nc->nc_seq);
	return exchange ? NULL : mine.ext;
}

void ncent_move(struct ncent *nc, struct ncent *target, bool exchange)
{
	struct ncent *from = nc->nc_parent, *to = target->nc_parent;
	struct nc_extname *old;

	/* The parents hold still: their vnodes are locked. */
	if (from != to && !exchange)
		ncent_get(to);
	spin_lock(&ncent_rename_lock);
	lock_two(from, to);
	lock_two(nc, target);
	seq_write_begin(&ncent_rename_seq);
	old = move_locked(nc, target, exchange);
	seq_write_end(&ncent_rename_seq);
	unlock_two(nc, target);
	unlock_two(from, to);
	spin_unlock(&ncent_rename_lock);
	extname_put(old);
	if (from != to && !exchange)
		ncent_put(from);
}

bool ncent_is_below(struct ncent *nc, struct ncent *ancestor)
{
	bool found;
	u32 seq;

	rcu_read_lock();
	do {
		const struct ncent *c = nc, *p;

		seq = seq_read_begin(&ncent_rename_seq);
		found = c == ancestor;
		while (!found && (p = rcu_load(c->nc_parent)) != c) {
			c = p;
			found = c == ancestor;
		}
	} while (seq_read_retry(&ncent_rename_seq, seq));
	rcu_read_unlock();
	return found;
}

void ncent_init(void)
{
	/* One bucket for each 64 KiB of memory or so, 4 KiB of table at least. */
	u32 bits = fls64(page_count_total() / 16);

	bits = clamp_t(u32, bits, 8, 20);
	buckets = kmem_alloc_large(sizeof(*buckets) << bits, ALLOC_KERNEL | ALLOC_ZERO);
	nc_cache = objcache_create("ncent", sizeof(struct ncent), 8, OBJCACHE_RECLAIM, NULL);
	VERIFY(buckets && nc_cache);
	for (u32 i = 0; i < 1u << bits; i++)
		spin_init(&buckets[i].lock, LOCKRANK_FS_SPIN);
	bucket_shift = 32 - bits;
	nc_salt = hash_mix(cpu_tsc());
}
