// SPDX-License-Identifier: GPL-2.0-only
/* Namespaces of a process: the links in ns/, and the tables of its user namespace. */
#include "task_impl.h"

#include <tern/fs/nsfs.h>
#include <tern/kernel/timens.h>
#include <tern/kernel/userns.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

static int follow_ns(struct task_ref *task, enum ns_kind kind, bool for_children,
		     struct fspath *out)
{
	struct nsbase *b;
	int err;

	b = thread_nsbase(task->t, kind, for_children);
	if (!b)
		return -ENOENT;
	err = nspath_make(b, out);
	nsbase_put(b);
	return err;
}

#define FOLLOW(name, kind, children)						\
static int follow_##name(struct task_ref *task, struct fspath *out)		\
{										\
	return follow_ns(task, kind, children, out);				\
}

FOLLOW(cgroup, NSKIND_CGROUP, false)
FOLLOW(ipc, NSKIND_IPC, false)
FOLLOW(mnt, NSKIND_MNT, false)
FOLLOW(net, NSKIND_NET, false)
FOLLOW(pid, NSKIND_PID, false)
FOLLOW(pid_for_children, NSKIND_PID, true)
FOLLOW(time, NSKIND_TIME, false)
FOLLOW(time_for_children, NSKIND_TIME, true)
FOLLOW(user, NSKIND_USER, false)
FOLLOW(uts, NSKIND_UTS, false)

#define LINK(n)	{ .name = #n, .mode = S_IFLNK | 0777, .kind = TASKENT_LINK, .follow = follow_##n }

const struct taskent ns_rows[NS_ROWS] = {
	LINK(cgroup), LINK(ipc), LINK(mnt), LINK(net), LINK(pid), LINK(pid_for_children),
	LINK(time), LINK(time_for_children), LINK(user), LINK(uts),
};

/* ---- clocks ---- */

static struct timens *timens_of_children(struct task_ref *task)
{
	struct nsbase *b = thread_nsbase(task->t, NSKIND_TIME, true);

	return b ? container_of(b, struct timens, base) : NULL;
}

int task_print_timens_offsets(struct seqbuf *sb, struct task_ref *task)
{
	struct timens *n = timens_of_children(task);

	if (!n)
		return -ESRCH;
	timens_print_offsets(sb, n);
	nsbase_put(&n->base);
	return 0;
}

ssize_t task_write_timens_offsets(struct task_ref *task, const char *text, size_t n)
{
	struct timens *ns = timens_of_children(task);
	char *copy;
	int err;

	if (!ns)
		return -ESRCH;
	copy = kmem_alloc(n + 1, ALLOC_KERNEL);
	if (copy) {
		memcpy(copy, text, n);
		copy[n] = 0;
	}
	err = copy ? timens_write_offsets(ns, copy, task->opener) : -ENOMEM;
	kmem_free(copy);
	nsbase_put(&ns->base);
	return err ? err : (ssize_t)n;
}

/* ---- tables ---- */

static struct userns *ns_of(struct task_ref *task)
{
	struct nsbase *b = thread_nsbase(task->t, NSKIND_USER, false);

	return b ? userns_of(b) : NULL;
}

static int print_map(struct seqbuf *sb, struct task_ref *task, enum id_kind kind)
{
	struct userns *u = ns_of(task);

	if (!u)
		return -ESRCH;
	userns_print_map(sb, u, kind, task->opener->ns);
	userns_put(u);
	return 0;
}

static ssize_t write_map(struct task_ref *task, enum id_kind kind, const char *text, size_t n)
{
	struct userns *u = ns_of(task);
	ssize_t done;

	if (!u)
		return -ESRCH;
	done = userns_write_map(u, kind, text, n, task->opener);
	userns_put(u);
	return done;
}

int task_print_uid_map(struct seqbuf *sb, struct task_ref *task)
{
	return print_map(sb, task, IDKIND_USER);
}

int task_print_gid_map(struct seqbuf *sb, struct task_ref *task)
{
	return print_map(sb, task, IDKIND_GROUP);
}

int task_print_projid_map(struct seqbuf *sb, struct task_ref *task)
{
	return print_map(sb, task, IDKIND_PROJECT);
}

ssize_t task_write_uid_map(struct task_ref *task, const char *text, size_t n)
{
	return write_map(task, IDKIND_USER, text, n);
}

ssize_t task_write_gid_map(struct task_ref *task, const char *text, size_t n)
{
	return write_map(task, IDKIND_GROUP, text, n);
}

ssize_t task_write_projid_map(struct task_ref *task, const char *text, size_t n)
{
	return write_map(task, IDKIND_PROJECT, text, n);
}

int task_print_setgroups(struct seqbuf *sb, struct task_ref *task)
{
	struct userns *u = ns_of(task);

	if (!u)
		return -ESRCH;
	seqbuf_puts(sb, READ_ONCE(u->denies_setgroups) ? "deny\n" : "allow\n");
	userns_put(u);
	return 0;
}

ssize_t task_write_setgroups(struct task_ref *task, const char *text, size_t n)
{
	struct userns *u = ns_of(task);
	ssize_t done = -EACCES;

	if (!u)
		return -ESRCH;
	if (cap_has_cred(task->opener, u, CAP_SYS_ADMIN))
		done = userns_write_setgroups(u, text, n);
	userns_put(u);
	return done;
}
