// SPDX-License-Identifier: GPL-2.0-only
/*
 * fcntl(F_NOTIFY): a signal when something happens to a directory or what is in
 * it. A dnote lies in the directory's set of watches from F_NOTIFY until its file
 * is closed by the descriptor table that asked, or until the one event that it
 * waits for. Its file is open as long, so it borrows file and vnode.
 *
 * Lock order: vn_spin, then the file's lock (who gets the signal).
 */
#include "inotify_impl.h"

#include <tern/base/err.h>
#include <tern/fs/event.h>
#include <tern/fs/procfs.h>
#include <tern/kernel/thread.h>
#include <tern/mm/slab.h>
#include <uapi/fcntl.h>
#include <uapi/signal.h>

struct dnote {
	struct list set_link;		/* vn_spin */
	struct ofile *file;		/* I borrowed */
	struct fdtab *owner;		/* I borrowed, compared only */
	s32 fd;				/* vn_spin: what si_fd says */
	u32 wanted;			/* vn_spin: DN_* */
};

static u64 is_enabled = 1;
static struct procint enable_int = { .path = "sys/fs/dir-notify-enable", .value = &is_enabled,
				     .min = 0, .max = S32_MAX, .width = 4 };
PROCINT(enable_int);

static u32 events_of(u32 wanted)
{
	u32 mask = 0;

	mask |= wanted & DN_ACCESS ? IN_ACCESS : 0;
	mask |= wanted & DN_MODIFY ? IN_MODIFY : 0;
	mask |= wanted & DN_CREATE ? IN_CREATE | IN_MOVED_TO : 0;
	mask |= wanted & DN_DELETE ? IN_DELETE | IN_MOVED_FROM : 0;
	mask |= wanted & DN_RENAME ? VFS_NOTIFY_RENAMED : 0;
	mask |= wanted & DN_ATTRIB ? IN_ATTRIB : 0;
	return mask;
}

/* Locks: vn_spin. */
static struct dnote *dnote_find(struct vnode *vn, const struct ofile *f, const struct fdtab *owner)
{
	struct dnote *d;

	if (vn->vn_watches)
		list_foreach(d, &vn->vn_watches->dnotes, set_link)
			if (d->file == f && d->owner == owner)
				return d;
	return NULL;
}

u32 dnotify_event(struct watchset *set, u32 mask, struct list *gone)
{
	struct dnote *d, *next;
	u32 n = 0;

	list_foreach_safe(d, next, &set->dnotes, set_link) {
		if (!(mask & events_of(d->wanted)))
			continue;
		fowner_signal(d->file, d->fd, POLL_MSG, POLLIN | POLLRDNORM | POLLMSG);
		if (d->wanted & DN_MULTISHOT)
			continue;
		list_move(&d->set_link, gone);
		n++;
	}
	return n;
}

void dnotify_free(struct list *gone)
{
	struct dnote *d, *next;

	list_foreach_safe(d, next, gone, set_link)
		kmem_free(d);
}

void dnotify_close(struct ofile *f, struct fdtab *owner)
{
	struct vnode *vn = f->of_vnode;
	struct watchset *empty = NULL;
	struct dnote *d;

	spin_lock(&vn->vn_spin);
	d = dnote_find(vn, f, owner);
	if (d) {
		list_del(&d->set_link);
		empty = watchset_take_empty(vn);
	}
	spin_unlock(&vn->vn_spin);
	if (d)
		atomic_dec(&vfs_nr_watches);
	kmem_free(empty);
	kmem_free(d);
}

/* Add @d to @vn's set, or what it wants to a dnote there. What was not needed is left in *@d, *@set. */
static void dnote_attach(struct vnode *vn, struct dnote **d, struct watchset **set)
{
	struct dnote *old;

	spin_lock(&vn->vn_spin);
	old = dnote_find(vn, (*d)->file, (*d)->owner);
	if (old) {
		old->fd = (*d)->fd;
		old->wanted |= (*d)->wanted;
	} else {
		if (!vn->vn_watches) {
			vn->vn_watches = *set;
			*set = NULL;
		}
		list_add_tail(&(*d)->set_link, &vn->vn_watches->dnotes);
		*d = NULL;
		atomic_inc(&vfs_nr_watches);
	}
	spin_unlock(&vn->vn_spin);
}

long dnotify_fcntl(struct ofile *f, int fd, u32 wanted)
{
	struct fdtab *owner = thread_self()->t_files;
	struct watchset *set;
	struct ofile *now;
	struct dnote *d;
	long err;

	if (!READ_ONCE(is_enabled))
		return -EINVAL;
	if (!(wanted & ~DN_MULTISHOT)) {
		if (vnode_is_dir(f->of_vnode))
			dnotify_close(f, owner);
		return 0;
	}
	if (!vnode_is_dir(f->of_vnode))
		return -ENOTDIR;
	set = watchset_alloc();
	d = kmem_zalloc(sizeof(*d), ALLOC_KERNEL);
	err = set && d ? fowner_default(f) : -ENOMEM;
	if (!err) {
		*d = (struct dnote){ .file = f, .owner = owner, .fd = fd, .wanted = wanted };
		dnote_attach(f->of_vnode, &d, &set);
		/* Another thread may have closed it meanwhile, and found nothing to remove. */
		now = fdtab_file_of(thread_self(), fd);
		if (now != f)
			dnotify_close(f, owner);
		if (now)
			ofile_put(now);
	}
	kmem_free(set);
	kmem_free(d);
	return err;
}
