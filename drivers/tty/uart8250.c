// SPDX-License-Identifier: GPL-2.0-only
/*
 * Serial ports of the PC: 8250 to 16550A at the four ISA addresses, /dev/ttyS0-3.
 * Datasheet: National Semiconductor PC16550D (1995), section 8.
 *
 * A port is found by writing its scratch register and line control. The receive
 * interrupt drains the FIFO into tty_input(); output waits in a ring that is moved
 * to the FIFO by writers while the transmitter is idle, and by the transmit
 * interrupt after that.
 *
 * Lock: port->lock (LOCKRANK_CONSOLE, irqsave) protects the registers and the ring. The kernel log
 * writes through the same port, from any context, so nothing that could log or wake is called
 * under it.
 */
#include "tty_impl.h"

#include <asm/io.h>
#include <tern/base/bug.h>
#include <tern/base/err.h>
#include <tern/base/initcall.h>
#include <tern/fs/chardev.h>
#include <tern/kernel/cmdline.h>
#include <tern/kernel/klog.h>
#include <tern/lib/fmt.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

#include "console_impl.h"

/* Registers, PC16550D table II. */
enum { REG_DATA = 0, REG_IER = 1, REG_IIR = 2, REG_FCR = 2, REG_LCR = 3, REG_MCR = 4, REG_LSR = 5,
	REG_MSR = 6, REG_SCR = 7 };
#define IER_RX		0x01
#define IER_TX		0x02
#define IER_LINE	0x04
#define IER_MODEM	0x08
#define IIR_NONE	0x01
#define FCR_ENABLE	0x01
#define FCR_CLEAR	0x06
#define FCR_TRIGGER_8	0x80
#define LCR_8BITS	0x03
#define LCR_STOP2	0x04
#define LCR_PARITY	0x08
#define LCR_EVEN	0x10
#define LCR_BREAK	0x40
#define LCR_DLAB	0x80
#define MCR_DTR		0x01
#define MCR_RTS		0x02
#define MCR_OUT2	0x08	/* gates the interrupt line on a PC */
#define LSR_RX		0x01
#define LSR_TX_EMPTY	0x20
#define LSR_TX_IDLE	0x40
#define CLOCK_DIVISOR_1	115200

#define TX_RING		4096
#define FIFO_SIZE	16
#define TTYS_MAJOR	4
#define TTYS_MINOR	64

struct port {
	struct spin lock;		/* protects registers and ring */
	u16 io;				/* I */
	u32 irq;			/* I */
	struct tty *tty;		/* I */
	bool is_open;			/* L */
	bool is_tx_stopped;		/* L XOFF */
	u8 ier;				/* L */
	u32 head, tail;			/* L free running */
	u8 ring[TX_RING];		/* L */
	struct kconsole con;
};

static const struct { u16 io; u32 isa_irq; } isa_ports[] = {
	{ 0x3f8, 4 }, { 0x2f8, 3 }, { 0x3e8, 4 }, { 0x2e8, 3 },
};

static u8 reg_in(struct port *p, u32 r)
{
	return inb((u16)(p->io + r));
}

static void reg_out(struct port *p, u32 r, u8 v)
{
	outb(v, (u16)(p->io + r));
}

static void set_ier(struct port *p, u8 ier)
{
	if (ier == p->ier)
		return;
	p->ier = ier;
	reg_out(p, REG_IER, ier);
}

/* Move the ring to the FIFO while the transmitter is idle. p->lock held. */
static void fill_fifo(struct port *p)
{
	while (!p->is_tx_stopped && p->head != p->tail &&
	       (reg_in(p, REG_LSR) & LSR_TX_EMPTY)) {
		for (u32 i = 0; i < FIFO_SIZE && p->head != p->tail; i++)
			reg_out(p, REG_DATA, p->ring[p->tail++ % TX_RING]);
	}
	if (p->head != p->tail && !p->is_tx_stopped)
		set_ier(p, p->ier | IER_TX);
	else
		set_ier(p, p->ier & ~IER_TX);
}

static size_t drain_rx(struct port *p, u8 *buf, size_t size)
{
	size_t n = 0;

	while (n < size && (reg_in(p, REG_LSR) & LSR_RX))
		buf[n++] = reg_in(p, REG_DATA);
	return n;
}

static enum irq_result uart_interrupt(u32 irq, void *arg)
{
	struct port *p = arg;
	bool mine = false;
	u8 buf[64];

	for (;;) {
		bool room;
		size_t n;
		u64 flags = spin_lock_irqsave(&p->lock);

		if (reg_in(p, REG_IIR) & IIR_NONE) {
			spin_unlock_irqrestore(&p->lock, flags);
			break;
		}
		mine = true;
		n = drain_rx(p, buf, sizeof(buf));
		fill_fifo(p);
		reg_in(p, REG_MSR);	/* reading clears a modem status interrupt */
		room = p->head - p->tail < TX_RING / 2;
		spin_unlock_irqrestore(&p->lock, flags);
		if (n)
			tty_input(p->tty, buf, n);
		if (room)
			tty_output_ready(p->tty);
	}
	return mine ? IRQ_DONE : IRQ_NOT_MINE;
}

