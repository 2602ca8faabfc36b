// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generator. A base key comes from the pool; each CPU derives a key of its
 * own from it when it sees a new generation. Every use replaces the key it
 * used by the first half of a ChaCha20 block, so that a later look into memory
 * does not reveal earlier output (fast key erasure).
 *
 * Life-cycle of a key: pool -> base key (generation n) -> CPU key -> erased at
 * each use -> dropped when generation n + 1 exists. A new generation comes
 * whenever the pool reaches its first 256 bits, every RESEED_NS after that, and
 * on RNDRESEEDCRNG.
 *
 * Lock order: base_lock > pool lock, both with interrupts off. A CPU's key and
 * batch are its own with interrupts off.
 */
#include "random_impl.h"

#include <tern/base/waitq.h>
#include <tern/kernel/clock.h>
#include <tern/lib/string.h>
#include <tern/mm/uio.h>

#define RESEED_NS	(60 * NSEC_PER_SEC)
#define BATCH_WORDS	4

struct generator {
	u64 generation;		/* C */
	u64 batch_generation;	/* C */
	u32 batch_left;		/* C */
	u8 key[CHACHA20_KEY_SIZE];	/* C */
	u64 batch[BATCH_WORDS];	/* C */
};

static DEFINE_PERCPU(struct generator, generators);
static struct spin base_lock = SPIN_INIT(LOCKRANK_RANDOM);	/* protects the base key */
static u8 base_key[CHACHA20_KEY_SIZE];
static u64 base_generation;	/* 0: no key yet */
static nsec_t base_born;

/* Use @key once: the first half of a block replaces it, the second half is output. */
static void key_step(u8 key[CHACHA20_KEY_SIZE], u8 out[CHACHA20_KEY_SIZE])
{
	u32 state[16];
	u8 block[CHACHA20_BLOCK_SIZE];

	chacha20_init(state, key);
	chacha20_block(state, block);
	memcpy(key, block, CHACHA20_KEY_SIZE);
	memcpy(out, block + CHACHA20_KEY_SIZE, CHACHA20_KEY_SIZE);
	mem_wipe(block, sizeof(block));
	mem_wipe(state, sizeof(state));
}

static void base_renew_locked(void)
{
	pool_extract(base_key);
	base_born = clock_ns();
	WRITE_ONCE(base_generation, base_generation + 1);
}

/* Interrupts are off. */
static void generator_renew(struct generator *g)
{
	spin_lock(&base_lock);
	if (!base_generation || (random_is_ready() && clock_ns() - base_born > RESEED_NS))
		base_renew_locked();
	key_step(base_key, g->key);
	g->generation = base_generation;
	spin_unlock(&base_lock);
}

static bool generator_is_stale(const struct generator *g)
{
	return !g->generation || g->generation != READ_ONCE(base_generation) ||
	       clock_ns() - READ_ONCE(base_born) > RESEED_NS;
}

/* 32 bytes of output and key erasure, on this CPU. */
static void generator_take(u8 out[CHACHA20_KEY_SIZE])
{
	u64 flags = irq_save();
	struct generator *g = this_cpu_ptr(generators);

	if (unlikely(generator_is_stale(g)))
		generator_renew(g);
	key_step(g->key, out);
	irq_restore(flags);
}

void generator_rekey(void)
{
	u64 flags = spin_lock_irqsave(&base_lock);

	base_renew_locked();
	spin_unlock_irqrestore(&base_lock, flags);
}

void random_bytes(void *buf, size_t n)
{
	u8 first[CHACHA20_KEY_SIZE], block[CHACHA20_BLOCK_SIZE], *out = buf;
	u32 state[16];

	generator_take(first);
	if (n <= sizeof(first)) {
		memcpy(out, first, n);
		mem_wipe(first, sizeof(first));
		return;
	}
	chacha20_init(state, first);
	for (; n >= sizeof(block); n -= sizeof(block), out += sizeof(block))
		chacha20_block(state, out);
	if (n) {
		chacha20_block(state, block);
		memcpy(out, block, n);
		mem_wipe(block, sizeof(block));
	}
	mem_wipe(first, sizeof(first));
	mem_wipe(state, sizeof(state));
}

u64 random_u64(void)
{
	u64 flags = irq_save(), v;
	struct generator *g = this_cpu_ptr(generators);

	if (!g->batch_left || unlikely(g->batch_generation != READ_ONCE(base_generation))) {
		if (unlikely(generator_is_stale(g)))
			generator_renew(g);
		key_step(g->key, (u8 *)g->batch);
		g->batch_generation = g->generation;
		g->batch_left = BATCH_WORDS;
	}
	v = g->batch[--g->batch_left];
	g->batch[g->batch_left] = 0;
	irq_restore(flags);
	return v;
}

u32 random_u32(void)
{
	return (u32)random_u64();
}

u64 random_below(u64 limit)
{
	u64 v, least;

	if (!limit)
		return 0;
	least = -limit % limit;		/* values below would favour small results */
	do {
		v = random_u64();
	} while (unlikely(v < least));
	return v % limit;
}

void random_reseed(void)
{
	generator_rekey();
}

ssize_t random_read_user(struct uio *u)
{
	u8 block[CHACHA20_BLOCK_SIZE], key[CHACHA20_KEY_SIZE];
	u32 state[16];
	ssize_t done = 0;

	generator_take(key);
	chacha20_init(state, key);
	mem_wipe(key, sizeof(key));
	while (u->resid) {
		size_t want = min_t(size_t, u->resid, sizeof(block)), got;

		chacha20_block(state, block);
		got = uio_put(u, block, want);
		done += got;
		if (got < want) {
			done = done ? done : -EFAULT;
			break;
		}
		if (!(done & (PAGE_SIZE - 1))) {
			if (signal_is_pending())
				break;
			if (need_resched())
				sched_preempt();
		}
	}
	mem_wipe(block, sizeof(block));
	mem_wipe(state, sizeof(state));
	return done;
}
