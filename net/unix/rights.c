// SPDX-License-Identifier: GPL-2.0-only
/* Control messages: descriptors (SCM_RIGHTS) and identities (SCM_CREDENTIALS). */
#include "unix_impl.h"

#include <asm/uaccess.h>
#include <tern/kernel/pidns.h>
#include <tern/kernel/userns.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/irq.h>

#define OVERFLOW_ID	65534u

/* ---- sending ---- */

static struct scmfds *scmfds_alloc(u32 n)
{
	struct scmfds *f = kmem_zalloc(sizeof(*f) + n * sizeof(f->file[0]), ALLOC_KERNEL);

	if (f) {
		list_init(&f->link);
		f->cred = cred_get(cred_self());
	}
	return f;
}

/* Add the files of one SCM_RIGHTS message. */
static int parse_rights(struct uscm *scm, const int *fds, u32 n)
{
	struct scmfds *f = scm->fds;

	if (n > SCM_MAX_FD || (f && f->n + n > SCM_MAX_FD))
		return -EINVAL;
	if (!n)
		return 0;
	if (!f) {
		f = scmfds_alloc(SCM_MAX_FD);
		if (!f)
			return -ENOMEM;
		scm->fds = f;
	}
	for (u32 i = 0; i < n; i++) {
		int fd;
		struct ofile *file;

		memcpy(&fd, &fds[i], sizeof(fd));
		file = fd_get_path(fd);
		if (IS_ERR(file))
			return PTR_ERR(file);
		f->file[f->n++] = file;
	}
	return 0;
}

static int parse_creds(struct uscm *scm, const struct ucred *uc)
{
	const struct credset *c = cred_self();
	uid_t uid = uid_in(uc->uid);
	gid_t gid = gid_in(uc->gid);
	struct pidref *pid;

	if (uid == ID_NONE || gid == ID_NONE)
		return -EINVAL;
	if (uc->pid != pidref_nr(process_self()->p_pid) &&
	    !cap_has_in(pidns_self()->base.owner, CAP_SYS_ADMIN))
		return -EPERM;
	if (uid != c->uid && uid != c->euid && uid != c->suid && !cap_has_self(CAP_SETUID))
		return -EPERM;
	if (gid != c->gid && gid != c->egid && gid != c->sgid && !cap_has_self(CAP_SETGID))
		return -EPERM;
	pid = pidref_lookup(uc->pid);
	if (!pid)
		return -ESRCH;
	if (scm->has_creds)
		pidref_put(scm->pid);
	scm->has_creds = true;
	scm->pid = pid;
	scm->uid = uid;
	scm->gid = gid;
	return 0;
}

static int parse_one(struct uscm *scm, const struct cmsghdr *h)
{
	const void *data = h + 1;
	size_t len = h->len - sizeof(*h);
	struct ucred uc;

	if (h->level != SOL_SOCKET)
		return 0;
	if (h->type == SCM_RIGHTS)
		return parse_rights(scm, data, len / sizeof(int));
	if (h->type != SCM_CREDENTIALS || len != sizeof(uc))
		return -EINVAL;
	memcpy(&uc, data, sizeof(uc));
	return parse_creds(scm, &uc);
}

/* Files in flight count against the sender's user as open files do. */
static int charge_inflight(struct scmfds *f)
{
	struct usercount *user = f->cred->user;
	u64 n = atomic_add_return(&user->nfiles_inflight, f->n);

	if (n > rlimit_get(RLIMIT_NOFILE) && !cap_has(CAP_SYS_RESOURCE) && !cap_has(CAP_SYS_ADMIN)) {
		atomic_sub(&user->nfiles_inflight, f->n);
		return -ETOOMANYREFS;
	}
	gc_inflight(f, 1);
	f->is_inflight = true;
	return 0;
}

static void uncharge_inflight(struct scmfds *f)
{
	if (!f->is_inflight)
		return;
	gc_inflight(f, -1);
	atomic_sub(&f->cred->user->nfiles_inflight, f->n);
	f->is_inflight = false;
}

int uscm_parse(struct uscm *scm, const struct sockmsg *m)
{
	size_t at = 0;
	int err = 0;

	while (!err && m->control_len - at >= sizeof(struct cmsghdr)) {
		const struct cmsghdr *h = (const void *)((const char *)m->control + at);

		if (h->len < sizeof(*h) || h->len > m->control_len - at)
			err = -EINVAL;
		else
			err = parse_one(scm, h);
		at += CMSG_ALIGN_(h->len);
		if (at > m->control_len)
			break;
	}
	if (!err && scm->fds)
		err = charge_inflight(scm->fds);
	if (err)
		uscm_drop(scm);
	return err;
}

