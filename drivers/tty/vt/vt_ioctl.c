// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctls of virtual terminals, as in console_ioctl(4). A program cannot take
 * part in switching (VT_PROCESS) and cannot change the key map or the font.
 */
#include <generated/svc_input.h>
#include <asm/uaccess.h>
#include <tern/base/err.h>
#include <tern/drivers/keyboard.h>
#include <tern/kernel/cred.h>

#include "vt_impl.h"

#define KDGETLED	0x4b31
#define KDSETLED	0x4b32
#define KDGKBTYPE	0x4b33
#define KDSETMODE	0x4b3a
#define KDGETMODE	0x4b3b
#define KDGKBMODE	0x4b44
#define KDSKBMODE	0x4b45
#define KDGKBLED	0x4b64
#define KDSKBLED	0x4b65
#define VT_OPENQRY	0x5600
#define VT_GETMODE	0x5601
#define VT_SETMODE	0x5602
#define VT_GETSTATE	0x5603
#define VT_ACTIVATE	0x5606
#define VT_WAITACTIVE	0x5607
#define KB_101		0x02
#define KD_TEXT		0
#define KD_GRAPHICS	1
#define VT_AUTO		0

struct vt_mode_abi { char mode, waitv; s16 relsig, acqsig, frsig; };
struct vt_stat_abi { u16 active, signal, state; };

/* Changing things needs the terminal as one's controlling terminal, or the capability. */
static bool may_configure(struct tty *t)
{
	return ctty_is_mine(t) || cap_has(CAP_SYS_TTY_CONFIG);
}

static long put_int(uptr arg, s32 v)
{
	return user_copyout((void __user *)arg, &v, sizeof(v));
}

static long set_kd_mode(struct vt *v, uptr mode)
{
	if (mode != KD_TEXT && mode != KD_GRAPHICS)
		return -EINVAL;
	if (v->kd_mode == mode)
		return 0;
	WRITE_ONCE(v->kd_mode, (u8)mode);
	if (mode == KD_TEXT && v->n == vt_front())
		vt_redraw();
	return 0;
}

static long set_kb_mode(struct vt *v, uptr mode)
{
	if (mode != KEYBOARD_RAW && mode != KEYBOARD_XLATE && mode != KEYBOARD_UNICODE && mode != KEYBOARD_OFF)
		return -EINVAL;
	WRITE_ONCE(v->kb_mode, (u8)mode);
	return 0;
}

static long kd_ioctl(struct tty *t, u32 cmd, uptr arg)
{
	struct vt *v = t->priv;
	u8 byte;

	switch (cmd) {
	case KDGKBTYPE:
		byte = KB_101;
		return user_copyout((void __user *)arg, &byte, 1);
	case KDGETMODE:
		return put_int(arg, v->kd_mode);
	case KDGKBMODE:
		return put_int(arg, v->kb_mode);
	case KDGETLED: case KDGKBLED:
		byte = (u8)keyboard_locks();
		return user_copyout((void __user *)arg, &byte, 1);
	}
	if (!may_configure(t))
		return -EPERM;
	switch (cmd) {
	case KDSETMODE:
		return set_kd_mode(v, arg);
	case KDSKBMODE:
		return set_kb_mode(v, arg);
	case KDSETLED: case KDSKBLED:
		if (arg & ~7UL)
			return -EINVAL;
		svc_input_set_locks((u32)arg);
		return 0;
	default:
		return -ENOTTY;
	}
}

static long get_state(uptr arg)
{
	struct vt_stat_abi s = { .active = (u16)vt_front(), .state = 1 };

	for (u32 n = 1; n < 16; n++)
		if (vt_find(n))
			s.state |= (u16)(1u << n);
	return user_copyout((void __user *)arg, &s, sizeof(s));
}

/* The first one that nobody has open. */
static long open_query(uptr arg)
{
	for (u32 n = 1; n <= VT_MAX; n++) {
		struct vt *v = vt_find(n);

		if (!v || !READ_ONCE(v->tty->nopen))
			return put_int(arg, (s32)n);
	}
	return put_int(arg, -1);
}

static long activate(uptr n)
{
	struct vt *v;

	if (!n || n > VT_MAX)
		return -ENXIO;
	v = vt_get((u32)n);
	return IS_ERR(v) ? PTR_ERR(v) : vt_switch((u32)n);
}

static long set_mode(struct tty *t, uptr arg)
{
	struct vt_mode_abi m;

	if (!may_configure(t))
		return -EPERM;
	if (user_copyin(&m, (const void __user *)arg, sizeof(m)))
		return -EFAULT;
	return m.mode == VT_AUTO ? 0 : -EINVAL;
}

long vt_ioctl(struct tty *t, struct ofile *f, u32 cmd, uptr arg)
{
	struct vt_mode_abi m = { .mode = VT_AUTO };

	switch (cmd) {
	case VT_GETMODE:
		return user_copyout((void __user *)arg, &m, sizeof(m));
	case VT_SETMODE:
		return set_mode(t, arg);
	case VT_GETSTATE:
		return get_state(arg);
	case VT_OPENQRY:
		return open_query(arg);
	case VT_ACTIVATE:
		return may_configure(t) ? activate(arg) : -EPERM;
	case VT_WAITACTIVE:
		if (!may_configure(t))
			return -EPERM;
		return arg && arg <= VT_MAX ? vt_wait_front((u32)arg) : -ENXIO;
	default:
		return kd_ioctl(t, cmd, arg);
	}
}
