/* SPDX-License-Identifier: GPL-2.0-only */
/* The packers of the build machine make the input; a missing one skips its tests. */
#include <tern/lib/unzip.h>

#include "../test_impl.h"

#include <unistd.h>

struct sample {
	u8 *data;
	size_t len;
};

struct sink {
	u8 *data;
	size_t len, room;
	int calls_left;	/* 0: fail now; negative: never */
};

static int collect(void *ctx, const void *data, size_t len)
{
	struct sink *s = ctx;

	if (!s->calls_left)
		return -EIO;
	s->calls_left--;
	if (s->len + len > s->room) {
		s->room = 2 * (s->len + len);
		s->data = realloc(s->data, s->room);
	}
	memcpy(s->data + s->len, data, len);
	s->len += len;
	return 0;
}

static bool read_file(const char *path, struct sample *s)
{
	FILE *f = fopen(path, "rb");
	bool ok = f && !fseek(f, 0, SEEK_END);

	s->data = NULL;
	if (ok) {
		s->len = (size_t)ftell(f);
		rewind(f);
		s->data = malloc(s->len + 1);
		ok = fread(s->data, 1, s->len, f) == s->len;
	}
	if (f)
		fclose(f);
	return ok;
}

static const char *temp_path(const char *suffix)
{
	static char path[2][64];
	static int turn;
	char *p = path[turn++ & 1];

	snprintf(p, 64, "/tmp/tern-unzip-%d%s", (int)getpid(), suffix);
	return p;
}

/* Runs "command <in >out"; false if that fails. */
static bool pack(const char *command, const struct sample *in, struct sample *out)
{
	const char *from = temp_path(".in"), *to = temp_path(".out");
	char line[512];
	FILE *f = fopen(from, "wb");
	bool ok;

	if (!f)
		return false;
	ok = fwrite(in->data, 1, in->len, f) == in->len && !fclose(f);
	snprintf(line, sizeof(line), "(%s) <%s >%s 2>/dev/null", command, from, to);
	ok = ok && !system(line) && read_file(to, out);
	unlink(from);
	unlink(to);
	return ok;
}

/* Contents of several characters. */
static struct sample make_sample(unsigned kind, size_t len)
{
	static const char *const words[] = { "the ", "kernel ", "page ", "of ", "\n", "lock ", "a " };
	struct sample s = { malloc(len + 1), len };
	u64 rng = kind + 77, n = 0;

	if (kind == 4) {
		FILE *f = fopen("/proc/self/exe", "rb");

		n = f ? fread(s.data, 1, len, f) : 0;
		kind = 1;
		if (f)
			fclose(f);
	}
	while (n < len) {
		u64 v = test_random(&rng);

		if (kind == 0) {
			s.data[n++] = 0;
		} else if (kind == 1) {
			for (const char *w = words[v % 7]; *w && n < len; w++)
				s.data[n++] = (u8)*w;
		} else if (kind == 2) {
			s.data[n++] = (u8)v;
		} else {
			/* runs of short periods, far repeats, noise */
			u64 run = v % 600, dist = 1 + (v >> 16) % (v >> 50 & 1 ? 9 : 70000);

			for (; run && n < len; run--, n++)
				s.data[n] = n >= dist && (v >> 60) ? s.data[n - dist]
								   : (u8)test_random(&rng);
		}
	}
	return s;
}

/* Decompresses in pieces; each piece is a copy of its own, so ASan sees overreads. */
static int unpack(enum unzip_format format, const struct sample *in, size_t piece,
		  struct sink *out, size_t *used_all, struct test_heap *heap)
{
	struct unzip u;
	size_t at = 0, used;
	int r = unzip_open(&u, format, &heap->alloc, collect, out);

	while (!r && at < in->len) {
		size_t n = min(piece, in->len - at);
		u8 *copy = malloc(n);

		memcpy(copy, in->data + at, n);
		r = unzip_feed(&u, copy, n, &used);
		free(copy);
		at += used;
		if (!r)
			EXPECT_EQ(used, n);
	}
	if (r >= 0)
		r = unzip_finish(&u);
	*used_all = at;
	unzip_close(&u);
	EXPECT_EQ(heap->live, 0);
	return r;
}

static void check_one(enum unzip_format format, const struct sample *want, struct sample *in,
		      size_t piece)
{
	struct sink out = { .calls_left = -1 };
	struct test_heap heap;
	size_t used, whole = in->len;

	test_heap_init(&heap);
	EXPECT_EQ(unpack(format, in, piece, &out, &used, &heap), 0);
	EXPECT_EQ(used, whole);
	if (out.len == want->len)
		EXPECT_BYTES(out.data, want->data, want->len);
	EXPECT_EQ(out.len, want->len);
	free(out.data);
}

