// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console: ConDrv's requests answered by the terminal itself, without a program that
 * draws. What is written goes to the terminal as UTF-8; attributes and positions become the
 * sequences that terminals know. Input modes are terminal settings, put back when the
 * process ends. Key records are made from the bytes that a terminal sends.
 *
 * Each process has its own struct nt_console for the terminal that it shares with
 * others. All its input and output handles refer to it.
 *
 * Locks: nt_console.lock around modes and the queue of records; never while it reads.
 */
#include "../console.h"

#include <tern/drivers/tty.h>
#include <tern/fs/pollwatch.h>
#include <tern/lib/fmt.h>
#include <tern/lib/utf16.h>
#include <uapi/fcntl.h>

#include "../conrec.h"
#include "../ps.h"

#define IN_PROCESSED	0x1u
#define IN_LINE		0x2u
#define IN_ECHO		0x4u
#define IN_VT		0x200u
#define IN_DEFAULT	0x1f7u
#define OUT_DEFAULT	0x3u
#define CODE_PAGE_UTF8	65001u
#define RECORDS		128u
#define WRITE_CHUNK	512u
#define READ_CHUNK	1024u
#define DEFAULT_COLUMNS	80
#define DEFAULT_LINES	25
#define ATTR_DEFAULT	7u

struct nt_console {
	refcount refs;
	s32 owner;			/* I process that puts the settings back */
	struct ofile *of;		/* I with a reference */
	struct tty *tty;		/* I of the file */
	struct kmutex lock;
	struct ktermios2_abi saved;	/* lock: settings to put back */
	bool is_changed;		/* lock */
	u32 in_mode, out_mode;		/* lock */
	u16 attr;			/* lock */
	u16 high;			/* lock: first half of a pair that was written */
	struct con_decoder decoder;	/* lock */
	struct con_record queue[RECORDS];	/* lock: ring */
	u32 head, tail;
};

/* A handle's part: its own watch of the terminal. */
struct con_handle {
	struct nt_console *c;
	struct nt_file *f;		/* borrowed */
	struct pollwatch watch;
	struct kmutex lock;		/* one arms at a time */
	bool is_armed;
};

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
	return STATUS_SUCCESS;
}

void nt_console_close(struct nt_file *f)
{
	struct con_handle *h = f->priv;

	if (h->is_armed && !pollwatch_cancel(&h->watch))
		pollwatch_disarm(&h->watch);
	console_put(h->c);
	kmem_free(h);
}

/* ---- readiness ---- */

static void set_signal(struct nt_file *f, bool on)
{
	u64 flags = spin_lock_irqsave(&f->ob.wq.lock);

	f->is_signaled = on;
	if (on)
		waitq_wake_locked(&f->ob.wq, 0, 0);
	spin_unlock_irqrestore(&f->ob.wq.lock, flags);
}

static void input_came(struct pollwatch *w)
{
	set_signal(container_of(w, struct con_handle, watch)->f, true);
}

void nt_console_watch(struct nt_file *f)
{
	struct con_handle *h = f->priv;
	int ready;

	kmutex_lock(&h->lock);
	if (h->is_armed && !pollwatch_cancel(&h->watch))
		pollwatch_disarm(&h->watch);
	set_signal(f, false);
	h->is_armed = true;
	ready = h->c->head != h->c->tail ? POLLIN :
		pollwatch_arm(&h->watch, f->of, POLLIN | POLLRDNORM, input_came);
	if (ready > 0) {
		h->is_armed = false;
		set_signal(f, true);
	} else if (ready < 0) {
		h->is_armed = false;
	}
	kmutex_unlock(&h->lock);
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

static ntstatus put_bytes(struct nt_console *c, const char *s, size_t n)
{
	loff_t pos = 0;

	while (n) {
		ssize_t k = ofile_write_kernel(c->of, s, n, &pos);

		if (k < 0)
			return nt_status_of(k);
		s += k;
		n -= k;
	}
	return STATUS_SUCCESS;
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
		s = put_bytes(c, out, k);
		text += n;
		bytes -= n * 2;
	}
	return s;
}

