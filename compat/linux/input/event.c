// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of input devices on their way to those who listen: what changes nothing is dropped, the rest is
 * gathered until a report is complete. Keys that stay down repeat by a timer.
 *
 * Lock: the device's event_lock, with interrupts off, through handlers too.
 */
#include "input_impl.h"

#include <tern/base/err.h>
#include <tern/kernel/clock.h>
#include <tern/lib/string.h>

#define SYN_REPORT	0u
#define SYN_CONFIG	1u
#define SYN_MT_REPORT	2u
#define REP_DELAY	0
#define REP_PERIOD	1
#define TO_HANDLERS	1u
#define TO_DEVICE	2u
#define REPORT_ENDS	8u
#define TO_ALL		(TO_HANDLERS | TO_DEVICE)

static unsigned long ticks_of(int ms) { return lx___msecs_to_jiffies((unsigned int)ms); }

/* ---- repeating keys ---- */

static void repeat_start(struct lx_input_dev *d, u32 code)
{
	if (!in_mask(d->evbit, EV_REP) || !d->rep[REP_PERIOD] || !d->rep[REP_DELAY] || !d->timer.function)
		return;
	d->repeat_key = code;
	(void)lx_mod_timer(&d->timer, lx_jiffies_now() + ticks_of(d->rep[REP_DELAY]));
}

static void repeat_fire(struct lx_timer_list *t)
{
	struct lx_input_dev *d = container_of(t, struct lx_input_dev, timer);
	unsigned long flags = event_lock(d);

	if (!d->inhibited && in_mask(d->key, d->repeat_key) && in_mask(d->keybit, d->repeat_key)) {
		struct lx_input_value v[] = {
			{ EV_KEY, (unsigned short)d->repeat_key, 2 }, { EV_SYN, SYN_REPORT, 1 },
		};

		lx_input_pass(d, v, ARRAY_SIZE(v));
		if (d->rep[REP_PERIOD])
			(void)lx_mod_timer(&d->timer, lx_jiffies_now() + ticks_of(d->rep[REP_PERIOD]));
	}
	event_unlock(d, flags);
}

void lx_input_repeat_init(struct lx_input_dev *d)
{
	lx_init_timer_key(&d->timer, repeat_fire, 0, "input", NULL);
	d->rep[REP_DELAY] = 250;
	d->rep[REP_PERIOD] = 33;
}

void lx_input_enable_softrepeat(struct lx_input_dev *d, int delay, int period)
{
	lx_input_repeat_init(d);
	d->rep[REP_DELAY] = delay;
	d->rep[REP_PERIOD] = period;
}
LX_EXPORT(input_enable_softrepeat);

/* ---- to those who listen ---- */

static u32 to_handle(struct lx_input_handle *h, struct lx_input_value *v, u32 n)
{
	struct lx_input_handler *handler = h->handler;
	u32 kept = 0;

	if (handler->filter) {
		for (u32 i = 0; i < n; i++)
			if (!handler->filter(h, v[i].type, v[i].code, v[i].value))
				v[kept++] = v[i];
		n = kept;
	}
	if (!n)
		return 0;
	if (handler->events)
		handler->events(h, v, n);
	else if (handler->event)
		for (u32 i = 0; i < n; i++)
			handler->event(h, v[i].type, v[i].code, v[i].value);
	return n;
}

void lx_input_pass(struct lx_input_dev *d, struct lx_input_value *v, u32 n)
{
	struct lx_input_handle *grab = d->grab;

	if (!n)
		return;
	if (grab) {
		n = to_handle(grab, v, n);
	} else {
		for (struct lx_list_head *at = d->h_list.next; at != &d->h_list && n; at = at->next) {
			struct lx_input_handle *h = container_of(at, struct lx_input_handle, d_node);

			if (h->open)
				n = to_handle(h, v, n);
		}
	}
	if (!in_mask(d->evbit, EV_REP) || !in_mask(d->evbit, EV_KEY))
		return;
	for (u32 i = 0; i < n; i++) {
		if (v[i].type != EV_KEY || v[i].value == 2)
			continue;
		if (v[i].value)
			repeat_start(d, v[i].code);
		else
			(void)lx_timer_delete(&d->timer);
	}
}

/* ---- what becomes of an event ---- */

static int smooth(int value, int old, int fuzz)
{
	if (!fuzz)
		return value;
	if (value > old - fuzz / 2 && value < old + fuzz / 2)
		return old;
	if (value > old - fuzz && value < old + fuzz)
		return (old * 3 + value) / 4;
	if (value > old - fuzz * 2 && value < old + fuzz * 2)
		return (old + value) / 2;
	return value;
}

