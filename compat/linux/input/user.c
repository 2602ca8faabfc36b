// SPDX-License-Identifier: GPL-2.0-only
/* Input devices and programs: events and effects in their form, key maps, force feedback. */
#include "input_impl.h"

#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

int lx_input_event_from_user(const char *from, struct lx_input_event *e)
{
	return user_copyin(e, from, sizeof(*e)) ? -EFAULT : 0;
}
LX_EXPORT(input_event_from_user);
int lx_input_event_to_user(char *to, const struct lx_input_event *e)
{
	return user_copyout(to, e, sizeof(*e)) ? -EFAULT : 0;
}
LX_EXPORT(input_event_to_user);
int lx_input_ff_effect_from_user(const char *from, size_t size, struct lx_ff_effect *e)
{
	if (size != sizeof(*e))
		return -EINVAL;
	return user_copyin(e, from, sizeof(*e)) ? -EFAULT : 0;
}
LX_EXPORT(input_ff_effect_from_user);

/* ---- key maps: an array of codes by number ---- */

int lx_input_scancode_to_scalar(const struct lx_input_keymap_entry *ke, unsigned int *code)
{
	if (ke->len != 1 && ke->len != 2 && ke->len != 4)
		return -EINVAL;
	*code = 0;
	memcpy(code, ke->scancode, ke->len);
	return 0;
}
LX_EXPORT(input_scancode_to_scalar);

static unsigned int map_get(const struct lx_input_dev *d, u32 i)
{
	return d->keycodesize == 1 ? ((u8 *)d->keycode)[i] : d->keycodesize == 2 ? ((u16 *)d->keycode)[i] :
		((u32 *)d->keycode)[i];
}

static void map_set(struct lx_input_dev *d, u32 i, unsigned int code)
{
	if (d->keycodesize == 1)
		((u8 *)d->keycode)[i] = (u8)code;
	else if (d->keycodesize == 2)
		((u16 *)d->keycode)[i] = (u16)code;
	else
		((u32 *)d->keycode)[i] = code;
}

static int index_of(struct lx_input_dev *d, const struct lx_input_keymap_entry *ke, unsigned int *i)
{
	int err = 0;

	if (!d->keycodesize)
		return -EINVAL;
	if (ke->flags & 1)	/* by index */
		*i = ke->index;
	else
		err = lx_input_scancode_to_scalar(ke, i);
	return err ? err : *i >= d->keycodemax ? -EINVAL : 0;
}

static int default_get(struct lx_input_dev *d, struct lx_input_keymap_entry *ke)
{
	unsigned int i;
	int err = index_of(d, ke, &i);

	if (err)
		return err;
	ke->keycode = map_get(d, i);
	ke->index = (u16)i;
	ke->len = sizeof(i);
	memcpy(ke->scancode, &i, sizeof(i));
	return 0;
}

static int default_set(struct lx_input_dev *d, const struct lx_input_keymap_entry *ke, unsigned int *old)
{
	unsigned int i;
	int err = index_of(d, ke, &i);

	if (err)
		return err;
	if (d->keycodesize < sizeof(u32) && ke->keycode >> (d->keycodesize * 8))
		return -EINVAL;
	*old = map_get(d, i);
	map_set(d, i, ke->keycode);
	mask_clear(d->keybit, *old);
	for (u32 n = 0; n < d->keycodemax; n++)
		if (map_get(d, n) == *old)
			mask_set(d->keybit, *old);
	mask_set(d->keybit, ke->keycode);
	return 0;
}

void lx_input_keycode_init(struct lx_input_dev *d)
{
	if (!d->getkeycode)
		d->getkeycode = default_get;
	if (!d->setkeycode)
		d->setkeycode = default_set;
}

int lx_input_get_keycode(struct lx_input_dev *d, struct lx_input_keymap_entry *ke)
{
	unsigned long flags = event_lock(d);
	int err = d->getkeycode(d, ke);

	event_unlock(d, flags);
	return err;
}
LX_EXPORT(input_get_keycode);

int lx_input_set_keycode(struct lx_input_dev *d, const struct lx_input_keymap_entry *ke)
{
	unsigned long flags;
	unsigned int old = 0;
	int err;

	if (ke->keycode > KEY_MAX)
		return -EINVAL;
	flags = event_lock(d);
	err = d->setkeycode(d, ke, &old);
	mask_clear(d->keybit, 0);
	if (!err && in_mask(d->evbit, EV_KEY) && !in_mask(d->keybit, old) && in_mask(d->key, old))
		mask_clear(d->key, old);
	event_unlock(d, flags);
	return err;
}
LX_EXPORT(input_set_keycode);

/* ---- force feedback ---- */