static void put_size(struct nt_console *c, u16 *columns, u16 *lines)
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

	put_size(c, &columns, &lines);
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
		NT_CHECK(put_bytes(c, seq, strlen(seq)));
	}
	if (a.mask & OUT_POSITION) {
		fmt_print(seq, sizeof(seq), "\033[%d;%dH", a.i.y + 1, a.i.x + 1);
		NT_CHECK(put_bytes(c, seq, strlen(seq)));
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
	put_size(c, &columns, &lines);
	if (!a.mode && a.ch == ' ' && !a.x && !a.y && a.count >= columns * lines)
		NT_CHECK(put_bytes(c, "\033[H\033[2J", 7));
	*used = sizeof(u32);
	return nt_put((u32)a.count, (u32 __user *)out);
}

static ntstatus set_title(struct nt_console *c, const u16 __user *text, u32 bytes)
{
	if (bytes > WRITE_CHUNK)
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(put_bytes(c, "\033]0;", 4));
	NT_CHECK(write_text(c, text, bytes));
	return put_bytes(c, "\a", 1);
}

/* ---- input ---- */

static bool line_mode(const struct nt_console *c)
{
	return READ_ONCE(c->in_mode) & IN_LINE;
}

/* Bytes of the terminal; LF becomes CR LF in line mode: half the room is asked for then. */
static ssize_t read_bytes(struct nt_console *c, char *buf, size_t room)
{
	bool is_line = line_mode(c);
	loff_t pos = 0;
	ssize_t n = ofile_read_kernel(c->of, buf, is_line && room > 1 ? room - 1 : room, &pos);

	if (n > 0 && is_line && buf[n - 1] == '\n' && (size_t)n < room) {
		buf[n - 1] = '\r';
		buf[n++] = '\n';
	}
	return n;
}

ssize_t nt_console_read(struct nt_file *f, struct uio *u)
{
	struct con_handle *h = f->priv;
	char buf[READ_CHUNK];
	ssize_t n = read_bytes(h->c, buf, min(u->resid, sizeof(buf)));

	if (n > 0 && uio_put(u, buf, n) != (size_t)n)
		return -EFAULT;
	return n;
}

static ntstatus read_text(struct nt_console *c, u16 __user *out, u32 room, u64 *used)
{
	char buf[READ_CHUNK];
	ssize_t n = read_bytes(c, buf, min(room / 2, (u32)sizeof(buf)));
	ntstatus s;
	u16 *text;
	u32 len;

	if (n < 0)
		return nt_status_of(n);
	text = nt_utf16(buf, n, &len);
	if (!text)
		return STATUS_NO_MEMORY;
	*used = len * 2UL;
	s = nt_copyout(out, text, *used);
	kmem_free(text);
	return s;
}

static void queue_record(struct nt_console *c, const struct con_record *r)
{
	if (c->tail - c->head < RECORDS)
		c->queue[c->tail++ % RECORDS] = *r;
}

static void emit_record(void *arg, const struct con_record *r)
{
	queue_record(arg, r);
}

void nt_console_resized(struct nt_process *p)
{
	struct nt_console *c = p->console;
	struct con_record r = { .type = CON_RECORD_SIZE };

	if (!c)
		return;
	put_size(c, &r.size.columns, &r.size.lines);
	kmutex_lock(&c->lock);
	queue_record(c, &r);
	kmutex_unlock(&c->lock);
}

/* Turn what the terminal has into records; waits for something if @wait. */
static ntstatus gather(struct nt_console *c, bool wait)
{
	u8 buf[64];
	loff_t pos = 0;
	ssize_t n;

	while (c->head == c->tail) {
		if (!wait && !(c->of->of_ops->poll(c->of, NULL) & POLLIN))
			break;
		n = ofile_read_kernel(c->of, buf, sizeof(buf), &pos);
		if (n < 0)
			return nt_status_of(n);
		if (!n)
			break;
		kmutex_lock(&c->lock);
		for (ssize_t i = 0; i < n; i++)
			con_decode(&c->decoder, buf[i], emit_record, c);
		con_decode_end(&c->decoder, emit_record, c);
		kmutex_unlock(&c->lock);
	}
	return STATUS_SUCCESS;
}

