// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console: ConDrv's requests answered by the terminal itself, without a program that
 * draws. What is written goes to the terminal as UTF-8; attributes and positions become the
 * sequences that terminals know. Input modes are terminal settings, put back when the
 * process ends. Input is in io/conin.c.
 *
 * Each process has its own struct nt_console for the terminal that it shares with
 * others. All its input and output handles refer to it.
 *
 * There is one screen buffer. Text is UTF-8 on both sides: other code pages are refused.
 *
 * Locks: nt_console.lock around modes and the queue of records; never while it reads.
 */
#include "../console.h"

#include <tern/lib/fmt.h>
#include <tern/lib/utf16.h>
#include <uapi/fcntl.h>

#include "../ps.h"
#include "console_impl.h"

#define IN_DEFAULT	0x1f7u
#define OUT_DEFAULT	0x3u
#define WRITE_CHUNK	512u
#define DEFAULT_COLUMNS	80
#define DEFAULT_LINES	25
#define ATTR_DEFAULT	7u

/* ---- life ---- */

static void console_put(struct nt_console *c)
{
	if (!ref_put(&c->refs))
		return;
	ofile_put(c->of);
	kmem_free(c);
}

/* A descriptor that is a terminal open both ways, else the controlling one. */
static struct ofile *find_terminal(void)
{
	struct tty *t;

	for (int fd = 0; fd < 3; fd++) {
		struct ofile *f = fd_get(fd);

		if (IS_ERR(f))
			continue;
		if (f->of_ops == &tty_fops && (f->of_mode & OFILE_READ) && (f->of_mode & OFILE_WRITE))
			return f;
		ofile_put(f);
	}
	t = tty_self();
	if (!t)
		return NULL;
	tty_put(t);
	return ofile_open_kernel("/dev/tty", O_RDWR | O_NOCTTY, 0);
}

ntstatus nt_console_attach(struct nt_process *p, u64 *handle)
{
	struct ofile *of = find_terminal();
	struct nt_console *c;
	struct nt_file *f;
	ntstatus s;

	*handle = 0;
	if (IS_ERR_OR_NULL(of))
		return STATUS_SUCCESS;
	c = of->of_ops == &tty_fops ? kmem_zalloc(sizeof(*c), ALLOC_KERNEL) : NULL;
	if (!c) {
		ofile_put(of);
		return STATUS_SUCCESS;
	}
	ref_init(&c->refs, 1);
	c->owner = p->pid;
	kmutex_init(&c->lock, LOCKRANK_PERSONA);
	c->of = of;
	c->tty = tty_of(of);
	c->in_mode = IN_DEFAULT;
	c->out_mode = OUT_DEFAULT;
	c->attr = ATTR_DEFAULT;
	list_init(&c->handles);
	p->console = c;
	NT_CHECK(nt_console_open(NT_CONSOLE_CONTROL, 0x12019f, FILE_SYNCHRONOUS_NONALERT, &f));
	s = nt_handle_add(&f->ob, 0x12019f, OBJ_INHERIT, handle);
	nt_file_put(f);
	return s;
}

void nt_console_share(struct nt_process *parent, struct nt_process *child)
{
	if (!parent->console)
		return;
	ref_get(&parent->console->refs);
	child->console = parent->console;
}

bool nt_console_is(struct nt_process *p, struct ofile *of)
{
	return p->console && of->of_ops == &tty_fops && tty_of(of) == p->console->tty;
}

void nt_console_leave(struct nt_process *p)
{
	struct nt_console *c = p->console;

	if (!c)
		return;
	kmutex_lock(&c->lock);
	if (c->is_changed && c->owner == p->pid) {
		(void)tty_set_settings(c->tty, &c->saved);
		c->is_changed = false;
	}
	kmutex_unlock(&c->lock);
	p->console = NULL;
	console_put(c);
}

ntstatus nt_console_open(enum nt_console_role role, u32 access, u32 options, struct nt_file **out)
{
	struct nt_console *c = nt_process_self()->console;
	struct con_handle *h;

	if (!c)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	h = kmem_zalloc(sizeof(*h), ALLOC_KERNEL);
	*out = h ? nt_file_alloc(NT_FILE_CONSOLE, c->of, access | 0x3, options | FILE_SYNCHRONOUS_NONALERT) : NULL;
	if (!*out) {
		kmem_free(h);
		return STATUS_NO_MEMORY;
	}
	ref_get(&c->refs);
	h->c = c;
	h->f = *out;
	h->watch = (struct pollwatch)POLLWATCH_IDLE;
	kmutex_init(&h->lock, LOCKRANK_PERSONA);
	(*out)->role = role;
	(*out)->priv = h;
	kmutex_lock(&c->lock);
	list_add_tail(&h->link, &c->handles);
	kmutex_unlock(&c->lock);
	return STATUS_SUCCESS;
}

