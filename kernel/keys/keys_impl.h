/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys, private. A key is a typed payload with a number, a description, an owner
 * and permissions; a keyring is a key that links keys. A key lives as long as
 * something links or uses it.
 *
 * Lock order: keyring_lock > table lock, key lock. User memory is touched with neither.
 *
 * Legend: I immutable, G keyring_lock (write to change), K the key's lock.
 */
#pragma once

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/base/lock.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/keyring.h>
#include <tern/kernel/process.h>
#include <tern/kernel/syscalls.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/keyctl.h>

#define KEYRING_DEPTH_MAX	6

struct keykind {
	const char *name;
	u32 min_len, max_len;	/* of a payload */
	bool is_readable, is_updatable;
	bool (*desc_ok)(const char *desc);	/* NULL: any that is not empty */
};
extern const struct keykind keykind_keyring, keykind_user, keykind_logon;

struct keydata { refcount refs; u32 len; u8 bytes[]; };

struct keyobj {
	refcount refs;
	struct rbnode node;		/* table lock; by serial */
	s32 serial;			/* I */
	const struct keykind *kind;	/* I */
	char *desc;			/* I */
	struct spin lock;		/* protects K; LOCKRANK_KLIST */
	uid_t uid;			/* K */
	gid_t gid;			/* K */
	u32 perm;			/* K */
	s64 expires_ns;			/* K wall time; 0: never */
	bool is_revoked, is_invalid;	/* K */
	struct keydata *data;		/* K with a reference; NULL for keyrings */
	struct list links;		/* G keyrings: of struct keylink */
	u32 nlinks;			/* G */
	const struct credset *payer;	/* I with a reference */
	u32 charged;			/* K bytes */
};

struct keylink { struct list link; struct keyobj *key; };

/* A key as thread_self reached it. */
struct keyref { struct keyobj *key; bool is_possessed; };

extern struct rwsem keyring_lock;	/* protects what keyrings link; LOCKRANK_KEYRING */

/* ---- key.c ---- */
const struct keykind *keykind_find(const char *name);
/** keyobj_make() - one reference; ERR_PTR(-ENOMEM, -EDQUOT). @data is used up if it succeeds. */
struct keyobj *keyobj_make(const struct keykind *kind, const char *desc, u32 perm, struct keydata *data);
static inline void keyobj_get(struct keyobj *k) { ref_get(&k->refs); }
void keyobj_put(struct keyobj *k);
/** keyobj_find() - by serial with a reference; NULL. */
struct keyobj *keyobj_find(s32 serial);
/** keyobj_state() - 0, -EKEYREVOKED, -EKEYEXPIRED, -ENOKEY. */
int keyobj_state(struct keyobj *k);
/** keyobj_permits() - has thread_self all of KEY_MAY_* @need. */
bool keyobj_permits(struct keyref r, u32 need);
/** keyobj_update() - another payload; used up if it is 0; -EDQUOT. */
int keyobj_update(struct keyobj *k, struct keydata *data);
/** keydata_get_of() - payload with a reference. */
struct keydata *keydata_get_of(struct keyobj *k);
void keydata_put(struct keydata *d);
/** keyobj_default_perm() - of a key that add_key(2) makes. */
u32 keyobj_default_perm(const struct keykind *kind);

/* ---- keyring.c ---- */
/** keyring_link() - @key into @ring, in the place of an equal one; -ENOMEM, -ELOOP, -EDEADLK. */
int keyring_link(struct keyobj *ring, struct keyobj *key);
/** keyring_unlink() - -ENOENT if it is not linked. */
int keyring_unlink(struct keyobj *ring, struct keyobj *key);
void keylinks_clear(struct keyobj *ring);
/** keyring_find() - directly linked key of that kind and description, with a reference; NULL. */
struct keyobj *keyring_find(struct keyobj *ring, const struct keykind *kind, const char *desc);
/**
 * keylinks_search() - the same through linked keyrings that may be searched
 * Return: referenced, or ERR_PTR(-ENOKEY, -EKEYREVOKED, -EKEYEXPIRED, -EACCES).
 */
struct keyobj *keylinks_search(struct keyref ring, const struct keykind *kind, const char *desc);
/** keyring_holds() - does the search reach @key. */
bool keyring_holds(struct keyref ring, const struct keyobj *key);
/** keyring_serials() - up to @n serials; how many there are. */
u32 keyring_serials(struct keyobj *ring, s32 *out, u32 n);

/* ---- keyproc.c ---- */
/**
 * key_lookup() - by serial or KEY_SPEC_*, with a reference in r->key
 * @create: make a special keyring that is not there yet
 * @need: KEY_MAY_*, 0: any
 * Return: 0, -ENOKEY, -EINVAL, -EACCES, -EKEYREVOKED, -EKEYEXPIRED, -ENOMEM.
 */
int key_lookup(s32 id, bool create, u32 need, struct keyref *r);
/** key_lookup_any() - the same, revoked and expired ones too. */
int key_lookup_any(s32 id, u32 need, struct keyref *r);
/** key_search_own() - thread, process and session keyrings in turn. */
struct keyobj *key_search_own(const struct keykind *kind, const char *desc);
/** key_join_session() - a new session (@name NULL) or the one of that name; serial or -errno. */
long key_join_session(const char *name);
long keyctl_get_string(char **out, const char __user *text, size_t max);
