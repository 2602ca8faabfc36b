// SPDX-License-Identifier: GPL-2.0-only
/* Binary search, queues of bytes, checksums, matching processors. */
#include "../lx.h"

#include <asm/cpufeature.h>
#include <tern/base/err.h>
#include <tern/lib/bits.h>
#include <tern/lib/crc.h>
#include <tern/lib/string.h>
#include <tern/mm/slab.h>

void *lx_bsearch(const void *key, const void *base, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	while (n) {
		const u8 *mid = (const u8 *)base + n / 2 * size;
		int order = cmp(key, mid);

		if (!order)
			return (void *)mid;
		if (order > 0) {
			base = mid + size;
			n--;
		}
		n /= 2;
	}
	return NULL;
}
LX_EXPORT(bsearch);

/* ---- kfifo: a power of two of elements; in and out only grow ---- */

int lx___kfifo_alloc(struct lx___kfifo *f, unsigned int n, size_t size, unsigned int gfp)
{
	u32 room = 2;

	while (room < n)
		room <<= 1;
	f->in = f->out = 0;
	f->esize = (unsigned int)size;
	f->data = kmem_calloc(room, size, gfp);
	f->mask = f->data ? room - 1 : 0;
	return f->data ? 0 : -ENOMEM;
}
LX_EXPORT(__kfifo_alloc);

void lx___kfifo_free(struct lx___kfifo *f)
{
	kmem_free(f->data);
	memset(f, 0, sizeof(*f));
}
LX_EXPORT(__kfifo_free);

/* Move @n elements at position @at of the ring. */
static void ring_copy(struct lx___kfifo *f, u8 *buf, unsigned int n, unsigned int at, bool in)
{
	for (; n; n--, at++, buf += f->esize) {
		u8 *slot = (u8 *)f->data + (size_t)(at & f->mask) * f->esize;

		memcpy(in ? slot : buf, in ? buf : slot, f->esize);
	}
}

unsigned int lx___kfifo_in(struct lx___kfifo *f, const void *buf, unsigned int n)
{
	n = min(n, f->mask + 1 - (f->in - f->out));
	ring_copy(f, (u8 *)buf, n, f->in, true);
	__atomic_store_n(&f->in, f->in + n, __ATOMIC_RELEASE);
	return n;
}
LX_EXPORT(__kfifo_in);

unsigned int lx___kfifo_out_peek(struct lx___kfifo *f, void *buf, unsigned int n)
{
	n = min(n, __atomic_load_n(&f->in, __ATOMIC_ACQUIRE) - f->out);
	ring_copy(f, buf, n, f->out, false);
	return n;
}
LX_EXPORT(__kfifo_out_peek);

unsigned int lx___kfifo_out(struct lx___kfifo *f, void *buf, unsigned int n)
{
	n = lx___kfifo_out_peek(f, buf, n);
	__atomic_store_n(&f->out, f->out + n, __ATOMIC_RELEASE);
	return n;
}
LX_EXPORT(__kfifo_out);

/* ---- CRC-32 of IEEE 802.3 and Castagnoli's, without the final inversion ---- */

unsigned int lx_crc32_le(unsigned int crc, const unsigned char *p, size_t n)
{
	return crc32_raw(crc, p, n);
}
LX_EXPORT(crc32_le);

unsigned int lx_crc32_be(unsigned int crc, const unsigned char *p, size_t n)
{
	while (n--) {
		crc ^= (u32)*p++ << 24;
		for (u32 i = 0; i < 8; i++)
			crc = crc << 1 ^ (crc & 0x80000000u ? 0x04c11db7u : 0);
	}
	return crc;
}
LX_EXPORT(crc32_be);

unsigned int lx___crc32c_le(unsigned int crc, const unsigned char *p, size_t n)
{
	return crc32c_raw(crc, p, n);
}
LX_EXPORT(__crc32c_le);

/* ---- tables of processors ---- */

#define ANY16	0xffffu

const struct lx_x86_cpu_id *lx_x86_match_cpu(const struct lx_x86_cpu_id *id)
{
	const struct cpu_info *ci = &cpu_boot_info;
	u32 vendor = ci->vendor_is_intel ? 0 : ci->vendor_is_amd ? 2 : 0xff;

	for (; id->vendor || id->family || id->model || id->steppings || id->feature; id++)
		if ((id->vendor == ANY16 || id->vendor == vendor) &&
		    (!id->family || id->family == ANY16 || id->family == ci->family) &&
		    (!id->model || id->model == ANY16 || id->model == ci->model) &&
		    (!id->steppings || (id->steppings >> ci->stepping & 1)) &&
		    (!id->feature || cpu_has(id->feature)))
			return id;
	return NULL;
}
LX_EXPORT(x86_match_cpu);
