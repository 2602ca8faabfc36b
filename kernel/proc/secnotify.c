// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filters that ask another program (SECCOMP_RET_USER_NOTIF).
 *
 * The thread whose call is judged puts a secnotif, which lives on its stack,
 * into the listener's list and sleeps. The holder of the listener's descriptor
 * receives it (NEW -> SENT) and answers (SENT -> ANSWERED), and may meanwhile give
 * the thread descriptors: an addfd, on the giver's stack, hangs on the secnotif
 * until the thread itself has installed the file.
 *
 * Lock order: the listener's lock > wait queues. Descriptors are installed
 * without it.
 */
#include "proc_impl.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/kernel/random.h>
#include <tern/kernel/secnotify.h>
#include <tern/kernel/vfsface.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>

#include "seccomp_impl.h"

enum notif_state { NOTIF_NEW, NOTIF_SENT, NOTIF_ANSWERED };

struct secnotif {
	struct list link;
	u64 id;
	enum notif_state state;
	const struct pidref *tid;
	const struct seccomp_data *sd;
	struct list addfds;	/* of struct addfd, oldest first */
	struct waitq wait;
	s64 val;
	s32 error;
	u32 flags;
};

struct addfd {
	struct list link;	/* empty: taken by the thread, or given up */
	struct ofile *file;	/* borrowed from the giver, who waits */
	u32 flags, newfd, fd_flags;
	bool is_done;
	s32 result;
	struct waitq wait;
};

struct seclistener *seclistener_create(bool waits_killable)
{
	struct seclistener *l = kmem_zalloc(sizeof(*l), ALLOC_KERNEL);

	if (!l)
		return NULL;
	spin_init(&l->lock, LOCKRANK_KLIST);
	list_init(&l->notifs);
	waitq_init(&l->readers);
	l->is_open = true;
	l->waits_killable = waits_killable;
	l->next_id = random_u64();
	return l;
}

void seclistener_alone(struct seclistener *l)
{
	waitq_wake(&l->readers, 0, SECNOTIFY_ALONE);
}

/* ---- the thread that is judged ---- */

static bool has_news(const struct seclistener *l, const struct secnotif *n, bool is_killable)
{
	enum notif_state state = READ_ONCE(n->state);

	return state == NOTIF_ANSWERED || !list_is_empty(&n->addfds) ||
	       (state == NOTIF_SENT && l->waits_killable && !is_killable);
}

static void addfd_done(struct addfd *a, s32 result)
{
	a->result = result;
	store_release(&a->is_done, true);
	waitq_wake_all(&a->wait);
}

/* Runs in the thread that gets it, no lock held; the giver waits. */
static s32 install(const struct addfd *a)
{
	bool cloexec = a->fd_flags & O_CLOEXEC;
	int fd;

	face_ofile_get(a->file);
	if (a->flags & SECCOMP_ADDFD_FLAG_SETFD) {
		fd = fd_dup_to(a->file, (int)a->newfd, cloexec);
	} else {
		fd = fd_reserve(0, cloexec);
		if (fd >= 0)
			fd_publish(fd, a->file);
	}
	if (fd < 0)
		ofile_put(a->file);
	return fd;
}

/* Lock held, dropped meanwhile. */
static void take_addfd(struct seclistener *l, struct secnotif *n)
{
	struct addfd *a = list_first_entry(&n->addfds, struct addfd, link);
	s32 fd;

	list_del_init(&a->link);
	spin_unlock(&l->lock);
	fd = install(a);
	spin_lock(&l->lock);
	if (a->flags & SECCOMP_ADDFD_FLAG_SEND) {
		n->val = fd < 0 ? 0 : fd;
		n->error = fd < 0 ? -ENOSYS : 0;
		if (fd < 0 && l->is_open)
			n->state = NOTIF_SENT;	/* no answer yet */
	}
	addfd_done(a, fd);
}

/* Lock held. 0 once answered, -ERESTARTSYS if a signal came first. */
static int wait_for_answer(struct seclistener *l, struct secnotif *n)
{
	int err = 0;

	while (n->state != NOTIF_ANSWERED || !list_is_empty(&n->addfds)) {
		bool is_killable = l->waits_killable && n->state == NOTIF_SENT;

		if (!list_is_empty(&n->addfds)) {
			take_addfd(l, n);
			continue;
		}
		spin_unlock(&l->lock);
		err = is_killable ? waitq_wait_killable(&n->wait, has_news(l, n, true)) :
				    waitq_wait_intr(&n->wait, has_news(l, n, false));
		spin_lock(&l->lock);
		if (err && (is_killable || !l->waits_killable || n->state != NOTIF_SENT))
			return err;
	}
	return 0;
}

