// SPDX-License-Identifier: GPL-2.0-only
/* /proc/modules and /sys/module/NAME. */
#include "loader_impl.h"

#include <tern/base/err.h>
#include <tern/fs/sysfs.h>
#include <tern/kernel/klog.h>

const char *module_state_name(const struct ko_module *m)
{
	return m->lx->state == KO_LIVE ? "live" : m->lx->state == KO_COMING ? "coming" : "going";
}

void module_print_taints(const struct ko_module *m, struct seqbuf *sb)
{
	static const char letters[] = "PFSRMBUDAWCIOEKXT";

	for (u32 i = 0; letters[i]; i++)
		if (m->taints & BIT(i))
			seqbuf_putc(sb, letters[i]);
}

/* ---- /proc/modules ---- */

static void print_users_locked(const struct ko_module *used, struct seqbuf *sb)
{
	struct ko_module *m;
	struct ko_need *n;

	if (!used->nusers) {
		seqbuf_putc(sb, '-');
		return;
	}
	list_foreach(m, &modules, link)
		list_foreach(n, &m->needs, link)
			if (n->used == used)
				seqbuf_printf(sb, "%s,", m->name);
}

static void print_module_locked(const struct ko_module *m, struct seqbuf *sb, bool may_see)
{
	u64 size = m->layout.core.size + (m->init ? m->layout.init.size : 0);

	seqbuf_printf(sb, "%s %lu %d ", m->name, size, module_refs(m));
	print_users_locked(m, sb);
	seqbuf_printf(sb, " %s 0x%016lx", m->lx->state == KO_LIVE ? "Live" :
		      m->lx->state == KO_COMING ? "Loading" : "Unloading",
		      may_see ? (uptr)m->core : 0);
	if (m->taints) {
		seqbuf_puts(sb, " (");
		module_print_taints(m, sb);
		seqbuf_putc(sb, ')');
	}
	seqbuf_putc(sb, '\n');
}

void module_print_list(struct seqbuf *sb, bool may_see)
{
	struct ko_module *m;

	kmutex_lock(&module_lock);
	list_foreach_reverse(m, &modules, link)
		print_module_locked(m, sb, may_see);
	kmutex_unlock(&module_lock);
}

/* ---- /sys/module/NAME ---- */

static int show_state(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%s\n", module_state_name(arg));
	return 0;
}

static int show_refs(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%d\n", module_refs(arg));
	return 0;
}

static int show_core_size(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%lu\n", ((struct ko_module *)arg)->layout.core.size);
	return 0;
}

static int show_init_size(struct seqbuf *sb, void *arg)
{
	const struct ko_module *m = arg;

	seqbuf_printf(sb, "%lu\n", READ_ONCE(m->init) ? m->layout.init.size : 0);
	return 0;
}

static int show_taint(struct seqbuf *sb, void *arg)
{
	module_print_taints(arg, sb);
	seqbuf_putc(sb, '\n');
	return 0;
}

static int show_version(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%s\n", ((struct ko_module *)arg)->version);
	return 0;
}

static int show_source(struct seqbuf *sb, void *arg)
{
	seqbuf_printf(sb, "%s\n", ((struct ko_module *)arg)->srcversion);
	return 0;
}

static const struct sysattr attrs[] = {
	{ .name = "initstate", .show = show_state }, { .name = "refcnt", .show = show_refs },
	{ .name = "coresize", .show = show_core_size }, { .name = "initsize", .show = show_init_size },
	{ .name = "taint", .show = show_taint },
};
static const struct sysattr version_attr = { .name = "version", .show = show_version };
static const struct sysattr source_attr = { .name = "srcversion", .show = show_source };

static int add_files(struct ko_module *m)
{
	int err = sysfs_files_create(m->sysdir, attrs, ARRAY_SIZE(attrs), m);

	if (!err && m->version)
		err = sysfs_file_create(m->sysdir, &version_attr, m);
	if (!err && m->srcversion)
		err = sysfs_file_create(m->sysdir, &source_attr, m);
	return err ? err : params_show(m);
}

void module_holders_update_locked(struct ko_module *used, struct ko_module *user, bool add)
{
	if (!used->holders_dir)
		return;
	if (!add)
		(void)sysfs_remove_name(used->holders_dir, user->name);
	else if (sysfs_link_create(used->holders_dir, user->name, user->sysdir))
		kwarn("%s: no link to its user %s", used->name, user->name);
}

int module_sysfs_add(struct ko_module *m)
{
	struct sysnode *dir = sysfs_dir_create(sysfs_module, m->name);
	struct ko_need *n;
	int err;

	if (IS_ERR(dir))
		return (int)PTR_ERR(dir);
	m->sysdir = dir;
	err = add_files(m);
	if (err)
		return err;
	dir = sysfs_dir_create(m->sysdir, "holders");
	if (IS_ERR(dir))
		return (int)PTR_ERR(dir);
	kmutex_lock(&module_lock);
	m->holders_dir = dir;
	list_foreach(n, &m->needs, link)
		module_holders_update_locked(n->used, m, true);
	kmutex_unlock(&module_lock);
	return 0;
}

void module_sysfs_remove(struct ko_module *m)
{
	struct sysnode *dir = m->sysdir;
	struct ko_need *n;

	if (!dir)
		return;
	kmutex_lock(&module_lock);
	list_foreach(n, &m->needs, link)
		module_holders_update_locked(n->used, m, false);
	m->holders_dir = m->params_dir = m->sysdir = NULL;
	kmutex_unlock(&module_lock);
	sysfs_remove(dir);
}
