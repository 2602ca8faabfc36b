// SPDX-License-Identifier: GPL-2.0-only
/* Polling output on a 16550 port until console drivers take over, and in panics. */
#include "boot_impl.h"

#include <asm/early.h>
#include <asm/io.h>
#include <tern/lib/string.h>

enum { UART_DATA = 0, UART_LCR = 3, UART_LSR = 5, UART_SCRATCH = 7 };
#define LSR_TX_EMPTY	0x20
#define POLLS_MAX	100000u	/* a port that never gets ready is given up */

static const u16 com_ports[] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };
static u16 port;

static bool __init port_is_there(u16 at)
{
	u8 old = inb(at + UART_SCRATCH), seen;

	outb(0x5a, at + UART_SCRATCH);
	seen = inb(at + UART_SCRATCH);
	outb(old, at + UART_SCRATCH);
	return seen == 0x5a;
}

void early_console_init(void)
{
	const char *v;
	size_t len;
	u16 at = com_ports[0];

	if (bootinfo_option("console", &v, &len) && len >= 5 && !strncmp(v, "ttyS", 4) &&
	    v[4] >= '0' && v[4] < '0' + (int)ARRAY_SIZE(com_ports))
		at = com_ports[v[4] - '0'];
	if (port_is_there(at))
		port = at;
}

static void put(char c)
{
	for (u32 i = 0; i < POLLS_MAX; i++)
		if (inb(port + UART_LSR) & LSR_TX_EMPTY)
			break;
	outb(c, port + UART_DATA);
}

void early_console_write(const char *s, size_t len)
{
	if (!port)
		return;
	for (; len; len--, s++) {
		if (*s == '\n')
			put('\r');
		put(*s);
	}
}
