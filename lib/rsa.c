// SPDX-License-Identifier: GPL-2.0-only
/*
 * RSA with a public exponent: numbers of 64-bit limbs, the lowest first, multiplied as Montgomery did, modulo an
 * odd modulus whose highest bit is set. Nothing is secret here, so the time may depend on the numbers.
 */
#include <tern/lib/rsa.h>

#include <tern/lib/string.h>

#define LIMBS_MAX	(RSA_BYTES_MAX / 8)

struct modulus {
	u64 n[LIMBS_MAX];
	u64 inverse;		/* -1 / n[0] modulo 2^64 */
	u32 limbs;
};

static void from_bytes(u64 *to, const u8 *from, u32 limbs)
{
	for (u32 i = 0; i < limbs; i++) {
		const u8 *at = from + 8 * (limbs - 1 - i);

		to[i] = 0;
		for (u32 k = 0; k < 8; k++)
			to[i] = to[i] << 8 | at[k];
	}
}

static bool is_less(const u64 *a, const u64 *b, u32 limbs)
{
	for (u32 i = limbs; i--;)
		if (a[i] != b[i])
			return a[i] < b[i];
	return false;
}

static void subtract(u64 *a, const u64 *b, u32 limbs)
{
	u64 borrow = 0;

	for (u32 i = 0; i < limbs; i++) {
		u64 d = a[i] - b[i], next = (a[i] < b[i]) | (d < borrow);

		a[i] = d - borrow;
		borrow = next;
	}
}

/* @to = @a * @b / 2^(64 * limbs) modulo n; may be @a or @b. */
static void multiply(const struct modulus *m, u64 *to, const u64 *a, const u64 *b)
{
	u64 t[LIMBS_MAX + 2] = { 0 };
	u32 n = m->limbs;

	for (u32 i = 0; i < n; i++) {
		unsigned __int128 sum = 0;
		u64 q;

		for (u32 j = 0; j < n; j++) {
			sum += (unsigned __int128)a[j] * b[i] + t[j];
			t[j] = (u64)sum;
			sum >>= 64;
		}
		sum += t[n];
		t[n] = (u64)sum;
		t[n + 1] = (u64)(sum >> 64);
		q = t[0] * m->inverse;
		sum = (unsigned __int128)q * m->n[0] + t[0];
		for (u32 j = 1; j < n; j++) {
			sum >>= 64;
			sum += (unsigned __int128)q * m->n[j] + t[j];
			t[j - 1] = (u64)sum;
		}
		sum = (sum >> 64) + t[n];
		t[n - 1] = (u64)sum;
		t[n] = t[n + 1] + (u64)(sum >> 64);
	}
	if (t[n] || !is_less(t, m->n, n))
		subtract(t, m->n, n);
	memcpy(to, t, n * sizeof(u64));
}

static bool modulus_init(struct modulus *m, const u8 *bytes, u32 len)
{
	u64 x = 1;

	if (len < RSA_BYTES_MIN || len > RSA_BYTES_MAX || len % 8 || !(bytes[0] & 0x80) || !(bytes[len - 1] & 1))
		return false;
	m->limbs = len / 8;
	from_bytes(m->n, bytes, m->limbs);
	for (u32 i = 0; i < 6; i++)	/* each step doubles the bits that are right */
		x *= 2 - m->n[0] * x;
	m->inverse = -x;
	return true;
}

/* @r = 2^(128 * limbs) modulo n, which takes a number into Montgomery's form. */
static void square_of_base(const struct modulus *m, u64 *r)
{
	u32 n = m->limbs, bits = 64 * n;
	u64 top;

	memset(r, 0, n * sizeof(u64));
	subtract(r, m->n, n);			/* 2^bits - n, less than n: 1 in that form */
	for (u32 k = 0; k < bits; k++) {	/* ... 2^bits in that form */
		top = r[n - 1] >> 63;
		for (u32 i = n - 1; i; i--)
			r[i] = r[i] << 1 | r[i - 1] >> 63;
		r[0] <<= 1;
		if (top || !is_less(r, m->n, n))
			subtract(r, m->n, n);
	}
}

static void raise(const struct modulus *m, u64 *x, u32 exponent)
{
	u64 base[LIMBS_MAX], one[LIMBS_MAX] = { 1 };
	u32 bit = 31 - (u32)__builtin_clz(exponent);

	square_of_base(m, base);
	multiply(m, base, base, x);
	memcpy(x, base, m->limbs * sizeof(u64));
	while (bit--) {
		multiply(m, x, x, x);
		if (exponent >> bit & 1)
			multiply(m, x, x, base);
	}
	multiply(m, x, x, one);
}

/* 00 01 ff..ff 00, what names SHA-256, the digest. */
static void padded(u8 *to, u32 len, const u8 *digest)
{
	static const u8 name[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
				   0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
	u32 tail = sizeof(name) + SHA256_SIZE;

	memset(to, 0xff, len - tail);
	to[0] = 0;
	to[1] = 1;
	to[len - tail - 1] = 0;
	memcpy(to + len - tail, name, sizeof(name));
	memcpy(to + len - SHA256_SIZE, digest, SHA256_SIZE);
}

bool rsa_verify_sha256(const u8 *modulus, u32 len, u32 exponent, const u8 *sig, const u8 digest[SHA256_SIZE])
{
	struct modulus m;
	u64 x[LIMBS_MAX], want[LIMBS_MAX];
	u8 text[RSA_BYTES_MAX];

	if (!modulus_init(&m, modulus, len) || !(exponent & 1) || exponent < 3)
		return false;
	from_bytes(x, sig, m.limbs);
	if (!is_less(x, m.n, m.limbs))
		return false;
	raise(&m, x, exponent);
	padded(text, len, digest);
	from_bytes(want, text, m.limbs);
	return !memcmp(x, want, len);
}