/* ---- terminal operations ---- */

static int uart_open(struct tty *t, struct ofile *f)
{
	struct port *p = t->priv;
	u64 flags = spin_lock_irqsave(&p->lock);

	if (!p->is_open) {
		p->is_open = true;
		reg_out(p, REG_MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
		set_ier(p, IER_RX | IER_LINE);
	}
	spin_unlock_irqrestore(&p->lock, flags);
	return 0;
}

static void uart_close(struct tty *t, struct ofile *f)
{
	/* The port stays on: it may be the console, and DTR is the modem's business only. */
	if (!t->nopen && (t->tio.c_cflag & HUPCL) && !(t->tio.c_cflag & CLOCAL) && t != tty_console())
		t->ops->modem_set(t, 0, TIOCM_DTR | TIOCM_RTS);
}

static size_t uart_write(struct tty *t, const u8 *buf, size_t n)
{
	struct port *p = t->priv;
	u64 flags = spin_lock_irqsave(&p->lock);
	size_t i = 0;

	while (i < n && p->head - p->tail < TX_RING)
		p->ring[p->head++ % TX_RING] = buf[i++];
	fill_fifo(p);
	spin_unlock_irqrestore(&p->lock, flags);
	return i;
}

static size_t uart_write_room(struct tty *t)
{
	struct port *p = t->priv;

	return TX_RING - (READ_ONCE(p->head) - READ_ONCE(p->tail));
}

static size_t uart_chars_queued(struct tty *t)
{
	struct port *p = t->priv;

	return READ_ONCE(p->head) - READ_ONCE(p->tail);
}

static void uart_set_termios(struct tty *t, const struct ktermios2_abi *old)
{
	struct port *p = t->priv;
	u32 baud = t->tio.c_ospeed, cflag = t->tio.c_cflag;
	u8 lcr = (u8)((cflag & CSIZE) >> 4);	/* CS5..CS8 are the register's 0..3 */
	u32 divisor;
	u64 flags;

	if (!baud) {			/* B0: hang up the line */
		t->ops->modem_set(t, 0, TIOCM_DTR | TIOCM_RTS);
		return;
	}
	divisor = clamp_t(u32, CLOCK_DIVISOR_1 / baud, 1, 0xffff);
	lcr |= (cflag & CSTOPB) ? LCR_STOP2 : 0;
	if (cflag & PARENB)
		lcr |= LCR_PARITY | ((cflag & PARODD) ? 0 : LCR_EVEN);
	flags = spin_lock_irqsave(&p->lock);
	reg_out(p, REG_LCR, lcr | LCR_DLAB);
	reg_out(p, 0, (u8)divisor);
	reg_out(p, 1, (u8)(divisor >> 8));
	reg_out(p, REG_LCR, lcr);
	spin_unlock_irqrestore(&p->lock, flags);
}

static void uart_flush_output(struct tty *t)
{
	struct port *p = t->priv;
	u64 flags = spin_lock_irqsave(&p->lock);

	p->tail = p->head;
	set_ier(p, p->ier & ~IER_TX);
	spin_unlock_irqrestore(&p->lock, flags);
}

static void tx_stop(struct tty *t, bool stop)
{
	struct port *p = t->priv;
	u64 flags = spin_lock_irqsave(&p->lock);

	p->is_tx_stopped = stop;
	fill_fifo(p);
	spin_unlock_irqrestore(&p->lock, flags);
}

static void uart_stop(struct tty *t)
{
	tx_stop(t, true);
}

static void uart_start(struct tty *t)
{
	tx_stop(t, false);
}

static void uart_unthrottle(struct tty *t)
{
}

static void uart_hangup(struct tty *t)
{
}

static int uart_set_break(struct tty *t, bool on)
{
	struct port *p = t->priv;
	u64 flags = spin_lock_irqsave(&p->lock);
	u8 lcr = reg_in(p, REG_LCR);

	reg_out(p, REG_LCR, on ? lcr | LCR_BREAK : lcr & ~LCR_BREAK);
	spin_unlock_irqrestore(&p->lock, flags);
	return 0;
}

static int uart_modem_get(struct tty *t)
{
	struct port *p = t->priv;
	u64 flags = spin_lock_irqsave(&p->lock);
	u8 mcr = reg_in(p, REG_MCR), msr = reg_in(p, REG_MSR);

	spin_unlock_irqrestore(&p->lock, flags);
	return ((mcr & MCR_DTR) ? TIOCM_DTR : 0) | ((mcr & MCR_RTS) ? TIOCM_RTS : 0) |
	       ((msr & 0x10) ? TIOCM_CTS : 0) | ((msr & 0x20) ? TIOCM_DSR : 0) |
	       ((msr & 0x40) ? TIOCM_RNG : 0) | ((msr & 0x80) ? TIOCM_CAR : 0);
}

static int uart_modem_set(struct tty *t, u32 set, u32 clear)
{
	struct port *p = t->priv;
	u64 flags = spin_lock_irqsave(&p->lock);
	u8 mcr = reg_in(p, REG_MCR);

	mcr |= ((set & TIOCM_DTR) ? MCR_DTR : 0) | ((set & TIOCM_RTS) ? MCR_RTS : 0);
	mcr &= (u8)~(((clear & TIOCM_DTR) ? MCR_DTR : 0) | ((clear & TIOCM_RTS) ? MCR_RTS : 0));
	reg_out(p, REG_MCR, mcr);
	spin_unlock_irqrestore(&p->lock, flags);
	return 0;
}

static long uart_ioctl(struct tty *t, struct ofile *f, u32 cmd, uptr arg)
{
	return -ENOTTY;
}

static void uart_destroy(struct tty *t)
{
	BUG();	/* the driver's own reference is never dropped */
}

static const struct tty_ops uart_ops = {
	.open = uart_open,
	.close = uart_close,
	.write = uart_write,
	.write_room = uart_write_room,
	.chars_queued = uart_chars_queued,
	.set_termios = uart_set_termios,
	.flush_output = uart_flush_output,
	.stop = uart_stop,
	.start = uart_start,
	.unthrottle = uart_unthrottle,
	.hangup = uart_hangup,
	.set_break = uart_set_break,
	.modem_get = uart_modem_get,
	.modem_set = uart_modem_set,
	.ioctl = uart_ioctl,
	.destroy = uart_destroy,
};

/* ---- kernel log ---- */

static void con_putc(struct port *p, char c)
{
	/* A line that never empties must not hang the kernel: give up after a while. */
	for (u32 spins = 0; spins < 100000 && !(reg_in(p, REG_LSR) & LSR_TX_EMPTY); spins++)
		cpu_relax();
	reg_out(p, REG_DATA, (u8)c);
}

static void con_write(struct kconsole *c, const char *s, size_t n)
{
	struct port *p = c->priv;
	u64 flags = spin_lock_irqsave(&p->lock);

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n')
			con_putc(p, '\r');
		con_putc(p, s[i]);
	}
	spin_unlock_irqrestore(&p->lock, flags);
}

