// SPDX-License-Identifier: GPL-2.0-only
/*
 * From scan codes to what programs read: the US layout, modifiers, and the
 * sequences of terminfo's "linux" entry for the other keys.
 *
 * Scan code set 1: a code below 0x80 is a press, with bit 7 set a release;
 * 0xe0 announces a key of the extended block, 0xe1 Pause (two codes follow).
 * The hardware repeats presses of a held key.
 *
 * State is the interrupt handler's; scan codes come from one device at a time,
 * in order, so it needs no lock. Lock states are also set by ioctls: plain words.
 */
#include <tern/drivers/keyboard.h>

#include <tern/base/compiler.h>
#include <tern/kernel/process.h>
#include <tern/lib/string.h>

enum { MOD_SHIFT_L = 1, MOD_SHIFT_R = 2, MOD_CTRL_L = 4, MOD_CTRL_R = 8, MOD_ALT_L = 16, MOD_ALT_R = 32 };
#define MOD_SHIFT	(MOD_SHIFT_L | MOD_SHIFT_R)
#define MOD_CTRL	(MOD_CTRL_L | MOD_CTRL_R)
#define MOD_ALT		(MOD_ALT_L | MOD_ALT_R)

#define CODE_CAPS	0x3a
#define CODE_NUM	0x45
#define CODE_SCROLL	0x46
#define CODE_DELETE	0x53

/* Keys 0x00 - 0x39 by scan code; 0: not a character. */
static const char plain[0x3a] = "\0\0331234567890-=\177\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[0x3a] = "\0\033!@#$%^&*()_+\177\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

/* Keypad 0x47 - 0x53 with Num Lock, and the cursor keys they are without. */
static const char keypad_digit[13] = "789-456+1230.";
static const char *const cursor_key[13] = { "[1~", "A", "[5~", NULL, "D", "[G", "C", NULL, "[4~", "B", "[6~", "[2~",
	"[3~" };

static const char *const function_key[12] = { "[[A", "[[B", "[[C", "[[D", "[[E", "[17~", "[18~", "[19~", "[20~", "[21~",
	"[23~", "[24~" };
static const char *const shift_function_key[12] = { "[25~", "[26~", "[28~", "[29~", "[31~", "[32~", "[33~", "[34~" };

static const struct keyboard_sink *sink;
static u32 mods;
static bool is_extended;
static u32 pause_left;
static u32 locks;		/* KEYBOARD_*_LOCK */
void (*keyboard_leds_hook)(u32 leds);

void keyboard_sink_set(const struct keyboard_sink *s)
{
	store_release(&sink, s);
}

u32 keyboard_locks(void)
{
	return READ_ONCE(locks);
}

void keyboard_set_locks(u32 v)
{
	WRITE_ONCE(locks, v & 7);
	if (keyboard_leds_hook)
		keyboard_leds_hook(v & 7);
}

static void send_text(const char *s)
{
	u8 buf[8] = { 0x1b };
	size_t n = strlen(s);

	memcpy(buf + 1, s, n);
	sink->bytes(buf, (u32)n + 1);
}

static void send_char(char c)
{
	u8 buf[2] = { 0x1b, (u8)c };

	if (mods & MOD_ALT)
		sink->bytes(buf, 2);
	else
		sink->bytes(buf + 1, 1);
}

static void cursor(const char *what)
{
	char s[3] = { sink->app_cursor() ? 'O' : '[', what[0] };

	send_text(what[0] == '[' ? what : s);
}

static u32 modifier_of(u8 code)
{
	switch (code) {
	case 0x2a: return is_extended ? 0 : MOD_SHIFT_L;	/* e0 2a: a made-up shift around Print Screen */
	case 0x36: return is_extended ? 0 : MOD_SHIFT_R;
	case 0x1d: return is_extended ? MOD_CTRL_R : MOD_CTRL_L;
	case 0x38: return is_extended ? MOD_ALT_R : MOD_ALT_L;
	default: return 0;
	}
}

static char control_of(char c)
{
	if (c == ' ' || c == '2' || c == '@')
		return 0;
	if (c == '/' || c == '7')
		return 0x1f;
	if (c == '8' || c == '?')
		return 0x7f;
	if (c >= '3' && c <= '6')
		return (char)(c - '3' + 0x1b);
	return c >= '@' && c <= '~' ? c & 0x1f : c;
}

static void character(u8 code)
{
	char c = (mods & MOD_SHIFT ? shifted : plain)[code];
	bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

	if (!c)
		return;
	if (is_letter && (locks & KEYBOARD_CAPS_LOCK))
		c ^= 0x20;
	if ((mods & MOD_CTRL) && code != 0x0e)
		c = control_of(c);
	send_char(c);
}

static void function(u32 n)
{
	if (mods & MOD_ALT)
		sink->switch_to(n + 1);
	else if (!(mods & MOD_SHIFT))
		send_text(function_key[n]);
	else if (shift_function_key[n])
		send_text(shift_function_key[n]);
}

static void keypad(u8 code)
{
	u32 i = code - 0x47u;

	if (code == CODE_DELETE && (mods & MOD_CTRL) && (mods & MOD_ALT)) {
		process_ctrl_alt_del();
		return;
	}
	if (is_extended && (mods & MOD_ALT) && (code == 0x4b || code == 0x4d)) {
		sink->switch_to(code == 0x4b ? 0 : ~0u);
		return;
	}
	if (!cursor_key[i] || (!is_extended && (locks & KEYBOARD_NUM_LOCK) && !(mods & MOD_SHIFT)))
		send_char(keypad_digit[i]);
	else
		cursor(cursor_key[i]);
}

static void lock_key(u8 code)
{
	u32 bit = code == CODE_CAPS ? KEYBOARD_CAPS_LOCK : code == CODE_NUM ? KEYBOARD_NUM_LOCK : KEYBOARD_SCROLL_LOCK;

	keyboard_set_locks(locks ^ bit);
}

static void press(u8 code)
{
	if (is_extended && code == 0x1c)
		send_char('\r');
	else if (is_extended && code == 0x35)
		send_char('/');
	else if (is_extended && code < 0x47)
		return;
	else if (code >= 0x3b && code <= 0x44)
		function(code - 0x3bu);
	else if (code == 0x57 || code == 0x58)
		function(code - 0x57u + 10);
	else if (code == CODE_CAPS || code == CODE_NUM || code == CODE_SCROLL)
		lock_key(code);
	else if (code >= 0x47 && code <= CODE_DELETE)
		keypad(code);
	else if (code < sizeof(plain))
		character(code);
}

void keyboard_scan_code(u8 code)
{
	u32 mode, mod;

	if (!load_acquire(&sink))
		return;
	mode = sink->mode();
	if (mode == KEYBOARD_RAW)
		sink->bytes(&code, 1);
	if (pause_left) {
		pause_left--;
		return;
	}
	if (code == 0xe0 || code == 0xe1) {
		is_extended = code == 0xe0;
		pause_left = code == 0xe1 ? 2 : 0;
		return;
	}
	mod = modifier_of(code & 0x7f);
	if (code & 0x80)
		mods &= ~mod;
	else if (mod)
		mods |= mod;
	else if (mode == KEYBOARD_XLATE || mode == KEYBOARD_UNICODE)
		press(code);
	is_extended = false;
}
