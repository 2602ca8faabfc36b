// SPDX-License-Identifier: GPL-2.0-only
/*
 * A load of file operations at random whose outcome is known; for tests/storage/.
 *
 * usage: fsload DIR PROCESSES OPERATIONS SEED
 *
 * Each process works in a directory of its own, keeps what each of its files must hold, and
 * looks at it now and then. At the end a line per name says what must be there:
 * "F path size crc32 links", "D path", "L path target". "fsload: fine" is the last line.
 * ENOSPC, EDQUOT, EOPNOTSUPP and, for links, EMLINK are allowed; what fails changes nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <linux/falloc.h>

#define FILES	48
#define MAX	(200u * 1024)
#define DIRECT	4096u

struct body { uint8_t *data; uint32_t size, links; };
struct name { char path[128]; struct body *body; };	/* body NULL: free, or a directory */

static struct name files[FILES];
static char dirs[8][48];
static char base[16];
static uint64_t state;
static uint8_t scratch[MAX] __attribute__((aligned(4096)));

static uint32_t rnd(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 24) % n;
}

static void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "fsload: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, " (%s)\n", strerror(errno));
	exit(1);
}

static int allowed(void)
{
	return errno == ENOSPC || errno == EDQUOT || errno == EOPNOTSUPP || errno == EMLINK;
}

