// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keyrings of threads, processes, sessions and users. A session is handed on by
 * fork and exec, a process's keyring by neither; both are made when somebody asks.
 * A user's two keyrings are made once and stay.
 */
#include "keys_impl.h"

#define POS_ALL		(KEY_MAY_ALL << 24)

struct userkeys { struct list link; uid_t uid; struct keyobj *user, *session; };
static LIST_HEAD(user_list);			/* keyring_lock */

void keys_thread_fork(struct thread *t, struct thread *self)
{
	t->t_session_keys = self->t_session_keys;
	if (t->t_session_keys)
		keyobj_get(t->t_session_keys);
}

void keys_thread_exit(struct thread *t)
{
	keyobj_put(t->t_session_keys);
	keyobj_put(t->t_own_keys);
	t->t_session_keys = t->t_own_keys = NULL;
}

void keys_process_exit(struct process *p, struct thread *t)
{
	u64 flags = spin_lock_irqsave(&p->p_lock);
	struct keyobj *k = p->p_keys;

	p->p_keys = NULL;
	spin_unlock_irqrestore(&p->p_lock, flags);
	keyobj_put(k);
	if (t) {
		keyobj_put(t->t_own_keys);
		t->t_own_keys = NULL;
	}
}

static struct keyobj *ring_make(const char *desc, u32 perm)
{
	return keyobj_make(&keykind_keyring, desc, perm, NULL);
}

/* ---- users ---- */

static struct userkeys *user_find(uid_t uid)
{
	struct userkeys *u;

	list_foreach(u, &user_list, link)
		if (u->uid == uid)
			return u;
	return NULL;
}

static struct userkeys *user_make(uid_t uid)
{
	struct userkeys *u = kmem_zalloc(sizeof(*u), ALLOC_KERNEL);
	u32 perm = (POS_ALL & ~(KEY_MAY_SETATTR << 24)) | KEY_MAY_ALL << 16;
	char desc[24];

	if (!u)
		return ERR_PTR(-ENOMEM);
	u->uid = uid;
	fmt_print(desc, sizeof(desc), "_uid.%u", uid);
	u->user = ring_make(desc, perm);
	fmt_print(desc, sizeof(desc), "_uid_ses.%u", uid);
	u->session = IS_ERR(u->user) ? u->user : ring_make(desc, perm);
	if (IS_ERR(u->session)) {
		struct keyobj *err = u->session;

		if (!IS_ERR(u->user))
			keyobj_put(u->user);
		kmem_free(u);
		return ERR_CAST(err);
	}
	u->user->uid = u->session->uid = uid;
	u->user->gid = u->session->gid = (gid_t)-1;
	return u;
}

static void user_free(struct userkeys *u)
{
	keyobj_put(u->user);
	keyobj_put(u->session);
	kmem_free(u);
}

/* Keyring of thread_self's user with a reference. */
static struct keyobj *user_ring(bool is_session)
{
	uid_t uid = cred_self()->uid;
	struct userkeys *u, *fresh = NULL;
	struct keyobj *k = NULL;
	int err = 0;

	rwsem_read_lock(&keyring_lock);
	u = user_find(uid);
	rwsem_read_unlock(&keyring_lock);
	if (!u) {
		fresh = user_make(uid);
		if (IS_ERR(fresh))
			return ERR_CAST(fresh);
		err = keyring_link(fresh->session, fresh->user);
	}
	rwsem_write_lock(&keyring_lock);
	u = user_find(uid);
	if (!u && !err) {
		u = fresh;
		fresh = NULL;
		list_add_tail(&u->link, &user_list);
	}
	if (u) {
		k = is_session ? u->session : u->user;
		keyobj_get(k);
	}
	rwsem_write_unlock(&keyring_lock);
	if (fresh)
		user_free(fresh);
	return k ? k : ERR_PTR(err);
}

/* ---- thread, process, session ---- */

static struct keyobj *with_ref(struct keyobj *k)
{
	if (k)
		keyobj_get(k);
	return k;
}

static struct keyobj *process_ring(bool create)
{
	struct process *p = process_self();
	struct keyobj *fresh = NULL, *k;
	u64 flags;

	if (create && !READ_ONCE(p->p_keys)) {
		fresh = ring_make("_pid", POS_ALL | KEY_MAY_VIEW << 16);
		if (IS_ERR(fresh))
			return fresh;
	}
	flags = spin_lock_irqsave(&p->p_lock);
	if (!p->p_keys) {
		p->p_keys = fresh;
		fresh = NULL;
	}
	k = with_ref(p->p_keys);
	spin_unlock_irqrestore(&p->p_lock, flags);
	keyobj_put(fresh);
	return k ? k : ERR_PTR(-ENOKEY);
}

