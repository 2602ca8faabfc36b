// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PC's keyboard controller, first port: a PS/2 keyboard.
 * Reference: Intel 8042 in the IBM PS/2 Hardware Interface Technical Reference,
 * "Keyboard and Auxiliary Device Controller".
 *
 * Data register 0x60, status and command register 0x64. The controller
 * translates to scan code set 1. Bytes from the keyboard raise ISA interrupt
 * 1; the handler reads them all.
 *
 * LEDs: the command 0xed, then the bits; the keyboard answers each with 0xfa
 * before it takes the next. The handler sends the second byte when the first
 * answer comes.
 *
 * Lock: ctl_lock (LOCKRANK_DRIVER, irqsave) protects the registers and led_*.
 */
#include <generated/svc_input.h>
#include <asm/acpi.h>
#include <asm/io.h>
#include <tern/base/initcall.h>
#include <tern/drivers/keyboard.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/klog.h>

#define PORT_DATA	0x60
#define PORT_STATUS	0x64
#define STATUS_OUT_FULL	0x01	/* a byte waits for us */
#define STATUS_IN_FULL	0x02	/* it has not taken our last byte */
#define STATUS_AUX	0x20	/* the byte is the second port's */
#define CMD_READ_CONFIG	0x20
#define CMD_WRITE_CONFIG 0x60
#define CMD_DISABLE_AUX	0xa7
#define CMD_TEST	0xaa
#define CMD_DISABLE_KBD	0xad
#define CMD_ENABLE_KBD	0xae
#define CONFIG_KBD_IRQ	0x01
#define CONFIG_AUX_IRQ	0x02
#define CONFIG_KBD_OFF	0x10
#define CONFIG_AUX_OFF	0x20
#define CONFIG_TRANSLATE 0x40
#define KBD_SET_LEDS	0xed
#define KBD_ENABLE	0xf4
#define KBD_ACK		0xfa
#define KBD_RESEND	0xfe
#define FADT_HAS_8042	0x0002
#define SPINS_MAX	20000u	/* a status read takes about a microsecond on real hardware */

static struct spin ctl_lock = SPIN_INIT(LOCKRANK_DRIVER);
static u8 led_bits;
static bool led_wanted, led_busy;

static bool wait_status(u8 mask, u8 want)
{
	for (u32 i = 0; i < SPINS_MAX; i++)
		if ((inb(PORT_STATUS) & mask) == want)
			return true;
	return false;
}

static bool command(u8 c)
{
	if (!wait_status(STATUS_IN_FULL, 0))
		return false;
	outb(c, PORT_STATUS);
	return true;
}

static bool data_out(u8 c)
{
	if (!wait_status(STATUS_IN_FULL, 0))
		return false;
	outb(c, PORT_DATA);
	return true;
}

static bool data_in(u8 *c)
{
	if (!wait_status(STATUS_OUT_FULL, STATUS_OUT_FULL))
		return false;
	*c = inb(PORT_DATA);
	return true;
}

/* ctl_lock held. */
static void led_begin(void)
{
	if (!led_wanted || led_busy)
		return;
	led_wanted = false;
	led_busy = data_out(KBD_SET_LEDS);
}

static void show_leds(u32 leds)
{
	u64 flags = spin_lock_irqsave(&ctl_lock);

	led_bits = (u8)leds;
	led_wanted = true;
	led_begin();
	spin_unlock_irqrestore(&ctl_lock, flags);
}

/* An answer to a command of ours? ctl_lock held. */
static bool take_answer(u8 c)
{
	static bool sent_bits;

	if (!led_busy || (c != KBD_ACK && c != KBD_RESEND))
		return false;
	if (c == KBD_ACK && !sent_bits) {
		sent_bits = data_out(led_bits);
		return true;
	}
	led_busy = sent_bits = false;
	led_begin();
	return true;
}

static enum irq_result keyboard_interrupt(u32 irq, void *arg)
{
	u8 codes[16];
	u32 n = 0;
	bool mine = false;
	u64 flags = spin_lock_irqsave(&ctl_lock);
	u8 status;

	while (n < sizeof(codes) && ((status = inb(PORT_STATUS)) & STATUS_OUT_FULL)) {
		u8 c = inb(PORT_DATA);

		mine = true;
		if (!(status & STATUS_AUX) && !take_answer(c))
			codes[n++] = c;
	}
	spin_unlock_irqrestore(&ctl_lock, flags);
	for (u32 i = 0; i < n; i++)
		svc_input_scan_code(codes[i]);
	return mine ? IRQ_DONE : IRQ_NOT_MINE;
}

static void drain(void)
{
	for (u32 i = 0; i < 32 && (inb(PORT_STATUS) & STATUS_OUT_FULL); i++)
		inb(PORT_DATA);
}

/* Both ports off, self test, then the first port with translation and its interrupt. */
static bool controller_start(void)
{
	u8 config, answer;

	if (inb(PORT_STATUS) == 0xff || !command(CMD_DISABLE_KBD) || !command(CMD_DISABLE_AUX))
		return false;
	drain();
	if (!command(CMD_READ_CONFIG) || !data_in(&config))
		return false;
	if (!command(CMD_TEST) || !data_in(&answer) || answer != 0x55)
		return false;
	config &= (u8)~(CONFIG_AUX_IRQ | CONFIG_KBD_OFF);
	config |= CONFIG_KBD_IRQ | CONFIG_TRANSLATE | CONFIG_AUX_OFF;
	return command(CMD_WRITE_CONFIG) && data_out(config) && command(CMD_ENABLE_KBD);
}

static int i8042_init(void)
{
	bool level, low;
	int irq, err;
	u8 answer;
	u32 gsi;

	if (acpi_fadt.hw_reduced || (acpi_fadt.boot_flags && !(acpi_fadt.boot_flags & FADT_HAS_8042)))
		return 0;
	if (!controller_start())
		return 0;	/* none there */
	if (data_out(KBD_ENABLE) && data_in(&answer) && answer != KBD_ACK)
		kinfo("i8042: keyboard answers %02x", answer);
	gsi = arch_isa_irq_to_gsi(1, &level, &low);
	irq = arch_irq_alloc_gsi(gsi, level, low);
	if (irq < 0)
		return irq;
	err = irqline_attach((u32)irq, keyboard_interrupt, 0, "i8042", NULL);
	if (err)
		return err;
	keyboard_leds_hook = show_leds;
	return 0;
}
INITCALL(DEVICE, i8042_init);
