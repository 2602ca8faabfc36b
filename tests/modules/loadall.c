// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads modules one after the other, each with what it needs, and removes them again.
 *
 * usage: loadall LIST [CYCLES]
 *
 * LIST has a module's name a line. A line of output each: "loads NAME", "refuses NAME ERROR" (its init, or a
 * symbol) or "stays NAME ERROR" (cannot be removed).
 *
 * With CYCLES a second pass follows, in which each module comes and goes that often with the kernel's object
 * caches (/proc/slabinfo) and pages (/proc/vmstat, /proc/meminfo) counted in between: what has grown each time
 * is "leaks NAME CACHE OBJECTS". What grows once only, such as a table, was there after the first pass; what seems to
grow is looked at again for longer than there are CPUs, each of which may make something of its own. The last
 * lines, "grown CACHE OBJECTS" and "total N KiB", compare the whole pass's end with its beginning.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { MODULES_MAX = 4500, NEEDS_MAX = 64, CACHES_MAX = 512, NAME = 64, CYCLES_MAX = 8 };
enum { SETTLED = 64 };	/* objects that a pass may keep, for the next one to use */

struct module {
	char name[NAME];
	char *path;
	char *needs[NEEDS_MAX];		/* paths, what is loaded last first */
};

struct counts {
	struct { char name[NAME]; long objects; } cache[CACHES_MAX];
	int ncaches;
	long used_kib;
};

static struct module modules[MODULES_MAX];
static int nmodules;
static struct counts counted[CYCLES_MAX + 1];
static char folder[128];

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* "kernel/lib/crc-itu-t.ko" is crc_itu_t. */
static void name_of(const char *path, char name[NAME])
{
	const char *slash = strrchr(path, '/');

	snprintf(name, NAME, "%s", slash ? slash + 1 : path);
	name[strcspn(name, ".:\n")] = 0;
	for (char *p = name; *p; p++)
		if (*p == '-')
			*p = '_';
}

static struct module *find(const char *path)
{
	char name[NAME];

	name_of(path, name);
	for (int i = 0; i < nmodules; i++)
		if (!strcmp(modules[i].name, name))
			return &modules[i];
	return NULL;
}

static FILE *open_table(const char *name)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "r");
	if (!f)
		die(path);
	return f;
}

static void read_tables(void)
{
	static char line[1 << 16];
	FILE *f = open_table("modules.dep");

	while (fgets(line, sizeof(line), f) && nmodules < MODULES_MAX) {
		struct module *m = &modules[nmodules++];
		int n = 0;

		m->path = strdup(strtok(line, ":\n"));
		name_of(m->path, m->name);
		for (char *p; n < NEEDS_MAX - 1 && (p = strtok(NULL, " \n"));)
			m->needs[n++] = strdup(p);
	}
	fclose(f);
}

/* ---- loading ---- */

struct loaded { struct module *m[256]; int n; };

static int load_file(struct module *m, struct loaded *l)
{
	char path[512];
	int fd, err;

	snprintf(path, sizeof(path), "%s/%s", folder, m->path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	err = syscall(SYS_finit_module, fd, "", 0) ? errno : 0;
	close(fd);
	if (!err && l->n < 256)
		l->m[l->n++] = m;
	return err == EEXIST ? 0 : err;
}

static int load(struct module *m, struct loaded *l)
{
	int n = 0, err = 0;

	while (m->needs[n])
		n++;
	while (n-- && !err) {
		struct module *d = find(m->needs[n]);

		err = d ? load(d, l) : ENOENT;
	}
	return err ? err : load_file(m, l);
}

static int unload(struct loaded *l)
{
	int err = 0;

	while (l->n--)
		if (syscall(SYS_delete_module, l->m[l->n]->name, O_NONBLOCK)) {
			err = errno;
			printf("stays %s %d (%s)\n", l->m[l->n]->name, err, strerror(err));
		}
	return err;
}

static int cycle(struct module *m, int *stays)
{
	struct loaded l = { .n = 0 };
	int err = load(m, &l);

	*stays = unload(&l);
	return err;
}

/* ---- counting ---- */

static long value_of(const char *file, const char *key)
{
	char line[256];
	FILE *f = fopen(file, "r");
	size_t n = strlen(key);
	long value = 0;

	if (!f)
		die(file);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, n) && (line[n] == ':' || line[n] == ' '))
			value = atol(line + n + 1);
	fclose(f);
	return value;
}