void nt_console_close(struct nt_file *f)
{
	struct con_handle *h = f->priv;

	if (h->is_armed && !pollwatch_cancel(&h->watch))
		pollwatch_disarm(&h->watch);
	kmutex_lock(&h->c->lock);
	list_del(&h->link);
	kmutex_unlock(&h->c->lock);
	console_put(h->c);
	kmem_free(h);
}

/* ---- modes ---- */

static void in_mode_to_settings(u32 mode, const struct ktermios2_abi *saved, struct ktermios2_abi *t)
{
	*t = *saved;
	t->c_lflag &= ~(ISIG | ICANON | ECHO);
	if (mode & IN_PROCESSED)
		t->c_lflag |= ISIG;
	if (mode & IN_LINE)
		t->c_lflag |= ICANON;
	else
		t->c_iflag &= ~(u32)ICRNL;
	if (mode & IN_ECHO)
		t->c_lflag |= ECHO;
}

static ntstatus set_mode(struct nt_console *c, const struct nt_file *f, u32 mode)
{
	struct ktermios2_abi t;
	int err;

	if (f->role != NT_CONSOLE_INPUT) {
		c->out_mode = mode;
		return STATUS_SUCCESS;
	}
	kmutex_lock(&c->lock);
	if (!c->is_changed)
		tty_get_settings(c->tty, &c->saved);
	c->is_changed = true;
	c->in_mode = mode;
	c->decoder.is_vt = mode & IN_VT;
	in_mode_to_settings(mode, &c->saved, &t);
	err = tty_set_settings(c->tty, &t);
	kmutex_unlock(&c->lock);
	return nt_status_of(err);
}

/* ---- output ---- */

void con_echoed(struct nt_console *c, const char *s, size_t n)
{
	u16 columns, lines;

	con_put_size(c, &columns, &lines);
	kmutex_lock(&c->lock);
	con_track_size(&c->cursor, columns, lines);
	con_track(&c->cursor, s, n);
	kmutex_unlock(&c->lock);
}

/* Bytes written before something came in between; -errno if none. */
static ssize_t put_some(struct nt_console *c, const char *s, size_t n)
{
	size_t done = 0;
	loff_t pos = 0;

	while (done < n) {
		ssize_t k = ofile_write_kernel(c->of, s + done, n - done, &pos);

		if (k < 0)
			return done ? (ssize_t)done : k;
		con_echoed(c, s + done, k);
		done += k;
	}
	return done;
}

ntstatus con_put_bytes(struct nt_console *c, const char *s, size_t n)
{
	while (n) {
		ssize_t k = put_some(c, s, n);

		if (k < 0)
			return nt_status_of(k);
		s += k;
		n -= k;
	}
	return STATUS_SUCCESS;
}

ssize_t nt_console_write(struct nt_file *f, struct uio *u)
{
	struct nt_console *c = ((struct con_handle *)f->priv)->c;
	char buf[WRITE_CHUNK];
	size_t done = 0;
	ssize_t k;

	while (u->resid) {
		size_t n = min(u->resid, sizeof(buf));

		if (uio_get(u, buf, n) != n)
			return done ? (ssize_t)done : -EFAULT;
		k = put_some(c, buf, n);
		if (k < 0)
			return done ? (ssize_t)done : k;
		done += k;
		if ((size_t)k < n)
			break;
	}
	return done;
}

/* UTF-16 to UTF-8; a pair may be split between two calls. */
static u32 encode(struct nt_console *c, const u16 *in, u32 n, char *out)
{
	u8 *p = (u8 *)out;

	for (u32 i = 0; i < n; i++) {
		u32 cp = in[i];

		if ((cp & 0xfc00) == 0xd800) {
			c->high = (u16)cp;
			continue;
		}
		if ((cp & 0xfc00) == 0xdc00) {
			cp = c->high ? 0x10000 + ((c->high & 0x3ffU) << 10) + (cp & 0x3ff) : UTF_REPLACEMENT;
			c->high = 0;
		}
		p += utf8_put(p, cp);
	}
	return p - (u8 *)out;
}

