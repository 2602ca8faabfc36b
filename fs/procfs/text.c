// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text files. The first read of an open file, and each read at position 0,
 * prints the whole text into memory; later reads are served from that, so that
 * a reader sees one moment. Printing takes no lock of the file: two readers
 * of one open file may each print, and the later text stays.
 *
 * Long lists of a process (maps, smaps) are printed part by part as they are
 * read: who looks at the beginning does not pay for the rest, and locks are
 * not held for long. A part ends with a whole record and knows where to go on.
 *
 * Tables of mounts show the namespace and root that their process had when they
 * were opened (struct mountview); the process may be gone by the time of a read.
 *
 * Life-cycle: open makes a proctext; it holds at most one snapshot; readers
 * keep a reference on the one they copy from.
 *
 * Lock order: proctext.lock is innermost. Positions of proc files that several
 * threads share are not serialised: printing takes locks that come before
 * LOCKRANK_OFILE_POS.
 */
#include "procfs_impl.h"

#include <tern/kernel/cred.h>
#include <tern/mm/uio.h>

#define TEXT_MIN	4096UL
#define TEXT_PART	16384UL
#define TEXT_MAX	(256UL << 20)

struct snapshot {
	refcount refs;
	loff_t start;		/* position of text[0] in the file */
	size_t len;
	u64 next;		/* where the printer goes on, TASK_TEXT_END: this is the end */
	char text[];
};

struct proctext {
	struct spin lock;		/* protects snap */
	struct snapshot *snap;		/* with a reference, or NULL */
	struct mountview mounts;	/* I empty but for tables of mounts */
	const u64 *count;		/* I changes so far, of files that can be polled */
	struct waitq *waitq;		/* I */
	u64 seen;			/* A changes that poll(2) has told */
};

static void snapshot_put(struct snapshot *s)
{
	if (s && ref_put(&s->refs))
		kmem_free_large(s);
}

static u64 int_load(const struct procint *i)
{
	return i->width == 4 ? READ_ONCE(*(u32 *)i->value) : READ_ONCE(*i->value);
}

static int print_node(const struct procvn *pv, struct seqbuf *sb)
{
	struct procnode *n = pv->node;
	const struct procfile *file = n->what;
	const struct procint *i = n->what;

	if (n->kind == PROCNODE_SET)
		return set_print(pv, sb);
	if (n->kind == PROCNODE_INT) {
		if (i->max > S64_MAX)
			seqbuf_printf(sb, "%lu\n", int_load(i));
		else if ((s64)i->min >= 0)
			seqbuf_printf(sb, "%lu\n", min_t(u64, int_load(i), S64_MAX));
		else if (i->width == 4)
			seqbuf_printf(sb, "%d\n", (s32)int_load(i));
		else
			seqbuf_printf(sb, "%ld\n", (s64)int_load(i));
		return 0;
	}
	if (!usegate_enter(&n->gate))
		return -ENOENT;
	file->print(sb, file->arg);
	usegate_leave(&n->gate);
	return 0;
}

/* @at: in and out, for files in parts. */
static int print_task(struct ofile *f, const struct procvn *pv, struct seqbuf *sb, u64 *at)
{
	struct task_ref task;
	int err = task_get(pv, &task);

	if (err)
		return err;
	task.opener = f->of_cred;
	task.from = *at;
	task.next = TASK_TEXT_END;
	if (pv->ent->needs_access && !task_may_look(&task))
		err = -EACCES;
	else
		err = pv->ent->print(sb, &task);
	*at = task.next;
	task_put(&task);
	return err;
}

static int print_text(struct ofile *f, const struct procvn *pv, struct seqbuf *sb, u64 *at)
{
	const struct proctext *pt = f->of_priv;

	if (pv->ent && !pv->ent->mounts)
		return print_task(f, pv, sb, at);
	*at = TASK_TEXT_END;
	return pv->node ? print_node(pv, sb) : mounts_print(&pt->mounts, sb, pv->ent->mounts);
}

/* Print with growing memory until all, or in parts one record, fits. */
static struct snapshot *snapshot_make(struct ofile *f, u64 from, loff_t start)
{
	struct procvn *pv = procvn_of_file(f);
	size_t size = TEXT_MIN, *hint = pv->node ? &pv->node->size_hint : &pv->size_hint;
	bool in_parts = pv->ent && pv->ent->in_parts;
	struct snapshot *s;
	struct seqbuf sb;
	u64 next;
	int err;