int lx_input_ff_create(struct lx_input_dev *d, unsigned int n)
{
	struct lx_ff_device *ff;

	if (!n || n > 96)
		return -EINVAL;
	ff = kmem_zalloc(sizeof(*ff) + n * sizeof(ff->effect_owners[0]), ALLOC_KERNEL);
	if (!ff)
		return -ENOMEM;
	ff->effects = kmem_calloc(n, sizeof(*ff->effects), ALLOC_KERNEL);
	if (!ff->effects) {
		kmem_free(ff);
		return -ENOMEM;
	}
	ff->max_effects = (int)n;
	lx___mutex_init(&ff->mutex, "ff", NULL);
	d->ff = ff;
	d->flush = lx_input_ff_flush;
	d->event = lx_input_ff_event;
	mask_set(d->evbit, EV_FF);
	memcpy(ff->ffbit, d->ffbit, sizeof(ff->ffbit));
	return 0;
}
LX_EXPORT(input_ff_create);

void lx_input_ff_destroy(struct lx_input_dev *d)
{
	struct lx_ff_device *ff = d->ff;

	if (!ff)
		return;
	mask_clear(d->evbit, EV_FF);
	if (ff->destroy)
		ff->destroy(ff);
	kmem_free(ff->private);
	kmem_free(ff->effects);
	kmem_free(ff);
	d->ff = NULL;
}
LX_EXPORT(input_ff_destroy);

int lx_input_ff_event(struct lx_input_dev *d, unsigned int type, unsigned int code, int value)
{
	struct lx_ff_device *ff = d->ff;

	if (type != EV_FF)
		return 0;
	if (code == FF_GAIN && in_mask(d->ffbit, FF_GAIN) && value >= 0 && value <= 0xffff)
		ff->set_gain(d, (u16)value);
	else if (code == FF_AUTOCENTER && in_mask(d->ffbit, FF_AUTOCENTER) && value >= 0 && value <= 0xffff)
		ff->set_autocenter(d, (u16)value);
	else if (code < (u32)ff->max_effects && ff->effect_owners[code])
		ff->playback(d, (int)code, value);
	return 0;
}
LX_EXPORT(input_ff_event);

static int slot_for(struct lx_ff_device *ff, struct lx_ff_effect *e, struct lx_file *file)
{
	if (e->id >= 0)
		return e->id < ff->max_effects && ff->effect_owners[e->id] == file ? e->id : -EACCES;
	for (int i = 0; i < ff->max_effects; i++)
		if (!ff->effect_owners[i])
			return i;
	return -ENOSPC;
}

int lx_input_ff_upload(struct lx_input_dev *d, struct lx_ff_effect *e, struct lx_file *file)
{
	struct lx_ff_device *ff = d->ff;
	unsigned long flags;
	int i, err;

	if (!in_mask(d->evbit, EV_FF))
		return -ENOSYS;
	if (e->type >= 128 || !in_mask(d->ffbit, e->type))
		return -EINVAL;
	lx_mutex_lock(&ff->mutex);
	i = slot_for(ff, e, file);
	err = i < 0 ? i : ff->upload(d, e, e->id >= 0 ? &ff->effects[i] : NULL);
	if (!err) {
		e->id = (short)i;
		flags = event_lock(d);
		ff->effects[i] = *e;
		ff->effect_owners[i] = file;
		event_unlock(d, flags);
	}
	lx_mutex_unlock(&ff->mutex);
	return err;
}
LX_EXPORT(input_ff_upload);

static int erase_locked(struct lx_input_dev *d, int id, struct lx_file *file)
{
	struct lx_ff_device *ff = d->ff;
	unsigned long flags;
	int err = 0;

	if (id < 0 || id >= ff->max_effects || !ff->effect_owners[id] || (file && ff->effect_owners[id] != file))
		return -EACCES;
	flags = event_lock(d);
	ff->playback(d, id, 0);
	ff->effect_owners[id] = NULL;
	event_unlock(d, flags);
	if (ff->erase)
		err = ff->erase(d, id);
	return err;
}

int lx_input_ff_erase(struct lx_input_dev *d, int id, struct lx_file *file)
{
	int err;

	if (!in_mask(d->evbit, EV_FF))
		return -ENOSYS;
	lx_mutex_lock(&d->ff->mutex);
	err = erase_locked(d, id, file);
	lx_mutex_unlock(&d->ff->mutex);
	return err;
}
LX_EXPORT(input_ff_erase);

int lx_input_ff_flush(struct lx_input_dev *d, struct lx_file *file)
{
	lx_mutex_lock(&d->ff->mutex);
	for (int i = 0; i < d->ff->max_effects; i++)
		(void)erase_locked(d, i, file);
	lx_mutex_unlock(&d->ff->mutex);
	return 0;
}
LX_EXPORT(input_ff_flush);