static ntstatus write_text(struct nt_console *c, const u16 __user *text, u32 bytes)
{
	char out[WRITE_CHUNK * 2];
	u16 in[WRITE_CHUNK / 2];
	ntstatus s = STATUS_SUCCESS;

	while (bytes >= 2 && !s) {
		u32 n = min(bytes / 2, (u32)ARRAY_SIZE(in)), k;

		NT_CHECK(nt_copyin(in, text, n * 2UL));
		kmutex_lock(&c->lock);
		k = encode(c, in, n, out);
		kmutex_unlock(&c->lock);
		s = con_put_bytes(c, out, k);
		text += n;
		bytes -= n * 2;
	}
	return s;
}

void con_put_size(struct nt_console *c, u16 *columns, u16 *lines)
{
	kmutex_lock(&c->tty->lock);
	*columns = c->tty->winsize.ws_col;
	*lines = c->tty->winsize.ws_row;
	kmutex_unlock(&c->tty->lock);
	if (!*columns || !*lines) {
		*columns = DEFAULT_COLUMNS;
		*lines = DEFAULT_LINES;
	}
}

/* What is told of an output; colours as terminals commonly have them. */
struct out_info {
	s16 cursor_size, cursor_visible, x, y, width, height, attr, popup_attr;
	s16 left, top, right, bottom, max_width, max_height, font_width, font_height, font_weight, font_family;
	u32 colours[16];
};
static_assert(sizeof(struct out_info) == 100, "ABI");

static ntstatus get_out_info(struct nt_console *c, void __user *out, u32 room, u64 *used)
{
	static const u32 colours[16] = {
		0x000000, 0x800000, 0x008000, 0x808000, 0x000080, 0x800080, 0x008080, 0xc0c0c0,
		0x808080, 0xff0000, 0x00ff00, 0xffff00, 0x0000ff, 0xff00ff, 0x00ffff, 0xffffff,
	};
	struct out_info i = { .cursor_size = 25, .cursor_visible = 1, .font_width = 8, .font_height = 16,
			      .font_weight = 400 };
	u16 columns, lines;

	con_put_size(c, &columns, &lines);
	kmutex_lock(&c->lock);
	con_track_size(&c->cursor, columns, lines);
	i.x = (s16)min(c->cursor.x, columns - 1);
	i.y = (s16)c->cursor.y;
	kmutex_unlock(&c->lock);
	i.width = i.max_width = (s16)columns;
	i.height = i.max_height = (s16)lines;
	i.right = (s16)(columns - 1);
	i.bottom = (s16)(lines - 1);
	i.attr = i.popup_attr = (s16)c->attr;
	memcpy(i.colours, colours, sizeof(colours));
	*used = min(room, (u32)sizeof(i));
	return nt_copyout(out, &i, *used);
}

/* Windows' bits are blue 1, green 2, red 4, bright 8; terminals count red 1, green 2, blue 4. */
static u32 colour_of(u32 attr)
{
	return (attr & 2) | (attr & 1) << 2 | (attr & 4) >> 2;
}

#define OUT_POSITION	0x2u
#define OUT_ATTR	0x8u

static ntstatus set_out_info(struct nt_console *c, const void __user *in, u32 len)
{
	struct { u32 mask; struct out_info i; } a;
	char seq[48];
	size_t n;
	u32 at;

	if (len < sizeof(a))
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(nt_copyin(&a, in, sizeof(a)));
	if (a.mask & OUT_ATTR) {
		at = (u16)a.i.attr;
		c->attr = (u16)at;
		if (at == ATTR_DEFAULT)
			strlcpy(seq, "\033[m", sizeof(seq));
		else
			fmt_print(seq, sizeof(seq), "\033[0;%u;%um", (at & 8 ? 90 : 30) + colour_of(at),
				  (at & 0x80 ? 100 : 40) + colour_of(at >> 4));
		NT_CHECK(con_put_bytes(c, seq, strlen(seq)));
	}
	if (a.mask & OUT_POSITION) {
		kmutex_lock(&c->lock);
		n = con_track_move(&c->cursor, a.i.x, a.i.y, seq, sizeof(seq));
		kmutex_unlock(&c->lock);
		NT_CHECK(con_put_bytes(c, seq, n));
	}
	return STATUS_SUCCESS;
}

