// SPDX-License-Identifier: GPL-2.0-only
/*
 * The entropy pool: a SHA-256 state that takes everything in and is never
 * rewound. Extraction ends a copy of it: one digest becomes the key, another
 * the start of the next state.
 *
 * Sources: RDSEED or RDRAND and the boot loader's seed (credited in full), the
 * time of device interrupts (a bit for each 64 or second, as they may be
 * regular), writes to /dev/random (nothing unless RNDADDENTROPY says so), and,
 * if somebody waits while nothing else comes, the jitter of a timer against
 * the time stamp counter.
 *
 * Lock order: pool_lock is innermost; interrupts off.
 */
#include "random_impl.h"

#include <asm/bootinfo.h>
#include <asm/hwrandom.h>
#include <tern/base/initcall.h>
#include <tern/kernel/clock.h>
#include <tern/kernel/irq.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/sched.h>
#include <tern/lib/sha256.h>
#include <tern/lib/string.h>
#include <tern/mm/uio.h>

#define HW_WORDS	4
#define IRQ_FOLD	64	/* interrupts per credited bit */

static struct spin pool_lock = SPIN_INIT(LOCKRANK_RANDOM_POOL);	/* protects pool, pool_begun */
static struct sha256 pool;
static bool pool_begun;
static atomic32 pool_bits;
static bool pool_is_ready;
struct waitq random_ready_waitq = WAITQ_INIT(random_ready_waitq);

/* A CPU's interrupt times until they are worth mixing in. */
struct irqpool {
	u64 mix[4];
	u32 count;
	nsec_t folded;
	struct workitem work;
	bool work_is_set;
};
static DEFINE_PERCPU(struct irqpool, irqpools);

/* Up to HW_WORDS words of the processor's; how many are real. */
static u32 hw_fill(u64 w[HW_WORDS])
{
	u32 n = 0;

	for (u32 i = 0; i < HW_WORDS; i++) {
		w[i] = 0;
		if (hwrandom_seed(&w[i]) || hwrandom_get(&w[i]))
			n++;
		else
			w[i] = cpu_tsc();
	}
	return n;
}

static void pool_begin_locked(void)
{
	u64 w[HW_WORDS];
	u32 n = hw_fill(w), bits = n * 64;

	sha256_begin(&pool);
	sha256_add(&pool, w, sizeof(w));
	sha256_add(&pool, bootinfo.seed, bootinfo.seed_len);
	bits += bootinfo.seed_len * 8;
	pool_begun = true;
	atomic_set(&pool_bits, min_t(u32, bits, RANDOM_POOL_BITS));
	if (bits >= RANDOM_POOL_BITS)
		pool_is_ready = true;
	mem_wipe(w, sizeof(w));
}

static void pool_mix(const void *data, size_t n)
{
	u64 flags = spin_lock_irqsave(&pool_lock);
	u64 now = cpu_tsc();

	if (!pool_begun)
		pool_begin_locked();
	sha256_add(&pool, &now, sizeof(now));
	sha256_add(&pool, data, n);
	spin_unlock_irqrestore(&pool_lock, flags);
}

void pool_extract(u8 key[CHACHA20_KEY_SIZE])
{
	struct { u8 digest[SHA256_SIZE]; u64 hw[HW_WORDS]; u64 which; } in;
	u8 next[SHA256_SIZE];
	u64 flags = spin_lock_irqsave(&pool_lock);

	if (!pool_begun)
		pool_begin_locked();
	hw_fill(in.hw);
	sha256_end(&pool, in.digest);
	in.which = 0;
	sha256_hash(&in, sizeof(in), next);
	in.which = 1;
	sha256_hash(&in, sizeof(in), key);
	sha256_begin(&pool);
	sha256_add(&pool, next, sizeof(next));
	spin_unlock_irqrestore(&pool_lock, flags);
	mem_wipe(next, sizeof(next));
	mem_wipe(&in, sizeof(in));
}

static void pool_credit(u32 bits)
{
	s32 old, new;

	do {
		old = atomic_read(&pool_bits);
		new = min_t(s32, old + min_t(u32, bits, RANDOM_POOL_BITS), RANDOM_POOL_BITS);
	} while (!atomic_cas(&pool_bits, old, new));
	if (new < RANDOM_POOL_BITS || __atomic_exchange_n(&pool_is_ready, true, __ATOMIC_SEQ_CST))
		return;
	generator_rekey();
	waitq_wake_all(&random_ready_waitq);
	kinfo("random: generator is seeded");
}

