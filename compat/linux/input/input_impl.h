/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to compat/linux/input. Event types and codes are the programs' ABI. */
#pragma once

#include "../lx.h"

#include "../runtime.h"

#include <tern/lib/bits.h>

#define EV_SYN		0x00u
#define EV_KEY		0x01u
#define EV_REL		0x02u
#define EV_ABS		0x03u
#define EV_MSC		0x04u
#define EV_SW		0x05u
#define EV_LED		0x11u
#define EV_SND		0x12u
#define EV_REP		0x14u
#define EV_FF		0x15u
#define EV_PWR		0x16u
#define EV_MAX		0x1fu
#define KEY_MAX		0x2ffu
#define ABS_MAX		0x3fu
#define ABS_MT_SLOT	0x2fu
#define ABS_MT_FIRST	0x2fu
#define ABS_MT_LAST	0x3du
#define FF_GAIN		0x60u
#define FF_AUTOCENTER	0x61u

static inline bool in_mask(const unsigned long *mask, u32 bit) { return (mask[bit / 64] >> (bit % 64)) & 1; }
static inline void mask_set(unsigned long *mask, u32 bit) { mask[bit / 64] |= BIT(bit % 64); }
static inline void mask_clear(unsigned long *mask, u32 bit) { mask[bit / 64] &= ~BIT(bit % 64); }

static inline unsigned long event_lock(struct lx_input_dev *d)
{
	return lx__raw_spin_lock_irqsave((struct lx_raw_spinlock *)&d->event_lock);
}
static inline void event_unlock(struct lx_input_dev *d, unsigned long flags)
{
	lx__raw_spin_unlock_irqrestore((struct lx_raw_spinlock *)&d->event_lock, flags);
}

/** lx_input_emit() - an event of the device itself; event_lock held. */
void lx_input_emit(struct lx_input_dev *d, u32 type, u32 code, int value);
/** lx_input_pass() - events for those who listen; event_lock held. */
void lx_input_pass(struct lx_input_dev *d, struct lx_input_value *v, u32 n);
/** lx_input_repeat_init() - the device's keys repeat by a timer of ours. */
void lx_input_repeat_init(struct lx_input_dev *d);
/** lx_input_keycode_init() - the device's key map is asked and changed by us unless it does so itself. */
void lx_input_keycode_init(struct lx_input_dev *d);