/* Each kind of contents, each size, whole and in pieces. */
static void check_tool(const char *command, enum unzip_format format, bool is_detectable)
{
	static const size_t sizes[] = { 0, 1, 5, 300, 70000, 700000 };
	static const size_t pieces[] = { 1, 7, 100, 4096, 100000 };

	for (unsigned i = 0; i < ARRAY_SIZE(sizes) * 5; i++) {
		struct sample want = make_sample(i % 5, sizes[i / 5]), in;

		if (!pack(command, &want, &in)) {
			ktest_skip(command);
			free(want.data);
			return;
		}
		if (is_detectable)
			EXPECT_EQ(unzip_detect(in.data, in.len), format);
		check_one(format, &want, &in, in.len);
		for (unsigned k = 0; k < ARRAY_SIZE(pieces); k++) {
			if (pieces[k] < in.len && in.len / pieces[k] < 20000)
				check_one(format, &want, &in, pieces[k]);
		}
		free(in.data);
		free(want.data);
	}
}

/* Every cut is seen as truncated, every flipped bit as corrupt or harmless. */
static void check_damage(const char *command, enum unzip_format format, bool has_sum)
{
	struct sample want = make_sample(1, 3000), in;
	struct test_heap heap;
	size_t used, whole;

	if (!pack(command, &want, &in)) {
		ktest_skip(command);
		free(want.data);
		return;
	}
	test_heap_init(&heap);
	whole = in.len;
	for (in.len = 0; in.len < whole; in.len++) {
		struct sink out = { .calls_left = -1 };
		int r = unpack(format, &in, in.len % 3 ? 64 : 4096, &out, &used, &heap);

		EXPECT_EQ(r, -ENODATA);
		free(out.data);
	}
	for (size_t bit = 0; bit < 8 * whole; bit++) {
		struct sink out = { .calls_left = -1 };
		int r;

		in.data[bit / 8] ^= (u8)(1 << bit % 8);
		r = unpack(format, &in, 4096, &out, &used, &heap);
		EXPECT(!r || r == -EBADMSG || r == -ENODATA || r == -EPROTONOSUPPORT ||
		       r == -EOPNOTSUPP);
		if (!r && has_sum)
			EXPECT(out.len == want.len && !memcmp(out.data, want.data, out.len));
		in.data[bit / 8] ^= (u8)(1 << bit % 8);
		free(out.data);
	}
	free(in.data);
	free(want.data);
}

/* Each allocation in turn fails; each output call in turn fails. */
static void check_failures(const char *command, enum unzip_format format)
{
	struct sample want = make_sample(1, 300000), in;
	struct test_heap heap;
	size_t used;
	int r = -ENOMEM;

	if (!pack(command, &want, &in)) {
		ktest_skip(command);
		free(want.data);
		return;
	}
	test_heap_init(&heap);
	for (long left = 0; r == -ENOMEM; left++) {
		struct sink out = { .calls_left = -1 };

		heap.left = left;
		r = unpack(format, &in, 1000, &out, &used, &heap);
		EXPECT(r == 0 || r == -ENOMEM);
		free(out.data);
	}
	heap.left = -1;
	for (int calls = 0; calls < 3; calls++) {
		struct sink out = { .calls_left = calls };

		r = unpack(format, &in, 1000, &out, &used, &heap);
		EXPECT(r == -EIO || (!r && calls));
		free(out.data);
	}
	free(in.data);
	free(want.data);
}

TEST(lib_unzip_gzip, levels)
{
	check_tool("gzip -1n", UNZIP_GZIP, true);
	check_tool("gzip -9n", UNZIP_GZIP, true);
}

TEST(lib_unzip_gzip, damage)
{
	check_damage("gzip -9n", UNZIP_GZIP, true);
	check_failures("gzip -6n", UNZIP_GZIP);
}

TEST(lib_unzip_gzip, all_header_fields)
{
	static const u8 in[] = "\x1f\x8b\x08\x1f\0\0\0\0\0\3" "\x03\0abc" "name\0" "note\0" "\xc0\xee"
		"\x01\x03\x00\xfc\xff" "hey" "\xf0\x15\xd6\x88" "\3\0\0\0" "rest";
	struct sample s = { (u8 *)in, sizeof(in) - 1 };
	struct sink out = { .calls_left = -1 };
	struct test_heap heap;
	size_t used;

	test_heap_init(&heap);
	for (size_t piece = 1; piece < sizeof(in); piece++) {
		out.len = 0;
		EXPECT_EQ(unpack(UNZIP_GZIP, &s, piece, &out, &used, &heap), 0);
		EXPECT_EQ(used, s.len - 4);
		EXPECT_EQ(out.len, 3);
		EXPECT_BYTES(out.data, "hey", 3);
	}
	free(out.data);
}