	/* Printing again with more room costs locks and time: begin with enough. */
	if (in_parts)
		size = TEXT_PART;
	else if (READ_ONCE(*hint) >= size)
		size = ALIGN_UP(READ_ONCE(*hint) + READ_ONCE(*hint) / 4, TEXT_MIN);
	for (;; size *= 2) {
		if (size > TEXT_MAX)
			return ERR_PTR(-ENOMEM);
		s = kmem_alloc_large(sizeof(*s) + size, ALLOC_KERNEL);
		if (!s)
			return ERR_PTR(-ENOMEM);
		seqbuf_init(&sb, s->text, size);
		next = from;
		err = print_text(f, pv, &sb, &next);
		if (!err && !sb.is_full)
			break;
		kmem_free_large(s);
		if (err)
			return ERR_PTR(err);
		if (signal_is_fatal_pending())
			return ERR_PTR(-ERESTARTSYS);
	}
	ref_init(&s->refs, 1);
	s->len = sb.len;
	s->start = start;
	s->next = next;
	WRITE_ONCE(*hint, sb.len);
	return s;
}

static struct snapshot *snapshot_last(struct proctext *pt)
{
	struct snapshot *s;

	spin_lock(&pt->lock);
	s = pt->snap;
	if (s)
		ref_get(&s->refs);
	spin_unlock(&pt->lock);
	return s;
}

static void snapshot_keep(struct proctext *pt, struct snapshot *s)
{
	struct snapshot *old;

	ref_get(&s->refs);
	spin_lock(&pt->lock);
	old = pt->snap;
	pt->snap = s;
	spin_unlock(&pt->lock);
	snapshot_put(old);
}

static bool snapshot_covers(const struct snapshot *s, loff_t pos)
{
	return pos >= s->start && (pos < s->start + (loff_t)s->len || s->next == TASK_TEXT_END);
}

/* Text to read from at @pos, with a reference; it may end before @pos if the file does. */
static struct snapshot *snapshot_get(struct ofile *f, loff_t pos)
{
	struct proctext *pt = f->of_priv;
	struct snapshot *s = pos ? snapshot_last(pt) : NULL, *n;

	if (s && pos < s->start) {
		snapshot_put(s);
		s = NULL;
	}
	while (!s || !snapshot_covers(s, pos)) {
		n = snapshot_make(f, s ? s->next : 0, s ? s->start + (loff_t)s->len : 0);
		snapshot_put(s);
		if (IS_ERR(n))
			return n;
		s = n;
		snapshot_keep(pt, s);
	}
	return s;
}

static int text_open(struct ofile *f, struct vnode *vn)
{
	struct procvn *pv = procvn_of(vn);
	struct proctext *pt;
	struct task_ref task;
	bool ok;
	int err;

	if (pv->ent && pv->ent->needs_access) {
		err = task_get(pv, &task);
		if (err)
			return err;
		ok = task_may_look(&task);
		task_put(&task);
		if (!ok)
			return -EACCES;
	}
	pt = kmem_zalloc(sizeof(*pt), ALLOC_KERNEL);
	if (!pt)
		return -ENOMEM;
	spin_init(&pt->lock, LOCKRANK_FS_SPIN);
	f->of_priv = pt;
	f->of_mode = (f->of_mode | OFILE_SEEK) & ~OFILE_ATOMIC_POS;
	return 0;
}

static int mounts_open(struct proctext *pt, const struct procvn *pv)
{
	struct task_ref task;
	int err = task_get(pv, &task);

	if (err)
		return err;
	err = mountview_get(task.t, &pt->mounts);
	task_put(&task);
	if (!err && pv->ent->mounts != MOUNTS_STATS)
		pt->waitq = mountns_event(pt->mounts.ns, &pt->count);
	return err;
}

static int event_open(struct ofile *f, struct vnode *vn)
{
	const struct procvn *pv = procvn_of(vn);
	struct procevent *event = pv->node ? ((const struct procfile *)pv->node->what)->event : NULL;
	int err = text_open(f, vn);
	struct proctext *pt = f->of_priv;

	if (err)
		return err;
	if (pv->ent) {
		err = mounts_open(pt, pv);
		if (err) {
			kmem_free(pt);
			return err;
		}
	}
	if (event) {
		pt->count = &event->count;
		pt->waitq = &event->waitq;
	}
	if (pt->count)
		pt->seen = READ_ONCE(*pt->count);
	return 0;
}

