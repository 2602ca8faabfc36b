/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpio "newc" archives, parsed as they stream in.
 *
 * An archive is a row of entries; each is a 110-byte header of ASCII (magic,
 * then thirteen fields of eight hexadecimal digits), the name with its NUL,
 * zeros up to a multiple of four, the contents, zeros up to a multiple of
 * four. The name TRAILER!!! ends the archive. With magic 070702 the last field
 * is the sum of all bytes of the contents, modulo 2^32.
 *
 * States: BETWEEN archives zeros are skipped; HEADER and NAME collect into
 * buffers; DATA is passed on as it comes; PAD skips. Entries with a link count
 * above one are remembered until the archive ends, by device, inode and kind,
 * so that later names of the same file can be told apart from new files.
 *
 * Limits: names to 4,095 bytes, contents to 4 GiB - 1 (the format's limit).
 */
#include <tern/lib/cpio.h>

#include <tern/lib/hash.h>
#include <tern/lib/string.h>
#include <uapi/errno.h>

#define HEADER_SIZE	110
#define NAME_ROOM	(CPIO_NAME_MAX + 4)
#define LINK_BITS	8
#define KIND_MASK	0170000U
#define KIND_DIR	0040000U

struct cpio_link {
	struct cpio_link *next;
	u64 dev;
	u32 ino;
	u32 kind;
	size_t size;	/* of this record */
	char name[];
};

int cpio_init(struct cpio *c, const struct cpio_ops *ops, void *ctx,
	      const struct lib_alloc *alloc)
{
	memset(c, 0, sizeof(*c));
	c->ops = ops;
	c->ctx = ctx;
	c->alloc = alloc;
	c->name = lib_alloc_get(alloc, NAME_ROOM);
	return c->name ? 0 : -ENOMEM;
}

static void forget_links(struct cpio *c)
{
	size_t n = 1UL << LINK_BITS;

	if (!c->links)
		return;
	for (size_t i = 0; i < n; i++) {
		while (c->links[i]) {
			struct cpio_link *l = c->links[i];

			c->links[i] = l->next;
			lib_alloc_put(c->alloc, l, l->size);
		}
	}
	lib_alloc_put(c->alloc, c->links, n * sizeof(*c->links));
	c->links = NULL;
}

void cpio_fini(struct cpio *c)
{
	forget_links(c);
	lib_alloc_put(c->alloc, c->name, NAME_ROOM);
	c->name = NULL;
}

/* Set e->link_to, or remember the entry as the first of its file. */
static int resolve_link(struct cpio *c)
{
	struct cpio_entry *e = &c->entry;
	u64 dev = (u64)e->dev_major << 32 | e->dev_minor;
	u32 kind = e->mode & KIND_MASK;
	size_t bucket = hash_u64(dev * 31 + e->ino, LINK_BITS), len;
	struct cpio_link *l;

	e->link_to = NULL;
	if (e->nlink < 2 || kind == KIND_DIR)
		return 0;
	if (!c->links) {
		size_t size = sizeof(*c->links) << LINK_BITS;

		c->links = lib_alloc_get(c->alloc, size);
		if (!c->links)
			return -ENOMEM;
		memset(c->links, 0, size);
	}
	for (l = c->links[bucket]; l; l = l->next) {
		if (l->ino == e->ino && l->dev == dev && l->kind == kind) {
			e->link_to = l->name;
			return 0;
		}
	}
	len = strlen(e->name) + 1;
	l = lib_alloc_get(c->alloc, sizeof(*l) + len);
	if (!l)
		return -ENOMEM;
	*l = (struct cpio_link){ c->links[bucket], dev, e->ino, kind, sizeof(*l) + len };
	memcpy(l->name, e->name, len);
	c->links[bucket] = l;
	return 0;
}

/* Eight hexadecimal digits; false if one is not. */
static bool read_field(const u8 *p, u32 *out)
{
	u32 v = 0;

	for (int i = 0; i < 8; i++) {
		int d = char_digit(p[i]);

		if (d < 0 || d > 15)
			return false;
		v = v << 4 | (u32)d;
	}
	*out = v;
	return true;
}

static int decode_header(struct cpio *c)
{
	u32 f[13];
	const u8 *p = c->header;

	if (memcmp(p, "07070", 5) || (p[5] != '1' && p[5] != '2'))
		return -EINVAL;
	for (int i = 0; i < 13; i++) {
		if (!read_field(p + 6 + 8 * i, &f[i]))
			return -EINVAL;
	}
	if (!f[11])
		return -EINVAL;
	if (f[11] > CPIO_NAME_MAX)
		return -ENAMETOOLONG;
	c->entry = (struct cpio_entry){
		.ino = f[0], .mode = f[1], .uid = f[2], .gid = f[3], .nlink = f[4],
		.mtime = f[5], .size = f[6], .dev_major = f[7], .dev_minor = f[8],
		.rdev_major = f[9], .rdev_minor = f[10],
	};
	c->has_check = p[5] == '2';
	c->check_want = f[12];
	c->check_sum = 0;
	c->left = f[6];
	/* header, name and filling together are a multiple of four */
	c->name_size = f[11];
	c->have = 0;
	c->state = CPIO_NAME;
	return 0;
}

/* The name is there: tell the user, unless this is the trailer. */
static int begin_entry(struct cpio *c)
{
	int err;

	if (c->name[c->name_size - 1])
		return -EINVAL;
	c->entry.name = c->name;
	c->have = 0;
	if (!strcmp(c->name, "TRAILER!!!")) {
		if (c->left)
			return -EINVAL;
		forget_links(c);
		c->offset = 0;
		c->state = CPIO_BETWEEN;
		return 0;
	}
	err = resolve_link(c);
	if (!err)
		err = c->ops->entry_begin(c->ctx, &c->entry);
	c->state = CPIO_DATA;
	return err;
}

static int end_entry(struct cpio *c)
{
	if (c->has_check && c->check_sum != c->check_want)
		return -EBADMSG;
	c->entries++;
	c->have = 0;
	c->state = CPIO_HEADER;
	return c->ops->entry_end(c->ctx);
}

/* Collect into a buffer until it holds want bytes. */
static size_t collect(struct cpio *c, void *buf, size_t want, const u8 *p, size_t len)
{
	size_t n = min(want - c->have, len);

	memcpy((u8 *)buf + c->have, p, n);
	c->have += n;
	return n;
}

static size_t step_between(struct cpio *c, const u8 *p, size_t len)
{
	size_t n = 0;

	while (n < len && !p[n])
		n++;
	if (n < len && p[n] == '0') {
		c->have = 0;
		c->offset = 0;
		c->state = CPIO_HEADER;
	}
	return n;
}

static int step_data(struct cpio *c, const u8 *p, size_t len, size_t *used)
{
	size_t n = min((size_t)c->left, len);
	int err;

	if (n) {
		err = c->ops->data(c->ctx, p, n);
		if (err)
			return err;
		for (size_t i = 0; c->has_check && i < n; i++)
			c->check_sum += p[i];
	}
	c->left -= (u32)n;
	*used = n;
	if (c->left)
		return 0;
	c->have = c->entry.size & 3 ? 4 - (c->entry.size & 3) : 0;
	c->state = CPIO_PAD;
	return c->have ? 0 : end_entry(c);
}

static int step(struct cpio *c, const u8 *p, size_t len, size_t *used)
{
	size_t room;

	switch (c->state) {
	case CPIO_BETWEEN:
		*used = step_between(c, p, len);
		return 0;
	case CPIO_HEADER:
		/* an archive without a trailer may end in zeros */
		if (!c->have && c->offset && !*p) {
			forget_links(c);
			c->state = CPIO_BETWEEN;
			return 0;
		}
		*used = collect(c, c->header, HEADER_SIZE, p, len);
		return c->have == HEADER_SIZE ? decode_header(c) : 0;
	case CPIO_NAME:
		room = ALIGN_UP(HEADER_SIZE + (size_t)c->name_size, 4UL) - HEADER_SIZE;
		*used = collect(c, c->name, room, p, len);
		return c->have == room ? begin_entry(c) : 0;
	case CPIO_DATA:
		return step_data(c, p, len, used);
	case CPIO_PAD:
		*used = min(c->have, len);
		c->have -= *used;
		return c->have ? 0 : end_entry(c);
	default:
		return c->error;
	}
}

int cpio_feed(struct cpio *c, const void *data, size_t len, size_t *used)
{
	const u8 *p = data, *end = p + len;

	*used = 0;
	if (c->state == CPIO_FAILED)
		return c->error;
	/* an empty file ends without another byte of input */
	while (p < end || (c->state == CPIO_DATA && !c->left)) {
		enum cpio_state was = c->state;
		size_t n = 0;
		int err = step(c, p, (size_t)(end - p), &n);

		p += n;
		c->offset += n;
		if (err) {
			c->error = err;
			c->state = CPIO_FAILED;
			*used = (size_t)(p - (const u8 *)data);
			return err;
		}
		if (!n && was == CPIO_BETWEEN && c->state == CPIO_BETWEEN)
			break;
	}
	*used = (size_t)(p - (const u8 *)data);
	return 0;
}

int cpio_finish(struct cpio *c)
{
	if (c->state == CPIO_FAILED)
		return c->error;
	if (c->state == CPIO_BETWEEN || (c->state == CPIO_HEADER && !c->have))
		return 0;
	return -ENODATA;
}
