/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random numbers: an entropy pool (SHA-256) that feeds a fast generator
 * (ChaCha20, one key a CPU). Owner kernel/random. Works from the first
 * instruction on; is_ready tells whether what comes out is unpredictable.
 */
#pragma once

#include <tern/base/types.h>

/** random_bytes() - fill @buf from the generator. Context: any but NMI. */
void random_bytes(void *buf, size_t n);
/** random_u64() / random_u32() - one number; cheap. Context: any but NMI. */
u64 random_u64(void);
u32 random_u32(void);
/** random_below() - uniform in [0, @limit); 0 if @limit is 0. Context: any but NMI. */
u64 random_below(u64 limit);

/** random_is_ready() - has the pool had 256 bits of entropy. */
bool random_is_ready(void);
/**
 * random_wait_ready() - until then; makes entropy from timing jitter meanwhile.
 * 0 or -ERESTARTSYS. Sleeps.
 */
int random_wait_ready(void);

/**
 * random_add_interrupt() - from every device interrupt: its time is a little
 * unpredictable. Hard interrupt.
 */
void random_add_interrupt(u32 irq);
/**
 * random_add_device() - data that differs from machine to machine; credited
 * nothing. Context: any but NMI.
 */
void random_add_device(const void *data, size_t n);
/** random_add_entropy() - mix @data in and credit @bits (0: none). Context: any but NMI. */
void random_add_entropy(const void *data, size_t n, u32 bits);
/** random_entropy_bits() - what was credited so far, at most RANDOM_POOL_BITS. */
u32 random_entropy_bits(void);
/** random_reseed() - new generator keys from the pool now. Context: any but NMI. */
void random_reseed(void);

struct uio;
/** random_read_user() - generator output to where @u points; bytes or -EFAULT. Sleeps. */
ssize_t random_read_user(struct uio *u);
/**
 * random_write_user() - mix what @u points to into the pool, credited nothing;
 * bytes or -EFAULT. Sleeps.
 */
ssize_t random_write_user(struct uio *u);

struct ofile;
struct poll_table;
struct waitq;
/** random_ready_waitq - woken once, when random_is_ready() becomes true. */
extern struct waitq random_ready_waitq;

#define RANDOM_POOL_BITS	256