static u32 absolute(struct lx_input_dev *d, u32 code, int *value)
{
	struct lx_input_mt *mt = d->mt;
	int *old;

	if (code == ABS_MT_SLOT) {
		if (mt && *value >= 0 && *value < mt->num_slots)
			mt->slot = *value;
		return 0;
	}
	if (code < ABS_MT_FIRST || code > ABS_MT_LAST)
		old = &d->absinfo[code].value;
	else if (mt)
		old = &mt->slots[mt->slot].abs[code - ABS_MT_FIRST - 1];
	else
		return TO_HANDLERS;
	*value = smooth(*value, *old, d->absinfo[code].fuzz);
	if (*old == *value)
		return 0;
	*old = *value;
	return TO_HANDLERS;
}

static u32 toggle(unsigned long *state, u32 code, int value, u32 where)
{
	if (in_mask(state, code) == (value != 0))
		return 0;
	state[code / 64] ^= BIT(code % 64);
	return where;
}

static u32 of_key(struct lx_input_dev *d, u32 code, int value)
{
	if (code > KEY_MAX || !in_mask(d->keybit, code))
		return 0;
	return value == 2 ? TO_HANDLERS : toggle(d->key, code, value, TO_HANDLERS);
}

static u32 of_syn(u32 code)
{
	return code == SYN_REPORT ? TO_HANDLERS | REPORT_ENDS : code == SYN_CONFIG ? TO_ALL :
		code == SYN_MT_REPORT ? TO_HANDLERS : 0;
}

static u32 fate_of(struct lx_input_dev *d, u32 type, u32 code, int *value)
{
	switch (type) {
	case EV_SYN:
		return of_syn(code);
	case EV_KEY:
		return of_key(d, code, *value);
	case EV_REL:
		return code < 16 && in_mask(d->relbit, code) && *value ? TO_HANDLERS : 0;
	case EV_ABS:
		return code <= ABS_MAX && in_mask(d->absbit, code) && d->absinfo ? absolute(d, code, value) : 0;
	case EV_MSC:
		return code < 8 && in_mask(d->mscbit, code) ? TO_ALL : 0;
	case EV_SW:
		return code < 17 && in_mask(d->swbit, code) ? toggle(d->sw, code, *value, TO_HANDLERS) : 0;
	case EV_LED:
		return code < 16 && in_mask(d->ledbit, code) ? toggle(d->led, code, *value, TO_ALL) : 0;
	case EV_SND:
		return code < 8 && in_mask(d->sndbit, code) ? (toggle(d->snd, code, *value, 0), TO_ALL) : 0;
	case EV_REP:
		if (code > 1 || *value < 0 || d->rep[code] == *value)
			return 0;
		d->rep[code] = *value;
		return TO_ALL;
	case EV_FF:
		return *value >= 0 ? TO_ALL : 0;
	case EV_PWR:
		return TO_ALL;
	default:
		return 0;
	}
}

static void gather(struct lx_input_dev *d, u32 type, u32 code, int value, bool ends)
{
	d->vals[d->num_vals++] = (struct lx_input_value){ (u16)type, (u16)code, value };
	if (!ends && d->num_vals < d->max_vals - 2)
		return;
	if (!ends)
		d->vals[d->num_vals++] = (struct lx_input_value){ EV_SYN, SYN_REPORT, 1 };
	if (d->num_vals >= 2)
		lx_input_pass(d, d->vals, d->num_vals);
	d->num_vals = 0;
	d->timestamp[1] = 0;
}

void lx_input_emit(struct lx_input_dev *d, u32 type, u32 code, int value)
{
	u32 fate = d->inhibited ? 0 : fate_of(d, type, code, &value);

	if ((fate & TO_DEVICE) && d->event)
		d->event(d, type, code, value);
	if ((fate & TO_HANDLERS) && d->vals)
		gather(d, type, code, value, (fate & REPORT_ENDS) != 0);
}

void lx_input_event(struct lx_input_dev *d, unsigned int type, unsigned int code, int value)
{
	unsigned long flags;

	if (type > EV_MAX || (type != EV_SYN && !in_mask(d->evbit, type)))
		return;
	flags = event_lock(d);
	lx_input_emit(d, type, code, value);
	event_unlock(d, flags);
}
LX_EXPORT(input_event);

void lx_input_inject_event(struct lx_input_handle *h, unsigned int type, unsigned int code, int value)
{
	struct lx_input_dev *d = h->dev;
	unsigned long flags;

	if (type > EV_MAX || (type != EV_SYN && !in_mask(d->evbit, type)))
		return;
	flags = event_lock(d);
	if (!d->grab || d->grab == h)
		lx_input_emit(d, type, code, value);
	event_unlock(d, flags);
}
LX_EXPORT(input_inject_event);

void lx_input_set_timestamp(struct lx_input_dev *d, long long ns)
{
	d->timestamp[1] = ns;				/* monotonic */
	d->timestamp[0] = ns + (lx_ktime_get_with_offset(0) - lx_ktime_get());
	d->timestamp[2] = ns;
}
LX_EXPORT(input_set_timestamp);

long long *lx_input_get_timestamp(struct lx_input_dev *d)
{
	if (!d->timestamp[1])
		lx_input_set_timestamp(d, lx_ktime_get());
	return d->timestamp;
}
LX_EXPORT(input_get_timestamp);
