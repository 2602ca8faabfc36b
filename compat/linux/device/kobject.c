// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects with names and references. What the vendor's kernel shows of them in sysfs is shown by the
 * native subsystems; here an object is a name, a parent and a count.
 */
#include "../lx.h"

#include "../format.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

void lx_kobject_init(struct lx_kobject *k, const struct lx_kobj_type *type)
{
	k->kref.refcount.refs.counter = 1;
	k->entry.next = k->entry.prev = &k->entry;
	k->ktype = type;
	k->state_initialized = 1;
}
LX_EXPORT(kobject_init);

struct lx_kobject *lx_kobject_get(struct lx_kobject *k)
{
	if (k)
		__atomic_add_fetch(&k->kref.refcount.refs.counter, 1, __ATOMIC_SEQ_CST);
	return k;
}
LX_EXPORT(kobject_get);

void lx_kobject_put(struct lx_kobject *k)
{
	while (k && __atomic_sub_fetch(&k->kref.refcount.refs.counter, 1, __ATOMIC_SEQ_CST) == 0) {
		struct lx_kobject *parent = k->parent;
		const char *name = k->name;

		if (k->ktype && k->ktype->release)
			k->ktype->release(k);
		kmem_free(name);
		k = parent;
	}
}
LX_EXPORT(kobject_put);

int lx_kobject_set_name(struct lx_kobject *k, const char *fmt, ...)
{
	va_list ap;
	char *name;

	va_start(ap, fmt);
	name = lx_kvasprintf(ALLOC_KERNEL, fmt, ap);
	va_end(ap);
	if (!name)
		return -ENOMEM;
	kmem_free(k->name);
	k->name = name;
	return 0;
}
LX_EXPORT(kobject_set_name);

/* Objects are in no set here, so there is nobody to tell. */
int lx_kobject_uevent(struct lx_kobject *k, unsigned int action)
{
	return -EINVAL;
}
LX_EXPORT(kobject_uevent);

int lx_add_uevent_var(struct lx_kobj_uevent_env *env, const char *fmt, ...)
{
	size_t room = sizeof(env->buf) - (size_t)env->buflen;
	va_list ap;
	int n;

	if ((size_t)env->envp_idx >= ARRAY_SIZE(env->envp))
		return -ENOMEM;
	va_start(ap, fmt);
	n = lx_vformat(&env->buf[env->buflen], room, fmt, ap);
	va_end(ap);
	if ((size_t)n >= room)
		return -ENOMEM;
	env->envp[env->envp_idx++] = &env->buf[env->buflen];
	env->buflen += n + 1;
	return 0;
}
LX_EXPORT(add_uevent_var);

/* ---- text of attributes ---- */

int lx_sysfs_emit(char *buf, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = lx_vscnprintf(buf, PAGE_SIZE, fmt, ap);
	va_end(ap);
	return n;
}
LX_EXPORT(sysfs_emit);

int lx_sysfs_emit_at(char *buf, int at, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (at < 0 || (size_t)at >= PAGE_SIZE)
		return 0;
	va_start(ap, fmt);
	n = lx_vscnprintf(buf + at, PAGE_SIZE - (size_t)at, fmt, ap);
	va_end(ap);
	return n;
}
LX_EXPORT(sysfs_emit_at);

/* Equal but for a newline at the end. */
bool lx_sysfs_streq(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b || (!*a && *b == '\n' && !b[1]) || (*a == '\n' && !a[1] && !*b);
}
LX_EXPORT(sysfs_streq);

int lx___sysfs_match_string(const char **words, unsigned long n, const char *text)
{
	for (unsigned long i = 0; i < n && words[i]; i++)
		if (lx_sysfs_streq(words[i], text))
			return (int)i;
	return -EINVAL;
}
LX_EXPORT(__sysfs_match_string);