/* ---- probing ---- */

static bool port_exists(u16 io)
{
	/* Reserved bits of IER read as zero on a UART; an empty bus reads ones. */
	outb(0, io + REG_IER);
	if (inb(io + REG_IER) != 0)
		return false;
	outb(0x0f, io + REG_IER);
	if ((inb(io + REG_IER) & 0x0f) != 0x0f)
		return false;
	outb(0, io + REG_IER);
	return true;
}

static struct chardev uart_chardev = {
	.name = "ttyS", .major = TTYS_MAJOR, .minor = TTYS_MINOR, .count = ARRAY_SIZE(isa_ports),
	.ops = &tty_fops,
};

static int attach_irq(struct port *p, u32 isa_irq)
{
	bool level, low;
	u32 gsi = arch_isa_irq_to_gsi(isa_irq, &level, &low);
	int irq = arch_irq_alloc_gsi(gsi, level, low);

	if (irq < 0)
		return irq;
	p->irq = (u32)irq;
	return irqline_attach(p->irq, uart_interrupt, IRQ_SHARED, "ttyS", p);
}

static int port_start(u32 n)
{
	struct port *p = kmem_zalloc(sizeof(*p), ALLOC_KERNEL);
	char name[8];
	int err;

	if (!p)
		return -ENOMEM;
	fmt_print(name, sizeof(name), "ttyS%u", n);
	spin_init(&p->lock, LOCKRANK_CONSOLE);
	p->io = isa_ports[n].io;
	p->tty = tty_create(&uart_ops, p, DEV_MAKE(TTYS_MAJOR, TTYS_MINOR + n), name);
	if (!p->tty) {
		kmem_free(p);
		return -ENOMEM;
	}
	p->tty->tio.c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL;
	p->tty->tio.c_ispeed = p->tty->tio.c_ospeed = 115200;
	reg_out(p, REG_FCR, FCR_ENABLE | FCR_CLEAR | FCR_TRIGGER_8);
	uart_set_termios(p->tty, &p->tty->tio);
	reg_out(p, REG_MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
	err = attach_irq(p, isa_ports[n].isa_irq);
	if (err)
		kwarn("%s: no interrupt: error %d", name, err);
	p->con = (struct kconsole){ .name = "ttyS", .index = n, .write = con_write, .priv = p };
	console_port_add(p->tty, "ttyS", n, &p->con);
	return tty_register(p->tty);
}

static int uart_init(void)
{
	int err = chardev_register(&uart_chardev);

	for (u32 i = 0; !err && i < ARRAY_SIZE(isa_ports); i++)
		if (port_exists(isa_ports[i].io))
			err = port_start(i);
	return err;
}
INITCALL(DEVICE, uart_init);
