/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the pool and the generator. */
#pragma once

#include <tern/base/spin.h>
#include <tern/kernel/random.h>
#include <tern/lib/chacha20.h>

/** pool_extract() - a key that depends on all that was ever mixed in; the pool moves on. */
void pool_extract(u8 key[CHACHA20_KEY_SIZE]);
/** generator_rekey() - next use of each CPU's generator begins with a new base key. */
void generator_rekey(void);
