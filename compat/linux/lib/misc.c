// SPDX-License-Identifier: GPL-2.0-only
/* Small things of many callers: random numbers, reference counts, capabilities, checksums. */
#include "../lx.h"

#include <tern/base/err.h>
#include <tern/kernel/cred.h>
#include <tern/kernel/klog.h>
#include <tern/kernel/random.h>
#include <tern/lib/crc.h>
#include <tern/net/inetsum.h>

void lx_get_random_bytes(void *buf, size_t n) { random_bytes(buf, n); }
LX_EXPORT(get_random_bytes);
unsigned int lx_get_random_u32(void) { return random_u32(); }
LX_EXPORT(get_random_u32);
u64 lx_random_u64(void);
u64 lx_random_u64(void) { return random_u64(); }
LX_EXPORT_ALIAS(get_random_u64, lx_random_u64);

void lx_add_device_randomness(const void *buf, size_t n) { random_add_device(buf, n); }
LX_EXPORT(add_device_randomness);

bool lx_capable(int cap) { return cap_has(cap); }
LX_EXPORT(capable);

/* The count would wrap: it stays where it can do no harm, for ever. */
void lx_refcount_warn_saturate(struct lx_refcount_struct *r, unsigned int kind)
{
	static const char *const what[] = {
		"not incremented: saturated", "overflow", "incremented from zero: use after free",
		"underflow: use after free", "decremented to zero: leaking memory",
	};

	__atomic_store_n(&r->refs.counter, -(S32_MAX / 2), __ATOMIC_SEQ_CST);
	kwarn("refcount_t: %s", kind < ARRAY_SIZE(what) ? what[kind] : "broken");
	klog_backtrace(KLOG_WARNING);
}
LX_EXPORT(refcount_warn_saturate);

bool lx_refcount_dec_if_one(struct lx_refcount_struct *r)
{
	int one = 1;

	return __atomic_compare_exchange_n(&r->refs.counter, &one, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
LX_EXPORT(refcount_dec_if_one);

bool lx_refcount_dec_not_one(struct lx_refcount_struct *r)
{
	int old = READ_ONCE(r->refs.counter);

	while (old != 1)
		if (__atomic_compare_exchange_n(&r->refs.counter, &old, old - 1, true, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return true;
	return false;
}
LX_EXPORT(refcount_dec_not_one);

bool lx_refcount_dec_and_mutex_lock(struct lx_refcount_struct *r, struct lx_mutex *m)
{
	if (lx_refcount_dec_not_one(r))
		return false;
	lx_mutex_lock(m);
	if (__atomic_sub_fetch(&r->refs.counter, 1, __ATOMIC_SEQ_CST) == 0)
		return true;
	lx_mutex_unlock(m);
	return false;
}
LX_EXPORT(refcount_dec_and_mutex_lock);

bool lx_refcount_dec_and_lock(struct lx_refcount_struct *r, struct lx_spinlock *l)
{
	if (lx_refcount_dec_not_one(r))
		return false;
	lx__raw_spin_lock((struct lx_raw_spinlock *)l);
	if (__atomic_sub_fetch(&r->refs.counter, 1, __ATOMIC_SEQ_CST) == 0)
		return true;
	lx__raw_spin_unlock((struct lx_raw_spinlock *)l);
	return false;
}
LX_EXPORT(refcount_dec_and_lock);

unsigned long lx_gcd(unsigned long a, unsigned long b)
{
	while (b) {
		unsigned long r = a % b;

		a = b;
		b = r;
	}
	return a;
}
LX_EXPORT(gcd);

unsigned long lx_lcm(unsigned long a, unsigned long b) { return a && b ? a / lx_gcd(a, b) * b : 0; }
LX_EXPORT(lcm);

unsigned long lx_int_sqrt(unsigned long x)
{
	unsigned long root = 0;

	for (unsigned long bit = 1UL << 62; bit; bit >>= 2) {
		if (x >= root + bit) {
			x -= root + bit;
			root = (root >> 1) + bit;
		} else {
			root >>= 1;
		}
	}
	return root;
}
LX_EXPORT(int_sqrt);

/* Memory can be reached by devices: nothing is encrypted. */

static bool virtio_needs_no_care(void *dev) { return false; }
static bool (*lx_virtio_check_mem_acc_cb)(void *dev) = virtio_needs_no_care;
LX_EXPORT_DATA(virtio_check_mem_acc_cb);

bool lx_cc_platform_has(unsigned int attribute) { return false; }
LX_EXPORT(cc_platform_has);

unsigned short lx_ip_compute_csum(const void *data, int n)
{
	return (u16)~inetsum_fold(inetsum_add(0, data, (size_t)n));
}
LX_EXPORT(ip_compute_csum);
