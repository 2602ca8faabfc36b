// SPDX-License-Identifier: GPL-2.0-only
/* /proc/pressure: stalls of the whole machine; writing makes a trigger that poll(2) waits for. */
#include "procfs_impl.h"

#include <tern/base/initcall.h>
#include <tern/kernel/psi.h>
#include <tern/mm/uio.h>

#define TEXT_MAX	256
#define TRIGGER_MAX	32

struct pressure_open {
	enum psires res;		/* I */
	struct kmutex lock;		/* protects setting the trigger */
	struct psitrigger *trigger;	/* A NULL: none yet */
};

static const char *const paths[PSIRES_COUNT] = {
	[PSIRES_IO] = "pressure/io", [PSIRES_MEMORY] = "pressure/memory", [PSIRES_CPU] = "pressure/cpu",
};

static int pressure_open(struct ofile *f, struct vnode *vn)
{
	const char *name = procvn_of(vn)->node->name;
	struct pressure_open *o;

	o = kmem_zalloc(sizeof(*o), ALLOC_KERNEL);
	if (!o)
		return -ENOMEM;
	kmutex_init(&o->lock, LOCKRANK_SYSFS_FILE);
	while (strcmp(strchr(paths[o->res], '/') + 1, name))
		o->res++;
	f->of_priv = o;
	return 0;
}

static void pressure_release(struct ofile *f)
{
	struct pressure_open *o = f->of_priv;

	if (!o)
		return;
	psitrigger_free(o->trigger);
	kmem_free(o);
}

static ssize_t pressure_read(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct pressure_open *o = f->of_priv;
	char text[TEXT_MAX];
	struct seqbuf sb;
	size_t n;

	seqbuf_init(&sb, text, sizeof(text));
	psigroup_print(&sb, &psi_system, o->res);
	if (*pos < 0 || (u64)*pos >= sb.len || !u->resid)
		return 0;
	n = uio_put(u, text + *pos, min_t(size_t, sb.len - *pos, u->resid));
	*pos += n;
	return n ? (ssize_t)n : -EFAULT;
}

static ssize_t pressure_write(struct ofile *f, struct uio *u, loff_t *pos)
{
	struct pressure_open *o = f->of_priv;
	char text[TRIGGER_MAX + 1];
	size_t n = u->resid, len = min_t(size_t, n, TRIGGER_MAX);
	struct psitrigger *t;

	if (!n)
		return -EINVAL;
	if (uio_get(u, text, len) != len)
		return -EFAULT;
	text[len - 1] = '\0';		/* the newline */
	kmutex_lock(&o->lock);
	t = o->trigger ? ERR_PTR(-EBUSY) : psitrigger_create(&psi_system, o->res, text, f->of_cred);
	if (!IS_ERR(t))
		store_release(&o->trigger, t);
	kmutex_unlock(&o->lock);
	return IS_ERR(t) ? PTR_ERR(t) : (ssize_t)n;
}

static u32 pressure_poll(struct ofile *f, struct poll_table *pt)
{
	struct pressure_open *o = f->of_priv;
	struct psitrigger *t = load_acquire(&o->trigger);

	if (!t)
		return POLLDEFAULT | POLLERR | POLLPRI;
	poll_wait(f, psitrigger_queue(t), pt);
	return POLLDEFAULT | (psitrigger_take(t) ? POLLPRI : 0);
}

static const struct ofile_ops pressure_fops = {
	.open = pressure_open, .release = pressure_release, .read = pressure_read,
	.write = pressure_write, .seek = fop_default_seek, .poll = pressure_poll, .ioctl = fop_no_ioctl,
	FOPS_PLAIN, FOPS_NO_STORAGE,
};

static int pressure_start(void)
{
	int err = 0;

	ofile_ops_verify(&pressure_fops);
	for (u32 i = 0; i < PSIRES_COUNT && !err; i++)
		err = procnode_add_file(paths[i], 0666, &pressure_fops);
	return err;
}
INITCALL(FS, pressure_start);