static uint32_t crc32(const uint8_t *p, size_t n)
{
	uint32_t c = ~0u;

	while (n--) {
		c ^= *p++;
		for (int k = 0; k < 8; k++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
	}
	return ~c;
}

static void fill(uint8_t *p, uint32_t n)
{
	uint32_t kind = rnd(4);

	for (uint32_t i = 0; i < n; i++)
		p[i] = kind ? (uint8_t)(rnd(256)) : (uint8_t)n;
}

static void new_path(char *out, size_t room)
{
	const char *in = dirs[rnd(8)];

	snprintf(out, room, "%s/%s%u", in[0] ? in : base, rnd(5) ? "f" : "a-rather-long-name-for-a-file-", rnd(100000));
}

static struct name *slot(int used)
{
	uint32_t at = rnd(FILES);

	for (uint32_t i = 0; i < FILES; i++, at = (at + 1) % FILES)
		if ((files[at].body != NULL) == used)
			return &files[at];
	return NULL;
}

static void grow(struct body *b, uint32_t size)
{
	if (size > b->size)
		memset(b->data + b->size, 0, size - b->size);
	b->size = size;
}

static void look(const struct name *n)
{
	static uint8_t seen[MAX];
	int fd = open(n->path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		fail("open %s", n->path);
	if (st.st_size != n->body->size || st.st_nlink != n->body->links)
		fail("%s: size %ld links %lu, want %u and %u", n->path, (long)st.st_size, (unsigned long)st.st_nlink,
		     n->body->size, n->body->links);
	if (read(fd, seen, sizeof(seen)) != n->body->size || memcmp(seen, n->body->data, n->body->size))
		fail("contents of %s", n->path);
	close(fd);
}

static void create(void)
{
	struct name *n = slot(0);
	int fd;

	if (!n)
		return;
	new_path(n->path, sizeof(n->path));
	fd = open(n->path, O_RDWR | O_CREAT | O_EXCL, 0644);
	if (fd < 0) {
		if (errno != EEXIST && !allowed())
			fail("create %s", n->path);
		return;
	}
	close(fd);
	n->body = calloc(1, sizeof(*n->body));
	n->body->data = malloc(MAX);
	n->body->links = 1;
}

static void drop(struct name *n)
{
	if (!--n->body->links) {
		free(n->body->data);
		free(n->body);
	}
	n->body = NULL;
}

static void write_part(struct name *n)
{
	uint32_t off = rnd(3) ? rnd(n->body->size + 1) : rnd(MAX - 20000), len = 1 + rnd(rnd(4) ? 20000 : 150);
	int flags = O_RDWR | (rnd(20) ? 0 : O_SYNC);
	ssize_t done;
	int fd;

	if (off + len > MAX)
		return;
	fill(scratch, len);
	if (!rnd(6)) {
		off &= ~(DIRECT - 1);
		len = (len + DIRECT - 1) & ~(DIRECT - 1);
		if (off + len > MAX)
			return;
		fill(scratch, len);
		flags |= O_DIRECT;
	}
	fd = open(n->path, flags);
	if (fd < 0)
		fail("open %s", n->path);
	done = pwrite(fd, scratch, len, off);
	if (done < 0 && !allowed())
		fail("write %s", n->path);
	close(fd);
	if (done <= 0)
		return;
	if (off + (uint32_t)done > n->body->size)
		grow(n->body, off + (uint32_t)done);
	memcpy(n->body->data + off, scratch, (size_t)done);
}

static void write_mapped(struct name *n)
{
	uint32_t size = n->body->size, off, len;
	uint8_t *p;
	int fd;

	if (size < 2)
		return;
	off = rnd(size);
	len = 1 + rnd(size - off < 9000 ? size - off : 9000);
	if (off + len > size)
		len = size - off;
	fd = open(n->path, O_RDWR);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || p == MAP_FAILED)
		fail("map %s", n->path);
	/* A hole on a full disk would be a SIGBUS: make sure of the blocks first. */
	if (pwrite(fd, n->body->data + off, len, off) == (ssize_t)len) {
		fill(n->body->data + off, len);
		memcpy(p + off, n->body->data + off, len);
	} else if (!allowed()) {
		fail("write before map %s", n->path);
	}
	munmap(p, size);
	close(fd);
}

static void allocate(struct name *n)
{
	static const int modes[] = { 0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				     FALLOC_FL_ZERO_RANGE, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE };
	int mode = modes[rnd(5)], fd = open(n->path, O_RDWR), err;
	uint32_t off = rnd(MAX - 1), len = 1 + rnd(MAX - off - 1), end = off + len;

	err = fallocate(fd, mode, off, len);
	if (err && !allowed())
		fail("fallocate %s", n->path);
	/* What a full disk stopped half way is no longer known. */
	if (err && errno == ENOSPC && (mode & FALLOC_FL_ZERO_RANGE)) {
		if (ftruncate(fd, 0))
			fail("truncate %s", n->path);
		n->body->size = 0;
	}
	close(fd);
	if (err)
		return;
	if (!(mode & FALLOC_FL_KEEP_SIZE) && end > n->body->size)
		grow(n->body, end);
	if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		for (uint32_t i = off; i < end && i < n->body->size; i++)
			n->body->data[i] = 0;
}

static void cut(struct name *n)
{
	uint32_t size = rnd(2) ? rnd(n->body->size + 1) : rnd(rnd(4) ? MAX : 150);

	if (truncate(n->path, size))
		fail("truncate %s", n->path);
	if (size > n->body->size)
		grow(n->body, size);
	n->body->size = size;
}

static void move(struct name *n)
{
	struct name *over = rnd(2) ? slot(1) : NULL;
	char to[128];

	if (over && over->body == n->body)
		return;
	if (over)
		strcpy(to, over->path);
	else
		new_path(to, sizeof(to));
	if (!over && !access(to, F_OK))
		return;
	if (rename(n->path, to)) {
		if (!allowed())
			fail("rename %s %s", n->path, to);
		return;
	}
	if (over)
		drop(over);
	strcpy(n->path, to);
}

static void hard_link(struct name *n)
{
	struct name *other = slot(0);
	char to[128];

	new_path(to, sizeof(to));
	if (!other)
		return;
	if (link(n->path, to)) {
		if (errno != EEXIST && !allowed())
			fail("link %s", to);
		return;
	}
	strcpy(other->path, to);
	other->body = n->body;
	n->body->links++;
}

static void change_dir(void)
{
	uint32_t i = rnd(8);

	if (dirs[i][0]) {
		/* Only when it is empty. */
		if (!rmdir(dirs[i]))
			dirs[i][0] = 0;
		else if (errno != ENOTEMPTY)
			fail("rmdir %s", dirs[i]);
		return;
	}
	snprintf(dirs[i], sizeof(dirs[i]), "%s/d%u.%u", base, i, rnd(1000));
	if (mkdir(dirs[i], 0755)) {
		if (!allowed())
			fail("mkdir %s", dirs[i]);
		dirs[i][0] = 0;
	}
}

static void attribute(struct name *n)
{
	char key[32], value[600];
	size_t len = rnd(sizeof(value));

	snprintf(key, sizeof(key), "user.a%u", rnd(6));
	fill((uint8_t *)value, (uint32_t)len);
	if (rnd(4) ? setxattr(n->path, key, value, len, 0) : removexattr(n->path, key))
		if (errno != ENODATA && !allowed())
			fail("attribute of %s", n->path);
}

static void step(void)
{
	uint32_t what = rnd(100);
	struct name *n = what < 12 ? NULL : slot(1);
	int fd;

	if (!n) {
		create();
		return;
	}
	if (what < 45) {
		write_part(n);
	} else if (what < 52) {
		write_mapped(n);
	} else if (what < 58) {
		allocate(n);
	} else if (what < 66) {
		cut(n);
	} else if (what < 73) {
		move(n);
	} else if (what < 78) {
		hard_link(n);
	} else if (what < 84) {
		if (unlink(n->path))
			fail("unlink %s", n->path);
		drop(n);
	} else if (what < 88) {
		change_dir();
	} else if (what < 92) {
		attribute(n);
	} else if (what < 94) {
		fd = open(n->path, O_RDWR);
		if (fsync(fd))
			fail("fsync %s", n->path);
		close(fd);
	} else {
		look(n);
	}
}

static int process(const char *dir, int number, long count, uint64_t seed)
{
	char text[64], target[128];
	FILE *out;

	state = 88172645463325252u + seed * 1000003u + (uint64_t)number * 7919;
	snprintf(base, sizeof(base), "p%d", number);
	if (chdir(dir) || (mkdir(base, 0755) && errno != EEXIST))
		fail("mkdir %s", base);
	for (int i = 0; i < 20; i++)
		rnd(2);
	while (count--)
		step();
	snprintf(text, sizeof(text), "/tmp/fsload.%d", number);
	out = fopen(text, "w");
	if (!out)
		fail("%s", text);
	fprintf(out, "D %s\n", base);
	for (int i = 0; i < 8; i++)
		if (dirs[i][0])
			fprintf(out, "D %s\n", dirs[i]);
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "%s/link%d", base, i);
		memset(target, 'a' + i, sizeof(target));
		target[i ? 20 + 40 * i : 5] = 0;
		if (!symlink(target, text))
			fprintf(out, "L %s %s\n", text, target);
		else if (!allowed())
			fail("symlink %s", text);
	}
	for (int i = 0; i < FILES; i++) {
		if (!files[i].body)
			continue;
		look(&files[i]);
		fprintf(out, "F %s %u %08x %u\n", files[i].path, files[i].body->size,
			crc32(files[i].body->data, files[i].body->size), files[i].body->links);
	}
	fclose(out);
	return 0;
}

int main(int argc, char **argv)
{
	int n = argc == 5 ? atoi(argv[2]) : 0, bad = n < 1, st;

	for (int i = 0; i < n; i++)
		if (!fork())
			_exit(process(argv[1], i, atol(argv[3]), strtoull(argv[4], NULL, 0)));
	while (wait(&st) > 0)
		bad |= st;
	for (int i = 0; i < n && !bad; i++) {
		char line[256];
		FILE *f;

		snprintf(line, sizeof(line), "/tmp/fsload.%d", i);
		f = fopen(line, "r");
		while (f && fgets(line, sizeof(line), f))
			fputs(line, stdout);
		if (f)
			fclose(f);
	}
	if (!bad)
		puts("fsload: fine");
	return bad;
}