static ntstatus read_records(struct nt_console *c, struct con_record __user *out, u32 room, bool take,
			     u64 *used)
{
	u32 n = 0, most = room / sizeof(struct con_record);
	struct con_record r;

	/* While lines are edited, what was typed is not to be taken away by looking. */
	if (take || !line_mode(c))
		NT_CHECK(gather(c, take));
	for (; n < most; n++) {
		kmutex_lock(&c->lock);
		if (c->head + (take ? 0 : n) == c->tail) {
			kmutex_unlock(&c->lock);
			break;
		}
		r = c->queue[(c->head + (take ? 0 : n)) % RECORDS];
		if (take)
			c->head++;
		kmutex_unlock(&c->lock);
		NT_CHECK(nt_copyout(out + n, &r, sizeof(r)));
	}
	*used = n * sizeof(r);
	return STATUS_SUCCESS;
}

/* Programs inject records to end a read of their own. */
static ntstatus write_records(struct nt_file *f, const struct con_record __user *in, u32 len)
{
	struct con_handle *h = f->priv;
	struct con_record r;

	for (u32 i = 0; i < len / sizeof(r); i++) {
		NT_CHECK(nt_copyin(&r, in + i, sizeof(r)));
		kmutex_lock(&h->c->lock);
		queue_record(h->c, &r);
		kmutex_unlock(&h->c->lock);
	}
	set_signal(f, true);
	return STATUS_SUCCESS;
}

static ntstatus in_info(struct nt_console *c, void __user *out, u32 room, u64 *used)
{
	u32 i[3] = { CODE_PAGE_UTF8, CODE_PAGE_UTF8, 0 };

	if (!line_mode(c))
		(void)gather(c, false);
	i[2] = c->tail - c->head;
	if (!i[2] && (c->of->of_ops->poll(c->of, NULL) & POLLIN))
		i[2] = 1;
	*used = min(room, (u32)sizeof(i));
	return nt_copyout(out, i, *used);
}

static ntstatus flush_input(struct nt_console *c)
{
	kmutex_lock(&c->lock);
	c->head = c->tail;
	kmutex_unlock(&c->lock);
	return STATUS_SUCCESS;
}

/* ---- requests ---- */

enum {
	CON_GET_MODE = 0x504000, CON_SET_MODE = 0x508004, CON_IS_UNIX = 0x500008, CON_READ = 0x504028,
	CON_READ_FILE = 0x50402c, CON_READ_INPUT = 0x504030, CON_WRITE_INPUT = 0x508034, CON_PEEK = 0x504038,
	CON_INPUT_INFO = 0x50403c, CON_SET_INPUT_INFO = 0x508040, CON_GET_TITLE = 0x504044,
	CON_SET_TITLE = 0x508048, CON_CTRL_EVENT = 0x50004c, CON_BEEP = 0x500050, CON_FLUSH = 0x500054,
	CON_GET_WINDOW = 0x500058, CON_PROCESSES = 0x50005c, CON_READ_CONTROL = 0x504060,
	CON_WRITE = 0x508078, CON_WRITE_FILE = 0x50807c, CON_OUTPUT_INFO = 0x504088,
	CON_SET_OUTPUT_INFO = 0x50808c, CON_ACTIVATE = 0x508090, CON_FILL = 0x508094,
};

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

static ntstatus input_ioctl(struct nt_console *c, struct nt_file *f, u32 code, const void __user *in,
			    u32 in_len, void __user *out, u32 room, u64 *used)
{
	switch (code) {
	case CON_READ:
	case CON_READ_CONTROL:
		return read_text(c, out, room, used);
	case CON_READ_INPUT:
		return read_records(c, out, room, true, used);
	case CON_PEEK:
		return read_records(c, out, room, false, used);
	case CON_WRITE_INPUT:
		return write_records(f, in, in_len);
	case CON_INPUT_INFO:
		return in_info(c, out, room, used);
	case CON_SET_INPUT_INFO:
		return STATUS_SUCCESS;	/* the code page is UTF-8, whatever is asked for */
	case CON_FLUSH:
		return flush_input(c);
	}
	return STATUS_NOT_SUPPORTED;
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
		return STATUS_SUCCESS;
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
		return put_bytes(c, "\a", 1);
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
		return input_ioctl(c, f, code, in, in_len, out, room, used);
	/* The console itself stands for both where a request can only mean one. */
	if (code == CON_INPUT_INFO || code == CON_SET_INPUT_INFO)
		return input_ioctl(c, f, code, in, in_len, out, room, used);
	return code == CON_OUTPUT_INFO || code == CON_SET_OUTPUT_INFO ?
	       output_ioctl(c, code, in, in_len, out, room, used) : STATUS_NOT_SUPPORTED;
}
