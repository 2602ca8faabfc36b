// SPDX-License-Identifier: GPL-2.0-only
/* Device registers. A cookie below 256 KiB is a port, marked by bit 16; anything else is memory. */
#include "../lx.h"

#include <asm/io.h>
#include <tern/mm/kva.h>

#define PIO_MARK	0x10000UL
#define PIO_END		0x40000UL
#define PIO_MASK	0xffffUL

static bool is_port(const volatile void *p) { return (uptr)p < PIO_END; }
static u16 port_of(const volatile void *p) { return (u16)((uptr)p & PIO_MASK); }

unsigned int lx_ioread8(const void *p) { return is_port(p) ? inb(port_of(p)) : mmio_read8(p); }
LX_EXPORT(ioread8);
unsigned int lx_ioread16(const void *p) { return is_port(p) ? inw(port_of(p)) : mmio_read16(p); }
LX_EXPORT(ioread16);
unsigned int lx_ioread32(const void *p) { return is_port(p) ? inl(port_of(p)) : mmio_read32(p); }
LX_EXPORT(ioread32);

void lx_iowrite8(unsigned char v, void *p)
{
	if (is_port(p))
		outb(port_of(p), v);
	else
		mmio_write8(p, v);
}
LX_EXPORT(iowrite8);

void lx_iowrite16(unsigned short v, void *p)
{
	if (is_port(p))
		outw(port_of(p), v);
	else
		mmio_write16(p, v);
}
LX_EXPORT(iowrite16);

void lx_iowrite32(unsigned int v, void *p)
{
	if (is_port(p))
		outl(port_of(p), v);
	else
		mmio_write32(p, v);
}
LX_EXPORT(iowrite32);

void lx_ioread16_rep(const void *p, void *to, unsigned long n)
{
	for (u16 *at = to; n; n--)
		*at++ = (u16)lx_ioread16(p);
}
LX_EXPORT(ioread16_rep);

void lx_iowrite16_rep(void *p, const void *from, unsigned long n)
{
	for (const u16 *at = from; n; n--)
		lx_iowrite16(*at++, p);
}
LX_EXPORT(iowrite16_rep);

void *lx_ioport_map(unsigned long port, unsigned int n)
{
	return port + n > PIO_MASK + 1 ? NULL : (void *)(port | PIO_MARK);
}
LX_EXPORT(ioport_map);

void lx_ioport_unmap(void *p) { }
LX_EXPORT(ioport_unmap);

void *lx_ioremap(unsigned long long pa, unsigned long size)
{
	return mmio_map(pa, size, PROT_NOCACHE);
}
LX_EXPORT(ioremap);

void *lx_ioremap_wc(unsigned long long pa, unsigned long size)
{
	return mmio_map(pa, size, PROT_WC);
}
LX_EXPORT(ioremap_wc);

void lx_iounmap(volatile void *p)
{
	if (p && !is_port(p))
		mmio_unmap(p);
}
LX_EXPORT(iounmap);

void lx_memcpy_fromio(void *to, const volatile void *from, size_t n)
{
	for (u8 *d = to; n; n--, from = (const volatile u8 *)from + 1)
		*d++ = mmio_read8((const void *)from);
}
LX_EXPORT(memcpy_fromio);

void lx_memcpy_toio(volatile void *to, const void *from, size_t n)
{
	for (const u8 *s = from; n; n--, to = (volatile u8 *)to + 1)
		mmio_write8((void *)to, *s++);
}
LX_EXPORT(memcpy_toio);

void lx_memset_io(volatile void *to, int c, size_t n)
{
	for (; n; n--, to = (volatile u8 *)to + 1)
		mmio_write8((void *)to, (u8)c);
}
LX_EXPORT(memset_io);

void lx_ioread32_rep(const void *p, void *to, unsigned long n)
{
	for (u32 *at = to; n; n--)
		*at++ = lx_ioread32(p);
}
LX_EXPORT(ioread32_rep);

void lx_iowrite32_rep(void *p, const void *from, unsigned long n)
{
	for (const u32 *at = from; n; n--)
		lx_iowrite32(*at++, p);
}
LX_EXPORT(iowrite32_rep);
