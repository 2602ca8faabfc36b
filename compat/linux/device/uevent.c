// SPDX-License-Identifier: GPL-2.0-only
/* News of objects: the environment that programs get, made by the object's set, class, bus and type. */
#include "device_impl.h"

#include "../format.h"
#include "../task.h"

#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>
#include <tern/fs/sysfs.h>
#include <tern/lib/fmt.h>
#include <tern/net/netlink.h>

static const char *const actions[] = {
	"add", "remove", "change", "move", "online", "offline", "bind", "unbind",
};

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

char *lx_kobject_get_path(const struct lx_kobject *k, unsigned int gfp)
{
	struct sysnode *dir = lx_object_dir(k);
	char *path = dir ? kmem_zalloc(PAGE_SIZE, gfp) : NULL;
	struct seqbuf sb;

	if (!path)
		return NULL;
	seqbuf_init(&sb, path, PAGE_SIZE - 1);
	sysfs_print_path(dir, &sb);
	return path;
}
LX_EXPORT(kobject_get_path);

/* The first object upward that belongs to a set. */
static struct lx_kset *set_of(struct lx_kobject *k)
{
	for (; k; k = k->parent)
		if (k->kset)
			return k->kset;
	return NULL;
}

static int fill(struct lx_kobject *k, struct lx_kobj_uevent_env *env, const char *action, const char *path,
		char **more)
{
	static u64 seqnum;
	struct lx_kset *set = set_of(k);
	struct lx_device *dev = lx_device_of_object(k);
	int err = lx_add_uevent_var(env, "ACTION=%s", action);

	if (!err)
		err = lx_add_uevent_var(env, "DEVPATH=%s", path);
	if (!err && dev)
		err = lx_device_describe(dev, env);
	else if (!err && set)
		err = lx_add_uevent_var(env, "SUBSYSTEM=%s", set->kobj.name);
	for (; !err && more && *more; more++)
		err = lx_add_uevent_var(env, "%s", *more);
	if (!err && set && set->uevent_ops && set->uevent_ops->uevent)
		err = set->uevent_ops->uevent(k, env);
	if (!err)
		err = lx_add_uevent_var(env, "SEQNUM=%llu", __atomic_add_fetch(&seqnum, 1, __ATOMIC_SEQ_CST));
	return err;
}

static int publish(const struct lx_kobj_uevent_env *env, const char *action, const char *path)
{
	size_t head = strlen(action) + strlen(path) + 2;
	struct nlpkt *p = nlpkt_alloc((u32)head + (u32)env->buflen, ALLOC_KERNEL);
	char *to = p ? nlpkt_raw(p, (u32)head + (u32)env->buflen) : NULL;

	if (!to) {
		kmem_free(p);
		return -ENOMEM;
	}
	fmt_print(to, head, "%s@%s", action, path);
	memcpy(to + head, env->buf, (size_t)env->buflen);
	netlink_publish(&netns_initial, NETLINK_KOBJECT_UEVENT, 1, p);
	return 0;
}

int lx_kobject_uevent_env(struct lx_kobject *k, unsigned int action, char **more)
{
	struct lx_kobj_uevent_env *env;
	char *path;
	int err;

	if (action >= ARRAY_SIZE(actions))
		return -EINVAL;
	if (action == LX_KOBJ_REMOVE)
		k->state_remove_uevent_sent = 1;
	if (k->uevent_suppress || !netlink_is_heard(&netns_initial, NETLINK_KOBJECT_UEVENT, 1))
		return 0;
	env = kmem_zalloc(sizeof(*env), ALLOC_KERNEL);
	path = lx_kobject_get_path(k, ALLOC_KERNEL);
	err = !env ? -ENOMEM : !path ? -ENOENT : fill(k, env, actions[action], path, more);
	if (!err)
		err = publish(env, actions[action], path);
	if (!err && action == LX_KOBJ_ADD)
		k->state_add_uevent_sent = 1;
	kmem_free(path);
	kmem_free(env);
	return err;
}
LX_EXPORT(kobject_uevent_env);

int lx_kobject_uevent(struct lx_kobject *k, unsigned int action)
{
	return lx_kobject_uevent_env(k, action, NULL);
}
LX_EXPORT(kobject_uevent);
