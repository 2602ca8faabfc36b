/* SPDX-License-Identifier: GPL-2.0-only */
/* The ChaCha20 block function (RFC 8439). */
#pragma once

#include <tern/base/types.h>

#define CHACHA20_KEY_SIZE	32
#define CHACHA20_BLOCK_SIZE	64

/**
 * chacha20_init() - set a state up: constants, key, block counter 0, nonce 0
 * @state: out, sixteen words
 * @key: 32 bytes
 */
void chacha20_init(u32 state[16], const u8 key[CHACHA20_KEY_SIZE]);

/**
 * chacha20_block() - the next 64 bytes of key stream
 * @state: its counter (words 12 and 13 as one number) moves on
 * @out: 64 bytes
 */
void chacha20_block(u32 state[16], u8 out[CHACHA20_BLOCK_SIZE]);
