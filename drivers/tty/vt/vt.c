// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual terminals: tty1 to tty63 on one screen and one keyboard.
 *
 * Output goes through the terminal's emulator (vtemu.c) at once; drawing is a
 * work item's, which shows only cells that differ from what was drawn last. So
 * a program that prints much is not slowed down by the screen, and scrolling
 * never reads from it. The kernel log, which may come from any context, draws
 * at once instead.
 *
 * A terminal is made when it is first opened and stays. One is in front: it is
 * drawn and gets the keys; /dev/tty0 stands for it.
 *
 * Lock order: tty_lock > vt_lock. Nothing is called under vt_lock that could
 * log, wake or sleep; answers of the emulator are kept and sent after it.
 */
#include "vt_impl.h"

#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/drivers/classdev.h>
#include <tern/drivers/keyboard.h>
#include <tern/fs/chardev.h>
#include <tern/fs/devtmpfs.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#include "../console_impl.h"

#define VT_MAJOR	4
#define CHUNK		256u	/* bytes emulated with interrupts off */

struct spin vt_lock = SPIN_INIT(LOCKRANK_CONSOLE);
static struct kmutex make_lock = KMUTEX_INIT(make_lock, LOCKRANK_MODULE);	/* protects vts against change */
static struct vt *vts[VT_MAX + 1];
static struct screen *screen;		/* I */
static struct vtcell *drawn;		/* V what the screen shows; cp 0: unknown */
static u32 front;			/* V */
static u32 last_front;			/* V */
static struct waitq front_wait = WAITQ_INIT(front_wait);

/* ---- drawing ---- */

static struct vtcell shown_cell(const struct vtemu *e, u32 x, u32 y)
{
	struct vtcell c = vtemu_row(e, y)[x];
	bool is_cursor = e->cursor_on && x == e->x && y == e->y;

	if (!!(c.attr & VTA_REVERSE) ^ e->reverse_screen ^ is_cursor) {
		u8 fg = c.fg;

		c.fg = c.bg;
		c.bg = fg;
		c.attr &= (u8)~VTA_BOLD;
	}
	c.attr &= (u8)~VTA_REVERSE;
	return c;
}

/* vt_lock held. */
static void draw_row(const struct vtemu *e, u32 y)
{
	struct vtcell *old = drawn + (size_t)y * screen->cols;

	for (u32 x = 0; x < e->cols; x++) {
		struct vtcell c = shown_cell(e, x, y);

		if (memcmp(&c, &old[x], sizeof(c))) {
			old[x] = c;
			screen->draw(screen, x, y, &c, 1);
		}
	}
}

static bool is_drawable(const struct vt *v)
{
	return v && v->n == front && v->kd_mode == 0;
}

/* vt_lock held. The next row that changed is drawn; false if there was none. */
static bool draw_next(struct vt *v)
{
	for (u32 y = 0; y < v->emu.rows; y++) {
		if (v->emu.dirty[y / 64] >> (y % 64) & 1) {
			v->emu.dirty[y / 64] &= ~(1UL << (y % 64));
			draw_row(&v->emu, y);
			return true;
		}
	}
	return false;
}

static void draw_work(struct workitem *w)
{
	bool more;

	do {
		u64 flags = spin_lock_irqsave(&vt_lock);
		struct vt *v = vts[front];

		more = is_drawable(v) && draw_next(v);
		spin_unlock_irqrestore(&vt_lock, flags);
	} while (more);
}
static struct workitem drawer = WORKITEM_INIT(draw_work);

void vt_redraw(void)
{
	u64 flags = spin_lock_irqsave(&vt_lock);

	memset(drawn, 0, (size_t)screen->cols * screen->rows * sizeof(*drawn));
	vtemu_touch_all(&vts[front]->emu);
	spin_unlock_irqrestore(&vt_lock, flags);
	workpool_queue(workpool_system, &drawer);
}

/* ---- which one is in front ---- */

u32 vt_front(void)
{
	return READ_ONCE(front);
}

struct vt *vt_find(u32 n)
{
	return n <= VT_MAX ? load_acquire(&vts[n]) : NULL;
}

static void switch_work(struct workitem *w)
{
	waitq_wake_all(&front_wait);
	draw_work(w);
}
static struct workitem switcher = WORKITEM_INIT(switch_work);

