// SPDX-License-Identifier: GPL-2.0-only
/*
 * Input of the console. A read of lines gets what the terminal's own line editing gives; a
 * read of records gets keys made from the bytes that a terminal sends. Records that programs
 * inject stand in the same queue and end either kind of read.
 *
 * A handle is signaled while there is something to read: nt_console_watch() looks before each
 * wait, the terminal's poll callback and every new record set it.
 *
 * Locks: con_handle.lock, or nt_console.lock, then the file object's W.
 */
#include <tern/lib/utf16.h>
#include <uapi/fcntl.h>

#include "../ps.h"
#include "console_impl.h"

#define READ_CHUNK	1024u

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

/* ---- input ---- */

static bool line_mode(const struct nt_console *c)
{
	return READ_ONCE(c->in_mode) & IN_LINE;
}

static bool has_record(const struct nt_console *c)
{
	return READ_ONCE(c->head) != READ_ONCE(c->tail);
}

/*
 * Keys that are records already (typed before lines were edited, or put there by a program to end a
 * read): their characters into @buf. Return: how many bytes; *is_line: Enter was among them.
 */
static size_t typed_before(struct nt_console *c, char *buf, size_t room, bool *is_line)
{
	u8 *p = (u8 *)buf;

	*is_line = false;
	kmutex_lock(&c->lock);
	while (c->head != c->tail && !*is_line && p + 4 <= (u8 *)buf + room) {
		const struct con_record *r = &c->queue[c->head++ % RECORDS];

		if (r->type != CON_RECORD_KEY || !r->k.is_down || !r->k.character)
			continue;
		*is_line = r->k.character == '\r';
		p += utf8_put(p, r->k.character);
		if (*is_line)
			*p++ = '\n';
	}
	kmutex_unlock(&c->lock);
	return p - (u8 *)buf;
}

/* Wait until the terminal or the queue of records has something. */
static int wait_for_input(struct nt_file *f)
{
	struct nt_console *c = ((struct con_handle *)f->priv)->c;
	struct nt_object *o = &f->ob;
	int err = ctty_check_read(c->tty);
	ntstatus s;

	if (err)
		return err;
	s = nt_wait(&o, 1, false, false, WAIT_FOREVER);
	return s == STATUS_SUCCESS ? 0 : s == STATUS_NO_MEMORY ? -ENOMEM : -ERESTARTSYS;
}

/*
 * A line, LF as CR LF. Records that come while it waits are part of it, so that a program can end
 * another thread's read by injecting Enter.
 */
static ssize_t read_line(struct nt_file *f, char *buf, size_t room)
{
	struct nt_console *c = ((struct con_handle *)f->priv)->c;
	size_t have = 0;
	loff_t pos = 0;
	bool is_line;
	ssize_t n;

	for (;;) {
		have += typed_before(c, buf + have, room - have, &is_line);
		if (is_line || (have && room - have < 4))
			return have;
		n = wait_for_input(f);
		if (n)
			return have ? (ssize_t)have : n;
		if (!has_record(c))
			break;
	}
	n = ofile_read_kernel(c->of, buf + have, room - have > 1 ? room - have - 1 : room - have, &pos);
	if (n < 0)
		return have ? (ssize_t)have : n;
	if (READ_ONCE(c->in_mode) & IN_ECHO)
		con_echoed(c, buf + have, n);
	n += have;
	if (n && buf[n - 1] == '\n' && (size_t)n < room) {
		buf[n - 1] = '\r';
		buf[n++] = '\n';
	}
	return n;
}

static ssize_t read_bytes(struct nt_file *f, char *buf, size_t room)
{
	struct nt_console *c = ((struct con_handle *)f->priv)->c;
	loff_t pos = 0;

	return line_mode(c) ? read_line(f, buf, room) : ofile_read_kernel(c->of, buf, room, &pos);
}

ssize_t nt_console_read(struct nt_file *f, struct uio *u)
{
	char buf[READ_CHUNK];
	ssize_t n = read_bytes(f, buf, min(u->resid, sizeof(buf)));

	if (n > 0 && uio_put(u, buf, n) != (size_t)n)
		return -EFAULT;
	return n;
}

static ntstatus read_text(struct nt_file *f, u16 __user *out, u32 room, u64 *used)
{
	char buf[READ_CHUNK];
	ssize_t n = read_bytes(f, buf, min(room / 2, (u32)sizeof(buf)));
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

/* Who waits at any handle looks again. c->lock held. */
static void wake_readers(struct nt_console *c)
{
	struct con_handle *h;

	list_foreach(h, &c->handles, link)
		set_signal(h->f, true);
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
	con_put_size(c, &r.size.columns, &r.size.lines);
	kmutex_lock(&c->lock);
	queue_record(c, &r);
	wake_readers(c);
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
		wake_readers(h->c);
		kmutex_unlock(&h->c->lock);
	}
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

/* {mask, input code page, output code page, count}: UTF-8 is the one there is. */
static ntstatus set_input_info(const void __user *in, u32 len)
{
	u32 a[4];

	if (len < sizeof(a))
		return STATUS_INVALID_PARAMETER;
	NT_CHECK(nt_copyin(a, in, sizeof(a)));
	if (((a[0] & 1) && a[1] != CODE_PAGE_UTF8) || ((a[0] & 2) && a[2] != CODE_PAGE_UTF8))
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

ntstatus con_input_ioctl(struct nt_console *c, struct nt_file *f, u32 code, const void __user *in, u32 in_len,
			 void __user *out, u32 room, u64 *used)
{
	switch (code) {
	case CON_READ:
	case CON_READ_CONTROL:
		return read_text(f, out, room, used);
	case CON_READ_INPUT:
		return read_records(c, out, room, true, used);
	case CON_PEEK:
		return read_records(c, out, room, false, used);
	case CON_WRITE_INPUT:
		return write_records(f, in, in_len);
	case CON_INPUT_INFO:
		return in_info(c, out, room, used);
	case CON_SET_INPUT_INFO:
		return set_input_info(in, in_len);
	case CON_FLUSH:
		return flush_input(c);
	}
	return STATUS_NOT_SUPPORTED;
}