static struct keyobj *thread_ring(bool create)
{
	struct thread *t = thread_self();
	struct keyobj *k;

	if (!t->t_own_keys && create) {
		k = ring_make("_tid", POS_ALL | KEY_MAY_VIEW << 16);
		if (IS_ERR(k))
			return k;
		t->t_own_keys = k;
	}
	return t->t_own_keys ? with_ref(t->t_own_keys) : ERR_PTR(-ENOKEY);
}

static void session_set(struct keyobj *k)
{
	struct thread *t = thread_self();
	struct keyobj *old = t->t_session_keys;

	t->t_session_keys = k;
	keyobj_put(old);
}

static struct keyobj *session_ring(bool create)
{
	struct thread *t = thread_self();
	long err;

	if (!t->t_session_keys && create) {
		err = key_join_session(NULL);
		if (err < 0)
			return ERR_PTR(err);
	}
	return t->t_session_keys ? with_ref(t->t_session_keys) : user_ring(true);
}

long key_join_session(const char *name)
{
	struct keyobj *k;

	if (name && !*name)
		return -EINVAL;
	k = name && thread_self()->t_session_keys &&
		    !strcmp(thread_self()->t_session_keys->desc, name) ?
		    with_ref(thread_self()->t_session_keys) :
		    ring_make(name ? name : "_ses", POS_ALL | (KEY_MAY_VIEW | KEY_MAY_READ) << 16 |
							    (name ? KEY_MAY_LINK << 16 : 0));
	if (IS_ERR(k))
		return PTR_ERR(k);
	session_set(k);
	return k->serial;
}

/* ---- looking up ---- */

/* The three that thread_self searches; with a reference, NULL: not there. */
static struct keyobj *own_ring(u32 i)
{
	struct keyobj *k = i == 0 ? thread_ring(false) : i == 1 ? process_ring(false) : session_ring(false);

	return IS_ERR(k) ? NULL : k;
}

static bool possesses(const struct keyobj *key)
{
	bool is_found = false;

	for (u32 i = 0; i < 3 && !is_found; i++) {
		struct keyobj *ring = own_ring(i);

		if (!ring)
			continue;
		is_found = keyring_holds((struct keyref){ ring, true }, key);
		keyobj_put(ring);
	}
	return is_found;
}

struct keyobj *key_search_own(const struct keykind *kind, const char *desc)
{
	struct keyobj *k = NULL;
	int err = -ENOKEY;

	for (u32 i = 0; i < 3 && !k; i++) {
		struct keyobj *ring = own_ring(i);

		if (!ring)
			continue;
		k = keylinks_search((struct keyref){ ring, true }, kind, desc);
		keyobj_put(ring);
		if (IS_ERR(k)) {
			if (PTR_ERR(k) != -ENOKEY)
				err = (int)PTR_ERR(k);
			k = NULL;
		}
	}
	return k ? k : ERR_PTR(err);
}

static struct keyobj *special(s32 id, bool create)
{
	switch (id) {
	case KEY_SPEC_THREAD:
		return thread_ring(create);
	case KEY_SPEC_PROCESS:
		return process_ring(create);
	case KEY_SPEC_SESSION:
		return session_ring(create);
	case KEY_SPEC_USER:
		return user_ring(false);
	case KEY_SPEC_USER_SESSION:
		return user_ring(true);
	default:
		return ERR_PTR(-EINVAL);
	}
}

static int lookup(s32 id, bool create, struct keyref *r)
{
	struct keyobj *k;

	if (id <= 0) {
		k = special(id, create);
		if (IS_ERR(k))
			return (int)PTR_ERR(k);
	} else {
		k = keyobj_find(id);
		if (!k)
			return -ENOKEY;
	}
	r->key = k;
	r->is_possessed = (id < 0 && id >= KEY_SPEC_SESSION) || possesses(k);
	return 0;
}

static int check(const struct keyref *r, u32 need, bool any_state)
{
	int err = any_state ? 0 : keyobj_state(r->key);

	if (!err && need && !keyobj_permits(*r, need))
		err = -EACCES;
	if (err)
		keyobj_put(r->key);
	return err;
}

int key_lookup(s32 id, bool create, u32 need, struct keyref *r)
{
	int err = lookup(id, create, r);

	return err ? err : check(r, need, false);
}

int key_lookup_any(s32 id, u32 need, struct keyref *r)
{
	int err = lookup(id, false, r);

	return err ? err : check(r, need, true);
}