/* {x, y, mode, count, wrap, character, attribute}: blanks over the whole screen clear it. */
static ntstatus fill_output(struct nt_console *c, const void __user *in, u32 len, void __user *out, u64 *used)
{
	struct { s32 x, y, mode, count; u32 wrap; u16 ch, attr; } a;
	u16 columns, lines;

	if (len < sizeof(a))
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(nt_copyin(&a, in, sizeof(a)));
	con_put_size(c, &columns, &lines);
	if (!a.mode && a.ch == ' ' && !a.x && !a.y && a.count >= columns * lines)
		NT_CHECK(con_put_bytes(c, "\033[H\033[2J", 7));
	*used = sizeof(u32);
	return nt_put((u32)a.count, (u32 __user *)out);
}

static ntstatus set_title(struct nt_console *c, const u16 __user *text, u32 bytes)
{
	if (bytes > WRITE_CHUNK)
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(con_put_bytes(c, "\033]0;", 4));
	NT_CHECK(write_text(c, text, bytes));
	return con_put_bytes(c, "\a", 1);
}

/* ---- requests ---- */

/* {event, group}: group 0 is everybody at this console. */
static ntstatus ctrl_event(const void __user *in, u32 len)
{
	u32 a[2];
	int sig;

	if (len < sizeof(a))
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(nt_copyin(a, in, sizeof(a)));
	sig = a[0] == 0 ? SIGINT : a[0] == 1 ? SIGQUIT : 0;
	if (!sig)
		return STATUS_INVALID_PARAMETER;
	return nt_status_of(signal_send_pgrp(process_self()->p_pgrp, sig, NULL));
}

static ntstatus output_ioctl(struct nt_console *c, u32 code, const void __user *in, u32 in_len,
			     void __user *out, u32 room, u64 *used)
{
	switch (code) {
	case CON_WRITE:
		*used = in_len;
		return write_text(c, in, in_len);
	case CON_OUTPUT_INFO:
		return get_out_info(c, out, room, used);
	case CON_SET_OUTPUT_INFO:
		return set_out_info(c, in, in_len);
	case CON_ACTIVATE:
		return STATUS_SUCCESS;	/* the only one is */
	case CON_FILL:
		return fill_output(c, in, in_len, out, used);
	}
	return STATUS_NOT_SUPPORTED;
}

ntstatus nt_console_ioctl(struct nt_file *f, u32 code, const void __user *in, u32 in_len,
			  void __user *out, u32 room, u64 *used)
{
	struct nt_console *c = ((struct con_handle *)f->priv)->c;
	u32 word;

	switch (code) {
	case CON_GET_MODE:
		if (f->role == NT_CONSOLE_CONTROL || room < sizeof(word))
			return STATUS_INVALID_PARAMETER;
		*used = sizeof(word);
		return nt_put(f->role == NT_CONSOLE_INPUT ? c->in_mode : c->out_mode, (u32 __user *)out);
	case CON_SET_MODE:
		NT_CHECK(nt_copyin(&word, in, sizeof(word)));
		return set_mode(c, f, word);
	case CON_IS_UNIX:
		return STATUS_SUCCESS;
	case CON_SET_TITLE:
		return set_title(c, in, in_len);
	case CON_GET_TITLE:
		*used = sizeof(word);
		return nt_put(0u, (u32 __user *)out);
	case CON_BEEP:
		return con_put_bytes(c, "\a", 1);
	case CON_CTRL_EVENT:
		return ctrl_event(in, in_len);
	case CON_GET_WINDOW:
		*used = sizeof(word);
		return nt_put(0u, (u32 __user *)out);
	case CON_PROCESSES:
		*used = sizeof(word);
		return nt_put((u32)nt_id(nt_process_self()->pid), (u32 __user *)out);
	}
	if (f->role == NT_CONSOLE_OUTPUT)
		return output_ioctl(c, code, in, in_len, out, room, used);
	if (f->role == NT_CONSOLE_INPUT)
		return con_input_ioctl(c, f, code, in, in_len, out, room, used);
	/* The console itself stands for both where a request can only mean one. */
	if (code == CON_INPUT_INFO || code == CON_SET_INPUT_INFO)
		return con_input_ioctl(c, f, code, in, in_len, out, room, used);
	return code == CON_OUTPUT_INFO || code == CON_SET_OUTPUT_INFO ?
	       output_ioctl(c, code, in, in_len, out, room, used) : STATUS_NOT_SUPPORTED;
}