bool seclistener_ask(const struct secfilter *sf, const struct seccomp_data *sd, s64 *result)
{
	struct seclistener *l = sf->listener;
	struct secnotif n = { .tid = thread_self()->t_pid, .sd = sd };
	struct addfd *a, *next;
	int err;

	*result = -ENOSYS;
	if (!l)
		return false;
	list_init(&n.addfds);
	waitq_init(&n.wait);
	spin_lock(&l->lock);
	if (!l->is_open) {
		spin_unlock(&l->lock);
		return false;
	}
	n.id = l->next_id++;
	list_add_tail(&n.link, &l->notifs);
	l->requests++;
	waitq_wake(&l->readers, 0, SECNOTIFY_NEW);
	err = wait_for_answer(l, &n);
	list_foreach_safe(a, next, &n.addfds, link) {
		list_del_init(&a->link);
		addfd_done(a, -ESRCH);
	}
	list_del(&n.link);
	spin_unlock(&l->lock);
	*result = err ? err : n.error ? n.error : n.val;
	return !err && (n.flags & SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

/* ---- the listener ---- */

void secnotify_close(struct secfilter *sf)
{
	struct seclistener *l = sf->listener;
	struct secnotif *n;

	spin_lock(&l->lock);
	l->is_open = false;
	list_foreach(n, &l->notifs, link) {
		if (n->state == NOTIF_ANSWERED)
			continue;
		n->error = -ENOSYS;
		n->val = 0;
		WRITE_ONCE(n->state, NOTIF_ANSWERED);
		waitq_wake_all(&n->wait);
	}
	spin_unlock(&l->lock);
	secfilter_unref(sf);
}

u32 secnotify_state(struct secfilter *sf)
{
	struct seclistener *l = sf->listener;
	struct secnotif *n;
	u32 ready = 0;

	spin_lock(&l->lock);
	list_foreach(n, &l->notifs, link) {
		if (n->state == NOTIF_NEW)
			ready |= SECNOTIFY_NEW;
		else if (n->state == NOTIF_SENT)
			ready |= SECNOTIFY_SENT;
	}
	spin_unlock(&l->lock);
	return ready | (ref_read(&sf->users) ? 0 : SECNOTIFY_ALONE);
}

struct waitq *secnotify_queue(struct secfilter *sf)
{
	return &sf->listener->readers;
}

/* Lock held. */
static struct secnotif *find(struct seclistener *l, u64 id)
{
	struct secnotif *n;

	list_foreach(n, &l->notifs, link)
		if (n->id == id)
			return n;
	return NULL;
}

/* Until something was asked; claims it. */
static int claim_request(struct seclistener *l)
{
	int err;

	for (;;) {
		spin_lock(&l->lock);
		if (l->requests) {
			l->requests--;
			spin_unlock(&l->lock);
			return 0;
		}
		spin_unlock(&l->lock);
		err = waitq_wait_intr(&l->readers, READ_ONCE(l->requests));
		if (err)
			return err;
	}
}

static void give_back(struct seclistener *l, u64 id)
{
	struct secnotif *n;

	spin_lock(&l->lock);
	n = find(l, id);
	if (n && n->state == NOTIF_SENT) {
		n->state = NOTIF_NEW;
		l->requests++;
		waitq_wake(&l->readers, 0, SECNOTIFY_NEW);
	}
	spin_unlock(&l->lock);
}

static long receive(struct seclistener *l, void __user *out)
{
	struct seccomp_notif_ sn;
	struct secnotif *n;
	int err;

	if (user_copyin(&sn, out, sizeof(sn)))
		return -EFAULT;
	if (!mem_is_zero(&sn, sizeof(sn)))
		return -EINVAL;
	err = claim_request(l);
	if (err)
		return err;
	err = -ENOENT;		/* who asked was interrupted meanwhile */
	spin_lock(&l->lock);
	list_foreach(n, &l->notifs, link) {
		if (n->state != NOTIF_NEW)
			continue;
		sn = (struct seccomp_notif_){ .id = n->id, .pid = (u32)pidref_nr(n->tid), .data = *n->sd };
		WRITE_ONCE(n->state, NOTIF_SENT);
		if (l->waits_killable)
			waitq_wake_all(&n->wait);
		waitq_wake(&l->readers, 0, SECNOTIFY_SENT);
		err = 0;
		break;
	}
	spin_unlock(&l->lock);
	if (!err && user_copyout(out, &sn, sizeof(sn))) {
		give_back(l, sn.id);
		err = -EFAULT;
	}
	return err;
}

static long answer(struct seclistener *l, const void __user *in)
{
	struct seccomp_notif_resp_ r;
	struct secnotif *n;
	long err = 0;

	if (user_copyin(&r, in, sizeof(r)))
		return -EFAULT;
	if (r.flags & ~SECCOMP_USER_NOTIF_FLAG_CONTINUE)
		return -EINVAL;
	if ((r.flags & SECCOMP_USER_NOTIF_FLAG_CONTINUE) && (r.error || r.val))
		return -EINVAL;
	spin_lock(&l->lock);
	n = find(l, r.id);
	if (!n) {
		err = -ENOENT;
	} else if (n->state != NOTIF_SENT) {
		err = -EINPROGRESS;
	} else {
		n->val = r.val;
		n->error = r.error;
		n->flags = r.flags;
		WRITE_ONCE(n->state, NOTIF_ANSWERED);
		waitq_wake_all(&n->wait);
	}
	spin_unlock(&l->lock);
	return err;
}

static long id_is_valid(struct seclistener *l, const u64 __user *in)
{
	struct secnotif *n;
	long err = -ENOENT;
	u64 id;

	if (user_get(id, in))
		return -EFAULT;
	spin_lock(&l->lock);
	n = find(l, id);
	if (n && n->state == NOTIF_SENT)
		err = 0;
	spin_unlock(&l->lock);
	return err;
}

/* ---- giving descriptors ---- */

static long addfd_queue(struct seclistener *l, u64 id, struct addfd *a)
{
	struct secnotif *n;
	long err = 0;

	spin_lock(&l->lock);
	n = find(l, id);
	if (!n)
		err = -ENOENT;
	else if (n->state != NOTIF_SENT)
		err = -EINPROGRESS;
	else if ((a->flags & SECCOMP_ADDFD_FLAG_SEND) && !list_is_empty(&n->addfds))
		err = -EBUSY;
	if (!err) {
		if (a->flags & SECCOMP_ADDFD_FLAG_SEND)
			n->state = NOTIF_ANSWERED;
		list_add_tail(&a->link, &n->addfds);
		waitq_wake_all(&n->wait);
	}
	spin_unlock(&l->lock);
	return err;
}

static long addfd_wait(struct seclistener *l, struct addfd *a)
{
	long err = waitq_wait_intr(&a->wait, load_acquire(&a->is_done));
	bool was_queued;

	if (err) {
		spin_lock(&l->lock);
		was_queued = !list_is_empty(&a->link);
		list_del_init(&a->link);
		spin_unlock(&l->lock);
		if (was_queued)
			return err;
		/* The thread is just installing it: that does not take long. */
		waitq_wait(&a->wait, load_acquire(&a->is_done));
	}
	/* Who set is_done may still be about to wake. */
	spin_lock(&l->lock);
	spin_unlock(&l->lock);
	return a->result;
}

static long addfd_check(const struct seccomp_notif_addfd_ *in)
{
	if (in->newfd_flags & ~O_CLOEXEC)
		return -EINVAL;
	if (in->flags & ~(SECCOMP_ADDFD_FLAG_SETFD | SECCOMP_ADDFD_FLAG_SEND))
		return -EINVAL;
	return in->newfd && !(in->flags & SECCOMP_ADDFD_FLAG_SETFD) ? -EINVAL : 0;
}

static long give_descriptor(struct seclistener *l, const void __user *uin, size_t size)
{
	struct seccomp_notif_addfd_ in = { 0 };
	struct addfd a;
	long err;

	if (size < sizeof(in) || size >= PAGE_SIZE)
		return -EINVAL;
	err = user_copyin_struct(&in, sizeof(in), uin, size);
	if (!err)
		err = addfd_check(&in);
	if (err)
		return err;
	a = (struct addfd){ .flags = in.flags, .newfd = in.newfd, .fd_flags = in.newfd_flags };
	waitq_init(&a.wait);
	a.file = fd_get((int)in.srcfd);
	if (IS_ERR(a.file))
		return PTR_ERR(a.file);
	err = addfd_queue(l, in.id, &a);
	if (!err)
		err = addfd_wait(l, &a);
	ofile_put(a.file);
	return err;
}

long secnotify_ioctl(struct secfilter *sf, u32 cmd, void __user *arg)
{
	struct seclistener *l = sf->listener;

	switch (cmd) {
	case SECCOMP_IOCTL_NOTIF_RECV:
		return receive(l, arg);
	case SECCOMP_IOCTL_NOTIF_SEND:
		return answer(l, arg);
	case SECCOMP_IOCTL_NOTIF_ID_VALID:
	case SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR:
		return id_is_valid(l, arg);
	}
	if ((cmd & ~SECCOMP_IOCTL_FORM_MASK) == SECCOMP_IOCTL_NOTIF_ADDFD)
		return give_descriptor(l, arg, cmd >> 16 & 0x3fff);
	return -EINVAL;
}
