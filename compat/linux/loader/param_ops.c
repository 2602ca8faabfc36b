// SPDX-License-Identifier: GPL-2.0-only
/* The kinds of parameters that the vendor's kernel offers: numbers, flags, strings, arrays of them. */
#include "loader_impl.h"

#include <tern/base/err.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#define PARAM_TEXT_MAX	1024

/* A signed or unsigned number of a C type: set, get and the table of both. */
#define NUMBER(name, type, parse, wide, fmt)						\
	int lx_param_set_##name(const char *val, const struct lx_kernel_param *kp)	\
	{										\
		wide v;									\
		int err = val ? parse(val, 0, &v, NULL) : -EINVAL;			\
											\
		if (!err && (wide)(type)v != v)						\
			err = -ERANGE;							\
		if (!err)								\
			*(type *)kp->arg = (type)v;					\
		return err;								\
	}										\
	int lx_param_get_##name(char *buf, const struct lx_kernel_param *kp)		\
	{										\
		return fmt_put(buf, PAGE_SIZE, fmt "\n", *(type *)kp->arg);		\
	}										\
	static const struct lx_kernel_param_ops lx_param_ops_##name = {			\
		.set = lx_param_set_##name, .get = lx_param_get_##name,			\
	}

NUMBER(byte, unsigned char, parse_u64, u64, "%hhu");
NUMBER(short, short, parse_s64, s64, "%hi");
NUMBER(ushort, unsigned short, parse_u64, u64, "%hu");
NUMBER(int, int, parse_s64, s64, "%i");
NUMBER(uint, unsigned int, parse_u64, u64, "%u");
NUMBER(long, long, parse_s64, s64, "%li");
NUMBER(ulong, unsigned long, parse_u64, u64, "%lu");
NUMBER(ullong, unsigned long long, parse_u64, u64, "%llu");
NUMBER(hexint, unsigned int, parse_u64, u64, "%#08x");

LX_EXPORT(param_set_byte);
LX_EXPORT(param_get_byte);
LX_EXPORT_DATA(param_ops_byte);
LX_EXPORT(param_set_short);
LX_EXPORT(param_get_short);
LX_EXPORT_DATA(param_ops_short);
LX_EXPORT(param_set_ushort);
LX_EXPORT(param_get_ushort);
LX_EXPORT_DATA(param_ops_ushort);
LX_EXPORT(param_set_int);
LX_EXPORT(param_get_int);
LX_EXPORT_DATA(param_ops_int);
LX_EXPORT(param_set_uint);
LX_EXPORT(param_get_uint);
LX_EXPORT_DATA(param_ops_uint);
LX_EXPORT(param_set_long);
LX_EXPORT(param_get_long);
LX_EXPORT_DATA(param_ops_long);
LX_EXPORT(param_set_ulong);
LX_EXPORT(param_get_ulong);
LX_EXPORT_DATA(param_ops_ulong);
LX_EXPORT(param_set_ullong);
LX_EXPORT(param_get_ullong);
LX_EXPORT_DATA(param_ops_ullong);
LX_EXPORT(param_set_hexint);
LX_EXPORT(param_get_hexint);
LX_EXPORT_DATA(param_ops_hexint);

/* ---- flags ---- */

int lx_param_set_bool(const char *val, const struct lx_kernel_param *kp)
{
	return parse_bool(val ? val : "1", kp->arg);
}
LX_EXPORT(param_set_bool);

int lx_param_get_bool(char *buf, const struct lx_kernel_param *kp)
{
	return fmt_put(buf, PAGE_SIZE, "%c\n", *(bool *)kp->arg ? 'Y' : 'N');
}
LX_EXPORT(param_get_bool);

static const struct lx_kernel_param_ops lx_param_ops_bool = {
	.flags = 1, .set = lx_param_set_bool, .get = lx_param_get_bool,
};
LX_EXPORT_DATA(param_ops_bool);

int lx_param_set_invbool(const char *val, const struct lx_kernel_param *kp)
{
	bool v;
	int err = parse_bool(val ? val : "1", &v);

	if (!err)
		*(bool *)kp->arg = !v;
	return err;
}
LX_EXPORT(param_set_invbool);

int lx_param_get_invbool(char *buf, const struct lx_kernel_param *kp)
{
	return fmt_put(buf, PAGE_SIZE, "%c\n", *(bool *)kp->arg ? 'N' : 'Y');
}
LX_EXPORT(param_get_invbool);

static const struct lx_kernel_param_ops lx_param_ops_invbool = {
	.set = lx_param_set_invbool, .get = lx_param_get_invbool,
};
LX_EXPORT_DATA(param_ops_invbool);

/* A flag in an int. */
int lx_param_set_bint(const char *val, const struct lx_kernel_param *kp)
{
	bool v;
	int err = parse_bool(val ? val : "1", &v);

	if (!err)
		*(int *)kp->arg = v;
	return err;
}
LX_EXPORT(param_set_bint);

static const struct lx_kernel_param_ops lx_param_ops_bint = {
	.flags = 1, .set = lx_param_set_bint, .get = lx_param_get_int,
};
LX_EXPORT_DATA(param_ops_bint);

int lx_param_set_bool_enable_only(const char *val, const struct lx_kernel_param *kp)
{
	bool v;
	int err = parse_bool(val ? val : "1", &v);

	if (err)
		return err;
	if (!v && *(bool *)kp->arg)
		return -EROFS;
	*(bool *)kp->arg = v;
	return 0;
}
LX_EXPORT(param_set_bool_enable_only);

