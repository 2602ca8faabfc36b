/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to drivers/tty/vt: virtual terminals to each other. */
#pragma once

#include "../tty_impl.h"
#include "screen.h"

#define VT_MAX		63u	/* device numbers 4:1 - 4:63 */
#define VT_REPLY_MAX	64u

struct vt {
	u32 n;			/* I 1 .. VT_MAX */
	struct tty *tty;	/* I */
	struct vtemu emu;	/* V vt_lock */
	void *mem;		/* I the emulator's grid */
	bool is_stopped;	/* V XOFF */
	u8 kd_mode;		/* V KD_TEXT or KD_GRAPHICS */
	u8 kb_mode;		/* V KEYBOARD_* */
	u8 reply[VT_REPLY_MAX];	/* V answers of the emulator, on their way to the input */
	u32 nreply;		/* V */
};

/** vt_lock - protects emulators, what is drawn, which is in front; LOCKRANK_CONSOLE, irqsave. */
extern struct spin vt_lock;

/** vt_get() - terminal @n, made if it is new; ERR_PTR(-ENXIO, -ENOMEM). Sleeps. */
struct vt *vt_get(u32 n);
/** vt_find() - terminal @n if it exists, or NULL. They stay once made. */
struct vt *vt_find(u32 n);
u32 vt_front(void);
/** vt_switch() - bring @n, which exists, to the front; 0 or -ENXIO. Context: any. */
int vt_switch(u32 n);
/** vt_wait_front() - until @n is in front; 0 or -ERESTARTSYS. */
int vt_wait_front(u32 n);
/** vt_redraw() - everything on the screen, after graphics. Context: any. */
void vt_redraw(void);
long vt_ioctl(struct tty *t, struct ofile *f, u32 cmd, uptr arg);