int vt_switch(u32 n)
{
	u64 flags;

	if (!n || !vt_find(n))
		return -ENXIO;
	flags = spin_lock_irqsave(&vt_lock);
	if (n != front) {
		last_front = front;
		front = n;
		vtemu_touch_all(&vts[n]->emu);
	}
	spin_unlock_irqrestore(&vt_lock, flags);
	workpool_queue(workpool_system, &switcher);
	return 0;
}

int vt_wait_front(u32 n)
{
	return waitq_wait_intr(&front_wait, READ_ONCE(front) == n);
}

/* ---- terminal operations ---- */

static int vt_open(struct tty *t, struct ofile *f)
{
	return 0;
}

static void vt_close(struct tty *t, struct ofile *f)
{
}

static void take_reply(void *ctx, const char *s, u32 n)
{
	struct vt *v = ctx;

	n = min_t(u32, n, VT_REPLY_MAX - v->nreply);
	memcpy(v->reply + v->nreply, s, n);
	v->nreply += n;
}

static size_t vt_write(struct tty *t, const u8 *buf, size_t n)
{
	struct vt *v = t->priv;
	u8 reply[VT_REPLY_MAX];
	size_t done = 0;

	if (READ_ONCE(v->is_stopped))
		return 0;
	while (done < n) {
		size_t now = min_t(size_t, n - done, CHUNK);
		u64 flags = spin_lock_irqsave(&vt_lock);
		u32 nreply;

		vtemu_write(&v->emu, buf + done, now);
		nreply = v->nreply;
		memcpy(reply, v->reply, nreply);
		v->nreply = 0;
		spin_unlock_irqrestore(&vt_lock, flags);
		if (nreply)
			tty_input(t, reply, nreply);
		done += now;
	}
	if (v->n == vt_front())
		workpool_queue(workpool_system, &drawer);
	return done;
}

static size_t vt_write_room(struct tty *t)
{
	struct vt *v = t->priv;

	return READ_ONCE(v->is_stopped) ? 0 : 4096;
}

static size_t vt_chars_queued(struct tty *t)
{
	return 0;
}

static void vt_set_termios(struct tty *t, const struct ktermios2_abi *old)
{
}

static void vt_nothing(struct tty *t)
{
}

static void vt_stop(struct tty *t)
{
	struct vt *v = t->priv;

	WRITE_ONCE(v->is_stopped, true);
}

static void vt_start(struct tty *t)
{
	struct vt *v = t->priv;

	WRITE_ONCE(v->is_stopped, false);
	tty_output_ready(t);
}

static int vt_set_break(struct tty *t, bool on)
{
	return -ENOTTY;
}

static int vt_modem_get(struct tty *t)
{
	return -ENOTTY;
}

static int vt_modem_set(struct tty *t, u32 set, u32 clear)
{
	return -ENOTTY;
}

static void vt_destroy(struct tty *t)
{
	BUG();		/* a virtual terminal stays */
}

static const struct tty_ops vt_ops = {
	.open = vt_open,
	.close = vt_close,
	.write = vt_write,
	.write_room = vt_write_room,
	.chars_queued = vt_chars_queued,
	.set_termios = vt_set_termios,
	.flush_output = vt_nothing,
	.stop = vt_stop,
	.start = vt_start,
	.unthrottle = vt_nothing,
	.hangup = vt_nothing,
	.set_break = vt_set_break,
	.modem_get = vt_modem_get,
	.modem_set = vt_modem_set,
	.ioctl = vt_ioctl,
	.destroy = vt_destroy,
};

/* ---- making one ---- */

static struct vt *vt_make(u32 n)
{
	struct vt *v = kmem_zalloc(sizeof(*v), ALLOC_KERNEL);
	char name[8];

	if (!v)
		return NULL;
	fmt_print(name, sizeof(name), "tty%u", n);
	v->mem = kmem_alloc_large(vtemu_size(screen->cols, screen->rows), ALLOC_KERNEL);
	v->tty = tty_create(&vt_ops, v, DEV_MAKE(VT_MAJOR, n), name);
	if (!v->mem || !v->tty) {
		kmem_free_large(v->mem);
		tty_free(v->tty);
		kmem_free(v);
		return NULL;
	}
	v->n = n;
	v->kb_mode = KEYBOARD_UNICODE;
	vtemu_init(&v->emu, screen->cols, screen->rows, v->mem);
	v->emu.reply = take_reply;
	v->emu.ctx = v;
	v->tty->winsize.ws_col = (u16)screen->cols;
	v->tty->winsize.ws_row = (u16)screen->rows;
	v->tty->tio.c_iflag |= IUTF8;
	tty_registry_add(v->tty);
	return v;
}

