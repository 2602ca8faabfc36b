/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cyclic redundancy checks, eight bytes a round ("slicing by 8").
 *
 * table[s][n] is the register after byte n and then s zero bytes. It is linear
 * in n, so a row follows from its eight entries with one bit set; ROW() makes
 * the 256 entries from those at compile time.
 */
#include <tern/lib/crc.h>

#include <tern/lib/bits.h>

#define R1(x, a)			(x), (x) ^ (a)
#define R2(x, a, b)			R1(x, a), R1((x) ^ (b), a)
#define R3(x, a, b, c)			R2(x, a, b), R2((x) ^ (c), a, b)
#define R4(x, a, b, c, d)		R3(x, a, b, c), R3((x) ^ (d), a, b, c)
#define R5(x, a, b, c, d, e)		R4(x, a, b, c, d), R4((x) ^ (e), a, b, c, d)
#define R6(x, a, b, c, d, e, f)		R5(x, a, b, c, d, e), R5((x) ^ (f), a, b, c, d, e)
#define R7(x, a, b, c, d, e, f, g)	R6(x, a, b, c, d, e, f), R6((x) ^ (g), a, b, c, d, e, f)
#define ROW(a, b, c, d, e, f, g, h)	R7(0, a, b, c, d, e, f, g), R7(h, a, b, c, d, e, f, g)

static const u32 table32[8][256] = {
	{ ROW(0x77073096, 0xee0e612c, 0x076dc419, 0x0edb8832, 0x1db71064, 0x3b6e20c8, 0x76dc4190,
	      0xedb88320) },
	{ ROW(0x191b3141, 0x32366282, 0x646cc504, 0xc8d98a08, 0x4ac21251, 0x958424a2, 0xf0794f05,
	      0x3b83984b) },
	{ ROW(0x01c26a37, 0x0384d46e, 0x0709a8dc, 0x0e1351b8, 0x1c26a370, 0x384d46e0, 0x709a8dc0,
	      0xe1351b80) },
	{ ROW(0xb8bc6765, 0xaa09c88b, 0x8f629757, 0xc5b428ef, 0x5019579f, 0xa032af3e, 0x9b14583d,
	      0xed59b63b) },
	{ ROW(0x3d6029b0, 0x7ac05360, 0xf580a6c0, 0x30704bc1, 0x60e09782, 0xc1c12f04, 0x58f35849,
	      0xb1e6b092) },
	{ ROW(0xcb5cd3a5, 0x4dc8a10b, 0x9b914216, 0xec53826d, 0x03d6029b, 0x07ac0536, 0x0f580a6c,
	      0x1eb014d8) },
	{ ROW(0xa6770bb4, 0x979f1129, 0xf44f2413, 0x33ef4e67, 0x67de9cce, 0xcfbd399c, 0x440b7579,
	      0x8816eaf2) },
	{ ROW(0xccaa009e, 0x4225077d, 0x844a0efa, 0xd3e51bb5, 0x7cbb312b, 0xf9766256, 0x299dc2ed,
	      0x533b85da) },
};

static const u32 table32c[8][256] = {
	{ ROW(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f, 0x20bd8ede, 0x417b1dbc,
	      0x82f63b78) },
	{ ROW(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8, 0x3fc5f181, 0x7f8be302, 0xff17c604,
	      0xfbc3faf9) },
	{ ROW(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5, 0x70a27d8a, 0xe144fb14, 0xc76580d9,
	      0x8b277743) },
	{ ROW(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6, 0xe964b13d, 0xd725148b, 0xaba65fe7,
	      0x52a0c93f) },
	{ ROW(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91, 0x8f2261d3, 0x1ba8b557, 0x37516aae,
	      0x6ea2d55c) },
	{ ROW(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f, 0xc00c303e, 0x85f4168d, 0x0e045beb,
	      0x1c08b7d6) },
	{ ROW(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53, 0x9c5bfaa6, 0x3d5b83bd, 0x7ab7077a,
	      0xf56e0ef4) },
	{ ROW(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da, 0x847609b4, 0x0d006599, 0x1a00cb32,
	      0x34019664) },
};

