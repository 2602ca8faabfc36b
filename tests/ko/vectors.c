// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls the exports of the vendor's leaf modules and compares with published vectors. Each
 * comparison is a line "vectors: ok NAME" or "vectors: bad NAME" in the kernel log.
 *
 * ko-depends: crc16 crc_itu_t crc7 crc8 crc64 crct10dif_common libarc4 libdes cordic
 * ko-depends: scsi_common twofish_common lz4_compress lz4hc_compress libpoly1305
 * ko-depends: libcurve25519_generic
 */
#include <stdbool.h>
#include <stddef.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

extern int _printk(const char *fmt, ...);
extern int memcmp(const void *a, const void *b, size_t n);
extern void *memset(void *p, int c, size_t n);

/* ---- what the modules export ---- */
extern u16 crc16(u16 crc, const u8 *p, size_t n);
extern u16 crc_itu_t(u16 crc, const u8 *p, size_t n);
extern u8 crc7_be(u8 crc, const u8 *p, size_t n);
extern void crc8_populate_msb(u8 table[256], u8 polynomial);
extern u8 crc8(const u8 table[256], const u8 *p, size_t n, u8 crc);
extern u64 crc64_be(u64 crc, const void *p, size_t n);
extern u16 crc_t10dif_generic(u16 crc, const u8 *p, size_t n);
struct arc4 { u32 s[256], x, y; };
extern int arc4_setkey(struct arc4 *c, const u8 *key, u32 n);
extern void arc4_crypt(struct arc4 *c, u8 *out, const u8 *in, u32 n);
struct des { u32 key[32]; };
extern int des_expand_key(struct des *c, const u8 *key, u32 n);
extern void des_encrypt(const struct des *c, u8 *out, const u8 *in);
extern void des_decrypt(const struct des *c, u8 *out, const u8 *in);
struct iq { int i, q; };
extern struct iq cordic_calc_iq(int theta);
extern u64 scsilun_to_int(const u8 *lun);
extern void int_to_scsilun(u64 n, u8 *lun);
struct twofish { u32 s[4][256], w[8], k[32]; };
extern int __twofish_setkey(struct twofish *c, const u8 *key, u32 n);
extern int LZ4_compress_default(const char *in, char *out, int n, int room, void *work);
extern int LZ4_compress_HC(const char *in, char *out, int n, int room, int level, void *work);
struct poly_key { u64 r[3], s[3]; };
struct poly_state { u64 h[3]; };
extern void poly1305_core_setkey(struct poly_key *k, const u8 raw[16]);
extern void poly1305_core_blocks(struct poly_state *s, const struct poly_key *k, const void *p,
				 u32 nblocks, u32 high_bit);
extern void poly1305_core_emit(const struct poly_state *s, const u32 nonce[4], void *out);
extern void curve25519_generic(u8 out[32], const u8 secret[32], const u8 base[32]);

static const u8 digits[] = "123456789";
static int bad;

static void result(const char *name, bool ok)
{
	_printk("\0016vectors: %s %s\n", ok ? "ok" : "bad", name);
	bad += !ok;
}

static void checksums(void)
{
	static u8 table[256];

	result("crc16", crc16(0, digits, 9) == 0xbb3d);
	result("crc_itu_t", crc_itu_t(0, digits, 9) == 0x31c3);
	result("crc7", crc7_be(0, digits, 9) == 0xea);
	crc8_populate_msb(table, 0x07);
	result("crc8", crc8(table, digits, 9, 0) == 0xf4);
	result("crc64", crc64_be(0, digits, 9) == 0x6c40df5f0b497347UL);
	result("crct10dif_common", crc_t10dif_generic(0, digits, 9) == 0xd0db);
}

static void ciphers(void)
{
	static const u8 arc4_out[] = { 0xbb, 0xf3, 0x16, 0xe8, 0xd9, 0x40, 0xaf, 0x0a, 0xd3 };
	static const u8 des_key[] = { 0x13, 0x34, 0x57, 0x79, 0x9b, 0xbc, 0xdf, 0xf1 };
	static const u8 des_in[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };
	static const u8 des_out[] = { 0x85, 0xe8, 0x13, 0x54, 0x0f, 0x0a, 0xb4, 0x05 };
	static struct arc4 arc4;
	static struct des des;
	static struct twofish twofish;
	u8 out[16], back[16];

	arc4_setkey(&arc4, (const u8 *)"Key", 3);
	arc4_crypt(&arc4, out, (const u8 *)"Plaintext", 9);
	result("libarc4", !memcmp(out, arc4_out, 9));
	des_expand_key(&des, des_key, 8);
	des_encrypt(&des, out, des_in);
	des_decrypt(&des, back, out);
	result("libdes", !memcmp(out, des_out, 8) && !memcmp(back, des_in, 8));
	result("twofish_common", !__twofish_setkey(&twofish, des_key, 8) &&
	       __twofish_setkey(&twofish, digits, 9) == -22);
}

