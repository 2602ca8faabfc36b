// SPDX-License-Identifier: GPL-2.0-only
/* The Internet checksum: blocks by the processor's carry chain, the rest eight bytes a step. */
#include <tern/net/inetsum.h>

#include <asm/carrysum.h>

static u64 add_carry(u64 a, u64 b)
{
	u64 s;

	return check_add(a, b, &s) ? s + 1 : s;
}

u64 inetsum_add(u64 sum, const void *data, size_t n)
{
	const u8 *p = data;
	u64 w;

	if (n >= ARCH_CARRYSUM_BLOCK) {
		sum = arch_carrysum(sum, p, n / ARCH_CARRYSUM_BLOCK);
		p += n & ~(ARCH_CARRYSUM_BLOCK - 1UL);
		n %= ARCH_CARRYSUM_BLOCK;
	}
	for (; n >= 8; n -= 8, p += 8) {
		__builtin_memcpy(&w, p, sizeof(w));
		sum = add_carry(sum, w);
	}
	w = 0;
	for (size_t i = 0; i < n; i++)
		w |= (u64)p[i] << (8 * i);
	return add_carry(sum, w);
}