TEST(lib_unzip_zlib, tool)
{
	check_tool("python3 -c 'import sys,zlib;i=sys.stdin.buffer.read();"
		   "sys.stdout.buffer.write(zlib.compress(i))'", UNZIP_ZLIB, false);
}

TEST(lib_unzip_lz4, frames)
{
	check_tool("lz4 -c", UNZIP_LZ4, true);
	check_tool("lz4 -9 -c -BD -B4 --content-size", UNZIP_LZ4, true);
	check_tool("lz4 -c -BX --no-frame-crc -B5", UNZIP_LZ4, true);
	check_tool("lz4 -l -c", UNZIP_LZ4_LEGACY, true);
}

TEST(lib_unzip_lz4, damage)
{
	check_damage("lz4 -c -BX", UNZIP_LZ4, true);
	check_failures("lz4 -c -B4", UNZIP_LZ4);
	check_failures("lz4 -l -c", UNZIP_LZ4_LEGACY);
}

TEST(lib_unzip_zstd, levels)
{
	check_tool("zstd -1 -c", UNZIP_ZSTD, true);
	check_tool("zstd -19 -c", UNZIP_ZSTD, true);
	check_tool("zstd --fast=5 --no-check -c", UNZIP_ZSTD, true);
	check_tool("zstd --ultra -22 --zstd=wlog=10 -c", UNZIP_ZSTD, true);
}

TEST(lib_unzip_zstd, damage)
{
	check_damage("zstd -19 -c", UNZIP_ZSTD, true);
	check_failures("zstd -c", UNZIP_ZSTD);
}

TEST(lib_unzip_xz, levels_filters_checks)
{
	check_tool("xz -T1 -c", UNZIP_XZ, true);
	check_tool("xz -9e -T1 --check=crc32 -c --x86 --lzma2=dict=1MiB", UNZIP_XZ, true);
	check_tool("xz -0 -T1 --check=sha256 --block-size=20000 -c", UNZIP_XZ, true);
	check_tool("xz -T1 --check=none -c --lzma2=preset=6,lc=0,lp=2,pb=0,dict=4KiB", UNZIP_XZ, true);
}

TEST(lib_unzip_xz, damage)
{
	check_damage("xz -c", UNZIP_XZ, true);
	check_failures("xz -c --x86 --lzma2", UNZIP_XZ);
}

TEST(lib_unzip_lzma, levels)
{
	check_tool("xz --format=lzma -c", UNZIP_LZMA, true);
	check_tool("xz --format=lzma -c --lzma1=lc=0,lp=4,pb=4,dict=4KiB", UNZIP_LZMA, true);
}

TEST(lib_unzip_lzma, damage)
{
	check_damage("xz --format=lzma -c", UNZIP_LZMA, false);
	check_failures("xz --format=lzma -c", UNZIP_LZMA);
}

TEST(lib_unzip_bzip2, levels)
{
	check_tool("bzip2 -1 -c", UNZIP_BZIP2, true);
	check_tool("bzip2 -9 -c", UNZIP_BZIP2, true);
}

TEST(lib_unzip_bzip2, damage)
{
	check_damage("bzip2 -c", UNZIP_BZIP2, true);
	check_failures("bzip2 -c", UNZIP_BZIP2);
}

TEST(lib_unzip, detection_and_names)
{
	struct test_heap heap;
	struct unzip u;

	test_heap_init(&heap);
	EXPECT_EQ(unzip_detect("", 0), UNZIP_UNKNOWN);
	EXPECT_EQ(unzip_detect("hello, this is text", 19), UNZIP_UNKNOWN);
	EXPECT_EQ(unzip_open(&u, UNZIP_UNKNOWN, &heap.alloc, collect, NULL), -EPROTONOSUPPORT);
	unzip_close(&u);
	EXPECT_STR(unzip_format_name(UNZIP_GZIP), "gzip");
	EXPECT_STR(unzip_format_name(UNZIP_UNKNOWN), "unknown");
	EXPECT_STR(unzip_error_text(-EBADMSG), "corrupt data");
}