void uscm_drop(struct uscm *scm)
{
	if (scm->fds)
		scmfds_free(scm->fds);
	if (scm->has_creds)
		pidref_put(scm->pid);
	*scm = (struct uscm){ 0 };
}

void uscm_attach(struct uscm *scm, struct usmsg *msg, const struct usock *a, const struct usock *b)
{
	const struct credset *c;

	msg->fds = scm->fds;
	scm->fds = NULL;
	if (scm->has_creds) {
		msg->pid = pidref_get(scm->pid);
		msg->uid = scm->uid;
		msg->gid = scm->gid;
		msg->has_creds = true;
	} else if ((a->ns.options | b->ns.options) & SOCKOPT_PASSCRED) {
		c = cred_self();
		msg->pid = pidref_get(process_self()->p_pid);
		msg->uid = c->uid;
		msg->gid = c->gid;
		msg->has_creds = true;
	}
}

/* ---- receiving ---- */

void usmsg_put_creds(const struct usmsg *msg, struct sockmsg *m)
{
	struct ucred c = { 0, OVERFLOW_ID, OVERFLOW_ID };

	if (msg->has_creds)
		c = (struct ucred){ pidref_nr(msg->pid), uid_show(msg->uid),
				    gid_show(msg->gid) };
	if (m->ctl_left)
		sockmsg_put(m, SOL_SOCKET, SCM_CREDENTIALS, &c, sizeof(c));
	else
		m->out_flags |= MSG_CTRUNC;
}

/* Install one file and write its number to the caller. */
static int install_one(struct ofile *f, int __user *where, bool cloexec)
{
	int fd = fd_reserve(0, cloexec), err;

	if (fd < 0)
		return fd;
	err = user_put(fd, where);
	if (err) {
		fd_cancel(fd);
		return err;
	}
	ofile_get(f);
	fd_publish(fd, f);
	return 0;
}

void scmfds_deliver(struct scmfds *fds, struct sockmsg *m)
{
	u32 room = min(sockmsg_put_room(m, sizeof(int)), fds->n), i;
	int __user *out = (int __user *)(m->ctl_out + sizeof(struct cmsghdr));
	struct cmsghdr h = { .level = SOL_SOCKET, .type = SCM_RIGHTS };
	size_t step;

	for (i = 0; i < room; i++)
		if (install_one(fds->file[i], &out[i], m->flags & MSG_CMSG_CLOEXEC))
			break;
	if (i < fds->n)
		m->out_flags |= MSG_CTRUNC;
	if (i) {
		h.len = sizeof(h) + i * sizeof(int);
		if (user_copyout(m->ctl_out, &h, sizeof(h)))
			m->out_flags |= MSG_CTRUNC;
		step = min_t(size_t, CMSG_ALIGN_(h.len), m->ctl_left);
		m->ctl_out += step;
		m->ctl_left -= step;
	}
	scmfds_free(fds);
}

struct scmfds *scmfds_dup(const struct scmfds *from)
{
	struct scmfds *f = scmfds_alloc(from->n);

	if (!f)
		return NULL;
	for (f->n = 0; f->n < from->n; f->n++) {
		f->file[f->n] = from->file[f->n];
		ofile_get(f->file[f->n]);
	}
	return f;
}

/* ---- dropping ---- */

static struct spin drop_lock = SPIN_INIT(LOCKRANK_KLIST);	/* protects drop_list */
static LIST_HEAD(drop_list);

static void put_files(struct scmfds *f)
{
	for (u32 i = 0; i < f->n; i++)
		ofile_put(f->file[i]);
	cred_put(f->cred);
	kmem_free(f);
}

static void drop_work_fn(struct workitem *w)
{
	struct scmfds *f;

	for (;;) {
		spin_lock(&drop_lock);
		f = list_first_entry_or_null(&drop_list, struct scmfds, link);
		if (f)
			list_del(&f->link);
		spin_unlock(&drop_lock);
		if (!f)
			return;
		put_files(f);
	}
}

static struct workitem drop_work = { .link = LIST_INIT(drop_work.link), .fn = drop_work_fn };

static bool holds_last_socket(const struct scmfds *f)
{
	for (u32 i = 0; i < f->n; i++)
		if (usock_of_file(f->file[i]) && ref_read(&f->file[i]->of_obj.refs) == 1)
			return true;
	return false;
}

/*
 * Closing a socket frees its queue, which may hold other sockets, and so on: a
 * chain of any length. Those closes happen one after another in a worker, so
 * that the stack does not grow with the chain.
 */
void scmfds_free(struct scmfds *f)
{
	uncharge_inflight(f);
	if (likely(!holds_last_socket(f))) {
		put_files(f);
		return;
	}
	spin_lock(&drop_lock);
	list_add_tail(&f->link, &drop_list);
	spin_unlock(&drop_lock);
	workpool_queue(workpool_long, &drop_work);
}