struct vt *vt_get(u32 n)
{
	struct vt *v;

	if (!n || n > VT_MAX)
		return ERR_PTR(-ENXIO);
	kmutex_lock(&make_lock);
	v = vts[n];
	if (!v) {
		v = vt_make(n);
		store_release(&vts[n], v);
	}
	kmutex_unlock(&make_lock);
	return v ? v : ERR_PTR(-ENOMEM);
}

/* ---- the keyboard's side ---- */

static void key_bytes(const u8 *buf, u32 n)
{
	tty_input(vts[vt_front()]->tty, buf, n);
}

/* Next or previous one that exists. */
static u32 neighbour(u32 from, u32 step)
{
	u32 n = from;

	do {
		n = (n + step - 1) % VT_MAX + 1;
	} while (!vt_find(n));
	return n;
}

static void key_switch(u32 n)
{
	vt_switch(n == 0 ? neighbour(vt_front(), VT_MAX - 1) : n == ~0u ? neighbour(vt_front(), 1) : n);
}

static u32 key_mode(void)
{
	return vts[vt_front()]->kb_mode;
}

static bool key_app_cursor(void)
{
	return READ_ONCE(vts[vt_front()]->emu.app_cursor);
}

static bool key_app_keypad(void)
{
	return READ_ONCE(vts[vt_front()]->emu.app_keypad);
}

static const struct keyboard_sink sink = {
	.bytes = key_bytes,
	.switch_to = key_switch,
	.mode = key_mode,
	.app_cursor = key_app_cursor,
	.app_keypad = key_app_keypad,
};

/* ---- kernel log ---- */

static void con_write(struct kconsole *c, const char *s, size_t n)
{
	u64 flags = spin_lock_irqsave(&vt_lock);
	struct vt *v = vts[front];

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n')
			vtemu_write(&v->emu, (const u8 *)"\r", 1);
		vtemu_write(&v->emu, (const u8 *)s + i, 1);
	}
	v->nreply = 0;
	while (is_drawable(v) && draw_next(v))
		;
	spin_unlock_irqrestore(&vt_lock, flags);
}
static struct kconsole vt_con = { .name = "tty", .write = con_write };

/* ---- device nodes ---- */

static int node_open(struct ofile *f, struct vnode *vn)
{
	u32 n = DEV_MINOR(vn->vn_rdev);
	struct vt *v = vt_get(n ? n : vt_front());

	return IS_ERR(v) ? (int)PTR_ERR(v) : tty_open_file(v->tty, f);
}

/* Only open is ever used: it puts the terminal's own operations in place. */
static const struct ofile_ops node_fops = {
	.open = node_open,
	.release = fop_default_release,
	.read = fop_no_read,
	.write = fop_no_write,
	.seek = fop_no_seek,
	.poll = fop_default_poll,
	.ioctl = fop_no_ioctl,
	FOPS_PLAIN,
	FOPS_NO_STORAGE,
};

static struct chardev vt_chardev = {
	.name = "tty", .major = VT_MAJOR, .minor = 0, .count = VT_MAX + 1, .ops = &node_fops,
};

static int make_nodes(void)
{
	int err = chardev_register(&vt_chardev);
	char name[8];

	for (u32 n = 0; n <= VT_MAX && !err; n++) {
		fmt_print(name, sizeof(name), "tty%u", n);
		err = devtmpfs_add(name, S_IFCHR | 0620, 0, 5, DEV_MAKE(VT_MAJOR, n));
		if (!err)
			err = classdev_add("tty", name, DEV_MAKE(VT_MAJOR, n));
	}
	return err;
}

static int vt_init(void)
{
	struct vt *v;

	screen = fbscreen_probe();
	if (!screen)
		screen = vgascreen_probe();
	if (!screen)
		return 0;
	drawn = kmem_alloc_large((size_t)screen->cols * screen->rows * sizeof(*drawn), ALLOC_KERNEL);
	v = drawn ? vt_get(1) : ERR_PTR(-ENOMEM);
	if (IS_ERR(v))
		return (int)PTR_ERR(v);
	front = last_front = 1;
	vt_redraw();
	keyboard_sink_set(&sink);
	console_port_add(v->tty, "tty", 0, &vt_con);
	return make_nodes();
}
INITCALL(DEVICE, vt_init);
