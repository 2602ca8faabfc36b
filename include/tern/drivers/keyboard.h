/* SPDX-License-Identifier: GPL-2.0-only */
/* Keyboards and the virtual terminal that they type into. Owner drivers/input/keyboard.c. */
#pragma once

#include <tern/base/types.h>

/* How a terminal wants keys: KDSKBMODE's values. */
#define KEYBOARD_RAW		0	/* scan codes */
#define KEYBOARD_XLATE		1	/* bytes */
#define KEYBOARD_UNICODE	3	/* UTF-8 */
#define KEYBOARD_OFF		4

/* What the terminals do with keys; one of them at a time has the keyboard. Context: any. */
struct keyboard_sink {
	void (*bytes)(const u8 *buf, u32 n);
	void (*switch_to)(u32 vt);		/* Alt-Fn: 1 .. 12; Alt-Left and Right: 0 back, ~0 on */
	u32 (*mode)(void);			/* KEYBOARD_* */
	bool (*app_cursor)(void);		/* arrows send ESC O instead of ESC [ */
	bool (*app_keypad)(void);
};

/** keyboard_sink_set() - who gets keys; @s lives for good. Boot. */
void keyboard_sink_set(const struct keyboard_sink *s);
/** keyboard_scan_code() - one byte of set 1 (what an i8042 with translation sends). Context: irq. */
void keyboard_scan_code(u8 code);
/* LED bits, KDGETLED's: */
#define KEYBOARD_SCROLL_LOCK	1u
#define KEYBOARD_NUM_LOCK	2u
#define KEYBOARD_CAPS_LOCK	4u
/** keyboard_locks() / keyboard_set_locks() - KEYBOARD_* lock states. Context: any. */
u32 keyboard_locks(void);
void keyboard_set_locks(u32 locks);
/** keyboard_leds_hook - set by the device's driver: show these. Context: any, must not sleep. */
extern void (*keyboard_leds_hook)(u32 leds);