static const struct lx_kernel_param_ops lx_param_ops_bool_enable_only = {
	.flags = 1, .set = lx_param_set_bool_enable_only, .get = lx_param_get_bool,
};
LX_EXPORT_DATA(param_ops_bool_enable_only);

int lx_param_set_uint_minmax(const char *val, const struct lx_kernel_param *kp, unsigned int min,
			     unsigned int max)
{
	u32 v;
	int err = val ? parse_u32(val, 0, &v, NULL) : -EINVAL;

	if (!err && (v < min || v > max))
		err = -EINVAL;
	if (!err)
		*(unsigned int *)kp->arg = v;
	return err;
}
LX_EXPORT(param_set_uint_minmax);

/* ---- text ---- */

/* Copies that were made by set(): only those are freed. */
struct charp_copy { struct list link; char text[]; };
static LIST_HEAD(charp_copies);

static void charp_drop(const char *text)
{
	struct charp_copy *c, *next;

	list_foreach_safe(c, next, &charp_copies, link) {
		if (c->text != text)
			continue;
		list_del(&c->link);
		kmem_free(c);
	}
}

int lx_param_set_charp(const char *val, const struct lx_kernel_param *kp)
{
	char **where = kp->arg;
	struct charp_copy *c;

	if (!val || strnlen(val, PARAM_TEXT_MAX + 1) > PARAM_TEXT_MAX)
		return val ? -ENOSPC : -EINVAL;
	c = kmem_alloc(sizeof(*c) + strlen(val) + 1, ALLOC_KERNEL);
	if (!c)
		return -ENOMEM;
	strcpy(c->text, val);
	charp_drop(*where);
	list_add(&c->link, &charp_copies);
	*where = c->text;
	return 0;
}
LX_EXPORT(param_set_charp);

int lx_param_get_charp(char *buf, const struct lx_kernel_param *kp)
{
	const char *s = *(char **)kp->arg;

	return fmt_put(buf, PAGE_SIZE, "%s\n", s ? s : "(null)");
}
LX_EXPORT(param_get_charp);

void lx_param_free_charp(void *arg)
{
	charp_drop(*(char **)arg);
}
LX_EXPORT(param_free_charp);

static const struct lx_kernel_param_ops lx_param_ops_charp = {
	.set = lx_param_set_charp, .get = lx_param_get_charp, .free = lx_param_free_charp,
};
LX_EXPORT_DATA(param_ops_charp);

int lx_param_set_copystring(const char *val, const struct lx_kernel_param *kp)
{
	const struct lx_kparam_string *s = kp->str;

	if (!val || strnlen(val, s->maxlen) == s->maxlen)
		return val ? -ENOSPC : -EINVAL;
	strcpy(s->string, val);
	return 0;
}
LX_EXPORT(param_set_copystring);

int lx_param_get_string(char *buf, const struct lx_kernel_param *kp)
{
	return fmt_put(buf, PAGE_SIZE, "%s\n", kp->str->string);
}
LX_EXPORT(param_get_string);

static const struct lx_kernel_param_ops lx_param_ops_string = {
	.set = lx_param_set_copystring, .get = lx_param_get_string,
};
LX_EXPORT_DATA(param_ops_string);

/* ---- arrays ---- */

static int param_array_set(const char *val, const struct lx_kernel_param *kp)
{
	const struct lx_kparam_array *arr = kp->arr;
	struct lx_kernel_param one = *kp;
	char *text, *item, *comma;
	unsigned int n = 0;
	int err = 0;

	if (!val)
		return -EINVAL;
	text = kmem_strdup(val, ALLOC_KERNEL);
	if (!text)
		return -ENOMEM;
	one.arg = arr->elem;
	for (item = text; item && !err; item = comma) {
		comma = strchr(item, ',');
		if (comma)
			*comma++ = 0;
		err = n++ < arr->max ? arr->ops->set(item, &one) : -EINVAL;
		one.arg = (u8 *)one.arg + arr->elemsize;
	}
	kmem_free(text);
	if (!err && arr->num)
		*arr->num = n;
	return err;
}

static int param_array_get(char *buf, const struct lx_kernel_param *kp)
{
	const struct lx_kparam_array *arr = kp->arr;
	struct lx_kernel_param one = *kp;
	unsigned int n = arr->num ? *arr->num : arr->max;
	int at = 0, got;

	for (unsigned int i = 0; i < n; i++) {
		if (i)
			buf[at - 1] = ',';
		one.arg = (u8 *)arr->elem + (size_t)arr->elemsize * i;
		got = arr->ops->get(buf + at, &one);
		if (got < 0)
			return got;
		at += got;
	}
	buf[at] = 0;
	return at;
}

static void param_array_free(void *arg)
{
	const struct lx_kparam_array *arr = arg;
	unsigned int n = arr->num ? *arr->num : arr->max;

	for (unsigned int i = 0; arr->ops->free && i < n; i++)
		arr->ops->free((u8 *)arr->elem + (size_t)arr->elemsize * i);
}

static const struct lx_kernel_param_ops lx_param_array_ops = {
	.set = param_array_set, .get = param_array_get, .free = param_array_free,
};
LX_EXPORT_DATA(param_array_ops);
