// SPDX-License-Identifier: GPL-2.0-only
/* ChaCha20 (RFC 8439 section 2.3), with a 64-bit block counter. */
#include <tern/lib/chacha20.h>

#include <tern/lib/bits.h>
#include <tern/lib/string.h>

void chacha20_init(u32 state[16], const u8 key[CHACHA20_KEY_SIZE])
{
	state[0] = 0x61707865;
	state[1] = 0x3320646e;
	state[2] = 0x79622d32;
	state[3] = 0x6b206574;
	memcpy(&state[4], key, CHACHA20_KEY_SIZE);
	memset(&state[12], 0, 16);
}

static __always_inline u32 rotate(u32 v, unsigned n)
{
	return v << n | v >> (32 - n);
}

static __always_inline void quarter(u32 *x, int a, int b, int c, int d)
{
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotate(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotate(x[b] ^ x[c], 7);
}

void chacha20_block(u32 state[16], u8 out[CHACHA20_BLOCK_SIZE])
{
	u32 x[16];

	memcpy(x, state, sizeof(x));
	for (int round = 0; round < 10; round++) {
		quarter(x, 0, 4, 8, 12);
		quarter(x, 1, 5, 9, 13);
		quarter(x, 2, 6, 10, 14);
		quarter(x, 3, 7, 11, 15);
		quarter(x, 0, 5, 10, 15);
		quarter(x, 1, 6, 11, 12);
		quarter(x, 2, 7, 8, 13);
		quarter(x, 3, 4, 9, 14);
	}
	for (int i = 0; i < 16; i++)
		x[i] += state[i];
	memcpy(out, x, sizeof(x));
	mem_wipe(x, sizeof(x));
	if (!++state[12])
		state[13]++;
}
