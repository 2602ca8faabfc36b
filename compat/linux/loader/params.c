// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parameters of modules: `insmod x.ko name=value name2="a b"`, and /sys/module/x/parameters.
 * What a value means is said by the parameter's operations, mostly those of param_ops.c.
 */
#include "loader_impl.h"

#include <tern/base/err.h>
#include <tern/fs/sysfs.h>
#include <tern/kernel/klog.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define OPS_NO_VALUE	1u	/* kernel_param_ops.flags: the value may be left out */

/* One place is one lock: values are set and read rarely. */
static struct kmutex params_lock = KMUTEX_INIT(params_lock, LOCKRANK_VFS_MISC);

void lx_kernel_param_lock(struct lx_module *mod) { kmutex_lock(&params_lock); }
LX_EXPORT(kernel_param_lock);
void lx_kernel_param_unlock(struct lx_module *mod) { kmutex_unlock(&params_lock); }
LX_EXPORT(kernel_param_unlock);

/* Dash and underscore are the same. */
static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

/* Cut the next "name=value" off @args; quotes may surround the value or the whole. */
static char *next_word(char *args, char **name, char **value)
{
	bool quoted = false;
	char *p, *eq = NULL;

	while (char_is_space(*args))
		args++;
	if (*args == '"') {
		args++;
		quoted = true;
	}
	for (p = args; *p && (quoted || !char_is_space(*p)); p++) {
		if (*p == '=' && !eq)
			eq = p;
		if (*p == '"')
			quoted = !quoted;
	}
	*name = args;
	*value = NULL;
	if (eq) {
		*eq = 0;
		*value = eq + 1;
		if (**value == '"') {
			(*value)++;
			if (p > *value && p[-1] == '"')
				p[-1] = 0;
		}
	}
	if (p > args && p[-1] == '"')
		p[-1] = 0;
	if (*p)
		*p++ = 0;
	return p;
}

static int set_one(struct ko_module *m, const char *name, const char *value)
{
	int err;

	for (u32 i = 0; i < m->nparams; i++) {
		const struct lx_kernel_param *kp = &m->params[i];

		if (!same_name(name, kp->name))
			continue;
		if (!kp->ops->set || (!value && !(kp->ops->flags & OPS_NO_VALUE)))
			return -EINVAL;
		kmutex_lock(&params_lock);
		err = kp->ops->set(value, kp);
		kmutex_unlock(&params_lock);
		if (err)
			kerr("%s: `%s' invalid for parameter `%s'", m->name, value ? value : "",
			     kp->name);
		return err;
	}
	kwarn("%s: unknown parameter '%s' ignored", m->name, name);
	return 0;
}

int params_parse(struct ko_module *m, char *args)
{
	char *name, *value;
	int err = 0;

	while (args && *args && !err) {
		args = next_word(args, &name, &value);
		if (*name)
			err = set_one(m, name, value);
	}
	return err;
}

/* ---- /sys/module/NAME/parameters ---- */

static int show_param(struct seqbuf *sb, void *arg)
{
	const struct lx_kernel_param *kp = arg;
	char *page;
	int n;

	if (!kp->ops->get)
		return -EPERM;
	page = kmem_zalloc(PAGE_SIZE, ALLOC_KERNEL);
	if (!page)
		return -ENOMEM;
	kmutex_lock(&params_lock);
	n = kp->ops->get(page, kp);
	kmutex_unlock(&params_lock);
	if (n > 0)
		seqbuf_write(sb, page, (size_t)n);
	kmem_free(page);
	return n < 0 ? n : 0;
}

static ssize_t store_param(const char *text, size_t n, void *arg)
{
	const struct lx_kernel_param *kp = arg;
	int err;

	if (!kp->ops->set)
		return -EPERM;
	kmutex_lock(&params_lock);
	err = kp->ops->set(text, kp);
	kmutex_unlock(&params_lock);
	return err ? err : (ssize_t)n;
}

int params_show(struct ko_module *m)
{
	int err = 0;

	m->param_attrs = kmem_calloc(m->nparams ? m->nparams : 1, sizeof(*m->param_attrs), ALLOC_KERNEL);
	if (!m->param_attrs)
		return -ENOMEM;
	for (u32 i = 0; i < m->nparams && !err; i++) {
		struct lx_kernel_param *kp = &m->params[i];
		struct sysattr *a = &m->param_attrs[i];

		if (!kp->perm)
			continue;
		if (!m->params_dir) {
			struct sysnode *dir = sysfs_dir_create(m->sysdir, "parameters");

			if (IS_ERR(dir))
				return (int)PTR_ERR(dir);
			m->params_dir = dir;
		}
		*a = (struct sysattr){ .name = kp->name, .mode = kp->perm, .show = show_param,
				       .store = kp->perm & 0222 ? store_param : NULL };
		err = sysfs_file_create(m->params_dir, a, kp);
	}
	return err;
}