static const u64 table64[8][256] = {
	{ ROW(0xb32e4cbe03a75f6f, 0xf4843657a840a05b, 0x7bd0c384ff8f5e33, 0xf7a18709ff1ebc66,
	      0x7d9ba13851336649, 0xfb374270a266cc92, 0x64b62bcaebc387a1, 0xc96c5795d7870f42) },
	{ ROW(0x54e979925cd0f10d, 0xa9d2f324b9a1e21a, 0xc17d4962dc4ddab1, 0x10223dee1795abe7,
	      0x20447bdc2f2b57ce, 0x4088f7b85e56af9c, 0x8111ef70bcad5f38, 0x90fb71cad654a0f5) },
	{ ROW(0x3f0be14a916a6dcb, 0x7e17c29522d4db96, 0xfc2f852a45a9b72c, 0x6a87a57f245d70dd,
	      0xd50f4afe48bae1ba, 0x38c63ad73e7bddf1, 0x718c75ae7cf7bbe2, 0xe318eb5cf9ef77c4) },
	{ ROW(0x1dee8a5e222ca1dc, 0x3bdd14bc445943b8, 0x77ba297888b28770, 0xef7452f111650ee0,
	      0x4c300ac98dc40345, 0x986015931b88068a, 0xa218840d981e1391, 0xd6e9a7309f3239a7) },
	{ ROW(0x5c2d776033c4205e, 0xb85aeec0678840bc, 0xe26d72ab601e9ffd, 0x56024a7d6f33217f,
	      0xac0494fade6642fe, 0xcad186de13c29b79, 0x077ba297888b2877, 0x0ef7452f111650ee) },
	{ ROW(0x6184d55f721267c6, 0xc309aabee424cf8c, 0x14cbfa566747819d, 0x2997f4acce8f033a,
	      0x532fe9599d1e0674, 0xa65fd2b33a3c0ce8, 0xde670a4ddb760755, 0x2e16bbb019e2102f) },
	{ ROW(0x22ef0d5934f964ec, 0x45de1ab269f2c9d8, 0x8bbc3564d3e593b0, 0x85a0c5e208c539e5,
	      0x999924efbe846d4f, 0xa1eae6f4d206c41b, 0xd10d62c20b0396b3, 0x30c26aafb90933e3) },
	{ ROW(0xdabe95afc7875f40, 0x27a584742000a005, 0x4f4b08e84001400a, 0x9e9611d080028014,
	      0xaff48c8aaf0b1ead, 0xcd31b63ef11823df, 0x08bbc3564d3e593b, 0x117786ac9a7cb276) },
};

static const u16 table16[1][256] = {
	{ ROW(0xc0c1, 0xc181, 0xc301, 0xc601, 0xcc01, 0xd801, 0xf001, 0xa001) },
};

static __always_inline u32 run32(const u32 t[8][256], u32 reg, const u8 *p, size_t len)
{
	for (; len >= 8; len -= 8, p += 8) {
		u64 v = get_le64(p) ^ reg;

		reg = t[7][v & 255] ^ t[6][v >> 8 & 255] ^ t[5][v >> 16 & 255] ^
		      t[4][v >> 24 & 255] ^ t[3][v >> 32 & 255] ^ t[2][v >> 40 & 255] ^
		      t[1][v >> 48 & 255] ^ t[0][v >> 56];
	}
	for (; len; len--, p++)
		reg = reg >> 8 ^ t[0][(reg ^ *p) & 255];
	return reg;
}

u32 crc32_raw(u32 reg, const void *data, size_t len)
{
	return run32(table32, reg, data, len);
}

u32 crc32c_raw(u32 reg, const void *data, size_t len)
{
	return run32(table32c, reg, data, len);
}

u64 crc64_raw(u64 reg, const void *data, size_t len)
{
	const u8 *p = data;

	for (; len >= 8; len -= 8, p += 8) {
		u64 v = get_le64(p) ^ reg;

		reg = table64[7][v & 255] ^ table64[6][v >> 8 & 255] ^
		      table64[5][v >> 16 & 255] ^ table64[4][v >> 24 & 255] ^
		      table64[3][v >> 32 & 255] ^ table64[2][v >> 40 & 255] ^
		      table64[1][v >> 48 & 255] ^ table64[0][v >> 56];
	}
	for (; len; len--, p++)
		reg = reg >> 8 ^ table64[0][(reg ^ *p) & 255];
	return reg;
}

u16 crc16_raw(u16 reg, const void *data, size_t len)
{
	const u8 *p = data;

	for (; len; len--, p++)
		reg = (u16)(reg >> 8 ^ table16[0][(reg ^ *p) & 255]);
	return reg;
}