void procevent_note(struct procevent *e)
{
	__atomic_fetch_add(&e->count, 1, __ATOMIC_SEQ_CST);
	waitq_wake(&e->waitq, 0, POLLERR | POLLPRI);
}

/* A change is told once to each open file. */
static u32 event_poll(struct ofile *f, struct poll_table *table)
{
	struct proctext *pt = f->of_priv;
	u64 now;

	if (!pt->count)
		return POLLDEFAULT;
	poll_wait(f, pt->waitq, table);
	now = __atomic_load_n(pt->count, __ATOMIC_SEQ_CST);
	return POLLIN | POLLRDNORM | (xchg(&pt->seen, now) != now ? POLLERR | POLLPRI : 0);
}

static void text_release(struct ofile *f)
{
	struct proctext *pt = f->of_priv;

	if (!pt)
		return;
	snapshot_put(pt->snap);
	mountview_put(&pt->mounts);
	kmem_free(pt);
}

static ssize_t text_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct snapshot *s = snapshot_get(f, *pos);
	ssize_t done = 0;

	if (IS_ERR(s))
		return PTR_ERR(s);
	if (*pos - s->start < (loff_t)s->len && u->resid) {
		size_t at = *pos - s->start, want = min_t(size_t, s->len - at, u->resid);

		done = uio_put(u, s->text + at, want);
		if (!done)
			done = -EFAULT;
		else
			*pos += done;
	}
	snapshot_put(s);
	return done;
}

static ssize_t write_int(const struct procint *i, const char *text, size_t n)
{
	s64 v;
	int err;

	if (i->max > S64_MAX)
		return parse_u64(str_trim((char *)text), 0, i->value, NULL) ? -EINVAL : (ssize_t)n;
	err = parse_s64(str_trim((char *)text), 0, &v, NULL);
	if (err)
		return -EINVAL;
	if (v < (s64)i->min || v > (s64)min_t(u64, i->max, S64_MAX))
		return -EINVAL;
	if (i->width == 4)
		WRITE_ONCE(*(u32 *)i->value, (u32)v);
	else
		WRITE_ONCE(*i->value, (u64)v);
	return n;
}

static ssize_t write_node(const struct procvn *pv, const char *text, size_t len)
{
	struct procnode *n = pv->node;
	const struct procfile *file = n->what;
	ssize_t done;

	if (n->kind == PROCNODE_SET)
		return set_write(pv, text, len);
	if (n->kind == PROCNODE_INT)
		return write_int(n->what, text, len);
	if (!file->write)
		return -EINVAL;
	if (!usegate_enter(&n->gate))
		return -ENOENT;
	done = file->write(text, len, file->arg);
	usegate_leave(&n->gate);
	return done;
}

static ssize_t write_task(struct ofile *f, const char *text, size_t n)
{
	const struct procvn *pv = procvn_of_file(f);
	struct task_ref task;
	ssize_t done = -EINVAL;
	int err = task_get(pv, &task);

	if (err)
		return err;
	task.opener = f->of_cred;
	if (pv->ent->write)
		done = pv->ent->write(&task, text, n);
	task_put(&task);
	return done;
}

static ssize_t text_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct procvn *pv = procvn_of_file(f);
	size_t n = u->resid;
	ssize_t done = -EFAULT;
	char *text;

	if (n > PROC_WRITE_MAX)
		return -EINVAL;
	text = kmem_alloc(n + 1, ALLOC_KERNEL);
	if (!text)
		return -ENOMEM;
	if (uio_get(u, text, n) == n) {
		text[n] = '\0';
		done = pv->node ? write_node(pv, text, n) : write_task(f, text, n);
	}
	kmem_free(text);
	if (done > 0)
		*pos += done;
	return done;
}

#define TEXT_FOPS							\
	.flush = fop_default_flush, .release = text_release,	\
	.read = text_read, .write = text_write,	\
	.seek = fop_dir_seek, .readdir = fop_no_readdir,	\
	.ioctl = fop_no_ioctl, .mmap = fop_no_mmap,	\
	.fsync = fop_no_fsync, .fallocate = fop_no_fallocate,	\
	.splice_read = fop_default_splice_read, .splice_write = fop_default_splice_write,	\
	.set_flags = fop_default_set_flags, .show_fdinfo = fop_default_show_fdinfo

const struct ofile_ops proctext_fops = { TEXT_FOPS, .open = text_open, .poll = fop_default_poll };
const struct ofile_ops procevent_fops = { TEXT_FOPS, .open = event_open, .poll = event_poll };
