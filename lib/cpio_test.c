/* SPDX-License-Identifier: GPL-2.0-only */
#include <tern/lib/cpio.h>

#include "test_impl.h"

/* Writes what it hears as text: "name mode size [=link] {data}". */
struct log {
	char text[4096];
	size_t len;
	int fail_at;	/* number of the call that fails */
	int calls;
};

static int say(struct log *l, const char *s, size_t n)
{
	if (l->len + n < sizeof(l->text)) {
		memcpy(l->text + l->len, s, n);
		l->len += n;
		l->text[l->len] = 0;
	}
	return ++l->calls == l->fail_at ? -EIO : 0;
}

static int on_begin(void *ctx, const struct cpio_entry *e)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "%s %o %u%s%s {", e->name, e->mode, e->size,
			 e->link_to ? " =" : "", e->link_to ? e->link_to : "");

	return say(ctx, line, (size_t)n);
}

static int on_data(void *ctx, const void *data, size_t len)
{
	return say(ctx, data, len);
}

static int on_end(void *ctx)
{
	return say(ctx, "} ", 2);
}

static const struct cpio_ops ops = { on_begin, on_data, on_end };

/* Appends one entry. */
static void put(char *buf, size_t *len, const char *magic, const char *name, u32 ino, u32 mode,
		u32 nlink, const char *data, u32 check)
{
	u32 size = (u32)strlen(data), name_size = (u32)strlen(name) + 1;

	*len += (size_t)sprintf(buf + *len, "%s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08X%08x",
				magic, ino, mode, 0, 0, nlink, 0, size, 8, 1, 0, 0, name_size, check);
	memcpy(buf + *len, name, name_size);
	for (*len += name_size; *len & 3; )
		buf[(*len)++] = 0;
	memcpy(buf + *len, data, size);
	for (*len += size; *len & 3; )
		buf[(*len)++] = 0;
}

static void trailer(char *buf, size_t *len, size_t zeros)
{
	put(buf, len, "070701", "TRAILER!!!", 0, 0, 1, "", 0);
	memset(buf + *len, 0, zeros);
	*len += zeros;
}

/* Feeds in pieces of the given size; pieces are copies, so ASan sees overreads. */
static int parse(struct log *l, const char *buf, size_t len, size_t piece, size_t *used_all)
{
	struct test_heap heap;
	struct cpio c;
	size_t at = 0;
	int err;

	test_heap_init(&heap);
	err = cpio_init(&c, &ops, l, &heap.alloc);
	while (!err && at < len) {
		size_t n = min(piece, len - at), used;
		char *copy = malloc(n);

		memcpy(copy, buf + at, n);
		err = cpio_feed(&c, copy, n, &used);
		free(copy);
		at += used;
		if (used < n)
			break;
	}
	if (!err && at == len)
		err = cpio_finish(&c);
	cpio_fini(&c);
	EXPECT_EQ(heap.live, 0);
	*used_all = at;
	return err;
}

TEST(lib_cpio, archives_in_pieces_of_any_size)
{
	static const char want[] = "dir 40755 0 {} dir/a 100644 5 {hello} dir/b 100644 0 {} "
		"h1 100644 0 {} h2 100644 4 =h1 {data} second 100644 3 {abc} ";
	static char buf[4096];
	size_t len = 0, used;

	put(buf, &len, "070701", "dir", 1, 0040755, 2, "", 0);
	put(buf, &len, "070702", "dir/a", 2, 0100644, 1, "hello", 'h' + 'e' + 'l' + 'l' + 'o');
	put(buf, &len, "070701", "dir/b", 3, 0100644, 1, "", 0);
	put(buf, &len, "070701", "h1", 4, 0100644, 2, "", 0);
	put(buf, &len, "070701", "h2", 4, 0100644, 2, "data", 0);
	trailer(buf, &len, 300);
	put(buf, &len, "070701", "second", 4, 0100644, 2, "abc", 0);
	trailer(buf, &len, 0);
	for (size_t piece = 1; piece < 400; piece++) {
		struct log l = { .len = 0 };

		EXPECT_EQ(parse(&l, buf, len, piece, &used), 0);
		EXPECT_EQ(used, len);
		EXPECT_STR(l.text, want);
	}
}

TEST(lib_cpio, stops_where_something_else_follows)
{
	static char buf[1024];
	struct log l = { .len = 0 };
	size_t len = 0, used;

	put(buf, &len, "070701", "a", 1, 0100644, 1, "x", 0);
	trailer(buf, &len, 8);
	memcpy(buf + len, "\x1f\x8b", 2);
	EXPECT_EQ(parse(&l, buf, len + 2, 4096, &used), 0);
	EXPECT_EQ(used, len);
	EXPECT_STR(l.text, "a 100644 1 {x} ");
}

TEST(lib_cpio, bad_archives)
{
	static char buf[8192];
	struct log l = { .len = 0 };
	size_t len = 0, used;

	put(buf, &len, "070702", "a", 1, 0100644, 1, "hello", 1);
	EXPECT_EQ(parse(&l, buf, len, 4096, &used), -EBADMSG);
	len = 0;
	put(buf, &len, "070703", "a", 1, 0100644, 1, "hello", 1);
	EXPECT_EQ(parse(&l, buf, len, 4096, &used), -EINVAL);
	len = 0;
	put(buf, &len, "070701", "a", 1, 0100644, 1, "hello", 1);
	for (size_t cut = 1; cut < len; cut++)
		EXPECT_EQ(parse(&l, buf, cut, 4096, &used), -ENODATA);
	EXPECT_EQ(parse(&l, buf, len, 4096, &used), 0);
	buf[20] = 'g';
	EXPECT_EQ(parse(&l, buf, len, 4096, &used), -EINVAL);
	buf[20] = '0';
	memcpy(buf + 94, "00000000", 8);
	EXPECT_EQ(parse(&l, buf, len, 4096, &used), -EINVAL);
	memcpy(buf + 94, "00001001", 8);
	EXPECT_EQ(parse(&l, buf, len, 4096, &used), -ENAMETOOLONG);
	memcpy(buf + 94, "00000001", 8);
	EXPECT_EQ(parse(&l, buf, len, 4096, &used), -EINVAL);
}

TEST(lib_cpio, errors_of_the_user_end_it)
{
	static char buf[1024];
	size_t len = 0, used;

	put(buf, &len, "070701", "a", 1, 0100644, 2, "hello", 1);
	put(buf, &len, "070701", "b", 1, 0100644, 2, "hello", 1);
	trailer(buf, &len, 0);
	for (int at = 1; at <= 6; at++) {
		struct log l = { .fail_at = at };

		EXPECT_EQ(parse(&l, buf, len, 4096, &used), -EIO);
		EXPECT_EQ(l.calls, at);
	}
}

TEST(lib_cpio, lack_of_memory)
{
	static char buf[1024];
	size_t len = 0, used;
	struct log l = { .len = 0 };
	struct test_heap heap;
	struct cpio c;

	put(buf, &len, "070701", "a", 1, 0100644, 2, "hello", 1);
	test_heap_init(&heap);
	for (long left = 0; left < 3; left++) {
		int err;

		heap.left = left;
		err = cpio_init(&c, &ops, &l, &heap.alloc);
		if (!err)
			err = cpio_feed(&c, buf, len, &used);
		EXPECT_EQ(err, -ENOMEM);
		cpio_fini(&c);
		EXPECT_EQ(heap.live, 0);
	}
}