bool random_is_ready(void)
{
	return READ_ONCE(pool_is_ready);
}

u32 random_entropy_bits(void)
{
	return (u32)atomic_read(&pool_bits);
}

void random_add_device(const void *data, size_t n)
{
	pool_mix(data, n);
}

void random_add_entropy(const void *data, size_t n, u32 bits)
{
	pool_mix(data, n);
	if (bits)
		pool_credit(bits);
}

/* ---- interrupts ---- */

static void irqpool_fold(struct workitem *w)
{
	struct irqpool *p = container_of(w, struct irqpool, work);
	u64 mix[4];

	/* A racing interrupt may change it meanwhile: that only mixes more. */
	memcpy(mix, p->mix, sizeof(mix));
	WRITE_ONCE(p->count, 0);
	p->folded = clock_ns();
	random_add_entropy(mix, sizeof(mix), 1);
}

void random_add_interrupt(u32 irq)
{
	struct irqpool *p = this_cpu_ptr(irqpools);
	u64 v = cpu_tsc() ^ (u64)irq << 56;

	/* Four words, ARX: cheap and it loses nothing. */
	p->mix[0] += v;
	p->mix[1] = (p->mix[1] << 13 | p->mix[1] >> 51) ^ p->mix[0];
	p->mix[2] += p->mix[1];
	p->mix[3] = (p->mix[3] << 16 | p->mix[3] >> 48) ^ p->mix[2];
	p->mix[0] = (p->mix[0] << 32 | p->mix[0] >> 32) + p->mix[3];
	if (++p->count < IRQ_FOLD || !workpool_system)
		return;
	if (p->count > IRQ_FOLD && clock_ns() - p->folded < NSEC_PER_SEC && random_is_ready())
		return;
	if (!p->work_is_set) {
		workitem_init(&p->work, irqpool_fold);
		p->work_is_set = true;
	}
	workpool_queue(workpool_system, &p->work);
}

/* ---- waiting ---- */

struct jitter { struct timeout timer; u64 samples; };

static void jitter_tick(struct timeout *t)
{
	struct jitter *j = container_of(t, struct jitter, timer);

	WRITE_ONCE(j->samples, j->samples + 1);
}

/*
 * A timer interrupt against a busy loop that hashes: each tick lands at another
 * place. One bit is credited a tick.
 */
static int jitter_run(void)
{
	struct jitter j = { .samples = 0 };
	u64 seen = 0;
	int err = 0;

	timeout_init(&j.timer, jitter_tick, TIMEOUT_HARD);
	while (!random_is_ready() && !err) {
		u64 v = cpu_tsc();

		if (!timeout_is_armed(&j.timer))
			timeout_arm(&j.timer, clock_ns() + NSEC_PER_MSEC);
		pool_mix(&v, sizeof(v));
		if (READ_ONCE(j.samples) != seen) {
			seen = j.samples;
			pool_credit(1);
		}
		sched_check();
		if (signal_is_pending())
			err = -ERESTARTSYS;
	}
	timeout_cancel_sync(&j.timer);
	return err;
}

int random_wait_ready(void)
{
	int err;

	while (!random_is_ready()) {
		err = waitq_wait_intr_until(&random_ready_waitq, random_is_ready(),
					    deadline_after(NSEC_PER_SEC));
		if (err == -ETIMEDOUT)
			err = jitter_run();
		if (err)
			return err;
	}
	return 0;
}

ssize_t random_write_user(struct uio *u)
{
	u8 block[64];
	ssize_t done = 0;

	while (u->resid) {
		size_t want = min_t(size_t, u->resid, sizeof(block)), got = uio_get(u, block, want);

		pool_mix(block, got);
		done += got;
		if (got < want) {
			done = done ? done : -EFAULT;
			break;
		}
		if (!(done & (PAGE_SIZE - 1)) && signal_is_pending())
			break;
		sched_check();
	}
	mem_wipe(block, sizeof(block));
	return done;
}

static int random_start(void)
{
	struct { nsec_t ns; s64 wall; u64 tsc; } now = { clock_ns(), clock_realtime_ns(), cpu_tsc() };
	u64 w[HW_WORDS];
	u32 n = hw_fill(w);

	random_add_device(&now, sizeof(now));
	random_add_entropy(w, sizeof(w), n * 64);
	return 0;
}
INITCALL(CORE, random_start);