/* RFC 8439, 2.5.2. */
static void poly1305(void)
{
	static const u8 r[16] = { 0x85, 0xd6, 0xbe, 0x78, 0x57, 0x55, 0x6d, 0x33,
				  0x7f, 0x44, 0x52, 0xfe, 0x42, 0xd5, 0x06, 0xa8 };
	static const u32 nonce[4] = { 0x8a800301, 0xfdb20dfb, 0xaff6bf4a, 0x1bf54941 };
	static const u8 tag[16] = { 0xa8, 0x06, 0x1d, 0xc1, 0x30, 0x51, 0x36, 0xc6,
				    0xc2, 0x2b, 0x8b, 0xaf, 0x0c, 0x01, 0x27, 0xa9 };
	static const u8 text[48] = "Cryptographic Forum Research Group\1";
	struct poly_state s = { { 0 } };
	struct poly_key k;
	u8 out[16];

	poly1305_core_setkey(&k, r);
	poly1305_core_blocks(&s, &k, text, 2, 1);
	poly1305_core_blocks(&s, &k, text + 32, 1, 0);
	poly1305_core_emit(&s, nonce, out);
	result("libpoly1305", !memcmp(out, tag, 16));
}

/* RFC 7748, 6.1: Alice's public key. */
static void curve25519(void)
{
	static const u8 secret[32] = {
		0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2,
		0x66, 0x45, 0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5,
		0x1d, 0xb9, 0x2c, 0x2a };
	static const u8 public[32] = {
		0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54, 0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e,
		0xf7, 0x5a, 0x0d, 0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4, 0xeb, 0xa4, 0xa9, 0x8e,
		0xaa, 0x9b, 0x4e, 0x6a };
	u8 base[32] = { 9 }, clamped[32], out[32];

	for (int i = 0; i < 32; i++)
		clamped[i] = secret[i];
	clamped[0] &= 248;
	clamped[31] = (clamped[31] & 127) | 64;
	curve25519_generic(out, clamped, base);
	result("libcurve25519_generic", !memcmp(out, public, 32));
}

static void small(void)
{
	struct iq x = cordic_calc_iq(45);
	u8 lun[8] = { 0, 5 }, made[8];

	result("cordic", x.i > 0 && x.i - x.q < x.i / 100 && x.q - x.i < x.i / 100);
	int_to_scsilun(5, made);
	result("scsi_common", scsilun_to_int(lun) == 5 && !memcmp(lun, made, 8));
}

/* ---- LZ4: what they compress is unpacked by a decoder of our own ---- */

#define TEXT_SIZE 4096

static char text[TEXT_SIZE], packed[TEXT_SIZE], unpacked[TEXT_SIZE];
static u8 work[262144 + 64];

static int lz4_length(const u8 **p, int n)
{
	if (n == 15)
		do
			n += **p;
		while (*(*p)++ == 255);
	return n;
}

static int lz4_unpack(const u8 *p, int size, char *out)
{
	const u8 *end = p + size;
	int at = 0;

	while (p < end) {
		u8 token = *p++;
		int n = lz4_length(&p, token >> 4), back;

		while (n-- && at < TEXT_SIZE)
			out[at++] = *p++;
		if (p >= end)
			break;
		back = p[0] | p[1] << 8;
		p += 2;
		n = lz4_length(&p, token & 15) + 4;
		for (; n && at < TEXT_SIZE && back <= at; n--, at++)
			out[at] = out[at - back];
	}
	return at;
}

static bool lz4_good(int size)
{
	memset(unpacked, 0, TEXT_SIZE);
	return size > 0 && size < TEXT_SIZE / 2 &&
	       lz4_unpack((const u8 *)packed, size, unpacked) == TEXT_SIZE &&
	       !memcmp(text, unpacked, TEXT_SIZE);
}

static void lz4(void)
{
	for (int i = 0; i < TEXT_SIZE; i++)
		text[i] = "abracadabra"[i % 11] + (i / 600);
	result("lz4_compress", lz4_good(LZ4_compress_default(text, packed, TEXT_SIZE, TEXT_SIZE, work)));
	result("lz4hc_compress", lz4_good(LZ4_compress_HC(text, packed, TEXT_SIZE, TEXT_SIZE, 9, work)));
}

int init_module(void);
int init_module(void)
{
	checksums();
	ciphers();
	poly1305();
	curve25519();
	small();
	lz4();
	return bad ? -22 : 0;
}

void cleanup_module(void);
void cleanup_module(void)
{
}