/* What waits to be freed goes first, pages of disks that are gone among it. */
static void shrink(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "3", 1) != 1)
		die("drop_caches");
	close(fd);
}

static void count(struct counts *c)
{
	char line[512];
	FILE *f;
	long slab_kib = 0;

	shrink();
	f = fopen("/proc/slabinfo", "r");
	if (!f)
		die("/proc/slabinfo");
	c->ncaches = 0;
	while (fgets(line, sizeof(line), f) && c->ncaches < CACHES_MAX)
		if (sscanf(line, "%63s %ld", c->cache[c->ncaches].name, &c->cache[c->ncaches].objects) == 2)
			c->ncaches++;
	fclose(f);
	slab_kib = 4 * (value_of("/proc/vmstat", "nr_slab_reclaimable") +
			value_of("/proc/vmstat", "nr_slab_unreclaimable"));
	c->used_kib = value_of("/proc/meminfo", "MemTotal") - value_of("/proc/meminfo", "MemFree") - slab_kib;
}

static long objects_in(const struct counts *c, const char *name)
{
	for (int i = 0; i < c->ncaches; i++)
		if (!strcmp(c->cache[i].name, name))
			return c->cache[i].objects;
	return 0;
}

/* The least that a cache, or (@cache NULL) what is no cache's, grew from one cycle to the next. */
static long least_growth(int cycles, const char *cache)
{
	long least = 1 << 20;

	for (int i = 1; i <= cycles; i++) {
		long grown = cache ? objects_in(&counted[i], cache) - objects_in(&counted[i - 1], cache) :
				     counted[i].used_kib - counted[i - 1].used_kib;

		least = grown < least ? grown : least;
	}
	return least;
}

/* How many things grow each time that @m comes and goes; tells which if @tell. */
static int growing(struct module *m, int cycles, bool tell)
{
	int found = 0, stays;
	long least;

	count(&counted[0]);
	for (int i = 1; i <= cycles; i++) {
		(void)cycle(m, &stays);
		count(&counted[i]);
	}
	for (int k = 0; k < counted[0].ncaches; k++) {
		const char *name = counted[0].cache[k].name;

		least = least_growth(cycles, name);
		found += least > 0;
		if (least > 0 && tell)
			printf("leaks %s %s %ld\n", m->name, name, least);
	}
	least = least_growth(cycles, NULL);
	found += least > 0;
	if (least > 0 && tell)
		printf("leaks %s pages %ld\n", m->name, least / 4);
	return found;
}

/* What is made once for each CPU, by the first work there, grows no longer than there are CPUs. */
static void check_module(struct module *m, int cycles)
{
	int more = (int)sysconf(_SC_NPROCESSORS_ONLN) + 2;

	if (growing(m, cycles, false))
		growing(m, more < CYCLES_MAX ? more : CYCLES_MAX, true);
}

static void show_total(const struct counts *a, const struct counts *b)
{
	for (int i = 0; i < b->ncaches; i++) {
		long grown = b->cache[i].objects - objects_in(a, b->cache[i].name);

		if (grown > SETTLED)
			printf("grown %s %ld\n", b->cache[i].name, grown);
	}
	printf("total %ld KiB\n", b->used_kib - a->used_kib);
}

int main(int argc, char **argv)
{
	static struct module *wanted[MODULES_MAX];
	static struct counts first, last;
	char line[256];
	struct utsname u;
	int n = 0, cycles = argc > 2 ? atoi(argv[2]) : 0;
	FILE *f = argc > 1 ? fopen(argv[1], "r") : NULL;

	if (!f || cycles < 0 || cycles > CYCLES_MAX)
		die("usage: loadall LIST [CYCLES]");
	setvbuf(stdout, NULL, _IOLBF, 0);
	uname(&u);
	snprintf(folder, sizeof(folder), "/lib/modules/%s", u.release);
	read_tables();
	while (fgets(line, sizeof(line), f)) {
		struct module *m = find(strtok(line, "\n"));
		int stays, err = m ? cycle(m, &stays) : ENOENT;

		if (err) {
			printf("refuses %s %d (%s)\n", m ? m->name : line, err, strerror(err));
		} else if (!stays) {
			printf("loads %s\n", m->name);
			wanted[n++] = m;
		}
	}
	if (cycles) {
		memset(counted, 1, sizeof(counted));	/* its own pages are not the modules' */
		memset(&last, 1, sizeof(last));
		count(&first);
		for (int i = 0; i < n; i++)
			check_module(wanted[i], cycles);
		count(&last);
		show_total(&first, &last);
	}
	return 0;
}
